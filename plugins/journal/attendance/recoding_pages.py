"""The page where a period's absences get their reason at one stroke: first what would change, then the change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.identity.sessions import school_today
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, redirect, render
from core.web.plain_forms import WishForm
from core.web.uploads import received
from plugins.journal.access import EXPLAIN
from plugins.journal.attendance import recoding
from plugins.journal.attendance.reach import absent_codes, pupils_of
from plugins.journal.attendance.recoding import Period, Preview
from plugins.journal.attendance.tabs import tabs
from plugins.journal.lessons.pages import day_of
from plugins.journal.settings import settings_of

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/journal/recodings", guards=[needs(EXPLAIN)], sync_to_thread=True, include_in_schema=False)
def recodings(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form, what it would change once it is filled in, and what has been done."""
    asked = dict(request.query_params)
    with database.reading() as db:
        seen: Preview | None = None
        wrong: PortalError | None = None
        if asked.get("code"):
            try:
                seen = recoding.preview(db, actor, _period(asked))
            except PortalError as error:
                wrong = error
        return _page(db, request, actor, asked, seen, wrong)


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    typed: Mapping[str, Any],
    seen: Preview | None,
    wrong: PortalError | None,
) -> Page:
    today = school_today(actor)
    settings = settings_of(db, actor)
    pupils = pupils_of(db, actor, EXPLAIN, today)
    return render(
        request,
        "journal/recodings.html",
        status=wrong.status if wrong else 200,
        typed=defaultdict(str, typed),
        seen=seen,
        wrong=wrong,
        errors=defaultdict(str, wrong.fields if wrong else {}),
        pupils=pupils,
        by_class=[(name, list(each)) for name, each in groupby(pupils, lambda pupil: pupil.class_name)],
        code_options=[(code.code, code.shown_title) for code in absent_codes(settings)],
        titles=defaultdict(str, {code.code: code.shown_title for code in settings.codes.values()}),
        lines=recoding.list_recodings(db, actor, today),
        today=today,
        tabs=tabs(actor, "/journal/recodings"),
    )


def _period(typed: Mapping[str, Any]) -> Period:
    """What was typed. Raises `Invalid` for days or a pupil that are none."""
    try:
        pupil = UUID(str(typed.get("pupil", "")))
    except ValueError:
        words = _("Выберите ученика из списка.")
        raise Invalid(_("Ученик не выбран."), advice=words, fields={"pupil": words}) from None
    return Period(
        pupil=pupil,
        first_day=day_of(str(typed.get("first_day", ""))),
        last_day=day_of(str(typed.get("last_day", ""))),
        code=str(typed.get("code", "")),
        explained=typed.get("explained") == "true",
    )


@post("/journal/recodings", guards=[needs(EXPLAIN)], sync_to_thread=True, include_in_schema=False)
def recode(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    data: Typed,
) -> Page:
    """Give the absences of the period their reason; with errors the form comes back as it was typed."""
    try:
        period = _period(data)
        with database.reading() as db:
            recoding.preview(db, actor, period)
        files = received(portal.files, data)
        with database.transaction() as db:
            recoding.recode(db, actor, period, str(data.get("basis", "")), files)
    except PortalError as error:
        with database.reading(fresh=True) as db:
            seen: Preview | None = None
            if "basis" in error.fields or "file" in error.fields:
                seen = recoding.preview(db, actor, _period(data))
            return _page(db, request, actor, data, seen, error)
    return redirect("/journal/recodings?done=yes")


@post(
    "/journal/recodings/{recoding_id:uuid}/undo",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    include_in_schema=False,
)
def undo(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    recoding_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Put the codes back."""
    with database.transaction() as db:
        recoding.undo(db, actor, recoding_id)
    return redirect("/journal/recodings?done=undone")


recoding_page_routes: list[Any] = [recodings, recode, undo]
