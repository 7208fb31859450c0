"""A whole portal for a test: build it in one line, speak HTTP to it as anybody."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from litestar.testing import TestClient
from sqlalchemy import event, select

from core.database.base import new_id
from core.database.engine import Database
from core.database.session import Session
from core.identity import sessions
from core.identity.models import Account, Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.applications import application
from core.web import cookies
from core.web.visit import CSRF_HEADER


class Visitor:
    """Somebody with a browser: keeps cookies, sends the form token with every change."""

    def __init__(self, under_test: PortalUnderTest) -> None:
        self._under_test = under_test
        self.cookies: dict[str, str] = {}
        self.person_id: UUID | None = None
        self.token: str | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        csrf: bool = True,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """One request; redirects are not followed. `csrf=False` forgets the form token, as a stranger would."""
        sent = {CSRF_HEADER: self.csrf_token()} if csrf and method not in ("GET", "HEAD") else {}
        sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        client = self._under_test.client
        client.cookies.clear()
        answer = client.request(
            method, url, headers={**sent, **(headers or {})}, follow_redirects=False, **options
        )
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def csrf_token(self) -> str:
        """The form token that belongs to this visitor's cookie."""
        config = self._under_test.portal.config
        session, visitor = (cookies.named(config, name) for name in (cookies.SESSION, cookies.VISITOR))
        if session not in self.cookies and visitor not in self.cookies:
            self.get("/sign-in")
        hashed = sessions.digest(self.cookies.get(session) or self.cookies.get(visitor, ""))
        return sessions.csrf_token(self._under_test.portal.secret, hashed)

    def get(self, url: str, **options: Any) -> Any:
        """GET."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Any:
        """POST; `data=` for a form, `json=` for a document."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Any:
        """PUT."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Any:
        """PATCH."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Any:
        """DELETE."""
        return self.request("DELETE", url, **options)


class PortalUnderTest:
    """A running portal with a filled database."""

    def __init__(self, portal: Portal, client: TestClient[Any]) -> None:
        self.portal = portal
        self.client = client

    def visitor(self) -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self)

    def sign_in(
        self, role: str, *, organization: str | None = None, person_id: UUID | None = None, nth: int = 0
    ) -> Visitor:
        """Sign in somebody who holds the role kind `role` (the `nth`, oldest first) and acts in it.

        `organization` narrows to the organization with this short name, `person_id` to one person.
        """
        with self.portal.database.transaction() as db:
            found = (
                select(StructuralRole)
                .join(Organization, Organization.id == StructuralRole.organization_id)
                .where(StructuralRole.kind == role, StructuralRole.status == "active")
                .order_by(StructuralRole.created_at, StructuralRole.id)
            )
            if organization is not None:
                found = found.where(Organization.short_name == organization)
            if person_id is not None:
                found = found.where(StructuralRole.person_id == person_id)
            held = db.scalars(found.offset(nth).limit(1)).one()
            return self._begin(db, held.person_id, held.id)

    def sign_in_person(self, person_id: UUID) -> Visitor:
        """Sign in a person in the role chosen last, or without any."""
        with self.portal.database.transaction() as db:
            return self._begin(db, person_id, None)

    def _begin(self, db: Session, person_id: UUID, role_id: UUID | None) -> Visitor:
        account = db.scalar(select(Account).where(Account.person_id == person_id))
        if account is None:
            account = Account(id=new_id(), person_id=person_id, status="active", preferences={})
            db.add(account)
            db.flush()
        if role_id is not None:
            account.last_role_id = role_id
            db.flush()
        visitor = Visitor(self)
        name = cookies.named(self.portal.config, cookies.SESSION)
        visitor.cookies[name] = sessions.begin(db, account.id, provider="test")
        visitor.person_id = person_id
        return visitor

    def new_person(self, last_name: str = "Новикова", first_name: str = "Вера") -> UUID:
        """A person without any role."""
        with self.portal.database.transaction() as db:
            person = Person(id=new_id(), last_name=last_name, first_name=first_name, source="test")
            db.add(person)
            return person.id

    @contextmanager
    def counting_statements(self) -> Generator[list[str], None, None]:
        """Collect the SQL statements that run meanwhile, in any thread."""
        with count_statements(self.portal.database) as statements:
            yield statements


@contextmanager
def count_statements(database: Database) -> Generator[list[str], None, None]:
    """Collect the SQL statements of a database, read and written."""
    statements: list[str] = []
    lock = threading.Lock()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            with lock:
                statements.append(statement)

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", note)


@contextmanager
def running(portal: Portal) -> Generator[PortalUnderTest, None, None]:
    """Serve `portal` to a test client."""
    with application(portal) as app, TestClient(app, raise_server_exceptions=False) as client:
        yield PortalUnderTest(portal, client)
