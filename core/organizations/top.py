"""The top of the tree: an empty installation has none until its operator names it."""

from __future__ import annotations

from sqlalchemy import exists, select

from core.audit.record import Change, record
from core.database import spelling
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict
from core.identity.names import sort_key
from core.organizations import switches
from core.organizations.models import Organization, OrganizationWord
from core.roles.actor import Actor

FEDERAL = "federal"


def plant(db: Session, actor: Actor, name: str) -> Organization:
    """Make the operator's organization, under which all others go. Raises `Conflict` where there is any."""
    if db.scalar(select(exists().where(Organization.id.is_not(None)))):
        raise Conflict("Организации уже есть.", advice="Назовите одну из них.")
    identity = new_id()
    made = Organization(
        id=identity,
        kind=FEDERAL,
        name=name,
        short_name=name,
        name_key=sort_key(name),
        search_key=sort_key(f"{name} {name}"),
        path=f"{identity}/",
    )
    db.add(made)
    db.flush()
    spelling.learn(db, OrganizationWord, [made.search_key])
    change = Change(
        action="core.organization.create",
        subject_type="organization",
        subject_id=str(made.id),
        after={"kind": FEDERAL, "name": name},
    )
    record(db, actor, made.id, change)
    switches.raise_version(db)
    return made
