"""Closing the terms of an academic year, and opening one again for some days.

A term is closed from the moment `Term.closed_at` on. While it is open again, that moment lies ahead: it closes by
itself when the days given are over, without a task that might not run.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear, Term
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

CLOSE = "core.terms.close"
LONGEST_REOPENING = timedelta(days=60)
LONGEST_REASON = 1000


class TermClosed(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a term is closed for all classes that follow its kind."""

    organization_id: UUID
    academic_year_id: UUID
    term_id: UUID


class TermReopened(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a term is open again, the day `until` included."""

    organization_id: UUID
    academic_year_id: UUID
    term_id: UUID
    until: date


def term_in_reach(db: Session, actor: Actor, term_id: UUID, *, lock: bool = False) -> Term:
    """A term of a school of the actor's. Raises `Forbidden`, `NotFound`."""
    actor.require(CLOSE)
    statement = select(Term).where(Term.id == term_id)
    term = db.scalar(statement.with_for_update() if lock else statement)
    if term is None:
        raise NotFound("Такого учебного периода нет.", advice="Откройте список периодов.")
    authorize(db, actor, CLOSE, term.organization_id)
    return term


def close_term(db: Session, actor: Actor, term_id: UUID) -> Term:
    """Close a term for all classes that follow its kind; nothing in it can be changed from now on.

    Raises `Forbidden`, `NotFound`, `Conflict` for a term that is closed or has not begun.
    """
    term = term_in_reach(db, actor, term_id, lock=True)
    if term.is_closed:
        raise Conflict("Этот период уже закрыт.", advice="Открыть его снова можно с указанием причины.")
    if term.starts_on > school_today(actor):
        raise Conflict(
            sentence("Период ещё не начался: %(term)s, с %(day)s.", term=term.name, day=term.starts_on),
            advice="Закройте период, когда отметки за него выставлены.",
        )
    term.closed_at = now()
    db.flush()
    _note(db, actor, term, "core.term.close", {"name": term.name})
    db.publish(
        TermClosed(
            organization_id=term.organization_id,
            academic_year_id=term.academic_year_id,
            term_id=term.id,
        )
    )
    return term


def reopen_term(db: Session, actor: Actor, term_id: UUID, reason: str, until: date) -> Term:
    """Open a closed term again, the day `until` included; it closes by itself afterwards.

    Raises `Invalid` without a reason and for a day that is past or too far, `Conflict` for a term that is open
    or in an archived year, `Forbidden`, `NotFound`.
    """
    term = term_in_reach(db, actor, term_id, lock=True)
    refuse_archived(db.get_one(AcademicYear, term.academic_year_id))
    if not term.is_closed:
        raise Conflict("Этот период открыт.", advice="Обновите страницу.")
    today = school_today(actor)
    reason = reason.replace("\x00", "").strip()
    wrong: dict[str, str] = {}
    if not reason:
        wrong["reason"] = sentence("Напишите, почему период открывают снова.")
    elif len(reason) > LONGEST_REASON:
        wrong["reason"] = sentence("Не длиннее %(count)s знаков.", count=LONGEST_REASON)
    if not today <= until <= today + LONGEST_REOPENING:
        wrong["until"] = sentence(
            "Укажите день от %(first)s до %(last)s.", first=today, last=today + LONGEST_REOPENING
        )
    if wrong:
        raise Invalid("Период не открыт: в форме есть ошибки.", fields=wrong)
    zone = ZoneInfo(actor.role.timezone if actor.role else "UTC")
    term.closed_at = datetime.combine(until + timedelta(days=1), time(), zone)
    db.flush()
    _note(db, actor, term, "core.term.reopen", {"name": term.name, "until": str(until)}, reason)
    db.publish(
        TermReopened(
            organization_id=term.organization_id,
            academic_year_id=term.academic_year_id,
            term_id=term.id,
            until=until,
        )
    )
    return term


def _note(
    db: Session, actor: Actor, term: Term, action: str, after: dict[str, str], reason: str = ""
) -> None:
    record(
        db,
        actor,
        term.organization_id,
        Change(
            action=action,
            subject_type="academic_year",
            subject_id=str(term.academic_year_id),
            after=after,
            reason=reason,
        ),
    )
