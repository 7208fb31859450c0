"""JSON routes of attendance, under `/api/v1/journal`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.errors import Invalid
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import ATTEND, EXPLAIN, SHEET, VIEW, open_page
from plugins.journal.attendance import recoding
from plugins.journal.attendance.absence_api import Changed, Made, absence_api_routes
from plugins.journal.attendance.absent import Sheet, absent_sheet
from plugins.journal.attendance.class_day import ClassDay, read_class_day
from plugins.journal.attendance.expected import ExpectedAbsence, expected_at_lessons
from plugins.journal.attendance.noting import Code, Noted, call_roll, set_attendance, set_day
from plugins.journal.attendance.recoding import Period, Preview, RecodingLine
from plugins.journal.attendance.statistics import Statistics, Unexplained, count_attendance, unexplained


class NoteIn(msgspec.Struct, frozen=True, kw_only=True):
    """What to note about a pupil at a lesson; the marks of the cell stay."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    code: Annotated[Code, Meta(max_length=40)]
    was: Annotated[
        str | None,
        Meta(
            description="Какой код был прочитан. Если там уже другой, ответ – 409 и ничего не меняется. null – "
            "записать, что бы там ни стояло."
        ),
    ] = None


class DayIn(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil absent the whole day."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    day: date
    code: Annotated[
        str, Meta(max_length=16, description="Код пропуска: «н», «б»; пусто – снять отметки этого дня.")
    ]


class RecodingIn(Period, frozen=True, kw_only=True):
    """A period to recode, and on what grounds."""

    basis: Annotated[str, Meta(max_length=1000, description="Основание: справка, заявление. До 300 знаков.")]


First = Annotated[date, QueryParameter(description="Первый день периода.")]
Last = Annotated[date, QueryParameter(description="Последний день, включительно.")]
OneClass = Annotated[UUID | None, QueryParameter(description="Ключ класса; без него – все доступные.")]


@get(
    "/api/v1/journal/classes/{class_id:uuid}/days/{day:date}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="День класса",
    description="Ученики и уроки одного дня по всем предметам и подгруппам. Учитель видит свои уроки.",
    responses=problems(404),
)
def class_day_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    day: FromPath[date],
) -> ClassDay:
    """A class's day."""
    with database.reading(fresh=True) as db:
        return read_class_day(db, actor, class_id, day)


@get(
    "/api/v1/journal/pages/{page_id:uuid}/terms/{number:int}/expected-absences",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Кого не будет на уроках",
    description="О ком семья сообщила, а школа подтвердила, на уроках периода, где ещё ничего не отмечено.",
    responses=problems(404),
)
def expected_absences(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    number: Annotated[int, PathParameter(description="Который период в году, считая с 1.")],
) -> list[ExpectedAbsence]:
    """Absences expected at the lessons of a term."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        return expected_at_lessons(db, page, page.term_numbered(number))


@put(
    "/api/v1/journal/attendance",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    summary="Отметить посещаемость",
    description=(
        "Код посещаемости одного ученика на одном уроке; отметки в клетке остаются. 409 – период закрыт, ученика не "
        "было в списке или код уже изменил другой: тогда `fields.text` – что там сейчас, `fields.author` – кто."
    ),
    responses=problems(404, 409, 422),
    opt={"repeatable": "a cell remembers the key of its latest change, which is cheaper"},
)
def attendance_set(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: JSONBody[NoteIn],
) -> Noted:
    """Note a pupil's attendance of a lesson."""
    key = request.headers.get("idempotency-key", "")
    with database.transaction() as db:
        return set_attendance(db, actor, data.lesson, data.pupil, data.code, was=data.was, request_key=key)


@put(
    "/api/v1/journal/attendance/days",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    summary="Отметить весь день",
    description=(
        "Код встаёт во все уроки ученика в этот день, которые вы отмечаете; клетки с отметками остаются. 409 – "
        "период закрыт или таких уроков нет."
    ),
    responses=problems(404, 409, 422),
)
def day_set(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[DayIn]
) -> Changed:
    """Note a pupil as absent the whole day."""
    with database.transaction() as db:
        return Changed(lessons=set_day(db, actor, data.pupil, data.day, data.code))


