"""A pupil exempt from a subject for some time: the grid, proposals, control, lists, the family's diary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import now
from core.identity.sessions import today_in
from core.organizations.models import Term
from core.roles.actor import system_actor
from core.testing.portal import Visitor
from plugins.journal.exemptions.models import JournalExemption
from plugins.journal.exemptions.personal import erase_exemptions, exemptions_of
from plugins.journal.models import JournalLesson, JournalPage
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage

API = "/api/v1/journal/exemptions"
HERE = "/journal/exemptions"


@pytest.fixture
def clean(page: TeachersPage) -> Iterator[TeachersPage]:
    """The page without marks and exemptions."""

    def forget() -> None:
        with page.under_test.portal.database.transaction() as db:
            db.execute(delete(JournalExemption))
            db.execute(
                update(Term).where(Term.academic_year_id == page.term.academic_year_id).values(closed_at=None)
            )

    forget()
    yield page
    forget()


def wanted(page: TeachersPage, first: date, last: date, **more: Any) -> dict[str, Any]:
    return {
        "pupil": str(page.pupils[0]),
        "subjects": [str(page.subject_id)],
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "reason": "По медицинским показаниям",
        "basis": "Справка № 118",
        **more,
    }


def exempt(visitor: Visitor, page: TeachersPage, first: date, last: date, **more: Any) -> str:
    answer = visitor.post(API, json=wanted(page, first, last, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ids"][0])


def day(page: TeachersPage, lesson: int) -> date:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[lesson]).day


def grid(page: TeachersPage, pupil: int = 0) -> str:
    """The pupil's line of the grid."""
    text = page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    return text[text.index(f"data-p={page.pupils[pupil].hex}") :].split("\n")[0]


def proposed(page: TeachersPage, pupil: int = 0) -> dict[str, Any]:
    """What is proposed for the term of the page."""
    answer = page.teacher.get(f"{page.url}/term-marks").json()
    line = next(each for each in answer["pupils"] if each["id"] == str(page.pupils[pupil]))
    return next(each for each in line["marks"] if each["column"] == str(page.term.number))


