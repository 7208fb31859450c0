"""A whole list leaves the portal as a file or on paper: what it says of itself, and who may take it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Account, Person
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from core.worklists.reading import PAGE_SIZE, PRINTED
from tests.core.small_town import START, id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
OUT = ("export/xlsx", "export/csv", "print")
SOME = PAGE_SIZE + 10


@pytest.fixture(scope="module")
def crowd(town: PortalUnderTest) -> PortalUnderTest:
    """The town with more teachers in its first school than stand on a page, and a deputy head."""
    add(town, "teacher", SOME)
    add(town, "deputy_head", 1, "Заместителева")
    return town


def add(town: PortalUnderTest, kind: str, count: int, name: str = "Печатнов") -> None:
    """More people in the first school."""
    school = id_of(town, "Школа 1")
    with town.portal.database.transaction() as db:
        for number in range(count):
            person = Person(id=new_id(), last_name=f"{name}{number:04}", first_name="Артём")
            db.add(person)
            db.flush()
            role = StructuralRole(
                id=new_id(), person_id=person.id, kind=kind, organization_id=school, starts_on=START
            )
            db.add_all([role, Account(id=new_id(), person_id=person.id, preferences={})])


def head(town: PortalUnderTest) -> Visitor:
    """The head of the first school."""
    return town.sign_in("head", organization="Школа 1")


def words(text: str) -> str:
    """What a page says, without marks and hard spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_a_printed_page_says_whose_it_is_and_how_much_of_what(crowd: PortalUnderTest) -> None:
    said = words(head(crowd).get("/accounts?role=teacher&status=active").text)
    assert "Школа 1 · Берёзкина А. С. · Директор" in said
    assert "Вход: вход открыт" in said
    assert "Роль: Учитель" in said
    assert re.search(rf"Напечатано \d\d\.\d\d\.\d{{4}}, \d\d:\d\d\. Показано {PAGE_SIZE} из {SOME + 1}", said)


def test_all_that_is_found_is_printed_at_once(crowd: PortalUnderTest) -> None:
    visitor = head(crowd)
    whole = visitor.get("/accounts/print?q=печатнов&sort=-name").text
    assert whole.count('<th scope="row">') == SOME
    assert whole.index(f"Печатнов{SOME - 1:04}") < whole.index("Печатнов0000")
    assert "data-print-at-once" in whole
    assert f"Показано {SOME} из {SOME}" in words(whole)
    assert "Найти: печатнов" in words(whole)
    assert "Список напечатан целиком" in visitor.get("/audit").text
    assert "Печатать нечего" in visitor.get("/accounts/print?q=щщщщ").text
    assert "Печать всех" in visitor.get("/accounts").text
    assert "Печать всех" not in visitor.get("/accounts?q=берёзкина").text


def test_no_more_is_printed_than_paper_bears(crowd: PortalUnderTest) -> None:
    add(crowd, "librarian", PRINTED + 1, "Книжник")
    visitor = head(crowd)
    assert "Печать первых 1 000" in words(visitor.get("/accounts?role=librarian").text)
    whole = visitor.get("/accounts/print?role=librarian").text
    assert whole.count('<th scope="row">') == PRINTED
    assert "сузьте список" in whole
    assert re.search(r"(Показано|Показано:) 1 000", words(whole))


@pytest.mark.parametrize("out", OUT)
@pytest.mark.parametrize("url", ["/accounts", "/roles", "/consents", "/requests/list"])
def test_a_list_of_people_leaves_only_with_a_right_of_its_own(
    crowd: PortalUnderTest, url: str, out: str
) -> None:
    deputy = crowd.sign_in("deputy_head", organization="Школа 1")
    shown = deputy.get(url)
    assert shown.status_code == 200
    assert f"{url}/{out}" not in shown.text
    assert "data-print" in shown.text
    before = taken_out(crowd)
    assert deputy.get(f"{url}/{out}").status_code == 403
    assert taken_out(crowd) == before
    assert head(crowd).get(f"{url}/{out}").status_code == 200
    assert taken_out(crowd) == before + 1
    assert crowd.sign_in("teacher", organization="Школа 1").get(f"{url}/{out}").status_code == 403


def test_a_list_of_other_things_leaves_with_the_list_s_own_right(crowd: PortalUnderTest) -> None:
    deputy = crowd.sign_in("deputy_head", organization="Школа 1")
    assert "/groupings/export/csv" in deputy.get("/groupings").text
    for out in OUT:
        assert deputy.get(f"/groupings/{out}").status_code == 200


def taken_out(town: PortalUnderTest) -> int:
    """How often a list has been taken out, by the record of changes."""
    with town.portal.database.reading(fresh=True) as db:
        found = select(AuditRecord.id).where(AuditRecord.action.in_(("core.list.export", "core.list.print")))
        return len(db.scalars(found).all())
