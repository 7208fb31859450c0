"""Lesson plans through the front door: written, loaded, applied to pages, proposed to lessons, their lag."""

from __future__ import annotations

import html
import io
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, insert, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id, now
from core.organizations.models import Organization, SchoolClass, TeachingAssignment, Term
from core.organizations.switches import forget_switch, switch_plugin
from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.topics.models import GivenTopic, PlanUse, TopicException
from tests.plugins.journal.conftest import TeachersPage

PLANS = "/api/v1/journal/plans"
TITLES = ["Обыкновенные дроби", "Сложение дробей", "Вычитание дробей", "Умножение дробей"]
TABLE = (
    "№;Тема урока;Часов;Домашнее задание;Вид контроля\n"
    ";Раздел 1. Дроби;;;\n"
    "1;Понятие дроби;2;§ 1;\n"
    "2;Контрольная работа № 1;1;;Контрольная работа\n"
    ";Итого;3;;\n"
)


@dataclass
class Planned:
    """A plan of the page's subject and grade level, written by the page's teacher."""

    page: TeachersPage
    id: str
    topics: list[str]

    @property
    def url(self) -> str:
        return f"{PLANS}/{self.id}"

    @property
    def page_plan(self) -> str:
        return f"{self.page.url}/plan"

    def titles(self) -> list[str]:
        return [each["title"] for each in self.page.teacher.get(self.url).json()["topics"]]

    def apply(self, by: Visitor | None = None, **more: Any) -> Any:
        """Apply the plan to the page from its first open lesson on."""
        body = {"pages": [str(self.page.page_id)], "from_day": self.page.term.starts_on.isoformat(), **more}
        return (by or self.page.teacher).post(f"{self.url}/apply", json=body)

    def stands(self) -> dict[str, Any]:
        """How the page stands with its plan."""
        found: dict[str, Any] = self.page.teacher.get(self.page_plan).json()
        return found

    def topic_url(self, at: int) -> str:
        return f"{self.url}/topics/{self.topics[at]}"

    def proposed(self, lesson: int) -> Any:
        return self.page.teacher.get(f"{self.page.url}/lessons/{self.page.lessons[lesson]}/topic").json()

    def depart(self, at: int, **body: Any) -> Any:
        return self.page.teacher.put(f"{self.page_plan}/topics/{self.topics[at]}", json=body)


def grade_of(page: TeachersPage) -> int:
    with page.under_test.portal.database.reading() as db:
        grade = db.scalar(select(SchoolClass.grade_level).where(SchoolClass.id == page.school_class_id))
    assert grade is not None
    return grade


@pytest.fixture
def plan(page: TeachersPage) -> Planned:
    """Four topics, the page follows no plan and its lessons have no topics."""
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(PlanUse).where(PlanUse.page_id == page.page_id))
        db.execute(delete(TopicException).where(TopicException.page_id == page.page_id))
        db.execute(
            delete(GivenTopic).where(
                GivenTopic.lesson_id.in_(
                    select(JournalLesson.id).where(JournalLesson.page_id == page.page_id)
                )
            )
        )
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.page_id == page.page_id, JournalLesson.day >= page.term.starts_on)
            .values(topic="", homework="", control_kind="")
        )
        db.execute(update(Term).values(closed_at=None))
    made = page.teacher.post(
        PLANS,
        json={
            "subject_id": str(page.subject_id),
            "grade_level": grade_of(page),
            "title": "Мой план",
            "hours": 5,
        },
    )
    assert made.status_code == 201, made.text
    topics = [{"title": title, "hours": 2 if at == 1 else 1} for at, title in enumerate(TITLES)]
    topics[0] |= {"homework": "§ 1, № 5", "control_kind": "test"}
    added = page.teacher.post(f"{PLANS}/{made.json()['id']}/topics", json={"topics": topics})
    assert added.status_code == 201, added.text
    return Planned(page, made.json()["id"], added.json()["ids"])


