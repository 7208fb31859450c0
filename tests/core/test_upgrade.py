"""An installation of an earlier version is upgraded with all that it holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy import MetaData, select

from core.config import Config
from core.database import migrations
from core.database.base import new_id, now
from core.identity.models import Person
from core.organizations.models import Organization, PupilGroup, Subject
from core.portal import Portal
from core.requests.models import Request
from core.testing.fixtures import Databases

DAY = date(2025, 9, 1)
FILLED = (
    "core_organization",
    "core_person",
    "core_academic_year",
    "core_subject",
    "core_school_class",
    "core_pupil_group",
    "core_teaching_assignment",
    "core_request",
    "core_request_comment",
)


@pytest.fixture
def earlier(engine: str, databases: Databases, tmp_path: Path) -> Portal:
    """A portal on the tables of the first version, with a school and a person."""
    portal = Portal(Config(home=str(tmp_path), database_url=databases.fresh(engine)))
    history = migrations.histories(portal)[0]
    first = history.scripts().get_revision("core_0001")
    assert first is not None
    school, person = new_id(), new_id()
    with portal.database.engine.execution_options(portal_writing=True).begin() as connection:
        context = history.context(connection)
        with Operations.context(context):
            first.module.upgrade()
        context.stamp(history.scripts(), "core_0001")
        tables = MetaData()
        tables.reflect(connection, only=list(FILLED))
        connection.execute(
            sa.insert(tables.tables["core_organization"]).values(
                id=_stored(engine, school),
                kind="school",
                name="Средняя общеобразовательная школа № 7",
                short_name="МБОУ «СОШ № 7»",
                name_key="средняя общеобразовательная школа № 7",
                path=f"{school}/",
                address="",
                created_at=now(),
            )
        )
        connection.execute(
            sa.insert(tables.tables["core_person"]).values(
                id=_stored(engine, person),
                last_name="Прежняя",
                first_name="Анна",
                name_key="прежняя анна",
                source="portal",
                created_at=now(),
            )
        )
        year, subject, school_class, group = (new_id() for _each in range(4))
        own = {"organization_id": _stored(engine, school)}
        of_year = {**own, "academic_year_id": _stored(engine, year)}
        rows: dict[str, dict[str, object]] = {
            "core_academic_year": {
                **own, "id": year, "name": "2025/26", "starts_on": DAY, "ends_on": DAY, "archived": False,
            },
            "core_subject": {
                **own, "id": subject, "name": "Английский язык", "short_name": "Англ.",
                "name_key": "английский язык", "area": "", "position": 0,
            },
            "core_school_class": {
                **of_year, "id": school_class, "grade_level": 7, "label": "А", "name": "7А", "name_key": "07а",
                "term_kind": "quarter", "days_per_week": 5, "shift": 1,
            },
            "core_pupil_group": {
                **of_year, "id": group, "school_class_id": _stored(engine, school_class), "kind": "subgroup",
                "split": "Язык", "name": "Сёмы",
            },
            "core_teaching_assignment": {
                **of_year, "id": new_id(), "teacher_id": _stored(engine, person),
                "subject_id": _stored(engine, subject), "pupil_group_id": _stored(engine, group),
                "starts_on": DAY,
            },
        }  # fmt: skip
        request = {
            **own,
            "author_id": _stored(engine, person),
            "kind": "core.person_correction",
            "values": "{}",
        }
        looked_at, waiting = new_id(), new_id()
        for key, status in ((looked_at, "in_review"), (waiting, "sent")):
            connection.execute(
                sa.insert(tables.tables["core_request"]).values(
                    **request, id=_stored(engine, key), status=status, created_at=now()
                )
            )
        for step in ("sent", "in_review", ""):
            connection.execute(
                sa.insert(tables.tables["core_request_comment"]).values(
                    id=_stored(engine, new_id()),
                    request_id=_stored(engine, looked_at),
                    author_id=_stored(engine, person),
                    text="",
                    step=step,
                    created_at=now(),
                )
            )
        for name, row in rows.items():
            row["id"] = _stored(engine, row["id"])
            connection.execute(sa.insert(tables.tables[name]).values(**row))
    return portal


def _stored(engine: str, key: object) -> object:
    return str(key).replace("-", "") if engine == "sqlite" else key


def test_what_was_there_is_there_and_found(earlier: Portal) -> None:
    assert [problem for _name, problem in migrations.upgrade(earlier) if problem] == []
    assert list(migrations.differences(earlier)) == []
    with earlier.database.reading() as db:
        person = db.scalars(select(Person)).one()
        school = db.scalars(select(Organization)).one()
        group = db.scalars(select(PupilGroup)).one()
        assert db.get_one(Subject, group.subject_id).name == "Английский язык"
        taken = {each.status: (each.handler_id, each.taken_at) for each in db.scalars(select(Request))}
    assert taken["sent"] == (None, None)
    assert taken["in_review"][0] == person.id
    assert taken["in_review"][1] is not None
    assert (group.name_key, group.grade_level) == ("07а язык семы", 7)
    assert (person.last_name, person.changed_at) == ("Прежняя", person.created_at)
    assert school.search_key == "мбоу «сош № 7» средняя общеобразовательная школа № 7"
    earlier.close()
