"""After the sign-in: what somebody without scripts wanted to send when the session had ended, to send or to drop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import idempotency, unsent
from core.database.engine import Database
from core.errors import NotFound
from core.portal import Portal
from core.roles.access import require_account
from core.roles.actor import Actor
from core.unsent import Unsent
from core.web.form_words import Field, Form, PageForms, read_forms
from core.web.guards import signed_in
from core.web.once import sender_of_account
from core.web.pages import Page, local_path, redirect, render

UNSENT = "/unsent"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A field that was filled in: what the form calls it, and what was typed or chosen."""

    label: str
    values: list[str]


class ChosenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A field for files, and the names of those that were chosen."""

    name: str
    label: str
    files: list[str]
    multiple: bool
    accept: str


@get(UNSENT + "/{form_id:uuid}", guards=[signed_in], include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    form_id: FromPath[UUID],
) -> Page:
    """What was filled in, in the form's own words, with «Отправить» and «Не отправлять»."""
    form = await anyio.to_thread.run_sync(_waiting, portal, actor, form_id)
    page = await _page_of(request, form.page)
    known = page.form_of(form.address, form.fields)

    def shown() -> Page:
        return render(
            request,
            "unsent.html",
            form=form,
            form_id=form_id,
            heading=page.heading if known else "",
            lines=_lines(form, known),
            files=_files(form, known),
        )

    return await anyio.to_thread.run_sync(shown)


@post(UNSENT + "/{form_id:uuid}/discard", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def discard(
    actor: NamedDependency[Actor], database: NamedDependency[Database], form_id: FromPath[UUID]
) -> Page:
    """Throw away what was not sent, and go on where one was."""
    with database.transaction() as db:
        form = unsent.discard(db, actor, form_id)
    return redirect(local_path(form.page))


def _waiting(portal: Portal, actor: Actor, form_id: UUID) -> Unsent:
    """The form, unless it has been sent. Raises `NotFound` and `Forbidden`."""
    with portal.database.reading(fresh=True) as db:
        form = unsent.read(db, actor, form_id)
        key = idempotency.key_of(portal.secret, sender_of_account(require_account(actor)), form.key)
        if not idempotency.is_made(db, key):
            return form
    with portal.database.transaction() as db:
        unsent.discard(db, actor, form_id)
    raise NotFound("Эта форма уже отправлена.", advice="Откройте раздел, чтобы увидеть результат.")


async def _page_of(request: Request[Any, Any, Any], path: str) -> PageForms:
    """The page on which the form was filled in, as its owner would see it now; an empty one if it does not open."""
    if not path or path.startswith(UNSENT):
        return PageForms()
    address, _, query = path.partition("?")
    passed = (b"cookie", b"host", b"x-forwarded-for", b"x-forwarded-proto")
    scope: dict[str, Any] = {
        **{
            name: request.scope.get(name)
            for name in ("type", "asgi", "http_version", "scheme", "server", "client")
        },
        "method": "GET",
        "path": address,
        "raw_path": address.encode(),
        "root_path": request.scope.get("root_path", ""),
        "query_string": query.encode(),
        "headers": [each for each in request.scope["headers"] if each[0] in passed]
        + [(b"accept", b"text/html")],
        "extensions": {},
        "state": {},
    }
    answer: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    # In a task of its own: what the request notes of itself in the context stays there.
    await asyncio.create_task(cast("Any", request.app)(scope, receive, send))
    if not answer or answer[0].get("status") != 200:
        return PageForms()
    html = b"".join(message.get("body", b"") for message in answer[1:])
    return read_forms(html.decode(errors="replace"), path)


def _lines(form: Unsent, known: Form | None) -> Sequence[Line]:
    lines: dict[str, Line] = {}
    for name, value in form.fields:
        field = known.fields.get(name) if known else None
        if not value or (known and field is None) or (known is None and _is_number(value)):
            continue
        field = field or Field()
        title = field.titles.get(value, value)
        # A box to tick is its own label.
        label = field.label or ("" if title != value else name if known else "")
        lines.setdefault(name, Line(label=label, values=[])).values.append(title)
    return list(lines.values())


def _files(form: Unsent, known: Form | None) -> Sequence[ChosenFile]:
    found: dict[str, ChosenFile] = {}
    for name, file in form.files:
        field = (known.fields.get(name) if known else None) or Field(multiple=True)
        chosen = ChosenFile(
            name=name, label=field.label, files=[], multiple=field.multiple, accept=field.accept
        )
        found.setdefault(name, chosen).files.append(file)
    return list(found.values())


def _is_number(value: str) -> bool:
    """Whether a value that no label explains says nothing to people: a key of a row."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True


unsent_routes = [show, discard]
