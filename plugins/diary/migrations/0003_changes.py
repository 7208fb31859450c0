"""Changes."""

import sqlalchemy as sa
from alembic import op

revision = "diary_0003"
down_revision = "diary_0002"


def upgrade() -> None:
    op.create_table(
        "diary_corridor_screen",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_diary_corridor_screen_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_diary_corridor_screen_organization_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_diary_corridor_screen")),
        sa.UniqueConstraint("digest", name=op.f("uq_diary_corridor_screen_digest")),
    )
    op.create_table(
        "diary_teacher_absence",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_diary_teacher_absence_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_diary_teacher_absence_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_diary_teacher_absence_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["core_person.id"], name=op.f("fk_diary_teacher_absence_teacher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_teacher_absence")),
    )
    op.create_index(
        op.f("ix_diary_teacher_absence_organization_academic_year_first_day"),
        "diary_teacher_absence",
        ["organization_id", "academic_year_id", "first_day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_teacher_absence_teacher"), "diary_teacher_absence", ["teacher_id"], unique=False
    )
    op.add_column("diary_lesson", sa.Column("paired_lesson_id", sa.Uuid(), nullable=True))
