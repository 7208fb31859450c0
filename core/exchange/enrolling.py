"""Places in a school: classes, enrollments, subgroups, roles and guardians' ties, planned against what is there."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from core.database.base import new_id
from core.exchange.changes import Changes
from core.exchange.class_names import ClassName
from core.exchange.report import ImportReport, RowReport
from core.exchange.school_state import KnownClass, KnownPerson, KnownSpan, KnownTie, SchoolState
from core.identity.families import day_of_majority
from core.identity.models import Guardianship
from core.identity.names import sort_key
from core.organizations.models import (
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    pupil_group_key,
)
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence

ROLE_TITLES = {"pupil": lazy("ученик"), "guardian": lazy("родитель")}


class Places:
    """Plans who stands where in the school."""

    def __init__(
        self,
        state: SchoolState,
        changes: Changes,
        report: ImportReport,
        source: str,
        day: date,
        own_id: UUID | None = None,
    ) -> None:
        self.state, self.changes, self.report, self.source, self.day = state, changes, report, source, day
        self.own_id = own_id
        year = state.year
        self.effective = min(max(day, year.starts_on), year.ends_on)
        self._new_classes: set[UUID] = set()

    def class_id(self, name: ClassName, external_id: str | None = None) -> UUID:
        """The class of this name; planned if there is none."""
        known = self.state.classes.get(name.key)
        if known is not None:
            if external_id and not known.external_id and external_id != str(known.id):
                known.external_id = external_id
                self.changes.update(SchoolClass, known.id, {"external_id": external_id})
            return known.id
        year = self.state.year
        made = KnownClass(
            id=new_id(),
            grade_level=name.grade_level,
            label=name.label,
            name=name.name,
            external_id=external_id,
        )
        self.state.classes[name.key] = self.state.classes_by_id[made.id] = made
        self._new_classes.add(made.id)
        self.changes.insert(
            SchoolClass,
            {
                "id": made.id, "organization_id": self.state.organization_id, "academic_year_id": year.id,
                "grade_level": made.grade_level, "label": made.label, "name": made.name,
                "name_key": name.name_key, "term_kind": "half_year" if made.grade_level >= 10 else "quarter",
                "days_per_week": 5, "shift": 1, "external_id": external_id,
            },
        )  # fmt: skip
        self.changes.of_thing(
            "core.school_class.create", "school_class", made.id, {"name": made.name, "year": year.name}
        )
        self.report.count(sentence("классы"))
        return made.id

    def enroll(
        self,
        row: RowReport,
        person: KnownPerson,
        class_id: UUID,
        admitted_on: date | None = None,
        ends_on: date | None = None,
    ) -> None:
        """Put a pupil into a class; a pupil of another class moves there today, the old time being closed.

        A time in another class that began today is somebody's decision of today: once the year runs, a file does not
        overwrite it.
        """
        year = self.state.year
        name = self.state.classes_by_id[class_id].name
        spans = self.state.enrollments[person.id]
        if ends_on is not None and any(span.place == class_id and span.ends_on == ends_on for span in spans):
            return
        current = self.state.enrolled(person.id, min(self.effective, ends_on or self.effective))
        if current is not None and current.place == class_id:
            if ends_on is not None and current.ends_on != ends_on:
                self._end(row, person, current, ends_on)
            return
        before = self.state.classes_by_id[current.place].name if current else None
        if current is not None and current.starts_on >= self.effective and self.day > year.starts_on:
            row.remark(
                "warning",
                sentence(
                    "%(person)s: сегодня уже зачислен в %(before)s, файл этого не меняет.",
                    person=person.short,
                    before=before,
                ),
                sentence(
                    "Если нужен %(after)s, переведите ученика в портале или загрузите файл завтра.",
                    after=name,
                ),
            )
            return
        if current is not None and current.starts_on >= self.effective:
            current.place = class_id
            self.changes.update(Enrollment, current.id, {"school_class_id": class_id})
        else:
            if current is not None:
                current.ends_on = self.effective - timedelta(days=1)
                self.changes.update(Enrollment, current.id, {"ends_on": current.ends_on})
            starts_on = self._start(class_id, admitted_on, moved=bool(spans))
            made = KnownSpan(
                id=new_id(), place=class_id, person_id=person.id, starts_on=starts_on, ends_on=ends_on
            )
            spans.append(made)
            self.changes.insert(
                Enrollment,
                {
                    "id": made.id, "organization_id": self.state.organization_id, "academic_year_id": year.id,
                    "school_class_id": class_id, "person_id": person.id, "starts_on": starts_on,
                    "ends_on": ends_on, "basis": "загрузка из файла",
                },
            )  # fmt: skip
        self.changes.of_person(person.id, {"school_class": before}, {"school_class": name})
        if before:
            row.add_change(
                sentence(
                    "класс: %(before)s → %(after)s с %(day)s", before=before, after=name, day=self.effective
                )
            )
        elif not person.new:
            row.add_change(sentence("зачисление: %(name)s", name=name))

    def leave(self, row: RowReport, person: KnownPerson, class_id: UUID, day: date) -> None:
        """End a pupil's time in a class, if it has not ended."""
        for span in self.state.enrollments.get(person.id, ()):
            if span.place == class_id and span.holds_on(self.effective) and span.ends_on != day:
                self._end(row, person, span, max(day, span.starts_on))

    def _end(self, row: RowReport, person: KnownPerson, span: KnownSpan, day: date) -> None:
        name = self.state.classes_by_id[span.place].name
        span.ends_on = day
        self.changes.update(Enrollment, span.id, {"ends_on": day})
        self.changes.of_person(person.id, {"school_class": name}, {"school_class": None, "left_on": day})
        row.add_change(sentence("выбыл из %(name)s %(day)s", name=name, day=day))

    def _start(self, class_id: UUID, admitted_on: date | None, *, moved: bool) -> date:
        year = self.state.year
        if moved:
            return self.effective
        if admitted_on is not None:
            return min(max(admitted_on, year.starts_on), year.ends_on)
        return self.effective if class_id in self.state.filled_classes else year.starts_on

    def role(self, row: RowReport, person: KnownPerson, kind: str) -> None:
        """Give a person a role of this kind, unless it is held already."""
        if (person.id, kind) in self.state.roles:
            return
        self.state.roles.add((person.id, kind))
        role_id = new_id()
        self.state.role_ids[(person.id, kind)] = role_id
        self.changes.insert(
            StructuralRole,
            {
                "id": role_id, "person_id": person.id, "kind": kind, "organization_id": self.state.organization_id,
                "status": "active", "starts_on": self.day, "basis": "загрузка из файла",
            },
        )  # fmt: skip
        self.changes.of_person(person.id, {}, {"role": kind})
        if not person.new:
            row.add_change(sentence("роль: %(role)s", role=ROLE_TITLES.get(kind, kind)))

    def end_role(self, row: RowReport, person: KnownPerson, kind: str) -> None:
        """End a role that is held; what the person did stays."""
        if (person.id, kind) not in self.state.roles:
            return
        self.state.roles.discard((person.id, kind))
        role_id = self.state.role_ids[(person.id, kind)]
        self.changes.update(StructuralRole, role_id, {"status": "terminated", "ends_on": self.day})
        self.changes.of_person(person.id, {"role": kind}, {"ended_role": kind})
        row.add_change(sentence("роль закончена: %(role)s", role=ROLE_TITLES.get(kind, kind)))

    def may_tie(self, row: RowReport, guardian: KnownPerson | None, child: KnownPerson) -> bool:
        """Whether a guardian (None: a new one) may be tied to a child; why not is said in the row.

        Only minors have guardians, one's own child is another's to tie, and a tie that was ended or limited (by
        court) is never revived by a file.
        """
        if child.birth_date is not None and day_of_majority(child.birth_date) <= self.day:
            row.remark(
                "warning",
                sentence("%(name)s: ученик совершеннолетний, родитель не загружен.", name=child.short),
            )
            return False
        if guardian is None:
            return True
        if guardian.id == child.id:
            row.remark("error", "Родитель и ученик – один и тот же человек.", "Проверьте СНИЛС в строке.")
            return False
        known = self._tie(guardian, child)
        if known is None and guardian.id == self.own_id:
            row.remark(
                "warning",
                "Связь с собственным ребёнком файл не создаёт.",
                "Попросите коллегу связать вас в карточке ученика.",
            )
            return False
        if known is not None and (
            known.rights == "none" or (known.ends_on is not None and known.ends_on < self.day)
        ):
            row.remark(
                "warning",
                sentence("%(name)s: связь с ребёнком закрыта, файл её не открывает.", name=guardian.short),
                "Если это ошибка, откройте связь в карточке ученика.",
            )
            return False
        return True

    def _tie(self, guardian: KnownPerson, child: KnownPerson) -> KnownTie | None:
        ties = self.state.guardians.get(child.id, ())
        return next((tie for tie in ties if tie.guardian_id == guardian.id), None)

    def tie(
        self,
        row: RowReport,
        guardian: KnownPerson,
        child: KnownPerson,
        relation: str,
        rights: str | None = None,
        basis: str = "",
    ) -> None:
        """Tie a guardian to a child until the child is of age; a tie that is there stays as it is."""
        known = self._tie(guardian, child)
        if known is not None:
            if rights is not None and rights != known.rights:
                row.remark(
                    "warning",
                    sentence(
                        "%(name)s: права уже записаны в портале, файл их не меняет.", name=guardian.short
                    ),
                    "Измените их в карточке ученика.",
                    field="rights",
                )
            return
        ends_on = day_of_majority(child.birth_date) - timedelta(days=1) if child.birth_date else None
        made = KnownTie(
            id=new_id(), guardian_id=guardian.id, child_id=child.id, rights=rights or "full", ends_on=ends_on
        )
        self.state.guardians[child.id].append(made)
        self.changes.insert(
            Guardianship,
            {
                "id": made.id, "guardian_id": guardian.id, "child_id": child.id, "relation": relation,
                "rights": made.rights, "basis": basis, "source": self.source, "starts_on": self.day,
                "ends_on": ends_on,
            },
        )  # fmt: skip
        self.changes.of_person(child.id, {}, {"guardian": f"{guardian.id} {relation}"}, created=child.new)
        self.changes.of_person(guardian.id, {}, {"child": str(child.id)}, created=guardian.new)
        self.report.count(sentence("связи с родителями"))
        if not child.new:
            row.add_change(sentence("родитель: %(name)s", name=guardian.name))

    def group_id(
        self, class_id: UUID | None, kind: str, split: str, name: str, external_id: str | None = None
    ) -> UUID:
        """The subgroup of a class (or, without one, a stream across classes); planned if there is none."""
        if external_id and (known := self.state.groups_by_external.get(external_id)):
            return known
        key = (class_id, sort_key(split), sort_key(name))
        found = self.state.groups.get(key)
        if found is not None:
            return found
        made = self.state.groups[key] = new_id()
        self.state.group_splits[made] = sort_key(split)
        if external_id:
            self.state.groups_by_external[external_id] = made
        home = self.state.classes_by_id[class_id] if class_id else None
        home_key = ClassName(grade_level=home.grade_level, label=home.label).name_key if home else ""
        row = {
            "id": made, "organization_id": self.state.organization_id, "academic_year_id": self.state.year.id,
            "school_class_id": class_id, "kind": kind, "split": split[:100], "name": name[:100],
            "name_key": pupil_group_key(home_key, split[:100], name[:100]),
            "grade_level": home.grade_level if home else None, "external_id": external_id,
        }  # fmt: skip
        self.changes.insert(PupilGroup, row)
        self.changes.of_thing("core.pupil_group.create", "pupil_group", made, {"name": name, "split": split})
        self.report.count(sentence("подгруппы"))
        return made

    def join_group(self, row: RowReport, person: KnownPerson, group_id: UUID, name: str) -> None:
        """Put a pupil into a subgroup; of the others of the same split the pupil leaves."""
        spans = self.state.memberships[person.id]
        current = [span for span in spans if span.holds_on(self.effective)]
        if any(span.place == group_id for span in current):
            return
        split = self.state.group_splits[group_id]
        for span in current:
            same_class = self._class_of(span.place) == self._class_of(group_id)
            if self.state.group_splits.get(span.place) == split and same_class:
                if span.starts_on >= self.effective:
                    span.place = group_id
                    self.changes.update(PupilGroupMembership, span.id, {"pupil_group_id": group_id})
                    self.changes.of_person(person.id, {}, {"subgroup": name})
                    row.add_change(sentence("подгруппа: %(name)s", name=name))
                    return
                span.ends_on = self.effective - timedelta(days=1)
                self.changes.update(PupilGroupMembership, span.id, {"ends_on": span.ends_on})
        enrolled = self.state.enrolled(person.id, self.effective)
        begins = self.effective if current or enrolled is None else enrolled.starts_on
        made = KnownSpan(id=new_id(), place=group_id, person_id=person.id, starts_on=begins, ends_on=None)
        spans.append(made)
        self.changes.insert(
            PupilGroupMembership,
            {
                "id": made.id,
                "pupil_group_id": group_id,
                "person_id": person.id,
                "starts_on": begins,
                "ends_on": None,
            },
        )
        self.changes.of_person(person.id, {}, {"subgroup": name})
        if not person.new:
            row.add_change(sentence("подгруппа: %(name)s", name=name))

    def _class_of(self, group_id: UUID) -> UUID | None:
        return next((key[0] for key, known in self.state.groups.items() if known == group_id), None)
