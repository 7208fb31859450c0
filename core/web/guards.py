"""Guards: what a route demands of its visitor before its handler runs.

Every route that changes state carries one of them or `opt={"public": "why"}`; `unguarded` finds those that
do not, and the portal refuses to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from core.errors import NotFound, RoleNotChosen, SignInNeeded
from core.web.i18n import sentence
from core.web.visit import SAFE_METHODS, portal_of, visit_of

Connection = ASGIConnection[Any, Any, Any, Any]


class Needs:
    """Guard: somebody is signed in and the acting role has the permission."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Raise `SignInNeeded`, `RoleNotChosen` or `Forbidden`."""
        await signed_in(connection, handler)
        visit = visit_of(connection)
        if not visit.role_chosen and _is_page(connection):
            raise RoleNotChosen("У вас несколько ролей.", advice="Выберите, в какой работать.")
        assert visit.actor is not None  # noqa: S101 -- signed_in has seen to it
        visit.actor.require(self.permission)


def needs(permission: str) -> Needs:
    """Guard for a route that only roles with `permission` may use."""
    return Needs(permission)


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard for what everybody may do for themselves: settings, notifications, own sessions."""
    if visit_of(connection).actor is None:
        raise SignInNeeded(
            "Вы не вошли или сеанс завершился.", advice="Войдите снова: страница откроется на том же месте."
        )


def _is_page(connection: Connection) -> bool:
    """Whether somebody opens a page, and no script asks for a piece of one."""
    headers = connection.headers
    return (
        connection.scope.get("method") == "GET"
        and "text/html" in headers.get("accept", "")
        and "hx-request" not in headers
    )


class PluginGate:
    """Guard before all routes of a plugin: where it is switched off, they do not exist."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Raise `NotFound` if the plugin is off for the acting role's organization."""
        actor = visit_of(connection).actor
        portal = portal_of(connection)
        plugin = portal.plugins.loaded[self.plugin]
        off = (
            actor is not None
            and actor.role is not None
            and not portal.switches.is_on(self.plugin, actor.role.organization_path)
        )
        if off or plugin.schema_failed:
            raise NotFound(
                sentence(
                    "Раздел «%(title)s» не подключён для вашей организации.", title=plugin.manifest.title
                ),
                advice="Подключить его может администратор школы или региона в разделе «Плагины».",
            )


class GuardedRoute(msgspec.Struct, frozen=True, kw_only=True):
    """An address with one method, and what it demands: a permission, somebody signed in, or nothing.

    `others` are permissions it demands besides. `public` is the reason of a route that changes something and
    demands nothing. `documented` says that it belongs to the API.
    """

    method: str
    path: str
    permission: str
    others: Sequence[str]
    signed_in: bool
    public: str
    documented: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def guarded_routes(app: Litestar) -> Iterable[GuardedRoute]:
    """Every address of the application with what it demands. A new sort of route raises `TypeError`."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            raise TypeError(f"{route.path}: only HTTP routes are known to be guarded")
        for handler in route.route_handlers:
            guards: list[Any] = [getattr(each, "func", each) for each in handler.resolve_guards()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            demanded = [each.permission for each in guards if isinstance(each, Needs)]
            for method in sorted(set(handler.http_methods) - {"OPTIONS"}):
                yield GuardedRoute(
                    method=method,
                    path=route.path,
                    permission=demanded[-1] if demanded else "",
                    others=demanded[:-1],
                    signed_in=any(each is signed_in for each in guards),
                    public=str(handler.opt.get("public") or ""),
                    documented=route.path.startswith("/api/v1") and handler.include_in_schema is not False,
                )


def unguarded(app: Litestar) -> Iterable[str]:
    """State-changing routes that nothing guards, as `POST /path`."""
    for route in guarded_routes(app):
        changes = route.method not in SAFE_METHODS
        if changes and not (route.permission or route.signed_in or route.public):
            yield str(route)
