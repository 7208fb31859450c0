"""Changing organizations: making, correcting, moving in the tree, closing and opening again.

What an organization says of itself (`CONTACT_FIELDS`) its own head may change; everything else is the business
of the authority above it. Every change is in the audit record of the organization.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from core.audit.record import Change, record
from core.database import spelling
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations import groups, switches
from core.organizations.kinds import KIND_TITLES, KINDS_BELOW
from core.organizations.models import Organization, OrganizationWord
from core.organizations.requisites import (
    AUTHORITY_FIELDS,
    CONTACT_FIELDS,
    FIELDS,
    as_kept,
    check_unique,
    refuse,
)
from core.roles.access import authorize, reaches, within
from core.roles.actor import Actor
from core.web.i18n import sentence

CONTACTS = "core.organization.contacts"
EDIT = "core.organization.edit"
MOST_PARENTS = 500


def may_change(db: Session, actor: Actor, organization: Organization) -> Collection[str]:
    """The fields of an organization in reach that the actor may change."""
    fields: list[str] = []
    if is_above(db, actor, organization):
        fields += AUTHORITY_FIELDS
    if fields or reaches(db, actor, CONTACTS, organization):
        fields += CONTACT_FIELDS
    return fields


def is_above(db: Session, actor: Actor, organization: Organization) -> bool:
    """Whether the actor decides about the organization from above; the root has nobody above it but itself."""
    return (
        actor.is_system
        or organization.parent_id is None
        or organization.id != actor.acting_role.organization_id
    ) and reaches(db, actor, EDIT, organization)


def decided_from_above(db: Session, actor: Actor, organization_id: UUID) -> Organization:
    """An organization whose requisites are the actor's to keep. Raises `Forbidden` or `NotFound` for any other."""
    organization = _organization(db, actor, EDIT, organization_id)
    if not is_above(db, actor, organization):
        raise Forbidden(
            "Эти сведения исправляет вышестоящая организация.",
            advice="Сообщите ей верные данные: их внесут там.",
        )
    return organization


def update_fields(
    db: Session, actor: Actor, organization_id: UUID, values: Mapping[str, Any]
) -> Organization:
    """Change some of `FIELDS`; what stays the same is not recorded.

    Raises `Invalid` for what cannot be taken, `Forbidden` for fields that are not the actor's to change,
    `NotFound` for an organization out of reach.
    """
    organization = _locked(db, actor, CONTACTS if actor.can(CONTACTS) else EDIT, organization_id)
    foreign = sorted(set(values) - set(may_change(db, actor, organization)))
    if foreign:
        raise Forbidden(
            "Эти сведения исправляет вышестоящая организация.",
            advice="Сообщите ей верные данные: их внесут там.",
        )
    kept = as_kept(values)
    before = {name: getattr(organization, name) for name in kept}
    changed = {name: value for name, value in kept.items() if value != before[name]}
    if not changed:
        return organization
    for name, value in changed.items():
        setattr(organization, name, value)
    _name(db, organization)
    if {"inn", "ogrn"} & changed.keys():
        check_unique(db, actor, organization, _parent(db, organization))
    _note(db, actor, organization, "update", {name: before[name] for name in changed}, changed)
    _changed(db, organization)
    return organization


def create(db: Session, actor: Actor, parent_id: UUID, kind: str, values: Mapping[str, Any]) -> Organization:
    """Make an organization directly below `parent_id`.

    Raises `Invalid` for what cannot be taken, also for a kind that does not stand below such a parent,
    `NotFound` for a parent out of reach.
    """
    parent = _locked(db, actor, EDIT, parent_id)
    if kind not in KINDS_BELOW.get(parent.kind, ()):
        refuse({"kind": _kinds_in_words(parent)})
    _open_parent(actor, parent)
    kept = as_kept({"name": "", "short_name": "", **values})
    identity = new_id()
    made = Organization(
        id=identity,
        parent_id=parent.id,
        kind=kind,
        path=f"{parent.path}{identity}/",
        name_key="",
        **{name: value for name, value in kept.items() if name in FIELDS},
    )
    if made.region_code is None:
        made.region_code = parent.region_code
    _name(db, made)
    check_unique(db, actor, made, parent)
    db.add(made)
    db.flush()
    written = {name: value for name, value in kept.items() if value}
    _note(db, actor, made, "create", None, {"kind": kind, "parent": parent.short_name, **written})
    _changed(db, made)
    return made


def objection_to_move(db: Session, actor: Actor, organization: Organization) -> str:
    """Why the actor may not move the organization anywhere; «» if they may."""
    if organization.parent_id is None:
        return sentence("это вершина дерева")
    if not is_above(db, actor, organization):
        return sentence("о ней решает вышестоящая организация")
    return ""


