"""Cards of the home page and finds of the search box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, select

from core.contributions import CardContent, CardLine, SearchResult
from core.database.session import Session
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations.models import PupilGroup, SchoolClass, Subject
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.access import group_title
from plugins.journal.lessons.journal_pages import list_pages
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalMark, JournalPage

SHOWN = 5


def todays_lessons(db: Session, actor: Actor) -> CardContent | None:
    """A teacher's lessons of today, each with what is not filled in yet."""
    if actor.role is None or actor.role.kind != "teacher":
        return None
    lessons = _lessons_today(db, actor)
    lines = [
        CardLine(
            text=_("%(number)s. %(where)s, %(subject)s")
            % {
                "number": row.number,
                "where": ", ".join(
                    part
                    for part in (row.class_name, group_title(row.group_name, row.class_name, row.subject))
                    if part
                ),
                "subject": row.subject,
            },
            note=_left_to_do(row),
            tone="" if row.topic and row.homework else "warning",
            url=f"/journal/{row.page_id}#l{row.id.hex}",
        )
        for row in lessons
    ]
    # What waits for the teacher comes first when there are more lessons than lines.
    if len(lines) > SHOWN:
        lines.sort(key=lambda line: line.tone == "")
    return CardContent(
        lines=lines[:SHOWN],
        empty=_("Сегодня у вас нет уроков."),
        url="/journal",
        link_title=_("Все страницы журнала"),
    )


def _lessons_today(db: Session, actor: Actor) -> Sequence[Any]:
    return db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.number,
            JournalLesson.topic,
            JournalLesson.homework,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
            exists().where(JournalMark.lesson_id == JournalLesson.id).label("has_marks"),
            exists().where(JournalAttendance.lesson_id == JournalLesson.id).label("has_attendance"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id == func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id),
        )
        .where(
            JournalLesson.organization_id == actor.organization_id,
            JournalLesson.teacher_id == actor.person_id,
            JournalLesson.day == school_today(actor),
            JournalLesson.status.not_in(NOT_GIVEN),
        )
        .order_by(JournalLesson.number)
    ).all()


def _left_to_do(row: Any) -> str:
    missing = [
        word for word, there in ((_("тема"), row.topic), (_("домашнее задание"), row.homework)) if not there
    ]
    if not missing:
        return _("заполнен")
    return _("нет: %s") % ", ".join(missing)


def find_pages(db: Session, actor: Actor, text: str, limit: int) -> Sequence[SearchResult]:
    """Journal pages whose class or subject begins with the words: «7а алгебра»."""
    words = text.split()
    if not words:
        return []
    found: list[SearchResult] = []
    for line in list_pages(db, actor):
        keys = sort_key(f"{line.class_name} {line.group_name} {line.subject}").split()
        if all(any(key.startswith(word) for key in keys) for word in words):
            found.append(
                SearchResult(
                    title=f"{line.title}, {line.subject}",
                    subtitle=_("Страница журнала"),
                    url=f"/journal/{line.id}",
                    icon="journal",
                )
            )
            if len(found) == limit:
                break
    return found
