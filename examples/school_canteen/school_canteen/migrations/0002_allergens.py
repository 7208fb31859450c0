"""Allergens. The default lets dishes that are there already, and version 1.0 while it still runs, go on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "school_canteen_0002"
down_revision = "school_canteen_0001"


def upgrade() -> None:
    op.add_column(
        "school_canteen_dish",
        sa.Column(
            "allergens",
            sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
            server_default="[]",
        ),
    )
