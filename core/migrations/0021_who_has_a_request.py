"""Who looks at a request, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "core_0021"
down_revision = "core_0020"


def upgrade() -> None:
    with op.batch_alter_table("core_request") as batch:
        batch.add_column(sa.Column("handler_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(op.f("fk_core_request_handler_id"), "core_person", ["handler_id"], ["id"])
    request = _table("core_request", "id", "status", "handler_id", "taken_at", "decided_by", "decided_at")
    said = _table("core_request_comment", "id", "request_id", "step", "author_id", "created_at")

    def last(column: str) -> sa.ScalarSelect[object]:
        """What stands in the line of the history that brought a request into its present state."""
        return (
            sa.select(said.c[column])
            .where(said.c.request_id == request.c.id, said.c.step == request.c.status)
            .order_by(said.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )

    connection = op.get_bind()
    connection.execute(
        sa.update(request)
        .where(request.c.status.in_(("in_review", "returned")))
        .values(handler_id=last("author_id"), taken_at=last("created_at"))
    )
    connection.execute(
        sa.update(request)
        .where(request.c.status.in_(("approved", "rejected")))
        .values(handler_id=request.c.decided_by, taken_at=request.c.decided_at)
    )


def _table(name: str, *columns: str) -> sa.TableClause:
    found: list[sa.ColumnClause[object]] = [sa.column(each) for each in columns]
    return sa.table(name, *found)
