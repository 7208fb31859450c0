"""Structural roles for programs: who holds which, giving, suspending, ending and prolonging them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.worklists import Wanted, lines_by_key
from core.database.engine import Database
from core.database.session import Session
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.candidates import candidate
from core.roles.giving import give_role
from core.roles.lifecycle import GRANT, VIEW, NewRole
from core.roles.listing import RoleLine, role_card
from core.roles.prolonging import prolong
from core.web.guards import needs
from core.web.roles.role_list import ROLES

Basis = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=300,
        pattern="^[^\\u0000]+$",
        description="Основание: приказ и его дата.",
        examples=["Приказ № 12 от 01.09.2026"],
    ),
]
State = Annotated[
    str,
    Meta(
        description="`requested` – ждёт подтверждения, `refused`, `confirmed` – ещё не началась, `active`, "
        "`suspended`, `terminated`."
    ),
]


class RoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A role with whose it is and where it is held."""

    id: UUID
    person_id: UUID
    name: Annotated[str, Meta(description="Чья роль: фамилия, имя и отчество.")]
    kind: Annotated[str, Meta(description="Вид роли: `teacher`, `head` и другие.")]
    title: Annotated[str, Meta(description="Роль словами: «Учитель».")]
    organization_id: UUID
    organization: Annotated[str, Meta(description="Короткое название организации.")]
    school_class: Annotated[str, Meta(description="Класс, которым роль ограничена; пусто у прочих.")]
    state: State
    starts_on: date
    ends_on: date | None
    basis: Annotated[str, Meta(description="Основание: приказ и его дата; может быть пусто.")]
    delegated_from: Annotated[
        UUID | None, Meta(description="Ключ роли, права которой передали на время; null у прочих.")
    ]
    group_id: Annotated[
        UUID | None, Meta(description="Ключ группы организаций, которой роль ограничена; null у прочих.")
    ]


