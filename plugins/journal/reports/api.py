"""JSON routes of the reports, under `/api/v1/journal/reports`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.identity.sessions import school_today
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import VIEW
from plugins.journal.attendance.statistics import terms_of
from plugins.journal.reports.class_report import ClassReport, report_class
from plugins.journal.reports.dynamics import Dynamics, Wanted, read_dynamics
from plugins.journal.reports.finding import days_asked, find_remarks
from plugins.journal.reports.remarks import Asked, ControlLine, Remark, count_remarks
from plugins.journal.reports.reminding import REMIND, Reminded, remind_teacher
from plugins.journal.reports.school_figures import SUMMARY
from plugins.journal.reports.schools import Schools, read_schools
from plugins.journal.reports.subject_report import SubjectReport, report_subjects

First = Annotated[date | None, QueryParameter(description="Первый день; без него – начало текущего периода.")]
Last = Annotated[date | None, QueryParameter(description="Последний день, включительно; без него – сегодня.")]
Teacher = Annotated[UUID | None, QueryParameter(description="Ключ учителя; без него – все доступные.")]


class RemindIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to remind, and of which days."""

    teacher: Annotated[UUID, Meta(description="Ключ учителя.")]
    first: Annotated[date, Meta(description="Первый день периода.")]
    last: Annotated[date, Meta(description="Последний день, включительно.")]


@get(
    "/api/v1/journal/reports/classes/{class_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отчёт класса",
    description=(
        "Успеваемость, качество, СОУ и списки за учебный период или год. Классный руководитель видит свой класс. 409 – "
        "в школе не пятибалльная шкала, 422 – предварительно просят экзамен или итоговую."
    ),
    responses=problems(404, 409, 422),
)
def class_report_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: Annotated[
        str,
        QueryParameter(description="Номер периода, `year`, `exam` или `final`; без него – текущий период."),
    ] = "",
    preliminary: Annotated[
        bool, QueryParameter(description="Невыставленные отметки взять предложенными.")
    ] = False,
) -> ClassReport:
    """The report of a class."""
    with database.reading(fresh=True) as db:
        return report_class(db, actor, class_id, column, preliminary=preliminary)


@get(
    "/api/v1/journal/reports/subjects",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отчёт по предметам",
    description=(
        "По страницам журнала: отметки за период, их показатели, часы плана. Учитель видит свои страницы. 409 – в "
        "школе не пятибалльная шкала."
    ),
    responses=problems(404, 409, 422),
)
def subject_report_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: Annotated[
        str, QueryParameter(description="Ключ периода или `year`; без него – текущий период.")
    ] = "",
    teacher: Teacher = None,
) -> SubjectReport:
    """The report by subjects."""
    with database.reading(fresh=True) as db:
        return report_subjects(db, actor, period, teacher)


@get(
    "/api/v1/journal/reports/dynamics",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Динамика отметок",
    description=(
        "Средний балл или качество по неделям (из отметок на уроках) или по периодам (из отметок за период) за этот "
        "учебный год. Учитель видит свои страницы. 409 – в школе не пятибалльная шкала."
    ),
    responses=problems(404, 409, 422),
)
def dynamics_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class: Annotated[str, QueryParameter(description="Название класса; без него – все.")] = "",
    subject: Annotated[UUID | None, QueryParameter(description="Ключ предмета; без него – все.")] = None,
    pupil: Annotated[UUID | None, QueryParameter(description="Ключ ученика этого класса.")] = None,
    step: Annotated[str, QueryParameter(description="`week` – по неделям, `term` – по периодам.")] = "week",
    measure: Annotated[
        str, QueryParameter(description="`average` – средний балл, `quality` – доля 4 и 5.")
    ] = "average",
    compare: Annotated[
        str, QueryParameter(description="Что сравнить: `classes`, `subjects`, `pupils`; пусто – ничего.")
    ] = "",
) -> Dynamics:
    """How marks change."""
    wanted = Wanted(
        class_name=school_class,
        subject_id=subject,
        pupil_id=pupil,
        step=step,
        measure=measure,
        compare=compare,
    )
    with database.reading(fresh=True) as db:
        return read_dynamics(db, actor, wanted)[0]


@get(
    "/api/v1/journal/reports/control",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Контроль журнала",
    description="Сколько чего не заполнено, по учителям и страницам. Учитель видит свои страницы.",
    responses=problems(422),
)
def control_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    first: First = None,
    last: Last = None,
    teacher: Teacher = None,
    school_class: Annotated[str, QueryParameter(description="Название класса; без него – все.")] = "",
) -> list[ControlLine]:
    """What is not filled in, counted."""
    with database.reading(fresh=True) as db:
        begins, ends = days_asked(actor, terms_of(db, actor, school_today(actor)), first, last)
        asked = Asked(first=begins, last=ends, teacher_id=teacher, class_name=school_class)
        return count_remarks(find_remarks(db, actor, asked))


@get(
    "/api/v1/journal/reports/control/pages/{page_id:uuid}",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Что не заполнено на странице журнала",
    description="Каждое замечание с уроком или учеником.",
    responses=problems(404, 422),
)
def control_page_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    first: First = None,
    last: Last = None,
) -> list[Remark]:
    """Every remark of a page."""
    with database.reading(fresh=True) as db:
        begins, ends = days_asked(actor, terms_of(db, actor, school_today(actor)), first, last)
        return find_remarks(db, actor, Asked(first=begins, last=ends, page_id=page_id))


@post(
    "/api/v1/journal/reports/control/remind",
    guards=[needs(REMIND)],
    sync_to_thread=True,
    status_code=200,
    summary="Напомнить учителю",
    description=(
        "Учитель получает уведомление о том, что не заполнено. 409 – напоминать не о чем или сегодня уже напомнили."
    ),
    responses=problems(409, 422),
)
def teacher_remind(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[RemindIn]
) -> Reminded:
    """Remind a teacher."""
    with database.transaction() as db:
        return remind_teacher(db, actor, Asked(first=data.first, last=data.last, teacher_id=data.teacher))


@get(
    "/api/v1/journal/reports/schools",
    guards=[needs(SUMMARY)],
    sync_to_thread=True,
    summary="Показатели школ",
    description=(
        "Успеваемость, качество, СОУ и пропуски по школам муниципалитета или региона, без имён. Школы, где учеников "
        "меньше пяти, показателей не дают и в сумму не входят."
    ),
    responses=problems(404, 422),
)
def schools_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: Annotated[
        str, QueryParameter(description="`quarter-1`, `year`; без него – последняя прошедшая четверть.")
    ] = "",
    authority: Annotated[str, QueryParameter(description="Чьи школы; без него – все.")] = "",
) -> Schools:
    """Schools in figures."""
    with database.reading() as db:
        return read_schools(db, actor, period, authority)


report_api_routes: list[Any] = [
    class_report_read,
    subject_report_read,
    dynamics_read,
    control_read,
    control_page_read,
    teacher_remind,
    schools_read,
]
