"""A class beside that of the tested page: the same subject and grade level, a lesson on the same day."""

from __future__ import annotations

from uuid import UUID

from core.database.base import new_id
from core.organizations.models import SchoolClass
from core.portal import Portal
from plugins.journal.models import JournalLesson, JournalPage
from tests.plugins.journal.conftest import FoundPage


def parallel_lesson(portal: Portal, found: FoundPage, label: str) -> UUID:
    """Begin a parallel class with a page and a lesson; returns the lesson's id."""
    with portal.database.transaction() as db:
        school_class = db.get_one(SchoolClass, found.school_class_id)
        beside = SchoolClass(
            id=new_id(),
            organization_id=found.organization_id,
            academic_year_id=school_class.academic_year_id,
            grade_level=school_class.grade_level,
            label=label,
            name=f"{school_class.grade_level}{label}",
            name_key=f"{school_class.grade_level:02}{label.casefold()}",
            term_kind=school_class.term_kind,
        )
        db.add(beside)
        db.flush()
        page = JournalPage(
            id=new_id(),
            organization_id=found.organization_id,
            academic_year_id=school_class.academic_year_id,
            subject_id=found.subject_id,
            school_class_id=beside.id,
        )
        db.add(page)
        db.flush()
        lesson = JournalLesson(
            id=new_id(),
            organization_id=found.organization_id,
            academic_year_id=school_class.academic_year_id,
            page_id=page.id,
            day=db.get_one(JournalLesson, found.lessons[0]).day,
            number=1,
        )
        db.add(lesson)
        return lesson.id
