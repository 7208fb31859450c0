"""What is not filled in the journal, and who is reminded of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.testing.portal import Visitor
from plugins.journal.attendance.models import JournalRollCall
from plugins.journal.models import JournalLesson
from tests.plugins.journal.attendance_people import news_of, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import API, period, rows
from tests.plugins.journal.test_term_marks import give_marks


def remarks(page: TeachersPage, by: Visitor | None = None) -> list[dict[str, Any]]:
    answer = (by or page.teacher).get(f"{API}/control/pages/{page.page_id}?{period(page)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_lesson(page: TeachersPage, lesson: int) -> set[str]:
    wanted = str(page.lessons[lesson])
    return {
        each["kind"] for each in remarks(page) if each["lesson_id"] == wanted and each["kind"] != "silent"
    }


@pytest.fixture
def blank(page: TeachersPage) -> TeachersPage:
    """The page with past lessons where nothing is filled in."""
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalRollCall).where(JournalRollCall.lesson_id.in_(page.lessons)))
        for lesson in db.scalars(select(JournalLesson).where(JournalLesson.id.in_(page.lessons))):
            lesson.topic = lesson.homework = ""
    return page


def test_what_is_filled_in_is_remarked_no_more(blank: TeachersPage, class_teacher: Visitor) -> None:
    assert of_lesson(blank, 0) == {"topic", "homework", "roll"}
    lesson = f"{blank.url}/lessons/{blank.lessons[0]}"
    assert blank.teacher.put(lesson, json={"topic": "Дроби", "homework": "§ 4"}).status_code == 200
    assert of_lesson(blank, 0) == {"roll"}
    rolled = f"/api/v1/journal/classes/{blank.school_class_id}/lessons/{blank.lessons[0]}/roll-call"
    assert class_teacher.put(rolled).status_code == 204
    assert of_lesson(blank, 0) == set()
    assert of_lesson(blank, 1) == {"topic", "homework", "roll"}
    blank.put("н", lesson=1)
    assert of_lesson(blank, 1) == {"topic", "homework"}


def test_lessons_in_a_row_and_pupils_without_marks_are_remarked(blank: TeachersPage) -> None:
    silent = [each for each in remarks(blank) if each["kind"] == "silent"]
    assert [each["count"] for each in silent] == ([len(blank.lessons)] if len(blank.lessons) >= 5 else [])
    few = [each for each in remarks(blank) if each["kind"] == "few"]
    assert len(few) >= len(blank.pupils)
    give_marks(blank, "5", "4", "4")
    after = remarks(blank)
    assert len([each for each in after if each["kind"] == "few"]) == len(few) - 1
    assert [each["count"] for each in after if each["kind"] == "silent"] == (
        [len(blank.lessons) - 3] if len(blank.lessons) >= 8 else []
    )


def test_the_control_is_filtered_and_leads_to_the_lesson(blank: TeachersPage, deputy: Visitor) -> None:
    lines = deputy.get(f"{API}/control?{period(blank)}").json()
    own = next(each for each in lines if each["page_id"] == str(blank.page_id))
    assert own["counts"]["topic"] == len(blank.lessons)
    one = deputy.get(f"{API}/control?{period(blank)}&teacher={blank.teacher_id}").json()
    assert {each["teacher_id"] for each in one} == {str(blank.teacher_id)}
    url = f"/journal/reports/control?{period(blank)}"
    shown = deputy.get(f"{url}&kind=topic&teacher={blank.teacher_id}").text
    assert f"page={blank.page_id}" in shown
    assert "kind=topic" in shown
    details = deputy.get(f"{url}&kind=topic&page={blank.page_id}").text
    for lesson in blank.lessons:
        assert f"/journal/{blank.page_id}/lessons/{lesson}" in details
    nothing = deputy.get(f"{url}&school_class=99Я").text
    assert "Таких замечаний нет" in nothing
    wrong = deputy.get("/journal/reports/control?first=2026-11-30&last=2026-11-01")
    assert wrong.status_code == 422
    assert "Такого периода нет" in wrong.text
    table = rows(deputy.get(f"/journal/reports/control/xlsx?{period(blank)}&kind=topic").content, 1)
    assert {row[3] for row in table[1:]} == {"Нет темы"}
    assert len(table) - 1 >= len(blank.lessons)


def test_a_teacher_sees_the_own_remarks_only(
    blank: TeachersPage, other_teacher: Visitor, stranger: Visitor
) -> None:
    pages = {each["page_id"] for each in blank.teacher.get(f"{API}/control?{period(blank)}").json()}
    assert str(blank.page_id) in pages
    others = {each["page_id"] for each in other_teacher.get(f"{API}/control?{period(blank)}").json()}
    assert str(blank.page_id) not in others
    for visitor in (other_teacher, stranger):
        assert visitor.get(f"{API}/control/pages/{blank.page_id}?{period(blank)}").status_code == 404
    assert with_role(blank, "pupil").get(f"{API}/control").status_code == 403
    assert "Напомнить учителю" not in blank.teacher.get(f"/journal/reports/control?{period(blank)}").text


def test_the_whole_school_is_controlled_by_a_few_statements(blank: TeachersPage, deputy: Visitor) -> None:
    deputy.get(f"{API}/control?{period(blank)}")
    with blank.under_test.counting_statements() as statements:
        assert deputy.get(f"{API}/control?{period(blank)}").status_code == 200
    assert len(statements) <= 10, statements


def test_a_teacher_is_reminded_once_a_day(blank: TeachersPage, deputy: Visitor) -> None:
    body = {
        "teacher": str(blank.teacher_id),
        "first": str(blank.term.starts_on),
        "last": str(blank.term.ends_on),
    }
    url = f"{API}/control/remind"
    for visitor in (blank.teacher, with_role(blank, "head"), with_role(blank, "class_teacher")):
        assert visitor.post(url, json=body).status_code == 403
    sent = deputy.post(url, json=body)
    assert sent.status_code == 200, sent.text
    assert sent.json()["remarks"] > 0
    assert re.fullmatch(r"В журнале \d+ замечани(е|я|й)", news_of(blank, blank.teacher_id)[0])
    again = deputy.post(url, json=body)
    assert again.status_code == 409
    assert "сегодня уже напомнили" in again.text
    assert "напомнили сегодня" in deputy.get(f"/journal/reports/control?{period(blank)}").text
    nobody = deputy.post(url, json={**body, "teacher": str(new_id())})
    assert nobody.status_code == 409
    with blank.under_test.portal.database.reading(fresh=True) as db:
        recorded = db.scalars(select(AuditRecord).where(AuditRecord.action == "journal.control.remind")).all()
    assert [each.subject_id for each in recorded] == [str(blank.teacher_id)]
    assert "Учителю напомнили о незаполненном журнале" in with_role(blank, "head").get("/audit").text
