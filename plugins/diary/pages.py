"""Pages of the diary: a pupil's week, and the choice of a pupil for those who see the whole school."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.capabilities import ReportCards, ask_for
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, fragment, not_modified, page_tag, redirect, render, unchanged
from plugins.diary.classes import classes_of_school
from plugins.diary.family_view import PATH, family_week
from plugins.diary.pupils import VIEW, Circle, pupils_of_class
from plugins.diary.school_days import day_named
from plugins.diary.term_marks import pupil_term_marks
from plugins.diary.week import PupilWeek, family_weeks, pupil_week
from plugins.diary.week_view import diary_week

TOPIC = "diary.pupil"


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """One of the pupils one may turn to."""

    id: str
    title: str
    note: str
    url: str
    current: bool


@get("/diary", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def diary(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    week: FromQuery[str | None] = None,
    day: FromQuery[str | None] = None,
    pupil: FromQuery[UUID | None] = None,
    school_class: FromQuery[UUID | None] = None,
) -> Page:
    """Own diary; for guardians all their children's; for class teachers the first pupil's; others choose a pupil."""
    query = urlencode({name: value for name, value in (("week", week), ("day", day)) if value})
    if pupil is not None:
        return redirect(f"/diary/{pupil}{'?' if query else ''}{query}")
    if actor.reach(VIEW) is not Reach.OWN:
        return _choice(request, actor, database, school_class)
    if actor.role is not None and actor.role.kind == "guardian":
        return _family_page(request, actor, database, week, day)
    return _week_page(request, actor, database, None, week, day)


@get("/diary/{pupil_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def diary_of_pupil(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    week: FromQuery[str | None] = None,
    day: FromQuery[str | None] = None,
) -> Page:
    """A pupil's week; for htmx only the part that changes. `day` is the day that a phone shows."""
    return _week_page(request, actor, database, pupil_id, week, day)


@get("/diary/{pupil_id:uuid}/term-marks", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def term_marks_of_pupil(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
) -> Page:
    """A pupil's marks of terms and of the year, subject by subject."""
    with database.reading() as db:
        found, seen = pupil_term_marks(db, actor, pupil_id)
        cards: ReportCards | None = ask_for(db, seen.shown.organization_path, "report_cards")
        card = cards.address(db, actor, pupil_id) if cards else ""
    path = f"/diary/{pupil_id}/term-marks"
    return render(
        request,
        "diary/term_marks.html",
        marks=found,
        report_card=card,
        tabs=_tabs(pupil_id, path),
        **_whose(actor, seen, lambda each: f"/diary/{each}/term-marks"),
    )


def _tabs(pupil_id: UUID, here: str) -> list[tuple[str, str, bool]]:
    week = f"/diary/{pupil_id}"
    return [
        (title, url, url == here)
        for title, url in ((_("Неделя"), week), (_("Отметки за периоды"), f"{week}/term-marks"))
    ]


def wanted_day(week: str | None, day: str | None) -> date | None:
    """The day an address asks for: `day`, else some day of `week`. Raises `Invalid` for what is no date."""
    asked = day or week
    return day_named(asked) if asked else None


def shown_day(asked: str | None, monday: date, today: date) -> date:
    """The day a phone shows in the week of `monday`: the one asked for, today, or the first."""
    last = monday + timedelta(days=5)
    for day in (day_named(asked) if asked else None, today):
        if day is not None and monday <= day <= last:
            return day
    return monday


def _week_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    pupil_id: UUID | None,
    week: str | None,
    day: str | None,
) -> Page:
    with database.reading(autocommit=True) as db:
        found, seen = pupil_week(db, actor, pupil_id, wanted_day(week, day))
    return _one_week(request, actor, found, seen, day)


def _one_week(
    request: Request[Any, Any, Any], actor: Actor, found: PupilWeek, seen: Circle, day: str | None
) -> Page:
    today = school_today(actor)
    path = f"/diary/{found.pupil.id}"

    def shown() -> dict[str, Any]:
        return {
            "week": diary_week(found, path, shown_day(day, found.monday, today), today),
            "connected": found.connected,
            "topic": f"{TOPIC}:{found.pupil.id}",
            "path": path,
        }

    return _page_or_part(
        request,
        ("diary/week.html", "diary/week_body.html"),
        (msgspec.json.encode(found), day, len(seen.pupils)),
        shown,
        lambda: _around(actor, found, seen),
    )


