"""Reports: how a class learns, what a teacher's pages come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.audit.models import AuditRecord
from core.organizations.models import SchoolClass, Term
from core.testing.portal import Visitor
from plugins.journal.models import JournalPage
from plugins.journal.reports.rates import Rates, rates_of, share
from tests.plugins.journal.attendance_people import other_class_teacher, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import API, class_url, ids, rows, term_mark
from tests.plugins.journal.test_term_marks import give_marks, set_settings


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


def test_a_preliminary_year_is_the_mean_of_all_terms_that_are_set(
    marked: TeachersPage, class_teacher: Visitor
) -> None:
    year = f"{API}/classes/{marked.school_class_id}?column=year&preliminary=true"
    assert class_teacher.get(year).json()["subjects"] == []
    with marked.under_test.portal.database.transaction() as db:
        kind = db.get_one(SchoolClass, marked.school_class_id).term_kind
        journal = db.get_one(JournalPage, marked.page_id)
        for term in db.scalars(
            select(Term).where(
                Term.academic_year_id == journal.academic_year_id,
                Term.kind == kind,
                Term.id != marked.term.id,
            )
        ):
            db.add(term_mark(marked, journal, marked.pupils[1], term.id, "4"))
    report = class_teacher.get(year).json()
    own = next(each for each in report["subjects"] if each["id"] == str(marked.subject_id))
    assert own["marks"] == {"4": 1}
    sheet = f"/api/v1/journal/school-classes/{marked.school_class_id}/term-marks?column=year"
    assert '"proposed":"4"' in class_teacher.get(sheet).text


def test_exams_are_never_reported_beforehand(marked: TeachersPage, class_teacher: Visitor) -> None:
    set_settings(marked, {"exam_grades": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"})
    exam = f"{API}/classes/{marked.school_class_id}?column=exam"
    assert class_teacher.get(exam).status_code == 200
    refused = class_teacher.get(exam + "&preliminary=true")
    assert refused.status_code == 422
    assert "или год" in refused.text


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