@pytest.fixture
def colleague(page: TeachersPage) -> Visitor:
    """A teacher of the same subject in the same school, not on this page."""
    person_id = page.under_test.new_person("Коллегина", "Ольга")
    with page.under_test.portal.database.transaction() as db:
        year = db.scalar(select(JournalPage.academic_year_id).where(JournalPage.id == page.page_id))
        other = db.scalar(
            select(SchoolClass.id).where(
                SchoolClass.organization_id == page.organization_id, SchoolClass.id != page.school_class_id
            )
        )
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="teacher",
                organization_id=page.organization_id,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
        db.add(
            TeachingAssignment(
                id=new_id(),
                organization_id=page.organization_id,
                academic_year_id=year,
                teacher_id=person_id,
                subject_id=page.subject_id,
                school_class_id=other,
                starts_on=date(2020, 9, 1),
            )
        )
    return page.under_test.sign_in("teacher", person_id=person_id)


def test_a_plan_is_written_read_and_listed(plan: Planned) -> None:
    found = plan.page.teacher.get(plan.url).json()
    assert [each["number"] for each in found["topics"]] == [1, 2, 3, 4]
    assert found["plan"]["topic_hours"] == 5
    assert plan.page.teacher.get(f"{PLANS}?q=мой план").json()[0]["title"] == "Мой план"
    assert "5 часов</strong> из 5" in plan.page.teacher.get(f"/journal/plans/{plan.id}").text


def test_who_sees_and_changes_a_plan(
    plan: Planned, other_teacher: Visitor, stranger: Visitor, colleague: Visitor
) -> None:
    assert stranger.get(plan.url).status_code == 404
    with plan.page.under_test.portal.database.reading() as db:
        teaches = db.scalar(
            select(TeachingAssignment.id).where(
                TeachingAssignment.teacher_id == other_teacher.person_id,
                TeachingAssignment.subject_id == plan.page.subject_id,
            )
        )
    if teaches is None:
        assert other_teacher.get(plan.url).status_code == 404
    assert colleague.get(plan.url).status_code == 200
    assert colleague.put(plan.topic_url(0), json={"title": "Чужое"}).status_code == 403
    assert colleague.delete(plan.url).status_code == 403
    assert plan.apply(colleague).status_code == 404
    for kind in ("pupil", "guardian"):
        visitor = plan.page.under_test.sign_in(kind)
        assert visitor.get(plan.url).status_code == 403
        assert visitor.get("/journal/plans").status_code == 403
    assert plan.titles() == TITLES
    deputy = plan.page.under_test.sign_in("deputy_head")
    assert deputy.put(plan.topic_url(0), json={"title": "Доли и дроби"}).status_code == 200
    head = plan.page.under_test.sign_in("head")
    assert head.get(plan.url).status_code == 200
    assert head.put(plan.topic_url(0), json={"title": "Чужое"}).status_code == 403


def test_a_colleague_copies_a_plan_and_changes_the_copy(plan: Planned, colleague: Visitor) -> None:
    answer = colleague.post(f"/journal/plans/{plan.id}/copy")
    copy = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    found = colleague.get(f"{PLANS}/{copy}").json()
    assert [each["title"] for each in found["topics"]] == TITLES
    first = found["topics"][0]
    assert (first["homework"], first["control_kind"]) == ("§ 1, № 5", "test")
    assert colleague.put(f"{PLANS}/{copy}/topics/{first['id']}", json={"title": "Своё"}).status_code == 200
    assert plan.titles() == TITLES


def test_a_subject_that_one_does_not_teach_gets_no_plan(plan: Planned) -> None:
    with plan.page.under_test.portal.database.reading() as db:
        mine = select(TeachingAssignment.subject_id).where(
            TeachingAssignment.teacher_id == plan.page.teacher_id
        )
        foreign = db.scalar(
            select(JournalPage.subject_id).where(
                JournalPage.organization_id == plan.page.organization_id,
                JournalPage.subject_id.not_in(mine),
            )
        )
    answer = plan.page.teacher.post(PLANS, json={"subject_id": str(foreign), "grade_level": 7})
    assert answer.status_code == 403


def test_topics_are_moved_removed_and_put_back(plan: Planned) -> None:
    teacher = plan.page.teacher
    assert teacher.post(plan.topic_url(3) + "/move", json={"to": 1}).json() == {"to": 1}
    assert plan.titles() == [TITLES[3], *TITLES[:3]]
    assert teacher.post(plan.topic_url(3) + "/move", json={"to": 9}).json() == {"to": 4}
    teacher.post(f"/journal/plans/{plan.id}/topics/{plan.topics[1]}/remove")
    assert plan.titles() == [TITLES[0], *TITLES[2:]]
    teacher.post(plan.topic_url(0) + "/move", json={"to": 2})
    teacher.post(f"/journal/plans/{plan.id}/topics/{plan.topics[1]}/restore")
    assert sorted(plan.titles()) == sorted(TITLES)
    inserted = {"topics": [{"title": "Вставка"}], "after": plan.topics[2]}
    teacher.post(f"{plan.url}/topics", json=inserted)
    titles = plan.titles()
    assert titles[titles.index(TITLES[2]) + 1] == "Вставка"


