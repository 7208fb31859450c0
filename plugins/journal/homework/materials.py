"""Files that a teacher gives with the homework of a lesson."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.attached_files import keep_attached
from core.audit.record import Change, record
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.files import Received, StoredFile
from core.roles.actor import Actor
from core.school_events import HomeworkGiven
from plugins.journal.access import EDIT, Opened, open_page, require_right
from plugins.journal.grid.stored_cells import lesson_on
from plugins.journal.lessons.lessons import LESSON

HOMEWORK_FILES = "journal.homework"


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a homework or of a work."""

    id: UUID
    name: Annotated[str, Meta(description="Имя файла.")]
    size: Annotated[int, Meta(description="Размер в байтах.")]


def files_about(
    db: Session, purpose: str, organization_id: UUID, subjects: Iterable[UUID]
) -> dict[UUID, list[Attached]]:
    """The files of some things of a school, by the things' ids, in the order they came."""
    wanted = [str(each) for each in subjects]
    found: dict[UUID, list[Attached]] = {}
    if not wanted:
        return found
    rows = db.execute(
        select(StoredFile.id, StoredFile.name, StoredFile.size, StoredFile.subject)
        .where(
            StoredFile.organization_id == organization_id,
            StoredFile.purpose == purpose,
            StoredFile.subject.in_(wanted),
        )
        .order_by(StoredFile.id)
    )
    for row in rows:
        found.setdefault(UUID(row.subject), []).append(Attached(id=row.id, name=row.name, size=row.size))
    return found


def attach_files(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, files: Sequence[Received]
) -> None:
    """Keep files with the homework of a lesson.

    Raises `Invalid` if none came, `Conflict` for too many, `Forbidden` for another teacher's page.
    """
    page, lesson = _opened(db, actor, page_id, lesson_id)
    if not files:
        raise Invalid("Файл не выбран.", advice="Выберите файл.", fields={"files": "Выберите файл."})
    had = len(files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id]).get(lesson_id, ()))
    keep_attached(
        db,
        actor,
        files,
        purpose=HOMEWORK_FILES,
        organization_id=page.organization_id,
        subject=str(lesson_id),
        had=had,
    )
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.homework.attach",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            after={"files": [each.name for each in files]},
        ),
    )
    _publish(db, page, lesson)


def remove_file(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, file_id: UUID) -> None:
    """Take a file away from the homework of a lesson. Raises `NotFound`, `Forbidden` as `attach_files`."""
    page, lesson = _opened(db, actor, page_id, lesson_id)
    file = file_of(db, HOMEWORK_FILES, lesson_id, file_id)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.homework.detach",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            before={"files": [file.name]},
        ),
    )
    _publish(db, page, lesson)
    db.portal.files.delete(db, file)


def file_of(db: Session, purpose: str, subject: UUID, file_id: UUID) -> StoredFile:
    """A file of a thing. Raises `NotFound` if it is not there, or is another's."""
    file = db.scalar(
        select(StoredFile).where(
            StoredFile.id == file_id, StoredFile.purpose == purpose, StoredFile.subject == str(subject)
        )
    )
    if file is None:
        raise NotFound("Такого файла здесь уже нет.", advice="Обновите страницу.")
    return file


def _opened(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID) -> tuple[Opened, Any]:
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, EDIT, page.may_edit, lesson.teacher_id)
    return page, lesson


def _publish(db: Session, page: Opened, lesson: Any) -> None:
    db.publish(
        HomeworkGiven(
            organization_id=page.organization_id,
            page_id=page.id,
            lesson_id=lesson.id,
            day=lesson.day,
            step="changed",
            version=page.version,
        )
    )
