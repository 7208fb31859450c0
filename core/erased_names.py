"""Copies of an erased person's name: what the portal has written about them in others' requests, news and records.

Each place is looked through only where the person was known (`Known`), so that erasing one of a million people does
not read what a million others have. The record of changes stays whole: `core.audit.hiding`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, Text, and_, delete, exists, false, or_, select, type_coerce
from sqlalchemy import cast as cast_to

from core.audit.models import AuditRecord
from core.consents.models import Consent
from core.database.session import Session
from core.exchange.models import ImportedRow, ImportRun
from core.files import StoredFile
from core.identity.models import Guardianship, Notification, Person, PersonMerge
from core.identity.name_words import NameWord
from core.identity.names import sort_key
from core.organizations.models import (
    Announcement,
    Enrollment,
    Organization,
    OrganizationGroup,
    PupilGroupMembership,
    PupilMove,
)
from core.requests.models import Request, RequestComment
from core.roles.models import RoleStep, StructuralRole
from core.search import starts_a_word
from core.support.models import SupportMessage, SupportReply
from core.tasks.models import Task
from core.web.i18n import Sentence

NAME_FIELDS = ("last_name", "first_name", "middle_name")
PERSONAL = frozenset(
    {
        *NAME_FIELDS,
        "name",
        "birth_date",
        "snils",
        "birth_certificate",
        "phone",
        "email",
        "contact",
        "document",
    }
)
"""Fields that say something of the person in a row that is about nobody else."""


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody's name is written, and what is to stand in its place."""

    last_name: str
    first_name: str
    middle_name: str
    pattern: re.Pattern[str]
    instead: str
    number: str

    def blanked(self, text: str) -> str:
        """A text without the name: surname with first name or initials, in any order."""
        return self.pattern.sub(lambda _found: self.instead, text)

    def cleaned(self, value: Any) -> Any:
        """`blanked` for all that a document or a sentence holds."""
        if isinstance(value, Sentence):
            return Sentence(
                value.message, {name: self.cleaned(each) for name, each in value.values.items()}, value.many
            )
        if isinstance(value, str):
            return self.blanked(value)
        if isinstance(value, Mapping):
            held = cast("Mapping[str, Any]", value)
            if self.names(held):
                held = {**held, **dict.fromkeys(PERSONAL & held.keys()), **self._instead(held)}
            return {self.blanked(name): self.cleaned(each) for name, each in held.items()}
        if isinstance(value, list):
            return [self.cleaned(each) for each in cast("list[Any]", value)]
        return value

    def cleaned_but_author(self, held: Mapping[str, Any]) -> Mapping[str, Any]:
        """`cleaned` for a record of the history whose author stays."""
        return {**self.cleaned(held), "person_name": held["person_name"]}

    def names(self, held: Mapping[str, Any]) -> bool:
        """Whether the fields of a name in a document are this one."""
        return all(
            isinstance(held.get(field), str) and sort_key(held[field]) == sort_key(mine)
            for field, mine in (("last_name", self.last_name), ("first_name", self.first_name))
        )

    def _instead(self, held: Mapping[str, Any]) -> dict[str, Any]:
        archived, _space, number = self.instead.partition(" ")
        return {"last_name": archived, "first_name": number} | (
            {"middle_name": None} if "middle_name" in held else {}
        )


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Where an erased person was known, gathered before the ties go."""

    person_id: UUID
    birth_date: str
    organizations: Collection[UUID]
    """Where the person worked, studied or was a pupil's guardian."""
    above: Collection[UUID]
    """Those and all above them."""
    relatives: Collection[UUID]
    roles: Collection[UUID]
    keys: Collection[str]
    """Whatever in a document can point at the person: their own key, those of their roles and ties."""


