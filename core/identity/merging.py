"""Making two cards of one person one, and two again.

Everything that names the absorbed person names the kept one afterwards, in one transaction; for some days the
portal remembers what it was, so that the merge can be undone as long as nobody has changed the same things since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.contributions import PeopleMerged, PeopleParted
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity import ended_sessions, merge_log
from core.identity.absorbing import Absorbing
from core.identity.accounts import people_in_reach
from core.identity.comparison import FIELDS, ONE, both_in_reach, objection, values_of
from core.identity.duplicates import MERGE
from core.identity.ended_sessions import Reason
from core.identity.models import Account, LikelyPair, MergeStep, Person, PersonMerge, SignInSession
from core.identity.names import full_name, sort_key
from core.identity.references import merged_tables
from core.notifications import notify
from core.roles.actor import Actor
from core.web.i18n import sentence

NEWS = "core.person.merge"


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge moves: rows by what they are, and how many of the absorbed person's became one with others."""

    moved: Mapping[str, int]
    joined: Mapping[str, int]


class ShownMerge(msgspec.Struct, frozen=True, kw_only=True):
    """A merge on the kept person's card. `objection` says why it cannot be undone, «» if it can, until `until`."""

    id: UUID
    absorbed_name: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None
    until: datetime
    objection: str


def merge(
    db: Session, actor: Actor, one_id: UUID, other_id: UUID, keep: str, chosen: Mapping[str, str]
) -> UUID:
    """Make two people in reach one; returns the id of the merge.

    `keep` says whose card stays, `chosen` from whom each of `comparison.FIELDS` comes: `one` or `other`. Sessions
    of the absorbed account end, its ways in open the kept account. Raises `Forbidden`, `NotFound`, and `Conflict`
    where these two are not to be made one.
    """
    made, work = _merge(db, actor, one_id, other_id, keep, chosen)
    kept = db.get_one(Person, made.kept_id)
    _note(db, actor, "core.person.merge", made, kept.full_name, [kept.id], work)
    notify(
        db,
        [kept.id],
        NEWS,
        sentence("Ваши карточки в портале объединены"),
        sentence(
            "Было две записи: «%(kept)s» и «%(absorbed)s». Теперь всё в одной, войти можно так же, как раньше. "
            "Если это ошибка, скажите об этом школе.",
            kept=kept.full_name,
            absorbed=made.absorbed_name,
        ),
        "/account",
    )
    db.publish(PeopleMerged(kept_id=made.kept_id, absorbed_id=made.absorbed_id))
    return made.id


def rehearse(
    db: Session, actor: Actor, one_id: UUID, other_id: UUID, keep: str, chosen: Mapping[str, str]
) -> Moving:
    """What `merge` would move, found out by doing it and taking it back. Raises as `merge` does."""
    savepoint = db.begin_nested()
    try:
        _made, work = _merge(db, actor, one_id, other_id, keep, chosen)
    finally:
        savepoint.rollback()
        db.expire_all()
    return _moving(db, work)


def _merge(
    db: Session, actor: Actor, one_id: UUID, other_id: UUID, keep: str, chosen: Mapping[str, str]
) -> tuple[PersonMerge, Absorbing]:
    one, other = both_in_reach(db, actor, one_id, other_id)
    ids = sorted((one_id, other_id))
    # Both rows are held until the end: nobody merges either of them with a third meanwhile.
    held = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update()
    if len(db.scalars(held).all()) < 2:
        raise Conflict("Одного из них только что объединили с другим.", advice="Обновите список.")
    if reason := objection(db, actor, one, other):
        raise Conflict(
            sentence("Объединить их нельзя: %(reason)s.", reason=reason), advice="Вернитесь к списку."
        )
    kept, absorbed = (one, other) if keep == ONE else (other, one)
    values = values_of(one, other, chosen)
    name = full_name(values["last_name"], values["first_name"], values["middle_name"])
    values["name_key"] = sort_key(name)
    if not kept.external_id and absorbed.external_id:
        values |= {"external_id": absorbed.external_id, "source": absorbed.source}
    made = PersonMerge(
        id=new_id(),
        kept_id=kept.id,
        absorbed_id=absorbed.id,
        absorbed_name=absorbed.full_name,
        organization_id=actor.role.organization_id if actor.role else None,
        merged_by=actor.person_id,
        merged_by_name=actor.name,
    )
    db.add(made)
    db.flush()
    # From here on rows are changed as rows: what the session remembers of them no longer holds.
    db.expunge(absorbed)
    work = Absorbing(db, made.id)
    work.run(made.kept_id, made.absorbed_id, values)
    return made, work


def _moving(db: Session, work: Absorbing) -> Moving:
    rules, plugins = merged_tables(db), db.portal.plugins.loaded
    moved: dict[str, int] = {}
    for (table, column), count in work.moved.items():
        owner = next((each for name, each in plugins.items() if table.startswith(f"{name}_")), None)
        if table in rules:
            title = str(rules[table].titles.get(column, ""))
        else:
            title = str(owner.manifest.title) if owner is not None else ""
        if title:
            moved[title] = moved.get(title, 0) + count
    joined = {merge_log.title_of(db, table): count for table, count in work.joined.items()}
    return Moving(moved=moved, joined={title: count for title, count in joined.items() if title})


