"""Sign-ins that were refused, for as long as their owner may ask the school."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "auth_esia_0003"
down_revision = "auth_esia_0002"


def upgrade() -> None:
    op.create_table(
        "auth_esia_refused",
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column(
            "profile", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("browser_hash", name=op.f("pk_auth_esia_refused")),
    )
    op.create_index(op.f("ix_auth_esia_refused_created_at"), "auth_esia_refused", ["created_at"])
