"""Middleware of changes: one with an idempotency key is made once (`core.idempotency`).

The key stands in the header `Idempotency-Key` or, so that a double click needs no script, in a hidden field
that every form gets beside its token (`ui.csrf()`). A change without a key costs nothing here. A route that
keeps its own order says so: `opt={"repeatable": "why"}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import hmac
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import anyio.to_thread
import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders, UploadFile
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware import ASGIMiddleware

from core import idempotency
from core.database.engine import Database
from core.database.session import witness
from core.errors import Conflict, Invalid
from core.idempotency import KEY_FIELD, KEY_FORMAT, Answer, Claim
from core.web import cookies
from core.web.visit import CSRF_FIELD, may_change, portal_of, visit_of

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from core.portal import Portal

KEY_HEADER = "idempotency-key"
FORMS = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)

LONGEST_WAIT = 60.0
"""Seconds that a repetition waits for the first one's answer."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two looks whether it is there."""

SAVED_NAMED = 4
"""How many of the forms saved last the browser is told of: several tabs may be saving."""

log = structlog.get_logger("once")


class OnceMiddleware(ASGIMiddleware):
    """Carries a change with a key out once, and answers its repetitions with the first one's answer."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request."""
        opt = scope["route_handler"].opt
        if not may_change(scope) or opt.get("repeatable") or opt.get("open_to_other_sites"):
            await next_app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive)
        text, from_form = await _sent_key(request)
        sender = _sender(request)
        if not text or not sender:
            await next_app(scope, receive, send)
            return
        if not KEY_FORMAT.fullmatch(text):
            raise Invalid(
                "Ключ Idempotency-Key составлен неверно.",
                advice="Нужны латинские буквы, цифры и знаки «_.:-», не больше 200.",
            )
        if from_form and not request.headers.get("hx-request"):
            send = _telling_saved(request, send, text)
        portal = portal_of(request)
        found = await _first_or_answer(
            portal, idempotency.key_of(portal.secret, sender, text), await _fingerprint(request)
        )
        if isinstance(found, Answer):
            await _send_again(request, send, found)
        else:
            await _carry_out(portal.database, found, partial(next_app, scope, receive), send)


async def _sent_key(request: Request[Any, Any, Any]) -> tuple[str, bool]:
    """The key, and whether it came in a field; a header may hold it bare or, as the draft has it, quoted."""
    header = request.headers.get(KEY_HEADER, "").strip()
    if header:
        return header.removeprefix('"').removesuffix('"'), False
    if request.content_type[0] in FORMS:
        with contextlib.suppress(UnicodeDecodeError):
            return str((await request.form()).get(KEY_FIELD, "")), True
    return "", False


def _sender(request: ASGIConnection[Any, Any, Any, Any]) -> bytes:
    """Whose key it is; empty where nobody could send it a second time.

    By account, not by session: a change whose answer was lost is repeated after signing in again too.
    """
    visit = visit_of(request)
    if visit.actor is not None and visit.by_token:
        return b"token:" + visit.token_hash
    if visit.actor is not None and visit.actor.account_id is not None:
        return sender_of_account(visit.actor.account_id)
    visitor = cookies.sent(portal_of(request).config, request, cookies.VISITOR)
    return b"visitor:" + visitor.encode() if visitor and request.route_handler.opt.get("public") else b""


def sender_of_account(account_id: UUID) -> bytes:
    """Whose the keys are that somebody signed in sends."""
    return b"account:" + account_id.bytes


async def _fingerprint(request: Request[Any, Any, Any]) -> bytes:
    """What a repetition has in common with the first: method, address, and what was filled in.

    Keyed by the portal's secret: from a copy of the table nobody finds out a password by trying.
    """
    start = f"{request.method} {request.url.path}?{request.url.query}\n"
    digest = hmac.new(portal_of(request).secret, b"request:" + start.encode(), hashlib.sha256)
    if request.content_type[0] not in FORMS:
        digest.update(await request.body())
        return digest.digest()
    for name, value in (await request.form()).multi_items():
        if name in (CSRF_FIELD, KEY_FIELD):
            continue
        if isinstance(value, UploadFile):
            content = await anyio.to_thread.run_sync(_digest_of_file, value)
            digest.update(repr((name, value.filename, content)).encode())
        else:
            digest.update(repr((name, value)).encode())
    return digest.digest()


def _digest_of_file(upload: UploadFile) -> bytes:
    upload.file.seek(0)
    content = hashlib.file_digest(upload.file, "sha256").digest()  # pyright: ignore[reportArgumentType]
    upload.file.seek(0)
    return content


