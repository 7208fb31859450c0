"""The table of background tasks: a queue, a record of what ran, and the source of progress bars."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now
from core.database.words import Words

QUEUED = "queued"
RUNNING = "running"
DONE = "done"
FAILED = "failed"
CANCELLED = "cancelled"
FINISHED = (DONE, FAILED, CANCELLED)


class Task(Keyed, Base):
    """One piece of background work, written in the transaction of the change that causes it.

    `status` is `queued`, `running`, `done`, `failed` or `cancelled`. Whoever runs it holds it until
    `locked_until`; `attempts` grows with each claim, so that a runner that lost its hold cannot
    overwrite what a later one did. `rerun` asks for one more round after the present one: the work was
    queued again, by its `key`, while it was running.
    """

    __tablename__ = "core_task"
    __table_args__ = (Index(None, "status", "run_at"),)

    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(16), default=QUEUED)
    run_at: Mapped[datetime] = mapped_column(default=now)
    locked_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    rerun: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[int | None] = mapped_column(SmallInteger)
    progress_text: Mapped[str] = mapped_column(Words(1000), default="")
    error: Mapped[str] = mapped_column(Words(1000), default="")
    error_id: Mapped[str] = mapped_column(String(16), default="")
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("core_person.id", ondelete="SET NULL"), index=True
    )
    role_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("core_organization.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
