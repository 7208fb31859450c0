"""The page where homework is copied to parallel classes, with what it would land on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.pages import Page, redirect, render
from core.web.plain_forms import faults
from plugins.journal.access import EDIT, open_page
from plugins.journal.homework.copying import copies_of_files, copy_homework, copy_targets
from plugins.journal.homework.links import links_of
from plugins.journal.homework.materials import HOMEWORK_FILES, files_about
from plugins.journal.homework.pages import FORM, HOMEWORK
from plugins.journal.lessons.lessons import read_lesson

Typed = Annotated[dict[str, Any], Body(media_type=FORM)]


@get(HOMEWORK + "/copy", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def copy_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Page:
    """Parallel classes to choose, each with the lesson that the homework would land on."""
    with database.reading(fresh=True) as db:
        return _show(db, request, actor, page_id, lesson_id, {})


def _show(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    typed: dict[str, Any],
    wrong: PortalError | None = None,
) -> Page:
    page = open_page(db, actor, page_id)
    lesson = read_lesson(db, actor, page, lesson_id)
    return render(
        request,
        "journal/homework_copy.html",
        page=page,
        lesson=lesson,
        links=links_of(lesson.homework_links),
        files=files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id]).get(lesson_id, []),
        targets=[
            (
                each,
                [
                    (
                        one.id,
                        _("%(day)s, %(number)s-й урок")
                        % {"day": show_short_day(one.day), "number": one.number}
                        + (f": {one.homework[:60]}" if one.homework else ""),
                    )
                    for one in each.lessons
                ],
                str(typed.get(f"lesson:{each.page_id}", each.lands_on)),
            )
            for each in copy_targets(db, actor, page, lesson_id)
        ],
        chosen=_pages(typed),
        replace=bool(typed.get("replace")),
        **faults(wrong),
    )


def _pages(typed: dict[str, Any]) -> Sequence[str]:
    given: Any = typed.get("page", [])
    return [str(each) for each in given] if isinstance(given, list) else [str(given)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _lessons(typed: dict[str, Any]) -> list[UUID]:
    try:
        return [UUID(str(typed.get(f"lesson:{each}", ""))) for each in _pages(typed)]
    except ValueError:
        raise Invalid(_("Задание не скопировано."), advice=_("Выберите урок из списка.")) from None


@post(HOMEWORK + "/copy", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def copied(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Copy to the classes that are ticked; with errors the form comes back as it was typed."""
    try:
        lessons = _lessons(data)
        with database.reading() as db:
            files = copies_of_files(db, actor, page_id, lesson_id, lessons)
        with database.transaction() as db:
            copy_homework(
                db, actor, page_id, lesson_id, lessons, replace=bool(data.get("replace")), files=files
            )
    except (Invalid, Conflict) as wrong:
        with database.reading(fresh=True) as db:
            return _show(db, request, actor, page_id, lesson_id, data, wrong)
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/homework?done=copied")


homework_copy_routes: list[Any] = [copy_form, copied]
