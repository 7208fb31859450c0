"""openssl with its GOST engine: an independent maker and checker of keys and signatures."""

from __future__ import annotations

import subprocess
from pathlib import Path


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def engine_needed() -> None:
    """Fails, saying what to install, where the package libengine-gost-openssl is missing; `make test` installs it."""
    found = openssl("engine", "-t", "gost")
    assert b"[ available ]" in found, (
        "Нет модуля ГОСТ для openssl: sudo apt-get install libengine-gost-openssl"
    )


def new_pair(folder: Path, name: str = "SCHOOL01", *, days: int = 30) -> tuple[Path, Path]:
    """A key and its certificate, made by openssl."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.cer"
    openssl(
        *("req", "-engine", "gost", "-x509", "-newkey", "gost2012_256", "-pkeyopt", "paramset:A", "-nodes"),
        *("-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={name}/", "-days", str(days)),
    )
    key.chmod(0o600)
    return key, certificate
