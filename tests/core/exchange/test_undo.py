"""Undoing an import: what nobody uses yet goes, what is in use stays, nothing of others is touched."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from core.audit.models import AuditRecord, CardView
from core.database.base import new_id
from core.exchange.models import ImportedRow, ImportRun
from core.identity.models import Account, Guardianship, Notification, Person
from core.organizations.models import Enrollment, Organization, SchoolClass, TeachingAssignment
from core.requests.models import Request
from core.retention.rules import RULES
from core.roles.models import RoleStep, StructuralRole
from core.testing.portal import Visitor
from tests.core.exchange.conftest import School

PUPILS = """Класс;ФИО;Дата рождения;Мать;Телефон матери
5А;Орлов Пётр;01.02.2015;Орлова Инна Львовна;89180000001
5А;Лис Яна;02.02.2015;Лис Вера Олеговна;89180000002
7Б;Жук Лев;03.02.2013;;
"""


def loaded(school: School, visitor: Visitor, text: str, name: str = "список.csv") -> str:
    """Load a table on the page; the address of its page in the history."""
    answer = visitor.post(
        "/import",
        files=[("files", (name, text.encode(), "text/csv"))],
        data={"kind": "auto", "year": "2026/27"},
    )
    school.work()
    confirmed = visitor.post(f"{answer.headers['location']}/confirm")
    assert confirmed.status_code == 303, confirmed.text
    school.work()
    shown = visitor.get(confirmed.headers["location"]).text
    assert "Данные загружены." in shown
    runs = school.all(ImportRun)
    return f"/import/history/{max(run.id for run in runs)}"


def undone(school: School, visitor: Visitor, page: str) -> str:
    """Undo on the page; what it shows afterwards."""
    answer = visitor.post(f"{page}/undo")
    assert answer.status_code == 303, answer.text
    assert "Отменяем загрузку" in visitor.get(page).text
    school.work()
    shown = visitor.get(page).text
    assert "Загрузка отменена" in shown
    return shown


def names(school: School) -> set[str]:
    """Surnames and first names of everybody, those who signed in apart."""
    return {f"{p.last_name} {p.first_name}" for p in school.all(Person) if p.last_name != "Роль"}


def test_everything_of_an_unused_import_goes(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    shown = head.get(page).text
    assert "Будет убрано" in shown
    assert "люди – 5" in shown
    assert "Останется" not in shown
    undone(school, head, page)
    assert names(school) == set()
    for table in (Enrollment, SchoolClass, Guardianship, ImportedRow):
        assert school.count(table) == 0, table
    assert [role.kind for role in school.all(StructuralRole)] == ["head"]
    records = [each for each in school.all(AuditRecord) if each.action == "core.import.undo"]
    assert len(records) == 6
    assert all("список.csv" in each.reason for each in records)
    assert school.command("check", "audit").exit_code == 0
    assert any(each.title == "Загрузка отменена" for each in school.all(Notification))
    assert "Отменена" in head.get("/import/history").text


def test_an_undone_file_can_be_loaded_again(school: School) -> None:
    head = school.sign_in("head")
    undone(school, head, loaded(school, head, PUPILS))
    loaded(school, head, PUPILS)
    assert "Орлов Пётр" in names(school)


def test_a_family_that_is_in_use_stays_whole_and_is_named(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    school.under_test.sign_in("guardian", person_id=school.person("Орлова").id)
    shown = head.get(page).text
    assert "Орлова Инна Львовна" in shown
    assert "есть данные: вход в портал" in shown
    assert "в семье есть те, кто остаётся" in shown
    after = undone(school, head, page)
    assert names(school) == {"Орлов Пётр", "Орлова Инна"}
    assert [row.name for row in school.all(SchoolClass)] == ["5А"]
    assert school.classes_of("Орлов")[0][0] == "5А"
    assert "Орлова Инна Львовна" in after
    assert head.post(f"{page}/undo").status_code == 409


def test_what_somebody_changed_by_hand_stays(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    with school.portal.database.transaction() as db:
        db.scalars(select(Person).where(Person.last_name == "Жук")).one().phone = "+79180000009"
    assert "данные изменили после загрузки" in head.get(page).text
    undone(school, head, page)
    assert names(school) == {"Жук Лев"}


def test_looking_at_a_card_is_no_use(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    assert head.get(f"/people/{school.person('Жук').id}").status_code == 200
    with school.portal.database.transaction() as db:
        viewer = db.scalars(select(Person.id).where(Person.last_name == "Роль")).first()
        db.add(
            CardView(id=new_id(), person_id=school.person("Жук").id, viewer_id=viewer, role="head", what="card",
                     at=school.all(ImportRun)[0].created_at)
        )  # fmt: skip
    undone(school, head, page)
    assert names(school) == set()


def test_former_values_and_classes_come_back(school: School) -> None:
    head = school.sign_in("head")
    loaded(school, head, PUPILS)
    with school.portal.database.transaction() as db:
        for row in db.scalars(select(Enrollment)):
            row.starts_on = date(2026, 9, 1)
    before = school.classes_of("Орлов")
    page = loaded(school, head, PUPILS.replace("89180000001", "89180000007").replace("5А;Орлов", "5Б;Орлов"))
    assert school.person("Орлова").phone == "+79180000007"
    assert len(school.classes_of("Орлов")) == 2
    assert "Вернутся прежние данные" in head.get(page).text
    undone(school, head, page)
    assert school.person("Орлова").phone == "+79180000001"
    assert school.classes_of("Орлов") == before
    assert sorted(row.name for row in school.all(SchoolClass)) == ["5А", "7Б"]
    assert len(names(school)) == 5


def test_an_earlier_import_leaves_alone_what_a_later_one_changed(school: School) -> None:
    head = school.sign_in("head")
    first = loaded(school, head, PUPILS)
    loaded(school, head, PUPILS.replace("89180000001", "89180000007"))
    undone(school, head, first)
    assert names(school) == {"Орлов Пётр", "Орлова Инна"}


def test_roles_that_wait_go_with_their_requests_and_confirmed_ones_stay(school: School) -> None:
    region = next(o for o in school.all(Organization) if o.kind == "region")
    school.sign_in("regional_coordinator", region.id)
    head = school.sign_in("head")
    loaded(school, head, PUPILS)
    page = loaded(
        school,
        head,
        "ФИО;Должность;Предметы;Классы\nЛомов Олег Ильич;учитель;Физика;5А\nКнигина Вера;библиотекарь;;\n",
        "сотрудники.csv",
    )
    with school.portal.database.transaction() as db:
        role = db.scalars(select(StructuralRole).where(StructuralRole.kind == "librarian")).one()
        role.status = "active"
    undone(school, head, page)
    assert "Книгина Вера" in names(school)
    assert "Ломов Олег" not in names(school)
    assert school.count(TeachingAssignment) == 0
    assert not [role for role in school.all(StructuralRole) if role.kind == "teacher"]
    assert {step.role_id for step in school.all(RoleStep)} <= {role.id for role in school.all(StructuralRole)}
    statuses = {r.values["person"].split()[0]: r.status for r in school.all(Request)}
    assert statuses == {"Ломов": "withdrawn", "Книгина": "sent"}


def test_a_colleague_undoes_but_a_neighbour_and_a_teacher_do_not(school: School) -> None:
    page = loaded(school, school.sign_in("head"), PUPILS)
    neighbour = school.sign_in("head", school.neighbour)
    assert neighbour.get(page).status_code == 404
    assert neighbour.post(f"{page}/undo").status_code == 404
    assert "список.csv" not in neighbour.get("/import/history").text
    teacher = school.sign_in("teacher")
    assert teacher.get("/import/history").status_code == 403
    assert teacher.post(f"{page}/undo").status_code == 403
    undone(school, school.sign_in("school_administrator"), page)


def test_asking_twice_undoes_once(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    assert [head.post(f"{page}/undo").status_code for _ in range(2)] == [303, 303]
    school.work()
    assert len([each for each in school.all(AuditRecord) if each.subject_type == "import"]) == 1


def test_after_its_time_an_import_cannot_be_undone(school: School) -> None:
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    rule = next(each for each in RULES if each.name == "imports")
    with school.portal.database.transaction() as db:
        for run in db.scalars(select(ImportRun)):
            run.created_at -= timedelta(days=400)
    with school.portal.database.transaction() as db:
        while rule.delete(db, school.all(Account)[0].created_at - timedelta(days=31), 500):
            pass
    assert school.count(ImportedRow) == 0
    assert "уже нельзя отменить" in head.get(page).text
    assert head.post(f"{page}/undo").status_code == 409
    assert len(names(school)) == 5


def test_the_command_and_oneroster_are_in_the_history_too(school: School) -> None:
    school.load(school.table(PUPILS))
    head = school.sign_in("head")
    shown = head.get("/import/history").text
    assert "список.csv" in shown
    assert "Командная строка" in shown


def test_named_columns_are_remembered_for_the_next_file(school: School) -> None:
    head = school.sign_in("head")
    table = "Класс;ФИО;Дата рождения;Прозвище\n5А;Орлов Пётр;01.02.2015;Ильич\n"

    def send(text: str) -> Any:
        answer = head.post(
            "/import", files=[("files", ("с.csv", text.encode(), "text/csv"))], data={"kind": "auto"}
        )
        school.work()
        return answer.headers["location"]

    named = head.post(
        f"{send(table)}/columns", data={"title": ["Прозвище"], "was": [""], "field": ["middle_name"]}
    )
    school.work()
    head.post(f"{named.headers['location']}/confirm")
    school.work()
    again = head.get(send(table + "5А;Лис Яна;02.02.2015;Игоревна\n")).text
    assert "не понята" not in again
    assert "Лис Яна Игоревна" in again


def test_an_empty_history_says_how_to_begin(school: School) -> None:
    assert "Загрузок ещё не было" in school.sign_in("head").get("/import/history").text
