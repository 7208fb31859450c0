"""People who may be one, merges of people and what it takes to undo them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0010"
down_revision = "core_0009"

Json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "core_likely_pair",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_core_likely_pair_in_order")),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["core_person.id"],
            name=op.f("fk_core_likely_pair_first_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["core_person.id"],
            name=op.f("fk_core_likely_pair_second_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["core_person.id"],
            name=op.f("fk_core_likely_pair_decided_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_likely_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_core_likely_pair_first_second")),
    )
    op.create_index(op.f("ix_core_likely_pair_second"), "core_likely_pair", ["second_id"])
    op.create_index(op.f("ix_core_likely_pair_status_id"), "core_likely_pair", ["status", "id"])
    op.create_table(
        "core_person_merge",
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("absorbed_id", sa.Uuid(), nullable=False),
        sa.Column("absorbed_name", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("merged_by", sa.Uuid(), nullable=True),
        sa.Column("merged_by_name", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["kept_id"], ["core_person.id"], name=op.f("fk_core_person_merge_kept_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_person_merge_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merged_by"], ["core_person.id"], name=op.f("fk_core_person_merge_merged_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_person_merge")),
    )
    op.create_index(op.f("ix_core_person_merge_kept"), "core_person_merge", ["kept_id"])
    op.create_index(op.f("ix_core_person_merge_absorbed"), "core_person_merge", ["absorbed_id"])
    op.create_table(
        "core_merge_step",
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("table", sa.String(length=63), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"],
            ["core_person_merge.id"],
            name=op.f("fk_core_merge_step_merge_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_merge_step")),
        sa.UniqueConstraint("merge_id", "number", name=op.f("uq_core_merge_step_merge_number")),
    )
