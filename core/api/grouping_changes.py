"""Classes and groups of pupils kept by programs: making, correcting, closing, and taking a move back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.groupings import GroupingOut, grouping_out
from core.api.lists import problems
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import grouping_changes, pupil_undo
from core.organizations.grouping_changes import NewClass, NewGroup
from core.organizations.groupings import CLASS, NETWORK_KIND, VIEW, grouping_for, grouping_to_change
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence

Kind = Literal["class", "subgroup", "stream", "elective", "extracurricular", "network"]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=100, description="Название; у класса – номер и буква или слово: «7А»."),
]
Places = Annotated[
    Annotated[int, Meta(ge=1, le=1000)] | None, Meta(description="Сколько мест; null – не ограничено.")
]
Terms = Annotated[
    Literal["quarter", "trimester", "half_year", "module"],
    Meta(description="Периоды класса: `quarter`, `trimester`, `half_year`, `module`."),
]
Days = Annotated[int, Meta(ge=5, le=6, description="Учебных дней в неделе: 5 или 6.")]
Shift = Annotated[int, Meta(ge=1, le=3, description="Смена.")]
GradeLevel = Annotated[
    Annotated[int, Meta(ge=1, le=12)] | None,
    Meta(description="Параллель группы, если она одна; у класса – null."),
]


class GroupingIn(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a group to be made."""

    kind: Annotated[Kind, Meta(description="Вид, как в списке.")]
    academic_year_id: Annotated[
        UUID, Meta(description="Учебный год; у межшкольной группы – год любой из школ, важно его название.")
    ]
    name: Name
    school_class_id: Annotated[UUID | None, Meta(description="Класс, который делит подгруппа.")] = None
    split: Annotated[str, Meta(max_length=100, description="Что делит подгруппа: «Английский язык».")] = ""
    subject_id: Annotated[UUID | None, Meta(description="Предмет группы, если он один.")] = None
    grade_level: GradeLevel = None
    places: Places = None
    term_kind: Terms = "quarter"
    days_per_week: Days = 5
    shift: Shift = 1


class GroupingChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be corrected; what is not named stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    subject_id: Annotated[
        UUID | msgspec.UnsetType | None, Meta(description="Предмет группы; null – не один.")
    ] = msgspec.UNSET
    grade_level: GradeLevel | msgspec.UnsetType = msgspec.UNSET
    places: Places | msgspec.UnsetType = msgspec.UNSET
    term_kind: Terms | msgspec.UnsetType = msgspec.UNSET
    days_per_week: Days | msgspec.UnsetType = msgspec.UNSET
    shift: Shift | msgspec.UnsetType = msgspec.UNSET


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """From which day a class or a group is closed, and why."""

    day: Annotated[date, Meta(description="Первый день, когда в нём уже никого нет.")]
    reason: Annotated[str, Meta(min_length=3, max_length=300, description="Основание.")]


@post(
    "/api/v1/groupings",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Завести класс или группу",
    description=(
        "Класс, подгруппу, поток, курс – в учебном году своей школы; межшкольную группу ведёт муниципальный или "
        "региональный координатор."
    ),
    responses=problems(404, 409, 422),
)
def create_grouping(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[GroupingIn]
) -> GroupingOut:
    """Make a class or a group."""
    with database.transaction() as db:
        return grouping_out(grouping_to_change(db, actor, _made(db, actor, data)))


def _made(db: Session, actor: Actor, data: GroupingIn) -> UUID:
    if data.kind == CLASS:
        told = NewClass(**{name: getattr(data, name) for name in NewClass.__struct_fields__})
        return grouping_changes.create_class(db, actor, data.academic_year_id, told).id
    told = NewGroup(**{name: getattr(data, name) for name in NewGroup.__struct_fields__})
    if data.kind != NETWORK_KIND:
        return grouping_changes.create_group(db, actor, data.academic_year_id, told).id
    year = db.get(AcademicYear, data.academic_year_id)
    if year is None:
        raise Invalid(
            "Такого учебного года нет.", fields={"academic_year_id": sentence("Возьмите год из списка.")}
        )
    return grouping_changes.create_network_group(db, actor, year.name, told).id


@put(
    "/api/v1/groupings/{grouping_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Исправить класс или группу",
    description="Что не названо, остаётся как было.",
    responses=problems(404, 409, 422),
)
def change_grouping(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: JSONBody[GroupingChange],
) -> GroupingOut:
    """Correct a class or a group."""
    told = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
    with database.transaction() as db:
        known = grouping_for(db, actor, grouping_id)
        told.setdefault("name", known.row.name)
        return grouping_out(grouping_changes.update(db, actor, grouping_id, told))


@post(
    "/api/v1/groupings/{grouping_id:uuid}/close",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Закрыть класс или группу",
    description="Класс закрывают пустым, его подгруппы – вместе с ним; из группы ученики выходят накануне дня.",
    responses=problems(404, 409, 422),
)
def close_grouping(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: JSONBody[Closing],
) -> GroupingOut:
    """Close a class or a group."""
    with database.transaction() as db:
        grouping_changes.close(db, actor, grouping_id, data.day, data.reason)
        return grouping_out(grouping_for(db, actor, grouping_id))


@post(
    "/api/v1/groupings/{grouping_id:uuid}/reopen",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Открыть класс или группу снова",
    description="Кого вывело закрытие, снова в группе, если с тех пор ничего не изменилось.",
    responses=problems(404, 409, 422),
)
def reopen_grouping(
    actor: NamedDependency[Actor], database: NamedDependency[Database], grouping_id: FromPath[UUID]
) -> GroupingOut:
    """Open a class or a group again."""
    with database.transaction() as db:
        grouping_changes.reopen(db, actor, grouping_id)
        return grouping_out(grouping_for(db, actor, grouping_id))


@post(
    "/api/v1/groupings/moves/{move_id:uuid}/undo",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    status_code=204,
    tags=["organizations"],
    summary="Отменить перевод учеников",
    description="В течение суток и пока этих учеников не перевели ещё раз; всё становится как было.",
    responses=problems(404, 409, 422),
)
def undo_move(
    actor: NamedDependency[Actor], database: NamedDependency[Database], move_id: FromPath[UUID]
) -> None:
    """Take a move back."""
    with database.transaction() as db:
        pupil_undo.undo(db, actor, move_id)


grouping_change_api: list[Any] = [
    create_grouping,
    change_grouping,
    close_grouping,
    reopen_grouping,
    undo_move,
]
