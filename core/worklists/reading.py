"""Reading a work list: a page by key, how many lines there are, all of them for an export.

A page by key asks for the lines after the last one seen, by what the list is sorted by and the id: the
thousandth page costs what the first one does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Generic
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_

from core.database.session import Session
from core.errors import Invalid
from core.identity.names import sort_key
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.worklists.definition import Line, WorkList
from core.worklists.view import ListView

PAGE_SIZE = 50
COUNTED, COUNTED_IN_ONE = 1000, 20_000
"""Lists are counted up to here: of many organizations, of one.

A school reads how many it has. Of a region's million «больше 1000» is all that anybody needs to know: twenty thousand
of them take as long to count as twenty pages take to read.
"""

EXPORTED = 100_000
PRINTED = 1000
"""Lines that are printed at once."""

BATCH = 2000


class ListPage(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """A page of lines. `total` counts up to `counted_up_to`; one more means more. `similar` was searched instead."""

    lines: Sequence[Line]
    total: int
    next: str = ""
    previous: str = ""
    similar: str = ""


def read_page(
    db: Session, actor: Actor, worklist: WorkList[Line], view: ListView, size: int = PAGE_SIZE
) -> ListPage[Line]:
    """A page as `view` asks for it; where nothing is found, of what is spelt alike.

    Raises `Forbidden` without the list's permission, `Invalid` for a place that is none of this list's.
    """
    actor.require(worklist.permission)
    backwards = bool(view.before)
    place = view.before or view.after
    rows = db.execute(_page(db, actor, worklist, view, place, backwards, size + 1)).all()
    whole = not place and len(rows) <= size
    total = len(rows) if whole else count(db, actor, worklist, view)
    if not total and view.q and worklist.similar is not None:
        for spelling in worklist.similar(db, sort_key(view.q)):
            alike = msgspec.structs.replace(view, q=spelling, after="", before="")
            if count(db, actor, worklist, alike):
                page = read_page(db, actor, worklist, alike, size)
                return msgspec.structs.replace(page, similar=spelling)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows = rows[::-1]
    return ListPage(
        lines=worklist.lines(db, actor, rows),
        total=total,
        next=_place_of(worklist, view, rows[-1]) if rows and (more or backwards) else "",
        previous=_place_of(worklist, view, rows[0]) if rows and (view.after or (backwards and more)) else "",
    )


def counted_up_to(actor: Actor, worklist: WorkList[Any]) -> int:
    """How far a list is counted for this reader."""
    return COUNTED if actor.reach(worklist.permission) is Reach.BELOW else COUNTED_IN_ONE


def count(db: Session, actor: Actor, worklist: WorkList[Any], view: ListView) -> int:
    """How many lines there are, `counted_up_to` + 1 for more."""
    rows = worklist.to_count or worklist.rows
    found = matching(db, actor, worklist, view, rows).with_only_columns(literal(1))
    found = found.limit(counted_up_to(actor, worklist) + 1)
    return db.scalar(select(func.count()).select_from(found.subquery())) or 0


def matching(
    db: Session,
    actor: Actor,
    worklist: WorkList[Any],
    view: ListView,
    rows: Callable[[Session, Actor], Select[Any]] | None = None,
) -> Select[Any]:
    """The rows that fit the search and the filters, in no order; of `rows` if not of the list's own."""
    conditions: list[ColumnElement[bool]] = []
    narrowest: ColumnElement[bool] | None = None
    for each in worklist.filters:
        value = view.filters.get(each.name)
        condition = each.condition(actor, value) if value else None
        if condition is None:
            continue
        if each.in_reach and narrowest is None and worklist.narrowed is not None:
            narrowest = condition
        else:
            conditions.append(condition)
    if view.q and worklist.search is not None:
        conditions.append(worklist.search(actor, sort_key(view.q)))
    if worklist.narrowed is not None and narrowest is not None:
        return worklist.narrowed(db, actor, narrowest).where(*conditions)
    return (rows or worklist.rows)(db, actor).where(*conditions)


