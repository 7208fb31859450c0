"""Accounts as operators see them: who signs in and how, and closing and opening the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select, union

from core.audit.models import AuditRecord
from core.audit.record import Change, history, record
from core.database.base import in_force, now
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity import ended_sessions
from core.identity.ended_sessions import Reason
from core.identity.former import former_ids
from core.identity.models import Account, ExternalIdentity, Person, SignInSession
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.search import begins, starts_a_word
from core.web.i18n import sentence

VIEW = "core.accounts.view"
BLOCK = "core.accounts.block"
LEFT = ("terminated", "refused")
SHOWN_CHANGES = 50
WHOLE_REGIONS = ("federal", "region")
"""Kinds of organizations that have a good part of all people below them."""


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """A person with their account. `id` is the person's; `status` is «active», «blocked» or «» for no account.

    `places` are roles and classes in the reader's reach; `level` is that of `ExternalIdentity`, «» without one.
    """

    id: UUID
    name: str
    status: str
    places: Sequence[str]
    organization: str
    last_sign_in_at: datetime | None
    level: str
    source: str


def people_in_reach(
    actor: Actor, permission: str = VIEW, person: Any = Person, *, gathered: bool = False
) -> ColumnElement[bool]:
    """Condition on `person`: somebody with a place in an organization where the actor has `permission`.

    `gathered` collects all of them first, which is quick for whoever looks after a small part of the country.
    """
    role = and_(within(actor, permission, StructuralRole.organization_id), StructuralRole.status.not_in(LEFT))
    enrolled = and_(
        within(actor, permission, Enrollment.organization_id), in_force(Enrollment, school_today(actor))
    )
    if actor.reach(permission) is Reach.BELOW and not gathered:
        # Of a region nearly everybody is in reach: the list is read in its order, and each line is checked.
        return or_(
            exists().where(StructuralRole.person_id == person.id, role),
            exists().where(Enrollment.person_id == person.id, enrolled),
        )
    here = union(select(StructuralRole.person_id).where(role), select(Enrollment.person_id).where(enrolled))
    return person.id.in_(here)


def account_rows(_db: Session, actor: Actor, whom: ColumnElement[bool] | None = None) -> Any:
    """People in reach with their accounts, or those of the condition `whom`, for a work list."""
    return (
        select(
            Person.id.label("id"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Person.source,
            Account.id.label("account_id"),
            Account.status,
            Account.last_sign_in_at,
        )
        .select_from(Person)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(people_in_reach(actor) if whom is None else whom)
    )


def account_rows_to_count(db: Session, actor: Actor) -> Any:
    """The same rows where only their number matters: in no order, few people are found among all only by chance."""
    few = actor.role is not None and actor.role.organization_kind not in WHOLE_REGIONS
    return account_rows(db, actor, people_in_reach(actor, gathered=few))


def account_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[AccountLine]:
    """Rows of one page as lines; three more statements, however many rows."""
    ids = [row.id for row in rows]
    places: dict[UUID, list[str]] = {}
    organizations: dict[UUID, str] = {}
    kinds = db.portal.grants.kinds
    for person_id, class_name, organization in db.execute(
        select(Enrollment.person_id, SchoolClass.name, Organization.short_name)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .where(
            Enrollment.person_id.in_(ids),
            within(actor, VIEW, Enrollment.organization_id),
            in_force(Enrollment, school_today(actor)),
        )
    ):
        places.setdefault(person_id, []).append(sentence("Ученик %(name)s", name=class_name))
        organizations.setdefault(person_id, organization)
    for person_id, kind, organization in db.execute(
        select(StructuralRole.person_id, StructuralRole.kind, Organization.short_name)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .where(
            StructuralRole.person_id.in_(ids),
            StructuralRole.status.not_in(LEFT),
            within(actor, VIEW, StructuralRole.organization_id),
        )
        .order_by(StructuralRole.created_at, StructuralRole.id)
    ):
        found = places.setdefault(person_id, [])
        title = sentence(kinds[kind].title) if kind in kinds else kind
        if title not in found and not (kind == "pupil" and found):
            found.append(title)
        organizations.setdefault(person_id, organization)
    linked = db.execute(
        select(ExternalIdentity.account_id, ExternalIdentity.level)
        .where(ExternalIdentity.account_id.in_([row.account_id for row in rows if row.account_id]))
        .order_by(ExternalIdentity.seen_at)
    )
    levels = {row.account_id: row.level for row in linked}
    return [
        AccountLine(
            id=row.id,
            name=full_name(row.last_name, row.first_name, row.middle_name),
            status=row.status or "",
            places=places.get(row.id, []),
            organization=organizations.get(row.id, ""),
            last_sign_in_at=row.last_sign_in_at,
            level=levels.get(row.account_id, ""),
            source=row.source,
        )
        for row in rows
    ]


class HeldRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a person in the reader's reach."""

    id: UUID
    title: str
    organization: str
    school_class: str
    status: str
    starts_on: date
    ends_on: date | None
    basis: str


