"""Which lesson takes which topic: the arithmetic of a plan followed by a page, without a database.

Lessons take topics in order. A lesson that is lost simply is not there, so the rest moves by itself; a lesson
with words of its own takes no topic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

SKIPPED, JOINED, STRETCHED = "skipped", "joined", "stretched"
Slot = tuple["Step", ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as one page follows it. `hours` are the plan's; `lessons` is how many lessons it takes here."""

    id: UUID
    number: int
    section: str = ""
    title: str
    hours: int = 1
    homework: str = ""
    control_kind: str = ""
    links: str = ""
    remark: str = ""
    own: bool = False
    exception: str = ""
    stretched_to: int = 1

    @property
    def lessons(self) -> int:
        """How many lessons the topic takes on this page; 0 if it is skipped."""
        if self.exception == SKIPPED:
            return 0
        if self.exception == JOINED:
            return 1
        return self.stretched_to if self.exception == STRETCHED else self.hours


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of the page that is or was to be held. `given` are the topics of the plan written to it."""

    id: UUID
    day: date
    number: int
    topic: str = ""
    given: tuple[UUID, ...] = ()


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The plan laid over the lessons.

    `given` tells in which lessons a topic was given, `ahead` which lessons still without words take which
    topics, `off_plan` which lessons have words that are not the plan's, `unplaced` what no lesson is left for.
    """

    given: Mapping[UUID, Sequence[Held]]
    ahead: Sequence[tuple[Held, Slot]]
    off_plan: Sequence[Held]
    unplaced: Sequence[Slot]

    def proposed(self, lesson_id: UUID) -> Slot:
        """The topics that the lesson is to take; empty if none."""
        return next((slot for lesson, slot in self.ahead if lesson.id == lesson_id), ())

    def days_of(self, topic_id: UUID) -> list[date]:
        """The days on which the topic is still to be given."""
        return [lesson.day for lesson, slot in self.ahead if any(step.id == topic_id for step in slot)]


def slots_of(steps: Sequence[Step]) -> list[Slot]:
    """One entry for each lesson that the steps take. A joined topic stands in the last lesson before it."""
    slots: list[Slot] = []
    for step in steps:
        if step.exception == JOINED and slots:
            slots[-1] = (*slots[-1], step)
        else:
            slots += [(step,)] * step.lessons
    return slots


def finished(steps: Sequence[Step], times: Mapping[UUID, int]) -> set[UUID]:
    """Topics that take no more lessons: given as often as wanted, or given and left behind by a later one."""
    places = [at for at, step in enumerate(steps) if times.get(step.id)]
    last = places[-1] if places else -1
    return {
        step.id
        for at, step in enumerate(steps)
        if (count := times.get(step.id, 0)) and (count >= step.lessons or at < last)
    }


def lay_out(steps: Sequence[Step], lessons: Sequence[Held]) -> Layout:
    """Lay the plan over the lessons, which come in their order."""
    known = {step.id for step in steps}
    given: dict[UUID, list[Held]] = defaultdict(list)
    for lesson in lessons:
        for topic_id in lesson.given:
            if topic_id in known:
                given[topic_id].append(lesson)
    times = {topic_id: len(held) for topic_id, held in given.items()}
    done = finished(steps, times)
    remaining = _remaining(slots_of(steps), done, times)
    free = [lesson for lesson in lessons if not lesson.topic and not known.intersection(lesson.given)]
    return Layout(
        given=given,
        ahead=list(zip(free, remaining, strict=False)),
        off_plan=[lesson for lesson in lessons if lesson.topic and not known.intersection(lesson.given)],
        unplaced=remaining[len(free) :],
    )


def _remaining(slots: Sequence[Slot], done: Collection[UUID], times: Mapping[UUID, int]) -> list[Slot]:
    used = Counter(times)
    remaining: list[Slot] = []
    for slot in slots:
        left: list[Step] = []
        for step in slot:
            if step.id in done:
                continue
            if used[step.id] > 0:
                used[step.id] -= 1
            else:
                left.append(step)
        if left:
            remaining.append(tuple(left))
    return remaining


def covered_hours(steps: Sequence[Step], times: Mapping[UUID, int]) -> int:
    """Hours of the plan covered by lessons; `times` says in how many lessons each topic was given.

    A stretched topic counts whole only when it is done.
    """
    done = finished(steps, times)
    return sum(
        step.hours if step.id in done else step.hours * times.get(step.id, 0) // step.lessons
        for step in steps
        if step.exception != SKIPPED
    )


def all_hours(steps: Sequence[Step]) -> int:
    """Hours of the plan as the page follows it, without skipped topics."""
    return sum(step.hours for step in steps if step.exception != SKIPPED)


def wanted_hours(steps: Sequence[Step], schedule: Sequence[tuple[UUID, date]], today: date) -> int:
    """Hours that were to be given by `today` when the plan was applied, without topics skipped since."""
    all_times, times = Counter[UUID](), Counter[UUID]()
    for topic_id, day in schedule:
        all_times[topic_id] += 1
        times[topic_id] += day <= today
    return sum(
        step.hours * times[step.id] // all_times[step.id]
        for step in steps
        if step.exception != SKIPPED and all_times[step.id]
    )


def scheduled(steps: Sequence[Step], lessons: Sequence[Held]) -> list[tuple[UUID, date]]:
    """Which topic falls on which day if every lesson takes the next one: what the lag is measured against."""
    return [
        (step.id, lesson.day) for lesson, slot in zip(lessons, slots_of(steps), strict=False) for step in slot
    ]


def same_words(one: str, other: str) -> bool:
    """Whether two topics are written alike, apart from case, «ё», spaces and the full stop at the end."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split()).rstrip(".")


def words_of(slot: Slot) -> str:
    """What is written into a lesson that takes these topics: «Дроби. Сравнение дробей»."""
    return joined_titles([step.title for step in slot])


def joined_titles(titles: Sequence[str]) -> str:
    """Titles of topics given in one lesson as one text."""
    return ". ".join(title.rstrip(".") for title in titles) if len(titles) > 1 else titles[0]


def recognized(steps: Sequence[Step], lessons: Sequence[Held]) -> list[tuple[UUID, tuple[UUID, ...]]]:
    """Lessons written before the plan was applied whose words are the plan's: lesson and topics, in order.

    Topics are looked for from the one recognized last on, so that a title that comes again is taken in turn.
    """
    slots = slots_of(steps)
    found: list[tuple[UUID, tuple[UUID, ...]]] = []
    at = 0
    for lesson in lessons:
        if not lesson.topic or lesson.given:
            continue
        hit = next((n for n in range(at, len(slots)) if same_words(words_of(slots[n]), lesson.topic)), None)
        if hit is None and at and same_words(words_of(slots[at - 1]), lesson.topic):
            hit = at - 1
        if hit is not None:
            found.append((lesson.id, tuple(step.id for step in slots[hit])))
            at = hit + 1
    return found
