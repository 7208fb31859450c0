"""A vendor's plugin that keeps a library of materials: it provides the capability `content`.

The fixtures of `library_wheel` lay it into a folder of its own, as if its wheel were installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import get
from litestar.enums import MediaType
from litestar.params import FromPath

from core.capabilities import ContentItem
from core.database import Session
from core.errors import NotFound
from core.hooks import CapabilityProvider, Manifest, Permission, Reach, hookimpl
from core.roles.actor import Actor
from core.web.guards import needs

SEE = "district_library.item.view"
FOUND = (
    ContentItem(
        id="video-7",
        title="Сложение дробей",
        kind="видео",
        minutes=12,
        url="/district-library/video-7",
        age_mark="6+",
        verified=True,
    ),
    ContentItem(
        id="test-3",
        title="Дроби: проверьте себя",
        kind="тест",
        minutes=15,
        url="/district-library/test-3",
        age_mark="0+",
    ),
    ContentItem(id="page-1", title="Откуда взялись дроби", kind="статья", url="/district-library/page-1"),
)
LIBRARY = {each.id: each for each in FOUND}
"""What the library has now: tests take items out of it."""


class Library:
    """Capability `content`."""

    def find(
        self,
        db: Session,
        actor: Actor,
        organization_id: UUID,
        query: str,
        *,
        subject_id: UUID | None = None,
        grade_level: int | None = None,
        limit: int = 10,
    ) -> Sequence[ContentItem]:
        """Items with the word in their title; «сбой» breaks it."""
        if query == "сбой":
            raise RuntimeError("библиотека сломана")
        actor.require(SEE)
        assert subject_id is not None
        assert grade_level is not None
        return [each for each in LIBRARY.values() if query.casefold() in each.title.casefold()][:limit]

    def items(
        self, db: Session, actor: Actor, organization_id: UUID, ids: Sequence[str]
    ) -> Sequence[ContentItem]:
        """Those that are there; a request for «broken» breaks it."""
        if "broken" in ids:
            raise RuntimeError("библиотека сломана")
        return [LIBRARY[each] for each in ids if each in LIBRARY]


@hookimpl
def manifest() -> Manifest:
    """A library that is on everywhere."""
    return Manifest(
        name="district_library",
        title="Библиотека округа",
        version="1.0",
        core_api=">=1.0,<2",
        on_by_default=True,
        provides=["content"],
    )


@hookimpl
def permissions() -> Sequence[Permission]:
    """Everybody at school opens items."""
    kinds = ("teacher", "deputy_head", "head", "pupil", "guardian")
    return [
        Permission(name=SEE, title="Открывать материалы", grants=dict.fromkeys(kinds, Reach.ORGANIZATION))
    ]


@hookimpl
def capabilities() -> Sequence[CapabilityProvider]:
    """The library."""
    return [CapabilityProvider(capability="content", implementation=Library())]


@hookimpl
def routes() -> Sequence[Any]:
    """Pages of items."""
    return [item]


@get(
    "/district-library/{item_id:str}",
    guards=[needs(SEE)],
    sync_to_thread=True,
    media_type=MediaType.HTML,
    include_in_schema=False,
)
def item(item_id: FromPath[str]) -> str:
    """The page of an item."""
    if item_id not in LIBRARY:
        raise NotFound("Такого материала нет.")
    title = LIBRARY[item_id].title
    return f"<!doctype html><html lang='ru'><title>{title}</title><h1>{title}</h1></html>"
