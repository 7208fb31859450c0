"""Reasons of absences: a period recoded at one stroke and back, absences announced by families, statistics."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from core.database.base import new_id
from core.files import StoredFile
from core.testing.portal import Visitor
from plugins.journal.access import open_page_where
from plugins.journal.attendance.expected import expected_codes
from plugins.journal.attendance.models import JournalAbsence
from plugins.journal.models import JournalLesson, JournalPage
from tests.plugins.journal.attendance_people import (
    TODAY,
    actions_about,
    born,
    close_term,
    codes,
    forget_attendance,
    guardian_of,
    lessons_of_day,
    news_of,
    other_class_teacher,
    reopen_term,
    with_role,
)
from tests.plugins.journal.conftest import TeachersPage

NOTE = "/api/v1/journal/attendance"
RECODINGS = "/api/v1/journal/recodings"
ABSENCES = "/api/v1/journal/absences"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def clean(page: TeachersPage) -> TeachersPage:
    forget_attendance(page)
    close_term(page, closed=False)
    return page


@pytest.fixture
def class_teacher(clean: TeachersPage) -> Visitor:
    return with_role(clean, "class_teacher", class_id=clean.school_class_id)


def missed_day(page: TeachersPage, teacher: Visitor, code: str = "н") -> tuple[UUID, date, list[Any]]:
    """A pupil who missed a whole day."""
    pupil = page.pupils[0]
    day, lessons = lessons_of_day(page, pupil)
    for lesson in lessons:
        body = {"lesson": str(lesson.id), "pupil": str(pupil), "code": code}
        assert teacher.put(NOTE, json=body).status_code == 200
    return pupil, day, lessons


def period(pupil: UUID, day: date, code: str = "б", **more: Any) -> dict[str, Any]:
    return {"pupil": str(pupil), "first_day": str(day), "last_day": str(day), "code": code, **more}


def test_a_period_is_recoded_and_undone(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil, day, lessons = missed_day(clean, class_teacher)
    body = {"lesson": str(lessons[0].id), "pupil": str(pupil), "code": "уп"}
    class_teacher.put(NOTE, json=body)
    seen = class_teacher.post(RECODINGS + "/preview", json=period(pupil, day)).json()
    assert seen["changes"] == [{"code": "н", "lessons": len(lessons) - 1}]
    everything = class_teacher.post(RECODINGS + "/preview", json=period(pupil, day, explained=True)).json()
    assert sum(each["lessons"] for each in everything["changes"]) == len(lessons)
    made = class_teacher.post(RECODINGS, json=period(pupil, day, basis="Справка № 118"))
    assert made.status_code == 201, made.text
    assert sorted(codes(clean, pupil, day).values()) == sorted(["б"] * (len(lessons) - 1) + ["уп"])
    line = class_teacher.get(RECODINGS).json()[0]
    assert (line["lessons"], line["basis"], line["touched"]) == (len(lessons) - 1, "Справка № 118", 0)
    undone = class_teacher.post(f"{RECODINGS}/{made.json()['id']}/undo")
    assert undone.json() == {"lessons": len(lessons) - 1}
    assert sorted(codes(clean, pupil, day).values()) == sorted(["н"] * (len(lessons) - 1) + ["уп"])
    assert class_teacher.post(f"{RECODINGS}/{made.json()['id']}/undo").status_code == 409
    assert actions_about(clean, made.json()["id"]) == ["journal.recoding.make", "journal.recoding.undo"]


def test_a_recoding_is_not_undone_over_others_changes(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil, day, lessons = missed_day(clean, class_teacher)
    made = class_teacher.post(RECODINGS, json=period(pupil, day, basis="Справка")).json()
    class_teacher.put(NOTE, json={"lesson": str(lessons[0].id), "pupil": str(pupil), "code": "нп"})
    refused = class_teacher.post(f"{RECODINGS}/{made['id']}/undo")
    assert refused.status_code == 409
    assert "изменили 1 клетку" in refused.text
    assert class_teacher.get(RECODINGS).json()[0]["touched"] == 1
    assert sorted(codes(clean, pupil, day).values()) == sorted(["б"] * (len(lessons) - 1) + ["нп"])


def test_recoding_is_refused_where_it_cannot_be(
    clean: TeachersPage, class_teacher: Visitor, stranger: Visitor
) -> None:
    pupil, day, _lessons = missed_day(clean, class_teacher)
    wanted = period(pupil, day, basis="Справка")
    assert class_teacher.post(RECODINGS, json={**wanted, "basis": " "}).status_code == 422
    assert class_teacher.post(RECODINGS, json={**wanted, "code": "оп"}).status_code == 422
    assert class_teacher.post(RECODINGS, json={**wanted, "last_day": "2020-01-01"}).status_code == 422
    assert other_class_teacher(clean).post(RECODINGS, json=wanted).status_code == 404
    assert clean.teacher.post(RECODINGS, json=wanted).status_code == 403
    assert stranger.post(RECODINGS, json=wanted).status_code == 403
    assert with_role(clean, "head").post(RECODINGS, json=wanted).status_code == 403
    close_term(clean, closed=True)
    try:
        closed = class_teacher.post(RECODINGS, json=wanted)
        assert closed.status_code == 409
        assert "Период закрыт" in closed.text
        assert class_teacher.post(RECODINGS + "/preview", json=period(pupil, day)).json()["closed"] > 0
    finally:
        close_term(clean, closed=False)
    assert set(codes(clean, pupil, day).values()) == {"н"}
    assert with_role(clean, "deputy_head").post(RECODINGS, json=wanted).status_code == 201
    assert class_teacher.post(RECODINGS, json=wanted).status_code == 409


def test_reasons_are_given_in_a_term_open_again(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil, day, _lessons = missed_day(clean, class_teacher)
    reopen_term(clean)
    try:
        assert class_teacher.post(RECODINGS + "/preview", json=period(pupil, day)).json()["closed"] == 0
        made = class_teacher.post(RECODINGS, json=period(pupil, day, basis="Справка"))
        assert made.status_code == 201, made.text
    finally:
        close_term(clean, closed=False)


def test_the_page_shows_what_would_change_and_takes_a_paper(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil, day, lessons = missed_day(clean, class_teacher)
    asked = class_teacher.get(
        f"/journal/recodings?pupil={pupil}&first_day={day}&last_day={day}&code=%D0%B1"
    ).text
    assert f"{len(lessons)} урок" in asked
    assert "<b>н</b> → <b>б</b>" in asked
    typed = {name: str(value) for name, value in period(pupil, day).items()}
    again = class_teacher.post("/journal/recodings", data=typed)
    assert again.status_code == 422
    assert "Укажите основание" in again.text
    done = class_teacher.post(
        "/journal/recodings",
        data={**typed, "basis": "Справка № 7"},
        files={"files": ("справка.pdf", PDF, "application/pdf")},
    )
    assert done.status_code == 303, done.text
    with clean.under_test.portal.database.reading(fresh=True) as db:
        paper = db.scalars(
            select(StoredFile).where(StoredFile.purpose == "journal.recoding").order_by(StoredFile.id.desc())
        ).first()
        assert paper is not None
        paper_id, recoding_id = paper.id, paper.subject
    assert class_teacher.get(f"/files/{paper_id}").status_code == 200
    assert other_class_teacher(clean).get(f"/files/{paper_id}").status_code == 404
    assert (
        class_teacher.post(f"/journal/recodings/{recoding_id}/undo", data={"step": "undo"}).status_code == 303
    )


def told(pupil: UUID, first: date, last: date | None = None, **more: Any) -> dict[str, Any]:
    return {
        "pupil": str(pupil),
        "first_day": str(first),
        "last_day": str(last or first),
        "code": "б",
        **more,
    }


def recent_missed_day(page: TeachersPage, teacher: Visitor) -> tuple[UUID, date, list[Any]]:
    pupil, day, lessons = missed_day(page, teacher)
    if (TODAY - day).days > 25:
        pytest.fail("the demo school has no lessons within the last month")
    return pupil, day, lessons


def test_a_guardian_announces_and_the_class_teacher_confirms(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil, day, lessons = recent_missed_day(clean, class_teacher)
    guardian = guardian_of(clean, pupil)
    sent = guardian.post(
        "/absences",
        data={
            "pupil": str(pupil),
            "first_day": str(day),
            "last_day": str(TODAY),
            "code": "б",
            "comment": "Грипп",
        },
        files={"files": ("справка.pdf", PDF, "application/pdf")},
    )
    assert sent.status_code == 303, sent.text
    assert "Грипп" in guardian.get("/absences").text
    assert any("Сообщение о пропуске" in title for title in news_of(clean, class_teacher.person_id))
    assert "Сообщения семей о пропусках" in class_teacher.get("/").text
    waiting = class_teacher.get(ABSENCES).json()[0]
    assert (waiting["state"], waiting["reason"], len(waiting["papers"])) == ("announced", "Болел", 1)
    paper = f"/files/{waiting['papers'][0]['id']}"
    assert class_teacher.get(paper).status_code == guardian.get(paper).status_code == 200
    assert clean.teacher.get(paper).status_code == 404
    assert other_class_teacher(clean).get(paper).status_code == 404
    # Not confirmed yet: nothing in the journal has changed.
    assert set(codes(clean, pupil, day).values()) == {"н"}
    done = class_teacher.post(
        f"/journal/absences/{waiting['id']}", data={"step": "confirm", "answer": "Выздоравливайте"}
    )
    assert done.status_code == 303, done.text
    assert codes(clean, pupil, day) == dict.fromkeys((lesson.id for lesson in lessons), "б")
    assert any("подтвердила" in title for title in news_of(clean, guardian.person_id))
    assert "Выздоравливайте" in guardian.get("/absences").text
    assert actions_about(clean, waiting["id"]) == ["journal.absence.announce", "journal.absence.confirm"]
    assert class_teacher.post(f"{ABSENCES}/{waiting['id']}/confirm", json={}).status_code == 409
    assert guardian.post(f"{ABSENCES}/{waiting['id']}/withdraw").status_code == 409


def test_a_confirmed_absence_is_expected_at_lessons_to_come(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil = clean.pupils[0]
    guardian = guardian_of(clean, pupil)
    made = guardian.post(ABSENCES, json=told(pupil, TODAY, TODAY + timedelta(days=3))).json()

    def expected() -> dict[tuple[UUID, date], str]:
        from core.identity.models import Account
        from core.identity.sessions import actor_of

        with clean.under_test.portal.database.transaction() as db:
            account = db.scalars(select(Account).where(Account.person_id == clean.teacher_id)).one()
            actor = actor_of(db, account.id)
            assert actor is not None
            page = open_page_where(db, actor, clean.page_id, JournalPage.id == clean.page_id)
            return expected_codes(db, page, TODAY, TODAY + timedelta(days=1))

    assert expected() == {}
    day = class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/{TODAY}").text
    assert "не подтверждено" in day or "Уроков в этот день нет" in day
    assert class_teacher.post(f"{ABSENCES}/{made['id']}/confirm", json={}).json() == {"lessons": 0}
    assert expected() == {(pupil, TODAY): "б", (pupil, TODAY + timedelta(days=1)): "б"}
    shown = class_teacher.get(f"/api/v1/journal/classes/{clean.school_class_id}/days/{TODAY}").json()
    line = next(each for each in shown["pupils"] if each["id"] == str(pupil))
    assert line["announced"] == "б"
    assert all(cell["expected"] == "б" for cell in line["cells"] if cell and not cell["code"])


def test_an_expected_absence_is_shown_on_the_page_until_something_is_noted(
    clean: TeachersPage,
) -> None:
    pupil, lesson = clean.pupils[0], clean.lessons[-1]
    with clean.under_test.portal.database.reading() as db:
        day = db.get_one(JournalLesson, lesson).day
    url = f"{clean.url}/terms/{clean.term.number}/expected-absences"
    with clean.under_test.portal.database.transaction() as db:
        db.add(
            JournalAbsence(
                id=new_id(),
                organization_id=clean.organization_id,
                academic_year_id=db.get_one(JournalPage, clean.page_id).academic_year_id,
                pupil_id=pupil,
                first_day=day,
                last_day=day,
                code="б",
                state="confirmed",
            )
        )
    expected = {(each["pupil"], each["lesson"]): each["code"] for each in clean.teacher.get(url).json()}
    assert expected[str(pupil), str(lesson)] == "б"
    assert clean.put("н", lesson=len(clean.lessons) - 1).status_code == 200
    noted = {(each["pupil"], each["lesson"]) for each in clean.teacher.get(url).json()}
    assert (str(pupil), str(lesson)) not in noted
    assert clean.teacher.get(f"{clean.url}/terms/77/expected-absences").status_code == 404


def test_an_absence_is_refused_with_a_reason_or_withdrawn(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil = clean.pupils[0]
    guardian = guardian_of(clean, pupil)
    made = guardian.post(ABSENCES, json=told(pupil, TODAY)).json()
    assert guardian.post(ABSENCES, json=told(pupil, TODAY)).status_code == 409
    silent = class_teacher.post(f"/journal/absences/{made['id']}", data={"step": "refuse", "answer": ""})
    assert silent.status_code == 422
    assert "Напишите семье" in silent.text
    refused = class_teacher.post(f"{ABSENCES}/{made['id']}/refuse", json={"answer": "Ребёнок был в школе"})
    assert refused.status_code == 204
    assert any("не подтвердила" in title for title in news_of(clean, guardian.person_id))
    assert guardian.get(f"{ABSENCES}/family").json()[0]["answer"] == "Ребёнок был в школе"
    second = guardian.post(ABSENCES, json=told(pupil, TODAY)).json()
    withdrawn = guardian.post(f"/absences/{second['id']}/withdraw", data={"step": "withdraw"})
    assert withdrawn.status_code == 303
    assert class_teacher.post(f"{ABSENCES}/{second['id']}/confirm", json={}).status_code == 409
    assert [each["state"] for each in guardian.get(f"{ABSENCES}/family").json()] == ["withdrawn", "refused"]


def test_only_whoever_acts_for_the_child_announces(
    clean: TeachersPage, class_teacher: Visitor, stranger: Visitor
) -> None:
    pupil, other = clean.pupils[0], clean.pupils[1]
    guardian = guardian_of(clean, pupil)
    assert guardian.post(ABSENCES, json=told(other, TODAY)).status_code == 404
    assert guardian_of(clean, pupil, rights="view").post(ABSENCES, json=told(pupil, TODAY)).status_code == 404
    assert class_teacher.post(ABSENCES, json=told(pupil, TODAY)).status_code == 403
    made = guardian.post(ABSENCES, json=told(pupil, TODAY)).json()
    for foreign in (other_class_teacher(clean), stranger, guardian_of(clean, other), clean.teacher):
        assert foreign.post(f"{ABSENCES}/{made['id']}/confirm", json={}).status_code in (403, 404)
        assert foreign.post(f"{ABSENCES}/{made['id']}/withdraw").status_code in (403, 404)
    assert guardian_of(clean, other).get(f"{ABSENCES}/family").json() == []
    assert other_class_teacher(clean).get(ABSENCES).json() == []
    assert len(guardian_of(clean, pupil, rights="view").get(f"{ABSENCES}/family").json()) == 1
    assert len(with_role(clean, "deputy_head").get(ABSENCES).json()) == 1


def test_a_pupil_of_fourteen_sees_what_the_family_announced(clean: TeachersPage) -> None:
    pupil = clean.pupils[0]
    guardian_of(clean, pupil).post(ABSENCES, json=told(pupil, TODAY, comment="Едем к врачу"))
    visitor = clean.under_test.sign_in("pupil", person_id=pupil)
    born(clean, pupil, TODAY.replace(year=TODAY.year - 14))
    assert "Едем к врачу" in visitor.get("/absences").text
    assert "Отправить классному руководителю" not in visitor.get("/absences").text
    born(clean, pupil, TODAY.replace(year=TODAY.year - 14) + timedelta(days=1))
    assert "Едем к врачу" not in visitor.get("/absences").text
    assert visitor.post(ABSENCES, json=told(pupil, TODAY)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_day": str(TODAY - timedelta(days=60)), "last_day": str(TODAY)}, "first_day"),
        ({"last_day": str(TODAY - timedelta(days=1))}, "last_day"),
        ({"last_day": str(TODAY + timedelta(days=400))}, "last_day"),
        ({"code": "оп"}, "code"),
        ({"code": "н"}, "code"),
        ({"comment": "а" * 501}, "comment"),
    ],
)
def test_what_cannot_be_announced_is_said_at_the_field(
    clean: TeachersPage, change: dict[str, str], field: str
) -> None:
    pupil = clean.pupils[0]
    answer = guardian_of(clean, pupil).post(ABSENCES, json={**told(pupil, TODAY), **change})
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    with clean.under_test.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(func.count(JournalAbsence.id))) == 0


def test_statistics_count_lessons_days_reasons_and_lateness(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    pupil, day, lessons = missed_day(clean, class_teacher)
    late = clean.pupils[1]
    for lesson in clean.lessons[:2]:
        class_teacher.put(NOTE, json={"lesson": str(lesson), "pupil": str(late), "code": "оп10"})
    first, last = clean.term.starts_on, TODAY
    url = f"/api/v1/journal/attendance?first={first}&last={last}"

    def counted(person: UUID) -> dict[str, int]:
        found = class_teacher.get(url).json()["classes"]
        assert [each["id"] for each in found] == [str(clean.school_class_id)]
        return next(each["missed"] for each in found[0]["pupils"] if each["id"] == str(person))

    assert counted(pupil) == {
        "ill": 0,
        "excused": 0,
        "unexcused": 0,
        "unknown": len(lessons),
        "days": 1,
        "days_ill": 0,
        "late": 0,
        "late_minutes": 0,
    }
    assert (counted(late)["late"], counted(late)["late_minutes"], counted(late)["days"]) == (2, 20, 0)
    without = class_teacher.get(f"/api/v1/journal/attendance/unexplained?first={first}&last={last}").json()
    ours = [each for each in without if each["pupil"] == str(pupil)]
    assert [(each["lessons"], each["first_day"]) for each in ours] == [(len(lessons), str(day))]
    class_teacher.post(RECODINGS, json=period(pupil, day, basis="Справка"))
    assert (counted(pupil)["ill"], counted(pupil)["days_ill"], counted(pupil)["unknown"]) == (
        len(lessons),
        1,
        0,
    )
    # One lesson attended: the day is no longer missed whole.
    class_teacher.put(NOTE, json={"lesson": str(lessons[0].id), "pupil": str(pupil), "code": ""})
    assert (counted(pupil)["ill"], counted(pupil)["days"]) == (len(lessons) - 1, 0)


def test_statistics_are_shown_and_taken_out(
    clean: TeachersPage, class_teacher: Visitor, stranger: Visitor
) -> None:
    pupil, _day, _lessons = missed_day(clean, class_teacher)
    query = f"first={clean.term.starts_on}&last={TODAY}"
    page = class_teacher.get(f"/journal/attendance?{query}")
    assert page.status_code == 200
    assert f"/journal/recodings?pupil={pupil}" in page.text
    head = with_role(clean, "head")
    head.get(f"/journal/attendance?{query}")
    with clean.under_test.counting_statements() as statements:
        assert "Всего" in head.get(f"/journal/attendance?{query}").text
    assert len(statements) <= 14, statements
    book = load_workbook(io.BytesIO(head.get(f"/journal/attendance?{query}&file=xlsx").content))
    assert book.sheetnames[0] == "По классам"
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[-1][0] == "Всего"
    assert sum(int(str(row[2])) for row in rows[1:-1]) == rows[-1][2]
    assert "Классов нет" in clean.teacher.get("/journal/attendance").text
    foreign = stranger.get(f"/api/v1/journal/attendance?{query}&school_class={clean.school_class_id}").json()
    assert foreign["classes"] == []
    assert class_teacher.get("/journal/attendance?first=2026-12-01&last=2026-11-01").status_code == 422


def test_what_families_wrote_is_exported_and_erased(clean: TeachersPage, class_teacher: Visitor) -> None:
    from core.roles.actor import system_actor
    from plugins.journal.attendance.personal import check_attendance
    from plugins.journal.checks import erase_person, export_person

    pupil = clean.pupils[0]
    guardian = guardian_of(clean, pupil)
    sent = guardian.post(
        "/absences",
        data={"pupil": str(pupil), "first_day": str(TODAY), "code": "б", "comment": "Операция"},
        files={"files": ("выписка.pdf", PDF, "application/pdf")},
    )
    assert sent.status_code == 303
    with clean.under_test.portal.database.transaction() as db:
        assert list(check_attendance(db)) == []
        told_of = export_person(db, pupil)["сообщения о пропусках"]
        assert told_of[0]["пояснение"] == "Операция"
        erase_person(db, system_actor(), pupil)
    with clean.under_test.portal.database.reading(fresh=True) as db:
        assert export_person(db, pupil)["сообщения о пропусках"][0]["пояснение"] == ""
        subject = str(db.scalars(select(JournalAbsence.id).where(JournalAbsence.pupil_id == pupil)).one())
        assert db.scalar(select(StoredFile.id).where(StoredFile.subject == subject)) is None
