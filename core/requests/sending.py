"""Sending a request, and drafts of it. A draft is its author's alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Forbidden, Invalid, NotFound, PortalError, Unavailable
from core.identity.models import Person
from core.identity.sessions import today_in
from core.notifications import notify
from core.organizations.by_name import called
from core.organizations.models import Organization
from core.requests.attached import attached
from core.requests.kinds import all_kinds
from core.requests.models import Request
from core.requests.presence import keep_present, present_values
from core.requests.reading import DRAFT, OPEN, WRITTEN, handler_of, those_asked
from core.requests.repeated import refuse_repeated
from core.requests.steps import NEWS, note, trace
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import sentence


def kinds_for(db: Session, actor: Actor) -> list[RequestKind]:
    """The kinds the acting role may send, where their plugins are on, and those open to everybody."""
    return [
        kind
        for plugin, kind in all_kinds(db.portal).values()
        if _may_send(db, actor, plugin, kind) and not _objection(db, actor, kind)
    ]


def _may_send(db: Session, actor: Actor, plugin: str, kind: RequestKind) -> bool:
    if actor.role is None:
        return kind.for_everybody
    if plugin and not db.portal.switches.is_on(plugin, actor.role.organization_path):
        return False
    return kind.for_everybody or actor.can(kind.permission)


def _objection(db: Session, actor: Actor, kind: RequestKind) -> str:
    if kind.objection is None:
        return ""
    try:
        return kind.objection(db, actor)
    except Exception as error:  # a plugin may raise anything
        owner = all_kinds(db.portal)[kind.name][0] or "core"
        db.portal.plugins.fence(owner, sentence("запрос «%(kind)s»", kind=kind.name), error)
        return sentence("Раздел, к которому относится запрос, не отвечает. Попробуйте позже.")


def kind_for(db: Session, actor: Actor, name: str) -> RequestKind:
    """A kind the acting role may send. Raises `NotFound` for any other, `Forbidden` if the kind objects."""
    plugin, kind = all_kinds(db.portal).get(name, ("", None))
    if kind is not None and not kind.begun_at and _may_send(db, actor, plugin, kind):
        if objection := _objection(db, actor, kind):
            raise Forbidden(_("Такой запрос вам не отправить."), advice=objection)
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
    db: Session,
    actor: Actor,
    kind: RequestKind,
    values: msgspec.Struct,
    addressee: UUID | None = None,
    draft: Request | None = None,
) -> Request:
    """Send a request that a page of its own has prepared, or its `draft`; that page has checked who may."""
    request = draft or _begun(db, actor, kind, addressee_of(db, actor, kind, addressee).id)
    _dispatch(db, actor, request, kind, values)
    return request


def keep_prepared(
    db: Session,
    actor: Actor,
    kind: RequestKind,
    values: Mapping[str, Any],
    organization_id: UUID,
    request_id: UUID | None = None,
) -> Request:
    """Keep what a kind's own page is to go on with: a new draft, or the author's draft `request_id` once more.

    Raises `NotFound` for what is no draft of the actor's.
    """
    request = (
        draft_of(db, actor, request_id, to_change=True)
        if request_id
        else _begun(db, actor, kind, organization_id)
    )
    request.values = {**request.values, **values}
    db.flush()
    return request


def addressee_of(db: Session, actor: Actor, kind: RequestKind, chosen: UUID | None) -> Organization:
    """The organization a request goes to: the one chosen if the kind lets choose, else the acting role's.

    Raises `NotFound` if nothing was chosen where one has to choose, or something that does not take the kind. Where the
    addressee follows from what the author fills in, it is the acting role's until the request is sent.
    """
    if not kind.addressed_to:
        return db.get_one(Organization, actor.organization_id)
    organization = db.get(Organization, chosen) if chosen else operator_of(db, kind)
    own = kind.to_others and actor.role is not None and chosen == actor.organization_id
    if organization is None or organization.kind not in kind.addressed_to or own:
        raise NotFound(_("Такой школы нет."), advice=_("Выберите школу из списка."))
    return organization


def operator_of(db: Session, kind: RequestKind) -> Organization | None:
    """The portal's operator, if a kind goes to nobody else: there is nothing to choose then."""
    if tuple(kind.addressed_to) != ("federal",):
        return None
    return db.scalar(
        select(Organization).where(Organization.parent_id.is_(None), Organization.kind == "federal")
    )


