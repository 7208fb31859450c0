"""Requests as their authors and those who decide them see them, and who decides what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import aliased

from core.contributions import ChoiceOption, RequestKind
from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.masks import SENSITIVE
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.lateness import OPEN, Standing, standing_of, whom_to_turn_to
from core.requests.models import Request, RequestComment
from core.requests.presence import before_of
from core.roles.access import authorize, covers, require_person, within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from core.web.i18n import sentence

Told = TypeVar("Told")
DECIDE = "core.requests.decide"
DRAFT = "draft"
RETURNED = "returned"
WRITTEN = (DRAFT, RETURNED)
"""In these the author goes on writing."""
PAGE_SIZE = 50
TOLD = 50
SHOWN_DECIDERS = 3


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request as lists show it."""

    request: Request
    title: str
    author: str
    organization: str
    handler: str
    """Who looks at it, by name; «» if nobody does."""
    standing: Standing | None


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
    links: Sequence[tuple[str, str]]
    """Words and addresses of pages to check by."""
    next: Sequence[str]
    """Who acts next, by name, while it is open: whoever has it, else the first few of those who decide."""
    handler: Person | None
    """Who has it, while it is open; None if nobody does, or nobody who may still decide it."""
    is_mine: bool
    """Whether the reader has it."""
    standing: Standing | None
    advice: str
    """Whom its author turns to once it is late; «» for others."""
    before: Mapping[str, Any] | None
    """What it would change or has changed, by field; None for a kind that changes nothing."""
    options: Sequence[ChoiceOption]
    """What the reader may choose when approving it, for a kind with a `choice`."""


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


def card(db: Session, actor: Actor, request_id: UUID, words: str = "") -> RequestCard:
    """A request, for its author and for those who decide it. Raises `NotFound` for anybody else.

    With `words` what may be chosen when approving is looked for by them.
    """
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
    handler = handler_of(db, request) if is_open else None
    standing = _standing(db, request, organization)
    return RequestCard(
        request=request,
        title=_title(kind, request),
        kind=kind,
        author=author,
        organization=organization,
        comments=[(comment, person.short_name) for comment, person in comments],
        may_decide=may_decide,
        may_return=may_decide and kind is not None and is_returnable(db, request, kind),
        may_withdraw=(is_open or request.status == RETURNED) and own,
        facts=_facts(db, request, kind) if may_decide and kind is not None else (),
        links=_links(db, actor, request, kind) if may_decide and kind is not None else (),
        next=() if not is_open else [handler.short_name] if handler else _names(db, request),
        handler=handler,
        is_mine=handler is not None and handler.id == actor.person_id,
        standing=standing,
        advice=_advice(db, request, kind, organization)
        if own and standing is not None and standing.late
        else "",
        before=before_of(db, [request], kind).get(request.id) if kind is not None else None,
        options=_options(db, actor, request, kind, words) if may_decide and kind is not None else (),
    )


def shown_of_others(actor: Actor, card: RequestCard) -> dict[UUID, list[str]]:
    """The sensitive fields of other people that a card tells of, for the record of who looked at them."""
    if card.author.id == actor.person_id:
        return {}
    found = {each.about: list(each.shows) for each in card.options if each.about is not None and each.shows}
    before = msgspec.to_builtins(dict(card.before or {}))
    changed = [
        name for name in SENSITIVE if before.get(name) and before[name] != card.request.values.get(name)
    ]
    return {**found, card.author.id: changed} if changed else found


def is_returnable(db: Session, request: Request, kind: RequestKind) -> bool:
    """Whether the author can correct a request: there is a place to do it, and it is the author's to do."""
    if not kind.permission or (kind.begun_at and not kind.edited_at):
        return False
    ask = kind.correctable
    if ask is None:
        return True
    try:
        values = values_of(request, kind)
    except msgspec.ValidationError:
        return False
    return all(told(db, kind, lambda: [ask(db, request.id, values)]))


def where_written(request: Request, kind: RequestKind | None) -> str:
    """The address where a draft or a returned request is written, if it is a page of its kind's own; else «»."""
    return kind.edited_at.format(request=request.id) if kind is not None else ""


def values_of(request: Request, kind: RequestKind) -> Any:
    """What a sent request asks, as the struct of its kind."""
    return msgspec.convert(request.values, kind.form, strict=False)


def _facts(db: Session, request: Request, kind: RequestKind) -> Sequence[tuple[str, str]]:
    facts = kind.facts
    if facts is None:
        return ()
    return told(db, kind, lambda: facts(db, values_of(request, kind)))


def _links(db: Session, actor: Actor, request: Request, kind: RequestKind) -> Sequence[tuple[str, str]]:
    links = kind.links
    if links is None:
        return ()
    return told(db, kind, lambda: links(db, actor, values_of(request, kind)))


def _options(
    db: Session, actor: Actor, request: Request, kind: RequestKind, words: str
) -> Sequence[ChoiceOption]:
    choice = kind.choice
    if choice is None:
        return ()
    return told(db, kind, lambda: choice.options(db, actor, request.id, values_of(request, kind), words))


