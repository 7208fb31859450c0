"""Marks of a former school where people look: the grid, the pupil's sheet, papers, what the family reads."""

from __future__ import annotations

import msgspec

from core.testing.portal import Visitor
from plugins.journal.models import JournalPage
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import rows, term_mark
from tests.plugins.journal.test_external_marks import SCHOOL, clean, day, take
from tests.plugins.journal.test_papers import text
from tests.plugins.journal.test_term_marks import set_settings

__all__ = ["clean"]

NAMED = "Лицей <«Прогресс»>"


def grid(page: TeachersPage, by: Visitor | None = None) -> str:
    answer = (by or page.teacher).get(f"/journal/{page.page_id}?term={page.term.number}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_grid_shows_them_at_the_name_and_in_a_list(clean: TeachersPage) -> None:
    assert "jr-f" not in grid(clean), "nothing in the page where no pupil has any"
    address = f"/journal/{clean.page_id}?term={clean.term.number}"
    tag = clean.teacher.get(address).headers["etag"]
    on = day(clean).isoformat()
    mark = {"value": "5", "day": on, "weight": 3, "work": "Контрольная", "source": NAMED}
    assert take(clean, mark, {"value": "4", "term": clean.term.number}).json() == {"added": 2}
    assert clean.teacher.get(address, headers={"if-none-match": tag}).status_code == 200
    with clean.under_test.counting_statements() as statements:
        shown = grid(clean)
    assert len(statements) <= 6, statements
    pupil = clean.pupils[0]
    line = shown[shown.index(f"data-p={pupil.hex}") :].split("\n")[0]
    assert f"popovertarget=f{pupil.hex}" in line
    assert "Из прежней школы: 5, 4" in line
    listed = shown[shown.index(f"<div popover id=f{pupil.hex}>") :].split("</div>")[0]
    assert "Контрольная, вес 3" in listed
    assert clean.term.name in listed
    assert "Лицей &lt;«Прогресс»&gt;" in listed
    other = next(each for each in range(1, 9) if each != clean.term.number)
    assert "jr-f" not in clean.teacher.get(f"/journal/{clean.page_id}?term={other}").text


def test_the_pupils_sheet_and_its_papers_name_them(clean: TeachersPage, deputy: Visitor) -> None:
    assert clean.put("3").status_code == 200
    mark = {"value": "5", "day": day(clean).isoformat(), "work": "Диктант"}
    assert take(clean, mark).json() == {"added": 1}
    url = f"/journal/pupils/{clean.pupils[0]}"
    sheet = deputy.get(f"/api/v1{url}?term={clean.term.number}").json()
    mine = next(each for each in sheet["subjects"] if each["page_id"] == str(clean.page_id))
    assert [(each["value"], each["work"], each["source"]) for each in mine["former"]] == [
        ("5", "Диктант", SCHOOL)
    ]
    assert mine["average"] == "3,00", "the page's own average is its own"
    assert sum(bool(each["former"]) for each in sheet["subjects"]) == 1
    page = deputy.get(f"{url}?term={clean.term.number}").text
    assert "Из прежней школы" in page
    assert SCHOOL in page
    assert "из прежней школы: 5" in " ".join(text(deputy.get(f"{url}/pdf?term={clean.term.number}")).split())
    entries = rows(deputy.get(f"{url}/xlsx?term={clean.term.number}").content, 1)
    assert any(row[2] == 5 and f"из прежней школы: {SCHOOL}" in row for row in entries)
    printed = text(clean.teacher.get(f"/journal/{clean.page_id}/pdf?term={clean.term.number}"))
    assert SCHOOL in " ".join(printed.split())


def test_the_family_reads_them_on_their_day(clean: TeachersPage) -> None:
    pupil, on = clean.pupils[0], day(clean).isoformat()
    mark = {"value": "5", "day": on, "work": "Диктант"}
    assert take(clean, mark).json() == {"added": 1}
    guardian = guardian_of(clean, pupil)
    week = guardian.get(f"/api/v1/diary/pupils/{pupil}/week?week={on}").json()
    marks = [each for one in week["days"] for line in one["lessons"] for each in line["marks"]]
    assert [(each["value"], each["work"], each["source"]) for each in marks if each["source"]] == [
        ("5", f"из прежней школы: {SCHOOL}, Диктант", SCHOOL)
    ]
    assert f"5 – из прежней школы: {SCHOOL}, Диктант" in guardian.get(f"/diary/{pupil}?week={on}").text
    neighbour = guardian_of(clean, clean.pupils[1])
    assert neighbour.get(f"/api/v1/diary/pupils/{pupil}/week?week={on}").status_code == 404


def test_the_familys_average_counts_them_as_the_proposal_does(clean: TeachersPage) -> None:
    pupil, column = clean.pupils[0], str(clean.term.id)
    assert clean.put("3").status_code == 200
    assert take(clean, {"value": "5", "day": day(clean).isoformat()}).json() == {"added": 1}
    guardian = guardian_of(clean, pupil)

    def cell() -> dict[str, str]:
        found = guardian.get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
        at = [each["key"] for each in found["columns"]].index(column)
        return next(
            each["cells"][at] for each in found["subjects"] if each["subject_id"] == str(clean.subject_id)
        )

    assert cell() == {"value": "", "average": "4,00", "source": SCHOOL}
    assert "из прежней школы" in guardian.get(f"/diary/{pupil}/term-marks").text
    set_settings(clean, {"external_marks_count": False})
    try:
        assert cell() == {"value": "", "average": "3,00", "source": ""}
    finally:
        set_settings(clean, {"external_marks_count": "true"})
    assert take(clean, {"value": "5", "term": clean.term.number}).json() == {"added": 1}
    assert cell() == {"value": "5", "average": "4,00", "source": SCHOOL}
    with clean.under_test.portal.database.transaction() as db:
        journal = db.get_one(JournalPage, clean.page_id)
        db.add(term_mark(clean, journal, pupil, clean.term.id, "4"))
    assert (cell()["value"], cell()["source"]) == ("4", "")


def test_a_teacher_of_another_subject_is_not_told(clean: TeachersPage, other_teacher: Visitor) -> None:
    """Staff see of a pupil what they see in the journal."""
    assert take(clean, {"value": "5", "day": day(clean).isoformat()}).json() == {"added": 1}
    answer = other_teacher.get(f"/api/v1/journal/pupils/{clean.pupils[0]}?term={clean.term.number}")
    if answer.status_code == 200:
        assert SCHOOL not in msgspec.json.encode(answer.json()).decode()
    else:
        assert answer.status_code == 404
