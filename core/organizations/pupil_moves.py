"""Moving pupils between classes and groups from a day on: first what would happen to each, then the move.

A pupil who changes the class leaves its subgroups with it; streams and electives go on. A pupil who leaves a
class for nowhere leaves the school's groups too. Marks stay with the lessons where they were put.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.organizations.grouping_sources import same_split
from core.organizations.groupings import NETWORK_KIND, Grouping, grouping_to_change, own_name
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
)
from core.organizations.pupil_steps import Row, Steps, lock_people
from core.roles.access import below
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import counted, sentence

MOST = 500
"""Pupils that one move takes."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pupil is to go; None is out of the class, the group or the split."""

    person_id: UUID
    to: UUID | None


class MoveLine(msgspec.Struct, kw_only=True):
    """What happens to one pupil. `objection` says why nothing does; `leaves` are groups left besides.

    `before` and `after` are told in short, `was` in full; `ending` are the terms that end, `joins` says whether one
    begins in `target`: it may hold already, beside another.
    """

    person_id: UUID
    name: str
    target: Grouping | None = None
    before: str = ""
    was: str = ""
    after: str = ""
    leaves: list[str] = []
    objection: str = ""
    ending: list[Row] = []
    joins: bool = False


def plan(
    db: Session, actor: Actor, grouping: Grouping, wanted: Sequence[Wanted], day: date
) -> list[MoveLine]:
    """What would happen to each pupil, by name.

    Raises `Invalid` for a day out of the year, for targets that are no alternatives of `grouping`, for nobody;
    `NotFound` for people who are not this school's.
    """
    _check(grouping, wanted, day)
    targets = {each.to: _target(db, actor, grouping, each.to, day) for each in wanted}
    ids = list(dict.fromkeys(each.person_id for each in wanted))
    people = _people(db, grouping, ids)
    goals = {each.person_id: targets[each.to] for each in wanted}
    lines = [
        MoveLine(
            person_id=person.id,
            name=person.full_name,
            target=goals[person.id],
            leaves=[],
            ending=[],
        )
        for person in people
    ]
    if grouping.is_class:
        _plan_classes(db, grouping, lines, day)
    else:
        _plan_groups(db, grouping, lines, day)
    return lines


def carry_out(
    db: Session,
    actor: Actor,
    grouping_id: UUID,
    wanted: Sequence[Wanted],
    day: date,
    reason: str,
    *,
    kind: str = "move",
    whole: bool = False,
) -> PupilMove:
    """Move those who may be moved; the others stay. With `whole` one objection refuses all.

    Raises what `plan` does, and `Conflict` if nobody may be moved.
    """
    grouping = grouping_to_change(db, actor, grouping_id)
    lock_people(db, [each.person_id for each in wanted])
    lines = plan(db, actor, grouping, wanted, day)
    refused = {str(line.person_id): line.objection for line in lines if line.objection}
    if refused and (whole or len(refused) == len(lines)):
        raise Conflict(
            sentence("Перевести некого: ни один из выбранных учеников не подходит.")
            if len(refused) == len(lines)
            else sentence("Не все ученики подходят, поэтому не переведён никто."),
            advice="Посмотрите причины и выберите других учеников или другой день.",
            fields=refused,
        )
    steps = Steps(db, grouping, day, reason)
    for line in lines:
        if not line.objection:
            _apply(steps, grouping, line)
    return steps.save(actor, kind)


def _apply(steps: Steps, grouping: Grouping, line: MoveLine) -> None:
    for row in line.ending:
        steps.leave(row)
    target = line.target
    if target is not None and line.joins and target.is_class:
        steps.join_class(line.person_id, target)
    elif target is not None and line.joins:
        steps.join_group(line.person_id, target.id)
    field = "school_class" if grouping.is_class else "pupil_group"
    action = "move" if line.before and target else "join" if target else "leave"
    steps.note(
        f"core.pupil.{action}",
        line.person_id,
        {field: line.was or None},
        {field: target.name if target else None},
    )


def _check(grouping: Grouping, wanted: Sequence[Wanted], day: date) -> None:
    year = grouping.year
    if not wanted:
        raise Invalid("Никто не выбран.", advice="Отметьте учеников, которых нужно перевести.")
    if len(wanted) > MOST:
        raise Invalid(
            counted(
                "За один раз – не больше %(count)s ученика.",
                "За один раз – не больше %(count)s учеников.",
                MOST,
            ),
            advice="Переведите их по частям.",
        )
    if not year.starts_on <= day <= year.ends_on:
        raise Invalid(
            "Этот день не подходит.",
            advice="Выберите день учебного года.",
            fields={
                "day": sentence(
                    "Год %(year)s идёт с %(first)s по %(last)s.",
                    year=year.name,
                    first=year.starts_on,
                    last=year.ends_on,
                )
            },
        )