def _family_page(
    request: Request[Any, Any, Any], actor: Actor, database: Database, week: str | None, day: str | None
) -> Page:
    """All children of a guardian; of an only child, its week."""
    with database.reading(autocommit=True) as db:
        found, seen = family_weeks(db, actor, wanted_day(week, day))
    if len(found) == 1:
        return _one_week(request, actor, found[0], seen, day)
    today = school_today(actor)
    query = urlencode({"week": found[0].monday.isoformat()})

    def shown() -> dict[str, Any]:
        return {
            "week": family_week(found, shown_day(day, found[0].monday, today), today),
            "not_connected": [each.pupil.first_name for each in found if not each.connected],
            "topic": " ".join(f"{TOPIC}:{each.pupil.id}" for each in found),
            "path": PATH,
        }

    return _page_or_part(
        request,
        ("diary/family.html", "diary/family_body.html"),
        (msgspec.json.encode(found), day),
        shown,
        lambda: {"children": _children(seen, lambda each: f"{PATH}/{each}?{query}", f"{PATH}?{query}", None)},
    )


def _page_or_part(
    request: Request[Any, Any, Any],
    templates: tuple[str, str],
    stamps: tuple[object, ...],
    shown: Callable[[], dict[str, Any]],
    around: Callable[[], dict[str, Any]],
) -> Page:
    """The page, or for htmx only its part that changes; nothing if the browser has it already."""
    only_part = request.headers.get("hx-request") == "true"
    tag = page_tag(request, *stamps, only_part)
    if unchanged(request, tag):
        return not_modified(tag)
    whole, part = templates
    page = fragment(request, part, **shown()) if only_part else render(request, whole, **shown(), **around())
    page.headers.update({"etag": tag, "vary": "HX-Request, Cookie"})
    return page


def _around(actor: Actor, week: PupilWeek, seen: Circle) -> dict[str, Any]:
    """What stands above the week: whose it is, and who else may be chosen."""
    query = urlencode({"week": week.monday.isoformat()})
    return _whose(actor, seen, lambda pupil_id: f"/diary/{pupil_id}?{query}", f"{PATH}?{query}") | {
        "tabs": _tabs(week.pupil.id, f"/diary/{week.pupil.id}")
    }


def _whose(actor: Actor, seen: Circle, address: Callable[[UUID], str], of_all: str = PATH) -> dict[str, Any]:
    role = actor.role.kind if actor.role else ""
    return {
        "pupil": seen.shown,
        "is_own": actor.person_id == seen.shown.id,
        "children": _children(seen, address, of_all, seen.shown.id)
        if role == "guardian" and len(seen.pupils) > 1
        else (),
        "classmates": _ties(seen, address, seen.shown.id) if role == "class_teacher" else (),
        "may_choose": actor.reach(VIEW) is not Reach.OWN,
    }


def _children(seen: Circle, address: Callable[[UUID], str], of_all: str, chosen: UUID | None) -> list[Tie]:
    """All children together, then each; `chosen` is the one whose page it is."""
    together = Tie(id="", title=_("Все дети"), note="", url=of_all, current=chosen is None)
    names = {pupil.id: pupil.first_name for pupil in seen.pupils}
    return [
        together,
        *(msgspec.structs.replace(tie, title=names[UUID(tie.id)]) for tie in _ties(seen, address, chosen)),
    ]


def _ties(seen: Circle, address: Callable[[UUID], str], chosen: UUID | None) -> list[Tie]:
    schools = {pupil.organization_id for pupil in seen.pupils}
    return [
        Tie(
            id=str(pupil.id),
            title=f"{pupil.last_name} {pupil.first_name}",
            note=", ".join(
                part
                for part in (pupil.class_name, pupil.organization_name if len(schools) > 1 else "")
                if part
            ),
            url=address(pupil.id),
            current=pupil.id == chosen,
        )
        for pupil in seen.pupils
    ]


def _choice(
    request: Request[Any, Any, Any], actor: Actor, database: Database, school_class: UUID | None
) -> Page:
    today = school_today(actor)
    with database.reading() as db:
        classes = classes_of_school(db, actor, today)
        known = {each.id for each in classes}
        chosen = school_class if school_class in known else next(iter(each.id for each in classes), None)
        pupils = pupils_of_class(db, actor, chosen) if chosen else []
    return render(request, "diary/choose.html", classes=classes, chosen=chosen, pupils=pupils)


diary_routes: list[Any] = [diary, diary_of_pupil, term_marks_of_pupil]