async def _first_or_answer(portal: Portal, key: idempotency.Key, fingerprint: bytes) -> Claim | Answer:
    """The claim of a first request; of a repetition, the answer, once it is there."""
    pause, end = FIRST_PAUSE, time.monotonic() + LONGEST_WAIT
    while True:
        found = await anyio.to_thread.run_sync(idempotency.claim, portal.database, key, fingerprint)
        if found is not None:
            return found
        if time.monotonic() > end:
            raise Conflict(
                "Портал ещё выполняет этот запрос.", advice="Подождите минуту и проверьте, что сохранилось."
            )
        await anyio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


async def _carry_out(database: Database, holder: Claim, run: Any, send: Send) -> None:
    keeping = asyncio.create_task(_keep_hold(database, holder))
    answering = _Answering(database, holder, send)
    watched = witness.set(partial(idempotency.mark, holder=holder))
    try:
        await run(answering.send)
    finally:
        witness.reset(watched)
        keeping.cancel()
        with anyio.CancelScope(shield=True):
            await answering.give_up()


async def _keep_hold(database: Database, holder: Claim) -> None:
    while True:
        await asyncio.sleep(idempotency.HELD.total_seconds() / 3)
        try:
            await anyio.to_thread.run_sync(idempotency.hold, database, holder)
        except Exception:
            # SQLite may be busy, PostgreSQL away: there are two more attempts before the hold runs out.
            log.warning("the hold of a request was not renewed", exc_info=True)


class _Answering:
    """Holds an answer back until it is kept for repetitions: what the client has seen can be repeated."""

    def __init__(self, database: Database, holder: Claim, send: Send) -> None:
        self._database = database
        self._holder = holder
        self._send = send
        self._held_back: list[Message] = []
        self._status = 500
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        self._settled = False

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if self._settled:
            await self._send(message)
            return
        self._held_back.append(message)
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(name, value) for name, value in message["headers"]]
        if message["type"] != "http.response.body":
            return
        self._body += message.get("body", b"")
        too_long = len(self._body) > idempotency.LONGEST_BODY
        if message.get("more_body", False) and not too_long:
            return
        await self._settle(None if too_long else Answer(self._status, self._headers, self._body))
        for each in self._held_back:
            await self._send(each)

    async def give_up(self) -> None:
        """Let the key go if there was no answer at all."""
        if not self._settled:
            self._settled = True
            if not await self._write(idempotency.release):
                await self._write(partial(idempotency.finish, status=500, answer=None))

    async def _settle(self, answer: Answer | None) -> None:
        self._settled = True
        # What a handler does after its answer is no part of the change.
        witness.set(None)
        sessions = tuple(f"{prefix}{cookies.SESSION}=".encode() for prefix in ("", cookies.HOST_ONLY))
        if any(name.lower() == b"set-cookie" and value.startswith(sessions) for name, value in self._headers):
            # Who signs in or out does it in one browser: this answer is nobody's to repeat.
            await self._write(idempotency.forget)
        elif self._status < 400 or not await self._write(idempotency.release):
            await self._write(
                partial(
                    idempotency.finish, status=self._status, answer=answer if self._status < 500 else None
                )
            )

    async def _write(self, step: Any) -> Any:
        """One step; where it fails the answer goes out all the same, and the hold runs out by itself."""
        try:
            return await anyio.to_thread.run_sync(step, self._database, self._holder)
        except Exception:
            log.warning("the answer to a request was not kept", exc_info=True)
            return None


async def _send_again(request: Request[Any, Any, Any], send: Send, answer: Answer) -> None:
    body, headers = answer.body, list(answer.headers)
    if (b"content-encoding", b"gzip") in headers and "gzip" not in request.headers.get("accept-encoding", ""):
        body = gzip.decompress(body)
        headers = [each for each in headers if each[0] not in (b"content-encoding", b"content-length")]
    headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _telling_saved(request: Request[Any, Any, Any], send: Send, key: str) -> Send:
    """Name the form to the browser once it is saved, so that its script forgets what was typed there."""

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < 400:
            before = [each for each in request.cookies.get(cookies.SAVED, "").split(".") if each]
            named = ".".join([key, *(each for each in before if each != key)][:SAVED_NAMED])
            cookie = cookies.keep(portal_of(request).config, cookies.SAVED, named, days=14, readable=True)
            MutableScopeHeaders(message).add("set-cookie", cookie.to_header(header=""))
        await send(message)

    return telling
