"""What the history calls a reminder: by the teacher."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.roles.actor import Actor
from plugins.journal.access import VIEW


def reminders_named(db: Session, actor: Actor, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Reminders: «Семёнов А. П.», with the way to the teacher's remarks."""
    if not actor.can(VIEW):
        return {}
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
            Person.id.in_([UUID(each) for each in ids])
        )
    )
    return {
        str(row.id): (
            short_name(row.last_name, row.first_name, row.middle_name),
            f"/journal/reports/control?teacher={row.id}",
        )
        for row in rows
    }
