"""A struct becomes a form, and a submitted form the struct, with every error at once and in Russian."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from core.errors import Invalid
from core.web.struct_form import form_fields, parse_form


class Shift(Enum):
    """When lessons are."""

    MORNING = "morning"
    EVENING = "evening"


class Everything(msgspec.Struct, kw_only=True):
    """Every kind of field."""

    count: Annotated[int, Meta(title="Сколько", ge=1, le=5)] = 3
    name: Annotated[str, Meta(title="Имя", min_length=2, pattern="^[а-я]+$")]
    weight: Annotated[float, Meta(title="Вес", gt=0)] = 1.5
    on: bool = True
    day: date | None = None
    kind: Annotated[Literal["q", "t"], Meta(extra_json_schema={"titles": {"q": "Четверть"}})] = "q"
    shift: Shift = Shift.MORNING
    lines: list[str] = []
    several: list[Literal["x", "y"]] = []


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as wrong:
        parse_form(
            Everything,
            {"count": "9", "name": "Q1", "weight": "0", "day": "31.02.2026", "kind": "z", "several": ["w"]},
        )
    assert wrong.value.fields == {
        "count": "Не больше 5.",
        "name": "Запись не подходит. Проверьте, нет ли лишних знаков.",
        "weight": "Больше 0.",
        "day": "Нужна дата, например 01.09.2026.",
        "kind": "Выберите значение из списка.",
        "several": "Выберите значение из списка.",
        "shift": "Заполните поле.",
    }


class Coded(msgspec.Struct):
    """A field that says below it what it takes."""

    code: Annotated[str, Meta(title="Код", description="Три цифры", pattern="^[0-9]{3}$")]


def test_a_field_with_a_hint_points_to_it() -> None:
    with pytest.raises(Invalid) as wrong:
        parse_form(Coded, {"code": "7"})
    assert wrong.value.fields == {"code": "Запись не подходит. Сверьтесь с подсказкой под полем."}


def test_russian_notation_is_understood() -> None:
    made = parse_form(
        Everything,
        {
            "count": "4",
            "name": "анна",
            "weight": "1 234,5",
            "on": "true",
            "day": "28.02.2026",
            "kind": "t",
            "shift": "evening",
            "lines": "раз\r\n\r\n два ",
            "several": "y",
        },
    )
    assert made == Everything(
        count=4,
        name="анна",
        weight=1234.5,
        on=True,
        day=date(2026, 2, 28),
        kind="t",
        shift=Shift.EVENING,
        lines=["раз", "два"],
        several=["y"],
    )


def test_what_was_typed_is_shown_again_beside_its_error() -> None:
    typed = {"count": "много", "name": "анна"}
    field = form_fields(Everything, typed=typed, errors={"count": "Нужно целое число."})[0]
    assert (field.value, field.error, field.label) == ("много", "Нужно целое число.", "Сколько")


def test_stored_values_and_titles_fill_the_form() -> None:
    fields = {field.name: field for field in form_fields(Everything, {"name": "анна", "weight": 2.5})}
    assert fields["weight"].value == "2,5"
    assert fields["on"].value == "true"
    assert fields["kind"].options == [("q", "Четверть"), ("t", "t")]
    assert fields["name"].required
    assert not fields["day"].required


def test_an_unchecked_box_is_false() -> None:
    typed = {"count": "1", "name": "анна", "weight": "1", "kind": "q", "shift": "morning"}
    assert parse_form(Everything, typed).on is False


def test_a_rule_across_fields_speaks_in_its_own_words() -> None:
    class Period(msgspec.Struct, kw_only=True):
        first: date
        last: date

        def __post_init__(self) -> None:
            if self.last < self.first:
                raise ValueError("Конец раньше начала.")

    with pytest.raises(Invalid) as wrong:
        parse_form(Period, {"first": "2026-02-01", "last": "2026-01-01"})
    assert list(wrong.value.fields.values()) == ["Конец раньше начала."]
