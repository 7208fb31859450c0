"""What the card of an organization tells beside its requisites: head, branches, plugins, history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select

from core import plugin_admin
from core.audit import reading as audit
from core.audit.models import AuditRecord
from core.audit.record import history
from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.organizations import changes, directory, groups
from core.organizations.licences import licences_of
from core.organizations.models import Licence, Organization
from core.organizations.switches import Verdict
from core.roles.access import reaches
from core.roles.actor import Actor
from core.roles.kinds import COORDINATORS, SCHOOL
from core.roles.lifecycle import GRANT, kinds_to_give
from core.roles.models import StructuralRole

IMPORT = "core.import"
HEADS = ("head", *COORDINATORS)
"""Roles whose holders answer for an organization."""

SHOWN_CHANGES = 20


class HeadLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for the organization, and as what."""

    person_id: UUID
    name: str
    title: str


class PluginState(msgspec.Struct, frozen=True, kw_only=True):
    """An installed plugin and whether it is on there, by whose decision."""

    name: str
    title: str
    verdict: Verdict


class OrganizationCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the actor may know and do.

    `groups` are names, with an address where the actor may open the group; `objection_to_close` is «» where it
    may be closed, or opened again.
    """

    heads: Sequence[HeadLine]
    licences: Sequence[Licence]
    plugins: Sequence[PluginState]
    changes: Sequence[AuditRecord]
    groups: Sequence[tuple[str, str]]
    may_see_changes: bool
    may_change: Collection[str]
    is_above: bool
    may_add: bool
    objection_to_close: str
    objection_to_move: str
    lacks: str
    """What the one is called who answers for such an organization, if there is nobody; «» otherwise."""

    may_appoint: bool
    may_load: bool


def card(db: Session, actor: Actor, organization: Organization) -> OrganizationCard:
    """The card of an organization the actor may see."""
    above = changes.is_above(db, actor, organization)
    judge = changes.objection_to_close if organization.closed_on is None else changes.objection_to_reopen
    may_see_changes = reaches(db, actor, audit.VIEW, organization)
    heads = heads_of(db, actor, [organization.id]).get(organization.id, [])
    answering = _answering(db, actor, organization)
    return OrganizationCard(
        heads=heads,
        lacks=answering[0] if answering and not heads else "",
        may_appoint=bool(answering and answering[1]) and organization.closed_on is None,
        may_load=organization.kind in SCHOOL and reaches(db, actor, IMPORT, organization),
        licences=licences_of(db, organization.id),
        plugins=_plugins(db, organization) if reaches(db, actor, plugin_admin.VIEW, organization) else [],
        changes=history(db, "organization", [str(organization.id)])[:SHOWN_CHANGES]
        if may_see_changes
        else [],
        groups=[
            (
                each.name,
                f"/organization-groups/{each.id}" if groups.may_open(actor, organization, each) else "",
            )
            for each in groups.groups_of(db, organization.id)
        ],
        may_see_changes=may_see_changes,
        may_change=changes.may_change(db, actor, organization),
        is_above=above,
        may_add=reaches(db, actor, changes.EDIT, organization) and organization.closed_on is None,
        objection_to_close=judge(db, actor, organization) if above else "",
        objection_to_move=changes.objection_to_move(db, actor, organization) if above else "",
    )


def _answering(db: Session, actor: Actor, organization: Organization) -> tuple[str, bool] | None:
    """What those are called who answer for such an organization, and whether the actor may give that role here."""
    kinds = db.portal.grants.kinds
    kind = next(
        (name for name in HEADS if name in kinds and organization.kind in kinds[name].organization_kinds),
        None,
    )
    if kind is None:
        return None
    may = reaches(db, actor, GRANT, organization)
    return str(kinds[kind].title), may and kind in {
        each.name for each in kinds_to_give(db, actor, organization)
    }


def heads_of(db: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, list[HeadLine]]:
    """Who answers for each of these organizations today."""
    kinds = db.portal.grants.kinds
    found: dict[UUID, list[HeadLine]] = {}
    for person_id, last, first, middle, kind, organization_id in db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            StructuralRole.kind,
            StructuralRole.organization_id,
        )
        .join(StructuralRole, StructuralRole.person_id == Person.id)
        .where(
            StructuralRole.organization_id.in_(ids),
            StructuralRole.kind.in_(HEADS),
            StructuralRole.group_id.is_(None),
            StructuralRole.status == "active",
            in_force(StructuralRole, directory.today_of(actor)),
        )
        .order_by(Person.name_key, Person.id)
    ):
        found.setdefault(organization_id, []).append(
            HeadLine(
                person_id=person_id,
                name=full_name(last, first, middle),
                title=str(kinds[kind].title) if kind in kinds else kind,
            )
        )
    return found


def _plugins(db: Session, organization: Organization) -> list[PluginState]:
    portal = db.portal
    return [
        PluginState(
            name=plugin.name,
            title=str(plugin.manifest.title),
            verdict=portal.switches.verdict(plugin.name, organization.path),
        )
        for plugin in sorted(portal.plugins.loaded.values(), key=lambda each: str(each.manifest.title))
    ]
