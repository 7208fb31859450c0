"""JSON routes of lesson plans under `/api/v1/journal`: the plans themselves, and applying them to journal pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT, VIEW
from plugins.journal.topics.following import Application, Forecast, apply_plan, forecast
from plugins.journal.topics.layout import words_of
from plugins.journal.topics.plan_topics import Topic, plan_topics
from plugins.journal.topics.plans import (
    Asked,
    PlanChange,
    PlanIn,
    PlanLine,
    begin_plan,
    change_plan,
    copy_plan,
    delete_plan,
    list_plans,
    open_plan,
)
from plugins.journal.topics.progress import ProgressAsked, ProgressLine, chosen, progress

PLANS = "/api/v1/journal/plans"
ONE = PLANS + "/{plan_id:uuid}"


class PlanCreated(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class PlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its topics."""

    plan: Annotated[PlanLine, Meta(description="План в целом.")]
    topics: Annotated[Sequence[Topic], Meta(description="Темы по порядку.")]


class ApplyIn(msgspec.Struct, frozen=True, kw_only=True):
    """To which pages a plan is to be applied."""

    pages: Annotated[
        Sequence[UUID], Meta(min_length=1, max_length=60, description="Ключи страниц журнала, до 60.")
    ]
    from_day: Annotated[
        date | None, Meta(description="С какого дня идти по плану; null – с первого урока страницы.")
    ] = None
    first_topic: Annotated[UUID | None, Meta(description="Ключ темы, с которой начать; null – с первой.")] = (
        None
    )

    def wanted(self) -> Application:
        """As the service takes it."""
        return Application(page_ids=list(self.pages), from_day=self.from_day, first_topic_id=self.first_topic)


class ForecastLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson and the topic it takes."""

    lesson_id: UUID
    day: date
    topic: Annotated[str, Meta(description="Тема плана; пусто, если урок остаётся без темы плана.")]
    written: Annotated[str, Meta(description="Что в уроке уже записано; план это не меняет.")]


class ForecastOut(msgspec.Struct, frozen=True, kw_only=True):
    """What applying the plan gives on one page."""

    page_id: UUID
    title: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    lesson_count: Annotated[int, Meta(description="Сколько на странице уроков с этого дня.")]
    wanted_lessons: Annotated[int, Meta(description="Сколько уроков занимает план.")]
    recognized: Annotated[int, Meta(description="На скольких уроках записанная тема узнана как тема плана.")]
    lessons: Annotated[Sequence[ForecastLesson], Meta(description="Уроки по порядку.")]


def _forecast(made: Forecast) -> ForecastOut:
    return ForecastOut(
        page_id=made.page.id,
        title=made.page.title,
        lesson_count=made.lesson_count,
        wanted_lessons=made.wanted_lessons,
        recognized=len(made.recognized),
        lessons=[
            ForecastLesson(
                lesson_id=lesson.id,
                day=lesson.day,
                topic=words_of(slot) if slot else "",
                written=lesson.topic,
            )
            for lesson, slot, _written in made.rows
        ],
    )


@get(
    PLANS,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Планы уроков (КТП)",
    description="Свои планы и планы коллег по тем же предметам; завучу – все планы школы.",
    responses=problems(422),
)
def plans_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: Annotated[str, QueryParameter(description="Слова названия, предмета или автора.")] = "",
    subject: Annotated[UUID | None, QueryParameter(description="Ключ предмета.")] = None,
    grade: Annotated[int | None, QueryParameter(description="Параллель.")] = None,
    year: Annotated[
        UUID | None, QueryParameter(description="Ключ учебного года; без него – все годы.")
    ] = None,
) -> list[PlanLine]:
    """The plans one may see."""
    with database.reading() as db:
        return list_plans(db, actor, Asked(words=q, subject_id=subject, grade_level=grade, year_id=year))


@post(
    PLANS,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Завести план уроков",
    description="Пустой план этого учебного года. 403 – предмет ведут другие учителя.",
    responses=problems(404, 409, 422),
)
def plan_begin(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[PlanIn]
) -> PlanCreated:
    """Begin a plan."""
    with database.transaction() as db:
        return PlanCreated(id=begin_plan(db, actor, data))


@get(
    PLANS + "/progress",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Выполнение планов",
    description="Дано часов из запланированных и отставание по страницам журнала, большее первым.",
    responses=problems(422),
)
def progress_list(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    teacher: Annotated[UUID | None, QueryParameter(description="Ключ учителя.")] = None,
    subject: Annotated[UUID | None, QueryParameter(description="Ключ предмета.")] = None,
    school_class: Annotated[str, QueryParameter(description="Название класса: «7А».")] = "",
    show: Annotated[
        str, QueryParameter(description="`lag` – только отстающие, `none` – только без плана.")
    ] = "",
) -> list[ProgressLine]:
    """How far the pages in reach are with their plans."""
    asked = ProgressAsked(teacher_id=teacher, subject_id=subject, class_name=school_class, state=show)
    with database.reading() as db:
        return chosen(progress(db, actor), asked)


@get(
    ONE,
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="План уроков",
    description="План и его темы по порядку.",
    responses=problems(404),
)
def plan_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], plan_id: FromPath[UUID]
) -> PlanOut:
    """A plan with its topics."""
    with database.reading(fresh=True) as db:
        plan = open_plan(db, actor, plan_id)
        line = PlanLine(**{name: getattr(plan, name) for name in PlanLine.__struct_fields__})
        return PlanOut(plan=line, topics=plan_topics(db, plan))


@put(
    ONE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить план",
    description="Название и часы по учебному плану. 403 – план составил другой; 409 – год в архиве.",
    responses=problems(404, 409, 422),
)
def plan_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: JSONBody[PlanChange],
) -> None:
    """Give a plan another title or number of hours."""
    with database.transaction() as db:
        change_plan(db, actor, plan_id, data)


@delete(
    ONE,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Удалить план",
    description="409 – по плану идут страницы журнала: сначала снимите его.",
    responses=problems(404, 409, 422),
)
def plan_delete(
    actor: NamedDependency[Actor], database: NamedDependency[Database], plan_id: FromPath[UUID]
) -> None:
    """Take a plan away that no page follows."""
    with database.transaction() as db:
        delete_plan(db, actor, plan_id)


@post(
    ONE + "/copy",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Скопировать план себе",
    description="Копия в этом учебном году со всеми темами; её автор – вы.",
    responses=problems(404, 409, 422),
)
def plan_copy(
    actor: NamedDependency[Actor], database: NamedDependency[Database], plan_id: FromPath[UUID]
) -> PlanCreated:
    """Copy a plan as one's own."""
    with database.transaction() as db:
        return PlanCreated(id=copy_plan(db, actor, plan_id))


@post(
    ONE + "/apply/preview",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    summary="Посмотреть, что даст план",
    description="Какой урок какую тему получит. Ничего не меняет.",
    responses=problems(404, 409, 422),
)
def apply_preview(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: JSONBody[ApplyIn],
) -> list[ForecastOut]:
    """What would come of applying the plan."""
    with database.reading(fresh=True) as db:
        return [_forecast(each) for each in forecast(db, actor, plan_id, data.wanted())]


@post(
    ONE + "/apply",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Применить план к страницам журнала",
    description=(
        "Страницы того же предмета и параллели. Записанные темы не меняются. 403 – страницу ведёт другой "
        "учитель или она другого предмета."
    ),
    responses=problems(404, 409, 422),
)
def plan_apply(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: JSONBody[ApplyIn],
) -> list[ForecastOut]:
    """Let pages follow the plan."""
    with database.transaction() as db:
        return [_forecast(each) for each in apply_plan(db, actor, plan_id, data.wanted())]


topic_api_routes: list[Any] = [
    plans_list,
    plan_begin,
    progress_list,
    plan_read,
    plan_change,
    plan_delete,
    plan_copy,
    apply_preview,
    plan_apply,
]
