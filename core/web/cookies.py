"""The portal's cookies. Names differ from those of the sign-in stand: cookies do not separate ports."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from core.config import Config

SESSION = "moyashkola_session"
VISITOR = "moyashkola_visitor"
VIEW = "moyashkola_view"
LOCALE = "moyashkola_locale"
SAVED = "moyashkola_saved"
COUNTER = "moyashkola_counter"
SETUP = "moyashkola_setup"
LEFT = "moyashkola_left"

HOST_ONLY = "__Host-"
"""A browser takes a cookie of such a name from this very host over HTTPS only: no neighbour can plant one."""


def named(config: Config, name: str) -> str:
    """What a cookie that scripts cannot read is called in the browser."""
    return f"{HOST_ONLY}{name}" if config.production else name


def sent(config: Config, request: ASGIConnection[Any, Any, Any, Any], name: str) -> str:
    """The value that the browser sent for a cookie that scripts cannot read; empty without one."""
    return request.cookies.get(named(config, name), "")


def keep(
    config: Config,
    name: str,
    value: str,
    *,
    days: int | None = None,
    seconds: int | None = None,
    readable: bool = False,
) -> Cookie:
    """A cookie of ours: for this site only and, in production, over HTTPS only.

    `readable` lets scripts see it; without `days` and `seconds` it ends with the browser.
    """
    return Cookie(
        key=name if readable else named(config, name),
        value=value,
        path="/",
        httponly=not readable,
        secure=config.production,
        samesite="lax",
        max_age=days * 86400 if days else seconds,
    )


def drop(config: Config, name: str) -> Cookie:
    """The cookie that makes the browser forget `name`, which scripts cannot read."""
    return keep(config, name, "", seconds=0)
