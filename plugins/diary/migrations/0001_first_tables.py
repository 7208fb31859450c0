"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "diary_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "diary_bell_schedule",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("lowest_grade_level", sa.Integer(), nullable=False),
        sa.Column("highest_grade_level", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_diary_bell_schedule_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_diary_bell_schedule_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_bell_schedule")),
    )
    op.create_index(
        op.f("ix_diary_bell_schedule_organization_academic_year"),
        "diary_bell_schedule",
        ["organization_id", "academic_year_id"],
        unique=False,
    )
    op.create_table(
        "diary_bell",
        sa.Column("bell_schedule_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bell_schedule_id"],
            ["diary_bell_schedule.id"],
            name=op.f("fk_diary_bell_bell_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_bell")),
        sa.UniqueConstraint("bell_schedule_id", "number", name=op.f("uq_diary_bell_bell_schedule_number")),
    )
    op.create_table(
        "diary_pattern_entry",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_group_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_diary_pattern_entry_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_diary_pattern_entry_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"], ["core_pupil_group.id"], name=op.f("fk_diary_pattern_entry_pupil_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"], ["core_school_class.id"], name=op.f("fk_diary_pattern_entry_school_class_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["core_subject.id"], name=op.f("fk_diary_pattern_entry_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["core_person.id"], name=op.f("fk_diary_pattern_entry_teacher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_pattern_entry")),
    )
    op.create_index(
        op.f("ix_diary_pattern_entry_organization_academic_year_school_class"),
        "diary_pattern_entry",
        ["organization_id", "academic_year_id", "school_class_id"],
        unique=False,
    )
    op.create_table(
        "diary_lesson",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("ends_at", sa.Time(), nullable=True),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_group_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("pattern_entry_id", sa.Uuid(), nullable=True),
        sa.Column("planned_subject_id", sa.Uuid(), nullable=True),
        sa.Column("planned_teacher_id", sa.Uuid(), nullable=True),
        sa.Column("planned_room", sa.Text(), nullable=True),
        sa.Column("moved_from_day", sa.Date(), nullable=True),
        sa.Column("moved_from_number", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_diary_lesson_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_diary_lesson_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["pattern_entry_id"], ["diary_pattern_entry.id"], name=op.f("fk_diary_lesson_pattern_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["planned_subject_id"], ["core_subject.id"], name=op.f("fk_diary_lesson_planned_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["planned_teacher_id"], ["core_person.id"], name=op.f("fk_diary_lesson_planned_teacher_id")
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"], ["core_pupil_group.id"], name=op.f("fk_diary_lesson_pupil_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"], ["core_school_class.id"], name=op.f("fk_diary_lesson_school_class_id")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["core_subject.id"], name=op.f("fk_diary_lesson_subject_id")),
        sa.ForeignKeyConstraint(["teacher_id"], ["core_person.id"], name=op.f("fk_diary_lesson_teacher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_lesson")),
    )
    op.create_index(
        op.f("ix_diary_lesson_organization_academic_year_day"),
        "diary_lesson",
        ["organization_id", "academic_year_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_lesson_organization_academic_year_pupil_group_day"),
        "diary_lesson",
        ["organization_id", "academic_year_id", "pupil_group_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_lesson_organization_academic_year_school_class_day"),
        "diary_lesson",
        ["organization_id", "academic_year_id", "school_class_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_lesson_organization_academic_year_teacher_day"),
        "diary_lesson",
        ["organization_id", "academic_year_id", "teacher_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_diary_lesson_pattern_entry_day"), "diary_lesson", ["pattern_entry_id", "day"], unique=False
    )
