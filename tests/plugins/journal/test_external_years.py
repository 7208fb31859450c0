"""Marks of a year and of an earlier grade from a former school: noted, shown, used in the year and final marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.organizations.models import AcademicYear, SchoolClass, Term
from core.testing.portal import Visitor
from plugins.journal.checks import export_person
from plugins.journal.external.in_files import marks_in_file
from plugins.journal.external.models import JournalExternalMark
from plugins.journal.models import JournalPage
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.earlier import earlier_marks
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import term_mark
from tests.plugins.journal.test_external_marks import SCHOOL, cells, clean, take
from tests.plugins.journal.test_term_marks import set_settings

__all__ = ["clean"]


def grade_of(page: TeachersPage) -> int:
    with page.under_test.portal.database.reading() as db:
        return db.get_one(SchoolClass, page.school_class_id).grade_level


def test_a_subject_finished_elsewhere_has_its_year_from_there(clean: TeachersPage, deputy: Visitor) -> None:
    assert take(clean, {"value": "4", "year": True}).json() == {"added": 1}
    assert take(clean, {"value": "3", "year": True}).json() == {"added": 0}, "a year has one mark"
    told = cells(clean)["year"]
    assert (told["proposed"], told["elsewhere"], told["source"]) == ("4", "4", SCHOOL)
    assert "завершён в прежней школе" in told["why"]
    sheet = deputy.get(
        f"/api/v1/journal/school-classes/{clean.school_class_id}/term-marks?column=year"
    ).json()
    at = [each["id"] for each in sheet["subjects"]].index(str(clean.subject_id))
    line = next(each for each in sheet["lines"] if each["id"] == str(clean.pupils[0]))
    assert line["cells"][at]["proposed"] == "4"
    pupil = clean.pupils[0]
    marks = guardian_of(clean, pupil).get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
    year = [each["key"] for each in marks["columns"]].index("year")
    mine = next(each for each in marks["subjects"] if each["subject_id"] == str(clean.subject_id))
    assert mine["cells"][year] == {"value": "4", "average": "", "source": SCHOOL}
    with clean.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, clean.page_id)
        terms = db.scalars(
            select(Term).where(
                Term.academic_year_id == clean.term.academic_year_id, Term.kind == clean.term.kind
            )
        ).all()
        for term in terms:
            db.add(term_mark(clean, journal, pupil, term.id, "5"))
    assert cells(clean)["year"]["proposed"] == "5", "marks set here make the year"


@pytest.fixture
def with_exams(clean: TeachersPage) -> Iterator[TeachersPage]:
    """The page's grade ends with exams and final marks."""
    set_settings(clean, {"exam_grades": str(grade_of(clean))})
    yield clean
    set_settings(clean, {"exam_grades": "9, 11"})


def test_the_final_mark_goes_by_the_year_from_elsewhere(with_exams: TeachersPage) -> None:
    assert cells(with_exams)["final"]["proposed"] == ""
    assert take(with_exams, {"value": "4", "year": True}).json() == {"added": 1}
    if grade_of(with_exams) < 11:
        assert cells(with_exams)["final"]["proposed"] == "4"
        assert "равна годовой" in cells(with_exams)["final"]["why"]


