"""Lesson plans: topics written once for a grade level, and the journal pages that follow them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "journal_0004"
down_revision = "journal_0003"


def upgrade() -> None:
    op.create_table(
        "journal_lesson_plan",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("grade_level", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_journal_lesson_plan_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_journal_lesson_plan_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_lesson_plan_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["core_subject.id"], name=op.f("fk_journal_lesson_plan_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_lesson_plan")),
    )
    op.create_index(op.f("ix_journal_lesson_plan_author"), "journal_lesson_plan", ["author_id"], unique=False)
    op.create_index(
        op.f("ix_journal_lesson_plan_organization_academic_year_subjec_eb48f1"),
        "journal_lesson_plan",
        ["organization_id", "academic_year_id", "subject_id", "grade_level"],
        unique=False,
    )
    op.create_table(
        "journal_lesson_topic",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("homework", sa.Text(), nullable=False),
        sa.Column("control_kind", sa.String(length=24), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["journal_page.id"], name=op.f("fk_journal_lesson_topic_page_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["journal_lesson_plan.id"],
            name=op.f("fk_journal_lesson_topic_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_lesson_topic")),
    )
    op.create_index(op.f("ix_journal_lesson_topic_page"), "journal_lesson_topic", ["page_id"], unique=False)
    op.create_index(
        op.f("ix_journal_lesson_topic_plan_position"),
        "journal_lesson_topic",
        ["plan_id", "position"],
        unique=False,
    )
    op.create_table(
        "journal_given_topic",
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["journal_lesson.id"],
            name=op.f("fk_journal_given_topic_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["journal_lesson_topic.id"],
            name=op.f("fk_journal_given_topic_topic_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lesson_id", "topic_id", name=op.f("pk_journal_given_topic")),
    )
    op.create_index(op.f("ix_journal_given_topic_batch"), "journal_given_topic", ["batch_id"], unique=False)
    op.create_index(op.f("ix_journal_given_topic_topic"), "journal_given_topic", ["topic_id"], unique=False)
    op.create_table(
        "journal_plan_use",
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("first_topic_id", sa.Uuid(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column(
            "schedule", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_journal_plan_use_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_topic_id"], ["journal_lesson_topic.id"], name=op.f("fk_journal_plan_use_first_topic_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_journal_plan_use_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["journal_page.id"], name=op.f("fk_journal_plan_use_page_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["journal_lesson_plan.id"], name=op.f("fk_journal_plan_use_plan_id")
        ),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_journal_plan_use")),
    )
    op.create_index(
        op.f("ix_journal_plan_use_organization_academic_year"),
        "journal_plan_use",
        ["organization_id", "academic_year_id"],
        unique=False,
    )
    op.create_index(op.f("ix_journal_plan_use_plan"), "journal_plan_use", ["plan_id"], unique=False)
    op.create_table(
        "journal_topic_exception",
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["journal_page.id"],
            name=op.f("fk_journal_topic_exception_page_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["journal_lesson_topic.id"],
            name=op.f("fk_journal_topic_exception_topic_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("page_id", "topic_id", name=op.f("pk_journal_topic_exception")),
    )
