"""Taking a move of pupils back: whether that can be done still, and putting every row and role as it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.sessions import school_today
from core.organizations.groupings import Grouping, grouping_to_change, kept_grouping
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
)
from core.organizations.pupil_steps import (
    CLOSING,
    LEAVING,
    RELEASE,
    TABLES,
    Row,
    kept_row,
    lock_people,
    people_of,
    role_state,
    steps_of,
    tell_families,
    touch,
)
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence

UNDONE_WITHIN = timedelta(hours=24)
"""So long a move can be undone: later there are marks and absences by it, and it is moved back instead."""


def move_for(db: Session, actor: Actor, move_id: UUID) -> tuple[PupilMove, Grouping]:
    """A move of a grouping that is the actor's to change. Raises `Forbidden` or `NotFound`."""
    move = db.get(PupilMove, move_id)
    if move is None:
        raise NotFound("Такого перевода нет.", advice="Откройте карточку класса или группы.")
    return move, kept_grouping(db, actor, move.grouping_id)


def objection_to_undo(db: Session, move: PupilMove) -> str:
    """Why a move is not to be undone any more; «» if it may be."""
    if move.undone_at is not None:
        return sentence("это уже отменено")
    if move.kind == CLOSING:
        return sentence("это закрытие: откройте группу снова, и ученики вернутся")
    if move.kind not in LEAVING and now() - move.created_at > UNDONE_WITHIN:
        return sentence("прошли сутки: переведите учеников обратно с новой даты")
    if move.kind in LEAVING and (school_id := _came_again(db, move)) is not None:
        if school_id == move.organization_id:
            return sentence("после этого ученика снова приняли в вашу школу")
        return sentence("ученика уже приняла другая школа. Если он возвращается, попросите её о переводе")
    if move.kind in LEAVING and _archived(db, move):
        return sentence("учебный год уже в архиве")
    if any(_current(db, step) != step["after"] for step in steps_of(move)):
        return sentence("после этого кого-то из учеников перевели ещё раз")
    return ""


def _archived(db: Session, move: PupilMove) -> bool:
    left = db.get(SchoolClass, move.grouping_id)
    return left is not None and db.get_one(AcademicYear, left.academic_year_id).archived


def _came_again(db: Session, move: PupilMove) -> UUID | None:
    """The school where a pupil has got a class since a leaving, another one first.

    A class that begins before the last day here counts too if it was written down after the leaving: keys are
    ordered by the time of their making.
    """
    return db.scalar(
        select(Enrollment.organization_id)
        .where(
            Enrollment.person_id.in_(people_of(move)),
            or_(Enrollment.starts_on >= move.day, Enrollment.id > move.id),
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= move.day),
        )
        .order_by(Enrollment.organization_id == move.organization_id)
        .limit(1)
    )


def leaving_of(db: Session, actor: Actor, person_id: UUID) -> PupilMove | None:
    """The last leaving of a pupil from the actor's school that was not undone."""
    classes = select(Enrollment.school_class_id).where(
        Enrollment.person_id == person_id, Enrollment.organization_id == actor.organization_id
    )
    found = db.scalars(
        select(PupilMove)
        .where(
            PupilMove.grouping_id.in_(classes),
            PupilMove.kind.in_(LEAVING),
            PupilMove.undone_at.is_(None),
        )
        .order_by(PupilMove.created_at.desc())
    )
    return next((move for move in found if person_id in people_of(move)), None)


def leaving_to_undo(db: Session, actor: Actor, person_id: UUID) -> PupilMove | None:
    """The last leaving of a pupil, if it may be undone."""
    move = leaving_of(db, actor, person_id)
    return move if move is not None and not objection_to_undo(db, move) else None


