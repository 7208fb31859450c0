"""The operators' view of the plugins: what is installed, what it wants, where it is on, how it fares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.contributions import Finding, PersonalData
from core.database.session import Session
from core.identity.names import sort_key
from core.organizations.models import Organization, OrganizationGroup, PluginFailure, PluginSwitch
from core.organizations.switches import Verdict
from core.plugin_admin import SWITCH, VIEW, organization_for, plugin_named
from core.plugins import Plugin
from core.roles.access import within
from core.roles.actor import Actor
from core.search import starts_a_word
from core.web.i18n import gettext as _
from core.web.i18n import sentence

SHOWN = 50
FAILURES_READ_BY = ("federal", "region")
"""Kinds of organizations whose roles read a failure's text: it may quote data of any school."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a plugin fares: fenced failures of the database and of this process, and whether its tables lag."""

    failures: int = 0
    last_at: datetime | None = None
    tables_behind: bool = False


class CapabilityLine(msgspec.Struct, frozen=True, kw_only=True):
    """A capability, who provides it in the organization now, who could, and what was chosen there."""

    name: str
    provider: str
    candidates: Sequence[tuple[str, str]]
    own_choice: str = ""
    optional: bool = False


class PluginLine(msgspec.Struct, frozen=True, kw_only=True):
    """An installed plugin as the list shows it."""

    name: str
    title: str
    description: str
    version: str
    distribution: str
    distribution_version: str
    verdict: Verdict
    provides: Sequence[CapabilityLine]
    requires: Sequence[CapabilityLine]
    health: Health


class PermissionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A permission in plain words, and the role kinds that have it."""

    title: str
    roles: Sequence[str]
    changes: bool


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about the plugin by an organization or group in the reader's reach."""

    target_id: UUID
    title: str
    is_group: bool
    enabled: bool
    locked: bool
    changed_at: datetime


class FailureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that was fenced off; `error` is empty for those who may not read it."""

    place: str
    error: str
    error_id: str
    at: datetime


class PluginCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one plugin for one organization."""

    line: PluginLine
    organization: Organization
    inherited: Verdict
    permissions: Sequence[PermissionLine]
    role_kinds: Sequence[str]
    personal_data: Sequence[PersonalData]
    decisions: Sequence[DecisionLine]
    groups: Sequence[OrganizationGroup]
    failures: Sequence[FailureLine]
    findings: Sequence[Finding]
    has_settings: bool


def overview(db: Session, actor: Actor, organization_id: UUID) -> list[PluginLine]:
    """Every installed plugin, as it stands for an organization in reach."""
    organization = organization_for(db, actor, VIEW, organization_id)
    health = _health(db)
    return [
        _line(db, plugin, organization.path, health.get(plugin.name, Health()))
        for plugin in sorted(db.portal.plugins.loaded.values(), key=lambda each: str(each.manifest.title))
    ]


def card(db: Session, actor: Actor, name: str, organization_id: UUID) -> PluginCard:
    """One plugin for an organization in reach. Raises `NotFound` for an unknown plugin."""
    plugin = plugin_named(db, name)
    organization = organization_for(db, actor, VIEW, organization_id)
    portal = db.portal
    kinds = portal.grants.kinds
    groups = db.scalars(
        select(OrganizationGroup)
        .where(within(actor, SWITCH, OrganizationGroup.organization_id))
        .order_by(OrganizationGroup.name)
        .limit(SHOWN)
    ).all()
    return PluginCard(
        line=_line(db, plugin, organization.path, _health(db).get(name, Health())),
        organization=organization,
        inherited=portal.switches.inherited(name, organization.path),
        permissions=[
            PermissionLine(
                title=str(permission.title),
                roles=[str(kinds[kind].title) for kind in permission.grants if kind in kinds],
                changes=permission.changes,
            )
            for permission in plugin.of("permissions")
        ],
        role_kinds=[str(kind.title) for kind in plugin.of("role_kinds")],
        personal_data=plugin.manifest.personal_data,
        decisions=_decisions(db, actor, name),
        groups=groups,
        failures=_failures(db, actor, plugin),
        findings=_findings(db, plugin) if _reads_failures(actor) else (),
        has_settings=plugin.settings is not None,
    )


def organizations_in_reach(
    db: Session, actor: Actor, permission: str, text: str, limit: int = 20
) -> Sequence[Organization]:
    """Organizations where `actor` has `permission`, by words that begin words of their names."""
    found = select(Organization).where(
        within(actor, permission, Organization.id), starts_a_word(Organization.search_key, sort_key(text))
    )
    return db.scalars(found.order_by(Organization.path).limit(limit)).all()


