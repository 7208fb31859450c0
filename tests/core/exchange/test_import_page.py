"""The page `/import`: upload, rehearsal, confirmation, result."""

from __future__ import annotations

import html
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from core.database.base import new_id
from core.database.session import Session
from core.exchange.report import ImportReport, RowReport
from core.files import StoredFile
from core.hooks import Exporter, Importer, Manifest, hookimpl
from core.identity.models import Notification, Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.actor import Actor
from core.testing.portal import Visitor
from tests.core.exchange.conftest import School

GOOD = "Класс;ФИО;Дата рождения;Прозвище\n5А;Орлов Пётр;01.02.2015;Петух\n5А;Лис Яна;01.02.2015;\n"
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
    again = head.post(f"{page}/columns", data={"title": ["Прозвище"], "was": [""], "field": ["middle_name"]})
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
    region = next(o for o in school.all(Organization) if o.kind == "region")
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


def test_an_import_that_waits_can_be_called_off(school: School) -> None:
    head = school.sign_in("head")
    page = upload(head, GOOD).headers["location"]
    assert head.post(f"{page}/cancel").status_code == 303
    school.work()
    assert "Работа остановлена" in head.get(page).text
    assert head.post(f"{page}/cancel").status_code == 409
    assert head.post(f"{page}/confirm").status_code == 409


def test_a_plugins_formats_are_offered_and_its_errors_leave_nothing_behind(school: School) -> None:
    plug_in(school.portal)
    head = school.sign_in("head")
    page = head.get("/import").text
    assert "Меню столовой" in page
    assert "/export/canteen_menu/xlsx" in page
    bad = upload(head, "плохо", name="меню.txt", kind="canteen_menu").headers["location"]
    school.work()
    assert "Блюдо не читается." in head.get(bad).text
    assert head.post(f"{bad}/confirm").status_code == 409
    good = upload(head, "Суп", name="меню.txt", kind="canteen_menu").headers["location"]
    school.work()
    assert not [person for person in school.all(Person) if person.last_name == "Суп"]
    loaded = head.post(f"{good}/confirm").headers["location"]
    school.work()
    assert "Данные загружены." in head.get(loaded).text
    assert school.person("Суп").first_name == "Блюдо"
    assert "'=Суп" in head.get("/export/canteen_menu/csv").text
    assert school.sign_in("teacher").get("/export/canteen_menu/csv").status_code == 404


def plug_in(portal: Portal) -> None:
    """Take in a plugin with a format of its own, as if its wheel were installed."""

    def read(db: Session, _actor: Actor, path: Path, dry_run: bool) -> ImportReport:
        text = path.read_text(encoding="utf-8")
        row = RowReport(place=path.name, row=1, title=text, outcome="created")
        db.add(Person(id=new_id(), last_name=text, first_name="Блюдо", source="canteen"))
        db.flush()
        if text == "плохо":
            row.remark("error", "Блюдо не читается.", "Напишите понятнее.")
        return ImportReport(kind="canteen_menu", title="Меню", rows=[row], dry_run=dry_run)

    module = ModuleType("canteen")
    module.__file__ = __file__
    module.manifest = hookimpl(  # type: ignore[attr-defined]
        lambda: Manifest(
            name="canteen", title="Столовая", version="1.0", core_api=">=1,<2", on_by_default=True
        )
    )
    plugin = portal.plugins.register("canteen", module, "school-canteen", "1.0")
    plugin.contributions["importers"] = (
        Importer(
            name="canteen_menu", title="Меню столовой", permission="core.import", suffixes=(".txt",), run=read
        ),
    )
    plugin.contributions["exporters"] = (
        Exporter(
            name="canteen_menu",
            title="Меню столовой",
            permission="core.import",
            run=lambda _db, _actor: [["Блюдо"], ["=Суп"]],
        ),
    )
    portal.plugins.loaded["canteen"] = plugin


def test_whoever_reads_english_gets_the_report_and_the_news_in_english(school: School) -> None:
    head = school.sign_in("head")
    head.post("/locale", data={"locale": "en", "next": "/"})
    wrong = (
        "Класс;ФИО;Дата рождения;СНИЛС\n"
        "5А;Lis Yana;01.02.1985;112-233-445 94\n"
        "55Б;Orlov Petr;31.02.2015;123\n"
        "5А;Zaitsev;01.02.2015;\n"
    )
    page = upload(head, wrong, name="list.csv").headers["location"]
    school.work()
    shown = words_of(head.get(page).text)
    assert "Nothing has been saved yet." in shown
    assert "The check number of the SNILS does not match: there is a typing mistake." in shown
    assert "The SNILS has 11 digits; there are 3 here. (the file has “123”)" in shown
    assert "There is no grade 55: it is a number from 1 to 12." in shown
    assert "There is no such day in the calendar." in shown
    assert re.search(r"The pupil is \d\d years old\. \(the file has “01\.02\.1985”\)", shown)
    assert not CYRILLIC.findall(shown)

    good = "Класс;ФИО\n5А;Lis Yana\n"
    page = upload(head, good, name="list.csv").headers["location"]
    school.work()
    loaded = head.post(f"{page}/confirm").headers["location"]
    school.work()
    shown = words_of(head.get(loaded).text)
    assert "The data is loaded." in shown
    assert "classes – 1" in shown
    assert "There is neither a date of birth nor a SNILS." in shown
    assert not CYRILLIC.findall(shown)
    news = words_of(head.get("/notifications").text)
    assert "The import is finished" in news
    assert "The data is loaded." in news
    # The same notification reads in Russian as soon as its reader does.
    head.post("/locale", data={"locale": "ru", "next": "/"})
    assert "Загрузка данных закончена" in head.get("/notifications").text


CYRILLIC = re.compile("[А-Яа-яЁё].*")
DATA = ("Класс", "ФИО", "Дата рождения", "СНИЛС", "5А", "55Б", "СОШ")
"""What the school's name and the file itself have in Russian."""


def words_of(page: str) -> str:
    """What the portal says in the middle of a page, one text a line."""
    main = re.search(r"<main\b.*</main>", page, re.DOTALL)
    assert main is not None
    text = html.unescape(re.sub(r"\s*(<[^>]+>\s*)+", "\n", main[0]))
    return re.sub("|".join(DATA), "", text)
