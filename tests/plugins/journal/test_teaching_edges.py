"""Who writes where at the edges of teaching: substitutes, two teachers, groups across classes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from core.database.base import new_id
from core.organizations.models import TeachingAssignment
from core.testing.portal import Visitor
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
