"""What the history of changes calls announced absences and recodings, for those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import lazy
from plugins.journal.access import EXPLAIN, VIEW_OWN
from plugins.journal.attendance.announcing import days_words
from plugins.journal.attendance.deciding import STATES, seen_by_family, seen_by_school
from plugins.journal.attendance.models import JournalAbsence, JournalRecoding
from plugins.journal.attendance.recoding import seen_recodings

FIELDS = {
    "first_day": lazy("первый день"),
    "last_day": lazy("последний день"),
    "code": lazy("код"),
    "basis": lazy("основание"),
    "lessons": lazy("уроков"),
    "state": lazy("состояние"),
    "answer": lazy("ответ школы"),
}
VALUES: Mapping[str, Mapping[str, str]] = {"state": STATES}


def absences_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Announced absences: «Семёнов А. П., 23.11.2026»."""
    seen = [seen_by_school(actor)] if actor.can(EXPLAIN) else []
    if actor.can(VIEW_OWN) and actor.role is not None:
        seen.append(seen_by_family(actor))
    if not seen:
        return {}
    rows = db.execute(
        select(
            JournalAbsence.id,
            JournalAbsence.first_day,
            JournalAbsence.last_day,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == JournalAbsence.pupil_id)
        .where(JournalAbsence.id.in_([UUID(each) for each in ids]), or_(*seen))
    )
    page = "/journal/absences" if actor.can(EXPLAIN) else "/absences"
    return {
        str(row.id): (
            f"{short_name(row.last_name, row.first_name, row.middle_name)}, {days_words(row)}",
            f"{page}#a{row.id.hex}",
        )
        for row in rows
    }


def recodings_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Recodings: «Семёнов А. П., 23.11.2026 – 27.11.2026»."""
    if not actor.can(EXPLAIN):
        return {}
    rows = db.execute(
        select(
            JournalRecoding.id,
            JournalRecoding.first_day,
            JournalRecoding.last_day,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == JournalRecoding.pupil_id)
        .where(
            JournalRecoding.id.in_([UUID(each) for each in ids]),
            seen_recodings(actor, school_today(actor)),
        )
    )
    return {
        str(row.id): (
            f"{short_name(row.last_name, row.first_name, row.middle_name)}, {days_words(row)}",
            "/journal/recodings",
        )
        for row in rows
    }
