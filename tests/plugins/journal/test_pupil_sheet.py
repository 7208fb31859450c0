"""One pupil in all subjects, for those who teach the pupil."""

from __future__ import annotations

from core.testing.portal import Visitor
from tests.plugins.journal.conftest import TeachersPage


def test_a_teacher_sees_own_subjects_and_the_head_all(page: TeachersPage) -> None:
    page.put("4", lesson=0)
    page.put("н 5", lesson=1)
    url = f"/api/v1/journal/pupils/{page.pupils[0]}?term={page.term.number}"
    own = page.teacher.get(url).json()
    mine = next(each for each in own["subjects"] if each["page_id"] == str(page.page_id))
    assert [entry["text"] for entry in mine["entries"]] == ["4", "н 5"]
    assert (mine["average"], mine["marks"], mine["absences"]) == ("4,50", 2, 1)
    head = page.under_test.sign_in("head")
    every = head.get(url).json()
    assert len(every["subjects"]) > len(own["subjects"])
    assert {each["page_id"] for each in own["subjects"]} <= {each["page_id"] for each in every["subjects"]}


def test_the_page_names_the_pupil_and_the_marks(page: TeachersPage) -> None:
    page.put("4/3", lesson=0)
    answer = page.teacher.get(f"/journal/pupils/{page.pupils[0]}?term={page.term.number}")
    assert answer.status_code == 200
    assert "4/3" in answer.text
    assert "3,50" in answer.text
    card = page.teacher.get(f"/journal/{page.page_id}/cells/{page.lessons[0]}/{page.pupils[0]}")
    assert f"/journal/pupils/{page.pupils[0]}" in card.text


def test_a_stranger_sees_nothing(page: TeachersPage, other_teacher: Visitor) -> None:
    url = f"/api/v1/journal/pupils/{page.pupils[0]}"
    guardian = page.under_test.sign_in("guardian")
    assert guardian.get(url).status_code == 403
    assert page.teacher.get(f"/api/v1/journal/pupils/{page.page_id}").status_code == 404
    seen = other_teacher.get(url)
    if seen.status_code == 200:
        assert str(page.page_id) not in {each["page_id"] for each in seen.json()["subjects"]}
    else:
        assert seen.status_code == 404
    assert page.teacher.get(url + "?term=9").status_code == 422


def test_the_number_of_statements_does_not_grow(page: TeachersPage) -> None:
    head = page.under_test.sign_in("head")
    url = f"/api/v1/journal/pupils/{page.pupils[0]}?term={page.term.number}"
    head.get(url)
    with page.under_test.counting_statements() as seen:
        head.get(url)
    assert len(seen) <= 9, seen