def undo(db: Session, actor: Actor, move_id: UUID) -> PupilMove:
    """Put everything back as it was before a move. Raises `Conflict` where that cannot be done any more."""
    move, _grouping = move_for(db, actor, move_id)
    grouping_to_change(db, actor, move.grouping_id)
    db.refresh(move, with_for_update=True)
    lock_people(db, sorted(people_of(move)))
    objection = objection_to_undo(db, move)
    if objection:
        raise Conflict(
            sentence("Отменить нельзя: %(reason)s.", reason=objection), advice="Обновите страницу."
        )
    for step in reversed(steps_of(move)):
        _restore(db, step)
    _restore_roles(db, actor, move)
    move.undone_at = now()
    db.flush()
    touch(db, people_of(move))
    tell_families(db, actor, move)
    for group_id in move.steps.get("made", ()):
        _unmake(db, actor, UUID(group_id))
    record(
        db,
        actor,
        move.organization_id,
        *(
            Change(
                action="core.pupil.move_undone",
                subject_type="person",
                subject_id=str(person_id),
                before={"day": move.day.isoformat()},
                after=None,
                reason=move.reason,
            )
            for person_id in sorted(people_of(move))
        ),
    )
    return move


def _restore_roles(db: Session, actor: Actor, move: PupilMove) -> None:
    """Roles as they were before a move; one that somebody has changed since stays as it is."""
    family = move.steps.get("family", ()) if move.kind in LEAVING else ()
    for kept in (*move.steps.get("roles", ()), *family):
        role = db.get(StructuralRole, UUID(kept["id"]))
        if role is None or role_state(role) != kept["after"]:
            continue
        if kept["before"] is None:
            lifecycle.end(db, actor, role, sentence("приём отменён"))
            continue
        last_day = kept["before"]["ends_on"]
        role.status, role.ends_on = kept["before"]["status"], last_day and date.fromisoformat(last_day)
        basis = sentence("выбытие отменено") if move.kind == RELEASE else sentence("отчисление отменено")
        lifecycle.step(db, actor, role, role.status, school_today(actor), basis, "core.role.resume")


def _unmake(db: Session, actor: Actor, group_id: UUID) -> None:
    """Delete a group that was made for a move, unless somebody is in it or anything else hangs on it by now."""
    group = db.get(PupilGroup, group_id)
    member = select(PupilGroupMembership.id).where(PupilGroupMembership.pupil_group_id == group_id).limit(1)
    if group is None or db.scalar(member) is not None:
        return
    name, organization_id = group.name, group.organization_id
    try:
        with db.begin_nested():
            db.delete(group)
            db.flush()
    except IntegrityError:
        return
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.pupil_group.delete",
            subject_type="pupil_group",
            subject_id=str(group_id),
            before={"name": name},
            after=None,
        ),
    )


def undo_closing(db: Session, grouping: Grouping) -> None:
    """Let those in again whom the last closing of a group let out, as far as nothing has changed since."""
    move = db.scalars(
        select(PupilMove)
        .where(PupilMove.grouping_id == grouping.id, PupilMove.kind == CLOSING, PupilMove.undone_at.is_(None))
        .order_by(PupilMove.created_at.desc())
        .limit(1)
    ).first()
    if move is None:
        return
    for step in steps_of(move):
        if _current(db, step) == step["after"]:
            _restore(db, step)
    move.undone_at = now()
    db.flush()
    touch(db, people_of(move))


def _current(db: Session, step: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of a step as it is now."""
    row = db.get(TABLES[step["table"]], UUID((step["after"] or step["before"])["id"]))
    return kept_row(row) if row is not None else None


def _restore(db: Session, step: Mapping[str, Any]) -> None:
    table = TABLES[step["table"]]
    before = step["before"]
    row = db.get(table, UUID((step["after"] or before)["id"]))
    if before is None:
        if row is not None:
            db.delete(row)
            db.flush()
        return
    values = {name: _read(table, name, value) for name, value in before.items()}
    if row is None:
        db.add(table(**values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
    db.flush()


def _read(table: type[Row], name: str, value: str | None) -> Any:
    if value is None:
        return None
    kind = table.__table__.columns[name].type.python_type
    if kind is UUID:
        return UUID(value)
    return date.fromisoformat(value) if kind is date else value
