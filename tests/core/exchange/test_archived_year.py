"""A year in the archive is only read: no kind of import fills it, and no undo takes anything out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from core.exchange.models import ImportRun
from core.organizations.models import AcademicYear, Enrollment, TeachingAssignment
from core.testing.portal import Visitor
from tests.core.exchange.conftest import School
from tests.core.exchange.test_oneroster import SET
from tests.core.exchange.test_undo import PUPILS, loaded

STAFF = "ФИО;Должность;Предметы;Классы\nБерёзкина Анна Сергеевна;Учитель;Алгебра;5А\n"
GUARDIANS = "ФИО родителя;Телефон;ФИО ребёнка;Класс\nОрлов Иван Петрович;89180000009;Орлов Пётр;5А\n"
WORDS = "Учебный год 2026/27 в архиве: его только читают."


@pytest.fixture
def archived(school: School) -> tuple[School, Visitor, str]:
    """Our school with a table loaded into a year that is in the archive by now; the page of that import."""
    head = school.sign_in("head")
    page = loaded(school, head, PUPILS)
    with school.portal.database.transaction() as db:
        db.execute(update(AcademicYear).values(archived=True))
    return school, head, page


def files(school: School, kind: str) -> Path:
    if kind == "oneroster":
        return school.archive(SET)
    return school.table({"school": PUPILS, "staff": STAFF, "guardians": GUARDIANS}[kind], name=f"{kind}.csv")


@pytest.mark.parametrize("kind", ["school", "staff", "guardians", "oneroster"])
def test_no_kind_of_import_fills_it(archived: tuple[School, Visitor, str], kind: str) -> None:
    school, head, _page = archived
    path = files(school, kind)
    answer = head.post(
        "/import",
        files=[("files", (path.name, path.read_bytes(), "text/csv"))],
        data={"kind": kind, "year": "2026/27"},
    )
    school.work()
    checked = answer.headers["location"]
    shown = head.get(checked).text
    assert WORDS in shown
    assert "Выберите другой учебный год" in shown
    assert head.post(f"{checked}/confirm").status_code == 409
    by_command = school.load(path, options=("--kind", kind))
    assert by_command.exit_code == 1
    assert WORDS in by_command.output
    assert school.count(TeachingAssignment) == 0
    assert school.count(ImportRun) == 1


def test_undoing_an_old_import_takes_nothing_out_of_it(archived: tuple[School, Visitor, str]) -> None:
    school, head, page = archived
    before = school.count(Enrollment)
    shown = head.get(page).text
    assert WORDS in shown
    assert f'action="{page}/undo"' not in shown, "no button that cannot work"
    refused = head.post(f"{page}/undo")
    assert refused.status_code == 409
    assert WORDS in refused.text
    api = head.post(f"/api/v1/import-runs/{page.rpartition('/')[2]}/undo")
    assert api.status_code == 409
    assert api.json()["title"] == WORDS
    school.work()
    assert school.count(Enrollment) == before


def test_the_year_of_a_set_is_not_taken_for_another(school: School) -> None:
    refused = school.command(
        "import", school.archive(SET), "--organization", school.ours, "--year", "2025/26"
    )
    assert refused.exit_code == 1
    assert "В наборе – учебный год 2026/27, а выбран 2025/26." in refused.output
    assert school.count(AcademicYear) == 0
