"""A plugin that breaks wherever it may, for looking at what the portal shows instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import get

from core.hooks import Card, Manifest, Permission, Reach, SearchSource, SlotFill, hookimpl
from core.web.guards import needs

SEE = "faulty.see"


def broken(*_anything: object) -> Any:
    """What a plugin should not do."""
    raise RuntimeError("кружки не отвечают")


@get("/faulty", guards=[needs(SEE)], sync_to_thread=True, include_in_schema=False)
def faulty_page() -> str:
    """A page that fails."""
    return broken()


@hookimpl
def manifest() -> Manifest:
    return Manifest(name="faulty", title="Кружки и секции", version="1", core_api=">=1.0", on_by_default=True)


@hookimpl
def permissions() -> Sequence[Permission]:
    return [Permission(name=SEE, title="Видеть кружки", grants={"head": Reach.ORGANIZATION})]


@hookimpl
def routes() -> Sequence[Any]:
    return [faulty_page]


@hookimpl
def dashboard_cards() -> Sequence[Card]:
    return [Card(name="faulty", title="Кружки сегодня", icon="puzzle", permission=SEE, content=broken)]


@hookimpl
def search_sources() -> Sequence[SearchSource]:
    return [SearchSource(name="faulty", title="Кружки", permission=SEE, find=broken)]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    return [
        SlotFill(slot=slot, template="", permission=SEE, render=broken)
        for slot in ("organization.card", "person.card", "class.list")
    ]