class AccountCard(msgspec.Struct, frozen=True, kw_only=True):
    """An account with everything behind it; `objection` says why the actor may not close or open it."""

    line: AccountLine
    person: Person
    account: Account | None
    roles: Sequence[HeldRole]
    identities: Sequence[ExternalIdentity]
    sessions: Sequence[SignInSession]
    changes: Sequence[AuditRecord]
    may_block: bool
    objection: str


def account_card(db: Session, actor: Actor, person_id: UUID) -> AccountCard:
    """The account of a person in reach, whether there is one yet or not. Raises `NotFound` for anybody else."""
    actor.require(VIEW)
    row = db.execute(account_rows(db, actor).where(Person.id == person_id)).one_or_none()
    if row is None:
        raise _nobody()
    line = account_lines(db, actor, [row])[0]
    account = db.get(Account, row.account_id) if row.account_id else None
    kinds = db.portal.grants.kinds
    roles = db.execute(
        select(StructuralRole, Organization.short_name, SchoolClass.name)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .outerjoin(SchoolClass, SchoolClass.id == StructuralRole.school_class_id)
        .where(StructuralRole.person_id == person_id, within(actor, VIEW, StructuralRole.organization_id))
        .order_by(StructuralRole.status != "active", StructuralRole.starts_on.desc(), StructuralRole.id)
    )
    may_block = account is not None and actor.can(BLOCK)
    judge = objection_to_unblock if line.status == "blocked" else objection_to_block
    return AccountCard(
        line=line,
        person=db.get_one(Person, person_id),
        account=account,
        roles=[
            HeldRole(
                id=role.id,
                title=sentence(kinds[role.kind].title) if role.kind in kinds else role.kind,
                organization=organization,
                school_class=class_name or "",
                status=role.status,
                starts_on=role.starts_on,
                ends_on=role.ends_on,
                basis=role.basis,
            )
            for role, organization, class_name in roles
        ],
        identities=_of_account(db, ExternalIdentity, row.account_id),
        sessions=[each for each in _of_account(db, SignInSession, row.account_id) if each.expires_at > now()],
        changes=history(db, "person", [str(each) for each in (person_id, *former_ids(db, person_id))])[
            :SHOWN_CHANGES
        ],
        may_block=may_block,
        objection=judge(db, actor, line) if may_block else "",
    )


def account_line(db: Session, actor: Actor, person_id: UUID) -> AccountLine:
    """The line of a person in reach. Raises `NotFound` for anybody else."""
    row = db.execute(account_rows(db, actor).where(Person.id == person_id)).one_or_none()
    if row is None:
        raise _nobody()
    return account_lines(db, actor, [row])[0]


def account_in_reach(db: Session, actor: Actor, person_id: UUID) -> bool:
    """Whether the actor may open the account of a person."""
    if not actor.can(VIEW):
        return False
    there = select(Person.id).where(Person.id == person_id, people_in_reach(actor))
    return db.scalar(there) is not None


def _of_account(db: Session, table: Any, account_id: UUID | None) -> Sequence[Any]:
    return db.scalars(
        select(table).where(table.account_id == account_id).order_by(table.seen_at.desc())
    ).all()


def end_sessions(db: Session, actor: Actor, person_id: UUID) -> int:
    """Sign somebody out everywhere: a lost phone. Returns how many sessions ended.

    Raises `NotFound` for somebody out of reach, `Conflict` where the account is not the actor's to deal with.
    """
    account, line = _account(db, actor, person_id)
    _heed(_belongs_elsewhere(db, actor, line.id))
    count = ended_sessions.end(db, SignInSession.account_id == account.id, Reason.SCHOOL)
    record(
        db,
        actor,
        actor.acting_role.organization_id,
        Change(
            action="core.account.sign_out",
            subject_type="person",
            subject_id=str(person_id),
            before={"count": count},
            after=None,
        ),
    )
    return count


