"""What somebody writes down of a person whom the portal does not know yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.errors import Invalid
from core.identity.identifiers import READERS, WrongIdentifier
from core.identity.newcomers import NewPerson
from core.web.struct_form import parse_form

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class PersonForm(msgspec.Struct, kw_only=True):
    """A person whom the portal does not know yet."""

    last_name: Annotated[Name, Meta(title="Фамилия")]
    first_name: Annotated[Name, Meta(title="Имя")]
    middle_name: Annotated[Name | None, Meta(title="Отчество", description="Если есть.")] = None
    birth_date: Annotated[date | None, Meta(title="Дата рождения")] = None
    snils: Annotated[
        str | None,
        Meta(title="СНИЛС", description="По нему человек войдёт через Госуслуги, и портал его узнает."),
    ] = None
    phone: Annotated[str | None, Meta(title="Телефон")] = None
    email: Annotated[str | None, Meta(title="Электронная почта")] = None


def parse_halves(data: Mapping[str, Any], forms: Sequence[type[msgspec.Struct]], refusal: str) -> list[Any]:
    """The parts of a form, their СНИЛС, telephone and e-mail as they are stored.

    Raises `Invalid` with `refusal` and everything that is wrong in any part.
    """
    wrong: dict[str, str] = {}
    halves: list[Any] = []
    for form in forms:
        try:
            halves.append(parse_form(form, data))
        except Invalid as error:
            wrong.update(error.fields)
    numbers: dict[str, str | None] = {}
    for name, read in READERS.items():
        text = str(data.get(name, "") or "").strip()
        try:
            numbers[name] = read(text) if text else None
        except WrongIdentifier as error:
            wrong[name] = error.message
    if wrong:
        raise Invalid(refusal, fields=wrong)
    return [
        msgspec.structs.replace(
            half, **{name: value for name, value in numbers.items() if name in half.__struct_fields__}
        )
        for half in halves
    ]


def parse_person(data: Mapping[str, Any], more: type[msgspec.Struct], refusal: str) -> tuple[NewPerson, Any]:
    """The person of a form and its other half, a `more`. Raises `Invalid` as `parse_halves` does."""
    person, other = parse_halves(data, (PersonForm, more), refusal)
    return NewPerson(**msgspec.structs.asdict(person)), other
