"""Absences announced by families: the family's page, and the one where the school answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

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
from plugins.journal.access import ANNOUNCE, EXPLAIN, VIEW_OWN
from plugins.journal.attendance import announcing, deciding
from plugins.journal.attendance.announcing import Announcement
from plugins.journal.attendance.reach import reasons
from plugins.journal.attendance.tabs import tabs
from plugins.journal.lessons.pages import day_of
from plugins.journal.settings import settings_of

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
FORM = RequestEncodingType.URL_ENCODED


@dataclass
class AnswerForm:
    """What the school answers."""

    step: str = ""
    answer: str = ""


@get("/absences", guards=[needs(VIEW_OWN)], sync_to_thread=True, include_in_schema=False)
def family(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """What the family has announced; a guardian finds the form here."""
    with database.reading() as db:
        return _family(db, request, actor, dict(request.query_params), None)


def _family(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    typed: Mapping[str, Any],
    wrong: PortalError | None,
) -> Page:
    may_announce = actor.can(ANNOUNCE)
    return render(
        request,
        "journal/absences.html",
        status=wrong.status if wrong else 200,
        typed=defaultdict(str, typed),
        wrong=wrong,
        errors=defaultdict(str, wrong.fields if wrong else {}),
        may_announce=may_announce,
        children=announcing.children(db, actor) if may_announce else [],
        codes=[code for code in reasons(settings_of(db, actor)) if code.category != "unexcused"],
        absences=deciding.family_absences(db, actor),
        today=school_today(actor),
    )


@post("/absences", guards=[needs(ANNOUNCE)], sync_to_thread=True, include_in_schema=False)
def announce(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    data: Typed,
) -> Page:
    """Announce an absence; with errors the form comes back as it was typed."""
    try:
        told = _announcement(data)
        files = received(portal.files, data)
        with database.transaction() as db:
            announcing.announce(db, actor, told, files)
    except PortalError as wrong:
        with database.reading(fresh=True) as db:
            return _family(db, request, actor, data, wrong)
    return redirect("/absences?done=yes")


def _announcement(typed: Mapping[str, Any]) -> Announcement:
    try:
        pupil = UUID(str(typed.get("pupil", "")))
    except ValueError:
        words = _("Выберите ребёнка.")
        raise Invalid(_("Сообщение не отправлено."), advice=words, fields={"pupil": words}) from None
    first = day_of(str(typed.get("first_day", "")))
    last = str(typed.get("last_day", "")).strip()
    return Announcement(
        pupil=pupil,
        first_day=first,
        last_day=day_of(last) if last else first,
        code=str(typed.get("code", "")),
        comment=str(typed.get("comment", "")),
    )


@post(
    "/absences/{absence_id:uuid}/withdraw",
    guards=[needs(ANNOUNCE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def withdraw(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    absence_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take an announcement back."""
    with database.transaction() as db:
        announcing.withdraw(db, actor, absence_id)
    return redirect(f"/absences?done=withdrawn#a{absence_id.hex}")


@get("/journal/absences", guards=[needs(EXPLAIN)], sync_to_thread=True, include_in_schema=False)
def school(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lessons: FromQuery[str] = "",
) -> Page:
    """What families have announced, what waits for an answer first."""
    with database.reading() as db:
        return _school(
            db, request, actor, recoded=int(lessons) if lessons.isascii() and lessons.isdigit() else None
        )


def _school(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    *,
    recoded: int | None = None,
    wrong: PortalError | None = None,
    about: UUID | None = None,
    typed: str = "",
) -> Page:
    return render(
        request,
        "journal/school_absences.html",
        status=wrong.status if wrong else 200,
        absences=deciding.school_absences(db, actor),
        recoded=recoded,
        wrong=wrong,
        about=about,
        answer_error=(wrong.fields.get("answer") or wrong.message) if wrong else "",
        typed=typed,
        tabs=tabs(actor, "/journal/absences"),
    )


@post(
    "/journal/absences/{absence_id:uuid}",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    include_in_schema=False,
)
def answer(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    absence_id: FromPath[UUID],
    data: Annotated[AnswerForm, Body(media_type=FORM)],
) -> Page:
    """Confirm or refuse an announced absence."""
    try:
        with database.transaction() as db:
            if data.step == "refuse":
                deciding.refuse(db, actor, absence_id, data.answer)
                return redirect("/journal/absences?done=refused")
            lessons = deciding.confirm(db, actor, absence_id, data.answer)
    except Invalid as wrong:
        with database.reading(fresh=True) as db:
            return _school(db, request, actor, wrong=wrong, about=absence_id, typed=data.answer)
    return redirect(f"/journal/absences?done=confirmed&lessons={lessons}")


absence_page_routes: list[Any] = [family, announce, withdraw, school, answer]
