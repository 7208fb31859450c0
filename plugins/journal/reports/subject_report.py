"""The teacher's report: marks, rates and hours of each journal page, for a term or the year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import case, func, select, union_all

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Term,
)
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.models import JournalPage
from plugins.journal.page_grades import grade_of_page, term_kind_of_page
from plugins.journal.reports.rates import Rates, rates_in
from plugins.journal.scales import MarkScale, levels_in
from plugins.journal.settings import settings_of
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.standings import YEAR
from plugins.journal.topics.progress import ProgressLine, progress


class ReportPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A term, or the year, that a report may be about."""

    name: Annotated[str, Meta(description="Ключ периода или `year`.")]
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]
    kind: Annotated[str, Meta(description="Вид периода: `quarter`, `half_year`; `year` у года.")]
    first: Annotated[date, Meta(description="Первый день.")]
    last: Annotated[date, Meta(description="Последний день.")]


class SubjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page in the report."""

    page_id: UUID
    page: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    subject: Annotated[str, Meta(description="Предмет.")]
    teachers: Annotated[Sequence[str], Meta(description="Кто ведёт предмет сегодня.")]
    teacher_ids: Annotated[Sequence[UUID], Meta(description="Ключи этих учителей.")]
    pupils: Annotated[int, Meta(description="Сколько учеников было в списке за период.")]
    marks: Annotated[
        Mapping[str, int],
        Meta(description='Сколько каких отметок, у других шкал – по уровням: `{"5": 7, "4": 12}`.'),
    ]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]
    rates: Annotated[Rates, Meta(description="Успеваемость, качество, СОУ и средняя отметка.")]
    has_plan: Annotated[bool, Meta(description="Страница идёт по плану уроков.")]
    given: Annotated[int, Meta(description="Сколько часов плана дано на сегодня.")]
    hours: Annotated[int, Meta(description="Сколько часов в плане.")]
    lag: Annotated[int, Meta(description="На сколько часов отстаёт сегодня; меньше нуля – опережает.")]

    @property
    def set(self) -> int:
        """How many marks are set."""
        return sum(self.marks.values())


class SubjectReport(msgspec.Struct, frozen=True, kw_only=True):
    """Journal pages of the classes that have the period, by class and subject."""

    period: Annotated[ReportPeriod | None, Meta(description="За что отчёт; null – учебного года нет.")]
    periods: Annotated[Sequence[ReportPeriod], Meta(description="За что отчёт можно показать.")]
    lines: Annotated[Sequence[SubjectLine], Meta(description="Страницы журнала.")]
    teachers: Annotated[
        Mapping[UUID, str], Meta(description="Учителя, по которым можно отобрать: ключ и имя.")
    ]
    marks: Annotated[Mapping[str, int], Meta(description="Сколько каких отметок на всех этих страницах.")]
    rates: Annotated[Rates, Meta(description="Показатели всех этих отметок.")]


def report_subjects(
    db: Session, actor: Actor, period: str = "", teacher_id: UUID | None = None
) -> SubjectReport:
    """The pages in reach, or those of one teacher; a constant number of statements.

    Without `period` it is the present term, of the kind most classes have. Raises `NotFound` for an unknown one.
    """
    settings = settings_of(db, actor)
    everything = progress(db, actor)
    kinds = _kinds(db, [line.page_id for line in everything])
    periods = _periods(db, actor, kinds)
    chosen = _chosen(periods, period, school_today(actor), kinds)
    if chosen is None:
        return SubjectReport(period=None, periods=periods, lines=[], teachers={}, marks={}, rates=Rates())
    pages = [
        line
        for line in everything
        if (chosen.name == YEAR or kinds[line.page_id].kind == chosen.kind)
        and (teacher_id is None or teacher_id in line.teacher_ids)
    ]
    marks = _marks(db, actor, [line.page_id for line in pages], chosen)
    sizes = _sizes(db, actor, chosen)
    scales = {
        page.page_id: settings.mark_scale(page.subject, kinds[page.page_id].grade_level) for page in pages
    }
    lines = [_line(page, kinds[page.page_id].place, scales[page.page_id], marks, sizes) for page in pages]
    total = sum((Counter(line.marks) for line in lines), Counter[str]())
    return SubjectReport(
        period=chosen,
        periods=periods,
        lines=lines,
        teachers=dict(
            sorted(
                {
                    key: name
                    for line in everything
                    for key, name in zip(line.teacher_ids, line.teachers, strict=True)
                }.items(),
                key=lambda each: each[1],
            )
        ),
        marks=total,
        rates=rates_in((scales[page], own) for page, own in marks.items()),
    )


def _line(
    page: ProgressLine,
    place: UUID,
    scale: MarkScale,
    marks: Mapping[UUID, Mapping[str, int]],
    sizes: Mapping[UUID, int],
) -> SubjectLine:
    own = marks.get(page.page_id, {})
    return SubjectLine(
        page_id=page.page_id,
        page=page.page,
        subject=page.subject,
        teachers=page.teachers,
        teacher_ids=page.teacher_ids,
        pupils=sizes.get(place, 0),
        marks=levels_in(own, scale),
        scale=scale,
        rates=rates_in([(scale, own)]),
        has_plan=page.plan_id is not None,
        given=page.given,
        hours=page.hours,
        lag=page.lag,
    )


def _kinds(db: Session, pages: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Which kind of terms a page has, and whether its pupils are those of a class or of a group."""
    class_id = func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id)
    rows = db.execute(
        select(
            JournalPage.id,
            term_kind_of_page().label("kind"),
            case(
                (JournalPage.pupil_group_id.is_not(None), JournalPage.pupil_group_id),
                else_=JournalPage.school_class_id,
            ).label("place"),
            grade_of_page().label("grade_level"),
        )
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == class_id)
        .where(JournalPage.id.in_(pages))
    )
    return {row.id: row for row in rows}


