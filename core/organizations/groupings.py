"""Groupings of pupils – classes, subgroups, streams, electives, groups of several schools – as one list.

A class is a `SchoolClass`, everything else a `PupilGroup`; their ids never meet, so one id names either. A
group of several schools is kept by the authority above them; a school sees it as far as its own pupils are in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    String,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from core.database.base import Day, in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.organizations import grouping_conflicts as conflicts
from core.organizations.academic_years import refuse_archived
from core.organizations.directory import class_teachers, today_of
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
)
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import lazy, sentence

VIEW = "core.groupings.view"
EDIT = "core.groupings.edit"
NETWORK = "core.groupings.network"
CLASS, SUBGROUP, NETWORK_KIND = "class", "subgroup", "network"
KIND_TITLES: Mapping[str, str] = {
    CLASS: lazy("Класс"),
    SUBGROUP: lazy("Подгруппа"),
    "stream": lazy("Поток"),
    "elective": lazy("Курс по выбору"),
    "extracurricular": lazy("Внеурочная деятельность"),
    NETWORK_KIND: lazy("Межшкольная группа"),
}
# Both halves have the same types, so that PostgreSQL reads them as one table, in the order of an index of each.
_GROUPINGS = union_all(
    select(
        SchoolClass.id.label("id"),
        cast(literal(CLASS), String(16)).label("kind"),
        SchoolClass.organization_id.label("organization_id"),
        SchoolClass.academic_year_id.label("academic_year_id"),
        SchoolClass.id.label("class_id"),
        cast(null(), Uuid()).label("subject_id"),
        SchoolClass.grade_level.label("grade_level"),
        SchoolClass.name.label("name"),
        cast(literal(""), Text()).label("split"),
        SchoolClass.name_key.label("name_key"),
        SchoolClass.places.label("places"),
        SchoolClass.closed_on.label("closed_on"),
    ),
    select(
        PupilGroup.id,
        PupilGroup.kind,
        PupilGroup.organization_id,
        PupilGroup.academic_year_id,
        PupilGroup.school_class_id,
        PupilGroup.subject_id,
        PupilGroup.grade_level,
        PupilGroup.name,
        PupilGroup.split,
        PupilGroup.name_key,
        PupilGroup.places,
        PupilGroup.closed_on,
    ),
).subquery("grouping")
GROUPING = _GROUPINGS.c
"""The columns of all groupings together."""


class GroupingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A grouping in a list.

    `conflicts` are what is wrong with it, in words; `where` is the organization unless it is the actor's own.
    """

    id: UUID
    kind: str
    name: str
    about: str
    grade_level: int | None
    organization: str
    where: str
    year: str
    pupils: int
    places: int | None
    teachers: Sequence[str]
    conflicts: Sequence[str]
    closed_on: date | None
    is_closed: bool
    may_change: bool
    archived: bool


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a group with what it stands in. `row` is the table's own row."""

    row: SchoolClass | PupilGroup
    organization: Organization
    year: AcademicYear
    parent: SchoolClass | None = None
    subject: Subject | None = None

    @property
    def id(self) -> UUID:
        """Its id, whichever table it is in."""
        return self.row.id

    @property
    def is_class(self) -> bool:
        """Whether it is a class and no group."""
        return isinstance(self.row, SchoolClass)

    @property
    def kind(self) -> str:
        """One of `KIND_TITLES`."""
        return CLASS if isinstance(self.row, SchoolClass) else self.row.kind

    @property
    def name(self) -> str:
        """«7А», «7А, английский, 1 подгруппа»."""
        return self.row.name

    @property
    def split(self) -> str:
        """What its alternatives have in common; «» for one that has none."""
        return "" if isinstance(self.row, SchoolClass) else self.row.split

    @property
    def own_name(self) -> str:
        """Its name where the class and the subject are told already."""
        return own_name(
            self.name,
            self.parent.name if self.parent else "",
            self.subject.name if self.subject else self.split,
        )

    @property
    def about(self) -> str:
        """The class and the subject of a group."""
        return about(
            self.parent.name if self.parent else "", self.subject.name if self.subject else self.split
        )

    def is_closed_on(self, day: date) -> bool:
        """Whether nobody can be in it on this day."""
        return self.row.closed_on is not None and self.row.closed_on <= day


def about(class_name: str, subject: str) -> str:
    """The class and the subject of a group in one line."""
    return ", ".join(each for each in (class_name, subject) if each)


