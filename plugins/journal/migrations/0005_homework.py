"""Links of homework, tasks for some pupils, works that pupils hand in."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0005"
down_revision = "journal_0004"


def upgrade() -> None:
    op.create_table(
        "journal_homework_task",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("due_lesson_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_journal_homework_task_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["due_lesson_id"],
            ["journal_lesson.id"],
            name=op.f("fk_journal_homework_task_due_lesson_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["journal_lesson.id"],
            name=op.f("fk_journal_homework_task_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_journal_homework_task_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_homework_task")),
    )
    op.create_index(
        op.f("ix_journal_homework_task_author"), "journal_homework_task", ["author_id"], unique=False
    )
    op.create_index(
        op.f("ix_journal_homework_task_due_lesson"), "journal_homework_task", ["due_lesson_id"], unique=False
    )
    op.create_index(
        op.f("ix_journal_homework_task_lesson"), "journal_homework_task", ["lesson_id"], unique=False
    )
    op.create_index(
        op.f("ix_journal_homework_task_organization"),
        "journal_homework_task",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "journal_homework_task_pupil",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["core_person.id"], name=op.f("fk_journal_homework_task_pupil_pupil_id")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["journal_homework_task.id"],
            name=op.f("fk_journal_homework_task_pupil_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "pupil_id", name=op.f("pk_journal_homework_task_pupil")),
    )
    op.create_index(
        op.f("ix_journal_homework_task_pupil_pupil"),
        "journal_homework_task_pupil",
        ["pupil_id"],
        unique=False,
    )
    op.create_table(
        "journal_submission",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("mark_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["journal_lesson.id"],
            name=op.f("fk_journal_submission_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mark_id"], ["journal_mark.id"], name=op.f("fk_journal_submission_mark_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_submission_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["core_person.id"], name=op.f("fk_journal_submission_pupil_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["core_person.id"], name=op.f("fk_journal_submission_reviewed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_submission")),
        sa.UniqueConstraint("lesson_id", "pupil_id", name=op.f("uq_journal_submission_lesson_pupil")),
    )
    op.create_index(op.f("ix_journal_submission_mark"), "journal_submission", ["mark_id"], unique=False)
    op.create_index(
        op.f("ix_journal_submission_organization_state"),
        "journal_submission",
        ["organization_id", "state"],
        unique=False,
    )
    op.create_index(op.f("ix_journal_submission_pupil"), "journal_submission", ["pupil_id"], unique=False)
    op.create_index(
        op.f("ix_journal_submission_reviewed_by"), "journal_submission", ["reviewed_by"], unique=False
    )
    op.add_column("journal_lesson", sa.Column("homework_links", sa.Text(), nullable=False, server_default=""))
