"""A portal with a vendor's content library installed beside our plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.portal import Portal
from core.testing.portal import PortalUnderTest, running
from tests.plugins.journal.vendor_wheels import lay_wheel

NAME = "district_library"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the library lies."""
    return lay_wheel(NAME, tmp_path_factory.mktemp("wheel"))


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
