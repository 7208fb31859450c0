"""The day's list and the corridor screen: what stands there, who may see it, what never stands there."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import select

from core.organizations.models import Organization
from core.organizations.switches import forget_switch, switch_plugin
from plugins.diary.changes.screen import A_MINUTE
from plugins.diary.models import DiaryLesson
from tests.plugins.diary.changes.test_candidates import enter
from tests.plugins.diary.changes.test_overrides import act
from tests.plugins.diary.changes.town import MONDAY, PEOPLE, TODAY, Town


def next_lesson(town: Town) -> UUID:
    """A lesson of the next day that has any."""
    with town.portal.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(DiaryLesson.id)
            .where(DiaryLesson.organization_id == town.own.organization.id, DiaryLesson.day > TODAY)
            .order_by(DiaryLesson.day, DiaryLesson.number, DiaryLesson.id)
            .limit(1)
        ).one()


def opened(town: Town) -> str:
    """The path of the school's screen, just given out."""
    answer = town.deputy.post("/timetable/screen", data={"step": "open"})
    assert answer.status_code == 200, answer.text
    found = re.search(r"/screen\?key=[\w-]+", answer.text)
    assert found, answer.text
    return found[0]


def test_the_list_of_a_day_has_neither_reasons_nor_pupils(town: Town) -> None:
    enter(town, "gromova", note="Грипп")
    act(
        town,
        town.lesson("7А", 1),
        kind="substitute",
        teacher_id=town.own.people["petrova"],
        note="С циркулем",
    )
    act(town, town.lesson("7Б", 2), kind="cancel")
    for who, role in (("anna", "pupil"), ("parent", "guardian"), ("petrova", "teacher"), ("head", "head")):
        visitor = town.visitor(who, role)
        page = visitor.get(f"/timetable/changes?day={MONDAY.isoformat()}")
        assert page.status_code == 200
        main = page.text.partition("<main")[2]
        for words in ("7А", "Алгебра", "Петрова И. О.", "С циркулем", "отменён"):
            assert words in main, words
        for words in ("Грипп", "Болезнь", "Решить", "без учителя", "/timetable/lessons/"):
            assert words not in main, words
        listed = visitor.get(f"/api/v1/diary/changes?day={MONDAY.isoformat()}").json()["lessons"]
        assert [(each["school_class"], each["number"], each["kind"]) for each in listed] == [
            ("7А", 1, "substituted"),
            ("7Б", 2, "cancelled"),
        ]
    deputy = town.deputy.get(f"/timetable/changes?day={MONDAY.isoformat()}").text
    assert "1 урок без учителя" in deputy, "the subgroup's lesson is still open"


def test_the_list_is_a_sheet_of_paper_too(town: Town) -> None:
    act(town, town.lesson("7А", 1), kind="cancel")
    answer = town.visitor("petrova").get(f"/timetable/changes/pdf?day={MONDAY.isoformat()}")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    empty = town.visitor("petrova").get("/timetable/changes/pdf")
    assert empty.status_code == 200


def test_the_screen_opens_without_signing_in_and_names_no_pupil(town: Town) -> None:
    lesson = next_lesson(town)
    act(town, lesson, kind="cancel")
    with town.portal.portal.database.reading(fresh=True) as db:
        day = db.get_one(DiaryLesson, lesson).day
    answer = town.portal.visitor().get(opened(town))
    assert answer.status_code == 200
    assert "отменён" in answer.text and day.isoformat() in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    for who in ("anna", "viktor", "boris", "parent"):
        assert PEOPLE[who][0] not in answer.text


def test_without_changes_the_screen_says_so(town: Town) -> None:
    assert "Изменений нет" in town.portal.visitor().get(opened(town)).text


def test_a_new_address_ends_the_old_one_and_closing_ends_all(town: Town) -> None:
    stranger = town.portal.visitor()
    first = opened(town)
    second = opened(town)
    assert first != second
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    settings = town.deputy.get("/timetable/screen").text
    assert second not in settings and "Адрес выдан" in settings
    assert town.deputy.post("/timetable/screen", data={"step": "close"}).status_code == 303
    assert stranger.get(second).status_code == 404
    assert stranger.get("/screen").status_code == 404
    assert "Этот адрес экрана больше не действует" in stranger.get(second).text


def test_only_who_changes_the_timetable_gives_the_address_out(town: Town) -> None:
    for who in ("petrova", "head"):
        visitor = town.visitor(who)
        assert visitor.get("/timetable/screen").status_code == 403
        assert visitor.post("/timetable/screen", data={"step": "open"}).status_code == 403


def test_where_the_diary_is_off_the_screen_is_dark(town: Town) -> None:
    address, school = opened(town), town.own.organization.id
    with town.portal.portal.database.transaction() as db:
        switch_plugin(db, "diary", enabled=False, organization=db.get_one(Organization, school))
    assert town.portal.visitor().get(address).status_code == 404
    with town.portal.portal.database.transaction() as db:
        forget_switch(db, "diary", school)
    assert town.portal.visitor().get(address).status_code == 200


def test_a_flood_is_slowed_down(town: Town) -> None:
    address, stranger = opened(town), town.portal.visitor()
    seen = [stranger.get(address).status_code for _each in range(A_MINUTE + 2)]
    assert seen[-1] == 429
