"""What a kind of role may do: read in plain words, changed right by right, with a basis, a record and a way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import Organization
from core.organizations.switches import raise_version
from core.roles.models import RoleGrant, StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import START
from tests.core.town_fixtures import town

__all__ = ["town"]
SECRETARY = "/role-kinds/secretary"
VIEW = "core.roles.view"
WORDS = "Видеть, у кого какая роль"


@pytest.fixture
def secretary(town: PortalUnderTest) -> Iterator[Visitor]:
    """The secretary of the first school; whatever was changed meanwhile is as before afterwards."""
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        person = Person(id=new_id(), last_name="Секретарёва", first_name="Нина")
        db.add(person)
        db.flush()
        role = StructuralRole(id=new_id(), person_id=person.id, kind="secretary", organization_id=school.id)
        role.status, role.starts_on = "active", START
        db.add(role)
    yield town.sign_in("secretary", person_id=person.id)
    with town.portal.database.transaction() as db:
        db.execute(delete(RoleGrant))
        raise_version(db)


def changed(visitor: Visitor, kind: str, permission: str, reach: str, basis: str = "Приказ 7") -> Any:
    """The answer to a change of a role kind's right."""
    sent = {"permission": permission, "reach": reach, "basis": basis}
    return visitor.post(f"/role-kinds/{kind}", data=sent)


