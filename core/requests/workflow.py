"""The life of a request: draft → sent → in review → approved, rejected or withdrawn; all concerned are told.

A draft is its author's alone. Who may send a kind and who decides it is said by the kind's permissions; nobody
decides a request of their own. Every step leaves a trace on the request and in the audit record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, false, or_, select

from core.audit.record import Change, record
from core.contributions import RequestKind
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError, Unavailable
from core.identity.models import Person
from core.identity.sessions import today_in
from core.notifications import notify
from core.organizations.models import Organization
from core.requests.kinds import all_kinds
from core.requests.models import Request, RequestComment
from core.roles.access import authorize, require_person, within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.search import starts_a_word
from core.web.i18n import counted, sentence
from core.web.i18n import gettext as _

STEP = "core.request.step"
PAGE_SIZE = 50
DRAFT = "draft"
OPEN = ("sent", "in_review")
LONGEST_COMMENT = 4000
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
    may_withdraw: bool
    next: Sequence[str]
    """Who decides, by name, while it is open; the first few of them."""


def kinds_for(db: Session, actor: Actor) -> list[RequestKind]:
    """The kinds the acting role may send, where their plugins are on, and those open to everybody."""
    return [kind for plugin, kind in all_kinds(db.portal).values() if _may_send(db, actor, plugin, kind)]


def _may_send(db: Session, actor: Actor, plugin: str, kind: RequestKind) -> bool:
    if actor.role is None:
        return bool(kind.addressed_to)
    if plugin and not db.portal.switches.is_on(plugin, actor.role.organization_path):
        return False
    return bool(kind.addressed_to) or actor.can(kind.permission)


def kind_for(db: Session, actor: Actor, name: str) -> RequestKind:
    """A kind the acting role may send. Raises `NotFound` for any other."""
    for kind in kinds_for(db, actor):
        if kind.name == name and not kind.begun_at:
            return kind
    raise NotFound(
        _("Такого запроса нет или ваша роль не может его отправить."),
        advice=_("Выберите запрос из списка в разделе «Запросы»."),
    )


def send(
    db: Session, actor: Actor, kind_name: str, values: msgspec.Struct, addressee: UUID | None = None
) -> Request:
    """Send a request to the acting role's organization, or to the one chosen; those who decide are notified.

    Raises `NotFound` for a kind the actor may not send and for an addressee that does not take it.
    """
    return send_prepared(db, actor, kind_for(db, actor, kind_name), values, addressee)


def send_prepared(
    db: Session, actor: Actor, kind: RequestKind, values: msgspec.Struct, addressee: UUID | None = None
) -> Request:
    """Send a request that a page of its own has prepared; that page has checked who may."""
    request = _begun(db, actor, kind, addressee_of(db, actor, kind, addressee).id)
    _dispatch(db, actor, request, kind, values)
    return request


def addressee_of(db: Session, actor: Actor, kind: RequestKind, chosen: UUID | None) -> Organization:
    """The organization a request goes to: the one chosen if the kind lets choose, else the acting role's.

    Raises `NotFound` if nothing was chosen where one has to choose, or something that does not take the kind.
    """
    if not kind.addressed_to:
        return db.get_one(Organization, actor.organization_id)
    organization = db.get(Organization, chosen) if chosen else None
    if organization is None or organization.kind not in kind.addressed_to:
        raise NotFound(_("Такой школы нет."), advice=_("Выберите школу из списка."))
    return organization


def addressees(db: Session, kind: RequestKind, wanted: str, limit: int) -> Sequence[Organization]:
    """Organizations that take a kind, by words of the name; names of schools are no secret."""
    return db.scalars(
        select(Organization)
        .where(
            Organization.kind.in_(kind.addressed_to),
            Organization.closed_on.is_(None),
            starts_a_word(Organization.search_key, wanted),
        )
        .order_by(Organization.name_key, Organization.id)
        .limit(limit)
    ).all()


def send_for(
    db: Session,
    person: Person,
    organization: Organization,
    kind_name: str,
    values: msgspec.Struct,
    origin: str,
) -> Request:
    """Send a request in the name of somebody who is not signed in; an open one with the same values stays.

    The caller has made sure who the person is. `origin` tells the history by what way it came.
    """
    kind = all_kinds(db.portal)[kind_name][1]
    asked = msgspec.to_builtins(values, str_keys=True)
    waiting = db.scalars(
        select(Request).where(
            Request.author_id == person.id, Request.kind == kind.name, Request.status.in_(OPEN)
        )
    )
    for request in waiting:
        if request.values == asked:
            return request
    actor = Actor(account_id=None, person_id=person.id, name=person.short_name, origin=origin)
    made = _begun(db, actor, kind, organization.id)
    _dispatch(db, actor, made, kind, values)
    return made


def save_draft(
    db: Session,
    actor: Actor,
    kind_name: str,
    typed: Mapping[str, Any],
    request_id: UUID | None = None,
    addressee: UUID | None = None,
) -> Request:
    """Keep a form as far as it is filled in: a new draft, or the author's draft `request_id` once more.

    Raises `NotFound` for a kind the role may not send and for what is no draft of the actor's.
    """
    kind = kind_for(db, actor, kind_name)
    request = (
        draft_of(db, actor, request_id, to_change=True)
        if request_id
        else _begun(db, actor, kind, addressee_of(db, actor, kind, addressee).id)
    )
    request.values = dict(typed)
    db.flush()
    return request


def draft_of(db: Session, actor: Actor, request_id: UUID, *, to_change: bool = False) -> Request:
    """A draft of the actor's own, its row locked if it is `to_change`. Raises `NotFound` for anything else."""
    wanted = select(Request).where(Request.id == request_id)
    request = db.scalar(wanted.with_for_update() if to_change else wanted)
    if request is None or request.status != DRAFT or request.author_id != actor.person_id:
        raise NotFound(_("Такого черновика у вас нет."), advice=_("Возможно, запрос уже отправлен."))
    return request


