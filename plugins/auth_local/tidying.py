"""Forgetting what is over: attempts, steps, invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from core.database.base import now
from plugins.auth_local.models import Attempts, Invitation, SpentChallenge, Step
from plugins.auth_local.waits import KEPT

TIDY = "auth_local.tidy"
EVERY = timedelta(hours=6)


def tidy(task: Any) -> None:
    """Delete what has no effect any more."""
    moment = now()
    with task.portal.database.transaction() as db:
        db.execute(delete(Attempts).where(Attempts.last_at < moment - KEPT))
        db.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < moment))
        db.execute(delete(Step).where(Step.expires_at < moment))
        db.execute(delete(Invitation).where(Invitation.expires_at < moment))
