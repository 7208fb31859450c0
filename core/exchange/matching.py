"""Who is who: a person in a file matched with one the portal knows, surely or not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from core.exchange.report import RowReport
from core.exchange.rows import ChildData, PersonData
from core.exchange.school_state import KnownPerson, SchoolState
from core.identity.identifiers import show_snils
from core.identity.names import full_name, sort_key
from core.web.i18n import counted, sentence

THIS_SNILS = sentence("Этот СНИЛС")


class Matching:
    """Finds the people of a file among those of the school. `source` is what kind of file it is."""

    def __init__(self, state: SchoolState, source: str, day: date) -> None:
        self.state, self.source, self.day = state, source, day
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
