"""Pages of the journal: the grid, lessons, chooser, cards; and what the grid costs."""

from __future__ import annotations

import gzip
from datetime import date

import pytest
from sqlalchemy import func, insert, select

from core.database.base import new_id, now
from core.identity import tokens
from core.identity.models import Account, Person
from core.identity.sessions import actor_of
from core.organizations.models import Enrollment, SchoolClass, Subject, TeachingAssignment
from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson, JournalMark, JournalPage
from tests.plugins.journal.conftest import TeachersPage


def test_the_grid_reads_without_scripts(page: TeachersPage) -> None:
    page.put("4/5")
    text = page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    line = text[text.index(f"data-p={page.pupils[0].hex}") :].split("\n")[0]
    assert ">4/5" in line
    assert page.lessons[0].hex in text


def test_an_unchanged_page_costs_two_statements(page: TeachersPage) -> None:
    url = f"/journal/{page.page_id}?term={page.term.number}"
    tag = page.teacher.get(url).headers["etag"]
    with page.under_test.counting_statements() as statements:
        assert page.teacher.get(url, headers={"if-none-match": tag}).status_code == 304
    assert len(statements) <= 2
    page.put("2", pupil=1)
    assert page.teacher.get(url, headers={"if-none-match": tag}).status_code == 200


def test_a_pupil_who_gets_another_name_is_shown_by_it_at_once(page: TeachersPage) -> None:
    url = f"/journal/{page.page_id}?term={page.term.number}"
    tag = page.teacher.get(url).headers["etag"]
    with page.under_test.portal.database.transaction() as db:
        pupil = db.get(Person, page.pupils[0])
        assert pupil is not None
        pupil.last_name = "Переименованная"
    again = page.teacher.get(url, headers={"if-none-match": tag})
    assert again.status_code == 200
    assert "Переименованная" in again.text


@pytest.fixture
def large_page(page: TeachersPage) -> TeachersPage:
    """The page filled up to 30 pupils, 40 lessons and about 720 marks in its term."""
    with page.under_test.portal.database.transaction() as db:
        stored = db.get(JournalPage, page.page_id)
        assert stored is not None
        shared = {"organization_id": stored.organization_id, "academic_year_id": stored.academic_year_id}
        people = [
            Person(
                id=new_id(),
                last_name=f"Константинопольский-{n}",
                first_name="Александр",
                middle_name="Александрович",
            )
            for n in range(30 - len(page.pupils))
        ]
        db.add_all(people)
        db.flush()
        for person in people:
            db.add(
                Enrollment(
                    id=new_id(),
                    school_class_id=page.school_class_id,
                    person_id=person.id,
                    starts_on=date(2020, 9, 1),
                    **shared,
                )
            )
        first = page.term.starts_on
        count = db.scalar(
            select(func.count()).where(
                JournalLesson.page_id == page.page_id,
                JournalLesson.day.between(first, page.term.ends_on),
                JournalLesson.status != "cancelled",
            )
        )
        lessons = [new_id() for _ in range(40 - (count or 0))]
        if lessons:
            db.execute(
                insert(JournalLesson),
                [
                    {
                        **shared,
                        "id": lesson,
                        "page_id": page.page_id,
                        "day": first,
                        "number": n % 15,
                        "topic": "Умножение одночлена на многочлен. Решение задач",
                        "homework": "§ 12, № 148, № 152 (а, в)",
                        "control_kind": "",
                        "status": "planned",
                    }
                    for n, lesson in enumerate(lessons)
                ],
            )
        wanted = [*page.lessons, *lessons]
        pupils = [*page.pupils, *(person.id for person in people)][:30]
        db.execute(
            insert(JournalMark),
            [
                {
                    **shared,
                    "id": new_id(),
                    "page_id": page.page_id,
                    "lesson_id": lesson,
                    "pupil_id": pupil,
                    "day": first,
                    "position": 0,
                    "value": str(2 + (n * 7) % 4),
                    "score": 2 + (n * 7) % 4,
                    "weight": 1,
                    "control_kind": "",
                    "comment": "",
                    "revision": 1,
                    "created_at": now(),
                    "changed_at": now(),
                }
                for n, (lesson, pupil) in enumerate((a, b) for a in wanted for b in pupils)
                if n % 5 < 3
            ][:720],
        )
        db.flush()
        stored.version += 1
    return page


