"""People added, signed out, compared, made one and two again through `/api/v1`."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.identity.models import Person, PersonMerge
from core.roles.models import StructuralRole
from core.tasks import Worker
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_merging_people import add
from tests.core.test_people_api import TODAY, items, program, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]


def newcomer(town: PortalUnderTest, last_name: str, school: str = "Школа 1", **more: Any) -> dict[str, Any]:
    return {
        "last_name": last_name,
        "first_name": "Дарья",
        "organization_id": str(id_of(town, school)),
        "kind": "librarian",
        "starts_on": TODAY.isoformat(),
        "basis": "Приказ № 12",
        **more,
    }


def adder(town: PortalUnderTest, role: str = "municipal_coordinator", school: str | None = None) -> Visitor:
    return program(town, role, "roles.write", "accounts.read", school=school)


def called(town: PortalUnderTest, last_name: str) -> int:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalar(select(func.count()).where(Person.last_name == last_name)) or 0


def merger(town: PortalUnderTest, school: str = "Школа 1") -> Visitor:
    return program(town, "head", "accounts.merge", school=school)


def test_a_person_is_added_with_a_first_role_once_however_often_it_is_sent(town: PortalUnderTest) -> None:
    writer = adder(town)
    key = {"Idempotency-Key": str(uuid4())}
    body = newcomer(town, "Заведённая", phone="8 918 123-45-67", snils="112-233-445 95")
    answers = [writer.post("/api/v1/accounts", json=body, headers=key) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    made = answers[0].json()
    assert made["request_id"] is None
    with town.portal.database.reading(fresh=True) as db:
        person = db.get_one(Person, UUID(made["person_id"]))
        assert (person.snils, person.phone) == ("11223344595", "+79181234567")
        assert db.get_one(StructuralRole, UUID(made["role_id"])).person_id == person.id
    assert called(town, "Заведённая") == 1


def test_a_namesake_is_added_only_when_said_to_be_another(town: PortalUnderTest) -> None:
    writer = adder(town)
    body = newcomer(town, "Тёзкина")
    assert writer.post("/api/v1/accounts", json=body).status_code == 201
    refused = writer.post("/api/v1/accounts", json=body)
    assert refused.status_code == 409 and "namesake" in refused.json()["detail"]
    assert called(town, "Тёзкина") == 1
    assert writer.post("/api/v1/accounts", json={**body, "namesake": True}).status_code == 201
    assert called(town, "Тёзкина") == 2


def test_nothing_is_left_of_a_person_whose_role_is_refused(town: PortalUnderTest) -> None:
    writer = adder(town)
    refused = writer.post("/api/v1/accounts", json=newcomer(town, "Отказова", kind="pupil"))
    assert refused.status_code == 403
    wrong = writer.post("/api/v1/accounts", json=newcomer(town, "Отказова", snils="123"))
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["snils"])
    neighbour = adder(town, "head", "Школа 2")
    assert neighbour.post("/api/v1/accounts", json=newcomer(town, "Отказова")).status_code == 404
    for scopes in (("roles.read", "accounts.read"), ("roles.write",)):
        narrow = program(town, "head", *scopes, school="Школа 1")
        assert narrow.post("/api/v1/accounts", json=newcomer(town, "Отказова")).status_code == 403
    assert called(town, "Отказова") == 0


def test_somebody_is_signed_out_everywhere_and_may_come_back(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    browsers = [town.sign_in_person(person) for _ in range(2)]
    url = f"/api/v1/accounts/{person}/sign-out"
    neighbour = program(town, "head", "accounts.write", school="Школа 2")
    assert neighbour.post(url).status_code == 404
    narrow = program(town, "head", "accounts.read", school="Школа 1")
    assert narrow.post(url).status_code == 403
    assert [each.get("/api/v1/me").status_code for each in browsers] == [200, 200]
    writer = program(town, "head", "accounts.write", school="Школа 1")
    assert writer.post(url).json() == {"ended": 2}
    assert [each.get("/api/v1/me").status_code for each in browsers] == [401, 401]
    assert writer.get(f"/api/v1/accounts/{person}").json()["sessions"] == []
    assert town.sign_in_person(person).get("/api/v1/me").status_code == 200


def test_two_cards_are_compared_without_giving_numbers_out(town: PortalUnderTest) -> None:
    one = add(town, "Сличаева Анна", phone="+79181112233", snils="08765430300")
    other = add(town, "Сличаева Анна Петровна", phone="+79184445566")
    shown = merger(town).get(f"/api/v1/accounts/{one}/merge/{other}")
    assert shown.status_code == 200, shown.text
    assert "9181112233" not in shown.text and "08765430300" not in shown.text
    fields = {each["name"]: each for each in shown.json()["fields"]}
    assert fields["birth_date"]["one"] == "••.••.1991"
    assert fields["phone"]["differs"] and fields["middle_name"]["suggested"] == "other"
    assert not fields["last_name"]["differs"]
    assert (shown.json()["objection"], shown.json()["different"]) == ("", False)


def test_two_cards_are_tried_made_one_and_parted(town: PortalUnderTest) -> None:
    one = add(town, "Едина Анна", phone="+79181112244")
    other = add(town, "Едина Анна Петровна", role="librarian")
    program_, url = merger(town), f"/api/v1/accounts/{one}/merge/{other}"
    body = {"keep": "one", "values": {"middle_name": "other"}}
    preview = program_.post(f"{url}/preview", json=body)
    assert preview.status_code == 200, preview.text
    assert (preview.json()["kept_id"], preview.json()["absorbed_id"]) == (str(one), str(other))
    assert preview.json()["moved"]["Роли"] == 1
    assert called(town, "Едина") == 2, "a preview changes nothing"
    done = program_.post(url, json=body)
    assert (done.status_code, done.json()["person_id"]) == (200, str(one)), done.text
    assert called(town, "Едина") == 1
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Person, one).middle_name == "Петровна"
    listed = program_.get(f"/api/v1/accounts/{one}/merges").json()
    assert [(each["id"], each["objection"]) for each in listed] == [(done.json()["merge_id"], "")]
    undo = f"/api/v1/merges/{done.json()['merge_id']}/undo"
    assert merger(town, "Школа 2").post(undo).status_code == 404
    assert program_.post(undo).json() == {"kept_id": str(one), "restored_id": str(other)}
    assert called(town, "Едина") == 2
    assert program_.post(undo).status_code == 409


def test_who_may_not_be_made_one_is_said_in_words(town: PortalUnderTest) -> None:
    one, elsewhere = add(town, "Врозь Анна"), add(town, "Врозь Анна", school="Школа 2")
    own = town.sign_in("head", organization="Школа 1").person_id
    program_ = merger(town)
    assert program_.get(f"/api/v1/accounts/{one}/merge/{elsewhere}").status_code == 404
    assert program_.post(f"/api/v1/accounts/{one}/merge/{elsewhere}", json={"keep": "one"}).status_code == 404
    mine = program_.post(f"/api/v1/accounts/{one}/merge/{own}/preview", json={"keep": "one"})
    assert mine.status_code == 409 and "вы сами" in mine.json()["title"]
    wrong = program_.post(f"/api/v1/accounts/{one}/merge/{own}", json={"keep": "both"})
    assert wrong.status_code in (400, 422)
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(PersonMerge.id).where(PersonMerge.kept_id == one)) is None


def test_pairs_are_found_in_the_background_and_told_apart(town: PortalUnderTest) -> None:
    one = add(town, "Двойняшева Анна Ильинична")
    other = add(town, "Двойняшева Анна Ильинична")
    program_ = merger(town)
    begun = program_.post("/api/v1/duplicates/search")
    assert begun.status_code == 202
    Worker(town.portal, threads=1).run_once()
    assert program_.get(f"/api/v1/tasks/{begun.json()['task_id']}").json()["status"] == "done"

    def pairs(query: str = "") -> list[set[str]]:
        found = items(program_.get(f"/api/v1/duplicates?q=двойняшева{query}"))
        return [{each["first_id"], each["second_id"]} for each in found]

    assert pairs() == [{str(one), str(other)}]
    assert items(merger(town, "Школа 2").get("/api/v1/duplicates?q=двойняшева")) == []
    url = f"/api/v1/accounts/{one}/merge/{other}/different"
    assert program_.post(url, json={}).json()["different"]
    assert (pairs("&status=likely"), len(pairs("&status=different"))) == ([], 1)
    assert not program_.post(url, json={"different": False}).json()["different"]
    assert (pairs("&status=likely"), pairs("&status=different")) == ([{str(one), str(other)}], [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "duplicates"),
        ("POST", "duplicates/search"),
        ("GET", "accounts/{person}/merges"),
        ("GET", "accounts/{person}/merge/{other}"),
        ("POST", "accounts/{person}/merge/{other}"),
        ("POST", "accounts/{person}/merge/{other}/preview"),
        ("POST", "accounts/{person}/merge/{other}/different"),
    ],
)
def test_merging_needs_its_own_scope(town: PortalUnderTest, method: str, path: str) -> None:
    person, _role = somebody(town)
    narrow = program(town, "head", "accounts.write", "roles.write", school="Школа 1")
    options: dict[str, Any] = {"json": {"keep": "one"}} if method == "POST" else {}
    assert (
        narrow.request(method, f"/api/v1/{path.format(person=person, other=person)}", **options).status_code
        == 403
    )
