"""Conditions in SQL on `Organization` that steps are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from core.contributions import SetupScope
from core.database.session import Session
from core.organizations.models import AcademicYear, Organization, SchoolClass
from core.roles.kinds import SCHOOL
from core.roles.models import StructuralRole


def goes_on(dated: Any, today: date) -> ColumnElement[bool]:
    """Rows of a dated table that hold today or later: a year is prepared before it begins."""
    return or_(dated.ends_on.is_(None), dated.ends_on >= today)


def present_year(today: date) -> ColumnElement[bool]:
    """Academic years of the organization that are not over yet."""
    return and_(
        AcademicYear.organization_id == Organization.id,
        AcademicYear.archived.is_(False),
        AcademicYear.ends_on >= today,
    )


def open_class(today: date) -> ColumnElement[bool]:
    """Classes of such a year (joined with `AcademicYear`) that are not closed."""
    return and_(
        SchoolClass.academic_year_id == AcademicYear.id,
        SchoolClass.organization_id == Organization.id,
        or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on > today),
    )


def held(kind: str, today: date, place: Any = Organization) -> ColumnElement[bool]:
    """Somebody has the role in the organization."""
    return exists().where(
        StructuralRole.organization_id == place.id,
        StructuralRole.kind == kind,
        StructuralRole.group_id.is_(None),
        StructuralRole.status == "active",
        goes_on(StructuralRole, today),
    )


def is_open(organization: Any, today: date) -> ColumnElement[bool]:
    """Organizations that are not closed."""
    return or_(organization.closed_on.is_(None), organization.closed_on > today)


def below(inner: Any, outer: Any = Organization) -> ColumnElement[bool]:
    """`inner` stands somewhere below `outer`: a range of paths, so that the index serves."""
    end = func.substr(outer.path, 1, func.length(outer.path) - 1).op("||")(literal("0"))
    return and_(inner.path > outer.path, inner.path < end)


def schools_below(today: date) -> tuple[Any, ColumnElement[bool]]:
    """Open schools below the organization: what stands for one, and the condition."""
    school = aliased(Organization)
    return school, and_(below(school), school.kind.in_(SCHOOL), is_open(school, today))


def chain(column: Any, inner: Sequence[ColumnElement[bool]] = ()) -> ColumnElement[bool]:
    """A row (of the table of `column`, an `organization_id`) of the organization or of one of those above it.

    The tree is at most five deep: operator, region, municipality, school, branch.
    """
    parent, grandparent, topmost = aliased(Organization), aliased(Organization), aliased(Organization)
    second = select(parent.parent_id).where(parent.id == Organization.parent_id)
    third = (
        select(grandparent.parent_id)
        .join(parent, parent.parent_id == grandparent.id)
        .where(parent.id == Organization.parent_id)
    )
    fourth = (
        select(topmost.parent_id)
        .join(grandparent, grandparent.parent_id == topmost.id)
        .join(parent, parent.parent_id == grandparent.id)
        .where(parent.id == Organization.parent_id)
    )
    own = (Organization.id, Organization.parent_id)
    above = [each.correlate(Organization).scalar_subquery() for each in (second, third, fourth)]
    return or_(*(exists().where(column == each, *inner) for each in (*own, *above)))


def those(scope: SetupScope, fits: Callable[[str], bool]) -> ColumnElement[bool]:
    """The organizations whose path fits: for what is known in memory, such as which plugins are on."""
    yes: list[UUID] = []
    no: list[UUID] = []
    for identity, path in scope.paths.items():
        (yes if fits(path) else no).append(identity)
    if not no:
        return true()
    if not yes:
        return false()
    return Organization.id.in_(yes) if len(yes) < len(no) else Organization.id.not_in(no)


def number(db: Session, statement: Any) -> int:
    """How many rows a statement selects."""
    return db.scalar(select(func.count()).select_from(statement.subquery())) or 0
