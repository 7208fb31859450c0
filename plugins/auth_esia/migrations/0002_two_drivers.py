"""Two drivers."""

import sqlalchemy as sa
from alembic import op

revision = "auth_esia_0002"
down_revision = "auth_esia_0001"


def upgrade() -> None:
    # What is under way lives ten minutes: begun before the upgrade, it is begun anew.
    op.execute("DELETE FROM auth_esia_login")
    with op.batch_alter_table("auth_esia_login") as table:
        table.add_column(sa.Column("provider", sa.String(length=16), nullable=False, server_default="esia"))
        table.add_column(sa.Column("nonce", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("auth_esia_login") as table:
        table.alter_column("provider", server_default=None)
        table.alter_column("nonce", server_default=None)
