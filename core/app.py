"""Builds the web application out of the core and the installed plugins."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import ImproperlyConfiguredException
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType]

from core import config as configuration
from core.api import TimesOfDay, openapi_config
from core.api.routes import api_routes
from core.database import migrations
from core.errors import ConfigurationError
from core.portal import Portal
from core.tasks import Worker
from core.web import errors
from core.web.assets import STATIC
from core.web.dependencies import dependencies
from core.web.guards import PluginGate, unguarded
from core.web.i18n import Sentence, gettext
from core.web.once import OnceMiddleware
from core.web.router import PortalRouter, without_collector
from core.web.routes import page_routes
from core.web.visit import VisitMiddleware, add_headers

log = structlog.get_logger("app")
STATIC_CACHE_SECONDS = 365 * 86400

ORPHAN_SECONDS = 15
"""How long a worker whose server was killed may take to end its requests."""


@without_collector()
def create_app(portal: Portal) -> Litestar:
    """The portal as an ASGI application.

    Raises `ConfigurationError` if a state-changing route is not guarded or two have one address.
    """
    routers = [
        PortalRouter(
            path="/",
            route_handlers=list(plugin.of("routes")),
            guards=[PluginGate(plugin.name)],
            tags=[plugin.name],
        )
        for plugin in portal.plugins.loaded.values()
        if plugin.of("routes")
    ]
    try:
        app = Litestar(
            route_handlers=[
                # In one router: Litestar wraps a sync handler twice if another of its path is registered later.
                PortalRouter(path="/", route_handlers=[*page_routes, *api_routes]),
                *routers,
                create_static_files_router(
                    path="/static",
                    directories=[STATIC],
                    cache_control=None,
                    after_request=_keep_forever,
                    include_in_schema=False,
                ),
                *_plugin_static(portal),
            ],
            middleware=[VisitMiddleware(), OnceMiddleware()],
            before_send=[add_headers],
            exception_handlers={Exception: errors.handle},
            dependencies=dependencies,
            compression_config=CompressionConfig(
                backend="gzip", gzip_compress_level=1, minimum_size=1000, exclude=["^/live", "^/files/"]
            ),
            openapi_config=openapi_config(portal),
            plugins=[TimesOfDay()],
            type_encoders={Sentence: gettext},
            lifespan=[_lifespan],
            state=State({"portal": portal}),
            request_max_body_size=portal.config.upload_limit_mb * 1024 * 1024 + 1024 * 1024,
            logging_config=None,
            pdb_on_exception=False,
            debug=False,
        )
    except ImproperlyConfiguredException as error:
        raise ConfigurationError(
            f"Адреса портала и плагинов не складываются: {error.detail}.",
            advice="Уберите из списка plugins плагин, который объявляет этот адрес, и сообщите его автору.",
        ) from error
    open_routes = sorted(unguarded(app))
    if open_routes:
        raise ConfigurationError(
            f"Адрес {open_routes[0]} меняет данные, но не требует прав.",
            advice="Добавьте guards=[needs(…)] или opt={'public': 'почему'} в обработчик плагина.",
        )
    return app


def from_environment() -> Litestar:
    """The application for an ASGI server's worker, from `moyashkola.toml` and the environment."""
    from core.logs import configure_logs

    settings = configuration.load()
    configure_logs(settings)
    portal = Portal(settings)
    migrations.mark_unmigrated(portal)
    app = create_app(portal)
    keep_out_of_garbage()
    return app


def keep_out_of_garbage() -> None:
    """Let the collector pass over what there is by now: it lives as long as the server.

    Looking through all of it again and again held a page up for a fifth of a second every so often.
    """
    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None, None]:
    """Live updates and, unless a separate worker does it, background tasks run as long as the server."""
    portal: Portal = app.state.portal
    _end_with_parent()
    portal.live.start(asyncio.get_running_loop())
    stop = threading.Event()
    worker: threading.Thread | None = None
    if portal.config.tasks_in_server:
        worker = threading.Thread(target=Worker(portal).run_forever, args=(stop,), name="tasks", daemon=True)
        worker.start()
    try:
        yield
    finally:
        stop.set()
        if worker is not None:
            await asyncio.to_thread(worker.join, 10)
        portal.close()


def _end_with_parent() -> None:
    """Have a worker process of the server end when the process that started it was killed.

    Orphaned, it would hold the port, and the next start would find it busy.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _plugin_static(portal: Portal) -> list[Router]:
    """Files a vendor's wheel ships ready-made, under `/static-plugins/<name>/`."""
    return [
        create_static_files_router(
            path=f"/static-plugins/{plugin.name}",
            directories=[Path(plugin.folder / "static")],
            include_in_schema=False,
        )
        for plugin in portal.plugins.loaded.values()
        if (plugin.folder / "static").is_dir()
    ]


def _keep_forever(response: Response[Any]) -> Response[Any]:
    """Built files carry their hash in their name: browsers need never ask again."""
    response.headers["cache-control"] = f"public, max-age={STATIC_CACHE_SECONDS}, immutable"
    return response
