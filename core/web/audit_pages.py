"""Who changed what: the audit record of an organization."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency

from core.audit import reading
from core.database.engine import Database
from core.errors import NotFound
from core.organizations.models import Organization
from core.plugin_overview import organizations_in_reach
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.pages import Page, render, timezone_of


@get("/audit", guards=[needs(reading.VIEW)], sync_to_thread=True, include_in_schema=False)
def audit_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The changes that fit the filters of the address, the latest first."""
    asked = request.query_params
    wanted = asked.get("organization", "")
    organization_id = None if wanted == "portal" else _as_id(wanted) if wanted else actor.organization_id
    filters = {
        "person": asked.get("person", "").strip()[:100].replace("\x00", ""),
        "action": asked.get("action", "").replace("\x00", ""),
        "first": asked.get("first", ""),
        "last": asked.get("last", ""),
    }
    before = asked.get("before", "")
    with database.reading() as db:
        chain = reading.chain_of(db, actor, organization_id)
        page = reading.changes(
            db,
            chain,
            person=filters["person"],
            action=filters["action"],
            first=_as_day(filters["first"]),
            last=_as_day(filters["last"]),
            timezone=timezone_of(request),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
        )
        find = asked.get("find")
        kept = {key: value for key, value in {"organization": wanted, **filters}.items() if value}
        return render(
            request,
            "audit/page.html",
            page=page,
            filters=filters,
            wanted=wanted,
            kept=kept,
            actions=reading.known_actions(db, chain),
            chain=reading.state(db, chain, whole=asked.get("check") == "whole"),
            organization=db.get(Organization, organization_id) if organization_id else None,
            organization_id=str(organization_id or ""),
            searched=find is not None,
            find=find or "",
            found=organizations_in_reach(db, actor, reading.VIEW, find) if find is not None else [],
            next_url="?" + urlencode({**kept, "before": page.before}) if page.before else "",
            whole_url="?" + urlencode({**kept, "check": "whole"}),
        )


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
    # The calendar's first and last days have no moment in UTC.
    return day if day is not None and date.min.year < day.year < date.max.year else None


audit_routes: list[Any] = [audit_page]
