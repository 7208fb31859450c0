"""The fixture `town`: a running portal with the small town, for each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config import Config
from core.portal import Portal
from core.testing import PortalUnderTest
from core.testing.fixtures import Databases
from core.testing.portal import running
from tests.core import small_town


@pytest.fixture(scope="module")
def town(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortalUnderTest]:
    """Two schools of one town; the canteen is switched on in the first."""
    portal = Portal(
        Config(
            home=str(tmp_path_factory.mktemp("town")),
            database_url=databases.fresh(engine),
            tasks_in_server=False,
            plugins=[],
        )
    )
    small_town.build(small_town.plug_in(portal))
    with running(portal) as under_test:
        school = small_town.id_of(under_test, "Школа 1")
        head = under_test.sign_in("head", organization="Школа 1")
        form = {"target": str(school), "decision": "on"}
        assert head.post("/plugins/canteen/switch", data=form).status_code == 303
        yield under_test
