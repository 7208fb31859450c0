"""Works marked by criteria: what they are judged by, and points of pupils."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0008"
down_revision = "journal_0007"


def _keys(table: str, targets: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def upgrade() -> None:
    op.create_table(
        "journal_criterion",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("greatest", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_keys(
            "journal_criterion",
            {
                "organization_id": "core_organization",
                "academic_year_id": "core_academic_year",
                "page_id": "journal_page",
                "lesson_id": "journal_lesson",
            },
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_criterion")),
    )
    op.create_index(
        op.f("ix_journal_criterion_organization_academic_year_page"),
        "journal_criterion",
        ["organization_id", "academic_year_id", "page_id"],
    )
    op.create_index(op.f("ix_journal_criterion_lesson"), "journal_criterion", ["lesson_id"])
    op.create_table(
        "journal_points",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("criterion_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_keys(
            "journal_points",
            {
                "organization_id": "core_organization",
                "academic_year_id": "core_academic_year",
                "lesson_id": "journal_lesson",
                "criterion_id": "journal_criterion",
                "pupil_id": "core_person",
                "author_id": "core_person",
            },
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_points")),
        sa.UniqueConstraint("criterion_id", "pupil_id", name=op.f("uq_journal_points_criterion_pupil")),
    )
    op.create_index(
        op.f("ix_journal_points_organization_academic_year_pupil"),
        "journal_points",
        ["organization_id", "academic_year_id", "pupil_id"],
    )
    op.create_index(op.f("ix_journal_points_lesson"), "journal_points", ["lesson_id"])
