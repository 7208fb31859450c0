"""Carrying out the passage to the next academic year, and undoing it until that year begins.

The year that ends is never overwritten: its enrollments end the day before the new year, with how the year ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict
from core.exchange.class_names import read_class
from core.identity.families import follow_ties
from core.identity.models import Guardianship
from core.identity.sessions import school_today
from core.organizations.models import (
    Enrollment,
    Promotion,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    pupil_group_key,
)
from core.organizations.promotion_plan import STAYS_AWAY, Outcome, Plan, plan, promotion_of
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence

SENIOR_GRADE = 10
"""From this grade on schools usually count in half-years."""


def carry_out(db: Session, actor: Actor, promotion_id: UUID) -> Plan:
    """Make the classes of the next year and move everybody who can be moved; returns what was done.

    Raises `Conflict` when it has been done, or nobody can be moved.
    """
    promotion = promotion_of(db, actor, promotion_id, lock=True)
    if promotion.done_at is not None:
        raise Conflict("Школа уже переведена на новый год.", advice="Обновите страницу.")
    planned = plan(db, actor, promotion_id)
    moved = [each for line in planned.classes for each in line.pupils if not each.problem]
    if not moved:
        raise Conflict("Переводить некого.", advice="Проверьте классы и решения об учениках.")
    first_day = planned.next_year.starts_on
    last_day = first_day - timedelta(days=1)
    classes = _make_classes(db, planned)
    trace: dict[str, Any] = {"classes": [str(each) for each in classes["made"]]}
    trace["ended"] = _move_pupils(db, planned, classes["ids"], first_day, last_day)
    trace["groups"] = _move_groups(db, planned, classes["successors"], first_day, last_day)
    trace["roles"] = _move_class_teachers(db, actor, planned, classes["successors"], first_day, last_day)
    leaving = [each.person_id for each in moved if each.outcome in STAYS_AWAY]
    trace["pupil_roles"] = _end_pupil_roles(db, actor, planned, leaving, last_day)
    promotion.trace, promotion.done_at = trace, now()
    db.flush()
    _follow(db, actor, leaving)
    totals = {str(outcome): number for outcome, number in planned.totals.items()}
    _note(db, actor, promotion, "core.promotion.do", totals)
    return planned


def results(db: Session, planned: Plan) -> dict[Outcome, int]:
    """How the year ended, by outcome, once the school has been moved."""
    found = db.execute(
        select(Enrollment.outcome, func.count())
        .where(Enrollment.academic_year_id == planned.year.id, Enrollment.outcome != "")
        .group_by(Enrollment.outcome)
    )
    counted = {Outcome(name): number for name, number in found}
    return {outcome: counted[outcome] for outcome in Outcome if outcome in counted}


def objection_to_undo(actor: Actor, promotion: Promotion, first_day: date) -> str:
    """Why a passage cannot be undone, «» if it can. `first_day` is that of the new year."""
    if promotion.done_at is None:
        return sentence("школа ещё не переведена")
    if first_day <= school_today(actor):
        return sentence("новый учебный год уже начался")
    return ""


def undo(db: Session, actor: Actor, promotion_id: UUID) -> None:
    """Take back what `carry_out` did; decisions stay. Raises `Conflict` once the new year has begun or is in use."""
    promotion = promotion_of(db, actor, promotion_id, lock=True)
    next_year = plan(db, actor, promotion_id).next_year
    if objection := objection_to_undo(actor, promotion, next_year.starts_on):
        raise Conflict(sentence("Отменить перевод нельзя: %(reason)s.", reason=objection))
    trace = promotion.trace
    try:
        with db.begin_nested():
            _take_back(db, promotion, trace)
    except IntegrityError as error:
        raise Conflict(
            "Отменить перевод нельзя: в новых классах уже есть журналы, нагрузка или другие записи.",
            advice="Удалите их или переведите учеников по одному в «Группировках».",
        ) from error
    for identity, last_day in trace["pupil_roles"].items():
        role = db.get(StructuralRole, UUID(identity))
        if role is not None:
            role.ends_on = date.fromisoformat(last_day) if last_day else None
            role.status = "active"
    leaving = db.scalars(
        select(Enrollment.person_id).where(
            Enrollment.academic_year_id == promotion.from_year_id, Enrollment.ends_on.is_(None)
        )
    ).all()
    promotion.trace, promotion.done_at = {}, None
    db.flush()
    _follow(db, actor, leaving)
    _note(db, actor, promotion, "core.promotion.undo", {})


def _make_classes(db: Session, planned: Plan) -> dict[str, Any]:
    """Classes of the next year by name, which of them are new, and the successors of the old ones."""
    ids: dict[str, UUID] = {
        name: identity
        for identity, name in db.execute(
            select(SchoolClass.id, SchoolClass.name).where(
                SchoolClass.academic_year_id == planned.next_year.id
            )
        )
    }
    by_target = {line.target: line.school_class for line in planned.classes}
    like = {line.school_class.name: line.school_class for line in planned.classes}
    made: list[UUID] = []
    for target in planned.targets:
        if target in ids:
            continue
        name = read_class(target)
        before = by_target.get(target)
        model = before or like.get(target) or planned.classes[0].school_class
        senior = name.grade_level >= SENIOR_GRADE > model.grade_level
        fresh = SchoolClass(
            id=new_id(),
            organization_id=planned.promotion.organization_id,
            academic_year_id=planned.next_year.id,
            grade_level=name.grade_level,
            label=name.label,
            name=name.name,
            name_key=name.name_key,
            term_kind="half_year" if senior else model.term_kind,
            days_per_week=model.days_per_week,
            shift=model.shift,
            predecessor_id=before.id if before else None,
        )
        db.add(fresh)
        ids[target] = fresh.id
        made.append(fresh.id)
    db.flush()
    successors = {line.school_class.id: ids[line.target] for line in planned.classes if line.target in ids}
    return {"ids": ids, "made": made, "successors": successors}


def _move_pupils(
    db: Session, planned: Plan, ids: dict[str, UUID], first_day: date, last_day: date
) -> dict[str, str]:
    """End the enrollments of the old year and begin those of the new; returns the last days there were before."""
    ended: dict[str, str] = {}
    spans = {
        each.id: each
        for each in db.scalars(select(Enrollment).where(Enrollment.academic_year_id == planned.year.id))
    }
    for line in planned.classes:
        for each in line.pupils:
            if each.problem:
                continue
            span = spans[each.enrollment_id]
            ended[str(span.id)] = span.ends_on.isoformat() if span.ends_on else ""
            span.ends_on = min(last_day, span.ends_on) if span.ends_on else last_day
            span.outcome = str(each.outcome)
            if each.target:
                db.add(
                    Enrollment(
                        id=new_id(),
                        organization_id=planned.promotion.organization_id,
                        academic_year_id=planned.next_year.id,
                        school_class_id=ids[each.target],
                        person_id=each.person_id,
                        starts_on=first_day,
                        basis=sentence("перевод на новый учебный год"),
                    )
                )
    db.flush()
    return ended


def _move_groups(
    db: Session, planned: Plan, successors: dict[UUID, UUID], first_day: date, last_day: date
) -> dict[str, Any]:
    """Make the subgroups of classes that go on anew with those who go along."""
    coming = {
        (line.school_class.id, each.person_id)
        for line in planned.classes
        for each in line.pupils
        if not each.problem and each.target == line.target
    }
    names = {line.school_class.id: (line.school_class.name, line.target) for line in planned.classes}
    made: list[str] = []
    ended: dict[str, str] = {}
    groups = db.scalars(
        select(PupilGroup).where(
            PupilGroup.academic_year_id == planned.year.id,
            PupilGroup.school_class_id.in_(list(successors)),
            PupilGroup.closed_on.is_(None),
        )
    ).all()
    members: dict[UUID, list[PupilGroupMembership]] = {}
    for span in db.scalars(
        select(PupilGroupMembership).where(
            PupilGroupMembership.pupil_group_id.in_([each.id for each in groups]),
            or_(PupilGroupMembership.ends_on.is_(None), PupilGroupMembership.ends_on > last_day),
        )
    ):
        members.setdefault(span.pupil_group_id, []).append(span)
    for group in groups:
        assert group.school_class_id is not None  # noqa: S101 -- chosen by it
        successor = db.get_one(SchoolClass, successors[group.school_class_id])
        name = _renamed(group.name, *names[group.school_class_id])
        fresh = PupilGroup(
            id=new_id(),
            organization_id=group.organization_id,
            academic_year_id=planned.next_year.id,
            school_class_id=successor.id,
            grade_level=successor.grade_level,
            name_key=pupil_group_key(successor.name_key, group.split, name),
            kind=group.kind,
            split=group.split,
            subject_id=group.subject_id,
            places=group.places,
            name=name,
        )
        db.add(fresh)
        db.flush()
        made.append(str(fresh.id))
        for span in members.get(group.id, ()):
            ended[str(span.id)] = span.ends_on.isoformat() if span.ends_on else ""
            span.ends_on = last_day
            if (group.school_class_id, span.person_id) in coming:
                db.add(
                    PupilGroupMembership(
                        id=new_id(), pupil_group_id=fresh.id, person_id=span.person_id, starts_on=first_day
                    )
                )
    db.flush()
    return {"made": made, "ended": ended}


def _renamed(name: str, old_class: str, new_class: str) -> str:
    """«4А, Информатика, 1 подгруппа» of a class that is 5А now is «5А, Информатика, 1 подгруппа»."""
    return f"{new_class}{name.removeprefix(old_class)}" if name.startswith(f"{old_class},") else name


def _move_class_teachers(
    db: Session,
    actor: Actor,
    planned: Plan,
    successors: dict[UUID, UUID],
    first_day: date,
    last_day: date,
) -> dict[str, Any]:
    """Class teachers go along with their classes."""
    made: list[str] = []
    ended: dict[str, str] = {}
    basis = sentence("перевод на новый учебный год")
    roles = db.scalars(
        select(StructuralRole).where(
            StructuralRole.kind == "class_teacher",
            StructuralRole.school_class_id.in_([line.school_class.id for line in planned.classes]),
            StructuralRole.status == "active",
            StructuralRole.delegated_from.is_(None),
            or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on > last_day),
        )
    ).all()
    for role in roles:
        ended[str(role.id)] = role.ends_on.isoformat() if role.ends_on else ""
        lifecycle.end(db, actor, role, basis, last_day)
        successor = successors.get(role.school_class_id) if role.school_class_id else None
        if successor is None:
            continue
        fresh = StructuralRole(
            id=new_id(),
            person_id=role.person_id,
            kind=role.kind,
            organization_id=role.organization_id,
            school_class_id=successor,
            status="active",
            starts_on=first_day,
            basis=basis,
            granted_by=actor.person_id,
        )
        db.add(fresh)
        db.flush()
        lifecycle.step(db, actor, fresh, "active", first_day, basis, "core.role.give")
        made.append(str(fresh.id))
    return {"made": made, "ended": ended}


def _end_pupil_roles(
    db: Session, actor: Actor, planned: Plan, leaving: Sequence[UUID], last_day: date
) -> dict[str, str]:
    """Who leaves is a pupil until the new year begins; returns the last days there were before."""
    ended: dict[str, str] = {}
    for role in db.scalars(
        select(StructuralRole).where(
            StructuralRole.kind == "pupil",
            StructuralRole.organization_id == planned.promotion.organization_id,
            StructuralRole.person_id.in_(leaving),
            StructuralRole.status == "active",
        )
    ):
        ended[str(role.id)] = role.ends_on.isoformat() if role.ends_on else ""
        lifecycle.end(db, actor, role, sentence("окончание учёбы"), last_day)
    return ended


def _take_back(db: Session, promotion: Promotion, trace: dict[str, Any]) -> None:
    moved = [UUID(each) for each in trace["ended"]]
    people = select(Enrollment.person_id).where(Enrollment.id.in_(moved))
    db.execute(
        delete(Enrollment).where(
            Enrollment.academic_year_id == promotion.to_year_id, Enrollment.person_id.in_(people)
        )
    )
    for span in db.scalars(select(Enrollment).where(Enrollment.id.in_(moved))):
        last_day = trace["ended"][str(span.id)]
        span.ends_on, span.outcome = (date.fromisoformat(last_day) if last_day else None), ""
    for identity, last_day in trace["groups"]["ended"].items():
        membership = db.get_one(PupilGroupMembership, UUID(identity))
        membership.ends_on = date.fromisoformat(last_day) if last_day else None
    groups = [UUID(each) for each in trace["groups"]["made"]]
    db.execute(delete(PupilGroupMembership).where(PupilGroupMembership.pupil_group_id.in_(groups)))
    db.execute(delete(PupilGroup).where(PupilGroup.id.in_(groups)))
    for identity, last_day in trace["roles"]["ended"].items():
        role = db.get(StructuralRole, UUID(identity))
        if role is not None:
            role.ends_on = date.fromisoformat(last_day) if last_day else None
    # A role keeps its history: it is ended before its first day and no longer points at a class that goes.
    db.execute(
        update(StructuralRole)
        .where(StructuralRole.id.in_([UUID(each) for each in trace["roles"]["made"]]))
        .values(status="terminated", school_class_id=None, ends_on=StructuralRole.starts_on)
    )
    db.flush()
    db.execute(delete(SchoolClass).where(SchoolClass.id.in_([UUID(each) for each in trace["classes"]])))
    db.flush()


def _follow(db: Session, actor: Actor, people: Sequence[UUID]) -> None:
    today = school_today(actor)
    guardians = db.scalars(
        select(Guardianship.guardian_id).where(Guardianship.child_id.in_(people)).distinct()
    ).all()
    for guardian_id in sorted(guardians):
        follow_ties(db, actor, guardian_id, today, sentence("учёба ребёнка"))


def _note(db: Session, actor: Actor, promotion: Promotion, action: str, after: dict[str, int]) -> None:
    record(
        db,
        actor,
        promotion.organization_id,
        Change(
            action=action,
            subject_type="academic_year",
            subject_id=str(promotion.from_year_id),
            after={name: str(number) for name, number in after.items()},
        ),
    )
