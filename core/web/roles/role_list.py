"""«Роли»: who holds which structural role, as a work list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, func, or_

from core.database.session import Session
from core.identity import accounts
from core.identity.models import Person
from core.identity.name_words import similar_names
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.lifecycle import State
from core.roles.listing import RoleLine, role_lines, role_rows
from core.roles.models import StructuralRole
from core.roles.prolonging import objection_to_prolong, prolong
from core.web.i18n import counted, gettext, lazy, show_short_day
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import PEOPLE_EXPORT, BulkAction, Cell, Column, Filter, WorkList

STATES: dict[State, tuple[str, str]] = {
    State.REQUESTED: (lazy("ждёт подтверждения"), "warning"),
    State.REFUSED: (lazy("отказано"), "danger"),
    State.CONFIRMED: (lazy("подтверждена, ещё не началась"), "accent"),
    State.ACTIVE: (lazy("действует"), "positive"),
    State.SUSPENDED: (lazy("приостановлена"), "warning"),
    State.TERMINATED: (lazy("прекращена"), ""),
}
"""Each state in words, with its tone."""

FOREVER = date(9999, 12, 31)
"""Stands for no last day where roles are put in order by it."""


class Basis(msgspec.Struct, kw_only=True):
    """On what grounds."""

    basis: Annotated[
        str,
        Meta(title="Основание", description="Например: приказ и его дата.", min_length=3, max_length=300),
    ]


class Ending(msgspec.Struct, kw_only=True):
    """On what grounds, and from when."""

    basis: Annotated[
        str,
        Meta(title="Основание", description="Например: приказ и его дата.", min_length=3, max_length=300),
    ]
    last_day: Annotated[
        date | None, Meta(title="Последний день", description="Пусто – прекратить сейчас же.")
    ] = None


class Prolonging(msgspec.Struct, kw_only=True):
    """On what grounds, and until when."""

    basis: Annotated[
        str,
        Meta(title="Основание", description="Например: приказ и его дата.", min_length=3, max_length=300),
    ]
    last_day: Annotated[date, Meta(title="Новый последний день", description="Этот день тоже входит в срок.")]


def _name(line: RoleLine) -> Cell:
    return Cell(text=line.name, url=f"/roles/{line.id}")


def _title(line: RoleLine) -> str:
    title = gettext(line.title)
    if line.delegated_from is not None:
        title = gettext("%(role)s, замещает") % {"role": title}
    return ", ".join(each for each in (title, line.school_class, line.group) if each)


def _state(line: RoleLine) -> Cell:
    words, tone = STATES[line.state]
    return Cell(text=gettext(words), tone=tone)


def _dates(line: RoleLine) -> str:
    since = gettext("с %(day)s") % {"day": show_short_day(line.starts_on)}
    if line.ends_on is None:
        return since
    return f"{since} {gettext('по %(day)s') % {'day': show_short_day(line.ends_on)}}"


def _in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    today = school_today(actor)
    over = and_(StructuralRole.ends_on.is_not(None), StructuralRole.ends_on < today)
    conditions: dict[str, ColumnElement[bool]] = {
        State.REQUESTED: StructuralRole.status == "requested",
        State.REFUSED: StructuralRole.status == "refused",
        State.CONFIRMED: and_(StructuralRole.status == "active", StructuralRole.starts_on > today, ~over),
        State.ACTIVE: and_(StructuralRole.status == "active", StructuralRole.starts_on <= today, ~over),
        State.SUSPENDED: and_(StructuralRole.status == "suspended", ~over),
        State.TERMINATED: or_(
            StructuralRole.status == "terminated",
            and_(StructuralRole.status.in_(("active", "suspended")), over),
        ),
    }
    return conditions.get(value)


def _ends_soon(actor: Actor, value: str) -> ColumnElement[bool] | None:
    if value not in ("7", "30"):
        return None
    today = school_today(actor)
    return and_(
        StructuralRole.status == "active",
        StructuralRole.ends_on.between(today, today + timedelta(days=int(value))),
    )


def _kinds(db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    kinds = sorted(db.portal.grants.kinds.values(), key=lambda kind: kind.order)
    return [(kind.name, gettext(kind.title)) for kind in kinds]


def _suspend(db: Session, actor: Actor, role_id: UUID, values: Any) -> None:
    lifecycle.suspend(db, actor, role_id, values.basis)


def _resume(db: Session, actor: Actor, role_id: UUID, _values: Any) -> None:
    lifecycle.resume(db, actor, role_id)


def _prolong(db: Session, actor: Actor, role_id: UUID, values: Any) -> None:
    prolong(db, actor, role_id, values.basis, values.last_day)


def _terminate(db: Session, actor: Actor, role_id: UUID, values: Any) -> None:
    lifecycle.terminate(db, actor, role_id, values.basis, values.last_day)


def _delete(db: Session, actor: Actor, role_id: UUID, _values: Any) -> None:
    lifecycle.delete(db, actor, role_id)


ROLES: WorkList[RoleLine] = WorkList(
    name="roles",
    title=lazy("Роли"),
    url="/roles",
    permission=lifecycle.VIEW,
    export=PEOPLE_EXPORT,
    icon="person",
    key=StructuralRole.id,
    rows=role_rows,
    lines=role_lines,
    sort="name",
    search=accounts.by_name,
    similar=similar_names,
    search_hint=lazy("Фамилия, имя или СНИЛС"),
    new=(lifecycle.GRANT, lazy("Дать роль"), "/roles/new"),
    columns=(
        Column(name="name", title=lazy("Человек"), cell=_name, order=(Person.name_key,)),
        Column(name="role", title=lazy("Роль"), cell=_title, order=(StructuralRole.kind,)),
        Column(name="state", title=lazy("Состояние"), cell=_state),
        Column(
            name="organization",
            title=lazy("Организация"),
            cell=lambda line: line.organization,
            order=(Organization.name_key,),
        ),
        Column(
            name="dates",
            title=lazy("Действует"),
            cell=_dates,
            order=(func.coalesce(StructuralRole.ends_on, FOREVER), StructuralRole.starts_on),
        ),
        Column(name="basis", title=lazy("Основание"), cell=lambda line: line.basis, shown=False),
    ),
    filters=(
        Filter(
            name="state",
            title=lazy("Состояние"),
            condition=_in_state,
            options=lambda _db, _actor: [
                (state.value, gettext(words)) for state, (words, _) in STATES.items()
            ],
        ),
        Filter(
            name="kind",
            title=lazy("Роль"),
            condition=lambda _actor, value: StructuralRole.kind == value,
            options=_kinds,
        ),
        Filter(
            name="ends",
            title=lazy("Заканчивается"),
            condition=_ends_soon,
            options=lambda _db, _actor: [
                (days, counted("за %(count)s день", "за %(count)s дней", int(days))) for days in ("7", "30")
            ],
        ),
    ),
    actions=(
        BulkAction(
            name="suspend",
            title=lazy("Приостановить"),
            explanation=lazy("Роли перестанут давать права, пока их не возобновят. Данные останутся."),
            permission=lifecycle.GRANT,
            objection=lifecycle.objection_to_suspend,
            apply=_suspend,
            done=lambda count: counted(
                "Приостановлена %(count)s роль.", "Приостановлено ролей: %(count)s.", count
            ),
            icon="lock",
            form=Basis,
            undone_by="resume",
        ),
        BulkAction(
            name="resume",
            title=lazy("Возобновить"),
            explanation=lazy("Роли снова дадут права."),
            permission=lifecycle.GRANT,
            objection=lifecycle.objection_to_resume,
            apply=_resume,
            done=lambda count: counted(
                "Возобновлена %(count)s роль.", "Возобновлено ролей: %(count)s.", count
            ),
            icon="unlock",
        ),
        BulkAction(
            name="prolong",
            title=lazy("Продлить"),
            explanation=lazy(
                "Роли будут действовать до нового последнего дня. Остальное в них не изменится."
            ),
            permission=lifecycle.GRANT,
            objection=objection_to_prolong,
            apply=_prolong,
            done=lambda count: counted("Продлена %(count)s роль.", "Продлено ролей: %(count)s.", count),
            icon="calendar",
            form=Prolonging,
        ),
        BulkAction(
            name="terminate",
            title=lazy("Прекратить"),
            explanation=lazy(
                "Прекращённую роль не возобновить: при возвращении человека дают новую. Всё, что он сделал, "
                "останется. Права, которые он передал на время, тоже прекратятся."
            ),
            permission=lifecycle.GRANT,
            objection=lifecycle.objection_to_terminate,
            apply=_terminate,
            done=lambda count: counted("Прекращена %(count)s роль.", "Прекращено ролей: %(count)s.", count),
            icon="close",
            danger=True,
            form=Ending,
        ),
        BulkAction(
            name="delete",
            title=lazy("Удалить"),
            explanation=lazy(
                "Роли исчезнут из списка насовсем; запись о них останется в истории изменений. Вернуть нельзя."
            ),
            permission=lifecycle.GRANT,
            objection=lifecycle.objection_to_delete,
            apply=_delete,
            done=lambda count: counted("Удалена %(count)s роль.", "Удалено ролей: %(count)s.", count),
            icon="trash",
            danger=True,
        ),
    ),
    empty=(lazy("Ролей пока нет"), lazy("Дайте роль сотруднику или загрузите школу из таблицы.")),
)

role_list_routes: list[Any] = worklist_routes(ROLES)
