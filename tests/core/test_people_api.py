"""Accounts, roles and requests through `/api/v1`: lists like the pages', changes with the same rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account, Person
from core.identity.sessions import today_in
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import START, id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
BASIS = {"basis": "Приказ № 12"}


def program(town: PortalUnderTest, role: str, *scopes: str, school: str | None = None) -> Visitor:
    """A program with a token of whoever holds a role."""
    answer = town.sign_in(role, organization=school).post(
        "/api/v1/tokens", json={"name": "тест", "scopes": list(scopes), "days": 1}
    )
    assert answer.status_code == 201, answer.text
    visitor = town.visitor()
    visitor.token = answer.json()["text"]
    return visitor


def somebody(
    town: PortalUnderTest, kind: str = "librarian", ends_on: date | None = None
) -> tuple[UUID, UUID]:
    """A new person of the first school, with the key of their role."""
    school = id_of(town, "Школа 1")
    with town.portal.database.transaction() as db:
        person = Person(id=new_id(), last_name=f"Апиева{str(new_id())[-5:]}", first_name="Анна")
        db.add(person)
        db.flush()
        role = StructuralRole(
            id=new_id(),
            person_id=person.id,
            kind=kind,
            organization_id=school,
            starts_on=START,
            ends_on=ends_on,
        )
        db.add_all([role, Account(id=new_id(), person_id=person.id, preferences={})])
        return person.id, role.id


def items(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.parametrize(("name", "scope"), [("accounts", "accounts.read"), ("roles", "roles.read")])
def test_a_list_keeps_to_the_reach_and_pages_follow_without_gaps(
    town: PortalUnderTest, name: str, scope: str
) -> None:
    above = program(town, "municipal_coordinator", scope)
    whole = [each["id"] for each in items(above.get(f"/api/v1/{name}?limit=500"))]
    walked: list[str] = []
    after = ""
    while True:
        page = above.get(f"/api/v1/{name}?limit=3{after}").json()
        walked += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert walked == whole
    assert len(set(whole)) == len(whole) >= 9
    own = items(program(town, "head", scope, school="Школа 1").get(f"/api/v1/{name}"))
    assert {each["organization"] for each in own} == {"Школа 1"}


def test_accounts_are_searched_and_filtered_like_on_the_page(town: PortalUnderTest) -> None:
    reader = program(town, "head", "accounts.read", school="Школа 1")
    person, _role = somebody(town)
    name = items(reader.get("/api/v1/accounts?q=берёзкина"))[0]["name"]
    assert name == "Берёзкина Анна Сергеевна"
    assert str(person) in [
        each["id"] for each in items(reader.get("/api/v1/accounts?role=librarian&unseen=7"))
    ]
    assert [each["name"] for each in items(reader.get("/api/v1/accounts?q=бирёзкина"))] == [name]
    assert items(reader.get("/api/v1/accounts?q=щщщщщ")) == []
    assert items(reader.get("/api/v1/accounts?status=blocked")) == []
    assert reader.get("/api/v1/accounts?status=wrong").status_code == 422
    card = reader.get(f"/api/v1/accounts/{person}").json()
    assert [each["title"] for each in card["roles"]] == ["Библиотекарь"]
    assert not card["may_block"]


def test_a_door_is_closed_and_opened(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    writer = program(town, "head", "accounts.write", school="Школа 1")
    url = f"/api/v1/accounts/{person}"
    key = {"Idempotency-Key": str(uuid4())}
    closed = writer.post(f"{url}/block", json={"reason": "Уволена"}, headers=key)
    assert (closed.status_code, closed.json()["status"]) == (200, "blocked")
    again = writer.post(f"{url}/block", json={"reason": "Уволена"}, headers=key)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert writer.post(f"{url}/block", json={"reason": "Уволена"}).status_code == 409
    assert writer.post(f"{url}/unblock", json={"reason": "Вернулась"}).json()["status"] == "active"
    assert writer.post(f"{url}/block", json={"reason": "н"}).status_code == 422
    own = town.sign_in("head", organization="Школа 1").person_id
    assert writer.post(f"/api/v1/accounts/{own}/block", json={"reason": "Сам себя"}).status_code == 409


def test_a_role_is_given_suspended_resumed_prolonged_and_ended(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    writer = program(town, "municipal_coordinator", "roles.write")
    body = {
        "person_id": str(person),
        "kind": "psychologist",
        "organization_id": str(id_of(town, "Школа 1")),
        "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=10)).isoformat(),
        **BASIS,
    }
    given = writer.post("/api/v1/roles", json=body)
    assert given.status_code == 201, given.text
    assert (given.json()["role"]["state"], given.json()["request_id"]) == ("active", None)
    assert writer.post("/api/v1/roles", json=body).status_code == 409
    url = f"/api/v1/roles/{given.json()['role']['id']}"
    assert writer.post(f"{url}/suspend", json=BASIS).json()["state"] == "suspended"
    assert writer.post(f"{url}/suspend", json=BASIS).status_code == 409
    assert writer.post(f"{url}/resume", json=BASIS).json()["state"] == "active"
    day = (TODAY + timedelta(days=40)).isoformat()
    assert writer.post(f"{url}/prolong", json={**BASIS, "last_day": day}).json()["ends_on"] == day
    refused = writer.post(f"{url}/prolong", json={**BASIS, "last_day": day})
    assert refused.status_code == 422
    assert "last_day" in refused.json()["fields"]
    assert writer.post(f"{url}/terminate", json=BASIS).json()["state"] == "terminated"
    ended = items(writer.get("/api/v1/roles?state=terminated&kind=psychologist"))
    assert given.json()["role"]["id"] in [each["id"] for each in ended]
    assert items(writer.get("/api/v1/roles?state=active&kind=psychologist")) == []
    card = writer.get(url).json()
    assert [each["status"] for each in card["steps"]] == [
        "active",
        "suspended",
        "active",
        "prolonged",
        "terminated",
    ]
    assert all(each["author"] == "Окружная М." for each in card["steps"])


def test_a_role_that_a_school_gives_waits_in_a_request(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    body = {
        "person_id": str(person),
        "kind": "secretary",
        "organization_id": str(id_of(town, "Школа 1")),
        "starts_on": TODAY.isoformat(),
    }
    given = program(town, "head", "roles.write", school="Школа 1").post("/api/v1/roles", json=body).json()
    assert given["role"]["state"] == "requested"
    above = program(town, "municipal_coordinator", "requests.decide", "roles.write")
    waiting = items(above.get("/api/v1/requests?box=to_decide&status=open"))
    assert given["request_id"] in [each["id"] for each in waiting]
    url = f"/api/v1/requests/{given['request_id']}"
    assert above.get(url).json()["may_decide"]
    assert (
        above.post(f"{url}/decision", json={"decision": "approve"}).json()["request"]["status"] == "approved"
    )
    assert above.get(f"/api/v1/roles/{given['role']['id']}").json()["role"]["state"] == "active"


def test_a_request_is_sent_discussed_and_decided(town: PortalUnderTest) -> None:
    guardian = program(town, "guardian", "requests", school="Школа 1")
    kinds = {each["name"]: each for each in guardian.get("/api/v1/request-kinds").json()}
    fields = {each["name"]: each for each in kinds["core.person_correction"]["fields"]}
    assert fields["reason"]["required"]
    assert kinds["core.guardian_link"]["addressed"]
    values = {"last_name": "Семёнова", "first_name": "Вера", "birth_date": "1985-02-03", "reason": "Паспорт"}
    wrong = guardian.post(
        "/api/v1/requests", json={"kind": "core.person_correction", "values": {**values, "last_name": ""}}
    )
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["last_name"])
    sent = guardian.post("/api/v1/requests", json={"kind": "core.person_correction", "values": values})
    assert sent.status_code == 201, sent.text
    assert sent.json()["values"]["birth_date"] == "1985-02-03"
    url = f"/api/v1/requests/{sent.json()['request']['id']}"
    assert [each["id"] for each in items(guardian.get("/api/v1/requests?status=sent"))]
    head = program(town, "head", "requests.decide", school="Школа 1")

    def listed(query: str) -> bool:
        found = items(head.get(f"/api/v1/requests?box=to_decide{query}"))
        return sent.json()["request"]["id"] in [each["id"] for each in found]

    assert listed("")
    assert head.post(f"{url}/decision", json={"decision": "take"}).json()["request"]["status"] == "in_review"
    assert head.get(url).json()["handler_id"] == head.get("/api/v1/me").json()["person_id"]
    assert head.post(f"{url}/decision", json={"decision": "take_over"}).status_code == 409
    left = head.post(f"{url}/decision", json={"decision": "put_back"}).json()
    assert (left["request"]["status"], left["handler_id"]) == ("sent", None)
    head.post(f"{url}/decision", json={"decision": "take"})
    said = head.post(f"{url}/comments", json={"text": "Приложите копию."})
    assert said.status_code == 201
    assert said.json()["steps"][-1]["text"] == "Приложите копию."
    assert head.post(f"{url}/decision", json={"decision": "reject"}).status_code == 422
    done = head.post(f"{url}/decision", json={"decision": "reject", "text": "Нет копии."}).json()
    assert (done["request"]["status"], done["next"]) == ("rejected", [])
    assert (listed(""), listed("&status=rejected")) == (False, True)
    assert head.post(f"{url}/decision", json={"decision": "approve"}).status_code == 409
    assert guardian.post(f"{url}/withdraw").status_code == 409


def test_one_s_own_request_is_withdrawn_not_decided(town: PortalUnderTest) -> None:
    head = program(town, "head", "requests.decide", school="Школа 1")
    values = {"last_name": "Берёзкина", "first_name": "Анна", "reason": "Опечатка"}
    sent = head.post("/api/v1/requests", json={"kind": "core.person_correction", "values": values}).json()
    url = f"/api/v1/requests/{sent['request']['id']}"
    assert head.post(f"{url}/decision", json={"decision": "approve"}).status_code == 403
    assert head.post(f"{url}/withdraw").json()["request"]["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("roles.read", "GET", "accounts", None),
        ("accounts.read", "POST", "accounts/{person}/block", {"reason": "Основание"}),
        ("accounts.read", "GET", "roles", None),
        ("roles.read", "POST", "roles/{role}/suspend", BASIS),
        ("roles.read", "POST", "roles/{role}/prolong", {**BASIS, "last_day": "2099-01-01"}),
        ("accounts.read", "GET", "requests", None),
        ("requests", "POST", "requests/{role}/decision", {"decision": "approve"}),
    ],
)
def test_a_token_of_another_scope_is_refused(
    town: PortalUnderTest, scope: str, method: str, path: str, body: Any
) -> None:
    person, role = somebody(town)
    narrow = program(town, "head", scope, school="Школа 1")
    options = {"json": body} if body else {}
    answer = narrow.request(method, f"/api/v1/{path.format(person=person, role=role)}", **options)
    assert answer.status_code == 403


def test_a_neighbour_finds_nothing(town: PortalUnderTest) -> None:
    person, role = somebody(town, ends_on=TODAY + timedelta(days=10))
    scopes = ("accounts.write", "roles.write", "requests.decide")
    neighbour = program(town, "head", *scopes, school="Школа 2")
    assert neighbour.get(f"/api/v1/accounts/{person}").status_code == 404
    assert neighbour.post(f"/api/v1/accounts/{person}/block", json={"reason": "Чужая"}).status_code == 404
    assert neighbour.get(f"/api/v1/roles/{role}").status_code == 404
    for step in ("suspend", "resume", "terminate"):
        assert neighbour.post(f"/api/v1/roles/{role}/{step}", json=BASIS).status_code == 404
    prolonging = {**BASIS, "last_day": "2099-01-01"}
    assert neighbour.post(f"/api/v1/roles/{role}/prolong", json=prolonging).status_code == 404
    body = {
        "person_id": str(person),
        "kind": "secretary",
        "organization_id": str(id_of(town, "Школа 2")),
        "starts_on": TODAY.isoformat(),
    }
    assert neighbour.post("/api/v1/roles", json=body).status_code == 404
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(StructuralRole.status).where(StructuralRole.id == role)).one() == "active"
