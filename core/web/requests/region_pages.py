"""What comes after a region has been let in: the invitation of its coordinator, ready to be sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.identity import accounts
from core.organizations import directory
from core.portal import Portal
from core.requests.region_invitation import invitation
from core.roles.access import reaches
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.i18n import gettext as _
from core.web.pages import Page, render


@get("/requests/{request_id:uuid}/region", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def region_opened(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    request_id: FromPath[UUID],
) -> Page:
    """Who looks after the region now, and the letter that tells them how to begin."""
    with database.reading() as db:
        found = invitation(db, actor, request_id)
        letter = found.letter(portal.config.address, portal.config.support_contact)
        subject = _("Вы координатор региона в портале «Моя школа»")
        return render(
            request,
            "requests/region.html",
            found=found,
            request_id=request_id,
            subject=subject,
            letter=letter,
            mail_to=f"mailto:{quote(found.email, safe='@')}?subject={quote(subject)}&body={quote(letter)}",
            may_see_region=reaches(db, actor, directory.VIEW, found.region),
            may_see_account=reaches(db, actor, accounts.VIEW, found.region),
        )


region_routes: list[Any] = [region_opened]
