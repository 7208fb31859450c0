"""A teacher with an open journal page of the demo school."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from core.database.base import new_id
from core.identity import sessions
from core.identity.models import Account
from core.organizations.models import Enrollment, Organization, SchoolClass, TeachingAssignment, Term
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage
from tests.school_day import school_day


@dataclass(frozen=True)
class FoundPage:
    """A page of one class and what is needed to write on it."""

    teacher_id: UUID
    page_id: UUID
    organization_id: UUID
    subject_id: UUID
    school_class_id: UUID
    term: Term
    lessons: Sequence[UUID]
    pupils: Sequence[UUID]


@dataclass
class TeachersPage:
    """A page of one class, its teacher signed in, and the past lessons of an open term."""

    found: FoundPage
    under_test: PortalUnderTest
    teacher: Visitor

    @property
    def page_id(self) -> UUID:
        return self.found.page_id

    @property
    def teacher_id(self) -> UUID:
        return self.found.teacher_id

    @property
    def organization_id(self) -> UUID:
        return self.found.organization_id

    @property
    def subject_id(self) -> UUID:
        return self.found.subject_id

    @property
    def school_class_id(self) -> UUID:
        return self.found.school_class_id

    @property
    def term(self) -> Term:
        return self.found.term

    @property
    def lessons(self) -> Sequence[UUID]:
        return self.found.lessons

    @property
    def pupils(self) -> Sequence[UUID]:
        return self.found.pupils

    @property
    def url(self) -> str:
        return f"/api/v1/journal/pages/{self.page_id}"

    def put(
        self, value: str, *, lesson: int = 0, pupil: int = 0, by: Visitor | None = None, **more: Any
    ) -> Any:
        """Write a cell."""
        body = {"lesson": str(self.lessons[lesson]), "pupil": str(self.pupils[pupil]), "value": value, **more}
        return (by or self.teacher).put(self.url + "/cells", json=body)

    def cell(self, *, lesson: int = 0, pupil: int = 0) -> dict[str, Any]:
        """A cell with its marks and history."""
        answer = self.teacher.get(f"{self.url}/cells/{self.lessons[lesson]}/{self.pupils[pupil]}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def clear(self) -> None:
        """Empty the cells of the page behind the portal's back."""
        empty_cells(self.under_test.portal, self.page_id)


def empty_cells(portal: Portal, page_id: UUID) -> None:
    """Take everything out of the cells of a page, without history."""
    with portal.database.transaction() as db:
        for table in (JournalMark, JournalAttendance, JournalCell):
            db.execute(delete(table).where(table.page_id == page_id))


def sign_in_as(portal: Portal, role: str, person_id: UUID | None = None) -> str:
    """A cookie for whoever holds a role, or for a certain person in it."""
    with portal.database.transaction() as db:
        held = (
            select(StructuralRole)
            .where(StructuralRole.kind == role, StructuralRole.status == "active")
            .order_by(StructuralRole.created_at, StructuralRole.id)
            .limit(1)
        )
        if person_id is not None:
            held = held.where(StructuralRole.person_id == person_id)
        found = db.scalars(held).one()
        account = db.scalar(select(Account).where(Account.person_id == found.person_id))
        if account is None:
            account = Account(id=new_id(), person_id=found.person_id, status="active", preferences={})
            db.add(account)
        account.last_role_id = found.id
        db.flush()
        return sessions.begin(db, account.id, provider="test")


