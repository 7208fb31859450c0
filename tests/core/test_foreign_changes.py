"""Changes are taken only from the portal's own pages."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from core.identity.models import SignInSession
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


def test_a_form_after_the_session_has_ended_gets_a_way_back_to_itself(portal: PortalUnderTest) -> None:
    guardian = portal.sign_in("guardian")
    form = {"_kind": "core.person_correction", "csrf_token": guardian.csrf_token()}
    page = "http://testserver.local/requests/new?kind=core.person_correction"
    with portal.portal.database.transaction() as db:
        db.execute(delete(SignInSession))
    answer = guardian.post("/requests", data=form, csrf=False, headers={"referer": page})
    assert answer.status_code == 401
    assert 'href="/sign-in?next=/requests/new%3Fkind%3Dcore.person_correction"' in answer.text
    elsewhere = guardian.post(
        "/requests", data=form, csrf=False, headers={"referer": "https://evil.example/requests/new"}
    )
    assert elsewhere.status_code == 401
    assert 'href="/sign-in"' in elsewhere.text


def test_signing_out_of_a_session_that_has_ended_offers_to_sign_in(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    token = teacher.csrf_token()
    with portal.portal.database.transaction() as db:
        db.execute(delete(SignInSession))
    answer = teacher.post("/auth/logout", data={"csrf_token": token}, csrf=False)
    assert answer.status_code == 401
    assert "Войти" in answer.text


def test_a_refused_form_leads_back_to_its_page(portal: PortalUnderTest) -> None:
    deputy = portal.sign_in("deputy_head")
    page = "http://testserver.local/account"
    answer = deputy.post("/account/tokens", data={}, csrf=False, headers={"referer": page})
    assert answer.status_code == 403
    assert 'href="/account">' in answer.text
    assert "Вернуться к форме" in answer.text
