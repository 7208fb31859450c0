"""Changing who is in a class or group: every row is kept as it was before and after, so that it can be undone.

Nothing is overwritten silently: a term ends and another begins. Only a term that would never have held is taken
away; the move that did so remembers it whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.families import follow_ties
from core.identity.models import Guardianship, Person
from core.identity.sessions import school_today
from core.organizations.groupings import Grouping, grouping_to_change
from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, PupilMove
from core.roles.actor import Actor
from core.web.i18n import sentence

UNDONE_WITHIN = timedelta(hours=24)
"""So long a move can be undone: later there are marks and absences by it, and it is moved back instead."""

CLOSING = "close"
"""The kind of a move by which a group was closed: it is undone by opening the group again."""

Row = Enrollment | PupilGroupMembership
TABLES: Mapping[str, type[Row]] = {"class": Enrollment, "group": PupilGroupMembership}


class Steps:
    """The changes of one move."""

    def __init__(self, db: Session, grouping: Grouping, day: date, reason: str) -> None:
        self._db, self._grouping, self.day, self.reason = db, grouping, day, reason
        self._steps: list[dict[str, Any]] = []
        self._changes: list[Change] = []
        self._people: set[UUID] = set()
        self.made: list[UUID] = []
        """Groups made for this move: undone, they go again if nothing hangs on them."""

    @property
    def people(self) -> int:
        """How many pupils it concerns."""
        return len(self._people)

    def leave(self, row: Row) -> None:
        """End a term with the day before; take it away if it would not have held a day."""
        before = _kept(row)
        if row.starts_on >= self.day:
            self._db.delete(row)
            after = None
        else:
            row.ends_on = self.day - timedelta(days=1)
            row.end_basis = self.reason
            after = _kept(row)
        self._people.add(row.person_id)
        self._steps.append({"table": _name(row), "before": before, "after": after})

    def join_class(self, person_id: UUID, grouping: Grouping) -> None:
        """Begin a term in a class."""
        self._join(
            Enrollment(
                id=new_id(),
                organization_id=grouping.organization.id,
                academic_year_id=grouping.year.id,
                school_class_id=grouping.id,
                person_id=person_id,
                starts_on=self.day,
                basis=self.reason,
                outcome="",
            )
        )

    def join_group(self, person_id: UUID, group_id: UUID) -> None:
        """Begin a term in a group."""
        self._join(
            PupilGroupMembership(
                id=new_id(),
                pupil_group_id=group_id,
                person_id=person_id,
                starts_on=self.day,
                basis=self.reason,
            )
        )

    def _join(self, row: Row) -> None:
        # A term taken away just now may have begun on the same day in the same place.
        self._db.flush()
        self._db.add(row)
        self._people.add(row.person_id)
        self._steps.append({"table": _name(row), "before": None, "after": _kept(row)})

    def note(self, action: str, person_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """What the record of changes says of a pupil."""
        self._changes.append(
            Change(
                action=action,
                subject_type="person",
                subject_id=str(person_id),
                before=before,
                after={**after, "day": self.day.isoformat()},
                reason=self.reason,
            )
        )

    def save(self, actor: Actor, kind: str) -> PupilMove:
        """Keep the move and record it."""
        db = self._db
        move = PupilMove(
            id=new_id(),
            organization_id=self._grouping.organization.id,
            grouping_id=self._grouping.id,
            kind=kind,
            day=self.day,
            reason=self.reason,
            author_name=actor.name,
            steps={"steps": self._steps, "made": [str(each) for each in self.made]},
        )
        db.add(move)
        db.flush()
        _touch(db, self._people)
        record(db, actor, move.organization_id, *self._changes)
        _tell_families(db, actor, move)
        return move


def _tell_families(db: Session, actor: Actor, move: PupilMove) -> None:
    """Bring the roles of guardians in line where a child has left all classes, or is back in one."""
    steps = [step for step in _steps(move) if step["table"] == "class"]
    left = {UUID(step["before"]["person_id"]) for step in steps if step["before"] is not None}
    left -= {UUID(step["after"]["person_id"]) for step in steps if step["before"] is None}
    today = school_today(actor)
    guardians = select(Guardianship.guardian_id).where(
        Guardianship.child_id.in_(left), in_force(Guardianship, today)
    )
    for guardian_id in sorted(set(db.scalars(guardians))):
        follow_ties(db, actor, guardian_id, today, sentence("учёба ребёнка"))


def lock_people(db: Session, person_ids: Sequence[UUID]) -> None:
    """Let nobody else move these pupils until the transaction ends."""
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update()
    db.execute(people).all()


def move_for(db: Session, actor: Actor, move_id: UUID) -> tuple[PupilMove, Grouping]:
    """A move of a grouping that is the actor's to change. Raises `Forbidden` or `NotFound`."""
    move = db.get(PupilMove, move_id)
    if move is None:
        raise NotFound("Такого перевода нет.", advice="Откройте карточку класса или группы.")
    return move, grouping_to_change(db, actor, move.grouping_id)


def objection_to_undo(db: Session, move: PupilMove) -> str:
    """Why a move is not to be undone any more; «» if it may be."""
    if move.undone_at is not None:
        return sentence("это уже отменено")
    if move.kind == CLOSING:
        return sentence("это закрытие: откройте группу снова, и ученики вернутся")
    if now() - move.created_at > UNDONE_WITHIN:
        return sentence("прошли сутки: переведите учеников обратно с новой даты")
    if any(_current(db, step) != step["after"] for step in _steps(move)):
        return sentence("после этого кого-то из учеников перевели ещё раз")
    return ""


def undo(db: Session, actor: Actor, move_id: UUID) -> PupilMove:
    """Put everything back as it was before a move. Raises `Conflict` where that cannot be done any more."""
    move, _grouping = move_for(db, actor, move_id)
    db.refresh(move, with_for_update=True)
    lock_people(db, _people(move))
    objection = objection_to_undo(db, move)
    if objection:
        raise Conflict(
            sentence("Отменить нельзя: %(reason)s.", reason=objection), advice="Обновите страницу."
        )
    for step in reversed(_steps(move)):
        _restore(db, step)
    move.undone_at = now()
    db.flush()
    _touch(db, set(_people(move)))
    _tell_families(db, actor, move)
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
            for person_id in sorted(set(_people(move)))
        ),
    )
    return move


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
    for step in _steps(move):
        if _current(db, step) == step["after"]:
            _restore(db, step)
    move.undone_at = now()
    db.flush()
    _touch(db, set(_people(move)))


def people_of(move: PupilMove) -> set[UUID]:
    """Whom a move concerns."""
    return set(_people(move))


def _steps(move: PupilMove) -> Sequence[dict[str, Any]]:
    return move.steps["steps"]


def _people(move: PupilMove) -> list[UUID]:
    return [UUID((step["before"] or step["after"])["person_id"]) for step in _steps(move)]


def _name(row: Row) -> str:
    return "class" if isinstance(row, Enrollment) else "group"


def _kept(row: Row) -> dict[str, Any]:
    """A row as a move keeps it."""
    return {column.key: _plain(getattr(row, column.key)) for column in type(row).__table__.columns}


def _plain(value: Any) -> Any:
    return value if value is None else str(value)


def _current(db: Session, step: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of a step as it is now."""
    row = db.get(TABLES[step["table"]], UUID((step["after"] or step["before"])["id"]))
    return _kept(row) if row is not None else None


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


def _touch(db: Session, people: set[UUID]) -> None:
    """Pages that list these pupils are shown anew: they go by when a person was changed."""
    db.execute(update(Person).where(Person.id.in_(people)).values(changed_at=now()))
