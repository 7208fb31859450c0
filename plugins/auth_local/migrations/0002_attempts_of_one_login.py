"""Failed attempts at one login are found together, wherever they came from."""

import sqlalchemy as sa
from alembic import op

revision = "auth_local_0002"
down_revision = "auth_local_0001"


def upgrade() -> None:
    op.add_column("auth_local_attempts", sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f("ix_auth_local_attempts_subject_hash"), "auth_local_attempts", ["subject_hash"])
