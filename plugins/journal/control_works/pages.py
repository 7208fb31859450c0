"""The calendar of control works, its file, and the warnings beside the kind of work in a lesson's form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from babel.dates import format_date
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import current_locale, show_short_day
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, render
from plugins.journal.access import EDIT, VIEW, open_page
from plugins.journal.control_works.calendar import (
    ControlWork,
    Month,
    months_around,
    read_month,
    warnings_about,
)
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file


@get("/journal/control-works", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def control_works(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    month: FromQuery[str] = "",
) -> Page:
    """The control works of a month by class and day."""
    with database.reading() as db:
        found = read_month(db, actor, month)
    before, after = months_around(found.first)
    title = format_date(found.first, "LLLL y", locale=current_locale.get())
    return render(
        request,
        "journal/control_works.html",
        month=found,
        title=title,
        classes=_by_class(found),
        before=before,
        after=after,
    )


def _by_class(month: Month) -> list[tuple[str, list[ControlWork]]]:
    classes: dict[str, list[ControlWork]] = {}
    for each in month.works:
        classes.setdefault(each.class_name, []).append(each)
    return list(classes.items())


@given_out_at("/journal/control-works", VIEW)
def control_works_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    month: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as a spreadsheet or a paper."""
    title = _("Контрольные работы")
    with database.transaction() as db:
        found = read_month(db, actor, month)
        sheets = [(title, _rows(found))]
        return list_file(
            db, actor, asked_for(request), "journal.control_works", title, sheets, len(found.works)
        )


def _rows(found: Month) -> list[list[Any]]:
    rows: list[list[Any]] = [
        [_("Класс"), _("День"), _("Урок"), _("Предмет"), _("Подгруппа"), _("Вид работы"), _("Замечание")]
    ]
    rows += [
        [
            each.class_name,
            show_short_day(each.day),
            each.number,
            each.subject,
            each.group,
            each.kind,
            _("больше, чем можно в день") if each.crowded else "",
        ]
        for each in found.works
    ]
    return rows


@get(
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/control-warnings",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def control_warnings(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    control_kind: FromQuery[str] = "",
) -> Page:
    """What speaks against the kind of work just chosen."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        found = warnings_about(db, page, lesson_id, control_kind)
    return fragment(request, "journal/control_warnings.html", warnings=found)


control_work_routes: list[Any] = [control_works, *control_works_file, control_warnings]
