"""The page of the timetable: a class or a teacher, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, not_modified, page_tag, render, unchanged
from plugins.diary.changes.notices import TIMETABLE_TOPIC
from plugins.diary.changes.tabs import tabs
from plugins.diary.classes import classes_of_school, own_class, teachers_of_school, title_of_choice
from plugins.diary.lessons import TIMETABLE
from plugins.diary.pages import shown_day, wanted_day
from plugins.diary.planned import ShownLesson, lessons_of_class, lessons_of_teacher
from plugins.diary.school_days import SUNDAY, monday_of
from plugins.diary.timetable import EDIT
from plugins.diary.week_view import timetable_week


@get("/timetable", guards=[needs(TIMETABLE)], sync_to_thread=True, include_in_schema=False)
def timetable(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class: FromQuery[UUID | None] = None,
    teacher: FromQuery[UUID | None] = None,
    week: FromQuery[str | None] = None,
    day: FromQuery[str | None] = None,
) -> Page:
    """The week of a class or a teacher; without a choice the own class, or one's own lessons."""
    today = school_today(actor)
    asked = wanted_day(week, day)
    if asked is None:
        asked = today + timedelta(days=1) if today.isoweekday() == SUNDAY else today
    monday = monday_of(asked)
    last = monday + timedelta(days=5)
    with database.reading() as db:
        classes = classes_of_school(db, actor, today)
        teachers = teachers_of_school(db, actor, today)
        if school_class is None and teacher is None:
            school_class = own_class(db, actor)
            if school_class is None and any(each.id == actor.person_id for each in teachers):
                teacher = actor.person_id
            elif school_class is None:
                school_class = next((each.id for each in classes), None)
        title = title_of_choice(db, actor, school_class, teacher)
        lessons: Sequence[ShownLesson] = ()
        if teacher is not None:
            lessons = lessons_of_teacher(db, actor.organization_id, teacher, monday, last)
        elif school_class is not None:
            lessons = lessons_of_class(db, actor.organization_id, school_class, monday, last)
    stamps = msgspec.json.encode((lessons, classes, teachers, monday, day, title, today))
    tag = page_tag(request, stamps)
    if unchanged(request, tag):
        return not_modified(tag)
    query = {"teacher": str(teacher)} if teacher is not None else {"school_class": str(school_class)}
    if title == "":
        query = {}
    page = render(
        request,
        "diary/timetable.html",
        week=timetable_week(
            lessons,
            monday,
            "/timetable",
            query,
            shown_day(day, monday, today),
            today,
            of_class=teacher is None,
            may_change=actor.can(EDIT),
        ),
        tabs=tabs(actor, "/timetable"),
        topic=f"{TIMETABLE_TOPIC}:{actor.organization_id}",
        live_url=f"/timetable?{urlencode({**query, 'week': monday.isoformat(), **({'day': day} if day else {})})}",
        query=query,
        chosen_title=title,
        classes=classes,
        teachers=teachers,
        school_class=school_class,
        teacher=teacher,
        path="/timetable",
    )
    page.headers["etag"] = tag
    return page


timetable_routes: list[Any] = [timetable]
