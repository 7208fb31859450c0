"""What the drawer of a journal page shows of lessons: one, or a new one. Without scripts, pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, redirect, render
from core.web.plain_forms import faults
from plugins.journal.access import EDIT, VIEW, Opened, open_page
from plugins.journal.control_works.calendar import warnings_about
from plugins.journal.grid.history import lesson_history
from plugins.journal.grid.restoring import restore_lesson
from plugins.journal.homework.items import ItemSearch, chosen_items, look_for, minutes_of
from plugins.journal.homework.load import DayLoad, day_load
from plugins.journal.lessons.forms import LessonForm, NewLessonForm, RestoreForm
from plugins.journal.lessons.lessons import (
    LAST_NUMBER,
    LONGEST_HOMEWORK,
    LONGEST_TOPIC,
    Lesson,
    add_lesson,
    read_lesson,
)
from plugins.journal.topics.writing import Proposal, accept, proposal, write_lesson

FORM = RequestEncodingType.URL_ENCODED


def wants_part(request: Request[Any, Any, Any]) -> bool:
    """Whether a script of ours asks for the piece that goes into a drawer."""
    return bool(request.headers.get("hx-request"))


@get(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def lesson_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Page:
    """A lesson: topic, homework, kind of work, history; a drawer, or a page without scripts."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        lines = lesson_history(db, lesson_id)
        offered = proposal(db, page, lesson) if lesson.may_edit else None
        load = day_load(db, page, lesson_id, lesson.homework_minutes)
        search = look_for(db, actor, page, "")
        warnings = warnings_about(db, page, lesson_id, lesson.control_kind)
    return _show_lesson(
        request, page, lesson, lines, offered=offered, load=load, search=search, warnings=warnings
    )


