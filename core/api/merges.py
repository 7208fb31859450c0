"""Two cards of one person for programs: found, compared, made one after a look at what moves, and two again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.api.worklists import Wanted, lines_by_key
from core.database.engine import Database
from core.database.session import Session
from core.identity import accounts, duplicates, merging
from core.identity.comparison import FIELDS, ONE, Comparison, compare
from core.identity.duplicates import MERGE
from core.identity.masks import SENSITIVE, mask
from core.roles.actor import Actor
from core.web.accounts.duplicate_list import DUPLICATES
from core.web.guards import needs

Whose = Literal["one", "other"]
Choice = Annotated[
    Whose | None,
    Meta(description="Чьё оставить: `one` – первого в адресе, `other` – второго; null – у кого заполнено."),
]
PAIR = "/api/v1/accounts/{person_id:uuid}/merge/{other_id:uuid}"


class PairOut(msgspec.Struct, frozen=True, kw_only=True):
    """Two people who may be one."""

    id: UUID
    first_id: Annotated[UUID, Meta(description="Ключ одного человека.")]
    first: Annotated[str, Meta(description="Его фамилия, имя и отчество.")]
    second_id: Annotated[UUID, Meta(description="Ключ другого.")]
    second: Annotated[str, Meta(description="Его фамилия, имя и отчество.")]
    status: Annotated[str, Meta(description="`likely` – ждёт решения, `different` – решено: разные люди.")]
    reasons: Annotated[list[str], Meta(description="Что совпадает: `snils`, `same`, `spelling`, `contact`.")]


class SearchBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The search has begun."""

    task_id: UUID


class ComparedFieldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A field of both cards."""

    name: Annotated[str, Meta(description="Имя поля: `last_name`, `snils` и другие.")]
    one: Annotated[
        str,
        Meta(description="У первого; дата рождения, номера и почта закрыты точками, кроме последних знаков."),
    ]
    other: Annotated[str, Meta(description="У второго, так же.")]
    differs: Annotated[bool, Meta(description="Значения разные: есть что выбирать.")]
    suggested: Annotated[Whose, Meta(description="Чьё портал предложил бы оставить.")]


class ComparisonOut(msgspec.Struct, frozen=True, kw_only=True):
    """Two people side by side."""

    fields: Annotated[list[ComparedFieldOut], Meta(description="Поля, заполненные хотя бы у одного.")]
    reasons: Annotated[list[str], Meta(description="Почему портал счёл их похожими; пусто, если не счёл.")]
    different: Annotated[bool, Meta(description="Решено, что это разные люди.")]
    doubts: Annotated[list[str], Meta(description="Что говорит против, словами.")]
    objection: Annotated[str, Meta(description="Почему вам нельзя их объединить; пусто, если можно.")]
    keep: Annotated[Whose, Meta(description="Чью карточку портал предложил бы оставить.")]


class ChosenIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose value of each field stays."""

    last_name: Choice = None
    first_name: Choice = None
    middle_name: Choice = None
    birth_date: Choice = None
    gender: Choice = None
    snils: Choice = None
    birth_certificate: Choice = None
    phone: Choice = None
    email: Choice = None


class MergeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose card stays and with which values."""

    keep: Annotated[
        Whose, Meta(description="Чья карточка остаётся: `one` – первого в адресе, `other` – второго.")
    ]
    values: Annotated[
        ChosenIn, Meta(description="Чьи значения взять; что не названо, берётся у кого есть.")
    ] = ChosenIn()


class MergePreviewOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge would do. Nothing has been changed."""

    kept_id: Annotated[UUID, Meta(description="Чья карточка останется.")]
    absorbed_id: Annotated[UUID, Meta(description="Чья карточка исчезнет; её ключ поведёт к оставшейся.")]
    moved: Annotated[dict[str, int], Meta(description="Что перейдёт к оставшейся: чего → сколько записей.")]
    joined: Annotated[dict[str, int], Meta(description="Что было у обоих и станет одним: чего → сколько.")]
    doubts: Annotated[list[str], Meta(description="Что говорит против, словами.")]
    undo_days: Annotated[int, Meta(description="Сколько дней объединение можно отменить.")]


