"""A portal with a school whose Monday is known by heart, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from core.config import Config
from core.database import migrations
from core.identity.models import Notification
from core.portal import Portal
from core.roles.actor import system_actor
from core.testing.fixtures import Databases
from core.testing.portal import running
from plugins.diary.changes.models import CorridorScreen, TeacherAbsence
from plugins.diary.changes.overriding import undo_all
from plugins.diary.models import DiaryLesson
from tests.plugins.diary.changes.town import Town, build


@pytest.fixture(scope="module")
def town_of_module(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """The town, once for a module."""
    home: Path = tmp_path_factory.mktemp("changes")
    portal = Portal(
        Config(
            home=str(home),
            database_url=databases.fresh(engine),
            plugins=["auth_esia", "diary", "journal"],
            tasks_in_server=False,
        )
    )
    assert not [name for name, problem in migrations.upgrade(portal) if problem]
    own, other = build(portal)
    with running(portal) as under_test:
        yield Town(under_test, own, other)


@pytest.fixture
def town(town_of_module: Town) -> Town:
    """The town with its timetable as planned, nobody away, nobody told anything."""
    with town_of_module.portal.portal.database.transaction() as db:
        changed = select(DiaryLesson.id).where(
            (DiaryLesson.status != "planned") | DiaryLesson.planned_room.is_not(None)
        )
        undo_all(db, system_actor(), [(each, "") for each in db.scalars(changed)])
        for table in (TeacherAbsence, CorridorScreen):
            db.execute(delete(table))
    with town_of_module.portal.portal.database.transaction() as db:
        db.execute(delete(Notification))
    return town_of_module
