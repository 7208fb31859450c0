"""The table of exemptions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now

EXEMPT_KIND, APART = "exempt", "apart"


class JournalExemption(Keyed, Base):
    """A pupil who does not take a subject with the class from `first_day` to `last_day`, both included.

    `kind` is `exempt` (by a medical paper, say) or `apart`: taught the subject apart from the class, at home or by an
    individual plan, with a journal page of an own group. `reason` is for whoever teaches the pupil, `basis` names the
    paper. `withdrawn_at` says that it was put by mistake and holds no longer.
    """

    __tablename__ = "journal_exemption"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "subject_id"),
        Index(None, "organization_id", "academic_year_id", "pupil_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    pupil_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    kind: Mapped[str] = mapped_column(String(8), default="exempt")
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
