"""Files that came with a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from litestar.datastructures import UploadFile

from core.attached_files import TYPES
from core.files import Files, Received


def received(files: Files, data: Mapping[str, Any]) -> list[Received]:
    """The files of a form's field `files`, put into the storage before the transaction begins.

    Raises as `Files.receive` does: too large, empty, of a type that is not taken.
    """
    given: Any = data.get("files")
    uploads = cast("list[Any]", given if isinstance(given, list) else [given])
    return [
        files.receive(each.filename, each.file, TYPES)
        for each in uploads
        if isinstance(each, UploadFile) and each.filename
    ]
