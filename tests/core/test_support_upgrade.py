"""Questions answered before the support became a conversation keep their answers and get numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy import MetaData, select

from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.portal import Portal
from core.support.models import SupportMessage, SupportReply, number_of
from core.testing.fixtures import Databases

BEFORE = "core_0022"
MESSAGE = "core_support_message"
AT = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)


def test_an_answer_becomes_a_reply(engine: str, databases: Databases, tmp_path: Path) -> None:
    portal = Portal(Config(home=str(tmp_path), database_url=databases.fresh(engine)))
    history = migrations.histories(portal)[0]
    answered, waiting, organization, helper = (new_id() for _each in range(4))

    def stored(key: object) -> object:
        return str(key).replace("-", "") if engine == "sqlite" else key

    with portal.database.engine.execution_options(portal_writing=True).begin() as connection:
        context = history.context(connection)
        with Operations.context(context):
            for step in reversed(list(history.scripts().iterate_revisions(BEFORE, "base"))):
                step.module.upgrade()
        context.stamp(history.scripts(), BEFORE)
        tables = MetaData()
        tables.reflect(connection, only=["core_organization", "core_person", MESSAGE])
        connection.execute(
            sa.insert(tables.tables["core_organization"]).values(
                id=stored(organization), kind="region", name="Край", short_name="Край", name_key="край",
                search_key="край край", path=f"{organization}/", address="", legal_address="", phone="",
                email="", site="", created_at=AT,
            )
        )  # fmt: skip
        connection.execute(
            sa.insert(tables.tables["core_person"]).values(
                id=stored(helper), last_name="Помогайкин", first_name="Лев", name_key="помогайкин лев",
                source="portal", created_at=AT, changed_at=AT,
            )
        )  # fmt: skip
        for key, answer in ((answered, "Обновите страницу."), (waiting, "")):
            connection.execute(
                sa.insert(tables.tables[MESSAGE]).values(
                    id=stored(key), organization_id=stored(organization), role="", contact="", subject="О чём",
                    text="Что", error_id="0badf00d", page="", program="",
                    status="answered" if answer else "open", answer=answer,
                    answered_by=stored(helper) if answer else None, answered_at=AT if answer else None,
                    created_at=AT,
                )
            )  # fmt: skip
    assert [problem for _name, problem in migrations.upgrade(portal) if problem] == []
    assert list(migrations.differences(portal)) == []
    with portal.database.reading() as db:
        (reply,) = db.scalars(select(SupportReply)).all()
        assert (reply.message_id, reply.author_id, reply.from_support) == (answered, helper, True)
        assert (reply.text, reply.created_at) == ("Обновите страницу.", AT)
        kept = {each.id: each for each in db.scalars(select(SupportMessage))}
        assert {key: each.number for key, each in kept.items()} == {
            key: number_of(key) for key in (answered, waiting)
        }
        assert [kept[key].status for key in (answered, waiting)] == ["answered", "open"]
        assert kept[answered].error_id == "0badf00d"
    portal.close()
