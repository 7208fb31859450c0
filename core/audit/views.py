"""Who looked at personal data: a record for every card with contacts or documents that was opened.

Kept apart from the history of changes: it is large, is thrown away after a time (`core.retention`), and nobody
waits for another's to be written. Opening the same thing again within ten minutes leaves no second record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.models import CardView
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import NotFound
from core.identity.directory import guards_child, holds_place
from core.identity.models import Person
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import lazy

SEE = "core.people.views"
SAME_VIEW = timedelta(minutes=10)
PAGE_SIZE = 50
CARD, ACCOUNT, EXPORT = "card", "account", "export"
WHAT: Mapping[str, str] = {
    CARD: lazy("карточка"),
    ACCOUNT: lazy("учётная запись"),
    EXPORT: lazy("выгрузка всех данных"),
    "birth_date": lazy("дата рождения"),
    "phone": lazy("телефон"),
    "email": lazy("почта"),
    "snils": lazy("СНИЛС"),
    "birth_certificate": lazy("свидетельство о рождении"),
}


class ViewLine(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody looked: who, in which role and where, at what."""

    id: UUID
    at: datetime
    name: str
    role: str
    organization: str
    what: str


class ViewPage(msgspec.Struct, frozen=True, kw_only=True):
    """Views, the latest first; `before` is the key of the next page or None."""

    lines: Sequence[ViewLine]
    before: UUID | None


def note_views(db: Session, actor: Actor, person_id: UUID, what: Iterable[str]) -> None:
    """Record that the actor saw these things about somebody. Looking at oneself is not recorded."""
    note_views_of_many(db, actor, {person_id: what})


def note_views_of_many(db: Session, actor: Actor, seen: Mapping[UUID, Iterable[str]]) -> None:
    """Record what the actor saw about each of these people, as `note_views` does about one."""
    if actor.person_id is None:
        return
    moment = now()
    recent = {
        (person_id, what)
        for person_id, what in db.execute(
            select(CardView.person_id, CardView.what).where(
                CardView.person_id.in_(seen),
                CardView.viewer_id == actor.person_id,
                CardView.at > moment - SAME_VIEW,
            )
        )
    }
    db.add_all(
        CardView(
            id=new_id(),
            person_id=person_id,
            viewer_id=actor.person_id,
            role=actor.role.kind if actor.role else "",
            organization_id=actor.role.organization_id if actor.role else None,
            what=each,
            at=moment,
        )
        for person_id, what in seen.items()
        for each in dict.fromkeys(what)
        if person_id != actor.person_id and (person_id, each) not in recent
    )


def views_of(
    db: Session, actor: Actor, person_id: UUID, before: UUID | None = None, limit: int = PAGE_SIZE
) -> ViewPage:
    """Who looked at somebody's data: for themself, for a guardian, for those with the right where they belong.

    Raises `NotFound` for anybody else.
    """
    if not (
        actor.is_system
        or actor.person_id == person_id
        or guards_child(db, actor, person_id)
        or holds_place(db, actor, person_id, SEE)
    ):
        raise NotFound(
            "Такого человека нет в вашей организации.", advice="Проверьте адрес или найдите его поиском."
        )
    statement = (
        select(CardView, Person, Organization.short_name)
        .join(Person, Person.id == CardView.viewer_id)
        .outerjoin(Organization, Organization.id == CardView.organization_id)
        .where(CardView.person_id == person_id)
        .order_by(CardView.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(CardView.id < before)
    rows = db.execute(statement).all()
    kinds = db.portal.grants.kinds
    lines = [
        ViewLine(
            id=view.id,
            at=view.at,
            name=person.full_name,
            role=str(kinds[view.role].title) if view.role in kinds else view.role,
            organization=organization or "",
            what=str(WHAT.get(view.what, view.what)),
        )
        for view, person, organization in rows[:limit]
    ]
    return ViewPage(lines=lines, before=lines[-1].id if len(rows) > limit else None)