def test_a_topic_changed_by_another_is_not_overwritten(plan: Planned) -> None:
    deputy = plan.page.under_test.sign_in("deputy_head")
    address = f"/journal/plans/{plan.id}/topics/{plan.topics[0]}"
    form = {"title": "Моя правка", "hours": "1", "version": "1"}
    assert deputy.put(plan.topic_url(0), json={"title": "Правка завуча", "was": 1}).status_code == 200
    answer = plan.page.teacher.post(address, data=form)
    assert answer.status_code == 409
    assert "Правка завуча" in answer.text
    assert "Моя правка" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert plan.titles()[0] == "Правка завуча"
    assert plan.page.teacher.post(address, data={**form, "version": "2"}).status_code == 303
    assert plan.titles()[0] == "Моя правка"


def test_a_table_is_looked_at_and_loaded_whole(plan: Planned) -> None:
    teacher, address = plan.page.teacher, f"/journal/plans/{plan.id}/import"
    wrong = TABLE.replace("дроби;2", "дроби;много")
    answer = teacher.post(address, files={"file": ("план.csv", wrong.encode("cp1251"), "text/csv")})
    assert "Ошибки" in answer.text or "ошибка" in answer.text
    assert 'name="rows"' not in answer.text
    answer = teacher.post(address, files={"file": ("план.csv", TABLE.encode("cp1251"), "text/csv")})
    assert "Понятие дроби" in answer.text
    assert plan.titles() == TITLES
    rows = (
        '[{"title":"Понятие дроби","section":"Раздел 1. Дроби","hours":2,"homework":"§ 1"},'
        '{"title":"Контрольная работа № 1","control_kind":"control"}]'
    )
    sent = html.unescape(answer.text.partition('name="rows" value="')[2].partition('"')[0])
    assert '"control_kind":"control"' in sent
    broken = rows.replace("Контрольная работа № 1", "")
    assert teacher.post(address + "/load", data={"rows": broken}).status_code == 422
    assert plan.titles() == TITLES
    assert teacher.post(address + "/load", data={"rows": sent}).status_code == 303
    assert plan.titles() == [*TITLES, "Понятие дроби", "Контрольная работа № 1"]
    assert teacher.post(address + "/load", data={"rows": sent, "replace": "true"}).status_code == 303
    found = teacher.get(plan.url).json()["topics"]
    assert [(each["title"], each["section"], each["hours"]) for each in found] == [
        ("Понятие дроби", "Раздел 1. Дроби", 2),
        ("Контрольная работа № 1", "Раздел 1. Дроби", 1),
    ]


def test_a_file_that_is_no_plan_is_refused_in_words(plan: Planned) -> None:
    address = f"/journal/plans/{plan.id}/import"
    for name, content in (
        ("план.csv", b"a;b\n1;2\n"),
        ("план.xlsx", b"PK\x03\x04rubbish"),
        ("план.txt", b""),
    ):
        answer = plan.page.teacher.post(address, files={"file": (name, content, "text/csv")})
        assert answer.status_code in (413, 422), answer.status_code
    assert plan.page.teacher.post(address, data={"csrf": "x"}, files={"other": b""}).status_code == 422
    assert plan.page.teacher.post(address + "/load", data={"rows": "{"}).status_code == 422


def test_a_plan_given_out_as_a_file_can_be_loaded_again(plan: Planned) -> None:
    teacher = plan.page.teacher
    content = teacher.get(f"/journal/plans/{plan.id}/export").content
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)] == TITLES
    answer = teacher.post(f"/journal/plans/{plan.id}/import", files={"file": ("план.xlsx", content)})
    assert 'name="rows"' in answer.text
    assert "Обыкновенные дроби" in answer.text


