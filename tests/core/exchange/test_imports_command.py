"""`moyashkola imports`: the history on the command line, and undoing an import there."""

from __future__ import annotations

from core.audit.models import AuditRecord
from core.exchange.models import ImportRun
from core.identity.models import Person
from core.organizations.models import Enrollment
from tests.core.exchange.conftest import School
from tests.core.exchange.test_undo import PUPILS


def test_the_history_is_listed_and_an_import_undone(school: School) -> None:
    assert "Загрузок не было." in school.command("imports", "list").output
    assert school.load(school.table(PUPILS, name="ученики.csv")).exit_code == 0
    run = school.all(ImportRun)[0].id
    listed = school.command("imports", "list", "--organization", "СОШ № 1").output
    assert str(run) in listed
    assert "можно отменить" in listed
    assert "ученики.csv · СОШ № 1 · 2026/27" in listed
    assert str(run) not in school.command("imports", "list", "--organization", "СОШ № 2").output
    tried = school.command("imports", "undo", run, "--dry-run")
    assert tried.exit_code == 0
    assert "Будет убрано: люди – 5" in tried.output
    assert school.count(Enrollment) == 3
    asked = school.command("imports", "undo", run)
    assert "Отменить загрузку?" in asked.output
    assert school.count(Enrollment) == 3, "nobody said yes"
    done = school.command("imports", "undo", run, "--yes")
    assert done.exit_code == 0, done.output
    assert "Загрузка отменена." in done.output
    assert school.count(Enrollment) == 0
    assert not [each for each in school.all(Person) if each.last_name == "Орлов"]
    assert "отменена" in school.command("imports", "list").output
    told = [each for each in school.all(AuditRecord) if each.action == "core.import.undo"]
    assert {each.person_name for each in told} == {"Командная строка"}
    again = school.command("imports", "undo", run, "--yes")
    assert again.exit_code == 1
    assert "уже отменили" in str(again.exception)


def test_a_number_that_is_none_ends_in_a_sentence(school: School) -> None:
    for wrong in ("тринадцать", "01900000-0000-7000-8000-000000000000"):
        refused = school.command("imports", "undo", wrong)
        assert refused.exit_code == 1
        assert "нет" in str(refused.exception)
