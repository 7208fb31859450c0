"""The documents of the portal that a pupil may choose from to hand in."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import NotFound
from core.portal_documents import PortalDocument
from core.roles.actor import Actor
from plugins.journal.homework.documents import DocumentProvider, WorkDocument, is_keepable, own_of
from plugins.journal.homework.reach import HAND_IN, lesson_of_family
from plugins.journal.homework.works import Work, works_of

MOST_FOUND = 10
LONGEST_QUERY = 200


class DocumentSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for among one's own documents, and what there is; the latest if nothing was."""

    asked: str = ""
    found: Sequence[PortalDocument] = ()


class OwnDocuments(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil chooses documents from, and which are chosen; `search` is empty if nobody provides documents."""

    search: DocumentSearch | None = None
    chosen: Sequence[PortalDocument] = ()


def own_documents(
    db: Session,
    actor: Actor,
    lesson_id: UUID,
    pupil_id: UUID,
    query: str = "",
    chosen: Sequence[str] | None = None,
) -> OwnDocuments:
    """The pupil's own documents for a query, and those with the ids `chosen`; without ids, what the work has.

    Raises `NotFound` for anybody but the pupil.
    """
    actor.require(HAND_IN)
    lesson = lesson_of_family(db, actor, lesson_id, pupil_id)
    if actor.person_id != pupil_id:
        raise NotFound("Здесь ваших документов нет.", advice="Откройте задание из своего дневника.")
    work = works_of(db, actor, lesson.organization_id, lesson_id, pupil_id).get(pupil_id, Work())
    ids = [each.document for each in work.handed_documents] if chosen is None else chosen
    return OwnDocuments(
        search=_look_for(db, actor, lesson.organization_id, query),
        chosen=_chosen(db, actor, lesson.organization_id, work.documents, ids),
    )


def _look_for(db: Session, actor: Actor, organization_id: UUID, query: str) -> DocumentSearch | None:
    """The actor's own documents for a query, the latest without one; None if nobody provides documents."""
    provider = DocumentProvider(db, organization_id)
    if provider.documents is None:
        return None
    asked = query.replace("\x00", "").strip()[:LONGEST_QUERY]
    found = provider.fenced(
        lambda documents: documents.find(db, actor, organization_id, asked, limit=MOST_FOUND)
    )
    return DocumentSearch(asked=asked, found=[each for each in found or () if is_keepable(each)][:MOST_FOUND])


def _chosen(
    db: Session, actor: Actor, organization_id: UUID, had: Sequence[WorkDocument], ids: Sequence[str]
) -> list[PortalDocument]:
    """The documents with these ids, in this order: the actor's own as they are now, and those handed in before.

    An id that is neither is left out.
    """
    wanted = list(dict.fromkeys(ids))
    known = {each.document: each.as_chosen for each in had if not each.earlier}
    told = own_of(db, actor, DocumentProvider(db, organization_id), organization_id, wanted)
    known |= {each.id: each for each in told or ()}
    return [known[each] for each in wanted if each in known]
