"""Who may see, mark and edit a journal page: the ties behind `Reach.OWN`.

A teacher's own pages are those of assignments in force, and single lessons taught as a substitute; a class
teacher's own pages are all of the class.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)

from core.database.base import in_force
from core.database.session import Session
from core.errors import Forbidden, Invalid, NotFound
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import (
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
    closed_by_now,
)
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.page_grades import grade_of_stream, term_kind_of_page
from plugins.journal.scales import MarkScale
from plugins.journal.settings import JournalSettings, journal_settings

VIEW = "journal.page.view"
MARK = "journal.mark.set"
EDIT = "journal.lesson.edit"
VIEW_OWN = "journal.mark.view_own"
ATTEND = "journal.attendance.set"
EXPLAIN = "journal.absence.explain"
SHEET = "journal.absent.view"
ANNOUNCE = "journal.absence.announce"


class PageTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A term of the page's class."""

    id: UUID
    number: Annotated[int, Meta(description="Который в году, считая с 1.")]
    name: Annotated[str, Meta(description="Название: «1 четверть».")]
    starts_on: date
    ends_on: date
    is_closed: Annotated[bool, Meta(description="Период закрыт: менять в нём ничего нельзя.")]


def chosen_term(terms: Sequence[PageTerm], number: str, today: date) -> PageTerm | None:
    """The term asked for by its number, else the one that holds on `today`; None without terms.

    Between terms the one before holds, before all of them the first. Raises `Invalid` for an unknown number.
    """
    if number:
        found = next((term for term in terms if str(term.number) == number), None)
        if found is None:
            raise Invalid("Такого учебного периода нет.", advice="Выберите период из списка.")
        return found
    past = [term for term in terms if term.starts_on <= today]
    return past[-1] if past else next(iter(terms), None)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page as somebody opened it, with what they may do there.

    `may_mark` is about the whole page; a substitute's right to a single lesson is asked with the lesson.
    """

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    subject_id: UUID
    subject: str
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    class_name: str
    group_name: str
    grade_level: int | None
    version: int
    lessons_version: int
    terms: Sequence[PageTerm]
    may_mark: bool
    may_edit: bool
    settings: JournalSettings
    roster_stamp: str = ""

    @property
    def title(self) -> str:
        """«7А», «7А, группа 1» or the name of a group across classes."""
        return ", ".join(part for part in (self.class_name, self.group_name) if part)

    @property
    def without_marks(self) -> bool:
        """Whether the class is taught without marks."""
        return self.settings.without_marks(self.grade_level)

    @property
    def scale(self) -> MarkScale:
        """How the page's subject is marked."""
        return self.settings.mark_scale(self.subject, self.grade_level)

    def term_on(self, day: date) -> PageTerm | None:
        """The term that holds on `day`; between terms, the one before; before all, the first."""
        return chosen_term(self.terms, "", day)

    def term_numbered(self, number: int) -> PageTerm:
        """The term with this number in the year. Raises `NotFound` for a number that is none."""
        found = next((term for term in self.terms if term.number == number), None)
        if found is None:
            raise NotFound("Такого учебного периода нет.", advice="Выберите период из списка.")
        return found

    def term_containing(self, day: date) -> PageTerm | None:
        """The term that `day` lies in, None in the holidays."""
        return next((term for term in self.terms if term.starts_on <= day <= term.ends_on), None)


def group_title(name: str | None, class_name: str | None, subject: str) -> str:
    """A group's name without what stands beside it anyway: «7А, Информатика, 1 подгруппа» is «1 подгруппа»."""
    parts = [part.strip() for part in (name or "").split(",")]
    own = [part for part in parts if part not in (class_name, subject)]
    return ", ".join(own or parts)


def assigned(person_id: Any, day: Any) -> ColumnElement[bool]:
    """Condition on `JournalPage`: the person teaches it; on `day`, or at any time of the year.

    Both may be values or bind parameters.
    """
    condition = and_(
        TeachingAssignment.teacher_id == person_id,
        TeachingAssignment.academic_year_id == JournalPage.academic_year_id,
        TeachingAssignment.subject_id == JournalPage.subject_id,
        or_(
            TeachingAssignment.pupil_group_id == JournalPage.pupil_group_id,
            and_(
                TeachingAssignment.pupil_group_id.is_(None),
                TeachingAssignment.school_class_id == JournalPage.school_class_id,
                JournalPage.pupil_group_id.is_(None),
            ),
        ),
    )
    if day is not None:
        condition = and_(
            condition,
            in_force(TeachingAssignment, day),
        )
    return exists().where(condition)


