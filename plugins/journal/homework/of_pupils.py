"""Homework of several pupils on some days: two statements for a family, whatever was given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Date,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from core.capabilities import HomeworkItem, LessonHomework
from core.database.base import in_force
from core.database.session import Session
from core.files import StoredFile
from core.organizations.models import Enrollment, PupilGroupMembership
from core.pupil_records import PupilPlace
from core.roles.actor import Actor
from plugins.journal.homework.due import REACHES
from plugins.journal.homework.items import told_items
from plugins.journal.homework.materials import HOMEWORK_FILES, Attached
from plugins.journal.homework.models import GivenItem, HomeworkTask, HomeworkTaskPupil, Submission, TaskItem
from plugins.journal.homework.provided import GivenPages, told
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage


class _Lesson(msgspec.Struct, array_like=True):
    """A lesson of a pupil, with what was given at the one before it."""

    pupil_id: UUID
    id: UUID
    organization_id: UUID
    day: date
    planned_lesson_id: UUID | None
    number: int
    topic: str
    subject_id: UUID
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    homework: str
    links: str | None
    minutes: int | None
    given_id: UUID | None
    state: str | None


class _Material(msgspec.Struct, array_like=True):
    """A file, an item of the library or an own task of a pupil: `what` says which.

    An item that came with a task has the task in the place of the lesson.
    """

    what: str
    id: UUID | None
    organization_id: UUID
    lesson_id: UUID | None
    pupil_id: UUID | None
    due_id: UUID | None
    key: str
    text: str
    count: int | None
    state: str | None


class _Item(NamedTuple):
    owner_id: UUID
    item_id: str
    title: str
    organization_id: UUID
    path: str


class _Task(NamedTuple):
    id: UUID
    text: str
    minutes: int | None
    lesson_id: UUID
    due_id: UUID | None
    state: str | None


def _many(name: str, kind: Any = Uuid) -> BindParameter[Any]:
    return bindparam(name, type_=kind(), expanding=True)


_FIRST, _LAST, _SINCE = (bindparam(name, type_=Date()) for name in ("first", "last", "since"))


def _belongs(table: Any, place: Any) -> Select[*tuple[Any, ...]]:
    """Pages of the pupils' classes, or of their groups."""
    return (
        select(
            table.person_id.label("pupil_id"),
            JournalPage.id.label("page_id"),
            JournalPage.subject_id,
            JournalPage.school_class_id,
            JournalPage.pupil_group_id,
        )
        .join(JournalPage, place)
        .where(
            table.person_id.in_(_many("pupils")),
            in_force(table, _FIRST, _LAST),
            JournalPage.organization_id.in_(_many("organizations")),
        )
    )


_PAGES = union(
    _belongs(
        Enrollment,
        and_(
            JournalPage.school_class_id == Enrollment.school_class_id,
            # Said so that no index is used for it: most pages of a region belong to no group.
            func.coalesce(JournalPage.pupil_group_id, JournalPage.pupil_group_id).is_(None),
        ),
    ),
    _belongs(PupilGroupMembership, JournalPage.pupil_group_id == PupilGroupMembership.pupil_group_id),
).cte("pages")


# Narrow: the database sorts these rows, of all pages and two months.
_AFTER = (
    select(
        JournalLesson.id,
        JournalLesson.page_id,
        JournalLesson.day,
        func.lag(JournalLesson.id, type_=Uuid())
        .over(partition_by=JournalLesson.page_id, order_by=(JournalLesson.day, JournalLesson.number))
        .label("given_id"),
    )
    .where(
        JournalLesson.organization_id.in_(_many("organizations")),
        JournalLesson.page_id.in_(select(_PAGES.c.page_id)),
        JournalLesson.day.between(_SINCE, _LAST),
        JournalLesson.status.not_in(NOT_GIVEN),
    )
    .subquery("after")
)
_given = aliased(JournalLesson)
_LESSONS = (
    select(
        _PAGES.c.pupil_id,
        JournalLesson.id,
        JournalLesson.organization_id,
        JournalLesson.day,
        JournalLesson.planned_lesson_id,
        JournalLesson.number,
        JournalLesson.topic,
        _PAGES.c.subject_id,
        _PAGES.c.school_class_id,
        _PAGES.c.pupil_group_id,
        func.coalesce(_given.homework, ""),
        _given.homework_links,
        _given.homework_minutes,
        _AFTER.c.given_id,
        Submission.state,
    )
    .select_from(_AFTER)
    .join(JournalLesson, JournalLesson.id == _AFTER.c.id)
    .join(_PAGES, _PAGES.c.page_id == _AFTER.c.page_id)
    .outerjoin(_given, _given.id == _AFTER.c.given_id)
    .outerjoin(
        Submission,
        and_(Submission.lesson_id == _AFTER.c.given_id, Submission.pupil_id == _PAGES.c.pupil_id),
    )
    .where(_AFTER.c.day >= _FIRST)
)


def _materials(what: str, **columns: Any) -> Select[Any]:
    """Materials in the columns that all kinds share."""
    kinds: Mapping[str, Any] = {
        "id": Uuid,
        "organization_id": Uuid,
        "lesson_id": Uuid,
        "pupil_id": Uuid,
        "due_id": Uuid,
        "key": Text,
        "text": Text,
        "count": BigInteger,
        "state": Text,
    }
    return select(
        cast(literal(what), String).label("what"),
        *(
            (
                columns[name] if name in columns else cast(literal("") if name == "key" else null(), kind)
            ).label(name)
            for name, kind in kinds.items()
        ),
    )


