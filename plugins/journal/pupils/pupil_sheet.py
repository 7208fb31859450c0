"""All that the journal holds about one pupil in a term, subject by subject, for those who teach the pupil.

A subject's teacher sees own subjects, a class teacher those of the class, the school's heads all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import case, literal, select

from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import (
    Enrollment,
    PupilGroup,
    SchoolClass,
    Subject,
    Term,
)
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.access import VIEW, PageTerm, chosen_term, group_title, visible
from plugins.journal.external.former_marks import FormerMark, read_former_marks
from plugins.journal.grid.cell_text import average_text, cell_text, written_mark
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.models import OUTSIDE, JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.page_grades import grade_of_page
from plugins.journal.pupil_access import pages_of_pupil, visible_of
from plugins.journal.settings import JournalSettings, settings_of


class SheetEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in one of the pupil's cells."""

    lesson_id: UUID
    day: date
    text: Annotated[str, Meta(description="Что в клетке: «н 4/5».")]
    work: Annotated[str, Meta(description="Вид работы, «вне урока»; пусто у обычного урока.")]
    topic: str
    comment: Annotated[str, Meta(description="Комментарии учителя к отметкам; пусто, если их нет.")]


class SheetSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of the pupil with all its entries of the term, by day."""

    page_id: UUID
    subject: str
    group: Annotated[str, Meta(description="Название группы; пусто, если занимается весь класс.")]
    entries: Annotated[Sequence[SheetEntry], Meta(description="Непустые клетки по порядку уроков.")]
    marks: Annotated[int, Meta(description="Сколько отметок входит в средний балл.")]
    average: Annotated[str, Meta(description="Средневзвешенный балл за период; пусто, если отметок нет.")]
    absences: Annotated[int, Meta(description="Сколько уроков пропущено.")]
    opens: Annotated[
        bool,
        Meta(
            description="Страницу журнала вам можно открыть: не группа из разных классов с чужими учениками."
        ),
    ]
    former: Annotated[
        Sequence[FormerMark],
        Meta(description="Отметки прежней школы за этот период; в средний балл страницы не входят."),
    ] = ()


class PupilSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in one term."""

    pupil_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    school_class_id: UUID
    school_class: str
    term: Annotated[
        PageTerm | None, Meta(description="Учебный период, за который показано; null, если их нет.")
    ]
    terms: Annotated[Sequence[PageTerm], Meta(description="Все периоды этого года.")]
    subjects: Annotated[Sequence[SheetSubject], Meta(description="Предметы, которые вам доступны.")]


def read_pupil_sheet(
    db: Session, actor: Actor, pupil_id: UUID, term: str = "", separator: str = ","
) -> PupilSheet:
    """A pupil's entries in the subjects that `actor` may see, in a term named by its number, else the present one.

    Six statements. Raises `NotFound` for a pupil of whom the actor may see no subject, `Invalid` for an unknown
    term.
    """
    actor.require(VIEW)
    today = school_today(actor)
    place = _place(db, actor, pupil_id, today)
    if place is None:
        raise _unknown()
    terms = _terms(db, place)
    chosen = chosen_term(terms, term, today)
    first, last = (chosen.starts_on, chosen.ends_on) if chosen else (date.min, date.max)
    pages = _pages(db, actor, pupil_id, place, first, last)
    if not pages:
        raise _unknown()
    settings = settings_of(db, actor)
    entries = _entries(db, actor, pupil_id, place, [page.id for page in pages], first, last)
    former = read_former_marks(
        db,
        place.organization_id,
        place.academic_year_id,
        [pupil_id],
        {page.subject_id for page in pages},
        first,
        last,
        chosen.id if chosen else None,
    )
    # Whoever changed the group has a subject on two pages: what was brought along stands at the first.
    first_pages = {page.subject_id: page.id for page in reversed(pages)}
    return PupilSheet(
        pupil_id=pupil_id,
        name=full_name(place.last_name, place.first_name, place.middle_name),
        school_class_id=place.school_class_id,
        school_class=place.class_name,
        term=chosen,
        terms=terms,
        subjects=[
            _subject(
                page,
                entries.get(page.id, []),
                separator,
                settings,
                former.get((pupil_id, page.subject_id), ())
                if first_pages[page.subject_id] == page.id
                else (),
            )
            for page in pages
        ],
    )


def _unknown() -> NotFound:
    return NotFound(
        "Такого ученика нет или его отметки вам не доступны.",
        advice="Откройте журнал и выберите класс из списка.",
    )


def _place(db: Session, actor: Actor, pupil_id: UUID, today: date) -> Any:
    """The pupil with the class of this academic year; the latest, if there were several."""
    organization_id = actor.acting_role.organization_id
    return db.execute(
        select(
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Enrollment.school_class_id,
            Enrollment.academic_year_id,
            Enrollment.organization_id,
            SchoolClass.name.label("class_name"),
            SchoolClass.term_kind,
        )
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            Person.id == pupil_id,
            Enrollment.organization_id == organization_id,
            Enrollment.academic_year_id == current_years(organization_id, today),
        )
        .order_by(Enrollment.starts_on.desc())
        .limit(1)
    ).one_or_none()


