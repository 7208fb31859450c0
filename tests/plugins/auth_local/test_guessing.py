"""Guessing is slowed, and what others do does not keep the owner out."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pyotp.totp import TOTP
from sqlalchemy import delete, select, update

from core.config import Config
from core.database.base import now
from core.errors import ConfigurationError
from core.testing.portal import PortalUnderTest, Visitor, running
from core.web import cookies
from plugins.auth_local import known_devices, second_factor
from plugins.auth_local.models import TRIAL_PASSWORD, Attempts, LocalLogin
from plugins.auth_local.settings import LocalConfiguration
from tests.plugins.auth_local.conftest import GOOD, School, codes, first_school, is_in
from tests.plugins.auth_local.test_login_and_password import told_to_wait

KNOWN = "moyashkola_known"
PUPIL, HOME, ELSEWHERE = "198.51.100.7", "203.0.113.20", "192.0.2.9"
WRONG = "не тот пароль"
BEHIND_PROXY = {"trusted_proxies": ["testclient"]}


@pytest.fixture(scope="module")
def portal(make_portal: Any) -> Iterator[PortalUnderTest]:
    """A portal to which people come from several addresses, and whose login as a whole waits after twelve failures."""
    with running(
        make_portal(**BEHIND_PROXY, plugin_sections={"auth_local": {"attempts_per_login": 12}})
    ) as under_test:
        yield under_test


@pytest.fixture(autouse=True)
def nobody_has_tried(school: School) -> None:
    """Every test begins without failures."""
    with school.portal.portal.database.transaction() as db:
        db.execute(delete(Attempts))


def enter(
    school: School, password: str, address: str, browser: Visitor | None = None, login: str = "teacher"
) -> Any:
    """The answer to a sign-in from an address."""
    someone = browser or school.portal.visitor()
    data = {"login": login, "password": password}
    return someone.post("/auth/local", data=data, headers={"x-forwarded-for": address})


def guess(school: School, times: int, address: str, login: str = "teacher") -> Any:
    """Wrong passwords from one browser, however often the portal asks to wait; the last answer."""
    browser = school.portal.visitor()
    return [enter(school, WRONG, address, browser, login) for _ in range(times)][-1]


def sign_out(browser: Visitor, school: School) -> None:
    """Sign out; a browser forgets the session's cookie with it, and nothing else."""
    browser.post("/auth/logout")
    browser.cookies.pop(cookies.named(school.portal.portal.config, cookies.SESSION))


def known_browser(school: School, login: str = "teacher", password: str = TRIAL_PASSWORD) -> Visitor:
    """A browser in which somebody has signed in with a login, and out."""
    browser = school.portal.visitor()
    assert enter(school, password, HOME, browser, login).status_code == 303
    assert is_in(browser)
    sign_out(browser, school)
    return browser


def test_wrong_passwords_from_elsewhere_do_not_keep_the_owner_out(school: School) -> None:
    assert guess(school, 7, PUPIL).status_code == 429
    owner = school.portal.visitor()
    assert enter(school, TRIAL_PASSWORD, HOME, owner).status_code == 303
    assert is_in(owner)
    assert enter(school, WRONG, PUPIL).status_code == 429, "whoever guessed goes on waiting"


def test_in_the_same_network_a_browser_the_owner_has_used_gets_in(school: School) -> None:
    owner = known_browser(school)
    assert guess(school, 7, HOME).status_code == 429
    assert enter(school, TRIAL_PASSWORD, HOME, owner).status_code == 303
    another = enter(school, TRIAL_PASSWORD, HOME)
    assert another.status_code == 429
    assert "с которого вы уже входили" in another.text
    assert "школу выдать новый" in another.text


def test_a_known_browser_waits_for_its_own_failures_only(school: School) -> None:
    here, there = known_browser(school), known_browser(school)
    told = [told_to_wait(enter(school, WRONG, HOME, here).text) for _ in range(5)]
    assert told[:4] == [0] * 4
    assert 10 < told[4] <= 15
    early = enter(school, TRIAL_PASSWORD, HOME, here)
    assert early.status_code == 429
    assert "с которого вы уже входили" not in early.text
    school.waits_over()
    assert 25 < told_to_wait(enter(school, WRONG, HOME, here).text) <= 30
    assert enter(school, TRIAL_PASSWORD, HOME, there).status_code == 303
    assert enter(school, TRIAL_PASSWORD, HOME).status_code == 303, "others have nothing to do with it"
    school.waits_over()
    assert enter(school, TRIAL_PASSWORD, HOME, here).status_code == 303
    assert told_to_wait(enter(school, WRONG, HOME, here).text) == 0