def by_name(actor: Actor, wanted: str) -> ColumnElement[bool]:
    """People by words of the name, in any order, or by the whole СНИЛС.

    In a region one of the words has to begin the surname, so that its index bounds what is read.
    """
    digits = "".join(character for character in wanted if character.isdigit())
    if len(digits) == 11:
        return Person.snils == digits
    fits = starts_a_word(Person.name_key, wanted)
    if actor.reach(VIEW) is not Reach.BELOW:
        return fits
    return and_(fits, or_(*(begins(Person.name_key, word) for word in wanted.split())))


def objection_to_block(db: Session, actor: Actor, line: AccountLine) -> str:
    """Why this account is not to be closed by the actor; «» if it may be."""
    if line.id == actor.person_id:
        return sentence("это ваша учётная запись")
    if not line.status:
        return sentence("учётной записи нет")
    if line.status == "blocked":
        return sentence("вход уже закрыт")
    return _belongs_elsewhere(db, actor, line.id)


def objection_to_unblock(db: Session, actor: Actor, line: AccountLine) -> str:
    """Why this account is not to be opened by the actor; «» if it may be."""
    if not line.status:
        return sentence("учётной записи нет")
    if line.status != "blocked":
        return sentence("вход открыт")
    return _belongs_elsewhere(db, actor, line.id)


def _belongs_elsewhere(db: Session, actor: Actor, person_id: UUID) -> str:
    """An account serves all of a person's roles: whoever works elsewhere too is a matter for those above."""
    elsewhere = db.scalar(
        select(Organization.short_name)
        .join(StructuralRole, StructuralRole.organization_id == Organization.id)
        .where(
            StructuralRole.person_id == person_id,
            StructuralRole.status.not_in(LEFT),
            StructuralRole.kind.not_in(("pupil", "guardian")),
            ~within(actor, BLOCK, StructuralRole.organization_id),
        )
        .limit(1)
    )
    if elsewhere is None:
        return ""
    return sentence("работает и в другой организации: %(name)s", name=elsewhere)


def block(db: Session, actor: Actor, person_id: UUID, reason: str) -> None:
    """Close the door: every session ends at once, tokens stop working.

    Raises `NotFound` for somebody out of reach, `Conflict` where it is not to be done.
    """
    account, line = _account(db, actor, person_id)
    _heed(objection_to_block(db, actor, line))
    account.status = "blocked"
    ended_sessions.end(db, SignInSession.account_id == account.id, Reason.BLOCKED)
    _note(db, actor, person_id, "core.account.block", "active", "blocked", reason)


def unblock(db: Session, actor: Actor, person_id: UUID, reason: str = "") -> None:
    """Open the door again. Raises `NotFound` and `Conflict` as `block` does."""
    account, line = _account(db, actor, person_id)
    _heed(objection_to_unblock(db, actor, line))
    account.status = "active"
    _note(db, actor, person_id, "core.account.unblock", "blocked", "active", reason)


def _account(db: Session, actor: Actor, person_id: UUID) -> tuple[Account, AccountLine]:
    actor.require(BLOCK)
    row = db.execute(account_rows(db, actor).where(Person.id == person_id)).one_or_none()
    account = db.get(Account, row.account_id) if row is not None and row.account_id else None
    if row is None or account is None:
        raise _nobody()
    return account, account_lines(db, actor, [row])[0]


def _nobody() -> NotFound:
    return NotFound("Такой учётной записи нет в вашей организации.", advice="Найдите человека в списке.")


def _heed(objection: str) -> None:
    if objection:
        raise Conflict(
            sentence("Это сделать нельзя: %(reason)s.", reason=objection), advice="Обновите список."
        )


def _note(
    db: Session, actor: Actor, person_id: UUID, action: str, before: str, after: str, reason: str
) -> None:
    record(
        db,
        actor,
        actor.acting_role.organization_id,
        Change(
            action=action,
            subject_type="person",
            subject_id=str(person_id),
            before={"account": before},
            after={"account": after},
            reason=reason,
        ),
    )


def is_verified(db: Session, person_id: UUID) -> bool:
    """Whether an outside sign-in has confirmed who the person is."""
    return bool(
        db.scalar(
            select(
                exists().where(
                    ExternalIdentity.account_id == Account.id,
                    Account.person_id == person_id,
                    ExternalIdentity.level == "confirmed",
                )
            )
        )
    )
