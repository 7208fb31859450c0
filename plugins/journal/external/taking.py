"""Marks of a pupil's former school: read out of the signed file they came with, typed by hand, taken out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.names import sort_key
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear
from core.pupil_files.models import FormerSchool
from core.roles.actor import Actor
from core.school_events import FormerMarksTaken
from core.web.i18n import counted, sentence
from plugins.journal.access import MARK, Opened, PageTerm, open_page, require_right
from plugins.journal.external.models import MARK_KIND, TERM_KIND, JournalExternalMark
from plugins.journal.grid.cell_text import score_of
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.stored_cells import raise_version, tell
from plugins.journal.models import JournalPage
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.elsewhere import on_page
from plugins.journal.terms.proposals import EXEMPT, NOT_ATTESTED

PAGE = "journal.page"
MARKS_KEY, TERM_MARKS_KEY = "отметки", "отметки за периоды"
DAY_KEY, SUBJECT_KEY, MARK_KEY, WEIGHT_KEY, WORK_KEY = "день", "предмет", "отметка", "вес", "работа"
FIRST_KEY, LAST_KEY = "с", "по"
"""What our pupil files call a pupil's marks, see `checks.export_person`; `docs/import.md` describes them."""
MOST = 500
LONGEST = 200
HEAVIEST = 100


class ExternalMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of the former school, of a day or of a term."""

    value: Annotated[str, Meta(max_length=16, description="Отметка: `5`, `зач`, за период и `н/а`, `осв`.")]
    day: Annotated[date | None, Meta(description="День отметки; null у отметки за период.")] = None
    term: Annotated[
        int | None, Meta(description="За какой период нашего года, считая с 1; null у отметки за день.")
    ] = None
    weight: Annotated[int, Meta(description="Вес, от 1 до 100.")] = 1
    work: Annotated[str, Meta(max_length=500, description="За что; может быть пусто.")] = ""
    source: Annotated[str, Meta(max_length=500, description="Прежняя школа.")]


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil's file tells of this subject in this academic year."""

    pupil: UUID
    pupil_name: str
    school: str
    marks: Sequence[ExternalMark]


def offered(db: Session, page: Opened) -> list[Offered]:
    """What the files of the page's pupils tell of its subject in this year; two statements, one without files."""
    if not page.terms:
        return []
    first, last = page.terms[0].starts_on, page.terms[-1].ends_on
    pupils = {each.id: each for each in read_pupils(db, page, first, last)}
    files = db.scalars(
        select(FormerSchool)
        .where(FormerSchool.organization_id == page.organization_id, FormerSchool.person_id.in_(list(pupils)))
        .order_by(FormerSchool.taken_at)
    )
    found: list[Offered] = []
    for file in files:
        marks = marks_in_file(file.parts, page, file.school)
        if marks:
            found.append(
                Offered(
                    pupil=file.person_id,
                    pupil_name=pupils[file.person_id].name,
                    school=file.school,
                    marks=marks,
                )
            )
    return found


def marks_in_file(parts: Mapping[str, Any], page: Opened, school: str) -> list[ExternalMark]:
    """The marks of the page's subject and year in what came with a pupil; what cannot be read is left out."""
    found: list[ExternalMark] = []
    for part in parts.values():
        for row in _rows(part, MARKS_KEY, page):
            day = _day(row.get(DAY_KEY))
            value = _value(row.get(MARK_KEY), page.settings, of_term=False)
            if day is None or not value or page.term_containing(day) is None:
                continue
            weight = row.get(WEIGHT_KEY)
            found.append(
                ExternalMark(
                    value=value,
                    day=day,
                    weight=weight if isinstance(weight, int) and 1 <= weight <= HEAVIEST else 1,
                    work=_line(row.get(WORK_KEY)),
                    source=school,
                )
            )
        for row in _rows(part, TERM_MARKS_KEY, page):
            value = _value(row.get(MARK_KEY), page.settings, of_term=True)
            term = _term(page, row)
            if value and term is not None:
                found.append(ExternalMark(value=value, term=term.number, source=school))
    return found[:MOST]


