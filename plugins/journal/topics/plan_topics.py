"""The topics of a plan: added, changed, moved, taken out and put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, func, insert, select, update

from core.audit.record import history
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.lessons.lessons import LONGEST_HOMEWORK, LONGEST_TOPIC
from plugins.journal.settings import known_kind, settings_of
from plugins.journal.topics.models import GivenTopic, LessonTopic
from plugins.journal.topics.plans import PLAN, OpenedPlan, note, open_plan, topics_of

LONGEST_SECTION = 200
LONGEST_LINKS = 2000
MOST_TOPIC_HOURS = 50
MOST_TOPICS = 1000
TEXTS = {
    "section": LONGEST_SECTION,
    "title": LONGEST_TOPIC,
    "homework": LONGEST_HOMEWORK,
    "links": LONGEST_LINKS,
    "remark": LONGEST_LINKS,
}
TopicVersion = Annotated[int, Meta(description="Версия темы: растёт с каждой её правкой.")]


class TopicIn(msgspec.Struct, frozen=True, kw_only=True):
    """What is written about a topic."""

    title: Annotated[str, Meta(description="Тема, до 500 знаков.", examples=["Сложение дробей"])]
    section: Annotated[str, Meta(description="Раздел плана; пусто, если разделов нет.")] = ""
    hours: Annotated[int, Meta(description="Сколько уроков занимает тема, от 1 до 50.")] = 1
    homework: Annotated[str, Meta(description="Домашнее задание; пусто – не задано.")] = ""
    control_kind: Annotated[
        str, Meta(description="Код вида работы из настроек журнала; пусто – обычный урок.")
    ] = ""
    links: Annotated[str, Meta(description="Ссылки на материалы, по одной в строке.")] = ""
    remark: Annotated[str, Meta(description="Примечание для себя; в журнал не попадает.")] = ""


class Topic(TopicIn, frozen=True, kw_only=True):
    """A topic of a plan with its place."""

    id: UUID
    number: Annotated[int, Meta(description="Который в плане, считая с 1.")]
    version: TopicVersion


class TopicChanged(Conflict):
    """Somebody has changed the topic meanwhile; `topic` is how it stands now."""

    def __init__(self, topic: Topic, who: str) -> None:
        there = sentence("«%(text)s»", text=topic.title)
        super().__init__(
            sentence("Тему уже изменили (%(who)s): сейчас там %(there)s.", who=who, there=there)
            if who
            else sentence("Тему уже изменили: сейчас там %(there)s.", there=there),
            advice=sentence("Сравните со своими словами. Если верны ваши, сохраните их ещё раз."),
        )
        self.topic = topic


def plan_topics(db: Session, plan: OpenedPlan) -> list[Topic]:
    """The topics of an opened plan in order."""
    return [_topic(row, number) for number, row in enumerate(topics_of(db, plan.id), 1)]


def _topic(row: Any, number: int) -> Topic:
    return Topic(
        id=row.id,
        number=number,
        version=row.version,
        **{name: getattr(row, name) for name in TopicIn.__struct_fields__},
    )


def find_topic(db: Session, plan: OpenedPlan, topic_id: UUID) -> Topic:
    """A topic of an opened plan. Raises `NotFound` if it is not there or was taken out."""
    found = next((topic for topic in plan_topics(db, plan) if topic.id == topic_id), None)
    if found is None:
        raise NotFound("Такой темы в плане нет.", advice="Обновите страницу: тему могли убрать.")
    return found


def checked(db: Session, actor: Actor, wanted: TopicIn) -> dict[str, Any]:
    """What is to be stored of a topic. Raises `Invalid` with the fields that are wrong."""
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, longest in TEXTS.items():
        text = str(getattr(wanted, name)).replace("\x00", "").replace("\r\n", "\n").strip()
        values[name] = text if name in ("homework", "links", "remark") else " ".join(text.split())
        if len(values[name]) > longest:
            errors[name] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", longest)
    if not values["title"]:
        errors["title"] = sentence("Напишите тему.")
    if not 1 <= wanted.hours <= MOST_TOPIC_HOURS:
        errors["hours"] = sentence("Целое число уроков от 1 до %(most)s.", most=MOST_TOPIC_HOURS)
    if errors:
        raise Invalid("Тема не сохранена.", advice="Исправьте отмеченное и сохраните снова.", fields=errors)
    values["hours"] = wanted.hours
    values["control_kind"] = known_kind(settings_of(db, actor), wanted.control_kind)
    return values


def add_topic(
    db: Session, actor: Actor, plan_id: UUID, wanted: TopicIn, *, after: UUID | None = None
) -> UUID:
    """Add a topic at the end, or behind the topic `after`; returns its id. Raises `Invalid`, `NotFound`."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    return add_topics(db, actor, plan, [wanted], after=after)[0]


