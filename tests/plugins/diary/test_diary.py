"""The week of a pupil: what it shows, to whom, and at what price."""

from __future__ import annotations

import re
import threading
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account, Person
from core.identity.sessions import actor_of
from core.organizations.models import Enrollment, Organization
from core.organizations.switches import forget_switch, switch_plugin
from core.roles.actor import system_actor
from core.testing.portal import PortalUnderTest, Visitor
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import cancel, substitute
from plugins.diary.week import pupil_week

from .school import MONDAY, START, Pair, tie

WEEK = f"?week={MONDAY.isoformat()}"


def words(page: Any) -> str:
    """The text of a page as somebody reads it."""
    body = re.sub(r"<script.*?</script>|<svg.*?</svg>", "", page.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ").split())


def lesson_on(portal: PortalUnderTest, pair: Pair, day: date, number: int, class_name: str = "7А") -> UUID:
    with portal.portal.database.reading() as db:
        return db.scalars(
            select(DiaryLesson.id)
            .where(
                DiaryLesson.school_class_id == pair.own.classes[class_name].id,
                DiaryLesson.day == day,
                DiaryLesson.number == number,
            )
            .order_by(DiaryLesson.id)
        ).first() or UUID(int=0)


def mark(portal: PortalUnderTest, pair: Pair, day: date, number: int, pupil: UUID, value: str) -> None:
    """Set a mark through the journal's front door."""
    teacher = portal.sign_in("teacher", person_id=pair.own.people["teacher"])
    pages = teacher.get("/api/v1/journal/pages").json()
    page = next(each for each in pages if "7А" in str(each) and "Алгебра" in str(each))
    gradebook = teacher.get(f"/api/v1/journal/pages/{page['id']}?term=1").json()
    lesson = next(
        each for each in gradebook["lessons"] if each["day"] == day.isoformat() and each["number"] == number
    )
    answer = teacher.put(
        f"/api/v1/journal/pages/{page['id']}/cells",
        json={"lesson": lesson["id"], "pupil": str(pupil), "value": value},
    )
    assert answer.status_code == 200, answer.text


def test_a_pupil_sees_the_own_week_with_the_own_subgroup(portal: PortalUnderTest, pair: Pair) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    page = anna.get(f"/diary{WEEK}")
    text = words(page)
    assert page.status_code == 200
    assert "Алгебра 08:30–09:10 · каб. 12" in text
    assert "лаборатория" in text
    assert "каб. 14 · группа 1" in text
    assert "группа 2" not in text


def test_on_a_day_off_the_coming_week_is_that_of_the_new_school(portal: PortalUnderTest, pair: Pair) -> None:
    sunday = MONDAY + timedelta(days=6)
    with portal.portal.database.transaction() as db:
        pupil = Person(id=new_id(), last_name="Переездов", first_name="Лев", source="test")
        db.add(pupil)
        db.flush()
        spans = ((pair.own, START, sunday), (pair.other, sunday + timedelta(days=1), None))
        for school, first, last in spans:
            db.add(
                Enrollment(
                    id=new_id(),
                    person_id=pupil.id,
                    organization_id=school.organization.id,
                    academic_year_id=school.year.id,
                    school_class_id=school.classes["7А"].id,
                    starts_on=first,
                    ends_on=last,
                )
            )
        tie(db, pair.own.people["parent"], pupil.id)
        child = pupil.id
    parent = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    with portal.portal.database.reading(fresh=True) as db:
        account = db.scalars(select(Account.id).where(Account.person_id == parent.person_id)).one()
        actor = actor_of(db, account)
        on_sunday, _circle = pupil_week(db, actor, child, None, today=sunday)
        on_friday, _circle = pupil_week(db, actor, child, None, today=sunday - timedelta(days=2))
    assert (on_friday.pupil.organization_name, on_friday.monday) == ("СОШ № 1", MONDAY)
    assert (on_sunday.pupil.organization_name, on_sunday.monday) == ("СОШ № 2", sunday + timedelta(days=1))
    assert any(day.lines for day in on_sunday.days)


def test_a_guardian_turns_from_child_to_child_even_of_different_schools(
    portal: PortalUnderTest, pair: Pair
) -> None:
    parent = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    page = parent.get(f"/diary{WEEK}")
    own, other = pair.own.people["anna"], pair.other.people["anna"]
    for child in (own, other):
        assert f"/diary/{child}{WEEK}" in unescape(page.text)
        assert "Алгебра" in parent.get(f"/diary/{child}{WEEK}").text
    assert "СОШ № 2" in words(parent.get(f"/diary/{other}"))


def test_a_blocked_tie_shows_nothing(portal: PortalUnderTest, pair: Pair) -> None:
    parent = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    boris = pair.own.people["boris"]
    assert parent.get(f"/diary/{boris}").status_code == 404
    assert parent.get(f"/api/v1/diary/pupils/{boris}/week").status_code == 404
    assert str(boris) not in parent.get("/diary").text


@pytest.mark.parametrize(
    ("role", "who"),
    [("guardian", "neighbour"), ("pupil", "boris"), ("teacher", "teacher")],
)
def test_the_neighbours_child_is_not_there(portal: PortalUnderTest, pair: Pair, role: str, who: str) -> None:
    visitor = portal.sign_in(role, person_id=pair.own.people[who])
    status = visitor.get(f"/diary/{pair.own.people['anna']}").status_code
    assert status == (403 if role == "teacher" else 404)


def test_a_stranger_is_asked_to_sign_in(portal: PortalUnderTest, pair: Pair) -> None:
    stranger = portal.visitor()
    assert stranger.get(f"/diary/{pair.own.people['anna']}").status_code in (302, 303, 401)
    assert stranger.get(f"/api/v1/diary/pupils/{pair.own.people['anna']}/week").status_code == 401


def test_a_class_teacher_sees_the_own_class_only(portal: PortalUnderTest, pair: Pair) -> None:
    teacher = portal.sign_in("class_teacher", person_id=pair.own.people["class_teacher"])
    page = teacher.get(f"/diary{WEEK}")
    assert "Белова Анна" in page.text and "Волков Виктор" in page.text
    assert "Соседов" not in page.text
    chosen = teacher.get(f"/diary{WEEK}&pupil={pair.own.people['viktor']}")
    assert chosen.status_code == 303
    assert "группа 2" in teacher.get(chosen.headers["location"]).text
    assert teacher.get(f"/diary/{pair.own.people['boris']}").status_code == 404
    assert teacher.get(f"/diary/{pair.other.people['anna']}").status_code == 404


def test_a_deputy_head_chooses_a_class_and_sees_no_other_school(portal: PortalUnderTest, pair: Pair) -> None:
    deputy = portal.sign_in("deputy_head", person_id=pair.own.people["deputy_head"])
    page = deputy.get(f"/diary?school_class={pair.own.classes['7Б'].id}")
    assert "Соседов Борис Ильич" in page.text and "Белова" not in page.text
    assert deputy.get(f"/diary/{pair.own.people['boris']}").status_code == 200
    assert deputy.get(f"/diary/{pair.other.people['boris']}").status_code == 404
    elsewhere = deputy.get(f"/diary?school_class={pair.other.classes['7Б'].id}")
    assert str(pair.other.people["boris"]) not in elsewhere.text


def test_a_mark_of_the_journal_stands_in_the_diary_and_is_told_live(
    portal: PortalUnderTest, pair: Pair
) -> None:
    anna = pair.own.people["anna"]

    heard = threading.Event()
    with portal.portal.live.on(f"diary.pupil:{anna}", heard.set):
        mark(portal, pair, MONDAY, 1, anna, "4/5")
        assert heard.wait(5)
    visitor = portal.sign_in("pupil", person_id=anna)
    week = visitor.get(f"/api/v1/diary/pupils/{anna}/week{WEEK}").json()
    assert [each["value"] for each in week["days"][0]["lessons"][0]["marks"]] == ["4", "5"]
    part = visitor.get(f"/diary/{anna}{WEEK}", headers={"hx-request": "true"})
    assert "<b" in part.text and "<html" not in part.text
    assert "4 / 5" in words(part)


def test_only_those_who_see_the_diary_may_listen_to_it(portal: PortalUnderTest, pair: Pair) -> None:
    topic = f"/live?topic=diary.pupil:{pair.own.people['anna']}"
    assert portal.sign_in("guardian", person_id=pair.own.people["neighbour"]).get(topic).status_code == 403
    assert portal.sign_in("teacher", person_id=pair.own.people["teacher"]).get(topic).status_code == 403


def test_an_absence_is_said_in_a_word(portal: PortalUnderTest, pair: Pair) -> None:
    viktor = pair.own.people["viktor"]
    mark(portal, pair, MONDAY, 1, viktor, "н")
    teacher = portal.sign_in("class_teacher", person_id=pair.own.people["class_teacher"])
    week = teacher.get(f"/api/v1/diary/pupils/{viktor}/week{WEEK}").json()
    line = week["days"][0]["lessons"][0]
    assert line["absence"] == "н" and line["absence_title"]
    assert line["absence_title"] in teacher.get(f"/diary/{viktor}{WEEK}").text


def test_overrides_are_struck_through_and_replaced(portal: PortalUnderTest, pair: Pair) -> None:
    tuesday = MONDAY + timedelta(days=8)
    with portal.portal.database.transaction() as db:
        lesson = lesson_on(portal, pair, MONDAY + timedelta(days=7), 1)
        substitute(
            db,
            system_actor(),
            lesson,
            teacher_id=pair.own.people["colleague"],
            subject_id=pair.own.subjects["Физика"].id,
        )
        cancel(db, system_actor(), lesson_on(portal, pair, tuesday, 1, "7Б"), note="Карантин")
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    page = anna.get(f"/diary?week={(MONDAY + timedelta(days=7)).isoformat()}")
    assert "<s>Алгебра</s> Физика" in page.text
    assert "<s>Громова О. П.</s>" in page.text and "Соколов И. Л." in page.text and "замена" in page.text
    boris = portal.sign_in("pupil", person_id=pair.own.people["boris"])
    page = boris.get(f"/diary?week={tuesday.isoformat()}")
    assert "<s>Алгебра</s>" in page.text and "отменён" in page.text and "Карантин" in page.text


def test_holidays_say_until_when(portal: PortalUnderTest, pair: Pair) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    assert "Каникулы до 9 января" in words(anna.get(f"/diary?week={START.year + 1}-01-04"))
    assert "Каникулы до 4 ноября" in words(anna.get(f"/diary?week={START.year}-10-28"))
    assert "Каникулы" in words(anna.get(f"/diary?week={START.year + 1}-07-10"))


def test_a_free_school_day_is_not_called_holidays(portal: PortalUnderTest, pair: Pair) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    text = words(anna.get(f"/diary{WEEK}"))
    assert "Уроков нет" in text and "Выходной" in text and "Каникулы" not in text


@pytest.mark.parametrize(
    "asked", ["вчера", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-23T10:00", "%00"]
)
def test_a_date_that_is_none_is_refused_in_words(portal: PortalUnderTest, pair: Pair, asked: str) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    for url in ("/diary?week=", "/diary?day=", "/timetable?week="):
        answer = anna.get(url + asked)
        assert answer.status_code == 422
        assert "Такой даты нет" in answer.text


def test_the_week_costs_six_statements_whoever_looks(portal: PortalUnderTest, pair: Pair) -> None:
    anna = pair.own.people["anna"]
    staff = (
        portal.sign_in("class_teacher", person_id=pair.own.people["class_teacher"]),
        portal.sign_in("deputy_head", person_id=pair.own.people["deputy_head"]),
    )
    for visitor in (
        portal.sign_in("pupil", person_id=anna),
        portal.sign_in("guardian", person_id=pair.own.people["parent"]),
        *staff,
    ):
        visitor.get(f"/diary/{anna}{WEEK}")
        with portal.counting_statements() as statements:
            assert visitor.get(f"/diary/{anna}{WEEK}").status_code == 200
        # The seventh counts what waits in the menu of whoever answers families.
        assert len(statements) <= (7 if visitor in staff else 6), statements


def test_an_unchanged_week_is_not_sent_again(portal: PortalUnderTest, pair: Pair) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    url = f"/diary/{pair.own.people['anna']}{WEEK}"
    tag = anna.get(url).headers["etag"]
    assert anna.get(url, headers={"if-none-match": tag}).status_code == 304
    mark(portal, pair, MONDAY + timedelta(days=2), 1, pair.own.people["anna"], "3")
    changed = anna.get(url, headers={"if-none-match": tag})
    assert changed.status_code == 200 and "<b>3</b>" in re.sub(r' title="[^"]*"', "", changed.text)


def test_a_school_without_the_diary_shows_none(portal: PortalUnderTest, pair: Pair) -> None:
    parent: Visitor = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    with portal.portal.database.transaction() as db:
        other = db.get(Organization, pair.other.organization.id)
        assert other is not None
        switch_plugin(db, "diary", enabled=False, organization=other)
    try:
        page = parent.get(f"/diary/{pair.other.people['anna']}{WEEK}")
        assert page.status_code == 200
        assert "не подключила дневник" in page.text and "Алгебра" not in page.text
        assert "Алгебра" in parent.get(f"/diary/{pair.own.people['anna']}{WEEK}").text
    finally:
        with portal.portal.database.transaction() as db:
            forget_switch(db, "diary", pair.other.organization.id)


def test_the_home_page_tells_a_family_what_is_next(portal: PortalUnderTest, pair: Pair) -> None:
    home = portal.sign_in("guardian", person_id=pair.own.people["parent"]).get("/")
    assert "Сегодня и завтра" in home.text and "Новые отметки" in home.text
    assert (
        "Сегодня и завтра"
        not in portal.sign_in("deputy_head", person_id=pair.own.people["deputy_head"]).get("/").text
    )


def test_the_search_finds_pupils_of_the_own_scope(portal: PortalUnderTest, pair: Pair) -> None:
    deputy = portal.sign_in("deputy_head", person_id=pair.own.people["deputy_head"])
    found = deputy.get("/search?q=соседов").text
    assert f"/diary/{pair.own.people['boris']}" in found
    assert f"/diary/{pair.other.people['boris']}" not in found
    class_teacher = portal.sign_in("class_teacher", person_id=pair.own.people["class_teacher"])
    assert f"/diary/{pair.own.people['boris']}" not in class_teacher.get("/search?q=соседов").text
