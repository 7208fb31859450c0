"""Long lists of groups: by kind in the order of names, and who teaches each."""

from alembic import op

revision = "core_0018"
down_revision = "core_0017"


def upgrade() -> None:
    op.create_index(
        op.f("ix_core_teaching_assignment_pupil_group"), "core_teaching_assignment", ["pupil_group_id"]
    )
    op.create_index(
        op.f("ix_core_pupil_group_kind_name_key_id"), "core_pupil_group", ["kind", "name_key", "id"]
    )
