"""Marks of former schools as they stand beside a pupil's own: in the grid, on the pupil's sheet, on papers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import or_, select

from core.database.session import Session
from core.organizations.models import Term
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.external.models import MARK_KIND, TERM_KIND, JournalExternalMark


class FormerMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a pupil's former school in a subject."""

    value: Annotated[str, Meta(description="Отметка.")]
    day: Annotated[date | None, Meta(description="День; null у отметки за период.")]
    term: Annotated[str, Meta(description="Название периода; пусто у отметки за день.")]
    weight: Annotated[int, Meta(description="Вес.")]
    work: Annotated[str, Meta(description="За что; может быть пусто.")]
    source: Annotated[str, Meta(description="Прежняя школа.")]

    @property
    def when(self) -> str:
        """The day, or the term that it is for."""
        return show_short_day(self.day) if self.day else self.term

    @property
    def about(self) -> str:
        """«14.09.2026, Контрольная, вес 3»."""
        weight = _("вес %s") % self.weight if self.weight != 1 else ""
        return ", ".join(filter(None, (self.when, self.work, weight)))


FormerMarks = Mapping[tuple[UUID, UUID], Sequence[FormerMark]]
"""By pupil and subject, in the order of days; marks of terms come last."""


def read_former_marks(
    db: Session,
    organization_id: UUID,
    academic_year_id: UUID,
    pupils: Collection[UUID],
    subjects: Collection[UUID],
    first: date,
    last: date,
    term_id: UUID | None,
) -> FormerMarks:
    """Marks of the days from `first` to `last` and of the term; one statement. The caller has asked for the right."""
    rows: Sequence[Any] = db.execute(
        select(
            JournalExternalMark.pupil_id,
            JournalExternalMark.subject_id,
            JournalExternalMark.day,
            Term.name,
            JournalExternalMark.value,
            JournalExternalMark.weight,
            JournalExternalMark.work,
            JournalExternalMark.source,
        )
        .outerjoin(Term, Term.id == JournalExternalMark.term_id)
        .where(
            JournalExternalMark.organization_id == organization_id,
            JournalExternalMark.academic_year_id == academic_year_id,
            JournalExternalMark.subject_id.in_(subjects),
            JournalExternalMark.pupil_id.in_(pupils),
            or_(
                (JournalExternalMark.kind == MARK_KIND) & JournalExternalMark.day.between(first, last),
                (JournalExternalMark.kind == TERM_KIND) & (JournalExternalMark.term_id == term_id),
            ),
        )
        .order_by(JournalExternalMark.id)
    ).all()
    found: dict[tuple[UUID, UUID], list[FormerMark]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.day or date.max):
        found[row.pupil_id, row.subject_id].append(
            FormerMark(
                value=row.value,
                day=row.day,
                term=row.name or "",
                weight=row.weight,
                work=row.work,
                source=row.source,
            )
        )
    return found


def in_words(marks: Iterable[FormerMark]) -> str:
    """«5 (14.09.2026, Контрольная), 4 (15.09.2026); Лицей № 2», school by school."""
    by_school: dict[str, list[str]] = {}
    for mark in marks:
        by_school.setdefault(mark.source, []).append(f"{mark.value} ({mark.about})")
    return ". ".join(f"{', '.join(told)}; {source}" for source, told in by_school.items())