def test_guessing_from_many_addresses_is_slowed_and_a_known_browser_is_not(school: School) -> None:
    owner = known_browser(school)
    told = [told_to_wait(enter(school, WRONG, f"198.51.100.{n}").text) for n in range(12)]
    assert told[:11] == [0] * 11
    assert 10 < told[11] <= 15
    assert enter(school, TRIAL_PASSWORD, ELSEWHERE).status_code == 429
    school.waits_over()
    assert 25 < told_to_wait(enter(school, WRONG, ELSEWHERE).text) <= 30
    assert enter(school, TRIAL_PASSWORD, ELSEWHERE, owner).status_code == 303
    assert enter(school, TRIAL_PASSWORD, "198.51.100.250").status_code == 429, (
        "for the others nothing is over"
    )


def test_one_subscriber_of_ipv6_is_one_network(school: School) -> None:
    for n in range(5):
        enter(school, WRONG, f"2001:db8:1:2::{n + 1:x}")
    assert enter(school, TRIAL_PASSWORD, "2001:db8:1:2:ffff::1").status_code == 429
    assert enter(school, TRIAL_PASSWORD, "2001:db8:1:3::1").status_code == 303


def test_many_failures_in_a_network_do_not_stop_a_known_browser_there(school: School) -> None:
    owner = known_browser(school)
    with school.portal.portal.database.transaction() as db:
        enter(school, WRONG, HOME, login="guess-first")
        db.execute(update(Attempts).values(failures=49, last_at=now(), blocked_until=None))
    enter(school, WRONG, HOME, login="guess-last")
    assert enter(school, TRIAL_PASSWORD, HOME, login="pupil").status_code == 429
    assert enter(school, TRIAL_PASSWORD, HOME, owner).status_code == 303


def test_a_new_password_of_the_school_ends_all_waits_of_the_login(school: School) -> None:
    person = school.person("teacher")
    login = school.with_password(person)
    owner = known_browser(school, login, GOOD)
    for browser in (owner, *(school.portal.visitor() for _ in range(3))):
        for n in range(5):
            enter(school, WRONG, HOME if browser is owner else f"198.51.100.{n}", browser, login)
    assert enter(school, GOOD, HOME, owner, login).status_code == 429
    _login, one_time = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
    assert enter(school, one_time, HOME, owner, login).headers["location"] == "/auth/local/new-password"
    assert enter(school, one_time, "198.51.100.1", login=login).status_code == 303


def test_a_browser_is_known_for_the_logins_that_it_signed_in_with(school: School) -> None:
    browser = known_browser(school)
    guess(school, 5, HOME, "pupil")
    assert enter(school, TRIAL_PASSWORD, HOME, browser, "pupil").status_code == 429
    school.waits_over()
    assert enter(school, TRIAL_PASSWORD, HOME, browser, "pupil").status_code == 303
    for login in ("pupil", "teacher"):
        guess(school, 5, HOME, login)
        assert enter(school, TRIAL_PASSWORD, HOME, browser, login).status_code == 303


def test_a_cookie_that_the_portal_has_not_signed_makes_nobody_known(school: School) -> None:
    owner = known_browser(school)
    kept = owner.cookies[KNOWN]
    bytes_kept = bytearray(base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4)))
    bytes_kept[-1] ^= 1
    changed = base64.urlsafe_b64encode(bytes_kept).decode().rstrip("=")
    guess(school, 5, HOME)
    for planted in (changed, kept[:-4], "", "!", "A" * 22, "A" * 4000):
        owner.cookies[KNOWN] = planted
        assert enter(school, TRIAL_PASSWORD, HOME, owner).status_code == 429, planted
    owner.cookies[KNOWN] = kept
    assert enter(school, TRIAL_PASSWORD, HOME, owner).status_code == 303


def test_the_cookie_is_not_for_scripts_and_does_not_last_for_ever(school: School) -> None:
    browser, portal = school.portal.visitor(), school.portal.portal
    answer = enter(school, TRIAL_PASSWORD, HOME, browser)
    said = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{KNOWN}="))
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert f"Max-Age={180 * 86400}" in said
    kept, moment = browser.cookies[KNOWN], now()
    assert known_devices.number_of(portal, kept, "teacher", moment + timedelta(days=179))
    assert not known_devices.number_of(portal, kept, "teacher", moment + timedelta(days=181))


