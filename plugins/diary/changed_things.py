"""What the history of changes calls lessons of the timetable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.organizations.models import PupilGroup, SchoolClass, Subject
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import show_short_day
from plugins.diary.models import DiaryLesson

VIEW = "core.audit.view"


def lessons_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Lessons: «Алгебра, 7А, 23.11.2026»."""
    rows = db.execute(
        select(
            DiaryLesson.id,
            DiaryLesson.day,
            Subject.name.label("subject"),
            SchoolClass.name.label("school_class"),
            PupilGroup.name.label("pupil_group"),
        )
        .join(Subject, Subject.id == DiaryLesson.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == DiaryLesson.school_class_id)
        .outerjoin(PupilGroup, PupilGroup.id == DiaryLesson.pupil_group_id)
        .where(
            DiaryLesson.id.in_([UUID(each) for each in ids]),
            within(actor, VIEW, DiaryLesson.organization_id),
        )
    )
    return {
        str(row.id): (
            ", ".join(
                each
                for each in (row.subject, row.pupil_group or row.school_class, show_short_day(row.day))
                if each
            ),
            "",
        )
        for row in rows
    }
