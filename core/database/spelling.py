"""Search that forgives a typing error.

A query that finds nothing is tried again with words that are one mistake away: a letter left out, put in, changed
or swapped with its neighbour (Damerau–Levenshtein distance 1). Latin letters that look like Russian ones are read as
these first. All such spellings of a word are made and looked up in a table of the words there are: some 600 keys of
an index, however many things are searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database.base import Base
from core.database.session import Session
from core.identity.names import mend_lookalikes

LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
SHORTEST = 4
"""Letters of a word below which a mistake leaves too little to go by."""

OFFERED = 5
BATCH = 500
_WORD = re.compile(r"[\w'’]+")


def learn(connection: Connection | Session, table: type[Base], keys: Iterable[str]) -> None:
    """Put the words of normalized texts into `table`, which has one column, `word`."""
    words = sorted({word for key in keys for word in _WORD.findall(key)})
    dialect: Any = connection.get_bind().dialect if isinstance(connection, Session) else connection.dialect
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(words), BATCH):
        rows = [{"word": word} for word in words[start : start + BATCH]]
        connection.execute(insert(table.__table__).on_conflict_do_nothing(), rows)  # pyright: ignore[reportArgumentType]


def similar(db: Session, table: type[Base], text: str) -> Sequence[str]:
    """Other spellings of a normalized query, each changed word of which is in `table`; at most five.

    The query with Russian letters for the Latin ones that look alike is offered in any case, and first.
    """
    written = in_russian_letters(text)
    choices = [[word, *_known(db, table, _one_mistake_away(word))] for word in written.split()[:4]]
    spellings = (" ".join(words) for words in product(*choices))
    others = list(islice(spellings, 1, OFFERED + 1))
    return [written, *others][:OFFERED] if written != text else others


def in_russian_letters(text: str) -> str:
    """A normalized query with the words put right that were typed in Latin letters by mistake: «9a», «kpacный».

    Letters look alike as capitals at least.
    """
    return " ".join(mend_lookalikes(word.upper()).casefold() for word in text.split())


def _known(db: Session, table: type[Base], words: Sequence[str]) -> Sequence[str]:
    if not words:
        return []
    word: Any = table.__table__.c["word"]
    return db.scalars(select(word).where(word.in_(words)).order_by(word).limit(OFFERED)).all()


def _one_mistake_away(word: str) -> list[str]:
    if len(word) < SHORTEST:
        return []
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    without = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    changed = {head + letter + tail[1:] for head, tail in cuts if tail for letter in LETTERS}
    more = {head + letter + tail for head, tail in cuts for letter in LETTERS}
    return sorted((without | swapped | changed | more) - {word})
