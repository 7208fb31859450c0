"""A telephone right of a guardian's columns is the guardian's; titles that stand twice are named one by one."""

from __future__ import annotations

import re
from datetime import date

import pytest

from core.testing.portal import Visitor
from tests.core.exchange.conftest import School
from tests.core.exchange.test_file_given_back import given_back, marked
from tests.core.exchange.test_import_page import upload

CHILD, MOTHER = "+79180000001", "+79180000002"


def checked(school: School, head: Visitor, text: str) -> tuple[str, str]:
    """The address and the page of a rehearsal."""
    page = str(upload(head, text).headers["location"])
    school.work()
    return page, head.get(page).text


@pytest.mark.parametrize("guardian", ["ФИО родителя", "Мать", "Представитель"])
def test_a_contact_right_of_a_guardian_is_the_guardians(school: School, guardian: str) -> None:
    loaded = school.load(
        school.table(
            f"Класс;ФИО;Телефон;{guardian};Телефон;E-mail;СНИЛС;Дата рождения\n"
            f"5А;Орлов Пётр;{CHILD};Орлова Инна;{MOTHER};inna@example.ru;112-233-445 95;03.04.1985\n"
        )
    )
    assert loaded.exit_code == 0, loaded.output
    child, mother = school.person("Орлов"), school.person("Орлова")
    assert (child.phone, child.email, child.snils, child.birth_date) == (CHILD, None, None, None)
    assert (mother.phone, mother.email, mother.snils) == (MOTHER, "inna@example.ru", "11223344595")
    assert mother.birth_date == date(1985, 4, 3)


def test_a_word_of_whose_it_is_and_the_dates_themselves_say_more_than_the_place(school: School) -> None:
    loaded = school.load(
        school.table(
            "Класс;ФИО;Мать;Телефон ученика;Отец;Телефон;Дата рождения\n"
            f"5А;Орлов Пётр;Орлова Инна;{CHILD};Орлов Лев;{MOTHER};01.02.2015\n"
        )
    )
    assert loaded.exit_code == 0, loaded.output
    child = school.person("Орлов", "Пётр")
    assert (child.phone, child.birth_date) == (CHILD, date(2015, 2, 1))
    assert school.person("Орлов", "Лев").phone == MOTHER
    assert school.person("Орлова").phone is None


def test_columns_of_the_pupil_after_the_guardians_are_the_pupils_again(school: School) -> None:
    loaded = school.load(
        school.table(
            "Фамилия;Имя;Фамилия матери;Имя;Отчество;Телефон;Класс;Телефон\n"
            f"Орлов;Пётр;Орлова;Инна;Львовна;{MOTHER};5А;{CHILD}\n"
        )
    )
    assert loaded.exit_code == 0, loaded.output
    mother = school.person("Орлова")
    assert (mother.first_name, mother.middle_name, mother.phone) == ("Инна", "Львовна", MOTHER)
    assert (school.person("Орлов").first_name, school.person("Орлов").phone) == ("Пётр", CHILD)


def test_titles_that_stand_twice_are_offered_and_changed_one_by_one(school: School) -> None:
    head = school.sign_in("head")
    text = f"Класс;ФИО;Телефон;Мать;Телефон\n5А;Орлов Пётр;{MOTHER};Орлова Инна;{CHILD}\n"
    page, shown = checked(school, head, text)
    rows = re.findall(
        r'name="title" value="(Телефон[^"]*)"><input type="hidden" name="was" value="([^"]*)"', shown
    )
    assert rows == [("Телефон", "phone"), ("Телефон (2)", "mother.phone")]
    form = {
        "kind": "school",
        "title": [title for title, _was in rows],
        "was": [was for _title, was in rows],
        "field": ["mother.phone", "phone"],
    }
    again = str(head.post(f"{page}/columns", data=form).headers["location"])
    school.work()
    head.post(f"{again}/confirm")
    school.work()
    assert (school.person("Орлов").phone, school.person("Орлова").phone) == (CHILD, MOTHER)


def test_a_wrong_cell_is_marked_in_its_own_column_of_two(school: School) -> None:
    found = marked(
        given_back(school, f"Класс;ФИО;Телефон;Мать;Телефон\n5А;Орлов Пётр;{CHILD};Орлова Инна;12\n")
    )
    assert set(found) == {"E2"}


def test_in_a_table_of_guardians_the_place_decides_too(school: School) -> None:
    school.load(school.table("Класс;ФИО\n5А;Орлов Пётр\n"))
    loaded = school.load(
        school.table(
            "ФИО родителя;Дата рождения;СНИЛС;ФИО ребёнка;Класс;Дата рождения\n"
            "Орлова Инна;03.04.1985;112-233-445 95;Орлов Пётр;5А;01.02.2015\n"
        )
    )
    assert loaded.exit_code == 0, loaded.output
    mother = school.person("Орлова")
    assert (mother.birth_date, mother.snils) == (date(1985, 4, 3), "11223344595")
    assert school.person("Орлов").snils is None


def test_one_wrong_row_of_many_says_that_nothing_is_saved_and_what_to_do(school: School) -> None:
    head = school.sign_in("head")
    good = "".join(f"5А;Орлов {name};01.02.2015\n" for name in ("Пётр", "Лев", "Ян"))
    page, shown = checked(school, head, f"Класс;ФИО;Дата рождения\n{good}5А;Лис Яна;31.02.2015\n")
    words = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    assert "Пока ничего не сохранено." in words
    assert "С ошибками – 1 строка. Верны 3 строки" in words
    first = re.search(r'class="button[^"]*primary[^"]*" href="([^"]+)"', shown)
    assert first is not None and first[1] == f"{page}/report/xlsx"
    assert f"{page}/confirm" not in shown
    assert shown.index("Лис Яна") < shown.rindex("Орлов Пётр"), "what is wrong stands first"
