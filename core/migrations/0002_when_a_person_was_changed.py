"""When a person was changed."""

import sqlalchemy as sa
from alembic import op

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    op.add_column("core_person", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE core_person SET changed_at = created_at")
    with op.batch_alter_table("core_person") as table:
        table.alter_column("changed_at", existing_type=sa.DateTime(timezone=True), nullable=False)