class MergeOut(msgspec.Struct, frozen=True, kw_only=True):
    """Two cards that have become one, or were two again."""

    id: Annotated[UUID, Meta(description="Ключ объединения: им оно и отменяется.")]
    absorbed_name: Annotated[str, Meta(description="Как звали того, чьей карточки больше нет.")]
    merged_at: Annotated[datetime, Meta(description="Когда объединили: момент с часовым поясом.")]
    merged_by: Annotated[str, Meta(description="Кто объединил.")]
    undone_at: Annotated[datetime | None, Meta(description="Когда отменили; null – действует.")]
    until: Annotated[datetime, Meta(description="До какого момента можно отменить.")]
    objection: Annotated[str, Meta(description="Почему отменить нельзя; пусто, если можно.")]


class MergedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that has just been made."""

    merge_id: Annotated[UUID, Meta(description="Ключ объединения: им оно и отменяется.")]
    person_id: Annotated[UUID, Meta(description="Ключ оставшейся карточки.")]


class PartedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Two people who were one card."""

    kept_id: Annotated[UUID, Meta(description="Карточка, которая оставалась.")]
    restored_id: Annotated[UUID, Meta(description="Карточка, которая вернулась.")]


class DifferentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether two people are different."""

    different: Annotated[
        bool,
        Meta(description="true – разные люди, портал их больше не предложит; false – забыть это решение."),
    ] = True


@get(
    "/api/v1/duplicates",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Похожие люди",
    description="Пары карточек доступных людей, которые могут быть одним человеком. Портал ищет их каждый день.",
    responses=problems(422),
)
def list_duplicates(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: Wanted = "",
    status: Annotated[
        Literal["likely", "different"] | None,
        QueryParameter(description="`likely` – ждут решения, `different` – решено: разные люди."),
    ] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PairOut]:
    """Pairs of people in reach who may be one."""
    with database.reading() as db:
        lines, following = lines_by_key(db, actor, DUPLICATES, q, {"status": status}, after, limit)
        return Page(
            items=[
                PairOut(
                    id=each.id,
                    first_id=each.first_id,
                    first=each.first,
                    second_id=each.second_id,
                    second=each.second,
                    status=each.status,
                    reasons=list(each.reasons),
                )
                for each in lines
            ],
            next=following,
        )


@post(
    "/api/v1/duplicates/search",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    tags=["accounts"],
    summary="Искать похожих сейчас",
    description="Не дожидаясь ночи. Ищет фоновая работа; когда она кончится, список похожих будет новым.",
    responses=problems(409, 422),
)
def search_duplicates(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> SearchBegun:
    """Look for people who are alike without waiting for the night."""
    with database.transaction() as db:
        return SearchBegun(task_id=duplicates.begin_search(db, actor))


@get(
    PAIR,
    guards=[needs(MERGE)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Сравнить двух людей",
    description="Что у них записано, что похоже и что говорит против.",
    responses=problems(404),
)
def compare_people(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
) -> ComparisonOut:
    """Two people in reach side by side."""
    with database.reading() as db:
        return _comparison(compare(db, actor, person_id, other_id))


@post(
    f"{PAIR}/preview",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Примерить объединение",
    description="Что перешло бы и что слилось бы. Ничего не меняется. 409 – объединить нельзя, `title` говорит почему.",
    responses=problems(404, 409, 422),
)
def preview_merge(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
    data: JSONBody[MergeIn],
) -> MergePreviewOut:
    """What a merge would move."""
    with database.transaction() as db:
        moving = merging.rehearse(db, actor, person_id, other_id, data.keep, _chosen(data))
        kept, absorbed = (person_id, other_id) if data.keep == ONE else (other_id, person_id)
        return MergePreviewOut(
            kept_id=kept,
            absorbed_id=absorbed,
            moved=dict(moving.moved),
            joined=dict(moving.joined),
            doubts=list(compare(db, actor, person_id, other_id).doubts),
            undo_days=db.portal.config.merge_undo_days,
        )


@post(
    PAIR,
    guards=[needs(MERGE)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Объединить двух людей",
    description=(
        "Всё, что было у обоих, становится одним; войти можно любым из прежних способов. Отменить можно, пока не вышел "
        "срок. 409 – объединить нельзя, `title` говорит почему."
    ),
    responses=problems(404, 409, 422),
)
def merge_people(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
    data: JSONBody[MergeIn],
) -> MergedOut:
    """Make two people one."""
    with database.transaction() as db:
        merge_id = merging.merge(db, actor, person_id, other_id, data.keep, _chosen(data))
        return MergedOut(merge_id=merge_id, person_id=person_id if data.keep == ONE else other_id)


@post(
    f"{PAIR}/different",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Решить, что это разные люди",
    description="Портал запомнит решение и больше не предложит эту пару; решение можно забыть.",
    responses=problems(404, 409, 422),
)
def tell_apart(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
    data: JSONBody[DifferentIn],
) -> ComparisonOut:
    """Remember that two people are different, or forget it."""
    with database.transaction() as db:
        duplicates.decide(db, actor, person_id, other_id, different=data.different)
        return _comparison(compare(db, actor, person_id, other_id))


@get(
    "/api/v1/accounts/{person_id:uuid}/merges",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    tags=["accounts"],
    summary="Что объединено с человеком",
    description="Объединения, после которых осталась эта карточка, последнее – первым.",
    responses=problems(404),
)
def list_merges(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> list[MergeOut]:
    """The merges into a person in reach."""
    with database.reading() as db:
        return _merges(db, actor, person_id)


@post(
    "/api/v1/merges/{merge_id:uuid}/undo",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    status_code=200,
    tags=["accounts"],
    summary="Отменить объединение",
    description=(
        "Снова два человека, у каждого то, что было; что появилось потом, остаётся у оставшегося. 409 – срок вышел или "
        "то же самое с тех пор меняли."
    ),
    responses=problems(404, 409, 422),
)
def undo_merge(
    actor: NamedDependency[Actor], database: NamedDependency[Database], merge_id: FromPath[UUID]
) -> PartedOut:
    """Make two people of one again."""
    with database.transaction() as db:
        made = merging.undo(db, actor, merge_id)
        return PartedOut(kept_id=made.kept_id, restored_id=made.absorbed_id)


def _chosen(data: MergeIn) -> Mapping[str, str]:
    return {name: side for name, side in msgspec.structs.asdict(data.values).items() if side is not None}


def _merges(db: Session, actor: Actor, person_id: UUID) -> list[MergeOut]:
    accounts.account_line(db, actor, person_id)
    return [
        MergeOut(**{name: getattr(each, name) for name in MergeOut.__struct_fields__})
        for each in merging.merges_of(db, actor, person_id)
    ]


def _comparison(both: Comparison) -> ComparisonOut:
    fields: list[ComparedFieldOut] = []
    for name in FIELDS:
        mine, theirs = getattr(both.one.person, name), getattr(both.other.person, name)
        if mine or theirs:
            fields.append(
                ComparedFieldOut(
                    name=name,
                    one=_shown(name, mine),
                    other=_shown(name, theirs),
                    differs=mine != theirs,
                    suggested="one" if both.suggested[name] == ONE else "other",
                )
            )
    return ComparisonOut(
        fields=fields,
        reasons=list(both.reasons),
        different=both.different,
        doubts=list(both.doubts),
        objection=both.objection,
        keep="one" if both.suggested["keep"] == ONE else "other",
    )


def _shown(name: str, value: Any) -> str:
    text = f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value or "")
    return mask(name, text) if name in SENSITIVE else text


merge_api: list[Any] = [
    list_duplicates,
    search_duplicates,
    compare_people,
    preview_merge,
    merge_people,
    tell_apart,
    list_merges,
    undo_merge,
]
