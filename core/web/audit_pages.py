"""Who changed what: the audit record of an organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.audit import reading
from core.audit.reading import AuditPage
from core.audit.record import Change, record
from core.audit.subjects import Subjects, named
from core.audit.telling import RecordLine, told
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.exchange.report_table import as_csv, as_xlsx
from core.organizations.models import Organization
from core.plugin_overview import organizations_in_reach
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, render, timezone_of
from core.worklists.definition import PEOPLE_EXPORT

EXPORTS = ("xlsx", "csv")
EXPORTED = 20_000
"""The most changes that one file has: the latest."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for."""

    organization: str
    organization_id: UUID | None
    filters: Mapping[str, str]
    before: int | None

    @property
    def kept(self) -> dict[str, str]:
        """What stays in the addresses of the page."""
        return {
            key: value for key, value in {"organization": self.organization, **self.filters}.items() if value
        }


def _asked(request: Request[Any, Any, Any], actor: Actor) -> Asked:
    asked = request.query_params
    wanted, before = asked.get("organization", ""), asked.get("before", "")
    return Asked(
        organization=wanted,
        organization_id=None if wanted == "portal" else _as_id(wanted) if wanted else actor.organization_id,
        filters={
            "about": asked.get("about", "").strip()[:100].replace("\x00", ""),
            "person": asked.get("person", "").strip()[:100].replace("\x00", ""),
            "action": asked.get("action", "").replace("\x00", ""),
            "first": asked.get("first", ""),
            "last": asked.get("last", ""),
        },
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
    )


def _subjects(db: Session, actor: Actor, asked: Asked) -> Subjects | None:
    return named(db, actor, asked.filters["about"]) if asked.filters["about"] else None


def _changes(
    db: Session,
    request: Request[Any, Any, Any],
    chain: str,
    asked: Asked,
    subjects: Subjects | None,
    limit: int = reading.PAGE_SIZE,
) -> AuditPage:
    return reading.changes(
        db,
        chain,
        person=asked.filters["person"],
        subjects=subjects.ids if subjects is not None else None,
        action=asked.filters["action"],
        first=_as_day(asked.filters["first"]),
        last=_as_day(asked.filters["last"]),
        timezone=timezone_of(request),
        before=asked.before,
        limit=limit,
    )


@get("/audit", guards=[needs(reading.VIEW)], sync_to_thread=True, include_in_schema=False)
def audit_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The changes that fit the filters of the address, the latest first."""
    asked = _asked(request, actor)
    with database.reading() as db:
        chain = reading.chain_of(db, actor, asked.organization_id)
        subjects = _subjects(db, actor, asked)
        page = _changes(db, request, chain, asked, subjects)
        find = request.query_params.get("find")
        return render(
            request,
            "audit/page.html",
            page=page,
            lines=told(db, actor, page.records),
            filters=asked.filters,
            subjects=subjects,
            wanted=asked.organization,
            actions=reading.known_actions(db, chain),
            chain=reading.state(db, chain, whole=request.query_params.get("check") == "whole"),
            organization=db.get(Organization, asked.organization_id) if asked.organization_id else None,
            organization_id=str(asked.organization_id or ""),
            searched=find is not None,
            find=find or "",
            found=organizations_in_reach(db, actor, reading.VIEW, find) if find is not None else [],
            next_url="?" + urlencode({**asked.kept, "before": page.before}) if page.before else "",
            whole_url="?" + urlencode({**asked.kept, "check": "whole"}),
            export_query="?" + urlencode(asked.kept) if asked.kept else "",
            may_export=actor.can(PEOPLE_EXPORT),
        )


@get(
    "/audit/export/{suffix:str}",
    guards=[needs(reading.VIEW), needs(PEOPLE_EXPORT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def audit_export(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    suffix: FromPath[str],
) -> Response[bytes]:
    """The changes that fit the same filters as a table, the latest first; that it was given out is on record."""
    if suffix not in EXPORTS:
        raise Invalid("Такого вида файла нет.", advice="Выберите xlsx или csv.")
    asked = _asked(request, actor)
    zone = ZoneInfo(timezone_of(request))
    with database.transaction() as db:
        chain = reading.chain_of(db, actor, asked.organization_id)
        found = _changes(db, request, chain, asked, _subjects(db, actor, asked), EXPORTED)
        rows: list[Sequence[str]] = [
            [
                _("Когда"),
                _("Кто"),
                _("Роль"),
                _("Что сделано"),
                _("О ком или о чём"),
                _("Было → стало"),
                _("Причина"),
            ]
        ]
        rows += [_row(line, zone) for line in told(db, actor, found.records)]
        change = Change(
            action="core.list.export",
            subject_type="list",
            subject_id="audit",
            before=None,
            after={"count": len(found.records)},
        )
        record(db, actor, actor.acting_role.organization_id, change)
    content = as_xlsx([(_("История изменений"), rows)]) if suffix == "xlsx" else as_csv(rows)
    return download(content, suffix, _("История изменений"))


def _row(line: RecordLine, zone: ZoneInfo) -> list[str]:
    differences = [
        f"{each.field}: {each.before} → {each.after or _('пусто')}"
        if each.before
        else f"{each.field}: {each.after}"
        for each in line.differences
    ]
    return [
        f"{line.record.at.astimezone(zone):%d.%m.%Y %H:%M}",
        line.record.person_name,
        ", ".join(each for each in (line.role, line.origin) if each),
        line.action,
        line.subject.text or line.kind,
        "; ".join(differences),
        line.record.reason,
    ]


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес.")) from None


def _as_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return reading.day_with_a_moment(day)


audit_routes: list[Any] = [audit_page, audit_export]