def addressees(
    db: Session, actor: Actor, kind: RequestKind, typed: str, limit: int
) -> Sequence[Organization]:
    """Organizations that take a kind, as people name them; names of schools are no secret."""
    condition, likeliest = called(Organization.search_key, typed)
    found = select(Organization).where(
        Organization.kind.in_(kind.addressed_to), Organization.closed_on.is_(None), condition
    )
    if kind.to_others and actor.role is not None:
        found = found.where(Organization.id != actor.organization_id)
    return db.scalars(found.order_by(*likeliest, Organization.name_key, Organization.id).limit(limit)).all()


def choices_of(db: Session, actor: Actor, kind: RequestKind) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What the author may choose from, by the names of the fields. Raises `Unavailable` if the plugin fails."""
    choices = kind.choices
    return _asked(db, kind, lambda: choices(db, actor)) if choices is not None else {}


def begun_with(db: Session, actor: Actor, kind: RequestKind) -> Mapping[str, Any]:
    """What the form of a kind is filled with at first. Raises `Unavailable` if the plugin fails."""
    begins_with = kind.begins_with
    known = present_values(db, kind, actor.person_id)
    return {**known, **_asked(db, kind, lambda: begins_with(db, actor))} if begins_with is not None else known


def _asked(db: Session, kind: RequestKind, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        with db.begin_nested():
            return ask()
    except PortalError:
        raise
    except Exception as error:  # a plugin may raise anything
        owner = all_kinds(db.portal)[kind.name][0] or "core"
        error_id = db.portal.plugins.fence(owner, sentence("запрос «%(kind)s»", kind=kind.name), error)
        raise Unavailable(
            _("Раздел, к которому относится запрос, не отвечает."),
            advice=sentence("Сообщите в поддержку номер ошибки: %(id)s.", id=error_id),
        ) from error


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
    """A draft of the actor's own, or a request returned to them; its row locked if it is `to_change`.

    Raises `NotFound` for anything else.
    """
    wanted = select(Request).where(Request.id == request_id)
    request = db.scalar(wanted.with_for_update() if to_change else wanted)
    if request is None or request.status not in WRITTEN or request.author_id != actor.person_id:
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
    if kind.checked is not None:
        values = kind.checked(db, actor, values)
    if kind.addressee is not None:
        request.organization_id = kind.addressee(db, actor, values)
    if kind.needs_file and not attached(db, request.id):
        raise Invalid(
            sentence("Запрос не отправлен: приложите файл."),
            fields={"files": sentence("Приложите: %(paper)s.", paper=kind.needs_file)},
        )
    refuse_repeated(db, request, kind, values)
    before = request.status if request.status != DRAFT else None
    returned_by = handler_of(db, request)
    request.handler_id, request.taken_at = None, None
    organization = db.get_one(Organization, request.organization_id)
    today = today_in(organization.timezone or db.portal.config.timezone)
    request.status = "sent"
    request.values = msgspec.to_builtins(values, str_keys=True)
    if kind.choice is not None:
        request.values = {**request.values, kind.choice.field: None}
    keep_present(db, request, kind)
    request.deadline = today + timedelta(days=kind.days) if kind.days else None
    request.created_at = now()
    trace(db, actor, request, step="sent")
    note(db, actor, request, "core.request.send", before, request.status)
    notify(
        db,
        those_asked(db, request) | ({returned_by.id} if returned_by else set()),
        NEWS,
        sentence("Запрос исправлен: %(title)s", title=kind.title)
        if before
        else sentence("Новый запрос: %(title)s", title=kind.title),
        actor.name,
        f"/requests/{request.id}",
    )
