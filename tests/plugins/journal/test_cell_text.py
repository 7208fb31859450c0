"""What may be written in a cell, and how averages are counted."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from plugins.journal.grid.cell_text import average_hundredths, average_text, parse_cell, scores_of
from plugins.journal.settings import JournalSettings

SETTINGS = JournalSettings()
SCALE = SETTINGS.mark_scale("Алгебра", 7)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("5", "5"),
        (" 4/5 ", "4/5"),
        ("4.5", "4/5"),
        ("45", "4/5"),
        ("н", "н"),
        ("Н", "н"),
        ("y", "н"),
        ("н 4", "н 4"),
        ("4 н", "н 4"),
        ("оп", "оп"),
        ("jg", "оп"),
        ("оп10", "оп10"),
        ("о", "оп"),
        ("б", "б"),
        (",", "б"),
        ("у", "уп"),
        ("e", "уп"),
        ("осв", "осв"),
        ("jcd", "осв"),
        ("зачёт", "зач"),
        ("pfx", "зач"),
        ("нз", "нз"),
        ("", ""),
        ("2>4", "2→4"),
        ("2 -> 4", "2→4"),
        ("2→4", "2→4"),
        ("5/2→3", "5/2→3"),
        ("нз>зач", "нз→зач"),
        ("н 2>4", "н 2→4"),
        (".", "•"),
        ("•", "•"),
        ("долг/5", "•/5"),
        ("н .", "н •"),
    ],
)
def test_a_cell_understands_what_teachers_type(typed: str, stored: str) -> None:
    assert parse_cell(typed, SETTINGS, SCALE).text == stored


@pytest.mark.parametrize(
    "typed",
    [
        "6",
        "0",
        "привет",
        "н б",
        "5/5/5/5/5",
        "-1",
        "5+5=10",
        "٥",
        "1" * 300,
        ">4",
        "2>",
        "н>4",
        ".>4",
        "2>•",
    ],
)
def test_anything_else_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_cell(typed, SETTINGS, SCALE)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "counted", "with_retaken", "with_debt"),
    [
        ("2→4", [None, 4], [2, 4], [None, 4]),
        ("5/2→3→4", [5, None, None, 4], [5, 2, 3, 4], [5, None, None, 4]),
        ("•/5", [None, 5], [None, 5], [2, 5]),
        ("нз→зач", [None, None], [None, None], [None, None]),
    ],
)
def test_retaken_marks_and_debts_count_as_the_school_decides(
    text: str, counted: list[int | None], with_retaken: list[int | None], with_debt: list[int | None]
) -> None:
    marks = parse_cell(text, SETTINGS, SCALE).marks
    assert scores_of(marks, SETTINGS, SCALE) == counted
    assert scores_of(marks, JournalSettings(retaken_counts=True), SCALE) == with_retaken
    owed = JournalSettings(debt_counts_as=2)
    assert scores_of(marks, owed, owed.mark_scale("Алгебра", 7)) == with_debt


def test_a_debt_counts_as_a_mark_of_the_school() -> None:
    with pytest.raises(ValueError, match="Долг"):
        JournalSettings(debt_counts_as=7)


def test_a_ten_point_scale_is_a_setting() -> None:
    ten = JournalSettings(highest_mark=10)
    assert parse_cell("10/7", ten, ten.mark_scale("Алгебра", 7)).marks == ("10", "7")


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="вес"):
        JournalSettings(control_kinds="k; Контрольная; К; много")


def test_averages_are_exact_and_rounded_half_up() -> None:
    assert average_text(5 * 3 + 5 * 1 + 4 * 5, 9) == "4,44"
    assert average_text(0, 0) == ""
    assert average_hundredths(9, 2) == 450
    # 4.125 and 3.375 would go down with binary or banker's rounding.
    assert average_text(33, 8) == "4,13"
    assert average_text(27, 8) == "3,38"
