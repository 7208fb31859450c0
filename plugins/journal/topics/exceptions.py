"""How one page departs from its plan: a topic skipped, joined to the one before, stretched, or put in."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, update

from core.audit.record import Change, record
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.topics.following import Followed, open_to_edit
from plugins.journal.topics.layout import JOINED, SKIPPED, STRETCHED, Step
from plugins.journal.topics.models import LessonTopic, TopicException
from plugins.journal.topics.plan_topics import MOST_TOPIC_HOURS, TopicIn, add_topics
from plugins.journal.topics.plans import open_plan

REMOVED = "removed"
KINDS = ("", SKIPPED, JOINED, STRETCHED, REMOVED)
ExceptionKind = Annotated[
    str,
    Meta(
        description="`skipped` – тема пропущена, `joined` – даётся вместе с предыдущей, `stretched` – занимает "
        "`lessons` уроков; пусто – как в плане. `removed` убирает тему, вставленную только в эту страницу.",
        examples=["joined"],
    ),
]


class ExceptionIn(msgspec.Struct, frozen=True, kw_only=True):
    """How the page departs from its plan at a topic."""

    kind: ExceptionKind = ""
    lessons: Annotated[int, Meta(description="Сколько уроков занимает растянутая тема, от 1 до 50.")] = 1


class InsertedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A topic to be put into one page's plan."""

    title: Annotated[str, Meta(description="Тема, до 500 знаков.", examples=["Работа над ошибками"])]
    after: Annotated[
        UUID | None, Meta(description="Ключ темы, за которой вставить; null – в конец плана.")
    ] = None


def set_exception(db: Session, actor: Actor, page_id: UUID, topic_id: UUID, wanted: ExceptionIn) -> None:
    """Let the page depart from its plan at a topic, or follow it again.

    Raises `NotFound` for a topic the page does not follow, `Invalid` for an unknown kind, `Conflict` if the topic
    is the first and has none before it to be joined to.
    """
    page, found = open_to_edit(db, actor, page_id)
    step = _step(found, topic_id)
    _check(found, step, wanted)
    if wanted.kind == REMOVED:
        db.execute(update(LessonTopic).where(LessonTopic.id == topic_id).values(removed_at=now()))
    else:
        db.execute(
            delete(TopicException).where(
                TopicException.page_id == page_id, TopicException.topic_id == topic_id
            )
        )
        if wanted.kind:
            db.execute(
                insert(TopicException).values(
                    page_id=page_id,
                    topic_id=topic_id,
                    kind=wanted.kind,
                    lessons=wanted.lessons if wanted.kind == STRETCHED else 1,
                )
            )
    after: dict[str, Any] = {"topic": step.title, "kind": wanted.kind}
    if wanted.kind == STRETCHED:
        after["lessons"] = wanted.lessons
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.plan.depart",
            subject_type="journal.page",
            subject_id=str(page_id),
            before={"topic": step.title, "kind": step.exception},
            after=after,
        ),
    )


def _step(found: Followed, topic_id: UUID) -> Step:
    step = next((each for each in found.steps if each.id == topic_id), None)
    if step is None:
        raise NotFound("Такой темы в плане страницы нет.", advice="Обновите страницу: план могли изменить.")
    return step


def _check(found: Followed, step: Step, wanted: ExceptionIn) -> None:
    if wanted.kind not in KINDS or (wanted.kind == REMOVED and not step.own):
        raise Invalid("Так изменить план страницы нельзя.", advice="Выберите действие из списка.")
    if wanted.kind == STRETCHED and not 1 <= wanted.lessons <= MOST_TOPIC_HOURS:
        wrong = sentence("Целое число уроков от 1 до %(most)s.", most=MOST_TOPIC_HOURS)
        raise Invalid(wrong, fields={"lessons": wrong})
    before = [each for each in found.steps[: found.steps.index(step)] if each.exception != SKIPPED]
    if wanted.kind == JOINED and not before:
        raise Conflict("Перед этой темой нет другой.", advice="Объединяйте тему с той, что стоит перед ней.")


def insert_topic(db: Session, actor: Actor, page_id: UUID, wanted: InsertedIn) -> UUID:
    """Put a topic into the plan of one page only; other pages do not see it. Raises as `add_topics`."""
    _page, found = open_to_edit(db, actor, page_id)
    after = wanted.after
    if after is not None:
        _step(found, after)
    plan = open_plan(db, actor, found.plan_id, lock=True)
    return add_topics(db, actor, plan, [TopicIn(title=wanted.title)], after=after, page_id=page_id)[0]
