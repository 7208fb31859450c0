"""Words of people's names, and search that forgives a typing error.

A query that finds nobody is tried again with words that are one mistake away: a letter left out, put in, changed
or swapped with its neighbour (Damerau–Levenshtein distance 1). All such spellings of a word are made and looked
up among the words of the names there are: some 600 keys of an index, however many people there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any

from sqlalchemy import Connection, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from core.database.base import Base, SortText
from core.database.session import Session
from core.identity.models import Person

LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
SHORTEST = 4
"""Letters of a word below which a mistake leaves too little to go by."""

OFFERED = 5
BATCH = 500


class NameWord(Base):
    """A word of somebody's name, normalized as in `Person.name_key`. Nobody's in particular: none is dropped."""

    __tablename__ = "core_name_word"

    word: Mapped[str] = mapped_column(SortText, primary_key=True)


def learn(connection: Connection | Session, name_keys: Iterable[str]) -> None:
    """Make the words of these names known."""
    words = sorted({word for key in name_keys for word in key.replace("-", " ").split()})
    dialect: Any = connection.get_bind().dialect if isinstance(connection, Session) else connection.dialect
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(words), BATCH):
        rows = [{"word": word} for word in words[start : start + BATCH]]
        connection.execute(insert(NameWord.__table__).on_conflict_do_nothing(), rows)  # pyright: ignore[reportArgumentType]


def similar_names(db: Session, text: str) -> Sequence[str]:
    """Other spellings of a normalized query, each word of which is in somebody's name; at most five."""
    choices = [[word, *_known(db, _one_mistake_away(word))] for word in text.split()[:4]]
    spellings = (" ".join(words) for words in product(*choices))
    return list(islice(spellings, 1, OFFERED + 1))


def _known(db: Session, words: Sequence[str]) -> Sequence[str]:
    if not words:
        return []
    return db.scalars(
        select(NameWord.word).where(NameWord.word.in_(words)).order_by(NameWord.word).limit(OFFERED)
    ).all()


def _one_mistake_away(word: str) -> list[str]:
    if len(word) < SHORTEST:
        return []
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    without = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    changed = {head + letter + tail[1:] for head, tail in cuts if tail for letter in LETTERS}
    more = {head + letter + tail for head, tail in cuts for letter in LETTERS}
    return sorted((without | swapped | changed | more) - {word})


@event.listens_for(Person, "after_insert")
@event.listens_for(Person, "after_update")
def _learn_of(_mapper: Mapper[Person], connection: Connection, person: Person) -> None:
    learn(connection, [person.name_key])
