"""A pupil goes to another class in the middle of a term: what the journal and the family's diary show then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.identity.models import Guardianship
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson, JournalPage
from tests.core.test_groupings import move
from tests.plugins.journal.conftest import TeachersPage


@pytest.fixture
def head(page: TeachersPage) -> Visitor:
    """The head of the teacher's school."""
    return page.under_test.sign_in("head", organization=school_name(page))


def school_name(page: TeachersPage) -> str:
    """What the school is called in short."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(Organization, page.organization_id).short_name


def other_class(page: TeachersPage) -> tuple[UUID, UUID]:
    """Another class of the same school that has journal pages: its id and a page with lessons."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        row = db.execute(
            select(JournalPage.school_class_id, JournalPage.id)
            .join(SchoolClass, SchoolClass.id == JournalPage.school_class_id)
            .join(JournalLesson, JournalLesson.page_id == JournalPage.id)
            .where(
                JournalPage.organization_id == page.organization_id,
                JournalPage.school_class_id != page.school_class_id,
                SchoolClass.grade_level >= 5,
                SchoolClass.term_kind == "quarter",
            )
            .order_by(JournalPage.id)
            .limit(1)
        ).one()
        return row.school_class_id, row.id


def day_of(page: TeachersPage, lesson: int) -> date:
    """When a lesson was."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[lesson]).day


def family(page: TeachersPage, pupil_id: UUID) -> Visitor:
    """A guardian of the pupil."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        guardian = db.scalars(
            select(Guardianship.guardian_id).where(Guardianship.child_id == pupil_id).limit(1)
        ).one()
    return page.under_test.sign_in("guardian", person_id=guardian)


def week(visitor: Visitor, pupil_id: UUID, day: date) -> list[Any]:
    """The lines of a pupil's week."""
    answer = visitor.get(f"/api/v1/diary/pupils/{pupil_id}/week?week={day}")
    assert answer.status_code == 200
    return [line for each in answer.json()["days"] for line in each["lessons"]]


def line_of(visitor: Visitor, page_id: UUID, pupil_id: UUID, day: date) -> str:
    """The pupil's line on a journal page in the term of a day; «» if there is none."""
    terms = [visitor.get(f"/journal/{page_id}?term={number}").text for number in range(1, 5)]
    found = [text for text in terms if f"data-p={pupil_id.hex}" in text]
    text = found[0] if found else ""
    return text[text.index(f"data-p={pupil_id.hex}") :].split("\n")[0] if text else ""


def test_marks_of_the_old_class_stay_with_the_family_and_the_new_journal_goes_on(
    page: TeachersPage, head: Visitor
) -> None:
    pupil_id = page.pupils[0]
    assert page.put("5", lesson=0).status_code == 200
    first, day = day_of(page, 0), day_of(page, 3)
    assert first < day
    new_class, new_page = other_class(page)
    assert line_of(head, new_page, pupil_id, day) == ""
    address = f"/journal/{page.page_id}?term={page.term.number}"
    before = page.teacher.get(address)
    answer = move(head, page.school_class_id, (pupil_id, new_class), day=day)
    assert answer.status_code == 303
    # The family sees the mark where it was put, and the lessons of the new class from the day on.
    guardian = family(page, pupil_id)
    marks = [mark["value"] for line in week(guardian, pupil_id, first) for mark in line["marks"]]
    assert "5" in marks
    # The old page keeps the mark, shows that the pupil has left, and takes no further marks.
    after = page.teacher.get(address, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    line = after.text[after.text.index(f"data-p={pupil_id.hex}") :].split("\n")[0]
    assert ">5" in line
    assert "class=x" in line
    assert page.put("4", lesson=3).status_code == 409
    assert page.put("4", lesson=1).status_code == 200
    # The new page has the pupil from the day on, not before.
    new_line = line_of(head, new_page, pupil_id, day)
    assert new_line
    with page.under_test.portal.database.reading(fresh=True) as db:
        lessons = db.execute(
            select(JournalLesson.id, JournalLesson.day)
            .where(JournalLesson.page_id == new_page, JournalLesson.day <= today_in("Europe/Moscow"))
            .order_by(JournalLesson.day)
        ).all()
    early = next(row for row in lessons if row.day < day)
    late = next((row for row in lessons if row.day >= day), None)
    url = f"/api/v1/journal/pages/{new_page}/cells"
    deputy = page.under_test.sign_in("deputy_head", organization=school_name(page))
    body = {"pupil": str(pupil_id), "value": "н"}
    assert deputy.put(url, json={**body, "lesson": str(early.id)}).status_code == 409
    assert late is not None
    assert deputy.put(url, json={**body, "lesson": str(late.id)}).status_code == 200
    # Taken back, everything is as it was.
    seen = page.teacher.get(address)
    assert head.post(answer.headers["location"] + "/undo").status_code == 303
    again = page.teacher.get(address, headers={"if-none-match": seen.headers["etag"]})
    assert again.status_code == 200
    line = again.text[again.text.index(f"data-p={pupil_id.hex}") :].split("\n")[0]
    assert "class=x" not in line
    with page.under_test.portal.database.reading(fresh=True) as db:
        held = db.scalars(select(Enrollment).where(Enrollment.person_id == pupil_id)).one()
    assert held.ends_on is None
    assert day - held.starts_on > timedelta(days=0)
