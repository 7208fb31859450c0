"""Averages, thresholds and proposals against exact fractions: any marks, any weights, any bounds."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.journal.settings import JournalSettings
from plugins.journal.terms.averages import Sums, marks_needed, rounded_mean
from plugins.journal.terms.proposals import (
    Attended,
    needs_reason,
    propose_final,
    propose_term,
    propose_year,
)
from plugins.journal.terms.scales import Scale, hundredths, usual_scale

marks = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100)), min_size=1, max_size=60)
scales = st.lists(st.integers(101, 500), min_size=3, max_size=3, unique=True).map(
    lambda bounds: Scale(tuple(zip((5, 4, 3), sorted(bounds, reverse=True), strict=True)), 2)
)


def average(given_marks: list[tuple[int, int]]) -> Fraction:
    return Fraction(
        sum(mark * weight for mark, weight in given_marks), sum(weight for _mark, weight in given_marks)
    )


@given(marks, st.integers(100, 500))
def test_a_threshold_is_reached_exactly_when_the_fraction_reaches_it(
    given_marks: list[tuple[int, int]], threshold: int
) -> None:
    assert Sums().with_marks(given_marks).reaches(threshold) == (
        average(given_marks) >= Fraction(threshold, 100)
    )


@given(marks)
def test_the_average_is_shown_rounded_half_up(given_marks: list[tuple[int, int]]) -> None:
    shown = Fraction(Sums().with_marks(given_marks).text(".")) * 100
    exact = average(given_marks) * 100
    assert shown == floor(exact + Fraction(1, 2))


@given(marks, scales)
def test_the_mark_is_the_highest_whose_bound_is_reached(
    given_marks: list[tuple[int, int]], scale: Scale
) -> None:
    exact = average(given_marks) * 100
    expected = next((mark for mark, bound in scale.bounds if exact >= bound), scale.least)
    assert scale.mark(Sums().with_marks(given_marks)) == expected


@given(marks, st.integers(100, 500), st.integers(1, 5), st.integers(1, 100))
def test_as_many_marks_are_needed_as_bring_the_average_up_and_not_one_less(
    given_marks: list[tuple[int, int]], threshold: int, mark: int, weight: int
) -> None:
    sums = Sums().with_marks(given_marks)
    needed = marks_needed(sums, threshold, mark, weight)
    if needed is None:
        assert not sums.with_marks([(mark, weight)] * 500).reaches(threshold)
        return
    assert sums.with_marks([(mark, weight)] * needed).reaches(threshold)
    if needed:
        assert not sums.with_marks([(mark, weight)] * (needed - 1)).reaches(threshold)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=12))
def test_a_year_is_rounded_by_the_rules_of_mathematics(values: list[int]) -> None:
    exact = Fraction(sum(values), len(values))
    assert rounded_mean(values) == floor(exact + Fraction(1, 2))
    assert propose_year({str(at): str(value) for at, value in enumerate(values)}).value == str(
        rounded_mean(values)
    )


@given(marks, st.integers(1, 5))
def test_a_reason_is_asked_exactly_beyond_rounding(given_marks: list[tuple[int, int]], value: int) -> None:
    settings = JournalSettings(least_marks_in_term=0)
    proposal = propose_term(
        Sums().with_marks(given_marks), Attended(), settings.scale_of("Алгебра"), settings
    )
    exact = average(given_marks)
    beside = value in (floor(exact), ceil(exact)) or str(value) == proposal.value
    assert needs_reason(str(value), proposal) == (not beside)


@given(st.integers(1, 10), st.integers(2, 100))
def test_usual_bounds_of_any_scale_round_mathematically(lowest: int, width: int) -> None:
    highest = lowest + width
    scale = usual_scale("", lowest, highest)
    for value in {lowest, lowest + 1, highest - 1, highest}:
        assert scale.mark(Sums(value, 1, 1)) == value
    assert scale.mark(Sums(2 * lowest + 1, 2, 2)) == lowest + 1


def test_what_is_proposed_is_explained() -> None:
    settings = JournalSettings(subject_thresholds="Русский язык; 4,65; 3,65; 2,65")
    sums = Sums(37, 8, 8)
    russian = propose_term(sums, Attended(), settings.scale_of("русский  язык"), settings)
    assert (russian.value, str(russian.why)) == (
        "4",
        "Средний балл 4,63 ниже порога 4,65. До 5 не хватает 1 отметки «5».",
    )
    algebra = propose_term(sums, Attended(), settings.scale_of("Алгебра"), settings)
    assert (algebra.value, str(algebra.why)) == ("5", "Средний балл 4,63 не ниже порога 4,50.")
    # 4,646… is shown as 4,65, but it is less.
    close = propose_term(Sums(79, 17, 17), Attended(), settings.scale_of("Русский язык"), settings)
    assert close.value == "4"
    assert str(close.why).startswith("Средний балл чуть ниже порога 4,65.")


def test_too_few_marks_and_too_many_missed_lessons_are_no_mark() -> None:
    settings = JournalSettings(most_absences=50)
    scale = settings.scale_of("Алгебра")
    assert propose_term(Sums(10, 2, 2), Attended(), scale, settings).value == "н/а"
    assert propose_term(Sums(50, 10, 10), Attended(20, 10), scale, settings).value == "5"
    missed = propose_term(Sums(50, 10, 10), Attended(20, 11), scale, settings)
    assert (missed.value, str(missed.why)) == ("н/а", "Пропущено уроков: 11 из 20, это больше 50%.")


def test_final_marks_go_by_the_grade() -> None:
    assert propose_final(9, "4", "5", ()).value == "5"
    assert propose_final(9, "4", "3", ()).value == "4"
    assert propose_final(9, "4", "", ()).value == "4"
    assert propose_final(9, "", "5", ()).value == ""
    assert propose_final(11, "5", "", ("4", "4", "4", "5", "5", "5")).value == "5"
    assert propose_final(11, "4", "", ("3", "3", "3", "4", "4", "4")).value == "4"
    assert propose_year({"1": "5", "2": ""}).value == ""
    assert propose_year({"1": "осв", "2": "осв"}).value == "осв"
    assert propose_year({"1": "н/а", "2": "4"}).value == "4"


@pytest.mark.parametrize(("text", "expected"), [("4,65", 465), ("4.6", 460), ("4", 400), ("70", 7000)])
def test_bounds_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert hundredths(text) == expected


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"term_thresholds": "5; 4,50\n4; 4,60"}, "должен быть ниже"),
        ({"term_thresholds": "пять; 4,50"}, "сначала отметка"),
        ({"term_thresholds": "5; много"}, "не порог"),
        ({"term_thresholds": "4; 3,50"}, "от высшей отметки"),
        ({"subject_thresholds": "Алгебра; 4,65"}, "нужны пороги отметок 5, 4, 3"),
        ({"least_marks_in_term": 51}, "от 0 до 50"),
        ({"most_absences": 101}, "от 0 до 100"),
        ({"lessons_without_marks": 101}, "от 0 до 100"),
        ({"exam_grades": "девять"}, "через запятую"),
    ],
)
def test_settings_that_make_no_scale_are_refused_in_words(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        JournalSettings(**settings)  # type: ignore[arg-type]


def test_other_scales_have_bounds_too() -> None:
    ten = JournalSettings(highest_mark=10, term_thresholds="10; 9,5\n9; 8,5\n8; 7,5\n7; 6")
    assert ten.scale_of("Алгебра").mark(Sums(95, 10, 10)) == 10
    assert ten.scale_of("Алгебра").mark(Sums(59, 10, 10)) == 6
    hundred = JournalSettings(highest_mark=100)
    assert hundred.scale_of("Алгебра").mark(Sums(745, 10, 10)) == 75
