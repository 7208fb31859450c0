"""A vendor's plugin of one module laid into a folder, as if its wheel were installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def lay_wheel(name: str, folder: Path, spoil: Callable[[str], str] = str) -> Path:
    """Install the module `name` of this folder into another one, its source changed by `spoil`; that folder."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    (folder / f"{name}.py").write_text(spoil(source), encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[moyashkola.plugins]\n{name} = {name}\n")
    return folder
