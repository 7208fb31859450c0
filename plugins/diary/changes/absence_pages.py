"""Pages about teachers who are away: the list, an absence with its lessons, and laying all of them out at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.errors import Conflict, Invalid, PortalError
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from plugins.diary.changes.absence_forms import AbsenceForm, filled, number
from plugins.diary.changes.absences import (
    LONGEST_NOTE,
    REASONS,
    change_absence,
    enter_absence,
    list_absences,
    read_absence,
    remove_absence,
)
from plugins.diary.changes.covering import LessonProposal, override_of, propose
from plugins.diary.changes.hit_lessons import hit_lessons, open_lessons
from plugins.diary.changes.override import LAST_NUMBER, Override
from plugins.diary.changes.overriding import override
from plugins.diary.changes.tabs import ABSENCES, tabs
from plugins.diary.classes import teachers_of_school
from plugins.diary.timetable import EDIT

FORM = RequestEncodingType.URL_ENCODED
ABSENCE = ABSENCES + "/{teacher_absence_id:uuid}"
NUMBERS = range(1, LAST_NUMBER + 1)


@get(ABSENCES, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absences(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    past: FromQuery[bool] = False,
) -> Page:
    """Who is away now and will be."""
    with database.reading(fresh=True) as db:
        found = list_absences(db, actor, past=past)
        first = school_today(actor)
        last = max([first, *(each.last_day for each in found)])
        waiting = open_lessons(db, actor.organization_id, first, last) if found else []
        open_of = {
            each.id: sum(
                1
                for lesson in waiting
                if lesson.teacher_id == each.teacher_id
                and each.lessons_missed.covers(lesson.day_now, lesson.number_now)
            )
            for each in found
        }
    return render(
        request,
        "diary/changes/absences.html",
        tabs=tabs(actor, ABSENCES),
        absences=found,
        open_of=open_of,
        past=past,
        today=first,
    )


@get(ABSENCES + "/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher: FromQuery[str] = "",
) -> Page:
    """The form of a new absence."""
    today = school_today(actor).isoformat()
    return _form(request, actor, database, AbsenceForm(teacher_id=teacher, first_day=today, last_day=today))


@post(ABSENCES + "/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_entered(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[AbsenceForm, Body(media_type=FORM)],
) -> Page:
    """Write an absence down; the form comes back with its errors."""
    try:
        wanted = data.wanted()
        with database.transaction() as db:
            made = enter_absence(db, actor, wanted)
    except (Invalid, Conflict) as error:
        return _form(request, actor, database, data, error)
    return redirect(f"{ABSENCES}/{made}?done=entered")


@get(ABSENCE, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
) -> Page:
    """An absence with the lessons it hits, day by day."""
    with database.reading(fresh=True) as db:
        found = read_absence(db, actor, teacher_absence_id)
        lessons = hit_lessons(db, actor.organization_id, found.lessons_missed)
    return render(
        request,
        "diary/changes/absence.html",
        tabs=tabs(actor, ABSENCES),
        absence=found,
        days=[(day, list(of_day)) for day, of_day in groupby(lessons, key=lambda each: each.day)],
        open_count=sum(1 for each in lessons if not each.solved),
        today=school_today(actor),
    )


@get(ABSENCE + "/edit", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_to_edit(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
) -> Page:
    """The form of an absence that is written down."""
    with database.reading(fresh=True) as db:
        typed = filled(read_absence(db, actor, teacher_absence_id))
    return _form(request, actor, database, typed, absence_id=teacher_absence_id)


@post(ABSENCE + "/edit", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_edited(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
    data: Annotated[AbsenceForm, Body(media_type=FORM)],
) -> Page:
    """Change an absence, end it earlier, or take it back."""
    version, give_back = number(data.version) or 0, data.give_back == "true"
    try:
        with database.transaction() as db:
            if data.step == "remove":
                remove_absence(db, actor, teacher_absence_id, version=version, give_back=give_back)
            else:
                data.teacher_id = str(read_absence(db, actor, teacher_absence_id).teacher_id)
                wanted = data.wanted()
                change_absence(db, actor, teacher_absence_id, wanted, version=version, give_back=give_back)
    except (Invalid, Conflict) as error:
        return _form(request, actor, database, data, error, teacher_absence_id)
    if data.step == "remove":
        return redirect(f"{ABSENCES}?done=removed")
    return redirect(f"{ABSENCES}/{teacher_absence_id}?done=changed")


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    typed: AbsenceForm,
    error: PortalError | None = None,
    absence_id: UUID | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        teachers = teachers_of_school(db, actor, school_today(actor))
        known = read_absence(db, actor, absence_id) if absence_id else None
    return render(
        request,
        "diary/changes/absence_form.html",
        status=error.status if error else 200,
        tabs=tabs(actor, ABSENCES),
        typed=typed,
        known=known,
        teachers=[(each.id, each.title) for each in teachers],
        reasons=list(REASONS.items()),
        numbers=NUMBERS,
        longest_note=LONGEST_NOTE,
        errors=error.fields if error else {},
        message=f"{error.message} {error.advice}" if error else "",
    )


@get(ABSENCE + "/fill", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_to_fill(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
) -> Page:
    """What is proposed for all open lessons: nothing is done before it is confirmed."""
    return _proposals(request, actor, database, teacher_absence_id)


@post(ABSENCE + "/fill", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def absence_filled(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher_absence_id: FromPath[UUID],
    data: Annotated[dict[str, Any], Body(media_type=FORM)],
) -> Page:
    """Do what was chosen for each lesson, all or nothing."""
    try:
        with database.transaction() as db:
            proposals = propose(db, actor, teacher_absence_id)
            override(db, actor, _chosen(proposals, data))
    except (Invalid, Conflict) as error:
        return _proposals(request, actor, database, teacher_absence_id, data, error)
    return redirect(f"{ABSENCES}/{teacher_absence_id}?done=filled")


def _chosen(proposals: Sequence[LessonProposal], sent: dict[str, Any]) -> list[tuple[UUID, Override]]:
    """What was chosen of what is proposed. Raises `Conflict` if a way out is there no more."""
    known = {str(each.lesson.id): each for each in proposals}
    found: list[tuple[UUID, Override]] = []
    for name, key in sent.items():
        lesson_id = name.removeprefix("choice:")
        if not name.startswith("choice:") or not key:
            continue
        proposal = known.get(lesson_id)
        option = next((each for each in proposal.options if each.key == key), None) if proposal else None
        if proposal is None or option is None:
            raise Conflict(
                "Расписание уже изменили: один из выбранных вариантов больше не подходит.",
                advice="Посмотрите список ещё раз и примените его.",
            )
        stamp = str(sent.get(f"stamp:{lesson_id}", ""))
        found.append((proposal.lesson.id, override_of(option, stamp)))
    return found


def _proposals(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    absence_id: UUID,
    typed: dict[str, Any] | None = None,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        found = read_absence(db, actor, absence_id)
        proposals = propose(db, actor, absence_id)
    return render(
        request,
        "diary/changes/fill.html",
        status=error.status if error else 200,
        tabs=tabs(actor, ABSENCES),
        absence=found,
        proposals=proposals,
        typed=typed or {},
        message=f"{error.message} {error.advice}" if error else "",
    )


absence_page_routes: list[Any] = [
    absences,
    absence_form,
    absence_entered,
    absence,
    absence_to_edit,
    absence_edited,
    absence_to_fill,
    absence_filled,
]
