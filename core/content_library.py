"""Capability `content`: a library of learning materials that other plugins refer to.

Whoever keeps the library tells here what an item is and where its page lies; what is given to pupils keeps the
item's id and the title as it was. Both functions are asked while a page is made, some of them in a transaction: they
answer from the portal's own database and call no other system.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor

LONGEST_ITEM_ID = 200
"""Characters of an item's id."""


class ContentItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the library as it is now.

    `id` is the provider's own and stays the same for all versions of the item, at most 200 characters. `kind` is in
    words («видео»), `minutes` an estimate of how long a pupil works with it. `url` is its page in the portal, with a
    leading slash; who may open it is decided there. `verified` says that the library has reviewed it.
    """

    id: Annotated[str, Meta(description="Ключ материала в библиотеке.")]
    title: Annotated[str, Meta(description="Название материала.")]
    kind: Annotated[str, Meta(description="Вид словами: «видео», «тест».")] = ""
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт материал; null – не указано.")] = (
        None
    )
    url: Annotated[str, Meta(description="Страница материала в портале.")] = ""
    age_mark: Annotated[str, Meta(description="Возрастная отметка: «12+»; пусто – её нет.")] = ""
    verified: Annotated[bool, Meta(description="Библиотека проверила материал.")] = False


class Content(Protocol):
    """Capability `content`: items of a library."""

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
        """What a teacher of the school may give to pupils, best first, at most `limit`.

        `query` is as typed. Subject and grade level tell what the lesson is about: they come first or narrow the
        answer, as the library sees fit.
        """
        ...

    def items(
        self, db: Session, actor: Actor, organization_id: UUID, ids: Sequence[str]
    ) -> Sequence[ContentItem]:
        """Those of the items that the library still has for the school, in any order.

        What is left out has been withdrawn. `actor` is who reads of them: a teacher, a pupil, a guardian, or the portal
        in their name (`actor.is_system`). Asked once for all items of a page.
        """
        ...
