"""Making what was ordered: the journal of a class, its tables, or the archive of a school."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from typing import IO, Any, cast

import msgspec

from core.database.session import Session
from core.exchange.report_table import as_csv, as_xlsx
from core.identity.sessions import school_today
from core.notifications import notify
from core.papers import as_pdf
from core.roles.actor import Actor
from core.tasks.run import TaskRun
from core.web.i18n import gettext as _
from core.web.i18n import sentence, speaking
from plugins.journal.access import VIEW
from plugins.journal.attendance.reach import classes_of
from plugins.journal.papers.class_journal import AttendanceCounts, class_journal, pages_of
from plugins.journal.papers.giving_out import note_given_out
from plugins.journal.papers.orders import ARCHIVE, JOURNAL, PAPER_FILES, READY, Order, file_subject
from plugins.journal.papers.reading import ALL, page_table

IN_MEMORY = 8 * 1024 * 1024
Advance = Callable[[float, str], None]


class _CalledOff(Exception):
    """The order was called off, or the server is going down."""


class _Made(msgspec.Struct, frozen=True):
    """What an order has made: the file's name, its content, how it is called in the record, how many lines."""

    name: str
    content: IO[bytes]
    list_name: str
    count: int


def make(task: TaskRun) -> None:
    """Make what was ordered, keep it and tell whoever ordered it; called off it leaves nothing behind."""
    order = msgspec.convert(task.payload, Order)
    with speaking(order.locale):
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
                _make(task, order, cast("IO[bytes]", spool))
        except _CalledOff:
            return


def _make(task: TaskRun, order: Order, content: IO[bytes]) -> None:
    actor = task.actor

    def advance(share: float, text: str) -> None:
        if task.cancelled:
            raise _CalledOff
        task.progress(min(98, int(98 * share)), text)

    advance(0, sentence("Читаем журнал"))
    with task.portal.database.reading(fresh=True) as db:
        if order.kind == ARCHIVE:
            made = _archive(db, actor, content, advance)
        elif order.kind == JOURNAL:
            made = _journal(db, actor, order, content, advance)
        else:
            made = _tables(db, actor, order, content, advance)
    content.seek(0)
    received = task.portal.files.receive(made.name, content)
    if task.cancelled:
        task.portal.files.forget(received)
        return
    with task.portal.database.transaction() as db:
        task.portal.files.keep(
            db,
            actor,
            received,
            purpose=PAPER_FILES,
            organization_id=actor.organization_id,
            subject=file_subject(task.id),
        )
        note_given_out(db, actor, made.list_name, made.name, made.count)
        if actor.person_id is not None:
            notify(
                db,
                [actor.person_id],
                READY,
                sentence("Готово: %(name)s", name=made.name),
                sentence("Файл можно скачать на странице «Бумаги и выгрузки»."),
                "/journal/papers",
            )


def _journal(db: Session, actor: Actor, order: Order, content: IO[bytes], advance: Advance) -> _Made:
    assert order.class_id is not None  # noqa: S101 -- orders of a class have one
    paper, parts = class_journal(
        db,
        actor,
        order.class_id,
        advance=lambda done, total: advance(
            done / max(total, 1), sentence("Страницы журнала: %(done)s из %(total)s", done=done, total=total)
        ),
    )
    content.write(as_pdf(paper, parts))
    return _Made(f"{paper.title}.pdf", content, "journal.class_journal", 1)


def _tables(db: Session, actor: Actor, order: Order, content: IO[bytes], advance: Advance) -> _Made:
    assert order.class_id is not None  # noqa: S101 -- orders of a class have one
    pages = pages_of(db, actor, order.class_id)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, (page_id, title) in enumerate(pages.items()):
            advance(number / max(len(pages), 1), title)
            table = page_table(db, actor, page_id, ALL)
            packed.writestr(f"{number + 1:02} {_plain(title)}.xlsx", as_xlsx(table.sheets))
    name = _("Журнал %s, таблицы") % order.class_name
    return _Made(f"{name}.zip", content, "journal.class_tables", len(pages))


def _archive(db: Session, actor: Actor, content: IO[bytes], advance: Advance) -> _Made:
    """Journals of all classes with a list of the files and their sums, to be kept on a medium outside."""
    classes = classes_of(db, actor, VIEW, school_today(actor))
    attendance = AttendanceCounts(db, actor)
    listed: list[Sequence[Any]] = [[_("№"), _("Класс"), _("Файл"), _("Размер, байт"), "SHA-256"]]
    sums: list[str] = []
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, each in enumerate(classes, 1):
            begun = (number - 1) / len(classes)

            def drawn(done: int, total: int, begun: float = begun, name: str = each.name) -> None:
                advance(
                    begun + done / max(total, 1) / len(classes), sentence("Журнал класса %(name)s", name=name)
                )

            paper, parts = class_journal(db, actor, each.id, attendance, drawn)
            pdf, name = as_pdf(paper, parts), f"{number:02} {_plain(paper.title)}.pdf"
            packed.writestr(name, pdf)
            digest = hashlib.sha256(pdf).hexdigest()
            listed.append([number, each.name, name, len(pdf), digest])
            sums.append(f"{digest}  {name}\n")
        packed.writestr(f"{_('Опись')}.csv", as_csv(listed))
        packed.writestr("SHA256SUMS", "".join(sums))
    name = _("Журналы школы %s") % f"{school_today(actor):%d.%m.%Y}"
    return _Made(f"{name}.zip", content, "journal.archive", len(classes))


def _plain(title: str) -> str:
    """A title as part of a file's name."""
    return "".join("-" if each in '/\\:*?"<>|' else each for each in title)
