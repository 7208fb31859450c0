"""Requests as their authors and those who decide them see them, and who decides what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, false, or_, select

from core.contributions import RequestKind
from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.models import Request, RequestComment
from core.roles.access import authorize, covers, require_person, within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from core.web.i18n import sentence

DRAFT = "draft"
RETURNED = "returned"
WRITTEN = (DRAFT, RETURNED)
"""In these the author goes on writing."""
OPEN = ("sent", "in_review")
PAGE_SIZE = 50
TOLD = 50
SHOWN_DECIDERS = 3


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request as lists show it."""

    request: Request
    title: str
    author: str
    organization: str


class RequestCard(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its history, and what the reader may do with it."""

    request: Request
    title: str
    kind: RequestKind | None
    author: Person
    organization: Organization
    comments: Sequence[tuple[RequestComment, str]]
    may_decide: bool
    may_return: bool
    may_withdraw: bool
    facts: Sequence[tuple[str, str]]
    next: Sequence[str]
    """Who decides, by name, while it is open; the first few of them."""


def mine(db: Session, actor: Actor, before: UUID | None = None, limit: int = PAGE_SIZE) -> list[RequestLine]:
    """One's own requests, the newest first; one more than `limit` if there are older ones."""
    return _lines(db, Request.author_id == require_person(actor), before, limit)


def requests_of(db: Session, author_id: UUID, kind: str, statuses: Sequence[str]) -> Sequence[Request]:
    """Somebody's requests of one kind in these states, the newest first."""
    return db.scalars(
        select(Request)
        .where(Request.author_id == author_id, Request.kind == kind, Request.status.in_(statuses))
        .order_by(Request.id.desc())
    ).all()


def words_of(db: Session, request: Request) -> str:
    """What was said at the last step of a request."""
    said = (
        select(RequestComment.text)
        .where(RequestComment.request_id == request.id, RequestComment.step == request.status)
        .order_by(RequestComment.id.desc())
        .limit(1)
    )
    return db.scalar(said) or ""


def to_decide(
    db: Session, actor: Actor, before: UUID | None = None, limit: int = PAGE_SIZE, *, closed: bool = False
) -> list[RequestLine]:
    """Requests that wait for the acting role's decision (or have been decided), the newest first."""
    status = Request.status.not_in(OPEN) if closed else Request.status.in_(OPEN)
    return _lines(db, decidable(db, actor) & status, before, limit)


def decidable(db: Session, actor: Actor) -> ColumnElement[bool]:
    """Condition on `Request`: sent by others for the acting role to decide, decided or not."""
    conditions = [
        (Request.kind == kind.name) & within(actor, kind.decide_permission, Request.organization_id)
        for _plugin, kind in all_kinds(db.portal).values()
        if actor.can(kind.decide_permission)
    ]
    return or_(false(), *conditions) & (Request.status != DRAFT) & (Request.author_id != actor.person_id)


def decides_anything(db: Session, actor: Actor) -> bool:
    """Whether the acting role decides any kind of request."""
    return any(actor.can(kind.decide_permission) for _plugin, kind in all_kinds(db.portal).values())


def card(db: Session, actor: Actor, request_id: UUID) -> RequestCard:
    """A request, for its author and for those who decide it. Raises `NotFound` for anybody else."""
    request = seen(db, actor, request_id)
    kind = kind_of(db, request)
    author = db.get_one(Person, request.author_id)
    organization = db.get_one(Organization, request.organization_id)
    comments = db.execute(
        select(RequestComment, Person)
        .join(Person, Person.id == RequestComment.author_id)
        .where(RequestComment.request_id == request.id)
        .order_by(RequestComment.id)
    ).all()
    is_open = request.status in OPEN
    own = request.author_id == actor.person_id
    may_decide = is_open and not own and _decides(db, actor, request, kind)
    return RequestCard(
        request=request,
        title=_title(kind, request),
        kind=kind,
        author=author,
        organization=organization,
        comments=[(comment, person.short_name) for comment, person in comments],
        may_decide=may_decide,
        may_return=may_decide and kind is not None and is_returnable(kind),
        may_withdraw=(is_open or request.status == RETURNED) and own,
        facts=_facts(db, request, kind) if may_decide and kind is not None else (),
        next=_names(db, request, kind) if is_open and kind is not None else (),
    )


def is_returnable(kind: RequestKind) -> bool:
    """Whether the author can correct a request of this kind: those that a page or the portal prepared are sent anew."""
    return bool(kind.permission) and not kind.begun_at


def values_of(request: Request, kind: RequestKind) -> Any:
    """What a sent request asks, as the struct of its kind."""
    return msgspec.convert(request.values, kind.form, strict=False)


def _facts(db: Session, request: Request, kind: RequestKind) -> Sequence[tuple[str, str]]:
    if kind.facts is None:
        return ()
    try:
        with db.begin_nested():
            return kind.facts(db, values_of(request, kind))
    except Exception as error:  # a plugin may raise anything
        owner = all_kinds(db.portal)[kind.name][0] or "core"
        db.portal.plugins.fence(owner, sentence("запрос «%(kind)s»", kind=kind.name), error)
        return ()


def may_see(db: Session, actor: Actor, request: Request) -> bool:
    """Whether a request is the actor's own, or sent for the actor to decide."""
    if request.author_id == actor.person_id:
        return True
    return request.status != DRAFT and _decides(db, actor, request, kind_of(db, request))


def seen(db: Session, actor: Actor, request_id: UUID) -> Request:
    """A request the actor may see. Raises `NotFound` for any other."""
    request = db.get(Request, request_id)
    if request is not None and may_see(db, actor, request):
        return request
    raise NotFound(
        _("Такого запроса нет или он относится к другой организации."), advice=_("Проверьте адрес.")
    )


def what_to_correct(db: Session, request: Request) -> str:
    """The words with which a request was returned last; «» for one that was not."""
    if request.status != RETURNED:
        return ""
    said = db.scalar(
        select(RequestComment.text)
        .where(RequestComment.request_id == request.id, RequestComment.step == RETURNED)
        .order_by(RequestComment.id.desc())
        .limit(1)
    )
    return said or ""


def _lines(db: Session, condition: Any, before: UUID | None, limit: int) -> list[RequestLine]:
    found = (
        select(Request, Person, Organization.short_name)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .where(condition)
        .order_by(Request.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        found = found.where(Request.id < before)
    return [
        RequestLine(
            request=request,
            title=_title(kind_of(db, request), request),
            author=author.short_name,
            organization=organization,
        )
        for request, author, organization in db.execute(found)
    ]


def kind_of(db: Session, request: Request) -> RequestKind | None:
    """What kind a request is of; none if its plugin is gone."""
    found = all_kinds(db.portal).get(request.kind)
    return found[1] if found else None


def _title(kind: RequestKind | None, request: Request) -> str:
    return str(kind.title) if kind is not None else request.kind


def _decides(db: Session, actor: Actor, request: Request, kind: RequestKind | None) -> bool:
    permission = kind.decide_permission if kind is not None else "core.requests.decide"
    if not actor.can(permission):
        return False
    try:
        return authorize(db, actor, permission, request.organization_id) is not Reach.OWN
    except NotFound:
        return False


def _names(db: Session, request: Request, kind: RequestKind) -> Sequence[str]:
    ids = deciders(db, request.organization_id, kind.decide_permission, request.author_id)[:SHOWN_DECIDERS]
    people = db.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.name_key, Person.id))
    return [each.short_name for each in people]


def deciders(db: Session, organization_id: UUID, permission: str, apart_from: UUID | None) -> Sequence[UUID]:
    """Who decides in the organization itself; where nobody does, those above who decide for what is below."""
    organization = db.get_one(Organization, organization_id)
    grants = db.portal.grants
    today = today_in(organization.timezone or db.portal.config.timezone)
    line = organization.path.rstrip("/").split("/")
    for depth in range(len(line), 0, -1):
        path = "/".join(line[:depth]) + "/"
        needed = Reach.ORGANIZATION if depth == len(line) else Reach.BELOW
        kinds = [name for name in grants.kinds if grants.of(name, path).get(permission, 0) >= needed]
        found = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.organization_id == UUID(line[depth - 1]),
                StructuralRole.kind.in_(kinds),
                StructuralRole.status == "active",
                in_force(StructuralRole, today),
                StructuralRole.person_id != apart_from,
                covers(StructuralRole, organization_id),
            )
            .distinct()
            .limit(TOLD)
        ).all()
        if found:
            return found
    return []
