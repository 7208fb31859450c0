"""Invitations for a whole class: its pupils and their guardians, chosen and printed at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.base import in_force
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, SchoolClass
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.auth_local import invitations
from plugins.auth_local.access import ISSUE
from plugins.auth_local.invitations import Slip
from plugins.auth_local.models import Invitation, LocalLogin


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a class: a pupil, or a guardian of `child`. `state` is «login», «invited» or «»."""

    person_id: UUID
    name: str
    child: str
    state: str


def members(db: Session, actor: Actor, class_id: UUID) -> tuple[SchoolClass, Sequence[Member]]:
    """A class with its pupils of today, each followed by the guardians.

    Raises `Forbidden` without the right to issue, `NotFound` for a class out of reach.
    """
    actor.require(ISSUE)
    found = db.get(SchoolClass, class_id)
    if found is None:
        raise NotFound("Такого класса нет.", advice="Проверьте адрес.")
    authorize(db, actor, ISSUE, found.organization_id)
    today = school_today(actor)
    pupils = db.scalars(
        select(Person)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == class_id, in_force(Enrollment, today))
        .order_by(Person.name_key, Person.id)
    ).all()
    guardians: dict[UUID, list[Person]] = {}
    for child_id, guardian in db.execute(
        select(Guardianship.child_id, Person)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(
            Guardianship.child_id.in_([pupil.id for pupil in pupils]),
            tied(today),
        )
        .order_by(Person.name_key, Person.id)
    ):
        guardians.setdefault(child_id, []).append(guardian)
    people = [
        (person, child)
        for pupil in pupils
        for person, child in [(pupil, ""), *((each, pupil.full_name) for each in guardians.get(pupil.id, ()))]
    ]
    ids = [person.id for person, _child in people]
    with_login = set(db.scalars(select(LocalLogin.person_id).where(LocalLogin.person_id.in_(ids))))
    invited = set(db.scalars(select(Invitation.person_id).where(Invitation.person_id.in_(ids))))
    return found, [
        Member(
            person_id=person.id,
            name=person.full_name,
            child=child,
            state="login" if person.id in with_login else "invited" if person.id in invited else "",
        )
        for person, child in people
    ]


def invite(
    db: Session, actor: Actor, class_id: UUID, chosen: Sequence[str]
) -> tuple[SchoolClass, Sequence[Slip], Sequence[str]]:
    """Invitations for those chosen among a class, and a sentence for each who gets none.

    Raises what `members` does, and `Invalid` if nobody of the class is chosen.
    """
    found, people = members(db, actor, class_id)
    wanted = {each.person_id: each for each in people if str(each.person_id) in chosen}
    if not wanted:
        raise Invalid("Никто не отмечен.", advice="Отметьте тех, кому нужны приглашения.")
    slips: list[Slip] = []
    left_out: list[str] = []
    for member in wanted.values():
        person = db.get_one(Person, member.person_id)
        if reason := invitations.objection(db, actor, person):
            left_out.append(sentence("%(name)s: %(reason)s.", name=member.name, reason=reason))
        else:
            slip = invitations.invite(db, actor, member.person_id)
            slips.append(msgspec.structs.replace(slip, child=member.child))
    return found, slips, left_out