def in_class(school_class_id: Any) -> ColumnElement[bool]:
    """Condition on `JournalPage`: it belongs to the class or to one of its subgroups."""
    return or_(
        JournalPage.school_class_id == school_class_id,
        JournalPage.pupil_group_id.in_(
            select(PupilGroup.id).where(PupilGroup.school_class_id == school_class_id)
        ),
    )


def visible(actor: Actor) -> ColumnElement[bool]:
    """Condition on `JournalPage`: what `actor` may open."""
    inside = within(actor, VIEW, JournalPage.organization_id)
    if actor.reach(VIEW) is not Reach.OWN or actor.role is None:
        return inside
    return and_(inside, _own(actor.person_id, own_class(actor)))


def own_class(actor: Actor) -> UUID | None:
    """The class that is wholly a class teacher's own."""
    role = actor.role
    return role.school_class_id if role is not None and role.kind == "class_teacher" else None


def _own(person_id: Any, school_class_id: Any) -> ColumnElement[bool]:
    ties: list[ColumnElement[bool]] = [
        assigned(person_id, None),
        exists().where(JournalLesson.page_id == JournalPage.id, JournalLesson.teacher_id == person_id),
    ]
    if school_class_id is not None:
        ties.append(in_class(school_class_id))
    return or_(*ties)


