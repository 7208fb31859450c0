"""Writing marks: saved with history, scoped, never overwriting somebody silently."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select, update

from core.audit.record import check as check_audit
from core.database.base import new_id, now
from core.organizations.models import Enrollment, SchoolClass, Term
from core.testing.portal import Visitor
from plugins.journal.models import JournalCell, JournalLesson, JournalMark
from tests.plugins.journal.conftest import TeachersPage


def test_a_mark_is_saved_with_average_and_history(page: TeachersPage) -> None:
    answer = page.put("5", was="")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= 1024
    saved = answer.json()
    assert saved["text"] == "5"
    page.put("4/3", was="5")
    card = page.cell()
    assert [mark["value"] for mark in card["marks"]] == ["4", "3"]
    assert [line["what"] for line in card["history"]][:2] == ["было «5», стало «4/3»", "записано «5»"]
    with page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_averages_weigh_marks_by_the_kind_of_work(page: TeachersPage) -> None:
    url = f"{page.url}/lessons/{page.lessons[1]}"
    assert page.teacher.put(url, json={"control_kind": "control"}).status_code == 200
    page.put("5")
    assert page.put("4", lesson=1).json()["average"] == "4,20"
    # The kind changed afterwards gives the marks its weight.
    page.teacher.put(url, json={"control_kind": ""})
    assert page.put("3", lesson=2).json()["average"] == "4,00"


def test_a_retake_stands_beside_the_first_mark_and_counts_instead_of_it(page: TeachersPage) -> None:
    page.put("2")
    saved = page.put("2>4", was="2").json()
    assert (saved["text"], saved["average"]) == ("2→4", "4,00")
    marks = page.cell()["marks"]
    assert [(mark["value"], mark["is_retake"]) for mark in marks] == [("2", False), ("4", True)]
    shown = page.teacher.get(page.url + f"?term={page.term.number}").json()
    assert next(each for each in shown["pupils"] if each["id"] == str(page.pupils[0]))["cells"] == {
        str(page.lessons[0]): "2→4"
    }
    assert "2→4" in page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    assert "2→4" in page.teacher.get(f"/journal/pupils/{page.pupils[0]}?term={page.term.number}").text
    # Attendance noted later leaves the retake alone; without it the first mark counts again.
    page.put("н 2→4")
    assert [mark["is_retake"] for mark in page.cell()["marks"]] == [False, True]
    assert page.put("2").json()["average"] == "2,00"


def test_work_owed_stays_out_of_the_average_until_it_is_handed_in(page: TeachersPage) -> None:
    page.put("4", lesson=1)
    assert (page.put(".").json()["text"], page.cell()["marks"][0]["value"]) == ("•", "•")
    assert page.put("4", lesson=1).json()["average"] == "4,00"
    assert page.put("5").json()["average"] == "4,50"


def test_a_change_of_a_cell_is_taken_back(page: TeachersPage) -> None:
    page.put("5")
    page.put("н 2", was="5")
    lines = page.cell()["history"]
    assert [line["before"] for line in lines][:2] == ["5", ""]
    card = f"/journal/{page.page_id}/cells/{page.lessons[0]}/{page.pupils[0]}"
    assert "Вернуть «5»" in page.teacher.get(card).text
    back = page.teacher.post(f"{card}/restore", data={"record": lines[0]["record"]})
    assert back.status_code == 303, back.text
    card_now = page.cell()
    assert card_now["text"] == "5"
    assert card_now["history"][0]["what"] == "было «н 2», стало «5»"
    with page.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []
    url = f"{page.url}/cells/{page.lessons[0]}/{page.pupils[0]}/restore"
    assert page.teacher.post(url, json={"record": lines[1]["record"]}).json()["text"] == ""
    other = f"{page.url}/cells/{page.lessons[1]}/{page.pupils[0]}/restore"
    assert page.teacher.post(other, json={"record": lines[1]["record"]}).status_code == 404


def test_a_topic_overwritten_is_taken_back(page: TeachersPage) -> None:
    url = f"{page.url}/lessons/{page.lessons[0]}"
    page.teacher.put(url, json={"topic": "Дроби", "homework": "№ 12"})
    page.teacher.put(url, json={"topic": "Дробь"})
    page.teacher.put(url, json={"homework": "№ 13"})
    lines = page.teacher.get(url + "/history").json()
    assert [line["what"] for line in lines][:2] == ["домашнее задание: «№ 13»", "тема: «Дробь»"]
    back = page.teacher.post(url + "/restore", json={"record": lines[1]["record"]})
    assert (back.json()["topic"], back.json()["homework"]) == ("Дроби", "№ 13")
    form = page.teacher.post(
        f"/journal/{page.page_id}/lessons/{page.lessons[0]}/restore", data={"record": lines[0]["record"]}
    )
    assert form.status_code == 303
    assert page.teacher.get(url).json()["homework"] == "№ 12"


def test_a_cell_is_written_by_a_plain_form(page: TeachersPage) -> None:
    page.put("5")
    card = f"/journal/{page.page_id}/cells/{page.lessons[0]}/{page.pupils[0]}"
    late = page.teacher.post(card, data={"value": "3", "was": "4"})
    assert late.status_code == 409 and "Клетку уже изменили" in late.text and 'value="3"' in late.text
    assert page.teacher.post(card, data={"value": "5>4", "was": "5"}).status_code == 303
    assert page.cell()["text"] == "5→4"


def test_a_cell_changed_meanwhile_is_not_overwritten(page: TeachersPage) -> None:
    page.put("5", was="")
    deputy = page.under_test.sign_in("deputy_head")
    assert page.put("4", was="5", by=deputy).status_code == 200
    late = page.put("3", was="5")
    assert late.status_code == 409
    assert late.json()["fields"]["text"] == "4"
    assert late.json()["fields"]["author"]
    assert page.cell()["text"] == "4"


def test_a_repeated_request_is_done_once(page: TeachersPage) -> None:
    first = page.put("5", was="", key="abc").json()
    again = page.put("5", was="", key="abc")
    assert again.status_code == 200
    assert again.json()["version"] == first["version"]
    assert len(page.cell()["history"]) == len({line["at"] for line in page.cell()["history"]})


def test_clearing_a_cell_keeps_its_history(page: TeachersPage) -> None:
    page.put("н 4")
    assert page.put("", was="н 4").json()["text"] == ""
    card = page.cell()
    assert card["marks"] == []
    assert card["history"][0]["what"] == "убрано «н 4»"


def test_what_cannot_be_a_mark_is_refused_in_words(page: TeachersPage) -> None:
    answer = page.put("7")
    assert answer.status_code == 422
    assert answer.json()["title"] == "«7»: отметка должна быть от 1 до 5."


def test_a_teacher_cannot_mark_a_closed_term(page: TeachersPage) -> None:
    database = page.under_test.portal.database
    with database.transaction() as db:
        db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=now()))
    try:
        answer = page.put("5")
        assert answer.status_code == 409
        assert "закрыт" in answer.json()["title"]
        grid = page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}")
        assert "data-may-mark" not in grid.text
    finally:
        with database.transaction() as db:
            db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=None))


def test_only_pupils_enrolled_on_that_day_get_marks(page: TeachersPage) -> None:
    newcomer = page.under_test.new_person("Новенький", "Пётр")
    with page.under_test.portal.database.transaction() as db:
        lessons = {row.id: row.day for row in db.execute(select(JournalLesson.id, JournalLesson.day))}
        school_class = db.get(SchoolClass, page.school_class_id)
        assert school_class is not None
        day = lessons[page.lessons[2]]
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=page.organization_id,
                academic_year_id=school_class.academic_year_id,
                school_class_id=page.school_class_id,
                person_id=newcomer,
                starts_on=day,
            )
        )
    body = {"pupil": str(newcomer), "value": "5"}
    early = page.teacher.put(page.url + "/cells", json={**body, "lesson": str(page.lessons[0])})
    assert early.status_code == 409
    there = page.teacher.put(page.url + "/cells", json={**body, "lesson": str(page.lessons[2])})
    assert there.status_code == 200
    grid = page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    line = grid[grid.index(f"data-p={newcomer.hex}") :].split("\n")[0]
    assert "class=x" in line


def test_class_one_is_taught_without_marks(page: TeachersPage) -> None:
    database = page.under_test.portal.database
    with database.transaction() as db:
        level = db.scalars(
            select(SchoolClass.grade_level).where(SchoolClass.id == page.school_class_id)
        ).one()
        db.execute(update(SchoolClass).where(SchoolClass.id == page.school_class_id).values(grade_level=1))
    try:
        assert page.put("5").status_code == 422
        assert page.put("н").status_code == 200
    finally:
        with database.transaction() as db:
            db.execute(
                update(SchoolClass).where(SchoolClass.id == page.school_class_id).values(grade_level=level)
            )


def test_marks_do_not_come_before_the_lesson_but_absence_may(page: TeachersPage) -> None:
    database = page.under_test.portal.database
    with database.transaction() as db:
        day = db.scalars(select(JournalLesson.day).where(JournalLesson.id == page.lessons[3])).one()
        ahead = now().date() + timedelta(days=3)
        db.execute(update(JournalLesson).where(JournalLesson.id == page.lessons[3]).values(day=ahead))
        db.execute(update(Term).where(Term.id == page.term.id).values(ends_on=max(page.term.ends_on, ahead)))
    try:
        assert page.put("5", lesson=3).status_code == 409
        assert page.put("б", lesson=3).status_code == 200
    finally:
        with database.transaction() as db:
            db.execute(update(JournalLesson).where(JournalLesson.id == page.lessons[3]).values(day=day))
            db.execute(update(Term).where(Term.id == page.term.id).values(ends_on=page.term.ends_on))


def test_another_teacher_neither_sees_nor_marks_the_page(page: TeachersPage, other_teacher: Visitor) -> None:
    assert page.put("5", by=other_teacher).status_code == 404
    assert other_teacher.get(page.url).status_code == 404
    assert str(page.page_id) not in other_teacher.get("/api/v1/journal/pages").text


def test_a_substitute_marks_only_the_lesson_taught(page: TeachersPage, other_teacher: Visitor) -> None:
    with page.under_test.portal.database.transaction() as db:
        before = db.scalars(select(JournalLesson.teacher_id).where(JournalLesson.id == page.lessons[1])).one()
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id == page.lessons[1])
            .values(teacher_id=other_teacher.person_id)
        )
    try:
        assert page.put("4", lesson=1, by=other_teacher).status_code == 200
        assert page.put("4", lesson=0, by=other_teacher).status_code == 403
        grid = other_teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
        assert "data-only-own" in grid
        assert grid.count(" data-own>") == 1
    finally:
        with page.under_test.portal.database.transaction() as db:
            db.execute(
                update(JournalLesson).where(JournalLesson.id == page.lessons[1]).values(teacher_id=before)
            )


def test_the_neighbour_school_learns_nothing(page: TeachersPage, stranger: Visitor) -> None:
    for url in (page.url, f"{page.url}/cells?since=0", f"/journal/{page.page_id}"):
        assert stranger.get(url).status_code == 404
    assert page.put("5", by=stranger).status_code == 404


def test_pupils_and_guardians_cannot_open_the_journal(page: TeachersPage) -> None:
    for role in ("pupil", "guardian"):
        visitor = page.under_test.sign_in(role)
        assert visitor.get("/journal").status_code == 403
        assert page.put("5", by=visitor).status_code == 403


def test_changed_cells_are_told_by_version(page: TeachersPage) -> None:
    version = page.teacher.get(page.url).json()["version"]
    page.put("5")
    page.put("н", lesson=1, pupil=1)
    page.put("", lesson=1, pupil=1)
    changes = page.teacher.get(f"{page.url}/cells?since={version}").json()
    assert changes["version"] == version + 3
    assert not changes["lessons_changed"]
    texts = {(cell["lesson"], cell["pupil"]): cell["text"] for cell in changes["cells"]}
    assert texts == {
        (str(page.lessons[0]), str(page.pupils[0])): "5",
        (str(page.lessons[1]), str(page.pupils[1])): "",
    }


def test_a_save_that_changes_nothing_bears_the_version_that_made_the_cell(page: TeachersPage) -> None:
    """Else a page would take the version for its own change, and pass over what others have changed."""
    made = page.put("5").json()["version"]
    page.put("4", pupil=1, by=page.under_test.sign_in("deputy_head"))
    assert page.put("5").json()["version"] == made
    cells = [{"lesson": str(page.lessons[0]), "pupil": str(page.pupils[0]), "value": "5"}]
    together = page.teacher.post(page.url + "/cells", json={"cells": cells}).json()
    assert together["results"][0]["saved"]["version"] == made


def test_a_failed_save_leaves_nothing_behind(page: TeachersPage) -> None:
    page.put("5")
    page.put("9")
    with page.under_test.portal.database.reading() as db:
        assert len(db.scalars(select(JournalMark).where(JournalMark.lesson_id == page.lessons[0])).all()) == 1
        cell = db.get(JournalCell, (page.lessons[0], page.pupils[0]))
        assert cell is not None
        assert cell.changes == 1


def test_a_comment_is_kept_with_its_history(page: TeachersPage) -> None:
    page.put("4")
    mark = page.cell()["marks"][0]["id"]
    answer = page.teacher.put(f"{page.url}/marks/{mark}/comment", json={"comment": "Молодец"})
    assert answer.status_code == 200, answer.text
    card = page.cell()
    assert card["marks"][0]["comment"] == "Молодец"
    assert card["history"][0]["what"] == "комментарий: «Молодец»"
    page.put("5", was="4")
    assert page.cell()["marks"][0]["comment"] == "Молодец"


def test_refusals_are_in_the_language_of_whoever_reads_them(page: TeachersPage) -> None:
    reader, database = page.teacher, page.under_test.portal.database
    reader.post("/locale", data={"locale": "en", "next": "/"})
    try:
        page.put("5", was="")
        page.put("4", was="5", by=page.under_test.sign_in("deputy_head"))
        late = page.put("3", was="5").json()
        wrong = page.put("77").json()
        crowded = page.put("5 5 5 5 5").json()
        long = reader.put(f"{page.url}/lessons/{page.lessons[0]}", json={"topic": "x" * 5000}).json()
        with database.transaction() as db:
            db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=now()))
        closed = page.put("5").json()
    finally:
        reader.post("/locale", data={"locale": "ru", "next": "/"})
        with database.transaction() as db:
            db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=None))
    who = late["fields"]["author"]
    assert late["title"] == f"The cell has been changed meanwhile ({who}): it now has “4”."
    assert late["detail"] == "Check the entry and, if need be, type yours again."
    assert wrong["title"] == "“77”: a mark is 1 to 5."
    assert crowded["title"] == "A cell can have no more than 4 marks."
    assert re.fullmatch(r"No longer than \d+ characters\.", long["fields"]["topic"])
    last = f"{page.term.ends_on:%d.%m.%Y}"
    assert closed["title"] == f"The term is closed: {page.term.name}, until {last}."
    assert page.put("77").json()["title"] == "«77»: отметка должна быть от 1 до 5."
