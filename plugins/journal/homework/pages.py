"""The homework of a lesson as its teacher keeps it: files, tasks for some pupils, works handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, PortalError, TooLarge
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.pages import Page, fragment, redirect, render
from core.web.plain_forms import WishForm, faults
from core.web.uploads import received
from plugins.journal.access import EDIT, MARK, VIEW, Opened, open_page
from plugins.journal.grid.gradebook import read_pupils
from plugins.journal.homework.due import later_lessons
from plugins.journal.homework.items import chosen_items, look_for
from plugins.journal.homework.links import links_of
from plugins.journal.homework.load import day_load
from plugins.journal.homework.materials import HOMEWORK_FILES, attach_files, files_about, remove_file
from plugins.journal.homework.reviewing import Review, lesson_works, mark_places, review_work
from plugins.journal.homework.tasks import (
    Task,
    TaskIn,
    add_task,
    change_task,
    remove_task,
    subgroups_of,
    tasks_of,
)
from plugins.journal.lessons.forms import sent_items
from plugins.journal.lessons.lessons import read_lesson

FORM = RequestEncodingType.URL_ENCODED
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
HOMEWORK = "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework"


@dataclass
class TaskForm:
    """A task as it was typed. `pupil` is one id or several, as browsers send them, and so is `homework_item`.

    With `step` nothing is saved yet: the form looks for `find` in the library, or moves an item, as `LessonForm` does.
    """

    text: str = ""
    minutes: str = ""
    pupil: Any = ""
    group: str = ""
    due_lesson: str = ""
    homework_item: Any = None
    find: str = ""
    step: str = ""

    @classmethod
    def of(cls, task: Task) -> TaskForm:
        """The form that would make a task as it is."""
        return cls(
            text=task.text,
            minutes=str(task.minutes or ""),
            pupil=[str(each) for each in task.pupil_ids],
            due_lesson=str(task.due_lesson or ""),
            homework_item=[each.id for each in task.items],
        )

    @property
    def items(self) -> list[str] | None:
        """The ids of library items in the order that is wanted; None if the form has no such part."""
        return sent_items(self.homework_item, self.step)

    @property
    def pupils(self) -> list[str]:
        """The chosen pupils."""
        given = cast("list[Any]", self.pupil if isinstance(self.pupil, list) else [self.pupil])
        return [str(each) for each in given if each]

    def wanted(self) -> TaskIn:
        """The task that was typed. Raises `Invalid`."""
        return TaskIn(
            text=self.text,
            minutes=typed_minutes(self.minutes),
            pupils=[found for each in self.pupils if (found := _chosen(each))],
            group=_chosen(self.group),
            due_lesson=_chosen(self.due_lesson),
            items=msgspec.UNSET if self.items is None else self.items,
        )


@dataclass
class ReviewForm:
    """What was typed about a work."""

    state: str = ""
    seen: str = ""
    answer: str = ""
    mark: str = ""
    mark_lesson: str = ""


def typed_minutes(text: str) -> int | None:
    """Minutes as a field has them, None for an empty one. Raises `Invalid` for anything but a number."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text) > 9:
        words = _("Укажите целое число минут.")
        raise Invalid(_("Задание не сохранено."), advice=words, fields={"minutes": words})
    return int(text)


