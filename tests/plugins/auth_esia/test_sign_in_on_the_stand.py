"""The client and the strict stand understand each other over HTTP, and fall out when they should."""

from __future__ import annotations

import httpx2
import pytest

from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.stand.personas import persona
from plugins.auth_esia.stand.routes import PREFIX

from .conftest import CLIENT_ID, Browser, StandRun, callback


def test_a_teacher_signs_in_and_the_profile_is_complete(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    answer = browser.sign_in(login, "teacher")
    assert answer["state"] == login.state
    assert len(answer["code"]) > 800
    profile = client.sign_in(answer["code"], login.verifier)
    wanted = persona("teacher")
    assert (profile.subject, profile.level, profile.confirmed) == (str(wanted.oid), "PR", True)
    assert (profile.last_name, profile.first_name, profile.middle_name) == ("Берёзкина", "Анна", "Сергеевна")
    assert profile.snils == "97110103766"
    assert profile.birth_date == wanted.birth_date
    assert profile.email == wanted.email and profile.phone == "+79007000001"
    assert [child.snils for child in profile.children] == ["97111659212"]
    assert [(place.ogrn, place.chief) for place in profile.employments] == [("1022600001137", False)]
    assert profile.missing == ()


def test_a_second_sign_in_in_the_same_session_asks_nothing(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    browser.sign_in(client.begin(), "parent")
    login = client.begin()
    answer = callback(browser.open(login.address))
    profile = client.sign_in(answer["code"], login.verifier)
    assert [child.first_name for child in profile.children] == ["Дарья", "Егор"]


def test_after_the_logout_the_stand_asks_again(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    browser.sign_in(client.begin(), "parent")
    end = browser.open(client.logout_address("http://portal.example.org/auth/signed-out"))
    assert end == "http://portal.example.org/auth/signed-out"
    assert "/login" in browser.open(client.begin().address)


def test_the_logout_sends_nobody_to_a_foreign_site(stand: StandRun, browser: Browser) -> None:
    end = browser.open(stand.client().logout_address("https://evil.example.net/auth/"))
    assert end.startswith(stand.base_url)
    assert "Вы вышли" in browser.text()


@pytest.mark.parametrize(
    "login",
    [
        "+7 900 700-00-01",
        "89007000001",
        "9007000001",
        "A.Berezkina@example.org",
        "971-101-037 66",
        "97110103766",
    ],
)
def test_phone_mail_and_snils_are_logins(stand: StandRun, browser: Browser, login: str) -> None:
    client = stand.client()
    begun = client.begin()
    browser.open(begun.address)
    end = browser.press("/login", login=login, password="demo", enter="1")
    if "/consent" in end:
        assert "Берёзкина Анна Сергеевна" in browser.text()
        end = browser.press("/consent", decision="allow")
    assert client.sign_in(callback(end)["code"], begun.verifier).subject == str(persona("teacher").oid)


def test_a_wrong_password_is_told_and_the_login_stays(stand: StandRun, browser: Browser) -> None:
    browser.open(stand.client().begin().address)
    browser.press("/login", login="+79007000001", password="wrong", enter="1")
    assert "Неверный логин или пароль" in browser.text()
    assert 'value="+79007000001"' in browser.page
    browser.press("/login", login="", password="", enter="1")
    assert "Введите логин и пароль" in browser.text()


def test_a_person_may_cancel(stand: StandRun, browser: Browser) -> None:
    login = stand.client().begin()
    browser.open(login.address)
    answer = callback(browser.press("/login", cancel="1"))
    assert answer["error_description"].startswith("ESIA-007004")
    assert answer["state"] == login.state


def test_consent_is_asked_once_and_may_be_refused(stand: StandRun, browser: Browser) -> None:
    browser.open(stand.client().begin().address)
    assert "/consent" in browser.press("/login", persona="no_email")
    assert "СНИЛС" in browser.text() and "Лаптева Ирина Петровна" in browser.text()
    answer = callback(browser.press("/consent", decision="refuse"))
    assert answer["error_description"].startswith("ESIA-007019")
    browser.open(stand.client().begin().address)
    browser.press("/consent", decision="allow")
    assert "code" in callback(browser.open(stand.client().begin().address))


def test_a_new_data_set_needs_a_new_consent(stand: StandRun, browser: Browser) -> None:
    browser.sign_in(stand.client(scopes=("openid", "fullname")).begin(), "federal")
    assert "/consent" in browser.open(stand.client(scopes=("openid", "fullname", "snils")).begin().address)


def test_only_granted_data_are_given(stand: StandRun, browser: Browser) -> None:
    client = stand.client(scopes=("openid", "fullname"))
    login = client.begin()
    profile = client.sign_in(browser.sign_in(login, "deputy_head")["code"], login.verifier)
    assert profile.last_name == "Тарасова"
    assert (profile.snils, profile.birth_date, profile.email, profile.phone) == (None, None, None, None)
    assert profile.employments == ()


def test_people_without_mail_and_children_sign_in(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    profile = client.sign_in(browser.sign_in(login, "child")["code"], login.verifier)
    assert (profile.level, profile.is_child_account, profile.confirmed) == ("KD", True, False)
    assert profile.email is None


def test_a_blocked_employee_has_no_place(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    profile = client.sign_in(browser.sign_in(login, "blocked_employee")["code"], login.verifier)
    assert profile.employments == ()
    assert [place.ogrn for place in profile.blocked_at] == ["1022600001137"]


def test_an_unconfirmed_mail_is_not_taken(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    assert client.sign_in(browser.sign_in(login, "namesake")["code"], login.verifier).email is None


def test_sign_in_works_without_pkce(stand: StandRun, browser: Browser) -> None:
    client = stand.client(pkce=False)
    login = client.begin()
    assert login.verifier == "" and "code_challenge" not in login.address
    assert client.sign_in(browser.sign_in(login, "head")["code"], "").employments[0].chief


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("bad_signature", "bad-token"),
        ("alg_none", "bad-token"),
        ("alg_hs256", "bad-token"),
        ("wrong_issuer", "bad-token"),
        ("wrong_audience", "bad-token"),
        ("other_person", "bad-token"),
        ("organization", "not-a-person"),
        ("state_mismatch", "bad-token"),
        ("clock_ahead", "clock"),
        ("expired", "clock"),
        ("token_500", "no-answer"),
        ("token_html", "bad-answer"),
        ("slow", "no-answer"),
        ("profile_500", "no-answer"),
    ],
)
def test_a_broken_or_forged_answer_signs_nobody_in(
    stand: StandRun, browser: Browser, fault: str, code: str
) -> None:
    client = stand.client()
    login = client.begin()
    answer = browser.sign_in(login, "regional", fault)
    with pytest.raises(EsiaError) as caught:
        client.sign_in(answer["code"], login.verifier)
    assert caught.value.code == code
    assert caught.value.message and caught.value.advice


@pytest.mark.parametrize(("fault", "code"), [("unconfirmed_refused", "007055"), ("overload", "007007")])
def test_the_stand_may_refuse_at_the_door(stand: StandRun, browser: Browser, fault: str, code: str) -> None:
    answer = browser.sign_in(stand.client().begin(), "regional", fault)
    assert answer["error_description"].startswith(f"ESIA-{code}")


def test_missing_collections_only_make_the_profile_poorer(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    answer = browser.sign_in(login, "parent", "collections_500")
    profile = client.sign_in(answer["code"], login.verifier)
    assert profile.missing == ("ctts", "roles", "kids")
    assert profile.children == ()


def test_a_closed_port_is_an_outage_and_not_a_crash(stand: StandRun) -> None:
    from .served import free_port

    client = stand.client(server_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EsiaError) as caught:
        client.sign_in("code", "verifier")
    assert (caught.value.kind, caught.value.status) == ("unavailable", 503)


def test_the_clocks_are_compared(stand: StandRun) -> None:
    assert abs(stand.client().clock_difference()) < 5


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("Анна Берёзкина", "не похоже на номер телефона"),
        ("12345", "не похоже на номер телефона"),
        ("a.berezkina@", "имя@сайт.ру"),
        ("971-101-037 65", "Контрольное число СНИЛС"),
        ("971-101-037 66", "Неверный логин или пароль"),
        ("+79999999999", "Неверный логин или пароль"),
        ("nobody@example.org", "Неверный логин или пароль"),
    ],
)
def test_a_wrong_login_is_told_what_is_wrong(
    stand: StandRun, browser: Browser, login: str, words: str
) -> None:
    browser.open(stand.client().begin().address)
    browser.press("/login", login=login, password="wrong", enter="1")
    assert words in browser.text()
    assert f'value="{login}"' in browser.page


def test_a_consent_can_be_seen_and_taken_back(stand: StandRun, browser: Browser) -> None:
    browser.open("/esia-stand/consents")
    assert "сначала войдите" in browser.text()
    client = stand.client()
    login = client.begin()
    code = browser.sign_in(login, "regional")["code"]
    browser.open("/esia-stand/consents")
    assert "Гончаров Дмитрий Олегович" in browser.text() and "Дата рождения" in browser.text()
    stranger = httpx2.post(f"{stand.base_url}/consents/revoke", data={"client": CLIENT_ID}, trust_env=False)
    assert "сначала войдите" in stranger.text
    revoked = browser.http.post(f"{PREFIX}/consents/revoke", data={"client": CLIENT_ID})
    assert "отозвано" in revoked.text
    with pytest.raises(EsiaError) as caught:
        client.sign_in(code, login.verifier)
    assert caught.value.code == "bad-answer"
    assert "/consent?" in browser.open(stand.client().begin().address)


def test_a_teacher_of_two_schools_has_two_places(stand: StandRun, browser: Browser) -> None:
    client = stand.client()
    login = client.begin()
    profile = client.sign_in(browser.sign_in(login, "teacher2")["code"], login.verifier)
    assert [place.ogrn for place in profile.employments] == ["1022600001137", "1022602000145"]
