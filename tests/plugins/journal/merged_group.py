"""A group across two classes with a journal page of its own: pupils of both, one teacher, some past lessons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.models import JournalLesson, JournalPage
from tests.school_day import school_day

SUBJECT = "Робототехника"
TODAY = school_day()


@dataclass(frozen=True)
class MergedGroup:
    """The page; `pupils` has two of each class, by class."""

    under_test: PortalUnderTest
    organization_id: UUID
    page_id: UUID
    subject_id: UUID
    classes: Sequence[UUID]
    pupils: Mapping[UUID, Sequence[UUID]]
    terms: Sequence[Term]
    days: Sequence[date]
    lessons: Sequence[UUID]
    teacher: Visitor

    @property
    def url(self) -> str:
        return f"/api/v1/journal/pages/{self.page_id}"

    @property
    def term(self) -> Term:
        """The term of the lessons."""
        return next(each for each in self.terms if each.starts_on <= self.days[0] <= each.ends_on)

    def put(self, value: str, pupil: UUID, lesson: int = 0, by: Visitor | None = None) -> Any:
        """Write a cell."""
        cell = {"lesson": str(self.lessons[lesson]), "pupil": str(pupil), "value": value}
        return (by or self.teacher).put(f"{self.url}/cells", json=cell)

    def class_teacher(self, class_id: UUID) -> Visitor:
        """A class teacher of one of the classes."""
        person_id = self.under_test.new_person("Проверочная", "Анна")
        with self.under_test.portal.database.transaction() as db:
            role = {"kind": "class_teacher", "status": "active", "starts_on": date(2020, 9, 1)}
            place = {"organization_id": self.organization_id, "school_class_id": class_id}
            db.add(StructuralRole(id=new_id(), person_id=person_id, **role, **place))
        return self.under_test.sign_in("class_teacher", person_id=person_id)


def merged_group(under_test: PortalUnderTest, kinds: Sequence[str]) -> MergedGroup:
    """A new group of two classes that follow terms of these kinds; its lessons were in the latest term of the first."""
    made = _made(under_test, kinds)
    teacher = under_test.sign_in("teacher", person_id=made.pop("teacher_id"))
    return MergedGroup(under_test=under_test, teacher=teacher, **made)


def _made(under_test: PortalUnderTest, kinds: Sequence[str]) -> dict[str, Any]:
    with under_test.portal.database.transaction() as db:
        teacher = db.scalars(
            select(StructuralRole)
            .where(StructuralRole.kind == "teacher", StructuralRole.status == "active")
            .order_by(StructuralRole.created_at, StructuralRole.id)
            .limit(1)
        ).one()
        found = db.scalars(
            select(SchoolClass)
            .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
            .where(
                SchoolClass.organization_id == teacher.organization_id,
                SchoolClass.grade_level >= 5,
                AcademicYear.starts_on <= TODAY,
                AcademicYear.ends_on >= TODAY,
            )
            .order_by(SchoolClass.name_key.desc())
        ).all()
        classes = list(found[: len(kinds)])
        for each, kind in zip(classes, kinds, strict=True):
            each.term_kind = kind
        year_id = classes[0].academic_year_id
        common = {"organization_id": teacher.organization_id, "academic_year_id": year_id}
        terms = db.scalars(
            select(Term).where(Term.academic_year_id == year_id, Term.kind == kinds[0]).order_by(Term.number)
        ).all()
        first = [each for each in terms if each.starts_on < TODAY - timedelta(days=7)][-1]
        days = [first.starts_on + timedelta(days=back) for back in range(4)]
        subject = Subject(
            id=new_id(),
            organization_id=teacher.organization_id,
            name=SUBJECT,
            short_name=SUBJECT,
            name_key=SUBJECT.casefold(),
        )
        db.add(subject)
        group = PupilGroup(id=new_id(), **common, kind="stream", name="Робототехника, поток")
        db.add(group)
        db.flush()
        pupils: dict[UUID, Sequence[UUID]] = {}
        for each in classes:
            pupils[each.id] = db.scalars(
                select(Enrollment.person_id)
                .where(Enrollment.school_class_id == each.id, Enrollment.ends_on.is_(None))
                .order_by(Enrollment.person_id)
                .limit(2)
            ).all()
            for pupil in pupils[each.id]:
                member = {"person_id": pupil, "starts_on": terms[0].starts_on}
                db.add(PupilGroupMembership(id=new_id(), pupil_group_id=group.id, **member))
        place = {"subject_id": subject.id, "pupil_group_id": group.id}
        db.add(
            TeachingAssignment(
                id=new_id(), **common, **place, teacher_id=teacher.person_id, starts_on=terms[0].starts_on
            )
        )
        page = JournalPage(id=new_id(), **common, **place)
        db.add(page)
        db.flush()
        lessons = [new_id() for _day in days]
        for lesson_id, day in zip(lessons, days, strict=True):
            db.add(JournalLesson(id=lesson_id, **common, page_id=page.id, day=day, number=7))
        return {
            "organization_id": teacher.organization_id,
            "page_id": page.id,
            "subject_id": subject.id,
            "classes": [each.id for each in classes],
            "pupils": pupils,
            "terms": terms,
            "days": days,
            "lessons": lessons,
            "teacher_id": teacher.person_id,
        }
