"""Papers of the journal: what stands on them, who may take them out, and that it is recorded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from core.audit.models import AuditRecord
from core.identity.models import Person
from core.organizations.models import Term
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import rows


def read(answer: Any) -> PdfReader:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    return PdfReader(io.BytesIO(answer.content))


def text(answer: Any) -> str:
    return "\n".join(page.extract_text() for page in read(answer).pages)


def name_of(page: TeachersPage, at: int = 0) -> str:
    with page.under_test.portal.database.reading() as db:
        return db.get_one(Person, page.pupils[at]).short_name


def exports(page: TeachersPage) -> list[AuditRecord]:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return list(
            db.scalars(
                select(AuditRecord)
                .where(AuditRecord.action == "core.list.export")
                .order_by(AuditRecord.sequence)
            )
        )


@pytest.fixture
def taught(page: TeachersPage) -> Iterator[TeachersPage]:
    """The page with marks, an absence, a topic and homework."""
    page.put("5", lesson=0)
    page.put("н 4/3", lesson=1)
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id == page.lessons[0])
            .values(topic="Теорема Виета", homework="§ 12, № 345", control_kind="")
        )
    yield page
    with page.under_test.portal.database.transaction() as db:
        db.execute(update(Term).where(Term.organization_id == page.organization_id).values(closed_at=None))


def test_a_page_is_printed_as_an_opened_journal(taught: TeachersPage) -> None:
    answer = taught.teacher.get(f"/journal/{taught.page_id}/pdf?term={taught.term.number}")
    reader = read(answer)
    left = reader.pages[0].extract_text()
    assert name_of(taught) in left
    assert "н 4/3" in left
    right = reader.pages[1].extract_text()
    assert "Теорема Виета" in right
    assert "§ 12, № 345" in right
    assert "Учитель" in right
    whole = text(taught.teacher.get(f"/journal/{taught.page_id}/pdf?term=all"))
    assert "Теорема Виета" in whole
    assert "итоговые отметки" in whole
    api = taught.teacher.get(f"{taught.url}/pdf?term={taught.term.number}")
    assert "Теорема Виета" in text(api)


def test_a_page_is_a_spreadsheet_too(taught: TeachersPage) -> None:
    content = taught.teacher.get(f"/journal/{taught.page_id}/xlsx?term={taught.term.number}").content
    marks, topics = rows(content), rows(content, 1)
    line = next(row for row in marks if row[1] == name_of(taught))
    assert line[2:4] == (5, "н 4/3")
    assert any(row[2] == "Теорема Виета" and row[4] == "§ 12, № 345" for row in topics)
    assert taught.teacher.get(f"/journal/{taught.page_id}/xlsx?term=77").status_code == 422


def test_the_sheet_of_a_class_for_a_term_and_for_the_year(marked: TeachersPage, deputy: Visitor) -> None:
    url = f"/journal/classes/{marked.school_class_id}/term-marks"
    term = text(deputy.get(f"{url}/pdf?column={marked.term.number}"))
    assert "Сводная ведомость" in term
    assert name_of(marked) in term
    assert "Классный руководитель" in term
    year = text(deputy.get(f"{url}/pdf?column=all"))
    assert name_of(marked) in year
    assert marked.term.name in year
    table = rows(deputy.get(f"{url}/xlsx?column=all").content)
    line = next(row for row in table if row[1] == name_of(marked))
    assert "5" in line
    assert deputy.get(f"{url}/pdf?column=77").status_code == 404
    api = f"/api/v1/journal/school-classes/{marked.school_class_id}/term-marks/pdf"
    assert name_of(marked) in text(deputy.get(f"{api}?column=all"))


def test_the_sheet_of_a_pupil(marked: TeachersPage, deputy: Visitor) -> None:
    marked.put("4", lesson=0)
    url = f"/journal/pupils/{marked.pupils[0]}"
    shown = text(deputy.get(f"{url}/pdf?term={marked.term.number}"))
    assert "Табель успеваемости" in shown
    assert marked.term.name in shown
    assert "Родитель (законный представитель)" in shown
    subjects, entries = (
        rows(deputy.get(f"{url}/xlsx?term={marked.term.number}").content, at) for at in (0, 1)
    )
    assert subjects[0][:2] == ("Предмет", "Ср.")
    assert any(row[2] == 4 for row in entries)
    assert "Табель" in text(deputy.get(f"/api/v1/journal/pupils/{marked.pupils[0]}/pdf"))


def test_reports_are_papers(marked: TeachersPage, deputy: Visitor) -> None:
    shown = text(
        deputy.get(f"/journal/reports/classes/{marked.school_class_id}/pdf?column={marked.term.number}")
    )
    assert "Отчёт класса" in shown
    assert "Успеваемость" in shown
    assert name_of(marked) in shown
    assert "Отчёт по предметам" in text(deputy.get("/journal/reports/subjects/pdf"))
    assert "Отчёт по предметам" in text(deputy.get("/api/v1/journal/reports/subjects/pdf"))
    api = f"/api/v1/journal/reports/classes/{marked.school_class_id}/pdf?column={marked.term.number}"
    assert "Отчёт класса" in text(deputy.get(api))
    for url in (
        "/journal/reports/control/pdf",
        "/journal/reports/dynamics/pdf?compare=classes",
        "/journal/plans/progress/pdf",
        "/journal/control-works/pdf",
        "/journal/absent?file=pdf",
        f"/journal/classes/{marked.school_class_id}/days/{marked.term.starts_on}?file=pdf",
        "/journal/attendance?file=pdf",
    ):
        assert len(read(deputy.get(url)).pages) >= 1


def test_pages_offer_their_files(taught: TeachersPage, deputy: Visitor) -> None:
    for visitor, url in (
        (taught.teacher, f"/journal/{taught.page_id}"),
        (taught.teacher, f"/journal/{taught.page_id}/term-marks"),
        (taught.teacher, f"/journal/pupils/{taught.pupils[0]}"),
        (deputy, f"/journal/classes/{taught.school_class_id}/term-marks"),
        (deputy, "/journal/reports/subjects"),
    ):
        shown = visitor.get(url).text
        assert "Документ PDF" in shown
        assert "Таблица xlsx" in shown
    marks = rows(taught.teacher.get(f"/journal/{taught.page_id}/term-marks/xlsx").content)
    assert name_of(taught) in [row[1] for row in marks]


def test_papers_are_for_those_who_may_see_what_stands_on_them(
    taught: TeachersPage, stranger: Visitor, other_teacher: Visitor
) -> None:
    page, pupil, school_class = taught.page_id, taught.pupils[0], taught.school_class_id
    for url in (
        f"/journal/{page}/pdf",
        f"/journal/{page}/xlsx",
        f"/journal/{page}/term-marks/xlsx",
        f"/api/v1/journal/pages/{page}/pdf",
        f"/journal/classes/{school_class}/term-marks/pdf",
        f"/journal/classes/{school_class}/term-marks/pdf?column=all",
        f"/journal/classes/{school_class}/term-marks/xlsx?column=all",
        f"/api/v1/journal/school-classes/{school_class}/term-marks/pdf",
        f"/journal/reports/classes/{school_class}/pdf",
        f"/api/v1/journal/reports/classes/{school_class}/pdf",
    ):
        assert stranger.get(url).status_code == 404, url
        assert other_teacher.get(url).status_code == 404, url
    for url in (f"/journal/pupils/{pupil}/pdf", f"/api/v1/journal/pupils/{pupil}/pdf"):
        assert stranger.get(url).status_code == 404, url
    family = taught.under_test.sign_in("guardian")
    assert family.get(f"/journal/{page}/pdf").status_code == 403


def test_who_took_a_paper_out_is_recorded(taught: TeachersPage) -> None:
    before = len(exports(taught))
    taught.teacher.get(f"/journal/{taught.page_id}/pdf?term={taught.term.number}")
    found = exports(taught)[before:]
    assert [(each.subject_id, each.person_id) for each in found] == [("journal.page", taught.teacher_id)]
    assert taught.term.name in str(found[0].after)
