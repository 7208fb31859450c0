"""What the tables say about term marks: sums of ordinary marks, lessons missed, and marks set; one statement.

A *column* of term marks is named as in addresses and in the API: the number of a term, `year`, `exam` or `final`.
In the tables it is a term's id or the kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from core.database.base import in_force
from core.database.session import Session
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, PupilGroupMembership, Term
from core.roles.actor import Actor
from plugins.journal.access import Opened, PageTerm
from plugins.journal.exemptions.models import APART, JournalExemption
from plugins.journal.grid.cell_text import DEBT
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.scales import FAILED, PASSED, MarkScale
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.averages import Sums
from plugins.journal.terms.elsewhere import (
    external_rows,
    marks_of_other_pages,
    stays_on,
    term_marks_of_other_pages,
)
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.proposals import (
    Attended,
    Exempt,
    Passed,
    Proposal,
    propose_exempt,
    propose_passed,
    propose_term,
    with_brought,
)

TERM, YEAR, EXAM, FINAL = "term", "year", "exam", "final"
Slot = UUID | str
"""Where a mark stands: the id of a term, or `year`, `exam`, `final`."""


class SetElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that another page, or the former school `source`, has set for the slot.

    `stays` says that the pupil is in that page's class or group today, `at` when the mark was set, as text that sorts.
    """

    value: str
    source: str
    stays: bool
    at: str

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """The greater, the sooner it stands for the slot: a former school's, where the pupil is now, the latest."""
        return bool(self.source), self.stays, self.at


class SetMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as the teacher set it, with what was proposed then; `stays` and `at` as `SetElsewhere` has them."""

    value: str
    proposed: str
    sums: Sums
    reason: str
    revision: int
    stays: bool = False
    at: str = ""


class Standing(msgspec.Struct, kw_only=True):
    """One pupil on one page in one slot. `exempt` are days of the term with the kind of exemption.

    `moved` are marks of the term on another page of the subject, from before the pupil came to this one, `external`
    those of the former school `marked_at`. `set_elsewhere` are the marks of the slot set there.
    """

    sums: Sums = Sums()
    passed: Passed = Passed()
    attended: Attended = Attended()
    mark: SetMark | None = None
    exempt: list[tuple[date, date, str]] = []
    moved: Sums = Sums()
    external: Sums = Sums()
    marked_at: str = ""
    set_elsewhere: list[SetElsewhere] = []

    @property
    def best_elsewhere(self) -> SetElsewhere | None:
        """Which of the marks set elsewhere stands for the slot: by `SetElsewhere.rank`."""
        return max(self.set_elsewhere, key=lambda each: each.rank, default=None)

    @property
    def elsewhere(self) -> str:
        """That mark; empty if none is set elsewhere."""
        best = self.best_elsewhere
        return best.value if best else ""

    @property
    def source(self) -> str:
        """The former school it is from; empty if it is of another page."""
        best = self.best_elsewhere
        return best.source if best else ""

    def averaged(self, settings: JournalSettings) -> Sums:
        """What the term's average is made of: own marks, those of a former group, of a former school if they count."""
        return self.sums + self.moved + (self.external if settings.external_marks_count else Sums())

    def exempt_in(self, term: PageTerm, spans: Sequence[tuple[date, date | None]] = ()) -> Exempt:
        """How much of the term the pupil is exempt; `spans` are the times in the class, without them the whole term."""
        days = of = 0
        for first, last in spans or ((term.starts_on, None),):
            begins, ends = max(first, term.starts_on), min(last or term.ends_on, term.ends_on)
            of += max((ends - begins).days + 1, 0)
            days += sum(
                max((min(until, ends) - max(since, begins)).days + 1, 0)
                for since, until, _kind in self.exempt
            )
        return Exempt(days, of, any(kind == APART for _since, _until, kind in self.exempt))


NOT_EXEMPT = Exempt()


