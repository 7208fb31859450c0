"""Families: a guardian's children, the guardians of a pupil, and a pupil who comes from another school."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from core.database.base import in_force, new_id
from core.identity.families import birthday
from core.identity.models import Account, Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment
from core.portal import Portal
from plugins.auth_local.models import Invitation, LocalLogin
from tests.browser.pages.looking import Eyes, Sight, send_unchecked

PAPER = "/people/{person_id:uuid}/birth-certificate"
CHILDREN, GUARDIANS = "/account/children", "/people/{person_id:uuid}/guardians"
NEW, TIE = f"{GUARDIANS}/new", f"{GUARDIANS}/{{tie_id:uuid}}"
TRANSFER, TO_TRANSFER = "/requests/new", "/requests/new?kind=core.pupil_transfer"
TODAY = today_in("Europe/Moscow")
COURT = "Решение Прикубанского районного суда города Краснодара от 12.03.2026 по делу № 2-1548/2026"


@pytest.fixture(scope="module", autouse=True)
def families(storage: Portal) -> None:
    """The parent has a child of nine without an account and one who signs in, and does not stand alone."""
    with storage.database.transaction() as db:
        parent = db.scalars(select(Person.id).where(Person.snils == "97110518593")).one()
        own = list(
            db.scalars(
                select(Guardianship.child_id)
                .where(Guardianship.guardian_id == parent, in_force(Guardianship, TODAY))
                .order_by(Guardianship.id)
            )
        )
        small = db.scalars(
            select(Enrollment.person_id)
            .where(Enrollment.person_id.not_in(own))
            .order_by(Enrollment.id)
            .limit(2)
        ).all()
        for child in small:
            for table in (Invitation, LocalLogin, Account):
                db.execute(delete(table).where(table.person_id == child))
            db.execute(update(Person).where(Person.id == child).values(birth_date=birthday(TODAY, -9)))
            db.add(Guardianship(id=new_id(), guardian_id=parent, child_id=child, starts_on=TODAY))
        db.add(Account(id=new_id(), person_id=small[1], status="active", preferences={}))
        db.execute(
            update(Guardianship)
            .where(Guardianship.child_id == small[0], Guardianship.guardian_id != parent)
            .values(rights="none", basis=COURT)
        )


def of_a_pupil(what: str = "") -> Callable[[Page], str]:
    """A page about the guardians of the pupil with the longest name, or of a first pupil."""

    def find(page: Page) -> str:
        page.goto("/accounts?role=pupil&q=константинопольская")
        person = str(page.locator("tbody th a").first.get_attribute("href")).rpartition("/")[2]
        return f"/people/{person}/guardians{what}"

    return find


def tie(page: Page) -> str:
    """The form of the first guardian of that pupil."""
    page.goto(of_a_pupil()(page))
    return str(page.locator("main a[href*='/guardians/']:not([href$=new])").first.get_attribute("href"))


def paper(page: Page) -> str:
    """The form of that pupil's birth certificate."""
    return of_a_pupil()(page).replace("/guardians", "/birth-certificate")


def wrong_paper(page: Page) -> None:
    """A number that is none."""
    page.get_by_label("Серия и номер").fill("ДН 12")
    send_unchecked("form[action$='/birth-certificate']")(page)


def limited(page: Page) -> None:
    """Rights limited without a document."""
    page.get_by_label("Что может").select_option("none")
    page.get_by_label("Основание").fill("")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".summary")).to_be_visible()


def namesake(page: Page) -> None:
    """Somebody of this name is known already."""
    page.goto("/accounts?role=teacher")
    name = page.locator("tbody th a").first.inner_text().split()
    page.goto(of_a_pupil("/new")(page))
    for field, word in zip(("last_name", "first_name", "middle_name"), name, strict=False):
        page.locator(f"[name={field}]").fill(word)
    page.get_by_label("Кем приходится").select_option("parent")
    page.get_by_role("button", name="Добавить").click()
    expect(page.get_by_text("другой человек, полный тёзка")).to_be_visible()


def added(page: Page) -> None:
    """A guardian who only sees."""
    page.get_by_label("Фамилия").fill("Константинопольская-Преображенская")
    page.get_by_label("Имя", exact=True).fill("Аполлинария")
    page.get_by_label("Кем приходится").select_option("relative")
    page.get_by_label("Что может").select_option("view")
    page.get_by_label("Основание").fill(COURT)
    page.get_by_role("button", name="Добавить").click()
    page.wait_for_load_state()
    if page.get_by_text("полный тёзка").count():
        return
    expect(page.get_by_text("Представитель добавлен")).to_be_visible()


def leaving(page: Page) -> str:
    """The form of a transfer from the other school."""
    page.goto(f"{TO_TRANSFER}&q=школа")
    if not page.locator(".results a").count():
        page.goto(f"{TO_TRANSFER}&q=гимназия")
    if not page.locator(".results a").count():
        page.goto(f"{TO_TRANSFER}&q=СОШ")
    return str(page.locator(".results a").first.get_attribute("href"))


def sent(page: Page) -> None:
    """The old school is asked."""
    page.get_by_label("Фамилия ученика").fill("Константинопольская-Преображенская")
    page.get_by_label("Имя ученика").fill("Александра-Виктория")
    page.get_by_label("Дата рождения ученика").fill("2015-05-07")
    page.get_by_label("Класс в новой школе").select_option(index=1)
    page.get_by_label("Основание").fill("Приказ о зачислении от 01.11.2026 № 117-у")
    page.get_by_role("button", name="Отправить запрос").click()
    page.wait_for_url("**/requests/*-*")


def account_asked(page: Page) -> None:
    """An account made, or the school asked."""
    page.get_by_role("button", name="Завести учётную запись").first.click()
    expect(page.locator("main .note").first).to_be_visible()


def invited(page: Page) -> None:
    """A child's slip of paper."""
    page.get_by_role("button", name="приглашение").first.click()
    expect(page.locator(".slip")).to_be_visible()


SIGHTS = [
    Sight("my children", CHILDREN, "parent"),
    Sight("my children none", CHILDREN, "deputy_head"),
    Sight("child invited", CHILDREN, "parent", act=invited),
    Sight("guardians of a pupil", GUARDIANS, "head", of_a_pupil()),
    Sight("new guardian", NEW, "head", of_a_pupil("/new")),
    Sight(
        "new guardian refused",
        NEW,
        "head",
        of_a_pupil("/new"),
        act=send_unchecked("form[action$='/guardians']"),
    ),
    Sight("new guardian namesake", NEW, "head", of_a_pupil("/new"), act=namesake),
    Sight("new guardian added", NEW, "head", of_a_pupil("/new"), act=added),
    Sight("rights of a guardian", TIE, "head", tie),
    Sight("rights of a guardian refused", TIE, "head", tie, act=limited),
    Sight("birth certificate", PAPER, "head", paper),
    Sight("birth certificate refused", PAPER, "head", paper, act=wrong_paper),
    Sight("transfer from where", TRANSFER, "head", TO_TRANSFER),
    Sight("transfer from nowhere", TRANSFER, "head", f"{TO_TRANSFER}&q=щщщ"),
    Sight("transfer", TRANSFER, "head", leaving),
    Sight("transfer refused", TRANSFER, "head", leaving, act=send_unchecked("form[action='/requests']")),
    Sight("transfer asked", TRANSFER, "head", leaving, act=sent),
    Sight("child's account asked", CHILDREN, "parent", act=account_asked),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
