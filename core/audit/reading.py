"""Reading the audit record of one organization: filters and pages by key. `telling` puts it in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from core.audit.models import AuditChain, AuditRecord
from core.audit.record import PORTAL_CHAIN, check_chain
from core.audit.words import ACTIONS
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.access import authorize
from core.roles.actor import Actor
from core.search import starts_a_word
from core.web.i18n import gettext as _

VIEW = "core.audit.view"
PAGE_SIZE = 50
LINKS_CHECKED = 1000


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Changes, the latest first; `before` is the key of the next page or None."""

    records: Sequence[AuditRecord]
    before: int | None


class ChainState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain holds: how many links there are, how many were looked at, what is wrong."""

    links: int
    checked: int
    problem: str = ""
    advice: str = ""


def chain_of(db: Session, actor: Actor, organization_id: UUID | None) -> str:
    """The chain the actor may read: an organization's, or with None the portal's own (the federal operator's).

    Raises `NotFound` for any other.
    """
    if organization_id is not None:
        authorize(db, actor, VIEW, organization_id)
        if db.get(Organization, organization_id) is None:
            raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес."))
        return str(organization_id)
    actor.require(VIEW)
    if not actor.is_system and actor.acting_role.organization_kind != "federal":
        raise NotFound(_("Эту историю видит федеральный оператор."), advice=_("Выберите свою организацию."))
    return PORTAL_CHAIN


def changes(
    db: Session,
    chain: str,
    *,
    person: str = "",
    subjects: Sequence[str] | None = None,
    action: str = "",
    subject_type: str = "",
    subject_id: str = "",
    first: date | None = None,
    last: date | None = None,
    timezone: str = "UTC",
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> AuditPage:
    """Changes of one chain that fit the filters; days are those of `timezone`, both included.

    `subjects` are ids of the people they are about, or of their accounts; None for anything.
    """
    found = select(AuditRecord).where(AuditRecord.chain == chain)
    if person:
        people = select(Person.id).where(starts_a_word(Person.name_key, sort_key(person)))
        found = found.where(AuditRecord.person_id.in_(people))
    if subjects is not None:
        found = found.where(
            AuditRecord.subject_type.in_(("person", "account")), AuditRecord.subject_id.in_(subjects)
        )
    if action:
        found = found.where(AuditRecord.action == action)
    if subject_type:
        found = found.where(AuditRecord.subject_type == subject_type)
    if subject_id:
        found = found.where(AuditRecord.subject_id == subject_id)
    zone = ZoneInfo(timezone)
    if first is not None:
        found = found.where(AuditRecord.at >= datetime.combine(first, time(), zone))
    if last is not None and last < date.max:
        found = found.where(AuditRecord.at < datetime.combine(last + timedelta(days=1), time(), zone))
    if before is not None:
        found = found.where(AuditRecord.sequence < before)
    rows = db.scalars(found.order_by(AuditRecord.sequence.desc()).limit(limit + 1)).all()
    return AuditPage(records=rows[:limit], before=rows[limit - 1].sequence if len(rows) > limit else None)


def day_with_a_moment(day: date | None) -> date | None:
    """A day to filter by; the calendar's first and last ones have no moment in UTC and filter nothing."""
    return day if day is not None and date.min.year < day.year < date.max.year else None


def known_actions(db: Session, chain: str) -> list[tuple[str, str]]:
    """The actions that occur in a chain, with their titles, for the filter."""
    names = db.scalars(
        select(AuditRecord.action).where(AuditRecord.chain == chain).distinct().order_by(AuditRecord.action)
    )
    return sorted(((name, action_title(db, name)) for name in names), key=lambda pair: pair[1])


def action_title(db: Session, action: str) -> str:
    """An action in words: the core's own or a plugin's, or the permission of the same name, else the name."""
    if action in ACTIONS:
        return str(ACTIONS[action])
    for _plugin, each in db.portal.plugins.each("audited_actions"):
        if each.name == action:
            return str(each.title)
    permission = db.portal.grants.permissions.get(action)
    return str(permission.title) if permission else action


def state(db: Session, chain: str, *, whole: bool = False) -> ChainState:
    """Whether a chain holds; without `whole` only its latest thousand links are looked at."""
    found = db.get(AuditChain, chain)
    if found is None:
        return ChainState(links=0, checked=0)
    problem = next(iter(check_chain(db, found, None if whole else LINKS_CHECKED)), None)
    return ChainState(
        links=found.sequence,
        checked=found.sequence if whole else min(found.sequence, LINKS_CHECKED),
        problem=problem.message if problem else "",
        advice=problem.advice if problem else "",
    )
