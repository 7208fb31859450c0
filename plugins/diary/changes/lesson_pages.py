"""The page of one lesson of the timetable: what may become of it, and putting it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
from core.web.i18n import sentence
from core.web.pages import Page, local_path, redirect, render
from plugins.diary.changes.absence_forms import number
from plugins.diary.changes.choosing import read_options
from plugins.diary.changes.override import LAST_NUMBER, LONGEST_NOTE, LONGEST_ROOM, Override
from plugins.diary.changes.overriding import override, undo
from plugins.diary.changes.tabs import CHANGES, tabs
from plugins.diary.timetable import EDIT

FORM = RequestEncodingType.URL_ENCODED
LESSON = "/timetable/lessons/{planned_lesson_id:uuid}"
FIRST_SHOWN = 6
"""So many substitutes are shown at once, the others behind a line to be opened."""


@dataclass
class LessonForm:
    """What was chosen for a lesson; `option` is the key of a way out, or `move` or `room` with what was typed."""

    option: str = ""
    day: str = ""
    number: str = ""
    room: str = ""
    note: str = ""
    stamp: str = ""
    back: str = ""
    step: str = ""

    def wanted(self, room: str) -> Override:
        """What is to be done; `room` is the lesson's present one. Raises `Invalid` for what is no choice."""
        kind, _colon, rest = self.option.partition(":")
        typed = " ".join(self.room.split())
        given: dict[str, Any] = {"note": self.note, "stamp": self.stamp}
        given["room"] = typed if typed != room or kind == "room" else None
        try:
            if kind == "substitute":
                teacher, _colon, subject = rest.partition(":")
                given |= {"teacher_id": UUID(teacher), "subject_id": UUID(subject) if subject else None}
            elif kind in ("merge", "pull"):
                given["other_lesson_id"] = UUID(rest)
            elif kind == "move":
                day, _colon, number_text = (rest or f"{self.day}:{self.number}").partition(":")
                given |= {"day": date.fromisoformat(day), "number": number(number_text)}
            elif kind not in ("cancel", "room"):
                raise ValueError(kind)
        except ValueError:
            words = (
                sentence("Укажите день и номер урока.") if kind == "move" else sentence("Выберите вариант.")
            )
            field = "day" if kind == "move" else "option"
            raise Invalid("Урок не изменён.", advice="Исправьте отмеченное.", fields={field: words}) from None
        return Override(kind=kind, **given)  # pyright: ignore[reportArgumentType]


@get(LESSON, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def lesson_to_change(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    planned_lesson_id: FromPath[UUID],
    back: FromQuery[str] = "",
) -> Page:
    """A lesson with its ways out."""
    return _page(request, actor, database, planned_lesson_id, LessonForm(back=back))


@post(LESSON, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def lesson_changed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    planned_lesson_id: FromPath[UUID],
    data: Annotated[LessonForm, Body(media_type=FORM)],
) -> Page:
    """Do what was chosen, or put the lesson back."""
    try:
        with database.transaction() as db:
            lesson = read_options(db, actor, planned_lesson_id).lesson.lesson
            if data.step == "undo":
                undo(db, actor, planned_lesson_id, stamp=data.stamp)
            else:
                override(db, actor, [(planned_lesson_id, data.wanted(lesson.room))])
    except (Invalid, Conflict) as error:
        return _page(request, actor, database, planned_lesson_id, data, error)
    back = local_path(data.back, f"{CHANGES}?day={lesson.day.isoformat()}")
    done = "restored" if data.step == "undo" else "overridden"
    return redirect(f"{back}{'&' if '?' in back else '?'}done={done}")


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    lesson_id: UUID,
    typed: LessonForm,
    error: PortalError | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        found = read_options(db, actor, lesson_id)
    people = [each for each in found.options if each.kind == "substitute"]
    day = found.lesson.lesson.day
    return render(
        request,
        "diary/changes/lesson.html",
        status=error.status if error else 200,
        tabs=tabs(actor, CHANGES),
        shown=found.lesson,
        lesson=found.lesson.lesson,
        found=found,
        first=people[:FIRST_SHOWN],
        others=people[FIRST_SHOWN:],
        ways=[each for each in found.options if each.kind != "substitute"],
        typed=typed,
        room=typed.room if error else found.lesson.lesson.room,
        back=local_path(typed.back, f"{CHANGES}?day={day.isoformat()}"),
        numbers=range(1, LAST_NUMBER + 1),
        longest_note=LONGEST_NOTE,
        longest_room=LONGEST_ROOM,
        today=school_today(actor),
        errors=error.fields if error else {},
        message=f"{error.message} {error.advice}" if error else "",
    )


lesson_page_routes: list[Any] = [lesson_to_change, lesson_changed]
