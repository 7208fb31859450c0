"""Who writes where at the edges of teaching: substitutes, two teachers, swaps of lessons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.database.base import new_id
from core.organizations.models import Enrollment, TeachingAssignment
from core.roles.actor import system_actor
from core.testing.portal import Visitor
from plugins.diary import timetable
from plugins.journal.models import JournalLesson, JournalPage
from tests.plugins.journal.conftest import TeachersPage


@pytest.fixture
def substitute(page: TeachersPage, other_teacher: Visitor) -> Iterator[Visitor]:
    """A teacher who stands in at the second lesson of the page."""
    with page.under_test.portal.database.transaction() as db:
        lesson = db.get_one(JournalLesson, page.lessons[1])
        before, lesson.teacher_id = lesson.teacher_id, other_teacher.person_id
    yield other_teacher
    with page.under_test.portal.database.transaction() as db:
        db.get_one(JournalLesson, page.lessons[1]).teacher_id = before


def test_a_substitute_writes_topic_and_homework_of_that_lesson_only(
    page: TeachersPage, substitute: Visitor
) -> None:
    for lesson, status in ((1, 200), (2, 403)):
        address = f"{page.url}/lessons/{page.lessons[lesson]}"
        answer = substitute.put(address, json={"topic": "Замена", "homework": "§ 5"})
        assert answer.status_code == status, answer.text
    assert page.put("4", lesson=1, by=substitute).status_code == 200
    assert page.put("4", lesson=2, by=substitute).status_code == 403
    # Neither columns nor exemptions nor marks of a former school are a substitute's.
    day = page.term.starts_on.isoformat()
    body = {"day": day, "title": "Олимпиада"}
    assert substitute.post(f"{page.url}/columns", json=body).status_code == 403
    mark = {"value": "5", "day": day, "source": "Лицей"}
    taken = {"pupil": str(page.pupils[0]), "marks": [mark]}
    assert substitute.post(f"{page.url}/external-marks", json=taken).status_code == 403


def test_the_right_ends_with_the_substitution(page: TeachersPage, substitute: Visitor) -> None:
    assert page.put("5", lesson=1, by=substitute).status_code == 200
    with page.under_test.portal.database.transaction() as db:
        db.get_one(JournalLesson, page.lessons[1]).teacher_id = page.teacher_id
    assert page.put("4", lesson=1, by=substitute).status_code == 404
    assert substitute.get(f"/journal/{page.page_id}").status_code == 404
    address = f"{page.url}/lessons/{page.lessons[1]}"
    assert substitute.put(address, json={"topic": "Чужая"}).status_code == 404


def test_two_teachers_keep_one_page(page: TeachersPage, other_teacher: Visitor) -> None:
    with page.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, page.page_id)
        second = TeachingAssignment(
            id=new_id(),
            organization_id=page.organization_id,
            academic_year_id=journal.academic_year_id,
            teacher_id=other_teacher.person_id,
            subject_id=page.subject_id,
            school_class_id=page.school_class_id,
            starts_on=page.term.starts_on,
        )
        db.add(second)
        db.flush()
        second_id = second.id
    assert page.put("5", lesson=0, by=other_teacher).status_code == 200
    assert page.put("4", lesson=0).status_code == 200
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(TeachingAssignment).where(TeachingAssignment.id == second_id))
    assert page.put("5", lesson=0, by=other_teacher).status_code == 404


@dataclass(frozen=True)
class Colleague:
    """A page of another teacher in another class, with a lesson on the day of the page's second lesson."""

    teacher: Visitor
    page_id: UUID
    subject_id: UUID
    lesson: UUID
    another: UUID
    pupil: UUID

    def put(self, value: str, lesson: UUID, by: Visitor) -> Any:
        """Write a cell of the page."""
        cell = {"lesson": str(lesson), "pupil": str(self.pupil), "value": value}
        return by.put(f"/api/v1/journal/pages/{self.page_id}/cells", json=cell)


