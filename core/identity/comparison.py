"""Two people side by side: what is known of each, and why they may not be made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.database.session import Session
from core.errors import NotFound
from core.identity import duplicates
from core.identity.accounts import LEFT, people_in_reach
from core.identity.belonging import elsewhere, leads_here
from core.identity.directory import Tie, ties_of
from core.identity.duplicates import MERGE
from core.identity.models import Account, ExternalIdentity, Guardianship, Person
from core.identity.references import PERSON, References, merged_tables
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence

FIELDS: Mapping[str, str] = {
    "last_name": lazy("Фамилия"),
    "first_name": lazy("Имя"),
    "middle_name": lazy("Отчество"),
    "birth_date": lazy("Дата рождения"),
    "gender": lazy("Пол"),
    "snils": lazy("СНИЛС"),
    "birth_certificate": lazy("Свидетельство о рождении"),
    "phone": lazy("Телефон"),
    "email": lazy("Почта"),
}
"""What is chosen from either of the two."""

SHOWN_IN_WORDS = frozenset({"core_account", "core_structural_role", "core_enrollment", "core_guardianship"})
"""Tables whose rows the comparison names one by one: there is no need to count them."""

ONE, OTHER = "one", "other"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A role or a class of a person."""

    title: str
    organization: str
    starts_on: date
    ends_on: date | None


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: everything that helps to decide. `holds` counts rows by what they are."""

    person: Person
    account: Account | None
    identities: Sequence[ExternalIdentity]
    roles: Sequence[Place]
    classes: Sequence[Place]
    guardians: Sequence[Tie]
    children: Sequence[Tie]
    holds: Mapping[str, int]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two people: `objection` says why the actor may not make them one, `doubts` what speaks against it."""

    one: Side
    other: Side
    reasons: Sequence[str]
    different: bool
    doubts: Sequence[str]
    objection: str
    suggested: Mapping[str, str]

    @property
    def things(self) -> Sequence[str]:
        """What either of the two has rows of."""
        return list(dict.fromkeys([*self.one.holds, *self.other.holds]))


def both_in_reach(db: Session, actor: Actor, one_id: UUID, other_id: UUID) -> tuple[Person, Person]:
    """Two different people in reach. Raises `Forbidden` without the right to merge, `NotFound` for others."""
    actor.require(MERGE)
    found = {
        person.id: person
        for person in db.scalars(
            select(Person).where(Person.id.in_((one_id, other_id)), people_in_reach(actor, MERGE))
        )
    }
    if len(found) < 2:
        raise NotFound("Таких людей нет в вашей организации.", advice="Найдите обоих в списке.")
    return found[one_id], found[other_id]


def compare(db: Session, actor: Actor, one_id: UUID, other_id: UUID) -> Comparison:
    """Two people in reach side by side. Raises as `both_in_reach` does."""
    one, other = both_in_reach(db, actor, one_id, other_id)
    pair = duplicates.pair_of(db, one_id, other_id)
    sides = _side(db, actor, one), _side(db, actor, other)
    return Comparison(
        one=sides[0],
        other=sides[1],
        reasons=pair.reasons if pair is not None else (),
        different=pair is not None and pair.status == duplicates.DIFFERENT,
        doubts=_doubts(*sides),
        objection=objection(db, actor, one, other),
        suggested=_suggested(*sides),
    )


def objection(db: Session, actor: Actor, one: Person, other: Person) -> str:
    """Why the actor may not make these two one; «» if they may."""
    ids = (one.id, other.id)
    if actor.person_id in ids:
        return sentence("один из них – вы сами: попросите об этом коллегу или тех, кто выше")
    if place := elsewhere(db, actor, MERGE, ids):
        return sentence(
            "есть данные в другой организации (%(name)s): объединит тот, кто работает на уровень выше",
            name=place,
        )
    if leads_here(db, actor, ids):
        return sentence("у одного из них роль, которую даёт организация выше: она и объединит")
    tied = select(Guardianship.id).where(Guardianship.guardian_id.in_(ids), Guardianship.child_id.in_(ids))
    if db.scalar(tied.limit(1)) is not None:
        return sentence("один из них записан представителем другого")
    return ""


