"""Where the sign-in with a login is switched off, or asks for a code, sessions that would not begin any more end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Account, SignInSession
from core.organizations.models import Organization
from core.organizations.switches import raise_version, save_settings, switch_plugin
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.auth_local.sign_in import PASSKEY
from tests.plugins.auth_local.conftest import School, is_in
from tests.plugins.auth_local.test_second_factor import enrolled, signed_in

PLUGIN = "/plugins/auth_local"


@pytest.fixture
def region(school: School) -> Iterator[Visitor]:
    """Who decides for the region; afterwards all is decided as before."""
    with school.portal.portal.database.reading() as db:
        found = db.scalars(select(Organization).where(Organization.kind == "region")).one()
    yield school.portal.sign_in("regional_coordinator", organization=found.short_name)
    with school.portal.portal.database.transaction() as db:
        switch_plugin(db, "auth_local", enabled=True, organization=db.get_one(Organization, found.id))
        for organization_id in (found.id, school.id):
            save_settings(db, "auth_local", organization_id, {})
        raise_version(db)


def decide(visitor: Visitor, target: Any, decision: str) -> str:
    """The page after a decision about the plugin."""
    answer = visitor.post(f"{PLUGIN}/switch", data={"target": str(target), "decision": decision})
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"]).text


def region_of(school: School) -> Any:
    with school.portal.portal.database.reading() as db:
        return db.scalars(select(Organization.id).where(Organization.kind == "region")).one()


def come_by_esia(school: School, visitor: Visitor) -> None:
    """As if the visitor had come through another way in."""
    with school.portal.portal.database.transaction() as db:
        mine = select(Account.id).where(Account.person_id == visitor.person_id).scalar_subquery()
        db.execute(update(SignInSession).where(SignInSession.account_id == mine).values(provider="esia"))


def test_a_region_without_logins_ends_their_sessions_and_no_others(school: School, region: Visitor) -> None:
    with_login = [signed_in(school, school.person(kind)) for kind in ("teacher", "guardian", "pupil")]
    otherwise = school.staff("deputy_head")
    come_by_esia(school, otherwise)
    before = region.get(f"{PLUGIN}?organization={region_of(school)}").text
    assert "Это способ входа" in before and re.search(r"так вошли: [1-9]\d* сеанс", before)
    page = decide(region, region_of(school), "off")
    assert re.search(r"Заверш(ён|ено) \d+ сеанс", page)
    assert not any(is_in(visitor) for visitor in with_login)
    assert is_in(otherwise) and is_in(region)
    with school.portal.portal.database.reading(fresh=True) as db:
        record = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "core.plugin.switch")
            .order_by(AuditRecord.at.desc())
            .limit(1)
        ).one()
    assert (record.after or {})["sessions"] >= 3


def test_one_school_without_logins_leaves_the_neighbours_alone(
    portal: PortalUnderTest, school: School, region: Visitor
) -> None:
    """A family stays in while another school of theirs has logins; staff go out with the first employer without."""
    guardian, teacher = school.person("guardian", 1), school.person("teacher", 1)
    family, staff = signed_in(school, guardian), signed_in(school, teacher)
    with portal.portal.database.transaction() as db:
        first = db.get_one(Organization, school.id)
        number = new_id()
        neighbour = Organization(
            id=number,
            parent_id=first.parent_id,
            kind="school",
            name="Соседняя школа",
            short_name="Соседняя школа",
            name_key="соседняя школа",
            path=f"{first.path.rstrip('/').rpartition('/')[0]}/{number}/",
        )
        db.add(neighbour)
        db.flush()
        for person_id, kind in ((guardian, "guardian"), (teacher, "teacher")):
            role = db.scalars(
                select(StructuralRole).where(
                    StructuralRole.person_id == person_id, StructuralRole.kind == kind
                )
            ).first()
            assert role is not None
            second = StructuralRole(
                id=new_id(), person_id=person_id, kind=kind, organization_id=number, starts_on=role.starts_on
            )
            second.status = "active"
            db.add(second)
    other = signed_in(school, school.person("teacher", 2))
    decide(region, number, "off")
    assert is_in(family) and is_in(other)
    assert not is_in(staff)
    decide(region, number, "inherit")


def test_who_decides_goes_on_to_undo_it(school: School) -> None:
    decider = school.staff("head")
    with school.portal.portal.database.transaction() as db:
        mine = select(Account.id).where(Account.person_id == decider.person_id).scalar_subquery()
        db.execute(update(SignInSession).where(SignInSession.account_id == mine).values(provider="local"))
    decide(decider, school.id, "off")
    assert is_in(decider)
    decide(decider, school.id, "inherit")


def test_a_code_made_obligatory_ends_the_sessions_of_staff_without_one(
    school: School, region: Visitor
) -> None:
    without, guardian = signed_in(school, school.person("teacher", 3)), school.person("guardian", 2)
    family = signed_in(school, guardian)
    with_code, _secret, _recovery = enrolled(school, school.person("teacher", 4))
    by_passkey = signed_in(school, school.person("teacher", 5))
    with school.portal.portal.database.transaction() as db:
        known = db.scalars(select(SignInSession).order_by(SignInSession.created_at.desc()).limit(1)).one()
        known.provider_state = {PASSKEY: "yes"}
    page = region.get(f"{PLUGIN}?organization={region_of(school)}").text
    assert "сотрудники, которые вошли без него, сразу выйдут" in page
    form = {"_organization": str(region_of(school)), "second_factor": "required", "valid_days": "30"}
    answer = region.post(f"{PLUGIN}/settings", data=form)
    assert answer.status_code == 303 and "ended=" in answer.headers["location"]
    assert not is_in(without)
    assert is_in(family) and is_in(with_code) and is_in(by_passkey) and is_in(region)


def test_nothing_ends_where_nothing_changes_for_the_one_who_is_in(school: School, region: Visitor) -> None:
    teacher = signed_in(school, school.person("teacher", 6))
    form = {"_organization": str(region_of(school)), "second_factor": "offered", "valid_days": "20"}
    answer = region.post(f"{PLUGIN}/settings", data=form)
    assert answer.status_code == 303 and "ended=" not in answer.headers["location"]
    decide(region, region_of(school), "on")
    assert is_in(teacher)
