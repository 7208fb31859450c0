"""The record of what was deleted by the rules of storage."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class RetentionRun(Keyed, Base):
    """That a rule was applied: how many rows older than so many days went."""

    __tablename__ = "core_retention_run"
    __table_args__ = (Index(None, "rule", "at"),)

    rule: Mapped[str] = mapped_column(String(40))
    days: Mapped[int]
    removed: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
