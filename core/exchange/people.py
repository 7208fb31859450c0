"""What changes about the people of a file: new ones are made, known ones are brought up to date."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.database.base import new_id
from core.exchange.changes import Changes
from core.exchange.matching import Matching
from core.exchange.report import RowReport
from core.exchange.rows import PersonData
from core.exchange.school_state import KnownPerson, SchoolState, name_index
from core.identity.identifiers import show_snils
from core.identity.models import Person
from core.identity.names import sort_key
from core.web.i18n import lazy, sentence

CHECKED = ("last_name", "first_name", "middle_name", "birth_date", "gender", "snils", "phone", "email")
TITLES = {
    "last_name": lazy("фамилия"),
    "first_name": lazy("имя"),
    "middle_name": lazy("отчество"),
    "birth_date": lazy("дата рождения"),
    "gender": lazy("пол"),
    "snils": lazy("СНИЛС"),
    "phone": lazy("телефон"),
    "email": lazy("почта"),
    "external_id": lazy("номер личного дела"),
}


class People(Matching):
    """Matches people and plans what changes about them."""

    def __init__(self, state: SchoolState, changes: Changes, source: str, day: date) -> None:
        super().__init__(state, source, day)
        self.changes = changes

    def save(self, row: RowReport, known: KnownPerson | None, data: PersonData) -> KnownPerson:
        """Plan what the file says of a person; a new one is made, a stranger's data is left alone."""
        if known is None:
            return self._create(row, data)
        if not known.own:
            row.remark(
                "note",
                sentence(
                    "%(name)s уже есть в портале по СНИЛС; личные данные ведёт другая школа и не меняются.",
                    name=known.short,
                ),
            )
            return known
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for field in CHECKED:
            value, present = getattr(data, field), getattr(known, field)
            if value is not None and value != present:
                before[field], after[field] = present, value
        if data.external_id and not known.external_id and data.external_id != str(known.id):
            before["external_id"], after["external_id"] = known.external_id, data.external_id
            known.source = self.source
            self.changes.update(Person, known.id, {"source": self.source})
        elif data.external_id and known.external_id != data.external_id and known.source == self.source:
            row.remark(
                "warning",
                sentence("В портале другой номер: %(id)s. Он оставлен прежним.", id=known.external_id),
                "Если номер изменился, исправьте его в карточке человека.",
                value=data.external_id,
            )
        if after:
            self._update(row, known, before, after)
        return known

    def _create(self, row: RowReport, data: PersonData) -> KnownPerson:
        person = KnownPerson(
            id=new_id(), last_name=data.last_name, first_name=data.first_name, middle_name=data.middle_name,
            birth_date=data.birth_date, gender=data.gender, snils=data.snils, phone=data.phone, email=data.email,
            external_id=data.external_id, source=self.source, new=True,
        )  # fmt: skip
        values = {field: getattr(person, field) for field in (*CHECKED, "external_id")}
        self.changes.insert(
            Person, {"id": person.id, **values, "name_key": sort_key(person.name), "source": self.source}
        )
        told = {field: value for field, value in values.items() if value is not None}
        self.changes.of_person(person.id, {}, told, created=True)
        self.state.add(person)
        return person

    def _update(
        self, row: RowReport, known: KnownPerson, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        if "snils" in after and before["snils"]:
            row.remark(
                "error",
                sentence(
                    "В портале у этого человека другой СНИЛС: %(snils)s.", snils=show_snils(before["snils"])
                ),
                "Проверьте номер; если он верен, исправьте его в карточке человека.",
                value=show_snils(after["snils"]),
                field="snils",
            )
            return
        name_before = name_index(known.last_name, known.first_name)
        for field, value in after.items():
            setattr(known, field, value)
        name_after = name_index(known.last_name, known.first_name)
        if name_before != name_after:
            self.state.by_name[name_before].remove(known)
            self.state.by_name[name_after].append(known)
        if known.snils:
            self.state.by_snils[known.snils] = known
        if known.external_id:
            self.state.by_external[(known.source, known.external_id)] = known
        self.changes.update(Person, known.id, {**after, "name_key": sort_key(known.name)})
        self.changes.of_person(known.id, before, after)
        for field, value in after.items():
            row.add_change(f"{TITLES[field]}: {_shown(before[field])} → {_shown(value)}")


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value)
