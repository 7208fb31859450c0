"""What somebody writes down of a person whom the portal does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.errors import Invalid
from core.identity.identifiers import WrongIdentifier, phone, snils
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
    email: Annotated[
        Annotated[str, Meta(max_length=200, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None,
        Meta(title="Электронная почта"),
    ] = None


def parse_person(data: Mapping[str, Any], more: type[msgspec.Struct], refusal: str) -> tuple[NewPerson, Any]:
    """The person of a form and its other half, a `more`.

    Raises `Invalid` with `refusal` and everything that is wrong in either half.
    """
    wrong: dict[str, str] = {}
    halves: list[Any] = []
    for form in (PersonForm, more):
        try:
            halves.append(parse_form(form, data))
        except Invalid as error:
            wrong.update(error.fields)
    numbers: dict[str, str | None] = {}
    for name, read in (("snils", snils), ("phone", phone)):
        text = str(data.get(name, "") or "").strip()
        try:
            numbers[name] = read(text) if text else None
        except WrongIdentifier as error:
            wrong[name] = str(error)
    if wrong:
        raise Invalid(refusal, fields=wrong)
    person, other = halves
    told = NewPerson(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name,
        birth_date=person.birth_date,
        email=person.email,
        **numbers,
    )
    return told, other
