"""What the plugin knows about a person, given out and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core.database.session import Session
from core.roles.actor import Actor
from plugins.auth_local import passkeys
from plugins.auth_local.models import Invitation, LocalLogin, Step


def export_person(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """Login and dates; hashes of secrets are no data about the person."""
    known = db.get(LocalLogin, person_id)
    invited = db.scalar(select(Invitation).where(Invitation.person_id == person_id))
    return {
        "логин": known.login if known else None,
        "выдан": known.created_at if known else None,
        "пароль изменён": known.changed_at if known else None,
        "код из приложения включён": known.totp_since if known else None,
        "ключи входа": [
            {"название": each.name, "добавлен": each.created_at, "последний вход": each.used_at}
            for each in passkeys.of_person(db, person_id)
        ],
        "последний вход": known.used_at if known else None,
        "приглашение действует до": invited.expires_at if invited else None,
    }


def erase_person(db: Session, _actor: Actor, person_id: UUID) -> Sequence[str]:
    """Everything goes."""
    for table in (LocalLogin, Invitation, Step):
        db.execute(delete(table).where(table.person_id == person_id))
    return []
