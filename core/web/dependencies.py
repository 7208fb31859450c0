"""What a handler may ask for by name: `actor`, `visit`, `database`, `portal`."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide

from core.database.engine import Database
from core.errors import SignInNeeded
from core.identity.sessions import Visit
from core.portal import Portal
from core.roles.actor import Actor
from core.web.visit import portal_of, visit_of


def provide_portal(request: Request[Any, Any, Any]) -> Portal:
    """The portal itself."""
    return portal_of(request)


def provide_database(request: Request[Any, Any, Any]) -> Database:
    """The portal's database."""
    return portal_of(request).database


def provide_actor(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Actor:
    """Whoever acts. Raises `SignInNeeded` if nobody is signed in.

    It asks for the database only to come after it: Litestar starts a task for each of two providers that do
    not wait for one another, and that costs a page more than everything these do.
    """
    actor = visit_of(request).actor
    if actor is None:
        raise SignInNeeded(
            "Вы не вошли или сеанс завершился.", advice="Войдите снова: страница откроется на том же месте."
        )
    return actor


def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    """What is known of the visitor, signed in or not."""
    return visit_of(request)


dependencies = {
    "actor": Provide(provide_actor, sync_to_thread=False),
    "visit": Provide(provide_visit, sync_to_thread=False),
    "database": Provide(provide_database, sync_to_thread=False),
    "portal": Provide(provide_portal, sync_to_thread=False),
}
