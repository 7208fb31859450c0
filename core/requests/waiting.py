"""The card of the home page for those who decide requests: how many wait, how many are late, which are pressing."""

from __future__ import annotations

from sqlalchemy import case, func, select

from core.contributions import CardContent, CardLine
from core.database.session import Session
from core.identity.models import Person
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.lateness import OPEN, is_late, standing_of
from core.requests.models import Request
from core.requests.reading import DECIDE, decidable, decides_anything
from core.roles.actor import Actor
from core.web.i18n import counted, lazy, sentence

NAME, TITLE, ICON = "core.requests", lazy("Ждут решения"), "inbox"
PRESSING = 3
LIST, TAB = "/requests/list", "/requests?tab=decide"


def waiting_card(db: Session, actor: Actor) -> CardContent | None:
    """What waits for the acting role's decision; no card for whoever decides nothing or where nothing waits."""
    if actor.role is None or not decides_anything(db, actor):
        return None
    zone = db.portal.config.timezone
    waiting = (
        select(func.count(), func.coalesce(func.sum(case((is_late(zone), 1), else_=0)), 0))
        .select_from(Request)
        .join(Organization, Organization.id == Request.organization_id)
        .where(decidable(db, actor), Request.status.in_(OPEN))
    )
    count, late = db.execute(waiting).one()
    if not count:
        return None
    has_list = actor.can(DECIDE)
    lines = [
        CardLine(
            text=counted("%(count)s запрос", "%(count)s запросов", count),
            url=f"{LIST}?state=open" if has_list else TAB,
        )
    ]
    if late:
        lines.append(
            CardLine(
                text=sentence("Просроченные"),
                note=counted("%(count)s запрос", "%(count)s запросов", int(late)),
                tone="danger",
                url=f"{LIST}?state=overdue" if has_list else TAB,
            )
        )
    lines += _pressing(db, actor, zone)
    return CardContent(
        lines=lines,
        url=f"{LIST}?state=open" if has_list else TAB,
        link_title=sentence("Весь список"),
    )


def _pressing(db: Session, actor: Actor, zone: str) -> list[CardLine]:
    """The requests whose deadline comes first; those without one do not press."""
    rows = db.execute(
        select(Request.id, Request.kind, Request.status, Request.deadline, Organization.timezone, Person)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .where(decidable(db, actor), Request.status.in_(OPEN), Request.deadline.is_not(None))
        .order_by(Request.deadline, Request.id)
        .limit(PRESSING)
    ).all()
    kinds = all_kinds(db.portal)
    found: list[CardLine] = []
    for row in rows:
        standing = standing_of(row.status, row.deadline, row.timezone or zone)
        found.append(
            CardLine(
                text=sentence(
                    "%(title)s: %(author)s",
                    title=kinds[row.kind][1].title if row.kind in kinds else row.kind,
                    author=row.Person.short_name,
                ),
                note=standing.words if standing is not None else "",
                tone=standing.tone if standing is not None else "",
                url=f"/requests/{row.id}",
            )
        )
    return found
