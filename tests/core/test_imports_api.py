"""A program checks a table, reads the report, loads it, and takes it back."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import func, select

from core.identity.models import Person
from core.tasks import Worker
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
URL = "/api/v1/imports"
GOOD = "Класс;ФИО;Дата рождения\n7А;Загрузкина Яна;01.02.2014\n7А;Загрузкин Лев;02.02.2014\n"
BAD = "Класс;ФИО;Дата рождения\n7А;Ошибкин Лев;32.13.2014\n"


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def body(text: str, **more: Any) -> dict[str, Any]:
    content = base64.b64encode(text.encode()).decode()
    return {"files": [{"name": "ученики.csv", "content": content}], **more}


def work(town: PortalUnderTest) -> None:
    worker = Worker(town.portal)
    while worker.run_once():
        pass


def checked(town: PortalUnderTest, visitor: Visitor, text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """The id of a rehearsal and what it says in the end."""
    begun = visitor.post(URL, json=body(text, **more))
    assert begun.status_code == 202, begun.text
    identity = begun.json()["import_id"]
    assert visitor.get(f"{URL}/{identity}").json()["report"] is None
    work(town)
    return identity, visitor.get(f"{URL}/{identity}").json()


def named(town: PortalUnderTest, surname: str) -> int:
    with town.portal.database.reading(fresh=True) as db:
        found = select(func.count()).select_from(Person).where(Person.last_name == surname)
        return db.scalar(found) or 0


def test_a_table_is_checked_loaded_and_taken_back(town: PortalUnderTest) -> None:
    visitor = head(town)
    identity, shown = checked(town, visitor, GOOD)
    assert shown["dry_run"]
    assert shown["status"] == "done"
    assert shown["report"]["totals"] == {"created": 2}
    assert shown["report"]["run_id"] is None
    assert named(town, "Загрузкина") == 0
    confirmed = visitor.post(f"{URL}/{identity}/confirm")
    assert confirmed.status_code == 202, confirmed.text
    work(town)
    loaded = visitor.get(f"{URL}/{confirmed.json()['import_id']}").json()
    assert loaded["report"]["applied"]
    assert named(town, "Загрузкина") == 1
    run_id = loaded["report"]["run_id"]
    runs = visitor.get("/api/v1/import-runs").json()["items"]
    assert (runs[0]["id"], runs[0]["files"], runs[0]["organization"]) == (run_id, ["ученики.csv"], "Школа 1")
    undone = visitor.post(f"/api/v1/import-runs/{run_id}/undo")
    assert undone.status_code == 202, undone.text
    work(town)
    assert visitor.get(f"/api/v1/tasks/{undone.json()['task_id']}").json()["status"] == "done"
    assert named(town, "Загрузкина") == 0
    assert visitor.get("/api/v1/import-runs").json()["items"][0]["undone_at"] is not None
    assert visitor.post(f"/api/v1/import-runs/{run_id}/undo").status_code == 409


def test_errors_come_row_by_row_and_nothing_is_loaded(town: PortalUnderTest) -> None:
    visitor = head(town)
    identity, shown = checked(town, visitor, BAD)
    report = shown["report"]
    assert report["errors"] == 1
    assert report["rows"][0]["row"] == 2
    assert report["rows"][0]["remarks"][0]["column"] == "Дата рождения"
    assert visitor.post(f"{URL}/{identity}/confirm").status_code == 409
    assert named(town, "Ошибкин") == 0


def test_a_column_is_named(town: PortalUnderTest) -> None:
    text = GOOD.replace("Дата рождения", "Когда")
    _identity, shown = checked(town, head(town), text, columns={"Когда": "birth_date"})
    assert shown["report"]["errors"] == 0
    assert shown["report"]["totals"] == {"created": 2}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"kind": "no_such"}, 422),
        ({"year": "2026/29"}, 422),
        ({"files": []}, 422),
        ({"files": [{"name": "а.csv", "content": "не base64"}]}, 422),
        ({"organization_id": "00000000-0000-0000-0000-000000000000"}, 404),
    ],
)
def test_what_does_not_fit_is_refused(town: PortalUnderTest, more: dict[str, Any], status: int) -> None:
    answer = head(town).post(URL, json={**body(GOOD), **more})
    assert answer.status_code == status, answer.text
    assert answer.json()["title"]


def test_each_sees_their_own(town: PortalUnderTest) -> None:
    visitor = head(town)
    identity, _shown = checked(town, visitor, GOOD)
    neighbour = head(town, 2)
    assert neighbour.get(f"{URL}/{identity}").status_code == 404
    assert neighbour.post(f"{URL}/{identity}/confirm").status_code == 404
    school = str(id_of(town, "Школа 1"))
    assert neighbour.post(URL, json=body(GOOD, organization_id=school)).status_code == 404
    assert town.sign_in("teacher").post(URL, json=body(GOOD)).status_code == 403
    coordinator = town.sign_in("municipal_coordinator")
    assert coordinator.post(URL, json=body(GOOD)).status_code == 422
    assert coordinator.post(URL, json=body(GOOD, organization_id=school)).status_code == 202
    confirmed = visitor.post(f"{URL}/{identity}/confirm").json()["import_id"]
    work(town)
    run_id = visitor.get(f"{URL}/{confirmed}").json()["report"]["run_id"]
    assert neighbour.post(f"/api/v1/import-runs/{run_id}/undo").status_code == 404
    assert run_id not in [each["id"] for each in neighbour.get("/api/v1/import-runs").json()["items"]]
