"""Names instead of ids in the history of changes: what was changed, and what the values point to.

A name is told to whoever may see the thing itself, and leads to its page where they may open it. Whatever has gone
meanwhile, or is out of the reader's sight, has no name: an id says nothing to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, or_, select

from core.audit.models import AuditRecord
from core.audit.words import LISTS
from core.consents.kinds import all_kinds as consent_kinds
from core.consents.models import ConsentText
from core.database.session import Session
from core.exchange.models import ImportRun
from core.identity.accounts import VIEW as ACCOUNTS
from core.identity.directory import PEOPLE
from core.identity.models import Account, Person
from core.identity.names import full_name, short_name
from core.identity.sessions import school_today
from core.organizations.directory import VIEW as ORGANIZATIONS
from core.organizations.groupings import VIEW as GROUPINGS
from core.organizations.groups import VIEW as GROUPS
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    OrganizationGroup,
    PupilGroup,
    SchoolClass,
    Subject,
)
from core.requests.kinds import all_kinds
from core.requests.models import Request
from core.requests.reading import decidable
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.lifecycle import VIEW as ROLES
from core.roles.models import StructuralRole
from core.web.i18n import gettext, sentence
from core.webhooks.models import MANAGE, Webhook

VIEW = "core.audit.view"
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing is called, and the page about it if the reader may open it."""

    text: str
    url: str = ""


NOTHING = Named(text="")
Finder = Callable[[Session, Actor, Sequence[UUID]], Mapping[UUID, Named]]


class Names:
    """Names of everything that some records speak of, read with a fixed number of statements."""

    def __init__(self, db: Session, actor: Actor, records: Sequence[AuditRecord]) -> None:
        self._db = db
        wanted = {UUID(each) for record in records for each in _ids_in(record)}
        self._found: dict[UUID, Named] = {}
        for find in FINDERS:
            if wanted:
                self._found.update(find(db, actor, sorted(wanted)))
                wanted -= self._found.keys()
        self._of_plugins = _named_by_plugins(db, actor, records)

    def subject(self, record: AuditRecord) -> Named:
        """What a record is about; without words if there is nothing to say or nothing the reader may know."""
        key = (record.subject_type, record.subject_id)
        if key in self._of_plugins:
            return self._of_plugins[key]
        name = record.subject_id
        match record.subject_type:
            case "plugin":
                plugin = self._db.portal.plugins.loaded.get(name)
                return Named(text=gettext(plugin.manifest.title)) if plugin is not None else NOTHING
            case "role_kind":
                kind = self._db.portal.grants.kinds.get(name)
                return Named(text=gettext(kind.title)) if kind is not None else NOTHING
            case "list":
                return Named(text=gettext(LISTS.get(name, "")))
            case _:
                return self.of(name)

    def of(self, text: str) -> Named:
        """The thing with this id."""
        return self._found.get(UUID(text), NOTHING) if UUIDS.fullmatch(text) else NOTHING

    def in_place_of_ids(self, text: str) -> str:
        """A text with names where ids stood, as far as they are known."""
        return UUIDS.sub(lambda found: self.of(found[0]).text, text).strip()


def _ids_in(record: AuditRecord) -> Iterable[str]:
    yield from UUIDS.findall(record.subject_id)
    for side in (record.before, record.after):
        if side:
            yield from UUIDS.findall(msgspec.json.encode(side, enc_hook=str).decode())


def _named_by_plugins(
    db: Session, actor: Actor, records: Sequence[AuditRecord]
) -> Mapping[tuple[str, str], Named]:
    found: dict[tuple[str, str], Named] = {}
    for plugin, each in db.portal.plugins.each("audited_subjects"):
        ids = sorted({record.subject_id for record in records if record.subject_type == each.type})
        if not ids:
            continue
        try:
            with db.begin_nested():
                told = each.name(db, actor, ids)
        except Exception as error:  # a plugin may raise anything
            db.portal.plugins.fence(plugin.name, sentence("названия в истории изменений"), error)
            continue
        found.update({(each.type, key): Named(text=text, url=url) for key, (text, url) in told.items()})
    return found


def _people(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    today = school_today(actor)
    rows = db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            may_be_named(actor).label("known"),
            _has_place(actor, PEOPLE, today).label("has_card"),
            _has_place(actor, ACCOUNTS, today).label("has_account"),
        ).where(Person.id.in_(ids))
    )
    return {
        row.id: Named(
            text=full_name(row.last_name, row.first_name, row.middle_name),
            url=f"/people/{row.id}" if row.has_card else f"/accounts/{row.id}" if row.has_account else "",
        )
        for row in rows
        if row.known
    }


def may_be_named(actor: Actor) -> ColumnElement[bool]:
    """Whether the reader may know the name of a `Person`: of their own organizations, now or before, or oneself."""
    return or_(
        _has_place(actor, PEOPLE, None),
        _has_place(actor, ACCOUNTS, school_today(actor)),
        Person.id == actor.person_id,
    )


