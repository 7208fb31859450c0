"""The ceiling: the same page as plain Litestar, SQLAlchemy Core rows and msgspec JSON; no session, no rights."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from litestar import Litestar, Response, get
from litestar.params import FromPath
from sqlalchemy import String, select, type_coerce

from core.database.engine import engine_for
from core.identity.models import Person
from core.organizations.models import Enrollment
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.models import JournalRemark

engine = engine_for(os.environ["MOYASHKOLA_DATABASE_URL"])


@get("/page/{page_id:uuid}", sync_to_thread=True)
def page(page_id: FromPath[UUID]) -> Response[dict[str, Any]]:
    """Pupils, lessons, marks, attendance and remarks of a page as JSON."""
    with engine.connect() as db:
        found = db.execute(
            select(
                JournalPage.organization_id, JournalPage.academic_year_id, JournalPage.school_class_id
            ).where(JournalPage.id == page_id)
        ).one()

        def of(table: Any) -> tuple[Any, ...]:
            return (
                table.organization_id == found.organization_id,
                table.academic_year_id == found.academic_year_id,
                table.page_id == page_id,
            )

        pupils = db.execute(
            select(
                Person.id,
                Person.last_name,
                Person.first_name,
                Person.middle_name,
                Enrollment.starts_on,
                Enrollment.ends_on,
            )
            .join(Enrollment, Enrollment.person_id == Person.id)
            .where(
                Enrollment.organization_id == found.organization_id,
                Enrollment.academic_year_id == found.academic_year_id,
                Enrollment.school_class_id == found.school_class_id,
            )
            .order_by(Person.name_key)
        ).all()
        lessons = db.execute(
            select(
                JournalLesson.id,
                JournalLesson.day,
                JournalLesson.number,
                JournalLesson.topic,
                JournalLesson.homework,
                JournalLesson.homework_minutes,
                JournalLesson.control_kind,
            )
            .where(*of(JournalLesson))
            .order_by(JournalLesson.day)
        ).all()
        marks = db.execute(
            select(
                type_coerce(JournalMark.lesson_id, String),
                type_coerce(JournalMark.pupil_id, String),
                JournalMark.value,
                JournalMark.score,
                JournalMark.weight,
                JournalMark.position,
                JournalMark.is_retake,
                JournalMark.comment,
                JournalMark.revision,
            ).where(*of(JournalMark))
        ).all()
        absences = db.execute(
            select(
                type_coerce(JournalAttendance.lesson_id, String),
                type_coerce(JournalAttendance.pupil_id, String),
                JournalAttendance.code,
                JournalAttendance.minutes,
                JournalAttendance.revision,
            ).where(*of(JournalAttendance))
        ).all()
        remarks = db.execute(
            select(
                type_coerce(JournalRemark.lesson_id, String), type_coerce(JournalRemark.pupil_id, String)
            ).where(*of(JournalRemark))
        ).all()
    return Response(
        {
            "pupils": [tuple(row) for row in pupils],
            "lessons": [tuple(row) for row in lessons],
            "marks": [tuple(row) for row in marks],
            "absences": [tuple(row) for row in absences],
            "remarks": [tuple(row) for row in remarks],
        }
    )


app = Litestar([page], logging_config=None, openapi_config=None)
