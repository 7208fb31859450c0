"""The portal with the bench plugin for an ASGI server of a test: streams cannot be tried with a test client."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import Litestar

from core import config as configuration
from core.app import create_app
from core.portal import Portal
from core.web import live_pages
from tests.core.bench_plugin import plug_in

ROOT = Path(__file__).parent.parent.parent


def app() -> Litestar:
    """Called by the server's worker; looks at sign-ins more often than a minute."""
    live_pages.HEARTBEAT_SECONDS = 0.3
    live_pages.RECHECK_SECONDS = 0.5
    return create_app(plug_in(Portal(configuration.load())))


@contextmanager
def server(port: int, app: str = "tests.core.served:app", **settings: str) -> Iterator[int]:
    """Run the portal (what `app` makes) in a process of its own with these settings; yields the port."""
    variables = {f"MOYASHKOLA_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), app),
        ],
        cwd=ROOT,
        env={**os.environ, "MOYASHKOLA_PLUGINS": "", **variables},
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                assert time.monotonic() < deadline, "сервер не запустился"
                time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Listening:
    """An open stream of `/live`; `next` gives what comes within so many seconds."""

    def __init__(self, port: int, cookie: str, *topics: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        query = urlencode([("topic", topic) for topic in topics])
        headers = {"cookie": cookie, "accept": "text/event-stream"}
        self._connection.request("GET", f"/live?{query}", headers=headers)
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self.ended = threading.Event()
        self.beats = 0
        self._messages: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name = ""
        try:
            while line := self.answer.readline():
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    message = {**json.loads(text.removeprefix("data: ")), **({"event": name} if name else {})}
                    self._messages.put((time.monotonic(), message))
                    name = ""
                elif text.startswith(":"):
                    self.beats += 1
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        finally:
            self.ended.set()

    def next(self, seconds: float = 2) -> dict[str, Any] | None:
        """The next message, or None."""
        try:
            return self._messages.get(timeout=seconds)[1]
        except queue.Empty:
            return None

    def __enter__(self) -> Listening:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._connection.sock is not None:
            self._connection.sock.close()
