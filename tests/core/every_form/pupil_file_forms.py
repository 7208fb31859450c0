"""A pupil's file: given out, and taken in."""

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, SchoolClass
from core.organizations.transfer import classes_of, enter
from core.pupil_files.signing import sign
from core.roles.actor import system_actor

from .world import Sent, World, sends

TODAY = today_in("Europe/Moscow")
SINCE = date(TODAY.year, TODAY.month, 1)


def _file(name: str) -> bytes:
    about = {
        "made_at": "2026-11-20T10:00:00Z",
        "installation": "https://third.example",
        "school": {"name": "Школа за рекой", "short_name": "Школа за рекой"},
        "pupil": {"last_name": name, "first_name": "Лев", "birth_date": "2016-02-03"},
    }
    return sign(b"the third installation", msgspec.json.encode(about))


def _pupil(world: World, last_name: str) -> UUID:
    """A new pupil of the head's school."""
    with world.portal.portal.database.transaction() as db:
        pupil = Person(id=new_id(), last_name=last_name, first_name="Лев", birth_date=date(2016, 2, 3))
        db.add(pupil)
        db.flush()
        school_class = db.scalars(
            select(SchoolClass)
            .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
            .where(SchoolClass.organization_id == world.found.organization_id, Enrollment.ends_on.is_(None))
            .limit(1)
        ).one()
        enter(db, system_actor(), pupil, school_class, SINCE, "Приказ 1")
        return pupil.id


@sends("POST /people/{person_id:uuid}/pupil-file")
def pupil_let_go(world: World) -> Sent:
    page = f"/people/{_pupil(world, 'Выбывающий')}/pupil-file"
    return Sent(world.head, page, page, {"last_day": TODAY.isoformat(), "basis": "Заявление родителей"})


@sends("POST /people/{person_id:uuid}/withdraw")
def pupil_withdrawn(world: World) -> Sent:
    page = f"/people/{_pupil(world, 'Отчисляемый')}/withdraw"
    fields = {"last_day": TODAY.isoformat(), "reason": "moved", "basis": "Приказ № 9"}
    return Sent(world.head, page, page, fields)


@sends("POST /pupils")
def pupil_admitted(world: World) -> Sent:
    with world.portal.portal.database.reading() as db:
        school_class = classes_of(db, world.found.organization_id, TODAY)[0]
    fields = {
        "last_name": "Принимаемый",
        "first_name": "Пётр",
        "birth_date": "2016-02-03",
        "school_class": school_class,
        "basis": "Приказ № 7",
    }
    return Sent(world.head, "/pupils", "/pupils/new", fields)


@sends("POST /pupil-files")
def pupils_file_uploaded(world: World) -> Sent:
    files = {"file": ("ученик.pupil.json", _file("Загруженный"), "application/json")}
    return Sent(world.head, "/pupil-files", "/pupil-files/new", files=files)


@sends("POST /pupil-files/{file_id:uuid}")
def pupil_taken_in(world: World) -> Sent:
    files = {"file": ("ученик.pupil.json", _file("Принимаемый"), "application/json")}
    page = str(world.head.post("/pupil-files", files=files).headers["location"])
    with world.portal.portal.database.reading(fresh=True) as db:
        school_class = classes_of(db, world.found.organization_id, TODAY)[0]
    fields = {
        "school_class": school_class,
        "first_day": TODAY.isoformat(),
        "basis": "Приказ 7",
        "compared": "true",
    }
    return Sent(world.head, page, page, fields)
