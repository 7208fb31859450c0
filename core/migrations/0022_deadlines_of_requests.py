"""Of which deadline of a request those concerned have been told."""

import sqlalchemy as sa
from alembic import op

revision = "core_0022"
down_revision = "core_0021"


def upgrade() -> None:
    op.add_column("core_request", sa.Column("reminded_for", sa.Date(), nullable=True))
    op.add_column("core_request", sa.Column("late_for", sa.Date(), nullable=True))
    op.create_index(op.f("ix_core_request_status_deadline"), "core_request", ["status", "deadline"])
