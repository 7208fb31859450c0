"""A school corrects what it has written down of a person: a misspelt name, a wrong birth date, a missing СНИЛС.

What an outside sign-in has confirmed is changed only by whoever says that a document shows otherwise; where the card
came from stays on it. The people concerned are told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import reduce
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.audit.views import note_views
from core.database.base import in_force
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.accounts import people_in_reach
from core.identity.belonging import elsewhere, leads_here
from core.identity.directory import holds_place
from core.identity.duplicates import digits_of
from core.identity.families import day_of_majority, follow_ties, tied
from core.identity.fields import PERMISSIONS
from core.identity.identifiers import READERS, WrongIdentifier
from core.identity.models import Account, ExternalIdentity, Guardianship, Person
from core.identity.names import sort_key
from core.identity.providers import issuer_title
from core.identity.sessions import school_today
from core.notifications import FAMILY_NEWS, notify
from core.roles.actor import Actor
from core.web.i18n import lazy, sentence

CORRECT = "core.people.correct"
NEWS = "core.person.correct"
ACTION = "core.person.update"
FIELDS: Mapping[str, str] = {
    "last_name": lazy("фамилия"),
    "first_name": lazy("имя"),
    "middle_name": lazy("отчество"),
    "birth_date": lazy("дата рождения"),
    "gender": lazy("пол"),
    "snils": lazy("СНИЛС"),
    "phone": lazy("телефон"),
    "email": lazy("почта"),
}
"""What may be corrected, in words."""

CONFIRMED = frozenset({"last_name", "first_name", "middle_name", "birth_date", "gender", "snils"})
"""What an outside sign-in vouches for; phone and e-mail are only what somebody has told it."""

REFUSAL = sentence("Данные не исправлены: в форме есть ошибки.")


class Correctable(msgspec.Struct, frozen=True, kw_only=True):
    """A person to be corrected.

    `hidden` are filled-in fields that the actor may write but not see, `confirmed_by` names who has confirmed the
    person («» for nobody), `objection` says why the actor may not correct anything, `state` is what stands now.
    """

    person: Person
    hidden: Collection[str]
    confirmed_by: str
    objection: str
    state: str


def to_correct(db: Session, actor: Actor, person_id: UUID) -> Correctable:
    """A person in reach. Raises `Forbidden` without the right, `NotFound` for anybody else."""
    actor.require(CORRECT)
    person = db.scalar(select(Person).where(Person.id == person_id, people_in_reach(actor, CORRECT)))
    if person is None:
        raise NotFound("Такого человека нет в вашей организации.", advice="Найдите человека в списке.")
    seen = {each: holds_place(db, actor, person_id, each) for each in sorted(set(PERMISSIONS.values()))}
    return Correctable(
        person=person,
        hidden=[name for name in _sensitive(person) if not seen[PERMISSIONS[name]]],
        confirmed_by=_confirmed_by(db, person_id),
        objection=_objection(db, actor, person_id),
        state=_state(person),
    )


def as_stored(values: Mapping[str, Any], refusal: str) -> dict[str, Any]:
    """Values as people write them in the form they are stored in. Raises `Invalid` with `refusal` for what is none."""
    wrong: dict[str, str] = {}
    found = dict(values)
    for name, read in READERS.items():
        if not values.get(name):
            continue
        try:
            found[name] = read(values[name])
        except WrongIdentifier as error:
            wrong[name] = error.message
    if wrong:
        raise Invalid(refusal, fields=wrong)
    return found


def may_correct(db: Session, actor: Actor, person_id: UUID) -> bool:
    """Whether the actor may open the correction of a person: what speaks against it is said there."""
    return person_id != actor.person_id and holds_place(db, actor, person_id, CORRECT)


def note_shown(db: Session, actor: Actor, told: Correctable) -> None:
    """Record that sensitive fields of the person were shown to be corrected."""
    note_views(
        db, actor, told.person.id, [name for name in _sensitive(told.person) if name not in told.hidden]
    )


def correct(
    db: Session,
    actor: Actor,
    person_id: UUID,
    values: Mapping[str, Any],
    reason: str,
    *,
    against_confirmed: bool = False,
    state: str | None = None,
) -> list[str]:
    """Write new `values` of some fields into a person's card; returns which of them have changed.

    `state` is that of the card the actor had before them, None for whoever names single fields. Values are written
    as `core.identity.identifiers` writes them. Raises `Forbidden` and `NotFound` as `to_correct` does, `Invalid` for
    a СНИЛС of somebody else and for a birth date to come, `Conflict` where the person is a matter for others, the
    card has changed meanwhile, or what was confirmed is to be changed and `against_confirmed` does not say so.
    """
    db.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    told = to_correct(db, actor, person_id)
    person = told.person
    if told.objection:
        raise Conflict(sentence("Исправить данные нельзя: %(reason)s.", reason=told.objection))
    if state is not None and state != told.state:
        raise Conflict(
            "Пока вы правили, карточку изменил кто-то другой.", advice="Откройте её снова и сверьте данные."
        )
    changed = [
        name for name in FIELDS if name in values and not _same(name, getattr(person, name), values[name])
    ]
    _check(db, actor, person, {name: values[name] for name in changed})
    if told.confirmed_by and not against_confirmed and CONFIRMED.intersection(changed):
        raise Conflict(
            sentence("Эти данные подтвердили: %(who)s.", who=told.confirmed_by),
            advice="Сверьте их с документом. Если он другой, отметьте это под формой.",
        )
    if not changed:
        return []
    before = {name: getattr(person, name) for name in changed}
    _write(db, person, {name: values[name] for name in changed})
    if "birth_date" in changed:
        _follow_birth_date(db, actor, person, before["birth_date"])
    after: dict[str, Any] = {name: values[name] for name in changed}
    if told.confirmed_by and CONFIRMED.intersection(changed):
        after["against"] = told.confirmed_by
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action=ACTION,
            subject_type="person",
            subject_id=str(person.id),
            before=msgspec.to_builtins(before),
            after=msgspec.to_builtins(after, enc_hook=str),
            reason=reason,
        ),
    )
    _tell(db, actor, person, changed, reason)
    return changed


def _same(name: str, one: Any, other: Any) -> bool:
    """Whether two values are one: a number or an address may have come here written otherwise."""
    if name == "phone":
        return digits_of(one)[-10:] == digits_of(other)[-10:]
    if name == "email":
        return (one or "").casefold() == (other or "").casefold()
    return (one or None) == (other or None)


def _sensitive(person: Person) -> list[str]:
    return [name for name in FIELDS if name in PERMISSIONS and getattr(person, name)]


def _state(person: Person) -> str:
    """A short sum of the fields: it differs when any of them does."""
    text = "\x00".join(str(getattr(person, name) or "") for name in FIELDS)
    return sha256(text.encode()).hexdigest()[:16]


def _confirmed_by(db: Session, person_id: UUID) -> str:
    issuers = db.scalars(
        select(ExternalIdentity.issuer)
        .join(Account, Account.id == ExternalIdentity.account_id)
        .where(Account.person_id == person_id, ExternalIdentity.level.in_(("confirmed", "child")))
        .order_by(ExternalIdentity.created_at)
    )
    return ", ".join(dict.fromkeys(str(issuer_title(db, issuer)) for issuer in issuers))


def _objection(db: Session, actor: Actor, person_id: UUID) -> str:
    if person_id == actor.person_id:
        return sentence("это ваша карточка. Отправьте запрос «Исправление данных»")
    if place := elsewhere(db, actor, CORRECT, (person_id,)):
        return sentence(
            "есть данные в другой организации (%(name)s): исправит тот, кто работает на уровень выше",
            name=place,
        )
    if leads_here(db, actor, (person_id,)):
        return sentence("у человека роль, которую даёт организация выше: она и исправит")
    return ""


def _check(db: Session, actor: Actor, person: Person, new: Mapping[str, Any]) -> None:
    wrong: dict[str, str] = {}
    born: date | None = new.get("birth_date")
    if born is not None and born > school_today(actor):
        wrong["birth_date"] = sentence("Дата рождения ещё не наступила.")
    if new.get("snils") and db.scalar(
        select(Person.id).where(Person.snils == new["snils"], Person.id != person.id)
    ):
        wrong["snils"] = _taken()
    for name in ("last_name", "first_name"):
        if name in new and not new[name]:
            wrong[name] = sentence("Заполните поле.")
    if wrong:
        raise Invalid(REFUSAL, fields=wrong)


def _taken() -> str:
    return sentence(
        "Этот СНИЛС записан за другим человеком. Сверьте номер с документом; если это вторая карточка того же "
        "человека, объедините их."
    )


def _write(db: Session, person: Person, new: Mapping[str, Any]) -> None:
    try:
        with db.begin_nested():
            for name, value in new.items():
                setattr(person, name, value)
            person.name_key = sort_key(person.full_name)
            db.flush()
    except IntegrityError as error:
        # Somebody else has got this СНИЛС since it was looked for.
        raise Invalid(REFUSAL, fields={"snils": _taken()}) from error


def _follow_birth_date(db: Session, actor: Actor, child: Person, before: date | None) -> None:
    """Guardians' ties that would last until the child is of age last until the right day, with the roles."""
    today = school_today(actor)
    old = day_of_majority(before) - timedelta(days=1) if before else None
    new = day_of_majority(child.birth_date) - timedelta(days=1) if child.birth_date else None
    for tie in db.scalars(select(Guardianship).where(Guardianship.child_id == child.id)).all():
        too_long = new is not None and (tie.ends_on is None or tie.ends_on > new)
        if tie.ends_on == old or too_long:
            tie.ends_on = new
            db.flush()
            follow_ties(db, actor, tie.guardian_id, today, sentence("исправлена дата рождения ребёнка"))


def _tell(db: Session, actor: Actor, person: Person, changed: Collection[str], reason: str) -> None:
    fields = reduce(
        lambda one, other: sentence("%(one)s, %(other)s", one=one, other=other),
        (sentence(title) for name, title in FIELDS.items() if name in changed),
    )
    body = sentence(
        "Изменено: %(fields)s. Основание: %(reason)s. Если это ошибка, скажите об этом школе.",
        fields=fields,
        reason=reason,
    )
    notify(db, [person.id], NEWS, sentence("Ваши данные в портале исправлены"), body, "/account")
    today = school_today(actor)
    guardians = db.scalars(
        select(Guardianship.guardian_id)
        .where(Guardianship.child_id == person.id, tied(today), in_force(Guardianship, today))
        .order_by(Guardianship.guardian_id)
    ).all()
    notify(
        db,
        guardians,
        FAMILY_NEWS,
        sentence("Данные ребёнка исправлены: %(name)s", name=person.short_name),
        body,
        f"/people/{person.id}",
    )
