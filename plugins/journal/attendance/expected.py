"""Codes to be expected at lessons to come: absences that families announced and the school confirmed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force
from core.database.session import Session
from core.organizations.models import Enrollment, PupilGroupMembership
from plugins.journal.access import Opened
from plugins.journal.attendance.models import JournalAbsence

CONFIRMED = "confirmed"


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
