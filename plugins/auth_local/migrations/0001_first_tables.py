"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "auth_local_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "auth_local_attempts",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_auth_local_attempts")),
    )
    op.create_index(op.f("ix_auth_local_attempts_last_at"), "auth_local_attempts", ["last_at"], unique=False)
    op.create_table(
        "auth_local_spent_challenge",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_auth_local_spent_challenge")),
    )
    op.create_index(
        op.f("ix_auth_local_spent_challenge_expires_at"),
        "auth_local_spent_challenge",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "auth_local_invitation",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_auth_local_invitation_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["core_person.id"],
            name=op.f("fk_auth_local_invitation_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_local_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_auth_local_invitation_code_hash")),
        sa.UniqueConstraint("person_id", name=op.f("uq_auth_local_invitation_person")),
    )
    op.create_index(
        op.f("ix_auth_local_invitation_expires_at"), "auth_local_invitation", ["expires_at"], unique=False
    )
    op.create_table(
        "auth_local_login",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("one_time", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_period", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_auth_local_login_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_auth_local_login")),
        sa.UniqueConstraint("login", name=op.f("uq_auth_local_login_login")),
    )
    op.create_table(
        "auth_local_step",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("next_address", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_auth_local_step_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_auth_local_step")),
    )
    op.create_index(op.f("ix_auth_local_step_expires_at"), "auth_local_step", ["expires_at"], unique=False)
    op.create_index(op.f("ix_auth_local_step_person"), "auth_local_step", ["person_id"], unique=False)
    op.create_table(
        "auth_local_passkey",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["auth_local_login.person_id"],
            name=op.f("fk_auth_local_passkey_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_local_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_auth_local_passkey_credential")),
    )
    op.create_index(op.f("ix_auth_local_passkey_person"), "auth_local_passkey", ["person_id"], unique=False)
    op.create_table(
        "auth_local_recovery_code",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["auth_local_login.person_id"],
            name=op.f("fk_auth_local_recovery_code_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_local_recovery_code")),
    )
    op.create_index(
        op.f("ix_auth_local_recovery_code_person"), "auth_local_recovery_code", ["person_id"], unique=False
    )