def test_half_years_and_years_of_the_grade_before_make_the_last_final_mark(clean: TeachersPage) -> None:
    """Own marks go before those brought along; what neither has is left out."""
    with clean.under_test.portal.database.transaction() as db:
        school, (stayed, came, younger) = clean.organization_id, clean.pupils[:3]
        year = AcademicYear(
            id=new_id(),
            organization_id=school,
            name="2003/2004",
            starts_on=date(2003, 9, 1),
            ends_on=date(2004, 5, 26),
        )
        db.add(year)
        db.flush()
        school_class = SchoolClass(
            id=new_id(),
            organization_id=school,
            academic_year_id=year.id,
            name="11Я",
            name_key="11я",
            grade_level=11,
            term_kind="half_year",
        )
        half = Term(
            id=new_id(),
            organization_id=school,
            academic_year_id=year.id,
            kind="half_year",
            number=1,
            name="1 полугодие",
            starts_on=year.starts_on,
            ends_on=date(2003, 12, 30),
        )
        db.add_all([school_class, half])
        db.flush()
        page = JournalPage(
            id=new_id(),
            organization_id=school,
            academic_year_id=year.id,
            subject_id=clean.subject_id,
            school_class_id=school_class.id,
        )
        db.add(page)
        db.flush()

        def brought(pupil: Any, value: str, kind: str, **more: Any) -> None:
            db.add(
                JournalExternalMark(
                    id=new_id(),
                    organization_id=school,
                    academic_year_id=year.id,
                    pupil_id=pupil,
                    subject_id=clean.subject_id,
                    kind=kind,
                    value=value,
                    source=SCHOOL,
                    **more,
                )
            )

        for number, value in ((1, "3"), (2, "4")):
            brought(came, value, "term", grade_level=10, half_year=number)
        brought(came, "4", "year", grade_level=10)
        brought(came, "5", "term", term_id=half.id)
        brought(stayed, "2", "term", term_id=half.id)
        brought(younger, "5", "year", grade_level=9)
        for pupil, kind, term_id, value in (
            (stayed, "term", half.id, "5"),
            (stayed, "year", None, "5"),
            (came, "year", None, "5"),
        ):
            db.add(
                JournalTermMark(
                    id=new_id(),
                    organization_id=school,
                    academic_year_id=year.id,
                    page_id=page.id,
                    pupil_id=pupil,
                    kind=kind,
                    term_id=term_id,
                    value=value,
                    score=int(value),
                )
            )
        db.flush()
        opened: Any = SimpleNamespace(
            organization_id=school,
            academic_year_id=year.id,
            subject_id=clean.subject_id,
            grade_level=11,
            settings=JournalSettings(exam_grades="9, 11"),
        )
        found = earlier_marks(db, opened, [stayed, came, younger])
        db.rollback()
    assert found == {stayed: ["5", "5"], came: ["3", "4", "4", "5", "5"]}


def test_wrong_years_are_refused(clean: TeachersPage) -> None:
    grade = grade_of(clean)
    for mark, field in (
        ({"value": "5", "year": True, "term": 1}, "day"),
        ({"value": "5", "year": True, "day": "2026-09-14"}, "day"),
        ({"value": "5", "half_year": 1}, "grade"),
        ({"value": "5", "half_year": 3, "grade": grade - 1}, "grade"),
        ({"value": "5", "year": True, "grade": grade}, "grade"),
        ({"value": "5", "term": 1, "grade": grade - 1}, "grade"),
        ({"value": "9", "year": True}, "value"),
    ):
        answer = take(clean, mark)
        assert answer.status_code == 422, mark
        assert field in answer.json()["fields"], mark


def test_the_form_notes_a_year_and_the_grade_before(clean: TeachersPage) -> None:
    address, before = f"/journal/{clean.page_id}/external", grade_of(clean) - 1
    typed = {
        "pupil": str(clean.pupils[0]),
        "value": "4",
        "term": f"{before}.year",
        "day": "",
        "weight": "1",
        "work": "",
        "source": SCHOOL,
    }
    assert f'value="{before}.year"' in clean.teacher.get(address).text
    assert clean.teacher.post(address, data=typed).status_code == 303
    assert clean.teacher.post(address, data={**typed, "term": "year"}).status_code == 303
    assert clean.teacher.post(address, data={**typed, "term": f"{before}.7"}).status_code == 422
    shown = clean.teacher.get(address).text
    assert f"{before} класс, год" in shown
    listed = clean.teacher.get(f"{clean.url}/external-marks").json()
    assert {each["term"] for each in listed} == {f"{before} класс, год", "Год"}
    with clean.under_test.portal.database.reading(fresh=True) as db:
        told = export_person(db, clean.pupils[0])["отметки прежних школ"]
    assert {each["за что"] for each in told} == {f"{before} класс, год", "Год"}


def test_a_file_offers_the_year_before_where_final_marks_go_by_it() -> None:
    row = {"предмет": "Физика", "учебный год": "2025/26", "за что": "Год", "с": "", "по": "", "отметка": "4"}
    half = {**row, "за что": "2 полугодие", "с": "2026-01-09", "по": "2026-05-26", "отметка": "5"}
    older = {**row, "учебный год": "2023/24"}
    parts = {"Журнал": {"отметки за периоды": [row, half, older]}}

    def offered(grade: int) -> list[tuple[str, bool, int | None, int | None]]:
        term = SimpleNamespace(
            id=new_id(), number=1, starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 30), name="1"
        )
        page: Any = SimpleNamespace(
            subject="Физика", terms=[term], grade_level=grade, settings=JournalSettings(exam_grades="9, 11")
        )
        return [
            (each.value, each.year, each.half_year, each.grade) for each in marks_in_file(parts, page, SCHOOL)
        ]

    assert offered(11) == [("4", True, None, 10), ("5", False, 2, 10)]
    assert offered(10) == []
