"""How the schools of a municipality or a region learn: figures of whole schools, nobody by name.

A school with fewer than `LEAST_PUPILS` pupils to count shows no figures, and does not go into the total, so that
nothing about single pupils can be worked out from the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Integer, Subquery, and_, case, cast, func, literal, null, or_, select
from sqlalchemy.orm import aliased

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Enrollment, Organization, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.models import JournalAttendance
from plugins.journal.reports.rates import FAILED, FIVE_POINT, Rates, mean_of, rates_of, share
from plugins.journal.settings import JournalSettings, journal_settings
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.proposals import NOT_ATTESTED
from plugins.journal.terms.standings import YEAR

SUMMARY = "journal.summary.view"
LEAST_PUPILS = 5
LENGTH_OF_YEAR = timedelta(days=365)
VALUES = ("5", "4", "3", "2", "1", NOT_ATTESTED, FAILED)


class SchoolPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A term that schools of the reach have, or the year."""

    name: Annotated[str, Meta(description="Ключ: `quarter-1`, `half_year-2`, `year`.")]
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school in the period; figures are null where they are hidden or there is nothing to count."""

    organization_id: Annotated[UUID, Meta(description="Ключ школы.")]
    school: Annotated[str, Meta(description="Краткое название школы.")]
    authority: Annotated[str, Meta(description="Кому подчинена: муниципалитет или регион.")]
    pupils: Annotated[int | None, Meta(description="Сколько учеников за период; null, если скрыто.")]
    rates: Rates
    missed: Annotated[
        float | None, Meta(description="Пропущено уроков на одного ученика; null, если скрыто.")
    ]
    unexcused: Annotated[
        float | None,
        Meta(description="Из них без уважительной причины или без причины; null, если скрыто."),
    ]
    hidden: Annotated[bool, Meta(description="Показатели скрыты: учеников меньше пяти.")] = False
    other_scale: Annotated[
        bool, Meta(description="В школе не пятибалльная шкала: показателей отметок нет.")
    ] = False


class Schools(msgspec.Struct, frozen=True, kw_only=True):
    """Schools in reach for a period."""

    period: Annotated[SchoolPeriod | None, Meta(description="За что показано; null – периодов нет.")]
    periods: Annotated[Sequence[SchoolPeriod], Meta(description="За что можно показать.")]
    lines: Annotated[Sequence[SchoolLine], Meta(description="Школы по подчинению и названию.")]
    total: Annotated[SchoolLine | None, Meta(description="Все показанные школы; null, если их нет.")]
    authorities: Annotated[Sequence[str], Meta(description="Чьи школы можно отобрать.")]


class _Figures(msgspec.Struct):
    """What a school, or several, comes to."""

    pupils: int = 0
    counted: int = 0
    passed: int = 0
    good: int = 0
    marks: Counter[str] = msgspec.field(default_factory=Counter[str])
    missed: int = 0
    unexcused: int = 0

    def add(self, other: _Figures) -> None:
        self.pupils += other.pupils
        self.counted += other.counted
        self.passed += other.passed
        self.good += other.good
        self.marks += other.marks
        self.missed += other.missed
        self.unexcused += other.unexcused

    def shareable(self) -> _Figures:
        """What may go into a total: marks of few pupils could be worked out from it and the other schools."""
        if self.counted >= LEAST_PUPILS:
            return self
        return _Figures(pupils=self.pupils, missed=self.missed, unexcused=self.unexcused)

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


def read_schools(db: Session, actor: Actor, period: str = "", authority: str = "") -> Schools:
    """The schools below the acting organization, or those of one authority; five statements for all of them.

    Without `period` it is the last quarter that is over. A pupil counts who has a mark in the period. Raises
    `NotFound` for an unknown period or authority, `Forbidden` without the right.
    """
    actor.require(SUMMARY)
    today = school_today(actor)
    schools = _schools(db, actor)
    authorities = list(dict.fromkeys(row.authority or "" for row in schools))
    if authority and authority not in authorities:
        raise NotFound("Таких школ нет.", advice="Выберите муниципалитет из списка.")
    periods = _periods(db, actor, today)
    chosen = _chosen(periods, period, today)
    if chosen is None:
        return Schools(period=None, periods=[], lines=[], total=None, authorities=authorities)
    figures = _figures(db, actor, chosen.name, today, {row.id: _settings(db, row) for row in schools})
    whole, lines = _Figures(), list[SchoolLine]()
    for row in schools:
        if authority and row.authority != authority:
            continue
        own = figures[row.id]
        line = _line(row, own, _settings(db, row))
        lines.append(line)
        if not line.hidden and not line.other_scale:
            whole.add(own.shareable())
    return Schools(
        period=SchoolPeriod(name=chosen.name, title=chosen.title),
        periods=[SchoolPeriod(name=each.name, title=each.title) for each in periods],
        lines=lines,
        total=_shown(whole, actor.organization_id, _("Всего"), "") if lines else None,
        authorities=authorities,
    )


def _settings(db: Session, school: Any) -> JournalSettings:
    return journal_settings(db, school.path)


def _line(row: Any, own: _Figures, settings: JournalSettings) -> SchoolLine:
    if own.pupils < LEAST_PUPILS:
        return SchoolLine(
            organization_id=row.id,
            school=row.short_name,
            authority=row.authority or "",
            pupils=None,
            rates=Rates(),
            missed=None,
            unexcused=None,
            hidden=True,
        )
    line = _shown(own, row.id, row.short_name, row.authority or "")
    if settings.highest_mark != FIVE_POINT:
        return msgspec.structs.replace(line, rates=Rates(), other_scale=True)
    return line


def _shown(own: _Figures, organization_id: UUID | None, school: str, authority: str) -> SchoolLine:
    assert organization_id is not None  # noqa: S101 -- roles that may see this have an organization
    return SchoolLine(
        organization_id=organization_id,
        school=school,
        authority=authority,
        pupils=own.pupils,
        rates=own.rates(),
        missed=mean_of(own.missed, own.pupils),
        unexcused=mean_of(own.unexcused, own.pupils),
    )


def _schools(db: Session, actor: Actor) -> Sequence[Any]:
    parent = aliased(Organization)
    return db.execute(
        select(
            Organization.id,
            Organization.short_name,
            Organization.path,
            parent.short_name.label("authority"),
        )
        .outerjoin(parent, parent.id == Organization.parent_id)
        .where(
            Organization.kind == "school",
            Organization.closed_on.is_(None),
            within(actor, SUMMARY, Organization.id),
        )
        .order_by(parent.name_key, Organization.name_key, Organization.id)
    ).all()


def _this_year(today: date) -> Any:
    """Condition on `AcademicYear`: the one that has begun last, in whatever school."""
    return and_(AcademicYear.starts_on <= today, AcademicYear.starts_on > today - LENGTH_OF_YEAR)


class _Known(msgspec.Struct):
    name: str
    title: str
    kind: str
    ends: date


def _periods(db: Session, actor: Actor, today: date) -> list[_Known]:
    rows = db.execute(
        select(
            Term.kind,
            Term.number,
            func.min(Term.name).label("name"),
            func.min(Term.ends_on).label("ends"),
        )
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .where(within(actor, SUMMARY, Term.organization_id), _this_year(today))
        .group_by(Term.kind, Term.number)
        .order_by(Term.kind.desc(), Term.number)
    ).all()
    found = [_Known(f"{row.kind}-{row.number}", row.name, row.kind, row.ends) for row in rows]
    return [*found, _Known(YEAR, _("Год"), YEAR, date.max)] if found else []


def _chosen(periods: Sequence[_Known], name: str, today: date) -> _Known | None:
    if name:
        found = next((each for each in periods if each.name == name), None)
        if found is None:
            raise NotFound("Такого учебного периода нет.", advice="Выберите период из списка.")
        return found
    quarters = [each for each in periods if each.kind == "quarter"] or list(periods)
    over = [each for each in quarters if each.ends < today]
    return (over or quarters[:1] or [None])[-1]


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
        ).where(within(actor, SUMMARY, AcademicYear.organization_id), _this_year(today))
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
                _this_year(today),
                Term.kind == kind,
                Term.number == cast(literal(int(number)), Integer),
            )
        )
    return statement.subquery()


def _figures(
    db: Session, actor: Actor, name: str, today: date, settings: Mapping[UUID, JournalSettings]
) -> Mapping[UUID, _Figures]:
    span = _span(actor, name, today)
    found: dict[UUID, _Figures] = defaultdict(_Figures)
    for row in db.execute(_marks(span, name)):
        own = found[row.organization_id]
        own.counted, own.passed, own.good = int(row.counted), int(row.passed), int(row.good)
        own.marks = Counter({value: int(row[at]) for at, value in enumerate(VALUES, 4) if row[at]})
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


def _marks(span: Subquery, name: str) -> Any:
    """By school: pupils with marks, those who pass and those with 4 and 5 only, and marks by value."""
    term_mark = JournalTermMark
    of_value = [
        func.sum(case((term_mark.value == value, 1), else_=0)).label(f"v{at}")
        for at, value in enumerate(VALUES)
    ]
    slot = (
        and_(term_mark.kind == YEAR, term_mark.academic_year_id == span.c.academic_year_id)
        if name == YEAR
        else term_mark.term_id == span.c.term_id
    )
    pupils = (
        select(term_mark.organization_id, term_mark.pupil_id, *of_value)
        .join(span, and_(span.c.organization_id == term_mark.organization_id, slot))
        .where(or_(term_mark.score.is_not(None), term_mark.value.in_((NOT_ATTESTED, FAILED))))
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
