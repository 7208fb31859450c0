"""What is proposed for a lesson whose teacher is away, in which order, with which words, and at what price."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import TeachingAssignment
from core.testing.portal import Visitor
from tests.plugins.diary.changes.town import MONDAY, START, Town


def options(town: Town, lesson: UUID, by: Visitor | None = None) -> list[dict[str, Any]]:
    """The ways out, as a program reads them."""
    answer = (by or town.deputy).get(f"/api/v1/diary/lessons/{lesson}/options")
    assert answer.status_code == 200, answer.text
    return answer.json()["options"]


def enter(town: Town, who: str, **fields: Any) -> str:
    """Enter an absence of Monday; returns its id."""
    body = {
        "teacher_id": str(town.own.people[who]),
        "first_day": MONDAY.isoformat(),
        "last_day": MONDAY.isoformat(),
        "reason": "illness",
    }
    answer = town.deputy.post("/api/v1/diary/absences", json=body | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_the_same_subject_comes_before_the_same_class_before_anybody_free(town: Town) -> None:
    found = options(town, town.lesson("7А", 1))
    assert [each["title"] for each in found if each["kind"] == "substitute"] == [
        "Петрова И. О.",
        "Лукина А. Ю.",
        "Сидоров Л. И.",
    ]
    kinds = [each["kind"] for each in found]
    assert kinds == ["substitute"] * 3 + ["pull"] + ["move"] * kinds.count("move") + ["cancel"]
    same, in_class, anybody = found[:3]
    assert same["reasons"] == ["ведёт этот предмет"] and same["warnings"] == []
    assert in_class["reasons"] == ["ведёт в этом классе: История"]
    assert in_class["warnings"] == ["у учителя появится окно"]
    assert [each["name"] for each in in_class["own_subjects"]] == ["История"]
    assert anybody["warnings"] == ["в этот день уроков у него нет: возможно, методический день"]


def test_whoever_is_away_is_not_proposed(town: Town) -> None:
    enter(town, "petrova", last_number=1)
    enter(town, "lukina", first_number=2)
    titles = [each["title"] for each in options(town, town.lesson("7А", 1))]
    assert "Петрова И. О." not in titles
    assert "Лукина А. Ю." in titles, "away from the second lesson on"


def test_the_other_subgroups_teacher_may_take_both(town: Town) -> None:
    lesson = town.lesson("7А", 3, "группа 1")
    merge = next(each for each in options(town, lesson) if each["kind"] == "merge")
    assert merge["title"] == "Объединить подгруппы: Соколов И. Л."
    assert merge["room"] == "15" and merge["warnings"] == []
    assert not [each for each in options(town, lesson) if each["kind"] in ("pull", "move")]


def test_the_last_lesson_comes_into_the_hole_only_if_its_teacher_is_free(town: Town) -> None:
    pull = next(each for each in options(town, town.lesson("7А", 1)) if each["kind"] == "pull")
    assert pull["title"] == "Поставить сюда последний урок: История, Лукина А. Ю."
    enter(town, "lukina")
    assert not [each for each in options(town, town.lesson("7А", 1)) if each["kind"] == "pull"]


def test_a_lesson_is_moved_where_class_and_teacher_are_free(town: Town) -> None:
    enter(town, "gromova")
    moves = [each for each in options(town, town.lesson("7А", 1)) if each["kind"] == "move"]
    assert moves and all(each["day"] != MONDAY.isoformat() for each in moves), "the teacher is away all day"
    best = moves[0]
    assert best["warnings"] == [], best
    answer = town.deputy.post(
        f"/api/v1/diary/lessons/{town.lesson('7А', 1)}/override",
        json={"kind": "move", "day": best["day"], "number": best["number"]},
    )
    assert answer.status_code == 204, answer.text


def test_cancelling_says_what_it_does_to_the_class(town: Town) -> None:
    first = options(town, town.lesson("7А", 1))[-1]
    assert first["kind"] == "cancel" and first["reasons"] == ["урок первый: класс придёт позже"]
    middle = options(town, town.lesson("7А", 2))[-1]
    assert "у класса будет окно" in middle["warnings"]


def test_the_statements_do_not_grow_with_the_teachers(town: Town) -> None:
    deputy, lesson = town.deputy, town.lesson("7А", 1)
    options(town, lesson, deputy)
    with town.portal.counting_statements() as before:
        count = len(options(town, lesson, deputy))
    made: list[UUID] = []
    with town.portal.portal.database.transaction() as db:
        for number in range(20):
            person = Person(id=new_id(), last_name=f"Запасная{number}", first_name="Яна", source="test")
            db.add(person)
            db.flush()
            made.append(new_id())
            db.add(
                TeachingAssignment(
                    id=made[-1],
                    organization_id=town.own.organization.id,
                    academic_year_id=town.own.year.id,
                    teacher_id=person.id,
                    subject_id=town.own.subjects["Музыка"],
                    school_class_id=town.own.classes["7В"],
                    starts_on=START,
                )
            )
    with town.portal.counting_statements() as after:
        assert len(options(town, lesson, deputy)) == count + 20
    with town.portal.portal.database.transaction() as db:
        for each in made:
            db.delete(db.get_one(TeachingAssignment, each))
    assert len(after) == len(before) <= 18, after


def test_a_neighbour_learns_nothing_of_the_lesson(town: Town) -> None:
    stranger = town.portal.sign_in("deputy_head", person_id=town.other.people["deputy_head"])
    lesson = town.lesson("7А", 1)
    assert stranger.get(f"/api/v1/diary/lessons/{lesson}/options").status_code == 404
    answer = stranger.post(f"/api/v1/diary/lessons/{lesson}/override", json={"kind": "cancel"})
    assert answer.status_code == 404
    teacher = town.visitor("petrova")
    assert teacher.get(f"/api/v1/diary/lessons/{lesson}/options").status_code == 403
    assert town.row(lesson).status == "planned"


def test_a_day_beyond_the_week_is_known_too(town: Town) -> None:
    moves = [each for each in options(town, town.lesson("7А", 1)) if each["kind"] == "move"]
    last = MONDAY + timedelta(days=7)
    assert all(MONDAY.isoformat() <= each["day"] <= last.isoformat() for each in moves)
