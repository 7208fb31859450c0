"""Who fills in forms, on what, and the forms already known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.exchange.models import ImportRun
from core.identity.models import Notification
from core.organizations.models import Organization
from core.tasks import Worker
from core.testing.portal import PortalUnderTest, Visitor
from tests.plugins.journal.conftest import FoundPage

TABLE = "Класс;ФИО;Дата рождения;Прозвище\n5А;Орлов Пётр;01.02.2015;Петух\n5А;Лис Яна;01.02.2015;\n"


@dataclass
class Sent:
    """A form on a page, and what somebody fills in.

    Without `page` the form is shown only where it would be too much to bring about here.
    """

    visitor: Visitor
    action: str
    page: str = ""
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, Any] | None = None


@dataclass
class World:
    """Who acts and on what."""

    portal: PortalUnderTest
    found: FoundPage
    head: Visitor
    coordinator: Visitor
    teacher: Visitor
    guardian_id: UUID

    @property
    def guardian(self) -> Visitor:
        """The guardian, just signed in: another case may have ended the session."""
        return self.portal.sign_in("guardian", person_id=self.guardian_id)

    @property
    def teacher_anew(self) -> Visitor:
        """The teacher, just signed in: another case may have ended the session."""
        return self.portal.sign_in("teacher", person_id=self.found.teacher_id)

    @property
    def neighbour(self) -> UUID:
        """A school that nothing else is done to."""
        with self.portal.portal.database.reading() as db:
            others = select(Organization.id).where(
                Organization.kind == "school", Organization.id != self.found.organization_id
            )
            return db.scalars(others.order_by(Organization.id).limit(1)).one()

    @property
    def journal(self) -> str:
        return f"/journal/{self.found.page_id}"

    def request(self) -> str:
        """The address of a request just sent."""
        form = {
            "_kind": "core.person_correction",
            "last_name": "Семёнова",
            "first_name": "Вера",
            "reason": "Ошибка в паспорте",
        }
        return str(self.guardian.post("/requests", data=form).headers["location"])

    def rehearsed(self) -> str:
        """The address of an import that waits for its confirmation."""
        answer = self.head.post("/import", files=self.table(), data={"kind": "auto"})
        worker = Worker(self.portal.portal)
        while worker.run_once():
            pass
        return str(answer.headers["location"])

    def loaded(self) -> str:
        """The address of an import in the history, fresh and not undone."""
        self.head.post(f"{self.rehearsed()}/confirm")
        worker = Worker(self.portal.portal)
        while worker.run_once():
            pass
        with self.portal.portal.database.reading(fresh=True) as db:
            latest = db.scalars(select(ImportRun.id).order_by(ImportRun.id.desc()).limit(1)).one()
        return f"/import/history/{latest}"

    @staticmethod
    def table() -> dict[str, Any]:
        """A file for an import."""
        return {"files": ("список.csv", TABLE.encode(), "text/csv")}

    def notification(self) -> UUID:
        """A new notification of the head's."""
        notice = Notification(
            id=new_id(), person_id=self.head.person_id, kind="core.request.step", title="Новое"
        )
        with self.portal.portal.database.transaction() as db:
            db.add(notice)
            return notice.id


Case = Callable[[World], Sent]

CASES: dict[Case, str] = {}
"""What brings a form about → the route it is sent to."""


def sends(route: str) -> Callable[[Case], Case]:
    """Marks what brings about a form of `route`, written as «POST /requests»."""

    def known(case: Case) -> Case:
        CASES[case] = route
        return case

    return known