def _rows(part: Any, key: str, page: Opened) -> list[dict[str, Any]]:
    rows = cast("dict[str, Any]", part).get(key) if isinstance(part, dict) else None
    if not isinstance(rows, list):
        return []
    wanted = sort_key(page.subject)
    return [
        cast("dict[str, Any]", row)
        for row in cast("list[Any]", rows)
        if isinstance(row, dict) and sort_key(str(cast("dict[str, Any]", row).get(SUBJECT_KEY, ""))) == wanted
    ]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _line(value: Any) -> str:
    return " ".join(str(value or "").split())[:LONGEST]


def _term(page: Opened, row: Mapping[str, Any]) -> PageTerm | None:
    """Our term that the mark is for: the same name, or most of the same days."""
    first, last = _day(row.get(FIRST_KEY)), _day(row.get(LAST_KEY))
    if first is None or last is None:
        return None
    best = max(page.terms, key=lambda term: min(term.ends_on, last) - max(term.starts_on, first))
    shared = (min(best.ends_on, last) - max(best.starts_on, first)).days + 1
    return best if 2 * shared > (best.ends_on - best.starts_on).days + 1 else None


def _value(value: Any, settings: JournalSettings, *, of_term: bool) -> str:
    """The mark in one spelling; empty for what is none here."""
    text = str(value or "").strip().casefold()
    if text.isascii() and text.isdigit() and len(text) <= 3:
        number = int(text)
        return str(number) if settings.lowest_mark <= number <= settings.highest_mark else ""
    if text in settings.words or (of_term and text in (NOT_ATTESTED, EXEMPT)):
        return text
    return ""


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
    terms = {row[0] for row in there if row[0] is not None}
    added: list[dict[str, Any]] = []
    for mark in marks:
        term = _checked(page, mark)
        key = (term.id if term else None, mark.day, mark.value, mark.weight, _line(mark.work))
        if key in there or (term is not None and term.id in terms):
            continue
        if term is None and mark.day is not None:
            require_open_term(page, mark.day)
        there.add(key)
        terms |= {term.id} if term else set()
        added.append(
            {
                "id": new_id(),
                "organization_id": page.organization_id,
                "academic_year_id": page.academic_year_id,
                "pupil_id": pupil_id,
                "subject_id": page.subject_id,
                "kind": TERM_KIND if term else MARK_KIND,
                "day": mark.day,
                "term_id": term.id if term else None,
                "value": mark.value,
                "score": score_of(mark.value),
                "weight": mark.weight,
                "work": _line(mark.work),
                "source": _line(mark.source),
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
    if (mark.day is None) == (mark.term is None):
        errors["day"] = sentence("Укажите день или период: что-то одно.")
    elif mark.day is not None and page.term_containing(mark.day) is None:
        errors["day"] = sentence("Выберите день учебного периода этого года.")
    if _value(mark.value, page.settings, of_term=mark.term is not None) != mark.value:
        errors["value"] = sentence("Это не отметка.")
    if not 1 <= mark.weight <= HEAVIEST:
        errors["weight"] = sentence("Вес – от 1 до %(most)s.", most=HEAVIEST)
    if not _line(mark.source):
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
    return row.term_id, row.day, row.value, row.weight, row.work


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


class ListedMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a former school as the page shows it."""

    id: UUID
    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    value: Annotated[str, Meta(description="Отметка.")]
    day: Annotated[date | None, Meta(description="День; null у отметки за период.")]
    term: Annotated[str, Meta(description="Название периода; пусто у отметки за день.")]
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
            term=terms[row.term_id].name if row.term_id is not None and row.term_id in terms else "",
            weight=row.weight,
            work=row.work,
            source=row.source,
        )
        for row in listed
    ]
