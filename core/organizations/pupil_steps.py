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

from core.audit.record import Change, record
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.identity.families import follow_ties
from core.identity.models import Guardianship, Person
from core.identity.sessions import school_today
from core.organizations.groupings import Grouping
from core.organizations.models import Enrollment, PupilGroupMembership, PupilMove
from core.roles import lifecycle
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence

CLOSING = "close"
"""The kind of a move by which a group was closed: it is undone by opening the group again."""

ADMISSION, WITHDRAWAL, RELEASE = "admit", "withdraw", "release"
"""The kinds of moves by which a pupil comes into the school and leaves it: the pupil's role goes along."""

LEAVING = (WITHDRAWAL, RELEASE)
"""Nothing is written down about a pupil who has left, so these are undone until the pupil is admitted somewhere."""

Row = Enrollment | PupilGroupMembership
TABLES: Mapping[str, type[Row]] = {"class": Enrollment, "group": PupilGroupMembership}


class Steps:
    """The changes of one move."""

    def __init__(self, db: Session, grouping: Grouping, day: date, reason: str) -> None:
        self._db, self._grouping, self.day, self.reason = db, grouping, day, reason
        self._steps: list[dict[str, Any]] = []
        self._changes: list[Change] = []
        self._people: set[UUID] = set()
        self._roles: list[dict[str, Any]] = []
        self.made: list[UUID] = []
        """Groups made for this move: undone, they go again if nothing hangs on them."""

    @property
    def people(self) -> int:
        """How many pupils it concerns."""
        return len(self._people)

    def leave(self, row: Row) -> None:
        """End a term with the day before; take it away if it would not have held a day."""
        before = kept_row(row)
        if row.starts_on >= self.day:
            self._db.delete(row)
            after = None
        else:
            row.ends_on = self.day - timedelta(days=1)
            row.end_basis = self.reason
            after = kept_row(row)
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
        self._steps.append({"table": _name(row), "before": None, "after": kept_row(row)})

    def give_role(self, actor: Actor, person_id: UUID) -> None:
        """Give the pupil's role of the school from the day of the move on."""
        role = StructuralRole(
            id=new_id(),
            person_id=person_id,
            kind="pupil",
            organization_id=self._grouping.organization.id,
            status="active",
            starts_on=self.day,
            basis=self.reason,
        )
        self._db.add(role)
        self._db.flush()
        lifecycle.step(self._db, actor, role, "active", self.day, self.reason, "core.role.give")
        self._keep_role(role, None)

    def end_role(self, actor: Actor, role: StructuralRole) -> None:
        """End a pupil's role with the day before the move's."""
        before, last_day = role_state(role), self.day - timedelta(days=1)
        lifecycle.end(
            self._db, actor, role, self.reason, last_day if last_day >= school_today(actor) else None
        )
        self._keep_role(role, before)

    def _keep_role(self, role: StructuralRole, before: Mapping[str, Any] | None) -> None:
        self._people.add(role.person_id)
        self._roles.append(
            {
                "id": str(role.id),
                "person_id": str(role.person_id),
                "before": before,
                "after": role_state(role),
            }
        )

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
            steps={
                "steps": self._steps,
                "made": [str(each) for each in self.made],
                "roles": self._roles,
            },
        )
        db.add(move)
        db.flush()
        touch(db, self._people)
        record(db, actor, move.organization_id, *self._changes)
        self._keep_families(actor, move)
        return move

    def _keep_families(self, actor: Actor, move: PupilMove) -> None:
        """Bring the guardians' roles in line, and keep those that this has changed as they were."""
        guardians = _guardians(self._db, _with_families(move), school_today(actor))
        before = {role.id: role_state(role) for role in _guardian_roles(self._db, guardians)}
        tell_families(self._db, actor, move)
        family = [
            {"id": str(role.id), "before": before.get(role.id), "after": role_state(role)}
            for role in _guardian_roles(self._db, guardians)
            if before.get(role.id) != role_state(role)
        ]
        if family:
            move.steps = {**move.steps, "family": family}
            self._db.flush()


def _with_families(move: PupilMove) -> set[UUID]:
    """Whose guardians a move concerns: of children who come into the school, have left it, or are back in it."""
    if move.kind in (ADMISSION, *LEAVING):
        return people_of(move)
    steps = [step for step in steps_of(move) if step["table"] == "class"]
    left = {UUID(step["before"]["person_id"]) for step in steps if step["before"] is not None}
    return left - {UUID(step["after"]["person_id"]) for step in steps if step["before"] is None}


def _guardians(db: Session, children: set[UUID], today: date) -> list[UUID]:
    tied = select(Guardianship.guardian_id).where(
        Guardianship.child_id.in_(children), in_force(Guardianship, today)
    )
    return sorted(set(db.scalars(tied)))


def _guardian_roles(db: Session, guardians: Sequence[UUID]) -> Sequence[StructuralRole]:
    held = select(StructuralRole).where(
        StructuralRole.person_id.in_(guardians), StructuralRole.kind == "guardian"
    )
    return db.scalars(held.order_by(StructuralRole.id)).all()


def tell_families(db: Session, actor: Actor, move: PupilMove) -> None:
    """Bring the roles of guardians in line with where their children study."""
    today = school_today(actor)
    for guardian_id in _guardians(db, _with_families(move), today):
        follow_ties(db, actor, guardian_id, today, sentence("учёба ребёнка"))


def lock_people(db: Session, person_ids: Sequence[UUID]) -> None:
    """Let nobody else move these pupils until the transaction ends."""
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update()
    db.execute(people).all()


def role_state(role: StructuralRole) -> dict[str, Any]:
    """What a move keeps of a role."""
    return {"status": role.status, "ends_on": _plain(role.ends_on)}


def people_of(move: PupilMove) -> set[UUID]:
    """Whom a move concerns."""
    return set(_people(move))


def steps_of(move: PupilMove) -> Sequence[dict[str, Any]]:
    """The rows that a move has changed, in order."""
    return move.steps["steps"]


def _people(move: PupilMove) -> list[UUID]:
    rows = [step["before"] or step["after"] for step in steps_of(move)]
    return [UUID(row["person_id"]) for row in (*rows, *move.steps.get("roles", ()))]


def _name(row: Row) -> str:
    return "class" if isinstance(row, Enrollment) else "group"


def kept_row(row: Row) -> dict[str, Any]:
    """A row as a move keeps it."""
    return {column.key: _plain(getattr(row, column.key)) for column in type(row).__table__.columns}


def _plain(value: Any) -> Any:
    return value if value is None else str(value)


def touch(db: Session, people: set[UUID]) -> None:
    """Pages that list these pupils are shown anew: they go by when a person was changed."""
    db.execute(update(Person).where(Person.id.in_(people)).values(changed_at=now()))
