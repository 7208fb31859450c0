"""The list of journal pages: whose they are, how one is found, how one is begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, case, literal, or_, select

from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.sessions import school_today
from core.organizations.models import (
    AcademicYear,
    Organization,
    PupilGroup,
    SchoolClass,
    Subject,
    TeachingAssignment,
)
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import EDIT, VIEW, assigned, group_title, visible
from plugins.journal.grid.stored_cells import Version
from plugins.journal.models import JournalPage

MOST_PAGES = 2000


class PageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page in a list. `mine` says that the actor teaches it."""

    id: UUID
    subject_id: UUID
    subject: str
    school_class_id: Annotated[UUID | None, Meta(description="Ключ класса; null, если страница группы.")]
    pupil_group_id: Annotated[UUID | None, Meta(description="Ключ группы; null, если страница класса.")]
    class_name: Annotated[str, Meta(description="Название класса: «7А»; пусто у группы из разных классов.")]
    group_name: Annotated[str, Meta(description="Название группы; пусто, если страница всего класса.")]
    academic_year_id: UUID
    grade_level: Annotated[int | None, Meta(description="Номер класса; null у группы из разных классов.")]
    version: Version
    mine: Annotated[bool, Meta(description="Этот предмет здесь ведёте вы.")] = False

    @property
    def title(self) -> str:
        """«7А», «7А, группа 1»."""
        return ", ".join(part for part in (self.class_name, self.group_name) if part)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment of the teacher's without a journal page yet."""

    subject_id: UUID
    subject: str
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    title: str


