"""Versions of a curriculum: approval, comparison, what a change does before it is applied, a change in mid-year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.capabilities import ask
from core.identity.models import Notification
from core.identity.sessions import visit_by_cookie
from core.organizations.switches import save_settings
from core.testing.portal import PortalUnderTest, Visitor
from core.web import cookies
from plugins.diary.curriculum.models import Curriculum
from tests.school_day import school_day

from .school import Pair
from .test_curriculum import API, Plan, clear

HOURS = {"Алгебра": "2", "Физика": "1", "Английский язык": "1"}
"""What the weekly pattern of the small school has in 7А; 7Б has one lesson of algebra."""


@pytest.fixture
def deputy(portal: PortalUnderTest) -> Visitor:
    """The deputy head of the first school."""
    return portal.sign_in("deputy_head", organization="СОШ № 1")


@pytest.fixture
def head(portal: PortalUnderTest) -> Visitor:
    """The head of the first school."""
    return portal.sign_in("head", organization="СОШ № 1")


@pytest.fixture
def plan(portal: PortalUnderTest, pair: Pair, deputy: Visitor) -> Iterator[Plan]:
    """A draft that agrees with the timetable of 7А."""
    made = Plan(deputy, pair)
    for subject, hours in HOURS.items():
        made.write(subject, "7А", hours)
    made.write("Алгебра", "7Б", "1")
    yield made
    clear(portal)


def state(plan: Plan) -> str:
    """The state of a plan."""
    return plan.read()["curriculum"]["state"]


def approve(plan: Plan, head: Visitor) -> None:
    """Submit and approve a plan."""
    assert plan.who.post(f"{plan.url}/submit").status_code == 204
    answer = head.post(f"{plan.url}/approve")
    assert answer.status_code == 204, answer.text


def version_of(plan: Plan) -> Plan:
    """A new version of a plan."""
    answer = plan.who.post(f"{plan.url}/version")
    assert answer.status_code == 201, answer.text
    made = Plan.__new__(Plan)
    made.who, made.pair = plan.who, plan.pair
    made.url, made.page = f"{API}/{answer.json()['id']}", f"/curriculum/{answer.json()['id']}"
    return made


def start_on(plan: Plan, day: date) -> None:
    """Let a draft hold from a day."""
    body = {"title": "Учебный план", "starts_on": day.isoformat()}
    answer = plan.who.put(plan.url, json=body)
    assert answer.status_code == 200, answer.text


def test_a_plan_is_submitted_returned_and_approved(
    portal: PortalUnderTest, plan: Plan, head: Visitor
) -> None:
    assert head.post(f"{plan.url}/approve").status_code == 409
    assert plan.who.post(f"{plan.url}/submit").status_code == 204
    assert state(plan) == "submitted"
    assert plan.write("Алгебра", "7А", "3").status_code == 409
    assert plan.who.post(f"{plan.url}/approve").status_code == 403
    assert head.post(f"{plan.url}/send-back", json={"remark": " "}).status_code == 422
    assert head.post(f"{plan.url}/send-back", json={"remark": "Мало физики"}).status_code == 204
    assert "Мало физики" in plan.who.get(plan.page).text
    assert plan.write("Физика", "7А", "1").status_code == 200
    approve(plan, head)
    assert state(plan) == "approved"
    assert plan.write("Алгебра", "7А", "3").status_code == 409
    assert plan.who.delete(plan.url).status_code == 409
    with portal.portal.database.reading() as db:
        told = db.scalars(select(Notification.title).where(Notification.kind == "diary.curriculum")).all()
    assert [str(each).partition(":")[0] for each in told] == [
        "Учебный план ждёт утверждения",
        "Учебный план вернули",
        "Учебный план ждёт утверждения",
        "Учебный план утверждён",
    ]


def test_a_plan_is_taken_back(plan: Plan) -> None:
    plan.who.post(f"{plan.url}/submit")
    assert plan.who.post(f"{plan.url}/take-back").status_code == 204
    assert state(plan) == "draft"
    assert plan.who.post(f"{plan.url}/take-back").status_code == 409


def test_an_empty_plan_and_one_against_a_binding_norm_are_not_submitted(
    portal: PortalUnderTest, pair: Pair, deputy: Visitor
) -> None:
    plan = Plan(deputy, pair)
    assert deputy.post(f"{plan.url}/submit").status_code == 409
    plan.write("Алгебра", "7 класс", "40")
    with portal.portal.database.transaction() as db:
        save_settings(db, "diary", pair.own.organization.id, {"binding_norms": "weekly_load"})
    refused = deputy.post(f"{plan.url}/submit")
    assert refused.status_code == 409
    assert "таблица 6.6" in refused.json()["detail"]
    with portal.portal.database.transaction() as db:
        save_settings(db, "diary", pair.own.organization.id, {})
    assert deputy.post(f"{plan.url}/submit").status_code == 204
    clear(portal)


def test_a_new_version_supersedes_from_its_first_day(plan: Plan, head: Visitor) -> None:
    approve(plan, head)
    later = version_of(plan)
    assert later.sums("7А")["week"] == plan.sums("7А")["week"]
    first = school_day() + timedelta(days=10)
    start_on(later, first)
    later.write("Физика", "7А", "2")
    approve(later, head)
    old, new = plan.read()["curriculum"], later.read()["curriculum"]
    assert (old["state"], old["ends_on"]) == ("superseded", (first - timedelta(days=1)).isoformat())
    assert (new["state"], new["number"], new["starts_on"]) == ("approved", 2, first.isoformat())


def test_a_version_does_not_begin_in_the_past(plan: Plan, head: Visitor) -> None:
    approve(plan, head)
    later = version_of(plan)
    start_on(later, school_day())
    later.who.post(f"{later.url}/submit")
    refused = head.post(f"{later.url}/approve")
    assert refused.status_code == 409
    assert "прошедшего дня" in refused.json()["title"]


def test_two_approved_plans_do_not_share_a_class(plan: Plan, pair: Pair, head: Visitor) -> None:
    approve(plan, head)
    wider = Plan(plan.who, pair, lowest_grade_level=5, highest_grade_level=9)
    wider.write("Алгебра", "7А", "2")
    plan.who.post(f"{wider.url}/submit")
    refused = head.post(f"{wider.url}/approve")
    assert refused.status_code == 409
    assert "уже в утверждённом плане" in refused.json()["title"]


def test_versions_are_compared_by_subject_and_class(plan: Plan, head: Visitor) -> None:
    assert plan.who.get(f"{plan.url}/compare").status_code == 409
    approve(plan, head)
    later = version_of(plan)
    later.write("Физика", "7А", "2,5")
    later.write("Английский язык", "7А", "")
    found = later.who.get(f"{later.url}/compare").json()
    assert [
        (each["subject"], each["place"], each["before"], each["after"], each["difference"])
        for each in found["hours"]
    ] == [
        ("Физика", "7А", "1", "2,5", "+1,5"),
        ("Английский язык", "7А", "1", "", "−1"),
    ]
    assert found["loads"] == [{"place": "7А", "before": "4", "after": "4,5"}]
    assert "+1,5" in later.who.get(f"{later.page}/compare").text


def consequences(plan: Plan) -> dict[str, Any]:
    """What a plan does."""
    answer = plan.who.get(f"{plan.url}/consequences")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_a_change_does_to_the_timetable_is_told_before(plan: Plan, head: Visitor) -> None:
    assert consequences(plan)["timetable"] == []
    approve(plan, head)
    later = version_of(plan)
    later.write("Алгебра", "7А", "3,5")
    later.write("Физика", "7А", "")
    found = {(each["place"], each["subject"]): each for each in consequences(later)["timetable"]}
    assert found["7А", "Алгебра"]["text"] == "не хватает уроков: 1"
    assert found["7А", "Физика"]["text"] == "в плане нет, в расписании 1 в неделю"
    assert all(each["by_this_plan"] for each in found.values())
    assert not consequences(later)["is_applied"]


def test_half_an_hour_is_a_lesson_every_other_week(plan: Plan) -> None:
    for hours, agrees in (("1,5", True), ("2,5", True), ("3,5", False), ("½", False)):
        plan.write("Алгебра", "7А", hours)
        told = [each["subject"] for each in consequences(plan)["timetable"] if each["place"] == "7А"]
        assert ("Алгебра" not in told) is agrees, hours


def test_groups_of_the_timetable_count_for_their_class(plan: Plan, pair: Pair) -> None:
    plan.who.post(f"{plan.url}/columns", json={"pupil_group_id": str(pair.own.groups["группа 1"].id)})
    plan.write("Английский язык", "7А, группа 1", "1")
    assert consequences(plan)["timetable"] == []
    plan.write("Английский язык", "7А, группа 1", "2")
    assert [each["place"] for each in consequences(plan)["timetable"]] == ["7А, группа 1"]


def test_what_a_change_does_to_the_journals_is_told_before(
    portal: PortalUnderTest, plan: Plan, pair: Pair, head: Visitor
) -> None:
    approve(plan, head)
    later = version_of(plan)
    later.write("Физика", "7А", "")
    later.write("Физика", "7Б", "1")
    found = {(each["place"], each["subject"]): each for each in consequences(later)["journals"]}
    assert found["7Б", "Физика"]["kind"] == "appears"
    assert found["7А", "Физика"]["kind"] == "ends"
    assert found["7А", "Физика"]["url"].startswith("/journal/")
    page = later.who.get(f"{later.page}/consequences").text
    assert "новых уроков не будет" in page


def test_the_hours_of_lesson_plans_are_held_against_the_curriculum(
    plan: Plan, pair: Pair, head: Visitor
) -> None:
    approve(plan, head)
    body = {"subject_id": str(pair.own.subjects["Алгебра"].id), "grade_level": 7}
    lesson_plan = plan.who.post("/api/v1/journal/plans", json=body).json()["id"]
    topics = {"topics": [{"title": "Дроби", "hours": 40}]}
    plan.who.post(f"/api/v1/journal/plans/{lesson_plan}/topics", json=topics)
    shown = plan.who.get(f"/journal/plans/{lesson_plan}").text
    assert "По учебному плану" in shown
    assert "не хватает 28 часов" in shown
    pages = plan.who.get("/api/v1/journal/pages").json()
    page = next(each["id"] for each in pages if each["subject"] == "Алгебра" and each["class_name"] == "7А")
    applied = plan.who.post(f"/api/v1/journal/plans/{lesson_plan}/apply", json={"pages": [page]})
    assert applied.status_code == 201, applied.text
    assert "не хватает 28 часов" in plan.who.get(f"/journal/{page}/plan").text
    differs = [each for each in consequences(plan)["journals"] if each["kind"] == "plan"]
    assert [(each["place"], each["text"]) for each in differs] == [
        ("7А", "в КТП 40 ч, по учебному плану за год 68 ч")
    ]
    plan.who.post(f"/journal/{page}/plan/leave")


def test_a_change_in_mid_year_keeps_what_was_taught(
    portal: PortalUnderTest, plan: Plan, pair: Pair, head: Visitor
) -> None:
    approve(plan, head)

    def yearly() -> dict[tuple[str, str], tuple[int, int]]:
        token = plan.who.cookies[cookies.named(portal.portal.config, cookies.SESSION)]
        with portal.portal.database.reading(fresh=True) as db:
            actor = visit_by_cookie(db, token).actor
            assert actor is not None
            known = ask(db, actor, "curriculum")
            assert known is not None
            names = {each.id: name for name, each in pair.own.subjects.items()}
            classes = {each.id: name for name, each in pair.own.classes.items()}
            return {
                (names[each.subject_id], classes[each.school_class_id]): (
                    each.half_hours_a_week,
                    each.half_hours_a_year,
                )
                for each in known.of_year(db, actor, pair.own.organization.id, pair.own.year.id)
                if each.school_class_id is not None and each.pupil_group_id is None
            }

    assert yearly()["Алгебра", "7А"] == (4, 4 * 34)
    later = version_of(plan)
    start_on(later, school_day() + timedelta(days=3))
    later.write("Алгебра", "7А", "4")
    later.write("Физика", "7А", "–")
    approve(later, head)
    week, year = yearly()["Алгебра", "7А"]
    assert week == 8
    assert 4 * 34 < year < 8 * 34
    week, year = yearly()["Физика", "7А"]
    assert week == 0
    assert 0 < year < 2 * 34


def test_a_version_in_its_forms(portal: PortalUnderTest, plan: Plan, head: Visitor) -> None:
    assert plan.who.post(f"{plan.page}/submit", data={}).status_code == 303
    shown = head.get(f"{plan.page}/consequences").text
    assert "Утвердить план" in shown
    assert head.post(f"{plan.page}/send-back", data={"remark": ""}).status_code == 422
    assert head.post(f"{plan.page}/approve", data={}).status_code == 303
    again = head.post(f"{plan.page}/approve", data={})
    assert again.status_code == 409
    assert "не на утверждении" in again.text
    made = plan.who.post(f"{plan.page}/version", data={})
    assert made.status_code == 303
    with portal.portal.database.reading() as db:
        assert set(db.scalars(select(Curriculum.state))) == {"approved", "draft"}
