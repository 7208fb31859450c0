"""How long data are kept, on what grounds, and what was deleted last time: for operators."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from core.database.engine import Database
from core.retention import applying
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, render


@get("/retention", guards=[needs(applying.VIEW)], sync_to_thread=True, include_in_schema=False)
def retention_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The rules in force."""
    with database.reading() as db:
        return render(request, "retention.html", lines=applying.rule_lines(db, actor))


retention_routes: list[Any] = [retention_page]