def own_name(name: str, *known: str) -> str:
    """A group's name without what stands beside it anyway: «7А, Информатика, 1 подгруппа» is «1 подгруппа»."""
    parts = [part.strip() for part in name.split(",")]
    return ", ".join([part for part in parts if part not in known] or parts)


def permission_to_change(kind: str) -> str:
    """What it takes to change a grouping of this kind."""
    return NETWORK if kind == NETWORK_KIND else EDIT


def moment_of(today: date) -> ColumnElement[date]:
    """The day for which a grouping is counted: today, or the last day of a year that is over."""
    return case((AcademicYear.ends_on < today, AcademicYear.ends_on), else_=literal(today))


def visible(db: Session, actor: Actor) -> ColumnElement[bool]:
    """Groupings the actor may see: of organizations in reach, and groups of several schools with own pupils."""
    if actor.is_system:
        return true()
    if not actor.can(VIEW):
        return false()
    own = within(actor, VIEW, GROUPING.organization_id)
    shared = shared_groups(db, actor)
    return or_(own, GROUPING.id.in_(shared)) if shared else own


def shared_groups(db: Session, actor: Actor) -> Sequence[UUID]:
    """Groups of several schools, kept above the actor, in which there are or were pupils of the actor's schools."""
    if not actor.can(VIEW) or actor.role is None:
        return []
    above = [UUID(each) for each in actor.role.organization_path.rstrip("/").split("/")[:-1]]
    if not above:
        return []
    return db.scalars(
        select(PupilGroup.id).where(
            PupilGroup.organization_id.in_(above),
            PupilGroup.kind == NETWORK_KIND,
            has_own_pupils(actor, PupilGroup.id),
        )
    ).all()


def has_own_pupils(actor: Actor, group_id: Any) -> ColumnElement[bool]:
    """Whether pupils of an organization in the actor's reach have ever been in a group."""
    return exists().where(
        PupilGroupMembership.pupil_group_id == group_id, own_pupil(actor, PupilGroupMembership)
    )


def own_pupil(actor: Actor, membership: Any) -> ColumnElement[bool]:
    """Memberships of those who went to a school in the actor's reach meanwhile."""
    return exists().where(
        Enrollment.person_id == membership.person_id,
        within(actor, VIEW, Enrollment.organization_id),
        or_(membership.ends_on.is_(None), Enrollment.starts_on <= membership.ends_on),
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= membership.starts_on),
    )


def grouping_rows(db: Session, actor: Actor) -> Any:
    """Groupings the actor may see, for a work list."""
    parent = aliased(SchoolClass)
    return (
        select(
            *GROUPING,
            Organization.short_name.label("organization"),
            AcademicYear.name.label("year"),
            AcademicYear.archived.label("archived"),
            Subject.name.label("subject"),
            parent.name.label("class_name"),
        )
        .join(Organization, Organization.id == GROUPING.organization_id)
        .join(AcademicYear, AcademicYear.id == GROUPING.academic_year_id)
        .outerjoin(Subject, Subject.id == GROUPING.subject_id)
        .outerjoin(parent, and_(parent.id == GROUPING.class_id, parent.id != GROUPING.id))
        .where(visible(db, actor))
    )


def grouping_lines(db: Session, actor: Actor, rows: Sequence[Any]) -> Sequence[GroupingLine]:
    """Rows of one page as lines; the number of further statements does not depend on how many there are."""
    ids = [row.id for row in rows]
    today = today_of(actor)
    counts = pupils_in(db, ids, today)
    teachers = _teachers(db, ids, today)
    wrong = conflicts.of_groupings(db, ids, today)
    return [
        GroupingLine(
            id=row.id,
            kind=row.kind,
            name=row.name,
            about=about(row.class_name or "", row.subject or row.split),
            grade_level=row.grade_level,
            organization=row.organization,
            where=row.organization if _sees_others(actor, row.organization_id) else "",
            year=row.year,
            pupils=counts.get(row.id, 0),
            places=row.places,
            teachers=teachers.get(row.id, []),
            conflicts=conflicts.in_words(wrong.get(row.id, {}), counts.get(row.id, 0), row.places),
            closed_on=row.closed_on,
            is_closed=row.closed_on is not None and row.closed_on <= today,
            may_change=may_change(actor, row.kind, row.organization_id),
            archived=row.archived,
        )
        for row in rows
    ]


