"""Terms of storage as data: each with the act it rests on, from when that holds, and the limits of the choice.

A new edition of an act is one more `Edition`; the one in force on the day decides. 152-ФЗ, статья 5, часть 7: no
longer than the purpose needs, if no law says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import Select, delete, or_, select, update

from core.audit.models import CardView
from core.config import Config
from core.consents.models import Consent
from core.database.session import Session
from core.exchange.background import REPORT_SUBJECT, SOURCE_SUBJECT
from core.exchange.models import ImportedRow, ImportRun
from core.files import StoredFile
from core.identity.models import Notification
from core.pupil_files.models import INCOMING
from core.requests.attachments import PURPOSE
from core.requests.models import Request
from core.requests.reading import DRAFT
from core.support.attached import of_questions
from core.support.models import SupportMessage
from core.web.i18n import lazy

ARCHIVE_SUBJECT = "personal-data"
"""Of stored files: an archive of everything about somebody; the person's id follows."""

PAPER_SUBJECT = "paper"
"""Of stored files: a paper made in the background; the task's id follows."""

Delete = Callable[[Session, datetime, int], int]
"""Deletes at most so many rows older than the moment; returns how many."""


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from a day on: the act, and the fewest and the most days an operator may set."""

    since: date
    act: str
    least: int
    most: int


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is deleted after how long. `setting` is the operator's setting with the days."""

    name: str
    title: str
    setting: str
    editions: Sequence[Edition]
    delete: Delete

    def edition(self, day: date) -> Edition:
        """The edition in force on a day; before the first one, the first."""
        held = [each for each in self.editions if each.since <= day]
        return held[-1] if held else self.editions[0]

    def days(self, config: Config, day: date) -> int:
        """How many days are kept: what the operator has set, within the limits of the edition in force."""
        edition = self.edition(day)
        return max(edition.least, min(edition.most, int(getattr(config, self.setting))))


def _delete_views(db: Session, before: datetime, limit: int) -> int:
    old = select(CardView.id).where(CardView.at < before).limit(limit)
    return len(db.execute(delete(CardView).where(CardView.id.in_(old)).returning(CardView.id)).all())


def _delete_notifications(db: Session, before: datetime, limit: int) -> int:
    old = select(Notification.id).where(Notification.created_at < before).limit(limit)
    gone = delete(Notification).where(Notification.id.in_(old)).returning(Notification.id)
    return len(db.execute(gone).all())


def _delete_consents(db: Session, before: datetime, limit: int) -> int:
    old = select(Consent.id).where(Consent.withdrawn_on < before.date()).limit(limit)
    return len(db.execute(delete(Consent).where(Consent.id.in_(old)).returning(Consent.id)).all())


def _delete_questions(db: Session, before: datetime, limit: int) -> int:
    old = db.scalars(select(SupportMessage.id).where(SupportMessage.created_at < before).limit(limit)).all()
    _delete_files(db, select(StoredFile).where(of_questions(old)))
    gone = delete(SupportMessage).where(SupportMessage.id.in_(old)).returning(SupportMessage.id)
    return len(db.execute(gone).all())


def _delete_exports(db: Session, before: datetime, limit: int) -> int:
    return _delete_files(
        db,
        select(StoredFile)
        .where(StoredFile.subject.startswith(f"{ARCHIVE_SUBJECT}:"), StoredFile.created_at < before)
        .limit(limit),
    )


def _delete_papers(db: Session, before: datetime, limit: int) -> int:
    return _delete_files(
        db,
        select(StoredFile)
        .where(StoredFile.subject.startswith(f"{PAPER_SUBJECT}:"), StoredFile.created_at < before)
        .limit(limit),
    )


def _delete_imports(db: Session, before: datetime, limit: int) -> int:
    ours = or_(
        StoredFile.subject.in_((SOURCE_SUBJECT, INCOMING)),
        StoredFile.subject.startswith(f"{REPORT_SUBJECT}:"),
    )
    gone = _delete_files(db, select(StoredFile).where(ours, StoredFile.created_at < before).limit(limit))
    return gone + _forget_rows(db, before, limit - gone)


