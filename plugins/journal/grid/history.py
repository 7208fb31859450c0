"""The history of a cell and of a lesson, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select, update

from core.audit.models import AuditRecord
from core.audit.record import Change, history, record
from core.database.base import now
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.former import former_ids
from core.roles.actor import Actor
from core.web.i18n import counted, lazy
from core.web.i18n import gettext as _
from plugins.journal.access import MARK, Opened, open_page, require_right
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.stored_cells import (
    CELL,
    CellLesson,
    CellPupil,
    CellText,
    Stored,
    lesson_on,
    raise_version,
    read_cell,
    subject_id_of,
    tell,
)
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.models import JournalCell, JournalMark

LONGEST_COMMENT = 1000
REMARK_WORDS = {
    "journal.remark.add": lazy("%(kind)s: «%(text)s»"),
    "journal.remark.remove": lazy("убрано: %(kind)s «%(text)s»"),
    "journal.remark.erase": lazy("запись стёрта по требованию"),
}


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One change: when, by whom, and what in words."""

    at: Annotated[datetime, Meta(description="Когда: момент с часовым поясом.")]
    who: Annotated[str, Meta(description="Кто изменил.")]
    what: Annotated[str, Meta(description="Что изменилось, словами.")]
    record: Annotated[
        UUID | None, Meta(description="Ключ изменения, которое можно вернуть; null, если нельзя.")
    ] = None
    before: Annotated[str, Meta(description="Что вернётся: прежняя запись клетки.")] = ""


class CellMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a cell with everything about it."""

    id: UUID
    value: Annotated[str, Meta(description="Отметка: `5`, `зач`, `•` – долг.")]
    is_retake: Annotated[bool, Meta(description="Пересдача отметки, которая стоит перед ней.")]
    control_kind: str
    work: Annotated[str, Meta(description="Название вида работы; пусто у обычного ответа.")]
    weight: Annotated[int, Meta(description="Вес в среднем балле, от 1 до 100.")]
    comment: Annotated[str, Meta(description="Комментарий учителя; пусто, если его нет.")]


class CellCard(msgspec.Struct, frozen=True, kw_only=True):
    """A cell with its marks, what the attendance code means, and its history, the latest change first."""

    lesson: CellLesson
    pupil: CellPupil
    text: CellText
    attendance: Annotated[
        str, Meta(description="Что значит код посещаемости: «Болел»; пусто, если кода нет.")
    ]
    marks: Annotated[Sequence[CellMark], Meta(description="Отметки по порядку.")]
    history: Annotated[Sequence[HistoryLine], Meta(description="Изменения клетки, последнее первым.")]
    may_mark: Annotated[bool, Meta(description="Вам можно менять эту клетку.")]


def cell_card(db: Session, actor: Actor, page: Opened, lesson_id: UUID, pupil_id: UUID) -> CellCard:
    """Everything about a cell of an opened page. Raises `NotFound` for a lesson that is not on it."""
    lesson = lesson_on(db, page, lesson_id)
    stored = read_cell(db, lesson_id, pupil_id)
    code = page.settings.codes.get(stored.attendance.code) if stored.attendance else None
    return CellCard(
        lesson=lesson_id,
        pupil=pupil_id,
        text=stored.text,
        attendance=code.shown_title if code else "",
        marks=[_mark(page, mark) for mark in stored.marks],
        history=[
            cell_line(row)
            for row in history(
                db,
                CELL,
                [subject_id_of(lesson_id, each) for each in (pupil_id, *former_ids(db, pupil_id))],
            )
        ],
        may_mark=actor.can(MARK) and (page.may_mark or lesson.teacher_id == actor.person_id),
    )


def _mark(page: Opened, mark: Any) -> CellMark:
    kind = page.settings.kinds.get(mark.control_kind)
    return CellMark(
        id=mark.id,
        value=mark.value,
        is_retake=mark.is_retake,
        control_kind=mark.control_kind,
        work=kind.shown_title if kind else "",
        weight=mark.weight,
        comment=mark.comment,
    )


def cell_line(row: AuditRecord) -> HistoryLine:
    """A recorded change of a cell in words."""
    before, after = row.before or {}, row.after or {}
    if row.action == "journal.comment.set":
        what = _("комментарий: «%s»") % after["comment"] if after.get("comment") else _("комментарий убран")
    elif row.action == "journal.points.set":
        what = _points_words(before, after)
    elif row.action in REMARK_WORDS:
        said = after or before
        kind = _("похвала") if said.get("kind") == "praise" else _("замечание")
        what = str(REMARK_WORDS[row.action]) % {"kind": kind, "text": said.get("text", "")}
    elif not before.get("value"):
        what = _("записано «%s»") % after.get("value", "")
    elif not after.get("value"):
        what = _("убрано «%s»") % before["value"]
    else:
        what = _("было «%(before)s», стало «%(after)s»") % {
            "before": before["value"],
            "after": after["value"],
        }
    is_cell = row.action == "journal.cell.set"
    return HistoryLine(
        at=row.at,
        who=row.person_name,
        what=what,
        record=row.id if is_cell else None,
        before=str(before.get("value", "")) if is_cell else "",
    )


def _points_words(before: dict[str, Any], after: dict[str, Any]) -> str:
    """«баллы: Содержание 4, Речь – убраны»."""
    said = [f"{title} {points}" for title, points in sorted(after.items())]
    said += [_("%s – убраны") % title for title in sorted(before) if title not in after]
    return _("баллы: %s") % ", ".join(said)


def lesson_history(db: Session, lesson_id: UUID) -> list[HistoryLine]:
    """The changes of a lesson's topic, homework and kind of work. The caller has opened its page."""
    return [
        HistoryLine(
            at=row.at,
            who=row.person_name,
            what=lesson_words(row),
            record=row.id if row.action == "journal.lesson.change" else None,
        )
        for row in history(db, LESSON, [str(lesson_id)])
    ]


