"""Errors that carry a sentence for the person who meets them.

Services raise these; `core.web.errors` turns them into a page, an htmx fragment or a problem document.
Each sentence says what happened and what to do next, in the language of whoever reads it; one with values
in it is made by `core.web.i18n.sentence`.
"""

from __future__ import annotations

from core.web.i18n import sentence


class PortalError(Exception):
    """Base of every error with words for a person.

    `message` says what happened, `advice` what to do next; `fields` maps the name of a form
    field to what is wrong with it.
    """

    status = 400

    def __init__(self, message: str, *, advice: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = sentence(message)
        self.advice = sentence(advice)
        self.fields: dict[str, str] = {name: sentence(words) for name, words in (fields or {}).items()}


class Invalid(PortalError):
    """What was sent cannot be accepted as it is; `fields` says where."""

    status = 422


class SignInNeeded(PortalError):
    """Nobody is signed in, or the session has ended."""

    status = 401


class Forbidden(PortalError):
    """The acting role may not do this. `permission` is the right that it lacks, if that is the reason."""

    status = 403

    def __init__(self, message: str, *, advice: str = "", permission: str = "") -> None:
        super().__init__(message, advice=advice)
        self.permission = permission


class RoleNotChosen(PortalError):
    """Somebody with several roles has not said yet in which to act."""

    status = 409


class NotFound(PortalError):
    """There is no such thing, or the acting role may not know of it."""

    status = 404


class Conflict(PortalError):
    """The thing has changed meanwhile, is closed, or exists already."""

    status = 409


class TooLarge(PortalError):
    """What was sent is larger than the portal takes."""

    status = 413


class TooMany(PortalError):
    """Too many attempts in too short a time."""

    status = 429


class Unavailable(PortalError):
    """An outside system or the database does not answer."""

    status = 503


class Wrong(ValueError):
    """Something written that cannot be taken for what it should be; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = sentence(message)


class ConfigurationError(PortalError):
    """The installation cannot work as configured; shown to the operator as one line."""

    status = 500
