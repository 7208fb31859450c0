"""The passage to the next academic year, and how a year ended for each pupil."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    op.add_column("core_enrollment", sa.Column("outcome", sa.String(length=16), nullable=True))
    table = sa.table("core_enrollment", sa.column("outcome", sa.String()))
    op.get_bind().execute(table.update().values(outcome=""))
    with op.batch_alter_table("core_enrollment") as batch:
        batch.alter_column("outcome", existing_type=sa.String(length=16), nullable=False)
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "core_promotion",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("from_year_id", sa.Uuid(), nullable=False),
        sa.Column("to_year_id", sa.Uuid(), nullable=False),
        sa.Column("decisions", json, nullable=False),
        sa.Column("trace", json, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_promotion_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_year_id"], ["core_academic_year.id"], name=op.f("fk_core_promotion_from_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_year_id"], ["core_academic_year.id"], name=op.f("fk_core_promotion_to_year_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_promotion")),
        sa.UniqueConstraint("from_year_id", name=op.f("uq_core_promotion_from_year")),
    )
    op.create_index(op.f("ix_core_promotion_organization"), "core_promotion", ["organization_id"])
