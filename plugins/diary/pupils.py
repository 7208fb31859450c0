"""Whose diary may be seen by whom: oneself, own children, pupils of the own class, pupils of the school."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, false, select

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization, SchoolClass, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.diary.school_days import Period

VIEW = "diary.view"


class PupilSchool(msgspec.Struct, frozen=True, kw_only=True):
    """A school a pupil is in; `path` decides about plugins and capabilities."""

    id: UUID
    name: str
    path: str


class DiaryPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil whose diary may be seen, with the class of the days asked for and its terms.

    `terms` are known only for the one whose diary is shown. `schools` are those of the days asked for that
    the reader may see, the one of the class first: staff see their own school's lessons and marks, not those
    of a school the pupil has left, goes to besides, or has gone to since.
    """

    id: UUID
    last_name: str
    first_name: str
    full_name: str
    name_key: str
    class_name: str
    school_class_id: UUID
    days_per_week: int
    organization_id: UUID
    organization_name: str
    organization_path: str
    schools: tuple[PupilSchool, ...]
    terms: tuple[Period, ...] = ()


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """The pupil whose diary is shown, and the others one may turn to: own children or the own class."""

    shown: DiaryPupil
    pupils: tuple[DiaryPupil, ...]


class Ties:
    """Whom an actor may turn to, whatever the days: read once, it tells the circle of any of them."""

    def __init__(self, rows: Sequence[Any], pupil_id: UUID | None, actor: Actor) -> None:
        self._rows, self._pupil_id, self._actor = rows, pupil_id, actor

    def circle(self, first: date, last: date) -> Circle:
        """The circle from `first` to `last`: the class is the one of those days, or the latest before.

        Raises `NotFound` for anybody else's child.
        """
        return _of_rows(self._rows, self._pupil_id, self._actor, first, last)


def ties(db: Session, actor: Actor, pupil_id: UUID | None) -> Ties:
    """The pupils `actor` may see, `pupil_id` or the first of them being shown, in one statement.

    Raises `Forbidden` without the permission, `NotFound` if none is chosen by one who sees a whole school.
    """
    reach = actor.require(VIEW)
    if reach is Reach.OWN or actor.is_system:
        return Ties(_rows(db, _own(actor, school_today(actor)), pupil_id), pupil_id, actor)
    if pupil_id is None:
        raise NotFound("Ученик не выбран.", advice="Найдите ученика поиском и откройте его дневник.")
    condition = and_(Person.id == pupil_id, within(actor, VIEW, Enrollment.organization_id))
    return Ties(_rows(db, condition, pupil_id), pupil_id, actor)


def circle(db: Session, actor: Actor, pupil_id: UUID | None, first: date, last: date) -> Circle:
    """`ties` on some days, both included. Raises as `ties` and `Ties.circle` do."""
    return ties(db, actor, pupil_id).circle(first, last)


def _own(actor: Actor, today: date) -> ColumnElement[bool]:
    """The people an actor has a tie to, as a condition on `Person` and `Enrollment`."""
    role = actor.role
    if role is None or actor.person_id is None:
        return false()
    if role.kind == "guardian":
        return Person.id.in_(children_of(actor.person_id, today))
    if role.kind == "class_teacher":
        return and_(
            Enrollment.school_class_id == role.school_class_id,
            in_force(Enrollment, today),
        )
    return Person.id == actor.person_id


def children_of(guardian_id: UUID, today: date) -> Any:
    """Ids of the children a guardian has a tie to today that lets see."""
    return select(Guardianship.child_id).where(
        Guardianship.guardian_id == guardian_id,
        tied(today),
    )


def _rows(db: Session, condition: ColumnElement[bool], pupil_id: UUID | None) -> Sequence[Any]:
    terms_wanted = Person.id == pupil_id if pupil_id is not None else Person.id == Person.id
    return db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.name_key,
            Enrollment.starts_on,
            Enrollment.ends_on,
            Enrollment.school_class_id,
            SchoolClass.name.label("class_name"),
            SchoolClass.days_per_week,
            Organization.id.label("organization_id"),
            Organization.short_name.label("organization_name"),
            Organization.path,
            Term.name.label("term_name"),
            Term.starts_on.label("term_starts_on"),
            Term.ends_on.label("term_ends_on"),
        )
        .select_from(Enrollment)
        .join(Person, Person.id == Enrollment.person_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .outerjoin(
            Term,
            and_(
                Term.academic_year_id == SchoolClass.academic_year_id,
                Term.kind == SchoolClass.term_kind,
                terms_wanted,
            ),
        )
        .where(condition)
    ).all()


