"""Sessions: who is signed in, how a session begins, changes and ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select, update

from core.database.base import now
from core.identity.models import Account, SignInSession
from core.portal import Portal
from core.testing import PortalUnderTest
from core.testing.portal import running
from core.web import cookies


def test_a_stranger_is_sent_to_the_sign_in_page_and_comes_back(portal: PortalUnderTest) -> None:
    answer = portal.visitor().get("/account?tab=tokens")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/account%3Ftab%3Dtokens"


def test_an_api_call_without_a_session_gets_401_with_the_way_to_sign_in(portal: PortalUnderTest) -> None:
    answer = portal.visitor().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json()["login_url"] == "/sign-in"
    assert "Войдите" in answer.json()["detail"]


def test_the_signed_in_person_is_known_to_the_api(portal: PortalUnderTest) -> None:
    head = portal.sign_in("head")
    me = head.get("/api/v1/me").json()
    assert me["person_id"] == str(head.person_id)
    assert [role["kind"] for role in me["roles"] if role["acting"]] == ["head"]
    assert me["permissions"]["core.organization.view"] == "organization"


def test_an_invented_cookie_signs_nobody_in(portal: PortalUnderTest) -> None:
    stranger = portal.visitor()
    stranger.cookies[cookies.SESSION] = "invented"
    assert stranger.get("/api/v1/me").status_code == 401


def test_the_database_never_holds_the_cookie(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    token = teacher.cookies[cookies.SESSION].encode()
    with portal.portal.database.reading() as db:
        hashes = db.scalars(select(SignInSession.token_hash)).all()
    assert token not in hashes
    assert all(len(each) == 32 for each in hashes)


def test_signing_out_ends_the_session_on_the_server(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    stolen = dict(teacher.cookies)
    assert teacher.post("/auth/logout").status_code == 303
    teacher.cookies = stolen
    assert teacher.get("/api/v1/me").status_code == 401


def test_choosing_another_role_rotates_the_token_and_is_remembered(portal: PortalUnderTest) -> None:
    class_teacher = portal.sign_in("class_teacher")
    old = dict(class_teacher.cookies)
    roles = class_teacher.get("/api/v1/me").json()["roles"]
    other = next(role for role in roles if not role["acting"])
    answer = class_teacher.post("/account/role", data={"role_id": other["id"], "next": "/"})
    assert answer.status_code == 303
    assert class_teacher.cookies[cookies.SESSION] != old[cookies.SESSION]
    acting = [role["id"] for role in class_teacher.get("/api/v1/me").json()["roles"] if role["acting"]]
    assert acting == [other["id"]]
    class_teacher.cookies = old
    assert class_teacher.get("/api/v1/me").status_code == 401
    with portal.portal.database.reading() as db:
        remembered = db.scalar(
            select(Account.last_role_id).where(Account.person_id == class_teacher.person_id)
        )
    assert str(remembered) == other["id"]


def test_nobody_can_choose_a_role_of_somebody_else(portal: PortalUnderTest) -> None:
    head_role = portal.sign_in("head").get("/api/v1/me").json()["roles"][0]["id"]
    pupil = portal.sign_in("pupil")
    assert pupil.post("/account/role", data={"role_id": head_role}).status_code == 404
    assert [role["kind"] for role in pupil.get("/api/v1/me").json()["roles"]] == ["pupil"]


def test_an_idle_session_ends(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=1)
    long_ago = now() - timedelta(minutes=portal.portal.config.session_idle_minutes + 1)
    with portal.portal.database.transaction() as db:
        mine = select(Account.id).where(Account.person_id == teacher.person_id).scalar_subquery()
        db.execute(update(SignInSession).where(SignInSession.account_id == mine).values(seen_at=long_ago))
    assert teacher.get("/api/v1/me").status_code == 401


def test_reading_does_not_write_the_session(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    with portal.counting_statements() as statements:
        assert teacher.get("/api/v1/me").status_code == 200
    assert len(statements) == 1


def test_a_session_in_use_is_noted_every_few_minutes(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=2)
    mine = select(Account.id).where(Account.person_id == teacher.person_id).scalar_subquery()
    earlier = now() - timedelta(minutes=30)
    with portal.portal.database.transaction() as db:
        db.execute(update(SignInSession).where(SignInSession.account_id == mine).values(seen_at=earlier))
    teacher.get("/api/v1/me")
    with portal.portal.database.reading() as db:
        seen = db.scalar(select(func.max(SignInSession.seen_at)).where(SignInSession.account_id == mine))
    assert seen is not None
    assert seen > earlier + timedelta(minutes=29)


def test_a_blocked_account_is_signed_out_at_once(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=3)
    with portal.portal.database.transaction() as db:
        db.execute(update(Account).where(Account.person_id == teacher.person_id).values(status="blocked"))
    assert teacher.get("/api/v1/me").status_code == 401


def test_somebody_without_a_role_sees_how_to_get_one(portal: PortalUnderTest) -> None:
    newcomer = portal.sign_in_person(portal.new_person())
    page = newcomer.get("/")
    assert page.status_code == 200
    assert "рол" in page.text


def test_the_sign_in_page_does_not_lead_to_other_sites(portal: PortalUnderTest) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\nb"):
        head = portal.sign_in("head")
        answer = head.get("/sign-in", params={"next": target})
        assert answer.headers["location"] == "/"


def test_in_production_cookies_belong_to_this_host_alone(make_portal: Callable[..., Portal]) -> None:
    with running(make_portal(production=True)) as portal:
        page = portal.visitor().get("/sign-in")
        visitor = page.headers["set-cookie"].split("; ")
        assert visitor[0].startswith("__Host-moyashkola_visitor=")
        assert {"HttpOnly", "Path=/", "Secure"} <= set(visitor)
        assert not any(part.startswith("Domain") for part in visitor)
        teacher = portal.sign_in("teacher")
        assert list(teacher.cookies) == ["__Host-moyashkola_session"]
        assert teacher.get("/api/v1/me").status_code == 200
        planted = portal.visitor()
        planted.cookies[cookies.SESSION] = teacher.cookies["__Host-moyashkola_session"]
        assert planted.get("/api/v1/me").status_code == 401
        view = teacher.post("/view", data={"contrast": "on"})
        assert view.headers["set-cookie"].startswith("__Host-moyashkola_view=")
        ended = teacher.post("/auth/logout").headers["set-cookie"].split("; ")
        assert ended[0].startswith("__Host-moyashkola_session=")
        assert {"Max-Age=0", "Path=/", "Secure"} <= set(ended)


def test_signing_out_has_the_browser_forget_pages_and_drafts(portal: PortalUnderTest) -> None:
    answer = portal.sign_in("teacher").post("/auth/logout")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
