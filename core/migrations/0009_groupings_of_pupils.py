"""Groupings of pupils: subjects of subgroups, places, closing, grounds of membership, moves that can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from core.identity.names import sort_key

revision = "core_0009"
down_revision = "core_0008"

ADDED = {
    "core_school_class": (("places", sa.Integer()), ("closed_on", sa.Date())),
    "core_pupil_group": (
        ("name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql")),
        ("subject_id", sa.Uuid()),
        ("grade_level", sa.Integer()),
        ("places", sa.Integer()),
        ("closed_on", sa.Date()),
    ),
    "core_pupil_group_membership": (("basis", sa.Text()), ("end_basis", sa.Text())),
    "core_enrollment": (("end_basis", sa.Text()),),
}


def upgrade() -> None:
    for name, columns in ADDED.items():
        for column, kind in columns:
            op.add_column(name, sa.Column(column, kind, nullable=True))
    _fill()
    with op.batch_alter_table("core_pupil_group") as batch:
        batch.alter_column("name_key", existing_type=ADDED["core_pupil_group"][0][1], nullable=False)
        batch.create_foreign_key(
            op.f("fk_core_pupil_group_subject_id"), "core_subject", ["subject_id"], ["id"]
        )
    for name in ("core_school_class", "core_pupil_group"):
        op.create_index(op.f(f"ix_{name}_name_key_id"), name, ["name_key", "id"])
    op.create_table(
        "core_pupil_move",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("grouping_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["core_organization.id"], name=op.f("fk_core_pupil_move_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_pupil_move")),
    )
    op.create_index(op.f("ix_core_pupil_move_organization"), "core_pupil_move", ["organization_id"])
    op.create_index(op.f("ix_core_pupil_move_grouping"), "core_pupil_move", ["grouping_id"])


def _fill() -> None:
    """Keys to sort by, and the subject of each group that is taught one only."""
    groups = sa.table(
        "core_pupil_group",
        sa.column("id", sa.Uuid()),
        sa.column("subject_id", sa.Uuid()),
        sa.column("school_class_id", sa.Uuid()),
        sa.column("grade_level", sa.Integer()),
        *(sa.column(each, sa.Text()) for each in ("name", "split", "name_key")),
    )
    classes = sa.table(
        "core_school_class",
        sa.column("id", sa.Uuid()),
        sa.column("grade_level", sa.Integer()),
        sa.column("name_key", sa.Text()),
    )
    taught = sa.table(
        "core_teaching_assignment",
        sa.column("pupil_group_id", sa.Uuid()),
        sa.column("subject_id", sa.Uuid()),
    )
    connection = op.get_bind()
    subjects: dict[object, set[object]] = {}
    rows = sa.select(taught.c.pupil_group_id, taught.c.subject_id).distinct()
    for group_id, subject_id in connection.execute(rows.where(taught.c.pupil_group_id.is_not(None))):
        subjects.setdefault(group_id, set()).add(subject_id)
    found = sa.select(
        groups.c.id, groups.c.name, groups.c.split, classes.c.grade_level, classes.c.name_key
    ).outerjoin_from(groups, classes, classes.c.id == groups.c.school_class_id)
    for row in connection.execute(found).all():
        known = subjects.get(row.id, set())
        connection.execute(
            groups.update()
            .where(groups.c.id == row.id)
            .values(
                name_key=f"{row.name_key or ''} {sort_key(f'{row.split} {row.name}')}".strip(),
                grade_level=row.grade_level,
                subject_id=next(iter(known)) if len(known) == 1 else None,
            )
        )
