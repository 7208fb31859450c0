"""Questions to the support become conversations: answers are rows of their own, a question has a number."""

import sqlalchemy as sa
from alembic import op

from core.database.base import new_id

revision = "core_0023"
down_revision = "core_0022"

NAME, REPLY = "core_support_message", "core_support_reply"


def upgrade() -> None:
    replies = op.create_table(
        REPLY,
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("from_support", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], [f"{NAME}.id"], name=op.f(f"fk_{REPLY}_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["core_person.id"], name=op.f(f"fk_{REPLY}_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{REPLY}")),
    )
    op.create_index(op.f(f"ix_{REPLY}_message"), REPLY, ["message_id"])
    op.create_index(op.f(f"ix_{REPLY}_author"), REPLY, ["author_id"])
    op.add_column(NAME, sa.Column("number", sa.String(length=8), nullable=True))
    _take_over(replies)
    with op.batch_alter_table(NAME) as batch:
        batch.alter_column("number", existing_type=sa.String(length=8), nullable=False)
        batch.drop_constraint(op.f(f"fk_{NAME}_answered_by"), type_="foreignkey")
        for column in ("answer", "answered_by", "answered_at"):
            batch.drop_column(column)
    op.create_index(op.f(f"ix_{NAME}_number"), NAME, ["number"])


def _take_over(replies: sa.Table) -> None:
    """Numbers for the questions there are, and their answers as replies."""
    messages = sa.table(
        NAME,
        sa.column("id", sa.Uuid()),
        sa.column("number", sa.String()),
        sa.column("answer", sa.Text()),
        sa.column("answered_by", sa.Uuid()),
        sa.column("answered_at", sa.DateTime(timezone=True)),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(messages)).all():
        connection.execute(
            sa.update(messages).where(messages.c.id == row.id).values(number=f"{row.id.int % 10**8:08d}")
        )
        if row.answer:
            connection.execute(
                sa.insert(replies).values(
                    id=new_id(),
                    message_id=row.id,
                    author_id=row.answered_by,
                    from_support=True,
                    text=row.answer,
                    step="",
                    created_at=row.answered_at or row.created_at,
                )
            )
