"""One day of a class: its pupils by the lessons of all subjects and subgroups, and who was there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, case, func, literal, select

from core.database.base import in_force, now
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, Subject, Term
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import ATTEND, VIEW, allowed, group_title, own_class
from plugins.journal.attendance.models import JournalAbsence, JournalRollCall
from plugins.journal.attendance.reach import ClassCard, class_card, pages_of_class, seen_pages
from plugins.journal.grid.cell_text import cell_text
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalPage
from plugins.journal.settings import JournalSettings, settings_of


class DayLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of the class's day: a column."""

    id: UUID
    page_id: Annotated[UUID, Meta(description="Ключ страницы журнала.")]
    number: Annotated[int, Meta(description="Который урок в этот день.")]
    starts_at: Annotated[
        time | None, Meta(description="Когда начинается, по времени школы; null – не задано.")
    ]
    subject: Annotated[str, Meta(description="Предмет.")]
    group: Annotated[str, Meta(description="Подгруппа; пусто – весь класс.")]
    teacher: Annotated[str, Meta(description="Учитель; пусто, если не назначен.")]
    may_note: Annotated[bool, Meta(description="Вам можно отмечать посещаемость этого урока.")]
    noted: Annotated[bool, Meta(description="Перекличка проведена: у кого пусто, тот был на уроке.")]