def find_page(portal: Portal) -> FoundPage:
    """A page of a class with marks, its teacher, and the past lessons of one term; all terms are open."""
    today = school_day()
    with portal.database.transaction() as db:
        row = db.execute(
            select(JournalPage, TeachingAssignment.teacher_id)
            .join(SchoolClass, SchoolClass.id == JournalPage.school_class_id)
            .join(
                TeachingAssignment,
                (TeachingAssignment.school_class_id == JournalPage.school_class_id)
                & (TeachingAssignment.subject_id == JournalPage.subject_id)
                & TeachingAssignment.pupil_group_id.is_(None),
            )
            .where(SchoolClass.grade_level.between(5, 11))
            .where(
                JournalPage.id.in_(
                    select(JournalLesson.page_id)
                    .where(JournalLesson.day < today)
                    .group_by(JournalLesson.page_id)
                    .having(func.count() > 20)
                )
            )
            .order_by(JournalPage.id)
            .limit(1)
        ).one()
        page: JournalPage = row.JournalPage
        school_class = db.get(SchoolClass, page.school_class_id)
        assert school_class is not None
        terms = db.scalars(
            select(Term)
            .where(
                Term.academic_year_id == page.academic_year_id,
                Term.kind == school_class.term_kind,
                Term.starts_on < today - timedelta(days=7),
            )
            .order_by(Term.number.desc())
        ).all()
        found = next(
            (term, lessons)
            for term in terms
            if len(
                lessons := db.scalars(
                    select(JournalLesson.id)
                    .where(
                        JournalLesson.page_id == page.id,
                        JournalLesson.day.between(
                            term.starts_on, min(term.ends_on, today - timedelta(days=1))
                        ),
                        JournalLesson.status != "cancelled",
                    )
                    .order_by(JournalLesson.day, JournalLesson.number)
                ).all()
            )
            >= 4
        )
        term, lessons = found
        db.execute(update(Term).where(Term.academic_year_id == page.academic_year_id).values(closed_at=None))
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id.in_(lessons))
            .values(control_kind="", topic="", homework="", homework_minutes=None)
        )
        db.execute(
            update(JournalMark).where(JournalMark.lesson_id.in_(lessons)).values(weight=1, control_kind="")
        )
        pupils = db.scalars(
            select(Enrollment.person_id)
            .where(
                Enrollment.school_class_id == page.school_class_id,
                Enrollment.starts_on <= term.starts_on,
                Enrollment.ends_on.is_(None),
            )
            .order_by(Enrollment.person_id)
        ).all()
    assert page.school_class_id is not None
    return FoundPage(
        teacher_id=row.teacher_id,
        page_id=page.id,
        organization_id=page.organization_id,
        subject_id=page.subject_id,
        school_class_id=page.school_class_id,
        term=term,
        lessons=lessons,
        pupils=pupils,
    )


@pytest.fixture(scope="module")
def page_of_module(portal: PortalUnderTest) -> TeachersPage:
    """The page, once for a module."""
    found = find_page(portal.portal)
    return TeachersPage(found, portal, portal.sign_in("teacher", person_id=found.teacher_id))


@pytest.fixture
def page(page_of_module: TeachersPage) -> TeachersPage:
    """The page with empty cells."""
    page_of_module.clear()
    return page_of_module


@pytest.fixture
def other_teacher(page: TeachersPage) -> Visitor:
    """A teacher of the same school who does not teach on the page."""
    with page.under_test.portal.database.transaction() as db:
        busy = select(TeachingAssignment.teacher_id).where(
            TeachingAssignment.school_class_id == page.school_class_id,
            TeachingAssignment.subject_id == page.subject_id,
        )
        substitutes = select(JournalLesson.teacher_id).where(
            JournalLesson.page_id == page.page_id, JournalLesson.teacher_id.is_not(None)
        )
        found = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.kind == "teacher",
                StructuralRole.organization_id == page.organization_id,
                StructuralRole.person_id.not_in(busy),
                StructuralRole.person_id.not_in(substitutes),
            )
            .limit(1)
        ).one()
    return page.under_test.sign_in("teacher", person_id=found)


@pytest.fixture
def stranger(page: TeachersPage) -> Visitor:
    """A teacher of the neighbour school."""
    with page.under_test.portal.database.transaction() as db:
        school = db.scalars(
            select(Organization.id)
            .where(Organization.kind == "school", Organization.id != page.organization_id)
            .limit(1)
        ).one()
    person_id = page.under_test.new_person("Чужая", "Нина")
    with page.under_test.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="teacher",
                organization_id=school,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
    return page.under_test.sign_in("teacher", person_id=person_id)


@pytest.fixture
def deputy(page: TeachersPage) -> Visitor:
    """The deputy head of the page's school."""
    return page.under_test.sign_in("deputy_head")


@pytest.fixture
def class_teacher(page: TeachersPage) -> Visitor:
    """A class teacher of the page's class."""
    from tests.plugins.journal.attendance_people import with_role

    return with_role(page, "class_teacher", class_id=page.school_class_id)


@pytest.fixture
def marked(page: TeachersPage) -> Iterator[TeachersPage]:
    """The class with known marks for the term on two pages, and no others."""
    from tests.plugins.journal.marked_class import MARKS, set_term_marks

    set_term_marks(page, MARKS)
    yield page
    set_term_marks(page, ())