def add_topics(
    db: Session,
    actor: Actor,
    plan: OpenedPlan,
    wanted: Sequence[TopicIn],
    *,
    after: UUID | None = None,
    page_id: UUID | None = None,
) -> list[UUID]:
    """Add topics in order to a plan that was opened for editing, or for one page that follows it.

    Raises `Invalid` if one is wrong or the plan would grow beyond all measure: then none is added.
    """
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "plan_id": plan.id, "page_id": page_id, "version": 1} | checked(db, actor, each)
        for each in wanted
    ]
    everything = db.execute(
        select(LessonTopic.id, LessonTopic.position)
        .where(LessonTopic.plan_id == plan.id)
        .order_by(LessonTopic.position, LessonTopic.id)
    ).all()
    if len(everything) + len(rows) > MOST_TOPICS:
        raise Invalid(
            counted(
                "В плане не может быть больше %(count)s темы.",
                "В плане не может быть больше %(count)s тем.",
                MOST_TOPICS,
            ),
            advice="Разделите план на части.",
        )
    place = len(everything)
    if after is not None:
        place = next((at for at, row in enumerate(everything, 1) if row.id == after), 0)
        if not place:
            raise NotFound("Такой темы в плане нет.", advice="Обновите страницу: тему могли убрать.")
    for number, row in enumerate(rows, place):
        row["position"] = number
    _place(db, [(row.id, at + len(rows)) for at, row in enumerate(everything[place:], place)])
    _place(db, [(row.id, at) for at, row in enumerate(everything[:place]) if row.position != at])
    db.execute(insert(LessonTopic), rows)
    after_words: dict[str, Any] = {"topics": [row["title"] for row in rows]}
    if page_id is not None:
        after_words["page"] = str(page_id)
    note(db, actor, plan.organization_id, plan.id, "journal.plan.topic_add", after=after_words)
    return [row["id"] for row in rows]


def _place(db: Session, places: Sequence[tuple[UUID, int]]) -> None:
    if places:
        table: Any = LessonTopic.__table__
        db.connection().execute(
            update(table).where(table.c.id == bindparam("of_topic")).values(position=bindparam("place")),
            [{"of_topic": topic_id, "place": place} for topic_id, place in places],
        )


def change_topic(
    db: Session, actor: Actor, plan_id: UUID, topic_id: UUID, wanted: TopicIn, *, was: int | None = None
) -> Topic:
    """Write a topic anew. With `was`, the version the editor saw, raises `TopicChanged` if there is a newer one."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    topic = find_topic(db, plan, topic_id)
    if was is not None and was != topic.version:
        latest = next(
            (
                row.person_name
                for row in history(db, PLAN, [str(plan_id)])
                if (row.after or {}).get("topic_id") == str(topic_id)
            ),
            "",
        )
        raise TopicChanged(topic, latest)
    values = checked(db, actor, wanted)
    changed = {name: value for name, value in values.items() if getattr(topic, name) != value}
    if not changed:
        return topic
    db.execute(
        update(LessonTopic).where(LessonTopic.id == topic_id).values(**changed, version=topic.version + 1)
    )
    before = {"topic_id": str(topic_id), **{name: getattr(topic, name) for name in changed}}
    after = {"topic_id": str(topic_id), **changed}
    note(db, actor, plan.organization_id, plan_id, "journal.plan.topic_change", before=before, after=after)
    return msgspec.structs.replace(topic, **changed, version=topic.version + 1)


def move_topic(db: Session, actor: Actor, plan_id: UUID, topic_id: UUID, to: int) -> int:
    """Move a topic to the place `to`, counted from 1; returns the place it got. Others make room."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    topic = find_topic(db, plan, topic_id)
    shown = [each.id for each in plan_topics(db, plan)]
    place = min(max(to, 1), len(shown))
    if place == topic.number:
        return place
    shown.remove(topic_id)
    shown.insert(place - 1, topic_id)
    _rearrange(db, plan_id, shown)
    note(
        db,
        actor,
        plan.organization_id,
        plan_id,
        "journal.plan.topic_move",
        before={"topic": topic.title, "number": topic.number},
        after={"topic": topic.title, "number": place},
    )
    return place


