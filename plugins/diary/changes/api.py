"""Absences of teachers, substitutions and the day's list for programs, under `/api/v1/diary`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.changes.absences import (
    AbsenceIn,
    ShownAbsence,
    change_absence,
    enter_absence,
    list_absences,
    read_absence,
    remove_absence,
)
from plugins.diary.changes.choosing import read_options
from plugins.diary.changes.covering import LessonProposal, propose
from plugins.diary.changes.day_list import ChangedLesson, changes_of_days
from plugins.diary.changes.hit_lessons import HitLesson, hit_lessons
from plugins.diary.changes.option import Option
from plugins.diary.changes.override import Override
from plugins.diary.changes.overriding import override, undo
from plugins.diary.lessons import TIMETABLE
from plugins.diary.school_days import day_named
from plugins.diary.timetable import EDIT

ABSENCES = "/api/v1/diary/absences"
ABSENCE = ABSENCES + "/{teacher_absence_id:uuid}"
LESSON = "/api/v1/diary/lessons/{planned_lesson_id:uuid}"
MOST_AT_ONCE = 200


class AbsenceMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was entered."""

    id: Annotated[UUID, Meta(description="Ключ записи об отсутствии.")]


class AbsenceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An absence as it is to be; the teacher stays the same."""

    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    first_number: Annotated[int | None, Meta(description="С какого урока первого дня; null – с начала.")] = (
        None
    )
    last_number: Annotated[int | None, Meta(description="По какой урок последнего дня; null – до конца.")] = (
        None
    )
    reason: Annotated[str, Meta(max_length=16, description="Вид причины, как при записи.")] = "other"
    note: Annotated[str, Meta(max_length=2000, description="Заметка. До 500 знаков.")] = ""
    version: Annotated[int, Meta(description="Версия, которую вы видели; 0 – не сверять.")] = 0
    give_back: Annotated[
        bool,
        Meta(description="Вернуть учителю уроки с сегодняшнего дня, которых отсутствие больше не касается."),
    ] = True


class AbsenceOut(msgspec.Struct, frozen=True, kw_only=True):
    """An absence with the lessons it hits."""

    absence: Annotated[ShownAbsence, Meta(description="Запись об отсутствии.")]
    lessons: Annotated[list[HitLesson], Meta(description="Уроки, которых оно касается, по порядку.")]


class OptionsOut(msgspec.Struct, frozen=True, kw_only=True):
    """What may become of a lesson."""

    changed: Annotated[bool, Meta(description="Урок уже изменён: его можно вернуть по расписанию.")]
    stamp: Annotated[str, Meta(description="Метка урока: передайте её с изменением.")]
    teacher_away: Annotated[bool, Meta(description="Учитель этого урока отсутствует.")]
    options: Annotated[list[Option], Meta(description="Варианты, лучшие первыми; пусто у отменённого урока.")]


class OverrideOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one lesson among several."""

    lesson_id: Annotated[UUID, Meta(description="Ключ урока расписания.")]
    override: Annotated[Override, Meta(description="Что с ним сделать.")]


class OverridesIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of several lessons, all or none."""

    overrides: Annotated[
        list[OverrideOf], Meta(max_length=MOST_AT_ONCE, description="Изменения: все вместе или ни одного.")
    ]


class ChangesOut(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the timetable on a day."""

    day: date
    lessons: Annotated[Sequence[ChangedLesson], Meta(description="Изменённые уроки по порядку.")]


@get(
    ABSENCES,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Отсутствия учителей",
    description="Которые идут сейчас и будут; видят те, кто меняет расписание.",
    responses=problems(),
)
def absences_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    past: Annotated[bool, QueryParameter(description="И прошедшие за 30 дней.")] = False,
) -> list[ShownAbsence]:
    """Who is away."""
    with database.reading(fresh=True) as db:
        return list_absences(db, actor, past=past)


@post(
    ABSENCES,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Записать отсутствие учителя",
    description="409 – учитель в эти дни уже отсутствует или учебный год в архиве.",
    responses=problems(404, 409, 422),
)
def absence_enter(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[AbsenceIn]
) -> AbsenceMade:
    """Enter an absence."""
    with database.transaction() as db:
        return AbsenceMade(id=enter_absence(db, actor, data))


@get(
    ABSENCE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Отсутствие учителя и его уроки",
    description="Все уроки, которых оно касается: решённые и открытые.",
    responses=problems(404),
)
def absence_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
) -> AbsenceOut:
    """One absence."""
    with database.reading(fresh=True) as db:
        found = read_absence(db, actor, teacher_absence_id)
        lessons = hit_lessons(db, actor.organization_id, found.lessons_missed)
        return AbsenceOut(absence=found, lessons=lessons)


