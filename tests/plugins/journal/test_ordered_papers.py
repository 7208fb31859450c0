"""Papers that take long: ordered, made by the worker, told of, called off, deleted and kept from others."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import now
from core.files import StoredFile
from core.identity.models import Notification
from core.retention.rules import RULES
from core.tasks import Worker
from core.tasks.models import QUEUED, Task
from core.testing.portal import Visitor
from plugins.journal.papers import making
from plugins.journal.papers.orders import PAPER_FILES, PAPER_TASK, READY
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import rows

API = "/api/v1/journal/papers"


@pytest.fixture(autouse=True)
def nothing_ordered(page: TeachersPage) -> Iterator[None]:
    """Orders of one test are not those of the next."""
    yield
    with page.under_test.portal.database.transaction() as db:
        for file in db.scalars(select(StoredFile).where(StoredFile.purpose == PAPER_FILES)):
            db.portal.files.delete(db, file)
        db.execute(delete(Task).where(Task.kind == PAPER_TASK))


def order(by: Visitor, page: TeachersPage, kind: str = "journal") -> str:
    school_class = None if kind == "archive" else str(page.school_class_id)
    answer = by.post(API, json={"kind": kind, "school_class": school_class})
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] in ("queued", "running")
    return answer.json()["id"]


def work(page: TeachersPage) -> None:
    """Run what is queued of ours, through the real worker."""
    portal = page.under_test.portal
    with portal.database.transaction() as db:
        db.execute(
            update(Task)
            .where(Task.kind != PAPER_TASK, Task.status == QUEUED)
            .values(run_at=now() + timedelta(days=1))
        )
    Worker(portal).run_once()


def state(by: Visitor, order_id: str) -> dict[str, Any]:
    answer = by.get(f"{API}/{order_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_journal_of_a_class_is_made_and_told_of(page: TeachersPage, deputy: Visitor) -> None:
    page.put("5", lesson=0)
    order_id = order(deputy, page)
    assert deputy.get(f"{API}/{order_id}/file").status_code == 404
    shown = deputy.get("/journal/papers").text
    assert "Остановить" in shown
    assert 'hx-trigger="every 2s"' in shown
    work(page)
    found = state(deputy, order_id)
    assert (found["status"], found["progress"]) == ("done", 100), found
    answer = deputy.get(f"{API}/{order_id}/file")
    assert answer.status_code == 200
    reader = PdfReader(io.BytesIO(answer.content))
    cover, contents = (reader.pages[at].extract_text() for at in (0, 1))
    assert "Классный журнал" in cover
    assert "Содержание" in contents
    every = "\n".join(each.extract_text() for each in reader.pages)
    for words in (
        "Список класса",
        "итоговые отметки",
        "Пропуски за учебный год",
        "Сводная ведомость учёта успеваемости",
        "Исправлений нет.",
        "Заверение журнала",
        f"пронумеровано страниц: {len(reader.pages)}.",
        f"стр. {len(reader.pages)} из {len(reader.pages)}",
    ):
        assert words in every, words
    titles = [each.title for each in reader.outline]
    assert titles[0] == "Список класса"
    assert titles[-1] == "Заверение журнала"
    with page.under_test.portal.database.reading(fresh=True) as db:
        told = db.scalars(select(Notification).where(Notification.kind == READY)).all()
        assert [(each.person_id, each.url) for each in told][-1] == (deputy.person_id, "/journal/papers")
        assert db.scalars(select(AuditRecord).where(AuditRecord.subject_id == "journal.class_journal")).all()
    shown = deputy.get("/journal/papers").text
    assert f"/files/{found['file']}" in shown
    assert deputy.get(f"/files/{found['file']}?download=true").content == answer.content


def test_what_was_changed_after_closing_is_listed(page: TeachersPage, deputy: Visitor) -> None:
    url = f"/journal/terms/{page.term.id}"
    page.put("3", lesson=0)
    assert deputy.post(url + "/close").status_code == 303
    until = (now() + timedelta(days=2)).date().isoformat()
    reopened = deputy.post(url + "/reopen", data={"reason": "Ошибка", "until": until})
    assert reopened.status_code == 303, reopened.text
    assert page.put("4", lesson=0).status_code == 200
    order_id = order(deputy, page)
    work(page)
    reader = PdfReader(io.BytesIO(deputy.get(f"{API}/{order_id}/file").content))
    every = "\n".join(each.extract_text() for each in reader.pages)
    assert "было «3», стало «4»" in every
    assert "Исправлений нет." not in every


def test_tables_and_the_archive_come_packed_with_sums(
    page: TeachersPage, deputy: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.put("5", lesson=0)
    order_id = order(deputy, page, "tables")
    work(page)
    with zipfile.ZipFile(io.BytesIO(deputy.get(f"{API}/{order_id}/file").content)) as packed:
        assert len(packed.namelist()) > 5
        assert rows(packed.read(packed.namelist()[0]))[0][:2] == ("№", "Ученик")
    two = making.classes_of

    def first_two(*asked: Any) -> Any:
        return two(*asked)[:2]

    monkeypatch.setattr(making, "classes_of", first_two)
    order_id = order(deputy, page, "archive")
    work(page)
    with zipfile.ZipFile(io.BytesIO(deputy.get(f"{API}/{order_id}/file").content)) as packed:
        names = packed.namelist()
        papers = [name for name in names if name.endswith(".pdf")]
        assert len(papers) == 2
        sums = packed.read("SHA256SUMS").decode()
        listed = packed.read("Опись.csv").decode("utf-8-sig")
        for name in papers:
            digest = hashlib.sha256(packed.read(name)).hexdigest()
            assert f"{digest}  {name}\n" in sums
            assert digest in listed


def test_an_order_is_not_doubled_and_can_be_called_off(page: TeachersPage, deputy: Visitor) -> None:
    order_id = order(deputy, page)
    assert order(deputy, page) == order_id
    assert deputy.delete(f"{API}/{order_id}").status_code == 409
    assert deputy.post(f"/journal/papers/{order_id}/cancel").status_code == 303
    work(page)
    assert state(deputy, order_id)["status"] == "cancelled"
    assert deputy.get(f"{API}/{order_id}/file").status_code == 404
    assert "Остановлено" in deputy.get("/journal/papers").text
    assert deputy.post(f"/journal/papers/{order_id}/cancel").status_code == 409


def test_what_is_called_off_in_the_middle_leaves_nothing(
    page: TeachersPage, deputy: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = order(deputy, page)
    drawn = making.as_pdf
    reached = threading.Event()

    def called_off_meanwhile(*asked: Any) -> bytes:
        made = drawn(*asked)
        assert deputy.post(f"/api/v1/tasks/{order_id}/cancel", json={}).status_code == 200
        with page.under_test.portal.database.transaction() as db:
            # The worker looks every few seconds whether its hold is gone; here it has just looked.
            assert db.get_one(Task, UUID(order_id)).status == "cancelled"
        reached.set()
        return made

    monkeypatch.setattr(making, "as_pdf", called_off_meanwhile)
    work(page)
    assert reached.is_set()
    assert state(deputy, order_id)["status"] == "cancelled"


def test_a_file_goes_when_its_days_are_over(page: TeachersPage, deputy: Visitor) -> None:
    order_id = order(deputy, page)
    work(page)
    rule = next(each for each in RULES if each.name == "papers")
    portal = page.under_test.portal
    with portal.database.transaction() as db:
        assert rule.delete(db, now() - timedelta(days=1), 100) == 0
        db.execute(
            update(StoredFile)
            .where(StoredFile.purpose == PAPER_FILES)
            .values(created_at=now() - timedelta(days=40))
        )
        assert rule.delete(db, now() - timedelta(days=30), 100) == 1
    assert state(deputy, order_id)["status"] == "expired"
    assert "Срок хранения вышел" in deputy.get("/journal/papers").text
    assert deputy.post(f"/journal/papers/{order_id}/repeat").status_code == 303
    assert deputy.get(API).json()[0]["status"] in ("queued", "running")
    assert deputy.post(f"/journal/papers/{order_id}/delete").status_code == 303
    assert deputy.get(f"{API}/{order_id}").status_code == 404


def test_orders_are_for_those_who_made_them_and_may(
    page: TeachersPage, deputy: Visitor, class_teacher: Visitor, stranger: Visitor, other_teacher: Visitor
) -> None:
    order_id = order(deputy, page)
    work(page)
    file = state(deputy, order_id)["file"]
    for visitor in (class_teacher, page.under_test.sign_in("head")):
        assert visitor.get(f"{API}/{order_id}").status_code == 404
        assert visitor.get(f"{API}/{order_id}/file").status_code == 404
        assert visitor.get(f"/files/{file}").status_code == 404
        assert visitor.delete(f"{API}/{order_id}").status_code == 404
        assert visitor.post(f"/journal/papers/{order_id}/repeat").status_code == 404
    own = {"kind": "journal", "school_class": str(page.school_class_id)}
    for visitor in (stranger, other_teacher):
        assert visitor.post(API, json=own).status_code == 403
        assert visitor.get("/journal/papers").status_code == 403
    assert order(class_teacher, page)
    assert class_teacher.post(API, json={"kind": "archive"}).status_code == 422
    other = page.under_test.sign_in("deputy_head", organization=neighbour(page))
    assert other.post(API, json=own).status_code == 404


def neighbour(page: TeachersPage) -> str:
    """Another school of the portal, with a deputy head."""
    from core.organizations.models import Organization
    from core.roles.models import StructuralRole

    with page.under_test.portal.database.reading() as db:
        return db.scalars(
            select(Organization.short_name)
            .join(StructuralRole, StructuralRole.organization_id == Organization.id)
            .where(
                Organization.id != page.organization_id,
                Organization.kind == "school",
                StructuralRole.kind == "deputy_head",
                StructuralRole.status == "active",
            )
            .limit(1)
        ).one()


def test_the_form_says_what_is_missing(page: TeachersPage, deputy: Visitor) -> None:
    assert "Пока ничего не заказано" in deputy.get("/journal/papers").text
    answer = deputy.post("/journal/papers", data={"kind": "journal", "class_id": ""})
    assert answer.status_code == 422
    assert "Выберите класс." in answer.text
    answer = deputy.post("/journal/papers", data={"kind": "nothing", "class_id": ""})
    assert answer.status_code == 422
    assert "Выберите, что сделать." in answer.text
    answer = deputy.post("/journal/papers", data={"kind": "journal", "class_id": str(page.school_class_id)})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/journal/papers?done=ordered"
