"""An invented absence in the demo school: a teacher away today, all lessons but the last one given to others."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.roles.actor import Actor
from plugins.diary.changes.covering import propose
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import substitute

LOOKED_AHEAD = timedelta(days=10)
FEW = 3
"""As many lessons as the absent teacher has: fewer tell nothing, more crowd the page."""


def teacher_away_today(db: Session, actor: Actor, school: DemoSchool) -> None:
    """A teacher is away today, or on the next school day if there are no lessons today."""
    lessons = db.execute(
        select(DiaryLesson.day, DiaryLesson.teacher_id)
        .where(
            DiaryLesson.organization_id == school.organization.id,
            DiaryLesson.academic_year_id == school.year.id,
            DiaryLesson.day.between(school.today, school.today + LOOKED_AHEAD),
            DiaryLesson.status == "planned",
            DiaryLesson.teacher_id.is_not(None),
        )
        .order_by(DiaryLesson.day, DiaryLesson.number, DiaryLesson.id)
    ).all()
    if not lessons:
        return
    day = lessons[0].day
    counted = Counter(row.teacher_id for row in lessons if row.day == day)
    # A teacher of few lessons whom no persona signs in as: the last of the list.
    teacher = next(
        (each.id for each in reversed(school.teachers) if counted[each.id] >= FEW),
        max(counted, key=lambda each: counted[each]),
    )
    absence = TeacherAbsence(
        id=new_id(),
        organization_id=school.organization.id,
        academic_year_id=school.year.id,
        teacher_id=teacher,
        first_day=day,
        last_day=day,
        reason="course",
        note="Курсы до конца дня",
    )
    db.add(absence)
    db.flush()
    proposals = propose(db, actor, absence.id)
    for proposal in proposals[:-1]:
        option = next((each for each in proposal.options if each.kind == "substitute"), None)
        if option is not None and option.teacher_id is not None:
            substitute(db, actor, proposal.lesson.id, teacher_id=option.teacher_id)
