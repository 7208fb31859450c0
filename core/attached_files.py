"""Files that people attach to what they write: which kinds are taken, how many, and keeping them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.database.session import Session
from core.errors import Conflict
from core.files import Received
from core.roles.actor import Actor
from core.web.i18n import counted

MOST = 20
"""Files of one thing: a request, a question."""

TYPES = (
    "application/pdf",
    "image/*",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
)


def keep_attached(
    db: Session,
    actor: Actor,
    files: Sequence[Received],
    *,
    purpose: str,
    organization_id: UUID,
    subject: str,
    had: int,
) -> None:
    """Keep received files with `subject`, which has `had` already. Raises `Conflict` for too many."""
    if len(files) + had > MOST:
        raise Conflict(
            counted(
                "Сюда прикладывают не больше %(count)s файла.",
                "Сюда прикладывают не больше %(count)s файлов.",
                MOST,
            ),
            advice="Соедините страницы в один файл.",
        )
    for file in files:
        db.portal.files.keep(
            db, actor, file, purpose=purpose, organization_id=organization_id, subject=subject
        )
