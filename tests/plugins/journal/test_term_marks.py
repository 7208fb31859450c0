"""Term marks: proposed, set by the teacher with history, closed by the deputy head; for whom they are to see."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from core.audit.record import check as check_audit
from core.capabilities import TermMarkSet
from core.contributions import Subscription
from core.database.base import new_id, now
from core.identity.models import Account, Notification
from core.identity.sessions import actor_of, today_in
from core.organizations.models import AcademicYear, Enrollment, Organization, SchoolClass, Subject, Term
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.journal.access import open_page
from plugins.journal.models import JournalLesson
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.readiness import TERM_MARKS_DUE
from plugins.journal.terms.standings import term_column
from tests.core.every_form.reading import read_form
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.school_day import school_day


@pytest.fixture
def term_page(page: TeachersPage) -> Iterator[TeachersPage]:
    """The page with empty cells, without term marks, all terms open."""
    yield page
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.page_id == page.page_id))
        db.execute(update(Term).where(Term.organization_id == page.organization_id).values(closed_at=None))


@pytest.fixture
def deputy(term_page: TeachersPage) -> Visitor:
    return term_page.under_test.sign_in("deputy_head")


def column_of(page: TeachersPage) -> str:
    return str(page.term.number)


def put(page: TeachersPage, value: str, *, pupil: int = 0, by: Visitor | None = None, **more: Any) -> Any:
    body = {"pupil": str(page.pupils[pupil]), "column": column_of(page), "value": value, **more}
    return (by or page.teacher).put(page.url + "/term-marks", json=body)


def read(page: TeachersPage, pupil: int = 0, column: str = "") -> dict[str, Any]:
    answer = page.teacher.get(page.url + "/term-marks")
    assert answer.status_code == 200, answer.text
    line = next(each for each in answer.json()["pupils"] if each["id"] == str(page.pupils[pupil]))
    return next(each for each in line["marks"] if each["column"] == (column or column_of(page)))


def give_marks(page: TeachersPage, *marks: str, pupil: int = 0) -> None:
    for lesson, mark in enumerate(marks):
        assert page.put(mark, lesson=lesson, pupil=pupil).status_code == 200


def test_a_mark_is_proposed_with_its_reason_and_set_with_history(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    proposed = read(term_page)
    assert (proposed["proposed"], proposed["average"], proposed["value"]) == ("4", "4,33", "")
    assert proposed["why"] == "Средний балл 4,33 ниже порога 4,50. До 5 не хватает 1 отметки «5»."
    answer = put(term_page, "5", was="")
    assert answer.status_code == 200, answer.text
    now_set = read(term_page)
    assert (now_set["value"], now_set["proposed"], now_set["proposed_then"]) == ("5", "4", "4")
    put(term_page, "4", was="5")
    card = term_page.teacher.get(
        f"/journal/{term_page.page_id}/term-marks/{term_page.pupils[0]}/{column_of(term_page)}"
    ).text
    assert "было «5», стало «4»" in card
    assert "выставлено «5», предложено было «4»" in card
    assert "Чтобы вышло 5, нужно отметок «5»: 1." in card
    with term_page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_the_column_of_a_term_is_read_alone(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    give_marks(term_page, "3", pupil=1)
    assert put(term_page, "5").status_code == 200
    column = term_page.teacher.get(f"{term_page.url}/terms/{column_of(term_page)}/marks").json()
    found = {each["pupil"]: (each["value"], each["proposed"], each["differs"]) for each in column}
    assert found[str(term_page.pupils[0])] == ("5", "4", True)
    assert found[str(term_page.pupils[1])][0] == ""
    assert str(term_page.pupils[2]) not in found
    assert term_page.teacher.get(f"{term_page.url}/terms/77/marks").status_code == 404


def test_the_family_reads_set_marks_and_averages_in_the_diary(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    give_marks(term_page, "3", "3", pupil=1)
    assert put(term_page, "4").status_code == 200
    pupil, other = term_page.pupils[0], term_page.pupils[1]
    guardian = guardian_of(term_page, pupil)
    with term_page.under_test.portal.database.reading() as db:
        subject = db.get_one(Subject, term_page.subject_id).name
    found = guardian.get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
    at = [column["key"] for column in found["columns"]].index(str(term_page.term.id))
    line = next(each for each in found["subjects"] if each["subject"] == subject)
    assert line["cells"][at] == {"value": "4", "average": "4,33", "source": ""}
    shown = guardian.get(f"/diary/{pupil}/term-marks").text
    assert subject in shown and "<b>4</b>" in shown
    assert f'href="/diary/{pupil}/term-marks"' in guardian.get(f"/diary/{pupil}").text
    assert guardian.get(f"/diary/{other}/term-marks").status_code == 404
    assert guardian.get(f"/api/v1/diary/pupils/{other}/term-marks").status_code == 404
    assert term_page.teacher.get(f"/diary/{pupil}/term-marks").status_code == 403
    waiting = guardian_of(term_page, other).get(f"/api/v1/diary/pupils/{other}/term-marks").json()
    line = next(each for each in waiting["subjects"] if each["subject"] == subject)
    assert line["cells"][at] == {"value": "", "average": "3,00", "source": ""}


def test_a_mark_beyond_rounding_needs_a_reason(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    refused = put(term_page, "3")
    assert refused.status_code == 422
    assert refused.json()["title"] == "Предложено «4», а вы ставите «3»: напишите почему."
    assert refused.json()["fields"]["reason"]
    assert read(term_page)["value"] == ""
    assert put(term_page, "3", reason="Не сдал зачёт").status_code == 200
    assert read(term_page)["reason"] == "Не сдал зачёт"
    url = f"/journal/{term_page.page_id}/term-marks/{term_page.pupils[0]}/{column_of(term_page)}"
    assert "Причина: Не сдал зачёт" in term_page.teacher.get(url).text


def test_a_mark_changed_meanwhile_is_not_overwritten(term_page: TeachersPage, deputy: Visitor) -> None:
    give_marks(term_page, "5", "4", "4")
    assert put(term_page, "4", was="").status_code == 200
    assert put(term_page, "5", was="4", by=deputy).status_code == 200
    late = put(term_page, "3", was="4", reason="Так")
    assert late.status_code == 409
    assert late.json()["fields"]["text"] == "5"
    assert read(term_page)["value"] == "5"


@pytest.mark.parametrize(
    ("typed", "kept"), [("н/а", "н/а"), (" НА ", "н/а"), ("осв", "осв"), ("зачёт", "зач"), ("jcd", "осв")]
)
def test_words_are_understood(term_page: TeachersPage, typed: str, kept: str) -> None:
    assert put(term_page, typed).status_code == 200
    assert read(term_page)["value"] == kept
    assert put(term_page, "").status_code == 200
    assert read(term_page)["value"] == ""


@pytest.mark.parametrize("typed", ["6", "0", "пять", "4,5"])
def test_what_is_no_mark_is_refused_in_words(term_page: TeachersPage, typed: str) -> None:
    answer = put(term_page, typed)
    assert answer.status_code == 422
    assert answer.json()["title"] == f"«{typed}» – не отметка за период."


def test_proposed_marks_are_set_at_once_where_nothing_is_set(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    give_marks(term_page, "3", "3", "3", pupil=1)
    put(term_page, "5")
    preview = term_page.teacher.get(f"/journal/{term_page.page_id}/term-marks/accept/{column_of(term_page)}")
    assert str(term_page.pupils[1]) in preview.text
    assert str(term_page.pupils[0]) not in preview.text
    body = {"column": column_of(term_page)}
    done = term_page.teacher.post(term_page.url + "/term-marks/accept", json=body).json()["accepted"]
    assert {"pupil_id": str(term_page.pupils[1]), "value": "3"}.items() <= next(
        each.items() for each in done if each["pupil_id"] == str(term_page.pupils[1])
    )
    assert read(term_page)["value"] == "5"
    assert read(term_page, 1)["value"] == "3"
    # A pupil without marks gets what the rules say.
    assert read(term_page, 2)["value"] == "н/а"
    again = term_page.teacher.post(term_page.url + "/term-marks/accept", json=body)
    assert again.json() == {"accepted": []}
    with term_page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_the_year_is_proposed_when_all_terms_are_set(term_page: TeachersPage) -> None:
    year = read(term_page, column="year")
    assert year["proposed"] == ""
    assert "Ещё не выставлено" in year["why"]
    with term_page.under_test.portal.database.transaction() as db:
        terms = db.scalars(
            select(Term)
            .where(Term.academic_year_id == term_page.term.academic_year_id, Term.kind == term_page.term.kind)
            .order_by(Term.number)
        ).all()
        for term, value in zip(terms, ("4", "5", "5", "4"), strict=False):
            db.add(
                JournalTermMark(
                    id=new_id(),
                    organization_id=term_page.organization_id,
                    academic_year_id=term.academic_year_id,
                    page_id=term_page.page_id,
                    pupil_id=term_page.pupils[0],
                    kind="term",
                    term_id=term.id,
                    value=value,
                    score=int(value),
                )
            )
    year = read(term_page, column="year")
    assert year["proposed"] == "5"
    body = {"pupil": str(term_page.pupils[0]), "column": "year", "value": "5", "was": ""}
    assert term_page.teacher.put(term_page.url + "/term-marks", json=body).status_code == 200
    assert read(term_page, column="year")["value"] == "5"


def test_the_form_saves_all_marks_without_scripts(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    give_marks(term_page, "5", "5", "5", pupil=1)
    url = f"/journal/{term_page.page_id}/term-marks"
    shown = term_page.teacher.get(url).text
    places = [f"{pupil}:{column_of(term_page)}" for pupil in term_page.pupils[:3]]
    for place in places:
        assert f'name="mark:{place}"' in shown
    data = {
        f"mark:{places[0]}": "4",
        f"was:{places[0]}": "",
        f"mark:{places[1]}": "2",
        f"was:{places[1]}": "",
    }
    answer = term_page.teacher.post(url, data={**data, f"mark:{places[2]}": "", f"was:{places[2]}": ""})
    assert answer.status_code == 422
    assert "Не сохранено отметок: 1. Сохранено: 1" in answer.text
    assert f'name="reason:{places[1]}"' in answer.text
    assert read(term_page)["value"] == "4"
    data = {f"mark:{places[1]}": "2", f"was:{places[1]}": "", f"reason:{places[1]}": "Списал"}
    answer = term_page.teacher.post(url, data=data)
    assert answer.status_code == 303
    assert read(term_page, 1)["value"] == "2"


def test_a_cell_is_saved_in_the_background(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    place = f"{term_page.pupils[0]}:{column_of(term_page)}"
    part = {"hx-request": "true"}
    answer = term_page.teacher.post(
        f"/journal/{term_page.page_id}/term-marks",
        data={f"mark:{place}": "5", f"was:{place}": ""},
        headers=part,
    )
    assert answer.status_code == 200, answer.text
    assert answer.text.lstrip().startswith("<td ")
    assert 'value="5"' in answer.text
    assert "предл. 4" in answer.text
    assert "term-marks-proposed" in answer.headers["hx-trigger"]
    # Whatever else is sent with it, only the field that was left is saved.
    other = f"{term_page.pupils[1]}:{column_of(term_page)}"
    refused = term_page.teacher.post(
        f"/journal/{term_page.page_id}/term-marks",
        data={f"mark:{place}": "семь", f"was:{place}": "5", f"mark:{other}": "осв", f"was:{other}": ""},
        headers={**part, "hx-trigger-name": f"mark:{place}"},
    )
    assert f"tm-{term_page.pupils[0]}" in refused.text
    assert read(term_page, 1)["value"] == ""
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert "не отметка за период" in refused.text


def test_who_may_see_and_set(
    term_page: TeachersPage, other_teacher: Visitor, stranger: Visitor, deputy: Visitor
) -> None:
    url, api = f"/journal/{term_page.page_id}/term-marks", term_page.url + "/term-marks"
    for visitor in (other_teacher, stranger):
        assert visitor.get(url).status_code == 404
        assert visitor.get(api).status_code == 404
        assert put(term_page, "4", by=visitor).status_code == 404
    for role in ("pupil", "parent", "guardian"):
        if role in term_page.under_test.portal.grants.kinds:
            family = term_page.under_test.sign_in(role)
            assert family.get(url).status_code == 403
            assert put(term_page, "4", by=family).status_code == 403
    head = term_page.under_test.sign_in("head")
    assert head.get(api).json()["may_mark"] is False
    assert put(term_page, "4", by=head).status_code == 403
    assert 'class="tm-mark"' not in head.get(url).text
    assert put(term_page, "н/а", by=deputy).status_code == 200


def test_a_substitute_marks_a_lesson_but_not_the_term(
    term_page: TeachersPage, other_teacher: Visitor
) -> None:
    database = term_page.under_test.portal.database
    with database.transaction() as db:
        lesson = db.get_one(JournalLesson, term_page.lessons[0])
        before = lesson.teacher_id
        lesson.teacher_id = other_teacher.person_id
    try:
        assert term_page.put("5", by=other_teacher).status_code == 200
        refused = put(term_page, "5", by=other_teacher)
        assert refused.status_code == 403
        assert "другой учитель" in refused.json()["title"]
    finally:
        with database.transaction() as db:
            db.get_one(JournalLesson, term_page.lessons[0]).teacher_id = before


def test_a_newcomer_has_no_mark_of_a_term_before(term_page: TeachersPage) -> None:
    newcomer = term_page.under_test.new_person("Поздний", "Пётр")
    with term_page.under_test.portal.database.transaction() as db:
        school_class = db.get_one(SchoolClass, term_page.school_class_id)
        later = db.scalars(
            select(Term)
            .where(
                Term.academic_year_id == school_class.academic_year_id, Term.kind == school_class.term_kind
            )
            .order_by(Term.number.desc())
            .limit(1)
        ).one()
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=term_page.organization_id,
                academic_year_id=school_class.academic_year_id,
                school_class_id=term_page.school_class_id,
                person_id=newcomer,
                starts_on=later.starts_on,
            )
        )
    body = {"pupil": str(newcomer), "column": column_of(term_page), "value": "5"}
    answer = term_page.teacher.put(term_page.url + "/term-marks", json=body)
    assert answer.status_code == 409
    assert "не было в списке" in answer.json()["title"]
    unknown = {**body, "pupil": str(new_id())}
    assert term_page.teacher.put(term_page.url + "/term-marks", json=unknown).status_code == 404
    assert put(term_page, "5", column="9").status_code == 404


def test_class_one_has_no_marks(term_page: TeachersPage) -> None:
    database = term_page.under_test.portal.database
    with database.transaction() as db:
        school_class = db.get_one(SchoolClass, term_page.school_class_id)
        level, school_class.grade_level = school_class.grade_level, 1
    try:
        assert read(term_page)["proposed"] == ""
        assert put(term_page, "5").status_code == 422
        assert put(term_page, "осв").status_code == 200
    finally:
        with database.transaction() as db:
            db.get_one(SchoolClass, term_page.school_class_id).grade_level = level


def test_a_term_is_closed_and_opened_again(term_page: TeachersPage, deputy: Visitor) -> None:
    give_marks(term_page, "5", "4", "4")
    terms = deputy.get("/api/v1/journal/terms").json()
    line = next(each for each in terms if each["id"] == str(term_page.term.id))
    assert line["expected"] > line["set"]
    assert not line["is_closed"]
    url = f"/api/v1/journal/terms/{term_page.term.id}"
    closed = deputy.post(url + "/close")
    assert closed.status_code == 201, closed.text
    assert closed.json()["is_closed"]
    assert deputy.post(url + "/close").status_code == 409
    refused = put(term_page, "4")
    assert refused.status_code == 409
    assert "закрыт" in refused.json()["title"]
    assert term_page.put("4", lesson=3).status_code == 409
    shown = term_page.teacher.get(f"/journal/{term_page.page_id}/term-marks").text
    assert f'name="mark:{term_page.pupils[0]}:{column_of(term_page)}"' not in shown
    with term_page.under_test.portal.database.reading() as db:
        told = db.scalars(
            select(Notification).where(
                Notification.person_id == term_page.teacher_id, Notification.kind == TERM_MARKS_DUE
            )
        ).all()
    assert any(term_page.term.name in each.title for each in told)

    today = school_day()
    until = (today + timedelta(days=2)).isoformat()
    assert deputy.post(url + "/reopen", json={"reason": " ", "until": until}).status_code == 422
    past = (today - timedelta(days=2)).isoformat()
    assert deputy.post(url + "/reopen", json={"reason": "Болел", "until": past}).status_code == 422
    again = deputy.post(url + "/reopen", json={"reason": "Болел учитель", "until": until})
    assert again.status_code == 201, again.text
    assert again.json()["reopened_until"] == until
    assert deputy.post(url + "/reopen", json={"reason": "Болел", "until": until}).status_code == 409
    assert put(term_page, "4").status_code == 200
    history = term_page.under_test.sign_in("head").get("/audit").text
    assert "Учебный период снова открыт" in history
    # The days are over: it is closed by itself.
    with term_page.under_test.portal.database.transaction() as db:
        db.execute(
            update(Term).where(Term.id == term_page.term.id).values(closed_at=now() - timedelta(seconds=1))
        )
    assert put(term_page, "5").status_code == 409
    with term_page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_the_pages_of_closing(term_page: TeachersPage, deputy: Visitor, stranger: Visitor) -> None:
    url = f"/journal/terms/{term_page.term.id}"
    assert url in deputy.get("/journal/terms").text
    shown = deputy.get(url).text
    assert "Закрыть период" in shown
    assert f"/journal/classes/{term_page.school_class_id}/term-marks" in shown
    assert deputy.post(url + "/remind").status_code == 303
    assert deputy.post(url + "/close").status_code == 303
    shown = deputy.get(url + "?done=closed").text
    assert "Открыть снова" in shown
    wrong = deputy.post(url + "/reopen", data={"reason": "", "until": "завтра"})
    assert wrong.status_code == 422
    assert "Напишите, почему" in wrong.text
    today = school_day().isoformat()
    assert deputy.post(url + "/reopen", data={"reason": "Ошибка", "until": today}).status_code == 303
    for visitor in (term_page.teacher, stranger):
        assert visitor.get("/journal/terms").status_code == 403
        assert visitor.post(url + "/close").status_code == 403
    with term_page.under_test.portal.database.transaction() as db:
        db.execute(
            update(Term)
            .where(Term.id == term_page.term.id)
            .values(starts_on=school_day() + timedelta(days=1))
        )
    try:
        early = deputy.post(f"/api/v1{url}/close")
        assert early.status_code == 409
    finally:
        with term_page.under_test.portal.database.transaction() as db:
            db.execute(
                update(Term).where(Term.id == term_page.term.id).values(starts_on=term_page.term.starts_on)
            )


def test_an_archived_year_is_only_read(term_page: TeachersPage) -> None:
    database, year = term_page.under_test.portal.database, term_page.term.academic_year_id
    with database.transaction() as db:
        db.execute(update(AcademicYear).where(AcademicYear.id == year).values(archived=True))
    try:
        assert put(term_page, "4").status_code == 409
    finally:
        with database.transaction() as db:
            db.execute(update(AcademicYear).where(AcademicYear.id == year).values(archived=False))


def test_the_sheet_of_a_class(term_page: TeachersPage, deputy: Visitor, stranger: Visitor) -> None:
    give_marks(term_page, "5", "4", "4")
    put(term_page, "5")
    url = f"/journal/classes/{term_page.school_class_id}/term-marks"
    api = f"/api/v1/journal/school-classes/{term_page.school_class_id}/term-marks"
    sheet = deputy.get(f"{api}?column={column_of(term_page)}").json()
    at = [each["id"] for each in sheet["subjects"]].index(str(term_page.subject_id))
    line = next(each for each in sheet["lines"] if each["id"] == str(term_page.pupils[0]))
    assert line["cells"][at] == {
        "value": "5",
        "proposed": "",
        "expected": True,
        "failing": False,
        "page": str(term_page.page_id),
    }
    other = next(each for each in sheet["lines"] if each["id"] == str(term_page.pupils[1]))
    assert other["cells"][at]["value"] == ""
    shown = deputy.get(f"{url}?column={column_of(term_page)}").text
    assert "Не выставлено:" in shown
    assert 'class="missing"' in shown
    book = load_workbook(io.BytesIO(deputy.get(f"{url}/xlsx?column={column_of(term_page)}").content))
    rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0][:2] == ("№", "Ученик")
    assert line["name"] in [row[1] for row in rows]
    assert deputy.get(api + "?column=9").status_code == 404
    for visitor in (term_page.teacher, stranger):
        assert visitor.get(url).status_code == 404
        assert visitor.get(api).status_code == 404
    own = class_teacher_of(term_page)
    assert own.get(url).status_code == 200
    with term_page.under_test.portal.database.reading() as db:
        another = db.scalars(
            select(SchoolClass.id)
            .where(
                SchoolClass.organization_id == term_page.organization_id,
                SchoolClass.id != term_page.school_class_id,
            )
            .limit(1)
        ).one()
    assert own.get(f"/journal/classes/{another}/term-marks").status_code == 404


def class_teacher_of(page: TeachersPage) -> Visitor:
    with page.under_test.portal.database.reading() as db:
        person_id = db.scalars(
            select(StructuralRole.person_id).where(
                StructuralRole.kind == "class_teacher",
                StructuralRole.school_class_id == page.school_class_id,
            )
        ).first()
    assert person_id is not None
    return page.under_test.sign_in("class_teacher", person_id=person_id)


def test_lists_cost_a_constant_number_of_statements(term_page: TeachersPage, deputy: Visitor) -> None:
    addresses = (
        f"/journal/{term_page.page_id}/term-marks",
        f"/journal/classes/{term_page.school_class_id}/term-marks",
        "/journal/terms",
        f"/journal/terms/{term_page.term.id}",
    )
    for address in addresses:
        deputy.get(address)
        with term_page.under_test.counting_statements() as statements:
            assert deputy.get(address).status_code == 200
        ours = [
            each
            for each in statements
            if "journal_" in each or "core_enrollment" in each or "core_term" in each
        ]
        assert len(ours) <= 8, (address, ours)


def test_one_function_of_one_statement_gives_a_terms_column(term_page: TeachersPage) -> None:
    give_marks(term_page, "5", "4", "4")
    put(term_page, "5")
    with term_page.under_test.portal.database.reading(fresh=True) as db:
        account_id = db.scalars(select(Account.id).where(Account.person_id == term_page.teacher_id)).one()
        actor = actor_of(db, account_id)
        page = open_page(db, actor, term_page.page_id)
        term = next(each for each in page.terms if each.id == term_page.term.id)
        with term_page.under_test.counting_statements() as statements:
            column = term_column(db, actor, page, term)
    assert len(statements) == 1
    cell = column[term_page.pupils[0]]
    assert (cell.value, cell.proposal.value, cell.differs) == ("5", "4", True)


def test_missed_lessons_count_where_the_school_says_so(term_page: TeachersPage) -> None:
    head = term_page.under_test.sign_in("head")
    give_marks(term_page, "5", "5", "5")
    set_settings(term_page, {"most_absences": "1"})
    try:
        assert read(term_page)["proposed"] == "5"
        assert term_page.put("н", lesson=3).status_code == 200
        assert head.get(f"/journal/{term_page.page_id}/term-marks").status_code == 200
        mark = read(term_page)
        assert mark["proposed"] == "н/а"
        assert "это больше 1%" in mark["why"]
    finally:
        set_settings(term_page, {"most_absences": "0"})


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
def test_lessons_are_held_by_the_day_of_the_school_wherever_the_server_stands(
    term_page: TeachersPage, zone: str
) -> None:
    """At any hour it is another day than the server's in one of the two zones."""
    today = today_in(zone)
    database = term_page.under_test.portal.database
    assert term_page.put("н", lesson=3).status_code == 200
    set_settings(term_page, {"most_absences": "1"})
    with database.transaction() as db:
        lesson = db.get_one(JournalLesson, term_page.lessons[0])
        term, school = db.get_one(Term, term_page.term.id), db.get_one(Organization, lesson.organization_id)
        day, ends_on, before = lesson.day, term.ends_on, school.timezone
        term.ends_on, school.timezone = max(ends_on, today + timedelta(days=1)), zone

    def held(on: date) -> int:
        """Of how many lessons the pupil missed one."""
        with database.transaction() as db:
            db.get_one(JournalLesson, term_page.lessons[0]).day = on
        why = read(term_page)["why"]
        return int(re.findall(r"1 из (\d+)", why)[0])

    try:
        assert held(today) == held(today + timedelta(days=1)) + 1
    finally:
        set_settings(term_page, {"most_absences": "0"})
        with database.transaction() as db:
            db.get_one(JournalLesson, term_page.lessons[0]).day = day
            db.get_one(Term, term_page.term.id).ends_on = ends_on
            db.get_one(Organization, term_page.organization_id).timezone = before


def set_settings(page: TeachersPage, values: dict[str, Any]) -> None:
    head = page.under_test.sign_in("head")
    form = read_form(head.get("/plugins/journal").text, "/plugins/journal/settings")
    answer = head.post("/plugins/journal/settings", data={**form, **values}, csrf=False)
    assert answer.status_code == 303, answer.text


def test_an_event_tells_plugins_of_a_term_mark(term_page: TeachersPage) -> None:
    portal: Portal = term_page.under_test.portal
    heard: list[TermMarkSet] = []
    portal.events.subscribe(
        "journal", Subscription(event=TermMarkSet, handle=lambda _db, event: heard.append(event))
    )
    put(term_page, "н/а")
    assert [(each.pupil_id, each.kind, each.value) for each in heard] == [
        (UUID(str(term_page.pupils[0])), "term", "н/а")
    ]
