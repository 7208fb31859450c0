"""Marks given outside of lessons: a column that is no lesson, whose marks count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from core.audit.models import AuditRecord
from core.database.base import now
from core.identity.sessions import today_in
from core.organizations.models import Term
from core.testing.portal import Visitor
from plugins.journal.models import (
    OUTSIDE,
    JournalAttendance,
    JournalCell,
    JournalLesson,
    JournalMark,
)
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage


@pytest.fixture
def clean(page: TeachersPage) -> Iterator[TeachersPage]:
    """The page without columns outside of lessons."""

    def forget() -> None:
        with page.under_test.portal.database.transaction() as db:
            outside = select(JournalLesson.id).where(JournalLesson.status == OUTSIDE)
            for table in (JournalMark, JournalAttendance, JournalCell):
                db.execute(delete(table).where(table.lesson_id.in_(outside)))
            db.execute(delete(JournalLesson).where(JournalLesson.status == OUTSIDE))
            db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=None))

    forget()
    yield page
    forget()


def some_day(page: TeachersPage) -> date:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[1]).day


def add(page: TeachersPage, title: str = "Олимпиада", **more: Any) -> str:
    body = {"day": some_day(page).isoformat(), "title": title, **more}
    answer = page.teacher.post(f"{page.url}/columns", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def put(page: TeachersPage, column: str, value: str, pupil: int = 0) -> Any:
    body = {"lesson": column, "pupil": str(page.pupils[pupil]), "value": value}
    return page.teacher.put(page.url + "/cells", json=body)


def test_marks_of_the_column_count_in_the_average_as_others(clean: TeachersPage) -> None:
    assert clean.put("3", lesson=0).status_code == 200
    column = add(clean, control_kind="control")
    saved = put(clean, column, "5")
    assert saved.status_code == 200, saved.text
    assert saved.json()["average"] not in ("", "3,00")
    read = clean.teacher.get(f"{clean.url}?term={clean.term.number}").json()
    told = next(each for each in read["lessons"] if each["id"] == column)
    assert (told["status"], told["topic"]) == ("outside", "Олимпиада")
    line = next(each for each in read["pupils"] if each["id"] == str(clean.pupils[0]))
    assert line["cells"][column] == "5"
    grid = clean.teacher.get(f"/journal/{clean.page_id}?term={clean.term.number}").text
    assert "<i>вне</i>" in grid
    assert "вне урока" in grid
    sheet = clean.teacher.get(f"/api/v1/journal/pupils/{clean.pupils[0]}?term={clean.term.number}").json()
    entries = [entry for each in sheet["subjects"] for entry in each["entries"]]
    assert next(entry["work"] for entry in entries if entry["lesson_id"] == column).startswith("вне урока")


def test_the_family_sees_what_the_mark_is_for(clean: TeachersPage) -> None:
    assert put(clean, add(clean), "5").status_code == 200
    day, pupil = some_day(clean), clean.pupils[0]
    week = guardian_of(clean, pupil).get(f"/api/v1/diary/pupils/{pupil}/week?week={day}").json()
    works = [
        mark["work"]
        for each in week["days"]
        if each["day"] == day.isoformat()
        for line in each["lessons"]
        for mark in line["marks"]
    ]
    assert "вне урока: Олимпиада" in works


def test_it_is_no_lesson_given(clean: TeachersPage, deputy: Visitor) -> None:
    def remarks() -> list[dict[str, Any]]:
        day = some_day(clean)
        return deputy.get(
            f"/api/v1/journal/reports/control/pages/{clean.page_id}?first={day}&last={day}"
        ).json()

    def plan_hours() -> Any:
        return clean.teacher.get(f"/journal/{clean.page_id}/plan").text.count(some_day(clean).isoformat())

    def of_class() -> int:
        address = f"/api/v1/journal/classes/{clean.school_class_id}/days/{some_day(clean)}"
        return len(deputy.get(address).json()["lessons"])

    before = remarks(), plan_hours(), of_class()
    column = add(clean)
    assert (remarks(), plan_hours(), of_class()) == before
    assert put(clean, column, "н").status_code == 422
    assert put(clean, column, "н 5").status_code == 422
    noted = deputy.put(
        "/api/v1/journal/attendance",
        json={"lesson": column, "pupil": str(clean.pupils[0]), "code": "н"},
    )
    assert noted.status_code == 422
    lesson = f"{clean.url}/lessons/{column}"
    assert clean.teacher.put(lesson, json={"homework": "§ 4"}).status_code == 422
    assert clean.teacher.put(lesson, json={"topic": ""}).status_code == 422
    assert clean.teacher.put(lesson, json={"topic": "Олимпиада, 2 тур"}).status_code == 200


def test_it_is_added_only_where_it_can_be(
    clean: TeachersPage, other_teacher: Visitor, stranger: Visitor
) -> None:
    day = some_day(clean).isoformat()
    tomorrow = (today_in("Europe/Moscow") + timedelta(days=1)).isoformat()
    for body, field in (
        ({"day": day, "title": " "}, "title"),
        ({"day": day, "title": "о" * 121}, "title"),
        ({"day": tomorrow, "title": "Олимпиада"}, "day"),
        ({"day": "2020-01-01", "title": "Олимпиада"}, "day"),
        ({"day": day, "title": "Олимпиада", "control_kind": "нет такого"}, None),
    ):
        answer = clean.teacher.post(f"{clean.url}/columns", json=body)
        assert answer.status_code == 422, body
        assert field is None or field in answer.json()["fields"]
    body = {"day": day, "title": "Олимпиада"}
    assert other_teacher.post(f"{clean.url}/columns", json=body).status_code in (403, 404)
    assert stranger.post(f"{clean.url}/columns", json=body).status_code == 404
    with clean.under_test.portal.database.transaction() as db:
        db.execute(update(Term).where(Term.id == clean.term.id).values(closed_at=now()))
    assert clean.teacher.post(f"{clean.url}/columns", json=body).status_code == 409


def test_it_goes_with_its_marks_only_if_that_is_wanted(clean: TeachersPage) -> None:
    column = add(clean)
    address = f"{clean.url}/columns/{column}"
    assert clean.teacher.delete(f"{clean.url}/columns/{clean.lessons[0]}").status_code == 404
    assert put(clean, column, "4").status_code == 200
    refused = clean.teacher.delete(address)
    assert refused.status_code == 409
    assert refused.json()["fields"]["marks"] == "1"
    page = clean.teacher.get(f"/journal/{clean.page_id}/columns/{column}/remove").text
    assert "пропадёт 1 отметка" in page
    unsaid = clean.teacher.post(f"/journal/{clean.page_id}/columns/{column}/remove", data={})
    assert unsaid.status_code == 409
    done = clean.teacher.post(
        f"/journal/{clean.page_id}/columns/{column}/remove", data={"with_marks": "true"}
    )
    assert done.status_code == 303, done.text
    with clean.under_test.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(func.count()).where(JournalMark.lesson_id == UUID(column))) == 0
        gone = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "journal.cell.set", AuditRecord.subject_id.startswith(column))
            .order_by(AuditRecord.id.desc())
        ).first()
        assert gone is not None
        assert gone.before == {"value": "4"}


def test_the_form_keeps_what_was_typed(clean: TeachersPage) -> None:
    address = f"/journal/{clean.page_id}/columns/new"
    assert "За что отметки" in clean.teacher.get(address).text
    typed = {"day": "завтра", "title": "Норматив", "control_kind": ""}
    refused = clean.teacher.post(address, data=typed)
    assert refused.status_code == 422
    assert "Норматив" in refused.text
    done = clean.teacher.post(address, data={**typed, "day": some_day(clean).isoformat()})
    assert done.status_code == 303, done.text
