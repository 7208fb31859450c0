"""What the history of changes calls absences, for those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import show_short_day
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.timetable import EDIT


def absences_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Absences: «Громова О. П., с 23.11.2026»."""
    if not actor.can(EDIT):
        return {}
    rows = db.execute(
        select(
            TeacherAbsence.id,
            TeacherAbsence.first_day,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == TeacherAbsence.teacher_id)
        .where(
            TeacherAbsence.id.in_([UUID(each) for each in ids]),
            within(actor, EDIT, TeacherAbsence.organization_id),
        )
    )
    return {
        str(row.id): (
            f"{short_name(row.last_name, row.first_name, row.middle_name)}, {show_short_day(row.first_day)}",
            f"/timetable/absences/{row.id}",
        )
        for row in rows
    }
