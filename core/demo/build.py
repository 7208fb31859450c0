"""Making the demo schools: the core's rows first, then what each plugin adds, one transaction for each step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.audit.models import AuditRecord
from core.audit.record import Change, record
from core.demo.consents import add_consents
from core.demo.plan import Plan
from core.demo.unfinished import add_unfinished_school
from core.demo.webhook import add_webhook
from core.errors import Conflict
from core.organizations.models import Organization, OrganizationGroup
from core.portal import Portal
from core.roles.actor import Actor, system_actor

CREATED, FILLED, SUBJECT = "demo.created", "demo.filled", "demo"
DEFAULT_SEED = 13
PILOT = 3
"""Schools in the group that is kept by hand."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how much of it is done, and how much there is."""


def build_demo(
    portal: Portal,
    *,
    seed: int = DEFAULT_SEED,
    schools: int = 1,
    light: bool = False,
    small: bool = False,
    today: date | None = None,
    progress: Progress = lambda _step, _done, _total: None,
) -> bool:
    """Make the demo schools, or go on where an earlier run stopped; false if they were complete already.

    `light` leaves out what plugins add; `small` makes schools of six classes and none beside them that is still
    being set up. A later run keeps the seed,
    the number of schools and the day of the first. Raises `Conflict` in an installation with organizations
    that are not from a demo.
    """
    actor = system_actor("Демонстрационная школа")
    with portal.database.reading() as db:
        made: dict[str, Any] | None = db.scalar(
            select(AuditRecord.after).where(
                AuditRecord.action == CREATED, AuditRecord.subject_type == SUBJECT
            )
        )
        foreign = made is None and db.scalar(select(Organization.id).limit(1)) is not None
        written = db.scalar(select(func.count()).where(Organization.kind == "school")) or 0
        done = set(db.scalars(select(AuditRecord.subject_id).where(AuditRecord.action == FILLED)))
    if foreign:
        raise Conflict(
            "В базе уже есть организации: демонстрационная школа не создана.",
            advice="Укажите для неё другую папку данных: moyashkola --home ПАПКА demo",
        )
    if made is not None:
        seed, schools, small = made["seed"], made["schools"], made["small"]
        today = date.fromisoformat(made["today"])
    today = today or datetime.now(UTC).date()
    fillers = [] if light else [filler for _plugin, filler in portal.plugins.each("demo_fillers")]
    steps = {f"{n}/{each.name}" for n in range(schools) for each in fillers} - done
    if made is not None and not steps and written >= schools:
        return False
    plan = Plan(seed, schools, today, small=small)
    if made is not None:
        plan.rows.clear()
    else:
        with portal.database.transaction() as db:
            plan.write(db)
            facts = {"seed": seed, "schools": schools, "small": small, "today": today.isoformat()}
            record(
                db,
                actor,
                None,
                Change(action=CREATED, subject_type=SUBJECT, subject_id="schools", after=facts),
            )
    first: list[UUID] = []
    for number, school in enumerate(plan.each_school()):
        first = [*first, school["school"]["id"]][:PILOT]
        with portal.database.transaction() as db:
            if db.get(Organization, school["school"]["id"]) is None:
                plan.write(db)
            plan.rows.clear()
            if number == 0 and not small:
                # Before the fillers: one of the first school's teachers works there too.
                add_unfinished_school(db, school["municipality"]["id"], seed, today)
        if schools > 1:
            progress("Школы", number + 1, schools)
        for filler in fillers:
            if f"{number}/{filler.name}" in steps:
                _fill(portal, actor, plan, school, number, filler, progress)
    with portal.database.transaction() as db:
        if db.scalar(select(OrganizationGroup.id).limit(1)) is None:
            plan.groups(db, first)
        moment = datetime.combine(today, time(9), UTC)
        add_consents(db, first[:1], seed, moment)
        if not small:
            add_webhook(db, first[0], seed, moment)
    return True


def _fill(
    portal: Portal,
    actor: Actor,
    plan: Plan,
    school: dict[str, Any],
    number: int,
    filler: Any,
    progress: Progress,
) -> None:
    step = f"{school['school']['short_name']}: {filler.title}"

    def advance(ready: int, total: int) -> None:
        progress(step, ready, total)

    with portal.database.transaction() as db:
        filler.fill(db, actor, plan.read(db, school, number, filler.name), advance)
        change = Change(action=FILLED, subject_type=SUBJECT, subject_id=f"{number}/{filler.name}")
        record(db, actor, None, change)
