"""Taking an erased person's data out of the record of changes without breaking its chain.

A hidden record keeps its place and its hash, so that the links after it hold. What it says now is covered by a record
that is added at the end of the chain: that one has the hash of each hidden record's present content, so that nobody
changes those unnoticed either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import aliased

from core.audit.models import AuditRecord
from core.audit.record import (
    DIGESTS,
    GENESIS,
    HIDDEN,
    HIDDEN_SUBJECT,
    PORTAL_CHAIN,
    Change,
    link_hash,
    record,
)
from core.database.session import Session
from core.roles.actor import Actor

HELD = ("person_name", "before", "after", "reason")
"""What of a record may say something of a person."""


def hide(
    db: Session,
    actor: Actor,
    found: ColumnElement[bool],
    cleaned: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> int:
    """Replace what the `found` records say by what `cleaned` makes of it (of the fields `HELD`); returns how many."""
    previous = aliased(AuditRecord)
    rows = db.execute(
        select(*AuditRecord.__table__.c, previous.hash.label("previous"))
        .outerjoin(
            previous,
            (previous.chain == AuditRecord.chain) & (previous.sequence == AuditRecord.sequence - 1),
        )
        .where(found)
        .order_by(AuditRecord.chain, AuditRecord.sequence)
    ).mappings()
    digests: dict[str, dict[str, str]] = {}
    for row in rows.all():
        before = {name: row[name] for name in HELD}
        after = dict(cleaned(before))
        if after == before:
            continue
        db.execute(update(AuditRecord).where(AuditRecord.id == row["id"]).values(after))
        digests.setdefault(row["chain"], {})[str(row["sequence"])] = link_hash(
            row["previous"] or GENESIS, {**row, **after}
        )
    for chain, made in sorted(digests.items()):
        change = Change(
            action=HIDDEN,
            subject_type=HIDDEN_SUBJECT,
            subject_id=chain,
            after={"count": len(made), DIGESTS: made},
        )
        record(db, actor, None if chain == PORTAL_CHAIN else UUID(chain), change)
    return sum(map(len, digests.values()))
