"""Logins through `/api/v1`: an invitation or a one-time password is given once, and only to who may."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.identity.models import Person
from core.organizations.models import Enrollment, SchoolClass
from core.testing.portal import Visitor
from tests.plugins.auth_local.conftest import GOOD, School, is_in


def program(school: School, role: str = "secretary", *scopes: str) -> Visitor:
    """A program with a token of somebody of the school."""
    body = {"name": "тест", "scopes": list(scopes) or ["logins.write"], "days": 1}
    answer = school.staff(role).post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    visitor = school.portal.visitor()
    visitor.token = answer.json()["text"]
    return visitor


def test_an_invitation_from_a_program_makes_a_login_and_is_told_once(school: School) -> None:
    person, issuer = school.person("pupil", 5), program(school)
    url = f"/api/v1/accounts/{person}/login"
    assert (issuer.get(url).json()["login"], issuer.get(url).json()["objection"]) == ("", "")
    key = {"Idempotency-Key": str(uuid4())}
    issued, again = (issuer.post(f"{url}/invitation", headers=key) for _ in range(2))
    assert (issued.status_code, issued.headers["cache-control"]) == (201, "no-store"), issued.text
    assert issued.json()["code"] == again.json()["code"], "a repeated request spends no second code"
    assert issued.json()["address"].endswith("/invitation")
    state = issuer.get(url)
    assert state.json()["invited_until"] is not None and issued.json()["code"] not in state.text
    with school.portal.portal.database.reading(fresh=True) as db:
        born = db.get_one(Person, person).birth_date
    someone = school.portal.visitor()
    opened = someone.post("/invitation", data={"code": issued.json()["code"], "birth_date": str(born)})
    assert opened.headers["location"] == "/auth/local/new-login"
    form = {"login": "program.7", "password": GOOD, "repeated": GOOD}
    assert someone.post("/auth/local/new-login", data=form).status_code == 303
    assert is_in(someone)
    assert issuer.get(url).json()["login"] == "program.7"
    refused = issuer.post(f"{url}/invitation")
    assert refused.status_code == 409 and "логин уже есть" in refused.json()["title"]


def test_a_password_is_reset_and_the_earlier_one_with_its_sessions_ends(school: School) -> None:
    person, issuer = school.person("pupil", 6), program(school)
    login = school.with_password(person)
    there = school.portal.visitor()
    school.enter(login, GOOD, there)
    assert is_in(there)
    issued = issuer.post(f"/api/v1/accounts/{person}/login/password")
    assert (issued.status_code, issued.json()["login"]) == (201, login), issued.text
    assert issued.headers["cache-control"] == "no-store"
    assert not is_in(there)
    assert issuer.get(f"/api/v1/accounts/{person}/login").json()["one_time"]
    anew = school.portal.visitor()
    answer: Any = school.enter(login, issued.json()["password"], anew)
    assert answer.headers["location"] == "/auth/local/new-password"


def test_a_login_is_taken_away_and_what_is_not_there_is_said(school: School) -> None:
    person, issuer = school.person("pupil", 7), program(school)
    url = f"/api/v1/accounts/{person}/login"
    for nothing in ("", "/second-factor", "/passkeys"):
        assert issuer.delete(url + nothing).status_code == 404
    school.with_password(person)
    assert issuer.delete(url).status_code == 204
    assert issuer.get(url).json()["login"] == ""
    assert school.login_of(person) is None


def test_a_class_is_invited_at_once(school: School) -> None:
    issuer, pupil = program(school), school.person("pupil", 8)
    with school.portal.portal.database.reading() as db:
        class_id = db.scalars(
            select(SchoolClass.id)
            .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
            .where(Enrollment.person_id == pupil)
        ).first()
    url = f"/api/v1/auth-local/school-classes/{class_id}/invitations"
    people = {each["person_id"]: each for each in issuer.get(url).json()}
    guardian = next(key for key, each in people.items() if each["child"] == people[str(pupil)]["name"])
    assert people[str(pupil)]["state"] == ""
    done = issuer.post(url, json={"person_ids": [str(pupil), guardian, str(uuid4())]})
    assert done.status_code == 201, done.text
    told = {each["person_id"]: each for each in done.json()["invitations"]}
    assert str(pupil) in told and told[str(pupil)]["code"]
    assert len(told) + len(done.json()["left_out"]) == 2
    assert {each["person_id"]: each for each in issuer.get(url).json()}[str(pupil)]["state"] == "invited"
    assert issuer.post(url, json={"person_ids": [str(uuid4())]}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "login"),
        ("POST", "login/invitation"),
        ("POST", "login/password"),
        ("DELETE", "login"),
        ("DELETE", "login/passkeys"),
        ("DELETE", "login/second-factor"),
    ],
)
def test_a_key_of_another_scope_or_of_a_teacher_is_refused(school: School, method: str, path: str) -> None:
    url = f"/api/v1/accounts/{school.person('pupil', 9)}/{path}"
    narrow = program(school, "head", "accounts.write")
    assert narrow.request(method, url).status_code == 403
    assert program(school, "teacher").request(method, url).status_code == 403


def test_who_issues_logins_themself_gets_none_from_a_secretary(school: School) -> None:
    head = school.staff("head").person_id
    refused = program(school).post(f"/api/v1/accounts/{head}/login/password")
    assert refused.status_code == 409 and "выдаёт логины" in refused.json()["title"]
    own = program(school, "head").post(f"/api/v1/accounts/{head}/login/password")
    assert own.status_code == 409 and "это вы" in own.json()["title"]