def _periods(db: Session, actor: Actor, kinds: Mapping[UUID, Any]) -> list[ReportPeriod]:
    years = current_years(actor.acting_role.organization_id, school_today(actor))
    rows = db.execute(
        select(Term, AcademicYear.starts_on, AcademicYear.ends_on)
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .where(Term.academic_year_id == years, Term.kind.in_({row.kind for row in kinds.values()}))
        .order_by(Term.kind.desc(), Term.number)
    ).all()
    found = [
        ReportPeriod(
            name=str(row.Term.id),
            title=row.Term.name,
            kind=row.Term.kind,
            first=row.Term.starts_on,
            last=row.Term.ends_on,
        )
        for row in rows
    ]
    if rows:
        found.append(
            ReportPeriod(name=YEAR, title=_("Год"), kind=YEAR, first=rows[0].starts_on, last=rows[0].ends_on)
        )
    return found


def _chosen(
    periods: Sequence[ReportPeriod], name: str, today: date, kinds: Mapping[UUID, Any]
) -> ReportPeriod | None:
    if name:
        found = next((each for each in periods if each.name == name), None)
        if found is None:
            raise NotFound("Такого учебного периода нет.", advice="Выберите период из списка.")
        return found
    if not periods:
        return None
    usual = Counter(row.kind for row in kinds.values()).most_common(1)[0][0]
    terms = [each for each in periods if each.kind == usual]
    begun = [each for each in terms if each.first <= today]
    return (begun or terms[:1])[-1]


def _marks(
    db: Session, actor: Actor, pages: Sequence[UUID], period: ReportPeriod
) -> Mapping[UUID, Mapping[str, int]]:
    slot = (
        JournalTermMark.kind == YEAR if period.name == YEAR else JournalTermMark.term_id == UUID(period.name)
    )
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in db.execute(
        select(JournalTermMark.page_id, JournalTermMark.value, func.count().label("times"))
        .where(
            JournalTermMark.organization_id == actor.organization_id,
            JournalTermMark.page_id.in_(pages),
            slot,
        )
        .group_by(JournalTermMark.page_id, JournalTermMark.value)
    ):
        found[row.page_id][row.value] = row.times
    return found


def _sizes(db: Session, actor: Actor, period: ReportPeriod) -> Mapping[UUID, int]:
    """How many pupils were in each class and group at some time of the period."""
    enrolled = (
        select(
            Enrollment.school_class_id.label("place"),
            func.count(Enrollment.person_id.distinct()).label("pupils"),
        )
        .where(
            Enrollment.organization_id == actor.organization_id,
            in_force(Enrollment, period.first, period.last),
        )
        .group_by(Enrollment.school_class_id)
    )
    grouped = (
        select(PupilGroupMembership.pupil_group_id, func.count(PupilGroupMembership.person_id.distinct()))
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(
            PupilGroup.organization_id == actor.organization_id,
            in_force(PupilGroupMembership, period.first, period.last),
        )
        .group_by(PupilGroupMembership.pupil_group_id)
    )
    return {row.place: row.pupils for row in db.execute(union_all(enrolled, grouped))}
