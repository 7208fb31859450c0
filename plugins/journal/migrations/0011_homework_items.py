"""Items of the content library that come with homework."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0011"
down_revision = "journal_0010"


def upgrade() -> None:
    op.create_table(
        "journal_homework_item",
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["journal_lesson.id"],
            name=op.f("fk_journal_homework_item_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_journal_homework_item_organization_id"),
        ),
        sa.PrimaryKeyConstraint("lesson_id", "item_id", name=op.f("pk_journal_homework_item")),
    )
    op.create_index(
        op.f("ix_journal_homework_item_organization"), "journal_homework_item", ["organization_id"]
    )
