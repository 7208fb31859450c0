"""A workshop for plugins made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.portal import Portal

from .plugging import Workshop


@pytest.fixture
def workshop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_portal: Callable[..., Portal]
) -> Iterator[Workshop]:
    """Makes plugins and portals that have them; once for each kind of database."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ExitStack() as stack:
        yield Workshop(folder, monkeypatch, make_portal, stack)