def test_applying_shows_first_and_overwrites_nothing(plan: Planned) -> None:
    page = plan.page
    page.teacher.put(f"{page.url}/lessons/{page.lessons[1]}", json={"topic": "Своя тема"})
    page.teacher.put(f"{page.url}/lessons/{page.lessons[0]}", json={"topic": "обыкновенные дроби."})
    body = {"pages": [str(page.page_id)], "from_day": page.term.starts_on.isoformat()}
    shown = page.teacher.post(f"{plan.url}/apply/preview", json=body).json()[0]
    assert shown["recognized"] == 1
    assert [each["topic"] for each in shown["lessons"][:4]] == [TITLES[0], "", TITLES[1], TITLES[1]]
    assert page.teacher.get(plan.page_plan).json() is None
    address = f"/journal/plans/{plan.id}/apply?page={page.page_id}&from_day={page.term.starts_on}"
    assert "Применить к 1 странице" in page.teacher.get(address).text
    assert plan.apply().status_code == 201
    lesson = page.teacher.get(f"{page.url}/lessons/{page.lessons[1]}").json()
    assert lesson["topic"] == "Своя тема"
    assert plan.stands()["given"] == 1
    assert plan.proposed(2)["topic"] == TITLES[1]


def test_a_plan_fits_pages_of_its_subject_and_grade_only(plan: Planned) -> None:
    with plan.page.under_test.portal.database.reading() as db:
        other = db.scalar(
            select(JournalPage.id).where(
                JournalPage.organization_id == plan.page.organization_id,
                JournalPage.subject_id != plan.page.subject_id,
            )
        )
    deputy = plan.page.under_test.sign_in("deputy_head")
    assert plan.apply(deputy, pages=[str(other)]).status_code == 403
    assert plan.apply(deputy).status_code == 201


