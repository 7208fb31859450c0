"""Everything the portal and its plugins know about one person: given out on request, erased where allowed.

152-ФЗ: a person may ask what is kept and have it erased; what a law requires to keep stays, and the answer
says why.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.audit.models import AuditRecord, CardView
from core.audit.record import Change, record
from core.consents.models import Consent
from core.database.base import now
from core.database.session import Session
from core.errors import Forbidden, NotFound
from core.identity.directory import holds_place
from core.identity.models import (
    AccessToken,
    Account,
    ExternalIdentity,
    Guardianship,
    Notification,
    Person,
    PersonMerge,
    SignInSession,
)
from core.organizations.models import Enrollment, PupilGroupMembership, TeachingAssignment
from core.personal_page import readable
from core.personal_words import in_words
from core.pupil_files.models import FormerSchool
from core.requests.models import Request, RequestComment
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.support.models import SupportMessage, SupportReply
from core.web.i18n import gettext as _
from core.web.i18n import sentence

EXPORT = "core.personal_data.export"
CORE = "core"
Advance = Callable[[int, int], None]
OWN_CHANGES = 10_000
NO_WORDS: Mapping[str, str] = {}
LEFT_OUT = frozenset({"token_hash", "provider_state", "name_key"})
"""Columns that are no data about the person: they would let somebody act as them, or only serve the search."""


def export_person(
    db: Session, actor: Actor, person_id: UUID, advance: Advance = lambda _done, _total: None
) -> dict[str, Any]:
    """All that is known about a person, by source. A plugin that fails is named with the error's id.

    For oneself, for those with `core.personal_data.export` where the person belongs, and for the installation's
    operator (the system actor); raises `Forbidden` for anybody else. `advance` hears how many sources are read.
    """
    if not (actor.is_system or actor.person_id == person_id or holds_place(db, actor, person_id, EXPORT)):
        raise Forbidden(
            _("Выгрузить можно только свои данные."), advice=_("Данные другого человека выдаёт его школа.")
        )
    if db.get(Person, person_id) is None:
        raise NotFound(_("Такого человека нет."))
    sources = list(db.portal.plugins.each("personal_data"))
    found: dict[str, Any] = {CORE: _core(db, person_id)}
    for number, (plugin, source) in enumerate(sources, 1):
        advance(number, len(sources) + 1)
        try:
            with db.begin_nested():
                found[source.name] = dict(source.export(db, person_id))
        except Exception as error:  # a plugin may raise anything
            found[source.name] = {
                "error_id": db.portal.plugins.fence(
                    plugin.name, sentence("выгрузка данных о человеке"), error
                )
            }
    return found


def as_archive(db: Session, person_id: UUID, data: Mapping[str, Any]) -> bytes:
    """The export as a zip: one JSON file for each source, in UTF-8, and a page that people read."""
    sources = {source.name: source for _plugin, source in db.portal.plugins.each("personal_data")}
    told = [(sentence("Портал"), in_words(db, person_id, data[CORE]), NO_WORDS)]
    told += [
        (str(sources[name].title), content, sources[name].words)
        for name, content in data.items()
        if name != CORE
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", readable(told))
        for name, content in data.items():
            text = msgspec.json.format(
                msgspec.json.encode(content, enc_hook=str, order="deterministic"), indent=2
            )
            archive.writestr(f"{name}.json", text)
    return packed.getvalue()


def export_own(db: Session, actor: Actor) -> bytes:
    """The actor's own data as a zip; that it was taken out is recorded."""
    if actor.person_id is None:
        raise Forbidden(_("Выгрузить можно только свои данные."), advice=_("Войдите в портал."))
    data = export_person(db, actor, actor.person_id)
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action="core.personal_data.export",
            subject_type="person",
            subject_id=str(actor.person_id),
            after={"sources": sorted(data)},
        ),
    )
    return as_archive(db, actor.person_id, data)


def _core(db: Session, person_id: UUID) -> dict[str, Any]:
    account_ids = db.scalars(select(Account.id).where(Account.person_id == person_id)).all()
    by_person: dict[str, Any] = {
        "person": select(Person.__table__).where(Person.id == person_id),
        "account": select(Account.__table__).where(Account.person_id == person_id),
        "identities": select(ExternalIdentity.__table__).where(ExternalIdentity.account_id.in_(account_ids)),
        "sessions": select(SignInSession.__table__).where(SignInSession.account_id.in_(account_ids)),
        "tokens": select(AccessToken.__table__).where(AccessToken.account_id.in_(account_ids)),
        "roles": select(StructuralRole.__table__).where(StructuralRole.person_id == person_id),
        "classes": select(Enrollment.__table__).where(Enrollment.person_id == person_id),
        "groups": select(PupilGroupMembership.__table__).where(PupilGroupMembership.person_id == person_id),
        "former_schools": select(FormerSchool.__table__).where(FormerSchool.person_id == person_id),
        "teaching": select(TeachingAssignment.__table__).where(TeachingAssignment.teacher_id == person_id),
        "guardianships": select(Guardianship.__table__).where(
            (Guardianship.guardian_id == person_id) | (Guardianship.child_id == person_id)
        ),
        "consents": select(Consent.__table__).where(
            (Consent.person_id == person_id) | (Consent.given_by == person_id)
        ),
        "notifications": select(Notification.__table__).where(Notification.person_id == person_id),
        "views_of_me": select(
            CardView.at, CardView.viewer_id, CardView.role, CardView.organization_id, CardView.what
        )
        .where(CardView.person_id == person_id)
        .order_by(CardView.id.desc())
        .limit(OWN_CHANGES),
        "requests": select(Request.__table__).where(Request.author_id == person_id),
        "request_comments": select(RequestComment.__table__).where(RequestComment.author_id == person_id),
        "merges": select(PersonMerge.__table__).where(PersonMerge.kept_id == person_id),
        "questions": select(
            SupportMessage.created_at,
            SupportMessage.subject,
            SupportMessage.text,
            SupportMessage.page,
            SupportMessage.number,
        ).where(SupportMessage.author_id == person_id),
        "question_messages": select(
            SupportReply.created_at, SupportMessage.subject, SupportReply.from_support, SupportReply.text
        )
        .join(SupportMessage, SupportMessage.id == SupportReply.message_id)
        .where(SupportMessage.author_id == person_id)
        .order_by(SupportReply.created_at, SupportReply.id),
        "changes_made": select(AuditRecord.at, AuditRecord.role, AuditRecord.action, AuditRecord.subject_type)
        .where(AuditRecord.person_id == person_id)
        .order_by(AuditRecord.id.desc())
        .limit(OWN_CHANGES),
    }
    found: dict[str, Any] = {"exported_at": now()}
    for name, statement in by_person.items():
        found[name] = [
            {key: value for key, value in row.items() if key not in LEFT_OUT}
            for row in db.execute(statement).mappings()
        ]
    return found
