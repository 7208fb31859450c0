"""A class with known term marks, and how its reports are asked for."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openpyxl import load_workbook
from sqlalchemy import delete, select

from core.database.base import new_id
from plugins.journal.models import JournalPage
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import TeachersPage

API = "/api/v1/journal/reports"
MARKS: Sequence[tuple[str, str]] = (("5", "5"), ("5", "4"), ("4", "3"), ("3", "3"), ("2", "4"), ("н/а", "5"))
"""What the first pupils of the class have in two subjects; the others have nothing."""


def set_term_marks(page: TeachersPage, marks: Sequence[tuple[str, str]]) -> None:
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.pupil_id.in_(page.pupils)))
        journal = db.get_one(JournalPage, page.page_id)
        other = db.scalars(
            select(JournalPage.id)
            .where(
                JournalPage.school_class_id == page.school_class_id,
                JournalPage.pupil_group_id.is_(None),
                JournalPage.subject_id != page.subject_id,
            )
            .order_by(JournalPage.id)
            .limit(1)
        ).one()
        for pupil, values in zip(page.pupils, marks, strict=False):
            for page_id, value in zip((page.page_id, other), values, strict=True):
                db.add(term_mark(page, journal, pupil, page.term.id, value, page_id))


def term_mark(
    page: TeachersPage,
    journal: JournalPage,
    pupil: UUID,
    term_id: UUID,
    value: str,
    page_id: UUID | None = None,
) -> JournalTermMark:
    """A mark of a term, on the tested page or on another."""
    return JournalTermMark(
        id=new_id(),
        organization_id=page.organization_id,
        academic_year_id=journal.academic_year_id,
        page_id=page_id or page.page_id,
        pupil_id=pupil,
        kind="term",
        term_id=term_id,
        value=value,
        score=int(value) if value.isdigit() else None,
    )


def class_url(page: TeachersPage) -> str:
    return f"{API}/classes/{page.school_class_id}?column={page.term.number}"


def period(page: TeachersPage) -> str:
    return f"first={page.term.starts_on}&last={page.term.ends_on}"


def rows(content: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content))
    return list(book.worksheets[sheet].iter_rows(values_only=True))


def ids(pupils: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["id"] for each in pupils}
