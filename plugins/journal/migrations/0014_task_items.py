"""Items of the content library that come with tasks for some pupils."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0014"
down_revision = "journal_0013"


def upgrade() -> None:
    op.create_table(
        "journal_homework_task_item",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["journal_homework_task.id"],
            name=op.f("fk_journal_homework_task_item_task_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_journal_homework_task_item_organization_id"),
        ),
        sa.PrimaryKeyConstraint("task_id", "item_id", name=op.f("pk_journal_homework_task_item")),
    )
    op.create_index(
        op.f("ix_journal_homework_task_item_organization"), "journal_homework_task_item", ["organization_id"]
    )
