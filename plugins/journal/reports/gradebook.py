"""The journal's year as works and results, for sets that other systems read (capability `gradebook`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from core.database.session import Session
from core.gradebooks import GradedResult, GradedWork, YearOfResults
from core.organizations.models import Organization, PupilGroup, SchoolClass, Subject, Term
from core.roles.access import reaches
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from plugins.journal.access import VIEW
from plugins.journal.models import JournalLesson, JournalMark, JournalPage
from plugins.journal.settings import JournalSettings, journal_settings
from plugins.journal.terms.models import JournalTermMark

LESSON_KIND, TERM_KIND = "lesson", "term"
KINDS = ((LESSON_KIND, lazy("Работа на уроке")), (TERM_KIND, lazy("Итог")))
TITLES = {"year": lazy("Годовая отметка"), "exam": lazy("Экзамен"), "final": lazy("Итоговая отметка")}
EXEMPT = "осв"
PART = 2000
"""Rows read from the database at a time."""


class JournalGradebook:
    """Capability `gradebook`."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> YearOfResults | None:
        """Everything of a year; None for an actor who may not see the marks of the whole school."""
        organization = db.get_one(Organization, organization_id)
        whole = actor.is_system or (actor.reach(VIEW) or Reach.OWN) >= Reach.ORGANIZATION
        if not whole or not reaches(db, actor, VIEW, organization):
            return None
        settings = journal_settings(db, organization.path)
        year = (organization_id, academic_year_id)
        terms = db.scalars(select(Term).where(Term.academic_year_id == academic_year_id)).all()
        kinds = [(each.code, each.shown_title) for each in settings.kinds.values()]
        return YearOfResults(
            kinds=[*((key, _(title)) for key, title in KINDS), *kinds],
            works=[*_lessons(db, year, settings, terms), *_terms(db, year, settings, terms)],
            results=_results(db, year),
        )


def _of(table: Any, year: tuple[UUID, UUID]) -> tuple[Any, Any]:
    return table.organization_id == year[0], table.academic_year_id == year[1]


def _pages(*columns: Any) -> Any:
    """Pages with their subject and class, the class of a group's pupils for a group."""
    return (
        select(
            JournalPage.subject_id,
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
            Subject.name.label("subject"),
            SchoolClass.grade_level,
            SchoolClass.term_kind,
            *columns,
        )
        .select_from(JournalPage)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id == func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id),
        )
    )


def _place(row: Any, settings: JournalSettings) -> dict[str, Any]:
    scale = settings.mark_scale(row.subject, row.grade_level)
    return {
        "subject_id": row.subject_id,
        "school_class_id": row.school_class_id,
        "pupil_group_id": row.pupil_group_id,
        "lowest": scale.lowest,
        # Where one only passes or not there are no numbers, and a set wants some.
        "highest": max(scale.highest, scale.lowest + 1),
    }


def _lessons(
    db: Session, year: tuple[UUID, UUID], settings: JournalSettings, terms: Sequence[Term]
) -> Iterator[GradedWork]:
    """Lessons that have marks, and those with a kind of work; a further mark of a cell is a work of its own."""
    last = func.max(JournalMark.position)
    rows = db.execute(
        _pages(
            JournalLesson.id,
            JournalLesson.day,
            JournalLesson.topic,
            JournalLesson.control_kind,
            last.label("last"),
        )
        .join(JournalLesson, JournalLesson.page_id == JournalPage.id)
        .outerjoin(JournalMark, JournalMark.lesson_id == JournalLesson.id)
        .where(*_of(JournalLesson, year), JournalLesson.status != "cancelled")
        .group_by(
            JournalPage.id,
            JournalLesson.id,
            Subject.id,
            SchoolClass.id,
        )
        .having(or_(last.is_not(None), JournalLesson.control_kind != ""))
        .order_by(JournalLesson.day, JournalLesson.id)
    )
    known = settings.kinds
    for row in rows:
        place = _place(row, settings)
        title = row.topic.strip() or _("Урок %(day)s") % {"day": f"{row.day:%d.%m.%Y}"}
        for position in range((row.last or 0) + 1):
            yield GradedWork(
                id=_work_id(row.id, position),
                title=f"{title} ({position + 1})" if position else title,
                kind=row.control_kind if row.control_kind in known else LESSON_KIND,
                day=row.day,
                term_id=_term_of(terms, row),
                **place,
            )


def _work_id(lesson_id: UUID, position: int) -> str:
    return f"{lesson_id}-{position + 1}" if position else str(lesson_id)


def _term_of(terms: Iterable[Term], row: Any) -> UUID | None:
    return next(
        (
            term.id
            for term in terms
            if term.kind == row.term_kind and term.starts_on <= row.day <= term.ends_on
        ),
        None,
    )


def _terms(
    db: Session, year: tuple[UUID, UUID], settings: JournalSettings, terms: Sequence[Term]
) -> Iterator[GradedWork]:
    by_id: Mapping[UUID, Term] = {term.id: term for term in terms}
    ends_on = max((term.ends_on for term in terms), default=None)
    rows = db.execute(
        _pages(JournalTermMark.page_id, JournalTermMark.kind, JournalTermMark.term_id)
        .join(JournalTermMark, JournalTermMark.page_id == JournalPage.id)
        .where(*_of(JournalTermMark, year))
        .distinct()
        .order_by(JournalTermMark.page_id, JournalTermMark.kind, JournalTermMark.term_id)
    )
    for row in rows:
        term = by_id.get(row.term_id)
        day = term.ends_on if term else ends_on
        if day is None:
            continue
        yield GradedWork(
            id=_slot_id(row),
            title=_("Итог: %(term)s") % {"term": term.name} if term else _(TITLES[row.kind]),
            kind=TERM_KIND,
            day=day,
            term_id=row.term_id,
            **_place(row, settings),
        )


def _slot_id(row: Any) -> str:
    return f"{row.page_id}-{row.term_id or row.kind}"


def _results(db: Session, year: tuple[UUID, UUID]) -> Iterator[GradedResult]:
    mark, final = JournalMark, JournalTermMark
    rows = db.execute(
        select(mark.id, mark.lesson_id, mark.position, mark.pupil_id, mark.value, mark.score, mark.day)
        .join(JournalLesson, JournalLesson.id == mark.lesson_id)
        .where(*_of(mark, year), JournalLesson.status != "cancelled")
        .order_by(mark.day, mark.lesson_id, mark.pupil_id, mark.position)
        .execution_options(yield_per=PART)
    )
    for row in rows:
        yield _result(row, _work_id(row.lesson_id, row.position), row.day)
    rows = db.execute(
        select(
            final.id,
            final.page_id,
            final.kind,
            final.term_id,
            final.pupil_id,
            final.value,
            final.score,
            final.changed_at,
        )
        .where(*_of(final, year))
        .order_by(final.page_id, final.kind, final.term_id, final.pupil_id)
        .execution_options(yield_per=PART)
    )
    for row in rows:
        yield _result(row, _slot_id(row), row.changed_at.date())


def _result(row: Any, work_id: str, day: Any) -> GradedResult:
    """A mark whose retake alone counts has no `score`; what was written is the result all the same."""
    score = int(row.value) if row.value.isdecimal() else row.score
    return GradedResult(
        id=row.id,
        work_id=work_id,
        pupil_id=row.pupil_id,
        score=score,
        words="" if row.value.isdecimal() else row.value,
        day=day,
        exempt=row.value == EXEMPT,
    )
