"""Giving a pupil's file out, and letting the pupil go to a school of another installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit import views
from core.audit.record import Change, record
from core.database.base import in_force, now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.models import Guardianship, Person
from core.identity.relations import RELATIONS
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization, PupilMove, SchoolClass
from core.organizations.transfer import guardians_of
from core.organizations.withdrawal import release
from core.pupil_files.content import Guardian, Pupil, PupilFile, School, encode
from core.pupil_files.signing import fingerprint, public_key, sign
from core.requests.pupil_transfers import ADMIT
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

GIVEN_OUT = "core.pupil_file.give"


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil as the school has them now or had them last; `left_on` once the last day is written down.

    `studies` says that there are days to come in the school.
    """

    person: Person
    school: Organization
    school_class: SchoolClass
    left_on: date | None
    studies: bool
    guardians: Sequence[Person]
    parts: Sequence[str]
    fingerprint: str


def leaver(db: Session, actor: Actor, person_id: UUID) -> Leaver:
    """A pupil of the actor's school, present or former. Raises `NotFound` for anybody else."""
    found = _last_place(db, actor, person_id)
    today = _today(db, found[1])
    person, school, school_class, left_on = found
    guardians = (
        select(Person).where(Person.id.in_(guardians_of(db, person.id, today))).order_by(Person.name_key)
    )
    return Leaver(
        person=person,
        school=school,
        school_class=school_class,
        left_on=left_on,
        studies=left_on is None or left_on > today,
        guardians=db.scalars(guardians).all(),
        parts=[str(source.title) for _plugin, source in _sources(db, school)],
        fingerprint=fingerprint(public_key(db.portal.secret)),
    )


def may_give_out(db: Session, actor: Actor, person_id: UUID) -> bool:
    """Whether the person is or was a pupil of the actor's school, whose file the actor may give out."""
    if not actor.can(ADMIT) or actor.role is None:
        return False
    place = select(Enrollment.id).where(
        Enrollment.person_id == person_id, Enrollment.organization_id == actor.organization_id
    )
    return db.scalar(place.limit(1)) is not None


def let_go(db: Session, actor: Actor, person_id: UUID, last_day: date, basis: str) -> PupilMove:
    """End the pupil's time in the school; the guardians' roles follow. It is undone as a move of pupils is.

    Raises `NotFound` out of reach, `Conflict` for who has left already, `Invalid` for a day before the first.
    """
    _person, school, _school_class, left_on = _last_place(db, actor, person_id)
    if left_on is not None and left_on <= max(last_day, _today(db, school) - timedelta(days=1)):
        raise Conflict("Ученик уже выбыл.", advice="Скачайте файл: он готов.")
    return release(db, actor, person_id, last_day, basis)


def give_out(db: Session, actor: Actor, person_id: UUID) -> tuple[str, bytes]:
    """The signed file and its name; that it was given out is on record. Raises `NotFound` out of reach."""
    person, school, school_class, left_on = _last_place(db, actor, person_id)
    today = _today(db, school)
    content = PupilFile(
        made_at=now(),
        installation=db.portal.config.address,
        school=School(name=school.name, short_name=school.short_name, inn=school.inn, ogrn=school.ogrn),
        pupil=_pupil(person),
        school_class=school_class.name,
        grade_level=school_class.grade_level,
        left_on=left_on,
        guardians=_guardians(db, person, today),
        parts=_parts(db, school, person),
    )
    change = Change(
        action=GIVEN_OUT,
        subject_type="person",
        subject_id=str(person.id),
        after={"parts": sorted(content.parts), "guardians": len(content.guardians)},
    )
    record(db, actor, school.id, change)
    views.note_views(db, actor, person.id, [views.EXPORT])
    return f"{person.short_name.rstrip('.')}.pupil.json", sign(db.portal.secret, encode(content))


def _last_place(
    db: Session, actor: Actor, person_id: UUID
) -> tuple[Person, Organization, SchoolClass, date | None]:
    actor.require(ADMIT)
    place = db.execute(
        select(Person, Organization, SchoolClass, Enrollment.ends_on)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(Person.id == person_id, Enrollment.organization_id == actor.organization_id)
        .order_by(Enrollment.starts_on.desc(), Enrollment.id.desc())
        .limit(1)
    ).one_or_none()
    if place is None:
        raise NotFound("Такого ученика в вашей школе не было.", advice="Найдите ученика поиском.")
    authorize(db, actor, ADMIT, place[1].id)
    return place[0], place[1], place[2], place[3]


def _today(db: Session, school: Organization) -> date:
    return today_in(school.timezone or db.portal.config.timezone)


def _pupil(person: Person) -> Pupil:
    return Pupil(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name,
        birth_date=person.birth_date,
        gender="M" if person.gender == "M" else "F" if person.gender == "F" else None,
        snils=person.snils,
    )


def _guardians(db: Session, child: Person, today: date) -> list[Guardian]:
    ties = db.execute(
        select(Person, Guardianship)
        .join(Guardianship, Guardianship.guardian_id == Person.id)
        .where(Guardianship.child_id == child.id, in_force(Guardianship, today))
        .order_by(Person.name_key, Person.id)
    )
    return [
        Guardian(
            last_name=person.last_name,
            first_name=person.first_name,
            middle_name=person.middle_name,
            snils=person.snils,
            phone=person.phone,
            email=person.email,
            relation=_known(tie.relation),
            rights=_rights(tie.rights),
            basis=" ".join(tie.basis.split())[:300],
        )
        for person, tie in ties
    ]


def _known(relation: str) -> Any:
    return relation if relation in RELATIONS else "parent"


def _rights(rights: str) -> Any:
    return rights if rights in ("full", "view") else "none"


def _sources(db: Session, school: Organization) -> list[tuple[Any, Any]]:
    return [
        (plugin, source)
        for plugin, source in db.portal.plugins.each("personal_data")
        if source.follows_pupil and db.portal.switches.is_on(plugin.name, school.path)
    ]


def _parts(db: Session, school: Organization, person: Person) -> dict[str, dict[str, Any]]:
    parts: dict[str, dict[str, Any]] = {}
    for plugin, source in _sources(db, school):
        try:
            with db.begin_nested():
                parts[str(source.title)] = dict(source.export(db, person.id))
        except Exception as error:  # a plugin may raise anything
            db.portal.plugins.fence(plugin.name, sentence("файл ученика"), error)
            raise Conflict(
                sentence("Раздел «%(title)s» не дал своих данных, файл без них неполон.", title=source.title),
                advice="Повторите позже. Если не поможет, сообщите в поддержку.",
            ) from error
    return parts