def test_signing_in_again_gives_no_fresh_counter(school: School) -> None:
    browser, portal = known_browser(school), school.portal.portal
    number = known_devices.number_of(portal, browser.cookies[KNOWN], "teacher")
    enter(school, TRIAL_PASSWORD, HOME, browser)
    assert known_devices.number_of(portal, browser.cookies[KNOWN], "teacher") == number
    another = known_browser(school)
    assert known_devices.number_of(portal, another.cookies[KNOWN], "teacher") != number


def test_of_many_logins_in_one_browser_the_latest_stay_known(school: School) -> None:
    portal, kept = school.portal.portal, ""
    for n in range(known_devices.MOST + 1):
        kept = known_devices.remembered(portal, kept, f"pupil{n}")
    known = [bool(known_devices.number_of(portal, kept, f"pupil{n}")) for n in range(known_devices.MOST + 1)]
    assert known == [False, *[True] * known_devices.MOST]
    assert len(kept) < 1000


def test_only_a_finished_sign_in_makes_a_browser_known(school: School) -> None:
    person = school.person("teacher", 1)
    login, one_time = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
    browser = school.portal.visitor()
    enter(school, WRONG, HOME, browser, login)
    enter(school, one_time, HOME, browser, login)
    assert KNOWN not in browser.cookies
    browser.post("/auth/local/new-password", data={"password": GOOD, "repeated": GOOD})
    assert is_in(browser)
    assert KNOWN in browser.cookies


def test_wrong_codes_of_somebody_who_has_the_password_do_not_keep_the_owner_out(school: School) -> None:
    person = school.person("teacher", 2)
    login = school.with_password(person)
    owner = known_browser(school, login, GOOD)
    with school.portal.portal.database.transaction() as db:
        known = db.get_one(LocalLogin, person)
        second_factor.prepare(db, known)
        shown = second_factor.enrolment(db.portal, known)
        assert shown is not None
        code = TOTP(shown.secret.replace(" ", "")).now()
        known.totp_since = now()
    stranger = school.portal.visitor()
    enter(school, GOOD, HOME, stranger, login)
    wrong = [stranger.post("/auth/local/code", data={"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in wrong] == [*[422] * 5, 429]
    assert stranger.post("/auth/local/code", data={"code": code}).status_code == 429
    enter(school, GOOD, HOME, owner, login)
    assert owner.post("/auth/local/code", data={"code": code}).status_code == 303
    assert is_in(owner)


def test_neither_logins_nor_addresses_lie_in_the_table(school: School) -> None:
    guess(school, 2, PUPIL, "trace-me")
    with school.portal.portal.database.reading(fresh=True) as db:
        rows = db.scalars(select(Attempts)).all()
    assert len(rows) == 3
    assert all(len(row.key_hash) == 32 and len(row.subject_hash or b"x" * 32) == 32 for row in rows)


def test_an_installation_may_remember_no_browsers(make_portal: Any) -> None:
    portal = make_portal(**BEHIND_PROXY, plugin_sections={"auth_local": {"known_device_days": 0}})
    with running(portal) as under_test:
        school = first_school(under_test)
        browser = known_browser(school)
        assert KNOWN not in browser.cookies
        guess(school, 5, HOME)
        answer = enter(school, TRIAL_PASSWORD, HOME, browser)
        assert answer.status_code == 429
        assert "с которого вы уже входили" not in answer.text


def test_in_production_no_neighbour_can_plant_the_cookie(make_portal: Any) -> None:
    portal = make_portal(**BEHIND_PROXY, production=True, secret_key="x" * 32)
    with running(portal) as under_test:
        school = first_school(under_test)
        login, name = school.with_password(school.person("teacher", 2)), f"{cookies.HOST_ONLY}{KNOWN}"
        browser = known_browser(school, login, GOOD)
        assert name in browser.cookies
        guess(school, 5, HOME, login)
        assert enter(school, GOOD, HOME, browser, login).status_code == 303
        browser.cookies[KNOWN] = browser.cookies.pop(name)
        assert enter(school, GOOD, HOME, browser, login).status_code == 429


@pytest.mark.parametrize(
    ("name", "value"),
    [("attempts_per_login", 3), ("attempts_per_address", 0), ("known_device_days", 4000), ("free", 1)],
)
def test_settings_that_would_open_or_close_the_door_are_refused(name: str, value: int) -> None:
    config = Config(plugin_sections={"auth_local": {name: value}})
    with pytest.raises(ConfigurationError) as raised:
        config.section("auth_local", "LOCAL", LocalConfiguration)
    assert name in raised.value.message
