"""Events: typed values that services publish and plugins subscribe to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from core.contributions import Subscription
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.database.session import Session
    from core.plugins import Plugins


class Events:
    """The subscribers of every event type.

    A subscriber runs inside a savepoint of the publishing transaction, unless it only tells: when it fails,
    its own changes are undone, what it gave to `after_commit` is forgotten, the failure is reported, and the
    publisher goes on. A plugin whose tables are behind hears nothing. What the core itself hears belongs to
    the transaction as any other part of it.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._subscribers: dict[type[Any], list[tuple[str, Subscription]]] = defaultdict(list)
        self._core: dict[type[Any], list[Callable[[Session, Any], None]]] = defaultdict(list)

    def hear(self, event: type[Any], handle: Callable[[Session, Any], None]) -> None:
        """Have `handle` of the core called for each `event`."""
        self._core[event].append(handle)

    def subscribe(self, plugin: str, subscription: Subscription) -> None:
        """Have `subscription` of `plugin` called for its event."""
        self._subscribers[subscription.event].append((plugin, subscription))

    def publish(self, db: Session, event: object) -> None:
        """Call the subscribers of `event`: the core's, then the plugins' in their order."""
        for hear in self._core.get(type(event), ()):
            hear(db, event)
        for plugin, subscription in self._subscribers.get(type(event), ()):
            if self._plugins.loaded[plugin].schema_failed:
                continue
            effects = db.effects_waiting
            try:
                with nullcontext() if subscription.only_tells else db.begin_nested():
                    subscription.handle(db, event)
            except Exception as error:
                db.forget_effects(effects)
                self._plugins.fence(plugin, sentence("событие %(event)s", event=type(event).__name__), error)
