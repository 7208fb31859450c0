"""The list of exempt pupils, where a class teacher or a deputy head exempts more of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, cast
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from sqlalchemy import select

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, PortalError
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.pages import Page, redirect, render
from core.web.plain_forms import WishForm
from plugins.journal.access import EXPLAIN, VIEW
from plugins.journal.attendance.reach import ListedPupil, pupils_of
from plugins.journal.attendance.tabs import tabs
from plugins.journal.exemptions.exempting import (
    KINDS,
    Exemption,
    end_exemption,
    exempt,
    subjects_of,
    withdraw_exemption,
)
from plugins.journal.exemptions.listed import ExemptionLine, list_exemptions
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.lessons.pages import day_of
from plugins.journal.papers.giving_out import SUFFIXES, list_file

HERE = "/journal/exemptions"
FORM = RequestEncodingType.URL_ENCODED
Typed = Annotated[dict[str, Any], Body(media_type=FORM)]


@dataclass
class EndForm:
    """The new last day of an exemption."""

    last_day: str = ""


@get(HERE, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def exemptions(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    past: FromQuery[bool] = False,
    file: FromQuery[str] = "",
) -> Any:
    """Who is exempt, as a page or as a file to take out."""
    if file in SUFFIXES:
        with database.transaction() as db:
            lines = list_exemptions(db, actor, school_today(actor), past=past)
            title = _("Освобождённые ученики")
            sheets = [(title, _rows(lines))]
            return list_file(db, actor, file, "journal.exemptions", title, sheets, len(lines))
    with database.reading(fresh=True) as db:
        return _page(db, request, actor, dict(request.query_params), None, past=past)


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    typed: Mapping[str, Any],
    wrong: PortalError | None,
    *,
    past: bool = False,
) -> Page:
    today = school_today(actor)
    pupils: Sequence[ListedPupil] = pupils_of(db, actor, EXPLAIN, today) if actor.can(EXPLAIN) else ()
    chosen = next((each for each in pupils if str(each.id) == typed.get("pupil")), None)
    year = db.scalar(
        select(AcademicYear).where(AcademicYear.id == current_years(actor.acting_role.organization_id, today))
    )
    return render(
        request,
        "journal/exemptions.html",
        status=wrong.status if wrong else 200,
        typed=defaultdict(str, typed),
        chosen_subjects=_several(typed.get("subjects")),
        wrong=wrong,
        errors=defaultdict(str, wrong.fields if wrong else {}),
        pupils=pupils,
        chosen=chosen,
        by_class=[(name, list(each)) for name, each in groupby(pupils, lambda pupil: pupil.class_name)],
        subjects=list(subjects_of(db, actor, chosen.id, today, today).items()) if chosen else [],
        kinds=[(code, str(title)) for code, title in KINDS.items()],
        lines=list_exemptions(db, actor, today, past=past),
        past=past,
        today=today,
        year=year,
        tabs=tabs(actor, HERE),
    )


def _several(value: Any) -> list[str]:
    """The values of a group of boxes: none, one, or a list."""
    if value is None:
        return []
    return [str(each) for each in (cast("list[Any]", value) if isinstance(value, list) else [value])]


def _wanted(typed: Mapping[str, Any]) -> Exemption:
    """What was typed. Raises `Invalid` for days, a pupil or subjects that are none."""
    try:
        pupil = UUID(str(typed.get("pupil", "")))
        subjects = [UUID(each) for each in _several(typed.get("subjects"))]
    except ValueError:
        words = _("Выберите ученика и предметы из списка.")
        raise Invalid(_("Ученик или предмет не выбран."), advice=words, fields={"pupil": words}) from None
    return Exemption(
        pupil=pupil,
        subjects=subjects,
        first_day=_day(typed, "first_day"),
        last_day=_day(typed, "last_day"),
        kind=str(typed.get("kind", "")),
        reason=str(typed.get("reason", "")),
        basis=str(typed.get("basis", "")),
    )


def _day(typed: Mapping[str, Any], name: str) -> Any:
    try:
        return day_of(str(typed.get(name, "")))
    except Invalid as error:
        raise Invalid(error.message, advice=error.advice, fields={name: error.advice}) from None


@post(HERE, guards=[needs(EXPLAIN)], sync_to_thread=True, include_in_schema=False)
def exemption_given(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Exempt a pupil; with errors the form comes back as it was typed."""
    try:
        wanted = _wanted(data)
        with database.transaction() as db:
            exempt(db, actor, wanted)
    except PortalError as error:
        with database.reading(fresh=True) as db:
            return _page(db, request, actor, data, error)
    return redirect(f"{HERE}?done=given")


@post(
    HERE + "/{exemption_id:uuid}/end", guards=[needs(EXPLAIN)], sync_to_thread=True, include_in_schema=False
)
def exemption_ended(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    exemption_id: FromPath[UUID],
    data: Annotated[EndForm, Body(media_type=FORM)],
) -> Page:
    """Let an exemption end earlier."""
    try:
        last_day = _day({"last_day": data.last_day}, "last_day")
        with database.transaction() as db:
            end_exemption(db, actor, exemption_id, last_day)
    except Invalid as error:
        with database.reading(fresh=True) as db:
            return _page(db, request, actor, {"ends": str(exemption_id), "ends_on": data.last_day}, error)
    return redirect(f"{HERE}?done=ended")


@post(
    HERE + "/{exemption_id:uuid}/withdraw",
    guards=[needs(EXPLAIN)],
    sync_to_thread=True,
    include_in_schema=False,
)
def exemption_withdrawn(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    exemption_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take an exemption back."""
    with database.transaction() as db:
        withdraw_exemption(db, actor, exemption_id)
    return redirect(f"{HERE}?done=withdrawn")


def _rows(lines: Sequence[ExemptionLine]) -> list[list[str]]:
    return [
        [_("Класс"), _("Ученик"), _("Предмет"), _("Вид"), _("С"), _("По"), _("Причина"), _("Основание")],
        *(
            [
                line.class_name,
                line.pupil_name,
                line.subject,
                _("отменено") if line.withdrawn else line.kind_title,
                show_short_day(line.first_day),
                show_short_day(line.last_day),
                line.reason,
                line.basis,
            ]
            for line in lines
        ),
    ]


exemption_page_routes: list[Any] = [exemptions, exemption_given, exemption_ended, exemption_withdrawn]