def _target(db: Session, actor: Actor, grouping: Grouping, to: UUID | None, day: date) -> Grouping | None:
    """Where pupils may go from here: into the grouping itself, or an alternative of it."""
    if to is None:
        return None
    target = grouping if to == grouping.id else grouping_to_change(db, actor, to)
    if not is_alternative(grouping, target):
        raise Invalid(
            sentence("Из «%(here)s» нельзя перевести в «%(there)s».", here=grouping.name, there=target.name),
            advice="Переводят между классами одной школы и года или между частями одного деления.",
        )
    if target.is_closed_on(day):
        raise Invalid(
            sentence("Уже закрыто: «%(name)s».", name=target.name),
            advice="Откройте снова или выберите другое место.",
            fields={"day": sentence("Закрытие – %(day)s.", day=target.row.closed_on)},
        )
    return target


def is_alternative(grouping: Grouping, other: Grouping) -> bool:
    """Whether pupils can go from one grouping to the other."""
    if grouping.id == other.id:
        return True
    if (grouping.organization.id, grouping.year.id) != (other.organization.id, other.year.id):
        return False
    if grouping.is_class or other.is_class:
        return grouping.is_class and other.is_class
    here, there = (each.parent.id if each.parent else None for each in (grouping, other))
    return bool(grouping.split) and grouping.split == other.split and here == there


def may_be_put(grouping: Grouping) -> ColumnElement[bool]:
    """People who belong where the grouping is: those whose names may be shown to those who keep it."""
    if grouping.kind == NETWORK_KIND:
        here = and_(
            Enrollment.person_id == Person.id,
            Organization.id == Enrollment.organization_id,
            below(Organization.path, grouping.organization.path),
        )
        return exists().where(here)
    school = grouping.organization.id
    return or_(
        exists().where(Enrollment.person_id == Person.id, Enrollment.organization_id == school),
        exists().where(
            StructuralRole.person_id == Person.id,
            StructuralRole.kind == "pupil",
            StructuralRole.organization_id == school,
            StructuralRole.status == "active",
        ),
    )


def _people(db: Session, grouping: Grouping, ids: Sequence[UUID]) -> Sequence[Person]:
    member = exists().where(
        PupilGroupMembership.person_id == Person.id, PupilGroupMembership.pupil_group_id == grouping.id
    )
    people = db.scalars(
        select(Person)
        .where(Person.id.in_(ids), or_(may_be_put(grouping), member))
        .order_by(Person.name_key, Person.id)
    ).all()
    if len(people) != len(ids):
        raise NotFound("Такого ученика здесь нет.", advice="Обновите список и выберите учеников снова.")
    return people


def _from(rows: Sequence[Row], day: date) -> tuple[list[Row], list[Row]]:
    """Of what is not over before a day: what holds on it, and what is to come."""
    return (
        [row for row in rows if row.starts_on <= day],
        [row for row in rows if row.starts_on > day],
    )


def _plan_classes(db: Session, grouping: Grouping, lines: Sequence[MoveLine], day: date) -> None:
    ids = [line.person_id for line in lines]
    studied = _by_person(
        db.scalars(
            select(Enrollment).where(
                Enrollment.person_id.in_(ids),
                Enrollment.organization_id == grouping.organization.id,
                Enrollment.academic_year_id == grouping.year.id,
                or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= day),
            )
        ).all()
    )
    in_groups = _memberships(
        db,
        ids,
        day,
        PupilGroup.organization_id == grouping.organization.id,
        PupilGroup.academic_year_id == grouping.year.id,
    )
    names = _class_names(db, [row for rows in studied.values() for row in rows])
    for line in lines:
        present, coming = _from(studied.get(line.person_id, []), day)
        classes: set[UUID | None] = {row.school_class_id for row in present if isinstance(row, Enrollment)}
        line.before = line.was = ", ".join(sorted(names[each] for each in classes if each))
        line.after = line.target.name if line.target else ""
        if line.target is None and grouping.id not in classes:
            line.objection = sentence("в этот день не учится в «%(name)s»", name=grouping.name)
        elif line.target is not None and classes == {line.target.id}:
            line.objection = sentence("в этот день уже учится в «%(name)s»", name=line.target.name)
        elif coming:
            line.objection = sentence("на %(day)s уже записан другой перевод", day=coming[0].starts_on)
        if line.objection:
            continue
        goal = line.target.id if line.target else None
        line.joins = goal is not None and goal not in classes
        left = [row for row in present if not (isinstance(row, Enrollment) and row.school_class_id == goal)]
        line.ending += left
        classes -= {goal}
        for row, group in in_groups.get(line.person_id, []):
            if group.school_class_id in classes or line.target is None:
                line.ending.append(row)
                line.leaves.append(group.name)


