"""Routers of an application, put together without reading anew what never changes."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import Any, Self

from litestar import Router
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute


class PortalRouter(Router):
    """A router that is made for one application out of handlers that several share.

    Litestar reads the signature of a handler where it is asked for first, and copies a router with all there is in it
    for the application. Here it is read at the handler itself, so that a second application of the process finds it
    read, and goes into the copy as it is. What else belongs to a handler is copied, as ever.
    """

    def __init__(self, path: str, *, route_handlers: Iterable[Any], **options: Any) -> None:
        handlers = list(route_handlers)
        for each in handlers:
            if isinstance(each, BaseRouteHandler):
                _ = each.parsed_fn_signature
        super().__init__(path, route_handlers=handlers, **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy with handlers of its own. The rest is not shared: nobody keeps the router it was copied from."""
        made = copy(self)
        memo[id(self)] = made
        for route in self.routes:
            handlers = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
            for signature in (each.parsed_fn_signature for each in handlers):
                memo[id(signature)] = signature
        made.routes = deepcopy(self.routes, memo)
        return made


@contextmanager
def without_collector() -> Generator[None, None, None]:
    """Let the collector of garbage wait: it would go through the half-made application again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
