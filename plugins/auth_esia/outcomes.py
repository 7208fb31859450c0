"""What a person reads after a sign-in: what was compared, what the school does not know, what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import func, select

from core.database.session import Session
from core.identity import linking
from core.identity.linking import Link, Outcome
from core.identity.masks import mask
from core.identity.models import Account
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.web.i18n import sentence
from plugins.auth_esia.children import NOT_FOUND, OF_AGE, UNVERIFIED, day_of_majority
from plugins.auth_esia.places import Proposal, proposals
from plugins.auth_esia.profile import ChildRecord, Profile

FIRST_TIME = (Outcome.LINKED, Outcome.CREATED)


class Compared(msgspec.Struct, frozen=True):
    """One thing that the school compares; `value` is empty where Gosuslugi did not tell it."""

    title: str
    value: str | date


class LostChild(msgspec.Struct, frozen=True):
    """A child of the person's whom the portal could not find among pupils, and why."""

    compared: Sequence[Compared]
    why: str


class ClosedDoor(msgspec.Struct, frozen=True):
    """An organization that has blocked the person as its employee; how to reach it, where the portal knows."""

    name: str
    phone: str = ""
    email: str = ""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody should know before going on after their first sign-in."""

    compared: Sequence[Compared]
    has_role: bool
    without_email: bool
    unconfirmed_email: bool
    """There is an address in the profile, but nobody has confirmed it: it counts as none."""
    without_snils: bool
    lost_children: Sequence[LostChild]
    roles: Sequence[Proposal] = ()
    """What a head may ask for; told until it is asked for."""
    closed: Sequence[ClosedDoor] = ()
    """Who has blocked the person, where no role is left; told until there is one."""
    works_at: Sequence[str] = ()
    """Where the person is an employee all the same."""

    @property
    def needed(self) -> bool:
        """Whether there is anything to say at all."""
        return not self.has_role or self.without_email or bool(self.lost_children) or bool(self.roles)

    @property
    def template(self) -> str:
        """The page that says it: whom organizations have blocked and nobody else invites has one of their own."""
        return f"auth_esia/{'blocked_employee' if self.closed and not self.roles else 'welcome'}.html"


def masked_snils(digits: str | None) -> str:
    """`•••-•••-•37 66`: enough to know one's own number by, too little to use another's."""
    return f"•••-•••-•{digits[7:9]} {digits[9:]}" if digits else ""


def compared(profile: Profile | linking.Profile | ChildRecord) -> list[Compared]:
    """What the school finds somebody by, as Gosuslugi told it, numbers masked."""
    certificate = profile.birth_certificate
    names = (profile.last_name, profile.first_name, profile.middle_name)
    return [
        Compared(sentence("Имя"), " ".join(name for name in names if name)),
        Compared(sentence("Дата рождения"), profile.birth_date or ""),
        Compared(sentence("СНИЛС"), masked_snils(profile.snils)),
        *(
            [Compared(sentence("Свидетельство о рождении"), mask("birth_certificate", certificate))]
            if certificate
            else []
        ),
    ]


def welcome(
    db: Session, link: Link, profile: Profile, children: Sequence[tuple[ChildRecord, str]], today: date
) -> Welcome | None:
    """What to say to whoever has come for the first time, may ask for a role or is shut out; None to others."""
    if link.account_id is None:
        return None
    first = link.outcome in FIRST_TIME
    roles = [each for each in proposals(db, link.account_id) if each.chief and not each.answered]
    held = (
        select(StructuralRole.id)
        .join(Account, Account.person_id == StructuralRole.person_id)
        .where(Account.id == link.account_id, StructuralRole.status == "active")
        .limit(1)
    )
    has_role = db.scalar(held) is not None
    closed = [] if has_role else _closed(db, profile)
    if not first and not roles and not closed:
        return None
    reasons = {
        NOT_FOUND: sentence("Такого ученика в школах портала нет."),
        UNVERIFIED: sentence(
            "Госуслуги ещё не проверили запись о ребёнке или в ней нет СНИЛС и свидетельства."
        ),
    }
    grown_up = profile.birth_date is None or day_of_majority(profile.birth_date) <= today
    found = Welcome(
        compared=compared(profile),
        has_role=has_role,
        without_email=first and grown_up and profile.email is None and "ctts" not in profile.missing,
        unconfirmed_email=profile.unconfirmed_email,
        without_snils=profile.snils is None,
        lost_children=[
            LostChild(compared(child), reasons[state])
            for child, state in children
            if first and state in reasons and state != OF_AGE
        ],
        roles=roles,
        closed=closed,
        works_at=[each.name for each in profile.employments],
    )
    return found if found.needed else None


def _closed(db: Session, profile: Profile) -> list[ClosedDoor]:
    """Organizations that have blocked the person and do not employ them elsewhere."""
    open_at = {each.ogrn for each in profile.employments}
    blocked = {each.ogrn: each.name for each in profile.blocked_at if each.ogrn not in open_at}
    if not blocked:
        return []
    # Branches have the ОГРН of their school: the topmost of them stays.
    known = {
        each.ogrn: each
        for each in db.scalars(
            select(Organization)
            .where(Organization.ogrn.in_(blocked), Organization.closed_on.is_(None))
            .order_by(func.length(Organization.path).desc(), Organization.path.desc())
        )
    }
    return [
        ClosedDoor(name, known[ogrn].phone, known[ogrn].email) if ogrn in known else ClosedDoor(name)
        for ogrn, name in blocked.items()
    ]