def merges_of(db: Session, actor: Actor, person_id: UUID) -> Sequence[ShownMerge]:
    """The merges into a person, the latest first. The caller has checked who may see the person."""
    found = db.scalars(
        select(PersonMerge).where(PersonMerge.kept_id == person_id).order_by(PersonMerge.id.desc())
    ).all()
    latest = next((each.id for each in found if each.undone_at is None), None)
    return [
        ShownMerge(
            id=each.id,
            absorbed_name=each.absorbed_name,
            merged_at=each.merged_at,
            merged_by=each.merged_by_name,
            undone_at=each.undone_at,
            until=each.merged_at + timedelta(days=db.portal.config.merge_undo_days),
            objection=_objection_to_undo(db, actor, each, latest) if actor.can(MERGE) else "",
        )
        for each in found
    ]


def undo(db: Session, actor: Actor, merge_id: UUID) -> PersonMerge:
    """Make two people of one again, each with what they had; what came afterwards stays with the kept one.

    All sessions of the kept account end: whoever came in by the other way is somebody else again. Raises
    `Forbidden`, `NotFound` for a merge out of reach, `Conflict` where it cannot be undone any more.
    """
    actor.require(MERGE)
    made = db.scalar(select(PersonMerge).where(PersonMerge.id == merge_id).with_for_update())
    if made is None or not _in_reach(db, actor, made.kept_id):
        raise NotFound("Такого объединения нет в вашей организации.", advice="Обновите страницу.")
    later = select(PersonMerge.id).where(PersonMerge.kept_id == made.kept_id, PersonMerge.undone_at.is_(None))
    latest = db.scalar(later.order_by(PersonMerge.id.desc()).limit(1))
    if reason := _objection_to_undo(db, actor, made, latest):
        raise Conflict(sentence("Разделить снова нельзя: %(reason)s.", reason=reason))
    kept = db.get_one(Person, made.kept_id)
    name = kept.full_name
    made.undone_at = now()
    accounts = select(Account.id).where(Account.person_id == made.kept_id)
    ended_sessions.end(db, SignInSession.account_id.in_(accounts), Reason.PROFILE)
    db.flush()
    merge_log.undo(db, made.id)
    db.execute(delete(MergeStep).where(MergeStep.merge_id == made.id))
    db.flush()
    db.expire_all()
    _remember_different(db, actor, made.kept_id, made.absorbed_id)
    _note(db, actor, "core.person.part", made, name, [made.kept_id, made.absorbed_id])
    notify(
        db,
        [made.kept_id, made.absorbed_id],
        NEWS,
        sentence("Объединённые карточки разделены"),
        sentence(
            "Карточки «%(kept)s» и «%(absorbed)s» снова разные.", kept=name, absorbed=made.absorbed_name
        ),
        "/account",
    )
    db.publish(PeopleParted(kept_id=made.kept_id, restored_id=made.absorbed_id))
    return made


def _objection_to_undo(db: Session, actor: Actor, made: PersonMerge, latest: UUID | None) -> str:
    if made.undone_at is not None:
        return sentence("это уже сделано")
    if now() > made.merged_at + timedelta(days=db.portal.config.merge_undo_days):
        return sentence("срок прошёл")
    if db.scalar(select(MergeStep.id).where(MergeStep.merge_id == made.id).limit(1)) is None:
        return sentence("данные, по которым их разделяют, уже стёрты")
    if made.id != latest:
        return sentence("сначала разделите то, что объединили позже")
    if made.kept_id == actor.person_id:
        return sentence("это ваша карточка: попросите об этом коллегу или тех, кто выше")
    kept = db.get_one(Person, made.kept_id)
    return objection(db, actor, kept, kept)


def _in_reach(db: Session, actor: Actor, person_id: UUID) -> bool:
    return (
        db.scalar(select(Person.id).where(Person.id == person_id, people_in_reach(actor, MERGE))) is not None
    )


def _remember_different(db: Session, actor: Actor, one: UUID, other: UUID) -> None:
    """Whoever parts two people has decided that they are different: the list does not offer them again."""
    first, second = sorted((one, other))
    pair = db.scalar(select(LikelyPair).where(LikelyPair.first_id == first, LikelyPair.second_id == second))
    if pair is None:
        pair = LikelyPair(id=new_id(), first_id=first, second_id=second, reasons=[])
        db.add(pair)
    pair.status, pair.decided_by = "different", actor.person_id
    db.flush()


def _note(
    db: Session,
    actor: Actor,
    action: str,
    made: PersonMerge,
    name: str,
    person_ids: Sequence[UUID],
    work: Absorbing | None = None,
) -> None:
    before = {each: _plain(value) for each, value in work.before.items() if each in FIELDS} if work else {}
    after = {each: _plain(value) for each, value in work.after.items() if each in FIELDS} if work else {}
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        *(
            Change(
                action=action,
                subject_type="person",
                subject_id=str(person_id),
                before=before or None,
                after={"kept": name, "absorbed": made.absorbed_name, **after},
            )
            for person_id in person_ids
        ),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def read_choices(data: Mapping[str, Any], fields: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Whose card stays, and the choice of each field, as a form or a program sends them; others are left out."""
    keep = "other" if data.get("keep") == "other" else ONE
    return keep, {name: str(data[name]) for name in fields if data.get(name) in ("one", "other")}
