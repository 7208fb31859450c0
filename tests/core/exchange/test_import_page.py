"""The page `/import`: upload, rehearsal, confirmation, result."""

from __future__ import annotations

import re
from typing import Any

from core.files import StoredFile
from core.identity.models import Notification, Person
from core.testing.portal import Visitor
from tests.core.exchange.conftest import School

GOOD = "Класс;ФИО;Дата рождения;Прозвище\n5А;Орлов Пётр;01.02.2015;Петух\n5А;=1+1 Яна;01.02.2015;\n".replace(
    "=1+1 Яна", "Лис Яна"
)
BAD = "Класс;ФИО;Дата рождения\n5А;Орлов;31.02.2015\n"


def upload(visitor: Visitor, text: str | bytes, name: str = "список.csv", **form: str) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return visitor.post(
        "/import", files=[("files", (name, content, "text/csv"))], data={"kind": "auto", **form}
    )


def test_a_file_is_rehearsed_shown_and_loaded_only_after_confirmation(school: School) -> None:
    head = school.sign_in("head")
    answer = upload(head, GOOD)
    assert answer.status_code == 303
    page = answer.headers["location"]
    assert "hx-get" in head.get(page).text
    school.work()
    shown = head.get(page).text
    assert "Проверка прошла, данные можно загружать." in shown
    assert "Орлов Пётр" in shown
    assert "не понята" in shown
    with_person = [person.last_name for person in school.all(Person)]
    assert "Орлов" not in with_person
    confirmed = head.post(f"{page}/confirm")
    assert confirmed.status_code == 303
    school.work()
    assert "Данные загружены." in head.get(confirmed.headers["location"]).text
    assert school.classes_of("Орлов")[0][0] == "5А"
    assert any("Загрузка данных закончена" in each.title for each in school.all(Notification))
    assert "список.csv" in head.get("/import").text


def test_a_file_with_errors_cannot_be_confirmed_and_its_table_comes_back_with_remarks(school: School) -> None:
    head = school.sign_in("head")
    page = upload(head, BAD).headers["location"]
    school.work()
    shown = head.get(page).text
    assert "Такого дня в календаре нет." in shown
    assert f"{page}/confirm" not in shown
    assert head.post(f"{page}/confirm").status_code == 409
    table = head.get(f"{page}/report/csv")
    assert "Замечания" in table.text
    assert head.get(f"{page}/report/xlsx").content.startswith(b"PK")
    assert head.get(f"{page}/report/exe").status_code == 404


def test_columns_can_be_named_on_the_page(school: School) -> None:
    head = school.sign_in("head")
    page = upload(head, GOOD).headers["location"]
    school.work()
    again = head.post(f"{page}/columns", data={"title": ["Прозвище"], "field": ["middle_name"]})
    assert again.status_code == 303
    school.work()
    confirmed = head.post(f"{again.headers['location']}/confirm")
    school.work()
    assert "Данные загружены." in head.get(confirmed.headers["location"]).text
    assert school.person("Орлов").middle_name == "Петух"


def test_a_form_without_a_file_says_so_and_keeps_what_was_typed(school: School) -> None:
    head = school.sign_in("head")
    answer = head.post(
        "/import", files=[("files", ("", b"", ""))], data={"kind": "school", "year": "2027/28"}
    )
    assert answer.status_code == 422
    assert "Выберите таблицу" in answer.text
    assert 'value="2027/28"' in answer.text
    wrong = upload(head, GOOD, year="когда-нибудь")
    assert wrong.status_code == 422
    assert "Нужен вид 2026/27." in wrong.text


def test_rubbish_ends_in_a_report_in_words(school: School) -> None:
    head = school.sign_in("head")
    page = upload(head, bytes(range(256)) * 10, name="список.xlsx").headers["location"]
    school.work()
    shown = head.get(page)
    assert shown.status_code == 200
    assert "не читается как текст" in shown.text


def test_only_roles_that_may_import_reach_the_page_and_only_their_own_imports(school: School) -> None:
    assert school.sign_in("teacher").get("/import").status_code == 403
    assert upload(school.sign_in("pupil"), GOOD).status_code == 403
    assert school.under_test.visitor().get("/import").status_code == 303
    head = school.sign_in("head")
    page = upload(head, GOOD).headers["location"]
    school.work()
    neighbour = school.sign_in("head", school.neighbour)
    for method, path in (("GET", page), ("POST", f"{page}/confirm"), ("GET", f"{page}/report/csv")):
        assert neighbour.request(method, path).status_code == 404
    source = next(file for file in school.all(StoredFile) if file.name == "список.csv")
    assert neighbour.get(f"/files/{source.id}").status_code == 404


def test_a_coordinator_chooses_a_school_below_and_no_other(school: School) -> None:
    region = next(
        o
        for o in school.all(__import__("core.organizations.models", fromlist=["O"]).Organization)
        if o.kind == "region"
    )
    coordinator = school.sign_in("regional_coordinator", region.id)
    assert re.search(r"<option[^>]*>СОШ № 2", coordinator.get("/import").text)
    assert upload(coordinator, GOOD).status_code == 422
    assert (
        upload(coordinator, GOOD, organization_id="01890000-0000-7000-8000-000000000000").status_code == 422
    )
    page = upload(coordinator, GOOD, organization_id=str(school.neighbour)).headers["location"]
    school.work()
    assert "СОШ № 2" in coordinator.get(page).text


def test_a_neighbours_school_in_the_form_is_ignored_for_a_head(school: School) -> None:
    head = school.sign_in("head")
    page = upload(head, GOOD, organization_id=str(school.neighbour)).headers["location"]
    school.work()
    assert "СОШ № 1" in head.get(page).text
