"""A school's word on whose guardians a pupil has, and what each of them may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.families import Rights, day_of_majority, follow_ties, tell_family, tell_of_new
from core.identity.models import Guardianship, Person
from core.identity.relations import RELATIONS
from core.identity.sessions import school_today
from core.notifications import FAMILY_NEWS, notify
from core.organizations.models import Enrollment
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import lazy, sentence

EDIT = "core.families.edit"
RIGHTS_TITLES: Mapping[Rights, str] = {
    Rights.FULL: lazy("все права"),
    Rights.VIEW: lazy("только видит"),
    Rights.NONE: lazy("права ограничены"),
}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms a guardian is tied. `ends_on` is the last day, without one the child's coming of age."""

    relation: str
    rights: Rights
    basis: str = ""
    ends_on: date | None = None


class TieLine(msgspec.Struct, frozen=True, kw_only=True):
    """A tie as the school sees it; `holds` says whether it holds today."""

    tie: Guardianship
    guardian: Person
    holds: bool
    own: bool


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil with all ties there have been, those that hold first; `objection` to one more, «» if none."""

    child: Person
    lines: Sequence[TieLine]
    objection: str


def family(db: Session, actor: Actor, child_id: UUID) -> Family:
    """The guardians of a pupil of the actor's. Raises `Forbidden` without the right, `NotFound` out of reach."""
    child = pupil_of_own(db, actor, child_id)
    today = school_today(actor)
    found = db.execute(
        select(Guardianship, Person)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(Guardianship.child_id == child_id)
        .order_by(Person.name_key, Person.id)
    ).all()
    lines = [
        TieLine(
            tie=tie,
            guardian=guardian,
            holds=tie.starts_on <= today and (tie.ends_on is None or tie.ends_on >= today),
            own=guardian.id == actor.person_id,
        )
        for tie, guardian in found
    ]
    return Family(
        child=child,
        lines=sorted(lines, key=lambda line: not line.holds),
        objection=_objection(child, today),
    )


def tie(db: Session, actor: Actor, child_id: UUID, guardian: Person, terms: Terms) -> Guardianship:
    """Tie a guardian to a pupil, and give the guardian's role in the pupil's schools.

    Raises `Invalid` for wrong terms, `Conflict` for a tie that is there and for one's own child.
    """
    child = pupil_of_own(db, actor, child_id)
    today = school_today(actor)
    if objection := _objection(child, today):
        raise Conflict(sentence("Представитель не добавлен: %(reason)s.", reason=objection))
    _refuse_own(actor, guardian.id)
    if guardian.id == child.id:
        raise Conflict("Ученик и представитель – один и тот же человек.", advice="Выберите другого человека.")
    known = select(exists().where(Guardianship.guardian_id == guardian.id, Guardianship.child_id == child.id))
    if db.scalar(known):
        raise Conflict(
            "Этот человек уже есть среди представителей ребёнка.",
            advice="Измените его права в списке: связь можно и возобновить.",
        )
    _check(terms, child, today)
    made = Guardianship(
        id=new_id(),
        guardian_id=guardian.id,
        child_id=child.id,
        source="portal",
        starts_on=today,
        **_values(terms, child),
    )
    db.add(made)
    db.flush()
    _settle(db, actor, made, "core.guardianship.create", None)
    notify(
        db,
        [guardian.id],
        FAMILY_NEWS,
        sentence("Школа связала вас с ребёнком: %(name)s", name=child.short_name),
        "",
        "/account/children",
    )
    tell_of_new(db, child, guardian.id, today)
    return made


def change(db: Session, actor: Actor, child_id: UUID, tie_id: UUID, terms: Terms) -> None:
    """Change what a guardian may, until when, and on what ground. Raises as `tie` does."""
    child = pupil_of_own(db, actor, child_id)
    today = school_today(actor)
    known = db.scalar(
        select(Guardianship)
        .where(Guardianship.id == tie_id, Guardianship.child_id == child_id)
        .with_for_update()
    )
    if known is None:
        raise NotFound("Такого представителя у ребёнка нет.", advice="Обновите страницу.")
    _refuse_own(actor, known.guardian_id)
    _check(terms, child, today)
    before = _described(known)
    for name, value in _values(terms, child).items():
        setattr(known, name, value)
    db.flush()
    if _described(known) != before:
        _settle(db, actor, known, "core.guardianship.change", before)
        _tell_of_change(db, known, child, today)


