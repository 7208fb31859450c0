"""Attendance: the day of a class, roll calls, reasons of absences, what families announce."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from core.database.base import new_id
from core.identity.sessions import today_in
from core.roles.models import StructuralRole
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage

from .world import Sent, World, sends

TODAY = today_in("Europe/Moscow")


def class_teacher(world: World) -> Visitor:
    """A class teacher of the class whose page is kept."""
    person_id = world.portal.new_person("Классная", "Ирина")
    with world.portal.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="class_teacher",
                organization_id=world.found.organization_id,
                school_class_id=world.found.school_class_id,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
    return world.portal.sign_in("class_teacher", person_id=person_id)


def day_of_lesson(world: World, number: int = 0) -> date:
    """The day of a lesson of the page."""
    with world.portal.portal.database.reading() as db:
        return db.get_one(JournalLesson, world.found.lessons[number]).day


def absence(world: World, first: date, visitor: Visitor, pupil: UUID) -> str:
    """The key of an absence just announced."""
    told = {"pupil": str(pupil), "first_day": str(first), "last_day": str(first), "code": "б"}
    answer = visitor.post("/api/v1/journal/absences", json=told)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def guardian(world: World, pupil: UUID) -> Visitor:
    """A guardian of one of the class's pupils."""
    return guardian_of(TeachersPage(world.found, world.portal, world.teacher), pupil)


def missed(world: World, pupil: UUID, number: int, visitor: Visitor) -> date:
    """A day on which a pupil missed a lesson, the reason being unknown."""
    body = {"lesson": str(world.found.lessons[number]), "pupil": str(pupil), "code": "н"}
    assert visitor.put("/api/v1/journal/attendance", json=body).status_code == 200
    return day_of_lesson(world, number)


@sends("POST /journal/classes/{class_id:uuid}/days/{day:str}")
def whole_day_noted(world: World) -> Sent:
    page = f"/journal/classes/{world.found.school_class_id}/days/{day_of_lesson(world)}"
    return Sent(class_teacher(world), page, page, {"pupil": str(world.found.pupils[2]), "code": "б"})


@sends("POST /journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call")
def roll_called(world: World) -> Sent:
    day = day_of_lesson(world)
    address = f"/journal/classes/{world.found.school_class_id}"
    action = f"{address}/lessons/{world.found.lessons[0]}/roll-call"
    return Sent(class_teacher(world), action, f"{address}/days/{day}", {"day": str(day), "step": "done"})


def period(pupil: UUID, day: date) -> dict[str, Any]:
    """A period of one day to be recoded."""
    return {"pupil": str(pupil), "first_day": str(day), "last_day": str(day), "code": "уп"}


@sends("POST /journal/recodings")
def reason_set(world: World) -> Sent:
    visitor, pupil = class_teacher(world), world.found.pupils[3]
    day = missed(world, pupil, 1, visitor)
    fields = {**period(pupil, day), "basis": "Заявление"}
    return Sent(visitor, "/journal/recodings", "", fields, {"files": ("", b"", "")})


@sends("POST /journal/recodings/{recoding_id:uuid}/undo")
def reason_undone(world: World) -> Sent:
    visitor, pupil = class_teacher(world), world.found.pupils[4]
    day = missed(world, pupil, 1, visitor)
    made = visitor.post("/api/v1/journal/recodings", json={**period(pupil, day), "basis": "Заявление"})
    assert made.status_code == 201, made.text
    return Sent(
        visitor, f"/journal/recodings/{made.json()['id']}/undo", "/journal/recodings", {"step": "undo"}
    )


@sends("POST /absences")
def absence_announced(world: World) -> Sent:
    pupil = world.found.pupils[5]
    fields = {"pupil": str(pupil), "first_day": str(TODAY), "last_day": "", "code": "б", "comment": ""}
    return Sent(guardian(world, pupil), "/absences", "/absences", fields, {"files": ("", b"", "")})


@sends("POST /absences/{absence_id:uuid}/withdraw")
def absence_withdrawn(world: World) -> Sent:
    pupil = world.found.pupils[6]
    visitor = guardian(world, pupil)
    key = absence(world, TODAY, visitor, pupil)
    return Sent(visitor, f"/absences/{key}/withdraw", "/absences", {"step": "withdraw"})


@sends("POST /journal/absences/{absence_id:uuid}")
def absence_answered(world: World) -> Sent:
    pupil = world.found.pupils[7]
    key = absence(world, TODAY + timedelta(days=1), guardian(world, pupil), pupil)
    visitor = class_teacher(world)
    return Sent(visitor, f"/journal/absences/{key}", "/journal/absences", {"step": "confirm", "answer": ""})
