"""Topics of the plan written into lessons: one that is proposed, all up to today, and what was typed by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, delete, insert, select, update

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict
from core.roles.actor import Actor
from core.school_events import TopicWritten
from plugins.journal.access import Opened, open_page
from plugins.journal.grid.stored_cells import raise_version, tell
from plugins.journal.lessons.lessons import (
    LESSON,
    LONGEST_HOMEWORK,
    LONGEST_TOPIC,
    Lesson,
    LessonChange,
    change_lesson,
    read_lesson,
)
from plugins.journal.models import JournalLesson
from plugins.journal.topics.following import open_to_edit, plan_of_page
from plugins.journal.topics.layout import Held, Slot, joined_titles, same_words, slots_of, words_of
from plugins.journal.topics.models import GivenTopic, LessonTopic


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan has for a lesson that has no topic yet."""

    topics: Annotated[Sequence[UUID], Meta(description="Ключи тем плана: две, если темы объединены.")]
    number: Annotated[int, Meta(description="Номер темы в плане; 0 у темы, вставленной в эту страницу.")]
    topic: Annotated[str, Meta(description="Тема, как она будет записана.")]
    homework: str
    control_kind: str
    links: Annotated[str, Meta(description="Ссылки на материалы темы, по одной в строке.")]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What writing topics in bulk has done."""

    batch: Annotated[UUID | None, Meta(description="Ключ, которым записанное отменяют; null, если нечего.")]
    lessons: Annotated[int, Meta(description="Скольким урокам записаны темы.")]
    closed: Annotated[int, Meta(description="Сколько уроков пропущено: их период закрыт.")]


def proposal(db: Session, page: Opened, lesson: Lesson) -> Proposal | None:
    """What the plan has for the lesson of an opened page; None if it has a topic or the page follows no plan."""
    if lesson.topic:
        return None
    found = plan_of_page(db, page)
    slot = found.layout.proposed(lesson.id) if found else ()
    return _proposal(page, slot) if slot else None


def _proposal(page: Opened, slot: Slot) -> Proposal:
    kinds = [step.control_kind for step in slot if step.control_kind in page.settings.kinds]
    return Proposal(
        topics=[step.id for step in slot],
        number=slot[0].number,
        topic=words_of(slot)[:LONGEST_TOPIC],
        homework="\n".join(step.homework for step in slot if step.homework)[:LONGEST_HOMEWORK],
        control_kind=kinds[0] if kinds else "",
        links="\n".join(step.links for step in slot if step.links),
    )


def accept(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID) -> Lesson:
    """Write what the plan has for a lesson; homework and kind of work only where none stand yet.

    Raises `Conflict` if there is nothing to write, and as `change_lesson`.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = read_lesson(db, actor, page, lesson_id)
    wanted = proposal(db, page, lesson)
    if wanted is None:
        raise Conflict(
            "Для этого урока в плане темы нет.",
            advice="Напишите тему сами или проверьте план страницы: темы могли кончиться.",
        )
    changed = change_lesson(
        db,
        actor,
        page_id,
        lesson_id,
        LessonChange(
            topic=wanted.topic,
            homework=lesson.homework or wanted.homework,
            control_kind=lesson.control_kind or wanted.control_kind,
        ),
    )
    _tie(db, lesson_id, wanted.topics)
    return changed


def write_lesson(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, change: LessonChange) -> Lesson:
    """`change_lesson`, and note whether the topic that now stands there is the plan's.

    A topic in the plan's words is that topic; one that was the plan's stays so when its words are mended, and
    is no more when they are taken away.
    """
    lesson = change_lesson(db, actor, page_id, lesson_id, change)
    if change.topic is msgspec.UNSET:
        return lesson
    if not lesson.topic:
        db.execute(delete(GivenTopic).where(GivenTopic.lesson_id == lesson_id))
        return lesson
    found = plan_of_page(db, open_page(db, actor, page_id))
    if found is None:
        return lesson
    here = next((each for each in found.lessons if each.id == lesson_id), None)
    alike = [slot for slot in slots_of(found.steps) if same_words(words_of(slot), lesson.topic)]
    if here is None or not alike:
        return lesson
    waiting = [slot for _lesson, slot in found.layout.ahead] + list(found.layout.unplaced)
    chosen = next((slot for slot in waiting if same_words(words_of(slot), lesson.topic)), alike[-1])
    topics = [step.id for step in chosen]
    if set(topics) != set(here.given) and not any(set(here.given) == {s.id for s in slot} for slot in alike):
        _tie(db, lesson_id, topics)
    return lesson