def _side(db: Session, actor: Actor, person: Person) -> Side:
    kinds = db.portal.grants.kinds
    account = db.scalar(select(Account).where(Account.person_id == person.id))
    roles = db.execute(
        select(StructuralRole, Organization.short_name, SchoolClass.name)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .outerjoin(SchoolClass, SchoolClass.id == StructuralRole.school_class_id)
        .where(
            StructuralRole.person_id == person.id,
            StructuralRole.status.not_in(LEFT),
            within(actor, MERGE, StructuralRole.organization_id),
        )
        .order_by(StructuralRole.starts_on, StructuralRole.id)
    )
    classes = db.execute(
        select(SchoolClass.name, Organization.short_name, Enrollment.starts_on, Enrollment.ends_on)
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .where(Enrollment.person_id == person.id, within(actor, MERGE, Enrollment.organization_id))
        .order_by(Enrollment.starts_on, Enrollment.id)
    )
    guardians, children = ties_of(db, person.id, school_today(actor))
    return Side(
        person=person,
        account=account,
        identities=db.scalars(
            select(ExternalIdentity)
            .where(ExternalIdentity.account_id == (account.id if account else None))
            .order_by(ExternalIdentity.id)
        ).all(),
        roles=[
            Place(
                title=_role_title(kinds[role.kind].title if role.kind in kinds else role.kind, class_name),
                organization=organization,
                starts_on=role.starts_on,
                ends_on=role.ends_on,
            )
            for role, organization, class_name in roles
        ],
        classes=[
            Place(title=name, organization=organization, starts_on=starts_on, ends_on=ends_on)
            for name, organization, starts_on, ends_on in classes
        ],
        guardians=guardians,
        children=children,
        holds=_holds(db, person.id),
    )


def _role_title(title: str, school_class: str | None) -> str:
    return (
        sentence("%(role)s, %(school_class)s", role=title, school_class=school_class)
        if school_class
        else title
    )


def _holds(db: Session, person_id: UUID) -> dict[str, int]:
    """How many rows of what refer to a person, by title; of plugins that name nothing, by the plugin's title."""
    rules, plugins = merged_tables(db), db.portal.plugins.loaded
    found: dict[str, int] = {}
    for reference in References(db).to(PERSON):
        name = reference.table.name
        if name in SHOWN_IN_WORDS:
            continue
        if name in rules:
            title = str(rules[name].titles.get(reference.column.name, ""))
        else:
            owner = next((each for key, each in plugins.items() if name.startswith(f"{key}_")), None)
            title = str(owner.manifest.title) if owner is not None else ""
        if not title:
            continue
        counted = select(func.count()).select_from(reference.table).where(reference.column == person_id)
        if count := db.scalar(counted):
            found[title] = found.get(title, 0) + count
    return found


def _doubts(one: Side, other: Side) -> list[str]:
    found: list[str] = []
    for field, words in (
        ("snils", lazy("СНИЛС у них разный: скорее всего, это разные люди.")),
        ("birth_date", lazy("Дата рождения у них разная: сверьтесь с документами.")),
    ):
        mine, theirs = getattr(one.person, field), getattr(other.person, field)
        if mine and theirs and mine != theirs:
            found.append(sentence(words))
    now_in = [
        {(place.title, place.organization) for place in side.classes if place.ends_on is None}
        for side in (one, other)
    ]
    if all(now_in) and not now_in[0] & now_in[1]:
        found.append(
            sentence(
                "Они учатся в разных классах. После объединения человек будет числиться в обоих: выберите один."
            )
        )
    if any(side.account is not None and side.account.status == "blocked" for side in (one, other)):
        found.append(sentence("Вход одному из них закрыт: после объединения он останется закрыт."))
    return found


def _suggested(one: Side, other: Side) -> dict[str, str]:
    """What is chosen at first: what is filled in, of two values the one that an outside sign-in has confirmed."""
    surer = OTHER if _is_confirmed(other) and not _is_confirmed(one) else ONE
    by_side = {ONE: one.person, OTHER: other.person}
    found = {
        "keep": surer if _weight(one) == _weight(other) else (ONE if _weight(one) > _weight(other) else OTHER)
    }
    for field in FIELDS:
        less_sure = ONE if surer == OTHER else OTHER
        found[field] = (
            surer if getattr(by_side[surer], field) or not getattr(by_side[less_sure], field) else less_sure
        )
    return found


def _is_confirmed(side: Side) -> bool:
    return any(each.level == "confirmed" for each in side.identities)


def _weight(side: Side) -> int:
    named = (side.roles, side.classes, side.guardians, side.children, side.identities)
    return sum(side.holds.values()) + sum(map(len, named))


def values_of(one: Person, other: Person, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The chosen value of each field; what is not chosen comes from the one that has it."""
    found: dict[str, Any] = {}
    for field in FIELDS:
        first, second = (one, other) if chosen.get(field, ONE) == ONE else (other, one)
        value = getattr(first, field)
        found[field] = value if field in chosen or value else getattr(second, field)
    return found
