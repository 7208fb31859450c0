"""Behaviour of pupils in a term and in the year."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0009"
down_revision = "journal_0008"


def upgrade() -> None:
    op.create_table(
        "journal_behaviour",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.String(length=8), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_journal_behaviour_{column}"))
            for column, target in (
                ("organization_id", "core_organization"),
                ("academic_year_id", "core_academic_year"),
                ("school_class_id", "core_school_class"),
                ("pupil_id", "core_person"),
                ("term_id", "core_term"),
                ("author_id", "core_person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_behaviour")),
    )
    op.create_index(
        "uq_journal_behaviour_term",
        "journal_behaviour",
        ["school_class_id", "pupil_id", "term_id"],
        unique=True,
        sqlite_where=sa.text("term_id IS NOT NULL"),
        postgresql_where=sa.text("term_id IS NOT NULL"),
    )
    op.create_index(
        "uq_journal_behaviour_year",
        "journal_behaviour",
        ["school_class_id", "pupil_id"],
        unique=True,
        sqlite_where=sa.text("term_id IS NULL"),
        postgresql_where=sa.text("term_id IS NULL"),
    )
    for last in ("school_class", "pupil"):
        op.create_index(
            op.f(f"ix_journal_behaviour_organization_academic_year_{last}"),
            "journal_behaviour",
            ["organization_id", "academic_year_id", f"{last}_id"],
        )
