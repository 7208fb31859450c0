"""One's own account through `/api/v1`: sessions, all one's data, who looked at them, the account of a child."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord, CardView
from core.identity.models import Account, Guardianship, Person
from core.testing import PortalUnderTest
from tests.core.small_town import id_of
from tests.core.test_people_api import TODAY, program, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]
SCHOOL, OTHER = "Школа 1", "Школа 2"
SESSIONS = "/api/v1/me/sessions"


def got(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if status != 204 else None


def test_own_sessions_are_read_and_ended_one_by_one_and_all_others(town: PortalUnderTest) -> None:
    person, _role = somebody(town, "teacher")
    first, second, third = (town.sign_in("teacher", person_id=person) for _ in range(3))
    stranger = town.sign_in("teacher", organization=SCHOOL)
    listed = got(first.get(SESSIONS))
    assert [each["current"] for each in listed] == [True, False, False]
    ids = {each["id"] for each in listed}
    of_second = next(each["id"] for each in got(second.get(SESSIONS)) if each["current"])
    assert stranger.delete(f"{SESSIONS}/{of_second}").status_code == 404
    assert second.get("/account").status_code == 200, "another's session goes on"
    got(first.delete(f"{SESSIONS}/{of_second}"), 204)
    assert first.delete(f"{SESSIONS}/{of_second}").status_code == 404
    ended = second.get(SESSIONS)
    assert (ended.status_code, ended.json()["cause"]) == (401, "elsewhere")
    assert {each["id"] for each in got(first.get(SESSIONS))} == ids - {of_second}
    assert got(first.post(f"{SESSIONS}/end-others")) == {"ended": 1}
    assert (first.get(SESSIONS).status_code, third.get(SESSIONS).status_code) == (200, 401)
    assert stranger.get(SESSIONS).status_code == 200


def test_a_program_ends_all_sessions_of_its_owner_and_goes_on_itself(town: PortalUnderTest) -> None:
    person, _role = somebody(town, "teacher")
    browser = town.sign_in("teacher", person_id=person)
    made = browser.post("/api/v1/tokens", json={"name": "тест", "scopes": ["sessions.own"], "days": 1})
    program_, narrow = town.visitor(), program(town, "teacher", "people.read", school=SCHOOL)
    program_.token = made.json()["text"]
    assert [each["current"] for each in got(program_.get(SESSIONS))] == [False]
    assert narrow.get(SESSIONS).status_code == narrow.post(f"{SESSIONS}/end-others").status_code == 403
    assert got(program_.post(f"{SESSIONS}/end-others")) == {"ended": 1}
    assert browser.get(SESSIONS).status_code == 401
    assert got(program_.get(SESSIONS)) == []


def test_own_data_are_given_out_whole_and_that_is_recorded(town: PortalUnderTest) -> None:
    answer = program(town, "guardian", "personal_data.own", school=SCHOOL).post("/api/v1/me/data")
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/zip",
        "no-store",
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "Семёнова" in "".join(archive.read(name).decode() for name in archive.namelist())
    with town.portal.database.reading(fresh=True) as db:
        record = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "core.personal_data.export")
            .order_by(AuditRecord.at.desc())
            .limit(1)
        ).one()
        assert (record.subject_id, record.origin) == (str(id_of(town, "Семёнова")), "токен")
    narrow = program(town, "guardian", "families.read", school=SCHOOL)
    assert narrow.post("/api/v1/me/data").status_code == 403


def test_who_looked_is_told_to_oneself_and_to_a_guardian(town: PortalUnderTest) -> None:
    pupil, url = id_of(town, "Семёнов"), "/api/v1/me/views"
    with town.portal.database.transaction() as db:
        db.execute(delete(CardView))
    assert town.sign_in("head", organization=SCHOOL).get(f"/accounts/{pupil}").status_code == 200
    guardian = program(town, "guardian", "personal_data.own", school=SCHOOL)
    assert got(guardian.get(url))["items"] == []
    [seen] = got(guardian.get(f"{url}?person_id={pupil}&limit=1"))["items"]
    assert (seen["name"], seen["organization"]) == ("Берёзкина Анна Сергеевна", SCHOOL)
    own = program(town, "pupil", "personal_data.own", school=SCHOOL)
    assert got(own.get(url))["items"] == [seen]
    stranger = program(town, "guardian", "personal_data.own", school=OTHER)
    assert stranger.get(f"{url}?person_id={pupil}").status_code == 404
    assert stranger.get(f"{url}?person_id={uuid4()}").status_code == 404
    assert program(town, "guardian", "families.read", school=SCHOOL).get(url).status_code == 403


def test_a_guardian_makes_the_account_of_a_young_child(town: PortalUnderTest) -> None:
    pupil = id_of(town, "Семёнов")
    with town.portal.database.transaction() as db:
        born = date(TODAY.year - 9, 1, 1)
        db.execute(update(Person).where(Person.id == pupil).values(birth_date=born))
        db.execute(update(Guardianship).values(rights="full"))
        db.execute(delete(Account).where(Account.person_id == pupil))
    guardian = program(town, "guardian", "families.read", "requests", school=SCHOOL)
    url = f"/api/v1/children/{pupil}/account"
    stranger = program(town, "guardian", "families.read", "requests", school=OTHER)
    assert stranger.post(url).status_code == 404
    assert program(town, "guardian", "families.read", school=SCHOOL).post(url).status_code == 403
    made = got(guardian.post(url), 201)
    [child] = got(guardian.get("/api/v1/children"))
    assert child["has_account"] is (made["request_id"] is None)
    assert guardian.post(url).status_code == 409
