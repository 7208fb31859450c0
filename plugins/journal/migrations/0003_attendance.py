"""Absences announced by families, periods recoded at one stroke, roll calls."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0003"
down_revision = "journal_0002"


def _foreign(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def upgrade() -> None:
    op.create_table(
        "journal_absence",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("journal_absence", "organization_id", "core_organization"),
        _foreign("journal_absence", "academic_year_id", "core_academic_year"),
        _foreign("journal_absence", "pupil_id", "core_person"),
        _foreign("journal_absence", "author_id", "core_person"),
        _foreign("journal_absence", "decided_by", "core_person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_absence")),
    )
    op.create_index(
        op.f("ix_journal_absence_organization_academic_year_pupil_last_day"),
        "journal_absence",
        ["organization_id", "academic_year_id", "pupil_id", "last_day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_absence_organization_academic_year_state_last_day"),
        "journal_absence",
        ["organization_id", "academic_year_id", "state", "last_day"],
        unique=False,
    )
    op.create_table(
        "journal_recoding",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("absence_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("journal_recoding", "organization_id", "core_organization"),
        _foreign("journal_recoding", "academic_year_id", "core_academic_year"),
        _foreign("journal_recoding", "pupil_id", "core_person"),
        _foreign("journal_recoding", "absence_id", "journal_absence"),
        _foreign("journal_recoding", "author_id", "core_person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_recoding")),
    )
    op.create_index(
        op.f("ix_journal_recoding_organization_academic_year_pupil"),
        "journal_recoding",
        ["organization_id", "academic_year_id", "pupil_id"],
        unique=False,
    )
    op.create_table(
        "journal_recoded_cell",
        sa.Column("recoding_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("journal_recoded_cell", "recoding_id", "journal_recoding", ondelete="CASCADE"),
        _foreign("journal_recoded_cell", "lesson_id", "journal_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_recoded_cell")),
        sa.UniqueConstraint("recoding_id", "lesson_id", name=op.f("uq_journal_recoded_cell_recoding_lesson")),
    )
    op.create_index(
        op.f("ix_journal_recoded_cell_lesson"), "journal_recoded_cell", ["lesson_id"], unique=False
    )
    op.create_table(
        "journal_roll_call",
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _foreign("journal_roll_call", "lesson_id", "journal_lesson", ondelete="CASCADE"),
        _foreign("journal_roll_call", "school_class_id", "core_school_class"),
        _foreign("journal_roll_call", "organization_id", "core_organization"),
        _foreign("journal_roll_call", "author_id", "core_person"),
        sa.PrimaryKeyConstraint("lesson_id", "school_class_id", name=op.f("pk_journal_roll_call")),
    )
    op.create_index(
        op.f("ix_journal_roll_call_organization_day"),
        "journal_roll_call",
        ["organization_id", "day"],
        unique=False,
    )
