"""Loading tables and OneRoster sets for programs: a rehearsal, its report, the loading itself, and undoing it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED
from msgspec import Meta

from core.api.files import FileIn, Title
from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, problems
from core.database.engine import Database
from core.exchange import background, history, undoing
from core.exchange.background import Import, Order
from core.exchange.kinds import AUTO, read_mapping
from core.exchange.report import ImportReport, Level
from core.exchange.run import PERMISSION, known_kind, read_year, target
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs

MOST_ROWS = 1000


class ImportIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to check, where and as what."""

    files: Annotated[list[FileIn], Meta(min_length=1, max_length=30, description="Таблица или набор.")]
    kind: Annotated[
        str,
        Meta(
            pattern="^[a-z_.]{1,40}$",
            description="`auto` – по содержимому, `school`, `staff`, `guardians`, `oneroster` или вид плагина.",
        ),
    ] = AUTO
    organization_id: Annotated[
        UUID | None, Meta(description="Ключ школы; null – организация действующей роли.")
    ] = None
    year: Annotated[
        Annotated[str, Meta(pattern="^[0-9]{4}/[0-9]{2}$")] | None,
        Meta(description="Учебный год; null – текущий.", examples=["2026/27"]),
    ] = None
    columns: Annotated[
        dict[Title, Annotated[str, Meta(pattern="^[a-z_.]{1,40}$")]],
        Meta(description="Заголовок колонки → поле, если портал понял её не так.", max_length=100),
    ] = {}


class ImportBegun(msgspec.Struct, frozen=True, kw_only=True):
    """Work has begun."""

    import_id: Annotated[UUID, Meta(description="Ключ проверки или загрузки: её состояние и отчёт.")]


class ImportRemark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know about a row, or about the file as a whole."""

    level: Annotated[Level, Meta(description="`error` – не загрузится, `warning` или `note`.")]
    message: Annotated[str, Meta(description="Что не так, словами.")]
    advice: Annotated[str, Meta(description="Что сделать; может быть пусто.")]
    column: Annotated[str, Meta(description="Заголовок колонки; пусто – о строке или файле целиком.")]
    value: Annotated[str, Meta(description="Что стоит в клетке.")]


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row and what becomes of it."""

    place: Annotated[str, Meta(description="Лист или файл.")]
    row: Annotated[int, Meta(description="Номер строки, как в таблице.")]
    title: Annotated[str, Meta(description="О ком строка.")]
    outcome: Annotated[str, Meta(description="`created`, `updated`, `unchanged`, `error` или `skipped`.")]
    changes: Annotated[list[str], Meta(description="Что меняется, словами.")]
    remarks: Annotated[list[ImportRemark], Meta(description="Замечания к строке.")]


class ImportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table."""

    title: Annotated[str, Meta(description="Заголовок: им называют колонку в `columns`.")]
    field: Annotated[str, Meta(description="За какое поле принята; пусто – не понята и не загружается.")]
    sample: Annotated[str, Meta(description="Несколько значений через запятую.")]


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what became or will become of it."""

    kind: Annotated[
        str, Meta(description="Вид: `school`, `staff`, `guardians`, `oneroster` или вид плагина.")
    ]
    title: Annotated[str, Meta(description="Что это: «Список учеников».")]
    organization: Annotated[str, Meta(description="Короткое название школы.")]
    year: Annotated[str, Meta(description="Учебный год: «2026/27».")]
    verdict: Annotated[str, Meta(description="Чем кончилось, одной фразой.")]
    applied: Annotated[bool, Meta(description="Изменены ли данные; с ошибками – никогда.")]
    errors: Annotated[int, Meta(description="Сколько ошибок: с ними не загружается ничего.")]
    warnings: Annotated[int, Meta(description="Сколько предупреждений.")]
    totals: Annotated[dict[str, int], Meta(description="Сколько строк с каждым исходом.")]
    made: Annotated[dict[str, int], Meta(description="Что ещё заведено: классы, связи, роли.")]
    columns: Annotated[
        list[ImportColumn],
        Meta(
            description="Колонки. Если строка заголовков не найдена, здесь колонки первой похожей строки: назовите их "
            "в `columns` и проверьте снова."
        ),
    ]
    remarks: Annotated[list[ImportRemark], Meta(description="Замечания к файлу целиком.")]
    rows: Annotated[
        list[ImportRow], Meta(description="Строки с замечаниями, сначала с ошибками; не больше тысячи.")
    ]
    run_id: Annotated[
        UUID | None, Meta(description="Ключ в истории загрузок, чтобы отменить; null – ничего не загружено.")
    ]


class ImportOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a rehearsal or a loading stands."""

    import_id: UUID
    dry_run: Annotated[bool, Meta(description="Это проверка: данные не меняются.")]
    status: Annotated[str, Meta(description="`queued`, `running`, `done`, `failed` или `cancelled`.")]
    progress: Annotated[int | None, Meta(description="Готово, процентов; null – ещё неизвестно.")]
    report: Annotated[ReportOut | None, Meta(description="Отчёт; null – работа не закончена.")]


class ImportRunOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded into a school."""

    id: UUID
    organization_id: UUID
    organization: Annotated[str, Meta(description="Короткое название школы.")]
    kind: Annotated[
        str, Meta(description="Вид: `school`, `staff`, `guardians`, `oneroster` или вид плагина.")
    ]
    title: Annotated[str, Meta(description="Вид словами.")]
    files: Annotated[list[str], Meta(description="Имена файлов.")]
    year: Annotated[str, Meta(description="Учебный год: «2026/27».")]
    author: Annotated[str, Meta(description="Кто загрузил.")]
    created_at: datetime
    undone_at: Annotated[datetime | None, Meta(description="Когда отменено; null – действует.")]


