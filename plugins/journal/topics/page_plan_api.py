"""JSON routes of the plan that a journal page follows: its view, departures from it, topics written by it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT, VIEW, open_page
from plugins.journal.lessons.lessons import Lesson, read_lesson
from plugins.journal.topics.api import PlanCreated
from plugins.journal.topics.exceptions import ExceptionIn, InsertedIn, insert_topic, set_exception
from plugins.journal.topics.following import leave_plan, plan_of_page
from plugins.journal.topics.page_view import PagePlanView, view_of
from plugins.journal.topics.writing import Proposal, Written, accept, proposal, undo_writing, write_all

PAGE = "/api/v1/journal/pages/{page_id:uuid}"


@get(
    PAGE + "/plan",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="План страницы журнала",
    description="Темы с днями по плану и на деле, часы и отставание; null, если страница идёт без плана.",
    responses=problems(404),
)
def page_plan_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> PagePlanView | None:
    """How the page stands with its plan."""
    with database.reading(fresh=True) as db:
        found = plan_of_page(db, open_page(db, actor, page_id))
    return view_of(found, school_today(actor)) if found else None


@delete(
    PAGE + "/plan",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Снять план со страницы",
    description="Записанные темы остаются.",
    responses=problems(404, 409, 422),
)
def page_plan_leave(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> None:
    """Let the page follow no plan."""
    with database.transaction() as db:
        leave_plan(db, actor, page_id)


@post(
    PAGE + "/plan/topics",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Вставить тему в план страницы",
    description="Только для этой страницы: другие страницы плана её не получат.",
    responses=problems(404, 409, 422),
)
def page_topic_insert(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[InsertedIn],
) -> PlanCreated:
    """Put a topic into one page's plan."""
    with database.transaction() as db:
        return PlanCreated(id=insert_topic(db, actor, page_id, data))


@put(
    PAGE + "/plan/topics/{topic_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Отступить от плана",
    description="Пропустить тему, дать её вместе с предыдущей, растянуть на несколько уроков – на этой странице.",
    responses=problems(404, 409, 422),
)
def page_topic_depart(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: JSONBody[ExceptionIn],
) -> None:
    """Let the page depart from its plan at a topic."""
    with database.transaction() as db:
        set_exception(db, actor, page_id, topic_id, data)


@post(
    PAGE + "/plan/write",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Записать темы по плану до сегодняшнего дня",
    description="Урокам, у которых темы ещё нет. Уроки закрытых периодов пропускаются.",
    responses=problems(404, 409, 422),
)
def page_plan_write(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> Written:
    """Write the plan's topics into past lessons."""
    with database.transaction() as db:
        return write_all(db, actor, page_id, school_today(actor))


class UndoneOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken back."""

    lessons: Annotated[int, Meta(description="Сколько уроков снова без темы.")]


@delete(
    PAGE + "/plan/writes/{batch_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    summary="Отменить запись тем по плану",
    description="Темы, которые с тех пор изменили, остаются.",
    responses=problems(404, 409, 422),
)
def page_plan_unwrite(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    batch_id: FromPath[UUID],
) -> UndoneOut:
    """Take back topics written at once."""
    with database.transaction() as db:
        return UndoneOut(lessons=undo_writing(db, actor, page_id, batch_id))


@get(
    PAGE + "/lessons/{lesson_id:uuid}/topic",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Тема урока по плану",
    description="Что план предлагает уроку без темы; null, если тема есть или плана нет.",
    responses=problems(404),
)
def lesson_topic(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Proposal | None:
    """What the plan has for a lesson."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        return proposal(db, page, read_lesson(db, actor, page, lesson_id))


@post(
    PAGE + "/lessons/{lesson_id:uuid}/topic",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    summary="Записать уроку тему по плану",
    description="С домашним заданием и видом работы, если их ещё нет. 409 – записывать нечего или период закрыт.",
    responses=problems(404, 409, 422),
)
def lesson_topic_accept(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    lesson_id: FromPath[UUID],
) -> Lesson:
    """Write what the plan has for a lesson."""
    with database.transaction() as db:
        return accept(db, actor, page_id, lesson_id)


page_plan_api_routes: list[Any] = [
    page_plan_read,
    page_plan_leave,
    page_topic_insert,
    page_topic_depart,
    page_plan_write,
    page_plan_unwrite,
    lesson_topic,
    lesson_topic_accept,
]
