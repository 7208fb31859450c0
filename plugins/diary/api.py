"""The diary and the timetable for programs, under `/api/v1`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.capabilities import HomeworkItem, MarkCriterion
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.diary.classes import title_of_choice
from plugins.diary.lessons import TIMETABLE
from plugins.diary.planned import ShownLesson, lessons_of_class, lessons_of_teacher
from plugins.diary.pupils import VIEW
from plugins.diary.school_days import day_named, monday_of
from plugins.diary.term_marks import PupilTermMarks, pupil_term_marks
from plugins.diary.week import WeekDay, WeekLine, pupil_week

Week = Annotated[
    str | None, QueryParameter(description="Любой день недели, ГГГГ-ММ-ДД; без него – текущая неделя.")
]
Number = Annotated[int, Meta(description="Который урок в этот день, считая с 1.")]
Status = Annotated[
    str,
    Meta(
        description="`planned` – по расписанию, `substituted` – замена, `moved` – перенесён, `cancelled` – отменён."
    ),
]
Note = Annotated[str, Meta(description="Пояснение к замене или отмене; может быть пусто.")]
PlannedSubject = Annotated[
    str, Meta(description="Предмет, который стоял в расписании; пусто, если его не меняли.")
]
PlannedTeacher = Annotated[
    str, Meta(description="Учитель, который стоял в расписании; пусто, если его не меняли.")
]


class MarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a lesson."""

    value: Annotated[str, Meta(description="Отметка: `5`, `зач`, `•` – долг.")]
    is_retake: Annotated[bool, Meta(description="Пересдача отметки, которая стоит перед ней.")]
    work: Annotated[str, Meta(description="За какую работу; пусто у обычного ответа.")]
    comment: Annotated[str, Meta(description="Комментарий учителя; пусто, если его нет.")]
    criteria: Annotated[
        Sequence[MarkCriterion],
        Meta(description="Баллы по критериям работы; стоят у первой отметки урока."),
    ] = ()
    source: Annotated[str, Meta(description="Прежняя школа, которая поставила отметку; пусто у своих.")] = ""


class RemarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the teacher said at a lesson."""

    kind: Annotated[str, Meta(description="`praise` – похвала, `remark` – замечание.")]
    text: Annotated[str, Meta(description="Слова учителя.")]


class GivenFileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with homework."""

    id: Annotated[UUID, Meta(description="Ключ файла: он лежит по адресу `/files/{id}`.")]
    name: Annotated[str, Meta(description="Имя файла.")]


