"""Files attached to a request: read by whoever may see the request, added while it is not decided."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.attached_files import TYPES, keep_attached
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.files import Purpose, Received, StoredFile
from core.requests import reading, sending
from core.requests.attached import PURPOSE, attached
from core.requests.models import Request
from core.requests.steps import ATTACHED, tell, the_other_side, trace
from core.roles.actor import Actor
from core.web.i18n import sentence


def attach(db: Session, actor: Actor, request_id: UUID, files: Sequence[Received]) -> None:
    """Attach received files. Raises `NotFound` for a request out of sight, `Conflict` for a decided one."""
    request = db.get(Request, request_id)
    if request is None or not reading.may_see(db, actor, request):
        raise NotFound("Такого запроса нет или он относится к другой организации.", advice="Проверьте адрес.")
    if request.status not in (*reading.WRITTEN, *reading.OPEN):
        raise Conflict("По этому запросу уже принято решение.", advice="Отправьте новый запрос.")
    keep_attached(
        db,
        actor,
        files,
        purpose=PURPOSE,
        organization_id=request.organization_id,
        subject=str(request.id),
        had=len(attached(db, request.id)),
    )


def hand_in(
    db: Session, actor: Actor, request_id: UUID, files: Sequence[Received], *, without_words: bool
) -> None:
    """Attach files to a request that is under way: its history names them.

    The other side is told of files that come `without_words`; a step that goes with them tells of itself. Raises
    as `attach` does.
    """
    attach(db, actor, request_id, files)
    request = db.get_one(Request, request_id)
    if not files or request.status == reading.DRAFT:
        return
    names = ", ".join(file.name for file in files)
    trace(db, actor, request, step=ATTACHED, text=names)
    if without_words:
        tell(
            db,
            request,
            the_other_side(db, actor, request),
            sentence("К запросу приложен файл"),
            f"{actor.name}: {names}",
        )


def remove(db: Session, actor: Actor, request_id: UUID, file_id: UUID) -> None:
    """Take a file off a draft or a returned request. Raises `NotFound` if it is not one of the actor's."""
    draft = sending.draft_of(db, actor, request_id, to_change=True)
    file = next((each for each in attached(db, draft.id) if each.id == file_id), None)
    if file is None:
        raise NotFound("Такого файла у черновика нет.", advice="Обновите страницу.")
    db.portal.files.delete(db, file)


def delete_draft(db: Session, actor: Actor, request_id: UUID) -> None:
    """Throw a draft away with its files. Raises `NotFound` for what is no draft of the actor's.

    A returned request is no draft: it has a history and is withdrawn instead (`Conflict`).
    """
    draft = sending.draft_of(db, actor, request_id, to_change=True)
    if draft.status != reading.DRAFT:
        raise Conflict("Возвращённый запрос не удаляют.", advice="Отзовите его на его карточке.")
    for file in attached(db, draft.id):
        db.portal.files.delete(db, file)
    db.delete(draft)
    db.flush()


def _may_read(db: Session, actor: Actor, file: StoredFile) -> bool:
    request = db.get(Request, UUID(file.subject))
    return request is not None and reading.may_see(db, actor, request)


REQUEST_FILES = Purpose(may_read=_may_read, media_types=TYPES)
