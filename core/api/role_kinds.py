"""What each kind of role may do, for programs, and changing it for a region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from core.api.lists import problems
from core.api.roles import Basis
from core.database.engine import Database
from core.database.session import Session
from core.roles import configuring
from core.roles.actor import Actor
from core.roles.configuring import CONFIGURE, NOTHING, Right
from core.roles.permissions import Reach
from core.roles.right_changes import RightChange
from core.web.guards import needs, signed_in

Name = Annotated[str, PathParameter(description="Вид роли.", examples=[Example(value="teacher")])]
HowFar = Literal["none", "own", "organization", "below"]
REACHES: Mapping[int, HowFar] = {
    NOTHING: "none",
    int(Reach.OWN): "own",
    int(Reach.ORGANIZATION): "organization",
    int(Reach.BELOW): "below",
}
REACH_OF = {name: value for value, name in REACHES.items()}
Said = "`none` – нельзя, `own` – только своё, `organization` – вся организация, `below` – и все ниже."


class RoleKindOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of role."""

    kind: Annotated[str, Meta(description="Вид роли: `teacher`, `head` и другие.")]
    title: Annotated[str, Meta(description="Роль словами: «Учитель».")]
    changed: Annotated[int, Meta(description="Сколько её прав изменено в организации роли или выше.")]


class RightOut(msgspec.Struct, frozen=True, kw_only=True):
    """A right of a kind of role."""

    permission: Annotated[str, Meta(description="Право: `core.people.view`.")]
    title: Annotated[str, Meta(description="Право словами.")]
    plugin: Annotated[str, Meta(description="Какого плагина право; пусто у самого портала.")]
    reach: Annotated[str, Meta(description=f"Докуда достаёт: {Said}")]
    inherited: Annotated[str, Meta(description="Докуда достаёт без своего изменения.")]
    own: Annotated[
        str | None, Meta(description="Что задала сама организация роли; null – действует унаследованное.")
    ]
    changed: Annotated[bool, Meta(description="Не такое, как задумано: изменено здесь или выше.")]
    choices: Annotated[list[str], Meta(description="До чего его можно изменить.")]


class RightChangeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a right."""

    id: Annotated[UUID, Meta(description="Ключ изменения.")]
    permission: Annotated[str, Meta(description="Право.")]
    organization_id: UUID
    organization: Annotated[str, Meta(description="Какая организация изменила: короткое название.")]
    before: Annotated[str, Meta(description="Докуда доставало.")]
    after: Annotated[str, Meta(description="Докуда стало доставать.")]
    at: Annotated[datetime, Meta(description="Когда: момент с часовым поясом.")]
    author: Annotated[str, Meta(description="Кто изменил; пусто – сам портал.")]
    basis: Annotated[str, Meta(description="Основание.")]


class KindRightsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a kind of role may do where the acting role is."""

    kind: Annotated[str, Meta(description="Вид роли.")]
    title: Annotated[str, Meta(description="Роль словами.")]
    may_change: Annotated[bool, Meta(description="Вам можно менять права этой роли.")]
    rights: Annotated[list[RightOut], Meta(description="Все права, и те, которых у роли нет.")]
    changes: Annotated[
        list[RightChangeOut],
        Meta(
            description="Что меняли в организации роли и выше, последнее – первым; пусто для тех, кому нельзя видеть "
            "историю."
        ),
    ]


class RightIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a right shall go, and on what grounds."""

    reach: Annotated[HowFar | None, Meta(description=f"Одно из `choices`: {Said} null – как задано выше.")]
    basis: Basis


class RightSetOut(msgspec.Struct, frozen=True, kw_only=True):
    """A right after it was changed."""

    change_id: Annotated[
        UUID | None,
        Meta(description="Ключ изменения, чтобы отменить его в первые 10 минут; null – всё и было так."),
    ]
    right: Annotated[RightOut, Meta(description="Право, как оно действует теперь.")]


@get(
    "/api/v1/role-kinds",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["roles"],
    summary="Виды ролей",
    description="Все роли портала и плагинов и сколько прав у каждой изменено.",
    responses=problems(),
)
def list_role_kinds(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[RoleKindOut]:
    """Every kind of role."""
    with database.reading() as db:
        return [
            RoleKindOut(kind=line.kind.name, title=str(line.kind.title), changed=line.changed)
            for line in configuring.kinds_to_read(db, actor)
        ]


@get(
    "/api/v1/role-kinds/{name:str}",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["roles"],
    summary="Что может роль",
    description="Права вида роли там, где действует ваша роль, и кто их менял.",
    responses=problems(404),
)
def one_role_kind(
    actor: NamedDependency[Actor], database: NamedDependency[Database], name: Name
) -> KindRightsOut:
    """What a kind of role may do."""
    with database.reading() as db:
        return _rights(db, actor, name)


@put(
    "/api/v1/role-kinds/{name:str}/rights/{permission:str}",
    guards=[needs(CONFIGURE)],
    sync_to_thread=True,
    tags=["roles"],
    summary="Изменить, что может роль",
    description=(
        "В организации вашей роли и во всех ниже; действует сразу. 404 – права этой роли меняет организация выше; "
        "422 – такой охват у права невозможен."
    ),
    responses=problems(404, 409, 422),
)
def change_right(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    permission: Annotated[
        str, PathParameter(description="Право.", examples=[Example(value="core.people.view")])
    ],
    data: JSONBody[RightIn],
) -> RightSetOut:
    """Set a right of a kind of role in the acting role's organization and below."""
    reach = None if data.reach is None else REACH_OF[data.reach]
    with database.transaction() as db:
        change_id = configuring.configure(db, actor, name, permission, reach, data.basis)
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        right = configuring.right_to_change(db, actor, name, permission)
        return RightSetOut(change_id=change_id, right=_right(right))


@post(
    "/api/v1/role-kinds/changes/{change_id:uuid}/undo",
    guards=[needs(CONFIGURE)],
    sync_to_thread=True,
    status_code=200,
    tags=["roles"],
    summary="Отменить изменение права",
    description="Своё, в первые 10 минут, если право с тех пор не меняли; иначе 409.",
    responses=problems(404, 409, 422),
)
def undo_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    change_id: Annotated[UUID, PathParameter(description="Ключ изменения.")],
) -> KindRightsOut:
    """Undo one's own change just made."""
    with database.transaction() as db:
        name = configuring.take_back(db, actor, change_id)
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        return _rights(db, actor, name)


def _rights(db: Session, actor: Actor, name: str) -> KindRightsOut:
    found = configuring.rights_of(db, actor, name)
    return KindRightsOut(
        kind=found.kind.name,
        title=str(found.kind.title),
        may_change=found.may_change,
        rights=[_right(each) for each in found.rights],
        changes=[_change(each) for each in found.changes],
    )


def _right(right: Right) -> RightOut:
    return RightOut(
        permission=right.permission.name,
        title=str(right.permission.title),
        plugin=right.plugin,
        reach=REACHES[right.reach],
        inherited=REACHES[right.inherited],
        own=None if right.changed is None else REACHES[right.changed],
        changed=right.is_changed,
        choices=[REACHES[each] for each in right.choices],
    )


def _change(made: RightChange) -> RightChangeOut:
    return RightChangeOut(
        id=made.id,
        permission=made.permission,
        organization_id=made.organization_id,
        organization=made.organization,
        before=REACHES[made.before],
        after=REACHES[made.after],
        at=made.at,
        author=made.person,
        basis=made.basis,
    )


role_kind_api: list[Any] = [list_role_kinds, one_role_kind, change_right, undo_change]