def propose(
    standing: Standing,
    scale: MarkScale,
    settings: JournalSettings,
    exempt: Exempt = NOT_EXEMPT,
) -> Proposal:
    """The mark of a term in a subject with this scale, for a pupil who was `exempt` for a part of it."""
    external = standing.external if settings.external_marks_count else Sums()
    sums = standing.averaged(settings)
    count = standing.passed.passed + standing.passed.failed if scale.passes else sums.count
    of_exempt = propose_exempt(count, exempt, settings)
    if of_exempt is not None:
        return of_exempt
    if scale.passes:
        return propose_passed(standing.passed, standing.attended, settings)
    return with_brought(
        propose_term(sums, standing.attended, scale.thresholds, settings), standing.moved, external
    )


class TermCell(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's mark of a term beside what is proposed; `value` is empty while none is set."""

    value: str
    proposal: Proposal
    differs: bool
    reason: str


Standings = Mapping[tuple[UUID, UUID], Mapping[Slot, Standing]]
"""By page and pupil, then by slot."""

_MARK, _SET, _PAGE, _TERM = (table.__table__.c for table in (JournalMark, JournalTermMark, JournalPage, Term))
_LESSON, _NOTED = JournalLesson.__table__.c, JournalAttendance.__table__.c
_EXEMPT = JournalExemption.__table__.c


def _row(
    what: str, page: Any, pupil: Any, term: Any, numbers: Sequence[Any], texts: Sequence[Any] = ()
) -> Select[Any]:
    empty: Any = literal("", Text())
    statement: Any = select(
        literal(what, Text()).label("what"),
        page.label("page_id"),
        pupil.label("pupil_id"),
        term.label("term_id"),
        *(number.label(f"n{at}") for at, number in enumerate(numbers)),
        *(literal(0).label(f"n{at}") for at in range(len(numbers), 5)),
        *(cast(each, Text()).label(f"t{at}") for at, each in enumerate(texts)),
        *(empty.label(f"t{at}") for at in range(len(texts), 5)),
    )
    return statement


def _marks(place: Sequence[ColumnElement[bool]], terms: Collection[UUID]) -> Select[Any]:
    return (
        _row(
            "sums",
            _MARK.page_id,
            _MARK.pupil_id,
            _TERM.id,
            (func.sum(_MARK.score * _MARK.weight), func.sum(_MARK.weight), func.count()),
        )
        .select_from(JournalMark.__table__)
        .join(Term.__table__, _MARK.day.between(_TERM.starts_on, _TERM.ends_on))
        .where(*place, _TERM.id.in_(terms), _MARK.score.is_not(None))
        .group_by(_MARK.page_id, _MARK.pupil_id, _TERM.id)
    )


def _works_passed(
    place: Sequence[ColumnElement[bool]], terms: Collection[UUID], failing: Collection[str]
) -> Select[Any]:
    """Works passed, and works not passed that no retake has made good."""
    again = JournalMark.__table__.alias("again")
    retaken = exists().where(
        again.c.lesson_id == _MARK.lesson_id,
        again.c.pupil_id == _MARK.pupil_id,
        again.c.position == _MARK.position + 1,
        again.c.is_retake,
    )
    return (
        _row(
            "passed",
            _MARK.page_id,
            _MARK.pupil_id,
            _TERM.id,
            (
                func.sum(case((_MARK.value == PASSED, 1), else_=0)),
                func.sum(case((and_(_MARK.value.in_(failing), ~retaken), 1), else_=0)),
            ),
        )
        .select_from(JournalMark.__table__)
        .join(Term.__table__, _MARK.day.between(_TERM.starts_on, _TERM.ends_on))
        .where(*place, _TERM.id.in_(terms), _MARK.value.in_((PASSED, *failing)))
        .group_by(_MARK.page_id, _MARK.pupil_id, _TERM.id)
    )


def _set_marks(place: Sequence[ColumnElement[bool]], terms: Collection[UUID], today: date) -> Select[Any]:
    return _row(
        "set",
        _SET.page_id,
        _SET.pupil_id,
        _SET.term_id,
        (
            _SET.proposed_total,
            _SET.proposed_weights,
            _SET.proposed_count,
            _SET.revision,
            stays_on(_SET.page_id, _SET.pupil_id, today),
        ),
        (_SET.kind, _SET.value, _SET.proposed, _SET.reason, _SET.changed_at),
    ).where(*place, or_(_SET.term_id.is_(None), _SET.term_id.in_(terms)))


def _missed(
    place: Sequence[ColumnElement[bool]], terms: Collection[UUID], absent: Collection[str]
) -> Select[Any]:
    return (
        _row("missed", _NOTED.page_id, _NOTED.pupil_id, _TERM.id, (func.count(),))
        .select_from(JournalAttendance.__table__)
        .join(Term.__table__, _NOTED.day.between(_TERM.starts_on, _TERM.ends_on))
        .where(*place, _TERM.id.in_(terms), _NOTED.code.in_(absent))
        .group_by(_NOTED.page_id, _NOTED.pupil_id, _TERM.id)
    )


def _held(
    place: Sequence[ColumnElement[bool]], terms: Collection[UUID], until: date, membership: Any, link: Any
) -> Select[Any]:
    """Lessons held while the pupil was in the class or group."""
    table = membership.__table__.c
    return (
        _row("held", _LESSON.page_id, table.person_id, _TERM.id, (func.count(),))
        .select_from(JournalLesson.__table__)
        .join(JournalPage.__table__, _PAGE.id == _LESSON.page_id)
        .join(Term.__table__, _LESSON.day.between(_TERM.starts_on, _TERM.ends_on))
        .join(
            membership.__table__,
            and_(
                link,
                table.starts_on <= _LESSON.day,
                or_(table.ends_on.is_(None), table.ends_on >= _LESSON.day),
            ),
        )
        .where(*place, _TERM.id.in_(terms), _LESSON.status.not_in(NOT_GIVEN), _LESSON.day <= until)
        .group_by(_LESSON.page_id, table.person_id, _TERM.id)
    )


def _exempt(place: Sequence[ColumnElement[bool]], terms: Collection[UUID]) -> Select[Any]:
    """Exemptions of the pages' pupils, in their subjects; of the taught apart on pages of whole classes only."""
    enrolled, grouped = Enrollment.__table__.c, PupilGroupMembership.__table__.c
    on_page = (
        exists().where(
            _PAGE.pupil_group_id.is_(None),
            enrolled.school_class_id == _PAGE.school_class_id,
            enrolled.person_id == _EXEMPT.pupil_id,
            in_force(enrolled, _EXEMPT.first_day, _EXEMPT.last_day),
        ),
        exists().where(
            grouped.pupil_group_id == _PAGE.pupil_group_id,
            grouped.person_id == _EXEMPT.pupil_id,
            in_force(grouped, _EXEMPT.first_day, _EXEMPT.last_day),
        ),
    )
    return (
        _row(
            "exempt",
            _PAGE.id,
            _EXEMPT.pupil_id,
            _TERM.id,
            (),
            (literal(""), _EXEMPT.first_day, _EXEMPT.last_day, _EXEMPT.kind),
        )
        .select_from(JournalExemption.__table__)
        .join(
            JournalPage.__table__,
            and_(
                _PAGE.subject_id == _EXEMPT.subject_id,
                or_(_EXEMPT.kind != APART, _PAGE.pupil_group_id.is_(None)),
            ),
        )
        .join(
            Term.__table__,
            and_(_EXEMPT.first_day <= _TERM.ends_on, _EXEMPT.last_day >= _TERM.starts_on),
        )
        .where(*place, _TERM.id.in_(terms), _EXEMPT.withdrawn_at.is_(None), or_(*on_page))
    )


def read_standings(
    db: Session,
    organization_id: UUID,
    academic_year_id: UUID,
    pages: Collection[UUID],
    terms: Collection[UUID],
    settings: JournalSettings,
    today: date,
    *,
    passing: Collection[UUID] = (),
    pupil_id: UUID | None = None,
) -> Standings:
    """Sums, missed lessons and set marks of some pages in some terms, and their year, exam and final marks.

    One statement. `passing` are the pages of pass/fail subjects: they have works passed instead of sums. Lessons
    are counted only where the school looks at them (`most_absences`), up to `today`, the day of the school.
    """
    if not pages:
        return {}

    def of(table: Any, pages: Collection[UUID] = pages) -> list[ColumnElement[bool]]:
        place = [
            table.organization_id == organization_id,
            table.academic_year_id == academic_year_id,
            table.page_id.in_(pages),
        ]
        if pupil_id is not None and "pupil_id" in table:
            place.append(table.pupil_id == pupil_id)
        return place

    exempt_here = [
        _EXEMPT.organization_id == organization_id,
        _EXEMPT.academic_year_id == academic_year_id,
        _PAGE.id.in_(pages),
        _EXEMPT.pupil_id == pupil_id if pupil_id is not None else true(),
    ]
    parts = [_marks(of(_MARK), terms), _set_marks(of(_SET), terms, today), _exempt(exempt_here, terms)]
    where = (organization_id, academic_year_id, pages, terms, pupil_id)
    parts += [
        *external_rows(*where),
        term_marks_of_other_pages(*where, today),
        marks_of_other_pages(*where, Enrollment),
        marks_of_other_pages(*where, PupilGroupMembership),
    ]
    if passing:
        failing = (FAILED, DEBT) if settings.debt_counts_as else (FAILED,)
        parts.append(_works_passed(of(_MARK, passing), terms, failing))
    if settings.most_absences:
        absent = [code.code for code in settings.codes.values() if code.absent]
        enrolled, grouped = Enrollment.__table__.c, PupilGroupMembership.__table__.c
        in_class = and_(_PAGE.pupil_group_id.is_(None), enrolled.school_class_id == _PAGE.school_class_id)
        in_group = grouped.pupil_group_id == _PAGE.pupil_group_id
        parts += [
            _missed(of(_NOTED), terms, absent),
            _held(of(_LESSON), terms, today, Enrollment, in_class),
            _held(of(_LESSON), terms, today, PupilGroupMembership, in_group),
        ]
    found: dict[tuple[UUID, UUID], dict[Slot, Standing]] = defaultdict(lambda: defaultdict(Standing))
    for row in db.execute(union_all(*parts)):
        slots = found[row.page_id, row.pupil_id]
        standing = slots[row.term_id or row.t0]
        if row.what == "sums":
            standing.sums = Sums() if row.page_id in passing else Sums(int(row.n0), int(row.n1), int(row.n2))
        elif row.what == "set":
            standing.mark = SetMark(
                value=row.t1,
                proposed=row.t2,
                sums=Sums(int(row.n0), int(row.n1), int(row.n2)),
                reason=row.t3,
                revision=int(row.n3),
                stays=bool(row.n4),
                at=row.t4,
            )
        elif row.what in ("moved", "external"):
            if row.page_id not in passing:
                brought = Sums(int(row.n0), int(row.n1), int(row.n2))
                if row.what == "moved":
                    standing.moved += brought
                else:
                    standing.external += brought
                    standing.marked_at = row.t2 if settings.external_marks_count else ""
        elif row.what == "elsewhere":
            there = SetElsewhere(value=row.t1, source=row.t2, stays=bool(row.n4), at=row.t4)
            standing.set_elsewhere = [*standing.set_elsewhere, there]
        elif row.what == "exempt":
            days = date.fromisoformat(row.t1[:10]), date.fromisoformat(row.t2[:10])
            standing.exempt = [*standing.exempt, (*days, row.t3)]
        elif row.what == "passed":
            standing.passed = Passed(int(row.n0), int(row.n1))
        elif row.what == "missed":
            standing.attended = Attended(standing.attended.lessons, int(row.n0))
        else:
            standing.attended = Attended(int(row.n0), standing.attended.missed)
    return found


def term_column(db: Session, actor: Actor, page: Opened, term: PageTerm) -> Mapping[UUID, TermCell]:
    """What is set and what is proposed for a term, by pupil; one statement.

    Pupils without marks and without a mark of the term are left out: nothing but «н/а» could be proposed.
    """
    standings = read_standings(
        db,
        page.organization_id,
        page.academic_year_id,
        [page.id],
        [term.id],
        page.settings,
        school_today(actor),
        passing=[page.id] if page.scale.passes else (),
    )
    found: dict[UUID, TermCell] = {}
    for (_page_id, pupil_id), slots in standings.items():
        standing = slots.get(term.id)
        if standing is None:
            continue
        proposal = propose(standing, page.scale, page.settings, standing.exempt_in(term))
        value = standing.mark.value if standing.mark else ""
        found[pupil_id] = TermCell(
            value=value,
            proposal=proposal,
            differs=bool(value) and value != proposal.value,
            reason=standing.mark.reason if standing.mark else "",
        )
    return found