def known_of(db: Session, person: Person) -> Known:
    """Where the portal may have written about somebody."""
    roles = db.execute(
        select(StructuralRole.id, StructuralRole.organization_id).where(StructuralRole.person_id == person.id)
    ).all()
    organizations = {role.organization_id for role in roles}
    organizations |= set(
        db.scalars(select(Enrollment.organization_id).where(Enrollment.person_id == person.id).distinct())
    )
    organizations |= set(db.scalars(select(Request.organization_id).where(Request.author_id == person.id)))
    paths = db.scalars(select(Organization.path).where(Organization.id.in_(organizations)))
    ties = db.scalars(
        select(Guardianship).where(
            or_(Guardianship.guardian_id == person.id, Guardianship.child_id == person.id)
        )
    ).all()
    keys = {person.id, *(role.id for role in roles), *(tie.id for tie in ties)}
    return Known(
        person_id=person.id,
        birth_date=person.birth_date.isoformat() if person.birth_date else "",
        organizations=organizations,
        above={UUID(each) for path in paths for each in path.rstrip("/").split("/")},
        relatives={each for tie in ties for each in (tie.guardian_id, tie.child_id)} - {person.id},
        roles={role.id for role in roles},
        keys={str(each) for each in keys},
    )


def spelling_of(person: Person, archived: str, number: str) -> Spelling:
    """How the name of `person` may be written; `archived` and `number` are to stand instead."""
    last, first, middle = (
        _loose(each or "") for each in (person.last_name, person.first_name, person.middle_name)
    )
    letters = "".join(rf"\s*{_loose(each[0])}\." for each in (person.middle_name,) if each)
    initials = rf"{_loose(person.first_name[0])}\.(?:{letters})?"
    whole = rf"{first}(?:\s+{middle})?" if middle else first
    given = rf"(?:{whole}|{initials})"
    return Spelling(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name or "",
        pattern=re.compile(rf"(?<!\w)(?:{last}\s+{given}|{given}\s*{last})(?!\w)", re.IGNORECASE),
        instead=f"{archived} № {number}",
        number=number,
    )


def _loose(text: str) -> str:
    """A part of a name as a pattern: ё and е are alike, so are spaces."""
    return r"\s+".join(re.sub("[её]", "[её]", re.escape(word), flags=re.IGNORECASE) for word in text.split())


def blank(db: Session, known: Known, spelled: Spelling) -> None:
    """Write the number in the place of the name wherever the portal keeps it outside the record of changes."""
    surname = spelled.last_name
    _requests(db, known, spelled)
    _notifications(db, known, spelled)
    _imports(db, known, spelled)
    here, above = known.organizations, known.above
    comments = select(RequestComment).join(Request, Request.id == RequestComment.request_id)
    kept_by = select(OrganizationGroup.id).where(OrganizationGroup.organization_id.in_(above))
    own = known.person_id
    for found, columns in (
        (comments.where(Request.organization_id.in_(here), _has(surname, RequestComment.text)), ("text",)),
        (
            select(SupportMessage).where(
                SupportMessage.organization_id.in_(above),
                _has(surname, SupportMessage.subject, SupportMessage.text),
            ),
            ("subject", "text"),
        ),
        (
            select(SupportReply)
            .join(SupportMessage, SupportMessage.id == SupportReply.message_id)
            .where(SupportMessage.organization_id.in_(above), _has(surname, SupportReply.text)),
            ("text",),
        ),
        (
            select(Consent).where(
                or_(Consent.organization_id.in_(here), Consent.person_id.in_(known.relatives)),
                _has(surname, Consent.signed_by, Consent.document, Consent.withdrawal_reason),
            ),
            ("signed_by", "document", "withdrawal_reason"),
        ),
        (
            select(PersonMerge).where(or_(PersonMerge.kept_id == own, PersonMerge.merged_by == own)),
            ("merged_by_name",),
        ),
        (
            select(Announcement).where(
                Announcement.group_id.in_(kept_by),
                _has(surname, Announcement.author_name, Announcement.title, Announcement.body),
            ),
            ("author_name", "title", "body"),
        ),
        (
            select(PupilMove).where(
                PupilMove.organization_id.in_(above), _has(surname, PupilMove.author_name, PupilMove.reason)
            ),
            ("author_name", "reason", "steps"),
        ),
        (
            select(StructuralRole).where(
                StructuralRole.organization_id.in_(here), _has(surname, StructuralRole.basis)
            ),
            ("basis",),
        ),
        (
            select(RoleStep)
            .join(StructuralRole, StructuralRole.id == RoleStep.role_id)
            .where(StructuralRole.organization_id.in_(here), _has(surname, RoleStep.basis)),
            ("basis",),
        ),
        (
            select(Guardianship).where(
                or_(
                    Guardianship.guardian_id.in_(known.relatives), Guardianship.child_id.in_(known.relatives)
                ),
                _has(surname, Guardianship.basis),
            ),
            ("basis",),
        ),
        (
            select(Enrollment).where(
                or_(Enrollment.person_id == own, Enrollment.person_id.in_(known.relatives)),
                _has(surname, Enrollment.basis, Enrollment.end_basis),
            ),
            ("basis", "end_basis"),
        ),
        (
            select(PupilGroupMembership).where(
                PupilGroupMembership.person_id == own,
                _has(surname, PupilGroupMembership.basis, PupilGroupMembership.end_basis),
            ),
            ("basis", "end_basis"),
        ),
        (
            select(StoredFile).where(StoredFile.organization_id.in_(above), _has(surname, StoredFile.name)),
            ("name",),
        ),
        (
            select(Task).where(
                Task.organization_id.in_(above), _has(surname, Task.progress_text, Task.error)
            ),
            ("progress_text", "error"),
        ),
    ):
        _clean(db, found, columns, spelled)
    for merge in db.scalars(select(PersonMerge).where(PersonMerge.kept_id == own)):
        merge.absorbed_name = spelled.instead
    db.flush()


