"""Pages of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from markupsafe import Markup

from core.database.engine import Database
from core.errors import Invalid
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations.term_closing import CLOSE
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import current_locale
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, not_modified, page_tag, redirect, render, unchanged
from plugins.journal.access import EDIT, MARK, VIEW, chosen_term, open_page
from plugins.journal.api import separator
from plugins.journal.attendance.pages import attendance_page_routes
from plugins.journal.grid.cell_pages import cell_page_routes
from plugins.journal.grid.former_html import former_html
from plugins.journal.grid.gradebook import read_gradebook, rows_html
from plugins.journal.grid.grid_html import lesson_heads_html, month_heads_html, topics_html
from plugins.journal.lessons.journal_pages import PageLine, begin_page, by_class, list_pages, missing_pages
from plugins.journal.lessons.outside_pages import column_page_routes
from plugins.journal.lessons.pages import lesson_page_routes
from plugins.journal.settings import known_kind
from plugins.journal.terms.class_sheets import sheets_of

FORM = RequestEncodingType.URL_ENCODED
MOST_SWITCHED = 60


@dataclass
class BeginForm:
    """Of what a page is to be begun."""

    subject_id: UUID
    school_class_id: str = ""
    pupil_group_id: str = ""


@get("/journal", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def chooser(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: FromQuery[str] = "",
    whose: FromQuery[str] = "",
) -> Page:
    """Journal pages to choose from, by class; a teacher's own come first."""
    with database.reading() as db:
        lines = list_pages(db, actor)
        missing = missing_pages(db, actor)
    has_own = any(line.mine for line in lines)
    has_others = any(not line.mine for line in lines)
    words = sort_key(q).split()
    shown = [
        line
        for line in lines
        if (whose != "own" or line.mine)
        and all(
            any(key.startswith(word) for key in sort_key(f"{line.title} {line.subject}").split())
            for word in words
        )
    ]
    return render(
        request,
        "journal/chooser.html",
        classes=by_class(shown),
        missing=missing,
        q=q[:100],
        whose=whose,
        total=len(lines),
        shown=len(shown),
        can_choose_own=has_own and has_others,
        sheets=sheets_of(actor, lines),
        may_close_terms=actor.can(CLOSE),
    )


@get("/journal/switch", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def switch(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page: FromQuery[UUID | None] = None,
) -> Page:
    """The list behind the title of a journal page: the same class, the same subject, one's own."""
    with database.reading() as db:
        lines = list_pages(db, actor)
    here = next((line for line in lines if line.id == page), None)
    groups: list[tuple[str, list[PageLine]]] = []
    if here is not None:
        rest = [line for line in lines if line.id != page]
        same_class = [line for line in rest if line.class_name == here.class_name and here.class_name]
        same_subject = [
            line for line in rest if line.subject_id == here.subject_id and line not in same_class
        ]
        groups = [(here.class_name, same_class), (here.subject, same_subject)]
        shown = {line.id for _title, each in groups for line in each}
        groups.append((_("Мои страницы"), [line for line in rest if line.mine and line.id not in shown]))
    else:
        groups = [("", lines[:MOST_SWITCHED])]
    return fragment(request, "journal/switch.html", groups=[group for group in groups if group[1]])


@post("/journal/pages", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def begin(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[BeginForm, Body(media_type=FORM)],
) -> Page:
    """Begin a journal page and open it."""
    with database.transaction() as db:
        page_id = begin_page(db, actor, data.subject_id, _id(data.school_class_id), _id(data.pupil_group_id))
    return redirect(f"/journal/{page_id}")


@get("/journal/{page_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def grid(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    term: FromQuery[str] = "",
    kind: FromQuery[str] = "",
) -> Page:
    """The grid: pupils and lessons of a term, all or those of one kind of work."""
    today = school_today(actor)
    with database.reading(autocommit=True) as db:
        page = open_page(db, actor, page_id)
        chosen = chosen_term(page.terms, term, today)
        kind = known_kind(page.settings, kind)
        closed = tuple(each.is_closed for each in page.terms)
        tag = page_tag(
            request,
            page.id,
            page.version,
            page.roster_stamp,
            page.may_mark,
            page.may_edit,
            chosen,
            kind,
            closed,
            today,
        )
        if unchanged(request, tag):
            return not_modified(tag)
        book = read_gradebook(db, page, chosen, kind)
    locale = current_locale.get()
    open_term = not (chosen and chosen.is_closed)
    substituted = (
        {lesson.id for lesson in book.lessons if lesson.teacher_id == actor.person_id}
        if actor.can(MARK) and not page.may_mark
        else set[UUID]()
    )
    return render(
        request,
        "journal/page.html",
        headers={"etag": tag},
        page=page,
        term=chosen,
        may_mark=open_term and actor.can(MARK) and (page.may_mark or bool(substituted)),
        only_own=bool(substituted),
        may_edit=page.may_edit and actor.can(EDIT),
        months=Markup(month_heads_html(book.lessons, locale)),  # noqa: S704 -- built with escape
        heads=Markup(lesson_heads_html(book, today, locale, substituted)),  # noqa: S704
        rows=Markup(rows_html(book, separator())),  # noqa: S704
        former=Markup(former_html(page.id, book.pupils)),  # noqa: S704
        topics=Markup(topics_html(book, today, locale)),  # noqa: S704
        failing=" ".join(sorted(page.scale.failing)),
        kind=kind,
        kinds=[
            (code, known.shown_title, book.kinds[code])
            for code, known in page.settings.kinds.items()
            if code in book.kinds
        ],
        lesson_count=len(book.lessons),
        pupil_count=len(book.pupils),
        today=today,
        separator=separator(),
    )


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("Такого класса или группы нет."), advice=_("Выберите из списка.")) from None


page_routes: list[Any] = [
    chooser,
    switch,
    begin,
    grid,
    *lesson_page_routes,
    *column_page_routes,
    *cell_page_routes,
    *attendance_page_routes,
]