def current_years(organization_id: UUID, day: date) -> Any:
    """Subquery: the academic year of `day`, or the last one before it (summer holidays)."""
    return (
        select(AcademicYear.id)
        .where(AcademicYear.organization_id == organization_id, AcademicYear.starts_on <= day)
        .order_by(AcademicYear.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )


def list_pages(
    db: Session, actor: Actor, *, condition: ColumnElement[bool] | None = None, limit: int = MOST_PAGES
) -> list[PageLine]:
    """The pages of this academic year that `actor` may open, by class and subject. One statement."""
    actor.require(VIEW)
    if actor.role is None:
        return []
    today = school_today(actor)
    statement = (
        select(
            JournalPage.id,
            JournalPage.subject_id,
            Subject.name.label("subject"),
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
            JournalPage.academic_year_id,
            SchoolClass.grade_level,
            JournalPage.version,
            case((assigned(actor.person_id, today), literal(1)), else_=literal(0)).label("mine"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == _class_of_page())
        .where(
            visible(actor), JournalPage.academic_year_id == current_years(actor.role.organization_id, today)
        )
        .order_by(SchoolClass.name_key, Subject.position, Subject.name_key, PupilGroup.name)
        .limit(limit)
    )
    if condition is not None:
        statement = statement.where(condition)
    return [
        PageLine(
            id=row.id,
            subject_id=row.subject_id,
            subject=row.subject,
            school_class_id=row.school_class_id,
            pupil_group_id=row.pupil_group_id,
            class_name=row.class_name or "",
            group_name=group_title(row.group_name, row.class_name, row.subject),
            academic_year_id=row.academic_year_id,
            grade_level=row.grade_level,
            version=row.version,
            mine=bool(row.mine),
        )
        for row in db.execute(statement)
    ]


def _class_of_page() -> ColumnElement[Any]:
    return case(
        (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
        else_=PupilGroup.school_class_id,
    )


def missing_pages(db: Session, actor: Actor) -> list[Missing]:
    """The actor's own assignments in force that have no journal page yet."""
    if actor.role is None or not actor.can(EDIT):
        return []
    today = school_today(actor)
    page_exists = (
        select(JournalPage.id)
        .where(
            JournalPage.academic_year_id == TeachingAssignment.academic_year_id,
            JournalPage.subject_id == TeachingAssignment.subject_id,
            or_(
                JournalPage.pupil_group_id == TeachingAssignment.pupil_group_id,
                and_(
                    TeachingAssignment.pupil_group_id.is_(None),
                    JournalPage.pupil_group_id.is_(None),
                    JournalPage.school_class_id == TeachingAssignment.school_class_id,
                ),
            ),
        )
        .exists()
    )
    rows = db.execute(
        select(
            TeachingAssignment.subject_id,
            Subject.name.label("subject"),
            TeachingAssignment.school_class_id,
            TeachingAssignment.pupil_group_id,
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
        )
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == TeachingAssignment.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id
            == case(
                (TeachingAssignment.school_class_id.is_not(None), TeachingAssignment.school_class_id),
                else_=PupilGroup.school_class_id,
            ),
        )
        .where(
            TeachingAssignment.organization_id == actor.role.organization_id,
            TeachingAssignment.academic_year_id == current_years(actor.role.organization_id, today),
            TeachingAssignment.teacher_id == actor.person_id,
            in_force(TeachingAssignment, today),
            ~page_exists,
        )
        .order_by(SchoolClass.name_key, Subject.name_key)
    )
    return [
        Missing(
            subject_id=row.subject_id,
            subject=row.subject,
            school_class_id=row.school_class_id,
            pupil_group_id=row.pupil_group_id,
            title=", ".join(
                part
                for part in (row.class_name, group_title(row.group_name, row.class_name, row.subject))
                if part
            ),
        )
        for row in rows
    ]


def begin_page(
    db: Session, actor: Actor, subject_id: UUID, school_class_id: UUID | None, pupil_group_id: UUID | None
) -> UUID:
    """Begin the journal page of a subject in a class or pupil group; returns its id.

    Raises `Invalid` unless exactly one of class and group is named or if the subject is another
    organization's, `NotFound` for an unknown class or group, `Conflict` if the page is there already,
    `Forbidden` for a subject the actor does not teach there.
    """
    if (school_class_id is None) == (pupil_group_id is None):
        raise Invalid("Укажите класс или группу.", advice="Выберите что-то одно.")
    place: Any = (
        db.get(SchoolClass, school_class_id) if school_class_id else db.get(PupilGroup, pupil_group_id)
    )
    if place is None:
        raise NotFound("Такого класса или группы нет.", advice="Обновите страницу и выберите из списка.")
    reach = authorize(db, actor, EDIT, place.organization_id)
    path = db.scalar(select(Organization.path).where(Organization.id == place.organization_id)) or ""
    subject = db.get(Subject, subject_id)
    if subject is None or str(subject.organization_id) not in path.split("/"):
        raise NotFound("Такого предмета нет.", advice="Обновите страницу и выберите из списка.")
    same = (
        JournalPage.academic_year_id == place.academic_year_id,
        JournalPage.subject_id == subject_id,
        JournalPage.school_class_id == school_class_id
        if pupil_group_id is None
        else JournalPage.pupil_group_id == pupil_group_id,
    )
    if pupil_group_id is None:
        same = (*same, JournalPage.pupil_group_id.is_(None))
    if db.scalar(select(JournalPage.id).where(*same)):
        raise Conflict("Такая страница журнала уже есть.", advice="Откройте её в списке.")
    page = JournalPage(
        id=new_id(),
        organization_id=place.organization_id,
        academic_year_id=place.academic_year_id,
        subject_id=subject_id,
        school_class_id=school_class_id,
        pupil_group_id=pupil_group_id,
    )
    db.add(page)
    db.flush()
    if reach is Reach.OWN and not db.scalar(
        select(JournalPage.id).where(
            JournalPage.id == page.id, assigned(actor.person_id, school_today(actor))
        )
    ):
        raise Forbidden(
            "Этот предмет в этом классе ведёт другой учитель.",
            advice="Завести страницу может он или завуч.",
        )
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.page.begin",
            subject_type="journal.page",
            subject_id=str(page.id),
            after={"subject": str(subject_id), "class": str(school_class_id or pupil_group_id)},
        ),
    )
    return page.id


def by_class(lines: Sequence[PageLine]) -> list[tuple[str, list[PageLine]]]:
    """Pages grouped by class, in the order of the list."""
    groups: dict[str, list[PageLine]] = {}
    for line in lines:
        groups.setdefault(line.class_name or line.group_name, []).append(line)
    return list(groups.items())
