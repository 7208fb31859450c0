"""Reading organizations and what they consist of: the tree, years, terms, classes, subjects, staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    SchoolClass,
    Subject,
    Term,
)
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import gettext as _

VIEW = "core.organization.view"
PEOPLE = "core.people.view"
PAGE_SIZE = 50
NOT_STAFF = ("pupil", "guardian")


class ClassLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class with the number of its pupils today and its class teacher."""

    id: UUID
    name: str
    grade_level: int
    shift: int
    term_kind: str
    pupils: int
    teacher: str


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff with all positions in the organization."""

    person_id: UUID
    name: str
    roles: Sequence[str]


class PupilLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a class list."""

    person_id: UUID
    name: str
    since: date


def organization(db: Session, actor: Actor, organization_id: UUID) -> Organization:
    """An organization the actor may see. Raises `NotFound` for any other."""
    authorize(db, actor, VIEW, organization_id)
    found = db.get(Organization, organization_id)
    if found is None:
        raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес."))
    return found


def ancestors(db: Session, below: Organization) -> Sequence[Organization]:
    """The organizations above, from the root down."""
    ids = [UUID(each) for each in below.path.rstrip("/").split("/")[:-1]]
    if not ids:
        return []
    return db.scalars(
        select(Organization).where(Organization.id.in_(ids)).order_by(func.length(Organization.path))
    ).all()


def children(
    db: Session, parent: Organization, after: str = "", limit: int = PAGE_SIZE
) -> Sequence[Organization]:
    """Organizations directly below, by name; `after` is the `child_key` of the last one seen. One more than
    `limit` is returned if there are further ones."""
    found = select(Organization).where(Organization.parent_id == parent.id)
    key, _separator, identity = after.rpartition("/")
    if identity:
        last = _uuid(identity)
        found = found.where(
            or_(
                Organization.name_key > key,
                and_(Organization.name_key == key, Organization.id > last),
            )
        )
    return db.scalars(found.order_by(Organization.name_key, Organization.id).limit(limit + 1)).all()


def child_key(child: Organization) -> str:
    """What `children` takes as `after`."""
    return f"{child.name_key}/{child.id}"


def years(db: Session, organization_id: UUID) -> Sequence[AcademicYear]:
    """Academic years, the latest first."""
    return db.scalars(
        select(AcademicYear)
        .where(AcademicYear.organization_id == organization_id)
        .order_by(AcademicYear.starts_on.desc())
    ).all()


def current_year(all_years: Sequence[AcademicYear], today: date) -> AcademicYear | None:
    """The year `today` falls into, else the latest that has begun, else the latest."""
    for year in all_years:
        if year.starts_on <= today:
            return year
    return all_years[0] if all_years else None


def terms(db: Session, year_id: UUID) -> Sequence[Term]:
    """The terms of a year by kind and number."""
    return db.scalars(
        select(Term).where(Term.academic_year_id == year_id).order_by(Term.kind, Term.number)
    ).all()


def classes(db: Session, year: AcademicYear, today: date) -> list[ClassLine]:
    """The classes of a year, `9Б` before `10А`, with pupils counted as of `today` (or the year's end)."""
    moment = min(today, year.ends_on)
    counts = (
        select(Enrollment.school_class_id, func.count().label("pupils"))
        .where(
            Enrollment.organization_id == year.organization_id,
            Enrollment.academic_year_id == year.id,
            in_force(Enrollment, moment),
        )
        .group_by(Enrollment.school_class_id)
        .subquery()
    )
    rows = db.execute(
        select(SchoolClass, func.coalesce(counts.c.pupils, 0))
        .outerjoin(counts, counts.c.school_class_id == SchoolClass.id)
        .where(SchoolClass.organization_id == year.organization_id, SchoolClass.academic_year_id == year.id)
        .order_by(SchoolClass.name_key)
    ).all()
    teachers = class_teachers(db, [row[0].id for row in rows], moment)
    return [
        ClassLine(
            id=each.id,
            name=each.name,
            grade_level=each.grade_level,
            shift=each.shift,
            term_kind=each.term_kind,
            pupils=count,
            teacher=teachers[each.id].short_name if each.id in teachers else "",
        )
        for each, count in rows
    ]