def _of_rows(rows: Sequence[Any], pupil_id: UUID | None, actor: Actor, first: date, last: date) -> Circle:
    people: dict[UUID, list[Any]] = {}
    for row in rows:
        people.setdefault(row.id, []).append(row)
    pupils = sorted(
        (_pupil(found, first, last) for found in people.values()),
        key=lambda pupil: (pupil.name_key, str(pupil.id)),
    )
    shown = next((pupil for pupil in pupils if pupil_id in (None, pupil.id)), None)
    if shown is None:
        if pupil_id is None and actor.role is not None:
            raise _nobody(actor.role.kind)
        raise NotFound(
            "Такого дневника нет или он вам не виден.",
            advice="Проверьте адрес и роль, в которой вы работаете.",
        )
    return Circle(shown=shown, pupils=tuple(pupils))


def _nobody(kind: str) -> NotFound:
    if kind == "guardian":
        return NotFound(
            "К вам пока не привязан ни один ребёнок.",
            advice="Попросите классного руководителя добавить вас как родителя.",
        )
    if kind == "class_teacher":
        return NotFound("В вашем классе пока нет учеников.", advice="Обратитесь к администратору школы.")
    return NotFound("Вы пока не зачислены в класс.", advice="Обратитесь к администратору школы.")


def _pupil(rows: Sequence[Any], first: date, last: date) -> DiaryPupil:
    in_force = [
        row for row in rows if row.starts_on <= last and (row.ends_on is None or row.ends_on >= first)
    ]
    before = [row for row in rows if row.starts_on <= last]
    row = max(in_force or before or rows, key=lambda each: each.starts_on)
    schools = {each.organization_id: each for each in (row, *in_force)}
    terms = {
        (each.term_starts_on, each.term_ends_on): each.term_name
        for each in rows
        if each.school_class_id == row.school_class_id and each.term_name is not None
    }
    return DiaryPupil(
        id=row.id,
        last_name=row.last_name,
        first_name=row.first_name,
        full_name=full_name(row.last_name, row.first_name, row.middle_name),
        name_key=row.name_key,
        class_name=row.class_name,
        school_class_id=row.school_class_id,
        days_per_week=row.days_per_week,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        organization_path=row.path,
        schools=tuple(
            PupilSchool(id=each.organization_id, name=each.organization_name, path=each.path)
            for each in schools.values()
        ),
        terms=tuple(
            Period(name=name, starts_on=starts_on, ends_on=ends_on)
            for (starts_on, ends_on), name in sorted(terms.items())
        ),
    )


def may_see(db: Session, actor: Actor, pupil_id: UUID) -> bool:
    """Whether `actor` may see this pupil's diary."""
    day = school_today(actor)
    try:
        circle(db, actor, pupil_id, day, day)
    except NotFound:
        return False
    return True


def reader_in(school: PupilSchool, actor: Actor) -> Actor:
    """Who asks the providers of marks and homework about a pupil that `circle` has let `actor` see.

    The portal itself, in a school of the pupil's: the tie is already checked, in one statement instead of one
    for each provider, and a parent's other child may go to another school than the acting role's. Providers
    answer for that school alone.
    """
    role = msgspec.structs.replace(
        actor.acting_role,
        organization_id=school.id,
        organization_name=school.name,
        organization_path=school.path,
    )
    return msgspec.structs.replace(actor, role=role, is_system=True)


class FoundPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a list: «Фамилия Имя Отчество» and the class."""

    id: UUID
    full_name: str
    class_name: str


def find_pupils(db: Session, actor: Actor, text: str, limit: int) -> list[FoundPupil]:
    """Pupils in the actor's scope whose name contains the normalized `text`, in the order of names."""
    reach = actor.reach(VIEW)
    if reach is None:
        return []
    today = school_today(actor)
    scope = _own(actor, today) if reach is Reach.OWN else within(actor, VIEW, Enrollment.organization_id)
    return _list(db, today, and_(scope, Person.name_key.contains(text, autoescape=True)), limit)


def pupils_of_class(db: Session, actor: Actor, school_class_id: UUID) -> list[FoundPupil]:
    """The present pupils of a class of the actor's school, in the order of names."""
    scope = within(actor, VIEW, Enrollment.organization_id)
    return _list(db, school_today(actor), and_(scope, Enrollment.school_class_id == school_class_id), 200)


def _list(db: Session, today: date, condition: ColumnElement[bool], limit: int) -> list[FoundPupil]:
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name, SchoolClass.name)
        .select_from(Enrollment)
        .join(Person, Person.id == Enrollment.person_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            condition,
            in_force(Enrollment, today),
        )
        .order_by(Person.name_key, Person.id)
        .limit(limit)
    ).all()
    return [
        FoundPupil(
            id=row.id,
            full_name=full_name(row.last_name, row.first_name, row.middle_name),
            class_name=row.name,
        )
        for row in rows
    ]
