"""Papers of the journal for programs: PDF files, under the addresses of what they are about."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from core.api.files import gives_out
from core.api.lists import problems
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import VIEW, VIEW_OWN
from plugins.journal.papers.pages import as_file
from plugins.journal.papers.reading import class_sheet_paper, page_paper, pupil_given
from plugins.journal.papers.report_cards import report_card
from plugins.journal.papers.report_papers import class_report_paper, subject_report_paper

_PDF = gives_out(description="Документ PDF/A.", media_type="application/pdf")


@get(
    "/api/v1/journal/school-classes/{class_id:uuid}/term-marks/pdf",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Сводная ведомость в PDF",
    description="Для печати и архива, с подписями. Кто и когда её забрал, остаётся в истории.",
    responses={**_PDF, **problems(404)},
)
def class_sheet_pdf(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
    column: Annotated[
        str,
        QueryParameter(
            description="Номер периода, `year`, `exam`, `final`; `all` – все сразу; без него – текущий период."
        ),
    ] = "",
) -> Response[bytes]:
    """The summary sheet of a class."""
    return as_file(database, actor, lambda db: class_sheet_paper(db, actor, class_id, column))


@get(
    "/api/v1/journal/pages/{page_id:uuid}/pdf",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Страница журнала в PDF",
    description="Отметки, темы и домашние задания за период или год. Кто и когда её забрал, остаётся в истории.",
    responses={**_PDF, **problems(404, 422)},
)
def page_pdf(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    term: Annotated[
        str,
        QueryParameter(description="Номер учебного периода; `all` – весь год; без него – текущий."),
    ] = "",
) -> Response[bytes]:
    """A page of the journal."""
    return as_file(database, actor, lambda db: page_paper(db, actor, page_id, term))


@get(
    "/api/v1/journal/pupils/{pupil_id:uuid}/pdf",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Табель ученика в PDF",
    description="Отметки за периоды и год, записи одного периода. Кто и когда его забрал, остаётся в истории.",
    responses={**_PDF, **problems(404, 422)},
)
def pupil_pdf(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: Annotated[str, QueryParameter(description="Номер учебного периода; без него – текущий.")] = "",
) -> Response[bytes]:
    """The sheet of a pupil."""
    return as_file(database, actor, lambda db: pupil_given(db, actor, pupil_id, term))


@get(
    "/api/v1/journal/report-cards/{pupil_id:uuid}",
    guards=[needs(VIEW_OWN)],
    sync_to_thread=True,
    summary="Табель своего ребёнка или свой, в PDF",
    description="Тот же табель, что у школы. Родителю – своего ребёнка, ученику – с 14 лет. Кто и когда его забрал, "
    "остаётся в истории.",
    responses={**_PDF, **problems(404, 422)},
)
def report_card_pdf(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    pupil_id: FromPath[UUID],
    term: Annotated[str, QueryParameter(description="Номер учебного периода; без него – текущий.")] = "",
) -> Response[bytes]:
    """The report card of an own child, or the own one."""
    return as_file(database, actor, lambda db: report_card(db, actor, pupil_id, term))


@get(
    "/api/v1/journal/reports/classes/{class_id:uuid}/pdf",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отчёт класса в PDF",
    description="То же, что отчёт класса. Кто и когда его забрал, остаётся в истории.",
    responses={**_PDF, **problems(404, 409, 422)},
)
def class_report_pdf(
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
) -> Response[bytes]:
    """The report of a class."""
    return as_file(
        database,
        actor,
        lambda db: class_report_paper(db, actor, class_id, column, preliminary=preliminary),
    )


@get(
    "/api/v1/journal/reports/subjects/pdf",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отчёт по предметам в PDF",
    description="То же, что отчёт по предметам. Кто и когда его забрал, остаётся в истории.",
    responses={**_PDF, **problems(404, 409, 422)},
)
def subject_report_pdf(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    period: Annotated[
        str, QueryParameter(description="Ключ периода или `year`; без него – текущий период.")
    ] = "",
    teacher: Annotated[
        UUID | None, QueryParameter(description="Ключ учителя; без него – все доступные.")
    ] = None,
) -> Response[bytes]:
    """The report by subjects."""
    return as_file(database, actor, lambda db: subject_report_paper(db, actor, period, teacher))


paper_api_routes: list[Any] = [
    class_sheet_pdf,
    page_pdf,
    pupil_pdf,
    report_card_pdf,
    class_report_pdf,
    subject_report_pdf,
]
