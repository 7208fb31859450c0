"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "school_canteen_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "school_canteen_menu",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_school_canteen_menu_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["core_person.id"], name=op.f("fk_school_canteen_menu_updated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_canteen_menu")),
        sa.UniqueConstraint("organization_id", "day", name=op.f("uq_school_canteen_menu_organization_day")),
    )
    op.create_index(
        op.f("ix_school_canteen_menu_updated_by"), "school_canteen_menu", ["updated_by"], unique=False
    )
    op.create_table(
        "school_canteen_dish",
        sa.Column("menu_id", sa.Uuid(), nullable=False),
        sa.Column("meal", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("portion", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["menu_id"],
            ["school_canteen_menu.id"],
            name=op.f("fk_school_canteen_dish_menu_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_canteen_dish")),
    )
    op.create_index(
        op.f("ix_school_canteen_dish_menu_meal_position"),
        "school_canteen_dish",
        ["menu_id", "meal", "position"],
        unique=False,
    )
    op.create_table(
        "school_canteen_free_meal",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["core_person.id"], name=op.f("fk_school_canteen_free_meal_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["core_organization.id"],
            name=op.f("fk_school_canteen_free_meal_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["core_person.id"], name=op.f("fk_school_canteen_free_meal_pupil_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["core_request.id"], name=op.f("fk_school_canteen_free_meal_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_canteen_free_meal")),
        sa.UniqueConstraint("request_id", name=op.f("uq_school_canteen_free_meal_request")),
    )
    op.create_index(
        op.f("ix_school_canteen_free_meal_granted_by"),
        "school_canteen_free_meal",
        ["granted_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_school_canteen_free_meal_organization_pupil"),
        "school_canteen_free_meal",
        ["organization_id", "pupil_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_school_canteen_free_meal_pupil"), "school_canteen_free_meal", ["pupil_id"], unique=False
    )
