"""Codes from an application: switched on, asked for, required, lost and taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from pyotp.totp import TOTP
from sqlalchemy import select, update

from core.audit.models import AuditRecord
from core.organizations.switches import save_settings
from core.testing.portal import Visitor
from plugins.auth_local.models import LocalLogin, RecoveryCode
from tests.plugins.auth_local.conftest import GOOD, School, codes, is_in

PASSWORD = {"password": GOOD}


def secret_on(page: str) -> str:
    """The secret as it is to be typed."""
    found = re.search(r"<code>([A-Z2-7 ]{32,})</code>", page)
    assert found is not None, page
    return found[1].replace(" ", "")


def code(school: School, person: UUID, secret: str) -> str:
    """The present code; as if those of before had been used long ago."""
    with school.portal.portal.database.transaction() as db:
        db.execute(update(LocalLogin).where(LocalLogin.person_id == person).values(totp_period=0))
    return TOTP(secret).now()


def signed_in(school: School, person: UUID) -> Visitor:
    """Somebody with a login, signed in with it."""
    visitor = school.portal.visitor()
    answer: Any = school.enter(school.with_password(person), GOOD, visitor)
    assert answer.status_code == 303
    return visitor


def enrolled(school: School, person: UUID) -> tuple[Visitor, str, list[str]]:
    """Somebody who has switched codes on: their browser, the secret and the recovery codes."""
    visitor = signed_in(school, person)
    begun = visitor.post("/account/login/second-factor", data=PASSWORD)
    assert begun.status_code == 303, begun.text
    secret = secret_on(visitor.get("/account/login").text)
    page = visitor.post("/account/login/second-factor/confirm", data={"code": code(school, person, secret)})
    assert page.status_code == 200, page.text
    return visitor, secret, codes(page.text)


@contextmanager
def setting(school: School, value: str) -> Iterator[None]:
    """The school says what it wants of its staff."""
    with school.portal.portal.database.transaction() as db:
        save_settings(db, "auth_local", school.id, {"second_factor": value})
    try:
        yield
    finally:
        with school.portal.portal.database.transaction() as db:
            save_settings(db, "auth_local", school.id, {})


def test_a_code_is_asked_for_after_the_password(school: School) -> None:
    person = school.person("teacher")
    _visitor, secret, recovery = enrolled(school, person)
    assert len(recovery) == 10
    login = school.login_of(person)
    assert login is not None
    visitor = school.portal.visitor()
    answer: Any = school.enter(login.login, GOOD, visitor, next="/account")
    assert answer.headers["location"] == "/auth/local/code"
    assert not is_in(visitor)
    wrong = visitor.post("/auth/local/code", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "Код не подходит" in wrong.text
    right = visitor.post("/auth/local/code", data={"code": code(school, person, secret)})
    assert (right.status_code, right.headers["location"]) == (303, "/account")
    assert is_in(visitor)


def test_a_code_serves_once(school: School) -> None:
    person = school.person("teacher", 1)
    _visitor, secret, _recovery = enrolled(school, person)
    login = school.login_of(person)
    assert login is not None
    used = code(school, person, secret)
    for expected in (303, 422):
        visitor = school.portal.visitor()
        school.enter(login.login, GOOD, visitor)
        assert visitor.post("/auth/local/code", data={"code": used}).status_code == expected


def test_a_recovery_code_lets_in_once_and_is_recorded(school: School) -> None:
    person = school.person("teacher", 2)
    _visitor, _secret, recovery = enrolled(school, person)
    login = school.login_of(person)
    assert login is not None
    for expected in (303, 422):
        visitor = school.portal.visitor()
        school.enter(login.login, GOOD, visitor)
        answer = visitor.post("/auth/local/code", data={"code": recovery[0].upper().replace("-", " ")})
        assert answer.status_code == expected
    with school.portal.portal.database.reading(fresh=True) as db:
        left = db.scalars(select(RecoveryCode).where(RecoveryCode.person_id == person)).all()
        done = db.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == str(person))).all()
    assert len(left) == 9
    assert done.count("auth_local.recovery.use") == 1
    assert "auth_local.second_factor.on" in done


def test_guessing_codes_is_slowed(school: School) -> None:
    person = school.person("teacher", 3)
    enrolled(school, person)
    login = school.login_of(person)
    assert login is not None
    visitor = school.portal.visitor()
    school.enter(login.login, GOOD, visitor)
    answers = [visitor.post("/auth/local/code", data={"code": f"00000{n}"}).status_code for n in range(6)]
    assert answers == [422] * 5 + [429]


def test_where_it_is_required_staff_set_it_up_before_they_are_in(school: School) -> None:
    person = school.person("teacher", 4)
    with setting(school, "required"):
        login, one_time = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
        visitor = school.portal.visitor()
        school.enter(login, one_time, visitor)
        answer = visitor.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
        assert answer.headers["location"] == "/auth/local/second-factor"
        assert not is_in(visitor)
        secret = secret_on(visitor.get("/auth/local/second-factor").text)
        assert visitor.post("/auth/local/go-on").headers["location"] == "/auth/local/second-factor"
        assert visitor.post("/auth/local/second-factor", data={"code": "12"}).status_code == 422
        page = visitor.post("/auth/local/second-factor", data={"code": code(school, person, secret)})
        assert len(codes(page.text)) == 10
        assert not is_in(visitor)
        assert visitor.post("/auth/local/go-on").status_code == 303
        assert is_in(visitor)
        refused = visitor.post("/account/login/second-factor/off", data=PASSWORD)
        assert refused.status_code == 409
        assert "обязателен" in refused.text


def test_families_are_not_asked_even_where_it_is_required(school: School) -> None:
    with setting(school, "required"):
        visitor = signed_in(school, school.person("guardian", 3))
        assert is_in(visitor)
        assert "Код из приложения" not in visitor.get("/account/login").text


def test_where_it_is_off_nobody_can_switch_it_on(school: School) -> None:
    with setting(school, "off"):
        visitor = signed_in(school, school.person("teacher", 5))
        assert "Код из приложения" not in visitor.get("/account/login").text
        assert visitor.post("/account/login/second-factor", data=PASSWORD).status_code == 409


def test_switching_on_and_off_asks_the_password(school: School) -> None:
    person = school.person("teacher", 6)
    visitor = signed_in(school, person)
    wrong = visitor.post("/account/login/second-factor", data={"password": "не тот"})
    assert wrong.status_code == 422
    assert "Это не нынешний пароль" in wrong.text
    visitor, _secret, _recovery = enrolled(school, person)
    for action in ("second-factor/off", "recovery-codes"):
        assert visitor.post(f"/account/login/{action}", data={"password": "не тот"}).status_code == 422
    renewed = visitor.post("/account/login/recovery-codes", data=PASSWORD)
    assert len(codes(renewed.text)) == 10
    assert visitor.post("/account/login/second-factor/off", data=PASSWORD).status_code == 303
    login = school.login_of(person)
    assert login is not None
    assert (login.totp_secret, login.totp_since) == (None, None)


def test_the_school_takes_the_code_away_after_a_lost_phone(school: School) -> None:
    person = school.person("teacher", 7)
    visitor, _secret, _recovery = enrolled(school, person)
    head = school.staff("head")
    assert "Снять код из приложения" in head.get(f"/accounts/{person}").text
    assert head.post(f"/accounts/{person}/login/second-factor").status_code == 303
    assert not is_in(visitor)
    login = school.login_of(person)
    assert login is not None
    again = school.portal.visitor()
    assert school.enter(login.login, GOOD, again).headers["location"] == "/"
    assert "Школа сняла код" in again.get("/notifications").text
    assert head.post(f"/accounts/{person}/login/second-factor").status_code == 404


def test_a_new_password_of_the_school_does_not_get_past_the_code(school: School) -> None:
    person = school.person("teacher", 8)
    enrolled(school, person)
    login, one_time = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
    visitor = school.portal.visitor()
    answer: Any = school.enter(login, one_time, visitor)
    assert answer.headers["location"] == "/auth/local/code"
    skipped = visitor.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
    assert skipped.status_code == 410


def test_the_secret_is_not_kept_in_plain(school: School) -> None:
    person = school.person("teacher", 9)
    _visitor, secret, recovery = enrolled(school, person)
    login = school.login_of(person)
    assert login is not None
    assert login.totp_secret is not None
    assert secret.encode() not in login.totp_secret
    with school.portal.portal.database.reading(fresh=True) as db:
        kept = db.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.person_id == person)).all()
    assert all(len(each) == 32 for each in kept)
    assert recovery


@pytest.mark.parametrize(
    "action", ["second-factor", "second-factor/confirm", "second-factor/off", "recovery-codes"]
)
def test_somebody_without_a_login_has_nothing_to_change(school: School, action: str) -> None:
    visitor = school.portal.sign_in_person(school.person("teacher", 10))
    answer = visitor.post(f"/account/login/{action}", data={**PASSWORD, "code": "123456"})
    assert answer.status_code == 404