def send_draft(db: Session, actor: Actor, request_id: UUID, values: msgspec.Struct) -> Request:
    """Send a draft with what it says now. Raises as `save_draft` does."""
    request = draft_of(db, actor, request_id, to_change=True)
    _dispatch(db, actor, request, kind_for(db, actor, request.kind), values)
    return request


def _begun(db: Session, actor: Actor, kind: RequestKind, organization_id: UUID) -> Request:
    request = Request(
        id=new_id(),
        kind=kind.name,
        organization_id=organization_id,
        author_id=require_person(actor),
        status=DRAFT,
        values={},
    )
    db.add(request)
    db.flush()
    return request


def _dispatch(db: Session, actor: Actor, request: Request, kind: RequestKind, values: msgspec.Struct) -> None:
    organization = db.get_one(Organization, request.organization_id)
    today = today_in(organization.timezone or db.portal.config.timezone)
    request.status = "sent"
    request.values = msgspec.to_builtins(values, str_keys=True)
    request.deadline = today + timedelta(days=kind.days) if kind.days else None
    request.created_at = now()
    _trace(db, actor, request, step="sent")
    _note(db, actor, request, "core.request.send", None, request.status)
    notify(
        db,
        deciders(db, request.organization_id, kind.decide_permission, request.author_id),
        STEP,
        sentence("Новый запрос: %(title)s", title=kind.title),
        actor.name,
        f"/requests/{request.id}",
    )


def mine(db: Session, actor: Actor, before: UUID | None = None, limit: int = PAGE_SIZE) -> list[RequestLine]:
    """One's own requests, the newest first; one more than `limit` if there are older ones."""
    return _lines(db, Request.author_id == require_person(actor), before, limit)


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
    request = _seen(db, actor, request_id)
    kind = _kind(db, request)
    author, organization = db.get(Person, request.author_id), db.get(Organization, request.organization_id)
    assert author and organization  # noqa: S101 -- foreign keys
    comments = db.execute(
        select(RequestComment, Person)
        .join(Person, Person.id == RequestComment.author_id)
        .where(RequestComment.request_id == request.id)
        .order_by(RequestComment.id)
    ).all()
    is_open = request.status in OPEN
    return RequestCard(
        request=request,
        title=_title(kind, request),
        kind=kind,
        author=author,
        organization=organization,
        comments=[(comment, person.short_name) for comment, person in comments],
        may_decide=is_open and _decides(db, actor, request, kind) and request.author_id != actor.person_id,
        may_withdraw=is_open and request.author_id == actor.person_id,
        next=_names(db, request, kind) if is_open and kind is not None else (),
    )


