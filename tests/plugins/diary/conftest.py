"""A portal with two small schools, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Config
from core.database import migrations
from core.portal import Portal
from core.testing.fixtures import Databases
from core.testing.portal import PortalUnderTest, running

from .school import Pair, build


@pytest.fixture(scope="module")
def filled(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PortalUnderTest, Pair]]:
    """The portal with the diary and the journal, and what its two schools consist of."""
    home: Path = tmp_path_factory.mktemp("diary")
    portal = Portal(
        Config(
            home=str(home),
            database_url=databases.fresh(engine),
            plugins=["auth_esia", "diary", "journal"],
            tasks_in_server=False,
        )
    )
    assert not [name for name, problem in migrations.upgrade(portal) if problem]
    pair = build(portal)
    with running(portal) as under_test:
        yield under_test, pair


@pytest.fixture
def portal(filled: tuple[PortalUnderTest, Pair]) -> PortalUnderTest:
    """The running portal."""
    return filled[0]


@pytest.fixture
def pair(filled: tuple[PortalUnderTest, Pair]) -> Pair:
    """The two schools."""
    return filled[1]