def allowed(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Condition on `JournalPage`: whether `actor` may change it as `permission` says, today."""
    reach = actor.reach(permission)
    if reach is None:
        return false()
    inside = within(actor, permission, JournalPage.organization_id)
    if reach is Reach.OWN and actor.role is not None:
        return and_(inside, assigned(actor.person_id, school_today(actor)))
    return inside


def open_page(db: Session, actor: Actor, page_id: UUID, *, lock: bool = False) -> Opened:
    """The page with its terms and the actor's rights to it; one statement.

    `lock` holds the page's row until the transaction ends, which orders its writers. Raises `NotFound` for
    a page that is not there or not the actor's to see.
    """
    view = actor.require(VIEW)
    reaches = (view, actor.reach(MARK), actor.reach(EDIT))
    parameters: dict[str, Any] = {"page_id": page_id}
    if actor.role is None or Reach.BELOW in reaches:
        statement = _page_statement(visible(actor), allowed(actor, MARK), allowed(actor, EDIT), lock=lock)
    else:
        statement = _usual_page_statement(*reaches, own_class(actor) is not None, lock)
        parameters |= {
            "organization_id": actor.role.organization_id,
            "person_id": actor.person_id,
            "class_id": actor.role.school_class_id,
            "today": school_today(actor),
        }
    return _opened(db, actor, db.rows(statement, parameters).all())


def open_page_where(db: Session, actor: Actor, page_id: UUID, shown: ColumnElement[bool]) -> Opened:
    """`open_page`, locked, for a right of its own: `shown` says which pages it reaches."""
    statement = _page_statement(shown, allowed(actor, MARK), allowed(actor, EDIT), lock=True)
    return _opened(db, actor, db.rows(statement, {"page_id": page_id}).all())


def _opened(db: Session, actor: Actor, rows: Sequence[Any]) -> Opened:
    if not rows:
        raise NotFound(
            "Такой страницы журнала нет или она вам не доступна.",
            advice="Откройте журнал и выберите класс и предмет из списка.",
        )
    first = rows[0]
    return Opened(
        id=first.id,
        organization_id=first.organization_id,
        academic_year_id=first.academic_year_id,
        subject_id=first.subject_id,
        subject=first.subject,
        school_class_id=first.school_class_id,
        pupil_group_id=first.pupil_group_id,
        class_name=first.class_name or "",
        group_name=group_title(first.group_name, first.class_name, first.subject),
        grade_level=first.grade_level,
        version=first.version,
        lessons_version=first.lessons_version,
        terms=[
            PageTerm(
                id=row.term_id,
                number=row.number,
                name=row.term_name,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                is_closed=closed_by_now(row.closed_at),
            )
            for row in rows
            if row.term_id is not None
        ],
        may_mark=bool(first.may_mark),
        may_edit=bool(first.may_edit),
        settings=journal_settings(db, actor.acting_role.organization_path),
        roster_stamp=first.roster_stamp or "",
    )


@lru_cache(maxsize=64)
def _usual_page_statement(
    view: Reach, mark: Reach | None, edit: Reach | None, has_class: bool, lock: bool
) -> Select[Any]:
    """The statement for a role that reaches one school, kept: building it costs more than running it."""
    here = JournalPage.organization_id == bindparam("organization_id", type_=Uuid())
    person, today = bindparam("person_id", type_=Uuid()), bindparam("today", type_=Date())
    own_class = bindparam("class_id", type_=Uuid()) if has_class else None

    def change(reach: Reach | None) -> ColumnElement[bool]:
        if reach is None:
            return false()
        return and_(here, assigned(person, today)) if reach is Reach.OWN else here

    shown = and_(here, _own(person, own_class)) if view is Reach.OWN else here
    return _page_statement(shown, change(mark), change(edit), lock=lock)


def _page_statement(
    shown: ColumnElement[bool], may_mark: ColumnElement[bool], may_edit: ColumnElement[bool], *, lock: bool
) -> Select[Any]:
    class_id = case(
        (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
        else_=PupilGroup.school_class_id,
    )
    statement: Any = (
        select(
            JournalPage.id,
            JournalPage.organization_id,
            JournalPage.academic_year_id,
            JournalPage.subject_id,
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
            JournalPage.version,
            JournalPage.lessons_version,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            func.coalesce(SchoolClass.grade_level, grade_of_stream()).label("grade_level"),
            PupilGroup.name.label("group_name"),
            Term.id.label("term_id"),
            Term.number,
            Term.name.label("term_name"),
            Term.starts_on,
            Term.ends_on,
            Term.closed_at,
            case((may_mark, literal(1)), else_=literal(0)).label("may_mark"),
            case((may_edit, literal(1)), else_=literal(0)).label("may_edit"),
            (literal("") if lock else _roster_stamp()).label("roster_stamp"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == class_id)
        .outerjoin(
            Term,
            and_(
                Term.academic_year_id == JournalPage.academic_year_id,
                Term.kind == term_kind_of_page(),
            ),
        )
        .where(JournalPage.id == bindparam("page_id", type_=Uuid()), shown)
        .order_by(Term.number)
    )
    return statement.with_for_update(of=JournalPage.__table__) if lock else statement


def _roster_stamp() -> ColumnElement[str]:
    """Text that changes when somebody joins or leaves the page's class or group, or gets another name."""

    def stamp(table: type[Enrollment] | type[PupilGroupMembership]) -> ColumnElement[str]:
        return (
            cast(func.count(), String)
            + literal("/")
            + cast(func.count(table.ends_on), String)
            + literal("/")
            + func.coalesce(cast(func.max(table.starts_on), String), "")
            + literal("/")
            + func.coalesce(cast(func.max(table.ends_on), String), "")
            + literal("/")
            + func.coalesce(cast(func.max(Person.changed_at), String), "")
        )

    enrolled = (
        select(stamp(Enrollment))
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.school_class_id == JournalPage.school_class_id)
        .correlate(JournalPage)
        .scalar_subquery()
    )
    grouped = (
        select(stamp(PupilGroupMembership))
        .join(Person, Person.id == PupilGroupMembership.person_id)
        .where(PupilGroupMembership.pupil_group_id == JournalPage.pupil_group_id)
        .correlate(JournalPage)
        .scalar_subquery()
    )
    return case((JournalPage.pupil_group_id.is_(None), enrolled), else_=grouped)


def require_right(actor: Actor, permission: str, has_right: bool, lesson_teacher_id: UUID | None) -> None:
    """Let through whoever may change the page, or teaches this lesson as a substitute.

    Raises `Forbidden` with a sentence otherwise.
    """
    actor.require(permission)
    if has_right or (actor.person_id is not None and lesson_teacher_id == actor.person_id):
        return
    raise Forbidden(
        "Эту страницу журнала ведёт другой учитель.",
        advice="Изменить её могут учитель предмета и завуч.",
    )
