"""What organizations have changed in the rights of role kinds: read from the audit record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.session import Session
from core.organizations.models import Organization

CHANGED = "core.role.configure"
SUBJECT = "role_kind"
MOST = 500
"""So many of the latest changes of a role kind are read."""


class RightChange(msgspec.Struct, frozen=True, kw_only=True):
    """A right of a role kind, changed by an organization for itself and below: from which reach to which.

    Reaches are values of `Reach`, 0 for none.
    """

    id: UUID
    organization_id: UUID
    organization: str
    permission: str
    before: int
    after: int
    at: datetime
    person_id: UUID | None
    person: str
    basis: str


def changes_on(db: Session, kind: str, path: str) -> Sequence[RightChange]:
    """The changes made by the organizations on this path, the latest first."""
    chains = [each for each in path.split("/") if each]
    if not chains:
        return []
    found = db.scalars(
        select(AuditRecord)
        .where(
            AuditRecord.subject_type == SUBJECT,
            AuditRecord.subject_id == kind,
            AuditRecord.chain.in_(chains),
            AuditRecord.action == CHANGED,
        )
        .order_by(AuditRecord.at.desc(), AuditRecord.sequence.desc())
        .limit(MOST)
    ).all()
    names = _names(db, {each.chain for each in found})
    return [_change(each, names) for each in found]


def change(db: Session, change_id: UUID) -> tuple[str, RightChange] | None:
    """A change and the role kind it is about; None if there is none of this number."""
    found = db.get(AuditRecord, change_id)
    if found is None or found.action != CHANGED:
        return None
    return found.subject_id, _change(found, _names(db, {found.chain}))


def _names(db: Session, chains: set[str]) -> Mapping[str, str]:
    if not chains:
        return {}
    ids = [UUID(each) for each in chains]
    rows = db.execute(select(Organization.id, Organization.short_name).where(Organization.id.in_(ids)))
    return {str(row.id): row.short_name for row in rows}


def _change(record: AuditRecord, names: Mapping[str, str]) -> RightChange:
    before, after = record.before or {}, record.after or {}
    return RightChange(
        id=record.id,
        organization_id=UUID(record.chain),
        organization=names.get(record.chain, ""),
        permission=str(after.get("permission", "")),
        before=int(before.get("reach") or 0),
        after=int(after.get("reach") or 0),
        at=record.at,
        person_id=record.person_id,
        person=record.person_name,
        basis=record.reason,
    )
