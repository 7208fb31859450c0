"""Organizations found by short names."""

import sqlalchemy as sa
from alembic import op

from core.identity.names import sort_key

revision = "core_0003"
down_revision = "core_0002"


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.add_column("core_organization", sa.Column("search_key", text, nullable=True))
    table = sa.table(
        "core_organization",
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.Text()),
        sa.column("short_name", sa.Text()),
        sa.column("search_key", sa.Text()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, table.c.name, table.c.short_name)).all():
        connection.execute(
            table.update()
            .where(table.c.id == row.id)
            .values(search_key=sort_key(f"{row.short_name} {row.name}"))
        )
    with op.batch_alter_table("core_organization") as batch:
        batch.alter_column("search_key", existing_type=text, nullable=False)
