"""The subjects of an organization for programs: what it uses, adding more, taking one away."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.database.session import Session
from core.organizations import subjects
from core.organizations.subjects import EDIT, LONGEST, MOST
from core.roles.actor import Actor
from core.web.guards import needs

SUBJECTS = "/api/v1/organizations/{organization_id:uuid}/subjects"


class UsedSubjectOut(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that an organization uses."""

    id: Annotated[UUID, Meta(description="Ключ предмета.")]
    name: Annotated[str, Meta(description="Название.")]
    short_name: Annotated[str, Meta(description="Короткое название, для тесных мест.")]
    area: Annotated[str, Meta(description="Предметная область; пусто, если не указана.")]
    owner: Annotated[str, Meta(description="Какая организация выше его ведёт; пусто у собственных.")]


class AddedSubjectsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The subjects of an organization after some were added."""

    added: Annotated[int, Meta(description="Сколько добавлено; те, что уже были, не считаются.")]
    subjects: Annotated[list[UsedSubjectOut], Meta(description="Все предметы организации по алфавиту.")]


class SubjectIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subject to be added."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST,
            pattern="^[^\\u0000]+$",
            description="Название.",
            examples=["Физическая культура"],
        ),
    ]
    short_name: Annotated[
        str,
        Meta(
            max_length=LONGEST,
            pattern="^[^\\u0000]*$",
            description="Короткое название; пусто – такое же.",
            examples=["Физ-ра"],
        ),
    ] = ""


class SubjectsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Subjects to be added."""

    subjects: Annotated[list[SubjectIn], Meta(min_length=1, max_length=MOST, description="Предметы.")]


@get(
    SUBJECTS,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Предметы организации",
    description="Свои и те, что ведут организации выше, по алфавиту. Все доступные – `/api/v1/subjects`.",
    responses=problems(404),
)
def list_used_subjects(
    actor: NamedDependency[Actor], database: NamedDependency[Database], organization_id: FromPath[UUID]
) -> list[UsedSubjectOut]:
    """The subjects that an organization in reach uses."""
    with database.reading() as db:
        return _used(db, actor, organization_id)


@post(
    SUBJECTS,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["organizations"],
    summary="Добавить предметы",
    description="Все сразу или ни одного. Те, что уже есть у организации или выше, пропускаются.",
    responses=problems(404, 409, 422),
)
def add_subjects(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[SubjectsIn],
) -> AddedSubjectsOut:
    """Add subjects."""
    with database.transaction() as db:
        wanted = [(each.name, each.short_name) for each in data.subjects]
        added = subjects.add(db, actor, organization_id, wanted)
        return AddedSubjectsOut(added=added, subjects=_used(db, actor, organization_id))


@delete(
    f"{SUBJECTS}/{{subject_id:uuid}}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Удалить предмет",
    description="Свой предмет, который ещё не преподавали. 409 – по нему есть группы, нагрузка или уроки.",
    responses=problems(404, 409, 422),
)
def remove_subject(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    subject_id: FromPath[UUID],
) -> None:
    """Take an own subject away that nothing refers to."""
    with database.transaction() as db:
        subjects.remove_subject(db, actor, organization_id, subject_id)


def _used(db: Session, actor: Actor, organization_id: UUID) -> list[UsedSubjectOut]:
    found = subjects.subjects_of(db, actor, organization_id).lines
    return [UsedSubjectOut(**msgspec.structs.asdict(line)) for line in found]


subject_api: list[Any] = [list_used_subjects, add_subjects, remove_subject]
