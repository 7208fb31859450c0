"""Groups of organizations: named sets, kept by hand or by a rule, for plugins and announcements.

A group is kept by an organization and has members below it only. Membership by a rule is computed when the
rule is saved and when an organization changes, and once a day for rules that go by the number of pupils.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, not_, select

from core.audit.record import Change, record
from core.database import spelling
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.organizations import switches
from core.organizations.group_rules import GroupRule, condition, in_words
from core.organizations.models import (
    Announcement,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    OrganizationWord,
    PluginSwitch,
)
from core.roles.access import authorize, below, within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence, speaking

VIEW = "core.groups.view"
EDIT = "core.groups.edit"
MOST_CHOICES = 300
OVER = ("terminated", "refused")
"""Statuses of roles that come to nothing."""
GROUP_TITLES: Mapping[str, str] = {
    "district": lazy("Округ"),
    "project": lazy("Проект"),
    "network": lazy("Сеть"),
    "other": lazy("Другое"),
}
GroupKind = Literal["district", "project", "network", "other"]
MEMBER = OrganizationGroupMember


class GroupLine(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a list. `decisions` counts the plugins decided about for it, `roles` those given for it only."""

    id: UUID
    group: OrganizationGroup
    keeper: str
    members: int
    decisions: int
    roles: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a rule takes in: how many in all, and the names of those who join and leave."""

    count: int
    joining: Sequence[str]
    leaving: Sequence[str]


def group_rows(_db: Session, actor: Actor) -> Any:
    """Groups kept by organizations in reach, for a work list."""
    return (
        select(OrganizationGroup.id.label("id"), OrganizationGroup, Organization.short_name.label("keeper"))
        .join(Organization, Organization.id == OrganizationGroup.organization_id)
        .where(_in_reach(actor, VIEW))
    )


def group_lines(db: Session, _actor: Actor, rows: Sequence[Any]) -> Sequence[GroupLine]:
    """Rows of one page as lines; two more statements, however many rows."""
    ids = [row.id for row in rows]
    members = _counts(db, MEMBER.group_id, ids)
    decisions = _counts(db, PluginSwitch.group_id, ids)
    roles = _counts(db, StructuralRole.group_id, ids, StructuralRole.status.not_in(OVER))
    return [
        GroupLine(
            id=row.id,
            group=row.OrganizationGroup,
            keeper=row.keeper,
            members=members.get(row.id, 0),
            decisions=decisions.get(row.id, 0),
            roles=roles.get(row.id, 0),
        )
        for row in rows
    ]


def _counts(db: Session, column: Any, ids: Sequence[UUID], *wanted: ColumnElement[bool]) -> dict[UUID, int]:
    rows = db.execute(select(column, func.count()).where(column.in_(ids), *wanted).group_by(column))
    return {row[0]: row[1] for row in rows}


def group_for(db: Session, actor: Actor, permission: str, group_id: UUID) -> OrganizationGroup:
    """A group the actor has `permission` on. Raises `Forbidden` or `NotFound`."""
    actor.require(permission)
    group = db.get(OrganizationGroup, group_id)
    if group is None:
        raise NotFound("Такой группы организаций нет.", advice="Обновите список групп.")
    if not _is_own(actor, group.id):
        authorize(db, actor, permission, group.organization_id)
    return group


def may_open(actor: Actor, organization: Organization, group: OrganizationGroup) -> bool:
    """Whether the actor may open a group that `organization` is in: its keeper stands on the way up from there."""
    if actor.is_system or not actor.can(VIEW):
        return actor.is_system
    if actor.acting_role.group_id is not None:
        return _is_own(actor, group.id)
    above, keeper, _rest = organization.path.partition(f"{group.organization_id}/")
    return (above + keeper).startswith(actor.acting_role.organization_path)


def _is_own(actor: Actor, group_id: UUID) -> bool:
    """Whether it is the group that the acting role is given for."""
    return actor.role is not None and actor.role.group_id == group_id


def _in_reach(actor: Actor, permission: str) -> ColumnElement[bool]:
    if actor.role is not None and actor.role.group_id is not None:
        return and_(OrganizationGroup.id == actor.role.group_id, literal(actor.can(permission)))
    return within(actor, permission, OrganizationGroup.organization_id)


def rule_of(group: OrganizationGroup) -> GroupRule | None:
    """The rule of a group; None for one kept by hand."""
    return msgspec.convert(group.rule, GroupRule) if group.rule is not None else None


def member_count(db: Session, group: OrganizationGroup) -> int:
    """How many members a group has."""
    return _counts(db, MEMBER.group_id, [group.id]).get(group.id, 0)


def members_of(db: Session, group: OrganizationGroup, limit: int) -> Sequence[Organization]:
    """The members of a group by name, at most `limit`."""
    return db.scalars(
        select(Organization)
        .join(MEMBER, MEMBER.organization_id == Organization.id)
        .where(MEMBER.group_id == group.id)
        .order_by(Organization.search_key, Organization.id)
        .limit(limit)
    ).all()


def groups_of(db: Session, organization_id: UUID) -> Sequence[OrganizationGroup]:
    """The groups an organization is a member of, by name."""
    return db.scalars(
        select(OrganizationGroup)
        .join(MEMBER, MEMBER.group_id == OrganizationGroup.id)
        .where(MEMBER.organization_id == organization_id)
        .order_by(OrganizationGroup.name_key, OrganizationGroup.id)
    ).all()


def choices(db: Session, actor: Actor, permission: str, *, by_hand: bool = False) -> list[tuple[str, str]]:
    """Groups to choose from, as (id, name)."""
    found = select(OrganizationGroup.id, OrganizationGroup.name).where(_in_reach(actor, permission))
    if by_hand:
        found = found.where(OrganizationGroup.rule.is_(None))
    rows = db.execute(found.order_by(OrganizationGroup.name_key).limit(MOST_CHOICES))
    return [(str(key), name) for key, name in rows]


def preview(
    db: Session, keeper: Organization, rule: GroupRule, group: OrganizationGroup | None, limit: int
) -> Preview:
    """Whom the rule takes in, and how that differs from the group's present members."""
    fits = condition(rule, keeper, _today(keeper))
    is_member = exists().where(
        MEMBER.organization_id == Organization.id, MEMBER.group_id == (group.id if group else None)
    )

    def named(*wanted: Any) -> Sequence[str]:
        found = select(Organization.short_name).where(*wanted).order_by(Organization.search_key)
        return db.scalars(found.limit(limit)).all()

    return Preview(
        count=db.scalar(select(func.count()).select_from(Organization).where(fits)) or 0,
        joining=named(fits, not_(is_member)),
        leaving=named(is_member, not_(fits)) if group is not None else [],
    )


