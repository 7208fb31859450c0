"""Words of names."""

import sqlalchemy as sa
from alembic import op

revision = "core_0004"
down_revision = "core_0003"

BATCH = 10_000


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    words = op.create_table(
        "core_name_word",
        sa.Column("word", text, nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_core_name_word")),
    )
    op.create_index(op.f("ix_core_account_status"), "core_account", ["status"])
    people = sa.table("core_person", sa.column("id", sa.Uuid()), sa.column("name_key", sa.Text()))
    connection = op.get_bind()
    known: set[str] = set()
    last = None
    while True:
        page = sa.select(people.c.id, people.c.name_key).order_by(people.c.id).limit(BATCH)
        rows = connection.execute(page if last is None else page.where(people.c.id > last)).all()
        found = {word for row in rows for word in row.name_key.replace("-", " ").split()} - known
        if found:
            op.bulk_insert(words, [{"word": word} for word in sorted(found)])
        known |= found
        if len(rows) < BATCH:
            return
        last = rows[-1].id
