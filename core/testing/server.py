"""The portal as operators run it: a process of its own on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from core.portal import Portal
from core.testing.postgres import free_port

READY_SECONDS = 30


class Server:
    """`moyashkola run` on the database and data folder of a portal.

    `packages` are folders where further plugins lie as if installed.
    """

    def __init__(self, portal: Portal, *, packages: Sequence[Path] = (), **settings: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = Path(portal.config.home) / "server.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, packages)),
            "MOYASHKOLA_HOME": portal.config.home,
            "MOYASHKOLA_DATABASE_URL": portal.config.database_address,
            "MOYASHKOLA_PORT": str(self.port),
            **{f"MOYASHKOLA_{name}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def migrate(self) -> None:
        """Make the tables of plugins that the database does not know yet."""
        subprocess.run(
            [sys.executable, "-m", "core.cli", "migrate"],
            env=self._environment,
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Start and wait until it is ready. Raises `RuntimeError` with its log if it is not in time."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.cli", "run"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2):  # noqa: S310
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the server does not answer: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End it as a supervisor would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all its workers at once, in the middle of whatever they do."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)
            self._process.wait(30)
            self._process = None
