"""The whole portal on a real port with everybody of the stand entered by a school, and a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest

from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.applications import application
from core.testing.fixtures import Databases
from plugins.auth_esia.profile import normalized_snils
from plugins.auth_esia.stand.personas import personas

from .served import free_port, served

LOGIN = "/auth/esia/login"


@pytest.fixture(
    scope="module",
    params=[("sqlite", "RS256"), ("sqlite", "GOST3410_2012_256"), ("postgresql", "RS256")],
    ids="-".join,
)
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[Portal]:
    engine, algorithm = request.param
    config = Config(
        database_url=databases.fresh(engine),
        home=str(tmp_path_factory.mktemp("home")),
        port=free_port(),
        plugins=["auth_esia"],
        tasks_in_server=False,
        environment={"MOYASHKOLA_ESIA_TOKEN_ALG": algorithm},
    )
    made = Portal(config)
    assert [problem for _, problem in migrations.upgrade(made) if problem] == []
    with made.database.transaction() as db:
        number = new_id()
        school = Organization(
            id=number, kind="school", name="Школа", short_name="Школа", name_key="школа", path=f"{number}/"
        )
        db.add(school)
        for persona in personas():
            if persona.in_portal:
                person_id = new_id()
                kind = next((kind for kind in persona.roles if kind != "parent"), "")
                if kind:
                    role = StructuralRole(id=new_id(), person_id=person_id, kind=kind)
                    role.organization_id, role.starts_on = school.id, date(2026, 9, 1)
                    role.status = "active"
                    db.add(role)
                db.add(
                    Person(
                        id=person_id,
                        last_name=persona.last_name,
                        first_name=persona.first_name,
                        middle_name=persona.middle_name,
                        birth_date=persona.birth_date,
                        snils=normalized_snils(persona.snils),
                    )
                )
    with application(made) as app, served(app, config.port):
        yield made


class Browser:
    """A browser that follows redirects and presses buttons of the stand."""

    def __init__(self, portal: Portal) -> None:
        self.http = httpx2.Client(base_url=portal.config.address, timeout=30, trust_env=False)
        self.page = ""
        self.status = 0
        self.callback = ""
        self.said = ""
        """The page after the sign-in, when the portal had something to say before going on."""
        self.stop_at = "/landing"
        """A path of the portal at which the browser stops following."""

    def open(self, address: str) -> str:
        return self._follow(self.http.get(address))

    def press(self, path: str, **fields: str) -> str:
        return self.press_at("/esia-stand", path, **fields)

    def press_at(self, stand: str, path: str, **fields: str) -> str:
        found = re.search(r'name="request" value="([^"]+)"', self.page)
        assert found, self.page
        return self._follow(self.http.post(stand + path, data={"request": found[1], **fields}))

    def sign_in(self, persona: str, *, next_address: str = "/", fault: str = "") -> str:
        """Sign in as a persona from the portal's own address on; returns where the browser ended."""
        end = self.open(f"{LOGIN}?next={next_address}")
        assert urlsplit(end).path == "/esia-stand/login", (end, self.page)
        end = self.press("/login", persona=persona, fault=fault)
        if "/consent" in end:
            end = self.press("/consent", decision="allow")
        self.said = self.text()
        found = re.search(r'id="go-on" href="([^"]+)"', self.page)
        return self.open(unescape(found[1])) if found else end

    def ask_school(self, contact: str = "") -> None:
        """Send the request that the page of a refusal offers."""
        assert 'action="/auth/esia/refused"' in self.page, self.text()
        fields = {"csrf_token": self.sent_token, "contact": contact}
        self._follow(self.http.post("/auth/esia/refused", data=fields))

    def sign_out(self) -> str:
        token = re.search(r'x-csrf-token&#34;: &#34;(\w+)|x-csrf-token": "(\w+)', self.http.get("/").text)
        assert token
        answer = self.http.post("/auth/logout", headers={"x-csrf-token": token[1] or token[2]})
        return self._follow(answer)

    @property
    def sent_token(self) -> str:
        """The form token of the present page."""
        found = re.search(r'name="csrf_token" value="(\w+)"', self.page)
        return found[1] if found else ""

    @property
    def signed_in(self) -> bool:
        return self.http.get("/").status_code == 200

    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())

    def _follow(self, answer: httpx2.Response) -> str:
        while answer.is_redirect:
            address = str(answer.url.join(answer.headers["location"]))
            if "/auth/esia/callback" in address:
                self.callback = address
            if urlsplit(address).path == self.stop_at:
                return address
            answer = self.http.get(address)
        self.page, self.status = answer.text, answer.status_code
        return str(answer.url)


@pytest.fixture
def browser(portal: Portal) -> Browser:
    return Browser(portal)
