"""The file given back: its own rows, every wrong cell marked, and what to mend."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.core.exchange.conftest import School

PUPILS = (
    "Список\nКласс;ФИО;Дата рождения;СНИЛС;Телефон\n"
    "5А;Орлов Пётр;31.02.2015;112-233-445 96;123\n5А;Лис Яна;01.02.2015;;\n"
)
STAFF = "ФИО;Должность;Классы;Предмет\nЛомов Олег Ильич;учитель;5Ж;Физика\nКотов Иван;повар;;\n"
GUARDIANS = "ФИО родителя;ФИО ребёнка;Класс\nОрлова Инна;Орлов Пётр;9Я\nОрлов;Лис Яна;5А\n"


def given_back(school: School, text: str) -> Any:
    """The sheet that comes back from the page for a table."""
    head = school.sign_in("head")
    answer = head.post(
        "/import", files=[("files", ("таблица.csv", text.encode(), "text/csv"))], data={"kind": "auto"}
    )
    school.work()
    page = answer.headers["location"]
    assert f"{page}/report/xlsx" in head.get(page).text
    return load_workbook(io.BytesIO(head.get(f"{page}/report/xlsx").content)).active


def marked(sheet: Any) -> dict[str, str]:
    """The cells that are filled, with their comments."""
    return {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid" and cell.comment is not None
    }


def test_wrong_cells_of_pupils_are_marked_and_the_last_columns_say_what_to_mend(school: School) -> None:
    sheet = given_back(school, PUPILS)
    found = marked(sheet)
    assert set(found) == {"C3", "D3", "E3"}
    assert found["C3"] == "Такого дня в календаре нет. Исправьте ячейку или оставьте её пустой."
    assert sheet["C3"].fill.fgColor.rgb != sheet["E3"].fill.fgColor.rgb
    assert [cell.value for cell in sheet[2]][-3:] == ["Итог", "Что исправить", "Замечания"]
    assert sheet["F3"].value == "ошибка"
    assert "Контрольное число СНИЛС не сходится" in sheet["G3"].value
    assert not sheet["G4"].value


@pytest.mark.parametrize(
    ("table", "cells"), [(STAFF, {"C2", "B3"}), (GUARDIANS, {"C2", "A3"})], ids=["staff", "guardians"]
)
def test_wrong_cells_of_staff_and_guardians_are_marked(school: School, table: str, cells: set[str]) -> None:
    school.load(school.table("Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n5А;Лис Яна;01.02.2015\n"))
    assert set(marked(given_back(school, table))) == cells


def test_a_number_that_belongs_to_somebody_else_is_marked_too(school: School) -> None:
    school.load(school.table("Класс;ФИО;Дата рождения;СНИЛС\n5А;Орлов Пётр;01.02.2015;11223344595\n"))
    sheet = given_back(school, "Класс;ФИО;Дата рождения;СНИЛС\n5А;Жук Лев;05.05.2015;11223344595\n")
    assert "принадлежит другому человеку" in marked(sheet)["D2"]


def test_the_mended_file_is_loaded_with_the_columns_that_were_added(school: School) -> None:
    sheet = given_back(school, PUPILS)
    sheet["C3"], sheet["D3"], sheet["E3"] = "01.02.2015", None, None
    out = io.BytesIO()
    sheet.parent.save(out)
    path = school.folder / "исправлено.xlsx"
    path.write_bytes(out.getvalue())
    loaded = school.load(path)
    assert loaded.exit_code == 0, loaded.output
    assert "не понята" not in loaded.output
    assert school.classes_of("Орлов")[0][0] == "5А"
