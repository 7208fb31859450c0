"""Undoing an import in a school that keeps a journal: who has marks stays, with them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.exchange.models import ImportRun
from core.identity.models import Person
from core.organizations.models import SchoolClass
from core.tasks import Worker
from core.testing.portal import PortalUnderTest
from plugins.journal.models import JournalMark
from tests.plugins.journal.conftest import TeachersPage


def work(portal: PortalUnderTest) -> None:
    """Let the background tasks run."""
    worker = Worker(portal.portal)
    while worker.run_once():
        pass


def found(portal: PortalUnderTest, surname: str) -> list[UUID]:
    """People of a surname."""
    with portal.portal.database.reading(fresh=True) as db:
        return list(db.scalars(select(Person.id).where(Person.last_name == surname)))


def test_a_pupil_with_a_mark_stays_and_the_others_go(page: TeachersPage) -> None:
    portal = page.under_test
    with portal.portal.database.reading() as db:
        school_class = db.get_one(SchoolClass, page.school_class_id).name
    since = f"{page.term.starts_on:%d.%m.%Y}"
    table = (
        "Класс;ФИО;Дата рождения;Дата зачисления\n"
        f"{school_class};Отмеченный Лев;01.02.2012;{since}\n{school_class};Лишний Пётр;02.02.2012;{since}\n"
    )
    head = portal.sign_in("head")
    answer = head.post(
        "/import", files=[("files", ("новые.csv", table.encode(), "text/csv"))], data={"kind": "auto"}
    )
    work(portal)
    head.post(f"{answer.headers['location']}/confirm")
    work(portal)
    (marked,) = found(portal, "Отмеченный")
    put = page.teacher.put(
        page.url + "/cells", json={"lesson": str(page.lessons[0]), "pupil": str(marked), "value": "5"}
    )
    assert put.status_code == 200, put.text
    with portal.portal.database.reading(fresh=True) as db:
        run_id = db.scalars(select(ImportRun.id).order_by(ImportRun.id.desc()).limit(1)).one()
    shown = head.get(f"/import/history/{run_id}").text
    assert "Отмеченный Лев" in shown
    assert "есть данные" in shown
    head.post(f"/import/history/{run_id}/undo")
    work(portal)
    assert found(portal, "Отмеченный") == [marked]
    assert found(portal, "Лишний") == []
    with portal.portal.database.reading(fresh=True) as db:
        marks = db.scalars(select(JournalMark.value).where(JournalMark.pupil_id == marked)).all()
    assert list(marks) == ["5"]
