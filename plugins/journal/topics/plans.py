"""Lesson plans: whose they are, who may see and change them, how one is begun, copied and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name, sort_key
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Organization, Subject, TeachingAssignment
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import counted, gettext, sentence
from plugins.journal.access import EDIT, VIEW
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.topics.models import LessonPlan, LessonTopic, PlanUse

PLAN = "journal.plan"
LONGEST_TITLE = 200
MOST_HOURS = 1000
LAST_GRADE = 12
MOST_PLANS = 500
Title = Annotated[str, Meta(description="Название плана.", examples=["Математика, 5 класс"])]
Hours = Annotated[
    int | None,
    Meta(description="Сколько часов в год даёт предмету учебный план; null, если не указано."),
]
Grade = Annotated[int, Meta(description="Параллель: от 1 до 12.")]
MayEdit = Annotated[bool, Meta(description="Вам можно менять этот план.")]


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in a list."""

    id: UUID
    title: Title
    subject_id: UUID
    subject: str
    grade_level: Grade
    academic_year_id: UUID
    year: Annotated[str, Meta(description="Учебный год: «2026/2027».")]
    author: Annotated[str, Meta(description="Кто составил: «Семёнов А. П.»; пусто, если неизвестно.")]
    hours: Hours
    topics: Annotated[int, Meta(description="Сколько в плане тем.")]
    topic_hours: Annotated[int, Meta(description="Сколько часов занимают темы вместе.")]
    pages: Annotated[int, Meta(description="Сколько страниц журнала идут по плану.")]
    mine: Annotated[bool, Meta(description="План составили вы.")]
    may_edit: MayEdit


class OpenedPlan(PlanLine, frozen=True, kw_only=True):
    """A plan as somebody opened it."""

    organization_id: UUID
    author_id: Annotated[UUID | None, Meta(description="Ключ того, кто составил план.")]
    is_archived: Annotated[bool, Meta(description="Год плана в архиве: менять план нельзя.")]


class PlanIn(msgspec.Struct, frozen=True, kw_only=True):
    """A plan to be begun."""

    subject_id: UUID
    grade_level: Annotated[int, Meta(ge=1, le=LAST_GRADE, description="Параллель: от 1 до 12.")]
    title: Annotated[
        str, Meta(max_length=LONGEST_TITLE, description="Название; пусто – по предмету и классу.")
    ] = ""
    hours: Annotated[
        int | None, Meta(description="Часов в год по учебному плану, от 1 до 1000; null – не указано.")
    ] = None


class PlanChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a plan as a whole."""

    title: Annotated[str, Meta(max_length=LONGEST_TITLE, description="Название плана.")]
    hours: Annotated[
        int | None, Meta(description="Часов в год по учебному плану, от 1 до 1000; null – не указано.")
    ] = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the plans is asked for: words of title, subject or author; a subject, a grade level, a year."""

    words: str = ""
    subject_id: UUID | None = None
    grade_level: int | None = None
    year_id: UUID | None = None
    mine: bool = False


def seen(actor: Actor) -> ColumnElement[bool]:
    """Condition on `LessonPlan`: one's own, and those of the subjects one teaches; all for the deputy head."""
    inside = within(actor, VIEW, LessonPlan.organization_id)
    if actor.reach(VIEW) is not Reach.OWN:
        return inside
    return and_(inside, or_(LessonPlan.author_id == actor.person_id, _teaches(actor, LessonPlan.subject_id)))


def _teaches(actor: Actor, subject_id: Any) -> ColumnElement[bool]:
    return exists().where(
        TeachingAssignment.teacher_id == actor.person_id, TeachingAssignment.subject_id == subject_id
    )


def editable(actor: Actor) -> ColumnElement[bool]:
    """Condition on `LessonPlan`: a teacher changes their own, the deputy head all."""
    reach = actor.reach(EDIT)
    if reach is None:
        return false()
    inside = within(actor, EDIT, LessonPlan.organization_id)
    return and_(inside, LessonPlan.author_id == actor.person_id) if reach is Reach.OWN else inside


