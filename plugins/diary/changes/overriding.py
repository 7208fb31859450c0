"""Changing single lessons for a day, and undoing it: what was planned is kept beside what stands instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from core.audit.record import Change, record
from core.capabilities import LessonsPlanned
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear
from core.roles.access import authorize
from core.roles.actor import Actor
from core.school_events import LessonOverridden
from core.web.i18n import sentence
from plugins.diary.changes.actions import ACTIONS, restore, standing_words
from plugins.diary.changes.day_facts import Facts, Standing, read_facts
from plugins.diary.changes.notices import Touched, tell_later
from plugins.diary.changes.override import Override, checked, is_changed, overridable, stamp_of
from plugins.diary.changes.rearrangements import days_around, obstacle
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import EDIT, planned_lesson

STEPS: Mapping[str, Literal["substituted", "merged", "moved", "cancelled", "room", "restored"]] = {
    "substitute": "substituted",
    "merge": "merged",
    "move": "moved",
    "cancel": "cancelled",
    "room": "room",
    "restore": "restored",
}
"""What the record of changes calls a change → what others hear."""


def override(db: Session, actor: Actor, wanted: Sequence[tuple[UUID, Override]]) -> None:
    """Change lessons as wanted, all or none.

    Raises `NotFound` for a lesson of another school, `Conflict` if a lesson is no longer as its `stamp` says or what
    is wanted is not possible any more, `Invalid` for what cannot be.
    """
    actor.require(EDIT)
    if not wanted:
        raise Invalid("Ничего не выбрано.", advice="Отметьте хотя бы один урок.")
    lessons, facts = _locked(db, actor, [each for each, _what in wanted], [what for _each, what in wanted])
    touched: dict[UUID, DiaryLesson] = {}
    for lesson_id, what in wanted:
        lesson = lessons[lesson_id]
        _refuse_stale(facts, lesson, what.stamp)
        if lesson.status == "cancelled":
            raise Conflict(
                standing_words(facts, lesson), advice="Верните урок по расписанию, затем меняйте его."
            )
        what = checked(what)
        changed = ACTIONS[what.kind](db, facts, lesson, what)
        for each, before, noted in changed:
            if what.note:
                each.note = what.note
            _record(db, actor, each, f"diary.lesson.{noted}", before)
            touched[each.id] = each
    _publish(db, actor, list(touched.values()))


def undo(db: Session, actor: Actor, lesson_id: UUID, *, stamp: str = "") -> None:
    """Let a lesson stand again as it was planned; what came into its place goes back with it.

    Raises as `override`; `Conflict` also if its place or its teacher has been taken meanwhile.
    """
    undo_all(db, actor, [(lesson_id, stamp)])


def undo_all(db: Session, actor: Actor, wanted: Sequence[tuple[UUID, str]]) -> None:
    """`undo` of several lessons (id, stamp), all or none; those that stand as planned are left alone."""
    if not wanted:
        return
    actor.require(EDIT)
    lessons, facts = _locked(db, actor, [each for each, _stamp in wanted], [])
    for lesson_id, stamp in wanted:
        _refuse_stale(facts, lessons[lesson_id], stamp)
    back: dict[UUID, DiaryLesson] = {}
    for lesson_id, _stamp in wanted:
        lesson = lessons[lesson_id]
        pair = db.get(DiaryLesson, lesson.paired_lesson_id) if lesson.paired_lesson_id else None
        # A pulled lesson and the one it came for go back together.
        both = [lesson, pair] if pair is not None and pair.paired_lesson_id == lesson.id else [lesson]
        back |= {each.id: each for each in both if is_changed(each)}
    _refuse_taken(facts, list(back.values()))
    for each in back.values():
        before = overridable(each)
        restore(facts, each)
        _record(db, actor, each, "diary.lesson.restore", before)
    if back:
        _publish(db, actor, list(back.values()))


def _locked(
    db: Session, actor: Actor, ids: Sequence[UUID], wanted: Sequence[Override]
) -> tuple[dict[UUID, DiaryLesson], Facts]:
    first = db.get(DiaryLesson, ids[0])
    if first is None:
        raise NotFound("Такого урока в расписании нет.", advice="Обновите расписание и выберите урок.")
    authorize(db, actor, EDIT, first.organization_id)
    # One change of a school's day at a time: two could give one teacher two lessons.
    year = db.scalars(
        select(AcademicYear).where(AcademicYear.id == first.academic_year_id).with_for_update(key_share=True)
    ).one()
    refuse_archived(year)
    found = {
        each.id: each
        for each in db.scalars(
            select(DiaryLesson)
            .where(
                DiaryLesson.id.in_(ids),
                DiaryLesson.organization_id == first.organization_id,
                DiaryLesson.academic_year_id == first.academic_year_id,
            )
            .execution_options(populate_existing=True)
        )
    }
    if len(found) != len(set(ids)):
        raise NotFound("Такого урока в расписании нет.", advice="Обновите расписание и выберите урок.")
    today = school_today(actor)
    days = {each.moved_from_day for each in found.values() if each.moved_from_day}
    days |= {what.day for what in wanted if what.day}
    for each in found.values():
        days |= {each.day, *(days_around(each.day, today) if wanted else ())}
    return found, read_facts(db, first.organization_id, first.academic_year_id, days)


def _refuse_stale(facts: Facts, lesson: DiaryLesson, stamp: str) -> None:
    if stamp and stamp != stamp_of(lesson):
        raise Conflict(
            sentence("Урок уже изменили. %(standing)s", standing=standing_words(facts, lesson)),
            advice="Посмотрите, что стоит теперь, и выберите снова.",
        )


def _refuse_taken(facts: Facts, back: Sequence[DiaryLesson]) -> None:
    """Raises `Conflict` if a lesson cannot go back: its place or its planned teacher has another lesson now."""
    ids = {each.id for each in back}
    for lesson in back:
        day = lesson.moved_from_day or lesson.day
        number = lesson.moved_from_number or lesson.number
        teacher_id = lesson.planned_teacher_id if lesson.planned_subject_id else lesson.teacher_id
        times = facts.calendar.times(facts.calendar.class_of(lesson), day, number)
        planned = Standing(
            lesson.id,
            day,
            number,
            times[0] if times else None,
            times[1] if times else None,
            lesson.school_class_id,
            lesson.pupil_group_id,
            lesson.planned_subject_id or lesson.subject_id,
            None,
            "",
            "planned",
        )
        for other in facts.meeting(day, number, times, ids):
            if teacher_id is not None and other.teacher_id == teacher_id:
                raise Conflict(
                    sentence(
                        "Вернуть урок нельзя: его учитель в это время ведёт другой урок (%(where)s).",
                        where=facts.where(other),
                    ),
                    advice="Сначала измените тот урок.",
                )
        hindrance = obstacle(facts, planned, day, number, ids)
        if hindrance:
            raise Conflict(
                sentence("Вернуть урок нельзя: %(why)s.", why=hindrance),
                advice="Сначала измените тот урок.",
            )


def _record(db: Session, actor: Actor, lesson: DiaryLesson, action: str, before: Mapping[str, Any]) -> None:
    record(
        db,
        actor,
        lesson.organization_id,
        Change(
            action=action,
            subject_type="diary_lesson",
            subject_id=str(lesson.id),
            before=before,
            after=overridable(lesson),
        ),
    )
    db.publish(
        LessonOverridden(
            organization_id=lesson.organization_id,
            lesson_id=lesson.id,
            day=lesson.moved_from_day or lesson.day,
            step=STEPS[action.rpartition(".")[2]],
        )
    )
    tell_later(
        db,
        Touched(
            organization_id=lesson.organization_id,
            today=school_today(actor),
            days=frozenset({date.fromisoformat(before["day"]), lesson.day}),
            school_class_id=lesson.school_class_id,
            pupil_group_id=lesson.pupil_group_id,
            teachers=frozenset(
                each
                for each in (
                    UUID(before["teacher_id"]) if before["teacher_id"] else None,
                    lesson.teacher_id,
                    lesson.planned_teacher_id,
                )
                if each
            ),
        ),
    )


def _publish(db: Session, actor: Actor, lessons: Sequence[DiaryLesson]) -> None:
    db.flush()
    db.publish(
        LessonsPlanned(
            lessons=[
                planned_lesson(
                    {column.name: getattr(each, column.name) for column in DiaryLesson.__table__.c}
                )
                for each in lessons
            ]
        )
    )
