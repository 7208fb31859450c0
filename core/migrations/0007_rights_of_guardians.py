"""Guardians with different rights, and the document they rest on."""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    op.add_column("core_guardianship", sa.Column("rights", sa.String(length=8), nullable=True))
    op.add_column("core_guardianship", sa.Column("basis", sa.Text(), nullable=True))
    table = sa.table(
        "core_guardianship",
        sa.column("rights", sa.String()),
        sa.column("basis", sa.Text()),
        sa.column("blocked", sa.Boolean()),
    )
    limited = sa.case((table.c.blocked, "none"), else_="full")
    op.get_bind().execute(table.update().values(rights=limited, basis=""))
    with op.batch_alter_table("core_guardianship") as batch:
        batch.alter_column("rights", existing_type=sa.String(length=8), nullable=False)
        batch.alter_column("basis", existing_type=sa.Text(), nullable=False)
        batch.drop_column("blocked")
