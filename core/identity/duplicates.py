"""People who may be one: found by the portal in the background, kept until somebody decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound
from core.identity.accounts import people_in_reach
from core.identity.likeness import Known, likely_pairs
from core.identity.models import Guardianship, LikelyPair, Person
from core.identity.names import full_name, sort_key
from core.roles.actor import Actor
from core.tasks.models import DONE, QUEUED, RUNNING, Task
from core.tasks.queue import enqueue
from core.tasks.run import TaskRun

MERGE = "core.accounts.merge"
SEARCH = "core.duplicates.search"
LIKELY, DIFFERENT = "likely", "different"
READ_AT_ONCE = 5000
WRITTEN_AT_ONCE = 500
FIRST, SECOND = aliased(Person, name="first_person"), aliased(Person, name="second_person")
_NOT_DIGITS = re.compile(r"\D")


class PairLine(msgspec.Struct, frozen=True, kw_only=True):
    """Two people who may be one. `reasons` are keys of `likeness.REASONS`."""

    id: UUID
    first_id: UUID
    second_id: UUID
    first: str
    second: str
    status: str
    reasons: Sequence[str]


def pair_rows(_db: Session, actor: Actor) -> Any:
    """Pairs of people who are both in reach, for a work list."""
    return (
        select(
            LikelyPair.id.label("id"),
            LikelyPair.first_id,
            LikelyPair.second_id,
            LikelyPair.reasons,
            LikelyPair.status,
            FIRST.last_name,
            FIRST.first_name,
            FIRST.middle_name,
            SECOND.last_name.label("other_last_name"),
            SECOND.first_name.label("other_first_name"),
            SECOND.middle_name.label("other_middle_name"),
        )
        .select_from(LikelyPair)
        .join(FIRST, FIRST.id == LikelyPair.first_id)
        .join(SECOND, SECOND.id == LikelyPair.second_id)
        .where(people_in_reach(actor, MERGE, FIRST), people_in_reach(actor, MERGE, SECOND))
    )


def pair_lines(_db: Session, _actor: Actor, rows: Sequence[Any]) -> Sequence[PairLine]:
    """Rows of one page as lines."""
    return [
        PairLine(
            id=row.id,
            first_id=row.first_id,
            second_id=row.second_id,
            first=full_name(row.last_name, row.first_name, row.middle_name),
            second=full_name(row.other_last_name, row.other_first_name, row.other_middle_name),
            status=row.status,
            reasons=row.reasons,
        )
        for row in rows
    ]


def pair_of(db: Session, one: UUID, other: UUID) -> LikelyPair | None:
    """What is known of these two as a pair. The caller has checked who may see them."""
    first, second = sorted((one, other))
    return db.scalar(select(LikelyPair).where(LikelyPair.first_id == first, LikelyPair.second_id == second))


def likely_of(db: Session, actor: Actor, person_id: UUID) -> Sequence[PairLine]:
    """The people in reach who may be this one."""
    found = pair_rows(db, actor).where(
        LikelyPair.status == LIKELY,
        or_(LikelyPair.first_id == person_id, LikelyPair.second_id == person_id),
    )
    return pair_lines(db, actor, db.execute(found.order_by(LikelyPair.id)).all())


def decide(db: Session, actor: Actor, one: UUID, other: UUID, *, different: bool) -> None:
    """Remember that two people in reach are different, or forget it.

    Raises `Forbidden` without the right to merge, `NotFound` for people out of reach.
    """
    actor.require(MERGE)
    first, second = sorted((one, other))
    in_reach = select(Person.id).where(Person.id.in_((one, other)), people_in_reach(actor, MERGE))
    if first == second or len(db.scalars(in_reach).all()) < 2:
        raise NotFound("Таких людей нет в вашей организации.", advice="Обновите список.")
    pair = pair_of(db, one, other)
    if pair is None:
        pair = LikelyPair(id=new_id(), first_id=first, second_id=second, reasons=[])
        db.add(pair)
    pair.status = DIFFERENT if different else LIKELY
    pair.decided_by = actor.person_id
    db.flush()
    action = "core.person.different" if different else "core.person.maybe_same"
    names = {
        each.id: each.full_name for each in db.scalars(select(Person).where(Person.id.in_((one, other))))
    }
    record(
        db,
        actor,
        actor.acting_role.organization_id,
        *(
            Change(
                action=action, subject_type="person", subject_id=str(mine), after={"person": names[theirs]}
            )
            for mine, theirs in ((one, other), (other, one))
        ),
    )


def begin_search(db: Session, actor: Actor) -> UUID:
    """Queue a search now; the portal searches by itself every day. Returns the task's id."""
    actor.require(MERGE)
    return enqueue(db, SEARCH, {}, key=SEARCH, actor=actor)