def move(db: Session, actor: Actor, organization_id: UUID, parent_id: UUID) -> None:
    """Put an organization, with all below it, under another.

    Raises `Conflict` where that makes no sense, `NotFound` for either out of reach.
    """
    organization = _locked(db, actor, EDIT, organization_id)
    _heed(objection_to_move(db, actor, organization))
    parent = _locked(db, actor, EDIT, parent_id)
    if parent.id == organization.parent_id:
        return
    if parent.path.startswith(organization.path):
        _heed(sentence("она сама стоит выше: %(name)s", name=parent.short_name))
    if organization.kind not in KINDS_BELOW.get(parent.kind, ()):
        refuse({"parent": _kinds_in_words(parent)})
    _open_parent(actor, parent)
    left = _parent(db, organization)
    old, new = organization.path, f"{parent.path}{organization.id}/"
    db.execute(
        update(Organization)
        .where(Organization.path.startswith(old, autoescape=True))
        .values(path=new + func.substr(Organization.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    organization.parent_id = parent.id
    db.flush()
    db.refresh(organization)
    check_unique(db, actor, organization, parent)
    _note(
        db,
        actor,
        organization,
        "move",
        {"parent": left.short_name if left else None},
        {"parent": parent.short_name},
    )
    _changed(db, organization)


def objection_to_close(db: Session, actor: Actor, organization: Organization) -> str:
    """Why the actor may not close the organization; «» if they may."""
    if organization.closed_on is not None:
        return sentence("она уже закрыта")
    if organization.parent_id is None:
        return sentence("это вершина дерева")
    if not is_above(db, actor, organization):
        return sentence("о ней решает вышестоящая организация")
    open_below = db.scalar(
        select(func.count())
        .select_from(Organization)
        .where(Organization.parent_id == organization.id, Organization.closed_on.is_(None))
    )
    if open_below:
        return sentence("под ней есть открытые организации: %(count)s", count=open_below)
    return ""


def objection_to_reopen(db: Session, actor: Actor, organization: Organization) -> str:
    """Why the actor may not open the organization again; «» if they may."""
    if organization.closed_on is None:
        return sentence("она и так работает")
    if not is_above(db, actor, organization):
        return sentence("о ней решает вышестоящая организация")
    parent = _parent(db, organization)
    if parent is not None and parent.closed_on is not None:
        return sentence("закрыта и организация над ней: %(name)s", name=parent.short_name)
    return ""


def close(db: Session, actor: Actor, organization_id: UUID, first_day: date, reason: str) -> None:
    """Close an organization: from `first_day` on, roles held in it give no rights. Nothing is deleted.

    Raises `Conflict` where it is not to be done, `NotFound` for one out of reach.
    """
    organization = _locked(db, actor, EDIT, organization_id)
    _heed(objection_to_close(db, actor, organization))
    organization.closed_on = first_day
    _note(db, actor, organization, "close", None, {"closed_on": first_day.isoformat()}, reason)
    _changed(db, organization)


def reopen(db: Session, actor: Actor, organization_id: UUID) -> None:
    """Open an organization again: its roles act as before. Raises as `close` does."""
    organization = _locked(db, actor, EDIT, organization_id)
    _heed(objection_to_reopen(db, actor, organization))
    assert organization.closed_on is not None  # noqa: S101 -- the objection has seen to it
    before = {"closed_on": organization.closed_on.isoformat()}
    organization.closed_on = None
    _note(db, actor, organization, "reopen", before, None)
    _changed(db, organization)


def possible_parents(db: Session, actor: Actor) -> Sequence[Organization]:
    """Authorities in reach that may have organizations below them, down the tree."""
    found = (
        select(Organization)
        .where(
            within(actor, EDIT, Organization.id),
            Organization.kind.in_(("federal", "region", "municipality")),
            Organization.closed_on.is_(None),
        )
        .order_by(Organization.name_key)
        .limit(MOST_PARENTS)
    )
    return db.scalars(found).all()


def parent_asked_for(db: Session, actor: Actor, text: str) -> Organization | None:
    """The organization with this id if the actor may put others below it."""
    try:
        found = db.get(Organization, UUID(text))
    except ValueError:
        return None
    if found is None or found.closed_on is not None or not reaches(db, actor, EDIT, found):
        return None
    return found if KINDS_BELOW.get(found.kind) else None


def _locked(db: Session, actor: Actor, permission: str, organization_id: UUID) -> Organization:
    """An organization that nobody else changes or moves until the transaction ends."""
    _organization(db, actor, permission, organization_id)
    return db.get_one(Organization, organization_id, with_for_update=True, populate_existing=True)


def _organization(db: Session, actor: Actor, permission: str, organization_id: UUID) -> Organization:
    authorize(db, actor, permission, organization_id)
    found = db.get(Organization, organization_id)
    if found is None:
        raise NotFound("Такой организации нет.", advice="Проверьте адрес.")
    return found


def _parent(db: Session, organization: Organization) -> Organization | None:
    return db.get(Organization, organization.parent_id) if organization.parent_id else None


def _open_parent(actor: Actor, parent: Organization) -> None:
    if parent.closed_on is not None and parent.closed_on <= school_today(actor):
        raise Invalid(
            "Организация выше закрыта.", advice="Сначала откройте её.", fields={"parent": "Она закрыта."}
        )


def _kinds_in_words(parent: Organization) -> str:
    below = KINDS_BELOW.get(parent.kind, ())
    if not below:
        return sentence("Под этой организацией других не бывает.")
    return sentence(
        "Сюда такую организацию не поставить. Под «%(parent)s» бывают: %(kinds)s.",
        parent=parent.short_name,
        kinds=", ".join(str(KIND_TITLES[each]).lower() for each in below),
    )


def _name(db: Session, organization: Organization) -> None:
    organization.name_key = sort_key(organization.name)
    organization.search_key = sort_key(f"{organization.short_name} {organization.name}")
    spelling.learn(db, OrganizationWord, [organization.search_key])


def _changed(db: Session, organization: Organization) -> None:
    """Everything that depends on organizations takes note: what is inherited, and who is in which group."""
    db.flush()
    groups.organization_changed(db, organization)
    switches.raise_version(db)


def _heed(objection: str) -> None:
    if objection:
        raise Conflict(
            sentence("Это сделать нельзя: %(reason)s.", reason=objection), advice="Обновите страницу."
        )


def _note(
    db: Session,
    actor: Actor,
    organization: Organization,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str = "",
) -> None:
    change = Change(
        action=f"core.organization.{action}",
        subject_type="organization",
        subject_id=str(organization.id),
        before=before,
        after=after,
        reason=reason,
    )
    record(db, actor, organization.id, change)
