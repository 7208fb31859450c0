"""People sign in to the whole portal through the stand, over HTTP on a real port."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import delete, func, select, update

from core.config import Config
from core.database import migrations
from core.identity.families import day_of_majority
from core.identity.models import Account, ExternalIdentity, Guardianship, Person, SignInSession
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.applications import application
from plugins.auth_esia import gost
from plugins.auth_esia.checks import check_connection
from plugins.auth_esia.installation import installation
from plugins.auth_esia.models import LoginUnderWay
from plugins.auth_esia.stand.issuing import RsaTokenKey
from plugins.auth_esia.stand.personas import Kid
from plugins.auth_esia.stand.routes import stand_routes

from .conftest import CLIENT_ID, ISSUER, StandRun
from .served import free_port, served
from .whole_portal import LOGIN, Browser, browser, portal

__all__ = ["browser", "portal"]


def count(portal: Portal, model: type) -> int:
    with portal.database.reading() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def test_a_teacher_signs_in_and_lands_where_she_wanted(portal: Portal, browser: Browser) -> None:
    end = browser.sign_in("teacher", next_address="/landing%3Fterm%3D2")
    assert urlsplit(end).path == "/landing" and parse_qs(urlsplit(end).query) == {"term": ["2"]}
    assert browser.signed_in
    with portal.database.reading() as db:
        person = db.scalars(select(Person).where(Person.snils == "97110103766")).one()
        account = db.scalars(select(Account).where(Account.person_id == person.id)).one()
        tie = db.scalars(select(ExternalIdentity).where(ExternalIdentity.account_id == account.id)).one()
    assert (tie.subject, tie.level) == ("1000700001", "confirmed")
    assert count(portal, LoginUnderWay) == 0


def test_a_second_sign_in_finds_the_same_account(portal: Portal) -> None:
    Browser(portal).sign_in("class_teacher")
    accounts, ties = count(portal, Account), count(portal, ExternalIdentity)
    second = Browser(portal)
    second.sign_in("class_teacher")
    assert second.signed_in
    assert (count(portal, Account), count(portal, ExternalIdentity)) == (accounts, ties)


def test_a_childs_account_is_let_in(portal: Portal, browser: Browser) -> None:
    browser.sign_in("child")
    assert browser.signed_in


def test_an_unconfirmed_account_learns_how_to_confirm(portal: Portal, browser: Browser) -> None:
    browser.sign_in("unverified")
    assert browser.status == 403
    assert "не подтверждена" in browser.text() and "МФЦ" in browser.text() and "ESIA-007055" in browser.text()
    assert not browser.signed_in


def children_of(portal: Portal, snils: str) -> dict[str, bool]:
    with portal.database.reading() as db:
        parent = db.scalars(select(Person).where(Person.snils == snils)).one()
        rows = db.execute(
            select(Person.first_name, Guardianship.rights)
            .join(Guardianship, Guardianship.child_id == Person.id)
            .where(Guardianship.guardian_id == parent.id)
        )
        return {row.first_name: row.rights == "none" for row in rows}


def test_a_parent_gets_to_her_children_and_the_school_may_block_it(portal: Portal) -> None:
    Browser(portal).sign_in("parent")
    assert children_of(portal, "97110518593") == {"Дарья": False, "Егор": False}
    with portal.database.transaction() as db:
        parent = db.scalars(select(Person).where(Person.snils == "97110518593")).one()
        roles = db.scalars(select(StructuralRole).where(StructuralRole.person_id == parent.id)).all()
        assert [(role.kind, role.status) for role in roles] == [("guardian", "active")]
        db.execute(update(Guardianship).values(rights="none"))
        roles[0].status = "terminated"
    Browser(portal).sign_in("parent")
    assert children_of(portal, "97110518593") == {"Дарья": True, "Егор": True}
    with portal.database.reading() as db:
        assert db.scalars(select(StructuralRole.status).where(StructuralRole.kind == "guardian")).all() == [
            "terminated"
        ]


def test_a_grown_up_child_is_not_tied_and_a_tie_ends_before_the_birthday(portal: Portal) -> None:
    with portal.database.transaction() as db:
        db.execute(delete(Guardianship))
        daughter = db.scalars(select(Person).where(Person.snils == "97110622285")).one()
        born, daughter.birth_date = daughter.birth_date, date(2008, 11, 1)
    changed = Kid(
        record_id=88001,
        last_name="Ковалёва",
        first_name="Дарья",
        middle_name=None,
        birth_date=date(2008, 11, 1),
        gender="F",
        snils="971-106-222 85",
    )
    stand = installation(portal).stand
    assert stand is not None and born is not None
    people = stand.people
    stand.people = tuple(
        msgspec.structs.replace(each, kids=(changed, *each.kids[1:])) if each.key == "parent" else each
        for each in people
    )
    try:
        Browser(portal).sign_in("parent")
    finally:
        stand.people = people
        with portal.database.transaction() as db:
            db.get_one(Person, daughter.id).birth_date = born
    with portal.database.reading() as db:
        tie = db.scalars(select(Guardianship)).one()
        son = db.get_one(Person, tie.child_id)
    assert (son.first_name, tie.ends_on) == ("Егор", date(2034, 3, 13))


def test_a_record_nobody_checked_ties_nobody(portal: Portal) -> None:
    with portal.database.transaction() as db:
        db.execute(delete(Guardianship))
    stand = installation(portal).stand
    assert stand is not None
    people = stand.people
    stand.people = tuple(
        msgspec.structs.replace(
            each, kids=tuple(msgspec.structs.replace(kid, verified=False) for kid in each.kids)
        )
        for each in people
    )
    try:
        Browser(portal).sign_in("parent")
    finally:
        stand.people = people
    assert count(portal, Guardianship) == 0


def test_a_childs_account_fits_a_pupil_only(portal: Portal, browser: Browser) -> None:
    son = select(Person.id).where(Person.snils == "97110725901").scalar_subquery()
    with portal.database.transaction() as db:
        db.execute(delete(ExternalIdentity).where(ExternalIdentity.subject == "1000700008"))
        db.execute(update(StructuralRole).where(StructuralRole.person_id == son).values(status="terminated"))
    browser.sign_in("child")
    assert browser.status == 403 and "детская" in browser.text().lower()
    assert not browser.signed_in
    with portal.database.transaction() as db:
        db.execute(update(StructuralRole).where(StructuralRole.person_id == son).values(status="active"))
    later = Browser(portal)
    later.sign_in("child")
    assert later.signed_in


@pytest.mark.parametrize(
    ("born", "of_age"),
    [(date(2008, 11, 28), date(2026, 11, 28)), (date(2008, 2, 29), date(2026, 3, 1))],
)
def test_the_day_of_majority(born: date, of_age: date) -> None:
    assert day_of_majority(born) == of_age


def test_a_child_whom_no_school_knows_is_not_made(portal: Portal, browser: Browser) -> None:
    people = count(portal, Person)
    browser.sign_in("teacher")
    assert children_of(portal, "97110103766") == {}
    assert count(portal, Person) == people


def test_somebody_unknown_gets_an_account_without_a_role(portal: Portal, browser: Browser) -> None:
    browser.sign_in("nobody")
    assert browser.signed_in and browser.status == 200


def test_first_sign_ins_at_the_same_instant_make_one_account(portal: Portal) -> None:
    browsers = [Browser(portal) for _ in range(6)]
    for each in browsers:
        each.stop_at = "/auth/esia/callback"
        each.sign_in("same_email")
    together = Barrier(len(browsers))

    def come_back(window: Browser) -> int:
        together.wait()
        return window.http.get(window.callback).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        statuses = sorted(pool.map(come_back, browsers))
    assert statuses == [200, *[303] * (len(browsers) - 1)], "the first is told of the new account"
    assert all(each.signed_in for each in browsers)
    with portal.database.reading() as db:
        ties = db.scalars(select(ExternalIdentity).where(ExternalIdentity.subject == "1000700018")).all()
        people = db.scalars(select(Person).where(Person.snils == "97111866621")).all()
    assert (len(ties), len(people)) == (1, 1)


def test_a_parent_in_two_windows_is_tied_once_and_nothing_fails(portal: Portal) -> None:
    with portal.database.transaction() as db:
        db.execute(delete(Guardianship))
        db.execute(delete(StructuralRole).where(StructuralRole.kind == "guardian"))
    browsers = [Browser(portal) for _ in range(4)]
    for each in browsers:
        each.stop_at = "/auth/esia/callback"
        each.sign_in("parent")
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(lambda each: each.http.get(each.callback), browsers))
    assert children_of(portal, "97110518593") == {"Дарья": False, "Егор": False}
    with portal.database.reading() as db:
        held = select(func.count()).select_from(StructuralRole).where(StructuralRole.kind == "guardian")
        assert db.scalar(held) == 1
    assert portal.plugins.loaded["auth_esia"].failures == []


def test_a_namesake_with_the_same_mail_is_another_person(portal: Portal, browser: Browser) -> None:
    Browser(portal).sign_in("teacher")
    browser.sign_in("namesake")
    assert browser.signed_in
    with portal.database.reading() as db:
        ties = db.scalars(
            select(ExternalIdentity).where(ExternalIdentity.subject.in_(["1000700001", "1000700015"]))
        ).all()
    assert len({tie.account_id for tie in ties}) == 2


def test_a_new_account_with_the_same_snils_is_not_moved(portal: Portal, browser: Browser) -> None:
    Browser(portal).sign_in("teacher")
    browser.sign_in("reregistered")
    assert browser.status == 403 and "уже связан" in browser.text()
    assert not browser.signed_in


def test_cancelling_and_refusing_are_told_in_words(portal: Portal, browser: Browser) -> None:
    browser.open(LOGIN)
    browser.press("/login", cancel="1")
    assert "Вход отменён" in browser.text() and "ESIA-007004" in browser.text()
    browser.open(LOGIN)
    browser.press("/login", persona="municipal")
    browser.press("/consent", decision="refuse")
    assert "не разрешили" in browser.text() and "СНИЛС" in browser.text()
    assert not browser.signed_in


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("bad_signature", 502, "проверку подлинности"),
        ("alg_none", 502, "проверку подлинности"),
        ("wrong_issuer", 502, "проверку подлинности"),
        ("clock_ahead", 502, "Время на сервере"),
        ("token_500", 503, "не отвечают"),
        ("token_html", 503, "не так, как должны"),
        ("profile_500", 503, "не отвечают"),
        ("organization", 403, "не от имени человека"),
        ("overload", 503, "не отвечают"),
        ("unconfirmed_refused", 403, "не подтверждена"),
    ],
)
def test_a_broken_answer_has_its_page_and_signs_nobody_in(
    portal: Portal, browser: Browser, fault: str, status: int, words: str
) -> None:
    sessions_before = count(portal, SignInSession)
    browser.sign_in("regional", fault=fault)
    assert browser.status == status and words in browser.text()
    assert not browser.signed_in
    assert count(portal, SignInSession) == sessions_before


def test_the_answer_serves_once(portal: Portal, browser: Browser) -> None:
    browser.sign_in("federal")
    assert browser.signed_in
    browser.open(browser.callback)
    assert "Вход уже выполнен" in browser.text()


def test_an_answer_of_another_browser_signs_nobody_in(portal: Portal, browser: Browser) -> None:
    attacker = Browser(portal)
    attacker.sign_in("head")
    browser.open(attacker.callback)
    assert "в другом браузере" in browser.text() and browser.status == 403
    assert not browser.signed_in


def test_a_stolen_state_does_not_serve_in_another_browser(portal: Portal, browser: Browser) -> None:
    attacker = Browser(portal)
    address = attacker.http.get(LOGIN).headers["location"]
    state = parse_qs(urlsplit(address).query)["state"][0]
    browser.open(LOGIN)
    browser.open(f"/auth/esia/callback?code=x&state={state}")
    assert "в другом браузере" in browser.text()
    attacker.open(address)
    attacker.press("/login", persona="no_email")
    attacker.press("/consent", decision="allow")
    assert attacker.signed_in


def test_two_tabs_may_sign_in_side_by_side(portal: Portal, browser: Browser) -> None:
    first = browser.http.get(f"{LOGIN}?next=/landing").headers["location"]
    browser.http.get(f"{LOGIN}?next=/other")
    browser.open(first)
    end = browser.press("/login", persona="deputy_head")
    if "/consent" in end:
        end = browser.press("/consent", decision="allow")
    assert urlsplit(end).path == "/landing"


def test_a_used_code_begins_anew_once_and_then_tells(portal: Portal, browser: Browser) -> None:
    for expected in ("/esia-stand/login", "/auth/esia/callback"):
        if expected == "/esia-stand/login":
            address = browser.http.get(LOGIN).headers["location"]
        else:
            found = re.search(r'name="request" value="([^"]+)"', browser.page)
            assert found
            answer = browser.http.post("/esia-stand/login", data={"request": found[1], "cancel": "1"})
            address = answer.headers["location"]
        state = parse_qs(urlsplit(address).query)["state"][0]
        end = browser.open(f"/auth/esia/callback?code=used&state={state}")
        assert urlsplit(end).path == expected, browser.text()
    assert "устарело" in browser.text() and "ESIA-007011" in browser.text()


def test_the_session_cookie_is_new_and_hidden_from_scripts(portal: Portal, browser: Browser) -> None:
    browser.http.cookies.set("moyashkola_session", "planted-by-an-attacker", domain="127.0.0.1")
    end = browser.sign_in("teacher2", next_address="/landing")
    assert urlsplit(end).path == "/landing"
    tokens = [cookie.value for cookie in browser.http.cookies.jar if cookie.name == "moyashkola_session"]
    assert any(token != "planted-by-an-attacker" for token in tokens)


def test_signing_out_also_leaves_the_stand(portal: Portal, browser: Browser) -> None:
    browser.sign_in("parent")
    assert browser.signed_in
    end = browser.sign_out()
    assert urlsplit(end).path == "/sign-in"
    assert not browser.signed_in
    assert urlsplit(browser.open(LOGIN)).path == "/esia-stand/login"


@pytest.mark.parametrize(
    "address", ["//evil.example.net", "https://evil.example.net/", "/%5Cevil.example.net"]
)
def test_nobody_is_sent_to_a_foreign_site(portal: Portal, browser: Browser, address: str) -> None:
    end = browser.sign_in("pupil", next_address=address)
    assert urlsplit(end).netloc == f"127.0.0.1:{portal.config.port}"
    assert urlsplit(end).path == "/"


def test_localhost_is_sent_to_the_configured_address_first(portal: Portal) -> None:
    answer = httpx2.get(f"http://localhost:{portal.config.port}{LOGIN}?next=/landing", trust_env=False)
    assert answer.headers["location"].startswith(f"{portal.config.address}{LOGIN}?next=%2Flanding")


@pytest.mark.parametrize(
    "query", ["", "?state=", "?code=1", "?state=x&state=y&code=1", "?state=%ff&code=%00", "?error=a&state=b"]
)
def test_nonsense_at_the_callback_is_a_page(portal: Portal, browser: Browser, query: str) -> None:
    browser.open("/auth/esia/callback" + query)
    assert browser.status == 403 and "другом браузере" in browser.text()


def test_pages_are_translated(portal: Portal, browser: Browser) -> None:
    browser.http.cookies.set("moyashkola_locale", "en")
    browser.open("/auth/esia/callback")
    assert "begun too long ago" in browser.text()


def test_keys_are_for_the_owner_only(portal: Portal) -> None:
    folder = Path(portal.config.home) / "esia"
    files = list(folder.iterdir())
    assert len(files) == 2
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_the_operator_is_warned_of_the_stand(portal: Portal) -> None:
    with portal.database.reading() as db:
        assert any("стенд" in finding.message for finding in check_connection(db))


def test_in_production_there_is_no_stand(portal: Portal, tmp_path: Path) -> None:
    config = Config(
        home=str(tmp_path),
        port=free_port(),
        plugins=["auth_esia"],
        production=True,
        tasks_in_server=False,
        environment={"MOYASHKOLA_ESIA_STAND": "true"},
    )
    made = Portal(config)
    assert [problem for _, problem in migrations.upgrade(made) if problem] == []
    with application(made) as app, served(app, config.port):
        browser = Browser(made)
        browser.open("/esia-stand/")
        assert browser.status == 404
        browser.open(LOGIN)
        assert browser.status == 502 and "не настроен" in browser.text()
    assert not (tmp_path / "esia").exists()


def test_an_esia_on_another_host_is_used_by_settings_alone(
    tmp_path: Path,
) -> None:
    port, stand_port = free_port(), free_port()
    key = gost.generate_key()
    run = StandRun(
        f"http://127.0.0.1:{stand_port}/esia-stand",
        RsaTokenKey.generate("ESIA"),
        key,
        tmp_path,
        return_address=f"http://127.0.0.1:{port}/",
    )
    (tmp_path / "client.key").write_text(key.to_pem())
    (tmp_path / "client.key").chmod(0o600)
    (tmp_path / "client.cer").write_text(run.certificate.to_pem())
    config = Config(
        home=str(tmp_path),
        port=port,
        plugins=["auth_esia"],
        tasks_in_server=False,
        environment={
            "MOYASHKOLA_ESIA_BASE_URL": run.base_url,
            "MOYASHKOLA_ESIA_ISSUER": ISSUER,
            "MOYASHKOLA_ESIA_CLIENT_ID": CLIENT_ID,
            "MOYASHKOLA_ESIA_CLIENT_KEY": "client.key",
            "MOYASHKOLA_ESIA_CLIENT_CERTIFICATE": "client.cer",
            "MOYASHKOLA_ESIA_TOKEN_CERTIFICATES": run.trusted_file.name,
        },
    )
    made = Portal(config)
    assert [problem for _, problem in migrations.upgrade(made) if problem] == []
    elsewhere = Litestar([stand_routes(lambda _request: run.stand)])
    with application(made) as app, served(elsewhere, stand_port), served(app, port):
        browser = Browser(made)
        assert browser.open(LOGIN).startswith(run.base_url)
        end = browser.press_at(run.base_url, "/login", persona="head")
        if "/consent" in end:
            browser.press_at(run.base_url, "/consent", decision="allow")
        assert browser.signed_in
        browser.open("/esia-stand/")
        assert browser.status == 404
        assert urlsplit(browser.sign_out()).path == "/auth/esia/leave"
        assert not browser.signed_in
        leaving = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', browser.page)
        assert leaving and unescape(leaving[1]).startswith(run.base_url + "/idp/ext/Logout?")
        assert urlsplit(browser.open(unescape(leaving[1]))).path == "/sign-in"
        with made.database.reading() as db:
            findings = list(check_connection(db))
        assert [each.level for each in findings] == ["warning"] and "разные узлы" in findings[0].message


def test_the_school_reads_gosuslugi_where_an_address_stood(portal: Portal) -> None:
    Browser(portal).sign_in("class_teacher")
    head = Browser(portal)
    head.sign_in("head")
    with portal.database.reading(fresh=True) as db:
        person_id, issuer = db.execute(
            select(Account.person_id, ExternalIdentity.issuer)
            .join(ExternalIdentity, ExternalIdentity.account_id == Account.id)
            .where(ExternalIdentity.subject == "1000700002")
        ).one()
    head.open(f"/accounts/{person_id}")
    section = head.text().partition("Внешние учётные записи")[2][:200]
    assert head.status == 200 and "Госуслуги" in section and issuer not in head.page
    head.open(f"/people/{person_id}/correct")
    assert "Человека подтвердили: Госуслуги" in head.text()