def text(answer: Any) -> str:
    """What stands on a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def undo_address(visitor: Visitor, answer: Any) -> str:
    """Where the page after a change takes it back."""
    assert answer.status_code == 303
    page = visitor.get(answer.headers["location"].partition("#")[0]).text
    found = re.search(r'<form[^>]+action="(/role-kinds/changes/[^"]+/undo)"', page)
    assert found and f'data-undo="{found[1]}"' in page
    return found[1]


def test_a_right_is_read_by_everybody_and_changed_by_the_region(
    town: PortalUnderTest, secretary: Visitor
) -> None:
    teacher = town.sign_in("teacher", organization="Школа 1")
    assert WORDS in teacher.get(SECRETARY).text
    assert WORDS not in teacher.get("/role-kinds/teacher").text
    assert secretary.get("/roles").status_code == 200
    region = town.sign_in("regional_coordinator")
    assert changed(region, "secretary", VIEW, "0").status_code == 303
    assert secretary.get("/roles").status_code == 403
    assert changed(region, "secretary", VIEW, "inherited").status_code == 303
    assert secretary.get("/roles").status_code == 200
    changed(region, "secretary", "core.roles.grant", "2")
    assert secretary.get("/roles/new").status_code == 200


def test_who_may_change_rights_reads_them_first(town: PortalUnderTest) -> None:
    region = town.sign_in("regional_coordinator")
    page = region.get(SECRETARY)
    assert "<select" not in page.text, "nothing is to be chosen before one says what to change"
    assert "Может" in text(page) and "Не может" in text(page) and "Давать роли" in text(page)
    edited = region.get(f"{SECRETARY}?edit={VIEW}")
    assert edited.text.count("<select") == 1
    assert "Основание" in text(edited)
    assert (
        "<select" not in town.sign_in("teacher", organization="Школа 1").get(f"{SECRETARY}?edit={VIEW}").text
    )


def test_a_change_says_where_by_whom_and_on_what_grounds(town: PortalUnderTest, secretary: Visitor) -> None:
    region = town.sign_in("regional_coordinator")
    changed(region, "secretary", VIEW, "0", "Приказ министерства № 12")
    page = text(region.get(SECRETARY))
    assert "изменено Край" in page and "Краев И." in page and "Приказ министерства № 12" in page
    assert "История изменений" in page and "вся организация → нельзя" in page
    head = text(town.sign_in("head", organization="Школа 1").get(SECRETARY))
    assert "изменено Край" in head and "Приказ министерства № 12" in head
    teacher = text(town.sign_in("teacher", organization="Школа 1").get(SECRETARY))
    assert "Не может" in teacher and WORDS in teacher and "изменено Край" in teacher
    assert "Краев" not in teacher and "Приказ министерства" not in teacher
    with town.portal.database.reading(fresh=True) as db:
        reasons = db.scalars(
            select(AuditRecord.reason).where(AuditRecord.action == "core.role.configure")
        ).all()
    assert "Приказ министерства № 12" in reasons


def test_a_change_needs_a_basis_and_what_was_chosen_stays(town: PortalUnderTest, secretary: Visitor) -> None:
    region = town.sign_in("regional_coordinator")
    refused = changed(region, "secretary", VIEW, "0", " ")
    assert refused.status_code == 422
    assert 'id="basis-error"' in refused.text and '<option value="0" selected>' in refused.text
    assert secretary.get("/roles").status_code == 200


def test_a_change_is_taken_back_in_one_step(town: PortalUnderTest, secretary: Visitor) -> None:
    region = town.sign_in("regional_coordinator")
    undo = undo_address(region, changed(region, "secretary", VIEW, "0"))
    assert secretary.get("/roles").status_code == 403
    back = region.post(undo)
    assert back.status_code == 303 and secretary.get("/roles").status_code == 200
    page = region.get(back.headers["location"])
    assert "Изменение отменено" in text(page) and "Отменено сразу: Приказ 7" in text(page)
    assert "изменено Край" not in text(page)
    assert region.post(undo).status_code == 409, "it is taken back once"


def test_only_ones_own_fresh_latest_change_is_taken_back(town: PortalUnderTest, secretary: Visitor) -> None:
    region, federal = town.sign_in("regional_coordinator"), town.sign_in("federal_operator")
    first = undo_address(region, changed(region, "secretary", VIEW, "0"))
    changed(region, "secretary", VIEW, "inherited")
    assert region.post(first).status_code == 409, "the right was changed again"
    fresh = undo_address(region, changed(region, "secretary", VIEW, "0"))
    assert federal.post(fresh).status_code == 404, "another organization's"
    assert town.sign_in("head", organization="Школа 1").post(fresh).status_code == 403
    change_id = fresh.split("/")[3]
    with town.portal.database.transaction() as db:
        record = db.scalars(select(AuditRecord).order_by(AuditRecord.at.desc()).limit(1)).one()
        assert str(record.id) == change_id
        kept = record.at
        db.execute(
            update(AuditRecord).where(AuditRecord.id == record.id).values(at=kept - timedelta(hours=1))
        )
    assert region.post(fresh).status_code == 409, "too long ago"
    with town.portal.database.transaction() as db:
        db.execute(update(AuditRecord).where(AuditRecord.id == record.id).values(at=kept))
    assert region.post(fresh).status_code == 303


def test_a_change_that_changes_nothing_is_no_change(town: PortalUnderTest, secretary: Visitor) -> None:
    region = town.sign_in("regional_coordinator")
    same = changed(region, "secretary", VIEW, "2")
    assert same.status_code == 422 or "done=nothing" in same.headers["location"]
    inherited = changed(region, "secretary", VIEW, "inherited")
    assert "Ничего не изменилось" in text(region.get(inherited.headers["location"].partition("#")[0]))


def test_the_list_tells_whose_rights_are_changed_here(town: PortalUnderTest, secretary: Visitor) -> None:
    region = town.sign_in("regional_coordinator")
    assert "их никто не менял" in text(region.get("/role-kinds"))
    changed(region, "secretary", VIEW, "0")
    changed(region, "secretary", "core.roles.grant", "2")
    for visitor in (region, town.sign_in("teacher", organization="Школа 1")):
        assert "Секретарь изменено 2 права" in text(visitor.get("/role-kinds"))
        only = text(visitor.get("/role-kinds?show=changed"))
        assert "Секретарь" in only and "Библиотекарь" not in only
    rights = region.get(f"{SECRETARY}?show=changed").text
    assert rights.count('id="right-') == 2
    assert "Изменённых прав нет" in text(region.get("/role-kinds/librarian?show=changed"))


def test_a_region_gives_back_what_the_federal_operator_took(
    town: PortalUnderTest, secretary: Visitor
) -> None:
    federal, region = town.sign_in("federal_operator"), town.sign_in("regional_coordinator")
    changed(federal, "secretary", VIEW, "0", "Письмо 3")
    assert secretary.get("/roles").status_code == 403
    assert "изменено Федеральный оператор" in text(region.get(SECRETARY))
    changed(region, "secretary", VIEW, "2", "Приказ 8")
    assert secretary.get("/roles").status_code == 200
    page = text(region.get(SECRETARY))
    assert "изменено Край" in page and "Без этого: нельзя" in page and "Письмо 3" in page


@pytest.mark.parametrize(
    ("role", "kind", "right", "status"),
    [
        ("regional_coordinator", "secretary", (VIEW, "3"), 422),
        ("regional_coordinator", "secretary", ("core.roles.configure", "3"), 422),
        ("regional_coordinator", "secretary", (VIEW, "да"), 422),
        ("regional_coordinator", "secretary", ("core.nonsense", "0"), 404),
        ("regional_coordinator", "regional_coordinator", (VIEW, "0"), 404),
        ("regional_coordinator", "support", (VIEW, "0"), 404),
        ("regional_coordinator", "nonsense", (VIEW, "0"), 404),
        ("head", "secretary", (VIEW, "0"), 403),
    ],
)
def test_a_region_lifts_no_role_above_its_level(
    town: PortalUnderTest, role: str, kind: str, right: tuple[str, str], status: int
) -> None:
    visitor = town.sign_in(role, organization="Школа 1" if role == "head" else None)
    assert changed(visitor, kind, *right).status_code == status
