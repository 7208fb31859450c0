"""Tables of consents: the texts people agree to, and who agreed to which."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, now


class ConsentText(Keyed, Base):
    """A version of what an organization and all below it ask people to agree to.

    The nearest organization with a text of the kind decides, its latest `version` holds; a `retired` one asks
    nothing any more. One that `renews` asks everybody anew who agreed to an earlier text. A version is never
    changed: a correction is the next version.
    """

    __tablename__ = "core_consent_text"
    __table_args__ = (UniqueConstraint("organization_id", "kind", "version"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    kind: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    text: Mapped[str]
    renews: Mapped[bool] = mapped_column(default=False)
    retired: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Consent(Keyed, Base):
    """A consent about a person, given to an organization, and how it ended.

    `way` is `portal` or `paper`; `given_by` is whoever gave it in the portal, `signed_by` a name: of that person
    as it was, or of whoever signed the paper, as far as the school wrote it down. `recorded_by` entered a paper.
    `withdrawn_way` is `portal`, `paper`, or `replaced` where a later consent took its place.
    """

    __tablename__ = "core_consent"
    __table_args__ = (Index(None, "organization_id", "kind", "person_id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(80))
    text_id: Mapped[UUID] = mapped_column(ForeignKey("core_consent_text.id"))
    given_on: Mapped[date]
    way: Mapped[str] = mapped_column(String(16))
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    signed_by: Mapped[str] = mapped_column(default="")
    document: Mapped[str] = mapped_column(default="")
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_on: Mapped[date | None]
    withdrawn_way: Mapped[str] = mapped_column(String(16), default="")
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("core_person.id"))
    withdrawal_reason: Mapped[str] = mapped_column(default="")
