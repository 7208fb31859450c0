"""Documents of the portal that pupils hand in: whoever provides `documents` freezes a version, the journal keeps its
grant and says who may open it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.capabilities import ask_for
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError
from core.organizations.models import Organization
from core.portal_documents import (
    LONGEST_DOCUMENT_ID,
    Documents,
    FrozenVersion,
    Handing,
    PortalDocument,
)
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.homework.models import SUBMISSION, Submission, SubmissionDocument

MOST_DOCUMENTS = 10
T = TypeVar("T")


class WorkDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it was handed in with a work."""

    id: Annotated[UUID, Meta(description="Ключ сданной версии.")]
    document: Annotated[str, Meta(description="Ключ документа, с которого она снята.")]
    title: Annotated[str, Meta(description="Название, каким оно было при сдаче.")]
    kind: Annotated[str, Meta(description="Вид словами: «текст», «таблица».")]
    url: Annotated[str, Meta(description="Где открыть сданную версию; пусто, если её не открыть.")] = ""
    gone: Annotated[bool, Meta(description="Сданной версии больше нет: документ удалили.")] = False
    version: Annotated[int, Meta(description="Который раз сдавали работу с этой версией.")]
    earlier: Annotated[bool, Meta(description="Учитель на неё уже ответил, и работу сдали заново.")] = False
    handed_in_at: Annotated[datetime, Meta(description="Когда сдана эта версия.")]

    @property
    def as_chosen(self) -> PortalDocument:
        """The document as far as the journal knows it."""
        return PortalDocument(id=self.document, title=self.title, kind=self.kind)


class DocumentProvider:
    """Whoever provides documents for a school, None in `documents` if nobody does; failures are fenced off."""

    def __init__(self, db: Session, organization_id: UUID) -> None:
        self._db = db
        self._path = db.get_one(Organization, organization_id).path
        self.documents: Documents | None = ask_for(db, self._path, "documents")

    def fenced(self, asked: Callable[[Documents], T]) -> T | None:
        """What the provider answers; None if there is none, or if it fails."""
        if self.documents is None:
            return None
        try:
            with self._db.begin_nested():
                return asked(self.documents)
        except Exception as error:  # a plugin may raise anything
            self.blame(error)
            return None

    def blame(self, error: Exception) -> None:
        """Report that the provider has failed."""
        name = self._db.portal.switches.provider("documents", self._path) or ""
        self._db.portal.plugins.fence(name, sentence("возможность «%(name)s»", name="documents"), error)


def documents_of(
    db: Session, actor: Actor, organization_id: UUID, submissions: Collection[UUID]
) -> dict[UUID, list[WorkDocument]]:
    """What was handed in with some works of a school, by work: those of now in the pupil's order, then earlier ones.

    The caller has asked for the right.
    """
    found: dict[UUID, list[WorkDocument]] = {}
    if not submissions:
        return found
    rows = db.scalars(
        select(SubmissionDocument)
        .where(SubmissionDocument.submission_id.in_(submissions))
        .order_by(
            SubmissionDocument.earlier,
            SubmissionDocument.version.desc(),
            SubmissionDocument.position,
            SubmissionDocument.id,
        )
    ).all()
    if not rows:
        return found
    provider = DocumentProvider(db, organization_id)
    grants = [row.id for row in rows]
    told = provider.fenced(lambda documents: documents.versions(db, actor, organization_id, grants))
    known: Mapping[UUID, FrozenVersion] = {each.grant: each for each in told or ()}
    for row in rows:
        frozen = known.get(row.id)
        found.setdefault(row.submission_id, []).append(
            WorkDocument(
                id=row.id,
                document=row.document_id,
                title=row.title,
                kind=row.kind,
                url=frozen.url if frozen else "",
                gone=told is not None and frozen is None,
                version=row.version,
                earlier=row.earlier,
                handed_in_at=row.handed_in_at,
            )
        )
    return found


def is_keepable(document: PortalDocument) -> bool:
    """Whether the journal can keep the document's id."""
    return 0 < len(document.id) <= LONGEST_DOCUMENT_ID


def own_of(
    db: Session, actor: Actor, provider: DocumentProvider, organization_id: UUID, ids: Sequence[str]
) -> Sequence[PortalDocument] | None:
    """Those of the documents that are the actor's own to hand in; None if nobody can tell."""
    if not ids:
        return ()
    told = provider.fenced(lambda documents: documents.documents(db, actor, organization_id, ids))
    return [each for each in told if each.id in ids and is_keepable(each)] if told is not None else None