def _has_place(actor: Actor, permission: str, today: date | None) -> ColumnElement[bool]:
    """Whether a person has a place where the actor has `permission`; with no day, whether there ever was one."""
    role = exists().where(
        StructuralRole.person_id == Person.id,
        *(() if today is None else (StructuralRole.status != "terminated",)),
        within(actor, permission, StructuralRole.organization_id),
    )
    enrolled = exists().where(
        Enrollment.person_id == Person.id,
        *(() if today is None else (or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= today),)),
        within(actor, permission, Enrollment.organization_id),
    )
    return or_(role, enrolled)


def _requests(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    kinds = all_kinds(db.portal)
    rows = db.execute(
        select(Request.id, Request.kind, Person.last_name, Person.first_name, Person.middle_name)
        .join(Person, Person.id == Request.author_id)
        .where(Request.id.in_(ids), or_(Request.author_id == actor.person_id, decidable(db, actor)))
    )
    return {
        row.id: Named(
            text=gettext("Запрос «%(title)s», %(name)s")
            % {
                "title": gettext(kinds[row.kind][1].title)
                if row.kind in kinds
                else gettext("запрос плагина"),
                "name": short_name(row.last_name, row.first_name, row.middle_name),
            },
            url=f"/requests/{row.id}",
        )
        for row in rows
    }


def _organizations(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    rows = db.execute(
        select(
            Organization.id,
            Organization.short_name,
            within(actor, ORGANIZATIONS, Organization.id).label("reached"),
        ).where(Organization.id.in_(ids))
    )
    return {
        row.id: Named(text=row.short_name, url=f"/organizations/{row.id}" if row.reached else "")
        for row in rows
    }


def _groups(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    return _of_organizations(db, actor, OrganizationGroup, ids, GROUPS, "/organization-groups")


def _classes(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    return _of_organizations(db, actor, SchoolClass, ids, GROUPINGS, "/groupings")


def _pupil_groups(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    return _of_organizations(db, actor, PupilGroup, ids, GROUPINGS, "/groupings")


def _years(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    return _of_organizations(db, actor, AcademicYear, ids, VIEW, "")


def _subjects(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    rows = db.execute(select(Subject.id, Subject.name).where(Subject.id.in_(ids)))
    return {row.id: Named(text=row.name) for row in rows}


def _of_organizations(
    db: Session, actor: Actor, table: Any, ids: Sequence[UUID], permission: str, address: str
) -> Mapping[UUID, Named]:
    """Things that belong to an organization; their pages are open to whoever has `permission` there."""
    rows = db.execute(
        select(table.id, table.name, within(actor, permission, table.organization_id).label("reached")).where(
            table.id.in_(ids),
            or_(within(actor, permission, table.organization_id), within(actor, VIEW, table.organization_id)),
        )
    )
    return {
        row.id: Named(text=row.name, url=f"{address}/{row.id}" if address and row.reached else "")
        for row in rows
    }


def _webhooks(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    return _of_organizations(db, actor, Webhook, ids, MANAGE, "/webhooks")


def _imports(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    rows = db.execute(
        select(ImportRun.id, ImportRun.title).where(
            ImportRun.id.in_(ids), within(actor, VIEW, ImportRun.organization_id)
        )
    )
    return {row.id: Named(text=row.title) for row in rows}


def _consent_texts(db: Session, _actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    titles = {name: kind.title for name, (_plugin, kind) in consent_kinds(db.portal).items()}
    rows = db.execute(select(ConsentText.id, ConsentText.kind).where(ConsentText.id.in_(ids)))
    return {row.id: Named(text=gettext(titles.get(row.kind, ""))) for row in rows}


def _accounts(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    rows = db.execute(select(Account.id, Account.person_id).where(Account.id.in_(ids)))
    owners: dict[UUID, UUID] = {row.id: row.person_id for row in rows}
    names = _people(db, actor, sorted(set(owners.values())))
    return {key: names[person_id] for key, person_id in owners.items() if person_id in names}


def _roles(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, Named]:
    kinds = db.portal.grants.kinds
    rows = db.execute(
        select(StructuralRole.id, StructuralRole.kind).where(
            StructuralRole.id.in_(ids), within(actor, ROLES, StructuralRole.organization_id)
        )
    )
    return {
        row.id: Named(
            text=gettext(kinds[row.kind].title) if row.kind in kinds else "", url=f"/roles/{row.id}"
        )
        for row in rows
    }


FINDERS: Sequence[Finder] = (
    _people,
    _requests,
    _organizations,
    _classes,
    _pupil_groups,
    _groups,
    _years,
    _subjects,
    _accounts,
    _roles,
    _imports,
    _consent_texts,
    _webhooks,
)
"""The tables whose ids stand in records, the commonest first: looked through until every id is found."""
