"""A change with an idempotency key is made once, however often its request comes.

After «The Idempotency-Key HTTP Header Field» (draft-ietf-httpapi-idempotency-key-header): the client makes up
a unique key for each intended change; the first request with it is processed normally, a repetition gets the
result of the first, and the key cannot be reused with another payload (422). Unlike the draft, which answers
a request with 409 while the first one is outstanding, here it waits for the first one's answer: that is what
a double click wants. The policy of expiry that the draft asks for is `KEPT`.

A key goes through three short transactions, none of which is open while the handler runs:

1. `claim` writes the key down as held. Whoever holds it says so again (`hold`) until the answer is there.
2. Every transaction that the handler commits also marks the key as changed (`mark`), *in the same
   transaction*. A holder that lost its key meanwhile fails here, and its change with it.
3. `finish` writes down the answer; `release` forgets the key of a request that changed nothing.

So a crash has one of two outcomes. Before the handler's commit nothing was changed, and once the hold has run
out (`HELD`) the same key carries the change out. After it, what is missing is only the answer: a repetition
is refused with the advice to look, and never makes the change a second time. What a handler does outside of
the database (sends a letter) may still happen twice; it belongs into a background task.

An answer may hold anything, even a new access token. It is encrypted with a key that comes out of the
portal's secret and the client's own key, and the table keeps a digest of the latter only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Insert, LargeBinary, SmallInteger, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, new_id, now
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid

KEPT = timedelta(days=1)
"""How long a key is remembered with its answer."""

HELD = timedelta(seconds=30)
"""How long a holder may be silent before it counts as dead."""

LONGEST_BODY = 256 * 1024
"""A longer body is not kept: a repetition is told that the change is made."""

KEY_FIELD = "idempotency_key"
"""The field of a form that holds its key."""

KEY_FORMAT = re.compile("[A-Za-z0-9_.:-]{1,200}")
"""What a key may look like."""

NONCE = 12


class IdempotencyKey(Base):
    """A key that was sent, by its digest, and what became of its request.

    `status` is None while the request runs; `claim` then names the run, which holds the key until
    `held_until`. `changed` says that a transaction of the run was committed. `answer` is encrypted.
    """

    __tablename__ = "core_idempotency_key"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    claim: Mapped[UUID]
    held_until: Mapped[datetime]
    changed: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Answer(msgspec.Struct, frozen=True):
    """What was answered: the status, the headers and the body as they were sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Key(msgspec.Struct, frozen=True):
    """A key of one sender: the digest under which it is stored, and what its answer is encrypted with."""

    digest: bytes
    cipher: bytes


class Claim(msgspec.Struct, frozen=True):
    """One run of a request that holds its key."""

    key: Key
    id: UUID


def fresh_key() -> str:
    """A key for one form on one page."""
    return secrets.token_urlsafe(16)


def key_of(secret: bytes, sender: bytes, text: str) -> Key:
    """The key `text` as `sender` means it: nobody finds another's key, whatever they send."""

    def derived(purpose: bytes) -> bytes:
        parts = (purpose, hashlib.sha256(sender).digest(), text.encode())
        return hmac.new(secret, b"".join(parts), hashlib.sha256).digest()

    return Key(digest=derived(b"idempotency-key:"), cipher=derived(b"idempotency-answer:"))


def claim(database: Database, key: Key, request_hash: bytes) -> Claim | Answer | None:
    """The right to carry the request out, the first one's answer, or None while the first one still runs.

    `request_hash` is the fingerprint of address and body. Raises `Invalid` if the key was sent with another
    one, `Conflict` if the change is made but its answer is not there to be repeated.
    """
    with database.reading(fresh=True, autocommit=True) as db:
        found = db.rows(select(IdempotencyKey.__table__).where(IdempotencyKey.key_hash == key.digest)).first()
    moment = now()
    mine = Claim(key, new_id())
    held = {"claim": mine.id, "held_until": moment + HELD}
    if found is None:
        values = {"key_hash": key.digest, "request_hash": request_hash, "changed": False, **held}
        statement = _insert(database, {**values, "created_at": moment})
    else:
        if found.request_hash != request_hash:
            raise Invalid(
                "Это уже отправлено, но с другим содержанием. То, что отправлено сейчас, не сохранено.",
                advice="Проверьте, что уже сохранилось. Чтобы отправить ещё раз, откройте форму заново.",
            )
        if found.status is not None:
            return _opened(key, found.status, found.answer)
        if found.held_until > moment:
            return None
        if found.changed:
            raise _answer_lost()
        statement = (
            update(IdempotencyKey)
            .where(_held_by(Claim(key, found.claim)), ~IdempotencyKey.changed)
            .values(held)
        )
    with database.transaction() as db:
        taken = db.rows(statement.returning(IdempotencyKey.claim)).scalar() is not None
    return mine if taken else None


