"""Who teaches what to whom, as a OneRoster set tells it: subjects, subgroups, teaching assignments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.enrolling import Places
from core.exchange.oneroster_files import Line, RosterSet
from core.exchange.report import ImportReport, RowReport
from core.exchange.school_state import KnownPerson, own_id
from core.identity.names import sort_key
from core.organizations.models import Organization, PupilGroupMembership, Subject, TeachingAssignment
from core.roles.models import StructuralRole
from core.web.i18n import sentence

Place = tuple[UUID | None, UUID | None]
"""A class, or a grouping."""


class Teaching:
    """Plans subjects and teaching assignments."""

    def __init__(
        self,
        db: Session,
        organization: Organization,
        places: Places,
        changes: Changes,
        report: ImportReport,
        roster: RosterSet,
    ) -> None:
        self.organization, self.places, self.changes, self.report, self.roster = (
            organization,
            places,
            changes,
            report,
            roster,
        )
        self.state = places.state
        self._taught: dict[str, tuple[UUID, Place]] = {}
        ancestors = [UUID(part) for part in organization.path.split("/") if part]
        self._subjects: dict[str, UUID] = {}
        self._subjects_by_external: dict[str, UUID] = {}
        for subject in db.scalars(
            select(Subject).where(Subject.organization_id.in_([*ancestors, organization.id]))
        ):
            self._subjects[subject.name_key] = subject.id
            self._subjects_by_external[str(subject.id)] = subject.id
            if subject.external_id:
                self._subjects_by_external[subject.external_id] = subject.id
        self._assignments: dict[tuple[UUID, UUID, UUID | None, UUID | None], UUID] = {}
        for row in db.execute(
            select(
                TeachingAssignment.id, TeachingAssignment.teacher_id, TeachingAssignment.subject_id,
                TeachingAssignment.school_class_id, TeachingAssignment.pupil_group_id, TeachingAssignment.ends_on,
            ).where(
                TeachingAssignment.organization_id == organization.id,
                TeachingAssignment.academic_year_id == self.state.year.id,
            )
        ):  # fmt: skip
            if row.ends_on is None or row.ends_on >= places.effective:
                self._assignments[
                    (row.teacher_id, row.subject_id, row.school_class_id, row.pupil_group_id)
                ] = row.id
        self._class_teachers = {
            (row.person_id, row.school_class_id)
            for row in db.execute(
                select(StructuralRole.person_id, StructuralRole.school_class_id).where(
                    StructuralRole.organization_id == organization.id,
                    StructuralRole.kind == "class_teacher",
                    StructuralRole.status == "active",
                )
            )
        }

    def teach(self, line: Line, pupils: Sequence[KnownPerson]) -> None:
        """Find out whom a scheduled class is: a whole class, a part of it, or pupils of several."""
        if line.deleted:
            return
        subject_id = self._subject(line)
        if subject_id is None:
            return
        homes = {
            span.place
            for pupil in pupils
            if (span := self.state.enrolled(pupil.id, self.places.effective)) is not None
        }
        known = self.state.groups_by_external.get(line.id)
        if known is None and own_id(line.id) in self.state.group_splits:
            known = own_id(line.id)
        if known is None and len(homes) == 1:
            home = next(iter(homes))
            if len(pupils) >= self._size(home):
                self._taught[line.id] = (subject_id, (home, None))
                return
            subject = next((name for name, found in self._subjects.items() if found == subject_id), "")
            known = self.places.group_id(home, "subgroup", subject.capitalize(), line["title"], line.id)
        elif known is None and homes:
            known = self.places.group_id(None, "stream", "", line["title"], line.id)
        if known is None:
            line.report.remark("warning", "В этом классе нет ни одного ученика: нагрузка учителя не загружена.",
                               "Добавьте учеников в enrollments.csv.")  # fmt: skip
            return
        for pupil in pupils:
            self.places.join_group(line.report, pupil, known, line["title"])
        self._taught[line.id] = (subject_id, (None, known))

    def _size(self, class_id: UUID) -> int:
        return sum(
            1
            for person_id in list(self.state.enrollments)
            if (span := self.state.enrolled(person_id, self.places.effective)) is not None
            and span.place == class_id
        )

    def _subject(self, line: Line) -> UUID | None:
        course_id = line["courseSourcedId"]
        known = self._subjects_by_external.get(course_id) if course_id else None
        if known is not None:
            return known
        course = self.roster.tables.get("courses", {}).get(course_id)
        if course is None:
            if course_id:
                line.report.remark(
                    "error",
                    "Такого курса в courses.csv нет.",
                    "Исправьте ссылку.",
                    column="courseSourcedId",
                    value=course_id,
                )
                return None
            name = (line.many("subjects") or [""])[0]
        else:
            name = course["title"] or (course.many("subjects") or [""])[0]
        if not name:
            line.report.remark(
                "error",
                "Предмет не указан.",
                "Заполните courseSourcedId или subjects.",
                column="courseSourcedId",
            )
            return None
        found = self._subjects.get(sort_key(name))
        if found is None:
            found = self._new_subject(name, course)
        elif course is not None and course_id not in self._subjects_by_external:
            self._subjects_by_external[course_id] = found
        return found

    def _new_subject(self, name: str, course: Line | None) -> UUID:
        made = new_id()
        self._subjects[sort_key(name)] = made
        if course is not None:
            self._subjects_by_external[course.id] = made
            course.report.outcome = "created"
        self.changes.insert(
            Subject,
            {
                "id": made, "organization_id": self.organization.id, "name": name[:200], "short_name": name[:24],
                "name_key": sort_key(name), "area": "", "position": 0, "external_id": course.id if course else None,
            },
        )  # fmt: skip
        self.changes.of_thing("core.subject.create", "subject", made, {"name": name})
        self.report.count(sentence("предметы"))
        return made

    def assign(
        self,
        row: RowReport,
        teacher: KnownPerson,
        class_id: str,
        begins: date | None,
        ends: date | None,
        *,
        ended: bool,
    ) -> None:
        """Give a teacher the class of this `sourcedId`, or end that."""
        taught = self._taught.get(class_id)
        if taught is None:
            return
        subject_id, (school_class_id, group_id) = taught
        key = (teacher.id, subject_id, school_class_id, group_id)
        known = self._assignments.get(key)
        last = self.places.effective - timedelta(days=1)
        if ended:
            if known is not None:
                self._assignments.pop(key)
                self.changes.update(TeachingAssignment, known, {"ends_on": last})
                self.changes.of_person(teacher.id, {}, {"teaches": f"ended {known}"})
                row.add_change(sentence("нагрузка закончена"))
            return
        if known is not None:
            return
        year = self.state.year
        made = self._assignments[key] = new_id()
        self.changes.insert(
            TeachingAssignment,
            {
                "id": made, "organization_id": self.organization.id, "academic_year_id": year.id,
                "teacher_id": teacher.id, "subject_id": subject_id, "school_class_id": school_class_id,
                "pupil_group_id": group_id, "starts_on": max(begins or year.starts_on, year.starts_on),
                "ends_on": None if ends is None or ends >= year.ends_on else ends,
            },
        )  # fmt: skip
        self.changes.of_person(teacher.id, {}, {"teaches": str(made)}, created=teacher.new)
        self.report.count(sentence("нагрузка учителей"))
        row.outcome = "created"

    def class_teacher(self, row: RowReport, teacher: KnownPerson, class_id: UUID) -> None:
        """Make a teacher the class teacher of a class, unless that is so already."""
        if (teacher.id, class_id) in self._class_teachers:
            return
        self._class_teachers.add((teacher.id, class_id))
        self.changes.insert(
            StructuralRole,
            {
                "id": new_id(), "person_id": teacher.id, "kind": "class_teacher",
                "organization_id": self.organization.id, "school_class_id": class_id, "status": "active",
                "starts_on": self.places.day, "basis": "загрузка из файла",
            },
        )  # fmt: skip
        name = self.state.classes_by_id[class_id].name
        self.changes.of_person(teacher.id, {}, {"role": f"class_teacher {name}"}, created=teacher.new)
        row.add_change(sentence("классный руководитель %(name)s", name=name))

    def leave_group(self, row: RowReport, pupil: KnownPerson, class_id: str) -> None:
        """End a pupil's time in the subgroup that a scheduled class is, if it is one."""
        group_id = self.state.groups_by_external.get(class_id)
        for span in self.state.memberships.get(pupil.id, ()):
            if span.place == group_id and span.holds_on(self.places.effective):
                span.ends_on = max(self.places.effective - timedelta(days=1), span.starts_on)
                self.changes.update(PupilGroupMembership, span.id, {"ends_on": span.ends_on})
                self.changes.of_person(pupil.id, {}, {"left_subgroup": str(group_id)})
                row.add_change(sentence("выбыл из подгруппы"))