def in_history(db: Session, known: Known, spelled: Spelling) -> ColumnElement[bool]:
    """Records of changes, where the person was known, that may name them."""
    surname = spelled.last_name
    # SQLite keeps a document as it was written, PostgreSQL as it reads.
    in_document = json.dumps(surname)[1:-1] if db.portal.database.is_sqlite else surname
    return and_(
        AuditRecord.chain.in_([str(each) for each in known.above]),
        AuditRecord.action.startswith("core."),
        or_(
            AuditRecord.reason.contains(surname, autoescape=True),
            *(
                cast_to(column, Text).contains(in_document, autoescape=True)
                for column in (AuditRecord.before, AuditRecord.after)
            ),
        ),
    )


def forget_words(db: Session, name_key: str) -> None:
    """Drop the words of a name that nobody has any more; the person's own is written over by now."""
    for word in set(re.split(r"[\s-]+", name_key)):
        if word and not db.scalar(select(exists().where(starts_a_word(Person.name_key, word)))):
            db.execute(delete(NameWord).where(NameWord.word == word))


def _has(surname: str, *columns: Any) -> ColumnElement[bool]:
    """Rows that are worth a look; whether it is the person's name, the pattern tells."""
    spelled = {surname, surname.replace("ё", "е"), surname.upper()}
    return or_(false(), *(column.contains(each, autoescape=True) for column in columns for each in spelled))


def _clean(db: Session, found: Select[Any], columns: Sequence[str], spelled: Spelling) -> None:
    for row in db.scalars(found):
        for name in columns:
            before = getattr(row, name)
            if before and (after := spelled.cleaned(before)) != before:
                setattr(row, name, after)
    db.flush()


def _requests(db: Session, known: Known, spelled: Spelling) -> None:
    for request in db.scalars(select(Request).where(Request.organization_id.in_(known.organizations))):
        cleaned = spelled.cleaned(request.values)
        if cleaned != request.values:
            request.values = cleaned


def _notifications(db: Session, known: Known, spelled: Spelling) -> None:
    told = select(StructuralRole.person_id).where(StructuralRole.organization_id.in_(known.above))
    found = select(Notification).where(
        or_(Notification.person_id.in_(told), Notification.person_id.in_(known.relatives)),
        _has(spelled.last_name, type_coerce(Notification.title, Text), type_coerce(Notification.body, Text)),
    )
    _clean(db, found, ("title", "body"), spelled)


def _imports(db: Session, known: Known, spelled: Spelling) -> None:
    runs = select(ImportRun).where(ImportRun.organization_id.in_(known.above))
    _clean(db, runs, ("title", "files", "author_name", "undone_by_name", "counts", "result"), spelled)
    # What an undo would write back of the person; their row is never undone any more.
    db.execute(delete(ImportedRow).where(ImportedRow.row_id == known.person_id))