@put(
    ABSENCE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=204,
    summary="Изменить отсутствие учителя",
    description="И закончить его раньше. 409 – запись уже изменили или учитель в эти дни уже отсутствует.",
    responses=problems(404, 409, 422),
)
def absence_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
    data: JSONBody[AbsenceChange],
) -> None:
    """Change an absence."""
    wanted = AbsenceIn(
        teacher_id=teacher_absence_id,
        first_day=data.first_day,
        last_day=data.last_day,
        first_number=data.first_number,
        last_number=data.last_number,
        reason=data.reason,
        note=data.note,
    )
    with database.transaction() as db:
        change_absence(db, actor, teacher_absence_id, wanted, version=data.version, give_back=data.give_back)


@delete(
    ABSENCE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать отсутствие учителя",
    description="Будто его не было. 409 – запись уже изменили или уроки вернуть нельзя.",
    responses=problems(404, 409, 422),
)
def absence_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
    version: Annotated[int, QueryParameter(description="Версия, которую вы видели; 0 – не сверять.")] = 0,
    give_back: Annotated[
        bool, QueryParameter(description="Вернуть учителю уроки с сегодняшнего дня.")
    ] = True,
) -> None:
    """Take an absence back."""
    with database.transaction() as db:
        remove_absence(db, actor, teacher_absence_id, version=version, give_back=give_back)


@get(
    ABSENCE + "/proposals",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Разложить уроки отсутствующего учителя",
    description="Лучшие варианты для всех открытых уроков ближайших двух недель, согласованные между собой.",
    responses=problems(404),
)
def absence_proposals(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
) -> list[LessonProposal]:
    """The best ways out for all open lessons."""
    with database.reading(fresh=True) as db:
        return propose(db, actor, teacher_absence_id)


@get(
    LESSON + "/options",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Чем заменить урок",
    description="Свободные учителя по порядку предпочтения, объединение подгрупп, переносы, отмена.",
    responses=problems(404),
)
def lesson_options(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    planned_lesson_id: FromPath[UUID],
) -> OptionsOut:
    """What may become of a lesson."""
    with database.reading(fresh=True) as db:
        found = read_options(db, actor, planned_lesson_id)
    return OptionsOut(
        changed=found.changed, stamp=found.stamp, teacher_away=found.teacher_away, options=found.options
    )


@post(
    LESSON + "/override",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=204,
    summary="Изменить урок на один день",
    description="Замена, перенос, отмена, другой кабинет. 409 – урок уже изменили или так уже нельзя.",
    responses=problems(404, 409, 422),
)
def lesson_override(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    planned_lesson_id: FromPath[UUID],
    data: JSONBody[Override],
) -> None:
    """Change one lesson."""
    with database.transaction() as db:
        override(db, actor, [(planned_lesson_id, data)])


@delete(
    LESSON + "/override",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Вернуть урок по расписанию",
    description="409 – урок уже изменили, его место или учитель заняты.",
    responses=problems(404, 409, 422),
)
def lesson_restore(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    planned_lesson_id: FromPath[UUID],
    stamp: Annotated[str, QueryParameter(description="Метка урока; пусто – не сверять.")] = "",
) -> None:
    """Undo the change of one lesson."""
    with database.transaction() as db:
        undo(db, actor, planned_lesson_id, stamp=stamp)


@post(
    "/api/v1/diary/overrides",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=204,
    summary="Изменить несколько уроков",
    description="Все вместе или ни одного. 409 – какой-то урок уже изменили или так уже нельзя.",
    responses=problems(404, 409, 422),
)
def lessons_override(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[OverridesIn]
) -> None:
    """Change several lessons."""
    with database.transaction() as db:
        override(db, actor, [(each.lesson_id, each.override) for each in data.overrides])


@get(
    "/api/v1/diary/changes",
    guards=[needs(TIMETABLE)],
    sync_to_thread=True,
    summary="Изменения в расписании на день",
    description="Замены, переносы, отмены в школе действующей роли; без причин.",
    responses=problems(422),
)
def changes_of_day(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: Annotated[str | None, QueryParameter(description="День, ГГГГ-ММ-ДД; без него – сегодня.")] = None,
) -> ChangesOut:
    """What differs on a day."""
    asked = day_named(day) if day else school_today(actor)
    with database.reading(fresh=True) as db:
        found = changes_of_days(db, actor.organization_id, asked, asked)
    return ChangesOut(day=asked, lessons=found.get(asked, ()))


changes_api_routes: list[Any] = [
    absences_list,
    absence_enter,
    absence_read,
    absence_change,
    absence_remove,
    absence_proposals,
    lesson_options,
    lesson_override,
    lesson_restore,
    lessons_override,
    changes_of_day,
]
