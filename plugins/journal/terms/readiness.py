"""How far the term marks of a school are: set of expected, by term, class and page; closing and opening again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from sqlalchemy import case, func, select, union_all

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.notifications import notify
from core.organizations.models import (
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.organizations.term_closing import CLOSE, close_term, reopen_term, term_in_reach
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.access import group_title
from plugins.journal.exemptions.models import APART, JournalExemption
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.models import JournalPage
from plugins.journal.page_grades import grade_of_page, term_kind_of_page
from plugins.journal.settings import journal_settings
from plugins.journal.terms.models import JournalTermMark

TERM_MARKS_DUE = "journal.term_marks.due"


class PageReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """A journal page in a term."""

    page_id: UUID
    subject: Annotated[str, Meta(description="Название предмета.")]
    group: Annotated[str, Meta(description="Название группы; пусто, если страница всего класса.")]
    teachers: Annotated[Mapping[UUID, str], Meta(description="Учителя страницы: ключ человека → имя.")]
    expected: Annotated[int, Meta(description="Сколько отметок должно быть.")]
    set: Annotated[int, Meta(description="Сколько выставлено.")]

    @property
    def missing(self) -> int:
        """How many marks are not set."""
        return self.expected - self.set


class ClassReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """A class in a term; groups across classes have none and stand under their own name."""

    school_class_id: Annotated[UUID | None, Meta(description="Ключ класса; null у групп из разных классов.")]
    name: Annotated[str, Meta(description="Название класса или группы.")]
    pages: Annotated[Sequence[PageReadiness], Meta(description="Страницы журнала по предметам.")]

    @property
    def expected(self) -> int:
        """How many marks there should be."""
        return sum(page.expected for page in self.pages)

    @property
    def set(self) -> int:
        """How many are set."""
        return sum(page.set for page in self.pages)

    @property
    def missing(self) -> int:
        """How many marks are not set."""
        return self.expected - self.set


class TermReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """A term with how far its marks are."""

    term: Term
    is_closed: bool
    reopened_until: date | None
    begun: bool
    over: bool
    classes: Sequence[ClassReadiness]

    @property
    def expected(self) -> int:
        """How many marks there should be."""
        return sum(each.expected for each in self.classes)

    @property
    def set(self) -> int:
        """How many are set."""
        return sum(each.set for each in self.classes)

    @property
    def missing(self) -> int:
        """How many marks are not set."""
        return self.expected - self.set

    @property
    def percent(self) -> int:
        """Set of expected, rounded down: 100 only if nothing is missing."""
        return 100 * self.set // self.expected if self.expected else 100

    @property
    def by_teacher(self) -> list[tuple[UUID, str, list[tuple[ClassReadiness, PageReadiness]]]]:
        """Teachers whose pages miss marks, by name."""
        found: dict[UUID, tuple[str, list[tuple[ClassReadiness, PageReadiness]]]] = {}
        for each in self.classes:
            for page in each.pages:
                if page.missing:
                    for teacher_id, name in page.teachers.items():
                        found.setdefault(teacher_id, (name, []))[1].append((each, page))
        return sorted(((key, name, pages) for key, (name, pages) in found.items()), key=lambda line: line[1])


def terms_with_readiness(db: Session, actor: Actor) -> list[TermReadiness]:
    """The terms of the present year of the acting school; six statements. Raises `Forbidden`."""
    actor.require(CLOSE)
    organization_id = actor.organization_id
    today = school_today(actor)
    terms = db.scalars(
        select(Term)
        .where(
            Term.organization_id == organization_id,
            Term.academic_year_id == current_years(organization_id, today),
        )
        .order_by(Term.kind.desc(), Term.number)
    ).all()
    used = set(
        db.scalars(
            select(SchoolClass.term_kind).where(
                SchoolClass.organization_id == organization_id,
                SchoolClass.academic_year_id == current_years(organization_id, today),
            )
        )
    )
    return _readiness(db, actor, [term for term in terms if term.kind in used])


def term_readiness(db: Session, actor: Actor, term_id: UUID) -> TermReadiness:
    """One term. Raises `Forbidden`, `NotFound`."""
    return _readiness(db, actor, [term_in_reach(db, actor, term_id)])[0]


def close(db: Session, actor: Actor, term_id: UUID) -> TermReadiness:
    """Close a term; teachers whose marks are missing hear of it. Raises as `close_term`."""
    readiness = term_readiness(db, actor, term_id)
    close_term(db, actor, term_id)
    _notify(db, readiness, sentence("Период закрыт: %(term)s", term=readiness.term.name))
    return msgspec.structs.replace(readiness, is_closed=True, reopened_until=None)


def reopen(db: Session, actor: Actor, term_id: UUID, reason: str, until: date) -> None:
    """Open a term again for some days. Raises as `reopen_term`."""
    reopen_term(db, actor, term_id, reason, until)


def remind(db: Session, actor: Actor, term_id: UUID) -> int:
    """Remind the teachers whose marks are missing; returns how many teachers. Raises `Forbidden`, `NotFound`."""
    readiness = term_readiness(db, actor, term_id)
    return _notify(db, readiness, sentence("Выставьте отметки: %(term)s", term=readiness.term.name))


def _notify(db: Session, readiness: TermReadiness, title: str) -> int:
    by_teacher = readiness.by_teacher
    for teacher_id, _name, pages in by_teacher:
        missing = sum(page.missing for _each, page in pages)
        where = "; ".join(f"{each.name}, {page.subject}" for each, page in pages[:5])
        notify(
            db,
            [teacher_id],
            TERM_MARKS_DUE,
            title,
            sentence(
                "%(count)s %(where)s.",
                count=counted(
                    "Не выставлена %(count)s отметка.", "Не выставлено %(count)s отметок.", missing
                ),
                where=where,
            ),
            f"/journal/{pages[0][1].page_id}/term-marks",
        )
    return len(by_teacher)


def _readiness(db: Session, actor: Actor, terms: Sequence[Term]) -> list[TermReadiness]:
    if not terms:
        return []
    organization_id, year_id = terms[0].organization_id, terms[0].academic_year_id
    path = db.scalar(select(Organization.path).where(Organization.id == organization_id))
    if path is None:
        raise NotFound("Такой школы нет.", advice="Откройте список периодов.")
    settings = journal_settings(db, path)
    today = school_today(actor)
    pages = [
        row for row in _pages(db, organization_id, year_id) if not settings.without_marks(row.grade_level)
    ]
    expected = _expected(db, organization_id, year_id, terms)
    apart = _apart(db, organization_id, year_id, terms)
    done = _done(db, organization_id, year_id, terms)
    teachers = _teachers(db, organization_id, year_id, today)
    found: list[TermReadiness] = []
    for term in terms:
        classes: dict[tuple[UUID | None, str], list[PageReadiness]] = defaultdict(list)
        for row in pages:
            if row.term_kind != term.kind:
                continue
            place = row.pupil_group_id or row.school_class_id
            count = expected.get((place, term.id), 0) - apart.get((place, row.subject_id, term.id), 0)
            title = group_title(row.group_name, row.class_name, row.subject)
            if count > 0:
                classes[row.class_id, row.class_name or title].append(
                    PageReadiness(
                        page_id=row.id,
                        subject=row.subject,
                        group=title if row.class_name else "",
                        teachers=teachers.get((place, row.subject_id), {}),
                        expected=count,
                        set=min(count, done.get((row.id, term.id), 0)),
                    )
                )
        closed = term.is_closed
        found.append(
            TermReadiness(
                term=term,
                is_closed=closed,
                reopened_until=None if closed else _last_open_day(actor, term),
                begun=term.starts_on <= today,
                over=term.ends_on < today,
                classes=[
                    ClassReadiness(school_class_id=key, name=name, pages=each)
                    for (key, name), each in classes.items()
                ],
            )
        )
    return found


def _last_open_day(actor: Actor, term: Term) -> date | None:
    """Until which day a term that was opened again is open."""
    if term.closed_at is None:
        return None
    zone = ZoneInfo(actor.role.timezone if actor.role else "UTC")
    return (term.closed_at - timedelta(seconds=1)).astimezone(zone).date()


def _pages(db: Session, organization_id: UUID, year_id: UUID) -> Sequence[Any]:
    class_id = case(
        (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
        else_=PupilGroup.school_class_id,
    )
    return db.execute(
        select(
            JournalPage.id,
            JournalPage.subject_id,
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
            class_id.label("class_id"),
            SchoolClass.name.label("class_name"),
            grade_of_page().label("grade_level"),
            term_kind_of_page().label("term_kind"),
            PupilGroup.name.label("group_name"),
            Subject.name.label("subject"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == class_id)
        .where(JournalPage.organization_id == organization_id, JournalPage.academic_year_id == year_id)
        .order_by(SchoolClass.name_key, Subject.position, Subject.name_key, PupilGroup.name)
    ).all()


def _expected(
    db: Session, organization_id: UUID, year_id: UUID, terms: Sequence[Term]
) -> Mapping[tuple[UUID, UUID], int]:
    """How many pupils are in a class or group at some time of a term."""
    first, last = cast("Any", Term.starts_on), cast("Any", Term.ends_on)
    ids = [term.id for term in terms]
    groups = select(PupilGroup.id).where(
        PupilGroup.organization_id == organization_id, PupilGroup.academic_year_id == year_id
    )
    enrolled = (
        select(
            Enrollment.school_class_id.label("place"),
            Term.id.label("term_id"),
            func.count(Enrollment.person_id.distinct()).label("pupils"),
        )
        .join(Term, in_force(Enrollment, first, last))
        .where(
            Enrollment.organization_id == organization_id,
            Enrollment.academic_year_id == year_id,
            Term.id.in_(ids),
        )
        .group_by(Enrollment.school_class_id, Term.id)
    )
    grouped = (
        select(
            PupilGroupMembership.pupil_group_id,
            Term.id,
            func.count(PupilGroupMembership.person_id.distinct()),
        )
        .join(Term, in_force(PupilGroupMembership, first, last))
        .where(PupilGroupMembership.pupil_group_id.in_(groups), Term.id.in_(ids))
        .group_by(PupilGroupMembership.pupil_group_id, Term.id)
    )
    return {(row.place, row.term_id): row.pupils for row in db.execute(union_all(enrolled, grouped))}


def _apart(
    db: Session, organization_id: UUID, year_id: UUID, terms: Sequence[Term]
) -> Mapping[tuple[UUID, UUID, UUID], int]:
    """How many pupils of a class are taught a subject apart from it the whole term: no mark of theirs is expected."""
    rows = db.execute(
        select(
            Enrollment.school_class_id,
            JournalExemption.subject_id,
            Term.id,
            func.count(JournalExemption.pupil_id.distinct()),
        )
        .join(
            Term,
            (JournalExemption.first_day <= Term.starts_on) & (JournalExemption.last_day >= Term.ends_on),
        )
        .join(
            Enrollment,
            (Enrollment.person_id == JournalExemption.pupil_id)
            & (Enrollment.academic_year_id == JournalExemption.academic_year_id)
            & in_force(Enrollment, cast("Any", Term.starts_on), cast("Any", Term.ends_on)),
        )
        .where(
            JournalExemption.organization_id == organization_id,
            JournalExemption.academic_year_id == year_id,
            JournalExemption.kind == APART,
            JournalExemption.withdrawn_at.is_(None),
            Term.id.in_([term.id for term in terms]),
        )
        .group_by(Enrollment.school_class_id, JournalExemption.subject_id, Term.id)
    )
    return {(class_id, subject_id, term_id): number for class_id, subject_id, term_id, number in rows}


def _done(
    db: Session, organization_id: UUID, year_id: UUID, terms: Sequence[Term]
) -> Mapping[tuple[UUID, UUID], int]:
    rows = db.execute(
        select(JournalTermMark.page_id, JournalTermMark.term_id, func.count())
        .where(
            JournalTermMark.organization_id == organization_id,
            JournalTermMark.academic_year_id == year_id,
            JournalTermMark.term_id.in_([term.id for term in terms]),
        )
        .group_by(JournalTermMark.page_id, JournalTermMark.term_id)
    )
    return {(page_id, term_id): number for page_id, term_id, number in rows if term_id is not None}


def _teachers(
    db: Session, organization_id: UUID, year_id: UUID, day: date
) -> Mapping[tuple[UUID, UUID], dict[UUID, str]]:
    """Who teaches a subject in a class or group, by name."""
    place = case(
        (TeachingAssignment.pupil_group_id.is_not(None), TeachingAssignment.pupil_group_id),
        else_=TeachingAssignment.school_class_id,
    )
    found: dict[tuple[UUID, UUID], dict[UUID, str]] = defaultdict(dict)
    for row in db.execute(
        select(
            place.label("place"),
            TeachingAssignment.subject_id,
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == TeachingAssignment.teacher_id)
        .where(
            TeachingAssignment.organization_id == organization_id,
            TeachingAssignment.academic_year_id == year_id,
            in_force(TeachingAssignment, day),
        )
        .order_by(Person.name_key)
    ):
        found[row.place, row.subject_id][row.id] = short_name(row.last_name, row.first_name, row.middle_name)
    return found
