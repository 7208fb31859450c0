"""Papers that take long: ordered, made in the background, kept for some days, given to whoever ordered them.

An order is a task; what it has made is a stored file that belongs to whoever ordered it. Files go by the rule of
storage `papers`, orders with the record of the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import StoredFile
from core.identity.sessions import school_today
from core.organizations.models import SchoolClass
from core.retention.rules import PAPER_SUBJECT
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.tasks.models import DONE, FINISHED, QUEUED, RUNNING, Task
from core.tasks.queue import cancel, enqueue
from core.web.i18n import current_locale, lazy, sentence
from core.web.i18n import gettext as _
from plugins.journal.access import VIEW
from plugins.journal.attendance.reach import ClassCard, classes_of
from plugins.journal.terms.class_sheets import class_with_terms

ORDER = "journal.paper.order"
PAPER_TASK = "journal.papers.make"
PAPER_FILES = "journal.papers"
READY = "journal.papers.ready"
JOURNAL, TABLES, ARCHIVE = "journal", "tables", "archive"
KINDS: Mapping[str, str] = {
    JOURNAL: lazy("Журнал класса за год, PDF"),
    TABLES: lazy("Страницы журнала класса за год, таблицы xlsx"),
    ARCHIVE: lazy("Журналы всех классов за год: архив с описью и контрольными суммами"),
}
SHOWN = 20
EXPIRED = "expired"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The task's payload: what is wanted, of which class (None: of all), in which language."""

    kind: str
    class_id: UUID | None = None
    class_name: str = ""
    locale: str = "ru"


