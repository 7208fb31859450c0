"""What each school's marks and absences of a period come to, counted by the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Integer, Subquery, and_, case, cast, func, literal, null, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.organizations.models import AcademicYear, Enrollment, Subject, Term
from core.roles.access import within
from core.roles.actor import Actor
from plugins.journal.models import JournalAttendance, JournalPage
from plugins.journal.page_grades import grade_of_page
from plugins.journal.reports.rates import Rates, rates_of, share
from plugins.journal.scales import FAILED
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.proposals import NOT_ATTESTED
from plugins.journal.terms.standings import YEAR

SUMMARY = "journal.summary.view"
LEAST_PUPILS = 5
LENGTH_OF_YEAR = timedelta(days=365)
VALUES = ("5", "4", "3", "2", "1", NOT_ATTESTED, FAILED)


class Figures(msgspec.Struct):
    """What a school, or several, comes to."""

    pupils: int = 0
    counted: int = 0
    passed: int = 0
    good: int = 0
    marks: Counter[str] = msgspec.field(default_factory=Counter[str])
    missed: int = 0
    unexcused: int = 0

    def add(self, other: Figures) -> None:
        self.pupils += other.pupils
        self.counted += other.counted
        self.passed += other.passed
        self.good += other.good
        self.marks += other.marks
        self.missed += other.missed
        self.unexcused += other.unexcused

    def shareable(self) -> Figures:
        """What may go into a total: marks of few pupils could be worked out from it and the other schools."""
        if self.counted >= LEAST_PUPILS:
            return self
        return Figures(pupils=self.pupils, missed=self.missed, unexcused=self.unexcused)

    def rates(self) -> Rates:
        """Успеваемость and качество of pupils, СОУ and the average of their marks; few pupils have none."""
        if self.counted < LEAST_PUPILS:
            return Rates()
        of_marks = rates_of(self.marks)
        return Rates(
            passed=share(self.passed, self.counted),
            quality=share(self.good, self.counted),
            learned=of_marks.learned,
            average=of_marks.average,
        )


def this_year(today: date) -> Any:
    """Condition on `AcademicYear`: the one that has begun last, in whatever school."""
    return and_(AcademicYear.starts_on <= today, AcademicYear.starts_on > today - LENGTH_OF_YEAR)


def _span(actor: Actor, name: str, today: date) -> Subquery:
    """The period in each school: its days, and the term whose marks are counted; the year has none."""
    kind, _dash, number = name.partition("-")
    if name == YEAR:
        statement: Any = select(
            AcademicYear.organization_id,
            AcademicYear.id.label("academic_year_id"),
            null().label("term_id"),
            AcademicYear.starts_on,
            AcademicYear.ends_on,
        ).where(within(actor, SUMMARY, AcademicYear.organization_id), this_year(today))
    else:
        statement = (
            select(
                Term.organization_id,
                Term.academic_year_id,
                Term.id.label("term_id"),
                Term.starts_on,
                Term.ends_on,
            )
            .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
            .where(
                within(actor, SUMMARY, Term.organization_id),
                this_year(today),
                Term.kind == kind,
                Term.number == cast(literal(int(number)), Integer),
            )
        )
    return statement.subquery()


def count_figures(
    db: Session, actor: Actor, name: str, today: date, settings: Mapping[UUID, JournalSettings]
) -> Mapping[UUID, Figures]:
    span = _span(actor, name, today)
    found: dict[UUID, Figures] = defaultdict(Figures)
    for row in db.execute(_marks(span, name)):
        own = found[row.organization_id]
        own.counted, own.passed, own.good = int(row.counted), int(row.passed), int(row.good)
        own.marks = Counter({value: int(row[at]) for at, value in enumerate(VALUES, 4) if row[at]})
    for organization_id, figures in _by_levels(db, span, name, settings).items():
        found[organization_id] = figures
    for row in db.execute(
        select(span.c.organization_id, func.count(Enrollment.person_id.distinct()).label("pupils"))
        .join(
            Enrollment,
            and_(
                Enrollment.organization_id == span.c.organization_id,
                Enrollment.academic_year_id == span.c.academic_year_id,
                in_force(Enrollment, span.c.starts_on, span.c.ends_on),
            ),
        )
        .group_by(span.c.organization_id)
    ):
        found[row.organization_id].pupils = row.pupils
    for row in db.execute(
        select(span.c.organization_id, JournalAttendance.code, func.count().label("times"))
        .join(
            JournalAttendance,
            and_(
                JournalAttendance.organization_id == span.c.organization_id,
                JournalAttendance.academic_year_id == span.c.academic_year_id,
                JournalAttendance.day.between(span.c.starts_on, span.c.ends_on),
            ),
        )
        .group_by(span.c.organization_id, JournalAttendance.code)
    ):
        known = settings[row.organization_id].codes.get(row.code) if row.organization_id in settings else None
        if known is None or known.absent:
            found[row.organization_id].missed += row.times
            if known is None or known.category in ("unexcused", "unknown"):
                found[row.organization_id].unexcused += row.times
    return found


def _in_span(span: Subquery, name: str) -> Any:
    """Condition on `JournalTermMark`: it is for the period."""
    slot = (
        and_(JournalTermMark.kind == YEAR, JournalTermMark.academic_year_id == span.c.academic_year_id)
        if name == YEAR
        else JournalTermMark.term_id == span.c.term_id
    )
    return and_(span.c.organization_id == JournalTermMark.organization_id, slot)


def _counts() -> Any:
    return or_(JournalTermMark.score.is_not(None), JournalTermMark.value.in_((NOT_ATTESTED, FAILED)))


def _by_levels(
    db: Session, span: Subquery, name: str, settings: Mapping[UUID, JournalSettings]
) -> Mapping[UUID, Figures]:
    """The marks of schools where some are of another scale, counted by levels; one statement for all of them.

    Scales are known by the names of subjects, which the database cannot compare as the settings do.
    """
    other = [key for key, each in settings.items() if each.has_other_numbers]
    if not other:
        return {}
    pupils: dict[tuple[UUID, UUID], Counter[str]] = defaultdict(Counter)
    rows = db.execute(
        select(
            JournalTermMark.organization_id,
            JournalTermMark.pupil_id,
            JournalTermMark.value,
            Subject.name,
            grade_of_page().label("grade_level"),
        )
        .join(JournalPage, JournalPage.id == JournalTermMark.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .join(span, _in_span(span, name))
        .where(JournalTermMark.organization_id.in_(other), _counts())
    )
    for row in rows:
        scale = settings[row.organization_id].mark_scale(row.name, row.grade_level)
        pupils[row.organization_id, row.pupil_id][scale.level(row.value)] += 1
    found: dict[UUID, Figures] = defaultdict(Figures)
    for (organization_id, _pupil_id), levels in pupils.items():
        own = found[organization_id]
        good = levels["5"] + levels["4"]
        passed = (
            not any(levels[value] for value in ("2", "1", NOT_ATTESTED, FAILED)) and good + levels["3"] > 0
        )
        own.counted += 1
        own.passed += passed
        own.good += passed and not levels["3"]
        own.marks += levels
    return found


def _marks(span: Subquery, name: str) -> Any:
    """By school: pupils with marks, those who pass and those with 4 and 5 only, and marks by value."""
    term_mark = JournalTermMark
    of_value = [
        func.sum(case((term_mark.value == value, 1), else_=0)).label(f"v{at}")
        for at, value in enumerate(VALUES)
    ]
    pupils = (
        select(term_mark.organization_id, term_mark.pupil_id, *of_value)
        .join(span, _in_span(span, name))
        .where(_counts())
        .group_by(term_mark.organization_id, term_mark.pupil_id)
        .subquery()
    )
    five, four, three, two, one, absent, failed = (pupils.c[f"v{at}"] for at in range(len(VALUES)))
    passes = and_(two + one + absent + failed == 0, five + four + three > 0)
    return select(
        pupils.c.organization_id,
        func.count().label("counted"),
        func.sum(case((passes, 1), else_=0)).label("passed"),
        func.sum(case((and_(passes, three == 0), 1), else_=0)).label("good"),
        *(func.sum(each) for each in (five, four, three, two, one, absent, failed)),
    ).group_by(pupils.c.organization_id)
