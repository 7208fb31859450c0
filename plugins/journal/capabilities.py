"""What the journal gives to other plugins: marks and attendance of a pupil. Homework: `homework.provided`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    select,
    union_all,
)

from core.capabilities import MarkCriterion, PupilAbsence, PupilMark, PupilRemark
from core.database.session import Session
from core.identity.sessions import school_today
from core.pupil_records import PupilRecords
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.external.models import MARK_KIND, JournalExternalMark
from plugins.journal.grid.cell_text import DEBT
from plugins.journal.models import OUTSIDE, JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.pupil_access import pages_of_pupil, pupil_scope
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.settings import ControlKind, settings_of
from plugins.journal.terms.elsewhere import on_page


class JournalMarks:
    """Capability `marks`."""

    def __init__(self, records: PupilRecords | None = None) -> None:
        self.records = records

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilMark]:
        """A pupil's marks of some days, both included. Raises `NotFound` for somebody else's child."""
        scope = pupil_scope(db, actor, pupil_id)
        kinds = settings_of(db, actor).kinds
        own = (
            select(
                JournalMark.id,
                JournalMark.day,
                JournalLesson.planned_lesson_id,
                JournalLesson.number,
                JournalPage.subject_id,
                JournalMark.value,
                JournalMark.weight,
                JournalMark.control_kind,
                JournalMark.comment,
                JournalMark.is_retake,
                JournalMark.position,
                JournalMark.lesson_id,
                case((JournalLesson.status == OUTSIDE, JournalLesson.topic), else_="").label("outside"),
                literal("").label("source"),
            )
            .join(JournalLesson, JournalLesson.id == JournalMark.lesson_id)
            .join(JournalPage, JournalPage.id == JournalMark.page_id)
            .where(scope, JournalMark.pupil_id == pupil_id, JournalMark.day.between(first, last))
            .where(*in_organization(actor, JournalMark))
        )
        brought = _of_former_school(actor, pupil_id, first, last, scope)
        rows = db.execute(union_all(own, brought).order_by("day", "number", "position", "id")).all()
        criteria = _criteria(db, pupil_id, {row.lesson_id for row in rows if row.control_kind})
        return [
            PupilMark(
                id=row.id,
                pupil_id=pupil_id,
                day=row.day,
                lesson_id=row.planned_lesson_id,
                lesson_number=row.number,
                subject_id=row.subject_id,
                value=row.value,
                weight=row.weight,
                work=work_in_words(
                    kinds,
                    value=row.value,
                    control_kind=row.control_kind,
                    outside=row.outside,
                    is_retake=row.is_retake,
                    source=row.source,
                ),
                comment=row.comment,
                is_retake=row.is_retake,
                criteria=criteria.get(row.lesson_id, ()) if row.position == 0 else (),
                source=row.source,
            )
            for row in rows
        ]

    def version_for_pupil(self, db: Session, actor: Actor, pupil_id: UUID) -> str:
        """A stamp that changes whenever any answer about this pupil may change."""
        pupil_scope(db, actor, pupil_id)
        today = school_today(actor)
        pages, versions = db.execute(
            select(func.count(), func.coalesce(func.sum(JournalPage.version), 0)).where(
                pages_of_pupil(pupil_id, today - timedelta(days=400), today),
                *in_organization(actor, JournalPage),
            )
        ).one()
        return f"{pages}.{versions}"


def _of_former_school(
    actor: Actor, pupil_id: UUID, first: date, last: date, scope: ColumnElement[bool]
) -> Select[Any]:
    """Marks that the pupil has brought along, with the columns of own ones; `outside` is what they were for."""
    table = JournalExternalMark
    statement: Any = select(
        table.id,
        table.day,
        cast(null(), Uuid),
        literal(0),
        table.subject_id,
        table.value,
        table.weight,
        literal(""),
        literal(""),
        false(),
        literal(0),
        cast(null(), Uuid),
        table.work,
        table.source,
    ).where(
        table.pupil_id == pupil_id,
        table.kind == MARK_KIND,
        table.day.between(first, last),
        *in_organization(actor, table),
        exists().where(
            JournalPage.organization_id == table.organization_id,
            JournalPage.academic_year_id == table.academic_year_id,
            JournalPage.subject_id == table.subject_id,
            on_page(pupil_id),
            scope,
        ),
    )
    return statement


class JournalAbsences:
    """Capability `attendance`."""

    def __init__(self, records: PupilRecords | None = None) -> None:
        self.records = records

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilAbsence]:
        """A pupil's absences and latenesses of some days. Raises `NotFound` for somebody else's child."""
        scope = pupil_scope(db, actor, pupil_id)
        codes = settings_of(db, actor).codes
        rows = db.execute(
            select(
                JournalAttendance.day,
                JournalAttendance.code,
                JournalLesson.planned_lesson_id,
                JournalLesson.number,
                JournalPage.subject_id,
            )
            .join(JournalLesson, JournalLesson.id == JournalAttendance.lesson_id)
            .join(JournalPage, JournalPage.id == JournalAttendance.page_id)
            .where(scope, JournalAttendance.pupil_id == pupil_id)
            .where(JournalAttendance.day.between(first, last), *in_organization(actor, JournalAttendance))
            .order_by(JournalAttendance.day, JournalLesson.number)
        )
        return [
            PupilAbsence(
                pupil_id=pupil_id,
                day=row.day,
                lesson_id=row.planned_lesson_id,
                lesson_number=row.number,
                subject_id=row.subject_id,
                code=row.code,
                title=codes[row.code].shown_title if row.code in codes else row.code,
                absent=row.code not in codes or codes[row.code].absent,
            )
            for row in rows
        ]


class JournalRemarks:
    """Capability `remarks`."""

    def __init__(self, records: PupilRecords | None = None) -> None:
        self.records = records

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilRemark]:
        """What was said of a pupil on some days, in order. Raises `NotFound` for somebody else's child."""
        rows = db.execute(
            select(
                JournalRemark.day,
                JournalRemark.kind,
                JournalRemark.text,
                JournalLesson.planned_lesson_id,
                JournalLesson.number,
                JournalPage.subject_id,
            )
            .join(JournalLesson, JournalLesson.id == JournalRemark.lesson_id)
            .join(JournalPage, JournalPage.id == JournalRemark.page_id)
            .where(pupil_scope(db, actor, pupil_id), JournalRemark.pupil_id == pupil_id)
            .where(JournalRemark.day.between(first, last), *in_organization(actor, JournalRemark))
            .order_by(JournalRemark.day, JournalRemark.created_at, JournalRemark.id)
        )
        return [
            PupilRemark(
                pupil_id=pupil_id,
                day=row.day,
                lesson_id=row.planned_lesson_id,
                lesson_number=row.number,
                subject_id=row.subject_id,
                kind=row.kind,
                text=row.text,
            )
            for row in rows
        ]


