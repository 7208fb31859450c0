"""A reminder to teachers who have held lessons today and written no homework by the end of the school day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from core.database.base import now
from core.database.session import Session
from core.identity.models import Notification
from core.notifications import notify
from core.organizations.models import Organization, PupilGroup, SchoolClass, Subject
from core.tasks import TaskRun
from core.web.i18n import counted
from plugins.journal.access import group_title
from plugins.journal.homework.models import GivenItem
from plugins.journal.homework.norms import norms_of
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.settings import JournalSettings, journal_settings

HOMEWORK_DUE = "journal.homework.due"
REMINDERS = "journal.homework.remind"
EVERY = timedelta(minutes=30)


def remind(task: TaskRun) -> None:
    """Remind the teachers of every school where the hour has come; each once a day."""
    with task.portal.database.reading() as db:
        schools = list(db.scalars(select(Organization.id).where(Organization.kind == "school")))
    for school_id in schools:
        if task.cancelled:
            return
        with task.portal.database.transaction() as db:
            remind_school(db, school_id, now())


def remind_school(db: Session, school_id: UUID, moment: datetime) -> int:
    """Remind the teachers of a school as of `moment`; returns how many.

    Nobody is reminded before the hour of the settings, where they name none, or twice in a day. Lessons whose grade
    level is given no homework by the school's norms do not count.
    """
    school = db.get_one(Organization, school_id)
    if not db.portal.switches.is_on("journal", school.path):
        return 0
    settings = journal_settings(db, school.path)
    zone = ZoneInfo(school.timezone or db.portal.config.timezone)
    local = moment.astimezone(zone)
    if not settings.homework_reminder or local.hour < settings.homework_reminder:
        return 0
    begins = datetime.combine(local.date(), datetime.min.time(), zone)
    lessons = _without_homework(db, school_id, local.date(), settings)
    reminded = set(
        db.scalars(
            select(Notification.person_id).where(
                Notification.kind == HOMEWORK_DUE,
                Notification.created_at >= begins,
                Notification.person_id.in_({row.teacher_id for row in lessons}),
            )
        )
    )
    by_teacher: dict[UUID, list[Any]] = {}
    for row in lessons:
        if row.teacher_id not in reminded:
            by_teacher.setdefault(row.teacher_id, []).append(row)
    for teacher_id, own in by_teacher.items():
        title = counted(
            "Запишите домашнее задание: %(count)s урок",
            "Запишите домашнее задание: %(count)s уроков",
            len(own),
        )
        body = "; ".join(f"{_where(row)}, {row.subject}" for row in own)
        url = f"/journal/{own[0].page_id}/lessons/{own[0].id}" if len(own) == 1 else "/"
        notify(db, [teacher_id], HOMEWORK_DUE, title, body, url)
    return len(by_teacher)


def _where(row: Any) -> str:
    if not row.group_name:
        return str(row.class_name)
    group = group_title(row.group_name, row.class_name, row.subject)
    return f"{row.class_name}, {group}" if row.class_name else group


def _without_homework(db: Session, school_id: UUID, day: date, settings: JournalSettings) -> Sequence[Any]:
    norms = norms_of(settings.homework_norms)
    without = [grade for grade, minutes in norms.items() if not minutes]
    rows = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.teacher_id,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            SchoolClass.grade_level,
            PupilGroup.name.label("group_name"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            (SchoolClass.id == JournalPage.school_class_id) | (SchoolClass.id == PupilGroup.school_class_id),
        )
        .where(
            JournalLesson.organization_id == school_id,
            JournalLesson.day == day,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.teacher_id.is_not(None),
            JournalLesson.homework == "",
            JournalLesson.homework_links == "",
            ~exists().where(GivenItem.lesson_id == JournalLesson.id),
        )
        .order_by(JournalLesson.number, JournalLesson.id)
    ).all()
    return [row for row in rows if row.grade_level not in without]