def _sees_others(actor: Actor, organization_id: UUID) -> bool:
    return actor.role is None or actor.role.organization_id != organization_id


def may_change(actor: Actor, kind: str, organization_id: UUID) -> bool:
    """Whether a grouping that the actor sees is the actor's to change."""
    if actor.is_system:
        return True
    reach = actor.reach(permission_to_change(kind))
    return reach is Reach.BELOW or (reach is not None and organization_id == actor.organization_id)


def pupils_in(db: Session, ids: Sequence[UUID], today: date) -> dict[UUID, int]:
    """How many pupils are in each of these groupings today, or were at the end of their year."""

    def counted(table: Any, place: Any, home: Any, year: Any) -> Any:
        day: Day = moment_of(today)
        return (
            select(place.label("grouping_id"), func.count(func.distinct(table.person_id)).label("pupils"))
            .join(home, home.id == place)
            .join(AcademicYear, AcademicYear.id == year)
            # Said of both, or a database reads all classes of the country to join those few.
            .where(place.in_(ids), home.id.in_(ids), in_force(table, day))
            .group_by(place)
        )

    both = union_all(
        counted(Enrollment, Enrollment.school_class_id, SchoolClass, SchoolClass.academic_year_id),
        counted(
            PupilGroupMembership,
            PupilGroupMembership.pupil_group_id,
            PupilGroup,
            PupilGroup.academic_year_id,
        ),
    )
    return {row.grouping_id: row.pupils for row in db.execute(both)}


def _teachers(db: Session, ids: Sequence[UUID], today: date) -> dict[UUID, list[str]]:
    """Class teachers of classes, and who teaches a group."""
    found = {key: [person.short_name] for key, person in class_teachers(db, ids, today).items()}
    rows = db.execute(
        select(TeachingAssignment.pupil_group_id, Person)
        .join(Person, Person.id == TeachingAssignment.teacher_id)
        .where(TeachingAssignment.pupil_group_id.in_(ids), in_force(TeachingAssignment, today))
        .order_by(Person.name_key)
    )
    for group_id, person in rows:
        if group_id is None:
            continue
        names = found.setdefault(group_id, [])
        if person.short_name not in names:
            names.append(person.short_name)
    return found


def grouping_for(db: Session, actor: Actor, grouping_id: UUID) -> Grouping:
    """A class or a group the actor may see. Raises `Forbidden` or `NotFound`."""
    actor.require(VIEW)
    row = _row(db, grouping_id)
    shared = (
        isinstance(row, PupilGroup)
        and row.kind == NETWORK_KIND
        and db.scalar(select(has_own_pupils(actor, row.id)))
    )
    if not shared:
        authorize(db, actor, VIEW, row.organization_id)
    return _whole(db, row)


def grouping_to_change(db: Session, actor: Actor, grouping_id: UUID) -> Grouping:
    """A class or a group that is the actor's to change.

    Raises `Forbidden`, `NotFound`, and `Conflict` in a year that is in the archive.
    """
    found = kept_grouping(db, actor, grouping_id)
    refuse_archived(found.year, sentence("Состав смотрите на карточке класса или группы."))
    return found


def kept_grouping(db: Session, actor: Actor, grouping_id: UUID) -> Grouping:
    """A class or a group that the actor keeps, though its year may be in the archive.

    Raises `Forbidden` or `NotFound`.
    """
    actor.require(VIEW)
    row = _row(db, grouping_id)
    kind = CLASS if isinstance(row, SchoolClass) else row.kind
    authorize(db, actor, VIEW, row.organization_id)
    authorize(db, actor, permission_to_change(kind), row.organization_id)
    return _whole(db, row)


def _row(db: Session, grouping_id: UUID) -> SchoolClass | PupilGroup:
    row = db.get(SchoolClass, grouping_id) or db.get(PupilGroup, grouping_id)
    if row is None:
        raise NotFound("Такого класса или группы нет.", advice="Обновите список группировок.")
    return row


def _whole(db: Session, row: SchoolClass | PupilGroup) -> Grouping:
    group = row if isinstance(row, PupilGroup) else None
    return Grouping(
        row=row,
        organization=db.get_one(Organization, row.organization_id),
        year=db.get_one(AcademicYear, row.academic_year_id),
        parent=db.get(SchoolClass, group.school_class_id) if group and group.school_class_id else None,
        subject=db.get(Subject, group.subject_id) if group and group.subject_id else None,
    )