class DayCell(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil at a lesson that they were to come to."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    code: Annotated[str, Meta(description="Код посещаемости: «н», «оп10»; пусто – не отмечено.")]
    title: Annotated[str, Meta(description="Что значит код; пусто, если кода нет.")]
    absent: Annotated[bool, Meta(description="Считается пропуском урока.")]
    expected: Annotated[str, Meta(description="Код, которого ждут: семья сообщила, школа подтвердила.")]


class DayPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A line: the pupil, and a cell or null for each lesson."""

    id: UUID
    name: Annotated[str, Meta(description="Фамилия и имя.")]
    cells: Annotated[Sequence[DayCell | None], Meta(description="По урокам; null – не его подгруппа.")]
    missed: Annotated[int, Meta(description="Сколько уроков пропущено.")]
    late_minutes: Annotated[int, Meta(description="На сколько минут опоздал за день.")]
    announced: Annotated[str, Meta(description="О чём сообщила семья: код причины; пусто – ни о чём.")]
    awaits: Annotated[bool, Meta(description="Сообщение семьи ещё не подтверждено.")]


class ClassDay(msgspec.Struct, frozen=True, kw_only=True):
    """A class on one day."""

    school_class: Annotated[UUID, Meta(description="Ключ класса.")]
    class_name: Annotated[str, Meta(description="Название класса.")]
    day: date
    before: Annotated[date | None, Meta(description="Предыдущий день с уроками; null, если его нет.")]
    after: Annotated[date | None, Meta(description="Следующий день с уроками; null, если его нет.")]
    is_closed: Annotated[bool, Meta(description="Учебный период закрыт: отмечать нельзя.")]
    lessons: Annotated[Sequence[DayLesson], Meta(description="Уроки дня по порядку, которые вам доступны.")]
    pupils: Annotated[Sequence[DayPupil], Meta(description="Ученики по фамилии.")]

    @property
    def may_note(self) -> bool:
        """Whether something here is the reader's to note."""
        return any(lesson.may_note for lesson in self.lessons)


def read_class_day(db: Session, actor: Actor, class_id: UUID, day: date) -> ClassDay:
    """A class's day as `actor` may see it: a teacher sees own lessons and who comes to them.

    Raises `NotFound` for a class of another school, or where nothing is the actor's to see.
    """
    school_class = class_card(db, actor, VIEW, class_id)
    whole = actor.reach(VIEW) is not Reach.OWN or own_class(actor) == class_id
    seen = () if whole else (seen_pages(actor),)
    of_class = (
        pages_of_class(class_id, day, day),
        JournalPage.organization_id == school_class.organization_id,
    )
    if not whole and db.scalar(select(JournalPage.id).where(*of_class, *seen).limit(1)) is None:
        raise NotFound(
            "Такого класса нет или он вам не доступен.", advice="Проверьте, в какой роли вы работаете."
        )
    lessons = _lessons(db, actor, school_class, day, (*of_class, *seen))
    before, after, closed = _around(db, school_class, day, (*of_class, *seen))
    pupils = _pupils(db, school_class, day)
    members = _members(db, {row.pupil_group_id for row in lessons if row.pupil_group_id}, day)
    noted = _noted(db, school_class, day, [row.id for row in lessons])
    announced = _announced(db, school_class, day)
    all_mine = actor.can(ATTEND) and (actor.reach(ATTEND) is not Reach.OWN or own_class(actor) == class_id)
    settings = settings_of(db, actor)
    lines = [_line(row, lessons, members, noted, announced.get(row.id, ()), settings) for row in pupils]
    if not whole:
        lines = [line for line in lines if any(line.cells)]
    return ClassDay(
        school_class=class_id,
        class_name=school_class.name,
        day=day,
        before=before,
        after=after,
        is_closed=closed,
        lessons=[
            DayLesson(
                id=row.id,
                page_id=row.page_id,
                number=row.number,
                starts_at=row.starts_at,
                subject=row.subject,
                group=group_title(row.group_name, school_class.name, row.subject) if row.group_name else "",
                teacher=short_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
                may_note=not closed and actor.can(ATTEND) and (all_mine or _teaches(actor, row)),
                noted=bool(row.noted),
            )
            for row in lessons
        ],
        pupils=lines,
    )


def _teaches(actor: Actor, row: Any) -> bool:
    return own_class(actor) is None and (
        bool(row.assigned) or (actor.person_id is not None and row.teacher_id == actor.person_id)
    )


def _lessons(
    db: Session, actor: Actor, school_class: ClassCard, day: date, where: Sequence[Any]
) -> Sequence[Any]:
    rolled = select(JournalRollCall.lesson_id).where(
        JournalRollCall.lesson_id == JournalLesson.id, JournalRollCall.school_class_id == school_class.id
    )
    return db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.number,
            JournalLesson.starts_at,
            JournalLesson.teacher_id,
            JournalPage.pupil_group_id,
            Subject.name.label("subject"),
            PupilGroup.name.label("group_name"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            case((allowed(actor, ATTEND), literal(1)), else_=literal(0)).label("assigned"),
            case((rolled.exists(), literal(1)), else_=literal(0)).label("noted"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(Person, Person.id == JournalLesson.teacher_id)
        .where(
            JournalLesson.organization_id == school_class.organization_id,
            JournalLesson.academic_year_id == school_class.academic_year_id,
            JournalLesson.day == day,
            JournalLesson.status.not_in(NOT_GIVEN),
            *where,
        )
        .order_by(JournalLesson.number, PupilGroup.name_key, JournalLesson.id)
    ).all()


def _around(
    db: Session, school_class: ClassCard, day: date, where: Sequence[Any]
) -> tuple[date | None, date | None, bool]:
    """The days with lessons before and after, and whether the term of the day is closed; one statement."""
    days = (
        select(func.max(JournalLesson.day), func.min(JournalLesson.day))
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            JournalLesson.organization_id == school_class.organization_id,
            JournalLesson.academic_year_id == school_class.academic_year_id,
            JournalLesson.status.not_in(NOT_GIVEN),
            *where,
        )
    )
    latest = days.with_only_columns(func.max(JournalLesson.day)).where(JournalLesson.day < day)
    soonest = days.with_only_columns(func.min(JournalLesson.day)).where(JournalLesson.day > day)
    closed = select(func.count(Term.id)).where(
        Term.academic_year_id == school_class.academic_year_id,
        Term.kind == school_class.term_kind,
        Term.starts_on <= day,
        Term.ends_on >= day,
        Term.closed_at <= now(),
    )
    row = db.execute(
        select(
            latest.scalar_subquery().label("before"),
            soonest.scalar_subquery().label("after"),
            closed.scalar_subquery().label("closed"),
        )
    ).one()
    return row.before, row.after, bool(row.closed)


def _pupils(db: Session, school_class: ClassCard, day: date) -> Sequence[Any]:
    return db.execute(
        select(Person.id, Person.last_name, Person.first_name)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == school_class.id, in_force(Enrollment, day))
        .order_by(Person.name_key, Person.id)
    ).all()


