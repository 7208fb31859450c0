"""Organizations as people name them: «№13», «13» and «школа 13» are one school, and «1» is not «13»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal

from core.identity.names import sort_key

SIGNS = ("№", "«", "»", '"', "“", "”", "„", "-", "–", "(", ")", ",", ".", "/", "#")
"""What stands between words of names besides spaces."""
ORDINAL = re.compile(r"(?<!\w)(\d+)\s*-?\s*(?:я|ая|й|ый|ой)(?!\w)")
USUAL = frozenset({"школа", "школы", "школе", "школу", "сош", "номер", "n", "no"})
"""Words that are said with any number, whatever the school is called."""


def called(key: Any, typed: str) -> tuple[ColumnElement[bool], Sequence[ColumnElement[Any]]]:
    """The condition that a normalized name is meant by what was `typed`, and what puts the likeliest first.

    Words begin words of the name, in any order; a number is a whole one. With a number «школа» need not stand in the
    name, but those that have it come first. Signs alone mean nobody.
    """
    words = _words(typed)
    if not words:
        return false(), []
    numbers = [word for word in words if word.isdigit()]
    usual = [word for word in words if numbers and word in USUAL]
    needed = [word for word in words if word not in usual]
    plain = _plain(key)
    condition = and_(*(_has(plain, word) for word in needed or words))
    return condition, [case((and_(*(_has(plain, word) for word in usual)), 0), else_=1)] if usual else []


def _words(typed: str) -> list[str]:
    text = ORDINAL.sub(r"\1", sort_key(typed.replace("\x00", "")))
    for sign in SIGNS:
        text = text.replace(sign, " ")
    return text.split()


def _plain(key: Any) -> Any:
    """The name with one space around every word."""
    for sign in SIGNS:
        key = func.replace(key, sign, " ")
    return literal(" ").concat(key).concat(" ")


def _has(plain: Any, word: str) -> ColumnElement[bool]:
    return plain.contains(f" {word} " if word.isdigit() else f" {word}", autoescape=True)
