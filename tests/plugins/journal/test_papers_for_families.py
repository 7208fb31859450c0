"""The report card in the hands of the family; behaviour and points of works as files."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.consents.standing import birthday
from core.identity.models import Guardianship, Person
from core.testing.portal import Visitor
from tests.plugins.journal import test_criteria
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import rows
from tests.plugins.journal.test_behaviour import behaved, page_of, put
from tests.plugins.journal.test_criteria import give, work
from tests.plugins.journal.test_homework import pupil_of
from tests.plugins.journal.test_papers import exports, name_of, text
from tests.plugins.journal.test_term_marks import class_teacher_of, set_settings
from tests.school_day import school_day

__all__ = ["behaved", "work"]


def card(page: TeachersPage, pupil: int = 0) -> str:
    return f"/journal/report-cards/{page.pupils[pupil]}"


def test_a_guardian_takes_the_own_childs_report_card_out(page: TeachersPage) -> None:
    assert page.put("4").status_code == 200
    guardian = guardian_of(page, page.pupils[0])
    before = len(exports(page))
    shown = text(guardian.get(f"{card(page)}?term={page.term.number}"))
    assert "Табель успеваемости" in shown
    assert page.term.name in shown
    assert f"4 ({_day(page)})" in " ".join(shown.split())
    taken = exports(page)[before:]
    assert [(each.subject_id, each.person_id) for each in taken] == [("journal.pupil", guardian.person_id)]
    assert "Табель" in text(guardian.get(f"/api/v1{card(page)}"))
    assert guardian.get(f"{card(page)}?term=77").status_code == 422
    assert f'href="{card(page)}"' in guardian.get(f"/diary/{page.pupils[0]}/term-marks").text


def _day(page: TeachersPage) -> str:
    cell = page.teacher.get(f"/api/v1/journal/pupils/{page.pupils[0]}?term={page.term.number}").json()
    mine = next(each for each in cell["subjects"] if each["page_id"] == str(page.page_id))
    year, month, day = mine["entries"][0]["day"].split("-")
    assert year
    return f"{day}.{month}"


def test_nobody_takes_a_neighbours_childs(page: TeachersPage, stranger: Visitor) -> None:
    neighbour = guardian_of(page, page.pupils[1])
    assert neighbour.get(card(page)).status_code == 404
    assert neighbour.get(f"/api/v1{card(page)}").status_code == 404
    assert pupil_of(page, 1).get(card(page)).status_code == 404
    assert page.teacher.get(card(page)).status_code == 403, "staff have the sheet of the pupil"
    assert stranger.get(card(page)).status_code == 403
    assert card(page) not in page.under_test.sign_in("head").get(f"/diary/{page.pupils[0]}/term-marks").text


def test_a_tie_that_has_ended_gives_nothing(page: TeachersPage) -> None:
    guardian = guardian_of(page, page.pupils[0])
    with page.under_test.portal.database.transaction() as db:
        tie = db.scalars(select(Guardianship).where(Guardianship.guardian_id == guardian.person_id)).one()
        tie.ends_on = school_day() - timedelta(days=1)
    assert guardian.get(card(page)).status_code == 404


def test_a_pupil_takes_the_own_one_from_14_on(page: TeachersPage) -> None:
    pupil, today = pupil_of(page), school_day()
    address_of_diary = f"/diary/{page.pupils[0]}/term-marks"

    def born(years: int, days: int) -> None:
        with page.under_test.portal.database.transaction() as db:
            found = db.get_one(Person, page.pupils[0])
            found.birth_date = birthday(today + timedelta(days=days), -years)

    born(14, -1)
    assert "Табель" in text(pupil.get(card(page)))
    assert card(page) in pupil.get(address_of_diary).text
    born(14, 2)
    refused = pupil.get(card(page))
    assert refused.status_code == 403
    assert "табель берёт родитель" in refused.text
    assert card(page) not in pupil.get(address_of_diary).text


def test_the_summary_sheet_has_behaviour(behaved: TeachersPage) -> None:
    teacher = class_teacher_of(behaved)
    column = str(behaved.term.number)
    assert put(behaved, teacher, "неуд", column=column).status_code == 200
    url = f"/journal/classes/{behaved.school_class_id}/term-marks"
    for asked in (column, "all"):
        shown = text(teacher.get(f"{url}/pdf?column={asked}"))
        assert "Поведение" in shown, asked
        assert "неуд" in shown, asked
    table = rows(teacher.get(f"{url}/xlsx?column=all").content)
    assert table[0][-1] == "Поведение" or "Поведение" in table[0]
    assert "неуд" in next(row for row in table if row[1] == name_of(behaved))
    set_settings(behaved, {"behaviour": "off"})
    assert "Поведение" not in text(teacher.get(f"{url}/pdf?column={column}"))
    assert "Поведение" not in text(teacher.get(f"{url}/pdf?column=all"))


def test_behaviour_is_a_spreadsheet(behaved: TeachersPage, stranger: Visitor) -> None:
    teacher = class_teacher_of(behaved)
    assert put(behaved, teacher, "обр", column=str(behaved.term.number)).status_code == 200
    url = f"{page_of(behaved)}/xlsx"
    table = rows(teacher.get(url).content)
    assert behaved.term.name in table[0]
    assert "обр" in next(row for row in table if row[1] == name_of(behaved))
    assert f'href="{url}"' in teacher.get(page_of(behaved)).text
    assert stranger.get(url).status_code == 404
    set_settings(behaved, {"behaviour": "off"})
    assert teacher.get(url).status_code == 404


def test_points_of_a_work_are_a_spreadsheet(work: TeachersPage, stranger: Visitor) -> None:
    assert give(work, 6, 3).status_code == 200
    assert work.put("5").status_code == 200
    address = test_criteria.page_of(work)
    url = f"{address}/xlsx"
    table = rows(work.teacher.get(url).content)
    assert table[0] == ("№", "Ученик", "Содержание, до 6", "Речь, до 4", "Сумма", "Отметка")
    line = next(row for row in table if row[1] == name_of(work))
    assert line[2:] == (6, 3, 9, 5)
    assert f'href="{url}"' in work.teacher.get(address).text
    assert stranger.get(url).status_code == 404
