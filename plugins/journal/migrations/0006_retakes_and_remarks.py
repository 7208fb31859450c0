"""A mark may be a retake of the one before it; praise and remarks for the family to read."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0006"
down_revision = "journal_0005"


def upgrade() -> None:
    with op.batch_alter_table("journal_mark") as table:
        table.add_column(sa.Column("is_retake", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("journal_mark") as table:
        table.alter_column("is_retake", server_default=None)
    op.create_table(
        "journal_remark",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_journal_remark_{column}"))
            for column, target in (
                ("organization_id", "core_organization"),
                ("academic_year_id", "core_academic_year"),
                ("page_id", "journal_page"),
                ("lesson_id", "journal_lesson"),
                ("pupil_id", "core_person"),
                ("author_id", "core_person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_remark")),
    )
    op.create_index(
        op.f("ix_journal_remark_organization_academic_year_page_day"),
        "journal_remark",
        ["organization_id", "academic_year_id", "page_id", "day"],
    )
    op.create_index(
        op.f("ix_journal_remark_organization_academic_year_pupil_day"),
        "journal_remark",
        ["organization_id", "academic_year_id", "pupil_id", "day"],
    )
    op.create_index(op.f("ix_journal_remark_lesson"), "journal_remark", ["lesson_id"])
