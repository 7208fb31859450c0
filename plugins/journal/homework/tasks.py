"""Tasks that some pupils of a lesson get besides the homework of the class."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import aliased

from core.audit.record import Change, record
from core.capabilities import HomeworkItem
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import PupilGroup, PupilGroupMembership
from core.roles.actor import Actor
from core.school_events import HomeworkGiven
from core.web.i18n import counted, sentence
from plugins.journal.access import EDIT, Opened, open_page, require_right
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.grid.stored_cells import lesson_on
from plugins.journal.homework.due import later_lessons
from plugins.journal.homework.items import (
    checked_items,
    items_of_tasks,
    keep_task_items,
    recorded_items,
)
from plugins.journal.homework.models import HomeworkTask, HomeworkTaskPupil
from plugins.journal.lessons.lessons import LONGEST_HOMEWORK, MOST_MINUTES
from plugins.journal.models import JournalLesson

TASK = "journal.homework_task"


class TaskIn(msgspec.Struct, frozen=True, kw_only=True):
    """A task, and who gets it: chosen pupils, and all of a subgroup."""

    text: Annotated[str, Meta(description="Задание, не длиннее 4000 знаков.", examples=["Карточка № 3"])]
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт, до 600; null – не указано.")] = (
        None
    )
    pupils: Annotated[list[UUID], Meta(max_length=100, description="Ключи учеников.")] = []
    group: Annotated[
        UUID | None, Meta(description="Ключ подгруппы, всем ученикам которой дано; null – не подгруппе.")
    ] = None
    due_lesson: Annotated[UUID | None, Meta(description="К какому уроку страницы; null – к следующему.")] = (
        None
    )
    items: Annotated[
        list[str] | msgspec.UnsetType,
        Meta(
            description="Ключи материалов библиотеки по порядку, не больше 20; без поля остаются те, что есть."
        ),
    ] = msgspec.UNSET


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task as the teacher sees it."""

    id: UUID
    text: Annotated[str, Meta(description="Задание.")]
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт; null – не указано.")]
    due_lesson: Annotated[UUID | None, Meta(description="Ключ урока, к которому дано; null – к следующему.")]
    due_day: Annotated[date | None, Meta(description="День урока, к которому дано; null – к следующему.")]
    pupil_ids: Annotated[Sequence[UUID], Meta(description="Ключи учеников, которым дано.")]
    pupil_names: Annotated[Sequence[str], Meta(description="Фамилии и инициалы этих учеников.")]
    items: Annotated[Sequence[HomeworkItem], Meta(description="Материалы библиотеки, по порядку.")] = ()


class Subgroup(msgspec.Struct, frozen=True, kw_only=True):
    """A subgroup of the class that a task may be given to."""

    id: UUID
    name: str


def add_task(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, wanted: TaskIn) -> UUID:
    """Give a task to some pupils of the page; returns its id.

    Raises `Invalid` for a text, minutes, pupils or a lesson that cannot be, `Conflict` in a closed term,
    `Forbidden` for another teacher's page.
    """
    page, lesson = _opened(db, actor, page_id, lesson_id)
    text, chosen = _checked(db, page, lesson, wanted)
    items = _checked_items(db, actor, page, (), wanted)
    task_id = new_id()
    db.execute(
        insert(HomeworkTask).values(
            id=task_id,
            organization_id=page.organization_id,
            lesson_id=lesson_id,
            due_lesson_id=wanted.due_lesson,
            text=text,
            minutes=wanted.minutes,
            author_id=actor.person_id,
        )
    )
    _give_to(db, task_id, chosen)
    keep_task_items(db, page.organization_id, task_id, items)
    _note(db, actor, page, "add", task_id, after=_said(text, wanted.minutes, len(chosen), items))
    _publish(db, page, lesson, task_id, "given")
    return task_id


