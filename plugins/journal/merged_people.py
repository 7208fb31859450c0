"""The journal of a pupil whose two cards are made one: marks and attendance stand in one row, none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union, update

from core.database.session import Session
from core.hooks import Clash, MergedTable, PeopleMerged, PeopleParted
from core.web.i18n import lazy as _
from plugins.journal.attendance.models import JournalAbsence, JournalRecoding, JournalRollCall
from plugins.journal.behaviour.models import JournalBehaviour
from plugins.journal.criteria.models import JournalPoints
from plugins.journal.exemptions.models import JournalExemption
from plugins.journal.homework.models import HomeworkTask, HomeworkTaskPupil, Submission
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.topics.models import LessonPlan

Row = Mapping[str, Any]


def _next_position(db: Session, moving: Row, staying: Row) -> Clash:
    """Both cards have a mark at the lesson: the second one stands after the first."""
    last = db.scalar(
        select(func.max(JournalMark.position)).where(
            JournalMark.lesson_id == staying["lesson_id"], JournalMark.pupil_id == staying["pupil_id"]
        )
    )
    return Clash(moving={"position": (last or 0) + 1})


def _one_cell(_db: Session, moving: Row, staying: Row) -> Clash:
    return Clash(staying={"changes": staying["changes"] + moving["changes"]})


def _one_work(_db: Session, moving: Row, staying: Row) -> Clash:
    """Both cards have handed in: one work with the words of both, whose mark is the staying one's if it has any."""
    return Clash(
        staying={
            "text": "\n\n".join(each for each in (staying["text"], moving["text"]) if each),
            "mark_id": staying["mark_id"] or moving["mark_id"],
            "version": staying["version"] + moving["version"],
        }
    )


MERGED_TABLES = (
    MergedTable(
        table=JournalMark.__tablename__,
        titles={"pupil_id": _("Отметки"), "author_id": _("Отметки, которые он поставил")},
        clash=_next_position,
    ),
    MergedTable(
        table=JournalAttendance.__tablename__,
        titles={"pupil_id": _("Посещаемость"), "author_id": _("Посещаемость, которую он отметил")},
    ),
    MergedTable(
        table=JournalTermMark.__tablename__,
        titles={
            "pupil_id": _("Отметки за периоды"),
            "author_id": _("Отметки за периоды, которые он выставил"),
        },
    ),
    MergedTable(
        table=JournalBehaviour.__tablename__,
        titles={"pupil_id": _("Поведение"), "author_id": _("Отметки за поведение, которые он поставил")},
    ),
    MergedTable(
        table=JournalPoints.__tablename__,
        titles={"pupil_id": _("Баллы по критериям"), "author_id": _("Баллы, которые он поставил")},
    ),
    MergedTable(
        table=JournalRemark.__tablename__,
        titles={
            "pupil_id": _("Похвала и замечания"),
            "author_id": _("Похвала и замечания, которые он написал"),
        },
    ),
    MergedTable(
        table=JournalExemption.__tablename__,
        titles={
            "pupil_id": _("Освобождения от предметов"),
            "author_id": _("Освобождения, которые он поставил"),
        },
    ),
    MergedTable(table=JournalCell.__tablename__, clash=_one_cell),
    MergedTable(table=JournalLesson.__tablename__, titles={"teacher_id": _("Уроки в журнале")}),
    MergedTable(
        table=JournalAbsence.__tablename__,
        titles={
            "pupil_id": _("Сообщения о пропусках"),
            "author_id": _("Сообщения о пропусках, которые он отправил"),
            "decided_by": _("Сообщения о пропусках, на которые он ответил"),
        },
    ),
    MergedTable(
        table=JournalRecoding.__tablename__,
        titles={"pupil_id": _("Причины пропусков"), "author_id": _("Причины пропусков, которые он указал")},
    ),
    MergedTable(
        table=JournalRollCall.__tablename__, titles={"author_id": _("Переклички, которые он провёл")}
    ),
    MergedTable(
        table=HomeworkTask.__tablename__,
        titles={"author_id": _("Задания отдельным ученикам, которые он дал")},
    ),
    MergedTable(table=HomeworkTaskPupil.__tablename__, titles={"pupil_id": _("Задания отдельным ученикам")}),
    MergedTable(
        table=Submission.__tablename__,
        titles={"pupil_id": _("Сданные работы"), "reviewed_by": _("Работы, которые он проверил")},
        clash=_one_work,
    ),
    MergedTable(table=LessonPlan.__tablename__, titles={"author_id": _("Планы уроков, которые он составил")}),
)


def merged(db: Session, event: PeopleMerged) -> None:
    """Open pages of the journal ask again for the cells that have moved."""
    _refresh(db, event.kept_id)


def parted(db: Session, event: PeopleParted) -> None:
    """As `merged`, for both."""
    for person_id in (event.kept_id, event.restored_id):
        _refresh(db, person_id)


def _refresh(db: Session, pupil_id: UUID) -> None:
    cells = JournalCell.pupil_id == pupil_id
    stored = (
        select(table.page_id).where(table.pupil_id == pupil_id)
        for table in (JournalMark, JournalAttendance, JournalCell, JournalTermMark, JournalRemark)
    )
    for page_id in sorted(db.scalars(union(*stored))):
        version = db.scalar(
            update(JournalPage)
            .where(JournalPage.id == page_id)
            .values(version=JournalPage.version + 1)
            .returning(JournalPage.version)
        )
        db.execute(update(JournalCell).where(cells, JournalCell.page_id == page_id).values(version=version))
