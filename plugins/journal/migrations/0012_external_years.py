"""Marks of a year and of an earlier grade from a pupil's former school."""

import sqlalchemy as sa
from alembic import op

revision = "journal_0012"
down_revision = "journal_0011"


def upgrade() -> None:
    for column in ("grade_level", "half_year"):
        op.add_column("journal_external_mark", sa.Column(column, sa.Integer(), nullable=True))
