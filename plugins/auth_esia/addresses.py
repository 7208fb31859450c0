"""Where the pages of the sign-in are, and what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plugins.auth_esia.installation import Installation

LOGIN_PATH: Final = "/auth/esia/login"
LEAVE_PATH: Final = "/auth/esia/leave"
REFUSED_PATH: Final = "/auth/esia/refused"
ROLE_PATH: Final = "/account/esia-role"
COOKIE: Final = "moyashkola_esia"
PUBLIC: Final[Mapping[str, str]] = {"public": "people sign in here"}
NOT_KEPT: Final = {"cache-control": "no-store"}


def logout_target(here: Installation) -> str | None:
    """Where signing out goes on; None when the operator wants to leave Gosuslugi alone."""
    if not here.settings.logout_from_esia:
        return None
    return LEAVE_PATH if here.elsewhere else here.driver.logout_address(f"{here.portal_address}/sign-in")
