"""Marks of terms, of the year, of exams and final ones."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0002"
down_revision = "journal_0001"


def upgrade() -> None:
    op.create_table(
        "journal_term_mark",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("proposed", sa.String(length=16), nullable=False),
        sa.Column("proposed_total", sa.Integer(), nullable=False),
        sa.Column("proposed_weights", sa.Integer(), nullable=False),
        sa.Column("proposed_count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_journal_term_mark_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_journal_term_mark_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_term_mark_organization_id")
        ),
        sa.ForeignKeyConstraint(["page_id"], ["journal_page.id"], name=op.f("fk_journal_term_mark_page_id")),
        sa.ForeignKeyConstraint(["pupil_id"], ["core_person.id"], name=op.f("fk_journal_term_mark_pupil_id")),
        sa.ForeignKeyConstraint(["term_id"], ["core_term.id"], name=op.f("fk_journal_term_mark_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_term_mark")),
    )
    op.create_index(
        op.f("ix_journal_term_mark_organization_academic_year_pupil"),
        "journal_term_mark",
        ["organization_id", "academic_year_id", "pupil_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_term_mark_organization_academic_year_term_page"),
        "journal_term_mark",
        ["organization_id", "academic_year_id", "term_id", "page_id"],
        unique=False,
    )
    op.create_index(
        "uq_journal_term_mark_kind",
        "journal_term_mark",
        ["page_id", "pupil_id", "kind"],
        unique=True,
        sqlite_where=sa.text("term_id IS NULL"),
        postgresql_where=sa.text("term_id IS NULL"),
    )
    op.create_index(
        "uq_journal_term_mark_term",
        "journal_term_mark",
        ["page_id", "pupil_id", "term_id"],
        unique=True,
        sqlite_where=sa.text("term_id IS NOT NULL"),
        postgresql_where=sa.text("term_id IS NOT NULL"),
    )
