"""Plugins are switched on and off down the tree, by groups, with locks, without a restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.organizations.models import Organization, OrganizationGroup, OrganizationGroupMember
from core.organizations.switches import forget_switch, switch_plugin
from core.portal import Portal


def organization(db: Session, kind: str) -> Organization:
    """The first organization of a kind."""
    return db.scalars(select(Organization).where(Organization.kind == kind).order_by(Organization.id)).all()[
        0
    ]


def is_on(portal: Portal, kind: str = "school") -> bool:
    """Whether the journal is on for the first organization of a kind, as the database says now."""
    with portal.database.reading(fresh=True) as db:
        portal.switches.refresh(db)
        return portal.switches.is_on("journal", organization(db, kind).path)


def test_a_decision_is_inherited_and_can_be_overruled_below(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    assert is_on(portal)
    with portal.database.transaction() as db:
        switch_plugin(db, "journal", enabled=False, organization=organization(db, "region"))
    assert not is_on(portal)
    with portal.database.transaction() as db:
        switch_plugin(db, "journal", enabled=True, organization=organization(db, "school"))
    assert is_on(portal)
    assert not is_on(portal, "municipality")
    with portal.database.transaction() as db:
        forget_switch(db, "journal", organization(db, "school").id)
    assert not is_on(portal)


def test_a_locked_decision_stands_below(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    with portal.database.transaction() as db:
        switch_plugin(db, "journal", enabled=False, organization=organization(db, "region"), locked=True)
    with pytest.raises(Conflict), portal.database.transaction() as db:
        switch_plugin(db, "journal", enabled=True, organization=organization(db, "school"))
    assert not is_on(portal)


def test_an_older_decision_below_yields_to_a_lock_above(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    with portal.database.transaction() as db:
        switch_plugin(db, "journal", enabled=True, organization=organization(db, "school"))
        switch_plugin(db, "journal", enabled=False, organization=organization(db, "region"), locked=True)
    assert not is_on(portal)


def test_a_group_decides_for_its_members(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    with portal.database.transaction() as db:
        region, school = organization(db, "region"), organization(db, "school")
        group = OrganizationGroup(id=new_id(), organization_id=region.id, name="Пилотные школы")
        db.add(group)
        db.flush()
        db.add(OrganizationGroupMember(group_id=group.id, organization_id=school.id))
        switch_plugin(db, "journal", enabled=False, group=group)
    assert not is_on(portal)
    with portal.database.reading() as db:
        others = [
            each
            for each in db.scalars(select(Organization).where(Organization.kind == "school"))
            if each.id != organization(db, "school").id
        ]
        assert all(portal.switches.is_on("journal", each.path) for each in others)


def test_only_installed_plugins_can_be_switched(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    with pytest.raises(NotFound), portal.database.transaction() as db:
        switch_plugin(db, "teleport", enabled=True, organization=organization(db, "school"))
