"""`moyashkola accounts create-operator`: the very first sign-in, where nobody could let anybody in."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from core.config import Config
from core.identity.models import Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.fixtures import ENGINES, Databases
from core.testing.portal import PortalUnderTest, Visitor, running
from plugins.auth_local.models import Invitation, LocalLogin
from tests.core.test_faults import moyashkola, refused

COMMAND = ("accounts", "create-operator")
WHO = ("--last-name", "Первая", "--first-name", "Ольга", "--birth-date", "14.03.1988")
GOOD = "лиловый трактор едет"


class Installation:
    """An empty installation and its command line."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        assert self.run("migrate").returncode == 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return moyashkola(*arguments, home=self.home, DATABASE_URL=self.url)

    def code(self, *arguments: str) -> str:
        """The code that the command prints."""
        answer = self.run(*COMMAND, *(arguments or WHO))
        assert answer.returncode == 0, answer.stderr
        found = re.search(r"Код:\s+(\S+)", answer.stdout)
        assert found and "/invitation" in answer.stdout and "Действует до" in answer.stdout, answer.stdout
        return found[1]


@pytest.fixture(params=ENGINES)
def installation(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> Installation:
    return Installation(tmp_path, databases.fresh(request.param))


@pytest.fixture
def portal(installation: Installation) -> Iterator[PortalUnderTest]:
    with running(Portal(Config(home=str(installation.home), database_url=installation.url))) as under_test:
        yield under_test


def open_with(portal: PortalUnderTest, code: str, birth_date: str = "1988-03-14") -> tuple[Visitor, str]:
    """Who opens the invitation, and where that leads."""
    visitor = portal.visitor()
    answer = visitor.post("/invitation", data={"code": code, "birth_date": birth_date})
    return visitor, str(answer.headers.get("location", ""))


def make_login(visitor: Visitor) -> int:
    form = {"login": "operator", "password": GOOD, "repeated": GOOD}
    return int(visitor.post("/auth/local/new-login", data=form).status_code)


def test_an_empty_portal_gets_its_operator_who_signs_in(
    installation: Installation, portal: PortalUnderTest
) -> None:
    visitor, leads = open_with(portal, installation.code())
    assert leads == "/auth/local/new-login"
    assert make_login(visitor) == 303
    assert visitor.get("/organizations").status_code == 200
    assert visitor.get("/plugins").status_code == 200
    with portal.portal.database.reading(fresh=True) as db:
        [place] = db.scalars(select(Organization))
        [role] = db.scalars(select(StructuralRole))
    assert (place.kind, place.short_name) == ("federal", "Оператор портала")
    assert (role.kind, role.status, role.organization_id) == ("federal_operator", "active", place.id)
    again = portal.visitor()
    assert again.post("/auth/local", data={"login": "operator", "password": GOOD}).status_code == 303


def test_the_code_serves_once_and_asks_for_the_birth_date(
    installation: Installation, portal: PortalUnderTest
) -> None:
    code = installation.code()
    assert open_with(portal, code, "1988-03-15")[1] == ""
    visitor, _leads = open_with(portal, code)
    assert make_login(visitor) == 303
    assert open_with(portal, code)[1] == ""


def test_repeated_before_the_sign_in_it_gives_a_new_code_to_the_same_person(
    installation: Installation, portal: PortalUnderTest
) -> None:
    first, second = installation.code(), installation.code()
    assert first != second and open_with(portal, first)[1] == ""
    assert open_with(portal, second)[1] == "/auth/local/new-login"
    with portal.portal.database.reading(fresh=True) as db:
        for table in (Person, Organization, StructuralRole, Invitation):
            assert len(db.scalars(select(table)).all()) == 1


def test_once_there_is_an_operator_it_asks_and_without_an_answer_does_nothing(
    installation: Installation, portal: PortalUnderTest
) -> None:
    visitor, _leads = open_with(portal, installation.code())
    make_login(visitor)
    other = ("--last-name", "Второй", "--first-name", "Пётр", "--birth-date", "1990-01-02")
    answer = installation.run(*COMMAND, *other)
    refused(answer, "Ничего не сделано", "--yes")
    assert "уже есть, кому войти: Первая Ольга" in answer.stdout
    with portal.portal.database.reading(fresh=True) as db:
        assert len(db.scalars(select(Person)).all()) == 1
    assert installation.code(*other, "--yes")
    refused(installation.run(*COMMAND, *WHO, "--yes"), "уже есть логин: operator")
    with portal.portal.database.reading(fresh=True) as db:
        assert len(db.scalars(select(LocalLogin)).all()) == 1


def test_a_portal_with_organizations_is_asked_before_logins_are_switched_on(
    installation: Installation, portal: PortalUnderTest
) -> None:
    with portal.portal.database.transaction() as db:
        for number, name in enumerate(("Регион А", "Регион Б")):
            key = UUID(int=number + 1)
            db.add(
                Organization(
                    id=key,
                    kind="region",
                    name=name,
                    short_name=name,
                    name_key=name.casefold(),
                    path=f"{key}/",
                )
            )
    refused(installation.run(*COMMAND, *WHO), "верхнего уровня несколько", "--organization")
    answer = installation.run(*COMMAND, *WHO, "--organization", "Регион А")
    refused(answer, "Ничего не сделано")
    assert "Вход с логином и паролем выключен" in answer.stdout
    visitor, _leads = open_with(portal, installation.code(*WHO, "--organization", "Регион А", "--yes"))
    assert make_login(visitor) == 303
    with portal.portal.database.reading(fresh=True) as db:
        [role] = db.scalars(select(StructuralRole))
        assert role.kind == "regional_coordinator"
    refused(installation.run(*COMMAND, *WHO, "--organization", "Регион В"), "Организации «Регион В» нет")


def test_nonsense_is_refused_in_words(installation: Installation) -> None:
    wrong = ("--last-name", "П3рвая", "--first-name", "Ольга", "--birth-date", "14.03.1988")
    refused(installation.run(*COMMAND, *wrong), "не имя")
    future = ("--last-name", "Первая", "--first-name", "Ольга", "--birth-date", "14.03.2188")
    refused(installation.run(*COMMAND, *future), "ещё не наступила")
