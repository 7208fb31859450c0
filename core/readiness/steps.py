"""All steps of this portal, and their state as conditions in SQL for the organizations asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import ColumnElement, and_, exists, literal, or_, select, true

from core.contributions import SetupScope, SetupStep
from core.database.session import Session
from core.organizations.models import Organization
from core.portal import Portal
from core.readiness import conditions
from core.readiness.authority_steps import AUTHORITY_STEPS
from core.readiness.models import SetupConfirmation
from core.readiness.school_steps import SCHOOL_STEPS
from core.web.i18n import sentence

CORE_STEPS = (*AUTHORITY_STEPS, *SCHOOL_STEPS)


class AskedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step as it is asked about: where it belongs, whether it is done, and whether somebody said so by hand."""

    step: SetupStep
    plugin: str
    belongs: ColumnElement[bool]
    done: ColumnElement[bool]
    confirmed: ColumnElement[bool]


def all_steps(portal: Portal) -> list[tuple[str, SetupStep]]:
    """Every step with the plugin it comes from (empty for the core's), in their order."""
    found = [("", step) for step in CORE_STEPS]
    names = {step.name for step in CORE_STEPS}
    for plugin, step in portal.plugins.each("setup_steps"):
        if step.name not in names:
            names.add(step.name)
            found.append((plugin.name, step))
    return sorted(found, key=lambda pair: (pair[1].order, pair[1].name))


def asked(db: Session, scope: SetupScope, kinds: Sequence[str]) -> list[AskedStep]:
    """The steps that organizations of some of these kinds take. A plugin's step that fails is left out."""
    return [*_asked(db, scope, kinds)] if scope.paths else []


def _asked(db: Session, scope: SetupScope, kinds: Sequence[str]) -> Iterator[AskedStep]:
    for plugin, step in all_steps(db.portal):
        common = set(step.kinds) & set(kinds)
        if not common:
            continue
        done = step.done(db, scope) if not plugin else _fenced(db, scope, plugin, step)
        if done is None:
            continue
        belongs = true() if common == set(kinds) else Organization.kind.in_(sorted(common))
        if plugin:
            belongs = and_(belongs, _where_on(db, scope, plugin))
        confirmed = exists().where(
            SetupConfirmation.organization_id == Organization.id, SetupConfirmation.step == step.name
        )
        yield AskedStep(
            step=step,
            plugin=plugin,
            belongs=belongs,
            done=or_(done, confirmed) if step.by_hand else done,
            confirmed=confirmed,
        )


def _where_on(db: Session, scope: SetupScope, plugin: str) -> ColumnElement[bool]:
    is_on = db.portal.switches.is_on
    return conditions.those(scope, lambda path: is_on(plugin, path))


def _fenced(db: Session, scope: SetupScope, plugin: str, step: SetupStep) -> ColumnElement[bool] | None:
    """A plugin's condition, tried on one organization: a broken one would take the whole list with it."""
    try:
        with db.begin_nested():
            done = step.done(db, scope)
            db.execute(select(literal(1)).where(Organization.id == next(iter(scope.paths)), done))
            return done
    except Exception as error:  # a plugin may raise anything
        db.portal.plugins.fence(plugin, sentence("шаг настройки «%(title)s»", title=step.title), error)
        return None
