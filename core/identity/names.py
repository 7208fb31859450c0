"""Russian names: how they are shown, sorted and searched."""

from __future__ import annotations

import re

_LOOKALIKES = str.maketrans("ABCEHKMOPTXYaceopxyk", "АВСЕНКМОРТХУасеорхук")
_LATIN = re.compile(r"[A-Za-z]")


def sort_key(text: str) -> str:
    """Text for sorting and search: lower case, ё as е, single spaces.

    Kept in a column of its own, because databases do not agree on Cyrillic.
    """
    return " ".join(text.casefold().replace("ё", "е").split())


def full_name(last: str, first: str, middle: str | None) -> str:
    """«Берёзкина Анна Сергеевна»."""
    return " ".join(part for part in (last, first, middle) if part)


def short_name(last: str, first: str, middle: str | None) -> str:
    """«Берёзкина А. С.», as in tables; a patronymic with «оглы» or «кызы» gives one initial."""
    initials = [f"{part[0]}." for part in (first, middle) if part]
    return " ".join((last, *initials))


def initials(last: str, first: str) -> str:
    """«АБ» for the round badge in the header."""
    return f"{first[:1]}{last[:1]}".upper()


def mend_lookalikes(word: str) -> str:
    """`word` with Latin letters that look like Cyrillic ones put right, if that makes it all Cyrillic."""
    mended = word.translate(_LOOKALIKES)
    return mended if not _LATIN.search(mended) else word
