"""A pupil goes from one school to another, and the account, the guardians and the marks go along.

The old school's record stays as it was; the pupil's time there ends the day before the first in the new one
(приказ Минпросвещения 240 от 06.04.2023).
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.families import follow_ties
from core.identity.models import Guardianship, Person
from core.identity.names import full_name, sort_key
from core.identity.sessions import today_in
from core.organizations.academic_years import refuse_archived
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
)
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence

REJECT = lazy("Сверьте данные с документом и верните запрос на исправление.")


def pupil_of(
    db: Session,
    school_id: UUID,
    name: tuple[str, str, str | None],
    birth_date: date,
    today: date,
    advice: str = REJECT,
) -> Person:
    """The pupil of a school with this name and birth date. Raises `NotFound` with `advice` unless there is just one."""
    enrolled = select(Enrollment.person_id).where(
        Enrollment.organization_id == school_id, in_force(Enrollment, today)
    )
    found = db.scalars(
        select(Person)
        .where(
            Person.name_key == sort_key(full_name(*name)),
            Person.birth_date == birth_date,
            Person.id.in_(enrolled),
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        raise NotFound(
            sentence("Учеников с такими именем и датой рождения в школе несколько.")
            if found
            else sentence("Ученика с такими именем и датой рождения в школе нет."),
            advice=advice,
        )
    return found[0]


def pupil_with_id(db: Session, school_id: UUID, pupil_id: UUID, today: date, advice: str) -> Person:
    """A pupil who studies in a school on a day. Raises `NotFound` with `advice` for anybody else."""
    person = db.scalar(
        select(Person).where(
            Person.id == pupil_id,
            Person.id.in_(
                select(Enrollment.person_id).where(
                    Enrollment.organization_id == school_id, in_force(Enrollment, today)
                )
            ),
        )
    )
    if person is None:
        raise NotFound("Этот ученик в школе уже не учится.", advice=advice)
    return person


def class_for(db: Session, school_id: UUID, name: str, day: date) -> SchoolClass:
    """A class of a school by its name in the academic year of a day.

    Raises `NotFound`, `Conflict` in a year that is in the archive.
    """
    found = db.scalar(
        select(SchoolClass)
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(
            SchoolClass.organization_id == school_id,
            SchoolClass.name == name,
            AcademicYear.starts_on <= day,
            AcademicYear.ends_on >= day,
        )
    )
    if found is None:
        raise NotFound(
            "Такого класса в этом учебном году нет.", advice="Выберите класс и день одного учебного года."
        )
    refuse_archived(
        db.get_one(AcademicYear, found.academic_year_id), sentence("Выберите более поздний первый день.")
    )
    return found


def classes_of(db: Session, school_id: UUID, today: date) -> list[str]:
    """Names of the classes of the present academic year and of those to come, in their order."""
    names = db.scalars(
        select(SchoolClass.name)
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(SchoolClass.organization_id == school_id, AcademicYear.ends_on >= today)
        .order_by(SchoolClass.name_key)
    )
    return list(dict.fromkeys(names))


def transfer(
    db: Session, actor: Actor, pupil: Person, old: Organization, new: SchoolClass, first_day: date, basis: str
) -> None:
    """Move a pupil from school `old` to class `new` of another school from `first_day` on.

    Raises `Conflict` if the pupil came to the old school only after that day, or is in the new one already.
    """
    refuse_double(db, pupil, new, first_day)
    advice = sentence("Верните запрос на исправление: пусть новая школа назовёт другой первый день.")
    leave(db, actor, pupil, old, first_day - timedelta(days=1), basis, advice)
    enter(db, actor, pupil, new, first_day, basis)
    today = today_in(old.timezone or db.portal.config.timezone)
    for guardian_id in guardians_of(db, pupil.id, today):
        follow_ties(db, actor, guardian_id, today, sentence("перевод ребёнка в другую школу"))


def leave(
    db: Session, actor: Actor, pupil: Person, old: Organization, last_day: date, basis: str, advice: str
) -> None:
    """End a pupil's time in a school after `last_day`: class, groups and role; the guardians' roles are not touched.

    Raises `Conflict` with `advice` if the pupil came only after that day, or had left before.
    """
    db.execute(select(Person.id).where(Person.id == pupil.id).with_for_update())
    spans = db.scalars(
        select(Enrollment).where(
            Enrollment.person_id == pupil.id,
            Enrollment.organization_id == old.id,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on > last_day),
        )
    ).all()
    late = max((span.starts_on for span in spans), default=None)
    if late is None or late > last_day:
        raise Conflict("Ученик пришёл в прежнюю школу позже этого дня.", advice=advice)
    for span in spans:
        span.ends_on = last_day
    _leave_groups(db, pupil, old, last_day)
    _end_role(db, actor, pupil, old, last_day)
    _record(db, actor, pupil, old.id, {"left_on": str(last_day)}, basis)


def enter(db: Session, actor: Actor, pupil: Person, new: SchoolClass, first_day: date, basis: str) -> None:
    """Enroll a pupil in a class from `first_day` on, with the role that follows."""
    db.add(
        Enrollment(
            id=new_id(),
            organization_id=new.organization_id,
            academic_year_id=new.academic_year_id,
            school_class_id=new.id,
            person_id=pupil.id,
            starts_on=first_day,
            basis=basis,
        )
    )
    db.flush()
    _record(db, actor, pupil, new.organization_id, {"school_class": new.name, "day": str(first_day)}, basis)
    _give_role(db, actor, pupil, new, first_day)


def guardians_of(db: Session, child_id: UUID, today: date) -> list[UUID]:
    """Everybody with a tie to a child on a day, whatever it allows."""
    return list(
        db.scalars(
            select(Guardianship.guardian_id)
            .where(Guardianship.child_id == child_id, in_force(Guardianship, today))
            .order_by(Guardianship.guardian_id)
        )
    )


def refuse_double(db: Session, pupil: Person, new: SchoolClass, first_day: date) -> None:
    there = select(Enrollment.id).where(
        Enrollment.person_id == pupil.id,
        Enrollment.organization_id == new.organization_id,
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= first_day),
    )
    if db.scalar(there.limit(1)) is not None:
        raise Conflict("Ученик уже зачислен в новую школу.", advice="Отклоните запрос с объяснением.")


def _leave_groups(db: Session, pupil: Person, old: Organization, last_day: date) -> None:
    groups = select(PupilGroup.id).where(PupilGroup.organization_id == old.id)
    for span in db.scalars(
        select(PupilGroupMembership).where(
            PupilGroupMembership.person_id == pupil.id,
            PupilGroupMembership.pupil_group_id.in_(groups),
            or_(PupilGroupMembership.ends_on.is_(None), PupilGroupMembership.ends_on > last_day),
        )
    ):
        if span.starts_on > last_day:
            db.delete(span)
        else:
            span.ends_on = last_day


def _end_role(db: Session, actor: Actor, pupil: Person, old: Organization, last_day: date) -> None:
    today = today_in(old.timezone or db.portal.config.timezone)
    for role in db.scalars(
        select(StructuralRole).where(
            StructuralRole.person_id == pupil.id,
            StructuralRole.kind == "pupil",
            StructuralRole.organization_id == old.id,
            StructuralRole.status.in_(("active", "suspended")),
        )
    ):
        lifecycle.end(
            db, actor, role, sentence("перевод в другую школу"), last_day if last_day >= today else None
        )


def _give_role(db: Session, actor: Actor, pupil: Person, new: SchoolClass, first_day: date) -> None:
    basis = sentence("перевод в другую школу")
    role = StructuralRole(
        id=new_id(),
        person_id=pupil.id,
        kind="pupil",
        organization_id=new.organization_id,
        status="active",
        starts_on=first_day,
        basis=basis,
    )
    db.add(role)
    db.flush()
    lifecycle.step(db, actor, role, "active", first_day, basis, "core.role.give")


def _record(
    db: Session, actor: Actor, pupil: Person, school_id: UUID, after: dict[str, str], basis: str
) -> None:
    record(
        db,
        actor,
        school_id,
        Change(
            action="core.pupil.transfer",
            subject_type="person",
            subject_id=str(pupil.id),
            after=after,
            reason=basis,
        ),
    )