def lesson_words(row: AuditRecord) -> str:
    """A recorded change of a lesson in words."""
    if row.action == "journal.lesson.add":
        return _("урок добавлен")
    titles = {
        "topic": _("тема"),
        "homework": _("домашнее задание"),
        "homework_minutes": _("время на задание"),
        "homework_links": _("ссылки к заданию"),
        "homework_items": _("материалы библиотеки"),
        "control_kind": _("вид работы"),
    }
    after = row.after or {}
    if row.action == "journal.criteria.set":
        lines = str(after.get("criteria", "")).replace("; ", " – ").replace("\n", "; ")
        return _("критерии: %s") % lines if lines else _("критерии убраны")
    return "; ".join(
        f"{titles[name]}: «{_said(value)}»" if value else _("%s: убрано") % titles[name]
        for name, value in after.items()
        if name in titles
    )


def _said(value: Any) -> str:
    return "», «".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def set_comment(db: Session, actor: Actor, page_id: UUID, mark_id: UUID, comment: str) -> CellMark:
    """Write a comment to a mark, with its history; an empty one takes the comment back.

    The family sees comments. Raises `NotFound` for a mark that is not on the page, `Invalid` for a text
    that is too long, `Conflict` in a closed term.
    """
    page = open_page(db, actor, page_id, lock=True)
    mark = db.execute(
        select(*JournalMark.__table__.c).where(JournalMark.id == mark_id, JournalMark.page_id == page.id)
    ).one_or_none()
    if mark is None:
        raise NotFound("Этой отметки больше нет.", advice="Закройте клетку и откройте её снова.")
    lesson = lesson_on(db, page, mark.lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    require_open_term(page, lesson.day)
    text = comment.replace("\x00", "").strip()
    if len(text) > LONGEST_COMMENT:
        raise Invalid(
            "Комментарий не сохранён: он слишком длинный.",
            fields={
                "comment": counted(
                    "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_COMMENT
                )
            },
        )
    if text != mark.comment:
        _write_comment(db, actor, page, mark, text)
    return msgspec.structs.replace(_mark(page, mark), comment=text)


def _write_comment(db: Session, actor: Actor, page: Opened, mark: Any, text: str) -> None:
    db.execute(update(JournalMark).where(JournalMark.id == mark.id).values(comment=text, changed_at=now()))
    version = raise_version(db, page.id)
    stored: Stored = read_cell(db, mark.lesson_id, mark.pupil_id)
    if stored.cell is None:
        db.add(
            JournalCell(
                lesson_id=mark.lesson_id,
                pupil_id=mark.pupil_id,
                page_id=page.id,
                version=version,
                author_name=actor.name,
            )
        )
        db.flush()
    else:
        db.execute(
            update(JournalCell)
            .where(JournalCell.lesson_id == mark.lesson_id, JournalCell.pupil_id == mark.pupil_id)
            .values(version=version, author_name=actor.name, changes=JournalCell.changes + 1)
        )
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.comment.set",
            subject_type=CELL,
            subject_id=subject_id_of(mark.lesson_id, mark.pupil_id),
            before={"mark": mark.value, "comment": mark.comment},
            after={"mark": mark.value, "comment": text},
        ),
    )
    tell(db, page.id, version, lesson=mark.lesson_id, pupil=mark.pupil_id)
