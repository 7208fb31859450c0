"""The marks of two years by which a final mark goes at the end of school, those of former schools included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from core.database.session import Session
from core.organizations.models import AcademicYear, PupilGroup, SchoolClass, Term
from plugins.journal.access import Opened
from plugins.journal.external.models import JournalExternalMark
from plugins.journal.models import JournalPage
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.proposals import TOP_OF_SCHOOL
from plugins.journal.terms.standings import YEAR

WHOLE_YEAR = 9
"""Where the mark of a year stands after those of its half-years."""


def earlier_marks(db: Session, page: Opened, pupils: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """The half-year and year marks of the last two years in the page's subject, where final marks go by them."""
    grade = page.grade_level or 0
    if grade < TOP_OF_SCHOOL or not page.settings.with_exams(grade):
        return {}
    class_id = case(
        (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
        else_=PupilGroup.school_class_id,
    )
    rows = db.execute(
        select(
            JournalTermMark.pupil_id,
            JournalTermMark.value,
            Term.number,
            SchoolClass.grade_level,
            AcademicYear.id.label("year_id"),
            AcademicYear.starts_on,
        )
        .join(AcademicYear, AcademicYear.id == JournalTermMark.academic_year_id)
        .join(JournalPage, JournalPage.id == JournalTermMark.page_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .join(SchoolClass, SchoolClass.id == class_id)
        .outerjoin(Term, Term.id == JournalTermMark.term_id)
        .where(
            JournalTermMark.organization_id == page.organization_id,
            JournalTermMark.pupil_id.in_(pupils),
            JournalPage.subject_id == page.subject_id,
            SchoolClass.grade_level.in_((grade - 1, grade)),
            or_(JournalTermMark.kind == YEAR, Term.kind == "half_year"),
        )
        .order_by(AcademicYear.starts_on, JournalTermMark.kind == YEAR, Term.number)
    ).all()
    before = {row.pupil_id: row.year_id for row in rows if row.grade_level == grade - 1}
    found: dict[UUID, dict[tuple[int, int], str]] = defaultdict(dict)
    for pupil_id, place, value in _brought(db, page, pupils, before):
        found[pupil_id][place] = value
    for row in rows:
        # Whoever repeats a year has marks of it twice: the latest ones are those that go into the final mark.
        if row.year_id == (page.academic_year_id if row.grade_level == grade else before[row.pupil_id]):
            found[row.pupil_id][row.grade_level, row.number or WHOLE_YEAR] = row.value
    return {pupil_id: [marks[place] for place in sorted(marks)] for pupil_id, marks in found.items()}


def _brought(
    db: Session, page: Opened, pupils: Sequence[UUID], before: Mapping[UUID, UUID]
) -> Iterator[tuple[UUID, tuple[int, int], str]]:
    """Marks of former schools that go into the final mark, by grade and half-year: own ones go before them."""
    grade = page.grade_level or 0
    table = JournalExternalMark
    for row in db.execute(
        select(
            table.pupil_id,
            table.academic_year_id,
            table.grade_level,
            func.coalesce(table.half_year, Term.number, WHOLE_YEAR).label("part"),
            table.value,
        )
        .outerjoin(Term, Term.id == table.term_id)
        .where(
            table.organization_id == page.organization_id,
            table.subject_id == page.subject_id,
            table.pupil_id.in_(pupils),
            or_(table.kind == YEAR, Term.kind == "half_year", table.half_year.is_not(None)),
            or_(
                table.grade_level == grade - 1,
                and_(
                    table.grade_level.is_(None),
                    table.academic_year_id.in_({page.academic_year_id, *before.values()}),
                ),
            ),
        )
    ):
        if row.grade_level is not None:
            yield row.pupil_id, (row.grade_level, row.part), row.value
        elif row.academic_year_id == page.academic_year_id:
            yield row.pupil_id, (grade, row.part), row.value
        elif row.academic_year_id == before.get(row.pupil_id):
            yield row.pupil_id, (grade - 1, row.part), row.value
