"""Requisites of organizations."""

import re

import sqlalchemy as sa
from alembic import op

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
