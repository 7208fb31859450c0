"""Groupings of pupils for programs: classes and groups, who is in them on a day, moving pupils."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.api.worklists import WantedWords, searched
from core.database.engine import Database
from core.organizations import grouping_cards as cards
from core.organizations import pupil_moves
from core.organizations.directory import today_of
from core.organizations.grouping_filters import of_kind
from core.organizations.groupings import (
    GROUPING,
    VIEW,
    Grouping,
    grouping_for,
    grouping_rows,
    grouping_to_change,
)
from core.organizations.models import PupilGroup, SchoolClass
from core.organizations.pupil_moves import MoveLine, Wanted
from core.roles.actor import Actor
from core.web.groupings.grouping_list import GROUPINGS
from core.web.guards import needs

Kind = Annotated[
    str,
    Meta(
        description=(
            "Вид: `class` – класс, `subgroup` – подгруппа, `stream` – поток, `elective` – курс по выбору, "
            "`extracurricular` – внеурочная деятельность, `network` – межшкольная группа."
        )
    ),
]


class GroupingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a group of pupils."""

    id: Annotated[UUID, Meta(description="Ключ класса или группы; ключи их не совпадают.")]
    kind: Kind
    organization_id: UUID
    academic_year_id: UUID
    school_class_id: Annotated[
        UUID | None, Meta(description="Сам класс, или класс, часть которого подгруппа; null у остальных.")
    ]
    subject_id: Annotated[UUID | None, Meta(description="Ключ предмета; null, если он не один.")]
    name: Annotated[str, Meta(description="Название: «7А», «7А, Информатика, 1 подгруппа».")]
    split: Annotated[
        str, Meta(description="Что делят: у групп с одним значением ученик только в одной; пусто – ничего.")
    ]
    grade_level: Annotated[int | None, Meta(description="Параллель; null, если группа не для одной.")]
    places: Annotated[int | None, Meta(description="Сколько может быть учеников; null – не ограничено.")]
    closed_on: Annotated[date | None, Meta(description="С какого дня закрыта, ГГГГ-ММ-ДД; null – открыта.")]


class MemberOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a grouping on a day."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    starts_on: date
    ends_on: date | None
    basis: Annotated[str, Meta(description="Основание; пусто, если не записано.")]


class GroupingCardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A grouping with its members on a day."""

    grouping: Annotated[GroupingOut, Meta(description="Класс или группа.")]
    day: Annotated[date, Meta(description="На какой день состав, ГГГГ-ММ-ДД.")]
    members: Annotated[
        list[MemberOut],
        Meta(description="Ученики по алфавиту; межшкольная группа показывает школе только её учеников."),
    ]
    others: Annotated[int, Meta(description="Сколько ещё учеников, имён которых вам не видно.")]


class MoveIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where one pupil is to go."""

    person_id: UUID
    to: Annotated[
        UUID | None,
        Meta(
            description="Ключ класса или группы; null – убрать отсюда.",
            examples=["0198c0de-7b1a-7000-8000-000000000001"],
        ),
    ]


class MovesIn(msgspec.Struct, frozen=True, kw_only=True):
    """Pupils to be moved from one day on, all or none."""

    day: Annotated[date, Meta(description="Первый день на новом месте, ГГГГ-ММ-ДД.")]
    reason: Annotated[
        str,
        Meta(
            description="Основание, от 3 до 200 знаков.",
            min_length=3,
            max_length=200,
            examples=["Приказ № 5"],
        ),
    ]
    moves: Annotated[
        list[MoveIn], Meta(description="Кого куда; не больше 500.", min_length=1, max_length=500)
    ]
    dry_run: Annotated[bool, Meta(description="Только показать, что изменится: ничего не сохраняется.")] = (
        False
    )


