"""Everything about one person, taken out by the school on that person's request: in the background, kept for days.

The archive belongs to whoever ordered it, nobody else can open it; it is deleted by the rule of storage `exports`.
That it was made is in the history of the person and in the record of who saw their data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core import personal_data
from core.audit import views
from core.audit.record import Change, record
from core.config import Config
from core.contributions import TaskKind
from core.database.session import Session
from core.errors import Forbidden
from core.files import OWN_FILES, StoredFile
from core.identity.directory import person_in_reach
from core.identity.models import Person
from core.retention.rules import ARCHIVE_SUBJECT, days_kept
from core.roles.access import require_person
from core.roles.actor import Actor
from core.tasks.models import QUEUED, RUNNING, Task
from core.tasks.queue import enqueue
from core.tasks.run import TaskRun
from core.web.i18n import current_locale, sentence, speaking

KIND = "core.personal_data.export"
SUBJECT = ARCHIVE_SUBJECT


class ExportForm(msgspec.Struct, frozen=True, kw_only=True):
    """On what grounds somebody's data are taken out."""

    basis: Annotated[
        str,
        Meta(
            title="Основание",
            description="Например: заявление Семёновой В. П. от 12.11.2026.",
            min_length=3,
            max_length=300,
        ),
    ]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The task's payload: about whom, in which language the page is written."""

    person_id: UUID
    locale: str = "ru"


class Exports(msgspec.Struct, frozen=True, kw_only=True):
    """The actor's exports of somebody: archives that are ready, and the work that goes on (None: none)."""

    person: Person
    files: Sequence[StoredFile]
    running: Task | None


def begin(db: Session, actor: Actor, person_id: UUID, basis: str) -> UUID:
    """Order an archive; returns the task's id. The grounds are in the history of the person.

    Raises `NotFound` for somebody out of reach, `Forbidden` without the right.
    """
    person = _person(db, actor, person_id)
    require_person(actor)
    record(
        db,
        actor,
        actor.acting_role.organization_id,
        Change(action=KIND, subject_type="person", subject_id=str(person.id), reason=basis.strip()),
    )
    views.note_views(db, actor, person.id, [views.EXPORT])
    order = Order(person_id=person.id, locale=current_locale.get())
    return enqueue(
        db,
        KIND,
        msgspec.to_builtins(order, str_keys=True),
        actor=actor,
        key=f"{KIND}:{actor.person_id}:{person.id}",
    )


def _person(db: Session, actor: Actor, person_id: UUID) -> Person:
    """Somebody whose data the actor may take out."""
    actor.require(personal_data.EXPORT)
    person = person_in_reach(db, actor, person_id, personal_data.EXPORT)
    if person.id == actor.person_id:
        raise Forbidden(
            "Свои данные скачивают в «Настройках аккаунта».",
            advice="Откройте «Настройки» и «Скачать мои данные».",
        )
    return person


def exports_of(db: Session, actor: Actor, person_id: UUID) -> Exports:
    """What the actor has ordered about somebody. Raises as `begin` does."""
    person = _person(db, actor, person_id)
    files = db.scalars(
        select(StoredFile)
        .where(StoredFile.owner_id == actor.person_id, StoredFile.subject == f"{SUBJECT}:{person.id}")
        .order_by(StoredFile.id.desc())
    ).all()
    running = db.scalar(
        select(Task).where(
            Task.kind == KIND,
            Task.key == f"{KIND}:{actor.person_id}:{person.id}",
            Task.status.in_((QUEUED, RUNNING)),
        )
    )
    return Exports(person=person, files=files, running=running)


def keep_days(config: Config) -> int:
    """For how many days an archive is kept."""
    return days_kept("exports", config, datetime.now(UTC).date())


def run(task: TaskRun) -> None:
    """Make the archive and tell whoever ordered it."""
    order = msgspec.convert(task.payload, Order)
    with speaking(order.locale):
        _run(task, order)


def _run(task: TaskRun, order: Order) -> None:
    actor = task.actor

    def advance(done: int, total: int) -> None:
        task.progress(min(95, 95 * done // total), sentence("Собираем данные"))

    with task.portal.database.reading(fresh=True) as db:
        person = _person(db, actor, order.person_id)
        name = person.short_name
        packed = personal_data.as_archive(
            db, person.id, personal_data.export_person(db, actor, person.id, advance)
        )
    if task.cancelled:
        return
    received = task.portal.files.receive(f"{name}.zip", packed)
    with task.portal.database.transaction() as db:
        task.portal.files.keep(
            db,
            actor,
            received,
            purpose=OWN_FILES,
            organization_id=actor.organization_id,
            subject=f"{SUBJECT}:{order.person_id}",
        )
    task.tell_starter(
        sentence("Данные о человеке выгружены: %(name)s", name=name),
        sentence("Архив хранится %(days)s дней.", days=keep_days(task.portal.config)),
        f"/people/{order.person_id}/data",
    )


PERSONAL_DATA_TASKS = (TaskKind(name=KIND, run=run, attempts=3),)
