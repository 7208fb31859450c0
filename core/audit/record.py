"""Writing and checking the audit record.

Each organization has a chain of its own: a record's hash covers its content and the hash before it, so a
record changed or taken out later breaks the chain from there on; data of an erased person are taken out with a
record that vouches for it (`core.audit.hiding`). The chain's row is locked while a link is
added, which orders writers of one organization and leaves others alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, insert, select, update

from core.audit.models import AuditChain, AuditRecord
from core.contributions import Finding
from core.database.base import new_id, now
from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import sentence

GENESIS = "0" * 64
PORTAL_CHAIN = "portal"
HIDDEN = "core.audit.hide"
"""Action of the record that covers what hidden records say now (`core.audit.hiding`)."""
HIDDEN_SUBJECT = "audit"
DIGESTS = "digests"
"""Its field: by the number of a hidden record the hash of its present content."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change to be recorded: of what, from what, to what. `at` and `person` serve imports of the past."""

    action: str
    subject_type: str
    subject_id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    at: datetime | None = None
    person_id: UUID | None = None
    person_name: str = ""
    role: str = ""


# Built once: every change in the portal goes through them.
_LINKS: Any = AuditChain.__table__
_CHAIN = (
    select(_LINKS.c.sequence, _LINKS.c.hash).where(_LINKS.c.chain == bindparam("of_chain")).with_for_update()
)
_ADD: Any = insert(AuditRecord.__table__)  # pyright: ignore[reportArgumentType]
_ADVANCE = (
    update(_LINKS)
    .where(_LINKS.c.chain == bindparam("of_chain"))
    .values(sequence=bindparam("sequence"), hash=bindparam("hash"))
)


def record(db: Session, actor: Actor, organization_id: UUID | None, *changes: Change) -> None:
    """Append `changes` to the organization's chain, in the transaction that makes them."""
    if not changes:
        return
    chain = str(organization_id) if organization_id else PORTAL_CHAIN
    sequence, previous = _lock(db, chain)
    rows: list[dict[str, Any]] = []
    for change in changes:
        sequence += 1
        row: dict[str, Any] = {
            "id": new_id(),
            "chain": chain,
            "sequence": sequence,
            "at": change.at or now(),
            "person_id": change.person_id or actor.person_id,
            "person_name": change.person_name or actor.name,
            "role": change.role or (actor.role.kind if actor.role else ""),
            "action": change.action,
            "subject_type": change.subject_type,
            "subject_id": change.subject_id,
            "before": None if change.before is None else dict(change.before),
            "after": None if change.after is None else dict(change.after),
            "reason": change.reason,
            "origin": actor.origin,
        }
        previous = row["hash"] = link_hash(previous, row)
        rows.append(row)
    db.rows(_ADD, rows)
    db.rows(_ADVANCE, {"of_chain": chain, "sequence": sequence, "hash": previous})


def _lock(db: Session, chain: str) -> tuple[int, str]:
    found = db.rows(_CHAIN, {"of_chain": chain}).one_or_none()
    if found is not None:
        return found.sequence, found.hash
    if db.portal.database.is_sqlite:
        db.execute(insert(AuditChain).values(chain=chain, sequence=0, hash=GENESIS))
    else:
        from sqlalchemy.dialects.postgresql import insert as upsert

        db.execute(upsert(AuditChain).values(chain=chain, sequence=0, hash=GENESIS).on_conflict_do_nothing())
        return _lock(db, chain)
    return 0, GENESIS


def link_hash(previous: str, row: Mapping[str, Any]) -> str:
    """SHA-256 over the hash before and the record's content as JSON with sorted keys, moments in UTC."""
    content = [
        previous,
        row["chain"],
        row["sequence"],
        row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        str(row["person_id"] or ""),
        row["person_name"],
        row["role"],
        row["action"],
        row["subject_type"],
        row["subject_id"],
        row["before"],
        row["after"],
        row["reason"],
        row["origin"],
    ]
    return hashlib.sha256(msgspec.json.encode(content, enc_hook=str, order="deterministic")).hexdigest()


def history(db: Session, subject_type: str, subject_ids: Sequence[str]) -> Sequence[AuditRecord]:
    """The recorded changes of some things, the latest first. The caller has checked who may see them."""
    return db.scalars(
        select(AuditRecord)
        .where(AuditRecord.subject_type == subject_type, AuditRecord.subject_id.in_(subject_ids))
        .order_by(AuditRecord.at.desc(), AuditRecord.sequence.desc())
    ).all()


def check(db: Session) -> Iterable[Finding]:
    """Verify every chain link by link; yields what is broken."""
    for chain in db.scalars(select(AuditChain).order_by(AuditChain.chain)):
        yield from check_chain(db, chain)


def check_chain(db: Session, chain: AuditChain, last: int | None = None) -> Iterable[Finding]:
    """Verify one chain, or only its `last` so many links; yields what is broken."""
    previous, expected = GENESIS, 0
    hidden = _hidden(db, chain.chain)
    if last is not None and chain.sequence > last:
        expected = chain.sequence - last
        previous = (
            db.scalar(
                select(AuditRecord.hash).where(
                    AuditRecord.chain == chain.chain, AuditRecord.sequence == expected
                )
            )
            or GENESIS
        )
    for row in db.execute(
        select(*AuditRecord.__table__.c)
        .where(AuditRecord.chain == chain.chain, AuditRecord.sequence > expected)
        .order_by(AuditRecord.sequence)
        .execution_options(yield_per=2000)
    ).mappings():
        expected += 1
        if row["sequence"] != expected:
            yield Finding(
                level="error",
                message=sentence(
                    "Цепочка %(chain)s: нет записи № %(number)s.", chain=chain.chain, number=expected
                ),
                advice=sentence("Запись удалена в обход портала. Восстановите её из резервной копии."),
            )
            return
        present = link_hash(previous, dict(row))
        if present != row["hash"] and present != hidden.get(str(expected)):
            yield Finding(
                level="error",
                message=sentence(
                    "Цепочка %(chain)s: запись № %(number)s от %(at)s изменена.",
                    chain=chain.chain,
                    number=expected,
                    at=f"{row['at']:%d.%m.%Y %H:%M}",
                ),
                advice=sentence("Запись правили в обход портала. Сравните её с резервной копией."),
            )
            return
        previous = row["hash"]
    if expected != chain.sequence or previous != chain.hash:
        yield Finding(
            level="error",
            message=sentence(
                "Цепочка %(chain)s: последних записей не хватает (%(kept)s из %(made)s).",
                chain=chain.chain,
                kept=expected,
                made=chain.sequence,
            ),
            advice=sentence("Конец журнала удалён в обход портала. Восстановите его из резервной копии."),
        )


def _hidden(db: Session, chain: str) -> Mapping[str, str]:
    """The hashes of what the hidden records of a chain say now, by number; the last word of each holds."""
    found: dict[str, str] = {}
    for after in db.scalars(
        select(AuditRecord.after)
        .where(
            AuditRecord.subject_type == HIDDEN_SUBJECT,
            AuditRecord.subject_id == chain,
            AuditRecord.action == HIDDEN,
            AuditRecord.chain == chain,
        )
        .order_by(AuditRecord.sequence)
    ):
        found |= (after or {}).get(DIGESTS, {})
    return found