def comment(db: Session, actor: Actor, request_id: UUID, text: str) -> None:
    """Say something about a request; the other side is notified. Raises `Invalid` for an empty text."""
    request = _seen(db, actor, request_id)
    said = _checked(text, needed=True)
    _trace(db, actor, request, text=said)
    if request.author_id == actor.person_id:
        others = {each for each in (_handler(db, request),) if each is not None}
    else:
        others = {request.author_id}
    _tell(db, request, others - {actor.person_id}, sentence("Комментарий к запросу"), said)


def take(db: Session, actor: Actor, request_id: UUID) -> None:
    """Begin to look at a request: its author learns that somebody does."""
    request = _for_decision(db, actor, request_id)
    if request.status != "sent":
        raise Conflict(_("Запрос уже рассматривают."), advice=_("Обновите страницу."))
    _step(db, actor, request, "in_review", "")
    _tell(db, request, {request.author_id}, sentence("Запрос рассматривают"), actor.name)


def approve(db: Session, actor: Actor, request_id: UUID, text: str = "") -> None:
    """Grant a request: what was asked is done in the same transaction.

    Raises `Unavailable` if the plugin it belongs to fails to do it; then nothing is changed.
    """
    request = _for_decision(db, actor, request_id)
    said = _checked(text)
    kind = _kind(db, request)
    if kind is None:
        raise Conflict(
            _("Плагин, к которому относится запрос, удалён."), advice=_("Отклоните запрос с объяснением.")
        )
    _decide(db, actor, request, "approved", said)
    _carry_out(db, actor, request, kind, kind.on_approved)
    _tell(db, request, {request.author_id}, sentence("Запрос одобрен"), said)


def reject(db: Session, actor: Actor, request_id: UUID, text: str) -> None:
    """Refuse a request with a reason. Raises `Invalid` without one."""
    request = _for_decision(db, actor, request_id)
    said = _checked(text, needed=True)
    _decide(db, actor, request, "rejected", said)
    _undo_prepared(db, actor, request)
    _tell(db, request, {request.author_id}, sentence("Запрос отклонён"), said)


def withdraw(db: Session, actor: Actor, request_id: UUID) -> None:
    """Take one's own request back while nobody has decided it."""
    request = _locked(db, actor, request_id)
    if request.author_id != actor.person_id:
        raise Forbidden(
            _("Отозвать запрос может только тот, кто его отправил."), advice=_("Отклоните его с объяснением.")
        )
    _still_open(request)
    handler = _handler(db, request)
    _step(db, actor, request, "withdrawn", "")
    _undo_prepared(db, actor, request)
    _tell(db, request, {handler} if handler else set(), sentence("Запрос отозван"), actor.name)


def _carry_out(
    db: Session,
    actor: Actor,
    request: Request,
    kind: RequestKind,
    do: Callable[[Session, Actor, UUID, Any], None] | None,
) -> None:
    if do is None:
        return
    try:
        values: Any = msgspec.convert(request.values, kind.form, strict=False)
        do(db, actor, request.id, values)
        db.flush()
    except PortalError:
        raise
    except Exception as error:
        owner = all_kinds(db.portal)[kind.name][0] or "core"
        error_id = db.portal.plugins.fence(owner, sentence("запрос «%(kind)s»", kind=kind.name), error)
        raise Unavailable(
            _("Решение не сохранено: раздел, к которому относится запрос, не отвечает."),
            advice=sentence("Сообщите в поддержку номер ошибки: %(id)s.", id=error_id),
        ) from error


def _undo_prepared(db: Session, actor: Actor, request: Request) -> None:
    kind = _kind(db, request)
    if kind is not None:
        _carry_out(db, actor, request, kind, kind.on_refused)


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
            title=_title(_kind(db, request), request),
            author=author.short_name,
            organization=organization,
        )
        for request, author, organization in db.execute(found)
    ]


