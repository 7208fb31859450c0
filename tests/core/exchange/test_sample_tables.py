"""Sample tables: made from what the portal understands, read back as they are, explained on a second sheet."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from tests.core.exchange.conftest import School
from tests.core.exchange.test_import_page import upload

PUPIL = {"Класс": "5А", "Фамилия": "Орлов", "Имя": "Пётр", "Дата рождения": "01.02.2015"}
ROWS = {
    "school": PUPIL,
    "staff": {"Фамилия": "Книгина", "Имя": "Вера", "Должность или роль": "Библиотекарь"},
    "guardians": {
        "Фамилия родителя": "Орлова",
        "Имя родителя": "Инна",
        "Телефон": "+7 918 000-00-01",
        "Ребёнок: ФИО": "Орлов Пётр",
        "Ребёнок: класс": "5А",
    },
}


@pytest.mark.parametrize("kind", ["school", "staff", "guardians"])
def test_a_filled_in_sample_is_loaded(school: School, kind: str) -> None:
    head = school.sign_in("head")
    if kind == "guardians":
        table = school.table(f"{';'.join(PUPIL)}\n{';'.join(PUPIL.values())}\n", name="ученики.csv")
        assert school.load(table).exit_code == 0
    assert f"/import/samples/{kind}" in head.get("/import").text
    answer = head.get(f"/import/samples/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    book = load_workbook(io.BytesIO(answer.content))
    table, told = book.worksheets
    titles = [str(cell.value) for cell in table[1]]
    assert table.max_row == 1, "no invented people that would be loaded"
    explained = {
        str(row[0].value): [str(cell.value) for cell in row[1:]] for row in told.iter_rows(min_row=2)
    }
    assert all(explained[title][1] for title in titles)
    table.append([ROWS[kind].get(title) for title in titles])
    out = io.BytesIO()
    book.save(out)
    page = upload(head, out.getvalue(), name="образец.xlsx").headers["location"]
    school.work()
    shown = head.get(page).text
    assert "Проверка прошла" in shown
    assert "не понята" not in shown
    assert "Пояснения" not in shown, "explanations are no data"


def test_only_those_who_load_a_kind_get_its_sample(school: School) -> None:
    assert school.sign_in("teacher").get("/import/samples/school").status_code == 403
    assert school.sign_in("head").get("/import/samples/oneroster").status_code == 404
