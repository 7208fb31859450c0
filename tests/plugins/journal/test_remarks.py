"""Praise and remarks: written at the cell, read by the family, taken back with a trace."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from core.audit.record import check as check_audit
from core.identity.models import Notification
from core.roles.actor import system_actor
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.remarks.personal import erase_remarks, remarks_about
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage

PRAISE = "Отлично читает наизусть"


def cell(page: TeachersPage, lesson: int = 0, pupil: int = 0) -> str:
    return f"/journal/{page.page_id}/cells/{page.lessons[lesson]}/{page.pupils[pupil]}"


def add(page: TeachersPage, *, by: Visitor | None = None, **more: Any) -> Any:
    body = {
        "lesson": str(page.lessons[0]),
        "pupil": str(page.pupils[0]),
        "kind": "praise",
        "text": PRAISE,
        **more,
    }
    return (by or page.teacher).post(page.url + "/remarks", json=body)


def forget(page: TeachersPage) -> None:
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalRemark))


def test_praise_is_read_by_the_family_and_stays_in_the_history(page: TeachersPage) -> None:
    forget(page)
    guardian = guardian_of(page, page.pupils[0])
    made = add(page)
    assert made.status_code == 201, made.text
    with page.under_test.portal.database.reading(fresh=True) as db:
        day = db.get_one(JournalLesson, page.lessons[0]).day
        told = db.scalars(
            select(Notification.title).where(Notification.person_id == guardian.person_id)
        ).all()
    assert any(title.startswith("Похвала: ") for title in told)
    diary = guardian.get(f"/diary/{page.pupils[0]}?week={day}").text
    assert f"Похвала: {PRAISE}" in diary
    week = guardian.get(f"/api/v1/diary/pupils/{page.pupils[0]}/week?week={day}").json()
    said = [each for shown in week["days"] for line in shown["lessons"] for each in line["remarks"]]
    assert said == [{"kind": "praise", "text": PRAISE}]
    assert '<td class="r">' in page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    assert [each["text"] for each in page.teacher.get(page.url + "/remarks").json()] == [PRAISE]
    assert page.cell()["history"][0]["what"] == f"похвала: «{PRAISE}»"
    gone = page.teacher.delete(f"{page.url}/remarks/{made.json()['id']}")
    assert gone.status_code == 204, gone.text
    assert page.teacher.get(page.url + "/remarks").json() == []
    assert page.cell()["history"][0]["what"] == f"убрано: похвала «{PRAISE}»"
    assert PRAISE not in guardian.get(f"/diary/{page.pupils[0]}?week={day}").text
    with page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_a_remark_is_written_in_the_drawer(page: TeachersPage) -> None:
    forget(page)
    refused = page.teacher.post(cell(page) + "/remarks", data={"kind": "remark", "text": "  "})
    assert refused.status_code == 422 and "Напишите, что увидит семья" in refused.text
    assert (
        page.teacher.post(cell(page) + "/remarks", data={"kind": "remark", "text": "Не готов"}).status_code
        == 303
    )
    shown = page.teacher.get(cell(page)).text
    assert "Замечание" in shown and "Не готов" in shown
    remark = page.teacher.get(page.url + "/remarks").json()[0]["id"]
    assert (
        page.teacher.post(f"{cell(page)}/remarks/{remark}/remove", data={"step": "remove"}).status_code == 303
    )
    assert page.teacher.get(page.url + "/remarks").json() == []


def test_only_whoever_may_mark_says_something(page: TeachersPage) -> None:
    forget(page)
    made = add(page).json()["id"]
    for kind, status in (("head", 403), ("guardian", 403), ("pupil", 403)):
        stranger = page.under_test.sign_in(kind)
        assert add(page, by=stranger).status_code == status
        assert stranger.delete(f"{page.url}/remarks/{made}").status_code == status
    assert page.teacher.post(page.url + "/remarks", json={}, csrf=False).status_code == 403
    assert page.under_test.visitor().get(page.url + "/remarks").status_code == 401
    assert add(page, text="я" * 1001).status_code == 422
    assert add(page, kind="shout").status_code == 422


def test_a_remark_can_be_given_out_and_erased(page: TeachersPage) -> None:
    forget(page)
    add(page, kind="remark", text="Опоздал без причины")
    with page.under_test.portal.database.transaction() as db:
        about = remarks_about(db, page.pupils[0])
        assert [each["текст"] for each in about["похвала и замечания"]] == ["Опоздал без причины"]
        assert erase_remarks(db, system_actor(), page.pupils[0]) == 1
    assert page.teacher.get(page.url + "/remarks").json() == []
