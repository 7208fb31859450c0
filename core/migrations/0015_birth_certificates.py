"""Birth certificates of people."""

import sqlalchemy as sa
from alembic import op

revision = "core_0015"
down_revision = "core_0014"


def upgrade() -> None:
    with op.batch_alter_table("core_person") as table:
        table.add_column(sa.Column("birth_certificate", sa.String(length=20), nullable=True))
        table.create_unique_constraint(op.f("uq_core_person_birth_certificate"), ["birth_certificate"])
