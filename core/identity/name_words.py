"""Words of people's names, for a search that forgives a typing error (`core.database.spelling`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from core.database import spelling
from core.database.base import Base, SortText
from core.database.session import Session
from core.identity.models import Person


class NameWord(Base):
    """A word of somebody's name, normalized as in `Person.name_key`. Nobody's in particular: none is dropped."""

    __tablename__ = "core_name_word"

    word: Mapped[str] = mapped_column(SortText, primary_key=True)


def learn(connection: Connection | Session, name_keys: Iterable[str]) -> None:
    """Make the words of these names known."""
    spelling.learn(connection, NameWord, name_keys)


def similar_names(db: Session, text: str) -> Sequence[str]:
    """Other spellings of a normalized query, each changed word of which is in somebody's name; at most five."""
    return spelling.similar(db, NameWord, text)


@event.listens_for(Person, "after_insert")
@event.listens_for(Person, "after_update")
def _learn_of(_mapper: Mapper[Person], connection: Connection, person: Person) -> None:
    learn(connection, [person.name_key])
