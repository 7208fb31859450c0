"""What has changed on a page since a browser last looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import (
    select,
)

from core.database.session import Session
from core.roles.actor import Actor
from plugins.journal.access import open_page
from plugins.journal.grid.cell_text import cell_text, written_mark
from plugins.journal.grid.stored_cells import SavedCell, term_averages
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark
from plugins.journal.remarks.models import JournalRemark


class ChangedCells(msgspec.Struct, frozen=True, kw_only=True):
    """Cells changed after some version of the page, and the version reached.

    `lessons_changed` says that columns were added, taken away or changed: read the page anew for them.
    """

    version: Annotated[int, Meta(description="Версия страницы, до которой дошли: следующее `since`.")]
    cells: Annotated[Sequence[SavedCell], Meta(description="Изменившиеся клетки, какими они стали.")]
    lessons_changed: Annotated[
        bool, Meta(description="Изменились сами уроки: прочитайте страницу целиком.")
    ] = False


def changed_cells(db: Session, actor: Actor, page_id: UUID, since: int, separator: str = ",") -> ChangedCells:
    """The cells that changed after version `since`. Raises `NotFound` as `open_page` does."""
    page = open_page(db, actor, page_id)
    since = max(since, 0)
    if since >= page.version:
        return ChangedCells(version=page.version, cells=[])
    touched = db.execute(
        select(
            JournalCell.lesson_id,
            JournalCell.pupil_id,
            JournalCell.changes,
            JournalCell.version,
            JournalLesson.day,
        )
        .join(JournalLesson, JournalLesson.id == JournalCell.lesson_id)
        .where(JournalCell.page_id == page.id, JournalCell.version > since)
    ).all()
    lessons = {row.lesson_id for row in touched}
    texts = _texts(db, lessons)
    said_of = {
        (row.lesson_id, row.pupil_id)
        for row in db.execute(
            select(JournalRemark.lesson_id, JournalRemark.pupil_id).where(
                JournalRemark.lesson_id.in_(lessons)
            )
        )
    }
    averages: dict[UUID | None, dict[UUID, str]] = {}
    cells: list[SavedCell] = []
    for row in touched:
        term = page.term_on(row.day)
        key = term.id if term else None
        if key not in averages:
            pupils = list({each.pupil_id for each in touched})
            averages[key] = term_averages(db, page, term, pupils, separator)
        text, comment = texts.get((row.lesson_id, row.pupil_id), ("", False))
        has_remark = (row.lesson_id, row.pupil_id) in said_of
        flags = " ".join(["c"] * comment + ["h"] * (row.changes > 1) + ["r"] * has_remark)
        cells.append(
            SavedCell(
                lesson=row.lesson_id,
                pupil=row.pupil_id,
                text=text,
                average=averages[key].get(row.pupil_id, ""),
                version=row.version,
                flags=flags,
            )
        )
    return ChangedCells(
        version=page.version,
        cells=cells,
        lessons_changed=page.lessons_version > since,
    )


def _texts(db: Session, lessons: set[UUID]) -> dict[tuple[UUID, UUID], tuple[str, bool]]:
    """The texts of all cells of some lessons, and whether a mark there has a comment."""
    marks: dict[tuple[UUID, UUID], list[str]] = {}
    comments: set[tuple[UUID, UUID]] = set()
    for row in db.execute(
        select(
            JournalMark.lesson_id,
            JournalMark.pupil_id,
            JournalMark.value,
            JournalMark.is_retake,
            JournalMark.comment,
        )
        .where(JournalMark.lesson_id.in_(lessons))
        .order_by(JournalMark.position)
    ):
        marks.setdefault((row.lesson_id, row.pupil_id), []).append(written_mark(row.value, row.is_retake))
        if row.comment:
            comments.add((row.lesson_id, row.pupil_id))
    codes = {
        (row.lesson_id, row.pupil_id): (row.code, row.minutes)
        for row in db.execute(
            select(
                JournalAttendance.lesson_id,
                JournalAttendance.pupil_id,
                JournalAttendance.code,
                JournalAttendance.minutes,
            ).where(JournalAttendance.lesson_id.in_(lessons))
        )
    }
    return {
        key: (cell_text(*codes.get(key, ("", None)), marks.get(key, [])), key in comments)
        for key in {*marks, *codes}
    }
