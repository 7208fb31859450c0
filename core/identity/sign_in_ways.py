"""Ways to sign in, switched on and off: what a decision about one does to the sessions begun with it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, func, select

from core.contributions import IdentityProvider
from core.database.base import in_force
from core.database.session import Session
from core.identity import ended_sessions
from core.identity.ended_sessions import Reason
from core.identity.models import Account, SignInSession
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.switches import Switches
from core.plugins import Plugin
from core.roles.access import below
from core.roles.models import StructuralRole
from core.web.i18n import sentence


def end_refused(db: Session, plugin: Plugin, *, keep: UUID | None) -> int:
    """End the sessions begun with a plugin's way in that it would not begin any more; returns how many ended.

    Called after a decision about the plugin, in its transaction. The account `keep`, whose decision it was, goes on:
    so a slip can be put right.
    """
    providers: tuple[IdentityProvider, ...] = plugin.of("identity_providers")
    if not providers:
        return 0
    # The decision is not committed yet: the switches of this process must not know it.
    switches = Switches(db.portal.plugins)
    switches.refresh(db)
    ended = 0
    for provider in providers:
        try:
            with db.begin_nested():
                ended += _end_refused(db, plugin, provider, switches, keep)
        except Exception as error:  # a plugin may raise anything
            db.portal.plugins.fence(plugin.name, sentence("сеансы, которых больше быть не должно"), error)
    return ended


def _end_refused(
    db: Session, plugin: Plugin, provider: IdentityProvider, switches: Switches, keep: UUID | None
) -> int:
    which = and_(SignInSession.provider == provider.name, SignInSession.account_id != keep)
    if provider.refused is not None:
        which = and_(which, provider.refused(db, switches))
    elif switches.is_on_anywhere(plugin.name):
        return 0
    return ended_sessions.end(db, which, Reason.WAY)


def signed_in_with(db: Session, plugin: Plugin, path: str) -> int:
    """How many sessions of people with a role in the organization with this path, or below, began with a plugin."""
    names = [provider.name for provider in plugin.of("identity_providers")]
    if not names:
        return 0
    held = (
        select(StructuralRole.person_id)
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .where(
            below(Organization.path, path),
            StructuralRole.status == "active",
            in_force(StructuralRole, today_in(db.portal.config.timezone)),
        )
    )
    found = (
        select(func.count())
        .select_from(SignInSession)
        .join(Account, Account.id == SignInSession.account_id)
        .where(SignInSession.provider.in_(names), Account.person_id.in_(held))
    )
    return db.scalar(found) or 0
