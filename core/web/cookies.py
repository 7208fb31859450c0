"""The portal's cookies. Names differ from those of the sign-in stand: cookies do not separate ports."""

from __future__ import annotations

from litestar.datastructures import Cookie

from core.config import Config

SESSION = "moyashkola_session"
VISITOR = "moyashkola_visitor"
VIEW = "moyashkola_view"
SAVED = "moyashkola_saved"


def keep(config: Config, name: str, value: str, *, days: int | None = None, readable: bool = False) -> Cookie:
    """A cookie of ours: for this site only and, in production, over HTTPS only.

    `readable` lets scripts see it; without `days` it ends with the browser.
    """
    return Cookie(
        key=name,
        value=value,
        path="/",
        httponly=not readable,
        secure=config.production,
        samesite="lax",
        max_age=days * 86400 if days else None,
    )


def drop(config: Config, name: str) -> Cookie:
    """The cookie that makes the browser forget `name`."""
    return Cookie(
        key=name, value="", path="/", httponly=True, secure=config.production, samesite="lax", max_age=0
    )
