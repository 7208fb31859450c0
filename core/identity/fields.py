"""Sensitive fields of a person: who may see which, and what stands there until somebody asks to see it.

Birth date, phone and e-mail go with `core.people.contacts`, СНИЛС and birth certificate with `core.people.documents`;
a region changes who has these rights («Что может роль»). Even with the right a field of somebody else is masked at
first: what is shown on request is recorded (`core.audit.views`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from core.database.session import Session
from core.identity.directory import CONTACTS, holds_place, is_own
from core.identity.identifiers import show_phone
from core.identity.masks import mask
from core.identity.models import Person
from core.roles.actor import Actor
from core.web.i18n import lazy, show_short_day

DOCUMENTS = "core.people.documents"
TITLES: Mapping[str, str] = {
    "birth_date": lazy("Дата рождения"),
    "phone": lazy("Телефон"),
    "email": lazy("Электронная почта"),
    "snils": lazy("СНИЛС"),
    "birth_certificate": lazy("Свидетельство о рождении"),
}
PERMISSIONS: Mapping[str, str] = {
    "birth_date": CONTACTS,
    "phone": CONTACTS,
    "email": CONTACTS,
    "snils": DOCUMENTS,
    "birth_certificate": DOCUMENTS,
}


class ShownField(msgspec.Struct, frozen=True, kw_only=True):
    """A field as the reader sees it; a masked one is shown on request."""

    name: str
    title: str
    text: str
    masked: bool


def fields_of(db: Session, actor: Actor, person: Person, asked: Collection[str] = ()) -> Sequence[ShownField]:
    """The filled-in fields the actor may see, masked but for those `asked` for.

    One's own and one's child's are never masked. The caller records what is shown of somebody else.
    """
    own = is_own(db, actor, person.id)
    allowed = {
        permission: own or holds_place(db, actor, person.id, permission)
        for permission in dict.fromkeys(PERMISSIONS.values())
    }
    return [
        ShownField(
            name=name,
            title=str(TITLES[name]),
            text=whole if own or name in asked else mask(name, whole),
            masked=not (own or name in asked),
        )
        for name, permission in PERMISSIONS.items()
        if allowed[permission] and (whole := written(name, person))
    ]


def written(name: str, person: Person) -> str:
    """A field in words, «» if it is not filled in."""
    if name == "birth_date":
        return show_short_day(person.birth_date) if person.birth_date else ""
    if name == "phone":
        return show_phone(person.phone or "")
    if name == "snils":
        return show_snils(person.snils or "")
    return str(getattr(person, name) or "")


def show_snils(digits: str) -> str:
    """«112-233-445 95»; «» for none."""
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}" if digits else ""
