"""Schools in figures for those above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete

from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.attendance_people import with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import API, MARKS, rows, set_term_marks


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
