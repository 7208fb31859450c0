"""A structural role may be given for a group of organizations only."""

import sqlalchemy as sa
from alembic import op

revision = "core_0012"
down_revision = "core_0011"


def upgrade() -> None:
    with op.batch_alter_table("core_structural_role") as batch:
        batch.add_column(sa.Column("group_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_core_structural_role_group_id"),
            "core_organization_group",
            ["group_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_index(op.f("ix_core_structural_role_group"), "core_structural_role", ["group_id"])