def _statement(actor: Actor) -> Any:
    of_plan = (
        LessonTopic.plan_id == LessonPlan.id,
        LessonTopic.page_id.is_(None),
        LessonTopic.removed_at.is_(None),
    )
    return (
        select(
            *LessonPlan.__table__.c,
            Subject.name.label("subject"),
            AcademicYear.name.label("year"),
            AcademicYear.archived,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            select(func.count()).select_from(LessonTopic).where(*of_plan).scalar_subquery().label("topics"),
            select(func.coalesce(func.sum(LessonTopic.hours), 0))
            .where(*of_plan)
            .scalar_subquery()
            .label("topic_hours"),
            select(func.count())
            .select_from(PlanUse)
            .where(PlanUse.plan_id == LessonPlan.id)
            .scalar_subquery()
            .label("pages"),
            case((editable(actor), literal(1)), else_=literal(0)).label("may_edit"),
        )
        .join(Subject, Subject.id == LessonPlan.subject_id)
        .join(AcademicYear, AcademicYear.id == LessonPlan.academic_year_id)
        .outerjoin(Person, Person.id == LessonPlan.author_id)
        .where(seen(actor))
    )


def _line(actor: Actor, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "subject_id": row.subject_id,
        "subject": row.subject,
        "grade_level": row.grade_level,
        "academic_year_id": row.academic_year_id,
        "year": row.year,
        "author": short_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
        "hours": row.hours,
        "topics": row.topics,
        "topic_hours": int(row.topic_hours),
        "pages": row.pages,
        "mine": row.author_id is not None and row.author_id == actor.person_id,
        "may_edit": bool(row.may_edit) and not row.archived,
    }


def list_plans(db: Session, actor: Actor, asked: Asked) -> list[PlanLine]:
    """The plans the actor may see, one's own first. One statement."""
    actor.require(VIEW)
    statement = _statement(actor).order_by(
        case((LessonPlan.author_id == actor.person_id, literal(0)), else_=literal(1)),
        Subject.position,
        Subject.name_key,
        LessonPlan.grade_level,
        LessonPlan.title,
        LessonPlan.id,
    )
    if asked.subject_id is not None:
        statement = statement.where(LessonPlan.subject_id == asked.subject_id)
    if asked.grade_level is not None:
        statement = statement.where(LessonPlan.grade_level == asked.grade_level)
    if asked.year_id is not None:
        statement = statement.where(LessonPlan.academic_year_id == asked.year_id)
    if asked.mine:
        statement = statement.where(LessonPlan.author_id == actor.person_id)
    words = sort_key(asked.words).split()
    lines = (PlanLine(**_line(actor, row)) for row in db.execute(statement.limit(MOST_PLANS)))
    return [
        line
        for line in lines
        if all(
            any(
                key.startswith(word)
                for key in sort_key(f"{line.title} {line.subject} {line.author} {line.grade_level}").split()
            )
            for word in words
        )
    ]


def open_plan(
    db: Session, actor: Actor, plan_id: UUID, *, edit: bool = False, lock: bool = False
) -> OpenedPlan:
    """The plan, if the actor may see it; with `edit`, if they may change it.

    `lock` holds its row until the transaction ends, which orders its writers. Raises `NotFound`, `Forbidden` for
    a colleague's plan, `Conflict` for one of an archived year.
    """
    actor.require(EDIT if edit else VIEW)
    if lock:
        db.execute(select(LessonPlan.id).where(LessonPlan.id == plan_id).with_for_update())
    row = db.execute(_statement(actor).where(LessonPlan.id == plan_id)).one_or_none()
    if row is None:
        raise NotFound(
            "Такого плана нет или он вам не доступен.", advice="Откройте «Планы уроков» и выберите из списка."
        )
    plan = OpenedPlan(
        **_line(actor, row),
        organization_id=row.organization_id,
        author_id=row.author_id,
        is_archived=bool(row.archived),
    )
    if edit and plan.is_archived:
        raise Conflict(
            "Учебный год этого плана в архиве: план можно только читать.",
            advice="Скопируйте его в новый учебный год и меняйте копию.",
        )
    if edit and not plan.may_edit:
        raise Forbidden(
            "Этот план составил другой учитель.",
            advice="Скопируйте план: свою копию вы сможете менять. Сам план меняют его автор и завуч.",
        )
    return plan