def test_the_grid_shows_the_days_and_takes_marks_and_attendance_all_the_same(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    assert clean.put("5", lesson=1).status_code == 200
    assert "class=e" not in grid(clean)
    before = clean.teacher.get(f"/journal/{clean.page_id}?term={clean.term.number}").headers["etag"]
    exempt(class_teacher, clean, day(clean, 1), day(clean, 2))
    after = clean.teacher.get(f"/journal/{clean.page_id}?term={clean.term.number}")
    assert after.headers["etag"] != before
    line = grid(clean)
    assert '<td class="e">5' in line, "the mark that stood there stays"
    assert "<td class=e>" in line
    assert "class=e" not in grid(clean, pupil=1)
    assert clean.put("н", lesson=2).status_code == 200
    assert clean.put("4", lesson=2).status_code == 200
    card = clean.teacher.get(f"/journal/{clean.page_id}/cells/{clean.lessons[2]}/{clean.pupils[0]}").text
    assert "Освобождён" in card
    assert "По медицинским показаниям" in card
    assert "Справка № 118" not in card, "the paper is not the teacher's to read"


def test_the_page_of_a_journal_costs_no_further_statement(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    exempt(class_teacher, clean, clean.term.starts_on, clean.term.ends_on)
    with clean.under_test.counting_statements() as statements:
        assert clean.teacher.get(f"/journal/{clean.page_id}?term={clean.term.number}").status_code == 200
    assert len(statements) <= 6, statements


def test_the_whole_term_is_proposed_as_exempt_and_the_larger_part_without_marks(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    term = clean.term
    whole = exempt(class_teacher, clean, term.starts_on, term.ends_on)
    cell = proposed(clean)
    assert (cell["proposed"], cell["why"]) == ("осв", "Освобождён весь период.")
    sheet = class_teacher.get(
        f"/api/v1/journal/school-classes/{clean.school_class_id}/term-marks?column={term.number}"
    ).json()
    at = next(n for n, each in enumerate(sheet["subjects"]) if each["id"] == str(clean.subject_id))
    line = next(each for each in sheet["lines"] if each["id"] == str(clean.pupils[0]))
    assert line["cells"][at]["proposed"] == "осв"
    # The whole column, as the grid asks for it: «осв» without a single mark, and nobody of another class.
    column = clean.teacher.get(f"{clean.url}/terms/{term.number}/marks").json()
    assert [each["proposed"] for each in column if each["pupil"] == str(clean.pupils[0])] == ["осв"]
    # Ended early, the larger part is left; one mark is too few to go by.
    middle = term.starts_on + (term.ends_on - term.starts_on) * 2 // 3
    answer = class_teacher.post(f"{API}/{whole}/end", json={"last_day": middle.isoformat()})
    assert answer.status_code == 204, answer.text
    cell = proposed(clean)
    assert cell["proposed"] == "осв"
    assert "больше половины периода" in cell["why"]
    for lesson in range(4):
        assert clean.put("4", lesson=lesson).status_code == 200
    assert proposed(clean)["proposed"] == "4"


def test_a_few_days_change_nothing_in_the_proposal(clean: TeachersPage, class_teacher: Visitor) -> None:
    exempt(class_teacher, clean, day(clean, 0), day(clean, 1))
    assert proposed(clean)["proposed"] == "н/а"


def test_control_does_not_demand_marks_of_the_exempt(
    clean: TeachersPage, class_teacher: Visitor, deputy: Visitor
) -> None:
    def few() -> list[str]:
        answer = deputy.get(
            f"/api/v1/journal/reports/control/pages/{clean.page_id}"
            f"?first={clean.term.starts_on}&last={day(clean, -1)}"
        )
        assert answer.status_code == 200, answer.text
        return [each["pupil"] for each in answer.json() if each["kind"] == "few"]

    assert few()
    before = len(few())
    exempt(class_teacher, clean, clean.term.starts_on, clean.term.ends_on)
    assert len(few()) == before - 1


def test_who_is_taught_apart_is_not_expected_on_the_page_of_the_class(
    clean: TeachersPage, class_teacher: Visitor, deputy: Visitor
) -> None:
    def expected() -> int:
        terms = deputy.get("/api/v1/journal/terms").json()
        term = next(each for each in terms if each["id"] == str(clean.term.id))
        pages = [page for each in term["classes"] for page in each["pages"]]
        return next(each["expected"] for each in pages if each["page_id"] == str(clean.page_id))

    before = expected()
    exempt(class_teacher, clean, clean.term.starts_on, clean.term.ends_on, kind="apart")
    assert "<td class=s>" in grid(clean)
    cell = proposed(clean)
    assert cell["proposed"] == ""
    assert "на странице его группы" in cell["why"]
    assert expected() == before - 1
    sheet = class_teacher.get(
        f"/api/v1/journal/school-classes/{clean.school_class_id}/term-marks?column={clean.term.number}"
    ).json()
    at = next(n for n, each in enumerate(sheet["subjects"]) if each["id"] == str(clean.subject_id))
    line = next(each for each in sheet["lines"] if each["id"] == str(clean.pupils[0]))
    assert line["cells"][at]["expected"] is False


def test_exempting_is_refused_where_it_cannot_be(clean: TeachersPage, class_teacher: Visitor) -> None:
    first, last = day(clean, 1), day(clean, 2)
    for more, field in (
        ({"basis": " "}, "basis"),
        ({"subjects": []}, "subjects"),
        ({"subjects": [str(clean.page_id)]}, "subjects"),
        ({"kind": "whatever"}, "kind"),
        ({"last_day": (first - timedelta(days=1)).isoformat()}, "last_day"),
        ({"last_day": (last + timedelta(days=800)).isoformat()}, "last_day"),
        ({"reason": "о" * 201}, "reason"),
    ):
        answer = class_teacher.post(API, json=wanted(clean, first, last, **more))
        assert answer.status_code == 422, more
        assert field in answer.json()["fields"], more
    made = exempt(class_teacher, clean, first, last)
    again = class_teacher.post(API, json=wanted(clean, last, last))
    assert again.status_code == 409
    assert "уже освобождён" in again.text
    late = class_teacher.post(f"{API}/{made}/end", json={"last_day": last.isoformat()})
    assert late.status_code == 422
    with clean.under_test.portal.database.transaction() as db:
        db.execute(update(Term).where(Term.id == clean.term.id).values(closed_at=now()))
    assert class_teacher.post(f"{API}/{made}/withdraw").status_code == 409
    assert class_teacher.post(f"{API}/{made}/end", json={"last_day": first.isoformat()}).status_code == 409


def test_only_who_answers_for_the_class_exempts(
    clean: TeachersPage, other_teacher: Visitor, stranger: Visitor, deputy: Visitor
) -> None:
    first, last = day(clean, 1), day(clean, 2)
    body = wanted(clean, first, last)
    for visitor in (clean.teacher, other_teacher, stranger):
        assert visitor.post(API, json=body).status_code == 403
    made = exempt(deputy, clean, first, last)
    assert clean.teacher.post(f"{API}/{made}/withdraw").status_code == 403
    assert [each["id"] for each in deputy.get(API + "?past=true").json()] == [made]
    assert other_teacher.get(API + "?past=true").json() == []
    assert stranger.get(API + "?past=true").json() == []
    seen = clean.teacher.get(API + "?past=true").json()
    assert [(each["id"], each["basis"], each["may_change"]) for each in seen] == [(made, "", False)]


def test_an_exemption_is_withdrawn_and_stays_in_the_history(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    made = exempt(class_teacher, clean, day(clean, 1), day(clean, 2))
    assert class_teacher.post(f"{API}/{made}/withdraw").status_code == 204
    assert "class=e" not in grid(clean)
    assert class_teacher.post(f"{API}/{made}/withdraw").status_code == 409
    assert class_teacher.get(API).json() == []
    assert [each["withdrawn"] for each in class_teacher.get(API + "?past=true").json()] == [True]
    with clean.under_test.portal.database.reading(fresh=True) as db:
        actions = db.scalars(
            select(AuditRecord.action).where(AuditRecord.subject_id == made).order_by(AuditRecord.id)
        ).all()
    assert list(actions) == ["journal.exemption.give", "journal.exemption.withdraw"]


def test_the_page_of_exemptions_keeps_what_was_typed_and_prints(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil = clean.pupils[0]
    assert "Освобождённых нет" in class_teacher.get(HERE).text
    form = class_teacher.get(f"{HERE}?pupil={pupil}").text
    assert 'name="subjects"' in form
    today = today_in("Europe/Moscow")
    typed = {**wanted(clean, today, today), "pupil": str(pupil), "basis": "", "kind": "exempt"}
    refused = class_teacher.post(HERE, data=typed)
    assert refused.status_code == 422
    assert "Укажите основание" in refused.text
    assert "По медицинским показаниям" in refused.text
    assert f'value="{clean.subject_id}" checked' in refused.text
    done = class_teacher.post(HERE, data={**typed, "basis": "Справка № 119"})
    assert done.status_code == 303, done.text
    listed = class_teacher.get(HERE).text
    assert "Справка № 119" in listed
    assert clean.teacher.get(HERE).text.count("Справка № 119") == 0
    assert class_teacher.get(f"{HERE}?file=xlsx").content[:2] == b"PK"
    made = class_teacher.get(API).json()[0]["id"]
    wrong = class_teacher.post(f"{HERE}/{made}/end", data={"last_day": "1"})
    assert wrong.status_code == 422
    assert class_teacher.post(f"{HERE}/{made}/withdraw", data={"step": "withdraw"}).status_code == 303


def test_the_family_reads_it_in_the_diary(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil: UUID = clean.pupils[0]
    on = day(clean, 1)
    exempt(class_teacher, clean, on, on)
    week = guardian_of(clean, pupil).get(f"/api/v1/diary/pupils/{pupil}/week?week={on}").json()
    told = [
        (each["day"], line["exempt"])
        for each in week["days"]
        for line in each["lessons"]
        if line["subject_id"] == str(clean.subject_id)
    ]
    assert (on.isoformat(), "exempt") in told
    assert all(kind == "" for at, kind in told if at != on.isoformat())
    shown = guardian_of(clean, pupil).get(f"/diary/{pupil}?week={on}").text
    assert "освобождён до" in shown
    assert "По медицинским показаниям" in shown


def test_exemptions_go_with_the_pupils_data_and_are_erased(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    made = exempt(class_teacher, clean, day(clean, 1), day(clean, 2))
    with clean.under_test.portal.database.transaction() as db:
        told = exemptions_of(db, clean.pupils[0])["освобождения"]
        assert [(each["причина"], each["основание"]) for each in told] == [
            ("По медицинским показаниям", "Справка № 118")
        ]
        assert erase_exemptions(db, system_actor(), clean.pupils[0]) == 1
    with clean.under_test.portal.database.reading(fresh=True) as db:
        left = db.get_one(JournalExemption, UUID(made))
        assert (left.reason, left.basis) == ("", "")
        assert db.scalar(select(JournalPage.version).where(JournalPage.id == clean.page_id))
