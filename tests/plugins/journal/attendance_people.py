"""People around the class of the tested page: its class teacher, a guardian, and where attendance is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Guardianship, Notification, Person
from core.organizations.models import Enrollment, Term
from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.journal.attendance.models import (
    JournalAbsence,
    JournalRecodedCell,
    JournalRecoding,
    JournalRollCall,
)
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage
from tests.plugins.journal.conftest import TeachersPage
from tests.school_day import school_day

TODAY = school_day()


def with_role(
    page: TeachersPage, kind: str, *, class_id: UUID | None = None, organization_id: UUID | None = None
) -> Visitor:
    """Somebody new in a role of the page's school, or of another."""
    person_id = page.under_test.new_person("Проверочная", "Анна")
    with page.under_test.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind=kind,
                organization_id=organization_id or page.organization_id,
                school_class_id=class_id,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
    return page.under_test.sign_in(kind, person_id=person_id)


def guardian_of(page: TeachersPage, child: UUID, *, rights: str = "full") -> Visitor:
    """A guardian of a pupil, signed in."""
    visitor = with_role(page, "guardian")
    assert visitor.person_id is not None
    with page.under_test.portal.database.transaction() as db:
        db.add(
            Guardianship(
                id=new_id(),
                guardian_id=visitor.person_id,
                child_id=child,
                rights=rights,
                starts_on=date(2020, 9, 1),
            )
        )
    return visitor


def forget_attendance(page: TeachersPage) -> None:
    """Take everything out that the tests of attendance have written in the school."""
    with page.under_test.portal.database.transaction() as db:
        for table in (JournalRecodedCell, JournalRecoding, JournalAbsence, JournalRollCall, Notification):
            db.execute(delete(table))
        for table in (JournalMark, JournalAttendance, JournalCell):
            db.execute(delete(table).where(table.pupil_id.in_(page.pupils)))


def lessons_of_day(page: TeachersPage, pupil: UUID) -> tuple[date, list[Any]]:
    """The latest past day of the open term on which the pupil has at least four lessons, with those lessons."""
    from plugins.journal.pupil_access import pages_of_pupil

    with page.under_test.portal.database.reading(fresh=True) as db:
        for back in range(1, 200):
            day = min(page.term.ends_on, TODAY - timedelta(days=1)) - timedelta(days=back)
            rows = db.execute(
                select(JournalLesson.id, JournalLesson.page_id, JournalLesson.number)
                .join(JournalPage, JournalPage.id == JournalLesson.page_id)
                .where(
                    pages_of_pupil(pupil, day, day),
                    JournalLesson.day == day,
                    JournalLesson.status != "cancelled",
                    JournalLesson.organization_id == page.organization_id,
                )
                .order_by(JournalLesson.number)
            ).all()
            if len(rows) >= 4:
                return day, list(rows)
    raise AssertionError("no full day in the demo school")


def codes(page: TeachersPage, pupil: UUID, day: date | None = None) -> dict[UUID, str]:
    """What is noted of a pupil, by lesson."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        statement = select(JournalAttendance.lesson_id, JournalAttendance.code).where(
            JournalAttendance.pupil_id == pupil
        )
        if day is not None:
            statement = statement.where(JournalAttendance.day == day)
        return {row.lesson_id: row.code for row in db.execute(statement)}


def close_term(page: TeachersPage, *, closed: bool) -> None:
    """Close or open the page's term."""
    from core.database.base import now

    with page.under_test.portal.database.transaction() as db:
        term = db.get_one(Term, page.term.id)
        term.closed_at = now() if closed else None


def reopen_term(page: TeachersPage) -> None:
    """The page's term was closed and is open again for two days."""
    from core.database.base import now

    with page.under_test.portal.database.transaction() as db:
        db.get_one(Term, page.term.id).closed_at = now() + timedelta(days=2)


def other_class_teacher(page: TeachersPage) -> Visitor:
    """The class teacher of another class of the school."""
    with page.under_test.portal.database.reading() as db:
        other = db.scalars(
            select(Enrollment.school_class_id)
            .where(
                Enrollment.organization_id == page.organization_id,
                Enrollment.school_class_id != page.school_class_id,
            )
            .limit(1)
        ).one()
    return with_role(page, "class_teacher", class_id=other)


def news_of(page: TeachersPage, person_id: UUID | None) -> Sequence[str]:
    """The titles of somebody's notifications, the latest first."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        rows = db.scalars(
            select(Notification).where(Notification.person_id == person_id).order_by(Notification.id.desc())
        )
        return [str(row.title) for row in rows]


def actions_about(page: TeachersPage, subject_id: str) -> list[str]:
    """What the history says of a thing, in order."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        return list(
            db.scalars(
                select(AuditRecord.action)
                .where(AuditRecord.subject_id == subject_id)
                .order_by(AuditRecord.id)
            )
        )


def born(page: TeachersPage, pupil: UUID, birth_date: date) -> None:
    """Give a pupil a birth date."""
    with page.under_test.portal.database.transaction() as db:
        db.get_one(Person, pupil).birth_date = birth_date
