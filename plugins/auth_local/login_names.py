"""Logins: how they are written, and which one the school proposes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.errors import Wrong
from core.identity.models import Person
from core.web.i18n import sentence
from plugins.auth_local.models import LONGEST_LOGIN

SHORTEST = 3
FORMAT = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]")
NUMBER_ROOM = 4
_LETTERS = {
    **dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziiklmnoprstufye", strict=True)),
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "ie",
    "ь": "",
    "ю": "iu",
    "я": "ia",
}
"""Letters as ICAO Doc 9303 and Russian passports have them."""


def normalized(text: str) -> str:
    """A login as it is compared: however it was typed, in lower case and without spaces around it."""
    return text.strip().casefold()


def checked(text: str) -> str:
    """A login that somebody has chosen. Raises `Wrong` with the rule it breaks."""
    login = normalized(text)
    if not SHORTEST <= len(login) <= LONGEST_LOGIN:
        raise Wrong(sentence("В логине от %(least)s до %(most)s знаков.", least=SHORTEST, most=LONGEST_LOGIN))
    if not FORMAT.fullmatch(login):
        raise Wrong(
            "Логин пишут латинскими буквами и цифрами, внутри можно точку, дефис и подчёркивание: ivanov.p"
        )
    return login


def proposals(person: Person) -> Iterator[str]:
    """Logins for a person, the plainest first: «kovaleva.da», then with numbers; without end."""
    initials = "".join(latin(part)[:1] for part in (person.first_name, person.middle_name or ""))
    stem = ".".join(part for part in (latin(person.last_name), initials) if part)
    stem = stem[: LONGEST_LOGIN - NUMBER_ROOM].strip(".-_")
    if len(stem) < SHORTEST:
        stem = f"user.{stem}".strip(".")
    yield stem
    number = 2
    while True:
        yield f"{stem}{number}"
        number += 1


def latin(text: str) -> str:
    """Text in the letters of a login."""
    written = "".join(_LETTERS.get(letter, letter) for letter in text.casefold())
    return re.sub(r"[^a-z0-9]+", "", written)
