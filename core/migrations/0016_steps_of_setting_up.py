"""Steps of setting an organization up that somebody has confirmed by hand; class teachers found by their class."""

import sqlalchemy as sa
from alembic import op

revision = "core_0016"
down_revision = "core_0015"


def upgrade() -> None:
    op.create_table(
        "core_setup_confirmation",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_setup_confirmation_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["core_person.id"],
            name=op.f("fk_core_setup_confirmation_person_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_setup_confirmation")),
        sa.UniqueConstraint(
            "organization_id", "step", name=op.f("uq_core_setup_confirmation_organization_step")
        ),
    )
    op.create_index(op.f("ix_core_structural_role_school_class"), "core_structural_role", ["school_class_id"])
