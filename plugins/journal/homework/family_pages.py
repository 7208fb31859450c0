"""Homework as a family sees it; the pupil hands in the work here, from a phone above all."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError, TooLarge
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.uploads import received
from plugins.journal.access import VIEW_OWN
from plugins.journal.forms import WishForm, faults
from plugins.journal.homework.handing_in import Handed, hand_in, pupil_homework, remove_own_file
from plugins.journal.homework.pages import FORM
from plugins.journal.homework.reach import HAND_IN

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
HOMEWORK = "/homework/{lesson_id:uuid}/{pupil_id:uuid}"


@get(HOMEWORK, guards=[needs(VIEW_OWN)], sync_to_thread=True, include_in_schema=False)
def family_homework(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    done: FromQuery[str] = "",
) -> Page:
    """What is given, what is handed in, what the teacher has answered."""
    with database.reading(fresh=True) as db:
        return _show(db, request, actor, lesson_id, pupil_id, done=done[:20])


def _show(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    lesson_id: UUID,
    pupil_id: UUID,
    *,
    done: str = "",
    wrong: PortalError | None = None,
    typed: str | None = None,
) -> Page:
    given = pupil_homework(db, actor, lesson_id, pupil_id)
    return render(
        request,
        "journal/homework_own.html",
        given=given,
        work=given.work,
        pupil_id=pupil_id,
        diary=f"/diary/{pupil_id}?day={(given.due_day or given.day).isoformat()}",
        text=given.work.text if typed is None else typed,
        done=done,
        **faults(wrong),
    )


@post(HOMEWORK, guards=[needs(HAND_IN)], sync_to_thread=True, include_in_schema=False)
def handed_in(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Hand in; with errors the form comes back as it was typed."""
    text, seen = str(data.get("text", "")), str(data.get("seen", ""))
    try:
        with database.reading() as db:
            pupil_homework(db, actor, lesson_id, pupil_id)
        files = received(portal.files, data)
        work = Handed(text=text, seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None)
        with database.transaction() as db:
            hand_in(db, actor, lesson_id, pupil_id, work, files)
    except (Invalid, Conflict, TooLarge) as wrong:
        with database.reading(fresh=True) as db:
            return _show(db, request, actor, lesson_id, pupil_id, wrong=wrong, typed=text)
    return redirect(f"/homework/{lesson_id}/{pupil_id}?done=yes")


@post(
    HOMEWORK + "/files/{file_id:uuid}/remove",
    guards=[needs(HAND_IN)],
    sync_to_thread=True,
    include_in_schema=False,
)
def own_file_removed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    file_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take a file out of one's work."""
    try:
        with database.transaction() as db:
            remove_own_file(db, actor, lesson_id, pupil_id, file_id)
    except Conflict as wrong:
        with database.reading(fresh=True) as db:
            return _show(db, request, actor, lesson_id, pupil_id, wrong=wrong)
    return redirect(f"/homework/{lesson_id}/{pupil_id}?done=detached")


family_homework_routes: list[Any] = [family_homework, handed_in, own_file_removed]
