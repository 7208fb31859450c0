"""A PostgreSQL server of its own for a test run, in a temporary folder, on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`. Raises `FileNotFoundError` with what to install."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("Нужен PostgreSQL: sudo apt-get install postgresql")
    return Path(found).resolve().parent


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=128MB"
"""Options of a server whose data nobody will miss."""


@contextmanager
def server(*, durable: bool = False, options: str = "") -> Generator[str, None, None]:
    """Run a server; yields its address without a database name, ending in `/`.

    A `durable` one waits for the disk as one in production does, and `options` are those of `postgres` besides: both
    are for measurements.
    The superuser may not run PostgreSQL, so root hands over to the system's user `postgres`.
    """
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="moyashkola-postgres-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    port = free_port()

    def run(*command: str) -> None:
        subprocess.run([*prefix, *command], check=True, capture_output=True, cwd="/")  # noqa: S603

    try:
        run(
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "portal",
            "-E",
            "UTF8",
            "--no-sync",
        )
        usual = f"-p {port} -k {folder} -h 127.0.0.1 -c max_connections=300 {'' if durable else FORGETFUL}"
        run(
            str(binaries / "pg_ctl"),
            "-D",
            str(data),
            "-o",
            f"{usual} {options}",
            "-w",
            "-l",
            str(folder / "log"),
            "start",
        )
        try:
            yield f"postgresql://portal@127.0.0.1:{port}/"
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
