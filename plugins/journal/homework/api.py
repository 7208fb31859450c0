"""JSON routes of homework under `/api/v1/journal`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.files import FileIn, files_in
from core.api.lists import problems
from core.attached_files import MOST
from core.capabilities import HomeworkItem
from core.database.engine import Database
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT, MARK, VIEW, open_page
from plugins.journal.homework.copying import CopyTarget, copies_of_files, copy_homework, copy_targets
from plugins.journal.homework.links import links_of
from plugins.journal.homework.load import DayLoad, day_load
from plugins.journal.homework.materials import (
    HOMEWORK_FILES,
    Attached,
    attach_files,
    files_about,
    remove_file,
)
from plugins.journal.homework.reviewing import PupilWork, Review, lesson_works, review_work
from plugins.journal.homework.tasks import Task, TaskIn, add_task, change_task, remove_task, tasks_of
from plugins.journal.homework.works import Work
from plugins.journal.lessons.lessons import MOST_MINUTES, read_lesson

HOMEWORK = "/api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework"


class HomeworkOut(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about the homework of a lesson."""

    homework: str
    homework_minutes: int | None
    links: Annotated[Sequence[str], Meta(description="Ссылки к заданию.")]
    files: Annotated[Sequence[Attached], Meta(description="Файлы к заданию: `/files/{id}`.")]
    items: Annotated[Sequence[HomeworkItem], Meta(description="Материалы библиотеки к заданию, по порядку.")]
    tasks: Annotated[Sequence[Task], Meta(description="Задания отдельным ученикам.")]
    load: Annotated[
        DayLoad | None,
        Meta(description="Сколько задано классу на тот же день; null, если следующего урока ещё нет."),
    ]


class CopyIn(msgspec.Struct, frozen=True, kw_only=True):
    """Which lessons of parallel classes are to have the same homework."""

    lessons: Annotated[
        list[UUID], Meta(min_length=1, max_length=30, description="Ключи уроков параллельных классов.")
    ]
    replace: Annotated[bool, Meta(description="Заменить то, что там уже задано; без этого ответ – 409.")] = (
        False
    )


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """Into how many lessons the homework was copied."""

    lessons: Annotated[int, Meta(description="Скольким урокам задано то же.")]


class FilesIn(msgspec.Struct, frozen=True, kw_only=True):
    """Files to be kept with the homework."""

    files: Annotated[list[FileIn], Meta(min_length=1, max_length=MOST, description="Сами файлы.")]


class TaskMade(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a task just given."""

    id: UUID


@get(
    HOMEWORK,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Домашнее задание урока",
    description=(
        "Текст, ссылки, файлы, материалы библиотеки, задания отдельным ученикам и сколько минут задано классу на тот "
        "же день."
    ),
    responses=problems(404),
)
def homework_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> HomeworkOut:
    """The homework of a lesson."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        lesson = read_lesson(db, actor, page, lesson_id)
        return HomeworkOut(
            homework=lesson.homework,
            homework_minutes=lesson.homework_minutes,
            links=links_of(lesson.homework_links),
            files=files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id]).get(lesson_id, []),
            items=lesson.homework_items,
            tasks=tasks_of(db, actor, lesson_id),
            load=day_load(db, page, lesson_id, lesson.homework_minutes),
        )


@get(
    HOMEWORK + "/load",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Сколько задано классу на день",
    description=(
        "Минуты всех предметов на день, к которому дано задание этого урока, рядом с нормой. `minutes` – сколько "
        "займёт это задание. Больше нормы – предупреждение, а не запрет. null – следующего урока ещё нет."
    ),
    responses=problems(404, 422),
)
def load_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    minutes: Annotated[
        int, QueryParameter(ge=0, le=MOST_MINUTES, description="Сколько минут займёт задание урока.")
    ] = 0,
) -> DayLoad | None:
    """The load of the day."""
    with database.reading(fresh=True) as db:
        return day_load(db, open_page(db, actor, page_id), lesson_id, minutes)


@get(
    HOMEWORK + "/copies",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Куда скопировать задание",
    description="Страницы того же предмета и параллели, которые ведёте вы, и урок, на который ляжет задание.",
    responses=problems(404),
)
def copy_targets_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> list[CopyTarget]:
    """Where the homework may be copied to."""
    with database.reading(fresh=True) as db:
        return copy_targets(db, actor, open_page(db, actor, page_id), lesson_id)


