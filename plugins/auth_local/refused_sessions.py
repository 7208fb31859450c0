"""Sessions begun with the school's login that would not begin any more, as the organizations decide now."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Account, SignInSession
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.switches import Switches
from core.roles.models import StructuralRole
from plugins.auth_local.access import FAMILY
from plugins.auth_local.models import LocalLogin
from plugins.auth_local.second_factor import REQUIRED
from plugins.auth_local.settings import PLUGIN, LocalSettings
from plugins.auth_local.sign_in import PASSKEY, PROVIDER


def refused(db: Session, switches: Switches) -> ColumnElement[bool]:
    """Which of the sessions with a login end: the rule of `access.refusal` and of the required code, for many at once.

    Who works somewhere needs the login to be on at every employer, a family at one school. Where a code is required,
    staff without one are asked to set it up at the next sign-in; a passkey is two factors in one.
    """
    off, strict = _organizations(db, switches)
    account, place = SignInSession.account_id, StructuralRole.organization_id
    staff = StructuralRole.kind.not_in(FAMILY)
    without_code = (
        _accounts(db)
        .join(LocalLogin, LocalLogin.person_id == Account.person_id)
        .where(staff, place.in_(strict), LocalLogin.totp_since.is_(None))
    )
    return or_(
        account.in_(_accounts(db).where(staff, place.in_(off))),
        and_(
            account.in_(_accounts(db).where(place.in_(off))),
            account.not_in(_accounts(db).where(place.not_in(off))),
        ),
        and_(account.in_(without_code), SignInSession.provider_state[PASSKEY].as_string().is_(None)),
    )


def _organizations(db: Session, switches: Switches) -> tuple[Collection[UUID], Collection[UUID]]:
    """Where those who are in with a login have roles: organizations that do without it, and that require a code."""
    places = _accounts(db).with_only_columns(StructuralRole.organization_id)
    found = db.execute(select(Organization.id, Organization.path).where(Organization.id.in_(places))).all()
    off: list[UUID] = []
    strict: list[UUID] = []
    for number, path in found:
        if not switches.is_on(PLUGIN, path):
            off.append(number)
        elif switches.settings(PLUGIN, path, LocalSettings).second_factor == REQUIRED:
            strict.append(number)
    return off, strict


def _accounts(db: Session) -> Select[UUID]:
    """Accounts that are in with a login, once for each role they hold."""
    signed_in = select(SignInSession.account_id).where(SignInSession.provider == PROVIDER)
    return (
        select(Account.id)
        .join(StructuralRole, StructuralRole.person_id == Account.person_id)
        .where(
            Account.id.in_(signed_in.correlate(None)),
            StructuralRole.status == "active",
            in_force(StructuralRole, today_in(db.portal.config.timezone)),
        )
    )