def _rearrange(db: Session, plan_id: UUID, shown: Sequence[UUID]) -> None:
    """Number the topics anew; those that are not shown stay behind the one they stood behind."""
    rows = db.execute(
        select(LessonTopic.id, LessonTopic.position)
        .where(LessonTopic.plan_id == plan_id)
        .order_by(LessonTopic.position, LessonTopic.id)
    ).all()
    followers: dict[UUID | None, list[UUID]] = {None: []}
    leader: UUID | None = None
    for row in rows:
        if row.id in shown:
            leader = row.id
            followers.setdefault(leader, [])
        else:
            followers[leader].append(row.id)
    order = list(followers[None])
    for topic_id in shown:
        order += [topic_id, *followers[topic_id]]
    had = {row.id: row.position for row in rows}
    _place(db, [(each, at) for at, each in enumerate(order) if had[each] != at])


def remove_topic(db: Session, actor: Actor, plan_id: UUID, topic_id: UUID) -> None:
    """Take a topic out of the plan; `restore_topic` puts it back where it was."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    topic = find_topic(db, plan, topic_id)
    db.execute(update(LessonTopic).where(LessonTopic.id == topic_id).values(removed_at=now()))
    before = {"topic_id": str(topic_id), "title": topic.title}
    note(db, actor, plan.organization_id, plan_id, "journal.plan.topic_remove", before=before)


def restore_topic(db: Session, actor: Actor, plan_id: UUID, topic_id: UUID) -> None:
    """Put a topic back that was taken out. Raises `NotFound` for one that never stood in the plan."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    title = db.scalar(
        select(LessonTopic.title).where(
            LessonTopic.id == topic_id, LessonTopic.plan_id == plan_id, LessonTopic.page_id.is_(None)
        )
    )
    if title is None:
        raise NotFound("Такой темы в плане нет.", advice="Обновите страницу.")
    changed = db.execute(
        update(LessonTopic)
        .where(LessonTopic.id == topic_id, LessonTopic.removed_at.is_not(None))
        .values(removed_at=None)
        .returning(LessonTopic.id)
    ).all()
    if changed:
        after = {"topic_id": str(topic_id), "title": title}
        note(db, actor, plan.organization_id, plan_id, "journal.plan.topic_restore", after=after)


def remove_all(db: Session, actor: Actor, plan: OpenedPlan) -> None:
    """Take all topics out of a plan that was opened for editing, before another table is loaded."""
    titles = [topic.title for topic in plan_topics(db, plan)]
    if not titles:
        return
    db.execute(
        update(LessonTopic)
        .where(
            LessonTopic.plan_id == plan.id, LessonTopic.page_id.is_(None), LessonTopic.removed_at.is_(None)
        )
        .values(removed_at=now())
    )
    note(db, actor, plan.organization_id, plan.id, "journal.plan.topic_remove", before={"topics": titles})


def lessons_given(db: Session, plan_id: UUID) -> int:
    """How many times topics of the plan have been given in lessons."""
    return (
        db.scalar(
            select(func.count())
            .select_from(GivenTopic)
            .join(LessonTopic, LessonTopic.id == GivenTopic.topic_id)
            .where(LessonTopic.plan_id == plan_id)
        )
        or 0
    )
