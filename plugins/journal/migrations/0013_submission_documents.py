"""Documents of the portal handed in with works."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0013"
down_revision = "journal_0012"


def upgrade() -> None:
    op.create_table(
        "journal_submission_document",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Boolean(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_journal_submission_document_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["journal_submission.id"],
            name=op.f("fk_journal_submission_document_submission_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_submission_document")),
    )
    op.create_index(
        op.f("ix_journal_submission_document_organization"),
        "journal_submission_document",
        ["organization_id"],
    )
    op.create_index(
        op.f("ix_journal_submission_document_submission"), "journal_submission_document", ["submission_id"]
    )