def may_begin(actor: Actor) -> bool:
    """Whether the actor may begin plans at all."""
    return actor.can(EDIT) and actor.role is not None and actor.role.organization_kind == "school"


def offered_subjects(db: Session, actor: Actor) -> list[tuple[UUID, str]]:
    """Subjects the actor may begin a plan of: those they teach; all of the school's for the deputy head."""
    if not may_begin(actor):
        return []
    ids = [UUID(part) for part in actor.acting_role.organization_path.split("/") if part]
    statement = (
        select(Subject.id, Subject.name)
        .where(Subject.organization_id.in_(ids))
        .order_by(Subject.position, Subject.name_key)
    )
    if actor.reach(EDIT) is Reach.OWN:
        statement = statement.where(_teaches(actor, Subject.id))
    return [(row.id, row.name) for row in db.execute(statement)]


def years_of_plans(db: Session, actor: Actor) -> list[tuple[UUID, str]]:
    """The academic years of the school, the latest first."""
    return [
        (row.id, row.name)
        for row in db.execute(
            select(AcademicYear.id, AcademicYear.name)
            .where(AcademicYear.organization_id == actor.organization_id)
            .order_by(AcademicYear.starts_on.desc())
        )
    ]


def current_year(db: Session, actor: Actor) -> UUID:
    """The academic year that goes on, or the last one. Raises `Conflict` if the school has none."""
    found = db.scalar(select(current_years(actor.organization_id, school_today(actor))))
    if found is None:
        raise Conflict("В школе ещё нет учебного года.", advice="Попросите завуча завести учебный год.")
    return found


def begin_plan(db: Session, actor: Actor, wanted: PlanIn, *, copied_from: UUID | None = None) -> UUID:
    """Begin an empty plan of this academic year; returns its id.

    Raises `Invalid` for what was typed, `NotFound` for a foreign subject, `Forbidden` for a subject that the
    teacher does not teach.
    """
    organization_id = actor.organization_id
    reach = authorize(db, actor, EDIT, organization_id)
    path = db.scalar(select(Organization.path).where(Organization.id == organization_id)) or ""
    subject = db.get(Subject, wanted.subject_id)
    if subject is None or str(subject.organization_id) not in path.split("/"):
        raise NotFound("Такого предмета нет.", advice="Обновите страницу и выберите из списка.")
    if reach is Reach.OWN and not db.scalar(select(_teaches(actor, subject.id))):
        raise Forbidden(
            "Этот предмет ведут другие учителя.", advice="План может завести учитель предмета или завуч."
        )
    if not 1 <= wanted.grade_level <= LAST_GRADE:
        wrong = sentence("От 1 до %(most)s.", most=LAST_GRADE)
        raise Invalid("План не сохранён.", advice="Исправьте отмеченное.", fields={"grade_level": wrong})
    title, hours = _checked(wanted.title or _standard_title(subject.name, wanted.grade_level), wanted.hours)
    plan_id = new_id()
    db.execute(
        insert(LessonPlan).values(
            id=plan_id,
            organization_id=organization_id,
            academic_year_id=current_year(db, actor),
            subject_id=subject.id,
            grade_level=wanted.grade_level,
            author_id=actor.person_id,
            title=title,
            hours=hours,
        )
    )
    after = {"title": title, "hours": hours} | ({"copied_from": str(copied_from)} if copied_from else {})
    note(db, actor, organization_id, plan_id, "journal.plan.begin", after=after)
    return plan_id


