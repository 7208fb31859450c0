"""Whose attendance somebody may note: a teacher at own lessons, a class teacher at all of the class, a deputy all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.identity.models import Person
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
)
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import ATTEND, VIEW, Opened, in_class, open_page_where, own_class, visible
from plugins.journal.models import JournalPage
from plugins.journal.settings import AttendanceCode, JournalSettings


class ClassCard(msgspec.Struct, frozen=True, kw_only=True):
    """A class, as attendance needs it."""

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    name: str
    term_kind: str


def _card(row: Any) -> ClassCard:
    return ClassCard(
        id=row.id,
        organization_id=row.organization_id,
        academic_year_id=row.academic_year_id,
        name=row.name,
        term_kind=row.term_kind,
    )


def class_card(db: Session, actor: Actor, permission: str, class_id: UUID) -> ClassCard:
    """A class of a school that `permission` reaches; for a class teacher, the own one.

    Raises `Forbidden` without the permission, `NotFound` for a class out of reach.
    """
    reach = actor.require(permission)
    row = db.execute(
        select(
            SchoolClass.id,
            SchoolClass.organization_id,
            SchoolClass.academic_year_id,
            SchoolClass.name,
            SchoolClass.term_kind,
        ).where(SchoolClass.id == class_id, within(actor, permission, SchoolClass.organization_id))
    ).one_or_none()
    mine = own_class(actor)
    if row is None or (reach is Reach.OWN and mine is not None and mine != class_id):
        raise NotFound(
            "Такого класса нет или он вам не доступен.",
            advice="Проверьте, в какой роли вы работаете.",
        )
    return _card(row)


def classes_of(db: Session, actor: Actor, permission: str, day: date) -> Sequence[ClassCard]:
    """The classes of the acting school, in the year of `day`, that `permission` reaches wholly, by name."""
    reach = actor.require(permission)
    mine = own_class(actor)
    if reach is Reach.OWN and mine is None:
        return ()
    statement = (
        select(
            SchoolClass.id,
            SchoolClass.organization_id,
            SchoolClass.academic_year_id,
            SchoolClass.name,
            SchoolClass.term_kind,
        )
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(
            SchoolClass.organization_id == actor.organization_id,
            AcademicYear.starts_on <= day,
            AcademicYear.ends_on >= day,
            or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on > day),
        )
        .order_by(SchoolClass.name_key, SchoolClass.id)
    )
    if reach is Reach.OWN:
        statement = statement.where(SchoolClass.id == mine)
    return [_card(row) for row in db.execute(statement)]


def pages_of_class(class_id: UUID, first: date, last: date) -> ColumnElement[bool]:
    """Condition on `JournalPage`: of the class, its subgroups, or a group across classes that its pupils are in."""
    members = (
        select(PupilGroupMembership.pupil_group_id)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .where(
            Enrollment.school_class_id == class_id,
            in_force(Enrollment, first, last),
            in_force(PupilGroupMembership, first, last),
        )
    )
    return or_(in_class(class_id), JournalPage.pupil_group_id.in_(members))


def seen_pages(actor: Actor) -> ColumnElement[bool]:
    """`visible` for statements that read lessons too: its own conditions on lessons stay apart from theirs."""
    return JournalPage.id.in_(select(JournalPage.id).where(visible(actor)).correlate(None))


def noted_by(actor: Actor, permission: str, day: date) -> ColumnElement[bool]:
    """Condition on `JournalPage`: somebody's attendance there on `day` may be the actor's to note."""
    inside = within(actor, permission, JournalPage.organization_id)
    if actor.reach(permission) is not Reach.OWN:
        return inside
    mine = own_class(actor)
    return and_(inside, pages_of_class(mine, day, day) if mine is not None else visible(actor))


def open_for_attendance(db: Session, actor: Actor, permission: str, page_id: UUID, day: date) -> Opened:
    """The page, locked, for noting attendance of `day`. Raises `NotFound` as `open_page` does."""
    actor.require(permission)
    return open_page_where(db, actor, page_id, noted_by(actor, permission, day))


def require_pupil(
    db: Session, actor: Actor, permission: str, pupil_id: UUID, first: date, last: date
) -> None:
    """Let through whoever answers for the pupil's attendance from `first` to `last`.

    Raises `Forbidden` without the permission, `NotFound` for a pupil of another class or school.
    """
    reach = actor.require(permission)
    condition = and_(
        Enrollment.person_id == pupil_id,
        within(actor, permission, Enrollment.organization_id),
        in_force(Enrollment, first, last),
    )
    mine = own_class(actor)
    if reach is Reach.OWN:
        condition = and_(condition, Enrollment.school_class_id == mine)
    if db.scalar(select(Enrollment.id).where(condition).limit(1)) is None:
        raise NotFound(
            "Такого ученика в эти дни в вашем классе или школе не было.",
            advice="Проверьте даты и роль, в которой вы работаете.",
        )


def require_lesson(db: Session, actor: Actor, page: Opened, lesson: Any, pupil_id: UUID) -> None:
    """Let through whoever may note this pupil at this lesson of an opened page.

    Raises `Forbidden` with a sentence otherwise.
    """
    if actor.require(ATTEND) is not Reach.OWN:
        return
    mine = own_class(actor)
    if mine is not None:
        enrolled = select(Enrollment.id).where(
            Enrollment.person_id == pupil_id,
            Enrollment.school_class_id == mine,
            in_force(Enrollment, lesson.day),
        )
        if db.scalar(enrolled.limit(1)) is not None:
            return
    elif page.may_mark or (actor.person_id is not None and lesson.teacher_id == actor.person_id):
        return
    raise Forbidden(
        "Этот урок ведёт другой учитель.",
        advice="Отметить посещаемость могут учитель урока, классный руководитель и завуч.",
    )


def absent_codes(settings: JournalSettings) -> list[AttendanceCode]:
    """The codes that count as absence, in the school's order."""
    return [code for code in settings.codes.values() if code.absent]


