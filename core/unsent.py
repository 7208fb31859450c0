"""Forms that a browser without scripts sent after its session had ended: kept for the same person's next sign-in.

What was typed lies here for `KEPT`, encrypted with a key that comes out of the portal's secret and the form's
one-time id, of which the table has a digest only: without the address that the browser was given nobody reads
it, from a copy of the database neither. It opens for the account of the ended session and for no other.
Nothing of it is ever logged.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, now
from core.database.session import Session
from core.errors import Forbidden, NotFound, TooLarge
from core.roles.actor import Actor

KEPT = timedelta(days=1)
"""How long a form waits for its owner; not longer than an idempotency key is remembered."""

LONGEST = 128 * 1024
"""Bytes; a longer form is not kept."""

MOST = 20
"""How many forms of one account wait at once: the oldest give way."""

NONCE = 12


class UnsentForm(Base):
    """A form that waits, by the digest of its id. `content` is an encrypted `Unsent`."""

    __tablename__ = "core_unsent_form"

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("core_account.id", ondelete="CASCADE"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Unsent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent: to which `address`, from which `page` of ours («» if the browser did not say).

    `fields` are names and values in their order, `files` names of fields and of the files that were chosen;
    the files themselves are not kept. `key` is the idempotency key.
    """

    address: str
    page: str
    fields: list[tuple[str, str]]
    files: list[tuple[str, str]]
    key: str


def keep(db: Session, account_id: UUID, form: Unsent) -> UUID:
    """Keep a form for an account's next sign-in; returns its id. Raises `TooLarge`."""
    plain = msgspec.msgpack.encode(form)
    if len(plain) > LONGEST:
        raise TooLarge("Введённого слишком много, чтобы сохранить до входа.")
    form_id = uuid4()
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(_derived(db, b"cipher", form_id)).encrypt(nonce, plain, account_id.bytes)
    mine = UnsentForm.account_id == account_id
    newest = select(UnsentForm.id_hash).where(mine).order_by(UnsentForm.created_at.desc()).limit(MOST - 1)
    kept = db.scalars(newest).all()
    db.execute(delete(UnsentForm).where(mine, UnsentForm.id_hash.not_in(kept)))
    db.add(
        UnsentForm(
            id_hash=_derived(db, b"id", form_id),
            account_id=account_id,
            content=nonce + sealed,
            created_at=now(),
        )
    )
    return form_id


def read(db: Session, actor: Actor, form_id: UUID) -> Unsent:
    """The form of this id. Raises `NotFound` if there is none, `Forbidden` if somebody else had filled it in."""
    return _opened(db, actor, form_id)[1]


def discard(db: Session, actor: Actor, form_id: UUID) -> Unsent:
    """Throw the form away; returns what it was. Raises what `read` does."""
    found, form = _opened(db, actor, form_id)
    db.delete(found)
    return form


def delete_old(db: Session, limit: int) -> int:
    """Delete up to `limit` forms that have waited long enough; returns how many."""
    old = select(UnsentForm.id_hash).where(UnsentForm.created_at < now() - KEPT).limit(limit)
    deleted = delete(UnsentForm).where(UnsentForm.id_hash.in_(old)).returning(UnsentForm.id_hash)
    return len(db.execute(deleted).all())


def _opened(db: Session, actor: Actor, form_id: UUID) -> tuple[UnsentForm, Unsent]:
    found = db.get(UnsentForm, _derived(db, b"id", form_id))
    if found is None or found.created_at < now() - KEPT:
        raise NotFound(
            "Здесь ничего не ждёт отправки: форма уже отправлена, удалена или ждала дольше суток.",
            advice="Проверьте, что сохранилось. Если нужно, заполните форму снова.",
        )
    if found.account_id != actor.account_id:
        raise Forbidden(
            "Эту форму заполнил другой человек. Портал не покажет её вам и не отправит от вашего имени.",
            advice="Если её заполняли вы, выйдите и войдите так же, как входили тогда.",
        )
    nonce, sealed = found.content[:NONCE], found.content[NONCE:]
    plain = AESGCM(_derived(db, b"cipher", form_id)).decrypt(nonce, sealed, found.account_id.bytes)
    return found, msgspec.msgpack.decode(plain, type=Unsent)


def _derived(db: Session, purpose: bytes, form_id: UUID) -> bytes:
    return hmac.new(
        db.portal.secret, b"unsent-form:" + purpose + b":" + form_id.bytes, hashlib.sha256
    ).digest()
