"""A portal with a vendor's content library installed beside our plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.portal import Portal
from core.testing.portal import PortalUnderTest, running

NAME = "district_library"


def lay_wheel(folder: Path, spoil: Callable[[str], str] = str) -> Path:
    """Install the library into a folder, its source changed by `spoil`; the folder."""
    source = Path(__file__).with_name(f"{NAME}.py").read_text(encoding="utf-8")
    (folder / f"{NAME}.py").write_text(spoil(source), encoding="utf-8")
    metadata = folder / f"{NAME}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[moyashkola.plugins]\n{NAME} = {NAME}\n")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the library lies."""
    return lay_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def portal(wheel: Path, make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    """A running portal with the library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(wheel))
        with running(make_portal()) as under_test:
            yield under_test
        patch.delitem(sys.modules, NAME)


@pytest.fixture
def library(portal: PortalUnderTest) -> Iterator[ModuleType]:
    """The library as the portal has it, whole again afterwards."""
    module = sys.modules[NAME]
    whole = dict(module.LIBRARY)
    yield module
    module.LIBRARY.clear()
    module.LIBRARY.update(whole)
