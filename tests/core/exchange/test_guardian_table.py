"""A table of guardians and their children."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.identity.models import Guardianship, Person
from core.roles.models import StructuralRole
from tests.core.exchange.conftest import School

PUPILS = """Класс;ФИО;Дата рождения;СНИЛС
5А;Орлов Пётр Ильич;01.02.2015;
7Б;Орлова Яна Ильинична;03.04.2013;112-233-445 95
9А;Жук Лев;05.06.2011;
11А;Взрослый Иван;01.02.2007;
"""
FAMILIES = """ФИО родителя;Кем приходится;Телефон;E-mail;ФИО ребёнка;Класс ребёнка
Орлова Инна Львовна;мать;8 918 000 00 01;inna@example.ru;Орлов Пётр;5 «А»
Орлова Инна Львовна;мама;8 918 000 00 01;;Орлова Яна;7-б
Орлов Илья Ильич;отец;;;Орлов Пётр;5А
"""


@pytest.fixture
def with_pupils(school: School) -> School:
    """Our school with its pupils."""
    assert school.load(school.table(PUPILS, name="ученики.csv")).exit_code == 0
    return school


def ties(school: School) -> list[tuple[str, str, str, str]]:
    """Guardian, child, relation, rights – by first names, in order."""
    people = {person.id: person.first_name for person in school.all(Person)}
    return sorted(
        (people[tie.guardian_id], people[tie.child_id], tie.relation, tie.rights)
        for tie in school.all(Guardianship)
    )


def test_guardians_are_recognised_and_tied_to_children_the_school_has(with_pupils: School) -> None:
    school = with_pupils
    loaded = school.load(school.table(FAMILIES, encoding="windows-1251"))
    assert loaded.exit_code == 0, loaded.output
    assert "Таблица родителей" in loaded.output
    assert ties(school) == [
        ("Илья", "Пётр", "father", "full"),
        ("Инна", "Пётр", "mother", "full"),
        ("Инна", "Яна", "mother", "full"),
    ]
    inna = school.person("Орлова", "Инна")
    assert (inna.phone, inna.email) == ("+79180000001", "inna@example.ru")
    with school.portal.database.reading(fresh=True) as db:
        held = db.scalars(select(StructuralRole).where(StructuralRole.kind == "guardian")).all()
    assert len(held) == 2
    petr = next(tie for tie in school.all(Guardianship) if tie.guardian_id != inna.id)
    assert petr.ends_on == date(2033, 1, 31)


def test_the_same_file_again_changes_nothing(with_pupils: School) -> None:
    school = with_pupils
    school.load(school.table(FAMILIES))
    before = school.count(AuditRecord)
    assert "изменений нет" in school.load(school.table(FAMILIES)).output
    assert school.count(AuditRecord) == before
    assert school.count(Guardianship) == 3


@pytest.mark.parametrize(
    "table",
    [
        "Родитель;Ребёнок;Телефон\nОрлова Инна Львовна;Орлов Пётр, 5А; 89180000001\n",
        "ФИО;ФИО ребёнка;Дата рождения\nОрлова Инна Львовна;Орлов Пётр;01.02.2015\n",
        'ФИО;Дети\nОрлова Инна Львовна;"Орлов Пётр (5А); Орлова Яна 03.04.2013"\n',
        "ФИО родителя;Ребёнок 1;Класс;Ребёнок 2;Класс\nОрлова Инна Львовна;Орлов Пётр;5А;Орлова Яна;7Б\n",
        "ФИО родителя;ФИО ребёнка;СНИЛС ребёнка\nОрлова Инна Львовна;Орлова Яна;11223344595\n",
        "Фамилия родителя;Имя родителя;Фамилия ребёнка;Имя ребёнка;Дата рождения ребёнка\n"
        "Орлова;Инна;Орлов;Пётр;42036\n",
    ],
)
def test_children_are_named_in_all_usual_ways(with_pupils: School, table: str) -> None:
    loaded = with_pupils.load(with_pupils.table(table))
    assert loaded.exit_code == 0, loaded.output
    assert {who for who, *_rest in ties(with_pupils)} == {"Инна"}
    assert len(ties(with_pupils)) == (2 if "Яна" in table and "Пётр" in table else 1)


def test_a_child_that_is_not_there_or_not_plain_keeps_the_file_out(with_pupils: School) -> None:
    school = with_pupils
    head = "ФИО родителя;ФИО ребёнка;Класс\n"
    unknown = school.load(school.table(f"{head}Орлова Инна;Орлов Пётр;5А\nЖукова Ольга;Жук Лев;5А\n"))
    assert unknown.exit_code == 1
    assert "Ученика «Жук Лев» с такими данными в школе нет." in unknown.output
    alone = school.load(school.table("ФИО родителя;ФИО ребёнка\nЖукова Ольга;Жук Лев\n"))
    assert "по одному имени ребёнка не узнать" in alone.output
    nobody = school.load(school.table(f"{head}Жукова Ольга;;9А\n"))
    assert "Не указан ребёнок." in nobody.output
    assert school.count(Guardianship) == 0


def test_an_adult_pupil_has_no_guardians(with_pupils: School) -> None:
    table = "ФИО родителя;ФИО ребёнка;Класс\nВзрослая Ольга;Взрослый Иван;11А\n"
    loaded = with_pupils.load(with_pupils.table(table))
    assert "ученик совершеннолетний" in loaded.output
    assert not [person for person in with_pupils.all(Person) if person.last_name == "Взрослая"]
    assert with_pupils.count(Guardianship) == 0


def test_limited_rights_need_a_document_and_no_rights_give_no_role(with_pupils: School) -> None:
    school = with_pupils
    head = "ФИО родителя;ФИО ребёнка;Класс;Права;Документ\n"
    bare = school.load(school.table(f"{head}Жукова Ольга;Жук Лев;9А;только просмотр;\n"))
    assert "Назовите документ, по которому права ограничены." in bare.output
    told = school.load(
        school.table(
            f"{head}Жукова Ольга;Жук Лев;9А;только просмотр;Решение суда 1\nЖуков Олег;Жук Лев;9А;нет;Решение 2\n"
        )
    )
    assert told.exit_code == 0, told.output
    assert [(who, rights) for who, _child, _kin, rights in ties(school)] == [
        ("Олег", "none"),
        ("Ольга", "view"),
    ]
    oleg = school.person("Жуков")
    assert not [role for role in school.all(StructuralRole) if role.person_id == oleg.id]
    wider = school.load(school.table(f"{head}Жукова Ольга;Жук Лев;9А;полные;\n"))
    assert "права уже записаны в портале, файл их не меняет" in wider.output


def test_a_closed_tie_stays_closed(with_pupils: School) -> None:
    school = with_pupils
    school.load(school.table(FAMILIES))
    with school.portal.database.transaction() as db:
        for tie in db.scalars(select(Guardianship)):
            tie.rights = "none"
    again = school.load(school.table(FAMILIES))
    assert "связь с ребёнком закрыта" in again.output
    assert {rights for *_names, rights in ties(school)} == {"none"}


def test_a_list_of_pupils_with_their_mothers_stays_a_list_of_pupils(school: School) -> None:
    loaded = school.load(
        school.table("Класс;ФИО ученика;Дата рождения;ФИО родителя\n5А;Орлов Пётр;01.02.2015;Орлова Инна\n")
    )
    assert "Таблица классов и учеников" in loaded.output
    assert school.count(Guardianship) == 1


def test_the_kind_is_chosen_by_hand_on_the_page(with_pupils: School) -> None:
    school = with_pupils
    head = school.sign_in("head")
    odd = "Ребёнок;Класс;Дата рождения;Родитель\nОрлов Пётр;5А;01.02.2015;Орлова Инна Львовна\n"
    answer = head.post(
        "/import", files=[("files", ("семьи.csv", odd.encode(), "text/csv"))], data={"kind": "auto"}
    )
    school.work()
    page = answer.headers["location"]
    assert "Таблица классов и учеников" in head.get(page).text
    again = head.post(f"{page}/columns", data={"kind": "guardians"})
    school.work()
    shown = head.get(again.headers["location"]).text
    assert "дети: Орлов П. И." in shown
    assert "selected>Ребёнок: ФИО</option>" in shown
