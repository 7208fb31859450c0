"""What a merge did to rows, written down so that it can be undone exactly.

Three kinds of steps: `set` (the same columns of many rows got new values), `gone` (a row was taken out), `key`
(a row with everything that refers to it got another key). Undoing goes backwards; a row that somebody has changed
since in the same columns stands in the way, a moved row that has been deleted since does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import JSON, Table, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict
from core.identity.models import MergeStep
from core.identity.references import References, merged_tables
from core.web.i18n import sentence

AT_ONCE = 400
Row = Mapping[str, Any]


class Changed(Conflict):
    """Something has been changed since the merge: it can no longer be undone."""

    def __init__(self, what: str) -> None:
        super().__init__(
            sentence("Разделить снова нельзя: после объединения изменили «%(what)s».", what=what),
            advice=sentence("Исправьте данные обоих людей вручную."),
        )


class MergeLog:
    """Changes rows and writes down how."""

    def __init__(self, db: Session, references: References, merge_id: UUID) -> None:
        self._db = db
        self._references = references
        self._merge_id = merge_id
        self._number = 0

    def set(
        self, table: Table, rows: Sequence[Row], before: Row, after: Row, *, gives_way: bool = False
    ) -> None:
        """Give `after` to columns of rows that have `before` in them now.

        What `gives_way` is left alone by an undo where it has been changed since, as people do by using the portal.
        """
        if not rows:
            return
        for part in _parts(rows):
            self._db.execute(update(table).where(_keyed(table, part)).values(after))
            self._write(
                "set",
                table,
                {
                    "keys": [_plain(table, _key(table, {**row, **after})) for row in part],
                    "before": _plain(table, before),
                    "after": _plain(table, after),
                    "gives_way": gives_way,
                },
            )

    def take_out(self, table: Table, row: Row, *, gives_way: bool = False) -> None:
        """Delete a row to which nothing refers any more.

        One that `gives_way` is not brought back by an undo where something else stands in its place by then.
        """
        self._db.execute(delete(table).where(_keyed(table, [row])))
        self._write("gone", table, {"row": _plain(table, row), "gives_way": gives_way})

    def rekey(self, table: Table, old: Any, new: Any) -> None:
        """Give a row another key; what refers to it goes with it."""
        _rekey(self._db, self._references, table, old, new)
        column = next(iter(table.primary_key.columns)).name
        self._write(
            "key", table, {"before": _plain(table, {column: old}), "after": _plain(table, {column: new})}
        )

    def _write(self, kind: str, table: Table, content: dict[str, Any]) -> None:
        self._number += 1
        self._db.add(
            MergeStep(
                id=new_id(),
                merge_id=self._merge_id,
                number=self._number,
                kind=kind,
                table=table.name,
                content=content,
            )
        )


def undo(db: Session, merge_id: UUID) -> None:
    """Undo every step of a merge, the last one first. Raises `Changed` if something stands in the way."""
    references = References(db)
    steps = db.scalars(
        select(MergeStep).where(MergeStep.merge_id == merge_id).order_by(MergeStep.number.desc())
    )
    for step in list(steps):
        table = references.tables.get(step.table)
        if table is None:
            raise Changed(step.table)
        try:
            with db.begin_nested():
                _undo_step(db, references, table, step)
        except IntegrityError as error:
            if step.content.get("gives_way"):
                continue
            raise Changed(title_of(db, step.table)) from error


def _undo_step(db: Session, references: References, table: Table, step: MergeStep) -> None:
    content = step.content
    if step.kind == "gone":
        db.execute(insert(table).values(_typed(table, content["row"])))
        return
    before, after = _typed(table, content["before"]), _typed(table, content["after"])
    if step.kind == "key":
        (old,), (new,) = before.values(), after.values()
        _rekey(db, references, table, new, old)
        return
    for part in _parts([_typed(table, key) for key in content["keys"]]):
        there = _keyed(table, part)
        rows = db.execute(select(table).where(there)).mappings().all()
        same = [row for row in rows if all(row[name] == value for name, value in after.items())]
        if len(same) < len(rows) and not content.get("gives_way"):
            raise Changed(title_of(db, table.name))
        if same:
            db.execute(update(table).where(_keyed(table, [dict(row) for row in same])).values(before))


def _rekey(db: Session, references: References, table: Table, old: Any, new: Any) -> None:
    """Foreign keys are checked at once: what refers to the row is taken out and put back under the new key."""
    key = next(iter(table.primary_key.columns))
    waiting: list[tuple[Table, list[dict[str, Any]]]] = []
    for reference in references.to(table):
        found = db.execute(select(reference.table).where(reference.column == old)).mappings().all()
        db.execute(delete(reference.table).where(reference.column == old))
        waiting.append((reference.table, [{**row, reference.column.name: new} for row in found]))
    db.execute(update(table).where(key == old).values({key.name: new}))
    for other, rows in waiting:
        if rows:
            db.execute(insert(other), rows)


def title_of(db: Session, table: str) -> str:
    """What the rows of a table are called."""
    known = merged_tables(db).get(table)
    if known is not None and known.titles:
        return str(next(iter(known.titles.values())))
    owner = next(
        (each for name, each in db.portal.plugins.loaded.items() if table.startswith(f"{name}_")), None
    )
    return str(owner.manifest.title) if owner is not None else table


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _key(table: Table, row: Row) -> Row:
    return {column.name: row[column.name] for column in table.primary_key.columns}


def _keyed(table: Table, rows: Sequence[Row]) -> Any:
    """Condition: these rows, by their keys."""
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([row[columns[0].name] for row in rows])
    return or_(*(and_(*(column == row[column.name] for column in columns)) for row in rows))


def _plain(table: Table, row: Row) -> dict[str, Any]:
    """Values as JSON keeps them."""
    return {
        name: value if isinstance(table.c[name].type, JSON) else msgspec.to_builtins(_bare(value))
        for name, value in row.items()
    }


def _bare(value: Any) -> Any:
    return str.__str__(value) if isinstance(value, str) else value


def _typed(table: Table, row: Row) -> dict[str, Any]:
    """Values as the columns take them; columns that are gone since are left out."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name not in table.c:
            continue
        kind = table.c[name].type
        found[name] = (
            value if value is None or isinstance(kind, JSON) else msgspec.convert(value, kind.python_type)
        )
    return found