def _plan_groups(db: Session, grouping: Grouping, lines: Sequence[MoveLine], day: date) -> None:
    ids = [line.person_id for line in lines]
    group = grouping.row
    alternatives = PupilGroup.id == group.id
    if isinstance(group, PupilGroup) and group.split:
        own = aliased(PupilGroup)
        alternatives = or_(alternatives, exists().where(own.id == group.id, same_split(own, PupilGroup)))
    held = _memberships(db, ids, day, alternatives)
    allowed = set(
        db.scalars(select(Enrollment.person_id).where(Enrollment.person_id.in_(ids), studies(grouping, day)))
    )
    for line in lines:
        rows = held.get(line.person_id, [])
        present, coming = _from([row for row, _group in rows], day)
        groups = {each.id: each.name for row, each in rows if row in present}
        line.was = ", ".join(sorted(groups.values()))
        line.before = ", ".join(sorted(_short(grouping, name) for name in groups.values()))
        line.after = _short(grouping, line.target.name) if line.target else ""
        if line.target is None and not groups:
            line.objection = sentence("в этот день и так не в группе")
        elif line.target is not None and set(groups) == {line.target.id}:
            line.objection = sentence("в этот день уже в «%(name)s»", name=line.target.name)
        elif line.target is not None and line.person_id not in allowed:
            line.objection = _why_not(grouping)
        elif coming:
            line.objection = sentence("на %(day)s уже записан другой перевод", day=coming[0].starts_on)
        if not line.objection:
            goal = line.target.id if line.target else None
            line.joins = goal is not None and goal not in groups
            line.ending += [row for row, group in rows if row in present and group.id != goal]


def _short(grouping: Grouping, name: str) -> str:
    """The name of a part without the class and the subject that all parts have."""
    if grouping.parent is None:
        return name
    return own_name(name, grouping.parent.name, grouping.subject.name if grouping.subject else grouping.split)


def studies(grouping: Grouping, day: date) -> ColumnElement[bool]:
    """Enrollments of a day that let a pupil be in a group."""
    held = and_(Enrollment.starts_on <= day, or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= day))
    if grouping.kind == NETWORK_KIND:
        there = select(Organization.id).where(below(Organization.path, grouping.organization.path))
        return and_(held, Enrollment.organization_id.in_(there))
    if grouping.parent is not None:
        return and_(held, Enrollment.school_class_id == grouping.parent.id)
    return and_(held, Enrollment.organization_id == grouping.organization.id)


def _why_not(grouping: Grouping) -> str:
    if grouping.parent is not None:
        return sentence("в этот день не учится в «%(name)s»", name=grouping.parent.name)
    if grouping.kind == NETWORK_KIND:
        return sentence("в этот день не учится ни в одной из этих школ")
    return sentence("в этот день не учится в этой школе")


def _by_person(rows: Sequence[Enrollment]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in sorted(rows, key=lambda each: each.starts_on):
        found.setdefault(row.person_id, []).append(row)
    return found


def _memberships(
    db: Session, ids: Sequence[UUID], day: date, *where: ColumnElement[bool]
) -> Mapping[UUID, list[tuple[PupilGroupMembership, PupilGroup]]]:
    """Memberships of people in some groups that are not over before a day."""
    found: dict[UUID, list[tuple[PupilGroupMembership, PupilGroup]]] = {}
    rows = db.execute(
        select(PupilGroupMembership, PupilGroup)
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .where(
            PupilGroupMembership.person_id.in_(ids),
            or_(PupilGroupMembership.ends_on.is_(None), PupilGroupMembership.ends_on >= day),
            *where,
        )
        .order_by(PupilGroupMembership.starts_on, PupilGroup.name_key)
    )
    for row, group in rows:
        found.setdefault(row.person_id, []).append((row, group))
    return found


def _class_names(db: Session, rows: Sequence[Row]) -> dict[UUID, str]:
    ids = {row.school_class_id for row in rows if isinstance(row, Enrollment)}
    return {
        row.id: row.name
        for row in db.execute(select(SchoolClass.id, SchoolClass.name).where(SchoolClass.id.in_(ids)))
    }
