"""Running an import from beginning to end: what the command, the page and a background task share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from core.contributions import Importer
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.exchange import oneroster_files
from core.exchange.changes import Changes
from core.exchange.guardian_import import plan_guardians
from core.exchange.history import PERMISSION, note_run, remembered
from core.exchange.kinds import (
    AUTO,
    GUARDIAN_TABLE,
    ONEROSTER,
    SCHOOL_TABLE,
    STAFF_TABLE,
    TABLES,
    TITLES,
    mapped,
    open_tables,
    recognise,
)
from core.exchange.oneroster_import import plan_oneroster
from core.exchange.report import ImportReport
from core.exchange.school_import import plan_school
from core.exchange.school_state import year_name
from core.exchange.staff_import import plan_staff
from core.exchange.table_rows import read_rows
from core.exchange.tables import Advance, Sheet
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import sentence

READING = sentence("Читаю файл")
Plan = Callable[[Session, Organization, int, ImportReport, date, Advance], Changes]
PLANS: Mapping[str, Callable[..., Changes]] = {
    SCHOOL_TABLE: plan_school,
    STAFF_TABLE: plan_staff,
    GUARDIAN_TABLE: plan_guardians,
    ONEROSTER: plan_oneroster,
}


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to import, where to, and how. `starts_in` is the calendar year in which the academic year begins.

    `titles_row` is the row of a table, from 1, that has the titles of its columns; 0 for one to be found.
    """

    paths: Sequence[Path]
    kind: str = AUTO
    organization_id: UUID | None = None
    starts_in: int | None = None
    mapping: Mapping[str, str] = {}
    titles_row: int = 0
    names: Sequence[str] = ()


class _Rehearsed(Exception):
    """Carries a plugin's report out of a transaction that must leave nothing behind."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report


def run_import(
    portal: Portal,
    actor: Actor,
    job: Job,
    *,
    dry_run: bool,
    advance: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> ImportReport:
    """Import, or rehearse it. With any error in the report nothing has been changed.

    Raises `Invalid` and its kin for files that cannot be read at all, `Forbidden` and `NotFound` for an
    organization that is not the actor's to fill.
    """
    actor.require(PERMISSION)
    kind, sheets = _opened(job)
    importer = importers(portal, actor).get(kind)
    if importer is not None:
        return _run_plugin(portal, actor, job, importer, dry_run)
    if kind not in TITLES:
        raise Invalid(
            sentence("Формата «%(kind)s» нет.", kind=kind),
            advice=sentence("Есть: %(known)s.", known=", ".join([*TITLES, *importers(portal, actor)])),
        )
    with portal.database.reading(fresh=True) as db:
        if job.kind == AUTO and kind != ONEROSTER:
            kind = recognise(sheets, partial(remembered, db, target(db, actor, job.organization_id).id))
        organization = target(db, actor, job.organization_id, kind)
        today = datetime.now(ZoneInfo(organization.timezone or portal.config.timezone)).date()
        named = (
            {**remembered(db, organization.id, kind), **mapped(kind, job.mapping)} if kind in TABLES else {}
        )
    names = tuple(job.names) or tuple(path.name for path in job.paths)
    report = ImportReport(
        kind=kind, title=str(TITLES[kind]), organization=organization.short_name, files=names, dry_run=dry_run
    )
    plan = _read(
        kind, actor, job, sheets, named, report, today, lambda done, total: advance(READING, done, total)
    )
    if report.first_rows:
        return report
    starts_in = job.starts_in or (today.year if today.month >= 7 else today.year - 1)

    def planning(done: int, total: int) -> None:
        advance(sentence("Сверяю с порталом"), done, total)

    if dry_run or report.errors:
        with portal.database.reading(fresh=True) as db:
            plan(db, target(db, actor, job.organization_id, kind), starts_in, report, today, planning)
        return report
    with portal.database.transaction() as db:
        organization = target(db, actor, job.organization_id, kind)
        # Two imports into one school wait for each other (on SQLite they do anyway).
        db.execute(select(Organization.id).where(Organization.id == organization.id).with_for_update())
        changes = plan(db, organization, starts_in, report, today, planning)
        if not report.errors and not changes.is_empty:
            reason = f"Загрузка из файла: {', '.join(names)}"[:300]
            trace = changes.write(
                db,
                actor,
                organization.id,
                reason,
                lambda done, total: advance(sentence("Записываю"), done, total),
            )
            report.applied = True
            report.run = str(note_run(db, actor, organization.id, report, named, trace))
    return report


def _opened(job: Job) -> tuple[str, list[tuple[Path, Sheet]]]:
    """The kind of the files, and their sheets if they are tables: each file is read once.

    Which kind of table they are, if that was not said, is told later.
    """
    kind = job.kind
    if kind == AUTO:
        if not job.paths:
            raise Invalid(
                "Не выбран файл.", advice="Укажите таблицу .xlsx или .csv либо набор OneRoster (.zip)."
            )
        if oneroster_files.is_set(job.paths):
            return ONEROSTER, []
        sheets = open_tables(job.paths)
        return SCHOOL_TABLE, sheets
    return kind, open_tables(job.paths) if kind in TABLES else []


def _read(
    kind: str,
    actor: Actor,
    job: Job,
    sheets: Sequence[tuple[Path, Sheet]],
    named: Mapping[str, str],
    report: ImportReport,
    today: date,
    advance: Advance,
) -> Plan:
    """Read the files; what is left to do needs the database."""
    if kind == ONEROSTER:
        content: Any = oneroster_files.read_set(job.paths, report)
    else:
        content = read_rows(TABLES[kind].reader, sheets, report, today, named, advance, job.titles_row)

    def plan(
        db: Session, organization: Organization, starts_in: int, report: ImportReport, day: date, go: Advance
    ) -> Changes:
        changes = PLANS[kind](db, actor, organization, starts_in, content, report, day, go)
        wanted = year_name(job.starts_in) if job.starts_in is not None else report.year
        if report.year != wanted:
            report.remark(
                "error",
                sentence(
                    "В наборе – учебный год %(has)s, а выбран %(wanted)s.", has=report.year, wanted=wanted
                ),
                "Выберите этот год или оставьте поле пустым.",
            )
        return changes

    return plan


def known_kind(portal: Portal, actor: Actor, kind: str) -> str:
    """The kind itself, if there is such a one. Raises `Invalid`."""
    if kind not in (AUTO, *TITLES, *importers(portal, actor)):
        raise Invalid("Такого формата нет.", fields={"kind": sentence("Выберите формат из списка.")})
    return kind


def importers(portal: Portal, actor: Actor) -> dict[str, Importer]:
    """Plugins' formats the actor may use, by name."""
    found: dict[str, Importer] = {}
    for plugin, importer in portal.plugins.each("importers"):
        on = actor.role is None or portal.switches.is_on(plugin.name, actor.role.organization_path)
        if on and actor.can(importer.permission):
            found.setdefault(importer.name, importer)
    return found


