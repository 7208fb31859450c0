"""Files of the API: sent as base64 within a document, and given out as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from core.attached_files import TYPES
from core.database.session import Session
from core.file_types import disposition
from core.files import Files, Received, StoredFile

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\u0000]+$")]


class FileIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that a program sends."""

    name: Annotated[Title, Meta(description="Имя с расширением.", examples=["ученики.csv"])]
    content: Annotated[
        bytes, Meta(description="Содержимое в base64.", min_length=1, examples=["0JrQu9Cw0YHRgTvQpNCY0J4K"])
    ]


def files_in(files: Files, given: Sequence[FileIn]) -> list[Received]:
    """Files of a document, put into the storage before the transaction begins. Raises as `Files.receive` does."""
    return [files.receive(each.name, each.content, TYPES) for each in given]


def gives_out(description: str, media_type: str) -> Mapping[int, ResponseSpec]:
    """The documented answer of an operation that gives a file out."""
    return {
        200: ResponseSpec(
            data_container=bytes, description=description, media_type=media_type, generate_examples=False
        )
    }


def given_out(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """Bytes as a file to be saved; nobody on the way keeps a copy."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "cache-control": "no-store",
            "content-disposition": disposition(name, inline=False),
            "x-content-type-options": "nosniff",
        },
    )


def stored_given_out(db: Session, file: StoredFile) -> Response[bytes]:
    """A stored file that somebody may read."""
    return given_out(b"".join(db.portal.files.open(file)), file.name, file.media_type)
