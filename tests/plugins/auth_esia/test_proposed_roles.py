"""Gosuslugi say who heads an organization; the portal lets them ask for the role, and gives it to nobody by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec
import pytest
from sqlalchemy import delete, select

from core.database.base import new_id
from core.identity.models import ExternalIdentity
from core.organizations.models import Organization
from core.portal import Portal
from core.requests.models import Request, RequestComment
from core.roles.models import RoleStep, StructuralRole
from plugins.auth_esia.stand.personas import SCHOOL_OGRN

from .test_relinking import decide, open_requests, person_of, signed_in
from .whole_portal import Browser, browser, portal

__all__ = ["browser", "portal"]
HEAD, COORDINATOR = "97110311167", "97110829610"
PAGE = "/account/esia-role"


@pytest.fixture
def school(portal: Portal) -> Iterator[Portal]:
    """A school of that ОГРН below a municipality with its coordinator; the head has no role yet."""
    above = new_id()
    with portal.database.transaction() as db:
        for table in (RequestComment, Request, RoleStep, StructuralRole, ExternalIdentity):
            db.execute(delete(table))
        place = db.scalar(select(Organization).where(Organization.kind == "municipality"))
        if place is None:
            place = Organization(
                id=above,
                kind="municipality",
                name="Округ",
                short_name="Округ",
                name_key="округ",
                path=f"{above}/",
            )
            db.add(place)
            db.flush()
        own = db.scalars(select(Organization).where(Organization.kind == "school")).one()
        own.parent_id, own.path, own.ogrn = place.id, f"{place.id}/{own.id}/", SCHOOL_OGRN
        role = StructuralRole(
            id=new_id(),
            person_id=person_of(portal, COORDINATOR).id,
            kind="municipal_coordinator",
            organization_id=place.id,
            starts_on=date(2026, 9, 1),
            status="active",
        )
        db.add(role)
    yield portal


def roles_of(portal: Portal, snils: str) -> list[tuple[str, str]]:
    person_id = person_of(portal, snils).id
    with portal.database.reading(fresh=True) as db:
        held = db.scalars(select(StructuralRole).where(StructuralRole.person_id == person_id))
        return [(each.kind, each.status) for each in held]


def ask(browser: Browser, document: str = "") -> int:
    """Send the form of the first role proposed."""
    browser.open(PAGE)
    found = browser.page.partition('name="organization" value="')[2].partition('"')[0]
    fields = {"csrf_token": browser.sent_token, "organization": found, "document": document}
    return browser.http.post(PAGE, data=fields).status_code


def test_a_head_is_told_and_asks_and_the_coordinator_gives_the_role(school: Portal) -> None:
    head = signed_in(school, "head")
    assert "Госуслуги называют вас руководителем" in head.said and "Директор, Школа" in head.said
    assert head.signed_in and roles_of(school, HEAD) == []
    assert ask(head, "Приказ № 7 от 01.09.2026") == 303
    assert roles_of(school, HEAD) == [("head", "requested")]
    [asked] = open_requests(school)
    assert asked.kind == "core.staff_role"
    coordinator = signed_in(school, "municipal")
    coordinator.open(f"/requests/{asked.id}")
    assert f"По данным Госуслуг: руководитель, ОГРН {SCHOOL_OGRN}" in coordinator.text()
    assert "Приказ № 7" in coordinator.text()
    assert decide(coordinator, asked, "approve") == 303
    assert roles_of(school, HEAD) == [("head", "active")]
    assert "руководителем" not in signed_in(school, "head").said


def test_a_request_is_sent_once_and_told_of_no_more(school: Portal) -> None:
    head = signed_in(school, "head")
    head.open(PAGE)
    found = head.page.partition('name="organization" value="')[2].partition('"')[0]
    fields = {"csrf_token": head.sent_token, "organization": found}
    assert [head.http.post(PAGE, data=fields).status_code for _ in range(2)] == [303, 404]
    assert len(open_requests(school)) == 1
    assert "руководителем" not in signed_in(school, "head").said
    head.open(PAGE)
    assert "Просить нечего" in head.text()


def test_a_refusal_is_final_until_the_head_asks_again(school: Portal) -> None:
    head = signed_in(school, "head")
    ask(head)
    [asked] = open_requests(school)
    assert decide(signed_in(school, "municipal"), asked, "reject", "Назначен другой") == 303
    assert roles_of(school, HEAD) == [("head", "refused")]
    assert "руководителем" not in signed_in(school, "head").said
    head.open("/account")
    assert "Попросить роль по данным Госуслуг" in head.text()


def test_an_administrator_of_the_organization_may_ask_for_less_and_is_not_stopped(school: Portal) -> None:
    deputy = signed_in(school, "deputy_head")
    assert "руководителем" not in deputy.said
    deputy.open(PAGE)
    assert "Администратор школы, Школа" in deputy.text() and "Директор" not in deputy.text()


@pytest.mark.parametrize("persona", ["blocked_employee", "teacher"])
def test_others_have_nothing_to_ask_for(school: Portal, persona: str) -> None:
    other = signed_in(school, persona)
    other.open(PAGE)
    assert "Просить нечего" in other.text()
    assert ask(other) == 404 and open_requests(school) == []


def test_nothing_is_proposed_by_what_somebody_sends(school: Portal) -> None:
    teacher = signed_in(school, "teacher")
    teacher.open("/account")
    with school.database.reading() as db:
        organization = db.scalars(select(Organization.id).where(Organization.kind == "school")).one()
    fields = {"csrf_token": teacher.sent_token, "organization": str(organization)}
    assert teacher.http.post(PAGE, data=fields).status_code == 404
    assert open_requests(school) == []


def test_a_text_too_long_comes_back(school: Portal) -> None:
    head = signed_in(school, "head")
    assert ask(head, "9" * 400) == 422 and open_requests(school) == []


def test_another_number_or_nobody_above_proposes_nothing(school: Portal) -> None:
    with school.database.transaction() as db:
        db.execute(delete(StructuralRole))
    assert "руководителем" not in signed_in(school, "head").said
    with school.database.transaction() as db:
        db.scalars(select(Organization).where(Organization.kind == "school")).one().ogrn = "1022600001159"
    assert "руководителем" not in signed_in(school, "head").said


def test_the_setting_switches_it_off(school: Portal) -> None:
    plugin = school.plugins.loaded["auth_esia"]
    before = plugin.configuration
    assert before is not None
    plugin.configuration = msgspec.structs.replace(before, propose_roles=False)
    try:
        head = signed_in(school, "head")
        assert "руководителем" not in head.said
        assert ask(head) == 404
    finally:
        plugin.configuration = before
