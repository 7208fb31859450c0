"""JSON routes under `/api/v1/journal`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import current_locale
from plugins.journal.access import EDIT, MARK, VIEW, PageTerm, chosen_term, open_page
from plugins.journal.grid.api import history_api_routes
from plugins.journal.grid.cell_text import average_text
from plugins.journal.grid.cells import CellWrite, set_cell
from plugins.journal.grid.changes import ChangedCells, changed_cells
from plugins.journal.grid.gradebook import read_gradebook
from plugins.journal.grid.history import CellCard, CellMark, cell_card, set_comment
from plugins.journal.grid.many_cells import ManyCells, set_cells
from plugins.journal.grid.stored_cells import CellLesson, CellPupil, SavedCell, Version
from plugins.journal.lessons.journal_pages import PageLine, begin_page, list_pages
from plugins.journal.lessons.lessons import (
    Lesson,
    LessonChange,
    Number,
    Status,
    add_lesson,
    read_lesson,
)
from plugins.journal.scales import MarkScale
from plugins.journal.topics.writing import write_lesson

LARGEST_VERSION = 2**31 - 1
MOST_CELLS = 500


class CellIn(msgspec.Struct, frozen=True, kw_only=True):
    """What to write into a cell.

    `was` is the text the writer saw; with it, a cell changed by somebody else is not overwritten (409).
    `key` makes a repeated request safe; the header `Idempotency-Key` does the same.
    """

    lesson: CellLesson
    pupil: CellPupil
    value: Annotated[
        str,
        Meta(
            max_length=200,
            examples=["5", "4/5", "н", "н 4"],
            description="Отметки через дробь и код посещаемости: `5`, `4/5`, `зач`, `н`, `н 4`; пусто – стереть.",
        ),
    ]
    was: Annotated[
        str | None,
        Meta(
            description="Что стояло в клетке, когда её прочитали. Если там уже другое, ответ – 409 и ничего не "
            "меняется. null – записать, что бы там ни стояло."
        ),
    ] = None
    key: Annotated[
        str,
        Meta(
            max_length=64,
            pattern=r"^[!-~]*$",
            description="Свой ключ изменения: повтор с ним ничего не меняет. То же, что заголовок "
            "`Idempotency-Key`, но помнится, пока клетку не изменят снова.",
        ),
    ] = ""


class CellsIn(msgspec.Struct, frozen=True, kw_only=True):
    """Cells to be written at one stroke."""

    cells: Annotated[
        list[CellIn], Meta(min_length=1, max_length=MOST_CELLS, description="Клетки одной страницы, до 500.")
    ]


class PageIn(msgspec.Struct, frozen=True, kw_only=True):
    """Of what a journal page is to be begun: a subject, and a class or a pupil group."""

    subject: Annotated[UUID, Meta(description="Ключ предмета.")]
    school_class: Annotated[
        UUID | None,
        Meta(
            description="Ключ класса; null, если страница группы.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None
    pupil_group: Annotated[
        UUID | None, Meta(description="Ключ группы учеников; null, если страница класса.")
    ] = None


class LessonIn(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that is not in the timetable. `number` counts the lessons of the day."""

    day: date
    number: Annotated[int, Meta(ge=0, le=15, description="Который урок в этот день.")]
    control_kind: Annotated[
        str, Meta(max_length=24, description="Код вида работы из настроек журнала; пусто – обычный урок.")
    ] = ""


class CommentIn(msgspec.Struct, frozen=True, kw_only=True):
    """A comment to a mark; empty to take it back."""

    comment: Annotated[
        str, Meta(max_length=2000, description="Текст до 1000 знаков; пусто – убрать.", examples=["Молодец!"])
    ]


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class PupilOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a page: `cells` by lesson id, empty cells left out."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и имя.")]
    cells: Annotated[
        dict[str, str], Meta(description="Непустые клетки строки: ключ урока → что в клетке, «н 4/5».")
    ]
    average: Annotated[
        str, Meta(description="Средневзвешенный балл за период: «4,44»; пусто, если отметок нет.")
    ]


class LessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a page."""

    id: UUID
    day: date
    number: Number
    topic: str
    homework: str
    homework_minutes: int | None
    control_kind: str
    status: Status


class PageOut(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page in one term."""

    id: UUID
    subject: str
    title: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    version: Version
    may_mark: Annotated[bool, Meta(description="Вам можно ставить здесь отметки.")]
    term: Annotated[
        PageTerm | None, Meta(description="Учебный период, за который показана страница; null, если их нет.")
    ]
    terms: Annotated[Sequence[PageTerm], Meta(description="Все периоды этого года.")]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]
    lessons: Annotated[Sequence[LessonOut], Meta(description="Уроки периода: столбцы страницы.")]
    pupils: Annotated[Sequence[PupilOut], Meta(description="Ученики: строки страницы.")]


def separator() -> str:
    """What stands before the hundredths of an average in the visitor's language."""
    return "," if current_locale.get() == "ru" else "."


@get(
    "/api/v1/journal/pages",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Страницы журнала",
    description="Предметы в классах и группах этого учебного года, которые вам доступны.",
    responses=problems(),
)
def pages_list(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[PageLine]:
    """The pages of this academic year in reach."""
    with database.reading() as db:
        return list_pages(db, actor)


@post(
    "/api/v1/journal/pages",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Завести страницу журнала",
    description=(
        "Предмет в классе или в группе – что-то одно. 409 – такая страница уже есть; 403 – предмет здесь ведёт "
        "другой учитель."
    ),
    responses=problems(404, 409, 422),
)
def page_begin(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[PageIn]
) -> Created:
    """Begin a page: a subject in a class or a group."""
    with database.transaction() as db:
        return Created(id=begin_page(db, actor, data.subject, data.school_class, data.pupil_group))


@get(
    "/api/v1/journal/pages/{page_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Страница журнала за учебный период",
    description=(
        "Уроки, ученики и клетки. `version` ответа передайте в `since` запроса изменившихся клеток, чтобы не "
        "читать страницу снова."
    ),
    responses=problems(404, 422),
)
def page_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    term: Annotated[str, QueryParameter(description="Номер учебного периода; без него – текущий.")] = "",
) -> PageOut:
    """A page in one term, the present one unless another is asked for."""
    with database.reading() as db:
        page = open_page(db, actor, page_id)
        book = read_gradebook(db, page, chosen_term(page.terms, term, school_today(actor)))
    ids = [str(lesson.id) for lesson in book.lessons]
    return PageOut(
        id=page.id,
        subject=page.subject,
        title=page.title,
        version=page.version,
        may_mark=page.may_mark,
        term=book.term,
        terms=page.terms,
        scale=page.scale,
        lessons=[
            LessonOut(
                id=each.id,
                day=each.day,
                number=each.number,
                topic=each.topic,
                homework=each.homework,
                homework_minutes=each.homework_minutes,
                control_kind=each.control_kind,
                status=each.status,
            )
            for each in book.lessons
        ],
        pupils=[
            PupilOut(
                id=each.id,
                name=each.name,
                cells={ids[column]: text for column, text in sorted(each.cells.items()) if text},
                average=average_text(each.weighted_sum, each.weights, separator()),
            )
            for each in book.pupils
        ],
    )


@get(
    "/api/v1/journal/pages/{page_id:uuid}/cells",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Клетки, изменившиеся после версии",
    description=(
        "Что изменилось на странице после версии `since`. Обычно `since` – это `version` прошлого ответа."
    ),
    responses=problems(404, 422),
)
def cells_changed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    since: Annotated[
        int, QueryParameter(ge=0, le=LARGEST_VERSION, description="Версия страницы, которую вы уже видели.")
    ] = 0,
) -> ChangedCells:
    """What has changed since a version."""
    with database.reading(fresh=True) as db:
        return changed_cells(db, actor, page_id, since, separator())