def test_one_key_writes_what_the_plan_proposes(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    form = f"/journal/{page.page_id}/lessons/{page.lessons[0]}"
    shown = page.teacher.get(form).text
    assert "Записать по плану" in shown
    assert TITLES[0] in shown
    assert page.teacher.post(form + "/topic").status_code == 303
    lesson = page.teacher.get(f"{page.url}/lessons/{page.lessons[0]}").json()
    assert (lesson["topic"], lesson["homework"], lesson["control_kind"]) == (TITLES[0], "§ 1, № 5", "test")
    assert "Записать по плану" not in page.teacher.get(form).text
    assert page.teacher.post(f"{page.url}/lessons/{page.lessons[0]}/topic").status_code == 409
    assert plan.stands()["given"] == 1


def test_what_is_typed_by_hand_is_known_as_the_plans(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    lesson = f"{page.url}/lessons/{page.lessons[0]}"
    page.teacher.put(lesson, json={"topic": TITLES[0].upper()})
    assert plan.stands()["given"] == 1
    page.teacher.put(lesson, json={"topic": TITLES[0] + " и доли"})
    assert plan.stands()["given"] == 1
    page.teacher.put(lesson, json={"topic": ""})
    assert plan.stands()["given"] == 0
    assert plan.proposed(0)["topic"] == TITLES[0]


def test_a_cancelled_lesson_shifts_the_rest(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    assert plan.proposed(1)["topic"] == TITLES[1]
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson).where(JournalLesson.id == page.lessons[0]).values(status="cancelled")
        )
    try:
        assert plan.proposed(1)["topic"] == TITLES[0]
    finally:
        with page.under_test.portal.database.transaction() as db:
            db.execute(
                update(JournalLesson).where(JournalLesson.id == page.lessons[0]).values(status="planned")
            )


def test_topics_are_joined_stretched_skipped_and_put_in(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    assert plan.depart(0, kind="joined").status_code == 409
    assert plan.depart(0, kind="skipped").status_code == 200
    assert plan.proposed(0)["topic"] == TITLES[1]
    assert plan.depart(0, kind="").status_code == 200
    assert plan.depart(1, kind="joined").status_code == 200
    assert plan.proposed(0)["topic"] == f"{TITLES[0]}. {TITLES[1]}"
    assert plan.proposed(1)["topic"] == TITLES[2]
    assert plan.depart(1, kind="").status_code == 200
    assert plan.depart(0, kind="stretched", lessons=2).status_code == 200
    assert plan.proposed(1)["topic"] == TITLES[0]
    assert plan.depart(0, kind="stretched", lessons=99).status_code == 422
    assert plan.depart(0, kind="removed").status_code == 422
    form = {"title": "Работа над ошибками", "after": plan.topics[0]}
    assert page.teacher.post(f"/journal/{page.page_id}/plan/topics", data=form).status_code == 303
    assert plan.proposed(2)["topic"] == "Работа над ошибками"
    assert plan.titles() == TITLES
    shown = page.teacher.get(f"/journal/{page.page_id}/plan?edit={plan.topics[1]}").text
    assert "только на этой странице" in shown


def test_topics_up_to_today_are_written_at_once_and_taken_back(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    preview = page.teacher.get(f"/journal/{page.page_id}/plan/write").text
    assert TITLES[0] in preview
    before = [page.teacher.get(f"{page.url}/lessons/{each}").json()["topic"] for each in page.lessons]
    assert not any(before)
    answer = page.teacher.post(f"/journal/{page.page_id}/plan/write")
    batch = answer.headers["location"].partition("written=")[2].partition("&")[0]
    after = [page.teacher.get(f"{page.url}/lessons/{each}").json()["topic"] for each in page.lessons[:4]]
    assert after == [TITLES[0], TITLES[1], TITLES[1], TITLES[2]]
    page.teacher.put(f"{page.url}/lessons/{page.lessons[1]}", json={"topic": "Уже иначе"})
    with page.under_test.portal.database.reading(fresh=True) as db:
        lesson = str(page.lessons[0])
        assert db.scalars(
            select(AuditRecord.after).where(
                AuditRecord.subject_id == lesson, AuditRecord.action == "journal.lesson.change"
            )
        ).all()[-1] == {"topic": TITLES[0]}
    assert page.teacher.post(f"/journal/{page.page_id}/plan/writes/{batch}/undo").status_code == 303
    undone = [page.teacher.get(f"{page.url}/lessons/{each}").json()["topic"] for each in page.lessons[:4]]
    assert undone == ["", "Уже иначе", "", ""]
    again = page.teacher.delete(f"{page.url}/plan/writes/{batch}").json()
    assert again == {"lessons": 0}


def test_lessons_of_a_closed_term_stay_as_they_are(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    with page.under_test.portal.database.transaction() as db:
        db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=now()))
    try:
        answer = page.teacher.post(f"{page.url}/lessons/{page.lessons[0]}/topic")
        assert answer.status_code == 409
        written = page.teacher.post(f"{page.url}/plan/write").json()
        assert written["closed"] >= 4
        assert not page.teacher.get(f"{page.url}/lessons/{page.lessons[0]}").json()["topic"]
        form = f"/journal/{page.page_id}/lessons/{page.lessons[0]}"
        assert "Период закрыт" in page.teacher.post(form + "/topic", headers={"hx-request": "true"}).text
    finally:
        with page.under_test.portal.database.transaction() as db:
            db.execute(update(Term).where(Term.id == page.term.id).values(closed_at=None))


def test_a_substitute_writes_the_plan_into_that_lesson_only(plan: Planned, other_teacher: Visitor) -> None:
    page = plan.page
    plan.apply()
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id == page.lessons[0])
            .values(teacher_id=other_teacher.person_id)
        )
    try:
        lessons = f"{page.url}/lessons/"
        assert other_teacher.post(f"{lessons}{page.lessons[0]}/topic").status_code == 200
        assert other_teacher.post(f"{lessons}{page.lessons[1]}/topic").status_code == 403
        assert other_teacher.post(f"{page.url}/plan/write").status_code == 403
        assert other_teacher.delete(f"{page.url}/plan").status_code == 403
    finally:
        with page.under_test.portal.database.transaction() as db:
            db.execute(
                update(JournalLesson)
                .where(JournalLesson.id == page.lessons[0])
                .values(teacher_id=page.teacher_id)
            )


