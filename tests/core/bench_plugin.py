"""A small plugin for the tests of the core's services: tasks, live topics, files, as a vendor would declare them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import ModuleType
from typing import Any
from uuid import UUID

from core.contributions import FilePurpose, LiveTopic, Manifest, NotificationKind, TaskKind
from core.errors import Invalid
from core.hooks import hookimpl
from core.portal import Portal
from core.tasks import TaskRun

NAME = "bench"
seen: list[tuple[str, Any]] = []
gate = threading.Event()


def note(task: TaskRun) -> None:
    """Remembers that it ran, here and in the file its payload names."""
    seen.append((task.kind, task.payload.get("number")))
    if path := task.payload.get("path"):
        with open(path, "a", encoding="ascii") as file:  # noqa: PTH123
            file.write(f"{task.payload.get('number')} {task.attempt}\n")


def stumble(task: TaskRun) -> None:
    """Fails as often as its payload says."""
    seen.append((task.kind, task.attempt))
    if task.attempt <= task.payload.get("times", 99):
        raise RuntimeError("секретная подробность")


def refuse(task: TaskRun) -> None:
    """Says no in words."""
    seen.append((task.kind, task.attempt))
    raise Invalid("В файле нет ни одного класса.", advice="Проверьте файл.")


def dawdle(task: TaskRun) -> None:
    """Works until told to stop, saying how far it is."""
    note(task)
    for step in range(600):
        if task.cancelled or gate.is_set():
            seen.append(("stopped", task.payload.get("number")))
            return
        task.progress(min(step, 99), "считаю")
        time.sleep(0.05)


def act(task: TaskRun) -> None:
    """Notes whose rights it has and tells them it is done."""
    seen.append((task.kind, task.actor))
    task.tell_starter("Выгрузка готова", "Файл лежит в отчётах.", "/reports")


@hookimpl
def manifest() -> Manifest:
    return Manifest(name=NAME, title="Стенд", version="1", core_api=">=1.0", on_by_default=True)


@hookimpl
def tasks() -> Iterable[TaskKind]:
    from datetime import timedelta

    return [
        TaskKind(name="bench.note", run=note),
        TaskKind(name="bench.stumble", run=stumble, attempts=3),
        TaskKind(name="bench.refuse", run=refuse),
        TaskKind(name="bench.dawdle", run=dawdle, attempts=2, lease=timedelta(seconds=2)),
        TaskKind(name="bench.act", run=act),
    ]


@hookimpl
def live_topics() -> Iterable[LiveTopic]:
    return [
        LiveTopic(
            name="bench.room", may_listen=lambda _db, actor, id: id == "open" and actor.role is not None
        )
    ]


@hookimpl
def notification_kinds() -> Iterable[NotificationKind]:
    return [NotificationKind(name="bench.news", title="Новости стенда")]


@hookimpl
def file_purposes() -> Iterable[FilePurpose]:
    return [
        FilePurpose(
            name="bench.homework",
            may_read=lambda _db, actor, file: (
                actor.role is not None and actor.role.organization_id == file.organization_id
            ),
        ),
        FilePurpose(name="bench.photo", may_read=lambda _db, _actor, _file: True, media_types=["image/*"]),
        FilePurpose(name="bench.broken", may_read=_broken),
    ]


def _broken(_db: Any, _actor: Any, _file: Any) -> bool:
    raise RuntimeError("плагин сломан")


def plug_in(portal: Portal) -> Portal:
    """Take this plugin into `portal`, as if its wheel were installed."""
    module = ModuleType(NAME)
    module.__file__ = __file__
    hooks = (manifest, tasks, live_topics, notification_kinds, file_purposes)
    for hook in hooks:
        setattr(module, hook.__name__, hook)
    plugin = portal.plugins.register(NAME, module, "bench", "1")
    for hook in hooks[1:]:
        plugin.contributions[hook.__name__] = tuple(hook())
    portal.plugins.loaded[NAME] = plugin
    return portal


def status_of(portal: Portal, task_id: UUID) -> Any:
    """The task's row."""
    from core.tasks.models import Task

    with portal.database.reading(fresh=True) as db:
        return db.get(Task, task_id)
