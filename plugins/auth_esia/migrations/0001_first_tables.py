"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "auth_esia_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "auth_esia_login",
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("next_address", sa.Text(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_auth_esia_login")),
    )
    op.create_index(op.f("ix_auth_esia_login_created_at"), "auth_esia_login", ["created_at"])
    op.create_table(
        "auth_esia_stand_entry",
        sa.Column("shelf", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shelf", "key", name=op.f("pk_auth_esia_stand_entry")),
    )
    op.create_index(op.f("ix_auth_esia_stand_entry_expires_at"), "auth_esia_stand_entry", ["expires_at"])
