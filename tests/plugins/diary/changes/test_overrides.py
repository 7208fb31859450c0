"""Single lessons changed for a day: substituted, merged, moved, cancelled, in another room; and put back again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.testing.portal import Visitor
from tests.plugins.diary.changes.test_candidates import enter, options
from tests.plugins.diary.changes.town import MONDAY, Town


def act(town: Town, lesson: UUID, *, by: Visitor | None = None, status: int = 204, **body: Any) -> Any:
    """Change a lesson as a program does."""
    wanted = {name: str(value) if isinstance(value, UUID) else value for name, value in body.items()}
    answer = (by or town.deputy).post(f"/api/v1/diary/lessons/{lesson}/override", json=wanted)
    assert answer.status_code == status, answer.text
    return answer


def back(town: Town, lesson: UUID, *, status: int = 204, stamp: str = "") -> Any:
    """Put a lesson back."""
    answer = town.deputy.delete(f"/api/v1/diary/lessons/{lesson}/override?stamp={stamp}")
    assert answer.status_code == status, answer.text
    return answer


def stands(town: Town, lesson: UUID) -> tuple[Any, ...]:
    """All of a lesson that may change."""
    row = town.row(lesson)
    return (
        row.status,
        row.day,
        row.number,
        row.starts_at,
        row.teacher_id,
        row.subject_id,
        row.room,
        row.note,
        row.planned_teacher_id,
        row.planned_room,
        row.moved_from_day,
        row.paired_lesson_id,
    )


def choices(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """One of each kind for the first lesson of 7А."""
    found = {each["kind"]: each for each in options(town, town.lesson("7А", 1))}
    move, pull = found["move"], found["pull"]
    return [
        (
            "substitute",
            {"kind": "substitute", "teacher_id": town.own.people["petrova"], "note": "Класс с вещами"},
        ),
        ("move", {"kind": "move", "day": move["day"], "number": move["number"]}),
        ("pull", {"kind": "pull", "other_lesson_id": pull["other_lesson_id"]}),
        ("cancel", {"kind": "cancel"}),
        ("room", {"kind": "room", "room": "актовый зал"}),
    ]


@pytest.mark.parametrize("kind", ["substitute", "move", "pull", "cancel", "room"])
def test_a_change_is_undone_without_a_trace(town: Town, kind: str) -> None:
    lesson, last = town.lesson("7А", 1), town.lesson("7А", 4)
    planned = stands(town, lesson), stands(town, last)
    act(town, lesson, **dict(choices(town))[kind])
    assert stands(town, lesson) != planned[0]
    back(town, lesson)
    assert (stands(town, lesson), stands(town, last)) == planned
    back(town, lesson)


def test_a_substitution_keeps_what_was_planned(town: Town) -> None:
    lesson, people = town.lesson("7А", 1), town.own.people
    history = town.own.subjects["История"]
    act(town, lesson, kind="substitute", teacher_id=people["lukina"], subject_id=history, room="31")
    row = town.row(lesson)
    assert (row.status, row.teacher_id, row.subject_id, row.room) == (
        "substituted",
        people["lukina"],
        history,
        "31",
    )
    assert (row.planned_teacher_id, row.planned_subject_id, row.planned_room) == (
        people["gromova"],
        town.own.subjects["Алгебра"],
        "12",
    )
    act(
        town, lesson, kind="substitute", teacher_id=people["petrova"], subject_id=town.own.subjects["Алгебра"]
    )
    assert town.row(lesson).planned_teacher_id == people["gromova"], "the first plan is what is kept"


def test_subgroups_are_merged_and_the_other_one_stays_as_it_was(town: Town) -> None:
    lesson, other = town.lesson("7А", 3, "группа 1"), town.lesson("7А", 3, "группа 2")
    act(town, lesson, kind="merge", other_lesson_id=other)
    assert town.row(lesson).teacher_id == town.own.people["sokolov"] and town.row(lesson).room == "15"
    assert town.row(other).status == "planned"
    assert act(town, lesson, kind="merge", other_lesson_id=town.lesson("7А", 4), status=409)


def test_the_last_lesson_comes_into_the_hole_and_both_go_back_together(town: Town) -> None:
    lesson, last = town.lesson("7А", 1), town.lesson("7А", 4)
    act(town, lesson, kind="pull", other_lesson_id=last)
    assert town.row(lesson).status == "cancelled"
    moved = town.row(last)
    assert (moved.status, moved.number, moved.moved_from_number) == ("moved", 1, 4)
    assert moved.starts_at is not None and moved.starts_at.hour == 8, "the bells of the new place"
    back(town, last)
    assert town.row(lesson).status == town.row(last).status == "planned"


def test_nobody_gets_two_lessons_at_once(town: Town) -> None:
    people = town.own.people
    answer = act(town, town.lesson("7А", 1), kind="substitute", teacher_id=people["sokolov"], status=409)
    assert answer.json()["title"] == "Соколов И. Л. в это время уже ведёт урок: 7Б."
    enter(town, "petrova")
    answer = act(town, town.lesson("7А", 1), kind="substitute", teacher_id=people["petrova"], status=409)
    assert "отсутствует" in answer.json()["title"]
    answer = act(town, town.lesson("7А", 1), kind="move", day=MONDAY.isoformat(), number=2, status=409)
    assert "у класса в это время другой урок" in answer.json()["title"]
    answer = act(town, town.lesson("7А", 1), kind="room", room="20", status=409)
    assert answer.json()["title"] == "Кабинет 20 в это время занят: 7Б."
    sunday = (MONDAY + timedelta(days=6)).isoformat()
    act(town, town.lesson("7А", 1), kind="move", day=sunday, number=1, status=422)
    act(town, town.lesson("7А", 1), kind="substitute", status=422)
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=uuid4(), status=422)
    other = town.own.subjects["Музыка"]
    act(
        town,
        town.lesson("7А", 1),
        kind="substitute",
        teacher_id=people["lukina"],
        subject_id=other,
        status=422,
    )
    assert town.row(town.lesson("7А", 1)).status == "planned"


def test_what_somebody_changed_meanwhile_is_told_and_not_overwritten(town: Town) -> None:
    lesson, people = town.lesson("7А", 1), town.own.people
    stamp = town.deputy.get(f"/api/v1/diary/lessons/{lesson}/options").json()["stamp"]
    act(town, lesson, kind="substitute", teacher_id=people["petrova"], stamp=stamp)
    answer = act(town, lesson, kind="substitute", teacher_id=people["lukina"], stamp=stamp, status=409)
    assert answer.json()["title"] == "Урок уже изменили. Сейчас его ведёт Петрова И. О. (замена)."
    assert town.row(lesson).teacher_id == people["petrova"]
    back(town, lesson, stamp=stamp, status=409)
    act(town, lesson, kind="cancel")
    answer = act(town, lesson, kind="cancel", status=409)
    assert answer.json()["title"] == "Сейчас этот урок: отменён."


def test_a_lesson_does_not_go_back_where_its_place_is_taken(town: Town) -> None:
    lesson, people = town.lesson("7А", 1), town.own.people
    act(town, lesson, kind="substitute", teacher_id=people["petrova"])
    # The one stood in for takes another lesson at that time.
    act(town, town.lesson("7Б", 1), kind="substitute", teacher_id=people["gromova"])
    answer = back(town, lesson, status=409)
    assert answer.json()["title"] == "Вернуть урок нельзя: его учитель в это время ведёт другой урок (7Б)."
    back(town, town.lesson("7Б", 1))
    back(town, lesson)


def test_several_are_changed_all_or_none(town: Town) -> None:
    first, second, people = town.lesson("7А", 1), town.lesson("7Б", 2), town.own.people

    def both(teacher: str) -> Any:
        wanted = [
            {
                "lesson_id": str(first),
                "override": {"kind": "substitute", "teacher_id": str(people["petrova"])},
            },
            {
                "lesson_id": str(second),
                "override": {"kind": "substitute", "teacher_id": str(people[teacher])},
            },
        ]
        return town.deputy.post("/api/v1/diary/overrides", json={"overrides": wanted})

    assert both("petrova").status_code == 409, "she teaches 7В then"
    assert town.row(first).status == "planned"
    assert both("lukina").status_code == 204
    assert town.row(first).status == town.row(second).status == "substituted"


def test_of_two_who_give_one_teacher_two_lessons_one_is_refused(town: Town) -> None:
    people = town.own.people
    visitors = [town.deputy, town.deputy]
    lessons = [town.lesson("7А", 1), town.lesson("7Б", 1)]

    def give(at: int) -> int:
        body = {"kind": "substitute", "teacher_id": str(people["lukina"])}
        url = f"/api/v1/diary/lessons/{lessons[at]}/override"
        return visitors[at].post(url, json=body).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(give, (0, 1))) == [204, 409]
