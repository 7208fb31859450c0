"""Homework as a family sees it; the pupil hands in the work here, from a phone above all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
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
from core.web.pages import Page, fragment, redirect, render
from core.web.plain_forms import WishForm, faults
from core.web.uploads import received
from plugins.journal.access import VIEW_OWN
from plugins.journal.homework.handing_in import (
    Handed,
    hand_in,
    pupil_homework,
    remove_own_file,
)
from plugins.journal.homework.own_documents import OwnDocuments, own_documents
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
    typed: Mapping[str, Any] | None = None,
) -> Page:
    given = pupil_homework(db, actor, lesson_id, pupil_id)
    sent = typed or {}
    documents = OwnDocuments()
    if given.may_hand_in:
        query = str(sent.get("find", ""))
        documents = own_documents(db, actor, lesson_id, pupil_id, query, _documents(sent))
    return render(
        request,
        "journal/homework_own.html",
        given=given,
        work=given.work,
        pupil_id=pupil_id,
        diary=f"/diary/{pupil_id}?day={(given.due_day or given.day).isoformat()}",
        text=given.work.text if typed is None else str(sent.get("text", "")),
        documents=documents,
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
    """Hand in; with errors the form comes back as it was typed, and after a search among the documents."""
    if data.get("step"):
        with database.reading(fresh=True) as db:
            return _show(db, request, actor, lesson_id, pupil_id, typed=data)
    seen, documents = str(data.get("seen", "")), _documents(data)
    try:
        with database.reading() as db:
            pupil_homework(db, actor, lesson_id, pupil_id)
        files = received(portal.files, data)
        work = Handed(
            text=str(data.get("text", "")),
            documents=msgspec.UNSET if documents is None else documents,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None,
        )
        with database.transaction() as db:
            hand_in(db, actor, lesson_id, pupil_id, work, files)
    except (Invalid, Conflict, TooLarge) as wrong:
        with database.reading(fresh=True) as db:
            return _show(db, request, actor, lesson_id, pupil_id, wrong=wrong, typed=data)
    return redirect(f"/homework/{lesson_id}/{pupil_id}?done=yes")


def _documents(data: Mapping[str, Any]) -> list[str] | None:
    """The ids of the ticked documents; None if the form has no such part."""
    if "document" not in data:
        return None
    given: Any = data["document"]
    sent = cast("list[Any]", given if isinstance(given, list) else [given])
    return [str(each) for each in sent if each]


@get(HOMEWORK + "/documents", guards=[needs(HAND_IN)], sync_to_thread=True, include_in_schema=False)
def own_documents_searched(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    find: FromQuery[str] = "",
    chosen: FromQuery[list[str] | None] = None,
) -> Page:
    """The pupil's own documents while a title is typed; with `chosen`, those that were ticked before."""
    with database.reading(fresh=True) as db:
        documents = own_documents(db, actor, lesson_id, pupil_id, find, chosen or ())
    return fragment(request, "journal/documents_found.html", documents=documents, ticked=chosen is not None)


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


family_homework_routes: list[Any] = [family_homework, handed_in, own_documents_searched, own_file_removed]
