"""Pages of requests: one's own, those to decide, a new one, and the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request as HttpRequest
from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.audit.views import note_views_of_many
from core.contributions import RequestKind
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.files import Files, Received, StoredFile
from core.portal import Portal
from core.requests import attachments, reading, sending, workflow
from core.requests.attached import attached_by
from core.requests.models import Request
from core.requests.repeated import AlreadyAsked
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.requests.request_list import request_list_routes
from core.web.requests.values import asked_fields
from core.web.struct_form import Choices, form_fields, parse_form
from core.web.uploads import received as received_files

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
KIND_FIELD = "_kind"
ADDRESSEE = "_to"
FIND = "find"
FOUND = 20
OUR_FIELDS = {KIND_FIELD, ADDRESSEE, "csrf_token", "idempotency_key", "files", "step", "remove"}
"""What a form sends besides the fields of the kind."""


@get("/requests", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def request_list(
    request: HttpRequest[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """One's own requests, or those that wait for a decision."""
    asked = request.query_params.get("tab", "")
    before = _as_id(request.query_params.get("before", ""))
    limit = reading.PAGE_SIZE
    with database.reading() as db:
        may_decide = reading.decides_anything(db, actor)
        tab = asked if asked in ("mine", "decide", "closed") and (may_decide or asked == "mine") else ""
        tab = tab or ("decide" if may_decide else "mine")
        if tab == "mine":
            lines = reading.mine(db, actor, before, limit)
        else:
            lines = reading.to_decide(db, actor, before, limit, closed=tab == "closed")
        more = len(lines) > limit
        lines = lines[:limit]
        return render(
            request,
            "requests/list.html",
            lines=lines,
            tab=tab,
            may_decide=may_decide,
            may_send=bool(sending.kinds_for(db, actor)),
            has_role=actor.role is not None,
            next_url=f"?tab={tab}&before={lines[-1].request.id}" if more else "",
            deleted=request.query_params.get("deleted", ""),
        )


