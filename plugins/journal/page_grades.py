"""Of which grade level a journal page is and which terms it follows, asked along with the page."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select
from sqlalchemy.orm import aliased

from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, SchoolClass
from plugins.journal.models import JournalPage

DEFAULT_TERM_KIND = "quarter"
"""What a group across classes follows while nobody is in it."""


def grade_of_page() -> ColumnElement[int]:
    """The grade level of a `JournalPage`: of its class or its group's class, else `grade_of_stream`."""
    of_group = (
        select(PupilGroup.school_class_id)
        .where(PupilGroup.id == JournalPage.pupil_group_id)
        .correlate(JournalPage)
        .scalar_subquery()
    )
    of_class = (
        select(SchoolClass.grade_level)
        .where(SchoolClass.id == func.coalesce(JournalPage.school_class_id, of_group))
        .correlate(JournalPage)
        .scalar_subquery()
    )
    return func.coalesce(of_class, grade_of_stream())


def grade_of_stream() -> ScalarSelect[int]:
    """The grade level of all pupils in the group of a `JournalPage`; null where they are of several."""
    home = aliased(SchoolClass)
    return (
        select(func.min(home.grade_level))
        .select_from(PupilGroupMembership)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .join(home, home.id == Enrollment.school_class_id)
        .where(
            PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id,
            Enrollment.academic_year_id == JournalPage.academic_year_id,
        )
        .having(func.min(home.grade_level) == func.max(home.grade_level))
        .correlate(JournalPage)
        .scalar_subquery()
    )


def term_kind_of_page() -> ColumnElement[str]:
    """The kind of terms of a `JournalPage` in a statement that joins the `SchoolClass` of its class or group.

    A group across classes follows the terms that most of its pupils have in their classes.
    """
    home = aliased(SchoolClass)
    of_most = (
        select(home.term_kind)
        .select_from(PupilGroupMembership)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .join(home, home.id == Enrollment.school_class_id)
        .where(
            PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id,
            Enrollment.academic_year_id == JournalPage.academic_year_id,
        )
        .group_by(home.term_kind)
        .order_by(
            func.count().desc(), case((home.term_kind == DEFAULT_TERM_KIND, 0), else_=1), home.term_kind
        )
        .limit(1)
        .correlate(JournalPage)
        .scalar_subquery()
    )
    return case(
        (SchoolClass.term_kind.is_not(None), SchoolClass.term_kind),
        else_=func.coalesce(of_most, DEFAULT_TERM_KIND),
    )
