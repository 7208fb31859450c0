"""What the history of changes calls exemptions, for those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Subject
from core.roles.actor import Actor
from core.web.i18n import lazy
from plugins.journal.access import VIEW
from plugins.journal.exemptions.exempting import KINDS
from plugins.journal.exemptions.listed import seen_exemptions
from plugins.journal.exemptions.models import JournalExemption

FIELDS = {
    "first_day": lazy("первый день"),
    "last_day": lazy("последний день"),
    "kind": lazy("вид"),
    "reason": lazy("причина"),
    "basis": lazy("основание"),
}
VALUES = {"kind": KINDS}


def exemptions_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Exemptions: «Семёнов А. П., Физическая культура»."""
    if not actor.can(VIEW):
        return {}
    rows = db.execute(
        select(JournalExemption.id, Subject.name, Person.last_name, Person.first_name, Person.middle_name)
        .join(Person, Person.id == JournalExemption.pupil_id)
        .join(Subject, Subject.id == JournalExemption.subject_id)
        .where(JournalExemption.id.in_([UUID(each) for each in ids]), seen_exemptions(actor))
    )
    return {
        str(row.id): (
            f"{short_name(row.last_name, row.first_name, row.middle_name)}, {row.name}",
            "/journal/exemptions?past=true",
        )
        for row in rows
    }