def _kind(db: Session, request: Request) -> RequestKind | None:
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


def _seen(db: Session, actor: Actor, request_id: UUID) -> Request:
    request = db.get(Request, request_id)
    if request is not None and may_see(db, actor, request):
        return request
    raise NotFound(
        _("Такого запроса нет или он относится к другой организации."), advice=_("Проверьте адрес.")
    )


def may_see(db: Session, actor: Actor, request: Request) -> bool:
    """Whether a request is the actor's own, or sent for the actor to decide."""
    if request.author_id == actor.person_id:
        return True
    return request.status != DRAFT and _decides(db, actor, request, _kind(db, request))


def _names(db: Session, request: Request, kind: RequestKind) -> Sequence[str]:
    ids = deciders(db, request.organization_id, kind.decide_permission, request.author_id)[:SHOWN_DECIDERS]
    people = db.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.name_key, Person.id))
    return [each.short_name for each in people]


def _locked(db: Session, actor: Actor, request_id: UUID) -> Request:
    """The request with its row locked, so that two people do not decide at once."""
    db.execute(select(Request.id).where(Request.id == request_id).with_for_update())
    return _seen(db, actor, request_id)


def _for_decision(db: Session, actor: Actor, request_id: UUID) -> Request:
    request = _locked(db, actor, request_id)
    if request.author_id == actor.person_id:
        raise Forbidden(
            _("Свой запрос решает другой человек."), advice=_("Дождитесь решения или отзовите запрос.")
        )
    _still_open(request)
    return request


def _still_open(request: Request) -> None:
    if request.status not in OPEN:
        raise Conflict(_("По этому запросу уже принято решение."), advice=_("Обновите страницу."))


def _decide(db: Session, actor: Actor, request: Request, status: str, text: str) -> None:
    request.decided_by, request.decided_at = actor.person_id, now()
    _step(db, actor, request, status, text)


def _step(db: Session, actor: Actor, request: Request, status: str, text: str) -> None:
    before, request.status = request.status, status
    _trace(db, actor, request, step=status, text=text)
    _note(db, actor, request, f"core.request.{status}", before, status, text)


def _trace(db: Session, actor: Actor, request: Request, *, step: str = "", text: str = "") -> None:
    db.add(
        RequestComment(
            id=new_id(), request_id=request.id, author_id=require_person(actor), text=text, step=step
        )
    )
    db.flush()


def _note(
    db: Session, actor: Actor, request: Request, action: str, before: str | None, after: str, reason: str = ""
) -> None:
    record(
        db,
        actor,
        request.organization_id,
        Change(
            action=action,
            subject_type="request",
            subject_id=str(request.id),
            before={"status": before} if before else None,
            after={"status": after, "kind": request.kind},
            reason=reason,
        ),
    )


def _handler(db: Session, request: Request) -> UUID | None:
    """Whoever took the request up last, apart from its author."""
    return db.scalar(
        select(RequestComment.author_id)
        .where(RequestComment.request_id == request.id, RequestComment.author_id != request.author_id)
        .order_by(RequestComment.id.desc())
        .limit(1)
    )


def _tell(db: Session, request: Request, people: set[Any], title: str, body: str) -> None:
    kind = _kind(db, request)
    about = kind.title if kind is not None else request.kind
    notify(
        db,
        people,
        STEP,
        sentence("%(news)s: %(title)s", news=title, title=about),
        body,
        f"/requests/{request.id}",
    )


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
            )
            .distinct()
            .limit(TOLD)
        ).all()
        if found:
            return found
    return []


def _checked(text: str, *, needed: bool = False) -> str:
    said = text.replace("\x00", "").strip()
    if needed and not said:
        raise Invalid(
            _("Напишите, почему: без слов автор не поймёт, что делать дальше."),
            fields={"text": _("Заполните поле.")},
        )
    if len(said) > LONGEST_COMMENT:
        raise Invalid(
            _("Слишком длинный текст."),
            fields={
                "text": counted(
                    "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_COMMENT
                )
            },
        )
    return said
