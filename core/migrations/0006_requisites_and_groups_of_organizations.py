"""Requisites and groups of organizations."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from core.identity.names import sort_key

revision = "core_0006"
down_revision = "core_0005"

TEXTS = ("legal_address", "phone", "email", "site")


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    for name in TEXTS:
        op.add_column("core_organization", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("core_organization", sa.Column("closed_on", sa.Date(), nullable=True))
    table = sa.table(
        "core_organization",
        sa.column("search_key", sa.Text()),
        *(sa.column(name, sa.Text()) for name in TEXTS),
    )
    connection = op.get_bind()
    connection.execute(table.update().values(dict.fromkeys(TEXTS, "")))
    with op.batch_alter_table("core_organization") as batch:
        for name in TEXTS:
            batch.alter_column(name, existing_type=sa.Text(), nullable=False)
    op.create_index(op.f("ix_core_organization_inn"), "core_organization", ["inn"])
    op.create_index(op.f("ix_core_organization_search_key"), "core_organization", ["search_key"])
    words = op.create_table(
        "core_organization_word",
        sa.Column("word", text, nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_core_organization_word")),
    )
    found = {
        word
        for key in connection.scalars(sa.select(table.c.search_key))
        for word in re.findall(r"[\w'’]+", key)
    }
    if found:
        op.bulk_insert(words, [{"word": word} for word in sorted(found)])
    op.create_table(
        "core_licence",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_licence_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_licence")),
    )
    op.create_index(op.f("ix_core_licence_organization"), "core_licence", ["organization_id"])
    groups(text)
    op.create_table(
        "core_announcement",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recipients", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("last_person_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["core_organization_group.id"], name=op.f("fk_core_announcement_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_announcement")),
    )
    op.create_index(op.f("ix_core_announcement_group"), "core_announcement", ["group_id"])


def groups(text: sa.types.TypeEngine[str]) -> None:
    """Kinds, descriptions and rules of groups."""
    name = "core_organization_group"
    moment = sa.DateTime(timezone=True)
    rule = sa.JSON().with_variant(JSONB(), "postgresql")
    added = (
        sa.Column("name_key", text, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("rule", rule, nullable=True),
        sa.Column("created_at", moment, nullable=True),
    )
    for column in added:
        op.add_column(name, column)
    table = sa.table(
        name,
        sa.column("id", sa.Uuid()),
        *(sa.column(each, sa.Text()) for each in ("name", "name_key", "kind", "description")),
        sa.column("created_at", moment),
    )
    connection = op.get_bind()
    filled = {"kind": "other", "description": "", "created_at": sa.func.now()}
    for row in connection.execute(sa.select(table.c.id, table.c.name)).all():
        connection.execute(
            table.update().where(table.c.id == row.id).values(name_key=sort_key(row.name), **filled)
        )
    with op.batch_alter_table(name) as batch:
        batch.alter_column("name_key", existing_type=text, nullable=False)
        batch.alter_column("kind", existing_type=sa.String(length=16), nullable=False)
        batch.alter_column("description", existing_type=sa.Text(), nullable=False)
        batch.alter_column("created_at", existing_type=moment, nullable=False)