class MoveOut(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one pupil."""

    person_id: UUID
    before: Annotated[str, Meta(description="Где ученик был в этот день; пусто – нигде.")]
    after: Annotated[str, Meta(description="Где он будет; пусто – нигде.")]
    leaves: Annotated[list[str], Meta(description="Из каких групп выйдет, потому что меняется класс.")]
    objection: Annotated[str, Meta(description="Почему перевести нельзя; пусто – можно.")]


class MovesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A move."""

    id: Annotated[UUID | None, Meta(description="Ключ перевода; null, если это была проба.")]
    moves: Annotated[list[MoveOut], Meta(description="Что изменилось у каждого ученика.")]


@get(
    "/api/v1/groupings",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Классы и группы учеников",
    description="Классы, подгруппы, потоки, курсы и межшкольные группы доступных организаций.",
    responses=problems(422),
)
def list_groupings(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: WantedWords = "",
    kind: Annotated[
        str | None,
        QueryParameter(pattern="^[a-z]{1,16}$", description="Только этого вида, например `subgroup`."),
    ] = None,
    organization_id: Annotated[
        UUID | None, QueryParameter(description="Только этой организации; без него – все доступные.")
    ] = None,
    academic_year_id: Annotated[
        UUID | None, QueryParameter(description="Только этого учебного года.")
    ] = None,
    school_class_id: Annotated[
        UUID | None, QueryParameter(description="Только этот класс и его подгруппы.")
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[GroupingOut]:
    """Classes and groups in reach."""
    with database.reading() as db:
        statement = grouping_rows(db, actor)
        if kind is not None:
            condition = of_kind(actor, kind)
            statement = statement.where(GROUPING.kind == kind if condition is None else condition)
        if organization_id is not None:
            statement = statement.where(GROUPING.organization_id == organization_id)
        if academic_year_id is not None:
            statement = statement.where(GROUPING.academic_year_id == academic_year_id)
        if school_class_id is not None:
            statement = statement.where(GROUPING.class_id == school_class_id)
        statement = searched(db, actor, GROUPINGS, statement, q)
        rows = db.execute(by_key(statement, GROUPING.id, after, limit)).all()
        return Page(
            items=[
                GroupingOut(
                    school_class_id=row.class_id,
                    **{
                        name: getattr(row, name)
                        for name in GroupingOut.__struct_fields__
                        if name != "school_class_id"
                    },
                )
                for row in rows[:limit]
            ],
            next=rows[limit - 1].id if len(rows) > limit else None,
        )


@get(
    "/api/v1/groupings/{grouping_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Класс или группа с учениками на день",
    description="Кто в классе или группе в этот день; без `day` – сегодня, а если год не идёт – в его ближайший день.",
    responses=problems(404, 422),
)
def one_grouping(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    day: Annotated[date | None, QueryParameter(description="День, ГГГГ-ММ-ДД.")] = None,
) -> GroupingCardOut:
    """A class or a group with its members on a day."""
    with database.reading() as db:
        grouping = grouping_for(db, actor, grouping_id)
        moment = day or min(max(today_of(actor), grouping.year.starts_on), grouping.year.ends_on)
        card = cards.card(db, actor, grouping, moment)
        return GroupingCardOut(
            grouping=grouping_out(grouping),
            day=moment,
            members=[
                MemberOut(
                    person_id=each.person_id,
                    name=each.name,
                    starts_on=each.starts_on,
                    ends_on=each.ends_on,
                    basis=each.basis,
                )
                for each in card.members
            ],
            others=card.others,
        )


@post(
    "/api/v1/groupings/{grouping_id:uuid}/moves",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Перевести учеников",
    description=(
        "Отсюда – в другой класс той же школы и года, в другую часть того же деления или никуда; сюда – тех, кто "
        "здесь ещё не учится. Ничего не затирается: прежний срок заканчивается накануне `day`, новый начинается с "
        "него. Переводятся все или никто: если кого-то перевести нельзя – 409, в `fields` – ключи учеников и причины. "
        "Пробный запрос (`dry_run`) показывает причины и ничего не меняет."
    ),
    responses=problems(404, 409, 422),
)
def move_pupils(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: JSONBody[MovesIn],
) -> MovesOut:
    """Move pupils, all or none."""
    wanted = [Wanted(person_id=each.person_id, to=each.to) for each in data.moves]
    if data.dry_run:
        with database.reading() as db:
            grouping = grouping_to_change(db, actor, grouping_id)
            return MovesOut(id=None, moves=_moves(pupil_moves.plan(db, actor, grouping, wanted, data.day)))
    with database.transaction() as db:
        grouping = grouping_to_change(db, actor, grouping_id)
        lines = _moves(pupil_moves.plan(db, actor, grouping, wanted, data.day))
        made = pupil_moves.carry_out(db, actor, grouping_id, wanted, data.day, data.reason, whole=True)
        return MovesOut(id=made.id, moves=lines)


def grouping_out(grouping: Grouping) -> GroupingOut:
    """A class or a group as programs get it."""
    row = grouping.row
    parent: SchoolClass | None = row if isinstance(row, SchoolClass) else grouping.parent
    return GroupingOut(
        id=row.id,
        kind=grouping.kind,
        organization_id=row.organization_id,
        academic_year_id=row.academic_year_id,
        school_class_id=parent.id if parent else None,
        subject_id=row.subject_id if isinstance(row, PupilGroup) else None,
        name=row.name,
        split=grouping.split,
        grade_level=parent.grade_level if parent else row.grade_level,
        places=row.places,
        closed_on=row.closed_on,
    )


def _moves(lines: Sequence[MoveLine]) -> list[MoveOut]:
    return [
        MoveOut(
            person_id=line.person_id,
            before=line.before,
            after=line.after,
            leaves=line.leaves,
            objection=line.objection,
        )
        for line in lines
    ]


grouping_api: list[Any] = [list_groupings, one_grouping, move_pupils]