class UndoBegun(msgspec.Struct, frozen=True, kw_only=True):
    """Undoing has begun."""

    task_id: Annotated[UUID | None, Meta(description="Ключ фоновой работы: `/api/v1/tasks/{task_id}`.")]


@post(
    "/api/v1/imports",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    tags=["imports"],
    summary="Проверить файл",
    description=(
        "Проверка идёт в фоне и ничего не меняет: её отчёт – `GET /api/v1/imports/{import_id}`. Загружает отдельный "
        "вызов `confirm`."
    ),
    responses=problems(404, 409, 422),
)
def begin(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: JSONBody[ImportIn],
) -> ImportBegun:
    """Keep the files and rehearse the import."""
    with database.reading() as db:
        school = target(db, actor, data.organization_id)
        order = Order(
            files=(),
            names=(),
            kind=known_kind(portal, actor, data.kind),
            organization_id=school.id,
            starts_in=read_year(data.year) if data.year else None,
            mapping=read_mapping([f"{title}={field}" for title, field in data.columns.items()]),
        )
    received = [portal.files.receive(each.name, each.content) for each in data.files]
    with database.transaction() as db:
        return ImportBegun(import_id=background.begin(db, actor, received, order))


@get(
    "/api/v1/imports/{import_id:uuid}",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    tags=["imports"],
    summary="Проверка или загрузка",
    description="Только своя: начатая этим же человеком.",
    responses=problems(404),
)
def one(
    actor: NamedDependency[Actor], database: NamedDependency[Database], import_id: FromPath[UUID]
) -> ImportOut:
    """How an import of one's own stands, with its report."""
    with database.reading(fresh=True) as db:
        return _out(background.find_import(db, actor, import_id))


@post(
    "/api/v1/imports/{import_id:uuid}/confirm",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    tags=["imports"],
    summary="Загрузить проверенное",
    description="Всё или ничего. 409 – проверка нашла ошибки или ещё идёт.",
    responses=problems(404, 409, 422),
)
def confirm(
    actor: NamedDependency[Actor], database: NamedDependency[Database], import_id: FromPath[UUID]
) -> ImportBegun:
    """Load what has been rehearsed."""
    with database.transaction() as db:
        return ImportBegun(import_id=background.confirm(db, actor, import_id))


@get(
    "/api/v1/import-runs",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    tags=["imports"],
    summary="История загрузок",
    description="Что загружали в доступные школы, последнее – первым.",
    responses=problems(422),
)
def list_runs(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ImportRunOut]:
    """What was loaded into schools in reach, the latest first."""
    with database.reading() as db:
        found = history.runs(db, actor, before=after, limit=limit + 1)
        return Page(
            items=[
                ImportRunOut(
                    id=run.id,
                    organization_id=run.organization_id,
                    organization=name,
                    kind=run.kind,
                    title=run.title,
                    files=list(run.files),
                    year=run.year,
                    author=run.author_name,
                    created_at=run.created_at,
                    undone_at=run.undone_at,
                )
                for run, name in found[:limit]
            ],
            next=found[limit - 1][0].id if len(found) > limit else None,
        )


@post(
    "/api/v1/import-runs/{run_id:uuid}/undo",
    guards=[needs(PERMISSION)],
    sync_to_thread=True,
    status_code=HTTP_202_ACCEPTED,
    tags=["imports"],
    summary="Отменить загрузку",
    description=(
        "Убирает то, что загрузка завела и чем ещё не пользовались, и возвращает прежние значения. 409 – отменить уже "
        "нельзя."
    ),
    responses=problems(404, 409, 422),
)
def undo(
    actor: NamedDependency[Actor], database: NamedDependency[Database], run_id: FromPath[UUID]
) -> UndoBegun:
    """Undo an import as far as nothing of it is in use."""
    with database.transaction() as db:
        undoing.begin(db, actor, run_id)
        return UndoBegun(task_id=history.find_run(db, actor, run_id).undo_task_id)


def _out(found: Import) -> ImportOut:
    return ImportOut(
        import_id=found.id,
        dry_run=found.order.dry_run,
        status=found.status.status,
        progress=found.status.progress,
        report=_report(found.report) if found.report is not None else None,
    )


def _report(report: ImportReport) -> ReportOut:
    remarked = sorted((row for row in report.rows if row.remarks), key=lambda row: not row.failed)
    return ReportOut(
        kind=report.kind,
        title=report.title,
        organization=report.organization,
        year=report.year,
        verdict=report.verdict,
        applied=report.applied,
        errors=report.errors,
        warnings=report.warnings,
        totals=dict(report.totals),
        made=dict(report.created),
        columns=[
            ImportColumn(title=each.title, field=each.field, sample=each.sample) for each in report.columns
        ],
        remarks=[_remark(each) for each in report.remarks],
        rows=[
            ImportRow(
                place=row.place,
                row=row.row,
                title=row.title,
                outcome=row.outcome,
                changes=row.changes,
                remarks=[_remark(each) for each in row.remarks],
            )
            for row in remarked[:MOST_ROWS]
        ],
        run_id=UUID(report.run) if report.run else None,
    )


def _remark(remark: Any) -> ImportRemark:
    return ImportRemark(
        level=remark.level,
        message=remark.message,
        advice=remark.advice,
        column=remark.column,
        value=remark.value,
    )


import_api: list[Any] = [begin, one, confirm, list_runs, undo]
