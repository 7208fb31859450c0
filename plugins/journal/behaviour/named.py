"""Behaviour in the history of changes, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from plugins.journal.access import VIEW


def behaviours_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """«Иванов И. И., 7А» and the sheet of the class, for classes in reach."""
    parts = {key: key.split(":") for key in ids}
    classes = {
        str(row.id): row.name
        for row in db.execute(
            select(SchoolClass.id, SchoolClass.name).where(
                SchoolClass.id.in_([UUID(each[0]) for each in parts.values()]),
                within(actor, VIEW, SchoolClass.organization_id),
            )
        )
    }
    pupils = {
        str(row.id): short_name(row.last_name, row.first_name, row.middle_name)
        for row in db.execute(
            select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
                Person.id.in_([UUID(each[1]) for each in parts.values()])
            )
        )
    }
    return {
        key: (f"{pupils[each[1]]}, {classes[each[0]]}", f"/journal/classes/{each[0]}/behaviour")
        for key, each in parts.items()
        if each[0] in classes and each[1] in pupils
    }
