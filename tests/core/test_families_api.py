"""Families, transfers and academic years through `/api/v1`: the same rules and reach as on the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.audit.models import CardView
from core.organizations.models import AcademicYear, Enrollment, Promotion, Term
from core.requests.models import Request
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_people_api import items, program
from tests.core.test_transfers import BORN, LETTERS, OTHER, SCHOOL, TODAY, pupil, spans
from tests.core.town_fixtures import town

__all__ = ["town"]


def of_pupil(town: PortalUnderTest, number: int, **changes: Any) -> dict[str, Any]:
    """A request of the second school for a pupil of the first."""
    return {
        "organization_id": str(id_of(town, SCHOOL)),
        "last_name": f"Переездов{LETTERS[number]}",
        "first_name": "Лев",
        "birth_date": BORN.isoformat(),
        "school_class": "7А",
        "first_day": TODAY.isoformat(),
        "basis": "Приказ № 7",
        **changes,
    }


def taking(town: PortalUnderTest) -> Visitor:
    return program(town, "head", "transfers", "requests", school=OTHER)


def letting_go(town: PortalUnderTest, school: str = SCHOOL) -> Visitor:
    return program(town, "head", "transfers", "requests.decide", school=school)


def asked(town: PortalUnderTest, number: int) -> str:
    answer = taking(town).post("/api/v1/transfers", json=of_pupil(town, number))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request"]["id"])


def test_a_pupil_is_asked_for_and_let_go(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 0)
    key = asked(town, 0)
    old = letting_go(town)
    assert key in [each["id"] for each in items(old.get("/api/v1/transfers?box=to_decide&status=open"))]
    assert key in [each["id"] for each in items(taking(town).get("/api/v1/transfers"))]
    answer = old.post(f"/api/v1/transfers/{key}/approve", json={"text": "Документы отправлены"})
    assert answer.status_code == 200 and answer.json()["request"]["status"] == "approved"
    assert spans(town, child)[-1] == (OTHER, TODAY, None)
    assert old.post(f"/api/v1/transfers/{key}/approve", json={}).status_code == 409


def test_a_pupil_is_refused_with_a_reason(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 1)
    key, old = asked(town, 1), letting_go(town)
    assert old.post(f"/api/v1/transfers/{key}/refuse", json={}).status_code == 422
    assert old.post(f"/api/v1/transfers/{key}/refuse", json={"text": "Нет заявления"}).status_code == 200
    assert [place for place, _since, _until in spans(town, child)] == [SCHOOL]
    shown = taking(town).get(f"/api/v1/requests/{key}").json()
    assert shown["request"]["status"] == "rejected" and shown["steps"][-1]["text"] == "Нет заявления"


def test_nobody_else_decides_and_nobody_decides_what_they_asked(town: PortalUnderTest) -> None:
    pupil(town, 2)
    key = asked(town, 2)
    assert letting_go(town, OTHER).post(f"/api/v1/transfers/{key}/approve", json={}).status_code == 403
    teacher = program(town, "teacher", "requests", school=SCHOOL)
    assert teacher.post(f"/api/v1/transfers/{key}/approve", json={}).status_code == 403
    assert teacher.post("/api/v1/transfers", json=of_pupil(town, 2)).status_code == 403
    narrow = program(town, "head", "transfers", school=SCHOOL)
    assert narrow.post(f"/api/v1/transfers/{key}/approve", json={}).status_code == 403


def test_only_transfers_are_decided_here(town: PortalUnderTest) -> None:
    parent = program(town, "guardian", "requests", school=SCHOOL)
    key = parent.post("/api/v1/guardian-links", json=of_child(town, relation="parent")).json()["request"][
        "id"
    ]
    answer = letting_go(town).post(f"/api/v1/transfers/{key}/approve", json={})
    assert answer.status_code == 404 and "не о переводе" in answer.json()["title"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"school_class": "11Я"}, 422, "first_day"),
        ({"first_name": "Л3в"}, 422, "first_name"),
        ({"basis": ""}, 422, "basis"),
        ({"organization_id": "00000000-0000-7000-8000-000000000000"}, 404, "Такой школы нет"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_in_words(
    town: PortalUnderTest, changes: dict[str, Any], status: int, words: str
) -> None:
    answer = taking(town).post("/api/v1/transfers", json=of_pupil(town, 3, **changes))
    assert answer.status_code == status and words in answer.text, answer.text


def of_child(town: PortalUnderTest, **changes: Any) -> dict[str, Any]:
    return {
        "organization_id": str(id_of(town, SCHOOL)),
        "last_name": "Переездовк",
        "first_name": "Лев",
        "birth_date": BORN.isoformat(),
        "document": "Свидетельство III-ДН 710107",
        **changes,
    }


def test_a_parent_asks_to_be_tied_and_then_sees_the_child(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 4)
    own = town.sign_in_person(mother).get("/api/v1/children").json()
    assert [(each["id"], each["rights"]) for each in own] == [(str(child), "full")]
    assert own[0]["places"] == [
        {"organization_id": str(id_of(town, SCHOOL)), "organization": SCHOOL, "school_class": "7А"}
    ]
    other = program(town, "guardian", "requests", "families.read", school=SCHOOL)
    before = {each["id"] for each in other.get("/api/v1/children").json()}
    unsaid = other.post("/api/v1/guardian-links", json=of_child(town))
    assert (unsaid.status_code, unsaid.json()["fields"]) == (422, {"relation": "Заполните поле."})
    asked = of_child(town, last_name=f"Переездов{LETTERS[4]}", relation="parent")
    answer = other.post("/api/v1/guardian-links", json=asked)
    assert answer.status_code == 201, answer.text
    key = answer.json()["request"]["id"]
    head = program(town, "head", "requests.decide", school=SCHOOL)
    assert key in [each["id"] for each in items(head.get("/api/v1/guardian-links?box=to_decide"))]
    decision = {"decision": "approve"}
    assert head.post(f"/api/v1/requests/{key}/decision", json=decision).status_code == 200
    assert {each["id"] for each in other.get("/api/v1/children").json()} - before == {str(child)}


def test_a_family_is_read_where_contacts_are_and_that_is_recorded(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 5)
    with town.portal.database.transaction() as db:
        db.execute(delete(CardView))
    url = f"/api/v1/people/{child}/family"
    head = program(town, "head", "families.read", school=SCHOOL)
    assert [each["person_id"] for each in head.get(url).json()["guardians"]] == [str(mother)]
    shown = head.get(f"/api/v1/people/{mother}/family").json()
    assert [each["person_id"] for each in shown["children"]] == [str(child)]
    with town.portal.database.reading(fresh=True) as db:
        assert set(db.scalars(select(CardView.person_id))) == {child, mother}
    assert program(town, "head", "families.read", school=OTHER).get(url).status_code == 404
    assert town.sign_in("teacher", organization=SCHOOL).get(url).status_code == 403
    assert program(town, "head", "people.read", school=SCHOOL).get(url).status_code == 403
    assert town.visitor().get(url).status_code == 401


def years(town: PortalUnderTest, school: str = SCHOOL) -> Visitor:
    return program(town, "head", "years.write", "organization.read", school=school)


def test_a_year_is_made_its_terms_are_changed_and_a_passage_is_tried_out(town: PortalUnderTest) -> None:
    head, school = years(town), id_of(town, SCHOOL)
    with town.portal.database.reading(fresh=True) as db:
        last = db.scalars(
            select(AcademicYear)
            .where(AcademicYear.organization_id == school)
            .order_by(AcademicYear.starts_on.desc())
        ).first()
    assert last is not None
    first = last.ends_on + timedelta(days=60)
    end = first + timedelta(days=260)
    body = {"starts_on": first.isoformat(), "ends_on": end.isoformat()}
    assert head.get(f"/api/v1/academic-years/{last.id}/rehearsal").status_code == 409
    made = head.post("/api/v1/academic-years", json=body)
    assert made.status_code == 201, made.text
    year = made.json()
    assert (year["organization_id"], year["archived"]) == (str(school), False)
    assert head.post("/api/v1/academic-years", json=body).status_code == 409
    terms = items(head.get(f"/api/v1/terms?academic_year_id={year['id']}"))
    with town.portal.database.transaction() as db:
        if not terms:
            term = Term(organization_id=school, kind="quarter", number=1, name="1 четверть")
            term.academic_year_id, term.starts_on, term.ends_on = UUID(year["id"]), first, end
            db.add(term)
    terms = items(head.get(f"/api/v1/terms?academic_year_id={year['id']}"))
    moved = {"id": terms[0]["id"], "starts_on": body["starts_on"]}
    moved["ends_on"] = (first + timedelta(days=40)).isoformat()
    changed = head.put(f"/api/v1/academic-years/{year['id']}/terms", json={"terms": [moved]})
    assert changed.status_code == 200, changed.text
    assert moved["ends_on"] in [each["ends_on"] for each in changed.json()]
    tried = head.get(f"/api/v1/academic-years/{last.id}/rehearsal")
    assert tried.status_code == 200, tried.text
    assert (tried.json()["to_year_id"], tried.json()["done"]) == (year["id"], False)
    [line] = [each for each in tried.json()["classes"] if each["school_class"] == "7А"]
    assert line["target"] == "8А" and {each["outcome"] for each in line["pupils"]} == {"promoted"}
    assert tried.json()["totals"]["promoted"] >= 1
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Promotion)).all() == []
        assert (
            db.scalars(select(Enrollment).where(Enrollment.academic_year_id == UUID(year["id"]))).all() == []
        )
    assert head.post(f"/api/v1/academic-years/{year['id']}/archive").status_code == 409


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2060-09-01", "2062-05-26", "ends_on"),
        ("2060-09-01", "2060-08-31", "ends_on"),
        ("9999-12-31", "9999-12-31", "starts_on"),
        ("0001-01-01", "0001-05-01", "starts_on"),
    ],
)
def test_days_that_make_no_year_are_refused_by_field(
    town: PortalUnderTest, first: str, last: str, field: str
) -> None:
    answer = years(town).post("/api/v1/academic-years", json={"starts_on": first, "ends_on": last})
    assert answer.status_code == 422 and list(answer.json()["fields"]) == [field], answer.text


def test_terms_are_changed_all_or_none_and_only_of_the_year(town: PortalUnderTest) -> None:
    head = years(town)
    [year, *_rest] = items(head.get("/api/v1/academic-years"))
    stranger = {"id": year["id"], "starts_on": year["starts_on"], "ends_on": year["ends_on"]}
    url = f"/api/v1/academic-years/{year['id']}/terms"
    answer = head.put(url, json={"terms": [stranger]})
    assert answer.status_code == 422 and year["id"] in answer.json()["fields"]
    assert head.put(url, json={"terms": []}).status_code in (400, 422)


def test_years_of_a_neighbour_are_not_touched(town: PortalUnderTest) -> None:
    [year, *_rest] = items(years(town).get("/api/v1/academic-years"))
    other = years(town, OTHER)
    body = {"terms": [{"id": year["id"], "starts_on": year["starts_on"], "ends_on": year["ends_on"]}]}
    assert other.put(f"/api/v1/academic-years/{year['id']}/terms", json=body).status_code == 404
    assert other.get(f"/api/v1/academic-years/{year['id']}/rehearsal").status_code == 404
    assert other.post(f"/api/v1/academic-years/{year['id']}/archive").status_code == 404
    new = {"starts_on": "2050-09-01", "ends_on": "2051-05-26"}
    theirs = {**new, "organization_id": str(id_of(town, SCHOOL))}
    assert other.post("/api/v1/academic-years", json=theirs).status_code == 404
    teacher = town.sign_in("teacher", organization=SCHOOL)
    assert teacher.post("/api/v1/academic-years", json=new).status_code == 403
    narrow = program(town, "head", "organization.read", school=SCHOOL)
    assert narrow.post("/api/v1/academic-years", json=new).status_code == 403


def test_a_transfer_sent_twice_with_one_key_is_one(town: PortalUnderTest) -> None:
    pupil(town, 6)
    program_ = taking(town)
    key = {"Idempotency-Key": "transfer-6"}
    answers = [program_.post("/api/v1/transfers", json=of_pupil(town, 6), headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    with town.portal.database.reading(fresh=True) as db:
        names = [each.get("last_name") for each in db.scalars(select(Request.values))]
    assert names.count(f"Переездов{LETTERS[6]}") == 1
