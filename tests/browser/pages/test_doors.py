"""Ways in and dead ends: sign-in, the stand, what Gosuslugi may answer, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import delete, select, update

from core.database.base import new_id, now
from core.database.session import Session
from core.identity.models import Account, ExternalIdentity, Person, SignInSession
from core.identity.sessions import digest
from core.portal import Portal
from core.roles.models import StructuralRole
from core.web.cookies import SESSION
from plugins.auth_esia.stand.personas import persona as stand_persona
from tests.browser.browsers import sign_in, wait_a_minute
from tests.browser.pages.looking import STRANGER, Eyes, Sight, click

LOGIN, CALLBACK, LEAVE = "/auth/esia/login", "/auth/esia/callback", "/auth/esia/leave"
REFUSED = "/auth/esia/refused"
ROLE = "/account/esia-role"
CHILD_OF_TEACHER = "97111659212"
GATEWAY = "/auth/oidc/callback"
STAND = "/esia-stand"
ASKED = f"{STAND}/login"
CONSENT = f"{STAND}/consent"
ANYTHING = "/{path:path}"
UNSENT = "/unsent/{form_id:uuid}"
NEW_REQUEST = "/requests/new"
UNKNOWN = iter(("no_middle_name", "same_email"))
CORRECTION = f"{NEW_REQUEST}?kind=core.person_correction"


def at_the_stand(page: Page) -> str:
    """The stand's sign-in page of a request of ours."""
    page.goto(LOGIN)
    return page.url


def wrong_password(page: Page) -> None:
    """The form comes back."""
    page.get_by_label("Телефон, почта или СНИЛС").fill("+7 900 700-00-01")
    page.get_by_label("Пароль").fill("не тот")
    page.get_by_text("Неисправности").click()
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def asked_for_consent(page: Page) -> str:
    """What the portal asks Gosuslugi for."""
    page.goto(LOGIN)
    page.locator("button[name=persona][value=municipal]").click()
    page.wait_for_url("**/consent?*")
    return page.url


def through_the_stand(persona: str, fault: str = "") -> Callable[[Page], object]:
    """From the stand's page on as a persona, with something going wrong."""

    def enter(page: Page) -> None:
        if fault:
            page.get_by_text("Неисправности").click()
            page.locator("#fault").select_option(fault)
        page.locator(f"button[name=persona][value={persona}]").click()
        page.wait_for_load_state()
        consent = page.get_by_role("button", name="Разрешить", exact=True)
        if consent.count():
            consent.click()
        page.wait_for_url(re.compile(rf"{CALLBACK}|{REFUSED}"))

    return enter


def for_the_first_time(page: Page) -> None:
    """Somebody whom no school knows; a page is looked at twice, and nobody comes for the first time twice."""
    through_the_stand(next(UNKNOWN))(page)


def known_already(page: Page) -> str:
    """The stand's page, when somebody of the same СНИЛС has an account."""
    sign_in(page, "teacher")
    page.context.clear_cookies()
    return at_the_stand(page)


def left(page: Page) -> str:
    """The page between two sign-outs, which would lead on at once."""
    page.route("**/idp/ext/Logout*", lambda route: route.fulfill(status=204))
    return LEAVE


def opened_again(page: Page) -> str:
    """The answer of Gosuslugi, opened a second time."""
    answers: list[str] = []
    page.on("request", lambda request: answers.append(request.url) if CALLBACK in request.url else None)
    sign_in(page, "teacher2")
    return answers[0]


def in_another_tab(page: Page) -> str:
    """The stand's page of a tab left open, while somebody signs in in another."""
    waiting = at_the_stand(page)
    other = page.context.new_page()
    sign_in(other, "deputy_head")
    other.close()
    page.context.clear_cookies(name=re.compile("esia_stand"))
    return waiting


def sent(action: str, fields: str = "", *, token: bool = True) -> Callable[[Page], object]:
    """A form sent from the page; without the token as from elsewhere."""

    def send(page: Page) -> None:
        page.evaluate(
            """([action, fields, token]) => {
              const form = document.createElement('form');
              form.method = 'post';
              form.action = action;
              const values = new URLSearchParams(fields);
              if (token) values.set('csrf_token', document.querySelector('[name=csrf_token]').value);
              for (const [name, value] of values) {
                const field = document.createElement('input');
                [field.type, field.name, field.value] = ['hidden', name, value];
                form.append(field);
              }
              document.body.append(form);
              form.submit();
            }""",
            [action, fields, token],
        )
        page.wait_for_selector(".wrong")

    return send


