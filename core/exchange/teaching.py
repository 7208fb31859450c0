"""Subjects of a school and who teaches them, planned against what is there."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.enrolling import Places
from core.exchange.report import ImportReport
from core.exchange.school_state import KnownPerson
from core.identity.names import sort_key
from core.organizations.models import Organization, Subject, TeachingAssignment
from core.web.i18n import sentence


class Assignments:
    """Plans subjects and teaching assignments.

    `subjects` are known by the sort key of the name, `assignments` by teacher, subject, class and grouping.
    """

    def __init__(
        self, db: Session, organization: Organization, places: Places, changes: Changes, report: ImportReport
    ) -> None:
        self.organization, self.changes, self.report = organization, changes, report
        self.year = places.state.year
        ancestors = [UUID(part) for part in organization.path.split("/") if part]
        self.subjects: dict[str, UUID] = {}
        self.subjects_by_external: dict[str, UUID] = {}
        for subject in db.scalars(
            select(Subject).where(Subject.organization_id.in_([*ancestors, organization.id]))
        ):
            self.subjects[subject.name_key] = subject.id
            self.subjects_by_external[str(subject.id)] = subject.id
            if subject.external_id:
                self.subjects_by_external[subject.external_id] = subject.id
        self.assignments: dict[tuple[UUID, UUID, UUID | None, UUID | None], UUID] = {}
        for row in db.execute(
            select(
                TeachingAssignment.id, TeachingAssignment.teacher_id, TeachingAssignment.subject_id,
                TeachingAssignment.school_class_id, TeachingAssignment.pupil_group_id, TeachingAssignment.ends_on,
            ).where(
                TeachingAssignment.organization_id == organization.id,
                TeachingAssignment.academic_year_id == self.year.id,
            )
        ):  # fmt: skip
            if row.ends_on is None or row.ends_on >= places.effective:
                self.assignments[
                    (row.teacher_id, row.subject_id, row.school_class_id, row.pupil_group_id)
                ] = row.id

    def new_subject(self, name: str, external_id: str | None = None) -> UUID:
        """A subject that neither the school nor anybody above it has yet."""
        made = new_id()
        self.subjects[sort_key(name)] = made
        self.changes.insert(
            Subject,
            {
                "id": made, "organization_id": self.organization.id, "name": name[:200], "short_name": name[:24],
                "name_key": sort_key(name), "area": "", "position": 0, "external_id": external_id,
            },
        )  # fmt: skip
        self.changes.of_thing("core.subject.create", "subject", made, {"name": name})
        self.report.count(sentence("предметы"))
        return made

    def assign(
        self,
        teacher: KnownPerson,
        subject_id: UUID,
        school_class_id: UUID | None,
        group_id: UUID | None = None,
        begins: date | None = None,
        ends: date | None = None,
    ) -> bool:
        """Give a teacher a class or a grouping to teach; whether that is new."""
        key = (teacher.id, subject_id, school_class_id, group_id)
        if key in self.assignments:
            return False
        year = self.year
        made = self.assignments[key] = new_id()
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
        return True
