"""The page that shows how far all journal pages are with their plans."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, render
from plugins.journal.access import VIEW
from plugins.journal.papers.giving_out import asked_for, given_out_at, list_file
from plugins.journal.topics.forms import id_of
from plugins.journal.topics.progress import (
    LAGGING,
    NO_PLAN,
    ProgressAsked,
    ProgressLine,
    chosen,
    progress,
    progress_rows,
)


@get("/journal/plans/progress", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def progress_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    school_class: FromQuery[str] = "",
    show: FromQuery[str] = "",
) -> Page:
    """Hours given of hours planned, by page; the greatest lag first."""
    asked = _asked(teacher, subject, school_class, show)
    with database.reading() as db:
        everything = progress(db, actor)
    lines = chosen(everything, asked)
    return render(
        request,
        "journal/plan_progress.html",
        lines=lines,
        total=len(everything),
        teachers=_teachers(everything),
        subjects=sorted({(str(line.subject_id), line.subject) for line in everything}, key=lambda it: it[1]),
        classes=list(dict.fromkeys(line.page.split(", ")[0] for line in everything)),
        states=[(LAGGING, _("Отстают")), (NO_PLAN, _("Без плана"))],
        teacher=teacher,
        subject=subject,
        school_class=school_class,
        show=show,
        query=request.url.query,
        with_plan=sum(1 for line in lines if line.plan_id),
        lagging=sum(1 for line in lines if line.lag > 0),
    )


def _asked(teacher: str, subject: str, school_class: str, state: str) -> ProgressAsked:
    return ProgressAsked(
        teacher_id=id_of(teacher, "teacher"),
        subject_id=id_of(subject, "subject"),
        class_name=school_class,
        state=state,
    )


def _teachers(lines: list[ProgressLine]) -> list[tuple[str, str]]:
    found = {
        str(teacher_id): name
        for line in lines
        for teacher_id, name in zip(line.teacher_ids, line.teachers, strict=True)
    }
    return sorted(found.items(), key=lambda each: each[1])


@given_out_at("/journal/plans/progress", VIEW)
def progress_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    school_class: FromQuery[str] = "",
    show: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as a spreadsheet or a paper."""
    title = _("Выполнение планов")
    with database.transaction() as db:
        lines = chosen(progress(db, actor), _asked(teacher, subject, school_class, show))
        sheets = [(title, list(progress_rows(lines)))]
        return list_file(db, actor, asked_for(request), "journal.plan_progress", title, sheets, len(lines))


progress_routes: list[Any] = [progress_page, *progress_file]
