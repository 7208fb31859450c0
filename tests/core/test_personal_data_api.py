"""What is kept of people, through `/api/v1`: history, who looked, consents, erasing, and a pupil's file."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.consents.models import Consent, ConsentText
from core.identity.models import Person
from core.organizations.models import Enrollment
from core.pupil_files.models import FormerSchool
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_consents import KIND, kept, publish
from tests.core.test_consents import clean as clean
from tests.core.test_people_api import TODAY, program, somebody
from tests.core.test_pupil_files import told
from tests.core.test_transfers import pupil
from tests.core.town_fixtures import town

__all__ = ["town"]

SCHOOL, OTHER = "Школа 1", "Школа 2"


def head(town: PortalUnderTest, *scopes: str, school: str = SCHOOL) -> Visitor:
    return program(town, "head", *scopes, school=school)


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_history_of_a_person_is_told_in_words_and_in_pages(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    writer = head(town, "accounts.write", "people.write")
    writer.post(f"/api/v1/accounts/{person}/block", json={"reason": "Уволена"})
    writer.post(f"/api/v1/accounts/{person}/unblock", json={"reason": "Вернулась"})
    correction = {"phone": "+79181234567", "reason": "Заявление"}
    assert writer.patch(f"/api/v1/people/{person}", json=correction).status_code == 200
    reader = head(town, "audit.read")
    url = f"/api/v1/audit?subject_type=person&subject_id={person}"
    whole = ok(reader.get(url))
    assert [each["action"] for each in whole["items"]] == [
        "core.person.update",
        "core.account.unblock",
        "core.account.block",
    ]
    assert [each["reason"] for each in whole["items"]] == ["Заявление", "Вернулась", "Уволена"]
    corrected = whole["items"][0]
    assert corrected["differences"][0]["field"] == "телефон" and "9181234567" not in str(corrected)
    assert corrected["author"].startswith("Берёзкина") and corrected["title"] and corrected["origin"]
    walked: list[int] = []
    page = ok(reader.get(f"{url}&limit=1"))
    while True:
        walked += [each["sequence"] for each in page["items"]]
        if page["next"] is None:
            break
        page = ok(reader.get(f"{url}&limit=1&before={page['next']}"))
    assert walked == [each["sequence"] for each in whole["items"]]
    [blocked] = ok(reader.get(f"{url}&action=core.account.block"))["items"]
    assert blocked["reason"] == "Уволена"
    assert ok(reader.get(f"{url}&author=нету"))["items"] == []
    assert ok(reader.get(f"{url}&first={TODAY + timedelta(days=2)}"))["items"] == []
    assert len(ok(reader.get(f"{url}&first=0001-01-01&last=9999-12-31"))["items"]) == 3


def test_the_history_of_others_is_not_told(town: PortalUnderTest) -> None:
    own, theirs = id_of(town, SCHOOL), id_of(town, OTHER)
    reader = head(town, "audit.read")
    assert reader.get(f"/api/v1/audit?organization_id={theirs}").status_code == 404
    assert reader.get("/api/v1/audit?of_portal=true").status_code == 404
    assert ok(program(town, "federal_operator", "audit.read").get("/api/v1/audit?of_portal=true")) is not None
    above = program(town, "municipal_coordinator", "audit.read")
    assert ok(above.get(f"/api/v1/audit?organization_id={own}&limit=1"))["items"]
    assert head(town, "people.read").get("/api/v1/audit").status_code == 403
    assert town.sign_in("teacher", organization=SCHOOL).get("/api/v1/audit").status_code == 403
    assert reader.get("/api/v1/audit?limit=0").status_code == 422


def test_who_looked_at_somebody_is_told_in_pages(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    with town.portal.database.transaction() as db:
        db.get_one(Person, person).phone = "+79181234567"
    viewer = town.sign_in("head", organization=SCHOOL)
    assert viewer.get(f"/accounts/{person}?show=phone").status_code == 200
    reader, url = head(town, "audit.read"), f"/api/v1/people/{person}/views"
    whole = ok(reader.get(url))["items"]
    assert {each["what"] for each in whole} == {"учётная запись", "телефон"}
    assert {each["name"] for each in whole} == {"Берёзкина Анна Сергеевна"}
    first = ok(reader.get(f"{url}?limit=1"))
    second = ok(reader.get(f"{url}?limit=1&before={first['next']}"))
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [each["id"] for each in whole]
    assert second["next"] is None
    assert head(town, "audit.read", school=OTHER).get(url).status_code == 404
    assert head(town, "people.read").get(url).status_code == 403


def standing(answer: Any, person: UUID) -> dict[str, Any]:
    [found] = [each for each in ok(answer) if each["person_id"] == str(person) and each["kind"] == KIND]
    return found


def test_a_parent_gives_and_withdraws_a_consent_to_the_text_that_was_read(town: PortalUnderTest) -> None:
    child = id_of(town, "Семёнов")
    publish(town.sign_in("head", organization=SCHOOL))
    parent = program(town, "guardian", "consents.own", school=SCHOOL)
    asked = standing(parent.get("/api/v1/me/consents"), child)
    assert (asked["state"], asked["may_decide"], asked["given_on"]) == ("none", True, None)
    assert "Семёнов Алексей Петрович" in asked["text"][0] and "[" not in asked["text"][0]
    body = {name: asked[name] for name in ("person_id", "organization_id", "kind", "text_id")}
    stale = parent.post("/api/v1/me/consents", json={**body, "text_id": str(child)})
    assert stale.status_code == 409 and kept(town) == []
    assert standing(parent.post("/api/v1/me/consents", json=body), child)["state"] == "given"
    assert parent.post("/api/v1/me/consents", json=body).status_code == 409
    [made] = kept(town)
    assert (made.way, made.person_id) == ("portal", child)
    body.pop("text_id")
    gone = parent.post("/api/v1/me/consents/withdraw", json=body)
    assert standing(gone, child)["state"] == "withdrawn"
    assert parent.post("/api/v1/me/consents/withdraw", json=body).status_code == 409


def test_nobody_else_gives_a_consent(town: PortalUnderTest) -> None:
    child = id_of(town, "Семёнов")
    publish(town.sign_in("regional_coordinator"))
    with town.portal.database.reading(fresh=True) as db:
        text = db.scalars(select(ConsentText.id)).one()
    body = {
        "person_id": str(child),
        "organization_id": str(id_of(town, SCHOOL)),
        "kind": KIND,
        "text_id": str(text),
    }
    pupil_ = program(town, "pupil", "consents.own", school=SCHOOL)
    assert pupil_.post("/api/v1/me/consents", json=body).status_code == 403, "until fourteen a parent decides"
    for school in (SCHOOL, OTHER):
        assert (
            head(town, "consents.own", school=school).post("/api/v1/me/consents", json=body).status_code
            == 404
        )
    narrow = program(town, "guardian", "families.read", school=SCHOOL)
    assert narrow.post("/api/v1/me/consents", json=body).status_code == 403
    assert kept(town) == []


def test_a_school_writes_down_what_comes_on_paper(town: PortalUnderTest) -> None:
    child = id_of(town, "Семёнов")
    publish(town.sign_in("head", organization=SCHOOL))
    school, url = head(town, "consents.write"), f"/api/v1/people/{child}/consents"
    assert standing(school.get(url), child)["state"] == "none"
    paper = {"kind": KIND, "given_on": TODAY.isoformat(), "signed_by": "Семёнова В.", "document": "Папка 7А"}
    assert standing(school.post(url, json=paper), child)["state"] == "given"
    school.post(url, json=paper)
    [made] = kept(town)
    assert (made.way, made.document) == ("paper", "Папка 7А"), "one that stands is not written down again"
    early = {"kind": KIND, "withdrawn_on": "2020-01-01", "reason": "Заявление № 4"}
    refused = school.post(f"{url}/withdraw", json=early)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["withdrawn_on"])
    withdrawn = {**early, "withdrawn_on": TODAY.isoformat()}
    assert standing(school.post(f"{url}/withdraw", json=withdrawn), child)["state"] == "withdrawn"
    unknown = school.post(url, json={**paper, "kind": "core.nothing"})
    assert (unknown.status_code, list(unknown.json()["fields"])) == (422, ["kind"])
    assert head(town, "consents.write", school=OTHER).post(url, json=paper).status_code == 404
    assert head(town, "consents.read").post(url, json=paper).status_code == 403


def test_erasing_is_previewed_and_done_only_with_the_word(town: PortalUnderTest) -> None:
    person, _role = somebody(town)
    eraser, url = head(town, "personal_data.erase"), f"/api/v1/people/{person}/erasure"
    preview = ok(eraser.get(url))
    assert preview["name"].startswith("Апиева") and preview["gone"] and preview["kept"]
    assert preview["objection"] == ""
    body = {"basis": "Заявление от 12.11.2026", "word": "стереть"}
    refused = eraser.post(url, json=body)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["word"])
    for other, status in (
        (head(town, "personal_data.erase", school=OTHER), 404),
        (head(town, "people.write"), 403),
        (town.sign_in("teacher", organization=SCHOOL), 403),
        (town.visitor(), 401),
    ):
        assert other.post(url, json={**body, "word": "СТЕРЕТЬ"}).status_code == status
        assert other.get(url).status_code == status
    assert last_name(town, person).startswith("Апиева")
    done = ok(eraser.post(url, json={**body, "word": "СТЕРЕТЬ"}))
    assert done["kept"] == preview["kept"]
    assert last_name(town, person) == "Профиль"
    assert eraser.post(url, json={**body, "word": "СТЕРЕТЬ"}).status_code in (404, 409)


def test_whoever_studies_is_not_erased(town: PortalUnderTest) -> None:
    child = id_of(town, "Семёнов")
    eraser, url = head(town, "personal_data.erase"), f"/api/v1/people/{child}/erasure"
    preview = ok(eraser.get(url))
    assert "сейчас учится" in preview["objection"] and preview["gone"] == []
    refused = eraser.post(url, json={"basis": "Заявление", "word": "СТЕРЕТЬ"})
    assert refused.status_code == 409 and "сейчас учится" in refused.json()["title"]
    assert last_name(town, child) == "Семёнов"


def last_name(town: PortalUnderTest, person: UUID) -> str:
    with town.portal.database.reading(fresh=True) as db:
        return db.get_one(Person, person).last_name


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_pupil_file_is_given_out_and_that_is_on_record(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 7)
    url = f"/api/v1/people/{child}/pupil-file"
    given = head(town, "transfers").post(url)
    assert given.status_code == 200, given.text
    assert (
        ".pupil.json" in given.headers["content-disposition"] and given.headers["cache-control"] == "no-store"
    )
    assert {"payload", "signature"} <= set(given.json())
    with town.portal.database.reading(fresh=True) as db:
        about = AuditRecord.subject_id == str(child), AuditRecord.action == "core.pupil_file.give"
        assert len(db.scalars(select(AuditRecord.id).where(*about)).all()) == 1
    own = head(town, "transfers").post(
        "/api/v1/pupil-files/preview", json={"content": encoded(given.content)}
    )
    assert own.status_code == 409 and "ваш же портал" in own.json()["title"]
    assert head(town, "transfers", school=OTHER).post(url).status_code == 404
    assert head(town, "people.read").post(url).status_code == 403


@pytest.fixture
def arrival(town: PortalUnderTest) -> Iterator[dict[str, Any]]:
    """A file of an installation nobody runs, with where its pupil goes."""
    yield {
        "content": encoded(told()),
        "school_class": "7А",
        "first_day": TODAY.isoformat(),
        "basis": "Приказ № 7",
    }
    with town.portal.database.transaction() as db:
        db.execute(delete(FormerSchool))
        db.execute(delete(Consent))


def test_a_pupil_file_is_read_dry_and_taken_in_once(town: PortalUnderTest, arrival: dict[str, Any]) -> None:
    school = head(town, "transfers", "accounts.read")
    shown = ok(school.post("/api/v1/pupil-files/preview", json={"content": arrival["content"]}))
    assert (shown["name"], shown["school"], shown["left_on"]) == (
        "Заречный Лев",
        "Школа за рекой",
        "2026-11-19",
    )
    assert (shown["trusted_as"], shown["known_as"], shown["taken_at"]) == ("", None, None)
    assert shown["fingerprint"]
    unsure = school.post("/api/v1/pupil-files", json=arrival)
    assert unsure.status_code == 409 and "неизвестен" in unsure.json()["title"]
    sure = {**arrival, "compared": True}
    nowhere = school.post("/api/v1/pupil-files", json={**sure, "school_class": "11Я"})
    assert nowhere.status_code == 404
    done = school.post("/api/v1/pupil-files", json=sure)
    assert done.status_code == 201, done.text
    with town.portal.database.reading(fresh=True) as db:
        person = UUID(done.json()["person_id"])
        assert db.get_one(Person, person).last_name == "Заречный"
        enrolled = select(Enrollment.school_class_id).where(Enrollment.person_id == person)
        assert str(db.scalars(enrolled).one()) == done.json()["school_class_id"]
    assert school.post("/api/v1/pupil-files", json=sure).status_code == 409
    again = ok(school.post("/api/v1/pupil-files/preview", json={"content": arrival["content"]}))
    assert again["known_as"] == done.json()["person_id"] and again["taken_at"] is not None
    url = f"/api/v1/people/{person}/former-schools"
    [former] = ok(school.get(url))
    assert (former["school"], former["school_class"], former["parts"]) == ("Школа за рекой", "7Б", {})
    assert head(town, "transfers", school=OTHER).get(url).status_code == 404
    assert head(town, "people.read").get(url).status_code == 403


def test_a_changed_file_and_a_narrow_key_take_nobody_in(
    town: PortalUnderTest, arrival: dict[str, Any]
) -> None:
    school = head(town, "transfers", "accounts.read")
    broken = encoded(told().replace(b"payload", b"paylaod"))
    assert school.post("/api/v1/pupil-files/preview", json={"content": broken}).status_code == 422
    sure = {**arrival, "compared": True}
    for scopes in (("transfers",), ("accounts.read",)):
        assert head(town, *scopes).post("/api/v1/pupil-files", json=sure).status_code == 403