def _run_plugin(portal: Portal, actor: Actor, job: Job, importer: Importer, dry_run: bool) -> ImportReport:
    """A plugin's importer, in a transaction that is undone if it rehearses or finds errors."""
    organization_id = job.organization_id or (actor.role.organization_id if actor.role else None)
    try:
        with portal.database.transaction() as db:
            report = ImportReport(kind=importer.name, title=str(importer.title), dry_run=dry_run)
            for path in job.paths:
                report = importer.run(db, actor, path, dry_run)
                report.files = report.files or tuple(job.names) or (path.name,)
                if dry_run or report.errors:
                    raise _Rehearsed(report)
            report.applied = True
            if organization_id is not None:
                report.run = str(note_run(db, actor, organization_id, report, {}, None))
            return report
    except _Rehearsed as rehearsed:
        rehearsed.report.applied = False
        return rehearsed.report


def target(db: Session, actor: Actor, organization_id: UUID | None, kind: str = "") -> Organization:
    """The organization to fill: the one asked for, the acting role's, or the only school there is.

    Raises `Invalid` if it is not said and not plain, `NotFound` if it is out of the actor's reach.
    """
    if organization_id is None and actor.role is not None:
        organization_id = actor.role.organization_id
    if organization_id is None:
        schools = db.scalars(select(Organization).where(Organization.kind.in_(SCHOOL)).limit(2)).all()
        if len(schools) != 1:
            if not schools:
                raise Invalid("В портале нет ни одной школы.", advice="Сначала создайте организацию.")
            raise Invalid(
                "В портале несколько школ.", advice="Укажите школу: --organization НАЗВАНИЕ, ОГРН или номер."
            )
        organization_id = schools[0].id
    authorize(db, actor, PERMISSION, organization_id)
    if kind in TABLES and TABLES[kind].permission:
        authorize(db, actor, TABLES[kind].permission, organization_id)
    organization = db.get(Organization, organization_id)
    if organization is None:
        raise NotFound("Такой организации нет.", advice="Проверьте номер, ОГРН или название.")
    if organization.kind not in SCHOOL:
        raise Invalid(
            sentence("«%(name)s» – не школа.", name=organization.short_name),
            advice="Выберите школу, в которую загружать учеников.",
        )
    return organization


def schools_within(db: Session, actor: Actor, limit: int = 500) -> Sequence[Organization]:
    """The schools the actor may fill, by name."""
    return db.scalars(
        select(Organization)
        .where(Organization.kind.in_(SCHOOL), within(actor, PERMISSION, Organization.id))
        .order_by(Organization.name_key)
        .limit(limit)
    ).all()


def find_organization(db: Session, actor: Actor, text: str) -> UUID:
    """The school somebody means by its id, ОГРН, external id or name. Raises `NotFound`, `Invalid`, `Forbidden`."""
    actor.require(PERMISSION)
    reachable = within(actor, PERMISSION, Organization.id)
    try:
        condition = Organization.id == UUID(text)
    except ValueError:
        condition = (Organization.ogrn == text.strip()) | (Organization.external_id == text.strip())
        condition = (
            condition | (Organization.name_key == sort_key(text)) | (Organization.short_name == text.strip())
        )
    found = db.scalars(select(Organization).where(condition, reachable).limit(2)).all()
    if not found:
        like = Organization.name_key.contains(sort_key(text), autoescape=True)
        found = db.scalars(
            select(Organization).where(like, reachable, Organization.kind.in_(SCHOOL)).limit(2)
        ).all()
    if not found:
        raise NotFound(
            sentence("Организации «%(name)s» нет.", name=text),
            advice="Укажите номер, ОГРН или название школы.",
        )
    if len(found) > 1:
        raise Invalid(
            sentence("Организаций «%(name)s» несколько.", name=text), advice="Укажите ОГРН или номер."
        )
    return found[0].id


def read_year(text: str) -> int:
    """The calendar year in which an academic year such as `2026/27` begins. Raises `Invalid`."""
    digits = text.strip().replace("–", "/").replace("-", "/").split("/")
    if len(digits) == 2 and len(digits[0]) == 4 and all(part.isdigit() for part in digits):
        first, second = int(digits[0]), int(digits[1])
        if second in (first + 1, (first + 1) % 100) and 2000 <= first <= 2100:
            return first
    raise Invalid(sentence("Учебный год «%(year)s» не читается.", year=text), advice="Нужен вид 2026/27.")
