"""JSON routes under `/api/v1/journal`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from core.database.engine import Database
from core.errors import Invalid
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import current_locale
from plugins.journal.access import EDIT, MARK, VIEW, Opened, PageTerm, open_page
from plugins.journal.cells import set_cell
from plugins.journal.changes import ChangedCells, changed_cells
from plugins.journal.gradebook import read_gradebook
from plugins.journal.history import CellCard, CellMark, cell_card, set_comment
from plugins.journal.journal_pages import PageLine, begin_page, list_pages
from plugins.journal.lessons import Lesson, LessonChange, add_lesson, change_lesson, read_lesson
from plugins.journal.marks import average_text
from plugins.journal.stored_cells import SavedCell

TAGS = ["journal"]
LARGEST_VERSION = 2**31 - 1


class CellIn(msgspec.Struct, frozen=True, kw_only=True):
    """What to write into a cell.

    `was` is the text the writer saw; with it, a cell changed by somebody else is not overwritten (409).
    `key` makes a repeated request safe; the header `Idempotency-Key` does the same.
    """

    lesson: UUID
    pupil: UUID
    value: Annotated[str, Meta(max_length=200, examples=["5", "4/5", "н", "н 4"])]
    was: str | None = None
    key: Annotated[str, Meta(max_length=64, pattern=r"^[!-~]*$")] = ""


class PageIn(msgspec.Struct, frozen=True, kw_only=True):
    """Of what a journal page is to be begun: a subject, and a class or a pupil group."""

    subject: UUID
    school_class: UUID | None = None
    pupil_group: UUID | None = None


class LessonIn(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that is not in the timetable. `number` counts the lessons of the day."""

    day: date
    number: Annotated[int, Meta(ge=0, le=15)]
    control_kind: Annotated[str, Meta(max_length=24)] = ""


class CommentIn(msgspec.Struct, frozen=True, kw_only=True):
    """A comment to a mark; empty to take it back."""

    comment: Annotated[str, Meta(max_length=2000)]


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class PupilOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a page: `cells` by lesson id, empty cells left out."""

    id: UUID
    name: str
    cells: dict[str, str]
    average: str


class LessonOut(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a page."""

    id: UUID
    day: date
    number: int
    topic: str
    homework: str
    homework_minutes: int | None
    control_kind: str
    status: str


class PageOut(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page in one term."""

    id: UUID
    subject: str
    title: str
    version: int
    may_mark: bool
    term: PageTerm | None
    terms: Sequence[PageTerm]
    lessons: Sequence[LessonOut]
    pupils: Sequence[PupilOut]


def separator() -> str:
    """What stands before the hundredths of an average in the visitor's language."""
    return "," if current_locale.get() == "ru" else "."


def chosen_term(page: Opened, term: str, today: date) -> PageTerm | None:
    """The term asked for by its number, else the present one. Raises `Invalid` for an unknown one."""
    if not term:
        return page.term_on(today)
    found = next((each for each in page.terms if str(each.number) == term), None)
    if found is None:
        raise Invalid("Такого учебного периода нет.", advice="Выберите период из списка.")
    return found


@get("/api/v1/journal/pages", guards=[needs(VIEW)], sync_to_thread=True, tags=TAGS)
def pages_list(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[PageLine]:
    """Страницы журнала этого учебного года, которые вам доступны."""
    with database.reading() as db:
        return list_pages(db, actor)


@post("/api/v1/journal/pages", guards=[needs(EDIT)], sync_to_thread=True, tags=TAGS)
def page_begin(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[PageIn]
) -> Created:
    """Завести страницу журнала: предмет в классе или группе."""
    with database.transaction() as db:
        return Created(id=begin_page(db, actor, data.subject, data.school_class, data.pupil_group))


@get("/api/v1/journal/pages/{page_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, tags=TAGS)
def page_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    term: FromQuery[str] = "",
) -> PageOut:
    """Страница журнала за учебный период; `term` – номер периода, без него – текущий."""
    with database.reading() as db:
        page = open_page(db, actor, page_id)
        book = read_gradebook(db, page, chosen_term(page, term, school_today(actor)))
    ids = [str(lesson.id) for lesson in book.lessons]
    return PageOut(
        id=page.id,
        subject=page.subject,
        title=page.title,
        version=page.version,
        may_mark=page.may_mark,
        term=book.term,
        terms=page.terms,
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
                cells={ids[column]: text for column, text in sorted(each.cells.items())},
                average=average_text(each.weighted_sum, each.weights, separator()),
            )
            for each in book.pupils
        ],
    )


@get("/api/v1/journal/pages/{page_id:uuid}/cells", guards=[needs(VIEW)], sync_to_thread=True, tags=TAGS)
def cells_changed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    since: Annotated[FromQuery[int], Meta(ge=0, le=LARGEST_VERSION)] = 0,
) -> ChangedCells:
    """Клетки, изменившиеся после версии `since`."""
    with database.reading(fresh=True) as db:
        return changed_cells(db, actor, page_id, since, separator())


@put(
    "/api/v1/journal/pages/{page_id:uuid}/cells",
    guards=[needs(MARK)],
    sync_to_thread=True,
    tags=TAGS,
    opt={"repeatable": "a cell remembers the key of its latest change, which is cheaper"},
)
def cell_set(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[CellIn],
) -> SavedCell:
    """Записать в клетку отметки и посещаемость: `5`, `4/5`, `н`, `оп`, `зач`, `н 4`; пусто – стереть.

    409 – клетку уже изменил другой: `fields.text` – что там сейчас, `fields.author` – кто записал.
    """
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


@get(
    "/api/v1/journal/pages/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=TAGS,
)
def cell_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
) -> CellCard:
    """Клетка: отметки, их виды работ, вес, комментарии и история изменений."""
    with database.reading(fresh=True) as db:
        return cell_card(db, actor, open_page(db, actor, page_id), lesson_id, pupil_id)


@put(
    "/api/v1/journal/pages/{page_id:uuid}/marks/{mark_id:uuid}/comment",
    guards=[needs(MARK)],
    sync_to_thread=True,
    tags=TAGS,
)
def comment_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    mark_id: FromPath[UUID],
    data: JSONBody[CommentIn],
) -> CellMark:
    """Написать комментарий к отметке; его видит семья. Пусто – убрать."""
    with database.transaction() as db:
        return set_comment(db, actor, page_id, mark_id, data.comment)


@get(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=TAGS,
)
def lesson_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Lesson:
    """Урок: тема, домашнее задание, вид работы."""
    with database.reading(fresh=True) as db:
        return read_lesson(db, actor, open_page(db, actor, page_id), lesson_id)


@put(
    "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=TAGS,
)
def lesson_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[LessonChange],
) -> Lesson:
    """Записать тему, домашнее задание, вид работы; что не названо, остаётся как было."""
    with database.transaction() as db:
        return change_lesson(db, actor, page_id, lesson_id, data)


@post("/api/v1/journal/pages/{page_id:uuid}/lessons", guards=[needs(EDIT)], sync_to_thread=True, tags=TAGS)
def lesson_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[LessonIn],
) -> Created:
    """Добавить урок, которого нет в расписании."""
    with database.transaction() as db:
        return Created(id=add_lesson(db, actor, page_id, data.day, data.number, data.control_kind))


api_routes: list[Any] = [
    pages_list,
    page_begin,
    page_read,
    cells_changed,
    cell_set,
    cell_read,
    comment_set,
    lesson_read,
    lesson_change,
    lesson_add,
]