_due = aliased(JournalLesson)
_FILES = _materials(
    "file",
    id=StoredFile.id,
    organization_id=StoredFile.organization_id,
    key=StoredFile.subject,
    text=StoredFile.name,
    count=StoredFile.size,
).where(
    StoredFile.organization_id.in_(_many("organizations")),
    StoredFile.purpose == HOMEWORK_FILES,
    StoredFile.subject.in_(_many("subjects", String)),
)
_ITEMS = _materials(
    "item",
    organization_id=GivenItem.organization_id,
    lesson_id=GivenItem.lesson_id,
    key=GivenItem.item_id,
    text=GivenItem.title,
    count=GivenItem.position,
).where(GivenItem.lesson_id.in_(_many("lessons")))
_TASK_ITEMS = (
    _materials(
        "task_item",
        organization_id=TaskItem.organization_id,
        lesson_id=TaskItem.task_id,
        key=TaskItem.item_id,
        text=TaskItem.title,
        count=TaskItem.position,
    )
    .join(HomeworkTaskPupil, HomeworkTaskPupil.task_id == TaskItem.task_id)
    .where(
        HomeworkTaskPupil.pupil_id.in_(_many("pupils")),
        TaskItem.organization_id.in_(_many("organizations")),
    )
)
_TASKS = (
    _materials(
        "task",
        id=HomeworkTask.id,
        organization_id=HomeworkTask.organization_id,
        lesson_id=HomeworkTask.lesson_id,
        pupil_id=HomeworkTaskPupil.pupil_id,
        due_id=_due.id,
        text=HomeworkTask.text,
        count=HomeworkTask.minutes,
        state=Submission.state,
    )
    .select_from(HomeworkTaskPupil)
    .join(HomeworkTask, HomeworkTask.id == HomeworkTaskPupil.task_id)
    .join(JournalLesson, JournalLesson.id == HomeworkTask.lesson_id)
    .outerjoin(_due, and_(_due.id == HomeworkTask.due_lesson_id, _due.status.not_in(NOT_GIVEN)))
    .outerjoin(
        Submission,
        and_(
            Submission.lesson_id == HomeworkTask.lesson_id,
            Submission.pupil_id == HomeworkTaskPupil.pupil_id,
        ),
    )
    .where(
        HomeworkTaskPupil.pupil_id.in_(_many("pupils")),
        HomeworkTask.organization_id.in_(_many("organizations")),
        JournalLesson.day.between(_SINCE, _LAST),
    )
)
_MATERIALS = union_all(_FILES, _ITEMS, _TASK_ITEMS, _TASKS)


def homework_of_pupils(
    db: Session, actor: Actor, places: Sequence[PupilPlace], first: date, last: date
) -> dict[UUID, list[LessonHomework]]:
    """Topics of the lessons of some days and the homework due at them, by pupil, each in the order of the days.

    The caller has checked who may see the pupils. Two statements, and what the content library takes where something
    of it was given.
    """
    schools = {(place.organization_id, place.pupil_id): place.organization_path for place in places}
    given: dict[str, Any] = {
        "organizations": sorted({organization_id for organization_id, _pupil in schools}),
        "pupils": sorted({pupil_id for _organization, pupil_id in schools}),
        "first": first,
        "last": last,
        "since": first - REACHES,
    }
    lessons = [
        each
        for each in db.typed_rows(_Lesson, _LESSONS, given)
        if (each.organization_id, each.pupil_id) in schools
    ]
    lessons.sort(key=lambda each: (each.day, each.number))
    files, items, tasks = _material(db, actor, schools, lessons, given)
    pages = {pupil_id: GivenPages(actor, pupil_id) for pupil_id in given["pupils"]}
    found: dict[UUID, list[LessonHomework]] = defaultdict(list)
    for row in lessons:
        own = [
            task
            for task in tasks.get(row.pupil_id, ())
            if (task.due_id == row.id if task.due_id else task.lesson_id == row.given_id)
        ]
        found[row.pupil_id].append(told(pages[row.pupil_id], row, files, items, items, own))
    return found


def _material(
    db: Session,
    actor: Actor,
    schools: Mapping[tuple[UUID, UUID], str],
    lessons: Sequence[_Lesson],
    given: Mapping[str, Any],
) -> tuple[dict[UUID, list[Attached]], Mapping[UUID, Sequence[HomeworkItem]], dict[UUID, list[_Task]]]:
    """Files by the lesson they were given at, items by that or by the task they came with, own tasks by pupil."""
    at = sorted({each.given_id for each in lessons if each.given_id})
    rows = db.typed_rows(
        _Material, _MATERIALS, {**given, "lessons": at, "subjects": [str(each) for each in at]}
    )
    paths = {organization_id: path for (organization_id, _pupil), path in schools.items()}
    files: dict[UUID, list[Attached]] = defaultdict(list)
    tasks: dict[UUID, list[_Task]] = defaultdict(list)
    items: list[_Item] = []
    for row in sorted(rows, key=lambda each: (str(each.id or ""), each.count or 0)):
        if row.what == "file" and row.id:
            files[UUID(row.key)].append(Attached(id=row.id, name=row.text, size=row.count or 0))
        elif row.what in ("item", "task_item") and row.lesson_id and row.organization_id in paths:
            items.append(
                _Item(row.lesson_id, row.key, row.text, row.organization_id, paths[row.organization_id])
            )
        elif row.id and row.pupil_id and row.lesson_id and (row.organization_id, row.pupil_id) in schools:
            tasks[row.pupil_id].append(
                _Task(row.id, row.text, row.count, row.lesson_id, row.due_id, row.state)
            )
    return files, told_items(db, actor, items) if items else {}, tasks