def save(
    db: Session,
    actor: Actor,
    group_id: UUID | None,
    *,
    name: str,
    kind: str,
    description: str,
    rule: GroupRule | None,
) -> OrganizationGroup:
    """Make a group kept by the actor's organization, or change one. A rule decides about its members at once.

    Raises `Invalid` for a name that is taken, `NotFound` for a group out of reach.
    """
    if group_id is None:
        authorize(db, actor, EDIT, actor.organization_id)
        group = OrganizationGroup(id=new_id(), organization_id=actor.organization_id, name=name)
        before = None
    else:
        group = group_for(db, actor, EDIT, group_id)
        before = _facts(db, group)
    twin = db.scalar(
        select(OrganizationGroup.id).where(
            OrganizationGroup.organization_id == group.organization_id,
            OrganizationGroup.name_key == sort_key(name),
            OrganizationGroup.id != group.id,
        )
    )
    if twin is not None:
        raise Invalid(
            "Не сохранено: в форме есть ошибки.",
            advice="Исправьте отмеченное и отправьте снова.",
            fields={"name": sentence("Группа с таким названием уже есть.")},
        )
    group.name, group.name_key = name, sort_key(name)
    group.kind, group.description = kind, description
    group.rule = msgspec.to_builtins(rule, str_keys=True) if rule is not None else None
    db.add(group)
    db.flush()
    spelling.learn(db, OrganizationWord, [group.name_key])
    after = _facts(db, group)
    if before != after:
        _note(db, actor, group, "update" if before else "create", before, after)
    if rule is not None:
        recompute(db, group)
    return group


def objection_to_delete(db: Session, _actor: Actor, line: GroupLine) -> str:
    """Why a group is not to be deleted; «» if it may be."""
    if line.decisions:
        return sentence("по ней решено о плагинах: сначала отмените эти решения в её карточке")
    if line.roles:
        return sentence("для неё даны роли: сначала прекратите их")
    return ""


def remove(db: Session, actor: Actor, group_id: UUID) -> None:
    """Delete a group; its organizations stay. Raises `Conflict` while decisions on plugins or roles hang on it."""
    group = group_for(db, actor, EDIT, group_id)
    if _counts(db, PluginSwitch.group_id, [group.id]):
        raise Conflict(
            "По этой группе решено о плагинах.", advice="Сначала отмените эти решения в её карточке."
        )
    if _counts(db, StructuralRole.group_id, [group.id], StructuralRole.status.not_in(OVER)):
        raise Conflict(
            "Для этой группы даны роли.", advice="Сначала прекратите их: они показаны в её карточке."
        )
    _note(db, actor, group, "delete", _facts(db, group), None)
    db.execute(delete(Announcement).where(Announcement.group_id == group.id))
    db.execute(delete(MEMBER).where(MEMBER.group_id == group.id))
    db.delete(group)
    switches.raise_version(db)


