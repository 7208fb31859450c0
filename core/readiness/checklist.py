"""The checklist of one organization: its steps in order, what is done, what is missing and where to go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import case, select

from core.contributions import SetupScope, SetupStep
from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.readiness.schools import Counts, counts_below
from core.readiness.steps import AskedStep, asked
from core.roles.access import authorize, reaches
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import counted, lazy, sentence

VIEW = "core.setup.view"
CONFIRM = "core.setup.confirm"
WITH_SCHOOLS = ("region", "municipality")
KINDS = (*WITH_SCHOOLS, *SCHOOL)
"""Kinds of organizations that are set up; the operator has the installation instead."""


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """A step of one organization.

    `lacks` says what is missing; `url` is empty for whoever does not do it, `done_by` then says who does.
    `confirmed` is a state told by hand.
    """

    name: str
    title: str
    explanation: str
    done: bool
    confirmed: bool
    lacks: str
    url: str
    done_by: str
    by_hand: bool


class Checklist(msgspec.Struct, frozen=True, kw_only=True):
    """Whose checklist it is, and its steps; `schools` are counted for an authority."""

    organization: Organization
    steps: Sequence[StepLine]
    schools: Counts | None
    may_confirm: bool

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(each.done for each in self.steps)

    @property
    def is_ready(self) -> bool:
        """Whether all of them are."""
        return self.done == len(self.steps)


def checklist(db: Session, actor: Actor, organization_id: UUID, *, counts_schools: bool = True) -> Checklist:
    """The checklist of an organization in reach. Raises `Forbidden`, `NotFound`; also for the operator's own.

    Without `counts_schools` an authority's last step, whose state takes all schools below, is left out.
    """
    authorize(db, actor, VIEW, organization_id)
    organization = db.get_one(Organization, organization_id)
    if organization.kind not in KINDS:
        raise NotFound(
            "У этой организации нет шагов настройки.", advice="Выберите регион или школу в списке."
        )
    scope = scope_of(db, organization)
    steps = asked(db, scope, (organization.kind,))
    states = _states(db, organization, steps)
    lines = [
        _line(db, actor, organization, scope, each, done, confirmed)
        for each, (belongs, done, confirmed) in zip(steps, states, strict=True)
        if belongs
    ]
    schools: Counts | None = None
    if organization.kind in WITH_SCHOOLS and counts_schools:
        schools = counts_below(db, organization.path, scope.today)
        lines.append(_schools_line(schools))
    return Checklist(
        organization=organization,
        steps=lines,
        schools=schools,
        may_confirm=reaches(db, actor, CONFIRM, organization),
    )


def scope_of(db: Session, organization: Organization) -> SetupScope:
    """One organization on the day it is there."""
    today = today_in(organization.timezone or db.portal.config.timezone)
    return SetupScope(today=today, paths={organization.id: organization.path})


def _states(
    db: Session, organization: Organization, steps: Sequence[AskedStep]
) -> list[tuple[bool, bool, bool]]:
    if not steps:
        return []
    parts = [part for each in steps for part in (each.belongs, each.done, each.confirmed)]
    columns = [case((part, 1), else_=0).label(f"part_{at}") for at, part in enumerate(parts)]
    found = db.execute(select(*columns).where(Organization.id == organization.id)).one()
    row = [bool(value) for value in found]
    return [(row[at], row[at + 1], row[at + 2]) for at in range(0, len(row), 3)]


def _line(
    db: Session,
    actor: Actor,
    organization: Organization,
    scope: SetupScope,
    found: AskedStep,
    done: bool,
    confirmed: bool,
) -> StepLine:
    step = found.step
    url = _url(db, actor, organization, step)
    return StepLine(
        name=step.name,
        title=step.title,
        explanation=step.explanation,
        done=done,
        confirmed=confirmed and step.by_hand,
        lacks="" if done else _lacks(db, organization, scope, found),
        url=url,
        done_by="" if url or done else _done_by(db, step),
        by_hand=step.by_hand,
    )


def _lacks(db: Session, organization: Organization, scope: SetupScope, found: AskedStep) -> str:
    if found.step.lacks is None:
        return ""
    try:
        with db.begin_nested():
            return found.step.lacks(db, organization, scope)
    except Exception as error:  # a plugin may raise anything
        place = sentence("шаг настройки «%(title)s»", title=found.step.title)
        db.portal.plugins.fence(found.plugin or "core", place, error)
        return ""


def _url(db: Session, actor: Actor, organization: Organization, step: SetupStep) -> str:
    """Where the actor does it: pages without the organization in their address are about the actor's own."""
    own = not actor.is_system and organization.id == actor.organization_id
    if not reaches(db, actor, step.permission, organization) or not (own or "{organization}" in step.url):
        return ""
    return step.url.replace("{organization}", str(organization.id))


def _done_by(db: Session, step: SetupStep) -> str:
    permission = db.portal.grants.permissions.get(step.permission)
    return permission.title if permission is not None else ""


def _schools_line(schools: Counts) -> StepLine:
    """The last step of an authority, told by the schools themselves."""
    return StepLine(
        name="core.schools_ready",
        title=lazy("Все школы готовы"),
        explanation=lazy("Школы настраивают директора. В списке видно, на каком шаге каждая."),
        done=0 < schools.schools == schools.ready,
        confirmed=False,
        lacks=counted(
            "Готовы %(ready)s из %(count)s школы.",
            "Готовы %(ready)s из %(count)s школ.",
            schools.schools,
            ready=schools.ready,
        )
        if schools.schools
        else sentence("Школ ещё нет."),
        url="/setup/schools",
        done_by="",
        by_hand=False,
    )
