"""Compiling the search: `python -m plugins.diary.timetabling.solving.building`.

Without a C compiler or the headers of Python the search runs in Python, with the same results, a hundred times slower.
Only the standard library is used here: the packing of the wheel runs this before anything is installed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SOURCE, BUILT = FOLDER / "kernel.c", FOLDER / "kernel.abi3.so"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC")


class NotCompiled(Exception):
    """The search will run in Python; `reason` says in words what stands in the way of compiling it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


def build() -> None:
    """Compile where needed, heeding `CC` and `CFLAGS`. Raises `NotCompiled`."""
    compiler = shlex.split(os.environ.get("CC", "")) or ["cc"]
    headers = Path(sysconfig.get_path("include"))
    if sys.platform == "win32" or shutil.which(compiler[0]) is None:
        raise NotCompiled(reason=f"нет компилятора C ({compiler[0]})")
    if not (headers / "Python.h").is_file():
        raise NotCompiled(reason=f"нет заголовков Python ({headers}, в Debian пакет python3-dev)")
    if BUILT.is_file() and BUILT.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    bundle = ("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()
    flags = (*FLAGS, *bundle, *shlex.split(os.environ.get("CFLAGS", "")))
    fresh = BUILT.with_suffix(f".{os.getpid()}")
    done = subprocess.run(  # noqa: S603
        [*compiler, *flags, f"-I{headers}", str(SOURCE), "-o", str(fresh)], capture_output=True, text=True
    )
    if done.returncode:
        fresh.unlink(missing_ok=True)
        raise NotCompiled(reason=f"компилятор C не справился: {done.stderr.strip()[:500]}")
    fresh.replace(BUILT)


def main() -> None:
    """Compile, or say that the search will run in Python."""
    try:
        build()
    except NotCompiled as error:
        print(f"Поиск расписания будет работать на Python: {error}.")  # noqa: T201


if __name__ == "__main__":
    main()
