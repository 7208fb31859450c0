"""The counter of visits: none by default; asked about where it is set, loaded after consent, never where people are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.config import Config, convert
from core.errors import ConfigurationError
from core.portal import Portal
from core.testing import PortalUnderTest
from core.testing.portal import Visitor, running

COUNTER = "12345678"
QUESTION = "Можно считать посещения?"


@pytest.fixture(scope="module")
def counted(make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    """A portal whose operator has set a counter."""
    with running(make_portal(yandex_metrika=COUNTER)) as under_test:
        yield under_test


def policy(answer: Any) -> str:
    return str(answer.headers["content-security-policy"])


def choose(visitor: Visitor, choice: str, target: str = "/sign-in") -> Any:
    return visitor.post("/privacy/counter", data={"choice": choice, "next": target})


def test_by_default_there_is_no_counter_no_question_and_nothing_foreign(portal: PortalUnderTest) -> None:
    stranger = portal.visitor()
    for url in ("/sign-in", "/privacy"):
        answer = stranger.get(url)
        assert QUESTION not in answer.text
        assert "mc.yandex" not in answer.text + policy(answer)
    assert "Счётчиков нет" in stranger.get("/privacy").text
    assert choose(stranger, "allowed").status_code == 303
    assert not [name for name in stranger.cookies if "counter" in name]
    assert "metrika" not in stranger.get("/sign-in").text


def test_nothing_is_loaded_before_an_answer_and_both_answers_are_equally_easy(
    counted: PortalUnderTest,
) -> None:
    stranger = counted.visitor()
    answer = stranger.get("/sign-in")
    assert QUESTION in answer.text
    assert "metrika.js" not in answer.text.replace("metrika-", "metrika.")
    assert "mc.yandex" not in policy(answer)
    buttons = re.findall(r'<button class="([^"]*)" name="choice" value="(\w+)"', answer.text)
    assert buttons == [("button", "necessary"), ("button", "allowed")]


def test_a_refusal_is_kept_and_nothing_is_loaded(counted: PortalUnderTest) -> None:
    stranger = counted.visitor()
    assert choose(stranger, "necessary").headers["location"] == "/sign-in"
    answer = stranger.get("/sign-in")
    assert QUESTION not in answer.text
    assert "mc.yandex" not in policy(answer)
    assert COUNTER not in answer.text


def test_after_consent_it_is_loaded_where_nobody_is_signed_in_until_the_consent_is_taken_back(
    counted: PortalUnderTest,
) -> None:
    stranger = counted.visitor()
    choose(stranger, "allowed")
    for url in ("/sign-in", "/privacy"):
        answer = stranger.get(url)
        assert f'<meta name="counter" content="{COUNTER}">' in answer.text
        assert "script-src 'self' https://mc.yandex.ru" in policy(answer)
        assert "unsafe" not in policy(answer)
    for url in ("/no-such-page", "/auth/local"):
        answer = stranger.get(url)
        assert COUNTER not in answer.text
        assert "mc.yandex" not in policy(answer)
    choose(stranger, "necessary", "/privacy")
    assert COUNTER not in stranger.get("/sign-in").text


def test_whoever_is_signed_in_is_never_counted(counted: PortalUnderTest) -> None:
    guardian = counted.sign_in("guardian")
    choose(guardian, "allowed", "/privacy")
    for url in ("/", "/privacy", "/account", "/requests"):
        answer = guardian.get(url)
        assert answer.status_code == 200
        assert COUNTER not in answer.text
        assert "mc.yandex" not in policy(answer)
    assert "вы разрешили" in guardian.get("/privacy").text


def test_the_answer_leads_nowhere_else(counted: PortalUnderTest) -> None:
    assert choose(counted.visitor(), "allowed", "//evil.example").headers["location"] == "/privacy"
    assert counted.visitor().post("/privacy/counter", data={}, csrf=False).status_code == 403


def test_the_pages_tell_what_the_portal_and_its_plugins_keep(portal: PortalUnderTest) -> None:
    page = portal.visitor().get("/privacy").text
    assert "Как портал обращается с данными" in page
    assert "Журнал" in page
    assert 'href="/privacy"' in portal.visitor().get("/sign-in").text
    assert 'href="/privacy"' in portal.sign_in("pupil").get("/").text


def test_a_wrong_number_of_a_counter_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        convert({"yandex_metrika": "<script>"}, Config, "moyashkola.toml")
