"""Which lesson takes which topic: lost lessons, joined and stretched topics, what was given out of turn."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from core.database.base import new_id
from plugins.journal.topics.layout import (
    Held,
    Step,
    all_hours,
    covered_hours,
    lay_out,
    recognized,
    scheduled,
    slots_of,
    wanted_hours,
    words_of,
)

FIRST = date(2026, 9, 1)


def steps(*hours: int) -> list[Step]:
    return [Step(id=new_id(), number=at, title=f"Тема {at}", hours=each) for at, each in enumerate(hours, 1)]


def lessons(count: int) -> list[Held]:
    return [Held(id=new_id(), day=FIRST + timedelta(days=at), number=1) for at in range(count)]


def ahead(plan: list[Step], held: list[Held]) -> list[str]:
    return [words_of(slot) for _lesson, slot in lay_out(plan, held).ahead]


def wrote(lesson: Held, *given_topics: Step) -> Held:
    return msgspec.structs.replace(
        lesson, topic=words_of(given_topics), given=tuple(step.id for step in given_topics)
    )


def test_lessons_take_topics_in_order() -> None:
    assert ahead(steps(1, 2, 1), lessons(5)) == ["Тема 1", "Тема 2", "Тема 2", "Тема 3"]


def test_a_lost_lesson_shifts_the_rest() -> None:
    plan, held = steps(1, 1, 1), lessons(3)
    before = lay_out(plan, held)
    after = lay_out(plan, [held[0], held[2]])
    assert before.proposed(held[2].id) == (plan[2],)
    assert after.proposed(held[2].id) == (plan[1],)
    assert [words_of(slot) for slot in after.unplaced] == ["Тема 3"]


def test_a_lesson_with_words_of_its_own_takes_no_topic() -> None:
    plan, held = steps(1, 1), lessons(3)
    held[0] = msgspec.structs.replace(held[0], topic="Вводный инструктаж")
    layout = lay_out(plan, held)
    assert layout.proposed(held[1].id) == (plan[0],)
    assert layout.off_plan == [held[0]]


def test_joined_topics_share_a_lesson() -> None:
    plan = steps(1, 1, 1)
    plan[1] = msgspec.structs.replace(plan[1], exception="joined")
    assert ahead(plan, lessons(3)) == ["Тема 1. Тема 2", "Тема 3"]


def test_a_stretched_topic_takes_more_lessons_and_counts_when_it_is_done() -> None:
    plan, held = steps(1, 1), lessons(3)
    plan[0] = msgspec.structs.replace(plan[0], exception="stretched", stretched_to=2)
    assert ahead(plan, held) == ["Тема 1", "Тема 1", "Тема 2"]
    assert covered_hours(plan, {plan[0].id: 1}) == 0
    assert covered_hours(plan, {plan[0].id: 2}) == 1


def test_a_skipped_topic_takes_none_and_is_not_wanted() -> None:
    plan, held = steps(1, 1), lessons(2)
    schedule = scheduled(plan, held)
    plan[0] = msgspec.structs.replace(plan[0], exception="skipped")
    assert ahead(plan, held) == ["Тема 2"]
    assert wanted_hours(plan, schedule, FIRST + timedelta(days=1)) == 1
    assert all_hours(plan) == 1


def test_a_topic_left_behind_before_its_hours_were_up_is_done() -> None:
    plan, held = steps(2, 1, 1), lessons(4)
    held[0], held[1] = wrote(held[0], plan[0]), wrote(held[1], plan[1])
    assert ahead(plan, held) == ["Тема 3"]


def test_a_topic_passed_over_is_proposed_next() -> None:
    plan, held = steps(1, 1, 1), lessons(3)
    held[0] = wrote(held[0], plan[1])
    assert ahead(plan, held) == ["Тема 1", "Тема 3"]


def test_written_topics_are_recognized_in_turn() -> None:
    plan = steps(1, 1, 1)
    plan = [
        msgspec.structs.replace(step, title=title)
        for step, title in zip(plan, ("Дроби", "Повторение", "Дроби"), strict=True)
    ]
    held = [
        msgspec.structs.replace(lesson, topic=topic)
        for lesson, topic in zip(lessons(4), ("ДРОБИ.", "Своё", "Повторение", "дроби"), strict=True)
    ]
    assert recognized(plan, held) == [
        (held[0].id, (plan[0].id,)),
        (held[2].id, (plan[1].id,)),
        (held[3].id, (plan[2].id,)),
    ]


@settings(max_examples=200, deadline=None)
@given(
    hours=some.lists(some.integers(1, 3), min_size=1, max_size=12),
    exceptions=some.lists(
        some.sampled_from(["", "", "skipped", "joined", "stretched"]), min_size=12, max_size=12
    ),
    count=some.integers(0, 30),
    accepted=some.integers(0, 30),
)
def test_accepting_what_is_proposed_never_loses_or_repeats_a_topic(
    hours: list[int], exceptions: list[str], count: int, accepted: int
) -> None:
    plan = [
        msgspec.structs.replace(step, exception=kind, stretched_to=2)
        for step, kind in zip(steps(*hours), exceptions, strict=False)
    ]
    held = lessons(count)
    wanted = [words_of(slot) for slot in slots_of(plan)]
    for at in range(min(accepted, count)):
        slot = lay_out(plan, held).proposed(held[at].id)
        if not slot:
            break
        held[at] = wrote(held[at], *slot)
    layout = lay_out(plan, held)
    told = [
        *(lesson.topic for lesson in held if lesson.topic),
        *(words_of(slot) for _lesson, slot in layout.ahead),
        *(words_of(slot) for slot in layout.unplaced),
    ]
    assert told == wanted
    times: dict[UUID, int] = {topic_id: len(found) for topic_id, found in layout.given.items()}
    assert 0 <= covered_hours(plan, times) <= all_hours(plan)