def change_task(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, task_id: UUID, wanted: TaskIn
) -> None:
    """Change a task, and who has it. Raises `NotFound` if it is not the lesson's, otherwise as `add_task`."""
    page, lesson = _opened(db, actor, page_id, lesson_id)
    before = next((each for each in tasks_of(db, actor, lesson_id) if each.id == task_id), None)
    if before is None:
        raise _no_such_task()
    text, chosen = _checked(db, page, lesson, wanted)
    items = _checked_items(db, actor, page, before.items, wanted)
    said_before = (before.text, before.minutes, set(before.pupil_ids), before.due_lesson)
    same_items = [each.id for each in items] == [each.id for each in before.items]
    if same_items and said_before == (text, wanted.minutes, chosen, wanted.due_lesson):
        return
    db.execute(
        update(HomeworkTask)
        .where(HomeworkTask.id == task_id)
        .values(text=text, minutes=wanted.minutes, due_lesson_id=wanted.due_lesson)
        .execution_options(synchronize_session=False)
    )
    db.execute(delete(HomeworkTaskPupil).where(HomeworkTaskPupil.task_id == task_id))
    _give_to(db, task_id, chosen)
    keep_task_items(db, page.organization_id, task_id, items)
    _note(
        db,
        actor,
        page,
        "change",
        task_id,
        before=_said(before.text, before.minutes, len(before.pupil_ids), before.items),
        after=_said(text, wanted.minutes, len(chosen), items),
    )
    _publish(db, page, lesson, task_id, "changed")


def _opened(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID) -> tuple[Opened, Any]:
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, EDIT, page.may_edit, lesson.teacher_id)
    require_open_term(page, lesson.day)
    return page, lesson


def _checked(db: Session, page: Opened, lesson: Any, wanted: TaskIn) -> tuple[str, set[UUID]]:
    """The text as it is kept, and the pupils who get it. Raises `Invalid`."""
    text = wanted.text.replace("\x00", "").replace("\r\n", "\n").strip()
    listed = {each.id for each in read_pupils(db, page, lesson.day, lesson.day)}
    chosen = set(wanted.pupils)
    if wanted.group is not None:
        chosen |= _members(db, page, wanted.group, lesson.day) & listed
    _check(db, page, lesson, wanted, text, chosen, listed)
    return text, chosen


def _give_to(db: Session, task_id: UUID, pupils: set[UUID]) -> None:
    db.execute(insert(HomeworkTaskPupil), [{"task_id": task_id, "pupil_id": each} for each in sorted(pupils)])


def _checked_items(
    db: Session, actor: Actor, page: Opened, had: Sequence[HomeworkItem], wanted: TaskIn
) -> Sequence[HomeworkItem]:
    if wanted.items is msgspec.UNSET:
        return had
    return checked_items(db, actor, page, had, wanted.items, "Задание не сохранено.")


def _said(text: str, minutes: int | None, pupils: int, items: Sequence[HomeworkItem]) -> dict[str, Any]:
    said = {"homework": text, "homework_minutes": minutes, "pupils": pupils}
    return said | recorded_items(items) if items else said