def _forget_rows(db: Session, before: datetime, limit: int) -> int:
    """What imports replaced, and the names of those whom undoing left: then an import can no more be undone."""
    old = select(ImportRun.id).where(ImportRun.created_at < before)
    db.execute(
        update(ImportRun).where(ImportRun.id.in_(old), ImportRun.undone_at.isnot(None)).values(result={})
    )
    found = db.execute(
        select(ImportedRow.run_id, ImportedRow.table, ImportedRow.row_id)
        .where(ImportedRow.run_id.in_(old))
        .limit(max(limit, 0))
    ).all()
    for run_id, table in {(row.run_id, row.table) for row in found}:
        ids = [row.row_id for row in found if row.run_id == run_id and row.table == table]
        db.execute(
            delete(ImportedRow).where(
                ImportedRow.run_id == run_id, ImportedRow.table == table, ImportedRow.row_id.in_(ids)
            )
        )
    return len(found)


def _delete_drafts(db: Session, before: datetime, limit: int) -> int:
    old = db.scalars(
        select(Request).where(Request.status == DRAFT, Request.created_at < before).limit(limit)
    ).all()
    subjects = [str(each.id) for each in old]
    _delete_files(
        db, select(StoredFile).where(StoredFile.purpose == PURPOSE, StoredFile.subject.in_(subjects))
    )
    for request in old:
        db.delete(request)
    db.flush()
    return len(old)


def _delete_files(db: Session, old: Select[StoredFile]) -> int:
    files = db.scalars(old).all()
    for file in files:
        db.portal.files.delete(db, file)
    return len(files)


PURPOSE_REACHED = lazy("152-ФЗ, статья 5, часть 7: не дольше, чем нужно для цели")
START = date(2026, 9, 1)

RULES: Sequence[Rule] = (
    Rule(
        name="views",
        title=lazy("Записи о том, кто смотрел данные"),
        setting="keep_views_days",
        editions=(
            Edition(
                since=START,
                act=lazy(
                    "152-ФЗ, статья 19, часть 2, пункт 8: учёт действий с данными; срок определяет оператор"
                ),
                least=90,
                most=3 * 365,
            ),
        ),
        delete=_delete_views,
    ),
    Rule(
        name="notifications",
        title=lazy("Уведомления"),
        setting="keep_notifications_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=30, most=3 * 365),),
        delete=_delete_notifications,
    ),
    Rule(
        name="exports",
        title=lazy("Архивы данных, выгруженных по просьбе человека"),
        setting="keep_exports_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=1, most=30),),
        delete=_delete_exports,
    ),
    Rule(
        name="papers",
        title=lazy("Бумаги и выгрузки, заказанные в фоне"),
        setting="keep_papers_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=1, most=30),),
        delete=_delete_papers,
    ),
    Rule(
        name="imports",
        title=lazy("Загруженные таблицы, отчёты о загрузке и возможность отменить её"),
        setting="keep_imports_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=1, most=365),),
        delete=_delete_imports,
    ),
    Rule(
        name="drafts",
        title=lazy("Черновики запросов"),
        setting="keep_drafts_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=30, most=2 * 365),),
        delete=_delete_drafts,
    ),
    Rule(
        name="questions",
        title=lazy("Вопросы в поддержку"),
        setting="keep_questions_days",
        editions=(Edition(since=START, act=PURPOSE_REACHED, least=30, most=3 * 365),),
        delete=_delete_questions,
    ),
    Rule(
        name="consents",
        title=lazy("Отозванные и заменённые согласия"),
        setting="keep_consents_days",
        editions=(
            Edition(
                since=START,
                act=lazy("ГК РФ, статья 196: общий срок исковой давности три года"),
                least=3 * 365 + 1,
                most=10 * 365,
            ),
        ),
        delete=_delete_consents,
    ),
)


def days_kept(name: str, config: Config, day: date) -> int:
    """How many days the rule of this name keeps things on a day."""
    return next(each for each in RULES if each.name == name).days(config, day)
