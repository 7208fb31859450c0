"""The life of roles, delegation, and what regions change in the rights of role kinds."""

import sqlalchemy as sa
from alembic import op

revision = "core_0005"
down_revision = "core_0004"


def upgrade() -> None:
    with op.batch_alter_table("core_structural_role") as table:
        table.add_column(sa.Column("delegated_from", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            op.f("fk_core_structural_role_delegated_from"),
            "core_structural_role",
            ["delegated_from"],
            ["id"],
            ondelete="SET NULL",
        )
        table.create_index(op.f("ix_core_structural_role_delegated_from"), ["delegated_from"])
    op.create_table(
        "core_role_step",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["core_person.id"], name=op.f("fk_core_role_step_author_id")),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["core_structural_role.id"],
            name=op.f("fk_core_role_step_role_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_role_step")),
    )
    op.create_index(op.f("ix_core_role_step_role"), "core_role_step", ["role_id"])
    op.create_table(
        "core_role_grant",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("role_kind", sa.String(length=40), nullable=False),
        sa.Column("permission", sa.String(length=80), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_role_grant_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_role_grant")),
        sa.UniqueConstraint(
            "organization_id",
            "role_kind",
            "permission",
            name=op.f("uq_core_role_grant_organization_role_kind_permission"),
        ),
    )