@post(
    HOMEWORK + "/copies",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    summary="Скопировать задание параллельным классам",
    description=(
        "Текст, минуты, ссылки, файлы и материалы библиотеки. 409 – там задано другое, период закрыт или копировать "
        "нечего."
    ),
    responses=problems(404, 409, 422),
)
def homework_copy(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[CopyIn],
) -> Copied:
    """Copy the homework to parallel classes."""
    with database.reading() as db:
        files = copies_of_files(db, actor, page_id, lesson_id, data.lessons)
    with database.transaction() as db:
        return Copied(
            lessons=copy_homework(
                db, actor, page_id, lesson_id, data.lessons, replace=data.replace, files=files
            )
        )


@post(
    HOMEWORK + "/files",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Приложить файлы к заданию",
    description="Их увидят ученики и родители. Ответ – все файлы задания. 409 – файлов стало бы слишком много.",
    responses=problems(404, 409, 413, 422),
)
def homework_files_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[FilesIn],
) -> list[Attached]:
    """Keep files with the homework."""
    with database.reading() as db:
        open_page(db, actor, page_id)
    files = files_in(portal.files, data.files)
    with database.transaction() as db:
        attach_files(db, actor, page_id, lesson_id, files)
        page = open_page(db, actor, page_id)
        return files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id])[lesson_id]


@delete(
    HOMEWORK + "/files/{file_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать файл из задания",
    description="Файл удаляется насовсем.",
    responses=problems(404, 409, 422),
)
def homework_file_delete(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> None:
    """Take a file away from the homework."""
    with database.transaction() as db:
        remove_file(db, actor, page_id, lesson_id, file_id)


@post(
    HOMEWORK + "/tasks",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Дать задание отдельным ученикам",
    description="Сверх задания класса; его видят только эти ученики и их родители. 409 – период закрыт.",
    responses=problems(404, 409, 422),
)
def homework_task_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: JSONBody[TaskIn],
) -> TaskMade:
    """Give a task to some pupils."""
    with database.transaction() as db:
        return TaskMade(id=add_task(db, actor, page_id, lesson_id, data))


@put(
    HOMEWORK + "/tasks/{task_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить задание отдельным ученикам",
    description="Целиком: текст, минуты, кому и к какому уроку. 409 – период закрыт.",
    responses=problems(404, 409, 422),
)
def homework_task_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    task_id: FromPath[UUID],
    data: JSONBody[TaskIn],
) -> list[Task]:
    """Change a task; the lesson's tasks as they are then."""
    with database.transaction() as db:
        change_task(db, actor, page_id, lesson_id, task_id, data)
        return tasks_of(db, actor, lesson_id)


@delete(
    HOMEWORK + "/tasks/{task_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать задание отдельным ученикам",
    description="409 – период закрыт.",
    responses=problems(404, 409, 422),
)
def homework_task_delete(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    task_id: FromPath[UUID],
) -> None:
    """Take a task back."""
    with database.transaction() as db:
        remove_task(db, actor, page_id, lesson_id, task_id)


@get(
    HOMEWORK + "/works",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Кто сдал работу",
    description="Все ученики урока по фамилиям, с тем, что они сдали.",
    responses=problems(404),
)
def works_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> list[PupilWork]:
    """Who has handed in."""
    with database.reading(fresh=True) as db:
        return lesson_works(db, actor, open_page(db, actor, page_id), lesson_id)


@post(
    HOMEWORK + "/works/{pupil_id:uuid}",
    guards=[needs(MARK)],
    sync_to_thread=True,
    status_code=200,
    summary="Проверить работу",
    description=(
        "Принять, с отметкой или без, или вернуть на исправление с объяснением. Отметка встаёт в клетку журнала "
        "после тех, что там есть. 409 – ученик сдал работу заново или период закрыт."
    ),
    responses=problems(404, 409, 422),
)
def work_review(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: JSONBody[Review],
) -> Work:
    """Accept or return a work."""
    with database.transaction() as db:
        return review_work(db, actor, page_id, lesson_id, pupil_id, data)


homework_api_routes: list[Any] = [
    homework_read,
    load_read,
    copy_targets_read,
    homework_copy,
    homework_files_add,
    homework_file_delete,
    homework_task_add,
    homework_task_change,
    homework_task_delete,
    works_read,
    work_review,
]
