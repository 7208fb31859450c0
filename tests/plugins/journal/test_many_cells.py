"""Many cells at one stroke: each is written on its own merits, all in one version of the page."""

from __future__ import annotations

from typing import Any

from core.audit.record import check as check_audit
from core.testing.portal import Visitor
from tests.plugins.journal.conftest import TeachersPage


def asked(page: TeachersPage, *cells: tuple[int, str], **more: Any) -> dict[str, Any]:
    """The body that writes into the first lesson, by the number of the pupil."""
    lesson = str(page.lessons[0])
    return {
        "cells": [
            {"lesson": lesson, "pupil": str(page.pupils[pupil]), "value": value, **more}
            for pupil, value in cells
        ]
    }


def post(page: TeachersPage, body: dict[str, Any], by: Visitor | None = None) -> Any:
    """Write the cells."""
    return (by or page.teacher).post(page.url + "/cells", json=body)


def test_a_column_is_written_in_one_version(page: TeachersPage) -> None:
    before = page.teacher.get(page.url).json()["version"]
    answer = post(page, asked(page, (0, "5"), (1, "4/3"), (2, "н")))
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert saved["version"] == before + 1
    assert [each["saved"]["text"] for each in saved["results"]] == ["5", "4/3", "н"]
    assert [each["saved"]["average"] for each in saved["results"]] == ["5,00", "3,50", ""]
    assert {each["saved"]["version"] for each in saved["results"]} == {before + 1}
    changed = page.teacher.get(f"{page.url}/cells?since={before}").json()
    assert len(changed["cells"]) == 3
    with page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_a_refused_cell_keeps_none_of_the_others_back(page: TeachersPage) -> None:
    page.put("2", pupil=1)
    body = asked(page, (0, "5"), (1, "4"), (2, "7"), was="")
    answer = post(page, body).json()
    assert [each["saved"] is not None for each in answer["results"]] == [True, False, False]
    refused = [each["refused"] for each in answer["results"]]
    assert (refused[1]["status"], refused[1]["fields"]["text"]) == (409, "2")
    assert refused[2]["status"] == 422
    assert "от 1 до 5" in refused[2]["title"]
    assert [page.cell(pupil=number)["text"] for number in range(3)] == ["5", "2", ""]


def test_a_repeated_block_changes_nothing(page: TeachersPage) -> None:
    body = asked(page, (0, "5"), (1, "4"), was="")
    for number, each in enumerate(body["cells"]):
        each["key"] = f"key-{number}"
    first = post(page, body).json()
    again = post(page, body).json()
    assert again["version"] == first["version"]
    assert [each["saved"]["text"] for each in again["results"]] == ["5", "4"]


def test_a_strange_lesson_is_refused_by_itself(page: TeachersPage) -> None:
    body = asked(page, (0, "5"), (1, "4"))
    body["cells"][0]["lesson"] = str(page.page_id)
    answer = post(page, body).json()
    assert answer["results"][0]["refused"]["status"] == 404
    assert answer["results"][1]["saved"]["text"] == "4"


def test_nobody_writes_a_block_where_he_may_not(page: TeachersPage, other_teacher: Visitor) -> None:
    body = asked(page, (0, "5"))
    guardian = page.under_test.sign_in("guardian")
    assert post(page, body, by=guardian).status_code == 403
    assert post(page, body, by=other_teacher).status_code in (403, 404)
    assert page.cell()["text"] == ""
    assert post(page, {"cells": []}).status_code in (400, 422)
    assert post(page, {"cells": body["cells"] * 501}).status_code in (400, 422)