def session_lost(page: Page) -> None:
    """A form sent after the session has ended, past the script that would ask to sign in."""
    page.context.clear_cookies(name=SESSION)
    page.locator("form.form").evaluate("form => form.submit()")
    page.wait_for_selector(".wrong")


def let_idle(page: Page) -> None:
    """The session of this browser is over: nobody has worked for long."""
    (token,) = [each.get("value", "") for each in page.context.cookies() if each.get("name") == SESSION]
    with Backstage.storage.database.transaction() as db:
        mine = update(SignInSession).where(SignInSession.token_hash == digest(token))
        db.execute(mine.values(seen_at=now() - timedelta(hours=13)))


def idle_before(address: str, persona: str = "parent") -> Callable[[Page], str]:
    """An address, for somebody whose session is over by then."""

    def come_back(page: Page) -> str:
        sign_in(page, persona)
        let_idle(page)
        return address

    return come_back


def fresh(address: str, persona: str = "parent") -> Callable[[Page], str]:
    """An address, in a session of its own that may be ended."""

    def enter(page: Page) -> str:
        sign_in(page, persona)
        return address

    return enter


def asked_again(page: Page) -> None:
    """A form sent after the session has ended."""
    let_idle(page)
    wait_a_minute(page)
    page.get_by_role("button", name="Отправить запрос").click()
    expect(page.get_by_role("dialog", name="Сеанс завершён")).to_be_visible()


def sent_too_late(page: Page) -> None:
    """The same without scripts, with a file."""
    page.get_by_label("Что неверно").fill("Отчество с опечаткой.\nВ паспорте: Сергеевна.")
    scan = FilePayload(name="скан паспорта.txt", mimeType="text/plain", buffer=b"0401")
    page.locator("input[name=files]").set_input_files(scan)
    let_idle(page)
    page.locator("form.form").evaluate("form => form.submit()")
    page.wait_for_selector(".wrong")


def unsent(persona: str) -> Callable[[Page], str]:
    """Where a form of the parent's waits, for who signs in then."""

    def find(page: Page) -> str:
        page.goto(fresh(CORRECTION)(page))
        sent_too_late(page)
        address = page.get_by_role("link", name="Войти").get_attribute("href")
        assert address is not None
        sign_in(page, persona)
        return unquote(address.partition("next=")[2])

    return find


def sent_with_another_text(page: Page) -> None:
    """A form sent, changed in the same page and sent again."""
    send = page.get_by_role("button", name="Отправить запрос")
    page.get_by_label("Что неверно").fill("Отчество")
    send.click()
    page.wait_for_url("**/requests/*-*")
    page.go_back()
    page.get_by_label("Что неверно").fill("Имя")
    send.click()
    page.wait_for_selector(".wrong")


def permitted(page: Page) -> str:
    """What somebody has allowed the portal to have."""
    sign_in(page, "regional")
    return f"{STAND}/consents"


def ask_school(page: Page) -> None:
    """Send the request that a refusal offers, if it was not sent before."""
    send = page.get_by_role("button", name="Отправить запрос")
    if send.count():
        send.click()
    expect(page.get_by_text("Запрос отправлен")).to_be_visible()


def asked_to_relink(page: Page) -> str:
    """The request of somebody who has signed up at Gosuslugi anew, before the head."""
    page.goto(known_already(page))
    through_the_stand("reregistered")(page)
    ask_school(page)
    page.context.clear_cookies()
    sign_in(page, "head")
    page.goto("/requests?tab=decide")
    address = page.get_by_role("link", name="Новая учётная запись для входа").first.get_attribute("href")
    assert address is not None
    return address


class Backstage:
    """What a school has written down, changed for as long as somebody signs in."""

    storage: Portal


@pytest.fixture(scope="module", autouse=True)
def backstage(storage: Portal) -> None:
    """The database behind the pages that are looked at."""
    Backstage.storage = storage


