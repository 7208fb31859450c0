"""The page of marks from former schools beside a journal page: what is taken in, what a file offers, typing one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.errors import Invalid, PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.plain_forms import WishForm
from plugins.journal.access import MARK, VIEW, Opened, open_page
from plugins.journal.external.in_files import ExternalMark, offered
from plugins.journal.external.listed import list_external
from plugins.journal.external.models import YEAR_KIND
from plugins.journal.external.taking import remove, take, take_from_file
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.lessons.pages import day_of
from plugins.journal.terms.proposals import TOP_OF_SCHOOL

FORM = RequestEncodingType.URL_ENCODED
FIRST_MARKED = 2
"""The first grade that may end with marks."""

HERE = "/journal/{page_id:uuid}/external"


@dataclass
class ExternalForm:
    """A mark of a former school, typed: of a day, a term by its number, the year, an earlier grade (`10.1`)."""

    pupil: str = ""
    value: str = ""
    term: str = ""
    day: str = ""
    weight: str = "1"
    work: str = ""
    source: str = ""


@dataclass
class FileForm:
    """Whose file is to be taken."""

    pupil: str = ""


@get(HERE, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def external(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
) -> Page:
    """Marks from former schools."""
    return _show(request, actor, database, page_id, ExternalForm())


def _show(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    typed: ExternalForm,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        span = (page.terms[0].starts_on, page.terms[-1].ends_on) if page.terms else None
        pupils = read_pupils(db, page, *span) if span else []
        lines = list_external(db, page)
        may_mark = page.may_mark and actor.can(MARK)
        there = {(each.pupil, each.day, each.value) for each in lines}
        files = [
            (each, sum((each.pupil, mark.day, mark.value) not in there for mark in each.marks))
            for each in (offered(db, page) if may_mark else [])
        ]
    return render(
        request,
        "journal/external.html",
        status=error.status if error else 200,
        page=page,
        pupils=[(str(each.id), each.name) for each in pupils],
        terms=_periods(page),
        lines=lines,
        files=[(each, new) for each, new in files if new],
        may_mark=may_mark,
        typed=typed,
        message=f"{error.message} {error.advice}" if error else "",
        errors=defaultdict(str, error.fields if error else {}),
    )


def _period(data: ExternalForm) -> dict[str, Any]:
    """What a typed mark is for."""
    grade, _dot, half = data.term.rpartition(".")
    if not data.term:
        return {"day": day_of(data.day)}
    if half == YEAR_KIND:
        return {"year": True, "grade": _number(grade)}
    return {"half_year": _number(half), "grade": _number(grade)} if grade else {"term": _number(half)}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else None


def _periods(page: Opened) -> list[tuple[str, str]]:
    """What a mark may be for, to choose from: terms, the year, the grade before; with half-years if they count."""
    grade = page.grade_level or 0
    found = [(str(term.number), term.name) for term in page.terms]
    found.append((YEAR_KIND, _("Год: предмет завершён в прежней школе")))
    if grade >= TOP_OF_SCHOOL:
        for half in (1, 2):
            told = _("%(grade)s класс, %(half)s полугодие") % {"grade": grade - 1, "half": half}
            found.append((f"{grade - 1}.{half}", told))
    if grade > FIRST_MARKED:
        found.append((f"{grade - 1}.{YEAR_KIND}", _("%s класс, год") % (grade - 1)))
    return found


def _pupil(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        words = _("Выберите ученика из списка.")
        raise Invalid(_("Ученик не выбран."), advice=words, fields={"pupil": words}) from None


@post(HERE, guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def external_typed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Annotated[ExternalForm, Body(media_type=FORM)],
) -> Page:
    """Write a mark of a former school; the form comes back with its errors."""
    try:
        weight = data.weight.strip()
        mark = ExternalMark(
            value=data.value.strip().casefold(),
            **_period(data),
            weight=int(weight) if weight.isdecimal() and len(weight) < 4 else 0,
            work=data.work,
            source=data.source,
        )
        with database.transaction() as db:
            if not take(db, actor, page_id, _pupil(data.pupil), [mark]):
                words = _("Такая отметка уже записана.")
                raise Invalid(words, fields={"value": words})
    except PortalError as error:
        return _show(request, actor, database, page_id, data, error)
    return redirect(f"/journal/{page_id}/external?done=yes")


@post(HERE + "/file", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def external_from_file(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: Annotated[FileForm, Body(media_type=FORM)],
) -> Page:
    """Take in what a pupil's file tells."""
    try:
        with database.transaction() as db:
            take_from_file(db, actor, page_id, _pupil(data.pupil))
    except PortalError as error:
        return _show(request, actor, database, page_id, ExternalForm(), error)
    return redirect(f"/journal/{page_id}/external?done=yes")


@post(
    HERE + "/{external_mark_id:uuid}/remove",
    guards=[needs(MARK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def external_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    external_mark_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take a mark out."""
    with database.transaction() as db:
        remove(db, actor, page_id, external_mark_id)
    return redirect(f"/journal/{page_id}/external?done=removed")


external_page_routes: list[Any] = [external, external_typed, external_from_file, external_removed]
