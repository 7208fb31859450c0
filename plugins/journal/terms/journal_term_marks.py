"""The marks of terms, of the year, of exams and final ones on one journal page: pupils by columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from core.audit.models import AuditRecord
from core.audit.record import history
from core.database.session import Session
from core.errors import NotFound
from core.identity.former import former_ids
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy, sentence
from plugins.journal.access import MARK, Opened, PageTerm, open_page
from plugins.journal.grid.gradebook import GridPupil, read_pupils
from plugins.journal.grid.history import HistoryLine
from plugins.journal.scales import MarkScale
from plugins.journal.terms.earlier import earlier_marks
from plugins.journal.terms.proposals import (
    NOTHING,
    Proposal,
    propose_final,
    propose_year,
)
from plugins.journal.terms.standings import (
    EXAM,
    FINAL,
    TERM,
    YEAR,
    SetMark,
    Slot,
    Standing,
    Standings,
    propose,
    read_standings,
)

TERM_MARK = "journal.term_mark"
TITLES = {YEAR: lazy("Год"), EXAM: lazy("Экзамен"), FINAL: lazy("Итоговая")}

ColumnName = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]?|year|exam|final)$",
        examples=["1"],
        description="Столбец: номер учебного периода, `year` – год, `exam` – экзамен, `final` – итоговая.",
    ),
]
Value = Annotated[
    str, Meta(max_length=16, description="Отметка: `5`, `н/а`, `осв`, `зач`; пусто – не выставлена.")
]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of term marks."""

    name: ColumnName
    kind: str
    slot: Slot
    term: PageTerm | None = None

    @property
    def title(self) -> str:
        """«1 четверть», «Год»."""
        return self.term.name if self.term else str(TITLES[self.kind])

    @property
    def is_closed(self) -> bool:
        """Whether its term is closed."""
        return self.term is not None and self.term.is_closed


class CellShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a column: what is set, what is proposed. `present` – the pupil was in the list then."""

    column: Column
    standing: Standing
    proposal: Proposal
    present: bool

    @property
    def value(self) -> str:
        """The mark that is set; empty if none is."""
        return self.standing.mark.value if self.standing.mark else ""

    @property
    def mark(self) -> SetMark | None:
        """The mark that is set, with what was proposed then."""
        return self.standing.mark

    @property
    def elsewhere(self) -> str:
        """The mark of the term from another page or a former school, where this page has none."""
        return "" if self.value else self.standing.elsewhere

    @property
    def differs(self) -> bool:
        """Whether another mark is set than is proposed now."""
        return bool(self.value) and bool(self.proposal.value) and self.value != self.proposal.value

    @property
    def average(self) -> str:
        """The average of the term as shown; empty for other columns."""
        return self.standing.sums.text()


class LineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil with all columns."""

    id: UUID
    name: str
    cells: Sequence[CellShown]


class TermMarks(msgspec.Struct, frozen=True, kw_only=True):
    """Term marks of a page."""

    page: Opened
    columns: Sequence[Column]
    lines: Sequence[LineShown]


def columns_of(page: Opened) -> list[Column]:
    """The columns of a page: its terms, the year, and exam and final marks where they are due."""
    columns = [Column(name=str(term.number), kind=TERM, slot=term.id, term=term) for term in page.terms]
    kinds = (YEAR, EXAM, FINAL) if page.settings.with_exams(page.grade_level) else (YEAR,)
    return columns + [Column(name=kind, kind=kind, slot=kind) for kind in kinds]


def column_named(page: Opened, name: str) -> Column:
    """The column with this name. Raises `NotFound`."""
    found = next((each for each in columns_of(page) if each.name == name), None)
    if found is None:
        raise NotFound(
            "Такого столбца итоговых отметок нет.", advice="Выберите учебный период или год из списка."
        )
    return found


def read_term_marks(db: Session, actor: Actor, page_id: UUID) -> TermMarks:
    """The term marks of a page with what is proposed; three statements, four in the last grade."""
    return marks_on(db, actor, open_page(db, actor, page_id))


def marks_on(db: Session, actor: Actor, page: Opened) -> TermMarks:
    """As `read_term_marks`, of an opened page."""
    pupils = read_pupils(db, page, *_year_days(page)) if page.terms else []
    columns, today = columns_of(page), school_today(actor)
    standings = read_standings(
        db,
        page.organization_id,
        page.academic_year_id,
        [page.id],
        [each.id for each in page.terms],
        page.settings,
        today,
        passing=[page.id] if page.scale.passes else (),
    )
    earlier = earlier_marks(db, page, [each.id for each in pupils])
    return TermMarks(
        page=page,
        columns=columns,
        lines=[
            LineShown(
                id=each.id,
                name=each.name,
                cells=cells_of(page, columns, each, standings, earlier.get(each.id, ()), today),
            )
            for each in pupils
        ],
    )


def _year_days(page: Opened) -> tuple[Any, Any]:
    return page.terms[0].starts_on, page.terms[-1].ends_on


