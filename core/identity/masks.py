"""Sensitive fields of a person as they stand where nobody has asked to see them."""

from __future__ import annotations

SENSITIVE = ("birth_date", "phone", "email", "snils", "birth_certificate")
DOT = "•"


def mask(name: str, text: str) -> str:
    """A field with so much left of it that somebody who knows it recognises it: «•••-•••-•45 95»."""
    if name == "email":
        user, at, domain = text.rpartition("@")
        return f"{user[:1]}{DOT * 3}{at}{domain}"
    left = 4 if name in ("snils", "birth_date") else 2
    covered = sum(character.isdigit() for character in text) - left
    found: list[str] = []
    for character in text:
        hidden = character.isdigit() and covered > 0
        covered -= hidden
        found.append(DOT if hidden else character)
    return "".join(found)
