"""Pupils exempt from a subject for some time, or taught it apart from their class."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0007"
down_revision = "journal_0006"


def upgrade() -> None:
    op.create_table(
        "journal_exemption",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_journal_exemption_{column}"))
            for column, target in (
                ("organization_id", "core_organization"),
                ("academic_year_id", "core_academic_year"),
                ("pupil_id", "core_person"),
                ("subject_id", "core_subject"),
                ("author_id", "core_person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_exemption")),
    )
    op.create_index(
        op.f("ix_journal_exemption_organization_academic_year_subject"),
        "journal_exemption",
        ["organization_id", "academic_year_id", "subject_id"],
    )
    op.create_index(
        op.f("ix_journal_exemption_organization_academic_year_pupil"),
        "journal_exemption",
        ["organization_id", "academic_year_id", "pupil_id"],
    )
