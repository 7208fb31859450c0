"""What a changed lesson means in the journal: who writes there, and what it asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from core.testing.portal import Visitor
from plugins.diary.models import DiaryLesson
from plugins.journal.models import JournalLesson
from tests.plugins.diary.changes.test_candidates import options
from tests.plugins.diary.changes.test_overrides import act, back
from tests.plugins.diary.changes.town import MONDAY, TODAY, Town


def noted(town: Town, lesson: UUID) -> JournalLesson:
    """The lesson of the journal."""
    with town.portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(JournalLesson).where(JournalLesson.planned_lesson_id == lesson)).one()
        db.expunge(found)
        return found


def write(town: Town, lesson: UUID, by: Visitor, topic: str = "Степени") -> Any:
    """Write the topic of a lesson."""
    there = noted(town, lesson)
    return by.put(
        f"/api/v1/journal/pages/{there.page_id}/lessons/{there.id}", json={"topic": topic, "homework": "§ 5"}
    )


def mark(town: Town, lesson: UUID, by: Visitor, who: str = "anna") -> Any:
    """Put a mark at a lesson."""
    there = noted(town, lesson)
    cell = {"lesson": str(there.id), "pupil": str(town.own.people[who]), "value": "5"}
    return by.put(f"/api/v1/journal/pages/{there.page_id}/cells", json=cell)


def past_lesson(town: Town) -> tuple[UUID, UUID]:
    """Two lessons of algebra in 7А that are over: marks are not given in advance."""
    with town.portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(DiaryLesson.id)
            .where(
                DiaryLesson.school_class_id == town.own.classes["7А"],
                DiaryLesson.subject_id == town.own.subjects["Алгебра"],
                DiaryLesson.day < TODAY,
                DiaryLesson.number == 1,
            )
            .order_by(DiaryLesson.day.desc())
            .limit(20)
        ).all()
        mondays = [each for each in found if db.get_one(DiaryLesson, each).day.isoweekday() == 1]
    return mondays[0], mondays[1]


def test_the_substitute_writes_that_lesson_only_and_no_longer_once_it_is_put_back(town: Town) -> None:
    lesson, another = past_lesson(town)
    substitute, absent = town.visitor("petrova"), town.visitor("gromova")
    page = noted(town, lesson).page_id
    assert substitute.get(f"/journal/{page}").status_code == 404
    act(town, lesson, kind="substitute", teacher_id=town.own.people["petrova"])
    assert substitute.get(f"/journal/{page}").status_code == 200
    assert write(town, lesson, substitute).status_code == 200
    assert mark(town, lesson, substitute).status_code == 200
    assert write(town, another, substitute).status_code == 403
    assert mark(town, another, substitute).status_code == 403
    shown = absent.get(f"/journal/{page}")
    assert shown.status_code == 200 and "Белова" in shown.text, "who was away goes on reading"
    back(town, lesson)
    assert substitute.get(f"/journal/{page}").status_code == 404
    assert write(town, lesson, substitute).status_code == 404
    assert noted(town, lesson).topic == "Степени", "what was written stays"


def test_who_teaches_both_subgroups_writes_on_both_pages(town: Town) -> None:
    sokolov = town.visitor("sokolov")
    first, second = town.lesson("7А", 3, "группа 1"), town.lesson("7А", 3, "группа 2")
    assert write(town, first, sokolov).status_code == 404
    act(town, first, kind="merge", other_lesson_id=second)
    assert write(town, first, sokolov).status_code == 200
    assert write(town, second, sokolov).status_code == 200
    back(town, first)
    assert write(town, first, sokolov).status_code == 404


def test_a_cancelled_lesson_is_asked_for_nothing(town: Town) -> None:
    lesson, _another = past_lesson(town)
    with town.portal.portal.database.transaction() as db:
        db.execute(update(JournalLesson).where(JournalLesson.planned_lesson_id == lesson).values(topic=""))
    assert noted(town, lesson).status == "planned"
    act(town, lesson, kind="cancel")
    assert noted(town, lesson).status == "cancelled"
    back(town, lesson)
    assert noted(town, lesson).status == "planned"


def test_a_moved_lesson_keeps_its_homework_and_topic(town: Town) -> None:
    lesson, teacher = town.lesson("7А", 1), town.visitor("gromova")
    assert write(town, lesson, teacher).status_code == 200
    best = next(each for each in options(town, lesson) if each["kind"] == "move")
    act(town, lesson, kind="move", day=best["day"], number=best["number"])
    there = noted(town, lesson)
    assert (there.day.isoformat(), there.number) == (best["day"], best["number"])
    assert (there.topic, there.homework, there.status) == ("Степени", "§ 5", "moved")
    back(town, lesson)
    there = noted(town, lesson)
    assert (there.day, there.number, there.topic, there.status) == (MONDAY, 1, "Степени", "planned")