def _tell_of_change(db: Session, tie: Guardianship, child: Person, today: date) -> None:
    guardian = db.get_one(Person, tie.guardian_id)
    rights = sentence(RIGHTS_TITLES[Rights(tie.rights)])
    if tie.ends_on is not None and tie.ends_on != _last_day(child):
        rights = sentence("%(rights)s, по %(day)s", rights=rights, day=f"{tie.ends_on:%d.%m.%Y}")
    notify(
        db,
        [guardian.id],
        FAMILY_NEWS,
        sentence("Школа изменила ваши права: %(child)s – %(rights)s", child=child.short_name, rights=rights),
        sentence("Основание: %(basis)s. Если это ошибка, обратитесь в школу.", basis=tie.basis)
        if tie.basis
        else sentence("Если это ошибка, обратитесь в школу."),
        "/account/children",
    )
    news = sentence(
        "Изменены права представителя: %(child)s, %(name)s – %(rights)s",
        child=child.short_name, name=guardian.full_name, rights=rights,
    )  # fmt: skip
    tell_family(db, child, guardian.id, today, news)


def _settle(
    db: Session, actor: Actor, made: Guardianship, action: str, before: dict[str, Any] | None
) -> None:
    follow_ties(db, actor, made.guardian_id, school_today(actor), sentence("связь с ребёнком"))
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(made.child_id),
            before=before,
            after=_described(made),
            reason=made.basis,
        ),
    )


def may_edit(db: Session, actor: Actor, child_id: UUID) -> bool:
    """Whether the actor may tie guardians to this person: a pupil of theirs."""
    return actor.can(EDIT) and bool(db.scalar(select(_studies(actor, child_id))))


def _studies(actor: Actor, child_id: UUID) -> ColumnElement[bool]:
    return exists().where(
        Enrollment.person_id == child_id,
        in_force(Enrollment, school_today(actor)),
        within(actor, EDIT, Enrollment.organization_id),
    )


def pupil_of_own(db: Session, actor: Actor, child_id: UUID) -> Person:
    """A pupil whose family the actor keeps. Raises `Forbidden` without the right, `NotFound` for anybody else."""
    actor.require(EDIT)
    child = db.get(Person, child_id)
    if child is None or not db.scalar(select(_studies(actor, child_id))):
        raise NotFound("Такого ученика в вашей школе нет.", advice="Найдите ученика поиском.")
    return child


def _objection(child: Person, today: date) -> str:
    if child.birth_date is None:
        return sentence(
            "у ученика не указана дата рождения, а представители бывают только у несовершеннолетних"
        )
    if day_of_majority(child.birth_date) <= today:
        return sentence("ученик совершеннолетний")
    return ""


def _refuse_own(actor: Actor, guardian_id: UUID) -> None:
    if guardian_id == actor.person_id:
        raise Conflict(
            "Связь с собственным ребёнком меняет другой сотрудник.", advice="Попросите об этом коллегу."
        )


def _check(terms: Terms, child: Person, today: date) -> None:
    wrong: dict[str, str] = {}
    if terms.relation not in RELATIONS:
        wrong["relation"] = sentence("Выберите из списка.")
    if terms.rights is not Rights.FULL and not terms.basis.strip():
        wrong["basis"] = sentence("Назовите документ, по которому права ограничены.")
    if terms.ends_on is not None and terms.ends_on < today:
        wrong["ends_on"] = sentence("Сегодняшний день или позже.")
    elif (
        terms.ends_on is not None and child.birth_date and terms.ends_on >= day_of_majority(child.birth_date)
    ):
        wrong["ends_on"] = sentence("Связь кончается не позже совершеннолетия ребёнка.")
    if wrong:
        raise Invalid("Права представителя не сохранены: в форме есть ошибки.", fields=wrong)


def _values(terms: Terms, child: Person) -> dict[str, Any]:
    return {
        "relation": terms.relation,
        "rights": str(terms.rights),
        "basis": terms.basis.strip(),
        "ends_on": terms.ends_on or _last_day(child),
    }


def _last_day(child: Person) -> date | None:
    """The last day before a child is of age."""
    return day_of_majority(child.birth_date) - timedelta(days=1) if child.birth_date else None


def _described(tie: Guardianship) -> dict[str, Any]:
    return {
        "guardian": str(tie.guardian_id),
        "relation": tie.relation,
        "rights": tie.rights,
        "ends_on": str(tie.ends_on) if tie.ends_on else None,
    }
