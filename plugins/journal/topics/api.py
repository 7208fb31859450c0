"""JSON routes of lesson plans under `/api/v1/journal`."""

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
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import EDIT, VIEW, open_page
from plugins.journal.lessons.lessons import Lesson, read_lesson
from plugins.journal.topics.exceptions import ExceptionIn, InsertedIn, insert_topic, set_exception
from plugins.journal.topics.following import (
    Application,
    Forecast,
    apply_plan,
    forecast,
    leave_plan,
    plan_of_page,
)
from plugins.journal.topics.layout import words_of
from plugins.journal.topics.page_view import PagePlanView, view_of
from plugins.journal.topics.plan_topics import (
    Topic,
    TopicIn,
    add_topics,
    change_topic,
    move_topic,
    plan_topics,
    remove_topic,
    restore_topic,
)
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
from plugins.journal.topics.writing import Proposal, Written, accept, proposal, undo_writing, write_all

PLANS = "/api/v1/journal/plans"
ONE = PLANS + "/{plan_id:uuid}"
TOPIC = ONE + "/topics/{topic_id:uuid}"
PAGE = "/api/v1/journal/pages/{page_id:uuid}"


class PlanCreated(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


class PlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its topics."""

    plan: Annotated[PlanLine, Meta(description="План в целом.")]
    topics: Annotated[Sequence[Topic], Meta(description="Темы по порядку.")]


class TopicsIn(msgspec.Struct, frozen=True, kw_only=True):
    """Topics to be added, all or none."""

    topics: Annotated[
        Sequence[TopicIn], Meta(min_length=1, max_length=1000, description="Темы по порядку, до 1000.")
    ]
    after: Annotated[
        UUID | None, Meta(description="Ключ темы, за которой вставить; null – в конец плана.")
    ] = None


class TopicsAdded(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the topics that were added."""

    ids: Annotated[Sequence[UUID], Meta(description="Ключи добавленных тем по порядку.")]


class TopicUpdate(TopicIn, frozen=True, kw_only=True):
    """A topic written anew; with `was`, one that somebody has changed since is left alone (409)."""

    was: Annotated[
        int | None,
        Meta(description="`version`, которую вы видели; с ней чужая правка не затирается. null – записать."),
    ] = None


class MoveIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a topic is to go."""

    to: Annotated[int, Meta(ge=1, description="Место в плане, считая с 1.")]


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
    ONE + "/topics",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Добавить темы",
    description="Все или ни одной: ошибка в одной теме не даёт записать остальные.",
    responses=problems(404, 409, 422),
)
def topics_add(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    data: JSONBody[TopicsIn],
) -> TopicsAdded:
    """Add topics in order."""
    with database.transaction() as db:
        plan = open_plan(db, actor, plan_id, edit=True, lock=True)
        return TopicsAdded(ids=add_topics(db, actor, plan, data.topics, after=data.after))


@put(
    TOPIC,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Изменить тему",
    description="Тема записывается целиком. 409 – её уже изменил другой: прочитайте план и решите, что верно.",
    responses=problems(404, 409, 422),
)
def topic_change(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: JSONBody[TopicUpdate],
) -> Topic:
    """Write a topic anew."""
    with database.transaction() as db:
        return change_topic(db, actor, plan_id, topic_id, data, was=data.was)


@post(
    TOPIC + "/move",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Передвинуть тему",
    description="Остальные темы сдвигаются.",
    responses=problems(404, 409, 422),
)
def topic_move(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
    data: JSONBody[MoveIn],
) -> MoveIn:
    """Move a topic; answers with the place it got."""
    with database.transaction() as db:
        return MoveIn(to=move_topic(db, actor, plan_id, topic_id, data.to))


@delete(
    TOPIC,
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Убрать тему",
    description="Её можно вернуть; записи на уроках остаются.",
    responses=problems(404, 409, 422),
)
def topic_remove(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> None:
    """Take a topic out."""
    with database.transaction() as db:
        remove_topic(db, actor, plan_id, topic_id)


@post(
    TOPIC + "/restore",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    summary="Вернуть тему",
    description="Тема встаёт на прежнее место.",
    responses=problems(404, 409, 422),
)
def topic_restore(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    plan_id: FromPath[UUID],
    topic_id: FromPath[UUID],
) -> None:
    """Put a topic back."""
    with database.transaction() as db:
        restore_topic(db, actor, plan_id, topic_id)


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


topic_api_routes: list[Any] = [
    plans_list,
    plan_begin,
    progress_list,
    plan_read,
    plan_change,
    plan_delete,
    plan_copy,
    topics_add,
    topic_change,
    topic_move,
    topic_remove,
    topic_restore,
    apply_preview,
    plan_apply,
    page_plan_read,
    page_plan_leave,
    page_topic_insert,
    page_topic_depart,
    page_plan_write,
    page_plan_unwrite,
    lesson_topic,
    lesson_topic_accept,
]
