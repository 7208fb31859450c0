"""The filters of a list as a page shows them: what may be chosen, what is chosen, and that in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import show_short_day
from core.worklists.definition import Filter, WorkList
from core.worklists.view import ListView


class FilterField(msgspec.Struct, frozen=True, kw_only=True):
    """A filter on a page. `kind` says how a value is given: chosen among `options`, typed in words, or a day.

    `told` is its value in words, «» where it is not applied. `usual` is the value the list has by itself.
    """

    name: str
    title: str
    kind: Literal["choice", "words", "day"]
    options: Sequence[tuple[str, str]]
    value: str
    told: str
    usual: str


def filter_fields(db: Session, actor: Actor, worklist: WorkList[Any], view: ListView) -> list[FilterField]:
    """The filters of a list that give this reader anything to choose."""
    found = [_field(db, actor, each, view.filters.get(each.name, "")) for each in worklist.filters]
    return [each for each in found if each.kind != "choice" or each.options]


def _field(db: Session, actor: Actor, narrows: Filter, value: str) -> FilterField:
    options = narrows.options(db, actor) if narrows.options else None
    kind = "day" if narrows.options is None else "words" if options is None else "choice"
    if kind == "choice":
        told = next((words for key, words in options or () if key == value), "")
    else:
        told = _day(value) if kind == "day" else value
    return FilterField(
        name=narrows.name,
        title=narrows.title,
        kind=kind,
        options=options or (),
        value=value,
        told=told,
        usual=narrows.usual,
    )


def _day(value: str) -> str:
    try:
        return show_short_day(date.fromisoformat(value))
    except ValueError:
        return ""
