"""Whom a kind of request does not concern and what cannot be granted, in words for them."""

from __future__ import annotations

from collections.abc import Callable

from core.database.session import Session
from core.errors import PortalError
from core.identity.families import OWN_ACCOUNT_YEARS, birthday
from core.identity.models import Person
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.i18n import gettext


def for_a_child(db: Session, actor: Actor, words: str) -> str:
    """`words` for somebody under fourteen, whose affairs are a guardian's; «» for anybody else."""
    person = db.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None or person.birth_date is None:
        return ""
    return words if school_today(actor) < birthday(person.birth_date, OWN_ACCOUNT_YEARS) else ""


def refusal_of(do: Callable[[], object]) -> str:
    """The words with which `do`, which changes nothing, refuses; «» if it does not."""
    try:
        do()
    except PortalError as refused:
        said = gettext(refused.message).rstrip(".")
        return said[:1].lower() + said[1:]
    return ""
