"""The one access decision: what a role may do, and how far it reaches."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.errors import Forbidden, NotFound
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.organizations.models import Organization, SchoolClass
from core.roles.access import authorize, within
from core.roles.actor import Actor, system_actor
from core.roles.permissions import Reach
from core.testing import PortalUnderTest


def acting(portal: PortalUnderTest, role: str) -> Actor:
    """The actor of the first holder of a role."""
    visitor = portal.sign_in(role)
    with portal.portal.database.reading(fresh=True) as db:
        account = db.scalar(select(Account.id).where(Account.person_id == visitor.person_id))
        assert account is not None
        return actor_of(db, account)


def test_a_head_reaches_the_own_school_and_not_the_neighbour(portal: PortalUnderTest) -> None:
    head = acting(portal, "head")
    with portal.portal.database.reading() as db:
        neighbour = db.scalar(
            select(Organization.id).where(
                Organization.kind == "school", Organization.id != head.organization_id
            )
        )
        assert neighbour is not None
        assert authorize(db, head, "core.organization.view", head.organization_id) is Reach.ORGANIZATION
        with pytest.raises(NotFound):
            authorize(db, head, "core.organization.view", neighbour)


def test_a_coordinator_reaches_every_school_below(portal: PortalUnderTest) -> None:
    coordinator = acting(portal, "regional_coordinator")
    with portal.portal.database.reading() as db:
        schools = db.scalars(select(Organization.id).where(Organization.kind == "school")).all()
        assert len(schools) == 2
        for school in schools:
            assert authorize(db, coordinator, "core.organization.view", school) is Reach.BELOW


def test_a_coordinator_does_not_reach_above(portal: PortalUnderTest) -> None:
    coordinator = acting(portal, "regional_coordinator")
    with portal.portal.database.reading() as db:
        federal = db.scalar(select(Organization.id).where(Organization.kind == "federal"))
        assert federal is not None
        with pytest.raises(NotFound):
            authorize(db, coordinator, "core.organization.view", federal)


def test_a_missing_permission_is_refused_with_advice(portal: PortalUnderTest) -> None:
    pupil = acting(portal, "pupil")
    with portal.portal.database.reading() as db, pytest.raises(Forbidden) as refused:
        authorize(db, pupil, "core.plugins.switch", pupil.organization_id)
    assert refused.value.advice


def test_lists_hold_only_what_is_within_reach(portal: PortalUnderTest) -> None:
    head, coordinator = acting(portal, "head"), acting(portal, "municipal_coordinator")
    pupil = acting(portal, "pupil")
    with portal.portal.database.reading() as db:

        def schools_seen(actor: Actor, permission: str) -> int:
            condition = within(actor, permission, SchoolClass.organization_id)
            return len(set(db.scalars(select(SchoolClass.organization_id).where(condition))))

        assert schools_seen(head, "core.organization.view") == 1
        assert schools_seen(coordinator, "core.organization.view") == 2
        assert schools_seen(pupil, "core.import") == 0
        assert schools_seen(system_actor(), "core.import") == 2