def told(db: Session, kind: RequestKind, ask: Callable[[], Sequence[Told]]) -> Sequence[Told]:
    """What a kind tells beside a request; nothing if it fails to, and then the card stays readable."""
    try:
        with db.begin_nested():
            return ask()
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
    handler = aliased(Person)
    found = (
        select(Request, Person, Organization, handler)
        .join(Person, Person.id == Request.author_id)
        .join(Organization, Organization.id == Request.organization_id)
        .outerjoin(handler, handler.id == Request.handler_id)
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
            organization=organization.short_name,
            handler=_having(request, having),
            standing=_standing(db, request, organization),
        )
        for request, author, organization, having in db.execute(found)
    ]


def _having(request: Request, handler: Person | None) -> str:
    return handler.short_name if handler is not None and request.status == "in_review" else ""


def kind_of(db: Session, request: Request) -> RequestKind | None:
    """What kind a request is of; none if its plugin is gone."""
    found = all_kinds(db.portal).get(request.kind)
    return found[1] if found else None


def _title(kind: RequestKind | None, request: Request) -> str:
    return str(kind.title) if kind is not None else request.kind


def _decides(db: Session, actor: Actor, request: Request, kind: RequestKind | None) -> bool:
    permission = _permission(kind)
    if not actor.can(permission):
        return False
    try:
        return authorize(db, actor, permission, request.organization_id) is not Reach.OWN
    except NotFound:
        return False


def _permission(kind: RequestKind | None) -> str:
    return kind.decide_permission if kind is not None else DECIDE


def handler_of(db: Session, request: Request) -> Person | None:
    """Whoever has a request: took it up, returned or decided it last; None if they may not decide it any more."""
    permission = _permission(kind_of(db, request))
    if request.handler_id is None or not _holds(db, request.organization_id, permission, request.handler_id):
        return None
    return db.get(Person, request.handler_id)


def those_asked(db: Session, request: Request) -> set[UUID]:
    """Who is to hear of what the author does: whoever has the request, else all who decide it.

    Somebody from above who has spoken about it without taking it is among them.
    """
    handler = handler_of(db, request)
    if handler is not None:
        return {handler.id}
    permission = _permission(kind_of(db, request))
    spoke = db.scalar(
        select(RequestComment.author_id)
        .where(RequestComment.request_id == request.id, RequestComment.author_id != request.author_id)
        .order_by(RequestComment.id.desc())
        .limit(1)
    )
    found = set(deciders(db, request.organization_id, permission, request.author_id))
    return found | {spoke} if spoke and _holds(db, request.organization_id, permission, spoke) else found


def _standing(db: Session, request: Request, organization: Organization) -> Standing | None:
    zone = organization.timezone or db.portal.config.timezone
    return standing_of(request.status, request.deadline, zone)


def _advice(db: Session, request: Request, kind: RequestKind | None, organization: Organization) -> str:
    levels = deciding_levels(db, request.organization_id, _permission(kind), request.author_id)
    above = next(islice(levels, 1, None), None)
    knows = db.get_one(Organization, above.organization_id).short_name if above is not None else ""
    return whom_to_turn_to(organization, knows, request.deadline) if request.deadline else ""


def _names(db: Session, request: Request) -> Sequence[str]:
    permission = _permission(kind_of(db, request))
    ids = deciders(db, request.organization_id, permission, request.author_id)[:SHOWN_DECIDERS]
    people = db.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.name_key, Person.id))
    return [each.short_name for each in people]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """An organization of the line upwards with those who decide there, at most `TOLD` of them."""

    organization_id: UUID
    people: Sequence[UUID]


def deciders(db: Session, organization_id: UUID, permission: str, apart_from: UUID | None) -> Sequence[UUID]:
    """Who decides in the organization itself; where nobody does, those above who decide for what is below."""
    nearest = next(deciding_levels(db, organization_id, permission, apart_from), None)
    return nearest.people if nearest is not None else []


def deciding_levels(
    db: Session, organization_id: UUID, permission: str, apart_from: UUID | None
) -> Iterator[Level]:
    """Where somebody decides for the organization, the nearest first: itself, then each above it."""
    for level_id, holders in _holders(db, organization_id, permission):
        others = holders.where(StructuralRole.person_id != apart_from).distinct().limit(TOLD)
        if found := db.scalars(others).all():
            yield Level(organization_id=level_id, people=found)


def _holds(db: Session, organization_id: UUID, permission: str, person_id: UUID) -> bool:
    """Whether somebody decides for an organization, in it or above."""
    return any(
        db.scalar(holders.where(StructuralRole.person_id == person_id).limit(1)) is not None
        for _level, holders in _holders(db, organization_id, permission)
    )


def _holders(db: Session, organization_id: UUID, permission: str) -> Iterator[tuple[UUID, Select[UUID]]]:
    """Who has a permission for an organization: in it, then above it, level by level with the level's id."""
    organization = db.get_one(Organization, organization_id)
    grants = db.portal.grants
    today = today_in(organization.timezone or db.portal.config.timezone)
    line = organization.path.rstrip("/").split("/")
    for depth in range(len(line), 0, -1):
        path = "/".join(line[:depth]) + "/"
        needed = Reach.ORGANIZATION if depth == len(line) else Reach.BELOW
        kinds = [name for name in grants.kinds if grants.of(name, path).get(permission, 0) >= needed]
        level_id = UUID(line[depth - 1])
        yield (
            level_id,
            select(StructuralRole.person_id).where(
                StructuralRole.organization_id == level_id,
                StructuralRole.kind.in_(kinds),
                StructuralRole.status == "active",
                in_force(StructuralRole, today),
                covers(StructuralRole, organization_id),
            ),
        )
