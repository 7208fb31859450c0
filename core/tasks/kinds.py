"""Which kinds of tasks there are: the core's own and what plugins declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.contributions import ScheduledTask, TaskKind

if TYPE_CHECKING:
    from core.portal import Portal


@dataclass(frozen=True)
class DeclaredKind:
    """A kind of task and the plugin that declares it; None for the core."""

    kind: TaskKind
    plugin: str | None


def kinds_of(portal: Portal) -> dict[str, DeclaredKind]:
    """Every kind that can run here, by name.

    A plugin whose tables are not up to date is left out: its tasks wait until they are.
    """
    from core.tasks.housekeeping import CORE_TASKS

    found = {kind.name: DeclaredKind(kind, None) for kind in CORE_TASKS}
    for plugin, kind in portal.plugins.each("tasks"):
        if not plugin.schema_failed:
            found.setdefault(kind.name, DeclaredKind(kind, plugin.name))
    return found


def schedules_of(portal: Portal) -> list[ScheduledTask]:
    """Every schedule whose kind can run here."""
    from core.tasks.housekeeping import CORE_SCHEDULE

    known = kinds_of(portal)
    contributed = [schedule for _plugin, schedule in portal.plugins.each("scheduled_tasks")]
    return [schedule for schedule in (*CORE_SCHEDULE, *contributed) if schedule.kind in known]