def add_member(db: Session, actor: Actor, group_id: UUID, organization_id: UUID) -> bool:
    """Take an organization into a group kept by hand, whether it was not there; again without effect.

    Raises `Conflict` for a group with a rule, `Invalid` for an organization that is not below its keeper.
    """
    group, organization = _by_hand(db, actor, group_id, organization_id)
    keeper = db.get_one(Organization, group.organization_id)
    if organization.id == keeper.id or not organization.path.startswith(keeper.path):
        raise Invalid(
            sentence("«%(name)s» не из подчинения того, кто ведёт группу.", name=organization.short_name),
            advice="Выберите организации ниже неё.",
            fields={"group": sentence("Она ведётся в другом месте дерева.")},
        )
    if db.get(MEMBER, (group.id, organization.id)) is not None:
        return False
    db.add(MEMBER(group_id=group.id, organization_id=organization.id))
    db.flush()
    _note(db, actor, group, "add", None, {"group": group.name, "organization": organization.short_name})
    switches.raise_version(db)
    return True


def remove_member(db: Session, actor: Actor, group_id: UUID, organization_id: UUID) -> bool:
    """Take an organization out of a group kept by hand, whether it was there. Raises as `add_member` does."""
    group, organization = _by_hand(db, actor, group_id, organization_id)
    found = db.get(MEMBER, (group.id, organization.id))
    if found is None:
        return False
    db.delete(found)
    db.flush()
    _note(db, actor, group, "remove", {"group": group.name, "organization": organization.short_name}, None)
    switches.raise_version(db)
    return True


def recompute(db: Session, group: OrganizationGroup, among: str = "") -> bool:
    """Let the members of a group be those its rule takes in, whether anything changed.

    `among` limits it to the organization with this path and all below it.
    """
    rule = rule_of(group)
    if rule is None:
        return False
    keeper = db.get_one(Organization, group.organization_id)
    fits = select(Organization.id).where(condition(rule, keeper, _today(keeper)))
    present = select(MEMBER.organization_id).where(MEMBER.group_id == group.id)
    if among:
        fits = fits.where(below(Organization.path, among))
        here = select(Organization.id).where(below(Organization.path, among))
        present = present.where(MEMBER.organization_id.in_(here))
    wanted, before = set(db.scalars(fits)), set(db.scalars(present))
    _replace(db, group.id, before - wanted, wanted - before)
    return wanted != before


def organization_changed(db: Session, organization: Organization) -> None:
    """Keep the groups right after an organization, with all below it, was made, changed or moved."""
    for group in db.scalars(select(OrganizationGroup).where(OrganizationGroup.rule.is_not(None))):
        recompute(db, group, organization.path)
    strangers = (
        select(MEMBER.group_id, MEMBER.organization_id, Organization.path, OrganizationGroup.organization_id)
        .join(OrganizationGroup, OrganizationGroup.id == MEMBER.group_id)
        .join(Organization, Organization.id == MEMBER.organization_id)
        .where(OrganizationGroup.rule.is_(None), below(Organization.path, organization.path))
    )
    for group_id, member_id, path, keeper_id in db.execute(strangers).all():
        if f"{keeper_id}/" not in path:
            _replace(db, group_id, {member_id}, set())


def recompute_by_size(db: Session) -> None:
    """Recompute the groups whose rule goes by the number of pupils: it changes without an organization changing."""
    changed = [
        recompute(db, group)
        for group in db.scalars(select(OrganizationGroup).where(OrganizationGroup.rule.is_not(None))).all()
        if (rule := rule_of(group)) is not None and rule.by_size
    ]
    if any(changed):
        switches.raise_version(db)


def _replace(db: Session, group_id: UUID, leaving: Collection[UUID], joining: Collection[UUID]) -> None:
    if leaving:
        db.execute(delete(MEMBER).where(MEMBER.group_id == group_id, MEMBER.organization_id.in_(leaving)))
    if joining:
        rows = [{"group_id": group_id, "organization_id": each} for each in joining]
        db.execute(insert(MEMBER), rows)
    if leaving or joining:
        switches.raise_version(db)


def _by_hand(
    db: Session, actor: Actor, group_id: UUID, organization_id: UUID
) -> tuple[OrganizationGroup, Organization]:
    group = group_for(db, actor, EDIT, group_id)
    authorize(db, actor, EDIT, organization_id)
    if group.rule is not None:
        raise Conflict(
            sentence("Состав группы «%(name)s» определяет правило.", name=group.name),
            advice="Измените правило или ведите группу вручную.",
        )
    return group, db.get_one(Organization, organization_id)


def _facts(db: Session, group: OrganizationGroup) -> dict[str, Any]:
    """A group as the record of changes keeps it, in Russian like all records."""
    rule = rule_of(group)
    with speaking("ru"):
        return {
            "name": group.name,
            "group_kind": str(GROUP_TITLES.get(group.kind, group.kind)),
            "description": group.description,
            "rule": in_words(db, rule) if rule is not None else "",
        }


def _today(keeper: Organization) -> Any:
    return today_in(keeper.timezone or "Europe/Moscow")


def _note(
    db: Session,
    actor: Actor,
    group: OrganizationGroup,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    change = Change(
        action=f"core.group.{action}",
        subject_type="group",
        subject_id=str(group.id),
        before=before,
        after=after,
    )
    record(db, actor, group.organization_id, change)
