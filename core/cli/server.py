"""`moyashkola run` and `moyashkola worker`."""

from __future__ import annotations

import errno
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import click

from core.cli.context import console, open_portal, override
from core.cli.database import prepare_tables
from core.config import Config
from core.errors import ConfigurationError
from core.portal import Portal

READY_SECONDS = 60

PORT_TROUBLES = {
    errno.EADDRINUSE: "занят другой программой",
    errno.EACCES: "недоступен: порты до 1024 открывает только администратор",
    errno.EADDRNOTAVAIL: "не открыть: у этого компьютера нет такого адреса",
}


@click.command("run")
@click.option("--host", help="Сетевой адрес вместо MOYASHKOLA_HOST.")
@click.option("--port", type=int, help="Порт вместо MOYASHKOLA_PORT.")
@click.option("--workers", type=int, help="Число процессов вместо MOYASHKOLA_WORKERS.")
@click.option("--demo", is_flag=True, help="При первом запуске создать демонстрационную школу.")
def run_command(host: str | None, port: int | None, workers: int | None, demo: bool) -> None:
    """Запустить портал.

    Новая база данных создаётся сама; существующую перед запуском новой версии обновляет `moyashkola migrate`.
    """
    override(
        HOST=host,
        PORT=str(port) if port else None,
        WORKERS=str(workers) if workers else None,
    )
    with open_portal(tables=False) as portal:
        _prepare(portal, demo)
        settings = portal.config
        workers_in_use = 1 if portal.database.is_sqlite else settings.workers
        _claim_port(settings)
    _serve(settings, workers_in_use, demo=demo)


def _prepare(portal: Portal, demo: bool) -> None:
    """Make the tables of a new database, and the demo school if asked; refuse an outdated database.

    The demo is somebody trying the portal out: its tables are brought up to date without asking.
    """
    prepare_tables(portal, update=demo)
    if demo:
        from core.cli.demo import make_demo_once

        make_demo_once(portal)


def _claim_port(settings: Config) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = PORT_TROUBLES.get(error.errno or 0, f"недоступен ({error})")
            raise ConfigurationError(
                f"Порт {settings.port} на {settings.host} {reason}.",
                advice="Остановите другую программу или укажите другой порт: PORT=8001 make run",
            ) from error


def _announce(settings: Config, demo: bool) -> None:
    """Say where the portal is once it answers."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    address = f"http://{host}:{settings.port}/healthz"
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=1):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    else:
        return
    console.print(f"\n  Моя школа: {settings.address}\n", style="bold", soft_wrap=True)
    if demo:
        from core.cli.demo import print_personas

        print_personas()


def _serve(settings: Config, workers: int, *, demo: bool) -> None:
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    class Server(MPServer):
        def startup(self, spawn_target: Any, target_loader: Any) -> None:
            super().startup(spawn_target, target_loader)
            # Not before the workers are forked: a lock that a thread holds at that moment (of a module it
            # is importing, say) would stay held in the worker for ever.
            threading.Thread(target=_announce, args=(settings, demo), daemon=True).start()

    Server(
        "core.app:from_environment",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        loop=Loops.uvloop,
        log_level=LogLevels.warning,
        log_access=False,
        websockets=False,
        respawn_failed_workers=workers > 1,
        workers_kill_timeout=15,
    ).serve()


@click.command("worker")
def worker_command() -> None:
    """Выполнять фоновые задачи отдельно от сервера.

    На сервере при этом задают MOYASHKOLA_TASKS_IN_SERVER=no.
    """
    from core.tasks import Worker

    with open_portal(logs="info") as portal:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stop.set())
        console.print("Выполняю фоновые задачи. Остановить: Ctrl C.")
        Worker(portal).run_forever(stop)