def test_a_full_page_is_small_and_needs_six_statements(large_page: TeachersPage) -> None:
    url = f"/journal/{large_page.page_id}?term={large_page.term.number}"
    large_page.teacher.get(url)  # what a process reads once: settings of plugins, switches
    with large_page.under_test.counting_statements() as statements:
        answer = large_page.teacher.get(url, headers={"accept-encoding": "identity"})
    assert answer.status_code == 200
    assert len(statements) <= 6, statements
    assert answer.text.count("<tr data-p=") >= 30
    assert len(answer.content) <= 60_000
    assert len(gzip.compress(answer.content, 1)) <= 12_000


def test_topic_and_homework_are_saved_and_shown(page: TeachersPage) -> None:
    url = f"/journal/{page.page_id}/lessons/{page.lessons[0]}"
    form = {
        "topic": "Причастный оборот",
        "homework": "Упр. 128",
        "homework_minutes": "30",
        "control_kind": "test",
    }
    answer = page.teacher.post(url, data=form)
    assert answer.status_code == 303
    shown = page.teacher.get(url).text
    assert "Причастный оборот" in shown
    assert "История урока" in shown
    assert "Упр. 128" in page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
    with page.under_test.portal.database.reading() as db:
        lesson = db.get(JournalLesson, page.lessons[0])
        assert lesson is not None
        assert (lesson.homework_minutes, lesson.control_kind) == (30, "test")


def test_a_lesson_form_comes_back_with_its_errors(page: TeachersPage) -> None:
    url = f"/journal/{page.page_id}/lessons/{page.lessons[0]}"
    answer = page.teacher.post(url, data={"topic": "Не потерять", "homework_minutes": "много"})
    assert answer.status_code == 422
    assert "Не потерять" in answer.text
    assert "Укажите целое число минут." in answer.text


