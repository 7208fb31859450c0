"""Organizations as operators see them in a list: rows, lines, search and conditions of its filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from core.database import spelling
from core.database.base import in_force
from core.database.session import Session
from core.organizations.cards import HEADS, heads_of
from core.organizations.directory import today_of
from core.organizations.kinds import ABOVE_SCHOOLS, KIND_TITLES
from core.organizations.models import (
    Enrollment,
    Licence,
    Organization,
    OrganizationGroupMember,
    OrganizationWord,
)
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.search import starts_a_word
from core.web.i18n import lazy

LIST = "core.organization.list"
SHORTEST_NUMBER = 4
"""Digits from which a word of a query is tried as the beginning of ИНН, ОГРН or ОКТМО."""

MOST_PLACES = 500


class OrganizationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An organization in a list. `heads` are the names of those who answer for it."""

    id: UUID
    organization: Organization
    parent: str
    heads: Sequence[str]
    pupils: int
    is_closed: bool


def organization_rows(_db: Session, actor: Actor) -> Any:
    """Organizations in reach, for a work list."""
    above = aliased(Organization)
    return (
        select(Organization.id.label("id"), Organization, above.short_name.label("parent"))
        .outerjoin(above, above.id == Organization.parent_id)
        .where(within(actor, LIST, Organization.id))
    )


def organization_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[OrganizationLine]:
    """Rows of one page as lines; two more statements, however many rows."""
    ids = [row.id for row in rows]
    today = today_of(actor)
    counted = db.execute(
        select(Enrollment.organization_id, func.count().label("pupils"))
        .where(Enrollment.organization_id.in_(ids), in_force(Enrollment, today))
        .group_by(Enrollment.organization_id)
    )
    pupils: dict[UUID, int] = {row.organization_id: row.pupils for row in counted}
    heads = heads_of(db, actor, ids)
    return [
        OrganizationLine(
            id=row.id,
            organization=row.Organization,
            parent=row.parent or "",
            heads=[each.name for each in heads.get(row.id, [])],
            pupils=pupils.get(row.id, 0),
            is_closed=row.Organization.closed_on is not None and row.Organization.closed_on <= today,
        )
        for row in rows
    ]


def by_words(_actor: Actor, wanted: str) -> ColumnElement[bool]:
    """Organizations by words of their names in any order, or by the beginning of ИНН, ОГРН or ОКТМО."""
    return and_(true(), *(_by_word(word) for word in wanted.split()))


def _by_word(word: str) -> ColumnElement[bool]:
    fits = starts_a_word(Organization.search_key, word)
    if not word.isdigit() or len(word) < SHORTEST_NUMBER:
        return fits
    numbers = (Organization.inn, Organization.ogrn, Organization.oktmo)
    return or_(fits, *(number.startswith(word) for number in numbers))


def similar_words(db: Session, text: str) -> Sequence[str]:
    """Other spellings of a query that found nothing among organizations or their groups."""
    return spelling.similar(db, OrganizationWord, text)


def of_kind(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Organizations of a kind."""
    return Organization.kind == value if value in KIND_TITLES else None


def below_place(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """An organization and all below it: their paths have its id."""
    try:
        return Organization.path.contains(f"{UUID(value)}/", autoescape=True)
    except ValueError:
        return None


def places(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """The authorities in reach, by name."""
    rows = db.execute(
        select(Organization.id, Organization.short_name)
        .where(within(actor, LIST, Organization.id), Organization.kind.in_(ABOVE_SCHOOLS))
        .order_by(Organization.name_key)
        .limit(MOST_PLACES)
    )
    return [(str(key), name) for key, name in rows]


def in_group(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Members of a group."""
    try:
        group_id = UUID(value)
    except ValueError:
        return None
    member = OrganizationGroupMember
    return exists().where(member.organization_id == Organization.id, member.group_id == group_id)


def in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Organizations that are open, or closed, today."""
    closed = and_(Organization.closed_on.is_not(None), Organization.closed_on <= today_of(actor))
    return {"open": not_(closed), "closed": closed}.get(value)


def _no_head(actor: Actor) -> ColumnElement[bool]:
    return not_(
        exists().where(
            StructuralRole.organization_id == Organization.id,
            StructuralRole.kind.in_(HEADS),
            StructuralRole.status == "active",
            in_force(StructuralRole, today_of(actor)),
        )
    )


def _no_licence(_actor: Actor) -> ColumnElement[bool]:
    return and_(
        Organization.kind.not_in(ABOVE_SCHOOLS),
        not_(exists().where(Licence.organization_id == Organization.id, Licence.kind == "licence")),
    )


MISSING: Mapping[str, tuple[str, Callable[[Actor], ColumnElement[bool]]]] = {
    "head": (lazy("руководитель"), _no_head),
    "inn": (lazy("ИНН"), lambda _actor: Organization.inn.is_(None)),
    "ogrn": (lazy("ОГРН"), lambda _actor: Organization.ogrn.is_(None)),
    "oktmo": (lazy("ОКТМО"), lambda _actor: Organization.oktmo.is_(None)),
    "address": (lazy("адрес"), lambda _actor: Organization.address == ""),
    "phone": (lazy("телефон"), lambda _actor: Organization.phone == ""),
    "licence": (lazy("лицензия"), _no_licence),
}


def lacking(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """Organizations of which something is not known."""
    found = MISSING.get(value)
    return found[1](actor) if found else None
