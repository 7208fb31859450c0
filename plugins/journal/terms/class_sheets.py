"""The summary sheet of a class (сводная ведомость): pupils by subjects, for a term or for the year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import SchoolClass, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import VIEW, PageTerm
from plugins.journal.behaviour.stored import behaviour_of_class
from plugins.journal.lessons.journal_pages import PageLine
from plugins.journal.scales import BehaviourKind, MarkScale
from plugins.journal.settings import JournalSettings, settings_of
from plugins.journal.terms.class_members import (
    ClassPupil,
    members_of_groups,
    pages_of_class_pupils,
    pupils_of_class,
)
from plugins.journal.terms.journal_term_marks import TITLES, ColumnName
from plugins.journal.terms.proposals import NOT_ATTESTED, propose_year
from plugins.journal.terms.standings import (
    EXAM,
    FINAL,
    YEAR,
    Slot,
    Standing,
    Standings,
    propose,
    read_standings,
)


class SheetColumn(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet may be about: a term, the year, exams, final marks."""

    name: ColumnName
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]
    is_closed: Annotated[bool, Meta(description="Период закрыт.")] = False


class SheetSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a sheet: a subject of the class. `pages` are its journal pages the reader may open."""

    id: UUID
    name: Annotated[str, Meta(description="Название предмета.")]
    short_name: Annotated[str, Meta(description="Краткое название предмета.")]
    pages: Annotated[
        Sequence[UUID],
        Meta(description="Страницы журнала этого предмета в классе, которые вам можно открыть."),
    ]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]


class SheetCell(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's mark in a subject. Not `expected` is whoever does not learn the subject in this class."""

    value: Annotated[
        str, Meta(description="Отметка; пусто – не выставлена; «5/4» – разные в двух группах.")
    ] = ""
    proposed: Annotated[
        str, Meta(description="Что предложено, пока отметка не выставлена; пусто – ничего.")
    ] = ""
    expected: Annotated[bool, Meta(description="Ученик изучает предмет: отметка должна быть.")] = True
    failing: Annotated[bool, Meta(description="Отметка неудовлетворительная, н/а или незачёт.")] = False
    page: Annotated[UUID | None, Meta(description="Страница журнала; null, если её нет.")] = None


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil of a sheet."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    cells: Annotated[Sequence[SheetCell], Meta(description="Отметки по порядку предметов.")]
    behaviour: Annotated[str, Meta(description="Поведение: `обр`, `зач`, `5`; пусто – не выставлено.")] = ""


class ClassSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of a class."""

    school_class_id: UUID
    class_name: Annotated[str, Meta(description="Название класса: «7А».")]
    column: Annotated[SheetColumn, Meta(description="За что показана ведомость.")]
    columns: Annotated[Sequence[SheetColumn], Meta(description="За что ведомость можно показать.")]
    subjects: Annotated[Sequence[SheetSubject], Meta(description="Предметы: столбцы ведомости.")]
    lines: Annotated[Sequence[SheetLine], Meta(description="Ученики: строки ведомости.")]
    without_marks: Annotated[bool, Meta(description="Класс учится без отметок.")]
    behaviour: Annotated[
        BehaviourKind,
        Meta(description="Как ставят поведение: `off` – не ставят, `pass_fail`, `levels` или `five`."),
    ] = "off"

    @property
    def with_behaviour(self) -> bool:
        """Whether the sheet has a column of behaviour: it is put for terms and the year."""
        return self.behaviour != "off" and self.column.name not in (EXAM, FINAL)

    @property
    def empty(self) -> int:
        """How many marks are missing."""
        return sum(cell.expected and not cell.value for line in self.lines for cell in line.cells)


def sheets_of(actor: Actor, pages: Sequence[PageLine]) -> Mapping[str, UUID]:
    """The classes of journal pages whose sheets are for the actor to see, by name."""
    whole = actor.reach(VIEW) not in (None, Reach.OWN)
    own = actor.role.school_class_id if actor.role else None
    return {
        page.class_name: page.school_class_id
        for page in pages
        if page.school_class_id is not None and (whole or page.school_class_id == own)
    }


def read_class_sheet(db: Session, actor: Actor, class_id: UUID, name: str = "") -> ClassSheet:
    """The sheet of a class for the column `name`, without it for the present term; five statements, with behaviour six.

    A class teacher sees the own class, whoever sees all journals every class. Raises `NotFound` for another's
    class and for an unknown column.
    """
    school_class, terms = class_with_terms(db, actor, class_id)
    settings = settings_of(db, actor)
    today = school_today(actor)
    column, term = _chosen(school_class.grade_level, terms, settings, name, today)
    span = (
        (term or terms[0]).starts_on if terms else date.min,
        (term or terms[-1]).ends_on if terms else date.max,
    )
    pupils = pupils_of_class(db, class_id, *span)
    known = None if settings.without_marks(school_class.grade_level) else settings
    pages = pages_of_class_pupils(db, actor, school_class, class_id, list(pupils))
    groups = members_of_groups(
        db, [row.pupil_group_id for row in pages if row.pupil_group_id], list(pupils), *span
    )
    standings = read_standings(
        db,
        school_class.organization_id,
        school_class.academic_year_id,
        [row.id for row in pages],
        [term.id] if term else [each.id for each in terms] if column.name == YEAR else [],
        settings,
        today,
        passing=[row.id for row in pages if settings.mark_scale(row.subject, row.grade_level).passes],
    )
    by_subject: dict[UUID, list[Any]] = defaultdict(list)
    for row in pages:
        by_subject[row.subject_id].append(row)
    slot: Slot = term.id if term else column.name
    behaved: Mapping[UUID, str] = (
        behaviour_of_class(db, school_class, class_id, term.id if term else None)
        if settings.behaviour != "off" and slot not in (EXAM, FINAL)
        else dict[UUID, str]()
    )
    return ClassSheet(
        school_class_id=class_id,
        class_name=school_class.name,
        column=column,
        columns=columns_of_class(school_class.grade_level, terms, settings),
        subjects=[
            SheetSubject(
                id=subject_id,
                name=rows[0].subject,
                short_name=rows[0].short_name or rows[0].subject,
                pages=[row.id for row in rows if row.opens],
                scale=settings.mark_scale(rows[0].subject, rows[0].grade_level),
            )
            for subject_id, rows in by_subject.items()
        ],
        lines=[
            SheetLine(
                id=pupil.id,
                name=pupil.name,
                cells=[
                    _cell(pupil, rows, groups, standings, slot, settings, known, terms)
                    for rows in by_subject.values()
                ],
                behaviour=behaved.get(pupil.id, ""),
            )
            for pupil in pupils.values()
        ],
        without_marks=known is None,
        behaviour=settings.behaviour,
    )


def class_with_terms(db: Session, actor: Actor, class_id: UUID) -> tuple[Any, list[PageTerm]]:
    """A class whose sheet is for the actor to see, and its terms. Raises `Forbidden`, `NotFound`."""
    reach = actor.require(VIEW)
    own = actor.role.school_class_id if actor.role else None
    rows: Sequence[Any] = (
        []
        if reach is Reach.OWN and own != class_id
        else db.execute(
            select(
                SchoolClass.name,
                SchoolClass.grade_level,
                SchoolClass.organization_id,
                SchoolClass.academic_year_id,
                Term,
            )
            .outerjoin(
                Term,
                (Term.academic_year_id == SchoolClass.academic_year_id)
                & (Term.kind == SchoolClass.term_kind),
            )
            .where(SchoolClass.id == class_id, within(actor, VIEW, SchoolClass.organization_id))
            .order_by(Term.number)
        ).all()
    )
    if not rows:
        raise NotFound(
            "Такого класса нет или он вам не доступен.",
            advice="Ведомость видят классный руководитель, завуч и директор.",
        )
    return rows[0], [
        PageTerm(
            id=term.id,
            number=term.number,
            name=term.name,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            is_closed=term.is_closed,
        )
        for term in (row.Term for row in rows)
        if term is not None
    ]


def columns_of_class(grade: int, terms: Sequence[PageTerm], settings: JournalSettings) -> list[SheetColumn]:
    """What a sheet of the class may be about."""
    kinds = (YEAR, EXAM, FINAL) if settings.with_exams(grade) else (YEAR,)
    return [
        *(SheetColumn(name=str(each.number), title=each.name, is_closed=each.is_closed) for each in terms),
        *(SheetColumn(name=kind, title=str(TITLES[kind])) for kind in kinds),
    ]


def _chosen(
    grade: int, terms: Sequence[PageTerm], settings: JournalSettings, name: str, today: date
) -> tuple[SheetColumn, PageTerm | None]:
    begun = [term for term in terms if term.starts_on <= today]
    wanted = name or (str((begun[-1] if begun else terms[0]).number) if terms else YEAR)
    column = next((each for each in columns_of_class(grade, terms, settings) if each.name == wanted), None)
    if column is None:
        raise NotFound("Такого столбца итоговых отметок нет.", advice="Выберите период или год из списка.")
    return column, next((term for term in terms if str(term.number) == wanted), None)


def _cell(
    pupil: ClassPupil,
    pages: Sequence[Any],
    groups: Mapping[UUID, set[UUID]],
    standings: Standings,
    slot: Slot,
    settings: JournalSettings,
    known: JournalSettings | None,
    terms: Sequence[PageTerm],
) -> SheetCell:
    """The mark of the page the pupil belongs to; a pupil who changed the group has it where it was set.

    Different marks of two groups of the subject stand side by side: the sheet does not choose between them.
    Nothing is proposed where the settings are not `known`: the class is taught without marks.
    """
    own = [row for row in pages if row.pupil_group_id and pupil.id in groups.get(row.pupil_group_id, ())]
    own = own or [row for row in pages if not row.pupil_group_id]
    if not own:
        return SheetCell(expected=False)
    standing, page = Standing(), own[0]
    values: dict[str, Any] = {}
    for row in own:
        found = standings.get((row.id, pupil.id), {}).get(slot)
        if found is None:
            continue
        if found.mark is not None:
            values.setdefault(found.mark.value, row)
        standing, page = found, row
    scale = settings.mark_scale(page.subject, page.grade_level)
    if values:
        return SheetCell(
            value="/".join(values),
            page=next(iter(values.values())).id,
            failing=any(value == NOT_ATTESTED or value in scale.failing for value in values),
        )
    proposed = ""
    if known is not None and not isinstance(slot, str):
        term = next(each for each in terms if each.id == slot)
        exempt = standing.exempt_in(term, pupil.spans)
        if exempt.apart and exempt.wholly:
            return SheetCell(expected=False, page=page.id)
        proposed = propose(standing, scale, known, exempt).value
    elif known is not None and slot == YEAR:
        set_for = {
            term.name: scale.said_of(set_there)
            for term in terms
            if (set_there := _set_for(term, own, standings, pupil.id)) or pupil.was_there(term)
        }
        own_there = any(
            found.mark is not None
            for row in own
            for term in terms
            if (found := standings.get((row.id, pupil.id), {}).get(term.id)) is not None
        )
        finished = "" if own_there or not standing.elsewhere else scale.said_of(standing.elsewhere)
        proposed = propose_year(set_for, finished).value
    return SheetCell(proposed=proposed, expected=known is not None, page=page.id)


def _set_for(term: PageTerm, pages: Sequence[Any], standings: Standings, pupil_id: UUID) -> str:
    """The mark set for a term on whichever page of the pupil's in the subject, else of a former class or school.

    Of several that of the page where the pupil is now, then the one that was set last.
    """
    found = [standing for row in pages if (standing := standings.get((row.id, pupil_id), {}).get(term.id))]
    own = [standing.mark for standing in found if standing.mark]
    if own:
        return max(own, key=lambda mark: (mark.stays, mark.at)).value
    away = [best for standing in found if (best := standing.best_elsewhere)]
    return max(away, key=lambda each: each.rank).value if away else ""


def sheet_rows(sheet: ClassSheet) -> list[list[str]]:
    """The sheet as rows of a table for a spreadsheet."""
    return [
        [
            "№",
            "Ученик",
            *(subject.name for subject in sheet.subjects),
            *(["Поведение"] if sheet.with_behaviour else []),
        ],
        *(
            [
                str(number),
                line.name,
                *(cell.value for cell in line.cells),
                *([line.behaviour] if sheet.with_behaviour else []),
            ]
            for number, line in enumerate(sheet.lines, 1)
        ),
    ]
