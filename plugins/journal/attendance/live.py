"""Telling open pages that somebody's attendance has changed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.database.session import Session
from core.roles.actor import Actor
from plugins.journal.access import ATTEND, SHEET

ATTENDANCE_TOPIC = "journal_attendance"


def tell_of_attendance(db: Session, organization_id: UUID, day: date) -> None:
    """Tell the pages that show attendance of the school's `day` to ask anew, once the change is durable."""
    db.portal.live.publish(db, f"{ATTENDANCE_TOPIC}:{organization_id}", {"day": day.isoformat()})


def may_listen(_db: Session, actor: Actor, identifier: str) -> bool:
    """Whoever works with attendance hears of days of the own school; what they see there is asked for anew."""

    return (
        (actor.can(ATTEND) or actor.can(SHEET))
        and actor.role is not None
        and identifier == str(actor.role.organization_id)
    )