def hold(database: Database, holder: Claim) -> None:
    """Say that the run goes on."""
    with database.transaction() as db:
        db.rows(update(IdempotencyKey).where(_held_by(holder)).values(held_until=now() + HELD))


def is_made(db: Session, key: Key) -> bool:
    """Whether a change with this key is made or under way."""
    return (
        db.rows(select(IdempotencyKey.key_hash).where(IdempotencyKey.key_hash == key.digest)).first()
        is not None
    )


def mark(db: Session, holder: Claim) -> None:
    """Put down, in the transaction of a change, that the run has changed something.

    Raises `Conflict`, which undoes the transaction, if the key has passed to another run.
    """
    marked = (
        update(IdempotencyKey).where(_held_by(holder)).values(changed=True).returning(IdempotencyKey.claim)
    )
    if db.rows(marked).scalar() is None:
        raise Conflict(
            "Портал слишком долго выполнял запрос и начал его заново.",
            advice="Подождите и обновите страницу: результат будет на ней.",
        )


def finish(database: Database, holder: Claim, status: int, answer: Answer | None) -> None:
    """Keep the answer for repetitions; None if it cannot be repeated."""
    packed = None
    if answer is not None:
        nonce = secrets.token_bytes(NONCE)
        packed = nonce + AESGCM(holder.key.cipher).encrypt(nonce, msgspec.msgpack.encode(answer), None)
    with database.transaction() as db:
        db.rows(update(IdempotencyKey).where(_held_by(holder)).values(status=status, answer=packed))


def release(database: Database, holder: Claim) -> bool:
    """Forget the key of a run that changed nothing; whether it did not."""
    with database.transaction() as db:
        freed = (
            delete(IdempotencyKey)
            .where(_held_by(holder), ~IdempotencyKey.changed)
            .returning(IdempotencyKey.claim)
        )
        return db.rows(freed).scalar() is not None


def forget(database: Database, holder: Claim) -> None:
    """Forget the key whatever its run did: the answer is nobody's to repeat."""
    with database.transaction() as db:
        db.rows(delete(IdempotencyKey).where(_held_by(holder)))


def delete_old(db: Session, limit: int) -> int:
    """Delete up to `limit` keys that need not be remembered any longer; returns how many."""
    old = select(IdempotencyKey.key_hash).where(IdempotencyKey.created_at < now() - KEPT).limit(limit)
    return len(
        db.rows(
            delete(IdempotencyKey).where(IdempotencyKey.key_hash.in_(old)).returning(IdempotencyKey.claim)
        ).all()
    )


def _held_by(holder: Claim) -> Any:
    return (
        (IdempotencyKey.key_hash == holder.key.digest)
        & (IdempotencyKey.claim == holder.id)
        & IdempotencyKey.status.is_(None)
    )


def _opened(key: Key, status: int, packed: bytes | None) -> Answer:
    if packed is None:
        raise _answer_lost() if status >= 500 else _made_already()
    plain = AESGCM(key.cipher).decrypt(packed[:NONCE], packed[NONCE:], None)
    return msgspec.msgpack.decode(plain, type=Answer)


def _answer_lost() -> Conflict:
    return Conflict(
        "Это уже отправлено и сохранено, но ответить портал не смог.",
        advice="Проверьте, что сохранилось. Если чего-то не хватает, откройте форму заново и отправьте.",
    )


def _made_already() -> Conflict:
    return Conflict(
        "Это уже сохранено, отправлять ещё раз не нужно.",
        advice="Обновите страницу, чтобы увидеть результат.",
    )


def _insert(database: Database, values: dict[str, Any]) -> Insert:
    """Of two first requests at once, one writes the key and the other nothing."""
    dialect = sqlite if database.is_sqlite else postgresql
    return (
        dialect.insert(IdempotencyKey)
        .values(values)
        .on_conflict_do_nothing(index_elements=[IdempotencyKey.key_hash])
    )
