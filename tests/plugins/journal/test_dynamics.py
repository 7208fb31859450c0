"""How marks change over the year."""

from __future__ import annotations

from core.database.base import new_id
from core.organizations.models import SchoolClass
from core.testing.portal import Visitor
from tests.plugins.journal.attendance_people import with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import API, rows
from tests.plugins.journal.test_term_marks import give_marks


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
