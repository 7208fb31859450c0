"""Login and password: who gets in, who does not, and how guessing is slowed."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.database.base import now
from core.identity.models import Account, SignInSession
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.portal import Portal
from core.testing.portal import PortalUnderTest, running
from core.web import cookies
from plugins.auth_local.models import TRIAL_PASSWORD, Attempts, LocalLogin
from tests.plugins.auth_local.conftest import GOOD, School, codes, first_school, is_in


def test_the_sign_in_page_shows_it_beside_gosuslugi(portal: PortalUnderTest) -> None:
    page = portal.visitor().get("/sign-in?next=/journal").text
    assert "Войти через Госуслуги" in page
    assert 'href="/auth/local?next=/journal">Войти с логином школы' in page


def test_login_and_password_sign_in_and_lead_on(school: School) -> None:
    visitor = school.portal.visitor()
    visitor.get("/auth/local?next=/account")
    answer: Any = school.enter(" Teacher ", TRIAL_PASSWORD, visitor, next="/account")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account"
    assert is_in(visitor)
    assert "Вход с логином школы" in visitor.get("/account").text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb", "/auth/local"]
)
def test_the_way_on_stays_in_the_portal(school: School, target: str) -> None:
    answer: Any = school.enter("teacher", TRIAL_PASSWORD, next=target)
    assert answer.headers["location"] == "/"


def test_a_session_is_a_new_one_after_the_sign_in(school: School) -> None:
    visitor = school.portal.sign_in("teacher")
    before = visitor.cookies[cookies.SESSION]
    assert visitor.post("/auth/local", data={"login": "pupil", "password": TRIAL_PASSWORD}).status_code == 303
    assert visitor.cookies[cookies.SESSION] != before
    visitor.cookies[cookies.SESSION] = before
    assert not is_in(visitor)


def test_a_sign_in_needs_the_form_token(school: School) -> None:
    data = {"login": "teacher", "password": TRIAL_PASSWORD}
    assert school.portal.visitor().post("/auth/local", data=data, csrf=False).status_code == 403


def test_a_wrong_login_and_a_wrong_password_are_answered_alike(school: School) -> None:
    wrong: Any = school.enter("teacher", "не тот пароль")
    unknown: Any = school.enter("nobody-at-all", "не тот пароль")

    def said(answer: Any) -> str:
        return str(answer.text).partition('class="summary"')[2].partition("</div>")[0]

    assert wrong.status_code == unknown.status_code == 422
    assert said(wrong) == said(unknown) != ""
    assert "не тот пароль" not in wrong.text
    assert 'value="teacher"' in wrong.text


def test_an_unknown_login_takes_as_long(school: School) -> None:
    """A hash is computed for nobody too: counted in work of the processor, which other load does not change."""

    def taken(login: str) -> float:
        school.waits_over()
        began = time.process_time()
        answer: Any = school.enter(login, "не тот пароль")
        assert answer.status_code == 422
        return time.process_time() - began

    taken("nobody-warm")
    known = min(taken("secretary") for _ in range(4))
    unknown = min(taken(f"nobody-{n}") for n in range(4))
    assert unknown > known * 0.7


def told_to_wait(page: str) -> int:
    """The seconds somebody is told to wait; 0 if nothing is said."""
    found = re.search(r"через (\d+) (секунд|минут)", page)
    return int(found[1]) * (60 if found[2] == "минут" else 1) if found else 0


def test_after_a_few_failures_one_has_to_wait_longer_and_longer(school: School) -> None:
    school.waits_over()
    told: list[int] = []
    for _ in range(5):
        told.append(told_to_wait(school.enter("administrator", "не тот пароль").text))
    assert told[:4] == [0] * 4
    early: Any = school.enter("administrator", TRIAL_PASSWORD)
    assert early.status_code == 429
    assert 0 < told_to_wait(early.text) <= 15
    for _ in range(7):
        school.waits_over()
        told.append(told_to_wait(school.enter("administrator", "не тот пароль").text))
    for said, wait in zip(told[4:], (15, 30, 60, 120, 240, 480, 900, 900), strict=True):
        assert wait - 5 < said <= wait
    school.waits_over()
    visitor = school.portal.visitor()
    assert school.enter("administrator", TRIAL_PASSWORD, visitor).status_code == 303
    assert is_in(visitor)
    assert told_to_wait(school.enter("administrator", "не тот пароль").text) == 0


def test_a_login_that_does_not_exist_waits_just_the_same(school: School) -> None:
    for _ in range(5):
        school.waits_over()
        answer: Any = school.enter("no-such-login", "не тот пароль")
    assert 10 < told_to_wait(answer.text) <= 15


def test_many_failures_from_one_address_slow_that_address(school: School) -> None:
    school.waits_over()
    school.enter("guess-first", "не тот пароль")
    with school.portal.portal.database.transaction() as db:
        db.execute(update(Attempts).values(failures=49, last_at=now(), blocked_until=None))
    last: Any = school.enter("guess-last", "не тот пароль")
    innocent: Any = school.enter("pupil", TRIAL_PASSWORD)
    with school.portal.portal.database.transaction() as db:
        db.execute(delete(Attempts))
    assert "Следующая попытка" in last.text
    assert innocent.status_code == 429


def test_neither_addresses_nor_logins_nor_passwords_lie_in_the_table_of_attempts(school: School) -> None:
    school.enter("trace-me", "не тот пароль")
    with school.portal.portal.database.reading(fresh=True) as db:
        assert all(len(key) == 32 for key in db.scalars(select(Attempts.key_hash)))


def test_where_it_is_switched_off_a_right_password_leads_to_a_clear_page(school: School) -> None:
    portal = school.portal.portal
    with portal.database.transaction() as db:
        switch_plugin(db, "auth_local", enabled=False, organization=db.get_one(Organization, school.id))
    visitor = school.portal.visitor()
    answer: Any = school.enter("pupil", TRIAL_PASSWORD, visitor)
    wrong: Any = school.enter("pupil", "не тот пароль")
    with portal.database.transaction() as db:
        switch_plugin(db, "auth_local", enabled=True, organization=db.get_one(Organization, school.id))
    assert answer.status_code == 403
    assert "Вход с логином школы не подключён" in answer.text
    assert "Войдите через Госуслуги" in answer.text
    assert not is_in(visitor)
    assert "не подключён" not in wrong.text


def test_a_blocked_account_stays_out(school: School) -> None:
    person = school.person("teacher")
    login = school.with_password(person)
    with school.portal.portal.database.transaction() as db:
        db.execute(update(Account).where(Account.person_id == person).values(status="blocked"))
    visitor = school.portal.visitor()
    answer: Any = school.enter(login, GOOD, visitor)
    assert answer.status_code == 403
    assert "заблокирована" in answer.text
    assert not is_in(visitor)


def test_invented_logins_do_not_work_in_production(make_portal: Any) -> None:
    portal: Portal = make_portal(production=True, secret_key="x" * 32)
    with running(portal) as under_test:
        visitor = under_test.visitor()
        page = visitor.get("/auth/local")
        assert TRIAL_PASSWORD not in page.text
        answer = visitor.post("/auth/local", data={"login": "teacher", "password": TRIAL_PASSWORD})
        assert answer.status_code == 403
        assert not is_in(visitor)


def test_in_production_a_step_is_tied_to_this_host_alone(make_portal: Any) -> None:
    portal: Portal = make_portal(production=True, secret_key="x" * 32)
    with running(portal) as under_test:
        school = first_school(under_test)
        page = school.staff("head").post(f"/accounts/{school.person('teacher', 2)}/login/password").text
        login, one_time = codes(page)
        visitor = under_test.visitor()
        visitor.get("/auth/local")
        school.enter(login, one_time, visitor)
        assert "__Host-moyashkola_local" in visitor.cookies
        assert login in visitor.get("/auth/local/new-password").text
        visitor.cookies["moyashkola_local"] = visitor.cookies.pop("__Host-moyashkola_local")
        assert visitor.get("/auth/local/new-password").status_code == 410, "a neighbour has planted this one"


def test_a_one_time_password_lets_in_once_to_choose_another(school: School) -> None:
    person = school.person("teacher", 1)
    login, one_time = codes(school.staff("secretary").post(f"/accounts/{person}/login/password").text)
    visitor = school.portal.visitor()
    first: Any = school.enter(login, one_time, visitor, next="/account")
    assert first.headers["location"] == "/auth/local/new-password"
    assert not is_in(visitor)
    assert login in visitor.get("/auth/local/new-password").text
    weak = visitor.post(
        "/auth/local/new-password", data={"password": "qwerty12345", "repeated": "qwerty12345"}
    )
    assert weak.status_code == 422
    assert "подбирают" in weak.text or "частых" in weak.text
    differing = visitor.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD + "!"})
    assert "не совпали" in differing.text
    done = visitor.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert is_in(visitor)
    assert school.enter(login, one_time).status_code == 422
    assert visitor.get("/auth/local/new-password").status_code == 410


@pytest.mark.parametrize(
    "typed", [str.upper, lambda one: one.replace("-", ""), lambda one: f" {one.replace('-', ' ').title()} "]
)
def test_a_one_time_password_is_taken_however_it_is_copied(school: School, typed: Any) -> None:
    person = school.person("teacher", 6)
    login, one_time = codes(school.staff("secretary").post(f"/accounts/{person}/login/password").text)
    visitor = school.portal.visitor()
    answer: Any = school.enter(login, typed(one_time), visitor)
    assert answer.headers["location"] == "/auth/local/new-password"
    again = typed(one_time)
    same = visitor.post("/auth/local/new-password", data={"password": again, "repeated": again})
    assert "который выдала школа" in same.text
    visitor.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
    assert is_in(visitor)
    assert school.enter(login, GOOD.upper()).status_code == 422, "of one's own password capitals count"


def test_a_step_belongs_to_the_browser_that_began_it(school: School) -> None:
    stranger = school.portal.visitor()
    answer = stranger.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
    assert answer.status_code == 410
    assert "Начните вход сначала" in answer.text


def test_a_one_time_password_runs_out(school: School) -> None:
    person = school.person("teacher", 2)
    login, one_time = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
    with school.portal.portal.database.transaction() as db:
        db.execute(
            update(LocalLogin)
            .where(LocalLogin.person_id == person)
            .values(expires_at=now() - timedelta(minutes=1))
        )
    answer: Any = school.enter(login, one_time)
    assert answer.status_code == 403
    assert "Срок одноразового пароля истёк" in answer.text


@pytest.mark.parametrize(
    "password",
    ["короткий", "1234567890", "йцукенгшщз", "aaaaaaaaaaaa", "пароль123456", "11.05.2011", "qwertyuiop12"],
)
def test_passwords_that_are_tried_first_are_refused_with_a_reason(school: School, password: str) -> None:
    visitor = school.portal.visitor()
    login = school.with_password(school.person("teacher", 3))
    assert school.enter(login, GOOD, visitor).status_code == 303
    answer = visitor.post(
        "/account/login/password", data={"old": GOOD, "password": password, "repeated": password}
    )
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


def test_changing_the_password_asks_the_old_one_and_ends_the_other_sessions(school: School) -> None:
    login = school.with_password(school.person("teacher", 4))
    here, there = school.portal.visitor(), school.portal.visitor()
    for visitor in (here, there):
        school.enter(login, GOOD, visitor)
        assert is_in(visitor)
    before = here.cookies[cookies.SESSION]
    another = "восемь зелёных лодок"
    wrong = here.post(
        "/account/login/password", data={"old": "не тот", "password": another, "repeated": another}
    )
    assert "Это не нынешний пароль" in wrong.text
    answer = here.post(
        "/account/login/password", data={"old": GOOD, "password": another, "repeated": another}
    )
    assert answer.status_code == 303
    assert here.cookies[cookies.SESSION] != before
    assert "Пароль изменён" in here.get(answer.headers["location"]).text
    assert not is_in(there)
    assert school.enter(login, GOOD).status_code == 422
    assert school.enter(login, another).status_code == 303


def test_only_hashes_of_passwords_are_kept(school: School) -> None:
    school.with_password(school.person("teacher", 5))
    with school.portal.portal.database.reading(fresh=True) as db:
        kept = db.scalars(select(LocalLogin.password_hash)).all()
    assert all(each.startswith("$argon2id$") for each in kept)


def test_sessions_begin_only_when_somebody_gets_in(school: School) -> None:
    def count() -> int:
        with school.portal.portal.database.reading(fresh=True) as db:
            return db.scalar(select(func.count()).select_from(SignInSession)) or 0

    before = count()
    school.enter("teacher", "не тот пароль")
    assert count() == before
