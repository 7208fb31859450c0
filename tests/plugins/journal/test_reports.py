"""Reports: how a class learns, what a teacher's pages come to, what is not filled in and who is reminded."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.organizations.models import SchoolClass
from core.testing.portal import Visitor
from plugins.journal.attendance.models import JournalRollCall
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.reports.rates import Rates, rates_of, share
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.attendance_people import news_of, other_class_teacher, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.test_term_marks import give_marks, set_settings

API = "/api/v1/journal/reports"
MARKS: Sequence[tuple[str, str]] = (("5", "5"), ("5", "4"), ("4", "3"), ("3", "3"), ("2", "4"), ("н/а", "5"))
"""What the first pupils of the class have in two subjects; the others have nothing."""


@pytest.fixture
def deputy(page: TeachersPage) -> Visitor:
    return page.under_test.sign_in("deputy_head")


@pytest.fixture
def class_teacher(page: TeachersPage) -> Visitor:
    return with_role(page, "class_teacher", class_id=page.school_class_id)


@pytest.fixture
def marked(page: TeachersPage) -> Iterator[TeachersPage]:
    """The class with `MARKS` for the term on two pages, and no others."""
    set_term_marks(page, MARKS)
    yield page
    set_term_marks(page, ())


def set_term_marks(page: TeachersPage, marks: Sequence[tuple[str, str]]) -> None:
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.pupil_id.in_(page.pupils)))
        journal = db.get_one(JournalPage, page.page_id)
        other = db.scalars(
            select(JournalPage.id)
            .where(
                JournalPage.school_class_id == page.school_class_id,
                JournalPage.pupil_group_id.is_(None),
                JournalPage.subject_id != page.subject_id,
            )
            .order_by(JournalPage.id)
            .limit(1)
        ).one()
        for pupil, values in zip(page.pupils, marks, strict=False):
            for page_id, value in zip((page.page_id, other), values, strict=True):
                db.add(
                    JournalTermMark(
                        id=new_id(),
                        organization_id=page.organization_id,
                        academic_year_id=journal.academic_year_id,
                        page_id=page_id,
                        pupil_id=pupil,
                        kind="term",
                        term_id=page.term.id,
                        value=value,
                        score=int(value) if value.isdigit() else None,
                    )
                )


def class_url(page: TeachersPage) -> str:
    return f"{API}/classes/{page.school_class_id}?column={page.term.number}"


def period(page: TeachersPage) -> str:
    return f"first={page.term.starts_on}&last={page.term.ends_on}"


def rows(content: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content))
    return list(book.worksheets[sheet].iter_rows(values_only=True))


def ids(pupils: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["id"] for each in pupils}


def test_rates_are_rounded_half_up_and_leave_out_those_exempt() -> None:
    assert rates_of({"5": 4, "4": 3, "3": 3, "2": 1, "н/а": 1, "осв": 5}) == Rates(
        passed=83.3, quality=58.3, learned=60.3, average=3.91
    )
    assert rates_of({"зач": 3, "нз": 1}) == Rates(passed=75.0)
    assert rates_of({}) == Rates()
    assert share(1, 8) == 12.5
    assert share(1, 16) == 6.3


def test_a_class_is_reported_by_the_marks_that_are_set(marked: TeachersPage, class_teacher: Visitor) -> None:
    report = class_teacher.get(class_url(marked)).json()
    pupils = [str(each) for each in marked.pupils]
    groups = {each["name"]: (ids(each["pupils"]), each["share"]) for each in report["groups"]}
    assert groups["excellent"] == ({pupils[0]}, 16.7)
    assert groups["good"] == ({pupils[1]}, 16.7)
    assert groups["satisfactory"] == ({pupils[2], pupils[3]}, 33.3)
    assert groups["failing"] == ({pupils[4]}, 16.7)
    assert groups["not_attested"] == ({pupils[5]}, 16.7)
    assert groups["incomplete"][0] >= set(pupils[6:])
    assert (report["counted"], report["pupils"] >= len(pupils)) == (6, True)
    assert report["rates"] == {"passed": 66.7, "quality": 33.3, "learned": 60.3, "average": 3.91}
    assert ids(report["one_three"]) == {pupils[2]}
    assert ids(report["one_four"]) == {pupils[1]}
    behind = {each["id"]: [mark["value"] for mark in each["marks"]] for each in report["behind"]}
    assert behind == {pupils[4]: ["2"], pupils[5]: ["н/а"]}
    own = next(each for each in report["subjects"] if each["id"] == str(marked.subject_id))
    assert own["marks"] == {"5": 2, "4": 1, "3": 1, "2": 1, "н/а": 1}
    assert own["rates"] == {"passed": 66.7, "quality": 50.0, "learned": 53.8, "average": 3.8}
    assert len(report["subjects"]) == 2
    assert report["left_out"]


def test_a_preliminary_report_takes_what_is_proposed_and_says_so(
    marked: TeachersPage, class_teacher: Visitor
) -> None:
    give_marks(marked, "5", "5", "5", pupil=6)
    assert str(marked.pupils[6]) not in str(class_teacher.get(class_url(marked)).json()["subjects"])
    report = class_teacher.get(class_url(marked) + "&preliminary=true").json()
    own = next(each for each in report["subjects"] if each["id"] == str(marked.subject_id))
    assert own["marks"]["5"] == 3
    assert own["marks"]["н/а"] > 1
    assert report["preliminary"] is True
    page = f"/journal/reports/classes/{marked.school_class_id}?column={marked.term.number}"
    shown = class_teacher.get(page + "&preliminary=yes").text
    assert "Предварительный отчёт" in shown
    assert "Предварительный отчёт" not in class_teacher.get(page).text
    year = f"{API}/classes/{marked.school_class_id}?column=year&preliminary=true"
    refused = class_teacher.get(year)
    assert refused.status_code == 422
    assert "Выберите четверть" in refused.text


def test_a_report_of_a_class_is_for_its_teacher_and_the_heads(
    marked: TeachersPage, class_teacher: Visitor, stranger: Visitor
) -> None:
    page = f"/journal/reports/classes/{marked.school_class_id}"
    for visitor in (class_teacher, with_role(marked, "head"), with_role(marked, "deputy_head")):
        assert visitor.get(class_url(marked)).status_code == 200
        assert visitor.get(page).status_code == 200
        assert visitor.get(page + "/xlsx").status_code == 200
    for visitor in (other_class_teacher(marked), marked.teacher, stranger):
        assert visitor.get(class_url(marked)).status_code == 404
        assert visitor.get(page).status_code == 404
        assert visitor.get(page + "/xlsx").status_code == 404
    assert with_role(marked, "pupil").get(class_url(marked)).status_code == 403
    assert marked.under_test.visitor().get(class_url(marked)).status_code == 401
    assert class_teacher.get(f"{API}/classes/{marked.school_class_id}?column=77").status_code == 404


def test_a_class_teacher_comes_to_the_own_class_and_a_teacher_to_subjects(
    marked: TeachersPage, class_teacher: Visitor, deputy: Visitor
) -> None:
    to_class = class_teacher.get("/journal/reports")
    assert to_class.headers["location"] == f"/journal/reports/classes/{marked.school_class_id}"
    to_subjects = marked.teacher.get("/journal/reports")
    assert to_subjects.headers["location"] == "/journal/reports/subjects"
    assert f"/journal/reports/classes/{marked.school_class_id}" in deputy.get("/journal/reports").text


def test_the_report_of_a_class_is_taken_out_as_a_spreadsheet(
    marked: TeachersPage, class_teacher: Visitor
) -> None:
    answer = class_teacher.get(
        f"/journal/reports/classes/{marked.school_class_id}/xlsx?column={marked.term.number}"
    )
    figures = {row[0]: row[1] for row in rows(answer.content)}
    assert (figures["Успеваемость, %"], figures["Отличники"]) == (66.7, 1)
    lists = rows(answer.content, 2)
    assert sum(row[0] == "С одной тройкой" for row in lists) == 1
    with marked.under_test.portal.database.reading(fresh=True) as db:
        taken = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "core.list.export", AuditRecord.subject_id == "journal.class_report")
            .order_by(AuditRecord.at.desc())
        ).first()
    assert taken is not None
    assert taken.person_id == class_teacher.person_id


def test_another_scale_has_no_such_report(marked: TeachersPage, class_teacher: Visitor) -> None:
    set_settings(marked, {"highest_mark": "10", "term_thresholds": ""})
    try:
        refused = class_teacher.get(class_url(marked))
        assert refused.status_code == 409
        assert "пятибалльной шкале" in refused.text
        assert marked.teacher.get(API + "/subjects").status_code == 409
    finally:
        set_settings(marked, {"highest_mark": "5"})


def test_a_teacher_reports_the_own_pages(marked: TeachersPage, stranger: Visitor, deputy: Visitor) -> None:
    url = f"{API}/subjects?period={marked.term.id}"
    report = marked.teacher.get(url).json()
    assert report["period"]["title"] == marked.term.name
    line = next(each for each in report["lines"] if each["page_id"] == str(marked.page_id))
    assert line["marks"] == {"5": 2, "4": 1, "3": 1, "2": 1, "н/а": 1}
    assert line["rates"]["quality"] == 50.0
    assert line["pupils"] >= len(marked.pupils)
    assert all(str(marked.teacher_id) in each["teacher_ids"] for each in report["lines"])
    whole = deputy.get(url).json()
    assert len(whole["lines"]) > len(report["lines"])
    one = deputy.get(f"{url}&teacher={marked.teacher_id}").json()
    assert ids_of_pages(one["lines"]) == ids_of_pages(report["lines"])
    year = deputy.get(API + "/subjects?period=year").json()
    assert year["period"]["name"] == "year"
    assert stranger.get(url).status_code == 404
    assert deputy.get(API + "/subjects?period=щщщ").status_code == 404
    assert (
        "Отчёт по предметам" in marked.teacher.get(f"/journal/reports/subjects?period={marked.term.id}").text
    )
    table = rows(marked.teacher.get(f"/journal/reports/subjects/xlsx?period={marked.term.id}").content)
    assert [table[-1][0], len(table)] == ["Всего", len(report["lines"]) + 2]


def ids_of_pages(lines: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["page_id"] for each in lines}


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


def test_dynamics_are_drawn_by_week_and_by_term(marked: TeachersPage, deputy: Visitor) -> None:
    give_marks(marked, "5", "3")
    url = f"{API}/dynamics?subject={marked.subject_id}"
    weeks = marked.teacher.get(url).json()
    whole = weeks["series"][0]
    assert len(whole["values"]) == len(weeks["buckets"])
    assert whole["marks"] >= 2
    terms = marked.teacher.get(url + "&step=term&measure=quality").json()
    assert marked.term.name in [each["title"] for each in terms["buckets"]]
    compared = deputy.get(f"{API}/dynamics?compare=classes").json()
    assert len(compared["series"]) > 2
    assert sum(each["marks"] for each in compared["series"][1:]) == compared["series"][0]["marks"]
    page = deputy.get("/journal/reports/dynamics?compare=classes&measure=quality").text
    assert "<svg" in page
    assert "Все вместе" in page
    table = rows(deputy.get("/journal/reports/dynamics/xlsx?compare=classes").content)
    assert len(table) == len(compared["series"]) + 1


def test_dynamics_of_a_pupil_are_of_the_own_marks(marked: TeachersPage, deputy: Visitor) -> None:
    with marked.under_test.portal.database.reading() as db:
        name = db.get_one(SchoolClass, marked.school_class_id).name
    give_marks(marked, "5", "3", "4", pupil=0)
    give_marks(marked, "2", pupil=1)
    of_page = f"{API}/dynamics?school_class={name}&subject={marked.subject_id}"
    one = deputy.get(f"{of_page}&pupil={marked.pupils[0]}").json()
    assert (one["series"][0]["total"], one["series"][0]["marks"]) == (4.0, 3)
    compared = deputy.get(f"{of_page}&compare=pupils").json()
    assert sorted(each["total"] for each in compared["series"][1:]) == [2.0, 4.0]
    page = f"/journal/reports/dynamics?school_class={name}&pupil={marked.pupils[0]}&compare=subjects"
    assert deputy.get(page).status_code == 200


def test_dynamics_stay_within_what_one_may_see(
    marked: TeachersPage, deputy: Visitor, other_teacher: Visitor, stranger: Visitor
) -> None:
    with marked.under_test.portal.database.reading() as db:
        name = db.get_one(SchoolClass, marked.school_class_id).name
    url = f"{API}/dynamics?school_class={name}"
    own = f"{url}&subject={marked.subject_id}"
    assert other_teacher.get(f"{own}&pupil={marked.pupils[0]}").status_code == 404
    assert stranger.get(own).json()["series"] == []
    assert deputy.get(f"{url}&pupil={new_id()}").status_code == 404
    assert deputy.get(f"{API}/dynamics?school_class=99Я").status_code == 404
    for wrong in ("step=day", "measure=luck", "compare=teachers", "compare=pupils"):
        assert deputy.get(f"{API}/dynamics?{wrong}").status_code == 422, wrong
    assert with_role(marked, "pupil").get(url).status_code == 403


def test_dynamics_of_the_school_take_few_statements(marked: TeachersPage, deputy: Visitor) -> None:
    deputy.get(f"{API}/dynamics?compare=classes")
    with marked.under_test.counting_statements() as statements:
        assert deputy.get(f"{API}/dynamics?compare=classes").status_code == 200
    assert len(statements) <= 6, statements


def of_school(answer: Any, page: TeachersPage) -> dict[str, Any]:
    lines = answer.json()["lines"]
    return next(each for each in lines if each["organization_id"] == str(page.organization_id))


def only_these_marks(page: TeachersPage, marks: Sequence[tuple[str, str]]) -> None:
    """The school has no other term marks in the term."""
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.organization_id == page.organization_id))
    set_term_marks(page, marks)


def test_schools_are_told_by_figures_without_names(marked: TeachersPage) -> None:
    only_these_marks(marked, MARKS)
    municipal = marked.under_test.sign_in("municipal_coordinator")
    url = f"{API}/schools?period={marked.term.kind}-{marked.term.number}"
    line = of_school(municipal.get(url), marked)
    assert line["rates"] == {"passed": 66.7, "quality": 33.3, "learned": 60.3, "average": 3.91}
    assert line["pupils"] > 100
    assert line["missed"] is not None
    page = municipal.get(f"/journal/schools?period={marked.term.kind}-{marked.term.number}")
    assert "66,7" in page.text
    table = rows(
        municipal.get(f"/journal/schools/xlsx?period={marked.term.kind}-{marked.term.number}").content
    )
    assert table[-1][0] == "Всего"
    regional = marked.under_test.sign_in("regional_coordinator")
    assert of_school(regional.get(url), marked)["rates"] == line["rates"]
    assert municipal.get(f"{API}/schools?period=quarter-77").status_code == 404
    assert municipal.get(f"{API}/schools?authority=Чужие").status_code == 404


def test_figures_of_fewer_than_five_pupils_are_hidden(marked: TeachersPage) -> None:
    only_these_marks(marked, MARKS[:4])
    municipal = marked.under_test.sign_in("municipal_coordinator")
    answer = municipal.get(f"{API}/schools?period={marked.term.kind}-{marked.term.number}")
    nothing = {"passed": None, "quality": None, "learned": None, "average": None}
    assert of_school(answer, marked)["rates"] == nothing
    others = [each for each in answer.json()["lines"] if each["rates"]["passed"] is not None]
    assert others or answer.json()["total"]["rates"] == nothing
    small = next((each for each in answer.json()["lines"] if each["hidden"]), None)
    if small is not None:
        assert (small["pupils"], small["missed"]) == (None, None)


def test_schools_in_figures_are_for_those_above_them(marked: TeachersPage) -> None:
    url = f"{API}/schools"
    for visitor in (marked.teacher, with_role(marked, "head"), with_role(marked, "deputy_head")):
        assert visitor.get(url).status_code == 403
        assert visitor.get("/journal/schools").status_code == 403
        assert visitor.get("/journal/schools/xlsx").status_code == 403
    municipal = marked.under_test.sign_in("municipal_coordinator")
    municipal.get(url)
    with marked.under_test.counting_statements() as statements:
        assert municipal.get(url).status_code == 200
    assert len(statements) <= 8, statements