class OrderedPaper(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the one who made it sees it."""

    id: UUID
    kind: Annotated[str, Meta(description="`journal`, `tables` – класса, `archive` – всей школы.")]
    title: Annotated[str, Meta(description="Что заказано, словами.")]
    school_class: Annotated[UUID | None, Meta(description="Ключ класса; null – все классы.")]
    status: Annotated[
        str,
        Meta(
            description="`queued` – ждёт, `running` – идёт, `done` – готово, `failed` – не вышло, `cancelled` – "
            "остановлено, `expired` – файл удалён, когда вышел срок."
        ),
    ]
    progress: Annotated[int, Meta(description="Сколько сделано, в процентах.")]
    progress_text: Annotated[str, Meta(description="Что делается сейчас, словами.")]
    error: Annotated[str, Meta(description="Почему не вышло; пусто, если ошибки нет.")]
    created_at: datetime
    file: Annotated[UUID | None, Meta(description="Ключ файла; null, пока его нет.")]
    file_name: Annotated[str, Meta(description="Имя файла.")]
    size: Annotated[int, Meta(description="Размер файла в байтах.")]

    @property
    def waiting(self) -> bool:
        """Whether it is not finished yet."""
        return self.status in (QUEUED, RUNNING)


def kinds_for(actor: Actor) -> Mapping[str, str]:
    """What the actor may order: the archive of a school only who sees the whole school."""
    whole = actor.reach(VIEW) is not Reach.OWN
    return {name: title for name, title in KINDS.items() if whole or name != ARCHIVE}


def orderable_classes(db: Session, actor: Actor) -> Sequence[ClassCard]:
    """The classes whose papers the actor may order. Raises `Forbidden`."""
    actor.require(ORDER)
    return classes_of(db, actor, VIEW, school_today(actor))


def order_paper(db: Session, actor: Actor, kind: str, class_id: UUID | None) -> UUID:
    """Order a paper; returns its id. The same order that still waits is not doubled.

    Raises `Invalid` for a kind that is none or without a class, `NotFound` for a class out of reach, `Forbidden`.
    """
    actor.require(ORDER)
    person_id = require_person(actor)
    if kind not in kinds_for(actor):
        words = sentence("Выберите, что сделать.")
        raise Invalid("Такой бумаги нет.", advice=words, fields={"kind": words})
    name = ""
    if kind == ARCHIVE:
        class_id = None
        if not classes_of(db, actor, VIEW, school_today(actor)):
            raise NotFound("В этом учебном году классов нет.", advice="Проверьте, в какой роли вы работаете.")
    elif class_id is None:
        words = sentence("Выберите класс.")
        raise Invalid("Класс не выбран.", advice=words, fields={"class_id": words})
    else:
        class_with_terms(db, actor, class_id)
        name = db.get_one(SchoolClass, class_id).name
    key = f"{PAPER_TASK}:{person_id}:{kind}:{class_id or actor.organization_id}"
    waiting = db.scalar(select(Task.id).where(Task.key == key, Task.status.in_((QUEUED, RUNNING))))
    if waiting is not None:
        return waiting
    order = Order(kind=kind, class_id=class_id, class_name=name, locale=current_locale.get())
    return enqueue(db, PAPER_TASK, msgspec.to_builtins(order, str_keys=True), key=key, actor=actor)


def ordered_papers(db: Session, actor: Actor) -> list[OrderedPaper]:
    """The actor's latest orders in this school, the newest first; two statements."""
    actor.require(ORDER)
    tasks = db.scalars(
        select(Task)
        .where(
            Task.kind == PAPER_TASK,
            Task.person_id == require_person(actor),
            Task.organization_id == actor.organization_id,
        )
        .order_by(Task.id.desc())
        .limit(SHOWN)
    ).all()
    files = _files(db, actor, tasks)
    return [_shown(task, files.get(task.id)) for task in tasks]


def ordered_paper(db: Session, actor: Actor, order_id: UUID) -> OrderedPaper:
    """One of the actor's own orders. Raises `NotFound` for anybody else's, `Forbidden`."""
    task = _own(db, actor, order_id)
    return _shown(task, _files(db, actor, [task]).get(task.id))


def paper_file_of(db: Session, actor: Actor, order_id: UUID) -> StoredFile:
    """The file of an own order. Raises `NotFound` while there is none, and when its days are over."""
    task = _own(db, actor, order_id)
    file = _files(db, actor, [task]).get(task.id)
    if file is None:
        raise NotFound(
            "Этого файла нет: он ещё не готов или срок его хранения вышел.", advice="Закажите его снова."
        )
    return file


def call_off(db: Session, actor: Actor, order_id: UUID) -> None:
    """Stop an own order. Raises `Conflict` for one that has ended, `NotFound`."""
    cancel(db, actor, _own(db, actor, order_id).id)


def repeat_order(db: Session, actor: Actor, order_id: UUID) -> UUID:
    """Order the same again, with the rights of now; returns the new order's id."""
    order = msgspec.convert(_own(db, actor, order_id).payload, Order)
    return order_paper(db, actor, order.kind, order.class_id)


def delete_order(db: Session, actor: Actor, order_id: UUID) -> None:
    """Delete an own order with its file. Raises `Conflict` for one that goes on, `NotFound`."""
    task = _own(db, actor, order_id)
    if task.status not in FINISHED:
        raise Conflict("Эта работа ещё идёт.", advice="Сначала остановите её.")
    file = _files(db, actor, [task]).get(task.id)
    if file is not None:
        db.portal.files.delete(db, file)
    db.delete(task)
    db.flush()


def may_read_ordered(_db: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether a file is the actor's to download: ordered by them, in the school and with a right they have now."""
    return (
        actor.person_id is not None
        and file.owner_id == actor.person_id
        and actor.can(ORDER)
        and actor.role is not None
        and actor.role.organization_id == file.organization_id
    )


def file_subject(order_id: UUID) -> str:
    """What the file of an order is kept under."""
    return f"{PAPER_SUBJECT}:{order_id}"


def _own(db: Session, actor: Actor, order_id: UUID) -> Task:
    actor.require(ORDER)
    task = db.get(Task, order_id)
    if (
        task is None
        or task.kind != PAPER_TASK
        or task.person_id != require_person(actor)
        or task.organization_id != actor.organization_id
    ):
        raise NotFound("Такого заказа нет.", advice="Откройте «Бумаги и выгрузки» и выберите из списка.")
    return task


def _files(db: Session, actor: Actor, tasks: Sequence[Task]) -> Mapping[UUID, StoredFile]:
    subjects = {file_subject(task.id): task.id for task in tasks}
    rows = db.scalars(
        select(StoredFile).where(
            StoredFile.owner_id == actor.person_id,
            StoredFile.purpose == PAPER_FILES,
            StoredFile.subject.in_(list(subjects)),
        )
    )
    return {subjects[file.subject]: file for file in rows}


def _shown(task: Task, file: StoredFile | None) -> OrderedPaper:
    order = msgspec.convert(task.payload, Order)
    title = _(str(KINDS.get(order.kind, order.kind)))
    return OrderedPaper(
        id=task.id,
        kind=order.kind,
        title=f"{order.class_name}: {title}" if order.class_name else title,
        school_class=order.class_id,
        status=EXPIRED if task.status == DONE and file is None else task.status,
        progress=task.progress or 0,
        progress_text=_(task.progress_text),
        error=_(task.error),
        created_at=task.created_at,
        file=file.id if file else None,
        file_name=file.name if file else "",
        size=file.size if file else 0,
    )
