"""Structural roles the core knows; plugins may add their own."""

from __future__ import annotations

from core.roles.permissions import RoleKind
from core.web.i18n import lazy

STAFF = (
    "teacher",
    "class_teacher",
    "deputy_head",
    "head",
    "secretary",
    "psychologist",
    "librarian",
    "school_administrator",
)
COORDINATORS = ("municipal_coordinator", "regional_coordinator", "federal_operator")
SCHOOL = ("school", "kindergarten", "college", "additional_education")

CORE_ROLE_KINDS = (
    RoleKind(
        name="pupil",
        title=lazy("Ученик"),
        organization_kinds=SCHOOL,
        order=10,
        follows=lazy("она следует из зачисления в класс"),
    ),
    RoleKind(
        name="guardian",
        title=lazy("Родитель"),
        organization_kinds=SCHOOL,
        order=20,
        follows=lazy("она следует из связи с ребёнком"),
    ),
    RoleKind(name="teacher", title=lazy("Учитель"), organization_kinds=SCHOOL, order=30),
    RoleKind(
        name="class_teacher",
        title=lazy("Классный руководитель"),
        organization_kinds=SCHOOL,
        order=31,
        delegable=True,
    ),
    RoleKind(name="deputy_head", title=lazy("Завуч"), organization_kinds=SCHOOL, order=40, delegable=True),
    RoleKind(
        name="head",
        title=lazy("Директор"),
        organization_kinds=SCHOOL,
        order=41,
        from_above=True,
        delegable=True,
    ),
    RoleKind(name="secretary", title=lazy("Секретарь"), organization_kinds=SCHOOL, order=42, delegable=True),
    RoleKind(name="psychologist", title=lazy("Психолог"), organization_kinds=SCHOOL, order=43),
    RoleKind(name="librarian", title=lazy("Библиотекарь"), organization_kinds=SCHOOL, order=44),
    RoleKind(
        name="school_administrator",
        title=lazy("Администратор школы"),
        organization_kinds=SCHOOL,
        order=45,
        delegable=True,
    ),
    RoleKind(
        name="municipal_coordinator",
        title=lazy("Муниципальный координатор"),
        organization_kinds=("municipality",),
        order=60,
        from_above=True,
        delegable=True,
    ),
    RoleKind(
        name="regional_coordinator",
        title=lazy("Региональный координатор"),
        organization_kinds=("region",),
        order=61,
        from_above=True,
        delegable=True,
    ),
    RoleKind(
        name="federal_operator",
        title=lazy("Федеральный оператор"),
        organization_kinds=("federal",),
        order=62,
        from_above=True,
        delegable=True,
    ),
    RoleKind(
        name="support",
        title=lazy("Служба поддержки"),
        organization_kinds=("federal", "region", "municipality"),
        order=70,
        from_above=True,
    ),
)
