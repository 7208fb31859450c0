"""Marks of a pupil's former school written beside the journal's own, and taken out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.school_events import FormerMarksTaken
from core.web.i18n import counted, sentence
from plugins.journal.access import MARK, Opened, PageTerm, open_page, require_right
from plugins.journal.external.in_files import (
    HEAVIEST,
    LONGEST,
    MOST,
    ExternalMark,
    mark_here,
    offered,
    one_line,
)
from plugins.journal.external.models import MARK_KIND, TERM_KIND, YEAR_KIND, JournalExternalMark
from plugins.journal.grid.cell_text import score_of
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.stored_cells import raise_version, tell
from plugins.journal.models import JournalPage
from plugins.journal.terms.elsewhere import on_page

PAGE = "journal.page"


def take(db: Session, actor: Actor, page_id: UUID, pupil_id: UUID, marks: Sequence[ExternalMark]) -> int:
    """Write marks of a former school beside the page's own; those that stand there already are left out.

    Returns how many were new. Raises `Invalid` for what is no mark, `Conflict` for days of a closed term or an
    archived year, `Forbidden` on another teacher's page, `NotFound` for a pupil who is not on the page.
    """
    page = _keeps(db, actor, page_id, pupil_id)
    if len(marks) > MOST:
        raise Invalid(
            sentence("За один раз – не больше %(most)s отметок.", most=MOST), advice="Отправьте по частям."
        )
    there = {_key(row) for row in _rows_of(db, page, pupil_id)}
    periods = {row[:4] for row in there if row[1] != MARK_KIND}
    added: list[dict[str, Any]] = []
    for mark in marks:
        term = _checked(page, mark)
        kind = YEAR_KIND if mark.year else MARK_KIND if mark.day else TERM_KIND
        period = (term.id if term else None, kind, mark.grade, mark.half_year)
        key = (*period, mark.day, mark.value, mark.weight, one_line(mark.work))
        if key in there or period in periods:
            continue
        if mark.day is not None:
            require_open_term(page, mark.day)
        there.add(key)
        periods |= {period} if mark.day is None else set()
        added.append(
            {
                "id": new_id(),
                "organization_id": page.organization_id,
                "academic_year_id": page.academic_year_id,
                "pupil_id": pupil_id,
                "subject_id": page.subject_id,
                "kind": kind,
                "day": mark.day,
                "grade_level": mark.grade,
                "half_year": mark.half_year,
                "term_id": term.id if term else None,
                "value": mark.value,
                "score": score_of(mark.value),
                "weight": mark.weight,
                "work": one_line(mark.work),
                "source": one_line(mark.source),
                "author_id": actor.person_id,
            }
        )
    if added:
        db.add_all(JournalExternalMark(**row) for row in added)
        db.flush()
        _note(db, actor, page, "journal.external.take", pupil_id, added)
    return len(added)


def take_from_file(db: Session, actor: Actor, page_id: UUID, pupil_id: UUID) -> int:
    """Write what the pupil's file tells of the page's subject; as `take`, days of closed terms are left out."""
    page = _keeps(db, actor, page_id, pupil_id)
    marks = [
        mark
        for each in offered(db, page)
        if each.pupil == pupil_id
        for mark in each.marks
        if mark.day is None or not _is_closed(page, mark.day)
    ]
    if not marks:
        raise Conflict(
            "В файле прежней школы нет отметок по этому предмету за открытые периоды этого года.",
            advice="Запишите их вручную.",
        )
    return take(db, actor, page_id, pupil_id, marks)


def _is_closed(page: Opened, day: date) -> bool:
    term = page.term_containing(day)
    return term is not None and term.is_closed


def remove(db: Session, actor: Actor, page_id: UUID, mark_id: UUID) -> None:
    """Take a mark of a former school out. Raises as `take`, `NotFound` for what is not there."""
    page = open_page(db, actor, page_id, lock=True)
    require_right(actor, MARK, page.may_mark, None)
    row = db.scalar(
        select(JournalExternalMark).where(
            JournalExternalMark.id == mark_id,
            JournalExternalMark.organization_id == page.organization_id,
            JournalExternalMark.academic_year_id == page.academic_year_id,
            JournalExternalMark.subject_id == page.subject_id,
        )
    )
    if row is None:
        raise NotFound("Такой отметки прежней школы нет.", advice="Обновите страницу.")
    _require_pupil(db, page, row.pupil_id)
    refuse_archived(db.get_one(AcademicYear, page.academic_year_id))
    if row.day is not None:
        require_open_term(page, row.day)
    gone = {"day": row.day, "value": row.value, "weight": row.weight, "source": row.source}
    db.execute(delete(JournalExternalMark).where(JournalExternalMark.id == mark_id))
    _note(db, actor, page, "journal.external.remove", row.pupil_id, [gone])


def _keeps(db: Session, actor: Actor, page_id: UUID, pupil_id: UUID) -> Opened:
    page = open_page(db, actor, page_id, lock=True)
    require_right(actor, MARK, page.may_mark, None)
    refuse_archived(db.get_one(AcademicYear, page.academic_year_id))
    _require_pupil(db, page, pupil_id)
    return page


def _require_pupil(db: Session, page: Opened, pupil_id: UUID) -> None:
    span = (page.terms[0].starts_on, page.terms[-1].ends_on) if page.terms else (date.min, date.max)
    if all(each.id != pupil_id for each in read_pupils(db, page, *span)):
        raise NotFound("Такого ученика на странице нет.", advice="Обновите страницу.")


def _checked(page: Opened, mark: ExternalMark) -> PageTerm | None:
    errors: dict[str, str] = {}
    if (mark.day is not None) + (mark.term is not None) + mark.year + (mark.half_year is not None) != 1:
        errors["day"] = sentence("Укажите день, период или год: что-то одно.")
    elif mark.day is not None and page.term_containing(mark.day) is None:
        errors["day"] = sentence("Выберите день учебного периода этого года.")
    if (mark.half_year is not None and (mark.half_year not in (1, 2) or mark.grade is None)) or (
        mark.grade is not None
        and not (1 <= mark.grade < (page.grade_level or 1) and (mark.year or mark.half_year))
    ):
        errors["grade"] = sentence("Укажите прежний класс: за год или за полугодие в нём.")
    if mark_here(mark.value, page.settings, of_term=mark.day is None) != mark.value:
        errors["value"] = sentence("Это не отметка.")
    if not 1 <= mark.weight <= HEAVIEST:
        errors["weight"] = sentence("Вес – от 1 до %(most)s.", most=HEAVIEST)
    if not one_line(mark.source):
        errors["source"] = sentence("Укажите прежнюю школу.")
    for name in ("source", "work"):
        if len(getattr(mark, name)) > LONGEST:
            errors[name] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST)
    if errors:
        raise Invalid("Отметка не записана.", advice="Исправьте отмеченное.", fields=errors)
    return page.term_numbered(mark.term) if mark.term is not None else None


def _rows_of(db: Session, page: Opened, pupil_id: UUID) -> Sequence[JournalExternalMark]:
    return db.scalars(
        select(JournalExternalMark).where(
            JournalExternalMark.organization_id == page.organization_id,
            JournalExternalMark.academic_year_id == page.academic_year_id,
            JournalExternalMark.pupil_id == pupil_id,
            JournalExternalMark.subject_id == page.subject_id,
        )
    ).all()


def _key(row: JournalExternalMark) -> tuple[Any, ...]:
    return (
        row.term_id,
        row.kind,
        row.grade_level,
        row.half_year,
        row.day,
        row.value,
        row.weight,
        row.work,
    )


def _note(
    db: Session, actor: Actor, page: Opened, action: str, pupil_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> None:
    told = "; ".join(f"{row['day'] or ''} {row['value']}".strip() for row in rows)
    change = {"pupil": str(pupil_id), "marks": told, "source": str(rows[0]["source"])}
    removed = action.endswith("remove")
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action=action,
            subject_type=PAGE,
            subject_id=str(page.id),
            before=change if removed else None,
            after=None if removed else change,
        ),
    )
    # The mark stands on every page of the subject that the pupil is on, and their columns are to be read anew.
    pages = db.scalars(
        select(JournalPage.id).where(
            JournalPage.organization_id == page.organization_id,
            JournalPage.academic_year_id == page.academic_year_id,
            JournalPage.subject_id == page.subject_id,
            on_page(pupil_id),
        )
    ).all()
    versions = {each: raise_version(db, each, lessons=True) for each in pages}
    db.publish(
        FormerMarksTaken(
            organization_id=page.organization_id,
            page_id=page.id,
            pupil_id=pupil_id,
            subject_id=page.subject_id,
            step="removed" if removed else "taken",
            version=versions[page.id],
        )
    )
    for each, version in versions.items():
        tell(db, each, version)