@put(
    "/api/v1/journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    status_code=204,
    summary="Перекличка проведена",
    description="У кого кода нет, тот был на уроке. Без этого урок без кодов считается неотмеченным.",
    responses=problems(404, 409, 422),
)
def roll_called(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> None:
    """Say that the roll has been called."""
    with database.transaction() as db:
        call_roll(db, actor, class_id, lesson_id)


@delete(
    "/api/v1/journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call",
    guards=[needs(ATTEND)],
    sync_to_thread=True,
    summary="Снять отметку о перекличке",
    description="Урок без кодов снова считается неотмеченным.",
    responses=problems(404, 409, 422),
)
def roll_uncalled(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> None:
    """Take a roll call back."""
    with database.transaction() as db:
        call_roll(db, actor, class_id, lesson_id, done=False)


@get(
    "/api/v1/journal/absent",
    guards=[needs(SHEET)],
    sync_to_thread=True,
    summary="Отсутствующие за день",
    description="По классам: сколько по списку, кто пропускал уроки и почему, где ещё ничего не отмечено.",
    responses=problems(),
)
def absent_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    day: Annotated[date | None, QueryParameter(description="День; без него – сегодня.")] = None,
) -> Sheet:
    """Who is absent."""
    with database.reading(fresh=True) as db:
        return absent_sheet(db, actor, day or school_today(actor))


@get(
    "/api/v1/journal/attendance",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Статистика посещаемости",
    description="Пропущенные уроки и дни по причинам и опоздания, по классам и ученикам.",
    responses=problems(422),
)
def attendance_count(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: First,
    last: Last,
    school_class: OneClass = None,
) -> Statistics:
    """Attendance counted."""
    with database.reading() as db:
        return count_attendance(db, actor, first, last, school_class)


@get(
    "/api/v1/journal/attendance/unexplained",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Пропуски без причины",
    description="У каких учеников причина пропусков ещё не указана.",
    responses=problems(422),
)
def attendance_unexplained(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: First,
    last: Last,
    school_class: OneClass = None,
) -> list[Unexplained]:
    """Absences without a reason."""
    if last < first:
        raise Invalid("Такого периода нет.", advice="Последний день не может быть раньше первого.")
    with database.reading() as db:
        return unexplained(db, actor, first, last, school_class)


@get(
    "/api/v1/journal/recodings",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    summary="Указанные причины пропусков",
    description="Последние 50 за этот учебный год, новые первыми.",
    responses=problems(),
)
def recodings_list(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[RecodingLine]:
    """What has been recoded."""
    with database.reading(fresh=True) as db:
        return recoding.list_recodings(db, actor, school_today(actor))


@post(
    "/api/v1/journal/recodings/preview",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=200,
    summary="Что изменит указание причины",
    description="Ничего не меняет: считает уроки, в которых встанет код причины.",
    responses=problems(404, 409, 422),
)
def recoding_preview(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[Period]
) -> Preview:
    """What a recoding would change."""
    with database.reading(fresh=True) as db:
        return recoding.preview(db, actor, data)


@post(
    "/api/v1/journal/recodings",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    summary="Указать причину пропусков",
    description=(
        "Во всех пропусках ученика за период встаёт код причины. 409 – период закрыт или менять нечего."
    ),
    responses=problems(404, 409, 422),
)
def recoding_make(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[RecodingIn]
) -> Made:
    """Give absences their reason."""
    with database.transaction() as db:
        made = recoding.recode(db, actor, data, data.basis)
        assert made is not None  # noqa: S101 -- without an announcement, nothing to recode is a refusal
        return Made(id=made)


@post(
    "/api/v1/journal/recodings/{recoding_id:uuid}/undo",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    status_code=200,
    summary="Отменить указание причины",
    description="Возвращает прежние коды, все или ни одного. 409 – клетки с тех пор меняли или уже отменено.",
    responses=problems(404, 409, 422),
)
def recoding_undo(
    actor: NamedDependency[Actor], database: NamedDependency[Database], recoding_id: FromPath[UUID]
) -> Changed:
    """Put the codes back."""
    with database.transaction() as db:
        return Changed(lessons=recoding.undo(db, actor, recoding_id))


attendance_api_routes: list[Any] = [
    class_day_read,
    expected_absences,
    attendance_set,
    day_set,
    roll_called,
    roll_uncalled,
    absent_read,
    attendance_count,
    attendance_unexplained,
    recodings_list,
    recoding_preview,
    recoding_make,
    recoding_undo,
    *absence_api_routes,
]
