"""A pupil leaves the school, for another one outside the portal too: classes, groups and role end, the marks stay.

Reasons: 273-ФЗ, статья 61.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, or_, select

from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.groupings import Grouping
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
)
from core.organizations.pupil_steps import RELEASE, WITHDRAWAL, Steps, lock_people
from core.organizations.transfer import guardians_of
from core.requests.pupil_transfers import ADMIT
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence

REASONS: Mapping[str, str] = {
    "family": lazy("Семейное образование или самообразование"),
    "moved": lazy("Переезд"),
    "parents": lazy("Заявление родителей"),
    "school": lazy("Решение школы"),
    "death": lazy("Смерть"),
    "other": lazy("Другая причина"),
}
"""Why a pupil leaves, for a choice."""


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who may be withdrawn, and what ends with it.

    `place` is the class now or the last one; `first_day` the day the pupil came into what lasts now, None for
    whoever has only the role left.
    """

    person: Person
    place: Grouping
    first_day: date | None
    classes: Sequence[Enrollment]
    memberships: Sequence[PupilGroupMembership]
    groups: Sequence[str]
    guardians: Sequence[Person]


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """When a pupil leaves, why (one of `REASONS`), by which order."""

    last_day: date
    reason: str
    basis: str


def leaver(db: Session, actor: Actor, person_id: UUID) -> Leaver:
    """A pupil of the actor's school. Raises `Forbidden` without the right, `NotFound` for anybody else."""
    actor.require(ADMIT)
    today = school_today(actor)
    authorize(db, actor, ADMIT, actor.organization_id)
    if not may_withdraw(db, actor, person_id):
        raise _nobody()
    here = (Enrollment.person_id == person_id, Enrollment.organization_id == actor.organization_id)
    last = db.scalars(
        select(Enrollment)
        .where(*here)
        .order_by(~_lasts(today), Enrollment.starts_on > today, Enrollment.starts_on.desc(), Enrollment.id)
        .limit(1)
    ).first()
    if last is None:
        raise _nobody()
    classes = db.scalars(select(Enrollment).where(*here, _lasts(today))).all()
    groups = db.execute(
        select(PupilGroupMembership, PupilGroup.name)
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(
            PupilGroupMembership.person_id == person_id,
            PupilGroup.organization_id == actor.organization_id,
            or_(PupilGroupMembership.ends_on.is_(None), PupilGroupMembership.ends_on >= today),
        )
        .order_by(PupilGroup.name_key)
    ).all()
    guardians = (
        select(Person).where(Person.id.in_(guardians_of(db, person_id, today))).order_by(Person.name_key)
    )
    return Leaver(
        person=db.get_one(Person, person_id),
        place=_place(db, last),
        first_day=max((each.starts_on for each in classes if each.starts_on <= today), default=None),
        classes=classes,
        memberships=[row for row, _name in groups],
        groups=[name for _row, name in groups],
        guardians=db.scalars(guardians).all(),
    )


def may_withdraw(db: Session, actor: Actor, person_id: UUID) -> bool:
    """Whether somebody is a pupil of the actor's school, in a class or with the role alone, who may be withdrawn."""
    if actor.role is None or not actor.can(ADMIT):
        return False
    studies = select(Enrollment.id).where(
        Enrollment.person_id == person_id,
        Enrollment.organization_id == actor.organization_id,
        _lasts(school_today(actor)),
    )
    return any(db.scalar(each.limit(1)) is not None for each in (studies, _roles(actor, person_id)))


def withdraw(db: Session, actor: Actor, person_id: UUID, told: Withdrawal) -> PupilMove:
    """End a pupil's time in the school after the last day; the guardians' roles follow.

    Undone as a move is. Raises `NotFound` out of reach, `Invalid` for a reason there is not and for a day before
    the first or after the year, `Conflict` for an archived year.
    """
    lock_people(db, [person_id])
    found = leaver(db, actor, person_id)
    if found.classes:
        refuse_archived(found.place.year)
    wrong = _wrong_day(found, told.last_day, school_today(actor))
    if told.reason not in REASONS:
        wrong["reason"] = sentence("Выберите из списка.")
    if wrong:
        raise Invalid("Ученик не отчислен: в форме есть ошибки.", fields=wrong)
    reason = sentence("%(why)s. %(basis)s", why=REASONS[told.reason], basis=told.basis)
    return _end(db, actor, found, told.last_day, reason, WITHDRAWAL, "core.pupil.withdraw")


def release(db: Session, actor: Actor, person_id: UUID, last_day: date, basis: str) -> PupilMove:
    """End a pupil's time in the school because another one, outside the portal, takes them.

    Undone as a move is. Raises as `withdraw` does.
    """
    lock_people(db, [person_id])
    found = leaver(db, actor, person_id)
    if found.classes:
        refuse_archived(found.place.year)
    if wrong := _wrong_day(found, last_day, school_today(actor)):
        raise Invalid("Ученик не отпущен: в форме есть ошибки.", fields=wrong)
    return _end(db, actor, found, last_day, basis, RELEASE, "core.pupil.transfer")


def _end(
    db: Session, actor: Actor, found: Leaver, last_day: date, reason: str, kind: str, action: str
) -> PupilMove:
    steps = Steps(db, found.place, last_day + timedelta(days=1), reason)
    before = {each.school_class_id for each in found.classes}
    names = db.scalars(
        select(SchoolClass.name).where(SchoolClass.id.in_(before)).order_by(SchoolClass.name_key)
    )
    was = ", ".join(names)
    for row in (*found.memberships, *found.classes):
        if row.ends_on is None or row.ends_on > last_day:
            steps.leave(row)
    for role in db.scalars(_roles(actor, found.person.id)).all():
        steps.end_role(actor, role)
    steps.note(
        action,
        found.person.id,
        {"school_class": was or None},
        {"school_class": None, "left_on": last_day.isoformat()},
    )
    return steps.save(actor, kind)


def _lasts(today: date) -> ColumnElement[bool]:
    return or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= today)


def _roles(actor: Actor, person_id: UUID) -> Any:
    today = school_today(actor)
    return select(StructuralRole).where(
        StructuralRole.person_id == person_id,
        StructuralRole.kind == "pupil",
        StructuralRole.organization_id == actor.organization_id,
        StructuralRole.status.in_(("active", "suspended")),
        or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= today),
    )


def _wrong_day(found: Leaver, last_day: date, today: date) -> dict[str, str]:
    """What is wrong with a last day, by its field."""
    latest = max(found.place.year.ends_on, today)
    if found.first_day is not None and last_day < found.first_day:
        return {
            "last_day": sentence(
                "В этот день ученика здесь ещё не было: он пришёл %(day)s.", day=found.first_day
            )
        }
    return {"last_day": sentence("Не позже %(day)s.", day=latest)} if last_day > latest else {}


def _place(db: Session, row: Enrollment) -> Grouping:
    return Grouping(
        row=db.get_one(SchoolClass, row.school_class_id),
        organization=db.get_one(Organization, row.organization_id),
        year=db.get_one(AcademicYear, row.academic_year_id),
    )


def _nobody() -> NotFound:
    return NotFound("Такого ученика в вашей школе нет.", advice="Найдите ученика поиском.")
