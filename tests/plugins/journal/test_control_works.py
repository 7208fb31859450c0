"""Control works: the calendar of the school, and warnings where there are too many."""

from __future__ import annotations

import io
from datetime import date, timedelta
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.settings import JournalSettings
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage

CALENDAR = "/api/v1/journal/control-works"


@pytest.fixture
def calm(page: TeachersPage) -> TeachersPage:
    """The school without control works."""
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.organization_id == page.organization_id)
            .values(control_kind="")
        )
    return page


def day_of(page: TeachersPage, lesson: int = 0) -> date:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[lesson]).day


def another_subject(page: TeachersPage) -> UUID:
    """A lesson of another subject of the class on the day of the first lesson."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(JournalLesson.id)
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(
                JournalPage.school_class_id == page.school_class_id,
                JournalPage.subject_id != page.subject_id,
                JournalLesson.day == day_of(page),
                JournalLesson.status != "cancelled",
            )
            .limit(1)
        ).one()


def make_control(page: TeachersPage, lesson: UUID, kind: str = "control") -> None:
    with page.under_test.portal.database.transaction() as db:
        db.execute(update(JournalLesson).where(JournalLesson.id == lesson).values(control_kind=kind))


def warnings(page: TeachersPage, kind: str = "control", lesson: int = 0) -> list[str]:
    answer = page.teacher.get(f"{page.url}/lessons/{page.lessons[lesson]}/control-warnings?kind={kind}")
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["warnings"]
    return found


def in_the_middle_of_the_day(page: TeachersPage, number: int | None = None) -> None:
    """The class has a lesson before and a lesson after the first lesson of the page; or it is the one so numbered."""
    with page.under_test.portal.database.transaction() as db:
        numbers = db.scalars(
            select(JournalLesson.number)
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(
                JournalPage.school_class_id == page.school_class_id,
                JournalLesson.day == db.get_one(JournalLesson, page.lessons[0]).day,
                JournalLesson.id != page.lessons[0],
                JournalLesson.status != "cancelled",
            )
            .order_by(JournalLesson.number)
        ).all()
        wanted = sorted(numbers)[len(numbers) // 2] if number is None else number
        db.execute(update(JournalLesson).where(JournalLesson.id == page.lessons[0]).values(number=wanted))


def test_a_second_control_work_of_the_day_is_warned_of_and_saved(calm: TeachersPage) -> None:
    in_the_middle_of_the_day(calm)
    assert warnings(calm) == []
    make_control(calm, another_subject(calm))
    assert any("В этот день у класса уже есть" in each for each in warnings(calm))
    assert warnings(calm, "test") == []
    lesson = f"/journal/{calm.page_id}/lessons/{calm.lessons[0]}"
    assert "уже есть" in calm.teacher.get(f"{lesson}/control-warnings?control_kind=control").text
    assert calm.teacher.post(lesson, data={"control_kind": "control"}).status_code == 303
    assert "В этот день у класса уже есть" in calm.teacher.get(lesson).text
    month = calm.teacher.get(f"{CALENDAR}?month={day_of(calm):%Y-%m}").json()
    assert [each["crowded"] for each in month["works"]] == [True, True]
    mine = next(each for each in month["works"] if each["page"] == str(calm.page_id))
    assert (mine["url"], mine["kind"]) == (lesson, "Контрольная работа")
    assert (
        "больше, чем можно в день"
        in calm.teacher.get(f"/journal/control-works?month={day_of(calm):%Y-%m}").text
    )


def test_too_many_control_works_of_a_subject_in_a_year_are_warned_of(calm: TeachersPage) -> None:
    with calm.under_test.portal.database.transaction() as db:
        lessons = db.scalars(
            select(JournalLesson.id).where(
                JournalLesson.page_id == calm.page_id, JournalLesson.id != calm.lessons[0]
            )
        ).all()
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id.in_(lessons[: len(lessons) // 8]))
            .values(control_kind="control")
        )
    assert any("больше 10 процентов" in each for each in warnings(calm))
    month = calm.teacher.get(f"{CALENDAR}?month={day_of(calm):%Y-%m}").json()
    assert any(each["works"] * 10 > each["lessons"] for each in month["over_share"])
    assert "За год больше 10 процентов уроков" in calm.teacher.get("/journal/control-works").text


def test_a_control_work_soon_after_another_of_the_subject_is_warned_of(calm: TeachersPage) -> None:
    in_the_middle_of_the_day(calm)
    with calm.under_test.portal.database.transaction() as db:
        days = {
            row.id: row.day
            for row in db.execute(
                select(JournalLesson.id, JournalLesson.day).where(
                    JournalLesson.page_id == calm.page_id, JournalLesson.status != "cancelled"
                )
            )
        }
    first = days[calm.lessons[0]]
    near = next(each for each, day in days.items() if 0 < (day - first).days < 17)
    far = next(each for each, day in days.items() if (day - first).days >= 17)
    make_control(calm, far)
    assert warnings(calm) == []
    make_control(calm, near)
    assert [each for each in warnings(calm) if "хотя бы 17 дней" in each]
    assert f"{days[near]:%d.%m.%Y}" in warnings(calm)[0]


def test_a_control_work_at_the_edge_of_the_day_is_warned_of(calm: TeachersPage) -> None:
    in_the_middle_of_the_day(calm, number=0)
    assert warnings(calm) == ["Это первый урок класса в этот день: для контрольной лучше один из следующих."]
    in_the_middle_of_the_day(calm, number=12)
    assert warnings(calm) == ["Это последний урок класса в этот день: для контрольной лучше один из прежних."]
    # A subject with one lesson a week cannot choose.
    monday = day_of(calm) - timedelta(days=day_of(calm).weekday())
    with calm.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson)
            .where(
                JournalLesson.page_id == calm.page_id,
                JournalLesson.id != calm.lessons[0],
                JournalLesson.day.between(monday, monday + timedelta(days=6)),
            )
            .values(status="cancelled")
        )
    assert warnings(calm) == []


def test_the_calendar_is_a_table_too(calm: TeachersPage) -> None:
    make_control(calm, calm.lessons[0], "dictation")
    month = f"{day_of(calm):%Y-%m}"
    answer = calm.teacher.get(f"/journal/control-works/xlsx?month={month}")
    assert answer.status_code == 200
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))  # pyright: ignore[reportOptionalMemberAccess]
    assert len(rows) == 2
    assert "Диктант" in rows[1]
    empty = calm.teacher.get("/journal/control-works?month=2001-01").text
    assert "контрольных работ нет" in empty
    assert calm.teacher.get("/journal/control-works?month=завтра").status_code == 422


def test_the_calendar_shows_one_school_to_its_staff(calm: TeachersPage, stranger: Visitor) -> None:
    make_control(calm, calm.lessons[0])
    month = f"{day_of(calm):%Y-%m}"
    assert str(calm.lessons[0]) in calm.teacher.get(f"{CALENDAR}?month={month}").text
    assert str(calm.lessons[0]) not in stranger.get(f"{CALENDAR}?month={month}").text
    foreign = stranger.get(f"{calm.url}/lessons/{calm.lessons[0]}/control-warnings")
    assert foreign.status_code == 404
    assert guardian_of(calm, calm.pupils[0]).get(CALENDAR).status_code == 403


def test_limits_are_settings_of_the_school() -> None:
    assert JournalSettings(control_work_kinds="test control").control_work_codes == ["test", "control"]
    with pytest.raises(ValueError, match="от 1 до 5"):
        JournalSettings(control_works_a_day=0)
    with pytest.raises(ValueError, match="процентов"):
        JournalSettings(control_works_share=0)
    with pytest.raises(ValueError, match="от 0 до 60"):
        JournalSettings(control_works_apart=61)
