"""Choose exact versions and hashes of all dependencies: `make lock`.

Needs the package `uv`, which resolves for every supported Python at once.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "requirements"


def lock(name: str, requirements: list[str]) -> None:
    """Write `requirements/<name>.txt` for `requirements`."""
    target = OUTPUT / f"{name}.txt"
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--universal", "--generate-hashes"),
            *("--python-version", "3.11", "--no-header", "--no-annotate", "--no-emit-index-url"),
            *("--quiet", "--output-file", str(target), "-"),
        ],
        input="\n".join(requirements),
        text=True,
        check=True,
    )


def main() -> None:
    """Lock what running needs, and what developing needs besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    running = [*project["project"]["dependencies"], *groups["install"]]
    lock("run", running)
    lock("dev", [*running, *groups["dev"], *groups["bench"]])


if __name__ == "__main__":
    main()
