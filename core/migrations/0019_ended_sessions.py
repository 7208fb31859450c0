"""Why a session ended, and the form that was sent after it had."""

import sqlalchemy as sa
from alembic import op

revision = "core_0019"
down_revision = "core_0018"


def upgrade() -> None:
    op.create_table(
        "core_ended_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["core_account.id"],
            name=op.f("fk_core_ended_session_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_core_ended_session")),
    )
    op.create_index(op.f("ix_core_ended_session_account"), "core_ended_session", ["account_id"])
    op.create_index(op.f("ix_core_ended_session_ended_at"), "core_ended_session", ["ended_at"])
    op.create_table(
        "core_unsent_form",
        sa.Column("id_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["core_account.id"],
            name=op.f("fk_core_unsent_form_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_core_unsent_form")),
    )
    op.create_index(op.f("ix_core_unsent_form_account"), "core_unsent_form", ["account_id"])
    op.create_index(op.f("ix_core_unsent_form_created_at"), "core_unsent_form", ["created_at"])