def unexpected(
    persona: str, change: Callable[[Session, Person], object], *, then: Callable[[Page], object] | None = None
) -> Callable[[Page], object]:
    """Through the stand for the first time as somebody of whom the school has written down something else."""

    def enter(page: Page) -> None:
        played = stand_persona(persona)
        with Backstage.storage.database.transaction() as db:
            db.execute(delete(ExternalIdentity).where(ExternalIdentity.subject == str(played.oid)))
            number = "".join(filter(str.isdigit, played.snils))
            person = db.scalars(select(Person).where(Person.snils == number)).one()
            undo = change(db, person)
        try:
            through_the_stand(persona)(page)
            if then:
                then(page)
        finally:
            with Backstage.storage.database.transaction() as db:
                if callable(undo):
                    undo(db)

    return enter


def as_it_is(_db: Session, _person: Person) -> None:
    """Nothing but the first time."""


def misspelt(_db: Session, person: Person) -> Callable[[Session], object]:
    """Surname and birthday of the card are other ones."""
    key, was = person.id, (person.last_name, person.birth_date)
    person.last_name, person.birth_date = "Ковылева", None

    def undo(db: Session) -> None:
        known = db.get_one(Person, key)
        known.last_name, known.birth_date = was

    return undo


def no_pupil(db: Session, person: Person) -> Callable[[Session], object]:
    """The СНИЛС stands on the card of somebody who is no pupil."""
    key, number, paper = person.id, person.snils, person.birth_certificate
    person.snils = person.birth_certificate = None
    db.flush()
    double = Person(
        id=new_id(),
        last_name=person.last_name,
        first_name=person.first_name,
        birth_date=person.birth_date,
        snils=number,
    )
    db.add(double)
    added = double.id

    def undo(later: Session) -> None:
        later.get_one(Person, added).snils = None
        later.flush()
        known = later.get_one(Person, key)
        known.snils, known.birth_certificate = number, paper

    return undo


def blocked(db: Session, person: Person) -> Callable[[Session], object]:
    """The account is closed."""
    account = db.scalar(select(Account).where(Account.person_id == person.id))
    if account is None:
        account = Account(id=new_id(), person_id=person.id, preferences={})
        db.add(account)
    account.status = "blocked"
    db.flush()
    key = account.id

    def undo(later: Session) -> None:
        later.get_one(Account, key).status = "active"

    return undo


def childless(db: Session, _person: Person) -> Callable[[Session], object]:
    """The school has neither СНИЛС nor certificate of the child."""
    child = db.scalars(select(Person).where(Person.snils == CHILD_OF_TEACHER)).one()
    key, paper = child.id, child.birth_certificate
    child.snils = child.birth_certificate = None

    def undo(later: Session) -> None:
        known = later.get_one(Person, key)
        known.snils, known.birth_certificate = CHILD_OF_TEACHER, paper

    return undo


def roleless(db: Session, person: Person) -> Callable[[Session], object]:
    """The head has another role as yet."""
    role = db.scalars(
        select(StructuralRole).where(StructuralRole.person_id == person.id, StructuralRole.kind == "head")
    ).one()
    role.kind, key = "secretary", role.id

    def undo(later: Session) -> None:
        later.get_one(StructuralRole, key).kind = "head"

    return undo


