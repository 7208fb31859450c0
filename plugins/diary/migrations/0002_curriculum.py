"""The curriculum: versions, rows, columns, hours."""

import sqlalchemy as sa
from alembic import op

revision = "diary_0002"
down_revision = "diary_0001"


def upgrade() -> None:
    op.create_table(
        "diary_curriculum",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lowest_grade_level", sa.Integer(), nullable=False),
        sa.Column("highest_grade_level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("based_on_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_diary_curriculum_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["core_person.id"], name=op.f("fk_diary_curriculum_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_diary_curriculum_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["based_on_id"], ["diary_curriculum.id"], name=op.f("fk_diary_curriculum_based_on_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_diary_curriculum_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_curriculum")),
    )
    op.create_index(
        op.f("ix_diary_curriculum_organization_academic_year_state"),
        "diary_curriculum",
        ["organization_id", "academic_year_id", "state"],
        unique=False,
    )
    op.create_table(
        "diary_curriculum_row",
        sa.Column("curriculum_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["curriculum_id"],
            ["diary_curriculum.id"],
            name=op.f("fk_diary_curriculum_row_curriculum_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["core_subject.id"], name=op.f("fk_diary_curriculum_row_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_curriculum_row")),
        sa.UniqueConstraint(
            "curriculum_id",
            "subject_id",
            "part",
            name=op.f("uq_diary_curriculum_row_curriculum_subject_part"),
        ),
    )
    op.create_table(
        "diary_curriculum_column",
        sa.Column("curriculum_id", sa.Uuid(), nullable=False),
        sa.Column("grade_level", sa.Integer(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_group_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_id", sa.Uuid(), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["curriculum_id"],
            ["diary_curriculum.id"],
            name=op.f("fk_diary_curriculum_column_curriculum_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"],
            ["core_pupil_group.id"],
            name=op.f("fk_diary_curriculum_column_pupil_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["core_person.id"], name=op.f("fk_diary_curriculum_column_pupil_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"],
            ["core_school_class.id"],
            name=op.f("fk_diary_curriculum_column_school_class_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_curriculum_column")),
    )
    op.create_index(
        op.f("ix_diary_curriculum_column_curriculum"),
        "diary_curriculum_column",
        ["curriculum_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_curriculum_column_pupil"), "diary_curriculum_column", ["pupil_id"], unique=False
    )
    op.create_table(
        "diary_curriculum_hours",
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("column_id", sa.Uuid(), nullable=False),
        sa.Column("half_hours", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["column_id"],
            ["diary_curriculum_column.id"],
            name=op.f("fk_diary_curriculum_hours_column_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["row_id"],
            ["diary_curriculum_row.id"],
            name=op.f("fk_diary_curriculum_hours_row_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("row_id", "column_id", name=op.f("pk_diary_curriculum_hours")),
    )
    op.create_index(
        op.f("ix_diary_curriculum_hours_column"), "diary_curriculum_hours", ["column_id"], unique=False
    )