def _tie(db: Session, lesson_id: UUID, topics: Sequence[UUID], batch_id: UUID | None = None) -> None:
    db.execute(delete(GivenTopic).where(GivenTopic.lesson_id == lesson_id))
    db.execute(
        insert(GivenTopic),
        [{"lesson_id": lesson_id, "topic_id": topic_id, "batch_id": batch_id} for topic_id in topics],
    )


def waiting(db: Session, page: Opened, today: date) -> list[tuple[Held, Slot]]:
    """Lessons of an opened page up to today without a topic, and what the plan has for them; open terms only."""
    found = plan_of_page(db, page)
    return _waiting(found.layout.ahead, page, today)[0] if found else []


def _waiting(
    ahead: Sequence[tuple[Held, Slot]], page: Opened, today: date
) -> tuple[list[tuple[Held, Slot]], int]:
    past = [(lesson, slot) for lesson, slot in ahead if lesson.day <= today]
    writable = [
        (lesson, slot)
        for lesson, slot in past
        if not ((term := page.term_containing(lesson.day)) and term.is_closed)
    ]
    return writable, len(past) - len(writable)


def write_all(db: Session, actor: Actor, page_id: UUID, today: date) -> Written:
    """Write the plan's topics into all lessons up to today that have none; lessons of closed terms stay as they
    are. Raises as `open_to_edit`."""
    page, found = open_to_edit(db, actor, page_id)
    lessons, closed = _waiting(found.layout.ahead, page, today)
    if not lessons:
        return Written(batch=None, lessons=0, closed=closed)
    batch_id = new_id()
    _write_topics(
        db,
        actor,
        page,
        [(lesson.id, lesson.day, "", words_of(slot)[:LONGEST_TOPIC]) for lesson, slot in lessons],
    )
    db.execute(delete(GivenTopic).where(GivenTopic.lesson_id.in_([lesson.id for lesson, _slot in lessons])))
    db.execute(
        insert(GivenTopic),
        [
            {"lesson_id": lesson.id, "topic_id": step.id, "batch_id": batch_id}
            for lesson, slot in lessons
            for step in slot
        ],
    )
    return Written(batch=batch_id, lessons=len(lessons), closed=closed)


def undo_writing(db: Session, actor: Actor, page_id: UUID, batch_id: UUID) -> int:
    """Take back what `write_all` wrote, except where somebody has written something else since.

    Returns how many lessons are without a topic again. Raises as `open_to_edit`.
    """
    page, _found = open_to_edit(db, actor, page_id)
    written: dict[UUID, list[str]] = defaultdict(list)
    now_there: dict[UUID, tuple[date, str]] = {}
    for row in db.execute(
        select(JournalLesson.id, JournalLesson.day, JournalLesson.topic, LessonTopic.title)
        .join(GivenTopic, GivenTopic.lesson_id == JournalLesson.id)
        .join(LessonTopic, LessonTopic.id == GivenTopic.topic_id)
        .where(GivenTopic.batch_id == batch_id, JournalLesson.page_id == page_id)
        .order_by(LessonTopic.position)
    ):
        written[row.id].append(row.title)
        now_there[row.id] = (row.day, row.topic)
    untouched = [
        (lesson_id, day, topic, "")
        for lesson_id, (day, topic) in now_there.items()
        if topic == joined_titles(written[lesson_id])[:LONGEST_TOPIC]
        and not ((term := page.term_containing(day)) and term.is_closed)
    ]
    if untouched:
        _write_topics(db, actor, page, untouched)
        db.execute(delete(GivenTopic).where(GivenTopic.lesson_id.in_([each[0] for each in untouched])))
    return len(untouched)


def _write_topics(
    db: Session, actor: Actor, page: Opened, changes: Sequence[tuple[UUID, date, str, str]]
) -> None:
    """Write topics of many lessons with their history: the lesson, its day, what was there, what is to be there."""
    table = JournalLesson.__table__
    db.connection().execute(
        update(table).where(table.c.id == bindparam("of_lesson")).values(topic=bindparam("words")),  # type: ignore[arg-type]
        [{"of_lesson": lesson_id, "words": after} for lesson_id, _day, _before, after in changes],
    )
    version = raise_version(db, page.id, lessons=True)
    record(
        db,
        actor,
        page.organization_id,
        *(
            Change(
                action="journal.lesson.change",
                subject_type=LESSON,
                subject_id=str(lesson_id),
                before={"topic": before},
                after={"topic": after},
            )
            for lesson_id, _day, before, after in changes
        ),
    )
    for lesson_id, day, _before, _after in changes:
        db.publish(
            TopicWritten(
                organization_id=page.organization_id,
                page_id=page.id,
                lesson_id=lesson_id,
                day=day,
                version=version,
            )
        )
    tell(db, page.id, version)
