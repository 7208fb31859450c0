"""Absences of teachers, changes of single lessons, the corridor screen."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.diary.models import DiaryLesson

from .world import Sent, World, sends

ABSENCES = "/timetable/absences"


def deputy_head(world: World) -> Visitor:
    """Who changes the timetable of the school."""
    with world.portal.portal.database.reading(fresh=True) as db:
        person = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.kind == "deputy_head",
                StructuralRole.organization_id == world.found.organization_id,
            )
            .limit(1)
        ).one()
    return world.portal.sign_in("deputy_head", person_id=person)


def a_lesson(world: World, nth: int) -> tuple[UUID, UUID, date]:
    """A lesson of the last days of the year that nothing has been done to: its id, its teacher, its day."""
    with world.portal.portal.database.reading(fresh=True) as db:
        row = db.execute(
            select(DiaryLesson.id, DiaryLesson.teacher_id, DiaryLesson.day)
            .where(
                DiaryLesson.organization_id == world.found.organization_id,
                DiaryLesson.status == "planned",
                DiaryLesson.pupil_group_id.is_(None),
                DiaryLesson.teacher_id.is_not(None),
            )
            .order_by(DiaryLesson.day.desc(), DiaryLesson.number.desc(), DiaryLesson.id)
            .offset(nth)
            .limit(1)
        ).one()
    return row.id, row.teacher_id, row.day


def away(world: World, visitor: Visitor, teacher: UUID, day: date) -> str:
    """The key of an absence just entered."""
    body = {"teacher_id": str(teacher), "first_day": day.isoformat(), "last_day": day.isoformat()}
    answer = visitor.post("/api/v1/diary/absences", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@sends("POST /timetable/absences/new")
def absence_entered(world: World) -> Sent:
    _lesson, teacher, day = a_lesson(world, 0)
    earlier = (day - timedelta(days=30)).isoformat()
    fields = {"teacher_id": str(teacher), "first_day": earlier, "last_day": earlier, "reason": "other"}
    return Sent(deputy_head(world), f"{ABSENCES}/new", f"{ABSENCES}/new", fields)


@sends("POST /timetable/absences/{teacher_absence_id:uuid}/edit")
def absence_removed(world: World) -> Sent:
    visitor = deputy_head(world)
    _lesson, teacher, day = a_lesson(world, 0)
    page = f"{ABSENCES}/{away(world, visitor, teacher, day - timedelta(days=40))}/edit"
    return Sent(visitor, page, page, {"step": "remove"})


@sends("POST /timetable/absences/{teacher_absence_id:uuid}/fill")
def absence_filled(world: World) -> Sent:
    visitor = deputy_head(world)
    with world.portal.portal.database.reading(fresh=True) as db:
        row = db.execute(
            select(DiaryLesson.teacher_id, DiaryLesson.day)
            .where(
                DiaryLesson.organization_id == world.found.organization_id,
                DiaryLesson.status == "planned",
                DiaryLesson.day > date.today(),  # noqa: DTZ011 -- any day to come
                DiaryLesson.pupil_group_id.is_(None),
                DiaryLesson.teacher_id.is_not(None),
            )
            .order_by(DiaryLesson.day, DiaryLesson.number.desc(), DiaryLesson.id)
            .limit(1)
        ).one()
    absence = away(world, visitor, row.teacher_id, row.day)
    found = visitor.get(f"/api/v1/diary/absences/{absence}/proposals").json()
    fields = {f"choice:{each['lesson']['id']}": each["options"][0]["key"] for each in found}
    return Sent(visitor, f"{ABSENCES}/{absence}/fill", f"{ABSENCES}/{absence}/fill", fields)


@sends("POST /timetable/lessons/{planned_lesson_id:uuid}")
def lesson_cancelled(world: World) -> Sent:
    lesson, _teacher, _day = a_lesson(world, 5)
    address = f"/timetable/lessons/{lesson}"
    return Sent(deputy_head(world), address, address, {"option": "cancel"})


@sends("POST /timetable/screen")
def screen_opened(world: World) -> Sent:
    return Sent(deputy_head(world), "/timetable/screen", "/timetable/screen", {"step": "open"})
