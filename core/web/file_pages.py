"""Downloads of stored files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from core.database.engine import Database
from core.file_types import ACTIVE, SHOWN, disposition
from core.files import readable_file
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import signed_in

SANDBOX = "default-src 'none'; sandbox"
PASSIVE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; object-src 'self'; "
    "frame-ancestors 'self'"
)
"""For pictures, sound and PDF shown by the browser; a sandbox would keep its PDF viewer from opening."""


@get("/files/{file_id:uuid}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def download(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    file_id: FromPath[UUID],
    download: FromQuery[bool] = False,
) -> Response[Any]:
    """A file's bytes, if its purpose lets the visitor read it.

    Pictures, sound, PDF and plain text are shown; everything else, and with `?download=true` any file,
    is saved. What a browser would run (HTML, SVG, XML, scripts) is never shown, and sandboxed besides.
    """
    with database.reading() as db:
        file = readable_file(db, actor, file_id)
        db.expunge(file)
    tag = f'"{file.sha256}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers={"etag": tag})
    shown = file.media_type in SHOWN and not download
    return Stream(
        portal.files.open(file),
        media_type="application/octet-stream" if file.media_type in ACTIVE else file.media_type,
        headers={
            "content-length": str(file.size),
            "content-disposition": disposition(file.name, inline=shown),
            "content-security-policy": PASSIVE if shown else SANDBOX,
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "private, no-cache",
            "etag": tag,
        },
    )


file_routes = [download]
