"""The names of outside sign-ins: an account elsewhere is told by its provider's title, not by an address."""

from __future__ import annotations

from core.database.session import Session


def issuer_title(db: Session, issuer: str) -> str:
    """The title of the provider whose issuer this is; the address itself of one that no plugin knows any more."""
    for _plugin, provider in db.portal.plugins.each("identity_providers"):
        if provider.knows_issuer is not None and provider.knows_issuer(db, issuer):
            return provider.title
    return issuer