def _terms(db: Session, place: Any) -> list[PageTerm]:
    rows = db.scalars(
        select(Term)
        .where(Term.academic_year_id == place.academic_year_id, Term.kind == place.term_kind)
        .order_by(Term.number)
    )
    return [
        PageTerm(
            id=each.id,
            number=each.number,
            name=each.name,
            starts_on=each.starts_on,
            ends_on=each.ends_on,
            is_closed=each.is_closed,
        )
        for each in rows
    ]


def _pages(db: Session, actor: Actor, pupil_id: UUID, place: Any, first: date, last: date) -> Sequence[Any]:
    """The pages of the classes and groups the pupil was in during the term, as far as `actor` may see them."""
    return db.execute(
        select(
            JournalPage.id,
            JournalPage.subject_id,
            Subject.name.label("subject"),
            PupilGroup.name.label("group_name"),
            SchoolClass.name.label("class_name"),
            grade_of_page().label("grade_level"),
            case((visible(actor), literal(1)), else_=literal(0)).label("opens"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id
            == case(
                (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
                else_=PupilGroup.school_class_id,
            ),
        )
        .where(
            visible_of(actor, pupil_id),
            JournalPage.organization_id == place.organization_id,
            JournalPage.academic_year_id == place.academic_year_id,
            pages_of_pupil(pupil_id, first, last),
        )
        .order_by(Subject.position, Subject.name_key, PupilGroup.name)
    ).all()


class _Cell(msgspec.Struct):
    lesson_id: UUID
    day: date
    number: int
    kind: str
    topic: str
    code: str = ""
    minutes: int | None = None
    absent: bool = False
    outside: bool = False
    marks: list[Any] = []


def _entries(
    db: Session,
    actor: Actor,
    pupil_id: UUID,
    place: Any,
    pages: Sequence[UUID],
    first: date,
    last: date,
) -> dict[UUID, list[_Cell]]:
    """The pupil's cells by page, in the order of lessons; two statements."""
    codes = settings_of(db, actor).codes
    cells: dict[UUID, _Cell] = {}
    by_page: dict[UUID, list[_Cell]] = {}
    for table, columns in (
        (
            JournalMark,
            (
                JournalMark.value,
                JournalMark.is_retake,
                JournalMark.score,
                JournalMark.weight,
                JournalMark.comment,
            ),
        ),
        (JournalAttendance, (JournalAttendance.code, JournalAttendance.minutes)),
    ):
        rows = db.execute(
            select(
                table.page_id,
                table.lesson_id,
                table.day,
                JournalLesson.number,
                JournalLesson.control_kind,
                JournalLesson.topic,
                JournalLesson.status,
                *columns,
            )
            .join(JournalLesson, JournalLesson.id == table.lesson_id)
            .where(
                table.organization_id == place.organization_id,
                table.academic_year_id == place.academic_year_id,
                table.pupil_id == pupil_id,
                table.day.between(first, last),
                table.page_id.in_(pages),
            )
            .order_by(*([JournalMark.position] if table is JournalMark else []))
        )
        for row in rows:
            cell = cells.get(row.lesson_id)
            if cell is None:
                cell = _Cell(row.lesson_id, row.day, row.number, row.control_kind, row.topic)
                cell.outside = row.status == OUTSIDE
                cells[row.lesson_id] = cell
                by_page.setdefault(row.page_id, []).append(cell)
            if table is JournalMark:
                cell.marks.append(row)
            else:
                cell.code, cell.minutes = row.code, row.minutes
                cell.absent = row.code in codes and codes[row.code].absent
    kinds = settings_of(db, actor).kinds
    for found in by_page.values():
        found.sort(key=lambda cell: (cell.day, cell.number))
        for cell in found:
            kind = kinds[cell.kind].shown_title if cell.kind in kinds else ""
            cell.kind = ", ".join(filter(None, (_("вне урока") if cell.outside else "", kind)))
    return by_page


def _subject(
    page: Any,
    cells: Sequence[_Cell],
    separator: str,
    settings: JournalSettings,
    former: Sequence[FormerMark],
) -> SheetSubject:
    passes = settings.mark_scale(page.subject, page.grade_level).passes
    counted = [mark for cell in cells for mark in cell.marks if mark.score is not None and not passes]
    return SheetSubject(
        page_id=page.id,
        opens=bool(page.opens),
        subject=page.subject,
        group=group_title(page.group_name, page.class_name, page.subject) if page.group_name else "",
        entries=[
            SheetEntry(
                lesson_id=cell.lesson_id,
                day=cell.day,
                text=cell_text(
                    cell.code, cell.minutes, [written_mark(mark.value, mark.is_retake) for mark in cell.marks]
                ),
                work=cell.kind,
                topic=cell.topic,
                comment=" ".join(mark.comment for mark in cell.marks if mark.comment),
            )
            for cell in cells
        ],
        marks=len(counted),
        average=average_text(
            sum(mark.score * mark.weight for mark in counted), sum(mark.weight for mark in counted), separator
        ),
        absences=sum(cell.absent for cell in cells),
        former=former,
    )