def cells_of(
    page: Opened,
    columns: Sequence[Column],
    pupil: GridPupil,
    standings: Standings,
    earlier: Sequence[str],
    today: date,
) -> list[CellShown]:
    """A pupil's columns with their proposals; what is proposed for a year goes by the marks set for its terms.

    Nothing is proposed for a term that has not begun.
    """
    scale = page.scale
    slots = standings.get((page.id, pupil.id), {})

    def value(slot: Slot) -> str:
        standing = slots.get(slot)
        return standing.mark.value if standing and standing.mark else ""

    cells: list[CellShown] = []
    set_for: dict[str, str] = {}
    chosen: list[str] = []
    own = any(value(column.slot) for column in columns if column.term is not None)
    year_elsewhere = slots[YEAR].elsewhere if YEAR in slots else ""
    for column in columns:
        standing = slots.get(column.slot) or Standing()
        present = True
        proposal = NOTHING
        if column.term is not None:
            present = was_there(pupil, column.term)
            # A mark of the former school or group stands for the term, unless this page has its own.
            there = value(column.slot) or standing.elsewhere
            if present or there:
                set_for[column.term.name] = scale.said_of(there)
            chosen += told_of_several(column.term.name, standing, scale)
            if present and not page.without_marks and column.term.starts_on <= today:
                exempt = standing.exempt_in(column.term, pupil.spans)
                proposal = propose(standing, scale, page.settings, exempt)
        elif page.without_marks:
            pass
        elif column.kind == YEAR:
            finished = "" if own else standing.elsewhere
            proposal = propose_year(set_for, scale.said_of(finished) if finished else "", chosen)
        elif column.kind == FINAL:
            proposal = propose_final(
                page.grade_level or 0,
                scale.said_of(value(YEAR) or year_elsewhere),
                scale.said_of(value(EXAM)),
                [scale.said_of(each) for each in earlier],
            )
        cells.append(CellShown(column=column, standing=standing, proposal=proposal, present=present))
    return cells


def told_of_several(term: str, standing: Standing, scale: MarkScale) -> list[str]:
    """Which of several marks set for a term goes into the year, in words; nothing where all are the same."""
    best = standing.best_elsewhere
    taken = scale.said_of(standing.mark.value if standing.mark else best.value if best else "")
    others = {scale.said_of(each.value): None for each in standing.set_elsewhere}
    others.pop(taken, None)
    if not others:
        return []
    words = {"term": term, "taken": taken, "others": ", ".join(others)}
    if standing.mark is not None:
        return [
            sentence("%(term)s: в счёт идёт %(taken)s с этой страницы, есть и другие: %(others)s.", **words)
        ]
    if best is not None and best.source:
        return [
            sentence("%(term)s: в счёт идёт %(taken)s из прежней школы, есть и другие: %(others)s.", **words)
        ]
    if best is not None and best.stays:
        return [
            sentence(
                "%(term)s: в счёт идёт %(taken)s из класса или группы, где ученик сейчас, есть и другие: %(others)s.",
                **words,
            )
        ]
    return [
        sentence(
            "%(term)s: в счёт идёт %(taken)s, выставленная последней, есть и другие: %(others)s.", **words
        )
    ]


def was_there(pupil: GridPupil, term: PageTerm) -> bool:
    """Whether the pupil was in the class or group at some time of the term."""
    return any(
        first <= term.ends_on and (last is None or last >= term.starts_on) for first, last in pupil.spans
    )


def subject_id_of(page_id: UUID, pupil_id: UUID, slot: Slot) -> str:
    """The name of a term mark in the audit record."""
    return f"{page_id}:{pupil_id}:{slot}"


class TermMarkCard(msgspec.Struct, frozen=True, kw_only=True):
    """A term mark with everything about it."""

    pupil_id: UUID
    pupil: str
    cell: CellShown
    history: Sequence[HistoryLine]
    may_mark: bool


def term_mark_card(db: Session, actor: Actor, page: Opened, pupil_id: UUID, name: str) -> TermMarkCard:
    """Everything about a pupil's mark in a column of an opened page. Raises `NotFound`."""
    column = column_named(page, name)
    line = line_of(db, actor, page, pupil_id)
    cell = next(each for each in line.cells if each.column.name == column.name)
    records = history(
        db,
        TERM_MARK,
        [subject_id_of(page.id, each, column.slot) for each in (pupil_id, *former_ids(db, pupil_id))],
    )
    return TermMarkCard(
        pupil_id=pupil_id,
        pupil=line.name,
        cell=cell,
        history=[HistoryLine(at=row.at, who=row.person_name, what=told(row)) for row in records],
        may_mark=page.may_mark and actor.can(MARK) and not column.is_closed,
    )


def line_of(db: Session, actor: Actor, page: Opened, pupil_id: UUID) -> LineShown:
    """One pupil's line. Raises `NotFound` for somebody who was never in the list of the page."""
    found = next((each for each in marks_on(db, actor, page).lines if each.id == pupil_id), None)
    if found is None:
        raise NotFound(
            "Такого ученика на странице нет.", advice="Обновите страницу: состав класса мог измениться."
        )
    return found


def told(row: AuditRecord) -> str:
    """A recorded change of a term mark in words."""
    before, after = row.before or {}, row.after or {}
    if not before.get("value"):
        what = _("выставлено «%s»") % after.get("value", "")
    elif not after.get("value"):
        what = _("убрано «%s»") % before["value"]
    else:
        what = _("было «%(before)s», стало «%(after)s»") % {
            "before": before["value"],
            "after": after["value"],
        }
    proposed = after.get("proposed")
    if proposed and proposed != after.get("value"):
        what += _(", предложено было «%s»") % proposed
    return _("%(what)s. Причина: %(reason)s") % {"what": what, "reason": row.reason} if row.reason else what
