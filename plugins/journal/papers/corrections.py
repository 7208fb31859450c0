"""What was changed in a journal after its terms had been closed: the list of corrections for the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.session import Session
from core.identity.models import Person
from core.roles.actor import Actor
from core.web.i18n import show_short_day
from plugins.journal.access import PageTerm
from plugins.journal.grid.history import cell_line, lesson_words
from plugins.journal.grid.stored_cells import CELL
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.models import JournalLesson
from plugins.journal.terms.journal_term_marks import TERM_MARK, told

BATCH = 1000


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A change made after the term of its lesson was first closed. `what` is in words, with its reason."""

    at: datetime
    who: str
    page: str
    day: date | None
    pupil: str
    what: str


def corrections_of(
    db: Session,
    organization_id: UUID,
    academic_year_id: UUID,
    terms: Sequence[PageTerm],
    pages: Mapping[UUID, str],
) -> list[Correction]:
    """The changes on `pages` (by id, with their titles) after their terms were first closed, in their order.

    Terms that were never closed have none. The caller has asked for the right to see the pages.
    """
    closings = _first_closings(db, organization_id, academic_year_id, terms)
    if not closings or not pages:
        return []
    chain = str(organization_id)
    since = min(record.sequence for record in closings.values())
    lessons: dict[str, Any] = {
        str(row.id): row
        for row in db.execute(
            select(JournalLesson.id, JournalLesson.page_id, JournalLesson.day).where(
                JournalLesson.organization_id == organization_id,
                JournalLesson.academic_year_id == academic_year_id,
                JournalLesson.page_id.in_(list(pages)),
            )
        )
    }
    found = [
        (record, *place)
        for record in _records_since(db, chain, since)
        if (place := _place(record, lessons, terms, closings, pages)) is not None
    ]
    names = _names(db, {pupil for _record, _page, _day, pupil in found if pupil})
    return [
        Correction(
            at=record.at,
            who=record.person_name,
            page=pages[page_id],
            day=day,
            pupil=names.get(pupil, ""),
            what=_words(record),
        )
        for record, page_id, day, pupil in found
    ]


def correction_rows(corrections: Sequence[Correction], timezone: str) -> Iterator[list[str]]:
    """Rows of a table: when, who, where, whose, what."""
    zone = ZoneInfo(timezone)
    for each in corrections:
        moment = each.at.astimezone(zone)
        yield [
            f"{show_short_day(moment.date())} {moment:%H:%M}",
            each.who,
            each.page,
            show_short_day(each.day) if each.day else "",
            each.pupil,
            each.what,
        ]


def _first_closings(
    db: Session, organization_id: UUID, academic_year_id: UUID, terms: Sequence[PageTerm]
) -> Mapping[UUID, AuditRecord]:
    """The record of the first closing of each term, by the term's id."""
    by_name = {term.name: term.id for term in terms}
    found: dict[UUID, AuditRecord] = {}
    for record in db.scalars(
        select(AuditRecord)
        .where(
            AuditRecord.subject_type == "academic_year",
            AuditRecord.subject_id == str(academic_year_id),
            AuditRecord.chain == str(organization_id),
            AuditRecord.action == "core.term.close",
        )
        .order_by(AuditRecord.sequence)
    ):
        term_id = by_name.get(str((record.after or {}).get("name", "")))
        if term_id is not None:
            found.setdefault(term_id, record)
    return found


def _records_since(db: Session, chain: str, sequence: int) -> Iterator[AuditRecord]:
    while True:
        records = db.scalars(
            select(AuditRecord)
            .where(
                AuditRecord.chain == chain,
                AuditRecord.sequence > sequence,
                AuditRecord.subject_type.in_((CELL, LESSON, TERM_MARK)),
            )
            .order_by(AuditRecord.sequence)
            .limit(BATCH)
        ).all()
        yield from records
        if len(records) < BATCH:
            return
        sequence = records[-1].sequence


def _place(
    record: AuditRecord,
    lessons: Mapping[str, Any],
    terms: Sequence[PageTerm],
    closings: Mapping[UUID, AuditRecord],
    pages: Mapping[UUID, str],
) -> tuple[UUID, date | None, UUID | None] | None:
    """The page, the lesson's day and the pupil of a correction; None for any other change."""
    parts = record.subject_id.split(":")
    if record.subject_type == TERM_MARK:
        page_id, term_id = _id(parts[0]), _id(parts[-1])
        closing = closings.get(term_id) if term_id else None
        if page_id is None or page_id not in pages or len(parts) < 3:
            return None
        if closing is None or record.sequence < closing.sequence:
            return None
        return page_id, None, _id(parts[1])
    lesson = lessons.get(parts[0])
    if lesson is None:
        return None
    term = next((each for each in terms if each.starts_on <= lesson.day <= each.ends_on), None)
    closing = closings.get(term.id) if term else None
    if closing is None or record.sequence < closing.sequence:
        return None
    return lesson.page_id, lesson.day, _id(parts[1]) if len(parts) > 1 else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _names(db: Session, people: set[UUID]) -> Mapping[UUID | None, str]:
    return {
        person.id: person.short_name
        for person in db.scalars(select(Person).where(Person.id.in_(list(people))))
    }


def _words(record: AuditRecord) -> str:
    if record.subject_type == TERM_MARK:
        return told(record)
    words = cell_line(record).what if record.subject_type == CELL else lesson_words(record)
    return f"{words}. {record.reason}" if record.reason else words


def corrections_for(
    db: Session, actor: Actor, school_class: Any, terms: Sequence[PageTerm], pages: Mapping[UUID, str]
) -> list[list[str]]:
    """The corrections of a class's pages as rows, in the school's own time."""
    found = corrections_of(db, school_class.organization_id, school_class.academic_year_id, terms, pages)
    return list(correction_rows(found, actor.role.timezone if actor.role else "UTC"))