def test_text_of_teachers_is_escaped(page: TeachersPage) -> None:
    page.teacher.put(f"{page.url}/lessons/{page.lessons[0]}", json={"topic": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text


def test_a_lesson_can_be_added_by_hand_once(page: TeachersPage) -> None:
    body = {"day": page.term.starts_on.isoformat(), "number": 15}
    assert page.teacher.post(page.url + "/lessons", json=body).status_code == 201
    assert page.teacher.post(page.url + "/lessons", json=body).status_code == 409
    wrong = page.teacher.post(f"/journal/{page.page_id}/lessons/new", data={"day": "32.13", "number": "1"})
    assert wrong.status_code == 422


def test_a_head_reads_but_does_not_write(page: TeachersPage) -> None:
    head = page.under_test.sign_in("head")
    assert head.get(f"/journal/{page.page_id}").status_code == 200
    assert page.put("5", by=head).status_code == 403


def test_the_chooser_finds_pages_by_class_and_subject(page: TeachersPage) -> None:
    line = next(
        each for each in page.teacher.get("/api/v1/journal/pages").json() if each["id"] == str(page.page_id)
    )
    assert line["mine"]
    words = f"{line['class_name'].lower()} {line['subject'][:4].lower()}"
    assert str(page.page_id) in page.teacher.get("/journal", params={"q": words}).text
    assert "Ничего не нашлось" in page.teacher.get("/journal", params={"q": "санскрит"}).text


def test_cards_and_the_list_of_absentees_open(page: TeachersPage, other_teacher: Visitor) -> None:
    assert "Уроки сегодня" in page.teacher.get("/").text
    page.put("б")
    with page.under_test.portal.database.reading() as db:
        day = db.scalars(select(JournalLesson.day).where(JournalLesson.id == page.lessons[0])).one()
    head = page.under_test.sign_in("head")
    assert "Отсутствуют сегодня" in head.get("/").text
    assert "Болел" in head.get(f"/journal/absent?day={day}").text


@pytest.mark.parametrize(
    "url",
    [
        "/journal/0190a000-0000-7000-8000-000000000000",
        "/journal/not-an-id",
        "/api/v1/journal/pages/0190a000-0000-7000-8000-000000000000",
    ],
)
def test_addresses_that_lead_nowhere_answer_in_words(page: TeachersPage, url: str) -> None:
    answer = page.teacher.get(url)
    assert answer.status_code in (404, 422)


def test_the_sheet_of_absentees_of_no_day_is_refused(page: TeachersPage) -> None:
    deputy = page.under_test.sign_in("deputy_head")
    assert deputy.get("/journal/absent?day=yesterday").status_code == 422


def test_an_unknown_term_is_refused(page: TeachersPage) -> None:
    assert page.teacher.get(f"/journal/{page.page_id}?term=77").status_code == 422


def test_tokens_need_the_journals_scopes(page: TeachersPage) -> None:
    reader = page.under_test.visitor()
    with page.under_test.portal.database.transaction() as db:
        account = db.scalars(select(Account.id).where(Account.person_id == page.teacher_id)).one()
        _token, reader.token = tokens.create(db, actor_of(db, account), "тест", ["journal.read"], None)
    assert reader.get(page.url).status_code == 200
    assert page.put("5", by=reader).status_code == 403


def test_a_teacher_begins_the_page_of_an_assignment_without_lessons(page: TeachersPage) -> None:
    with page.under_test.portal.database.transaction() as db:
        school_class = db.get(SchoolClass, page.school_class_id)
        assert school_class is not None
        subject = Subject(
            id=new_id(),
            organization_id=page.organization_id,
            name=f"Шахматы {page.page_id}",
            short_name="Шахм.",
            name_key="шахматы",
        )
        db.add(subject)
        db.flush()
        db.add(
            TeachingAssignment(
                id=new_id(),
                organization_id=page.organization_id,
                academic_year_id=school_class.academic_year_id,
                teacher_id=page.teacher_id,
                subject_id=subject.id,
                school_class_id=page.school_class_id,
                starts_on=date(2020, 9, 1),
            )
        )
    assert "Завести страницу" in page.teacher.get("/journal").text
    form = {"subject_id": str(subject.id), "school_class_id": str(page.school_class_id)}
    begun = page.teacher.post("/journal/pages", data=form)
    assert begun.status_code == 303
    assert "Уроков пока нет" in page.teacher.get(begun.headers["location"]).text
    assert page.teacher.post("/journal/pages", data=form).status_code == 409


def test_a_page_of_somebody_elses_subject_cannot_be_begun(page: TeachersPage, other_teacher: Visitor) -> None:
    body = {"subject": str(page.subject_id), "school_class": str(page.school_class_id)}
    assert other_teacher.post("/api/v1/journal/pages", json=body).status_code in (403, 409)
    assert other_teacher.post("/api/v1/journal/pages", json={"subject": body["subject"]}).status_code == 422


def test_a_class_teacher_sees_all_subjects_of_the_class_but_marks_none(page: TeachersPage) -> None:
    person_id = page.under_test.new_person("Классная", "Инна")
    with page.under_test.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="class_teacher",
                organization_id=page.organization_id,
                school_class_id=page.school_class_id,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
    class_teacher = page.under_test.sign_in("class_teacher", person_id=person_id)
    assert class_teacher.get(f"/journal/{page.page_id}").status_code == 200
    assert page.put("5", by=class_teacher).status_code == 403
    lines = class_teacher.get("/api/v1/journal/pages").json()
    assert {line["class_name"] for line in lines} == {lines[0]["class_name"]}


def test_the_journal_speaks_english_too(page: TeachersPage) -> None:
    page.teacher.post("/locale", data={"locale": "en", "next": "/journal"})
    try:
        text = page.teacher.get(f"/journal/{page.page_id}?term={page.term.number}").text
        assert "Topics and homework" in text
        assert page.put("5").json()["average"] == "5.00"
    finally:
        page.teacher.post("/locale", data={"locale": "ru", "next": "/journal"})
