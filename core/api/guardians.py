"""A school's word on whose guardians a pupil has, for programs: tied, and what each of them may."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.api.people import Name, Number
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict
from core.identity import guardians
from core.identity.accounts import VIEW
from core.identity.corrections import as_stored
from core.identity.families import Rights
from core.identity.guardians import EDIT, Terms
from core.identity.newcomers import Namesakes, NewPerson, add_person, person_among
from core.identity.relations import Relation
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence

TIES = "/api/v1/people/{person_id:uuid}/guardians"


class TieOut(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian of a pupil, and what that guardian may."""

    id: Annotated[UUID, Meta(description="Ключ связи: по нему её меняют.")]
    guardian_id: Annotated[UUID, Meta(description="Ключ представителя (человека).")]
    guardian: Annotated[str, Meta(description="Фамилия, имя и отчество представителя.")]
    relation: Annotated[str, Meta(description="Кем приходится: `parent` и другие.")]
    rights: Annotated[
        str, Meta(description="`full` – все права, `view` – только видит, `none` – ограничены.")
    ]
    basis: Annotated[str, Meta(description="Документ; может быть пусто.")]
    starts_on: date
    ends_on: date | None
    holds: Annotated[bool, Meta(description="Действует сегодня.")]


class TermsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what terms a guardian is tied."""

    relation: Annotated[Relation, Meta(description="Кем приходится: `parent` и другие.")] = "parent"
    rights: Annotated[
        Rights, Meta(description="`full` – все права, `view` – только видит, `none` – ограничены судом.")
    ] = Rights.FULL
    basis: Annotated[
        str,
        Meta(
            max_length=300,
            pattern="^[^\\u0000]*$",
            description="Документ; обязателен, если права не все.",
            examples=["Решение суда 2-15/2026"],
        ),
    ] = ""
    ends_on: Annotated[
        date | None, Meta(description="Последний день, ГГГГ-ММ-ДД; null – до совершеннолетия ребёнка.")
    ] = None


class GuardianIn(TermsIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be tied to a pupil, and on what terms."""

    last_name: Annotated[Name, Meta(examples=["Ковалёва"])]
    first_name: Annotated[Name, Meta(examples=["Марина"])]
    middle_name: Name | None = None
    birth_date: date | None = None
    snils: Annotated[
        Number | None,
        Meta(description="СНИЛС, 11 цифр: по нему портал узнаёт человека.", examples=["112-233-445 95"]),
    ] = None
    phone: Annotated[Number | None, Meta(description="Телефон.")] = None
    email: Annotated[Number | None, Meta(description="Электронная почта.")] = None
    same_as: Annotated[
        UUID | None, Meta(description="Тёзка из вашей организации: он и есть представитель.")
    ] = None
    namesake: Annotated[
        bool, Meta(description="Тёзка – другой человек: завести нового. Без этого – 409.")
    ] = False


@get(
    TIES,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Представители ученика",
    description="Все связи ученика вашей школы, действующие – первыми, и что каждому можно.",
    responses=problems(404),
)
def list_ties(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> list[TieOut]:
    """The guardians of a pupil of one's school."""
    with database.reading() as db:
        return _ties(db, actor, person_id)


@post(
    TIES,
    guards=[needs(VIEW), needs(EDIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Связать представителя с учеником",
    description=(
        "Кого портал знает по СНИЛС, тот не заводится второй раз. Представитель получает роль и узнаёт из уведомления, "
        "семья – тоже. Нужны области `families.write` и `accounts.read`: без второй не найти тёзку. 409 – уже связан, "
        "ученик совершеннолетний или есть тёзка."
    ),
    responses=problems(404, 409, 422),
)
def tie_guardian(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[GuardianIn],
) -> list[TieOut]:
    """Tie somebody to a pupil, adding the person if need be: both or neither."""
    values = {name: getattr(data, name) for name in NewPerson.__struct_fields__}
    told = NewPerson(**as_stored(values, sentence("Представитель не добавлен: в форме есть ошибки.")))
    with database.transaction() as db:
        child = guardians.pupil_of_own(db, actor, person_id)
        try:
            guardian = (
                person_among(db, actor, told, data.same_as)
                if data.same_as is not None
                else add_person(db, actor, actor.organization_id, told, namesake=data.namesake)
            )
        except Namesakes as found:
            raise Conflict(
                found.message,
                advice="Если это тот самый человек, пришлите его ключ в same_as; если полный тёзка – namesake.",
            ) from found
        guardians.tie(db, actor, child.id, guardian, _terms(data))
        return _ties(db, actor, person_id)


@put(
    f"{TIES}/{{tie_id:uuid}}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Изменить права представителя",
    description=(
        "Все условия заново: чего не назвать, то станет обычным. Представитель и семья узнают из уведомления. "
        "409 – это ваш собственный ребёнок."
    ),
    responses=problems(404, 409, 422),
)
def change_tie(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    tie_id: FromPath[UUID],
    data: JSONBody[TermsIn],
) -> list[TieOut]:
    """Change what a guardian may, until when, and on what ground."""
    with database.transaction() as db:
        guardians.change(db, actor, person_id, tie_id, _terms(data))
        return _ties(db, actor, person_id)


def _terms(data: TermsIn) -> Terms:
    return Terms(relation=data.relation, rights=data.rights, basis=data.basis, ends_on=data.ends_on)


def _ties(db: Session, actor: Actor, person_id: UUID) -> list[TieOut]:
    return [
        TieOut(
            id=line.tie.id,
            guardian_id=line.guardian.id,
            guardian=line.guardian.full_name,
            relation=line.tie.relation,
            rights=line.tie.rights,
            basis=line.tie.basis,
            starts_on=line.tie.starts_on,
            ends_on=line.tie.ends_on,
            holds=line.holds,
        )
        for line in guardians.family(db, actor, person_id).lines
    ]


guardian_api: list[Any] = [list_ties, tie_guardian, change_tie]