def _standard_title(subject: str, grade_level: int) -> str:
    """What a plan is called that nobody has named: «Алгебра, 7 класс»."""
    return gettext("%(subject)s, %(grade)s класс") % {"subject": subject, "grade": grade_level}


def _checked(title: str, hours: int | None) -> tuple[str, int | None]:
    text = " ".join(title.replace("\x00", "").split())
    errors: dict[str, str] = {}
    if not text:
        errors["title"] = sentence("Назовите план, например «Алгебра, 7 класс».")
    if len(text) > LONGEST_TITLE:
        errors["title"] = counted(
            "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_TITLE
        )
    if hours is not None and not 1 <= hours <= MOST_HOURS:
        errors["hours"] = sentence("Целое число от 1 до %(most)s.", most=MOST_HOURS)
    if errors:
        raise Invalid("План не сохранён.", advice="Исправьте отмеченное.", fields=errors)
    return text, hours


def change_plan(db: Session, actor: Actor, plan_id: UUID, change: PlanChange) -> None:
    """Give a plan another title or number of hours. Raises as `open_plan`, `Invalid`."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    title, hours = _checked(change.title, change.hours)
    wanted = {"title": title, "hours": hours}
    changed = {name: value for name, value in wanted.items() if getattr(plan, name) != value}
    if not changed:
        return
    db.execute(update(LessonPlan).where(LessonPlan.id == plan_id).values(**changed))
    before = {name: getattr(plan, name) for name in changed}
    note(db, actor, plan.organization_id, plan_id, "journal.plan.change", before=before, after=changed)


def delete_plan(db: Session, actor: Actor, plan_id: UUID) -> None:
    """Take a plan away for good. Raises `Conflict` while a journal page follows it."""
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    if plan.pages:
        raise Conflict(
            counted(
                "По этому плану идёт %(count)s страница журнала.",
                "По этому плану идут %(count)s страниц журнала.",
                plan.pages,
            ),
            advice="Сначала снимите план с этих страниц.",
        )
    titles = db.scalars(
        select(LessonTopic.title).where(LessonTopic.plan_id == plan_id).order_by(LessonTopic.position)
    ).all()
    db.execute(delete(LessonTopic).where(LessonTopic.plan_id == plan_id))
    db.execute(delete(LessonPlan).where(LessonPlan.id == plan_id))
    before = {"title": plan.title, "topics": list(titles)}
    note(db, actor, plan.organization_id, plan_id, "journal.plan.delete", before=before)


def copy_plan(db: Session, actor: Actor, plan_id: UUID) -> UUID:
    """Copy a plan that one may see into this academic year as one's own; returns the copy's id."""
    plan = open_plan(db, actor, plan_id)
    copy_id = begin_plan(
        db,
        actor,
        PlanIn(subject_id=plan.subject_id, grade_level=plan.grade_level, title=plan.title, hours=plan.hours),
        copied_from=plan_id,
    )
    names = ("position", "section", "title", "hours", "homework", "control_kind", "links", "remark")
    rows = [
        {"id": new_id(), "plan_id": copy_id, "version": 1} | {name: getattr(row, name) for name in names}
        for row in topics_of(db, plan_id)
    ]
    if rows:
        db.execute(insert(LessonTopic), rows)
    return copy_id


def topics_of(db: Session, plan_id: UUID) -> Sequence[Any]:
    """The topics of a plan in order, as rows, without those of single pages. The caller has opened the plan."""
    return db.execute(
        select(*LessonTopic.__table__.c)
        .where(
            LessonTopic.plan_id == plan_id, LessonTopic.page_id.is_(None), LessonTopic.removed_at.is_(None)
        )
        .order_by(LessonTopic.position, LessonTopic.id)
    ).all()


def note(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    plan_id: UUID,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record a change of a plan or of its topics under the plan."""
    record(
        db,
        actor,
        organization_id,
        Change(action=action, subject_type=PLAN, subject_id=str(plan_id), before=before, after=after),
    )