def last_search(db: Session) -> datetime | None:
    """When people were last looked through to the end; None while that is not known."""
    done = select(Task.finished_at).where(Task.kind == SEARCH, Task.status == DONE)
    return db.scalar(done.order_by(Task.finished_at.desc()).limit(1))


def is_searching(db: Session) -> bool:
    """Whether a search waits or runs."""
    under_way = select(Task.id).where(Task.kind == SEARCH, Task.status.in_((QUEUED, RUNNING)))
    return db.scalar(under_way.limit(1)) is not None


def search(task: TaskRun) -> None:
    """Look through everybody; pairs that nobody has decided about and that are alike no longer are dropped."""
    database = task.portal.database
    began = now()
    for pairs in _batches(database, task):
        with database.transaction() as db:
            _note(db, pairs)
        if task.cancelled:
            return
    with database.transaction() as db:
        db.execute(delete(LikelyPair).where(LikelyPair.status == LIKELY, LikelyPair.found_at < began))


def _batches(database: Database, task: TaskRun) -> Iterator[Mapping[tuple[UUID, UUID], list[str]]]:
    found: dict[tuple[UUID, UUID], list[str]] = {}
    for condition, order, key in _PASSES:
        with database.reading(fresh=True) as db:
            pairs = list(likely_pairs(_people(db, condition, order), key))
        for first, second, reasons in pairs:
            found[first, second] = list(reasons)
            if len(found) >= WRITTEN_AT_ONCE:
                yield found
                found = {}
        if task.cancelled:
            return
    yield found


def _people(db: Session, condition: ColumnElement[bool], order: Any) -> Iterator[Known]:
    statement = (
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.name_key,
            Person.birth_date,
            Person.snils,
            Person.phone,
            Person.email,
        )
        .where(condition)
        .order_by(order, Person.id)
        .execution_options(yield_per=READ_AT_ONCE)
    )
    for row in db.execute(statement):
        yield Known(
            id=row.id,
            name_key=row.name_key,
            last_key=sort_key(row.last_name),
            first_key=sort_key(row.first_name),
            birth_date=row.birth_date,
            snils=digits_of(row.snils),
            phone=digits_of(row.phone)[-10:],
            email=(row.email or "").strip().casefold(),
        )


def _note(db: Session, pairs: Mapping[tuple[UUID, UUID], list[str]]) -> None:
    """Write pairs down; what has been decided about them stays. A child is not its own guardian."""
    ids = {each for pair in pairs for each in pair}
    there = set(db.scalars(select(Person.id).where(Person.id.in_(ids))))
    ties = db.execute(
        select(Guardianship.guardian_id, Guardianship.child_id).where(Guardianship.guardian_id.in_(ids))
    )
    tied = {tuple(sorted((guardian, child))) for guardian, child in ties}
    moment = now()
    rows = [
        {
            "id": new_id(),
            "first_id": first,
            "second_id": second,
            "reasons": reasons,
            "status": LIKELY,
            "found_at": moment,
        }
        for (first, second), reasons in pairs.items()
        if {first, second} <= there and (first, second) not in tied
    ]
    if not rows:
        return
    insert: Any = sqlite.insert if db.portal.database.is_sqlite else postgresql.insert
    statement = insert(LikelyPair.__table__)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["first_id", "second_id"],
            set_={"reasons": statement.excluded.reasons, "found_at": moment},
        ),
        rows,
    )


def digits_of(text: str | None) -> str:
    """The digits of a number, however it is written."""
    return _NOT_DIGITS.sub("", text or "")


def _bare(column: Any, noise: str) -> Any:
    bare = column
    for character in noise:
        bare = func.replace(bare, character, "")
    return bare


_PHONE = _bare(Person.phone, "+-() ")
_PHONE_END = func.substr(_PHONE, func.length(_PHONE) - 9)
_PASSES: Sequence[tuple[ColumnElement[bool], Any, Callable[[Known], Any]]] = (
    (Person.birth_date.is_not(None), Person.birth_date, lambda each: each.birth_date),
    (and_(Person.phone.is_not(None), Person.phone != ""), _PHONE_END, lambda each: each.phone),
    (
        and_(Person.email.is_not(None), Person.email != ""),
        func.lower(Person.email),
        lambda each: each.email,
    ),
    (Person.snils.is_not(None), _bare(Person.snils, "- "), lambda each: each.snils),
)