def _note(
    db: Session,
    actor: Actor,
    page: Opened,
    done: str,
    task_id: UUID,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    change = Change(
        action=f"journal.homework.task_{done}",
        subject_type=TASK,
        subject_id=str(task_id),
        before=before,
        after=after,
    )
    record(db, actor, page.organization_id, change)


def _no_such_task() -> NotFound:
    return NotFound("Этого задания уже нет.", advice="Обновите страницу.")


def _publish(
    db: Session, page: Opened, lesson: Any, task_id: UUID, step: Literal["given", "changed", "taken_back"]
) -> None:
    db.publish(
        HomeworkGiven(
            organization_id=page.organization_id,
            page_id=page.id,
            lesson_id=lesson.id,
            day=lesson.day,
            step=step,
            task_id=task_id,
            version=page.version,
        )
    )


def _check(
    db: Session, page: Opened, lesson: Any, wanted: TaskIn, text: str, chosen: set[UUID], listed: set[UUID]
) -> None:
    errors: dict[str, str] = {}
    if not text:
        errors["text"] = sentence("Напишите задание.")
    elif len(text) > LONGEST_HOMEWORK:
        errors["text"] = counted(
            "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_HOMEWORK
        )
    if wanted.minutes is not None and not 0 < wanted.minutes <= MOST_MINUTES:
        errors["minutes"] = sentence("Целое число минут от 1 до %(most)s.", most=MOST_MINUTES)
    if not chosen:
        errors["pupils"] = sentence("Отметьте учеников или выберите подгруппу, в которой они есть.")
    elif not chosen <= listed:
        errors["pupils"] = sentence("Одного из этих учеников в день урока в списке не было. Отметьте снова.")
    if wanted.due_lesson is not None and wanted.due_lesson not in {
        each.id for each in later_lessons(db, page.id, lesson.day, lesson.number)
    }:
        errors["due_lesson"] = sentence("Выберите урок из списка.")
    if errors:
        raise Invalid(
            "Задание не сохранено.", advice="Исправьте отмеченное и сохраните снова.", fields=errors
        )


def _members(db: Session, page: Opened, group_id: UUID, day: date) -> set[UUID]:
    return set(
        db.scalars(
            select(PupilGroupMembership.person_id)
            .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
            .where(
                PupilGroup.id == group_id,
                PupilGroup.school_class_id == page.school_class_id,
                in_force(PupilGroupMembership, day),
            )
        )
    )


def subgroups_of(db: Session, page: Opened, day: date) -> list[Subgroup]:
    """The subgroups that the page's class has on a day, by name; none on the page of a group."""
    if page.school_class_id is None:
        return []
    rows = db.execute(
        select(PupilGroup.id, PupilGroup.name)
        .where(
            PupilGroup.school_class_id == page.school_class_id,
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
        )
        .order_by(PupilGroup.name, PupilGroup.id)
    )
    return [Subgroup(id=row.id, name=row.name) for row in rows]


def remove_task(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, task_id: UUID) -> None:
    """Take a task back. Raises `NotFound` if it is not the lesson's, otherwise as `add_task`."""
    page, lesson = _opened(db, actor, page_id, lesson_id)
    text = db.scalar(
        delete(HomeworkTask)
        .where(HomeworkTask.id == task_id, HomeworkTask.lesson_id == lesson_id)
        .returning(HomeworkTask.text)
    )
    if text is None:
        raise _no_such_task()
    _note(db, actor, page, "remove", task_id, before={"homework": text})
    _publish(db, page, lesson, task_id, "taken_back")


def tasks_of(db: Session, actor: Actor, lesson_id: UUID) -> list[Task]:
    """The tasks of a lesson with their pupils and library items. The caller has opened the page."""
    due = aliased(JournalLesson)
    rows = db.execute(
        select(
            HomeworkTask.id,
            HomeworkTask.text,
            HomeworkTask.minutes,
            HomeworkTask.due_lesson_id,
            due.day,
            Person.id.label("pupil_id"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(HomeworkTaskPupil, HomeworkTaskPupil.task_id == HomeworkTask.id)
        .join(Person, Person.id == HomeworkTaskPupil.pupil_id)
        .outerjoin(due, due.id == HomeworkTask.due_lesson_id)
        .where(HomeworkTask.lesson_id == lesson_id)
        .order_by(HomeworkTask.id, Person.name_key)
    ).all()
    by_task: dict[UUID, list[Any]] = {}
    for row in rows:
        by_task.setdefault(row.id, []).append(row)
    items = items_of_tasks(db, actor, by_task)
    return [
        Task(
            id=task_id,
            text=each[0].text,
            minutes=each[0].minutes,
            due_lesson=each[0].due_lesson_id,
            due_day=each[0].day,
            pupil_ids=[row.pupil_id for row in each],
            pupil_names=[short_name(row.last_name, row.first_name, row.middle_name) for row in each],
            items=items.get(task_id, []),
        )
        for task_id, each in by_task.items()
    ]