def _line(db: Session, plugin: Plugin, path: str, health: Health) -> PluginLine:
    manifest = plugin.manifest
    return PluginLine(
        name=plugin.name,
        title=str(manifest.title),
        description=str(manifest.description),
        version=manifest.version,
        distribution=plugin.distribution,
        distribution_version=plugin.distribution_version,
        verdict=db.portal.switches.verdict(plugin.name, path),
        provides=[capability_line(db, each, path) for each in manifest.provides],
        requires=[
            *(capability_line(db, each, path) for each in manifest.requires),
            *(capability_line(db, each, path, optional=True) for each in manifest.optional),
        ],
        health=msgspec.structs.replace(
            health,
            tables_behind=plugin.schema_failed,
            failures=max(health.failures, len(plugin.failures)),
            last_at=health.last_at or (plugin.failures[-1].at if plugin.failures else None),
        ),
    )


def capability_line(db: Session, capability: str, path: str, *, optional: bool = False) -> CapabilityLine:
    """Who provides `capability` for the organization with this path, and who else could."""
    portal = db.portal
    titles = {name: str(plugin.manifest.title) for name, plugin in portal.plugins.loaded.items()}
    offering = portal.plugins.providers().get(capability, ())
    provider = portal.switches.provider(capability, path)
    return CapabilityLine(
        name=capability,
        provider=titles[provider] if provider else "",
        candidates=[(name, titles[name]) for name in offering if portal.switches.is_on(name, path)],
        own_choice=portal.switches.own_choice(capability, path) or "",
        optional=optional,
    )


def _health(db: Session) -> Mapping[str, Health]:
    return {
        name: Health(failures=count, last_at=last)
        for name, count, last in db.execute(
            select(PluginFailure.plugin, func.count(), func.max(PluginFailure.at)).group_by(
                PluginFailure.plugin
            )
        )
    }


def _decisions(db: Session, actor: Actor, name: str) -> list[DecisionLine]:
    organizations = db.execute(
        select(PluginSwitch, Organization.id, Organization.short_name)
        .join(Organization, Organization.id == PluginSwitch.organization_id)
        .where(PluginSwitch.plugin == name, within(actor, VIEW, Organization.id))
        .order_by(Organization.path)
        .limit(SHOWN)
    ).all()
    groups = db.execute(
        select(PluginSwitch, OrganizationGroup.id, OrganizationGroup.name)
        .join(OrganizationGroup, OrganizationGroup.id == PluginSwitch.group_id)
        .where(PluginSwitch.plugin == name, within(actor, VIEW, OrganizationGroup.organization_id))
        .order_by(OrganizationGroup.name)
        .limit(SHOWN)
    ).all()
    return [
        DecisionLine(
            target_id=target_id,
            title=title,
            is_group=switch.group_id is not None,
            enabled=switch.enabled,
            locked=switch.locked,
            changed_at=switch.changed_at,
        )
        for switch, target_id, title in (*organizations, *groups)
    ]


def _reads_failures(actor: Actor) -> bool:
    return actor.is_system or actor.acting_role.organization_kind in FAILURES_READ_BY


def _findings(db: Session, plugin: Plugin) -> list[Finding]:
    """What the plugin's quick checks say now; one that fails is fenced off."""
    found: list[Finding] = []
    for check in plugin.of("data_checks"):
        if not check.on_page:
            continue
        try:
            found += check.run(db)
        except Exception as error:  # a plugin may raise anything
            db.rollback()
            db.portal.plugins.fence(plugin.name, sentence("проверка «%(title)s»", title=check.title), error)
    return found


def _failures(db: Session, actor: Actor, plugin: Plugin) -> list[FailureLine]:
    stored = db.scalars(
        select(PluginFailure)
        .where(PluginFailure.plugin == plugin.name)
        .order_by(PluginFailure.id.desc())
        .limit(SHOWN)
    ).all()
    known = {failure.error_id for failure in stored}
    here = [failure for failure in plugin.failures if failure.error_id not in known]
    may_read = _reads_failures(actor)
    lines = [
        FailureLine(
            place=each.place,
            error=each.error if may_read else "",
            error_id=each.error_id,
            at=each.at,
        )
        for each in (*here, *stored)
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:SHOWN]


def verdict_in_words(verdict: Verdict) -> str:
    """By whose decision a plugin is on or off, in one line."""
    if verdict.own:
        return _("решение этой организации")
    if verdict.source:
        return _("унаследовано: %(source)s") % {"source": verdict.source}
    return _("так по умолчанию")