class RoleStepOut(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a role's life."""

    status: Annotated[
        str,
        Meta(
            description="`requested`, `refused`, `active`, `suspended`, `prolonged` или `terminated`.",
        ),
    ]
    day: Annotated[date, Meta(description="С какого дня, ГГГГ-ММ-ДД; у `prolonged` – новый последний день.")]
    basis: Annotated[str, Meta(description="Основание; может быть пусто.")]
    author: Annotated[str, Meta(description="Кто это сделал; пусто – сам портал.")]
    created_at: datetime


class RoleCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A role with its life."""

    role: Annotated[RoleOut, Meta(description="То же, что в списке.")]
    granted_by: Annotated[str, Meta(description="Кто дал роль; пусто, если она пришла с данными школы.")]
    steps: Annotated[list[RoleStepOut], Meta(description="Как роль менялась, по порядку.")]


class GivenRoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A role just given."""

    role: Annotated[RoleOut, Meta(description="Роль.")]
    request_id: Annotated[
        UUID | None,
        Meta(description="Ключ запроса, в котором роль ждёт подтверждения; null – уже действует."),
    ]


class RoleIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to be given."""

    person_id: Annotated[UUID, Meta(description="Ключ человека из доступной организации.")]
    kind: Annotated[str, Meta(pattern="^[a-z_]{1,40}$", description="Вид роли.", examples=["librarian"])]
    organization_id: Annotated[UUID, Meta(description="Ключ организации, где роль действует.")]
    starts_on: Annotated[date, Meta(description="Первый день, ГГГГ-ММ-ДД.")]
    ends_on: Annotated[date | None, Meta(description="Последний день, ГГГГ-ММ-ДД; null – без срока.")] = None
    school_class_id: Annotated[
        UUID | None, Meta(description="Ключ класса; только для классного руководителя.")
    ] = None
    group_id: Annotated[
        UUID | None,
        Meta(description="Ключ группы организаций, если роль только для неё; её ведёт `organization_id`."),
    ] = None
    basis: Annotated[
        str,
        Meta(
            max_length=200,
            pattern="^[^\\u0000]*$",
            description="Основание: приказ и его дата.",
            examples=["Приказ № 12 от 01.09.2026"],
        ),
    ] = ""


class BasisIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds."""

    basis: Basis


class EndIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds a role ends, and when."""

    basis: Basis
    last_day: Annotated[
        date | None,
        Meta(description="Последний день, ГГГГ-ММ-ДД, сегодня или позже; null – прекратить сейчас же."),
    ] = None


class ProlongIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds a role goes on, and until when."""

    basis: Basis
    last_day: Annotated[date, Meta(description="Новый последний день, ГГГГ-ММ-ДД, позже прежнего.")]


@get(
    "/api/v1/roles",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Роли",
    description="Роли в доступных организациях, с фильтрами раздела «Роли».",
    responses=problems(422),
)
def list_roles(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: Wanted = "",
    in_state: Annotated[
        Literal["requested", "refused", "confirmed", "active", "suspended", "terminated"] | None,
        QueryParameter(name="state", description="Только в этом состоянии."),
    ] = None,
    kind: Annotated[
        str | None, QueryParameter(pattern="^[a-z_]{1,40}$", description="Только этого вида: `teacher`.")
    ] = None,
    ends: Annotated[
        Literal["7", "30"] | None, QueryParameter(description="Заканчиваются за столько дней.")
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RoleOut]:
    """Roles in reach."""
    with database.reading() as db:
        filters = {"state": in_state, "kind": kind, "ends": ends}
        lines, following = lines_by_key(db, actor, ROLES, q, filters, after, limit)
        return Page(items=[_out(line) for line in lines], next=following)


@get(
    "/api/v1/roles/{role_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Одна роль",
    description="Роль и всё, что с ней было.",
    responses=problems(404),
)
def one_role(
    actor: NamedDependency[Actor], database: NamedDependency[Database], role_id: FromPath[UUID]
) -> RoleCardOut:
    """A role in reach with its life."""
    with database.reading() as db:
        card = role_card(db, actor, role_id)
        return RoleCardOut(
            role=_out(card.line),
            granted_by=card.granted_by,
            steps=[
                RoleStepOut(
                    status=each.step.status,
                    day=each.step.day,
                    basis=each.step.basis,
                    author=each.author,
                    created_at=each.step.created_at,
                )
                for each in card.steps
            ],
        )


@post(
    "/api/v1/roles",
    guards=[needs(GRANT)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Дать роль",
    description=(
        "Роль действует сразу или, если так решил оператор, ждёт подтверждения координатора: тогда приходит ключ "
        "запроса. Роли ученика и родителя не дают: они следуют из зачисления и из связи с ребёнком."
    ),
    responses=problems(404, 409, 422),
)
def give(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[RoleIn]
) -> GivenRoleOut:
    """Give a person in reach a role."""
    with database.transaction() as db:
        candidate(db, actor, data.organization_id, data.person_id)
        wanted = NewRole(**{name: getattr(data, name) for name in NewRole.__struct_fields__})
        role, waiting = give_role(db, actor, wanted)
        return GivenRoleOut(role=_one(db, actor, role.id), request_id=waiting.id if waiting else None)


Body = TypeVar("Body", bound=msgspec.Struct)


def _step(
    name: str,
    summary: str,
    description: str,
    body: type[Body],
    do: Callable[[Session, Actor, UUID, Body], object],
    handler: str = "",
) -> Any:
    """`POST …/{name}`: a step of a role in reach, done with the body's grounds; the role comes back.

    `handler` is what programs know the operation by, if it is not `name`.
    """

    def step(actor: Any, database: Any, role_id: Any, data: Any) -> RoleOut:
        with database.transaction() as db:
            do(db, actor, role_id, data)
            return _one(db, actor, role_id)

    step.__name__ = step.__qualname__ = handler or name
    # What the framework reads: the body is another one for each step.
    step.__annotations__ = {
        "actor": NamedDependency[Actor],
        "database": NamedDependency[Database],
        "role_id": FromPath[UUID],
        "data": JSONBody[body],
        "return": RoleOut,
    }
    return post(
        f"/api/v1/roles/{{role_id:uuid}}/{name}",
        guards=[needs(GRANT)],
        sync_to_thread=True,
        status_code=200,
        tags=["roles"],
        summary=summary,
        description=description,
        responses=problems(404, 409, 422),
    )(step)


suspend = _step(
    "suspend",
    summary="Приостановить роль",
    description="Роль перестаёт давать права, пока её не возобновят. 409 – эту роль приостановить нельзя.",
    body=BasisIn,
    do=lambda db, actor, role_id, data: lifecycle.suspend(db, actor, role_id, data.basis),
)
resume = _step(
    "resume",
    summary="Возобновить роль",
    description="Приостановленная роль снова даёт права.",
    body=BasisIn,
    do=lambda db, actor, role_id, data: lifecycle.resume(db, actor, role_id, data.basis),
)
terminate = _step(
    "terminate",
    summary="Прекратить роль",
    description="Сейчас же или после последнего дня. Прекращённую роль не возобновить.",
    body=EndIn,
    do=lambda db, actor, role_id, data: lifecycle.terminate(db, actor, role_id, data.basis, data.last_day),
)
prolong_role = _step(
    "prolong",
    summary="Продлить роль",
    description="Новый последний день действующей роли. Закончившуюся роль дают снова.",
    body=ProlongIn,
    handler="prolong_role",
    do=lambda db, actor, role_id, data: prolong(db, actor, role_id, data.basis, data.last_day),
)


def _one(db: Session, actor: Actor, role_id: UUID) -> RoleOut:
    db.flush()
    return _out(role_card(db, actor, role_id).line)


def _out(line: RoleLine) -> RoleOut:
    return RoleOut(
        id=line.id,
        person_id=line.person_id,
        name=line.name,
        kind=line.kind,
        title=line.title,
        organization_id=line.organization_id,
        organization=line.organization,
        school_class=line.school_class,
        state=line.state.value,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        basis=line.basis,
        delegated_from=line.delegated_from,
        group_id=line.group_id,
    )


role_api: list[Any] = [list_roles, one_role, give, suspend, resume, terminate, prolong_role]
