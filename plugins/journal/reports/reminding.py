"""Reminding a teacher of what is not filled in, once a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, history, record
from core.database.session import Session
from core.errors import Conflict
from core.identity.models import Person
from core.identity.sessions import school_today
from core.notifications import notify
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.reports.finding import find_remarks
from plugins.journal.reports.remarks import KINDS, Asked, counts_of

REMIND = "journal.control.remind"
REMINDED = "journal.control.remind"
CONTROL = "journal.control"
"""The kind of the notification, and what a reminder is about in the audit record."""


class Reminded(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that was sent."""

    remarks: Annotated[int, Meta(description="О скольких замечаниях напомнили.")]


def remind_teacher(db: Session, actor: Actor, asked: Asked) -> Reminded:
    """Tell the teacher of `asked` what is not filled in, by kind, with a link to the list.

    Raises `Conflict` where there is nothing to remind of, or the school has reminded the teacher today already;
    `Forbidden` without the right to remind.
    """
    actor.require(REMIND)
    teacher_id = asked.teacher_id
    remarks = find_remarks(db, actor, asked) if teacher_id else []
    if teacher_id is None or not remarks:
        raise Conflict(
            "Напоминать не о чем: за эти дни у учителя всё заполнено.",
            advice="Обновите страницу: учитель мог всё записать только что.",
        )
    # Two deputies at the same moment wait for each other here, so that the second sees the first's reminder.
    db.execute(select(Person.id).where(Person.id == teacher_id).with_for_update())
    if teacher_id in reminded_today(db, actor, [teacher_id]):
        raise Conflict("Этому учителю сегодня уже напомнили.", advice="Напомнить снова можно завтра.")
    counts = counts_of(remarks)
    notify(
        db,
        [teacher_id],
        CONTROL,
        counted("В журнале %(count)s замечание", "В журнале %(count)s замечаний", len(remarks)),
        reduce(
            lambda before, each: sentence("%(before)s; %(each)s", before=before, each=each),
            (
                sentence("%(kind)s: %(number)s", kind=title, number=counts[kind])
                for kind, title in KINDS.items()
                if kind in counts
            ),
        ),
        f"/journal/reports/control?first={asked.first}&last={asked.last}&teacher={teacher_id}",
    )
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action=REMINDED,
            subject_type=CONTROL,
            subject_id=str(teacher_id),
            after={"first": str(asked.first), "last": str(asked.last), "count": len(remarks)},
        ),
    )
    return Reminded(remarks=len(remarks))


def reminded_today(db: Session, actor: Actor, teachers: Collection[UUID]) -> set[UUID]:
    """Which of the teachers the acting school has reminded today."""
    zone = ZoneInfo(actor.role.timezone if actor.role else "UTC")
    midnight = datetime.combine(school_today(actor), datetime.min.time(), zone)
    return {
        UUID(row.subject_id)
        for row in history(db, CONTROL, [str(each) for each in teachers])
        if row.at >= midnight and row.chain == str(actor.organization_id)
    }
