"""Work lists for programs: the same lines, search and filters as on the page, in the order of their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter

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
        description="Слова имени в любом порядке или СНИЛС целиком; прощает «е» вместо «ё».",
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
    view = ListView(
        q=sort_key(wanted),
        sort=worklist.sort,
        filters={name: value for name, value in filters.items() if value},
    )
    rows: Sequence[Any] = db.execute(
        by_key(matching(db, actor, worklist, view), worklist.key, after, limit)
    ).all()
    lines = worklist.lines(db, actor, rows[:limit])
    return lines, lines[-1].id if len(rows) > limit else None
