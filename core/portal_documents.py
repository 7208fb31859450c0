"""Capability `documents`: texts, tables and presentations that people edit in the portal, handed in as they are.

Whoever keeps the documents tells here which ones a person may hand in, and freezes a version when one is handed in:
the author goes on editing, the version stays as it was. Each frozen version has a grant: a key that the plugin which
took the document made. The provider keeps grant and purpose beside the version, and asks `may_read_handed` whenever
somebody opens it: who may read is decided there and then by the plugin that took it, never copied into a list.

All functions of the capability are asked while a page is made or inside a transaction: they answer from the portal's
own database, write to it alone, and call no other system.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor

LONGEST_DOCUMENT_ID = 200
"""Characters of a document's id."""


class PortalDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it is now.

    `id` is the provider's own and stays the same while the document is edited, at most 200 characters. `kind` is in
    words («текст»). `url` is its page in the portal, with a leading slash; who may open it is decided there.
    """

    id: Annotated[str, Meta(description="Ключ документа.")]
    title: Annotated[str, Meta(description="Название документа.")]
    kind: Annotated[str, Meta(description="Вид словами: «текст», «таблица».")] = ""
    url: Annotated[str, Meta(description="Страница документа в портале.")] = ""
    changed_at: Annotated[
        datetime | None, Meta(description="Когда его изменили в последний раз; null – не известно.")
    ] = None


class Handing(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be handed in, and the grant of the version that is frozen with it."""

    grant: UUID
    document_id: str


class FrozenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was handed in: title and kind as they were then, `url` the page that opens exactly it."""

    grant: UUID
    title: str
    kind: str = ""
    url: str = ""


class Documents(Protocol):
    """Capability `documents`: documents that people keep in the portal."""

    def find(
        self, db: Session, actor: Actor, organization_id: UUID, query: str, *, limit: int = 10
    ) -> Sequence[PortalDocument]:
        """The actor's own documents that may be handed in at the organization, at most `limit`.

        `query` is as typed, best first; without it the latest changed come first.
        """
        ...

    def documents(
        self, db: Session, actor: Actor, organization_id: UUID, ids: Sequence[str]
    ) -> Sequence[PortalDocument]:
        """Those of the documents that are still there and the actor's own to hand in, in any order."""
        ...

    def hand_in(
        self, db: Session, actor: Actor, organization_id: UUID, purpose: str, handings: Sequence[Handing]
    ) -> Sequence[FrozenVersion]:
        """Freeze the documents as they are now, each under its grant; all of them or none.

        Called in the transaction that hands in: if it fails, nothing has been frozen. Raises an error of
        `core.errors` for a document that is not the actor's own, whose words the actor reads.
        """
        ...

    def versions(
        self, db: Session, actor: Actor, organization_id: UUID, grants: Sequence[UUID]
    ) -> Sequence[FrozenVersion]:
        """Those of the frozen versions that can still be opened, in any order; what is left out is gone.

        `actor` is who reads of them: the author, a teacher, a guardian, or the portal in their name
        (`actor.is_system`). The one who asks has made sure of the right. Asked once for all versions of a page.
        """
        ...

    def take_back(self, db: Session, actor: Actor, organization_id: UUID, grants: Sequence[UUID]) -> None:
        """Throw frozen versions away: the author has taken them out of the work, or their data are erased.

        The documents themselves stay. Grants that nobody knows are passed over.
        """
        ...


def may_read_handed(db: Session, actor: Actor, purpose: str, grant: UUID) -> bool:
    """Whether `actor` may read the version frozen under `grant`; without a plugin's say-so nobody may.

    Asks the plugin that declares `purpose` (hook `document_readers`), which must be on where the actor acts.
    """
    for plugin, readers in db.portal.plugins.each("document_readers"):
        if readers.name != purpose:
            continue
        if actor.role is not None and not db.portal.switches.is_on(plugin.name, actor.role.organization_path):
            return False
        try:
            with db.begin_nested():
                return readers.may_read(db, actor, grant)
        except Exception as error:  # a plugin may raise anything
            db.portal.plugins.fence(plugin.name, sentence("документы %(purpose)s", purpose=purpose), error)
            return False
    return False
