"""A table whose titles say nothing: its first rows are shown, columns are named by hand and remembered."""

from __future__ import annotations

import re

from core.testing.portal import Visitor
from tests.core.exchange.conftest import School
from tests.core.exchange.test_import_page import upload

ODD = """Кружок юных;;
Где;Кто;Когда родился
5А;Орлов Пётр;01.02.2015
5А;Лис Яна;02.02.2015
"""
NAMES = {"Где": "class", "Кто": "name", "Когда родился": "birth_date"}


def checked(school: School, head: Visitor, text: str, **form: str) -> str:
    page = str(upload(head, text, **form).headers["location"])
    school.work()
    return page


def named(school: School, head: Visitor, page: str, fields: dict[str, str], **form: str) -> str:
    """Name columns on the page of a rehearsal; the address of the next one."""
    row = re.findall(r'name="titles_row" value="(\d+)"', head.get(page).text)[-1]
    data = {"title": list(fields), "was": [""] * len(fields), "field": list(fields.values())}
    answer = head.post(f"{page}/columns", data={"kind": "school", "titles_row": row, **data, **form})
    assert answer.status_code == 303
    school.work()
    return str(answer.headers["location"])


def test_the_first_rows_are_offered_and_columns_named_by_hand(school: School) -> None:
    head = school.sign_in("head")
    page = checked(school, head, ODD)
    shown = head.get(page).text
    assert "Первые строки файла" in shown
    assert "Орлов Пётр" in shown
    assert re.search(r"Что в колонке «Когда родился»", shown), "each column of the likely titles can be named"
    assert "будет создан" not in shown, "nothing is planned yet"
    assert f"{page}/confirm" not in shown
    again = named(school, head, page, NAMES)
    assert "Проверка прошла" in head.get(again).text
    confirmed = head.post(f"{again}/confirm")
    school.work()
    assert "Данные загружены." in head.get(confirmed.headers["location"]).text
    assert school.classes_of("Орлов")[0][0] == "5А"


def test_what_was_named_is_remembered_for_the_next_file(school: School) -> None:
    head = school.sign_in("head")
    head.post(f"{named(school, head, checked(school, head, ODD), NAMES)}/confirm")
    school.work()
    page = checked(school, head, "Кто;Где;Когда родился\nЖук Лев;5А;03.02.2015\n")
    shown = head.get(page).text
    assert "Первые строки файла" not in shown
    assert "Проверка прошла" in shown


def test_a_table_of_another_kind_is_remembered_as_such(school: School) -> None:
    head = school.sign_in("head")
    head.post(f"{named(school, head, checked(school, head, ODD), NAMES)}/confirm")
    school.work()
    staff = "Кого;Кем\nБерёзкина Анна Сергеевна;Учитель\n"
    page = checked(school, head, staff)
    again = named(school, head, page, {}, kind="staff")
    last = named(school, head, again, {"Кого": "name", "Кем": "position"}, kind="staff")
    assert "Проверка прошла" in head.get(last).text
    head.post(f"{last}/confirm")
    school.work()
    next_one = checked(school, head, "Кого;Кем\nКнигина Вера Ильинична;Библиотекарь\n")
    shown = head.get(next_one).text
    assert "Проверка прошла" in shown
    assert "роль" in shown


def test_another_row_is_chosen_as_the_titles(school: School) -> None:
    head = school.sign_in("head")
    page = checked(school, head, "Список;для;сверки\nГде;Кто;\n5А;Орлов Пётр;01.02.2015\n")
    answer = head.post(f"{page}/columns", data={"kind": "school", "titles_row": "2"})
    school.work()
    shown = head.get(answer.headers["location"]).text
    assert "Что в колонке «Где»" in shown
    assert "Что в колонке «для»" not in shown


def test_a_program_reads_the_columns_and_names_them(school: School) -> None:
    head = school.sign_in("head")
    import base64

    content = base64.b64encode(ODD.encode()).decode()
    body = {"files": [{"name": "кружок.csv", "content": content}], "year": "2026/27"}
    first = head.post("/api/v1/imports", json=body).json()["import_id"]
    school.work()
    report = head.get(f"/api/v1/imports/{first}").json()["report"]
    assert [each["title"] for each in report["columns"]] == list(NAMES)
    assert report["errors"] == 1
    second = head.post("/api/v1/imports", json={**body, "columns": NAMES}).json()["import_id"]
    school.work()
    assert head.get(f"/api/v1/imports/{second}").json()["report"]["errors"] == 0
