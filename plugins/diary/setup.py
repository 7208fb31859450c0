"""The diary's step of setting a school up: a timetable."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_

from core.database.session import Session
from core.hooks import SetupScope, SetupStep
from core.organizations.models import AcademicYear, Organization
from core.web.i18n import lazy as _
from plugins.diary.models import DiaryLesson, PatternEntry
from plugins.diary.timetable import EDIT


def _planned(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    """A year that is not over has lessons, or a week to make them of."""
    present = AcademicYear.archived.is_(False) & (AcademicYear.ends_on >= scope.today)
    of_year = (AcademicYear.organization_id == Organization.id, present)
    return or_(
        *(
            exists().where(
                *of_year,
                table.organization_id == Organization.id,
                table.academic_year_id == AcademicYear.id,
            )
            for table in (DiaryLesson, PatternEntry)
        )
    )


TIMETABLE_STEP = SetupStep(
    name="diary.timetable",
    title=_("Расписание"),
    explanation=_(
        "Из него сами появляются уроки в журнале и дневнике; без него уроки в журнал добавляют учителя."
    ),
    kinds=("school", "college"),
    done=_planned,
    url="/timetable",
    permission=EDIT,
    by_hand=True,
    order=100,
)
