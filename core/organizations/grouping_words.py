"""Words of groupings' names, for a search that forgives a typing error (`core.database.spelling`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from core.database import spelling
from core.database.base import Base, SortText
from core.database.session import Session
from core.organizations.models import PupilGroup, SchoolClass


class GroupingWord(Base):
    """A word of the name of some class or group of pupils, normalized as in its `name_key`. None is dropped."""

    __tablename__ = "core_grouping_word"

    word: Mapped[str] = mapped_column(SortText, primary_key=True)


def learn(connection: Connection | Session, name_keys: Iterable[str]) -> None:
    """Make the words of these names known."""
    spelling.learn(connection, GroupingWord, name_keys)


def similar_groupings(db: Session, text: str) -> Sequence[str]:
    """Other spellings of a normalized query, each changed word of which is in some grouping's name; at most five."""
    return spelling.similar(db, GroupingWord, text)


@event.listens_for(SchoolClass, "after_insert")
@event.listens_for(SchoolClass, "after_update")
@event.listens_for(PupilGroup, "after_insert")
@event.listens_for(PupilGroup, "after_update")
def _learn_of(
    _mapper: Mapper[SchoolClass | PupilGroup], connection: Connection, row: SchoolClass | PupilGroup
) -> None:
    learn(connection, [row.name_key])
