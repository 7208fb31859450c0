"""Marks from a pupil's former school."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0010"
down_revision = "journal_0009"


def upgrade() -> None:
    op.create_table(
        "journal_external_mark",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_journal_external_mark_{column}")
            )
            for column, target in (
                ("organization_id", "core_organization"),
                ("academic_year_id", "core_academic_year"),
                ("pupil_id", "core_person"),
                ("subject_id", "core_subject"),
                ("term_id", "core_term"),
                ("author_id", "core_person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_external_mark")),
    )
    op.create_index(
        op.f("ix_journal_external_mark_organization_academic_year_subject"),
        "journal_external_mark",
        ["organization_id", "academic_year_id", "subject_id"],
    )
    op.create_index(
        op.f("ix_journal_external_mark_organization_academic_year_pupil"),
        "journal_external_mark",
        ["organization_id", "academic_year_id", "pupil_id"],
    )
