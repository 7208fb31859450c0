"""Licences and accreditations of organizations, kept by the authority above them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import NotFound
from core.organizations.changes import decided_from_above
from core.organizations.models import Licence
from core.organizations.requisites import refuse
from core.roles.actor import Actor
from core.web.i18n import sentence


class LicenceForm(msgspec.Struct, kw_only=True):
    """A licence or an accreditation as it is written down."""

    kind: Annotated[
        Literal["licence", "accreditation"],
        Meta(
            title="Что это",
            extra_json_schema={"titles": {"licence": "Лицензия", "accreditation": "Аккредитация"}},
        ),
    ] = "licence"
    number: Annotated[str, Meta(title="Номер", min_length=1, max_length=80)]
    issued_on: Annotated[date, Meta(title="Дата выдачи")]
    valid_until: Annotated[
        date | None, Meta(title="Действует по", description="Если бессрочная, оставьте пустым.")
    ] = None
    issuer: Annotated[str, Meta(title="Кем выдана", min_length=3, max_length=200)]


def licences_of(db: Session, organization_id: UUID) -> Sequence[Licence]:
    """The licences and accreditations of an organization, the latest first."""
    return db.scalars(
        select(Licence)
        .where(Licence.organization_id == organization_id)
        .order_by(Licence.kind.desc(), Licence.issued_on.desc(), Licence.id)
    ).all()


def add(db: Session, actor: Actor, organization_id: UUID, form: LicenceForm) -> Licence:
    """Write down a licence. Raises `Invalid` if it ends before it begins, `Forbidden`, `NotFound`."""
    decided_from_above(db, actor, organization_id)
    if form.valid_until is not None and form.valid_until < form.issued_on:
        refuse({"valid_until": sentence("Срок заканчивается раньше, чем начинается.")})
    made = Licence(id=new_id(), organization_id=organization_id, **msgspec.structs.asdict(form))
    db.add(made)
    db.flush()
    _note(db, actor, "core.licence.add", made)
    return made


def remove(db: Session, actor: Actor, organization_id: UUID, licence_id: UUID) -> None:
    """Take a licence written down by mistake away. Raises `Forbidden`, `NotFound`."""
    decided_from_above(db, actor, organization_id)
    found = db.get(Licence, licence_id)
    if found is None or found.organization_id != organization_id:
        raise NotFound("Такой лицензии уже нет.", advice="Обновите страницу.")
    _note(db, actor, "core.licence.remove", found)
    db.delete(found)


def _note(db: Session, actor: Actor, action: str, licence: Licence) -> None:
    facts = {
        "kind": licence.kind,
        "number": licence.number,
        "issued_on": licence.issued_on.isoformat(),
        "valid_until": licence.valid_until.isoformat() if licence.valid_until else None,
        "issuer": licence.issuer,
    }
    added = action == "core.licence.add"
    record(
        db,
        actor,
        licence.organization_id,
        Change(
            action=action,
            subject_type="organization",
            subject_id=str(licence.organization_id),
            before=None if added else facts,
            after=facts if added else None,
        ),
    )