def _criteria(
    db: Session, pupil_id: UUID, lessons: Collection[UUID]
) -> Mapping[UUID, Sequence[MarkCriterion]]:
    """The points of a pupil's works, by lesson; no statement where there are no works."""
    found: dict[UUID, list[MarkCriterion]] = defaultdict(list)
    if lessons:
        for row in db.execute(
            select(
                JournalPoints.lesson_id,
                JournalPoints.points,
                JournalCriterion.title,
                JournalCriterion.greatest,
            )
            .join(JournalCriterion, JournalCriterion.id == JournalPoints.criterion_id)
            .where(JournalPoints.lesson_id.in_(lessons), JournalPoints.pupil_id == pupil_id)
            .order_by(JournalCriterion.position)
        ):
            found[row.lesson_id].append(
                MarkCriterion(title=row.title, points=row.points, greatest=row.greatest)
            )
    return found


def work_in_words(
    kinds: Mapping[str, ControlKind],
    *,
    value: str,
    control_kind: str,
    outside: str,
    is_retake: bool,
    source: str = "",
) -> str:
    """What a mark is for, in words; that a piece of work is owed, or was done once more.

    `outside` is what a mark outside of lessons was given for, or a mark of the former school `source`.
    """
    if source:
        return ", ".join(filter(None, (_("из прежней школы: %s") % source, outside)))
    kind = kinds[control_kind].shown_title if control_kind in kinds else ""
    if value == DEBT:
        return ", ".join(filter(None, (_("Долг: работа не сдана"), kind)))
    place = _("вне урока: %s") % outside if outside else ""
    return ", ".join(filter(None, (place, kind, _("пересдача") if is_retake else "")))


def in_organization(actor: Actor, table: Any) -> tuple[Any, ...]:
    """The acting school's only: a pupil may have marks in another one, which are not this reader's to see.

    The indexes begin with the organization besides. The installation itself, without a role, reads all.
    """
    return () if actor.role is None else (table.organization_id == actor.organization_id,)
