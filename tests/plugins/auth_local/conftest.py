"""People with logins, and what the pages say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import select, update

from core.database.base import now
from core.organizations.models import Enrollment, Organization
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.auth_local.models import Attempts, LocalLogin

GOOD = "лиловый трактор едет"


@dataclass
class School:
    """The first school of the demo, and who hands out logins in it."""

    portal: PortalUnderTest
    id: UUID
    short_name: str

    def person(self, kind: str, nth: int = 0) -> UUID:
        """Somebody who holds a role here, from the last on: the demo's logins belong to others."""
        with self.portal.portal.database.reading() as db:
            return db.scalars(
                select(StructuralRole.person_id)
                .where(
                    StructuralRole.organization_id == self.id,
                    StructuralRole.kind == kind,
                    StructuralRole.status == "active",
                    StructuralRole.person_id.not_in(select(LocalLogin.person_id)),
                )
                .order_by(StructuralRole.id.desc())
                .offset(nth)
                .limit(1)
            ).one()

    def staff(self, kind: str) -> Visitor:
        """Somebody who works here, signed in in this role."""
        return self.portal.sign_in(kind, organization=self.short_name)

    def login_of(self, person_id: UUID) -> LocalLogin | None:
        """The row of a login."""
        with self.portal.portal.database.reading(fresh=True) as db:
            return db.get(LocalLogin, person_id)

    def enter(self, login: str, password: str, visitor: Visitor | None = None, **fields: str) -> Response:
        """The answer to a sign-in."""
        someone = visitor or self.portal.visitor()
        return someone.post("/auth/local", data={"login": login, "password": password, **fields})

    def waits_over(self) -> None:
        """As if everybody who has to wait had waited."""
        with self.portal.portal.database.transaction() as db:
            db.execute(update(Attempts).values(blocked_until=now()))

    def with_password(self, person_id: UUID, password: str = GOOD) -> str:
        """Give somebody a login of their own, as a person would get it; returns the login."""
        page = self.staff("head").post(f"/accounts/{person_id}/login/password").text
        login, one_time = codes(page)
        visitor = self.portal.visitor()
        assert self.enter(login, one_time, visitor).headers["location"] == "/auth/local/new-password"
        answer = visitor.post("/auth/local/new-password", data={"password": password, "repeated": password})
        assert answer.status_code == 303, answer.text
        return login


def codes(page: str) -> list[str]:
    """What a page hands over."""
    return re.findall(r'<code class="code">([^<]+)</code>', page)


def is_in(visitor: Visitor) -> bool:
    """Whether somebody is signed in."""
    return bool(visitor.get("/api/v1/me").status_code == 200)


@pytest.fixture(scope="module")
def school(portal: PortalUnderTest) -> School:
    """The demo's first school."""
    return first_school(portal)


def first_school(portal: PortalUnderTest) -> School:
    """The demo's first school in a portal."""
    with portal.portal.database.reading() as db:
        found = db.scalars(
            select(Organization)
            .join(Enrollment, Enrollment.organization_id == Organization.id)
            .where(Organization.kind == "school")
            .order_by(Organization.id)
            .limit(1)
        ).one()
        return School(portal, found.id, found.short_name)
