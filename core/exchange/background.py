"""Imports begun on the page: kept files, the task that does the work, and the report it leaves.

The uploaded files and the report belong to whoever began the import; nobody else reads them. They are
personal data and are thrown away by the rule of storage `imports`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.contributions import TaskKind
from core.database.session import Session
from core.errors import Conflict, NotFound, PortalError
from core.exchange.kinds import AUTO
from core.exchange.report import ImportReport
from core.exchange.run import READING, Job, run_import
from core.files import OWN_FILES, Received, StoredFile
from core.roles.access import require_person
from core.roles.actor import Actor
from core.tasks.models import Task
from core.tasks.queue import TaskStatus, enqueue, status_of
from core.tasks.run import TaskRun
from core.web.i18n import current_locale, sentence, speaking

KIND = "core.import.run"
SOURCE_SUBJECT, REPORT_SUBJECT = "import-source", "import-report"
REPORT_NAME = "report.json"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the page; it is the task's payload. `files` are ids of kept files.

    `locale` is the language of the report.
    """

    files: Sequence[UUID]
    names: Sequence[str]
    kind: str = AUTO
    organization_id: UUID | None = None
    starts_in: int | None = None
    mapping: Mapping[str, str] = {}
    titles_row: int = 0
    dry_run: bool = True
    locale: str = "ru"


class _CalledOff(Exception):
    """The import was called off, or the server is going down: whatever it has not committed is undone."""


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An import as its page shows it; `report` is there once the work has ended."""

    id: UUID
    order: Order
    status: TaskStatus
    report: ImportReport | None


def begin(db: Session, actor: Actor, received: Sequence[Received], order: Order) -> UUID:
    """Keep the uploaded files and queue their rehearsal; returns the import's id."""
    person_id = require_person(actor)
    kept = [
        db.portal.files.keep(
            db, actor, each, purpose=OWN_FILES, organization_id=actor.organization_id, subject=SOURCE_SUBJECT
        )
        for each in received
    ]
    assert person_id  # noqa: S101 -- require_person has seen to it
    order = msgspec.structs.replace(
        order, files=[file.id for file in kept], names=[file.name for file in kept], dry_run=True
    )
    return queue(db, actor, order)


def queue(db: Session, actor: Actor, order: Order) -> UUID:
    """Queue the work on files that are kept already; it reports in the language of this request."""
    order = msgspec.structs.replace(order, locale=current_locale.get())
    return enqueue(db, KIND, msgspec.to_builtins(order, str_keys=True), actor=actor)


def confirm(db: Session, actor: Actor, import_id: UUID) -> UUID:
    """Queue the loading of what has been rehearsed; returns the id of that import.

    Raises `NotFound` for somebody else's, `Conflict` if the rehearsal found errors or has not ended.
    """
    found = find_import(db, actor, import_id)
    if found.report is None or found.report.errors or not found.order.dry_run:
        raise Conflict("Эту проверку нельзя загрузить.", advice="Исправьте файл и проверьте его снова.")
    return queue(db, actor, msgspec.structs.replace(found.order, dry_run=False))


def find_import(db: Session, actor: Actor, import_id: UUID) -> Import:
    """An import of the actor's own. Raises `NotFound` for somebody else's."""
    status = status_of(db, actor, import_id)
    task = db.get_one(Task, import_id)
    if task.kind != KIND:
        raise NotFound("Такой загрузки нет.", advice="Начните её снова на странице «Загрузка данных».")
    stored = db.scalar(
        select(StoredFile)
        .where(StoredFile.owner_id == actor.person_id, StoredFile.subject == f"{REPORT_SUBJECT}:{import_id}")
        .order_by(StoredFile.id.desc())
        .limit(1)
    )
    report = None
    if stored is not None:
        report = msgspec.json.decode(b"".join(db.portal.files.open(stored)), type=ImportReport)
    return Import(id=import_id, order=msgspec.convert(task.payload, Order), status=status, report=report)


def recent(db: Session, actor: Actor, limit: int = 5) -> Sequence[tuple[Task, Order]]:
    """The actor's latest imports, the newest first."""
    tasks = db.scalars(
        select(Task)
        .where(Task.kind == KIND, Task.person_id == require_person(actor))
        .order_by(Task.id.desc())
        .limit(limit)
    )
    return [(task, msgspec.convert(task.payload, Order)) for task in tasks]


def unpacked(db: Session, actor: Actor, order: Order, folder: Path) -> list[Path]:
    """The kept files of an import, written into `folder` under their own names. Raises `NotFound`."""
    paths: list[Path] = []
    for number, (file_id, name) in enumerate(zip(order.files, order.names, strict=False)):
        file = db.get(StoredFile, file_id)
        if file is None or file.owner_id != actor.person_id:
            raise NotFound("Загруженного файла больше нет.", advice="Выберите файл снова.")
        place = folder / str(number) if (folder / Path(name).name).exists() else folder
        place.mkdir(exist_ok=True)
        path = place / Path(name).name
        with path.open("wb") as out:
            out.writelines(db.portal.files.open(file))
        paths.append(path)
    return paths


def run(task: TaskRun) -> None:
    """Do what the order says; whatever goes wrong with the files ends in a report, not in a failure."""
    order = msgspec.convert(task.payload, Order)
    with speaking(order.locale):
        _run(task, order)


def _run(task: TaskRun, order: Order) -> None:
    actor = task.actor
    with tempfile.TemporaryDirectory(prefix="moyashkola-import-") as folder:
        try:
            with task.portal.database.reading(fresh=True) as db:
                paths = unpacked(db, actor, order, Path(folder))
            job = Job(
                paths=paths,
                kind=order.kind,
                organization_id=order.organization_id,
                starts_in=order.starts_in,
                mapping=order.mapping,
                titles_row=order.titles_row,
                names=order.names,
            )
            report = run_import(
                task.portal, actor, job, dry_run=order.dry_run, advance=_progress(task, order)
            )
        except _CalledOff:
            return
        except PortalError as error:
            if error.status >= 500:
                raise
            report = ImportReport(kind=order.kind, title="", files=order.names, dry_run=order.dry_run)
            report.remark("error", error.message, error.advice)
    keep_report(task, actor, report)
    if not order.dry_run:
        task.tell_starter(sentence("Загрузка данных закончена"), report.verdict, f"/import/{task.id}")


def keep_report(task: TaskRun, actor: Actor, report: ImportReport) -> None:
    """Keep a report for whoever began the import."""
    received = task.portal.files.receive(REPORT_NAME, msgspec.json.encode(report))
    with task.portal.database.transaction() as db:
        task.portal.files.keep(
            db,
            actor,
            received,
            purpose=OWN_FILES,
            organization_id=actor.organization_id,
            subject=f"{REPORT_SUBJECT}:{task.id}",
        )


def _progress(task: TaskRun, order: Order) -> Any:
    """Progress for the page. While the import itself writes nothing else may, so only reading is told."""

    def advance(stage: str, done: int, total: int) -> None:
        if task.cancelled:
            raise _CalledOff
        reading = stage == READING
        if not (reading or order.dry_run) or not total:
            return
        share = 50 if order.dry_run or reading else 100
        task.progress(min(99, (0 if reading else 50) + share * done // total), stage)

    return advance


IMPORT_TASKS = (TaskKind(name=KIND, run=run, attempts=3),)
