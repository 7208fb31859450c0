"""People who may be one: the list, two of them side by side, what moves, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Account, ExternalIdentity, Person
from core.organizations.models import Enrollment
from core.portal import Portal
from core.roles.models import StructuralRole
from core.tasks import Worker, enqueue
from core.testing.server import Server
from tests.browser.pages.conftest import LONG_NAME
from tests.browser.pages.looking import Eyes, Sight, by_link

WHOM = "/accounts/{person_id:uuid}/merge"
BOTH = "/accounts/{person_id:uuid}/merge/{other_id:uuid}"
LIST, SEARCH = "/accounts/duplicates", "/accounts/duplicates/search"


@pytest.fixture(scope="module")
def server(storage: Portal) -> object:
    """A server that leaves its tasks to us."""
    running = Server(storage, TASKS_IN_SERVER="false")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def doubled(storage: Portal) -> None:
    """A pupil with the longest name there is has two cards, and so have two members of staff."""
    with storage.database.transaction() as db:
        pupil = db.scalars(select(Person).where(Person.last_name == LONG_NAME[0])).one()
        pupil.phone = "+79180000001"
        twin = _add(
            db, *LONG_NAME, born=pupil.birth_date, email="alexandra-victoria@konstantinopolskaya.test"
        )
        enrolled = db.scalars(select(Enrollment).where(Enrollment.person_id == pupil.id)).first()
        assert enrolled is not None
        db.add(_role(twin, "pupil", enrolled.organization_id))
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=enrolled.organization_id,
                academic_year_id=enrolled.academic_year_id,
                school_class_id=enrolled.school_class_id,
                person_id=twin,
                starts_on=enrolled.starts_on,
            )
        )
        for surname in ("Двойникова", "Повторова"):
            for number in range(2):
                person_id = _add(db, surname, "Анна", "Ильинична", born=date(1991, 3, 14))
                db.add(_role(person_id, ("teacher", "librarian")[number], enrolled.organization_id))
                account = Account(id=new_id(), person_id=person_id, preferences={})
                db.add(account)
                db.flush()
                db.add(
                    ExternalIdentity(
                        id=new_id(),
                        issuer="https://esia.gosuslugi.ru",
                        subject=str(person_id),
                        account_id=account.id,
                        level="confirmed",
                    )
                )
        enqueue(db, "core.duplicates.search")
    worker = Worker(storage)
    while worker.run_once():
        pass


def _add(
    db: Session, last: str, first: str, middle: str, *, born: date | None, email: str | None = None
) -> UUID:
    person = Person(
        id=new_id(), last_name=last, first_name=first, middle_name=middle, birth_date=born, email=email
    )
    db.add(person)
    db.flush()
    return person.id


def _role(person_id: UUID, kind: str, organization_id: UUID) -> StructuralRole:
    return StructuralRole(
        id=new_id(),
        person_id=person_id,
        kind=kind,
        organization_id=organization_id,
        starts_on=date(2020, 9, 1),
    )


def pair(words: str) -> Callable[[Page], str]:
    """The comparison of the pair that a search finds."""
    return by_link(f"{LIST}?q={words}", "tbody th a")


def sure(page: Page) -> None:
    """What would move."""
    page.get_by_role("button", name="Посмотреть, что изменится").click()
    expect(page.get_by_role("heading", name="Объединить?")).to_be_visible()


def merged(page: Page) -> None:
    """Two made one, once; then their card."""
    if page.get_by_role("button", name="Посмотреть, что изменится").count():
        sure(page)
        page.get_by_role("button", name="Объединить", exact=True).click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Объединённые карточки")).to_be_visible()


def merged_card(page: Page) -> str:
    """The card of two who are one."""
    page.goto(f"{LIST}?q=повторова")
    link = page.locator("tbody th a")
    if link.count():
        page.goto(str(link.first.get_attribute("href")))
        merged(page)
        return page.url.partition("?")[0]
    page.goto("/accounts?q=повторова")
    return str(page.locator("tbody th a").first.get_attribute("href"))


def whom(page: Page) -> str:
    """With whom to compare somebody who has a likely pair."""
    page.goto("/accounts?q=двойникова")
    return str(page.locator("tbody th a").first.get_attribute("href")) + "/merge"


def found(page: Page) -> None:
    """Somebody was looked for."""
    page.get_by_label("Найти человека").fill("ков")
    page.get_by_role("button", name="Найти", exact=True).click()
    expect(page.locator(".results").last).to_be_visible()


def begun(page: Page) -> None:
    """A search that waits."""
    if page.get_by_role("button", name="Искать сейчас").count():
        page.get_by_role("button", name="Искать сейчас").click()
    expect(page.get_by_text("Поиск идёт")).to_be_visible()


SIGHTS = [
    Sight("people who may be one", LIST, "head"),
    Sight("people who may be one, of a region", LIST, "regional"),
    Sight("nobody who may be one", LIST, "head", f"{LIST}?status=different"),
    Sight("search for people who may be one", SEARCH, "head"),
    Sight("compared with whom", WHOM, "head", whom),
    Sight("found to compare", WHOM, "head", whom, act=found),
    Sight("pupils side by side", BOTH, "head", pair("константинопольская")),
    Sight("staff side by side", BOTH, "head", pair("двойникова")),
    Sight("pupils about to be one", BOTH, "head", pair("константинопольская"), act=sure),
    Sight("two made one", "/accounts/{person_id:uuid}", "head", merged_card),
    Sight("search under way", SEARCH, "head", act=begun),
]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_page(eyes: Eyes, sight: Sight) -> None:
    problems = eyes.look(sight)
    assert not problems, "\n".join(problems)
