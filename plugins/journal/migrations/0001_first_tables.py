"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "journal_page",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_group_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lessons_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_journal_page_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_page_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"], ["core_pupil_group.id"], name=op.f("fk_journal_page_pupil_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"], ["core_school_class.id"], name=op.f("fk_journal_page_school_class_id")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["core_subject.id"], name=op.f("fk_journal_page_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_page")),
    )
    op.create_index(
        op.f("ix_journal_page_organization_academic_year_subject"),
        "journal_page",
        ["organization_id", "academic_year_id", "subject_id"],
        unique=False,
    )
    op.create_index(op.f("ix_journal_page_pupil_group"), "journal_page", ["pupil_group_id"], unique=False)
    op.create_index(op.f("ix_journal_page_school_class"), "journal_page", ["school_class_id"], unique=False)
    op.create_index(
        "uq_journal_page_class",
        "journal_page",
        ["academic_year_id", "subject_id", "school_class_id"],
        unique=True,
        sqlite_where=sa.text("pupil_group_id IS NULL"),
        postgresql_where=sa.text("pupil_group_id IS NULL"),
    )
    op.create_index(
        "uq_journal_page_group",
        "journal_page",
        ["academic_year_id", "subject_id", "pupil_group_id"],
        unique=True,
        sqlite_where=sa.text("pupil_group_id IS NOT NULL"),
        postgresql_where=sa.text("pupil_group_id IS NOT NULL"),
    )
    op.create_table(
        "journal_lesson",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("planned_lesson_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("homework", sa.Text(), nullable=False),
        sa.Column("homework_minutes", sa.Integer(), nullable=True),
        sa.Column("control_kind", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_journal_lesson_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_lesson_organization_id")
        ),
        sa.ForeignKeyConstraint(["page_id"], ["journal_page.id"], name=op.f("fk_journal_lesson_page_id")),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["core_person.id"], name=op.f("fk_journal_lesson_teacher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_lesson")),
        sa.UniqueConstraint("planned_lesson_id", name=op.f("uq_journal_lesson_planned_lesson")),
    )
    op.create_index(
        op.f("ix_journal_lesson_organization_academic_year_page_day"),
        "journal_lesson",
        ["organization_id", "academic_year_id", "page_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_lesson_organization_academic_year_teacher_day"),
        "journal_lesson",
        ["organization_id", "academic_year_id", "teacher_id", "day"],
        unique=False,
    )
    op.create_index(op.f("ix_journal_lesson_page"), "journal_lesson", ["page_id"], unique=False)
    op.create_table(
        "journal_attendance",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_journal_attendance_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_journal_attendance_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["journal_lesson.id"], name=op.f("fk_journal_attendance_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_attendance_organization_id")
        ),
        sa.ForeignKeyConstraint(["page_id"], ["journal_page.id"], name=op.f("fk_journal_attendance_page_id")),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["core_person.id"], name=op.f("fk_journal_attendance_pupil_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_attendance")),
        sa.UniqueConstraint("lesson_id", "pupil_id", name=op.f("uq_journal_attendance_lesson_pupil")),
    )
    op.create_index(
        op.f("ix_journal_attendance_organization_academic_year_day"),
        "journal_attendance",
        ["organization_id", "academic_year_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_attendance_organization_academic_year_page_day"),
        "journal_attendance",
        ["organization_id", "academic_year_id", "page_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_attendance_organization_academic_year_pupil_day"),
        "journal_attendance",
        ["organization_id", "academic_year_id", "pupil_id", "day"],
        unique=False,
    )
    op.create_table(
        "journal_cell",
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["journal_lesson.id"], name=op.f("fk_journal_cell_lesson_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["page_id"], ["journal_page.id"], name=op.f("fk_journal_cell_page_id")),
        sa.ForeignKeyConstraint(["pupil_id"], ["core_person.id"], name=op.f("fk_journal_cell_pupil_id")),
        sa.PrimaryKeyConstraint("lesson_id", "pupil_id", name=op.f("pk_journal_cell")),
    )
    op.create_index(
        op.f("ix_journal_cell_page_version"), "journal_cell", ["page_id", "version"], unique=False
    )
    op.create_table(
        "journal_mark",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("control_kind", sa.String(length=24), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_journal_mark_academic_year_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["core_person.id"], name=op.f("fk_journal_mark_author_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["journal_lesson.id"], name=op.f("fk_journal_mark_lesson_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_mark_organization_id")
        ),
        sa.ForeignKeyConstraint(["page_id"], ["journal_page.id"], name=op.f("fk_journal_mark_page_id")),
        sa.ForeignKeyConstraint(["pupil_id"], ["core_person.id"], name=op.f("fk_journal_mark_pupil_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_mark")),
        sa.UniqueConstraint(
            "lesson_id", "pupil_id", "position", name=op.f("uq_journal_mark_lesson_pupil_position")
        ),
    )
    op.create_index(
        op.f("ix_journal_mark_organization_academic_year_page_day"),
        "journal_mark",
        ["organization_id", "academic_year_id", "page_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_mark_organization_academic_year_pupil_day"),
        "journal_mark",
        ["organization_id", "academic_year_id", "pupil_id", "day"],
        unique=False,
    )