def class_teachers(db: Session, class_ids: Sequence[UUID], moment: date) -> Mapping[UUID, Person]:
    """The class teacher of each class, where there is one."""
    rows = db.execute(
        select(StructuralRole.school_class_id, Person)
        .join(Person, Person.id == StructuralRole.person_id)
        .where(
            StructuralRole.school_class_id.in_(class_ids),
            StructuralRole.kind == "class_teacher",
            StructuralRole.status == "active",
            in_force(StructuralRole, moment),
        )
    )
    return {class_id: person for class_id, person in rows if class_id is not None}


def school_class(db: Session, actor: Actor, class_id: UUID) -> SchoolClass:
    """A class of an organization whose people the actor may see. Raises `NotFound` for any other."""
    found = db.get(SchoolClass, class_id)
    if found is None:
        actor.require(PEOPLE)
        raise NotFound(_("Такого класса нет."), advice=_("Проверьте адрес."))
    authorize(db, actor, PEOPLE, found.organization_id)
    return found


def pupils(db: Session, found: SchoolClass, moment: date) -> list[PupilLine]:
    """The pupils of a class on a day, by name."""
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name, Enrollment.starts_on)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == found.id, in_force(Enrollment, moment))
        .order_by(Person.name_key, Person.id)
    )
    return [
        PupilLine(person_id=key, name=full_name(last, first, middle), since=since)
        for key, last, first, middle, since in rows
    ]


def subjects(db: Session, below: Organization) -> Sequence[Subject]:
    """The subjects an organization uses: its own and those kept above it."""
    line = [UUID(each) for each in below.path.rstrip("/").split("/")]
    return db.scalars(
        select(Subject)
        .where(Subject.organization_id.in_(line))
        .order_by(Subject.area, Subject.position, Subject.name_key)
    ).all()


def staff(
    db: Session, organization_id: UUID, today: date, after: str = "", limit: int = PAGE_SIZE
) -> list[StaffLine]:
    """Staff by name; `after` is the `staff_key` of the last one seen. One more than `limit` if there are more."""
    held = and_(
        StructuralRole.organization_id == organization_id,
        StructuralRole.status == "active",
        StructuralRole.kind.not_in(NOT_STAFF),
        in_force(StructuralRole, today),
    )
    people = (
        select(Person.id, Person.name_key)
        .where(Person.id.in_(select(StructuralRole.person_id).where(held)))
        .order_by(Person.name_key, Person.id)
        .limit(limit + 1)
    )
    key, _separator, identity = after.rpartition("/")
    if identity:
        last = _uuid(identity)
        people = people.where(or_(Person.name_key > key, and_(Person.name_key == key, Person.id > last)))
    page = people.subquery()
    rows = db.execute(
        select(Person, StructuralRole.kind)
        .join(page, page.c.id == Person.id)
        .join(StructuralRole, StructuralRole.person_id == Person.id)
        .where(held)
        .order_by(Person.name_key, Person.id, StructuralRole.created_at)
    )
    kinds = db.portal.grants.kinds
    found: dict[UUID, tuple[str, list[str]]] = {}
    for person, kind in rows:
        roles = found.setdefault(person.id, (person.full_name, []))[1]
        title = str(kinds[kind].title) if kind in kinds else kind
        if title not in roles:
            roles.append(title)
    return [StaffLine(person_id=key, name=name, roles=roles) for key, (name, roles) in found.items()]


def staff_key(db: Session, line: StaffLine) -> str:
    """What `staff` takes as `after`."""
    return f"{db.scalar(select(Person.name_key).where(Person.id == line.person_id))}/{line.person_id}"


def today_of(actor: Actor) -> date:
    """Today where the acting role is."""
    return school_today(actor)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("Такой страницы списка нет."), advice=_("Откройте список с начала.")) from None