def every_line(
    db: Session, actor: Actor, worklist: WorkList[Line], view: ListView, most: int = EXPORTED
) -> Iterator[Line]:
    """The lines that fit, in order, at most `most`.

    Raises `Forbidden` without the list's permission, and without the one to take all of it out.
    """
    for permission in filter(None, (worklist.permission, worklist.export)):
        actor.require(permission)
    return _every_line(db, actor, worklist, view, most)


def may_take_out(actor: Actor, worklist: WorkList[Any]) -> bool:
    """Whether the actor may have all of a list at once."""
    return actor.can(worklist.permission) and (not worklist.export or actor.can(worklist.export))


def _every_line(
    db: Session, actor: Actor, worklist: WorkList[Line], view: ListView, most: int
) -> Iterator[Line]:
    place, read = "", 0
    while read < most:
        limit = min(BATCH, most - read)
        rows = db.execute(_page(db, actor, worklist, view, place, False, limit)).all()
        yield from worklist.lines(db, actor, rows)
        if len(rows) < limit:
            return
        read += len(rows)
        place = _place_of(worklist, view, rows[-1])


def lines_of(
    db: Session, actor: Actor, worklist: WorkList[Line], view: ListView, ids: Sequence[UUID]
) -> Sequence[Line]:
    """The lines with these ids that the actor may see, in the order of the list."""
    statement = worklist.rows(db, actor).where(worklist.key.in_(ids))
    order = _order(worklist, view)
    rows = db.execute(
        statement.add_columns(*_labelled(order)).order_by(*_sorted(order, view.descending))
    ).all()
    return worklist.lines(db, actor, rows)


def ids_matching(
    db: Session, actor: Actor, worklist: WorkList[Any], view: ListView, limit: int
) -> Sequence[UUID]:
    """Ids of the lines that fit, at most `limit`."""
    statement = matching(db, actor, worklist, view).with_only_columns(worklist.key)
    order = _order(worklist, view)
    return db.scalars(statement.order_by(*_sorted(order, view.descending)).limit(limit)).all()


def _page(
    db: Session,
    actor: Actor,
    worklist: WorkList[Any],
    view: ListView,
    place: str,
    backwards: bool,
    limit: int,
) -> Select[Any]:
    order = _order(worklist, view)
    down = view.descending != backwards
    statement = matching(db, actor, worklist, view).add_columns(*_labelled(order))
    if place:
        seen = tuple_(
            *(literal(value, each.type) for value, each in zip(_values(order, place), order, strict=True))
        )
        here = tuple_(*order)
        statement = statement.where(here < seen if down else here > seen)
    return statement.order_by(*_sorted(order, down)).limit(limit)


def _order(worklist: WorkList[Any], view: ListView) -> Sequence[Any]:
    column = worklist.column(view.column)
    return [*(column.order if column is not None else ()), worklist.key]


def _labelled(order: Sequence[Any]) -> list[Any]:
    return [each.label(f"place_{at}") for at, each in enumerate(order)]


def _sorted(order: Sequence[Any], down: bool) -> list[Any]:
    return [each.desc() if down else each.asc() for each in order]


def _place_of(worklist: WorkList[Any], view: ListView, row: Any) -> str:
    values = [getattr(row, f"place_{at}") for at in range(len(_order(worklist, view)))]
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _values(order: Sequence[Any], place: str) -> list[Any]:
    try:
        told = msgspec.json.decode(
            base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)), type=list[str | int | float | bool]
        )
        return [_typed(each.type.python_type, value) for each, value in zip(order, told, strict=True)]
    except (ValueError, binascii.Error, msgspec.MsgspecError, NotImplementedError):
        raise Invalid("Такого места в списке нет.", advice="Откройте список с начала.") from None


def _typed(kind: type[Any], value: Any) -> Any:
    if kind in (UUID, date, datetime):
        return msgspec.convert(value, kind)
    return kind(value)
