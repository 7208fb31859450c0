"""Events: typed values that services publish and plugins subscribe to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.contributions import Subscription

if TYPE_CHECKING:
    from core.database.session import Session

Fence = Callable[[str, str, BaseException], str]


class Events:
    """The subscribers of every event type.

    A subscriber runs inside a savepoint of the publishing transaction: when it fails, its own changes
    are undone, the failure is reported, and the publisher goes on.
    """

    def __init__(self, report: Fence) -> None:
        self._report = report
        self._subscribers: dict[type[Any], list[tuple[str, Callable[[Session, Any], None]]]] = defaultdict(
            list
        )

    def subscribe(self, plugin: str, subscription: Subscription) -> None:
        """Have `subscription` of `plugin` called for its event."""
        self._subscribers[subscription.event].append((plugin, subscription.handle))

    def publish(self, db: Session, event: object) -> None:
        """Call the subscribers of `event`, in the order of their plugins."""
        for plugin, handle in self._subscribers.get(type(event), ()):
            try:
                with db.begin_nested():
                    handle(db, event)
            except Exception as error:
                self._report(plugin, f"событие {type(event).__name__}", error)
