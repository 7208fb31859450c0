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
from plugins.journal.access import MARK, VIEW, open_page
from plugins.journal.external.taking import (
    ExternalMark,
    list_external,
    offered,
    remove,
    take,
    take_from_file,
)
from plugins.journal.forms import WishForm
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.lessons.pages import day_of

FORM = RequestEncodingType.URL_ENCODED
HERE = "/journal/{page_id:uuid}/external"


@dataclass
class ExternalForm:
    """A mark of a former school, typed: of a day, or of a term by its number."""

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
        terms=[(str(term.number), term.name) for term in page.terms],
        lines=lines,
        files=[(each, new) for each, new in files if new],
        may_mark=may_mark,
        typed=typed,
        message=f"{error.message} {error.advice}" if error else "",
        errors=defaultdict(str, error.fields if error else {}),
    )


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
            term=int(data.term) if data.term.isdecimal() and len(data.term) < 3 else None,
            day=None if data.term else day_of(data.day),
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
