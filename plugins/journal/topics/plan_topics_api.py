"""JSON routes of a plan's topics: adding, changing, moving, taking out and putting back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT
from plugins.journal.topics.plan_topics import (
    Topic,
    TopicIn,
    add_topics,
    change_topic,
    move_topic,
    remove_topic,
    restore_topic,
)
from plugins.journal.topics.plans import open_plan

TOPICS = "/api/v1/journal/plans/{plan_id:uuid}/topics"
TOPIC = TOPICS + "/{topic_id:uuid}"


class TopicsIn(msgspec.Struct, frozen=True, kw_only=True):
    """Topics to be added, all or none."""

    topics: Annotated[
        Sequence[TopicIn], Meta(min_length=1, max_length=1000, description="Темы по порядку, до 1000.")
    ]
    after: Annotated[
        UUID | None, Meta(description="Ключ темы, за которой вставить; null – в конец плана.")
    ] = None


class TopicsAdded(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the topics that were added."""

    ids: Annotated[Sequence[UUID], Meta(description="Ключи добавленных тем по порядку.")]


class TopicUpdate(TopicIn, frozen=True, kw_only=True):
    """A topic written anew; with `was`, one that somebody has changed since is left alone (409)."""

    was: Annotated[
        int | None,
        Meta(description="`version`, которую вы видели; с ней чужая правка не затирается. null – записать."),
    ] = None


class MoveIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a topic is to go."""

    to: Annotated[int, Meta(ge=1, description="Место в плане, считая с 1.")]


@post(
    TOPICS,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить темы",
    description="Все или ни одной: ошибка в одной теме не даёт записать остальные.",
    responses=problems(404, 409, 422),
)
def topics_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: JSONBody[TopicsIn],
) -> TopicsAdded:
    """Add topics in order."""
    with database.transaction() as db:
        plan = open_plan(db, actor, plan_id, edit=True, lock=True)
        return TopicsAdded(ids=add_topics(db, actor, plan, data.topics, after=data.after))


@put(
    TOPIC,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить тему",
    description="Тема записывается целиком. 409 – её уже изменил другой: прочитайте план и решите, что верно.",
    responses=problems(404, 409, 422),
)
def topic_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: JSONBody[TopicUpdate],
) -> Topic:
    """Write a topic anew."""
    with database.transaction() as db:
        return change_topic(db, actor, plan_id, topic_id, data, was=data.was)


@post(
    TOPIC + "/move",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Передвинуть тему",
    description="Остальные темы сдвигаются.",
    responses=problems(404, 409, 422),
)
def topic_move(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: JSONBody[MoveIn],
) -> MoveIn:
    """Move a topic; answers with the place it got."""
    with database.transaction() as db:
        return MoveIn(to=move_topic(db, actor, plan_id, topic_id, data.to))


@delete(
    TOPIC,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать тему",
    description="Её можно вернуть; записи на уроках остаются.",
    responses=problems(404, 409, 422),
)
def topic_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> None:
    """Take a topic out."""
    with database.transaction() as db:
        remove_topic(db, actor, plan_id, topic_id)


@post(
    TOPIC + "/restore",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Вернуть тему",
    description="Тема встаёт на прежнее место.",
    responses=problems(404, 409, 422),
)
def topic_restore(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> None:
    """Put a topic back."""
    with database.transaction() as db:
        restore_topic(db, actor, plan_id, topic_id)


plan_topic_api_routes: list[Any] = [topics_add, topic_change, topic_move, topic_remove, topic_restore]
