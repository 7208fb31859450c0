"""Sign-ins that are not finished: what one browser still has to do, remembered for a quarter of an hour."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core.database.base import now
from core.database.session import Session
from core.identity.sessions import digest
from plugins.auth_local.models import Step

LIFETIME = timedelta(minutes=15)
SIGN_IN, INVITATION = "sign_in", "invitation"


def begin(db: Session, kind: str, person_id: UUID, next_address: str) -> str:
    """Remember a step; returns what the browser's cookie keeps."""
    token = secrets.token_urlsafe(32)
    db.add(
        Step(
            token_hash=digest(token),
            kind=kind,
            person_id=person_id,
            next_address=next_address,
            state={},
            expires_at=now() + LIFETIME,
        )
    )
    return token


def find(db: Session, kind: str, token: str) -> Step | None:
    """The step of this browser, if it is not too old."""
    if not token:
        return None
    return db.scalar(
        select(Step).where(Step.token_hash == digest(token), Step.kind == kind, Step.expires_at > now())
    )


def put_down(step: Step, **state: Any) -> None:
    """Note what has been done."""
    step.state = {**step.state, **state}


def end(db: Session, step: Step) -> None:
    """The step is done and cannot be done again."""
    db.execute(delete(Step).where(Step.token_hash == step.token_hash))
