"""What imports have done: each run, and the rows it made and changed as long as it can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Json, Keyed, now

_Replaced = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class ImportRun(Keyed, Base):
    """A file that was loaded into a school.

    `counts` tells the rows by outcome and what was made besides, in words; `mapping` what columns somebody named.
    `undo_task_id` is the work that undoes it; `result` what that has removed and what it had to leave.
    """

    __tablename__ = "core_import_run"
    __table_args__ = (Index(None, "organization_id", "id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str]
    files: Mapped[list[str]] = mapped_column(Json)
    year: Mapped[str] = mapped_column(String(16), default="")
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict[str, Any])
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict[str, Any])
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    author_name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    undo_task_id: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by_name: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict[str, Any])


class ImportedRow(Base):
    """A row that an import made (`before` is null) or changed (`before` has the values it replaced).

    `after` is a digest of what the import wrote (`core.exchange.trace`), to tell whether the row has been changed
    since. Thrown away together with the possibility to undo.
    """

    __tablename__ = "core_imported_row"

    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_import_run.id", ondelete="CASCADE"), primary_key=True
    )
    table: Mapped[str] = mapped_column(String(63), primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(_Replaced)
    after: Mapped[str] = mapped_column(String(32))