class GivenOut(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of homework."""

    text: Annotated[str, Meta(description="Текст задания; может быть пуст.")]
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт; null, если не указано.")]
    own: Annotated[bool, Meta(description="Задано этому ученику отдельно от класса.")]
    links: Annotated[list[str], Meta(description="Ссылки к заданию.")]
    files: Annotated[list[GivenFileOut], Meta(description="Файлы к заданию.")]
    items: Annotated[list[HomeworkItem], Meta(description="Материалы библиотеки к заданию, по порядку.")]
    url: Annotated[str, Meta(description="Страница задания; пусто, если она вам не открыта.")]
    state: Annotated[str, Meta(description="Что стало с работой, словами; пусто – ещё не сдана.")]


class DiaryLessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a pupil's day. `id` is missing for what the timetable does not know."""

    id: Annotated[
        UUID | None, Meta(description="Ключ урока; null, если в расписании его нет, а в журнале есть.")
    ]
    number: Annotated[int, Meta(description="Который урок в этот день; 0, если в расписании его нет.")]
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    subject: str
    teacher: str
    room: str
    group: str
    status: Status
    note: Note
    planned_subject: PlannedSubject
    planned_teacher: PlannedTeacher
    topic: str
    homework: str
    given: Annotated[
        list[GivenOut], Meta(description="Что задано к уроку: задание класса и отдельные задания ученику.")
    ]
    absence: Annotated[
        str, Meta(description="Код посещаемости: `н`, `б`, `оп`; пусто, если отметки о ней нет.")
    ]
    absence_title: Annotated[str, Meta(description="Что значит код: «Болел».")]
    marks: Annotated[list[MarkOut], Meta(description="Отметки за урок.")]
    remarks: Annotated[list[RemarkOut], Meta(description="Похвала и замечания учителя.")]
    exempt: Annotated[
        str,
        Meta(
            description="`exempt` – ученик освобождён от урока, `apart` – учится этому предмету отдельно от класса; "
            "пусто – занимается с классом."
        ),
    ] = ""


class DiaryDayOut(msgspec.Struct, frozen=True, kw_only=True):
    """A day; `day_off` is `holidays`, `holiday`, `weekend`, or empty for an ordinary school day."""

    day: date
    day_off: Annotated[
        str,
        Meta(
            description="Почему нет уроков: `holidays` – каникулы, `holiday` – праздник, `weekend` – выходной; "
            "пусто – учебный день."
        ),
    ]
    day_off_name: Annotated[str, Meta(description="Название праздника; пусто в другой день.")]
    holidays_until: Annotated[
        date | None, Meta(description="Последний день каникул, ГГГГ-ММ-ДД; null, если это не каникулы.")
    ]
    lessons: Annotated[list[DiaryLessonOut], Meta(description="Уроки по порядку.")]


class DiaryWeekOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's week from Monday to Saturday."""

    pupil_id: UUID
    pupil: Annotated[str, Meta(description="Фамилия, имя и отчество ученика.")]
    school_class_id: UUID
    school_class: str
    monday: date
    days: Annotated[list[DiaryDayOut], Meta(description="Дни с понедельника по субботу.")]


class TimetableLessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of a class or a teacher."""

    id: UUID
    day: date
    number: Number
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    subject: str
    teacher_id: Annotated[UUID | None, Meta(description="Ключ учителя; null, если он не назначен.")]
    teacher: str
    school_class_id: Annotated[UUID | None, Meta(description="Ключ класса; null у группы из разных классов.")]
    school_class: Annotated[str, Meta(description="Название класса; пусто у группы из разных классов.")]
    pupil_group_id: Annotated[UUID | None, Meta(description="Ключ группы; null, если урок у всего класса.")]
    group: str
    room: str
    status: Status
    note: Note
    planned_subject: PlannedSubject
    planned_teacher: PlannedTeacher
    planned_room: Annotated[
        str, Meta(description="Кабинет, который стоял в расписании; пусто, если его не меняли.")
    ]


class TimetableOut(msgspec.Struct, frozen=True, kw_only=True):
    """The week of a class or a teacher from Monday to Saturday."""

    title: Annotated[str, Meta(description="Чьё расписание: название класса или имя учителя.")]
    monday: date
    lessons: Annotated[
        list[TimetableLessonOut], Meta(description="Уроки с понедельника по субботу, по порядку.")
    ]


@get(
    "/api/v1/diary/pupils/{pupil_id:uuid}/week",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Неделя ученика",
    description=(
        "Уроки, домашние задания, отметки и пропуски. Ученик видит свою неделю, родитель – своих детей, классный "
        "руководитель – своего класса, завуч и директор – любого ученика школы."
    ),
    responses=problems(404, 422),
)
def week_of_pupil(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    week: Annotated[
        str | None,
        QueryParameter(
            description="Любой день недели, ГГГГ-ММ-ДД; без него – текущая, а в её выходные – следующая."
        ),
    ] = None,
) -> DiaryWeekOut:
    """A pupil's week with lessons, homework, marks and absences."""
    with database.reading() as db:
        found, _circle = pupil_week(db, actor, pupil_id, day_named(week) if week else None)
    return DiaryWeekOut(
        pupil_id=found.pupil.id,
        pupil=found.pupil.full_name,
        school_class_id=found.pupil.school_class_id,
        school_class=found.pupil.class_name,
        monday=found.monday,
        days=[_day_out(day) for day in found.days],
    )


def _day_out(day: WeekDay) -> DiaryDayOut:
    return DiaryDayOut(
        day=day.day,
        day_off=day.off.kind,
        day_off_name=day.off.name,
        holidays_until=day.off.until,
        lessons=[_line_out(line) for line in day.lines],
    )


def _line_out(line: WeekLine) -> DiaryLessonOut:
    return DiaryLessonOut(
        id=line.lesson_id,
        number=line.number,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        subject_id=line.subject_id,
        subject=line.subject,
        teacher=line.teacher,
        room=line.room,
        group=line.group,
        status=line.status,
        note=line.note,
        planned_subject=line.planned_subject,
        planned_teacher=line.planned_teacher,
        topic=line.topic,
        homework=line.homework,
        given=[
            GivenOut(
                text=each.text,
                minutes=each.minutes,
                own=each.own,
                links=list(each.links),
                files=[GivenFileOut(id=file.id, name=file.name) for file in each.files],
                items=list(each.items),
                url=each.url,
                state=each.state,
            )
            for each in line.given
        ],
        absence=line.absence,
        absence_title=line.absence_title,
        marks=[
            MarkOut(
                value=mark.value,
                is_retake=mark.is_retake,
                work=mark.work,
                comment=mark.comment,
                criteria=mark.criteria,
                source=mark.source,
            )
            for mark in line.marks
        ],
        remarks=[RemarkOut(kind=each.kind, text=each.text) for each in line.remarks],
        exempt=line.exemption.kind if line.exemption else "",
    )


@get(
    "/api/v1/diary/pupils/{pupil_id:uuid}/term-marks",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отметки ученика за периоды и год",
    description="Этого учебного года. Видно тем же, кому и неделя.",
    responses=problems(404),
)
def term_marks_of_pupil(
    actor: NamedDependency[Actor], database: NamedDependency[Database], pupil_id: FromPath[UUID]
) -> PupilTermMarks:
    """A pupil's marks of terms and of the year."""
    with database.reading() as db:
        return pupil_term_marks(db, actor, pupil_id)[0]


@get(
    "/api/v1/timetable/classes/{school_class_id:uuid}",
    guards=[needs(TIMETABLE)],
    sync_to_thread=True,
    summary="Расписание класса на неделю",
    description="Уроки с заменами, переносами и отменами. Класс – своей школы.",
    responses=problems(404, 422),
)
def timetable_of_class(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class_id: FromPath[UUID],
    week: Week = None,
) -> TimetableOut:
    """The lessons of a class of the acting school in a week."""
    monday = monday_of(day_named(week) if week else school_today(actor))
    with database.reading() as db:
        title = title_of_choice(db, actor, school_class_id, None)
        lessons = lessons_of_class(
            db, actor.organization_id, school_class_id, monday, monday + timedelta(days=5)
        )
    return TimetableOut(title=title, monday=monday, lessons=[_lesson_out(each) for each in lessons])


@get(
    "/api/v1/timetable/teachers/{teacher_id:uuid}",
    guards=[needs(TIMETABLE)],
    sync_to_thread=True,
    summary="Расписание учителя на неделю",
    description="Уроки с заменами, переносами и отменами. Только уроки в своей школе.",
    responses=problems(404, 422),
)
def timetable_of_teacher(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_id: FromPath[UUID],
    week: Week = None,
) -> TimetableOut:
    """The lessons of a teacher in the acting school in a week."""
    monday = monday_of(day_named(week) if week else school_today(actor))
    with database.reading() as db:
        title = title_of_choice(db, actor, None, teacher_id)
        lessons = lessons_of_teacher(
            db, actor.organization_id, teacher_id, monday, monday + timedelta(days=5)
        )
    return TimetableOut(title=title, monday=monday, lessons=[_lesson_out(each) for each in lessons])


def _lesson_out(each: ShownLesson) -> TimetableLessonOut:
    lesson = each.lesson
    return TimetableLessonOut(
        id=lesson.id,
        day=lesson.day,
        number=lesson.number,
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
        subject_id=lesson.subject_id,
        subject=each.subject,
        teacher_id=lesson.teacher_id,
        teacher=each.teacher,
        school_class_id=lesson.school_class_id,
        school_class=each.class_name,
        pupil_group_id=lesson.pupil_group_id,
        group=each.group_name,
        room=lesson.room,
        status=lesson.status,
        note=each.note,
        planned_subject=each.planned_subject,
        planned_teacher=each.planned_teacher,
        planned_room=each.planned_room,
    )


api_routes: list[Any] = [week_of_pupil, term_marks_of_pupil, timetable_of_class, timetable_of_teacher]
