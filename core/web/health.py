"""Whether the server lives, and whether it is ready to serve: for supervisors and balancers."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency

from core.database import migrations
from core.errors import PortalError
from core.portal import Portal


@get("/healthz", include_in_schema=False, sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False, sync_to_thread=True)
def readyz(portal: NamedDependency[Portal]) -> Response[dict[str, object]]:
    """The database answers and the core's tables are up to date; 503 says what is missing."""
    try:
        portal.database.ping()
        behind = migrations.pending(portal)
    except PortalError as error:
        return Response({"status": "unavailable", "reason": error.message}, status_code=503)
    if migrations.CORE in behind:
        return Response({"status": "unavailable", "reason": "migrations pending"}, status_code=503)
    return Response({"status": "ok", "plugins_behind": behind})
