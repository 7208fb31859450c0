"""What the stand remembers: logins under way, codes, sessions, consents.

One small interface, so that tables of a database can stand behind it where several workers serve.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, Protocol

Shelf = Literal["request", "code", "session", "token", "consent"]


class StandStore(Protocol):
    """Values by shelf and key, each until its own time."""

    def put(self, shelf: Shelf, key: str, value: bytes, *, lifetime: float) -> None:
        """Keep `value` for `lifetime` seconds, over whatever was there."""
        ...

    def get(self, shelf: Shelf, key: str) -> bytes | None:
        """The value while its time has not passed."""
        ...

    def take(self, shelf: Shelf, key: str) -> bytes | None:
        """The value, removed in the same step: of two takers only one gets it."""
        ...


class MemoryStore:
    """Keeps everything in this process."""

    _MOST_ENTRIES = 20_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[tuple[Shelf, str], tuple[float, bytes]] = {}

    def put(self, shelf: Shelf, key: str, value: bytes, *, lifetime: float) -> None:
        now = self._clock()
        with self._lock:
            if len(self._entries) >= self._MOST_ENTRIES:
                self._entries = {name: entry for name, entry in self._entries.items() if entry[0] > now}
                while len(self._entries) >= self._MOST_ENTRIES:
                    del self._entries[next(iter(self._entries))]
            self._entries[shelf, key] = (now + lifetime, value)

    def get(self, shelf: Shelf, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get((shelf, key))
        return entry[1] if entry and entry[0] > self._clock() else None

    def take(self, shelf: Shelf, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.pop((shelf, key), None)
        return entry[1] if entry and entry[0] > self._clock() else None
