"""Consents, who looked at personal data, what was deleted by the rules of storage, questions to the support."""

import sqlalchemy as sa
from alembic import op

revision = "core_0011"
down_revision = "core_0010"


def upgrade() -> None:
    op.create_table(
        "core_consent_text",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("renews", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_core_consent_text_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_consent_text_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_consent_text")),
        sa.UniqueConstraint(
            "organization_id", "kind", "version", name=op.f("uq_core_consent_text_organization_kind_version")
        ),
    )
    op.create_table(
        "core_consent",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_way", sa.String(length=16), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_core_consent_{column}"))
            for column, target in (
                ("organization_id", "core_organization.id"),
                ("person_id", "core_person.id"),
                ("text_id", "core_consent_text.id"),
                ("given_by", "core_person.id"),
                ("recorded_by", "core_person.id"),
                ("withdrawn_by", "core_person.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_consent")),
    )
    op.create_index(
        op.f("ix_core_consent_organization_kind_person"),
        "core_consent",
        ["organization_id", "kind", "person_id"],
    )
    op.create_index(op.f("ix_core_consent_person"), "core_consent", ["person_id"])
    op.create_table(
        "core_card_view",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_core_card_view_{column}"))
            for column, target in (
                ("person_id", "core_person.id"),
                ("viewer_id", "core_person.id"),
                ("organization_id", "core_organization.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_card_view")),
    )
    op.create_index(
        op.f("ix_core_card_view_person_viewer_at"), "core_card_view", ["person_id", "viewer_id", "at"]
    )
    op.create_index(op.f("ix_core_card_view_viewer"), "core_card_view", ["viewer_id"])
    op.create_index(op.f("ix_core_card_view_at"), "core_card_view", ["at"])
    op.create_table(
        "core_retention_run",
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_retention_run")),
    )
    op.create_index(op.f("ix_core_retention_run_rule_at"), "core_retention_run", ["rule", "at"])
    # Old notifications are looked for every day, and most are not old.
    op.create_index(op.f("ix_core_notification_created_at"), "core_notification", ["created_at"])
    support()


def support() -> None:
    """Questions to the support."""
    name = "core_support_message"
    op.create_table(
        name,
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=60), nullable=False),
        *(sa.Column(each, sa.Text(), nullable=False) for each in ("contact", "subject", "text")),
        sa.Column("error_id", sa.String(length=16), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("origin", sa.LargeBinary(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in (
                ("organization_id", "core_organization.id"),
                ("author_id", "core_person.id"),
                ("answered_by", "core_person.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_organization_status_id"), name, ["organization_id", "status", "id"])
    op.create_index(op.f(f"ix_{name}_origin_created_at"), name, ["origin", "created_at"])
    op.create_index(op.f(f"ix_{name}_author"), name, ["author_id"])
