"""Passwords: hashing with Argon2id, and which ones are too easy to guess.

After NIST SP 800-63B: a least length and a comparison with what is commonly used or known of the person
count; a mixture of sorts of characters is not demanded, and a password is not to be changed from time to time.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from core.errors import Wrong
from core.web.i18n import counted, sentence

SHORTEST = 10
SHORTEST_FOR_PUPILS = 8
LONGEST = 200
ENOUGH_GUESSES = 10**6
"""Fewer guesses than this are made within a few months in spite of the waits, by trying at many logins at once."""

JUDGED = 64
"""Characters that are judged: what follows makes a password only better."""

SPOKEN = "abcdefghjkmnpqrstuvwxyz23456789"
"""Characters that nobody takes for one another on paper."""

COMMON_IN_RUSSIAN = Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split()
"""Words that people here try first and that lists of other countries do not have."""

_BY_KEY = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`")
"""Which Latin letter shares the key with a Russian one."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""The lesser of the two settings of Argon2id that OWASP recommends: many sign in at half past eight."""


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(_plain(password))


def agrees(password_hash: str | None, password: str) -> bool:
    """Whether it is this password. Without a hash it takes as long and is false: nobody learns which logins exist."""
    try:
        same = _hasher.verify(password_hash or _nobodys_hash(), _plain(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return same and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other settings than are used now."""
    return _hasher.check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _plain(password: str) -> str:
    """One spelling for what looks alike: keyboards differ in how they write й and ё."""
    return unicodedata.normalize("NFKC", password)


def spoken(length: int) -> str:
    """A random text of `length` characters that can be read aloud and copied from paper."""
    return "".join(secrets.choice(SPOKEN) for _ in range(length))


def in_groups(text: str) -> str:
    """«abcd-efgh-jkmn»: so it is easier to copy."""
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def from_paper(text: str) -> str:
    """What `spoken` and `in_groups` have made, as somebody types it: dashes, spaces and capitals make no difference."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def check(password: str, shortest: int, known: Iterable[str]) -> None:
    """Raise `Wrong` with the reason if a password is not to be used.

    `known` are words about the person that others know too: name, login, birth date.
    """
    plain = _plain(password)
    if len(plain) < shortest:
        raise Wrong(
            counted(
                "Нужен хотя бы %(count)s знак. Лучше всего подойдут несколько слов подряд.",
                "Нужно хотя бы %(count)s знаков. Лучше всего подойдут несколько слов подряд.",
                shortest,
            )
        )
    if len(plain) > LONGEST:
        raise Wrong(sentence("Пароль длиннее %(most)s знаков не поместится.", most=LONGEST))
    words = [word.casefold() for word in known if len(word) > 2]
    weakest = min(
        (_judged(text, words) for text in {plain.casefold(), plain.casefold().translate(_BY_KEY)}),
        key=lambda judged: judged["guesses"],
    )
    if weakest["guesses"] < ENOUGH_GUESSES:
        raise Wrong(_reason(weakest["sequence"]))


def _judged(text: str, words: list[str]) -> dict[str, Any]:
    by_key = [word.translate(_BY_KEY) for word in (*words, *COMMON_IN_RUSSIAN)]
    found: Any = zxcvbn(text[:JUDGED], user_inputs=[*words, *by_key, *COMMON_IN_RUSSIAN])
    return found


def _reason(sequence: list[dict[str, Any]]) -> str:
    longest = max(sequence, key=lambda match: len(match["token"]))
    match longest["pattern"], longest.get("dictionary_name"):
        case "repeat", _:
            return sentence("Одно и то же повторяется: такое подбирают сразу.")
        case "sequence" | "spatial", _:
            return sentence("Знаки идут подряд, как на клавиатуре или в алфавите: такое подбирают сразу.")
        case "date" | "regex", _:
            return sentence("Даты подбирают первыми. Придумайте то, что знаете только вы.")
        case "dictionary", "user_inputs":
            return sentence(
                "В пароле имя, логин, дата рождения или слово, которое пробуют первым. Добавьте другие слова."
            )
        case _:
            return sentence("Такой пароль есть в списках частых. Возьмите несколько слов подряд.")
