"""Changes are taken only from the portal's own pages."""

from __future__ import annotations

import pytest

from core.testing import PortalUnderTest

CHANGES = [("/view", {"size": "150"}), ("/locale", {"locale": "en"}), ("/auth/logout", {})]


@pytest.mark.parametrize(("url", "form"), CHANGES)
def test_a_form_without_the_token_changes_nothing(
    portal: PortalUnderTest, url: str, form: dict[str, str]
) -> None:
    teacher = portal.sign_in("teacher")
    answer = teacher.post(url, data=form, csrf=False)
    assert answer.status_code == 403
    assert "обновите страницу" in answer.text
    assert teacher.get("/api/v1/me").status_code == 200


def test_the_token_may_stand_in_the_form(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    form = {"locale": "en", "csrf_token": teacher.csrf_token()}
    assert teacher.post("/locale", data=form, csrf=False).status_code == 303


def test_a_token_of_another_session_is_refused(portal: PortalUnderTest) -> None:
    teacher, head = portal.sign_in("teacher"), portal.sign_in("head")
    form = {"locale": "en", "csrf_token": head.csrf_token()}
    assert teacher.post("/locale", data=form, csrf=False).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}],
)
def test_a_change_from_another_site_is_refused_even_with_the_token(
    portal: PortalUnderTest, headers: dict[str, str]
) -> None:
    teacher = portal.sign_in("teacher")
    assert teacher.post("/locale", data={"locale": "en"}, headers=headers).status_code == 403


def test_every_answer_carries_the_headers_that_protect_it(portal: PortalUnderTest) -> None:
    answer = portal.visitor().get("/sign-in")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "private" in answer.headers["cache-control"]


def test_a_change_after_the_session_has_ended_asks_to_sign_in(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    token = teacher.csrf_token()
    teacher.post("/auth/logout")
    answer = teacher.post("/api/v1/notifications/read-all", headers={"x-csrf-token": token}, csrf=False)
    assert answer.status_code == 401
    assert answer.json()["login_url"] == "/sign-in"
