"""Long lists: roles by kind and by their last day; PostgreSQL knows how many people share a surname."""

from alembic import op

revision = "core_0017"
down_revision = "core_0016"

FINE = 1000
"""Buckets of names. With the hundred of PostgreSQL a surname of twenty thousand people seems rare among millions,
and all who bear it are read to show the first fifty.
"""


def upgrade() -> None:
    op.create_index(op.f("ix_core_structural_role_kind_status"), "core_structural_role", ["kind", "status"])
    op.create_index(op.f("ix_core_structural_role_ends_on"), "core_structural_role", ["ends_on"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE core_person ALTER COLUMN name_key SET STATISTICS {FINE}")