@put(
    "/api/v1/journal/pages/{page_id:uuid}/cells",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Записать клетку",
    description=(
        "Отметки и посещаемость одного ученика на одном уроке, целиком. 409 – период закрыт, урок ещё не прошёл, "
        "ученика не было в списке или клетку уже изменил другой: тогда `fields.text` – что там сейчас, "
        "`fields.author` – кто записал. Решите, что должно стоять, и запишите с новым `was`."
    ),
    responses=problems(404, 409, 422),
    opt={"repeatable": "a cell remembers the key of its latest change, which is cheaper"},
)
def cell_set(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[CellIn],
) -> SavedCell:
    """Write marks and attendance into a cell."""
    key = data.key or request.headers.get("idempotency-key", "")
    with database.transaction() as db:
        return set_cell(
            db,
            actor,
            page_id,
            data.lesson,
            data.pupil,
            data.value,
            was=data.was,
            request_key=key,
            separator=separator(),
        )


@post(
    "/api/v1/journal/pages/{page_id:uuid}/cells",
    guards=[needs(MARK)],
    status_code=200,
    sync_to_thread=True,
    summary="Записать много клеток",
    description=(
        "До 500 клеток страницы одним запросом: столбец, блок из таблицы. Каждая пишется сама по себе: отказ в "
        "одной не мешает другим, о каждой сказано в `results`."
    ),
    responses=problems(404, 409, 422),
)
def cells_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[CellsIn],
) -> ManyCells:
    """Write several cells, each on its own merits."""
    writes = [
        CellWrite(lesson=each.lesson, pupil=each.pupil, value=each.value, was=each.was, key=each.key)
        for each in data.cells
    ]
    with database.transaction() as db:
        return set_cells(db, actor, page_id, writes, separator())


@get(
    "/api/v1/journal/pages/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Клетка целиком",
    description="Отметки, их виды работ, вес, комментарии и история изменений.",
    responses=problems(404),
)
def cell_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
) -> CellCard:
    """A cell with its marks and its history."""
    with database.reading(fresh=True) as db:
        return cell_card(db, actor, open_page(db, actor, page_id), lesson_id, pupil_id)


@put(
    "/api/v1/journal/pages/{page_id:uuid}/marks/{mark_id:uuid}/comment",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Комментарий к отметке",
    description="Его видит семья. 409 – период закрыт.",
    responses=problems(404, 409, 422),
)
def comment_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    mark_id: FromPath[UUID],
    data: JSONBody[CommentIn],
) -> CellMark:
    """Write or take back the comment to a mark."""
    with database.transaction() as db:
        return set_comment(db, actor, page_id, mark_id, data.comment)


@get(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Урок",
    description="Тема, домашнее задание, вид работы.",
    responses=problems(404),
)
def lesson_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Lesson:
    """A lesson of the page."""
    with database.reading(fresh=True) as db:
        return read_lesson(db, actor, open_page(db, actor, page_id), lesson_id)


@put(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить урок",
    description=(
        "Тема, домашнее задание, вид работы. Что не названо, остаётся как было. 409 – период закрыт; 403 – урок "
        "ведёт другой учитель."
    ),
    responses=problems(404, 409, 422),
)
def lesson_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[LessonChange],
) -> Lesson:
    """Write what is named about a lesson."""
    with database.transaction() as db:
        return write_lesson(db, actor, page_id, lesson_id, data)


@post(
    "/api/v1/journal/pages/{page_id:uuid}/lessons",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить урок",
    description="Урок, которого нет в расписании. 409 – такой урок уже есть или период закрыт.",
    responses=problems(404, 409, 422),
)
def lesson_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[LessonIn],
) -> Created:
    """Add a lesson that is not in the timetable."""
    with database.transaction() as db:
        return Created(id=add_lesson(db, actor, page_id, data.day, data.number, data.control_kind))


api_routes: list[Any] = [
    pages_list,
    page_begin,
    page_read,
    cells_changed,
    cell_set,
    cells_set,
    cell_read,
    comment_set,
    lesson_read,
    lesson_change,
    lesson_add,
    *history_api_routes,
]
