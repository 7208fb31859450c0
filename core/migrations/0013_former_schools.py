"""What other installations told of pupils who came from there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "core_0013"
down_revision = "core_0012"


def upgrade() -> None:
    op.create_table(
        "core_former_school",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("school_class", sa.Text(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("parts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_former_school_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_core_former_school_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"],
            ["core_person.id"],
            name=op.f("fk_core_former_school_taken_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_former_school")),
    )
    op.create_index(op.f("ix_core_former_school_person"), "core_former_school", ["person_id"])
