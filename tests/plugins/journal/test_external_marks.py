"""Marks of a pupil's former school beside the own ones, and marks of a page the pupil was on before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id, now
from core.organizations.models import (
    AcademicYear,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    Term,
)
from core.pupil_files.models import FormerSchool
from core.testing.portal import Visitor
from plugins.journal.checks import export_person
from plugins.journal.external.models import JournalExternalMark
from plugins.journal.models import JournalLesson, JournalMark, JournalPage
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.earlier import earlier_marks
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import term_mark
from tests.plugins.journal.test_term_marks import set_settings

SCHOOL = "Лицей № 2"


@pytest.fixture
def clean(page: TeachersPage) -> Iterator[TeachersPage]:
    """The page without marks of terms and of former schools."""

    def forget() -> None:
        with page.under_test.portal.database.transaction() as db:
            db.execute(delete(JournalExternalMark))
            db.execute(delete(FormerSchool))
            db.execute(delete(JournalTermMark).where(JournalTermMark.pupil_id.in_(page.pupils)))
            db.execute(
                update(Term).where(Term.academic_year_id == page.term.academic_year_id).values(closed_at=None)
            )

    forget()
    yield page
    forget()


def day(page: TeachersPage, lesson: int = 0) -> date:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[lesson]).day


def take(page: TeachersPage, *marks: dict[str, Any], by: Visitor | None = None, pupil: int = 0) -> Any:
    body = {"pupil": str(page.pupils[pupil]), "marks": [{"source": SCHOOL, **mark} for mark in marks]}
    return (by or page.teacher).post(f"{page.url}/external-marks", json=body)


def cells(page: TeachersPage, pupil: UUID | None = None, url: str = "") -> dict[str, Any]:
    """What is set and proposed for the pupil, by column."""
    answer = page.under_test.sign_in("deputy_head").get(f"{url or page.url}/term-marks")
    assert answer.status_code == 200, answer.text
    line = next(each for each in answer.json()["pupils"] if each["id"] == str(pupil or page.pupils[0]))
    return {each["column"]: each for each in line["marks"]}


def test_marks_of_days_count_in_the_term_and_the_proposal_says_so(clean: TeachersPage) -> None:
    for lesson in range(3):
        assert clean.put("3", lesson=lesson).status_code == 200
    column = str(clean.term.number)
    assert cells(clean)[column]["proposed"] == "3"
    on = day(clean).isoformat()
    marks = [{"value": "5", "day": on, "weight": 5, "work": "Контрольная"}, {"value": "зач", "day": on}]
    assert take(clean, *marks).json() == {"added": 2}
    assert take(clean, *marks).json() == {"added": 0}, "the same marks are not taken twice"
    cell = cells(clean)[column]
    assert cell["proposed"] == "4"
    assert "Учтены отметки прежней школы: 1, средний балл 5,00." in cell["why"]
    assert cell["average"] == "3,00", "the page's own average is its own"
    listed = clean.teacher.get(f"{clean.url}/external-marks").json()
    assert [(each["value"], each["source"], each["work"]) for each in listed] == [
        ("5", SCHOOL, "Контрольная"),
        ("зач", SCHOOL, ""),
    ]
    column_of_grid = clean.teacher.get(f"{clean.url}/terms/{column}/marks").json()
    assert next(each for each in column_of_grid if each["pupil"] == str(clean.pupils[0]))["proposed"] == "4"
    gone = clean.teacher.delete(f"{clean.url}/external-marks/{listed[0]['id']}")
    assert gone.status_code == 204, gone.text
    assert cells(clean)[column]["proposed"] == "3"


def test_a_school_may_leave_them_out_of_the_average(clean: TeachersPage) -> None:
    for lesson in range(3):
        clean.put("3", lesson=lesson)
    assert take(clean, {"value": "5", "day": day(clean).isoformat(), "weight": 20}).status_code == 200
    column = str(clean.term.number)
    assert cells(clean)[column]["proposed"] == "5"
    set_settings(clean, {"external_marks_count": False})
    try:
        cell = cells(clean)[column]
        assert cell["proposed"] == "3"
        assert "прежней школы" not in cell["why"]
    finally:
        set_settings(clean, {"external_marks_count": "true"})


def test_marks_of_finished_terms_make_the_year(clean: TeachersPage) -> None:
    with clean.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, clean.page_id)
        terms = db.scalars(
            select(Term)
            .where(Term.academic_year_id == clean.term.academic_year_id, Term.kind == clean.term.kind)
            .order_by(Term.number)
        ).all()
        for term in terms[1:]:
            db.add(term_mark(clean, journal, clean.pupils[0], term.id, "5"))
    assert cells(clean)["year"]["proposed"] == ""
    assert take(clean, {"value": "4", "term": 1}).json() == {"added": 1}
    told = cells(clean)
    assert (told["1"]["elsewhere"], told["1"]["source"]) == ("4", SCHOOL)
    assert told["year"]["proposed"] == "5"
    assert "4, 5" in told["year"]["why"]
    assert take(clean, {"value": "3", "term": 1}).json() == {"added": 0}, "a term has one mark"
    assert SCHOOL in clean.teacher.get(f"/journal/{clean.page_id}/term-marks").text


def test_wrong_marks_are_refused(clean: TeachersPage, other_teacher: Visitor, stranger: Visitor) -> None:
    on = day(clean).isoformat()
    for mark, field in (
        ({"value": "5"}, "day"),
        ({"value": "5", "day": on, "term": 1}, "day"),
        ({"value": "5", "day": "2020-01-01"}, "day"),
        ({"value": "9", "day": on}, "value"),
        ({"value": "н/а", "day": on}, "value"),
        ({"value": "5", "day": on, "weight": 0}, "weight"),
        ({"value": "5", "day": on, "source": " "}, "source"),
    ):
        answer = take(clean, mark)
        assert answer.status_code == 422, mark
        assert field in answer.json()["fields"], mark
    good = {"value": "5", "day": on}
    assert take(clean, good, by=other_teacher).status_code in (403, 404)
    assert take(clean, good, by=stranger).status_code == 404
    with clean.under_test.portal.database.transaction() as db:
        db.execute(update(Term).where(Term.id == clean.term.id).values(closed_at=now()))
    assert take(clean, good).status_code == 409


def test_the_page_types_a_mark_and_keeps_what_was_typed(clean: TeachersPage) -> None:
    address = f"/journal/{clean.page_id}/external"
    assert "Отметок прежней школы нет" in clean.teacher.get(address).text
    typed = {
        "pupil": str(clean.pupils[0]),
        "value": "5",
        "term": "",
        "day": day(clean).isoformat(),
        "weight": "1",
        "work": "Диктант",
        "source": "",
    }
    refused = clean.teacher.post(address, data=typed)
    assert refused.status_code == 422
    assert "Диктант" in refused.text
    assert clean.teacher.post(address, data={**typed, "source": SCHOOL}).status_code == 303
    shown = clean.teacher.get(address).text
    assert SCHOOL in shown
    listed = clean.teacher.get(f"{clean.url}/external-marks").json()
    assert (
        clean.teacher.post(f"{address}/{listed[0]['id']}/remove", data={"step": "remove"}).status_code == 303
    )
    assert clean.teacher.get(f"{clean.url}/external-marks").json() == []


def test_a_file_that_one_portal_gives_out_fills_the_journal_of_another(clean: TeachersPage) -> None:
    """What `export_person` gives away with a pupil is what another portal of ours takes in."""
    leaver, comer = clean.pupils[0], clean.pupils[1]
    assert clean.put("5", lesson=0, pupil=0).status_code == 200
    assert clean.put("4", lesson=1, pupil=0).status_code == 200
    with clean.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, clean.page_id)
        db.add(term_mark(clean, journal, leaver, clean.term.id, "5"))
        db.flush()
        parts = {"Журнал": dict(export_person(db, leaver))}
        db.add(
            FormerSchool(
                id=new_id(),
                person_id=comer,
                organization_id=clean.organization_id,
                school=SCHOOL,
                installation="https://far.example",
                fingerprint="0000",
                parts=parts,
            )
        )
    address = f"/journal/{clean.page_id}/external"
    assert "Взять в журнал" in clean.teacher.get(address).text
    assert clean.teacher.post(f"{address}/file", data={"pupil": str(comer)}).status_code == 303
    listed = clean.teacher.get(f"{clean.url}/external-marks").json()
    assert [each["pupil"] for each in listed] == [str(comer)] * 3
    assert sorted(each["value"] for each in listed if each["day"]) == ["4", "5"]
    assert [each["value"] for each in listed if each["term"]] == ["5"]
    assert "Взять в журнал" not in clean.teacher.get(address).text
    body = {"pupil": str(comer)}
    assert clean.teacher.post(f"{clean.url}/external-marks", json=body).json() == {"added": 0}


def test_a_strange_file_offers_nothing(clean: TeachersPage) -> None:
    with clean.under_test.portal.database.transaction() as db:
        subject = db.get_one(Subject, clean.subject_id).name
        db.add(
            FormerSchool(
                id=new_id(),
                person_id=clean.pupils[1],
                organization_id=clean.organization_id,
                school=SCHOOL,
                installation="https://far.example",
                fingerprint="0000",
                parts={
                    "Журнал": {
                        "отметки": ["5", {"предмет": subject, "день": "вчера", "отметка": "5"}, {}],
                        "отметки за периоды": {"предмет": subject},
                    },
                    "Иное": {"отметки": 5},
                },
            )
        )
    assert "Взять в журнал" not in clean.teacher.get(f"/journal/{clean.page_id}/external").text
    body = {"pupil": str(clean.pupils[1])}
    assert clean.teacher.post(f"{clean.url}/external-marks", json=body).status_code == 409


@pytest.fixture
def moved(clean: TeachersPage) -> Iterator[tuple[TeachersPage, str, str]]:
    """A pupil who went from one subgroup to another in the middle of the term; both pages with their addresses."""
    middle = day(clean, 2)
    with clean.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, clean.page_id)
        subject = Subject(
            id=new_id(),
            organization_id=clean.organization_id,
            name=f"Астрономия {middle}",
            short_name="Астр",
            name_key=f"астрономия {middle}",
        )
        db.add(subject)
        db.flush()
        pages: list[JournalPage] = []
        for name, first, last in (
            ("1 подгруппа", date(2026, 9, 1), middle),
            ("2 подгруппа", middle + timedelta(days=1), None),
        ):
            group = PupilGroup(
                id=new_id(),
                organization_id=clean.organization_id,
                academic_year_id=journal.academic_year_id,
                school_class_id=clean.school_class_id,
                subject_id=subject.id,
                kind="subgroup",
                name=name,
                name_key=name,
            )
            db.add(group)
            db.flush()
            db.add(
                PupilGroupMembership(
                    id=new_id(),
                    pupil_group_id=group.id,
                    person_id=clean.pupils[0],
                    starts_on=first,
                    ends_on=last,
                )
            )
            page = JournalPage(
                id=new_id(),
                organization_id=clean.organization_id,
                academic_year_id=journal.academic_year_id,
                subject_id=subject.id,
                pupil_group_id=group.id,
            )
            db.add(page)
            pages.append(page)
        db.flush()
        lesson = JournalLesson(
            id=new_id(),
            organization_id=clean.organization_id,
            academic_year_id=journal.academic_year_id,
            page_id=pages[0].id,
            day=day(clean, 0),
            number=9,
            teacher_id=None,
        )
        db.add(lesson)
        db.flush()
        for position, value in enumerate(("4", "4", "5")):
            db.add(
                JournalMark(
                    id=new_id(),
                    organization_id=clean.organization_id,
                    academic_year_id=journal.academic_year_id,
                    page_id=pages[0].id,
                    lesson_id=lesson.id,
                    pupil_id=clean.pupils[0],
                    day=lesson.day,
                    position=position,
                    value=value,
                    score=int(value),
                )
            )
        old, new = (each.id for each in pages)
    yield clean, f"/api/v1/journal/pages/{old}", f"/api/v1/journal/pages/{new}"
    with clean.under_test.portal.database.transaction() as db:
        for table in (JournalMark, JournalTermMark, JournalLesson):
            db.execute(delete(table).where(table.page_id.in_([old, new])))
        groups = select(JournalPage.pupil_group_id).where(JournalPage.id.in_([old, new]))
        gone = list(db.scalars(groups))
        db.execute(delete(JournalPage).where(JournalPage.id.in_([old, new])))
        db.execute(delete(PupilGroupMembership).where(PupilGroupMembership.pupil_group_id.in_(gone)))
        db.execute(delete(PupilGroup).where(PupilGroup.id.in_(gone)))
        db.execute(delete(Subject).where(Subject.name.startswith("Астрономия 2")))


def test_marks_of_the_old_subgroup_count_for_the_term_on_the_new_page(
    moved: tuple[TeachersPage, str, str],
) -> None:
    page, _old, new = moved
    cell = cells(page, url=new)[str(page.term.number)]
    assert cell["proposed"] == "4"
    assert "Учтены отметки прежней группы или класса: 3, средний балл 4,33." in cell["why"]


def test_terms_on_the_old_page_count_for_the_year_on_the_new_one(
    moved: tuple[TeachersPage, str, str],
) -> None:
    page, old, new = moved
    with page.under_test.portal.database.transaction() as db:
        terms = db.scalars(
            select(Term)
            .where(Term.academic_year_id == page.term.academic_year_id, Term.kind == page.term.kind)
            .order_by(Term.number)
        ).all()
        journal = db.get_one(JournalPage, page.page_id)
        for term, value in zip(terms, ("3", "4", "4", "5"), strict=False):
            where = old if term.number == 1 else new
            db.add(term_mark(page, journal, page.pupils[0], term.id, value, UUID(where.rpartition("/")[2])))
    told = cells(page, url=new)
    assert (told["1"]["value"], told["1"]["elsewhere"], told["1"]["present"]) == ("", "3", False)
    assert told["year"]["proposed"] == "4"
    assert "3, 4, 4, 5" in told["year"]["why"]


def test_the_final_mark_of_the_last_grade_reads_the_year_before(clean: TeachersPage) -> None:
    """Half-years and years of the tenth and eleventh grades; of a repeated year the latest marks."""
    with clean.under_test.portal.database.transaction() as db:
        school = clean.organization_id
        years = []
        for begins in (2001, 2002, 2003):
            year = AcademicYear(
                id=new_id(),
                organization_id=school,
                name=f"{begins}/{begins + 1}",
                starts_on=date(begins, 9, 1),
                ends_on=date(begins + 1, 5, 26),
            )
            db.add(year)
            years.append(year)
        db.flush()
        for year, grade, values in (
            (years[0], 10, ("2", "2", "2")),
            (years[1], 10, ("3", "4", "4")),
            (years[2], 11, ("5", "5", "5")),
        ):
            school_class = SchoolClass(
                id=new_id(),
                organization_id=school,
                academic_year_id=year.id,
                name=f"{grade}Я",
                name_key=f"{grade}я",
                grade_level=grade,
                term_kind="half_year",
            )
            db.add(school_class)
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
            for number, value in enumerate(values, 1):
                term = None
                if number < 3:
                    term = Term(
                        id=new_id(),
                        organization_id=school,
                        academic_year_id=year.id,
                        kind="half_year",
                        number=number,
                        name=f"{number} полугодие",
                        starts_on=year.starts_on + timedelta(days=130 * (number - 1)),
                        ends_on=year.starts_on + timedelta(days=130 * number - 1),
                    )
                    db.add(term)
                    db.flush()
                db.add(
                    JournalTermMark(
                        id=new_id(),
                        organization_id=school,
                        academic_year_id=year.id,
                        page_id=page.id,
                        pupil_id=clean.pupils[0],
                        kind="term" if term else "year",
                        term_id=term.id if term else None,
                        value=value,
                        score=int(value),
                    )
                )
        db.flush()
        opened: Any = SimpleNamespace(
            organization_id=school,
            academic_year_id=years[2].id,
            subject_id=clean.subject_id,
            grade_level=11,
            settings=JournalSettings(exam_grades="9, 11"),
        )
        found = earlier_marks(db, opened, [clean.pupils[0]])
        db.rollback()
    assert found == {clean.pupils[0]: ["3", "4", "4", "5", "5", "5"]}
