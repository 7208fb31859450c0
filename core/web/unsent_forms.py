"""A form that comes after its session has ended: what of it is kept for the next sign-in (`core.unsent`).

A route whose forms are of no use later, or hold a secret, says so: `opt={"not_kept": "why"}`. Choices and
attempts that are made anew each time (`repeatable`) are not kept either, nor is a form with a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio.to_thread
import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType

from core import unsent
from core.errors import TooLarge
from core.idempotency import KEY_FIELD, KEY_FORMAT, fresh_key
from core.identity.ended_sessions import Ended, Reason

if TYPE_CHECKING:
    from core.portal import Portal

CSRF_FIELD = "csrf_token"
FORMS = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
SECRET = re.compile("password|passwd|secret", re.IGNORECASE)
NOT_KEPT = ("repeatable", "open_to_other_sites", "not_kept")
LEFT_FOR_GOOD = (Reason.SIGNED_OUT, Reason.BLOCKED)


class KeptForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that waits for its owner: its id, and the names of files that must be chosen again."""

    id: UUID
    files: list[str]

    @property
    def url(self) -> str:
        """Where the owner finds it."""
        return f"/unsent/{self.id}"


def kept(request: Request[Any, Any, Any]) -> KeptForm | None:
    """The form that was kept while this request was refused."""
    return request.scope["state"].get("unsent")


async def keep(portal: Portal, ended: Ended, request: Request[Any, Any, Any], page: str) -> KeptForm | None:
    """Keep what was sent for whose session has ended; None where it is not for keeping.

    `page` is the page of ours with the form, «» if it is not known.
    """
    scripted = request.headers.get("hx-request") or "application/json" in request.headers.get("accept", "")
    opt = request.route_handler.opt
    if scripted or request.content_type[0] not in FORMS or request.url.path.startswith("/api/"):
        return None
    if ended.reason in LEFT_FOR_GOOD or any(opt.get(each) for each in NOT_KEPT):
        return None
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str]] = []
    key = ""
    for name, value in (await request.form()).multi_items():
        if SECRET.search(name):
            return None
        if isinstance(value, UploadFile):
            if value.filename:
                files.append((name, value.filename))
        elif name == KEY_FIELD:
            key = str(value)
        elif name != CSRF_FIELD:
            fields.append((name, str(value)))
    form = unsent.Unsent(
        address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        page=page,
        fields=fields,
        files=files,
        key=key if KEY_FORMAT.fullmatch(key) else fresh_key(),
    )
    try:
        form_id = await anyio.to_thread.run_sync(_write, portal, ended.account_id, form)
    except TooLarge:
        return None
    return KeptForm(id=form_id, files=[name for _field, name in files])


def _write(portal: Portal, account_id: UUID, form: unsent.Unsent) -> UUID:
    with portal.database.transaction() as db:
        return unsent.keep(db, account_id, form)
