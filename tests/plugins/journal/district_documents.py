"""A vendor's plugin where people write documents: it provides the capability `documents`.

The fixtures of `documents_wheel` lay it into a folder of its own, as if its wheel were installed. It keeps everything
in memory, where a real one has tables, and so forgets by itself what a transaction takes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body, FromPath

from core.database import Database, Session
from core.errors import Forbidden, NotFound
from core.hooks import CapabilityProvider, Manifest, Permission, Reach, hookimpl
from core.portal_documents import FrozenVersion, Handing, PortalDocument, may_read_handed
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect
from core.web.visit import form_token

OPEN = "district_documents.document.open"
WRITE = "district_documents.document.write"


@dataclass
class Document:
    """Something that a person writes."""

    id: str
    owner_id: UUID
    title: str
    kind: str
    text: str
    changed_at: datetime

    @property
    def told(self) -> PortalDocument:
        """As other plugins see it."""
        return PortalDocument(
            id=self.id,
            title=self.title,
            kind=self.kind,
            url=f"/district-documents/{self.id}",
            changed_at=self.changed_at,
        )


@dataclass
class Frozen:
    """A document as it was handed in, and whose rule says who reads it."""

    grant: UUID
    purpose: str
    title: str
    kind: str
    text: str

    @property
    def told(self) -> FrozenVersion:
        """As other plugins see it."""
        return FrozenVersion(
            grant=self.grant,
            title=self.title,
            kind=self.kind,
            url=f"/district-documents/handed/{self.grant}",
        )


SHELF: dict[str, Document] = {}
"""Documents by id: tests change them and take them away."""

FROZEN: dict[UUID, Frozen] = {}
"""What was handed in, by grant."""


def shelf_of(person_id: UUID) -> list[Document]:
    """A person's documents, the latest changed first; whoever has none gets two."""
    own = [each for each in SHELF.values() if each.owner_id == person_id]
    if not own:
        for day, title, kind in ((20, "Опыты с маятником", "таблица"), (21, "Моё лето", "текст")):
            begun = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
            own.append(Document(f"{person_id.hex}-{day}", person_id, title, kind, "Начало", begun))
        SHELF.update({each.id: each for each in own})
    return sorted(own, key=lambda each: each.changed_at, reverse=True)


class DistrictDocuments:
    """Capability `documents`. «сбой» as a search, or a document called so, breaks it."""

    def find(
        self, db: Session, actor: Actor, organization_id: UUID, query: str, *, limit: int = 10
    ) -> Sequence[PortalDocument]:
        """Own documents with the words in their title."""
        if query == "сбой":
            raise RuntimeError("документы сломаны")
        assert actor.person_id is not None
        found = [each for each in shelf_of(actor.person_id) if query.casefold() in each.title.casefold()]
        return [each.told for each in found[:limit]]

    def documents(
        self, db: Session, actor: Actor, organization_id: UUID, ids: Sequence[str]
    ) -> Sequence[PortalDocument]:
        """Those of one's own."""
        assert actor.person_id is not None
        return [each.told for each in shelf_of(actor.person_id) if each.id in ids]

    def hand_in(
        self, db: Session, actor: Actor, organization_id: UUID, purpose: str, handings: Sequence[Handing]
    ) -> Sequence[FrozenVersion]:
        """Copies of the documents as they are."""
        made: list[Frozen] = []
        for each in handings:
            document = SHELF[each.document_id]
            if document.owner_id != actor.person_id:
                raise Forbidden("Это чужой документ.", advice="Выберите свой.")
            if document.title == "сбой":
                raise RuntimeError("документы сломаны")
            made.append(Frozen(each.grant, purpose, document.title, document.kind, document.text))
        FROZEN.update({each.grant: each for each in made})
        return [each.told for each in made]

    def versions(
        self, db: Session, actor: Actor, organization_id: UUID, grants: Sequence[UUID]
    ) -> Sequence[FrozenVersion]:
        """Those that are kept."""
        return [FROZEN[each].told for each in grants if each in FROZEN]

    def take_back(self, db: Session, actor: Actor, organization_id: UUID, grants: Sequence[UUID]) -> None:
        """Forget them."""
        for each in grants:
            FROZEN.pop(each, None)


@hookimpl
def manifest() -> Manifest:
    """Documents that are on everywhere."""
    return Manifest(
        name="district_documents",
        title="Документы округа",
        version="1.0",
        core_api=">=1.0,<2",
        on_by_default=True,
        provides=["documents"],
    )


@hookimpl
def permissions() -> Sequence[Permission]:
    """Everybody at school opens documents, pupils write them."""
    kinds = ("teacher", "class_teacher", "deputy_head", "head", "pupil", "guardian")
    return [
        Permission(name=OPEN, title="Открывать документы", grants=dict.fromkeys(kinds, Reach.ORGANIZATION)),
        Permission(name=WRITE, title="Писать документы", grants={"pupil": Reach.OWN}, changes=True),
    ]


@hookimpl
def capabilities() -> Sequence[CapabilityProvider]:
    """The documents."""
    return [CapabilityProvider(capability="documents", implementation=DistrictDocuments())]


@hookimpl
def routes() -> Sequence[Any]:
    """A document to its owner, a handed-in version to its readers."""
    return [document, document_saved, handed_version]


def _own(actor: Actor, document_id: str) -> Document:
    found = SHELF.get(document_id)
    if found is None or found.owner_id != actor.person_id:
        raise NotFound("Такого документа нет.")
    return found


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='ru'><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}</html>"
    )


@get(
    "/district-documents/{document_id:str}",
    guards=[needs(OPEN)],
    sync_to_thread=True,
    media_type=MediaType.HTML,
    include_in_schema=False,
)
def document(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], document_id: FromPath[str]
) -> str:
    """A document, to be written on by its owner."""
    found = _own(actor, document_id)
    return _page(
        found.title,
        f"<form method='post'><input type='hidden' name='csrf_token' value='{form_token(request)}'>"
        f"<label>Текст <textarea name='text'>{escape(found.text)}</textarea></label><button>Сохранить</button></form>",
    )


@post(
    "/district-documents/{document_id:str}",
    guards=[needs(WRITE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def document_saved(
    actor: NamedDependency[Actor],
    document_id: FromPath[str],
    data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Write on."""
    found = _own(actor, document_id)
    found.text, found.changed_at = data.get("text", ""), datetime.now(UTC)
    return redirect(f"/district-documents/{document_id}")


@get(
    "/district-documents/handed/{grant:uuid}",
    guards=[needs(OPEN)],
    sync_to_thread=True,
    media_type=MediaType.HTML,
    include_in_schema=False,
)
def handed_version(
    actor: NamedDependency[Actor], database: NamedDependency[Database], grant: FromPath[UUID]
) -> str:
    """What was handed in, for whoever the plugin that took it lets read."""
    found = FROZEN.get(grant)
    with database.reading(fresh=True) as db:
        if found is None or not may_read_handed(db, actor, found.purpose, grant):
            raise NotFound("Такого документа нет.")
    return _page(found.title, f"<p>{escape(found.text)}</p>")