@get(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/library",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def library_searched(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    find: FromQuery[str] = "",
    chosen: FromQuery[list[str] | None] = None,
) -> Page:
    """What the content library has for the lesson, while it is typed; with `chosen`, what was ticked before."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        search = look_for(db, actor, page, find)
        ticked = chosen_items(db, actor, page, lesson.homework_items, chosen or ())
    return fragment(request, "journal/library_found.html", search=search, chosen=[], ticked=ticked)


@post(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def lesson_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[LessonForm, Body(media_type=FORM)],
) -> Page:
    """Save what was typed about a lesson; the form comes back with its errors, and after a step in the library."""
    if data.step:
        return _lesson_again(request, actor, database, page_id, lesson_id, data)
    try:
        with database.transaction() as db:
            write_lesson(db, actor, page_id, lesson_id, data.change())
    except (Invalid, Conflict) as error:
        return _lesson_again(request, actor, database, page_id, lesson_id, data, error)
    if not wants_part(request):
        return redirect(f"/journal/{page_id}")
    return _lesson_saved(request, actor, database, page_id, lesson_id)


def _lesson_saved(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        lines = lesson_history(db, lesson_id)
        load = day_load(db, page, lesson_id, lesson.homework_minutes)
        search = look_for(db, actor, page, "")
        warnings = warnings_about(db, page, lesson_id, lesson.control_kind)
    return _show_lesson(
        request,
        page,
        lesson,
        lines,
        saved=error is None,
        error=error,
        load=load,
        search=search,
        warnings=warnings,
    )


@post(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/topic",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def topic_accepted(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Page:
    """Write what the plan has for the lesson: topic, homework, kind of work."""
    try:
        with database.transaction() as db:
            accept(db, actor, page_id, lesson_id)
    except Conflict as error:
        return _lesson_saved(request, actor, database, page_id, lesson_id, error)
    if not wants_part(request):
        return redirect(f"/journal/{page_id}/lessons/{lesson_id}")
    return _lesson_saved(request, actor, database, page_id, lesson_id)


@post(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/restore",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def lesson_restored(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[RestoreForm, Body(media_type=FORM)],
) -> Page:
    """Take a change of the lesson back."""
    try:
        with database.transaction() as db:
            restore_lesson(db, actor, page_id, lesson_id, data.record)
    except (Invalid, Conflict) as error:
        return _lesson_saved(request, actor, database, page_id, lesson_id, error)
    if not wants_part(request):
        return redirect(f"/journal/{page_id}/lessons/{lesson_id}")
    return _lesson_saved(request, actor, database, page_id, lesson_id)


def _lesson_again(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    data: LessonForm,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        stored = read_lesson(db, actor, page, lesson_id)
        items, ids = stored.homework_items, data.items
        if ids is not None:
            items = chosen_items(db, actor, page, items, ids)
        search = look_for(db, actor, page, data.find)
        lines = lesson_history(db, lesson_id)
        load = day_load(db, page, lesson_id, stored.homework_minutes)
        warnings = warnings_about(db, page, lesson_id, data.control_kind)
    typed = msgspec.structs.replace(
        stored,
        topic=data.topic[:LONGEST_TOPIC],
        homework=data.homework[:LONGEST_HOMEWORK],
        homework_links=stored.homework_links if data.homework_links is None else data.homework_links[:4000],
        homework_items=items,
        control_kind=data.control_kind,
    )
    return _show_lesson(
        request,
        page,
        typed,
        lines,
        error=error,
        minutes=data.homework_minutes[:10] or (minutes_of(items) if data.step else "") or "",
        search=search,
        load=load,
        warnings=warnings,
    )


def _show_lesson(
    request: Request[Any, Any, Any],
    page: Opened,
    lesson: Lesson,
    lines: Any,
    *,
    saved: bool = False,
    error: PortalError | None = None,
    minutes: str | int | None = None,
    search: ItemSearch | None = None,
    offered: Proposal | None = None,
    load: DayLoad | None = None,
    warnings: Sequence[str] = (),
) -> Page:
    return part_or_page(
        request,
        "journal/lesson_part.html",
        "journal/lesson.html",
        page=page,
        lesson=lesson,
        offered=offered,
        load=load,
        search=search,
        warnings=warnings,
        offered_kind=page.settings.kinds.get(offered.control_kind) if offered else None,
        minutes=minutes if minutes is not None else lesson.homework_minutes or "",
        kinds=[
            (kind.code, f"{kind.shown_title} ({kind.letter}, ×{kind.weight})")
            for kind in page.settings.kinds.values()
        ],
        history=lines,
        saved=saved,
        **faults(error),
    )


@get(
    "/journal/{page_id:uuid}/lessons/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def new_lesson_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
) -> Page:
    """The form to add a lesson by hand."""
    with database.reading() as db:
        page = open_page(db, actor, page_id)
    return _show_new_lesson(request, page, NewLessonForm(day=school_today(actor).isoformat(), number="1"))


@post(
    "/journal/{page_id:uuid}/lessons/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False
)
def new_lesson_save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Annotated[NewLessonForm, Body(media_type=FORM)],
) -> Page:
    """Add a lesson; the form comes back with its errors."""
    try:
        number = int(data.number) if data.number.strip().isdecimal() and len(data.number) < 4 else -1
        with database.transaction() as db:
            add_lesson(db, actor, page_id, day_of(data.day), number, data.control_kind)
            page = open_page(db, actor, page_id)
    except (Invalid, Conflict) as error:
        with database.reading(fresh=True) as db:
            page = open_page(db, actor, page_id)
        return _show_new_lesson(request, page, data, error)
    term = page.term_on(day_of(data.day))
    return redirect(f"/journal/{page_id}" + (f"?term={term.number}" if term else ""))


def _show_new_lesson(
    request: Request[Any, Any, Any], page: Opened, typed: NewLessonForm, error: PortalError | None = None
) -> Page:
    return part_or_page(
        request,
        "journal/new_lesson_part.html",
        "journal/new_lesson.html",
        page=page,
        typed=typed,
        kinds=[(kind.code, kind.shown_title) for kind in page.settings.kinds.values()],
        last_number=LAST_NUMBER,
        **faults(error),
    )


def part_or_page(request: Request[Any, Any, Any], part: str, whole: str, **context: Any) -> Page:
    """The piece for the drawer if a script of ours asks, else the page around it."""
    return fragment(request, part, **context) if wants_part(request) else render(request, whole, **context)


def day_of(text: str) -> date:
    """A day as a form sends it. Raises `Invalid` for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        sentence = _("Укажите день, например 23.11.2026.")
        raise Invalid(_("Такого дня нет."), advice=sentence, fields={"day": sentence}) from None


lesson_page_routes: list[Any] = [
    lesson_form,
    lesson_save,
    library_searched,
    topic_accepted,
    lesson_restored,
    new_lesson_form,
    new_lesson_save,
]