def _chosen(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(_("Такого в списке нет."), advice=_("Выберите из списка ещё раз.")) from None


@get(HOMEWORK + "/load", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def load(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    homework_minutes: FromQuery[str] = "",
) -> Page:
    """How much the class has for the day with the minutes just typed."""
    text = homework_minutes.strip()
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        found = day_load(db, page, lesson_id, int(text) if text.isdecimal() and len(text) < 4 else None)
    return fragment(request, "journal/homework_load.html", load=found)


@get(HOMEWORK, guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def homework(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    done: FromQuery[str] = "",
    task: FromQuery[UUID | None] = None,
) -> Page:
    """Everything about the homework of a lesson; with `task` that one is to be changed."""
    with database.reading(fresh=True) as db:
        return _show(db, request, actor, page_id, lesson_id, done=done[:20], task_id=task)


def _show(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    *,
    done: str = "",
    wrong: PortalError | None = None,
    about: str = "",
    typed: TaskForm | None = None,
    task_id: UUID | None = None,
) -> Page:
    page = open_page(db, actor, page_id)
    lesson = read_lesson(db, actor, page, lesson_id)
    tasks = tasks_of(db, actor, lesson_id)
    changed = next((each for each in tasks if each.id == task_id), None)
    form = typed or (TaskForm.of(changed) if changed else TaskForm())
    had = changed.items if changed else ()
    search = look_for(db, actor, page, form.find) if lesson.may_edit else None
    return render(
        request,
        "journal/homework.html",
        page=page,
        lesson=lesson,
        links=links_of(lesson.homework_links),
        load=day_load(db, page, lesson_id, lesson.homework_minutes),
        files=files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id]).get(lesson_id, []),
        tasks=tasks,
        changed=changed,
        works=lesson_works(db, actor, page, lesson_id),
        pupils=read_pupils(db, page, lesson.day, lesson.day) if lesson.may_edit else [],
        groups=[(each.id, each.name) for each in subgroups_of(db, page, lesson.day)],
        due_options=[
            (
                each.id,
                _("%(day)s, %(number)s-й урок") % {"day": show_short_day(each.day), "number": each.number},
            )
            for each in later_lessons(db, page.id, lesson.day, lesson.number)
        ],
        typed=form,
        search=search,
        task_items=chosen_items(db, actor, page, had, form.items or ()) if lesson.may_edit else [],
        done=done,
        about=about,
        **faults(wrong),
    )


def _again(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    page_id: UUID,
    lesson_id: UUID,
    wrong: PortalError | None,
    about: str,
    typed: TaskForm | None = None,
    task_id: UUID | None = None,
) -> Page:
    with database.reading(fresh=True) as db:
        return _show(
            db, request, actor, page_id, lesson_id, wrong=wrong, about=about, typed=typed, task_id=task_id
        )


def _back(page_id: UUID, lesson_id: UUID, done: str) -> Page:
    return redirect(f"/journal/{page_id}/lessons/{lesson_id}/homework?done={done}")


@post(HOMEWORK + "/files", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def files_attached(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    portal: NamedDependency[Portal],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Upload,
) -> Page:
    """Keep files with the homework."""
    try:
        with database.reading() as db:
            open_page(db, actor, page_id)
        files = received(portal.files, data)
        with database.transaction() as db:
            attach_files(db, actor, page_id, lesson_id, files)
    except (Invalid, Conflict, TooLarge) as wrong:
        return _again(request, actor, database, page_id, lesson_id, wrong, "files")
    return _back(page_id, lesson_id, "attached")


@post(
    HOMEWORK + "/files/{file_id:uuid}/remove",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def file_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    file_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take a file away."""
    with database.transaction() as db:
        remove_file(db, actor, page_id, lesson_id, file_id)
    return _back(page_id, lesson_id, "detached")


@post(HOMEWORK + "/tasks", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def task_added(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    data: Annotated[TaskForm, Body(media_type=FORM)],
) -> Page:
    """Give a task to some pupils; with errors, and after a step in the library, the form comes back as typed."""
    if data.step:
        return _again(request, actor, database, page_id, lesson_id, None, "task", data)
    try:
        with database.transaction() as db:
            add_task(db, actor, page_id, lesson_id, data.wanted())
    except (Invalid, Conflict) as wrong:
        return _again(request, actor, database, page_id, lesson_id, wrong, "task", data)
    return _back(page_id, lesson_id, "given")


@post(HOMEWORK + "/tasks/{task_id:uuid}", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def task_changed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    task_id: FromPath[UUID],
    data: Annotated[TaskForm, Body(media_type=FORM)],
) -> Page:
    """Change a task; with errors, and after a step in the library, the form comes back as it was typed."""
    if data.step:
        return _again(request, actor, database, page_id, lesson_id, None, "task", data, task_id)
    try:
        with database.transaction() as db:
            change_task(db, actor, page_id, lesson_id, task_id, data.wanted())
    except (Invalid, Conflict) as wrong:
        return _again(request, actor, database, page_id, lesson_id, wrong, "task", data, task_id)
    return _back(page_id, lesson_id, "changed")


@post(
    HOMEWORK + "/tasks/{task_id:uuid}/remove",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def task_removed(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    task_id: FromPath[UUID],
    data: Annotated[WishForm, Body(media_type=FORM)],
) -> Page:
    """Take a task back."""
    with database.transaction() as db:
        remove_task(db, actor, page_id, lesson_id, task_id)
    return _back(page_id, lesson_id, "taken")


@get(HOMEWORK + "/{pupil_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def work(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
) -> Page:
    """A pupil's work, and what the teacher answers."""
    with database.reading(fresh=True) as db:
        return _show_work(db, request, actor, page_id, lesson_id, pupil_id)


def _show_work(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    pupil_id: UUID,
    *,
    wrong: PortalError | None = None,
    typed: ReviewForm | None = None,
) -> Page:
    page = open_page(db, actor, page_id)
    lesson = read_lesson(db, actor, page, lesson_id)
    works = lesson_works(db, actor, page, lesson_id)
    chosen = next((each for each in works if each.pupil == pupil_id), None)
    following = next(
        (each for each in works if each.work.state == "handed_in" and each.pupil != pupil_id), None
    )
    return render(
        request,
        "journal/homework_work.html",
        page=page,
        lesson=lesson,
        chosen=chosen,
        following=following,
        may_review=_may_review(actor, page, lesson),
        place_options=[
            (
                each.id,
                (_("%(day)s, когда сдать") if each.is_due else _("%(day)s, когда задано"))
                % {"day": show_short_day(each.day)},
            )
            for each in (mark_places(db, actor, page, lesson_id, chosen.work) if chosen else ())
        ],
        typed=typed
        or ReviewForm(answer=chosen.work.answer if chosen else "", mark=chosen.work.mark if chosen else ""),
        **faults(wrong),
    )


def _may_review(actor: Actor, page: Opened, lesson: Any) -> bool:
    return actor.can(MARK) and (page.may_mark or lesson.teacher_id == actor.person_id)


@post(HOMEWORK + "/{pupil_id:uuid}", guards=[needs(MARK)], sync_to_thread=True, include_in_schema=False)
def work_reviewed(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    data: Annotated[ReviewForm, Body(media_type=FORM)],
) -> Page:
    """Accept or return a work; with errors the form comes back as it was typed."""
    try:
        review = Review(
            state=data.state,
            seen=int(data.seen) if data.seen.isdecimal() and len(data.seen) < 9 else 0,
            answer=data.answer,
            mark=data.mark,
            mark_lesson=_chosen(data.mark_lesson),
        )
        with database.transaction() as db:
            review_work(db, actor, page_id, lesson_id, pupil_id, review)
    except (Invalid, Conflict) as wrong:
        with database.reading(fresh=True) as db:
            return _show_work(db, request, actor, page_id, lesson_id, pupil_id, wrong=wrong, typed=data)
    return _back(page_id, lesson_id, review.state)


homework_page_routes: list[Any] = [
    load,
    homework,
    files_attached,
    file_removed,
    task_added,
    task_changed,
    task_removed,
    work,
    work_reviewed,
]
