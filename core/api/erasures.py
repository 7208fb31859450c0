"""Erasing a profile, for programs of those who may: what would go and what stays, and doing it for good."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core import erasure
from core.api.lists import problems
from core.database.engine import Database
from core.erasure import ERASE, EraseForm
from core.roles.actor import Actor
from core.web.guards import needs


class ErasurePreviewOut(msgspec.Struct, frozen=True, kw_only=True):
    """What erasing a profile would do. Nothing has been changed."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    gone: Annotated[list[str], Meta(description="Что исчезнет, словами.")]
    kept: Annotated[list[str], Meta(description="Что останется и почему, словами.")]
    objection: Annotated[str, Meta(description="Почему стереть нельзя, словами; пусто, если можно.")]


class ErasureIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds, and the word."""

    basis: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=300,
            pattern="^[^\\u0000]+$",
            description="Основание: заявление и его дата.",
            examples=["Заявление от 12.11.2026"],
        ),
    ]
    word: Annotated[
        str,
        Meta(
            max_length=20,
            pattern="^[^\\u0000]*$",
            description="Слово СТЕРЕТЬ большими буквами: вернуть профиль нельзя.",
            examples=["СТЕРЕТЬ"],
        ),
    ]


class ErasedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A profile that has been erased."""

    person_id: UUID
    kept: Annotated[list[str], Meta(description="Что осталось и почему, словами.")]


@get(
    "/api/v1/people/{person_id:uuid}/erasure",
    guards=[needs(ERASE)],
    sync_to_thread=True,
    tags=["people"],
    summary="Что сотрёт стирание профиля",
    description="Что исчезнет, что останется и почему, или почему стереть нельзя. Ничего не меняется.",
    responses=problems(404),
)
def preview_erasure(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> ErasurePreviewOut:
    """What erasing somebody would do."""
    found = erasure.preview(database, actor, person_id)
    return ErasurePreviewOut(
        person_id=found.person.id,
        name=found.person.full_name,
        gone=[str(each) for each in found.gone],
        kept=[str(each) for each in found.kept],
        objection=str(found.objection),
    )


@post(
    "/api/v1/people/{person_id:uuid}/erasure",
    guards=[needs(ERASE)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Стереть профиль",
    description=(
        "Навсегда: имя, контакты и входы исчезают, сведения, которые школа обязана хранить, остаются под номером. "
        "409 – стереть нельзя, `title` говорит почему."
    ),
    responses=problems(404, 409, 422),
)
def erase_profile(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[ErasureIn],
) -> ErasedOut:
    """Erase a profile for good."""
    with database.transaction() as db:
        kept = erasure.erase(db, actor, person_id, EraseForm(basis=data.basis, word=data.word))
        return ErasedOut(person_id=person_id, kept=[str(each) for each in kept])


erasure_api: list[Any] = [preview_erasure, erase_profile]
