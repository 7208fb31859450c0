"""Who teaches what to whom, as a OneRoster set tells it: subjects, subgroups, teaching assignments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from core.database.session import Session
from core.exchange.enrolling import Places
from core.exchange.oneroster_files import Line, RosterSet
from core.exchange.report import ImportReport, RowReport
from core.exchange.school_state import KnownPerson, own_id
from core.exchange.staff_roles import TEACHER, StaffRoles
from core.exchange.teaching import Assignments
from core.identity.names import sort_key
from core.organizations.models import Organization, PupilGroupMembership, TeachingAssignment
from core.roles.lifecycle import NEEDS_A_CLASS
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
        roles: StaffRoles,
        report: ImportReport,
        roster: RosterSet,
    ) -> None:
        changes = places.changes
        self.roles = roles
        self.organization, self.places, self.changes, self.report, self.roster = (
            organization,
            places,
            changes,
            report,
            roster,
        )
        self.state = places.state
        self._taught: dict[str, tuple[UUID, Place]] = {}
        self.teaching = Assignments(db, organization, places, changes, report)

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
            subject = next(
                (name for name, found in self.teaching.subjects.items() if found == subject_id), ""
            )
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
        known = self.teaching.subjects_by_external.get(course_id) if course_id else None
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
        found = self.teaching.subjects.get(sort_key(name))
        if found is None:
            found = self._new_subject(name, course)
        elif course is not None and course_id not in self.teaching.subjects_by_external:
            self.teaching.subjects_by_external[course_id] = found
        return found

    def _new_subject(self, name: str, course: Line | None) -> UUID:
        made = self.teaching.new_subject(name, course.id if course else None)
        if course is not None:
            self.teaching.subjects_by_external[course.id] = made
            course.report.outcome = "created"
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
        known = self.teaching.assignments.get(key)
        last = self.places.effective - timedelta(days=1)
        if ended:
            if known is not None:
                self.teaching.assignments.pop(key)
                self.changes.update(TeachingAssignment, known, {"ends_on": last})
                self.changes.of_person(teacher.id, {}, {"teaches": f"ended {known}"})
                row.add_change(sentence("нагрузка закончена"))
            return
        if not self.roles.teaches(teacher.id):
            self.roles.give(row, teacher, self.roles.wanted(row, teacher, [TEACHER], []))
        if not self.roles.teaches(teacher.id):
            row.remark(
                "warning", "Нагрузка не загружена: у человека нет роли учителя.", column="userSourcedId"
            )
            return
        if self.teaching.assign(teacher, subject_id, school_class_id, group_id, begins, ends):
            row.outcome = "created"

    def class_teacher(self, row: RowReport, teacher: KnownPerson, class_id: UUID) -> None:
        """Make a teacher the class teacher of a class, unless that is so already."""
        self.roles.give(row, teacher, self.roles.wanted(row, teacher, [NEEDS_A_CLASS], [class_id]))

    def leave_group(self, row: RowReport, pupil: KnownPerson, class_id: str) -> None:
        """End a pupil's time in the subgroup that a scheduled class is, if it is one."""
        group_id = self.state.groups_by_external.get(class_id)
        for span in self.state.memberships.get(pupil.id, ()):
            if span.place == group_id and span.holds_on(self.places.effective):
                span.ends_on = max(self.places.effective - timedelta(days=1), span.starts_on)
                self.changes.update(PupilGroupMembership, span.id, {"ends_on": span.ends_on})
                self.changes.of_person(pupil.id, {}, {"left_subgroup": str(group_id)})
                row.add_change(sentence("выбыл из подгруппы"))