def hand_in_documents(
    db: Session,
    actor: Actor,
    made: Submission,
    had: Sequence[WorkDocument],
    ids: Sequence[str],
    *,
    answered: bool,
) -> None:
    """Let a work have exactly these documents, each frozen as it is now.

    `had` are the versions it has, `answered` says that the teacher has returned the work with them: then a document
    handed in anew leaves its version there as an earlier one, else the new version takes its place. A document left out
    is taken back with all its versions. One that can no more be frozen stays as it was handed in. Raises `Invalid` for
    a document that is not the actor's own and for too many, `Conflict` if it cannot be frozen now.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_DOCUMENTS:
        _refuse(counted("Не больше %(count)s документа.", "Не больше %(count)s документов.", MOST_DOCUMENTS))
    provider = DocumentProvider(db, made.organization_id)
    told = own_of(db, actor, provider, made.organization_id, wanted)
    own = {each.id: each for each in told or ()}
    current = {each.document: each for each in had if not each.earlier}
    if any(each not in own and each not in current for each in wanted):
        if told is None and provider.documents is not None:
            raise _not_now()
        _refuse(sentence("Одного из выбранных документов у вас уже нет. Выберите другой."))
    dropped = [each.id for each in had if each.document not in wanted]
    replaced = [current[each].id for each in wanted if each in own and each in current]
    rows = {
        row.id: row
        for row in db.scalars(select(SubmissionDocument).where(SubmissionDocument.submission_id == made.id))
    }
    for grant in dropped if answered else [*dropped, *replaced]:
        db.delete(rows[grant])
    if answered:
        for grant in replaced:
            rows[grant].earlier = True
    handings = {each: Handing(grant=new_id(), document_id=each) for each in wanted if each in own}
    frozen = _freeze(db, actor, provider, made, list(handings.values()))
    for position, each in enumerate(wanted):
        if each not in own:
            rows[current[each].id].position = position
            continue
        version = frozen[handings[each].grant]
        db.add(
            SubmissionDocument(
                id=version.grant,
                organization_id=made.organization_id,
                submission_id=made.id,
                document_id=each,
                title=version.title,
                kind=version.kind,
                position=position,
                version=made.version,
                handed_in_at=now(),
            )
        )
    db.flush()
    _take_back(db, actor, provider, made.organization_id, dropped if answered else [*dropped, *replaced])


def titles_of(db: Session, submission_id: UUID) -> list[str]:
    """What the documents of a work are called, in the pupil's order."""
    of_work = SubmissionDocument.submission_id == submission_id
    return list(
        db.scalars(
            select(SubmissionDocument.title)
            .where(of_work, SubmissionDocument.earlier.is_(False))
            .order_by(SubmissionDocument.position, SubmissionDocument.id)
        )
    )


def _refuse(wrong: str) -> None:
    raise Invalid(
        "Работа не сдана.",
        advice="Исправьте отмеченное и сдайте снова.",
        fields={"documents": wrong},
    )


def _not_now() -> Conflict:
    return Conflict(
        "Документ сейчас сдать не получается.",
        advice="Повторите через несколько минут. Если срок подходит, приложите файл или напишите ответ.",
    )


def _freeze(
    db: Session, actor: Actor, provider: DocumentProvider, made: Submission, handings: Sequence[Handing]
) -> Mapping[UUID, FrozenVersion]:
    if not handings or provider.documents is None:
        return {}
    try:
        with db.begin_nested():
            told = provider.documents.hand_in(db, actor, made.organization_id, SUBMISSION, handings)
            frozen = {each.grant: each for each in told}
            if any(each.grant not in frozen for each in handings):
                raise LookupError("a document handed in has no frozen version")
    except PortalError as refused:
        raise Conflict(refused.message, advice=refused.advice) from refused
    except Exception as error:  # a plugin may raise anything
        provider.blame(error)
        raise _not_now() from error
    return frozen


def _take_back(
    db: Session, actor: Actor, provider: DocumentProvider, organization_id: UUID, grants: Sequence[UUID]
) -> None:
    if grants:
        provider.fenced(lambda documents: documents.take_back(db, actor, organization_id, grants))


def erase_documents(db: Session, actor: Actor, submissions: Sequence[Any]) -> None:
    """Take out what was handed in with some works, given with `id` and `organization_id`."""
    for organization_id in {row.organization_id for row in submissions}:
        here = [row.id for row in submissions if row.organization_id == organization_id]
        rows = db.scalars(select(SubmissionDocument).where(SubmissionDocument.submission_id.in_(here))).all()
        if not rows:
            continue
        for row in rows:
            db.delete(row)
        db.flush()
        provider = DocumentProvider(db, organization_id)
        _take_back(db, actor, provider, organization_id, [row.id for row in rows])
