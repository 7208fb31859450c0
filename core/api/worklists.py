"""Work lists for programs: the same lines, search and filters as on the page, in the order of their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from sqlalchemy import Select, literal

from core.api.lists import by_key
from core.database.session import Session
from core.identity.names import sort_key
from core.roles.actor import Actor
from core.worklists.definition import Line, WorkList
from core.worklists.reading import matching
from core.worklists.view import ListView

Wanted = Annotated[
    str,
    QueryParameter(
        max_length=200,
        pattern="^[^\\u0000]*$",
        description="Слова имени в любом порядке или СНИЛС целиком; прощает «е» вместо «ё» и одну опечатку.",
    ),
]
WantedWords = Annotated[
    str,
    QueryParameter(
        max_length=200,
        pattern="^[^\\u0000]*$",
        description="Слова поиска, как в разделе кабинета; прощает «е» вместо «ё» и опечатку.",
    ),
]


def lines_by_key(
    db: Session,
    actor: Actor,
    worklist: WorkList[Line],
    wanted: str,
    filters: Mapping[str, str | None],
    after: UUID | None,
    limit: int,
) -> tuple[Sequence[Line], UUID | None]:
    """A page of a work list, and what to ask after for the next one, None at the end."""
    view = ListView(sort=worklist.sort, filters={name: value for name, value in filters.items() if value})
    statement = searched(db, actor, worklist, matching(db, actor, worklist, view), wanted)
    rows: Sequence[Any] = db.execute(by_key(statement, worklist.key, after, limit)).all()
    lines = worklist.lines(db, actor, rows[:limit])
    return lines, lines[-1].id if len(rows) > limit else None


def searched(
    db: Session, actor: Actor, worklist: WorkList[Any], statement: Select[Any], wanted: str
) -> Select[Any]:
    """`statement` narrowed to what the search of a work list finds; if that is nothing, to what is spelt alike."""
    words = sort_key(wanted)
    if not words or worklist.search is None:
        return statement
    found = statement.where(worklist.search(actor, words))
    if worklist.similar is None or _finds(db, found):
        return found
    spelt = (statement.where(worklist.search(actor, each)) for each in worklist.similar(db, words))
    return next((each for each in spelt if _finds(db, each)), found)


def _finds(db: Session, statement: Select[Any]) -> bool:
    return db.execute(statement.with_only_columns(literal(1)).limit(1)).first() is not None
