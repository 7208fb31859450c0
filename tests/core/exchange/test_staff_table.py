"""A table of staff: people, roles by the ordinary rules, what they teach."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import Organization, SchoolClass, Subject, TeachingAssignment
from core.requests.models import Request
from core.roles.models import RoleGrant, StructuralRole
from core.testing.portal import Visitor
from tests.core.exchange.conftest import School

PUPILS = "Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n5Б;Лис Яна;01.02.2015\n9А;Жук Лев;01.02.2011\n"
STAFF = """Сотрудники МБОУ «СОШ № 1»;;;;;;;;
№;Должность;Фамилия, имя, отчество;Дата рождения;СНИЛС;Предмет;Классы;Кл. руководство;Дата назначения
1;Директор;Савченко Виктор Алексеевич;12.05.1970;;;;;
2;Учитель математики;БЕРЁЗКИНА анна Сергеевна;05.03.1985;112-233-445 95;Математика;5 А,Б; 5а;01.09.2026
3;Завуч;Тарасова Елена Викторовна;40000;;Алгебра: 9А;;;
4;Повар;Котов Иван Иванович;01.01.1980;;;;;
5;Библиотекарь;Книгина Вера Ильинична;;;;;;
"""


def roles(school: School) -> dict[str, list[tuple[str, str]]]:
    """The roles of each surname, with their states."""
    with school.portal.database.reading(fresh=True) as db:
        found: dict[str, list[tuple[str, str]]] = {}
        for name, kind, status in db.execute(
            select(Person.last_name, StructuralRole.kind, StructuralRole.status).join(
                Person, Person.id == StructuralRole.person_id
            )
        ):
            found.setdefault(name, []).append((kind, status))
        return {name: sorted(held) for name, held in found.items()}


@pytest.fixture
def with_classes(school: School) -> School:
    """Our school with its pupils."""
    assert school.load(school.table(PUPILS, name="ученики.csv")).exit_code == 0
    return school


def upload(school: School, visitor: Visitor, text: str, **form: str) -> str:
    """Rehearse a table on the page as somebody; the address of the report."""
    answer = visitor.post(
        "/import",
        files=[("files", ("сотрудники.csv", text.encode("windows-1251"), "text/csv"))],
        data={"kind": "auto", **form},
    )
    assert answer.status_code == 303, answer.text
    school.work()
    return str(answer.headers["location"])


def test_a_table_of_staff_is_recognised_and_gives_people_roles_and_what_they_teach(
    with_classes: School,
) -> None:
    school = with_classes
    loaded = school.load(school.table(STAFF, encoding="windows-1251"))
    assert loaded.exit_code == 0, loaded.output
    assert "Таблица сотрудников" in loaded.output
    held = roles(school)
    assert held["Берёзкина"] == [("class_teacher", "active"), ("teacher", "active")]
    assert held["Тарасова"] == [("deputy_head", "active"), ("teacher", "active")]
    assert held["Книгина"] == [("librarian", "active")]
    anna = school.person("Берёзкина")
    assert (anna.middle_name, anna.birth_date, anna.snils) == ("Сергеевна", date(1985, 3, 5), "11223344595")
    assert school.person("Тарасова").birth_date == date(2009, 7, 6)
    names = {row.id: row.name for row in school.all(SchoolClass)}
    subjects = {row.id: row.name for row in school.all(Subject)}
    taught = sorted(
        (subjects[row.subject_id], names[row.school_class_id or row.subject_id])
        for row in school.all(TeachingAssignment)
    )
    assert taught == [("Алгебра", "9А"), ("Математика", "5А"), ("Математика", "5Б")]
    home = next(row for row in school.all(StructuralRole) if row.kind == "class_teacher")
    assert names[home.school_class_id] == "5А"
    assert home.starts_on == date(2026, 9, 1)
    assert school.command("check", "audit").exit_code == 0


def test_whom_the_portal_has_no_role_for_is_left_out_and_named(with_classes: School) -> None:
    loaded = with_classes.load(with_classes.table(STAFF))
    assert "Для должности «Повар» в портале нет роли." in loaded.output
    assert not [person for person in with_classes.all(Person) if person.last_name == "Котов"]


def test_the_same_file_again_changes_nothing(with_classes: School) -> None:
    school = with_classes
    school.load(school.table(STAFF))
    before = (school.count(AuditRecord), school.count(Person), school.count(StructuralRole))
    again = school.load(school.table(STAFF))
    assert "Всё уже загружено, изменений нет." in again.output
    assert (school.count(AuditRecord), school.count(Person), school.count(StructuralRole)) == before


def test_a_head_gives_no_head_and_the_roles_wait_for_the_coordinator(with_classes: School) -> None:
    school = with_classes
    region = next(o for o in school.all(Organization) if o.kind == "region")
    school.sign_in("regional_coordinator", region.id)
    head = school.sign_in("head")
    page = upload(school, head, STAFF)
    shown = head.get(page).text
    assert "её даёт организация выше" in shown
    assert "роль, ждёт подтверждения: Библиотекарь" in shown
    assert "Книгина" not in roles(school)
    school_work = head.post(f"{page}/confirm")
    school.work()
    assert "Данные загружены." in head.get(school_work.headers["location"]).text
    held = roles(school)
    assert "Савченко" not in held
    assert held["Книгина"] == [("librarian", "requested")]
    assert {request.kind for request in school.all(Request)} == {"core.staff_role"}
    count = len(school.all(Request))
    again = head.post(f"{upload(school, head, STAFF)}/confirm")
    assert again.status_code in (303, 409)
    school.work()
    assert len(school.all(Request)) == count


def test_a_role_that_was_ended_or_refused_is_not_brought_back_by_an_old_file(with_classes: School) -> None:
    school = with_classes
    school.load(school.table(STAFF))
    with school.portal.database.transaction() as db:
        for role in db.scalars(select(StructuralRole).where(StructuralRole.kind == "librarian")):
            role.status, role.ends_on = "terminated", date(2026, 10, 1)
    again = school.load(school.table(STAFF))
    assert "прекращена раньше, файл её не возобновляет" in again.output
    assert roles(school)["Книгина"] == [("librarian", "terminated")]
    returned = STAFF.replace("Книгина Вера Ильинична;;;;;;", "Книгина Вера Ильинична;;;;;;01.11.2026")
    assert school.load(school.table(returned)).exit_code == 0
    assert roles(school)["Книгина"] == [("librarian", "active"), ("librarian", "terminated")]


def test_wrong_cells_keep_the_whole_file_out(with_classes: School) -> None:
    school = with_classes
    before = school.count(Person)
    wrong = STAFF.replace("112-233-445 95", "112-233-445 96").replace("9А;;;", "9Ж;;;")
    loaded = school.load(school.table(wrong))
    assert loaded.exit_code == 1
    assert "Контрольное число СНИЛС не сходится" in loaded.output
    assert "Класса 9Ж в 2026/27 учебном году нет." in loaded.output
    assert school.count(Person) == before


def test_several_subjects_and_classes_in_one_row_ask_which_is_where(with_classes: School) -> None:
    school = with_classes
    table = "ФИО;Должность;Предметы;Классы\nЛомов Олег Ильич;учитель;Физика, Химия;5А, 9А\n"
    loaded = school.load(school.table(table))
    assert "Неясно, какой предмет в каком классе" in loaded.output
    assert not school.all(TeachingAssignment)
    clear = table.replace("Физика, Химия;5А, 9А", "Физика: 9А (5А)").replace("(5А)", "")
    assert school.load(school.table(clear)).exit_code == 0
    assert len(school.all(TeachingAssignment)) == 1


def test_one_person_in_two_rows_gets_both_roles(with_classes: School) -> None:
    school = with_classes
    table = "ФИО;Должность\nЛомов Олег Ильич;учитель\nЛомов Олег Ильич;психолог\n"
    assert school.load(school.table(table)).exit_code == 0
    assert roles(school)["Ломов"] == [("psychologist", "active"), ("teacher", "active")]
    assert len([person for person in school.all(Person) if person.last_name == "Ломов"]) == 1


def test_a_mother_who_teaches_is_one_person(with_classes: School) -> None:
    school = with_classes
    pupils = PUPILS.replace("рождения\n", "рождения;Мать;Телефон матери\n").replace(
        "5А;Орлов Пётр;01.02.2015", "5А;Орлов Пётр;01.02.2015;Орлова Инна Львовна;89180000001"
    )
    school.load(school.table(pupils))
    school.load(school.table("ФИО;Должность;Телефон\nОрлова Инна Львовна;учитель;8 918 000 00 01\n"))
    assert roles(school)["Орлова"] == [("guardian", "active"), ("teacher", "active")]


def test_nobody_gives_a_role_to_oneself(with_classes: School) -> None:
    school = with_classes
    admin = school.sign_in("school_administrator")
    person = next(p for p in school.all(Person) if p.last_name == "Роль")
    with school.portal.database.transaction() as db:
        own = db.get_one(Person, person.id)
        own.first_name, own.snils = "Анна", "11223344595"
    page = upload(school, admin, "ФИО;Должность;СНИЛС\nРоль Анна;завуч;11223344595\n")
    assert "самому себе роль не дают" in admin.get(page).text


def test_who_may_not_give_roles_does_not_load_staff(with_classes: School) -> None:
    school = with_classes
    region = next(o for o in school.all(Organization) if o.kind == "region")
    with school.portal.database.transaction() as db:
        db.add(
            RoleGrant(
                id=new_id(),
                organization_id=region.id,
                role_kind="head",
                permission="core.roles.grant",
                reach=0,
            )
        )
    head = school.sign_in("head")
    page = upload(school, head, STAFF)
    assert "нет прав на это действие" in head.get(page).text
    assert "Таблица сотрудников</option>" not in head.get("/import").text


def test_a_class_beside_the_position_is_read_and_a_wrong_one_named(with_classes: School) -> None:
    head = "ФИО;Должность\n"
    good = with_classes.table(f"{head}Берёзкина Анна Сергеевна;Классный руководитель 5А\n", name="1.csv")
    assert with_classes.load(good).exit_code == 0
    assert roles(with_classes)["Берёзкина"] == [("class_teacher", "active")]
    for written, words in (
        ("9Ю", "Класса 9Ю в 2026/27 учебном году нет."),
        ("77Ю", "Параллели 77 не бывает"),
    ):
        text = f"{head}Котов Иван Иванович;Классный руководитель {written}\n"
        refused = with_classes.load(with_classes.table(text, name="2.csv"))
        assert refused.exit_code == 1
        assert words in refused.output
        assert "не указан класс" not in refused.output