def colleague_of(page: TeachersPage, *, same_class: bool) -> Colleague:
    """Another teacher's page, of the same class or of another one, where the page's teacher teaches nothing."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        day = db.get_one(JournalLesson, page.lessons[1]).day
        mine = select(JournalPage.id).join(
            JournalLesson,
            (JournalLesson.page_id == JournalPage.id) & (JournalLesson.teacher_id == page.teacher_id),
        )
        row = db.execute(
            select(JournalLesson, JournalPage, TeachingAssignment.teacher_id.label("keeper"))
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .join(
                TeachingAssignment,
                (TeachingAssignment.school_class_id == JournalPage.school_class_id)
                & (TeachingAssignment.subject_id == JournalPage.subject_id)
                & TeachingAssignment.pupil_group_id.is_(None),
            )
            .where(
                JournalPage.organization_id == page.organization_id,
                JournalPage.school_class_id == page.school_class_id
                if same_class
                else JournalPage.school_class_id != page.school_class_id,
                JournalPage.subject_id != page.subject_id,
                JournalPage.id.not_in(mine),
                TeachingAssignment.teacher_id != page.teacher_id,
                JournalLesson.teacher_id == TeachingAssignment.teacher_id,
                JournalLesson.day == day,
                JournalLesson.status == "planned",
            )
            .order_by(JournalPage.school_class_id.desc(), JournalLesson.number)
            .limit(1)
        ).one()
        another = db.scalars(
            select(JournalLesson.id)
            .where(
                JournalLesson.page_id == row.JournalPage.id,
                JournalLesson.day < day,
                JournalLesson.status == "planned",
            )
            .order_by(JournalLesson.day.desc())
            .limit(1)
        ).one()
        pupil = db.scalars(
            select(Enrollment.person_id)
            .where(
                Enrollment.school_class_id == row.JournalPage.school_class_id, Enrollment.ends_on.is_(None)
            )
            .order_by(Enrollment.person_id)
            .limit(1)
        ).one()
        found = row.JournalPage.id, row.JournalPage.subject_id, row.JournalLesson.id, row.keeper
    visitor = page.under_test.sign_in("teacher", person_id=found[3])
    return Colleague(
        teacher=visitor,
        page_id=found[0],
        subject_id=found[1],
        lesson=found[2],
        another=another,
        pupil=pupil,
    )


def planned_of(page: TeachersPage, lesson: UUID) -> UUID:
    """The lesson of the timetable."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        planned = db.get_one(JournalLesson, lesson).planned_lesson_id
    assert planned is not None
    return planned


def give(page: TeachersPage, planned: UUID, teacher: UUID | None, subject: UUID | None = None) -> None:
    """Give a lesson of the timetable to a teacher, perhaps as one of another subject."""
    assert teacher is not None
    with page.under_test.portal.database.transaction() as db:
        timetable.substitute(db, system_actor(), planned, teacher_id=teacher, subject_id=subject)


def test_teachers_who_swap_lessons_write_those_of_that_day_only(page: TeachersPage) -> None:
    other = colleague_of(page, same_class=False)
    mine, theirs = planned_of(page, page.lessons[1]), planned_of(page, other.lesson)
    assert page.put("5", lesson=1, by=other.teacher).status_code == 404
    give(page, mine, other.teacher.person_id)
    give(page, theirs, page.teacher_id)
    assert page.put("5", lesson=1, by=other.teacher).status_code == 200
    assert page.put("5", lesson=2, by=other.teacher).status_code == 403
    assert other.put("н", other.lesson, page.teacher).status_code == 200
    assert other.put("н", other.another, page.teacher).status_code == 403
    give(page, mine, page.teacher_id)
    give(page, theirs, other.teacher.person_id)
    assert page.put("2", lesson=1, by=other.teacher).status_code == 404
    assert other.put("н", other.lesson, page.teacher).status_code == 404
    assert page.cell(lesson=1)["text"] == "5", "what was written in the swap stays"
    assert other.put("", other.lesson, other.teacher).status_code == 200


def test_two_lessons_of_a_class_swap_places_and_no_mark_goes_to_another_subject(page: TeachersPage) -> None:
    other = colleague_of(page, same_class=True)
    first, second = planned_of(page, page.lessons[1]), planned_of(page, other.lesson)
    assert page.put("5", lesson=1).status_code == 200

    def lesson_of(planned: UUID) -> tuple[UUID, UUID]:
        with page.under_test.portal.database.reading(fresh=True) as db:
            found = db.scalars(select(JournalLesson).where(JournalLesson.planned_lesson_id == planned)).one()
            return found.page_id, found.id

    give(page, first, other.teacher.person_id, other.subject_id)
    give(page, second, page.teacher_id, page.subject_id)
    (their_page, their_lesson), (my_page, my_lesson) = lesson_of(first), lesson_of(second)
    assert (their_page, my_page) == (other.page_id, page.page_id)
    assert page.cell(lesson=1)["text"] == "5", "the mark stays in its subject"
    assert other.put("4", their_lesson, other.teacher).status_code == 200
    assert other.put("4", their_lesson, page.teacher).status_code == 404
    cell = {"lesson": str(my_lesson), "pupil": str(page.pupils[0]), "value": "4"}
    assert page.teacher.put(f"{page.url}/cells", json=cell).status_code == 200
    assert other.teacher.put(f"{page.url}/cells", json=cell).status_code == 404
    for key, lesson, by, address in (
        (other.pupil, their_lesson, other.teacher, f"/api/v1/journal/pages/{other.page_id}"),
        (page.pupils[0], my_lesson, page.teacher, page.url),
    ):
        gone = {"lesson": str(lesson), "pupil": str(key), "value": ""}
        assert by.put(f"{address}/cells", json=gone).status_code == 200
    give(page, first, page.teacher_id, page.subject_id)
    give(page, second, other.teacher.person_id, other.subject_id)
    assert lesson_of(first) == (page.page_id, page.lessons[1]), (
        "swapped back, the lesson finds its mark again"
    )
    assert page.cell(lesson=1)["text"] == "5"
