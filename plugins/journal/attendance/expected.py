"""Codes to be expected at lessons to come: absences that families announced and the school confirmed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, select

from core.database.base import in_force
from core.database.session import Session
from core.organizations.models import Enrollment, PupilGroupMembership
from plugins.journal.access import Opened, PageTerm
from plugins.journal.attendance.models import JournalAbsence
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson

CONFIRMED = "confirmed"


class ExpectedAbsence(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil whom the family has announced to be absent from a lesson where nothing is noted yet."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    code: Annotated[str, Meta(description="Код пропуска, о котором сообщила семья: «б».")]


def expected_codes(db: Session, page: Opened, first: date, last: date) -> dict[tuple[UUID, date], str]:
    """Codes expected on a page from `first` to `last`, by pupil and day; one statement.

    A default to show where nothing is noted yet, no attendance. The caller has opened the page.
    """
    if page.pupil_group_id is not None:
        here = select(PupilGroupMembership.person_id).where(
            PupilGroupMembership.pupil_group_id == page.pupil_group_id,
            in_force(PupilGroupMembership, first, last),
        )
    else:
        here = select(Enrollment.person_id).where(
            Enrollment.school_class_id == page.school_class_id, in_force(Enrollment, first, last)
        )
    rows = db.execute(
        select(
            JournalAbsence.pupil_id, JournalAbsence.first_day, JournalAbsence.last_day, JournalAbsence.code
        )
        .where(
            JournalAbsence.organization_id == page.organization_id,
            JournalAbsence.academic_year_id == page.academic_year_id,
            JournalAbsence.pupil_id.in_(here),
            JournalAbsence.state == CONFIRMED,
            JournalAbsence.first_day <= last,
            JournalAbsence.last_day >= first,
        )
        .order_by(JournalAbsence.id)
    )
    found: dict[tuple[UUID, date], str] = {}
    for row in rows:
        begins, ends = max(row.first_day, first), min(row.last_day, last)
        for number in range((ends - begins).days + 1):
            found[row.pupil_id, begins + timedelta(days=number)] = row.code
    return found


def expected_at_lessons(db: Session, page: Opened, term: PageTerm) -> list[ExpectedAbsence]:
    """What is expected at the lessons of a term where nothing is noted; two statements, one if nothing is."""
    expected = expected_codes(db, page, term.starts_on, term.ends_on)
    if not expected:
        return []
    lessons = db.execute(
        select(JournalLesson.id, JournalLesson.day, JournalAttendance.pupil_id)
        .outerjoin(
            JournalAttendance,
            and_(
                JournalAttendance.organization_id == page.organization_id,
                JournalAttendance.academic_year_id == page.academic_year_id,
                JournalAttendance.lesson_id == JournalLesson.id,
            ),
        )
        .where(
            JournalLesson.organization_id == page.organization_id,
            JournalLesson.academic_year_id == page.academic_year_id,
            JournalLesson.page_id == page.id,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.day.in_({day for _pupil, day in expected}),
        )
    ).all()
    noted = {(row.id, row.pupil_id) for row in lessons}
    return [
        ExpectedAbsence(pupil=pupil, lesson=lesson, code=code)
        for lesson, day in {row.id: row.day for row in lessons}.items()
        for (pupil, on), code in expected.items()
        if on == day and (lesson, pupil) not in noted
    ]
