"""Who is who: a person in a file matched with one the portal knows, surely or not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from core.database.base import new_id
from core.exchange.changes import Changes
from core.exchange.report import RowReport
from core.exchange.rows import ChildData, PersonData
from core.exchange.school_state import KnownPerson, SchoolState, name_index
from core.identity.identifiers import show_snils
from core.identity.models import Person
from core.identity.names import full_name, sort_key
from core.web.i18n import counted, lazy, sentence

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
THIS_SNILS = sentence("Этот СНИЛС")


class People:
    """Matches people and plans what changes about them."""

    def __init__(self, state: SchoolState, changes: Changes, source: str, day: date) -> None:
        self.state, self.changes, self.source, self.day = state, changes, source, day
        self.id_title = (
            sentence("Этот sourcedId") if source == "oneroster" else sentence("Этот номер личного дела")
        )

    def find_pupil(self, row: RowReport, data: PersonData, class_id: UUID | None) -> KnownPerson | None:
        """The pupil of a row, None for a new one. What is unsure becomes an error of the row."""
        surely = self._by_identifier(row, data)
        if surely is not None or row.failed:
            return surely
        named = self.state.named(data.last_name, data.first_name, data.middle_name)
        if data.birth_date is not None:
            same_day = [person for person in named if person.birth_date == data.birth_date]
            if len(same_day) == 1:
                return self._same_person(row, data, same_day[0])
            if len(same_day) > 1:
                row.remark(
                    "error",
                    counted(
                        "В школе %(count)s человек с таким именем и датой рождения.",
                        "В школе %(count)s человек с таким именем и датой рождения.",
                        len(same_day),
                    ),
                    "Добавьте СНИЛС или номер личного дела.",
                    field="name",
                )
                return None
            named = [person for person in named if person.birth_date is None]
        return self._by_class(row, data, named, class_id)

    def find_by_external(self, row: RowReport, data: PersonData) -> KnownPerson | None:
        """A person of another system by its id, then СНИЛС, then name with date of birth."""
        surely = self._by_identifier(row, data)
        if surely is not None or row.failed or data.birth_date is None:
            return surely
        same_day = [
            person
            for person in self.state.named(data.last_name, data.first_name, data.middle_name)
            if person.birth_date == data.birth_date
            and not (person.external_id and person.source == self.source)
        ]
        if len(same_day) > 1:
            row.remark(
                "error",
                counted(
                    "В школе %(count)s человек с таким именем и датой рождения.",
                    "В школе %(count)s человек с таким именем и датой рождения.",
                    len(same_day),
                ),
                "Добавьте СНИЛС в портале.",
            )
        return same_day[0] if len(same_day) == 1 else None

    def find_child(self, row: RowReport, data: ChildData, class_id: UUID | None) -> KnownPerson | None:
        """The pupil a guardian's row names. What is unsure or unknown becomes an error of the row."""
        name = full_name(data.last_name, data.first_name, data.middle_name)
        if data.snils and (known := self.state.by_snils.get(data.snils)) and known.own:
            told = PersonData(
                last_name=data.last_name,
                first_name=data.first_name,
                birth_date=data.birth_date,
                snils=data.snils,
            )
            said = len(row.remarks)
            agreed = self._agrees(row, told, known)
            row.place_remarks(said, "child")
            return known if agreed else None
        if not data.snils and data.birth_date is None and data.school_class is None:
            row.remark(
                "error",
                sentence("%(name)s: по одному имени ребёнка не узнать.", name=name),
                "Добавьте класс, дату рождения или СНИЛС ребёнка.",
                field="child.name",
            )
            return None
        pupils = [
            person
            for person in self.state.named(data.last_name, data.first_name, data.middle_name)
            if (span := self.state.enrolled(person.id, self.day)) is not None
            and (data.birth_date is None or person.birth_date in (None, data.birth_date))
            and (data.school_class is None or span.place == class_id)
            and not (data.snils and person.snils and data.snils != person.snils)
        ]
        if len(pupils) == 1 and (data.school_class or pupils[0].birth_date == data.birth_date):
            return pupils[0]
        if len(pupils) > 1:
            row.remark(
                "error",
                sentence("%(name)s: таких учеников в школе несколько.", name=name),
                "Добавьте дату рождения или СНИЛС ребёнка.",
                field="child.name",
            )
        else:
            row.remark(
                "error",
                sentence("Ученика «%(name)s» с такими данными в школе нет.", name=name),
                "Проверьте имя, класс и дату рождения. Классы и учеников загружают раньше родителей.",
                field="child.name",
            )
        return None

    def find_staff(self, row: RowReport, data: PersonData, staff: Collection[UUID]) -> KnownPerson | None:
        """A member of staff: by СНИЛС, by name with date of birth, phone or e-mail, by name among `staff`."""
        surely = self._by_identifier(row, data)
        if surely is not None or row.failed:
            return surely
        named = [
            person
            for person in self.state.named(data.last_name, data.first_name, data.middle_name)
            if not (data.birth_date and person.birth_date and data.birth_date != person.birth_date)
        ]
        sure = [
            person
            for person in named
            if (data.birth_date and person.birth_date == data.birth_date)
            or (data.phone and person.phone == data.phone)
            or (data.email and person.email == data.email)
        ] or [person for person in named if person.id in staff]
        if len(sure) > 1:
            row.remark(
                "error",
                "В школе несколько человек с таким именем, и неясно, кто это.",
                "Добавьте СНИЛС или дату рождения.",
                field="name",
            )
            return None
        if not sure and any(not person.new for person in named):
            row.remark(
                "warning",
                "В школе уже есть человек с таким именем; он не узнан, и создаётся новый.",
                "Если это один человек, добавьте СНИЛС, дату рождения или телефон.",
                field="name",
            )
        return self._same_person(row, data, sure[0]) if sure else None

    def warn_of_namesake(self, row: RowReport, data: PersonData) -> None:
        """Say so if somebody new bears the name of a person the school has."""
        named = self.state.named(data.last_name, data.first_name, data.middle_name)
        if any(not person.new for person in named):
            row.remark("warning", "В школе уже есть человек с таким именем; без СНИЛС и даты рождения создаётся новый.",
                       "Если это один человек, добавьте в набор СНИЛС или дату рождения.")  # fmt: skip

    def find_guardian(self, row: RowReport, data: PersonData, child_id: UUID) -> KnownPerson | None:
        """A child's guardian: by СНИЛС, among the guardians the child has, or by name with phone or e-mail."""
        if data.snils and (known := self.state.by_snils.get(data.snils)):
            return known if self._agrees(row, data, known) else None
        named = self.state.named(data.last_name, data.first_name, data.middle_name)
        ties = {tie.guardian_id for tie in self.state.guardians.get(child_id, ())}
        for person in named:
            if person.id in ties:
                return person
        reachable = [
            person
            for person in named
            if (data.phone and person.phone == data.phone) or (data.email and person.email == data.email)
        ]
        return reachable[0] if len(reachable) == 1 else None

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

    def _by_identifier(self, row: RowReport, data: PersonData) -> KnownPerson | None:
        if data.snils and (known := self.state.by_snils.get(data.snils)):
            return known if self._agrees(row, data, known) else None
        known = self.state.by_id(self.source, data.external_id) if data.external_id else None
        if known is None or not self._agrees(row, data, known, self.id_title):
            return None
        return self._same_person(row, data, known)

    def _agrees(self, row: RowReport, data: PersonData, known: KnownPerson, what: str = THIS_SNILS) -> bool:
        """Whether surname or, with the first name, date of birth confirm what a number says."""
        same_surname = sort_key(known.last_name) == sort_key(data.last_name)
        same_first = sort_key(known.first_name) == sort_key(data.first_name)
        same_day = data.birth_date is not None and known.birth_date == data.birth_date
        half = same_surname or same_first
        # Another system's id is stable through a change of name; a number typed by hand is not to be trusted.
        by_other_system = self.source == "oneroster" and data.external_id in (
            known.external_id,
            str(known.id),
        )
        if (same_surname and same_first) or (half and (same_day or by_other_system)):
            return True
        owner = (
            sentence("%(what)s принадлежит другому человеку: %(name)s.", what=what, name=known.short)
            if known.own
            else sentence("%(what)s принадлежит другому человеку.", what=what)
        )
        row.remark("error", owner, "Проверьте номер и имя.",
                   value=show_snils(data.snils) if data.snils else data.external_id,
                   field="snils" if data.snils else "personal_file")  # fmt: skip
        return False

    def _same_person(self, row: RowReport, data: PersonData, known: KnownPerson) -> KnownPerson | None:
        if data.snils and known.snils and data.snils != known.snils:
            row.remark(
                "error",
                sentence(
                    "У %(name)s в портале другой СНИЛС: %(snils)s.",
                    name=known.short,
                    snils=show_snils(known.snils),
                ),
                "Проверьте номер; если он верен, исправьте его в карточке человека.",
                value=show_snils(data.snils),
                field="snils",
            )
            return None
        return known

    def _by_class(
        self, row: RowReport, data: PersonData, named: list[KnownPerson], class_id: UUID | None
    ) -> KnownPerson | None:
        pupils = [person for person in named if (person.id, "pupil") in self.state.roles or person.new
                  or self.state.enrollments.get(person.id)]  # fmt: skip
        if not pupils:
            return None
        here = [
            person
            for person in pupils
            if (span := self.state.enrolled(person.id, self.day)) is not None and span.place == class_id
        ]
        if len(here) == 1:
            return self._same_person(row, data, here[0])
        name = full_name(data.last_name, data.first_name, data.middle_name)
        row.remark(
            "error",
            sentence(
                "%(name)s: в школе уже есть ученик с таким именем, и неясно, тот ли это человек.", name=name
            ),
            "Добавьте дату рождения, СНИЛС или номер личного дела.",
            field="name",
        )
        return None


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value)