def test_a_page_leaves_its_plan_and_the_plan_can_be_deleted(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    assert page.teacher.delete(plan.url).status_code == 409
    assert page.teacher.post(f"/journal/{page.page_id}/plan/leave").status_code == 303
    assert page.teacher.get(plan.page_plan).json() is None
    assert plan.proposed(0) is None
    assert "Мой план" in page.teacher.get(f"/journal/{page.page_id}/plan").text
    assert page.teacher.delete(plan.url).status_code == 204
    assert page.teacher.get(plan.url).status_code == 404


def test_the_lag_is_told_to_the_teacher_and_the_deputy(plan: Planned) -> None:
    page = plan.page
    plan.apply()
    page.teacher.post(f"{page.url}/lessons/{page.lessons[0]}/topic")
    stands = plan.stands()
    assert (stands["given"], stands["hours"]) == (1, 5)
    past = len(page.lessons)
    assert stands["lag"] == min(past, 5) - 1
    assert stands["topics"][0]["actual"][0]["lesson_id"] == str(page.lessons[0])
    assert stands["topics"][0]["planned"] == [stands["topics"][0]["actual"][0]["day"]]
    deputy = page.under_test.sign_in("deputy_head")
    mine = next(
        each
        for each in deputy.get(f"{PLANS}/progress?show=lag").json()
        if each["page_id"] == str(page.page_id)
    )
    assert (mine["given"], mine["hours"], mine["lag"]) == (1, 5, stands["lag"])
    assert "Выполнение планов" in deputy.get(f"/journal/plans/progress?teacher={page.teacher_id}").text
    content = deputy.get("/journal/plans/progress/xlsx?show=lag").content
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert any(row[3] == "Мой план" and row[6] == stands["lag"] for row in rows)
    own = {each["page_id"] for each in page.teacher.get(f"{PLANS}/progress").json()}
    assert str(page.page_id) in own
    assert len(own) < len(deputy.get(f"{PLANS}/progress").json())


def test_lists_cost_the_same_however_long_they_are(plan: Planned) -> None:
    deputy = plan.page.under_test.sign_in("deputy_head")
    with plan.page.under_test.counting_statements() as statements:
        assert deputy.get("/journal/plans/progress").status_code == 200
    assert len(statements) <= 8
    with plan.page.under_test.counting_statements() as statements:
        assert deputy.get("/journal/plans").status_code == 200
    assert len(statements) <= 6
    plan.apply()
    with plan.page.under_test.counting_statements() as statements:
        assert plan.page.teacher.get(f"/journal/{plan.page.page_id}/plan").status_code == 200
    with_curriculum = len(statements)
    # A school that keeps no curriculum pays nothing for holding the hours against it; who keeps one, six at most.
    portal = plan.page.under_test.portal
    with portal.database.transaction() as db:
        school = db.get_one(Organization, plan.page.organization_id)
        switch_plugin(db, "diary", enabled=False, organization=school)
    try:
        # Switches are read anew after a change.
        assert "По учебному плану" not in plan.page.teacher.get(f"/journal/{plan.page.page_id}/plan").text
        with plan.page.under_test.counting_statements() as statements:
            assert plan.page.teacher.get(f"/journal/{plan.page.page_id}/plan").status_code == 200
    finally:
        with portal.database.transaction() as db:
            forget_switch(db, "diary", plan.page.organization_id)
    assert len(statements) <= 8
    assert with_curriculum <= len(statements) + 6


def test_the_demo_school_has_plans_that_its_pages_follow(page: TeachersPage) -> None:
    deputy = page.under_test.sign_in("deputy_head")
    lines = [each for each in deputy.get(f"{PLANS}/progress").json() if each["plan_id"]]
    assert len(lines) >= 3
    assert any(each["given"] > 5 for each in lines)
    assert any(each["lag"] > 0 for each in lines)


def test_a_plan_of_an_archived_year_can_only_be_read(plan: Planned) -> None:
    from core.organizations.models import AcademicYear
    from plugins.journal.topics.models import LessonPlan

    with plan.page.under_test.portal.database.transaction() as db:
        year = AcademicYear(
            id=new_id(),
            organization_id=plan.page.organization_id,
            name="2019/2020",
            starts_on=date(2019, 9, 1),
            ends_on=date(2020, 5, 26),
            archived=True,
        )
        db.add(year)
        db.flush()
        old = new_id()
        db.execute(
            insert(LessonPlan).values(
                id=old,
                organization_id=plan.page.organization_id,
                academic_year_id=year.id,
                subject_id=plan.page.subject_id,
                grade_level=grade_of(plan.page),
                author_id=plan.page.teacher_id,
                title="Прошлогодний план",
            )
        )
    teacher = plan.page.teacher
    assert teacher.post(f"{PLANS}/{old}/topics", json={"topics": [{"title": "Тема"}]}).status_code == 409
    assert "Прошлогодний план" in teacher.get("/journal/plans?year=all").text
    assert "Прошлогодний план" not in teacher.get("/journal/plans").text
    copy = UUID(teacher.post(f"{PLANS}/{old}/copy").json()["id"])
    assert teacher.post(f"{PLANS}/{copy}/topics", json={"topics": [{"title": "Тема"}]}).status_code == 201
