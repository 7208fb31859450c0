"""A mark may be a retake of the one before it."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0007"
down_revision = "journal_0004"


def upgrade() -> None:
    with op.batch_alter_table("journal_mark") as table:
        table.add_column(sa.Column("is_retake", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("journal_mark") as table:
        table.alter_column("is_retake", server_default=None)
