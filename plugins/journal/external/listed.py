"""Marks of former schools of a page's pupils, as a list."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.web.i18n import gettext as _
from plugins.journal.access import Opened
from plugins.journal.external.models import YEAR_KIND, JournalExternalMark
from plugins.journal.grid.gradebook import read_pupils


def period_title(row: Any, term: str) -> str:
    """What a mark is for unless a day: `term`, «Год», «10 класс, 1 полугодие»; of a day it is empty."""
    grade = _("%s класс") % row.grade_level if row.grade_level else ""
    half_year = _("%s полугодие") % row.half_year if row.half_year else ""
    year = _("Год") if row.kind == YEAR_KIND else ""
    return ", ".join(filter(None, (grade, half_year, year.lower() if grade else year, term)))


class ListedMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a former school as the page shows it."""

    id: UUID
    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    value: Annotated[str, Meta(description="Отметка.")]
    day: Annotated[date | None, Meta(description="День; null у отметки за период.")]
    term: Annotated[
        str,
        Meta(
            description="За что, если не за день: «1 четверть», «Год», «10 класс, 1 полугодие»; иначе пусто."
        ),
    ]
    weight: Annotated[int, Meta(description="Вес.")]
    work: Annotated[str, Meta(description="За что; может быть пусто.")]
    source: Annotated[str, Meta(description="Прежняя школа.")]


def list_external(db: Session, page: Opened) -> list[ListedMark]:
    """Marks of former schools of an opened page's pupils, by name and day; two statements."""
    if not page.terms:
        return []
    pupils = {
        each.id: each.name for each in read_pupils(db, page, page.terms[0].starts_on, page.terms[-1].ends_on)
    }
    terms = {term.id: term for term in page.terms}
    rows = db.scalars(
        select(JournalExternalMark).where(
            JournalExternalMark.organization_id == page.organization_id,
            JournalExternalMark.academic_year_id == page.academic_year_id,
            JournalExternalMark.subject_id == page.subject_id,
            JournalExternalMark.pupil_id.in_(list(pupils)),
        )
    )
    order = {pupil_id: at for at, pupil_id in enumerate(pupils)}
    listed = sorted(rows, key=lambda row: (order[row.pupil_id], row.day or date.max, row.id))
    return [
        ListedMark(
            id=row.id,
            pupil=row.pupil_id,
            pupil_name=pupils[row.pupil_id],
            value=row.value,
            day=row.day,
            term=period_title(row, terms[row.term_id].name if row.term_id and row.term_id in terms else ""),
            weight=row.weight,
            work=row.work,
            source=row.source,
        )
        for row in listed
    ]
