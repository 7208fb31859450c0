"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "core_audit_chain",
        sa.Column("chain", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_core_audit_chain")),
    )
    op.create_table(
        "core_audit_record",
        sa.Column("chain", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_type", sa.String(length=60), nullable=False),
        sa.Column(
            "subject_id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "before", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=True
        ),
        sa.Column("after", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit_record")),
        sa.UniqueConstraint("chain", "sequence", name=op.f("uq_core_audit_record_chain_sequence")),
    )
    op.create_index(op.f("ix_core_audit_record_person"), "core_audit_record", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_core_audit_record_subject_type_subject_sequence"),
        "core_audit_record",
        ["subject_type", "subject_id", "sequence"],
        unique=False,
    )
    op.create_table(
        "core_idempotency_key",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_core_idempotency_key")),
    )
    op.create_index(
        op.f("ix_core_idempotency_key_created_at"), "core_idempotency_key", ["created_at"], unique=False
    )
    op.create_table(
        "core_organization",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column(
            "name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("path", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("region_code", sa.String(length=3), nullable=True),
        sa.Column("inn", sa.String(length=12), nullable=True),
        sa.Column("kpp", sa.String(length=9), nullable=True),
        sa.Column("ogrn", sa.String(length=15), nullable=True),
        sa.Column("oktmo", sa.String(length=11), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("support_contact", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["core_organization.id"], name=op.f("fk_core_organization_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_organization")),
        sa.UniqueConstraint("path", name=op.f("uq_core_organization_path")),
    )
    op.create_index(op.f("ix_core_organization_external"), "core_organization", ["external_id"], unique=False)
    op.create_index(op.f("ix_core_organization_ogrn"), "core_organization", ["ogrn"], unique=False)
    op.create_index(op.f("ix_core_organization_parent"), "core_organization", ["parent_id"], unique=False)
    op.create_table(
        "core_person",
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("middle_name", sa.Text(), nullable=True),
        sa.Column(
            "name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("snils", sa.String(length=11), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_person")),
        sa.UniqueConstraint("snils", name=op.f("uq_core_person_snils")),
    )
    op.create_index(op.f("ix_core_person_external"), "core_person", ["external_id"], unique=False)
    op.create_index(op.f("ix_core_person_name_key"), "core_person", ["name_key"], unique=False)
    op.create_table(
        "core_plugin_failure",
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_id", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_plugin_failure")),
    )
    op.create_index(op.f("ix_core_plugin_failure_plugin"), "core_plugin_failure", ["plugin"], unique=False)
    op.create_table(
        "core_version_stamp",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_version_stamp")),
    )
    op.create_table(
        "core_academic_year",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_academic_year_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_academic_year")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_core_academic_year_organization_name")),
    )
    op.create_table(
        "core_account",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=True),
        sa.Column(
            "preferences", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("last_role_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["core_person.id"], name=op.f("fk_core_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_account")),
        sa.UniqueConstraint("person_id", name=op.f("uq_core_account_person")),
    )
    op.create_table(
        "core_capability_choice",
        sa.Column("capability", sa.String(length=60), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_capability_choice_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_capability_choice")),
        sa.UniqueConstraint(
            "capability", "organization_id", name=op.f("uq_core_capability_choice_capability_organization")
        ),
    )
    op.create_table(
        "core_file",
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_file_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["core_person.id"], name=op.f("fk_core_file_owner_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_file")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_core_file_storage_key")),
    )
    op.create_index(
        op.f("ix_core_file_organization_purpose_subject"),
        "core_file",
        ["organization_id", "purpose", "subject"],
        unique=False,
    )
    op.create_index(op.f("ix_core_file_owner"), "core_file", ["owner_id"], unique=False)
    op.create_table(
        "core_guardianship",
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["core_person.id"], name=op.f("fk_core_guardianship_child_id")),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["core_person.id"], name=op.f("fk_core_guardianship_guardian_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_guardianship")),
        sa.UniqueConstraint("guardian_id", "child_id", name=op.f("uq_core_guardianship_guardian_child")),
    )
    op.create_index(op.f("ix_core_guardianship_child"), "core_guardianship", ["child_id"], unique=False)
    op.create_table(
        "core_notification",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_core_notification_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_notification")),
    )
    op.create_index(
        op.f("ix_core_notification_person_read_at_id"),
        "core_notification",
        ["person_id", "read_at", "id"],
        unique=False,
    )
    op.create_table(
        "core_organization_group",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_organization_group_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_organization_group")),
    )
    op.create_index(
        op.f("ix_core_organization_group_organization"),
        "core_organization_group",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "core_organization_setting",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column(
            "values", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_organization_setting_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_organization_setting")),
        sa.UniqueConstraint(
            "organization_id", "plugin", name=op.f("uq_core_organization_setting_organization_plugin")
        ),
    )
    op.create_table(
        "core_request",
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column(
            "values", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["core_person.id"], name=op.f("fk_core_request_author_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["core_person.id"], name=op.f("fk_core_request_decided_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_request_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_request")),
    )
    op.create_index(op.f("ix_core_request_author"), "core_request", ["author_id"], unique=False)
    op.create_index(
        op.f("ix_core_request_organization_status_id"),
        "core_request",
        ["organization_id", "status", "id"],
        unique=False,
    )
    op.create_table(
        "core_subject",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column(
            "name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_subject_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_subject")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_core_subject_organization_name")),
    )
    op.create_table(
        "core_task",
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column(
            "payload", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("rerun", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=True),
        sa.Column("progress_text", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_task_organization_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_core_task_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_task")),
        sa.UniqueConstraint("key", name=op.f("uq_core_task_key")),
    )
    op.create_index(op.f("ix_core_task_finished_at"), "core_task", ["finished_at"], unique=False)
    op.create_index(op.f("ix_core_task_person"), "core_task", ["person_id"], unique=False)
    op.create_index(op.f("ix_core_task_status_run_at"), "core_task", ["status", "run_at"], unique=False)
    op.create_table(
        "core_access_token",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "scopes", sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["core_account.id"],
            name=op.f("fk_core_access_token_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_access_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core_access_token_token_hash")),
    )
    op.create_index(op.f("ix_core_access_token_account"), "core_access_token", ["account_id"], unique=False)
    op.create_table(
        "core_external_identity",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["core_account.id"], name=op.f("fk_core_external_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_core_external_identity_issuer_subject")),
    )
    op.create_index(
        op.f("ix_core_external_identity_account"), "core_external_identity", ["account_id"], unique=False
    )
    op.create_table(
        "core_organization_group_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["core_organization_group.id"],
            name=op.f("fk_core_organization_group_member_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_organization_group_member_organization_id"),
        ),
        sa.PrimaryKeyConstraint(
            "group_id", "organization_id", name=op.f("pk_core_organization_group_member")
        ),
    )
    op.create_index(
        op.f("ix_core_organization_group_member_organization"),
        "core_organization_group_member",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "core_plugin_switch",
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["core_organization_group.id"], name=op.f("fk_core_plugin_switch_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_plugin_switch_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_plugin_switch")),
        sa.UniqueConstraint("plugin", "group_id", name=op.f("uq_core_plugin_switch_plugin_group")),
        sa.UniqueConstraint(
            "plugin", "organization_id", name=op.f("uq_core_plugin_switch_plugin_organization")
        ),
    )
    op.create_table(
        "core_request_comment",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["core_person.id"], name=op.f("fk_core_request_comment_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["core_request.id"],
            name=op.f("fk_core_request_comment_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_request_comment")),
    )
    op.create_index(
        op.f("ix_core_request_comment_request"), "core_request_comment", ["request_id"], unique=False
    )
    op.create_table(
        "core_school_class",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("grade_level", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("term_kind", sa.String(length=16), nullable=False),
        sa.Column("days_per_week", sa.Integer(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_core_school_class_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_school_class_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["core_school_class.id"], name=op.f("fk_core_school_class_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_school_class")),
        sa.UniqueConstraint("academic_year_id", "name", name=op.f("uq_core_school_class_academic_year_name")),
    )
    op.create_index(op.f("ix_core_school_class_external"), "core_school_class", ["external_id"], unique=False)
    op.create_index(
        op.f("ix_core_school_class_organization_academic_year_name_key"),
        "core_school_class",
        ["organization_id", "academic_year_id", "name_key"],
        unique=False,
    )
    op.create_table(
        "core_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column(
            "provider_state",
            sa.JSON().with_variant(JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["core_account.id"], name=op.f("fk_core_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core_session_token_hash")),
    )
    op.create_index(op.f("ix_core_session_account"), "core_session", ["account_id"], unique=False)
    op.create_index(op.f("ix_core_session_expires_at"), "core_session", ["expires_at"], unique=False)
    op.create_table(
        "core_term",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_core_term_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_term_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_term")),
        sa.UniqueConstraint(
            "academic_year_id", "kind", "number", name=op.f("uq_core_term_academic_year_kind_number")
        ),
    )
    op.create_table(
        "core_enrollment",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_core_enrollment_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_enrollment_organization_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["core_person.id"], name=op.f("fk_core_enrollment_person_id")),
        sa.ForeignKeyConstraint(
            ["school_class_id"], ["core_school_class.id"], name=op.f("fk_core_enrollment_school_class_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_enrollment")),
        sa.UniqueConstraint(
            "school_class_id",
            "person_id",
            "starts_on",
            name=op.f("uq_core_enrollment_school_class_person_starts_on"),
        ),
    )
    op.create_index(
        op.f("ix_core_enrollment_organization_academic_year_school_class"),
        "core_enrollment",
        ["organization_id", "academic_year_id", "school_class_id"],
        unique=False,
    )
    op.create_index(op.f("ix_core_enrollment_person"), "core_enrollment", ["person_id"], unique=False)
    op.create_table(
        "core_pupil_group",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["academic_year_id"], ["core_academic_year.id"], name=op.f("fk_core_pupil_group_academic_year_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_pupil_group_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"], ["core_school_class.id"], name=op.f("fk_core_pupil_group_school_class_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_pupil_group")),
    )
    op.create_index(
        op.f("ix_core_pupil_group_organization_academic_year"),
        "core_pupil_group",
        ["organization_id", "academic_year_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_core_pupil_group_school_class"), "core_pupil_group", ["school_class_id"], unique=False
    )
    op.create_table(
        "core_structural_role",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["core_person.id"], name=op.f("fk_core_structural_role_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_structural_role_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_core_structural_role_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"],
            ["core_school_class.id"],
            name=op.f("fk_core_structural_role_school_class_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_structural_role")),
    )
    op.create_index(
        op.f("ix_core_structural_role_organization_kind_status"),
        "core_structural_role",
        ["organization_id", "kind", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_core_structural_role_person"), "core_structural_role", ["person_id"], unique=False
    )
    op.create_table(
        "core_pupil_group_membership",
        sa.Column("pupil_group_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["core_person.id"], name=op.f("fk_core_pupil_group_membership_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"],
            ["core_pupil_group.id"],
            name=op.f("fk_core_pupil_group_membership_pupil_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_pupil_group_membership")),
        sa.UniqueConstraint(
            "pupil_group_id",
            "person_id",
            "starts_on",
            name=op.f("uq_core_pupil_group_membership_pupil_group_person_starts_on"),
        ),
    )
    op.create_index(
        op.f("ix_core_pupil_group_membership_person"),
        "core_pupil_group_membership",
        ["person_id"],
        unique=False,
    )
    op.create_table(
        "core_teaching_assignment",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("school_class_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_group_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["academic_year_id"],
            ["core_academic_year.id"],
            name=op.f("fk_core_teaching_assignment_academic_year_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_core_teaching_assignment_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pupil_group_id"],
            ["core_pupil_group.id"],
            name=op.f("fk_core_teaching_assignment_pupil_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_class_id"],
            ["core_school_class.id"],
            name=op.f("fk_core_teaching_assignment_school_class_id"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["core_subject.id"], name=op.f("fk_core_teaching_assignment_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["core_person.id"], name=op.f("fk_core_teaching_assignment_teacher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_teaching_assignment")),
    )
    op.create_index(
        op.f("ix_core_teaching_assignment_organization_academic_year_teacher"),
        "core_teaching_assignment",
        ["organization_id", "academic_year_id", "teacher_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_core_teaching_assignment_school_class_subject"),
        "core_teaching_assignment",
        ["school_class_id", "subject_id"],
        unique=False,
    )
