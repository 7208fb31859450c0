"""Statements about what a pupil of a page got elsewhere in its subject: on another page, or at a former school."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from core.database.base import in_force
from core.organizations.models import Enrollment, PupilGroupMembership, Term
from plugins.journal.external.models import MARK_KIND, TERM_KIND, YEAR_KIND, JournalExternalMark
from plugins.journal.models import JournalMark, JournalPage
from plugins.journal.terms.models import JournalTermMark

_Other = aliased(JournalPage)


def on_page(pupil_id: Any) -> ColumnElement[bool]:
    """Condition on `JournalPage`: the pupil is in its class or group at some time of the year."""
    return or_(
        exists().where(
            JournalPage.pupil_group_id.is_(None),
            Enrollment.school_class_id == JournalPage.school_class_id,
            Enrollment.person_id == pupil_id,
        ),
        exists().where(
            PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id,
            PupilGroupMembership.person_id == pupil_id,
        ),
    )


def stays_on(page_id: Any, pupil_id: Any, today: date) -> ColumnElement[int]:
    """1 if the pupil is in the class or group of the page on a day, else 0."""
    page = aliased(JournalPage)
    there = or_(
        exists().where(
            page.id == page_id,
            page.pupil_group_id.is_(None),
            Enrollment.school_class_id == page.school_class_id,
            Enrollment.person_id == pupil_id,
            in_force(Enrollment, today),
        ),
        exists().where(
            page.id == page_id,
            PupilGroupMembership.pupil_group_id == page.pupil_group_id,
            PupilGroupMembership.person_id == pupil_id,
            in_force(PupilGroupMembership, today),
        ),
    )
    return case((there, 1), else_=0)


def external_rows(
    organization_id: UUID,
    academic_year_id: UUID,
    pages: Collection[UUID],
    terms: Collection[UUID],
    pupil_id: UUID | None,
) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Sums of external marks by page, pupil and term; external marks of terms; of the year: `standings`' columns."""
    here = (
        JournalExternalMark.organization_id == organization_id,
        JournalExternalMark.academic_year_id == academic_year_id,
        JournalExternalMark.pupil_id == pupil_id if pupil_id is not None else true(),
        JournalPage.id.in_(pages),
        on_page(JournalExternalMark.pupil_id),
    )
    sums: Any = (
        select(
            literal("external"),
            JournalPage.id,
            JournalExternalMark.pupil_id,
            Term.id,
            func.sum(JournalExternalMark.score * JournalExternalMark.weight),
            func.sum(JournalExternalMark.weight),
            func.count(),
            *(literal(0) for _ in range(2)),
            *(literal("") for _ in range(2)),
            func.max(JournalExternalMark.source),
            *(literal("") for _ in range(2)),
        )
        .join(JournalPage, JournalPage.subject_id == JournalExternalMark.subject_id)
        .join(Term, JournalExternalMark.day.between(Term.starts_on, Term.ends_on))
        .where(
            *here,
            Term.id.in_(terms),
            JournalExternalMark.kind == MARK_KIND,
            JournalExternalMark.score.is_not(None),
        )
        .group_by(JournalPage.id, JournalExternalMark.pupil_id, Term.id)
    )
    of_terms: Any = (
        select(
            literal("elsewhere"),
            JournalPage.id,
            JournalExternalMark.pupil_id,
            JournalExternalMark.term_id,
            *(literal(0) for _ in range(5)),
            literal(""),
            JournalExternalMark.value,
            JournalExternalMark.source,
            *(literal("") for _ in range(2)),
        )
        .join(JournalPage, JournalPage.subject_id == JournalExternalMark.subject_id)
        .where(*here, JournalExternalMark.term_id.in_(terms), JournalExternalMark.kind == TERM_KIND)
    )
    of_year: Any = (
        select(
            literal("elsewhere"),
            JournalPage.id,
            JournalExternalMark.pupil_id,
            cast(null(), Uuid),
            *(literal(0) for _ in range(5)),
            literal(YEAR_KIND),
            JournalExternalMark.value,
            JournalExternalMark.source,
            *(literal("") for _ in range(2)),
        )
        .join(JournalPage, JournalPage.subject_id == JournalExternalMark.subject_id)
        .where(*here, JournalExternalMark.kind == YEAR_KIND, JournalExternalMark.grade_level.is_(None))
    )
    return sums, of_terms, of_year


def term_marks_of_other_pages(
    organization_id: UUID,
    academic_year_id: UUID,
    pages: Collection[UUID],
    terms: Collection[UUID],
    pupil_id: UUID | None,
    today: date,
) -> Select[Any]:
    """Marks of terms that were set on another page of the subject; whether the pupil is there `today`, and when."""
    statement: Any = (
        select(
            literal("elsewhere"),
            JournalPage.id,
            JournalTermMark.pupil_id,
            JournalTermMark.term_id,
            *(literal(0) for _ in range(4)),
            stays_on(_Other.id, JournalTermMark.pupil_id, today),
            literal(""),
            JournalTermMark.value,
            *(literal("") for _ in range(2)),
            cast(JournalTermMark.changed_at, Text),
        )
        .join(_Other, _Other.id == JournalTermMark.page_id)
        .join(JournalPage, and_(JournalPage.subject_id == _Other.subject_id, JournalPage.id != _Other.id))
        .where(
            JournalTermMark.organization_id == organization_id,
            JournalTermMark.academic_year_id == academic_year_id,
            JournalTermMark.pupil_id == pupil_id if pupil_id is not None else true(),
            JournalTermMark.term_id.in_(terms),
            JournalPage.academic_year_id == academic_year_id,
            JournalPage.id.in_(pages),
            on_page(JournalTermMark.pupil_id),
        )
    )
    return statement


def marks_of_other_pages(
    organization_id: UUID,
    academic_year_id: UUID,
    pages: Collection[UUID],
    terms: Collection[UUID],
    pupil_id: UUID | None,
    membership: type[Enrollment] | type[PupilGroupMembership],
) -> Select[Any]:
    """Sums of a term's marks on another page of the subject, of pupils who came to the page in the middle of it."""
    place = (
        and_(
            JournalPage.pupil_group_id.is_(None),
            Enrollment.school_class_id == JournalPage.school_class_id,
        )
        if membership is Enrollment
        else PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id
    )
    return (
        select(
            literal("moved"),
            JournalPage.id,
            membership.person_id,
            Term.id,
            func.sum(JournalMark.score * JournalMark.weight),
            func.sum(JournalMark.weight),
            func.count(),
            *(literal(0) for _ in range(2)),
            *(literal("") for _ in range(5)),
        )
        .select_from(JournalPage)
        .join(membership, place)
        .join(Term, and_(membership.starts_on > Term.starts_on, membership.starts_on <= Term.ends_on))
        .join(
            JournalMark,
            and_(
                JournalMark.organization_id == organization_id,
                JournalMark.academic_year_id == academic_year_id,
                JournalMark.pupil_id == membership.person_id,
                JournalMark.day >= Term.starts_on,
                JournalMark.day < membership.starts_on,
            ),
        )
        .join(_Other, and_(_Other.id == JournalMark.page_id, _Other.subject_id == JournalPage.subject_id))
        .where(
            JournalPage.id.in_(pages),
            Term.id.in_(terms),
            JournalMark.score.is_not(None),
            JournalMark.page_id != JournalPage.id,
            membership.person_id == pupil_id if pupil_id is not None else true(),
        )
        .group_by(JournalPage.id, membership.person_id, Term.id)
    )
