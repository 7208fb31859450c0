"""Taking a pupil in by the signed file of a school of another installation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict
from core.identity.families import day_of_majority, follow_ties
from core.identity.models import Guardianship, Person
from core.identity.names import full_name, sort_key
from core.identity.newcomers import NewPerson, add_person, person_among
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.organizations.transfer import class_for, enter, refuse_double
from core.pupil_files.content import Guardian, PupilFile, decode
from core.pupil_files.models import FormerSchool
from core.pupil_files.signing import fingerprint, public_key, verify
from core.requests.pupil_transfers import ADMIT
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

TAKEN_IN = "core.pupil_file.take"


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose signature fits. `trusted_as` is the name the operator gave its key, «» for an unknown one.

    `known` is the person here with this СНИЛС, surname and birth date, or whom a file signed with the same key has
    brought before; `taken` is what is kept of that file if it was this very one. `snils_taken` says that the СНИЛС is
    somebody else's here: the pupil comes without it.
    """

    file: PupilFile
    fingerprint: str
    trusted_as: str
    known: Person | None
    taken: FormerSchool | None
    snils_taken: bool


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pupil comes. `compared` says that the fingerprint of an unknown key was compared by other means,

    `namesake` that a person of the same name here is another one, `same` that it is that one.
    """

    school_class: str
    first_day: date
    basis: str
    compared: bool = False
    namesake: bool = False
    same: UUID | None = None


def read(db: Session, actor: Actor, data: bytes) -> Incoming:
    """What a file says and who signed it.

    Raises `Forbidden` without the right, `Invalid` for what is no pupil's file, was changed, or has another version,
    `Conflict` for a file of this very installation.
    """
    authorize(db, actor, ADMIT, actor.organization_id)
    opened = verify(data)
    if opened.key == public_key(db.portal.secret):
        raise Conflict(
            "Этот файл выдал ваш же портал.",
            advice="Внутри одного портала ученика переводят запросом: «Запросы», «Новый запрос», «Перевод ученика».",
        )
    file = decode(opened.payload)
    key = fingerprint(opened.key)
    holder = db.scalar(select(Person).where(Person.snils == file.pupil.snils)) if file.pupil.snils else None
    own = holder is not None and _agrees(holder, file)
    brought = _brought(db, file, key)
    known = holder if own else brought[0] if brought else None
    return Incoming(
        file=file,
        fingerprint=key,
        trusted_as=_trusted(db).get(opened.key, ""),
        known=known,
        taken=brought[1] if brought and _is_of(brought[1], file) else None,
        snils_taken=holder is not None and not own,
    )


def admit(db: Session, actor: Actor, incoming: Incoming, wanted: Admission) -> Person:
    """Enroll the pupil of a file with the guardians it names; what else it tells is kept with the pupil.

    Raises `Conflict` if the key is unknown and was not compared or the pupil is enrolled here already, `NotFound` for a
    class of another year, `Namesakes` for people of this name in reach. A СНИЛС of somebody else is left out: the
    school sorts that out on the card.
    """
    authorize(db, actor, ADMIT, actor.organization_id)
    if not incoming.trusted_as and not wanted.compared:
        raise Conflict(
            "Ключ прежней школы порталу неизвестен.",
            advice="Сверьте отпечаток ключа с прежней школой по телефону и отметьте это.",
        )
    school = db.get_one(Organization, actor.organization_id)
    school_class = class_for(db, school.id, wanted.school_class, wanted.first_day)
    file = incoming.file
    told = NewPerson(
        last_name=file.pupil.last_name,
        first_name=file.pupil.first_name,
        middle_name=file.pupil.middle_name,
        birth_date=file.pupil.birth_date,
        snils=None if incoming.snils_taken else file.pupil.snils,
    )
    if incoming.known is not None:
        pupil = db.get_one(Person, incoming.known.id)
    elif wanted.same is not None:
        pupil = person_among(db, actor, told, wanted.same)
    else:
        pupil = add_person(db, actor, school.id, told, namesake=wanted.namesake, account=False)
    pupil.snils = pupil.snils or told.snils
    pupil.gender = pupil.gender or file.pupil.gender
    refuse_double(db, pupil, school_class, wanted.first_day)
    enter(db, actor, pupil, school_class, wanted.first_day, wanted.basis)
    _keep(db, actor, pupil, incoming)
    _tie_guardians(db, actor, pupil, file)
    return pupil


def _trusted(db: Session) -> Mapping[str, str]:
    """Keys of other installations the operator knows → their names."""
    pairs = (each.rpartition("=") for each in db.portal.config.trusted_installations)
    return {key: name or key for name, _equals, key in pairs}


def _agrees(person: Person, file: PupilFile) -> bool:
    """Whether surname and birth date are those of the file; a day that is not written down agrees with any."""
    if sort_key(person.last_name) != sort_key(file.pupil.last_name):
        return False
    days = {person.birth_date, file.pupil.birth_date} - {None}
    return len(days) < 2


def _brought(db: Session, file: PupilFile, key: str) -> tuple[Person, FormerSchool] | None:
    """Who came here before by a file of the same installation about a child of this name and birth date."""
    told = file.pupil
    found = db.execute(
        select(Person, FormerSchool)
        .join(FormerSchool, FormerSchool.person_id == Person.id)
        .where(
            FormerSchool.fingerprint == key,
            Person.name_key == sort_key(full_name(told.last_name, told.first_name, told.middle_name)),
            Person.birth_date == told.birth_date,
        )
        .order_by(FormerSchool.taken_at.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else None


def _is_of(kept: FormerSchool, file: PupilFile) -> bool:
    """Whether what is kept came with this very file."""
    return (kept.school, kept.school_class, kept.left_on) == (
        file.school.name,
        file.school_class,
        file.left_on,
    )


def _keep(db: Session, actor: Actor, pupil: Person, incoming: Incoming) -> None:
    file = incoming.file
    db.add(
        FormerSchool(
            id=new_id(),
            person_id=pupil.id,
            organization_id=actor.organization_id,
            school=file.school.name,
            installation=file.installation,
            fingerprint=incoming.fingerprint,
            school_class=file.school_class,
            left_on=file.left_on,
            parts=file.parts,
            taken_by=actor.person_id,
        )
    )
    change = Change(
        action=TAKEN_IN,
        subject_type="person",
        subject_id=str(pupil.id),
        after={"school": file.school.short_name, "installation": file.installation},
    )
    record(db, actor, actor.organization_id, change)
    db.flush()


def _tie_guardians(db: Session, actor: Actor, pupil: Person, file: PupilFile) -> None:
    today = school_today(actor)
    if pupil.birth_date is None or day_of_majority(pupil.birth_date) <= today:
        return
    last_day = day_of_majority(pupil.birth_date) - timedelta(days=1)
    for told in file.guardians:
        guardian = _guardian(db, actor, told)
        tied = select(Guardianship.id).where(
            Guardianship.guardian_id == guardian.id, Guardianship.child_id == pupil.id
        )
        if guardian.id == pupil.id or db.scalar(tied) is not None:
            continue
        db.add(
            Guardianship(
                id=new_id(),
                guardian_id=guardian.id,
                child_id=pupil.id,
                relation=told.relation,
                rights=told.rights,
                basis=told.basis,
                source="pupil_file",
                starts_on=today,
                ends_on=last_day,
            )
        )
        change = Change(
            action="core.guardianship.create",
            subject_type="person",
            subject_id=str(pupil.id),
            after={"guardian": str(guardian.id), "source": "pupil_file", "rights": told.rights},
        )
        record(db, actor, actor.organization_id, change)
        db.flush()
        follow_ties(db, actor, guardian.id, today, sentence("связь с ребёнком"))


def _guardian(db: Session, actor: Actor, told: Guardian) -> Person:
    """The guardian here: by СНИЛС, or by name with phone or e-mail; else a new person.

    A СНИЛС that belongs to somebody of another surname is left out: the school sorts that out on the card.
    """
    snils = told.snils
    if snils is not None:
        holder = db.scalar(select(Person).where(Person.snils == snils))
        if holder is not None and sort_key(holder.last_name) == sort_key(told.last_name):
            return holder
        snils = None if holder is not None else snils
    reachable = [
        column == value for column, value in ((Person.phone, told.phone), (Person.email, told.email)) if value
    ]
    if reachable:
        key = sort_key(full_name(told.last_name, told.first_name, told.middle_name))
        found = db.scalars(select(Person).where(Person.name_key == key, or_(*reachable)).limit(2)).all()
        if len(found) == 1:
            return found[0]
    return add_person(
        db,
        actor,
        actor.organization_id,
        NewPerson(
            last_name=told.last_name,
            first_name=told.first_name,
            middle_name=told.middle_name,
            snils=snils,
            phone=told.phone,
            email=told.email,
        ),
        namesake=True,
        account=False,
    )


def person_of(db: Session, told: FormerSchool) -> Person:
    """Whom a former school told of."""
    return db.get_one(Person, told.person_id)


def former_schools(db: Session, actor: Actor, person_id: UUID) -> list[FormerSchool]:
    """What other installations told of a pupil whom the actor's school took in, the latest first."""
    if not actor.can(ADMIT) or actor.role is None:
        return []
    found = select(FormerSchool).where(
        FormerSchool.person_id == person_id, FormerSchool.organization_id == actor.organization_id
    )
    return list(db.scalars(found.order_by(FormerSchool.taken_at.desc())))