SIGHTS = [
    Sight("sign-in", "/sign-in"),
    Sight("sign-in on the way", "/sign-in", url="/sign-in?next=/journal"),
    Sight("sign-out on to Gosuslugi", LEAVE, url=left),
    Sight("stand", STAND),
    Sight("stand sign-in", ASKED, url=at_the_stand),
    Sight("stand wrong password", ASKED, url=at_the_stand, act=wrong_password),
    Sight("stand too late", ASKED, status=400),
    Sight("stand consent", CONSENT, url=asked_for_consent),
    Sight("stand refused", f"{STAND}/aas/oauth2/v2/ac", status=400),
    Sight("stand refused older request", f"{STAND}/aas/oauth2/ac", status=400),
    Sight("stand signed out", f"{STAND}/idp/ext/Logout"),
    Sight("Gosuslugi refused", CALLBACK, url=f"{CALLBACK}?error=access_denied&state=x", status=403),
    Sight("gateway refused", GATEWAY, url=f"{GATEWAY}?error=access_denied&state=x", status=403),
    Sight("Gosuslugi unverified", ASKED, url=at_the_stand, act=through_the_stand("unverified")),
    Sight("Gosuslugi new account", ASKED, url=known_already, act=through_the_stand("reregistered")),
    Sight(
        "Gosuslugi new account asked",
        ASKED,
        url=known_already,
        act=lambda page: (through_the_stand("reregistered")(page), ask_school(page)),
    ),
    Sight("Gosuslugi without mail", ASKED, url=at_the_stand, act=unexpected("no_email", as_it_is)),
    Sight("Gosuslugi lost child", ASKED, url=at_the_stand, act=unexpected("teacher", childless)),
    Sight("Gosuslugi data differ", ASKED, url=at_the_stand, act=unexpected("parent", misspelt)),
    Sight("Gosuslugi no pupil", ASKED, url=at_the_stand, act=unexpected("child", no_pupil)),
    Sight(
        "Gosuslugi no pupil asked",
        ASKED,
        url=at_the_stand,
        act=unexpected("child", no_pupil, then=ask_school),
    ),
    Sight("Gosuslugi blocked", ASKED, url=at_the_stand, act=unexpected("federal", blocked)),
    Sight("Gosuslugi blocked employee", ASKED, url=at_the_stand, act=through_the_stand("part_timer")),
    Sight("Gosuslugi name a head", ASKED, url=at_the_stand, act=unexpected("head", roleless)),
    Sight(
        "Gosuslugi unverified asked",
        ASKED,
        url=at_the_stand,
        act=lambda page: (through_the_stand("unverified")(page), ask_school(page)),
    ),
    Sight(
        "Gosuslugi refused the data",
        ASKED,
        url=at_the_stand,
        act=through_the_stand("head", "unconfirmed_refused"),
    ),
    Sight("Gosuslugi overloaded", ASKED, url=at_the_stand, act=through_the_stand("head", "overload")),
    Sight("Gosuslugi refusal forgotten", REFUSED, status=403),
    Sight("Gosuslugi unknown person", ASKED, url=at_the_stand, act=for_the_first_time),
    Sight("role by Gosuslugi", ROLE, "deputy_head"),
    Sight("no role by Gosuslugi", ROLE, "teacher"),
    Sight("request of a new account", "/requests/{request_id:uuid}", url=asked_to_relink),
    Sight("stand permissions", f"{STAND}/consents", url=permitted),
    Sight("stand permissions of a stranger", f"{STAND}/consents"),
    Sight("Gosuslugi forged", ASKED, url=at_the_stand, act=through_the_stand("head", "bad_signature")),
    Sight("Gosuslugi away", ASKED, url=at_the_stand, act=through_the_stand("head", "token_500")),
    Sight("Gosuslugi opened again", CALLBACK, url=opened_again),
    Sight("Gosuslugi name somebody else", ASKED, url=in_another_tab, act=through_the_stand("municipal")),
    Sight("no such page for a stranger", ANYTHING, STRANGER, "/nowhere/at/all", status=404),
    Sight("no such page", ANYTHING, "teacher", "/nowhere", status=404),
    Sight("not allowed", "/plugins", "pupil", status=403),
    Sight(
        "no such thing",
        "/people/{person_id:uuid}",
        "head",
        "/people/00000000-0000-7000-8000-000000000000",
        status=404,
    ),
    Sight("wrong address", "/diary", "pupil", "/diary?week=завтра", status=422),
    Sight("wrong way to ask", ANYTHING, "teacher", "/view", status=405),
    Sight("form sent before", NEW_REQUEST, "parent", CORRECTION, act=sent_with_another_text),
    Sight("foreign form", "/account", "head", act=sent("/account/tokens", "name=x", token=False)),
    Sight("wrong key of a form", NEW_REQUEST, "parent", act=sent("/requests", "idempotency_key=%20")),
    Sight(
        "form after the session",
        NEW_REQUEST,
        "parent",
        CORRECTION,
        act=session_lost,
    ),
    Sight("sign-in after an idle session", "/sign-in", url=idle_before("/sign-in?next=/diary")),
    Sight("dialog to sign in again", NEW_REQUEST, url=fresh(CORRECTION), act=asked_again),
    Sight("form kept after the session", NEW_REQUEST, url=fresh(CORRECTION), act=sent_too_late),
    Sight("form that waits", UNSENT, url=unsent("parent")),
    Sight("form that waits for somebody else", UNSENT, url=unsent("teacher"), status=403),
    Sight("signed in again", "/signed-in", "parent"),
    Sight("in English", "/sign-in", act=click("button[name=locale][value=en]")),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
