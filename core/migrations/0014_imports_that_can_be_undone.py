"""Imports: what each has loaded, and the rows it made and changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0014"
down_revision = "core_0013"

Json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "core_import_run",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("year", sa.String(length=16), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_task_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_name", sa.Text(), nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_import_run_organization_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["core_person.id"], name=op.f("fk_core_import_run_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_import_run")),
    )
    op.create_index(op.f("ix_core_import_run_organization_id"), "core_import_run", ["organization_id", "id"])
    op.create_table(
        "core_imported_row",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("table", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["core_import_run.id"], name=op.f("fk_core_imported_row_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "table", "row_id", name=op.f("pk_core_imported_row")),
    )
