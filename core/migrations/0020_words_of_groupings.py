"""Words of the names of classes, groups of pupils and groups of organizations: a search forgives a typing error."""

import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "core_0020"
down_revision = "core_0019"

BATCH = 10_000


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    words = op.create_table(
        "core_grouping_word",
        sa.Column("word", text, nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_core_grouping_word")),
    )
    connection = op.get_bind()
    found: set[str] = set()
    for table in ("core_school_class", "core_pupil_group"):
        found |= set(_words(connection, table))
    if found:
        op.bulk_insert(words, [{"word": word} for word in sorted(found)])
    known = sa.table("core_organization_word", sa.column("word", sa.Text()))
    groups = set(_words(connection, "core_organization_group"))
    new = groups - set(connection.scalars(sa.select(known.c.word)))
    if new:
        op.bulk_insert(known, [{"word": word} for word in sorted(new)])


def _words(connection: sa.Connection, name: str) -> Iterator[str]:
    table = sa.table(name, sa.column("id", sa.Uuid()), sa.column("name_key", sa.Text()))
    last = None
    while True:
        page = sa.select(table.c.id, table.c.name_key).order_by(table.c.id).limit(BATCH)
        rows = connection.execute(page if last is None else page.where(table.c.id > last)).all()
        for row in rows:
            yield from re.findall(r"[\w'’]+", row.name_key)
        if len(rows) < BATCH:
            return
        last = rows[-1].id
