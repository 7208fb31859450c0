"""How the core's own tables follow a person whose two cards are made one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contributions import Clash, MergedTable
from core.database.session import Session
from core.identity.families import Rights
from core.web.i18n import lazy

Row = Mapping[str, Any]


STRICTEST_FIRST = (Rights.NONE, Rights.VIEW, Rights.FULL)


def days_of_both(moving: Row, staying: Row) -> dict[str, Any]:
    """First and last day of two rows taken together; no last day if either has none."""
    ends = (moving["ends_on"], staying["ends_on"])
    return {
        "starts_on": min(moving["starts_on"], staying["starts_on"]),
        "ends_on": None if None in ends else max(ends),
    }


def _ties(_db: Session, moving: Row, staying: Row) -> Clash:
    """A tie that a court has closed stays closed, whichever card it stood on."""
    stricter = min(moving, staying, key=lambda row: STRICTEST_FIRST.index(row["rights"]))
    return Clash(
        staying={
            **days_of_both(moving, staying),
            "rights": stricter["rights"],
            "basis": stricter["basis"],
        }
    )


def _accounts(_db: Session, moving: Row, staying: Row) -> Clash:
    """One account with both ways in; where one door was closed, it stays closed."""
    closed = "blocked" in (moving["status"], staying["status"])
    return Clash(staying={"status": "blocked" if closed else staying["status"]})


CORE_MERGED_TABLES = (
    MergedTable(table="core_account", titles={"person_id": lazy("Вход в портал")}, clash=_accounts),
    MergedTable(table="core_external_identity", titles={"account_id": lazy("Внешние учётные записи")}),
    MergedTable(table="core_access_token", titles={"account_id": lazy("Ключи доступа к API")}),
    MergedTable(
        table="core_structural_role",
        titles={"person_id": lazy("Роли")},
        one_of=("kind", "organization_id", "school_class_id", "group_id", "status", "delegated_from"),
        # A role that waits is named in its request.
        joins=lambda role: role["status"] != "requested",
    ),
    MergedTable(
        table="core_former_school",
        titles={"person_id": lazy("Записи прежних школ")},
    ),
    MergedTable(
        table="core_enrollment",
        titles={"person_id": lazy("Зачисления в классы")},
        one_of=("school_class_id",),
    ),
    MergedTable(
        table="core_pupil_group_membership",
        titles={"person_id": lazy("Группы учеников")},
        one_of=("pupil_group_id",),
    ),
    MergedTable(
        table="core_teaching_assignment",
        titles={"teacher_id": lazy("Предметы и классы учителя")},
        one_of=("organization_id", "academic_year_id", "subject_id", "school_class_id", "pupil_group_id"),
    ),
    MergedTable(
        table="core_guardianship",
        titles={"guardian_id": lazy("Дети"), "child_id": lazy("Представители")},
        clash=_ties,
    ),
    MergedTable(
        table="core_request",
        titles={
            "author_id": lazy("Запросы"),
            "decided_by": lazy("Решения по запросам"),
            "handler_id": lazy("Запросы в работе"),
        },
    ),
    MergedTable(table="core_notification", titles={"person_id": lazy("Уведомления")}),
    MergedTable(table="core_file", titles={"owner_id": lazy("Файлы")}),
)