@get("/requests/new", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def new_request(
    request: HttpRequest[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form of a kind, or the choice among the kinds."""
    name = request.query_params.get("kind", "")
    with database.reading() as db:
        if not name:
            return render(request, "requests/choose.html", kinds=sending.kinds_for(db, actor))
        kind = sending.kind_for(db, actor, name)
        addressee = _as_id(request.query_params.get("to", ""))
        if kind.addressed_to and addressee is None and sending.operator_of(db, kind) is None:
            return _choose_addressee(db, request, actor, kind)
        return _form(db, request, actor, name, addressee=addressee)


def _choose_addressee(
    db: Session, request: HttpRequest[Any, Any, Any], actor: Actor, kind: RequestKind
) -> Page:
    """To whom a request goes, for kinds that let choose."""
    query = request.query_params.get("q", "").strip()
    found = sending.addressees(db, actor, kind, query, FOUND) if query else ()
    return render(
        request,
        "requests/addressee.html",
        kind=kind,
        question=kind.addressee_question or _("В какую школу?"),
        query=query,
        found=found,
    )


def _form(
    db: Session,
    request: HttpRequest[Any, Any, Any],
    actor: Actor,
    name: str,
    typed: dict[str, Any] | None = None,
    wrong: PortalError | None = None,
    draft: Request | None = None,
    addressee: UUID | None = None,
) -> Page:
    kind = sending.kind_for(db, actor, name)
    place = sending.addressee_of(db, actor, kind, draft.organization_id if draft else addressee)
    errors = dict(wrong.fields) if wrong else {}
    fields = form_fields(
        kind.form,
        sending.begun_with(db, actor, kind),
        typed=typed,
        errors=errors if wrong else None,
        choices=sending.choices_of(db, actor, kind),
    )
    return render(
        request,
        "requests/new.html",
        status=wrong.status if wrong else 200,
        kind=kind,
        fields=fields,
        errors=errors,
        wrong=wrong,
        draft=draft,
        place=place,
        files=attachments.attached(db, draft.id) if draft else [],
        to_correct=reading.what_to_correct(db, draft) if draft else "",
        saved=request.query_params.get("saved", ""),
        asked=draft is not None and request.query_params.get("ask") == "delete",
    )


@post("/requests", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def send_request(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    data: Typed,
) -> Page:
    """Send a request or keep it as a draft; with errors the form comes back as it was typed."""
    name = str(data.get(KIND_FIELD, ""))
    with database.reading() as db:
        kind = sending.kind_for(db, actor, name)
        choices = sending.choices_of(db, actor, kind)
    as_draft, addressee = data.get("step") == "draft", _as_id(str(data.get(ADDRESSEE, "")))
    values, wrong, received = _read(portal.files, data, None if as_draft else kind, choices)
    made, wrong = _write(database, actor, name, data, received, values, wrong, addressee=addressee)
    if isinstance(wrong, AlreadyAsked):
        return _to_the_first(wrong, made)
    if wrong is not None:
        with database.reading(fresh=True) as db:
            draft = sending.draft_of(db, actor, made) if made else None
            return _form(db, request, actor, name, data, wrong, draft, addressee=addressee)
    return redirect(f"/requests/{made}/edit?saved=yes" if as_draft else f"/requests/{made}")


@get("/requests/{request_id:uuid}/edit", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def draft_form(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
) -> Page:
    """A draft of one's own, to go on with."""
    with database.reading() as db:
        draft = sending.draft_of(db, actor, request_id)
        if elsewhere := reading.where_written(draft, reading.kind_of(db, draft)):
            return redirect(elsewhere)
        return _form(db, request, actor, draft.kind, dict(draft.values), draft=draft)


@post("/requests/{request_id:uuid}/edit", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def edit_draft(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    request_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Keep a draft, take a file off it, send it, or throw it away once the question has been answered."""
    step, remove = str(data.get("step", "draft")), _as_id(str(data.get("remove", "")))
    if step == "delete":
        with database.transaction() as db:
            attachments.delete_draft(db, actor, request_id)
        return redirect("/requests?tab=mine&deleted=yes")
    with database.reading() as db:
        name = sending.draft_of(db, actor, request_id).kind
        kind = sending.kind_for(db, actor, name)
        choices = sending.choices_of(db, actor, kind)
    sends = step == "send" and remove is None
    values, wrong, received = _read(portal.files, data, kind if sends else None, choices)
    _made, wrong = _write(
        database, actor, name, data, received, values, wrong, draft_id=request_id, remove=remove
    )
    if isinstance(wrong, AlreadyAsked):
        return _to_the_first(wrong, request_id)
    if wrong is not None:
        with database.reading(fresh=True) as db:
            draft = sending.draft_of(db, actor, request_id)
            return _form(db, request, actor, name, data, wrong, draft)
    if values is not None:
        return redirect(f"/requests/{request_id}")
    return redirect(f"/requests/{request_id}/edit?{'ask=delete' if step == 'ask' else 'saved=yes'}")


def _to_the_first(asked: AlreadyAsked, draft_id: UUID | None) -> Page:
    """The request that asks for the same already; what was typed the second time stays a draft if it was one."""
    return redirect(f"/requests/{asked.first}?again={draft_id or 'yes'}")


def _read(
    files: Files, data: Mapping[str, Any], kind: RequestKind | None, choices: Choices
) -> tuple[msgspec.Struct | None, PortalError | None, Sequence[Received]]:
    """A form to be sent as `kind`, what is wrong with it, and its files, put into the storage already."""
    received: Sequence[Received] = ()
    try:
        received = received_files(files, data)
        return parse_form(kind.form, data, choices) if kind is not None else None, None, received
    except PortalError as wrong:
        return None, wrong, received


def _write(
    database: Database,
    actor: Actor,
    kind: str,
    data: Mapping[str, Any],
    received: Sequence[Received],
    values: msgspec.Struct | None,
    wrong: PortalError | None,
    *,
    draft_id: UUID | None = None,
    addressee: UUID | None = None,
    remove: UUID | None = None,
) -> tuple[UUID | None, PortalError | None]:
    """Keep a form as a draft and, with `values`, send it. Returns the request, and what it was refused for.

    Nothing is kept of a refused form, unless files came with it: a browser cannot choose them again.
    """
    if wrong is not None and not received:
        return draft_id, wrong
    try:
        with database.transaction() as db:
            draft = sending.save_draft(db, actor, kind, _fields_typed(data), draft_id, addressee)
            made = draft.id
            attachments.attach(db, actor, made, received)
            if remove is not None:
                attachments.remove(db, actor, made, remove)
            if values is not None:
                wrong = _send(db, actor, made, values, keeps=bool(received))
            return made, wrong
    except PortalError as refused:
        return draft_id, wrong or refused


def _send(
    db: Session, actor: Actor, request_id: UUID, values: msgspec.Struct, *, keeps: bool
) -> PortalError | None:
    """Send a draft; a refusal is raised, or returned where the draft is to stay (`keeps`)."""
    try:
        with db.begin_nested():
            sending.send_draft(db, actor, request_id, values)
    except PortalError as refused:
        if not keeps:
            raise
        return refused
    return None


def _fields_typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the kind as they were typed."""
    return {name: value for name, value in data.items() if name not in OUR_FIELDS}


@get("/requests/{request_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def request_card(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
) -> Page:
    """A request with its history; a draft opens where it is written."""
    with database.reading() as db:
        found = reading.card(db, actor, request_id, request.query_params.get(FIND, ""))
        if found.request.status == reading.DRAFT:
            return redirect(f"/requests/{request_id}/edit")
        page = _card(request, actor, found, attached_by(db, request_id))
    _note_views(database, actor, found)
    return page


def _card(
    request: HttpRequest[Any, Any, Any],
    actor: Actor,
    card: reading.RequestCard,
    files: Sequence[tuple[StoredFile, str]],
    *,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    said = typed or {}
    suits = next((each.value for each in card.options if each.suits), "")
    return render(
        request,
        "requests/card.html",
        status=wrong.status if wrong else 200,
        card=card,
        asked=card.request,
        fields=asked_fields(card.kind, card.request.values, card.before) if card.kind is not None else [],
        files=files,
        is_open=card.request.status in reading.OPEN,
        is_own=card.author.id == actor.person_id,
        decided_at=_address(card.kind.decided_at, card) if card.kind else "",
        outcome_at=_address(card.kind.outcome_at, card)
        if card.kind and card.request.status == "approved"
        else "",
        again=request.query_params.get("again", ""),
        second=_as_id(request.query_params.get("again", "")),
        typed=str(said.get("text", "")),
        chosen=str(said.get("chosen", "")) or suits,
        find=request.query_params.get(FIND, ""),
        errors=dict(wrong.fields) if wrong else {},
        wrong=wrong,
    )


def _note_views(database: Database, actor: Actor, card: reading.RequestCard) -> None:
    if seen := reading.shown_of_others(actor, card):
        with database.transaction() as db:
            note_views_of_many(db, actor, seen)


def _address(pattern: str, card: reading.RequestCard) -> str:
    return pattern.format(request=card.request.id, author=card.author.id)


@post("/requests/{request_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def step(
    request: HttpRequest[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    request_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Comment, take it or leave it to others, approve, reject or withdraw; the workflow decides who may."""
    text, chosen = str(data.get("text", "")), str(data.get("step", "comment"))
    steps: dict[str, Callable[[Session], None]] = {
        "comment": lambda db: workflow.comment(db, actor, request_id, text),
        "take": lambda db: workflow.take(db, actor, request_id),
        "take_over": lambda db: workflow.take_over(db, actor, request_id),
        "put_back": lambda db: workflow.put_back(db, actor, request_id),
        "approve": lambda db: workflow.approve(
            db, actor, request_id, text, chosen=str(data.get("chosen", ""))
        ),
        "return": lambda db: workflow.give_back(db, actor, request_id, text),
        "reject": lambda db: workflow.reject(db, actor, request_id, text),
        "withdraw": lambda db: workflow.withdraw(db, actor, request_id),
    }
    if chosen not in steps:
        raise Invalid(_("Такого шага нет."), advice=_("Обновите страницу."))
    try:
        received = received_files(portal.files, data)
        with database.transaction() as db:
            # A file says enough by itself.
            alone = chosen == "comment" and not text.strip() and bool(received)
            attachments.hand_in(db, actor, request_id, received, without_words=alone)
            if not alone:
                steps[chosen](db)
    except PortalError as wrong:
        with database.reading(fresh=True) as db:
            found = reading.card(db, actor, request_id, request.query_params.get(FIND, ""))
            page = _card(request, actor, found, attached_by(db, request_id), typed=data, wrong=wrong)
        _note_views(database, actor, found)
        return page
    return redirect(f"/requests/{request_id}")


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


request_routes: list[Any] = [
    request_list,
    new_request,
    send_request,
    request_card,
    draft_form,
    edit_draft,
    step,
    *request_list_routes,
]
