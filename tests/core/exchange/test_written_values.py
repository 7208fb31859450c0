"""What people write in cells, taken apart without a database."""

# ruff: noqa: E501 -- tables of examples read best in wide rows

from __future__ import annotations

from datetime import date

import pytest

from core.exchange.class_names import WrongClass, read_class
from core.exchange.columns import meaning_of
from core.exchange.report_table import defused
from core.exchange.school_table import relation_of
from core.exchange.written_dates import WrongDate, read_date
from core.exchange.written_names import WrongName, split_name
from core.identity import identifiers
from core.identity.identifiers import WrongIdentifier
from core.identity.relations import RELATIONS

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "snils", ["112-233-445 95", "11223344595", "402 102 488-00", "141-141-702 00", "001-001-998 17"]
)
def test_a_right_snils_is_taken(snils: str) -> None:
    assert len(identifiers.snils(snils)) == 11


@pytest.mark.parametrize(
    "snils", ["112-233-445 96", "1122334459", "11223344595x", "00000000000", "141-141-702 01"]
)
def test_a_wrong_snils_is_refused(snils: str) -> None:
    with pytest.raises(WrongIdentifier):
        identifiers.snils(snils)


def test_numbers_of_organizations_and_people_are_checked() -> None:
    assert identifiers.inn("6651002785") == "6651002785"
    assert identifiers.inn("500100732259") == "500100732259"
    assert identifiers.ogrn("1026602267780") == "1026602267780"
    assert identifiers.kpp("7701 01 001") == "770101001"
    for check, wrong in (
        (identifiers.inn, "6651002786"),
        (identifiers.inn, "500100732250"),
        (identifiers.ogrn, "1026602267781"),
        (identifiers.kpp, "77010100"),
    ):
        with pytest.raises(WrongIdentifier):
            check(wrong)


@pytest.mark.parametrize(
    "phone", ["8 (918) 123-45-67", "+7 918 123 45 67", "9181234567", "7-918-123-45-67", "89181234567 доб. 12"]
)
def test_a_phone_becomes_one_number(phone: str) -> None:
    assert identifiers.phone(phone) == "+79181234567"
    assert identifiers.show_phone("+79181234567") == "+7 (918) 123-45-67"


@pytest.mark.parametrize("phone", ["123-45-67", "телефон", "+7918", "0181234567"])
def test_half_a_phone_is_refused(phone: str) -> None:
    with pytest.raises(WrongIdentifier):
        identifiers.phone(phone)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("5А", "5А"), ("5 а", "5А"), ("5-А", "5А"), ("05А", "5А"), ("5A", "5А"), ("5 «А» класс", "5А"), ("5-й А", "5А"),
        ("10 физмат", "10 физмат"), ("11", "11"), ("3 класс", "3"), ("9-2", "9-2"),
    ],
)  # fmt: skip
def test_a_class_has_one_name_however_it_is_written(text: str, name: str) -> None:
    assert read_class(text).name == name


@pytest.mark.parametrize("text", ["0А", "13А", "абв", "", "=5А", "2015-03-01"])
def test_what_names_no_class_is_refused(text: str) -> None:
    with pytest.raises(WrongClass):
        read_class(text)


@pytest.mark.parametrize(
    "value",
    ["05.03.2012", "5/3/12", "2012-03-05", "5 марта 2012 г.", 40973, 40973.0, "40973", "2012-03-05T00:00:00"],
)
def test_a_date_is_read_in_every_spelling(value: str | float) -> None:
    assert read_date(value, TODAY) == date(2012, 3, 5)


def test_the_leap_day_excel_invented_is_no_date_and_shifts_what_comes_before() -> None:
    assert read_date(59, TODAY) == date(1900, 2, 28)
    assert read_date(61, TODAY) == date(1900, 3, 1)
    assert read_date(39511, TODAY, mac_epoch=True) == date(2012, 3, 5)
    with pytest.raises(WrongDate):
        read_date(60, TODAY)


@pytest.mark.parametrize("value", ["31.02.2012", "2012", 2012, "05.13.2012", "вчера", -5, 10**9, True])
def test_what_is_no_date_is_refused(value: str | int) -> None:
    with pytest.raises(WrongDate):
        read_date(value, TODAY)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ИВАНОВА-ПЕТРОВА  анна сергеевна", ("Иванова-Петрова", "Анна", "Сергеевна")),
        ("Алиев Руслан Магомед оглы", ("Алиев", "Руслан", "Магомед оглы")),
        ("Петрова - Водкина Анна", ("Петрова-Водкина", "Анна", None)),
        ("Мария Петровна Иванова", ("Иванова", "Мария", "Петровна")),
        ("Smith John", ("Smith", "John", None)),
        ("О'Коннор Шон", ("О'Коннор", "Шон", None)),
    ],
)
def test_a_name_in_one_cell_is_taken_apart(text: str, parts: tuple[str, str, str | None]) -> None:
    name = split_name(text)
    assert (name.last_name, name.first_name, name.middle_name) == parts


@pytest.mark.parametrize("text", ["", "Иванов", "Иванов И. И.", "Мария Петровна", "Иваnов Петя", "Иванов 5"])
def test_what_is_no_whole_name_is_refused(text: str) -> None:
    with pytest.raises(WrongName):
        split_name(text)


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Ф.И.О. ученика", "name"), ("Наименование класса", "class"), ("Д.р.", "birth_date"), ("Дата приема в школу", "admitted_on"),
        ("№ личного дела", "personal_file"), ("E-mail", "email"), ("Адрес электронной почты", "email"), ("ФИО матери", "mother.name"),
        ("Отец (тел.)", "father.phone"), ("Законный представитель", "guardian.name"), ("Степень родства", "guardian.relation"),
        ("№ п/п", "ignore"), ("Адрес проживания", ""), ("Место работы отца", ""), ("Классный руководитель", ""), ("Группа здоровья", ""),
    ],
)  # fmt: skip
def test_titles_of_columns_are_understood_or_honestly_not(title: str, field: str) -> None:
    assert meaning_of(title)[0] == field


@pytest.mark.parametrize("text", ["=1+1", "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_what_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert defused(text).startswith("'")
    assert defused("+79181234567") == "+79181234567"


@pytest.mark.parametrize(
    ("word", "relation"),
    [
        ("Мама", "mother"), ("отец", "father"), ("Отчим", "relative"), ("бабушка", "grandmother"),
        ("Дедушка", "grandfather"), ("тётя", "relative"), ("опекун", "guardian"), ("представитель", "parent"),
    ],
)  # fmt: skip
def test_what_a_guardian_is_becomes_a_relation_that_has_words(word: str, relation: str) -> None:
    assert relation_of(word) == relation
    assert relation in RELATIONS