def reasons(settings: JournalSettings) -> list[AttendanceCode]:
    """The codes that tell why somebody was absent."""
    return [code for code in absent_codes(settings) if code.category != "unknown"]


class ListedPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil to choose, with the class."""

    id: UUID
    name: str
    class_name: str


def pupils_of(db: Session, actor: Actor, permission: str, day: date) -> list[ListedPupil]:
    """The pupils of `day` whom `permission` reaches, by class and name: the own class's or the school's."""
    classes = {each.id: each for each in classes_of(db, actor, permission, day)}
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Enrollment.school_class_id)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(Enrollment.school_class_id.in_(list(classes)), in_force(Enrollment, day))
        .order_by(SchoolClass.name_key, Person.name_key, Person.id)
    )
    return [
        ListedPupil(
            id=row.id,
            name=f"{row.last_name} {row.first_name}",
            class_name=classes[row.school_class_id].name,
        )
        for row in rows
    ]


def day_classes(db: Session, actor: Actor, day: date) -> Sequence[ClassCard]:
    """The classes whose day the actor may open: the school's, the own one, or those where the actor teaches."""
    if actor.require(VIEW) is not Reach.OWN or own_class(actor) is not None:
        return classes_of(db, actor, VIEW, day)
    class_id = func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id)
    rows = db.execute(
        select(
            SchoolClass.id,
            SchoolClass.organization_id,
            SchoolClass.academic_year_id,
            SchoolClass.name,
            SchoolClass.term_kind,
        )
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(
            AcademicYear.starts_on <= day,
            AcademicYear.ends_on >= day,
            SchoolClass.id.in_(
                select(class_id)
                .select_from(JournalPage)
                .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
                .where(visible(actor))
            ),
        )
        .order_by(SchoolClass.name_key, SchoolClass.id)
    )
    return [_card(row) for row in rows]
