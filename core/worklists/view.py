"""What an address asks of a work list: search, filters, sorting, place. Everything stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from core.worklists.definition import WorkList

LONGEST = 200


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A way of looking at a list. `after` and `before` are keys of lines that a page begins or ends beside.

    `usual` are the filters that the list has where the address says nothing.
    """

    q: str = ""
    sort: str
    filters: Mapping[str, str] = {}
    usual: Mapping[str, str] = {}
    after: str = ""
    before: str = ""

    @property
    def column(self) -> str:
        """The name of the column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether it goes from the last to the first."""
        return self.sort.startswith("-")

    @property
    def narrowed(self) -> bool:
        """Whether anything is searched or filtered otherwise than the list usually is."""
        return bool(self.q or self.filters != self.usual)

    @property
    def applied(self) -> int:
        """How many filters narrow the list."""
        return sum(value != self.usual.get(name) for name, value in self.filters.items())

    def address(self, **changes: Any) -> str:
        """The query of the address with changes; a filter that is given as «» is taken off.

        Whatever changes, the list begins anew unless `after` or `before` is among the changes.
        """
        filters = {**self.filters, **changes.pop("filters", {})}
        kept = {"q": self.q, "sort": self.sort, **changes}
        asked = {
            name: value
            for name, value in {**kept, **filters}.items()
            if value and value != self.usual.get(name)
        }
        return "?" + urlencode(asked)


def view_of(worklist: WorkList[Any], asked: Mapping[str, Any]) -> ListView:
    """What an address asks; what it asks wrongly is left out."""

    def text(name: str) -> str:
        return str(asked.get(name, "")).replace("\x00", "").strip()[:LONGEST]

    sort = text("sort")
    column = worklist.column(sort.removeprefix("-"))
    return ListView(
        q=text("q") if worklist.search else "",
        sort=sort if column is not None and column.order else worklist.sort,
        filters={each.name: value for each in worklist.filters if (value := text(each.name) or each.usual)},
        usual={each.name: each.usual for each in worklist.filters if each.usual},
        after=str(asked.get("after", ""))[:2000],
        before=str(asked.get("before", ""))[:2000],
    )


def shown_columns(worklist: WorkList[Any], chosen: object) -> Sequence[Any]:
    """The columns to show: the first one, and those `chosen` (names), or those shown by default."""
    first, *others = worklist.columns
    if not isinstance(chosen, list):
        return [first, *(each for each in others if each.shown)]
    return [first, *(each for each in others if each.name in chosen)]
