"""The day of a class: who may see and note whose attendance, the whole day at a stroke, roll calls."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from core.database.base import new_id
from core.organizations.models import Enrollment
from core.testing.portal import Visitor
from plugins.journal.grid.stored_cells import subject_id_of
from plugins.journal.models import JournalLesson
from tests.plugins.journal.attendance_people import (
    actions_about,
    close_term,
    codes,
    forget_attendance,
    guardian_of,
    lessons_of_day,
    other_class_teacher,
    reopen_term,
    with_role,
)
from tests.plugins.journal.conftest import TeachersPage

NOTE = "/api/v1/journal/attendance"


@pytest.fixture
def clean(page: TeachersPage) -> TeachersPage:
    forget_attendance(page)
    close_term(page, closed=False)
    return page


@pytest.fixture
def class_teacher(clean: TeachersPage) -> Visitor:
    return with_role(clean, "class_teacher", class_id=clean.school_class_id)


def put(visitor: Visitor, lesson: UUID, pupil: UUID, code: str, **more: object) -> int:
    answer = visitor.put(NOTE, json={"lesson": str(lesson), "pupil": str(pupil), "code": code, **more})
    return answer.status_code


def test_a_class_teacher_notes_every_lesson_of_the_class(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    day, lessons = lessons_of_day(clean, pupil)
    url = f"/api/v1/journal/classes/{clean.school_class_id}/days/{day}"
    shown = class_teacher.get(url).json()
    assert {lesson.id for lesson in lessons} <= {UUID(each["id"]) for each in shown["lessons"]}
    assert all(each["may_note"] for each in shown["lessons"])
    for lesson in lessons:
        assert put(class_teacher, lesson.id, pupil, "н") == 200
    assert codes(clean, pupil, day) == dict.fromkeys((lesson.id for lesson in lessons), "н")
    line = next(each for each in class_teacher.get(url).json()["pupils"] if each["id"] == str(pupil))
    assert line["missed"] == len(lessons)
    # Written the one way: with the history of the cell.
    assert actions_about(clean, subject_id_of(lessons[0].id, pupil))[-1] == "journal.cell.set"


def test_marks_stay_and_a_class_teacher_gives_none(clean: TeachersPage, class_teacher: Visitor) -> None:
    clean.put("4/5")
    lesson, pupil = clean.lessons[0], clean.pupils[0]
    assert put(class_teacher, lesson, pupil, "оп10") == 200
    assert clean.cell()["text"] == "оп10 4/5"
    assert put(class_teacher, lesson, pupil, "") == 200
    assert clean.cell()["text"] == "4/5"
    assert put(class_teacher, lesson, pupil, "5") == 422
    assert clean.put("5", by=class_teacher).status_code == 403
    assert clean.cell()["text"] == "4/5"


def test_what_somebody_else_has_noted_is_not_overwritten(clean: TeachersPage, class_teacher: Visitor) -> None:
    lesson, pupil = clean.lessons[0], clean.pupils[0]
    clean.put("б")
    answer = class_teacher.put(
        NOTE, json={"lesson": str(lesson), "pupil": str(pupil), "code": "н", "was": ""}
    )
    assert answer.status_code == 409
    assert answer.json()["fields"]["text"] == "б"
    # A mark given meanwhile is no conflict: only the code is written.
    clean.put("б 4")
    assert put(class_teacher, lesson, pupil, "уп", was="б") == 200
    assert clean.cell()["text"] == "уп 4"


def test_teachers_note_their_own_lessons_only(clean: TeachersPage, other_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    assert put(clean.teacher, clean.lessons[0], pupil, "н") == 200
    assert put(other_teacher, clean.lessons[1], pupil, "н") in (403, 404)
    substitute = with_role(clean, "teacher")
    assert put(substitute, clean.lessons[1], pupil, "н") == 404
    with clean.under_test.portal.database.transaction() as db:
        lesson = db.get_one(JournalLesson, clean.lessons[1])
        before, lesson.teacher_id = lesson.teacher_id, substitute.person_id
    assert put(substitute, clean.lessons[1], pupil, "н") == 200
    assert put(substitute, clean.lessons[2], pupil, "н") == 403
    with clean.under_test.portal.database.transaction() as db:
        db.get_one(JournalLesson, clean.lessons[1]).teacher_id = before


def test_others_note_nothing(clean: TeachersPage, stranger: Visitor) -> None:
    lesson, pupil = clean.lessons[0], clean.pupils[0]
    assert put(other_class_teacher(clean), lesson, pupil, "н") == 404
    assert put(stranger, lesson, pupil, "н") == 404
    assert put(guardian_of(clean, pupil), lesson, pupil, "н") == 403
    assert put(with_role(clean, "head"), lesson, pupil, "н") == 403
    assert put(with_role(clean, "deputy_head"), lesson, pupil, "н") == 200


def test_a_class_teacher_does_not_note_pupils_of_another_class(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    visiting = clean.under_test.new_person("Приходящий", "Олег")
    assert put(class_teacher, clean.lessons[0], visiting, "н") == 403


def test_a_closed_term_is_read_only(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    day, lessons = lessons_of_day(clean, pupil)
    close_term(clean, closed=True)
    try:
        page = class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/{day}").text
        assert "Период закрыт" in page
        assert "data-may" not in page
        assert put(class_teacher, lessons[0].id, pupil, "н") == 409
    finally:
        close_term(clean, closed=False)


def test_one_entry_of_the_menu_is_open(clean: TeachersPage) -> None:
    page = clean.under_test.sign_in("deputy_head").get("/journal/absent").text
    open_entries = re.findall(r'<li><a href="([^"]+)" aria-current="page"><svg', page)
    assert set(open_entries) == {"/journal/absent"}


def test_a_term_open_again_is_written_on(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    day, lessons = lessons_of_day(clean, pupil)
    reopen_term(clean)
    try:
        page = class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/{day}").text
        assert "Период закрыт" not in page and "data-may" in page
        assert put(class_teacher, lessons[0].id, pupil, "н") == 200
        sheet = clean.teacher.get(f"/api/v1/journal/pupils/{pupil}?term={clean.term.number}").json()
        assert not sheet["term"]["is_closed"]
    finally:
        close_term(clean, closed=False)


def test_the_whole_day_is_noted_at_one_stroke(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    day, lessons = lessons_of_day(clean, pupil)
    url = f"/journal/classes/{clean.school_class_id}/days/{day}"
    done = class_teacher.post(url, data={"pupil": str(pupil), "code": "б"})
    assert done.status_code == 303, done.text
    assert codes(clean, pupil, day) == dict.fromkeys((lesson.id for lesson in lessons), "б")
    class_teacher.post(url, data={"pupil": str(pupil), "code": ""})
    assert codes(clean, pupil, day) == {}
    assert class_teacher.post(url, data={"pupil": str(pupil), "code": "оп"}).status_code == 422
    stranger_pupil = clean.under_test.new_person("Чужой", "Егор")
    assert class_teacher.post(url, data={"pupil": str(stranger_pupil), "code": "б"}).status_code == 404


def test_a_teacher_notes_the_day_at_own_lessons_and_sees_only_them(clean: TeachersPage) -> None:
    pupil = clean.pupils[0]
    with clean.under_test.portal.database.reading() as db:
        day = db.get_one(JournalLesson, clean.lessons[0]).day
    answer = clean.teacher.put(
        "/api/v1/journal/attendance/days", json={"pupil": str(pupil), "day": str(day), "code": "н"}
    )
    assert answer.status_code == 200, answer.text
    noted = codes(clean, pupil, day)
    shown = clean.teacher.get(f"/api/v1/journal/classes/{clean.school_class_id}/days/{day}").json()
    mine = {UUID(each["id"]) for each in shown["lessons"]}
    assert clean.lessons[0] in noted
    assert set(noted) <= mine


def test_the_page_reads_without_scripts(clean: TeachersPage, class_teacher: Visitor) -> None:
    pupil = clean.pupils[0]
    day, lessons = lessons_of_day(clean, pupil)
    put(class_teacher, lessons[0].id, pupil, "н")
    page = class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/{day}").text
    line = page[page.index(f'id="p{pupil.hex}"') :].split("</tr>")[0]
    assert ">н</td>" in line
    assert 'rel="prev"' in page
    today = class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/today")
    assert today.status_code == 303
    assert class_teacher.get("/journal/days").headers["location"].endswith("/days/today")
    assert class_teacher.get(f"/journal/classes/{clean.school_class_id}/days/32-13").status_code == 404


def test_who_may_not_see_the_class_does_not(clean: TeachersPage, stranger: Visitor) -> None:
    day, _lessons = lessons_of_day(clean, clean.pupils[0])
    url = f"/journal/classes/{clean.school_class_id}/days/{day}"
    assert stranger.get(url).status_code == 404
    assert other_class_teacher(clean).get(url).status_code == 404
    assert guardian_of(clean, clean.pupils[0]).get(url).status_code == 403
    assert with_role(clean, "teacher").get(url).status_code == 404
    assert with_role(clean, "head").get(url).status_code == 200


def test_the_number_of_statements_does_not_grow(clean: TeachersPage, class_teacher: Visitor) -> None:
    day, lessons = lessons_of_day(clean, clean.pupils[0])
    url = f"/journal/classes/{clean.school_class_id}/days/{day}"
    class_teacher.get(url)
    with clean.under_test.counting_statements() as few:
        class_teacher.get(url)
    with clean.under_test.portal.database.transaction() as db:
        from core.identity.models import Person

        known = db.query(Enrollment).filter_by(school_class_id=clean.school_class_id).first()
        assert known is not None
        for number in range(10):
            person = Person(id=new_id(), last_name=f"Новый-{number}", first_name="Иван", source="test")
            db.add(person)
            db.flush()
            db.add(
                Enrollment(
                    id=new_id(),
                    organization_id=known.organization_id,
                    academic_year_id=known.academic_year_id,
                    school_class_id=clean.school_class_id,
                    person_id=person.id,
                    starts_on=known.starts_on,
                )
            )
    for pupil in clean.pupils[:5]:
        put(class_teacher, lessons[0].id, pupil, "н")
    with clean.under_test.counting_statements() as many:
        class_teacher.get(url)
    assert len(many) == len(few) <= 14, few


def test_a_roll_call_tells_everybody_there_from_nothing_noted(
    clean: TeachersPage, class_teacher: Visitor
) -> None:
    day, lessons = lessons_of_day(clean, clean.pupils[0])
    head = with_role(clean, "head")

    def sheet() -> dict[str, object]:
        classes = head.get(f"/api/v1/journal/absent?day={day}").json()["classes"]
        return next(each for each in classes if each["id"] == str(clean.school_class_id))

    with clean.under_test.portal.database.transaction() as db:
        from sqlalchemy import delete

        from plugins.journal.models import JournalAttendance

        ours = [lesson.id for lesson in lessons]
        db.execute(delete(JournalAttendance).where(JournalAttendance.lesson_id.in_(ours)))
    assert sheet()["first_noted"] is None
    url = f"/journal/classes/{clean.school_class_id}/lessons/{lessons[0].id}/roll-call"
    assert class_teacher.post(url, data={"day": str(day), "step": "done"}).status_code == 303
    assert sheet()["first_noted"] == lessons[0].number
    assert sheet()["absentees"] == []
    assert class_teacher.post(url, data={"day": str(day), "step": "undo"}).status_code == 303
    assert sheet()["first_noted"] is None
    api = f"/api/v1/journal/classes/{clean.school_class_id}/lessons/{lessons[0].id}/roll-call"
    assert class_teacher.put(api).status_code == 204
    assert class_teacher.delete(api).status_code == 204
    assert other_class_teacher(clean).put(api).status_code == 404
    assert with_role(clean, "teacher").put(api).status_code == 404


def test_the_sheet_counts_after_the_first_noted_lesson(clean: TeachersPage, class_teacher: Visitor) -> None:
    ill, late = clean.pupils[0], clean.pupils[1]
    day, lessons = lessons_of_day(clean, ill)
    for lesson in lessons:
        put(class_teacher, lesson.id, ill, "б")
    common = [each for each in lessons if put(class_teacher, each.id, late, "н") == 200]
    put(class_teacher, common[0].id, late, "оп15")
    secretary = with_role(clean, "secretary")
    sheet = secretary.get(f"/api/v1/journal/absent?day={day}").json()
    ours = next(each for each in sheet["classes"] if each["id"] == str(clean.school_class_id))
    names = {UUID(each["pupil"]): each for each in ours["absentees"]}
    assert names[ill]["at_first"] is True
    assert names[ill]["lessons"] == len(lessons)
    assert names[ill]["reason"] == "Болел"
    if late in names:
        assert names[late]["at_first"] is (common[0].number != ours["first_noted"])
    page = secretary.get(f"/journal/absent?day={day}")
    assert page.status_code == 200
    assert "Болел" in page.text
    book = secretary.get(f"/journal/absent?day={day}&file=xlsx")
    assert book.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert secretary.get(f"/journal/classes/{clean.school_class_id}/days/{day}").status_code == 403
    assert clean.teacher.get("/journal/absent").status_code == 403
    own = class_teacher.get(f"/api/v1/journal/absent?day={day}").json()["classes"]
    assert [each["id"] for each in own] == [str(clean.school_class_id)]