def _members(db: Session, groups: Collection[UUID], day: date) -> Mapping[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {group: set() for group in groups}
    for row in db.execute(
        select(PupilGroupMembership.pupil_group_id, PupilGroupMembership.person_id).where(
            PupilGroupMembership.pupil_group_id.in_(groups), in_force(PupilGroupMembership, day)
        )
    ):
        found[row.pupil_group_id].add(row.person_id)
    return found


def _noted(
    db: Session, school_class: ClassCard, day: date, lessons: Collection[UUID]
) -> Mapping[tuple[UUID, UUID], tuple[str, int | None]]:
    return {
        (row.lesson_id, row.pupil_id): (row.code, row.minutes)
        for row in db.execute(
            select(
                JournalAttendance.lesson_id,
                JournalAttendance.pupil_id,
                JournalAttendance.code,
                JournalAttendance.minutes,
            ).where(
                JournalAttendance.organization_id == school_class.organization_id,
                JournalAttendance.academic_year_id == school_class.academic_year_id,
                JournalAttendance.day == day,
                JournalAttendance.lesson_id.in_(lessons),
            )
        )
    }


def _announced(db: Session, school_class: ClassCard, day: date) -> Mapping[UUID, Sequence[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in db.execute(
        select(JournalAbsence.pupil_id, JournalAbsence.code, JournalAbsence.state)
        .join(
            Enrollment,
            and_(
                Enrollment.person_id == JournalAbsence.pupil_id,
                Enrollment.school_class_id == school_class.id,
                in_force(Enrollment, day),
            ),
        )
        .where(
            JournalAbsence.organization_id == school_class.organization_id,
            JournalAbsence.academic_year_id == school_class.academic_year_id,
            JournalAbsence.state.in_(("announced", "confirmed")),
            JournalAbsence.first_day <= day,
            JournalAbsence.last_day >= day,
        )
        .order_by(JournalAbsence.state, JournalAbsence.id)
    ):
        found.setdefault(row.pupil_id, []).append(row)
    return found


def _line(
    pupil: Any,
    lessons: Sequence[Any],
    members: Mapping[UUID, set[UUID]],
    noted: Mapping[tuple[UUID, UUID], tuple[str, int | None]],
    announced: Sequence[Any],
    settings: JournalSettings,
) -> DayPupil:
    codes = settings.codes
    latest = announced[-1] if announced else None
    expected = latest.code if latest is not None and latest.state == "confirmed" else ""
    cells: list[DayCell | None] = []
    missed = late = 0
    for lesson in lessons:
        if lesson.pupil_group_id and pupil.id not in members[lesson.pupil_group_id]:
            cells.append(None)
            continue
        code, minutes = noted.get((lesson.id, pupil.id), ("", None))
        known = codes.get(code)
        absent = bool(code) and (known is None or known.absent)
        missed += absent
        late += minutes or 0
        cells.append(
            DayCell(
                lesson=lesson.id,
                code=cell_text(code, minutes, ()),
                title=known.shown_title if known else code,
                absent=absent,
                expected="" if code else expected,
            )
        )
    return DayPupil(
        id=pupil.id,
        name=f"{pupil.last_name} {pupil.first_name}",
        cells=cells,
        missed=missed,
        late_minutes=late,
        announced=latest.code if latest is not None else "",
        awaits=latest is not None and latest.state == "announced",
    )
