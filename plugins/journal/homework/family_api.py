"""JSON routes of a pupil's homework: what is given, and handing in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.files import FileIn, files_in
from core.api.lists import problems
from core.attached_files import MOST
from core.database.engine import Database
from core.portal import Portal
from core.portal_documents import PortalDocument
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import VIEW_OWN
from plugins.journal.homework.handing_in import (
    Handed,
    PupilHomework,
    hand_in,
    pupil_homework,
    remove_own_file,
)
from plugins.journal.homework.own_documents import own_documents
from plugins.journal.homework.reach import HAND_IN

OWN = "/api/v1/journal/homework/{lesson_id:uuid}/{pupil_id:uuid}"


class HandedIn(Handed, frozen=True, kw_only=True):
    """A work as a program of a pupil hands it in."""

    files: Annotated[
        Sequence[FileIn],
        Meta(max_length=MOST, description="Файлы к тем, что уже приложены; можно ни одного."),
    ] = ()


@get(
    OWN,
    guards=[needs(VIEW_OWN)],
    sync_to_thread=True,
    summary="Задание ученика",
    description="Ученику и родителям: что задано на уроке, что сдано и что ответил учитель.",
    responses=problems(404),
)
def own_homework_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
) -> PupilHomework:
    """What a pupil has got, with the work."""
    with database.reading(fresh=True) as db:
        return pupil_homework(db, actor, lesson_id, pupil_id)


@put(
    OWN,
    guards=[needs(HAND_IN)],
    sync_to_thread=True,
    summary="Сдать работу",
    description=(
        "Текст работы и файлы к ней. Сдаёт только сам ученик, пока работу не приняли. 409 – её уже приняли или "
        "сдали из другого окна."
    ),
    responses=problems(404, 409, 413, 422),
)
def own_work_hand_in(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: JSONBody[HandedIn],
) -> PupilHomework:
    """Hand in one's work."""
    with database.reading() as db:
        pupil_homework(db, actor, lesson_id, pupil_id)
    files = files_in(portal.files, data.files)
    with database.transaction() as db:
        hand_in(
            db,
            actor,
            lesson_id,
            pupil_id,
            Handed(text=data.text, documents=data.documents, seen=data.seen),
            files,
        )
        return pupil_homework(db, actor, lesson_id, pupil_id)


@get(
    OWN + "/documents",
    guards=[needs(HAND_IN)],
    sync_to_thread=True,
    summary="Свои документы, которые можно сдать",
    description=(
        "Не больше 10; без слов – последние по времени изменения. Пусто – их нет или документы портала выключены."
    ),
    responses=problems(404),
)
def own_documents_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    find: Annotated[str, QueryParameter(description="Слова из названия.")] = "",
) -> list[PortalDocument]:
    """What the pupil may hand in."""
    with database.reading(fresh=True) as db:
        search = own_documents(db, actor, lesson_id, pupil_id, find).search
    return list(search.found) if search else []


@delete(
    OWN + "/files/{file_id:uuid}",
    guards=[needs(HAND_IN)],
    sync_to_thread=True,
    summary="Убрать файл из своей работы",
    description="409 – работу уже приняли, или без файла в ней ничего не останется.",
    responses=problems(404, 409, 422),
)
def own_file_delete(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> None:
    """Take a file out of one's work."""
    with database.transaction() as db:
        remove_own_file(db, actor, lesson_id, pupil_id, file_id)


family_homework_api_routes: list[Any] = [
    own_homework_read,
    own_work_hand_in,
    own_documents_read,
    own_file_delete,
]
