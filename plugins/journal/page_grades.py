"""Of which grade level a journal page is, asked along with the page."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, func, select

from core.organizations.models import PupilGroup, SchoolClass
from plugins.journal.models import JournalPage


def grade_of_page() -> ScalarSelect[int]:
    """The grade level of a `JournalPage`: of its class or of its group's; null for a group across classes."""
    of_group = (
        select(PupilGroup.school_class_id)
        .where(PupilGroup.id == JournalPage.pupil_group_id)
        .correlate(JournalPage)
        .scalar_subquery()
    )
    return (
        select(SchoolClass.grade_level)
        .where(SchoolClass.id == func.coalesce(JournalPage.school_class_id, of_group))
        .correlate(JournalPage)
        .scalar_subquery()
    )
