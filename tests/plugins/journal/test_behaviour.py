"""Behaviour of a class: scales, who puts it, closing, history, the class's sheet and report, what the family reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from core.audit.record import check as check_audit
from core.database.base import now
from core.errors import Invalid
from core.organizations.models import Term
from core.testing.portal import Visitor
from plugins.journal.behaviour.models import JournalBehaviour
from plugins.journal.behaviour.scale import SCALES, parse_behaviour, proposed_for_year
from tests.plugins.journal.attendance_people import guardian_of, other_class_teacher, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.test_term_marks import class_teacher_of, set_settings


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("levels", "образцовое", "обр"),
        ("levels", "j,h", "обр"),
        ("levels", "у", "уд"),
        ("levels", "Неуд.", "неуд"),
        ("pass_fail", "+", "зач"),
        ("pass_fail", "незачёт", "нз"),
        ("five", "5", "5"),
        ("five", " ", ""),
    ],
)
def test_marks_are_typed_as_people_type_them(kind: Any, typed: str, stored: str) -> None:
    assert parse_behaviour(typed, kind) == stored


@pytest.mark.parametrize(
    ("kind", "typed"), [("levels", "5"), ("five", "6"), ("five", "обр"), ("pass_fail", "5")]
)
def test_and_no_others(kind: Any, typed: str) -> None:
    with pytest.raises(Invalid, match="не отметка за поведение"):
        parse_behaviour(typed, kind)


@given(st.sampled_from(["pass_fail", "levels", "five"]), st.data())
def test_a_year_lies_between_its_terms(kind: Any, data: Any) -> None:
    weights = {each.value: each.weight for each in SCALES[kind]}
    values = data.draw(st.lists(st.sampled_from(list(weights)), min_size=1, max_size=6))
    year = proposed_for_year(values, kind)
    own = [weights[value] for value in values]
    assert min(own) <= weights[year] <= max(own)
    assert proposed_for_year([*values, ""], kind) == ""
    if kind == "pass_fail":
        assert weights[year] == min(own)


@pytest.fixture
def behaved(page: TeachersPage) -> Iterator[TeachersPage]:
    """The school marks behaviour by levels; the class has no marks yet."""
    set_settings(page, {"behaviour": "levels"})
    without_marks(page)
    yield page
    without_marks(page)
    set_settings(page, {"behaviour": "levels"})


def without_marks(page: TeachersPage) -> None:
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalBehaviour).where(JournalBehaviour.school_class_id == page.school_class_id))
        db.get_one(Term, page.term.id).closed_at = None


def url_of(page: TeachersPage) -> str:
    return f"/api/v1/journal/school-classes/{page.school_class_id}/behaviour"


def page_of(page: TeachersPage) -> str:
    return f"/journal/classes/{page.school_class_id}/behaviour"


def put(page: TeachersPage, by: Visitor, value: str, pupil: int = 0, column: str = "", **more: Any) -> Any:
    body = {
        "pupil": str(page.pupils[pupil]),
        "column": column or str(page.term.number),
        "value": value,
        **more,
    }
    return by.put(url_of(page), json=body)


def cell(page: TeachersPage, by: Visitor, pupil: int = 0, column: str = "") -> dict[str, Any]:
    sheet = by.get(url_of(page)).json()
    at = [each["name"] for each in sheet["columns"]].index(column or str(page.term.number))
    return next(each for each in sheet["lines"] if each["id"] == str(page.pupils[pupil]))["cells"][at]


def test_the_class_teacher_puts_behaviour_with_history(behaved: TeachersPage) -> None:
    teacher = class_teacher_of(behaved)
    assert put(behaved, teacher, "образцовое").status_code == 200
    assert cell(behaved, teacher)["value"] == "обр"
    late = put(behaved, teacher, "уд", was="")
    assert late.status_code == 409
    assert "сейчас там «обр»" in late.text
    assert put(behaved, teacher, "неуд", was="обр").status_code == 200
    assert cell(behaved, teacher)["failing"] is True
    assert "было «обр», стало «неуд»" in teacher.get(page_of(behaved)).text
    refused = put(behaved, teacher, "хорошо")
    assert refused.status_code == 422
    assert "Можно: обр, уд, неуд" in refused.text
    assert put(behaved, teacher, "").status_code == 200
    assert cell(behaved, teacher)["value"] == ""
    with behaved.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_one_mark_goes_to_all_who_have_none(behaved: TeachersPage) -> None:
    teacher = class_teacher_of(behaved)
    put(behaved, teacher, "неуд")
    column = str(behaved.term.number)
    filled = teacher.post(page_of(behaved) + "/fill", data={"column": column, "value": "обр"})
    assert filled.status_code == 303
    assert [cell(behaved, teacher, pupil)["value"] for pupil in range(3)] == ["неуд", "обр", "обр"]


def test_the_table_works_as_a_form_and_cell_by_cell(behaved: TeachersPage) -> None:
    teacher, column = class_teacher_of(behaved), str(behaved.term.number)
    first, second = (f"mark:{behaved.pupils[at]}:{column}" for at in (0, 1))
    partly = teacher.post(page_of(behaved), data={first: "обр", second: "пять"})
    assert partly.status_code == 422
    assert "не отметка за поведение" in partly.text and 'value="пять"' in partly.text
    assert cell(behaved, teacher)["value"] == "обр"
    headers = {"hx-request": "true", "hx-trigger-name": second}
    part = teacher.post(page_of(behaved), data={second: "уд"}, headers=headers)
    assert part.status_code == 200
    assert "<td" in part.text and 'value="уд"' in part.text


def test_nothing_changes_in_a_closed_term(behaved: TeachersPage) -> None:
    teacher = class_teacher_of(behaved)
    with behaved.under_test.portal.database.transaction() as db:
        db.get_one(Term, behaved.term.id).closed_at = now()
    refused = put(behaved, teacher, "обр")
    assert refused.status_code == 409
    assert "Период закрыт" in refused.text
    assert put(behaved, teacher, "обр", column="year").status_code == 200


def test_behaviour_is_for_the_class_teacher_and_the_heads(behaved: TeachersPage, stranger: Visitor) -> None:
    deputy, head = with_role(behaved, "deputy_head"), with_role(behaved, "head")
    assert put(behaved, deputy, "обр").status_code == 200
    assert head.get(page_of(behaved)).status_code == 200
    assert put(behaved, head, "уд").status_code == 403
    assert behaved.teacher.get(url_of(behaved)).status_code == 404
    assert put(behaved, behaved.teacher, "уд").status_code == 403
    assert put(behaved, other_class_teacher(behaved), "уд").status_code == 404
    assert put(behaved, stranger, "уд").status_code in (403, 404)
    assert behaved.under_test.visitor().get(url_of(behaved)).status_code == 401
    assert put(behaved, deputy, "обр", column="77").status_code == 404


def test_a_school_that_does_not_mark_behaviour_shows_none(behaved: TeachersPage) -> None:
    teacher = class_teacher_of(behaved)
    set_settings(behaved, {"behaviour": "off"})
    assert teacher.get(url_of(behaved)).status_code == 404
    assert "Поведение" not in teacher.get(f"/journal/classes/{behaved.school_class_id}/term-marks").text
    set_settings(behaved, {"behaviour": "five"})
    assert put(behaved, teacher, "5").status_code == 200
    assert put(behaved, teacher, "обр").status_code == 422


def test_sheet_report_and_family_show_behaviour(behaved: TeachersPage) -> None:
    teacher, pupil = class_teacher_of(behaved), behaved.pupils[0]
    put(behaved, teacher, "неуд")
    put(behaved, teacher, "обр", pupil=1)
    column = str(behaved.term.number)
    sheet = teacher.get(
        f"/api/v1/journal/school-classes/{behaved.school_class_id}/term-marks?column={column}"
    )
    line = next(each for each in sheet.json()["lines"] if each["id"] == str(pupil))
    assert (sheet.json()["behaviour"], line["behaviour"]) == ("levels", "неуд")
    report = teacher.get(f"/api/v1/journal/reports/classes/{behaved.school_class_id}?column={column}").json()
    counted = {each["value"]: len(each["pupils"]) for each in report["behaviour"]}
    assert counted == {"обр": 1, "уд": 0, "неуд": 1}
    guardian = guardian_of(behaved, pupil)
    found = guardian.get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
    at = [each["key"] for each in found["columns"]].index(str(behaved.term.id))
    assert found["behaviour"][at] == {"value": "неуд", "title": "неудовлетворительное", "failing": True}
    shown = guardian.get(f"/diary/{pupil}/term-marks").text
    assert "Поведение" in shown and "неудовлетворительное" in shown
