"""Live updates: what a transaction has changed reaches the browsers that show it, on any server.

A message carries ids and versions only, never data: whoever gets it fetches what they may see. The bus
between processes is PostgreSQL's NOTIFY, Redis, or, for one process, memory. A message may be lost when
a bus breaks off; listeners are then told to read everything anew (`RESYNC`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import structlog

from core.errors import ConfigurationError
from core.live_bus import Bus, PostgresBus, RedisBus
from core.roles.actor import Actor
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.config import Config
    from core.database.session import Session
    from core.plugins import Plugins

LARGEST_MESSAGE = 7_500
"""Bytes; PostgreSQL refuses a notification of 8 000."""

QUEUE_LENGTH = 100
"""Messages a slow listener may be behind before it is told to read everything anew."""

TOPIC = re.compile(r"[a-z][a-z0-9_.]{0,79}(:[A-Za-z0-9_.-]{1,80})?")

log = structlog.get_logger("live")


class Message(msgspec.Struct, frozen=True):
    """What a listener gets: the topic and the message as JSON text that names the topic too."""

    topic: str
    json: str


RESYNC = Message("", "{}")
"""Some messages were lost on the way to this listener: read everything anew."""


class Subscription:
    """One listener's bounded queue; an asynchronous iterator of `Message`."""

    def __init__(self, live: Live, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE_LENGTH)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        message = await self._queue.get()
        if message is None:
            raise StopAsyncIteration
        return message

    async def within(self, seconds: float) -> Message | None:
        """The next message, or None if none comes in `seconds`. Raises `StopAsyncIteration` at the end."""
        try:
            return await asyncio.wait_for(self.__anext__(), seconds)
        except TimeoutError:
            return None

    def offer(self, message: Message | None) -> None:
        """Hand over a message from any thread; a full queue is replaced by `RESYNC`."""
        with contextlib.suppress(RuntimeError):  # the listener's loop has ended
            self._loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: Message | None) -> None:
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            if message is not None:
                message = RESYNC
        self._queue.put_nowait(message)

    def close(self) -> None:
        """Stop listening."""
        self._live.forget(self)

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()


class Live:
    """The portal's live updates. `publish` may be called from any thread and without a running server."""

    def __init__(self, config: Config, plugins: Plugins) -> None:
        self._plugins = plugins
        self._lock = threading.Lock()
        self._listeners: dict[str, set[Subscription]] = defaultdict(set)
        self._callbacks: dict[str, set[Callable[[], None]]] = defaultdict(set)
        self._closed = False
        self.ends_at_shutdown = False
        self.backend = backend_of(config)
        self._bus: Bus | None = None
        if self.backend == "redis":
            # Redis shares its channels between databases: the secret tells installations apart.
            mark = hashlib.blake2b(config.secret(), digest_size=8, person=b"live").hexdigest()
            try:
                self._bus = RedisBus(config.redis_url, f"moyashkola:live:{mark}", self._receive, self._resync)
            except ValueError as error:
                raise ConfigurationError(
                    f"Адрес Redis не подходит: {error}.",
                    advice="Укажите в MOYASHKOLA_REDIS_URL адрес вида redis://узел:6379/0.",
                ) from error
        elif self.backend == "postgresql":
            self._bus = PostgresBus(config.database_address, self._receive, self._resync)

    @property
    def is_shared(self) -> bool:
        """Whether messages reach other processes."""
        return self._bus is not None

    def start(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Listen to the bus, in a thread of its own; again has no effect.

        `loop` is not needed: each subscription belongs to the loop it was made in.
        """
        self._closed = False
        if self._bus is not None:
            self._bus.start()

    def close(self) -> None:
        """Stop listening and end every subscription."""
        self.end_subscriptions()
        if self._bus is not None:
            self._bus.close()

    def end_subscriptions(self) -> None:
        """End every subscription, and those that come later at once: a server that stops waits for streams."""
        with self._lock:
            self._closed = True
            listeners = {each for group in self._listeners.values() for each in group}
            self._listeners.clear()
        for listener in listeners:
            listener.offer(None)

    def publish(self, db: Session, topic: str, message: Mapping[str, Any]) -> None:
        """Tell the listeners of `topic` once the transaction `db` is durable; not at all if it fails.

        `message` holds ids and versions. Raises `ValueError` for a topic that is not `name` or `name:id`
        and for a message over 7 500 bytes.
        """
        self.publish_many(db, [(topic, message)])

    def publish_many(self, db: Session, messages: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """`publish` for several messages at once."""
        encoded = [_encode(topic, message) for topic, message in messages]
        if not encoded:
            return
        if isinstance(self._bus, PostgresBus):
            # In the transaction itself: PostgreSQL sends at the commit, or never.
            for each in encoded:
                db.at_commit(self._bus.notify, each.json)
        elif isinstance(self._bus, RedisBus):
            bus = self._bus
            db.after_commit(lambda: self._send(bus, encoded))
        else:
            db.after_commit(lambda: self._deliver(encoded))

    def tell_here(self, topic: str, message: Mapping[str, Any]) -> None:
        """Tell the listeners of this process at once."""
        self._deliver([_encode(topic, message)])

    def subscribe(self, topics: Iterable[str]) -> Subscription:
        """Listen to `topics`, in the running event loop. Rights are not asked here, see `may_listen`."""
        subscription = Subscription(self, topics)
        with self._lock:
            if self._closed:
                subscription.offer(None)
            for topic in subscription.topics:
                self._listeners[topic].add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """End a subscription."""
        with self._lock:
            for topic in subscription.topics:
                group = self._listeners.get(topic)
                if group is not None:
                    group.discard(subscription)
                    if not group:
                        del self._listeners[topic]

    @contextlib.contextmanager
    def on(self, topic: str, callback: Callable[[], None]) -> Generator[None]:
        """Within the block call `callback`, from some thread, at each message of `topic`."""
        with self._lock:
            self._callbacks[topic].add(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks[topic].discard(callback)

    def may_listen(self, db: Session, actor: Actor, topic: str) -> bool:
        """Whether `actor` may hear of `topic`: own notifications, own tasks, what plugins allow."""
        from core.tasks.queue import STATUS_TOPIC, may_watch

        if not TOPIC.fullmatch(topic):
            return False
        family, _, identifier = topic.partition(":")
        if family == "person":
            return actor.person_id is not None and _same_id(identifier, actor.person_id)
        if family == STATUS_TOPIC:
            return may_watch(db, actor, identifier)
        for plugin, declared in self._plugins.each("live_topics"):
            if declared.name != family:
                continue
            if actor.role is None or not db.portal.switches.is_on(plugin.name, actor.role.organization_path):
                return False
            try:
                return declared.may_listen(db, actor, identifier)
            except Exception as error:
                self._plugins.fence(
                    plugin.name, sentence("живые обновления %(family)s", family=family), error
                )
                return False
        return False

    def _send(self, bus: RedisBus, messages: Sequence[Message]) -> None:
        if not bus.send([message.json for message in messages]):
            self._deliver(messages)

    def _receive(self, raw: str) -> None:
        try:
            topic = msgspec.json.decode(raw, type=_Addressed).topic
        except msgspec.MsgspecError:
            log.warning("message not understood")
            return
        self._deliver([Message(topic, raw)])

    def _deliver(self, messages: Sequence[Message]) -> None:
        with self._lock:
            waiting = [
                (listener, message)
                for message in messages
                for listener in self._listeners.get(message.topic, ())
            ]
            callbacks = {each for message in messages for each in self._callbacks.get(message.topic, ())}
        for listener, message in waiting:
            listener.offer(message)
        for callback in callbacks:
            callback()

    def _resync(self) -> None:
        """The bus was away: whatever was said meanwhile is lost."""
        with self._lock:
            listeners = {each for group in self._listeners.values() for each in group}
            callbacks = {each for group in self._callbacks.values() for each in group}
        for listener in listeners:
            listener.offer(RESYNC)
        for callback in callbacks:
            callback()


class _Addressed(msgspec.Struct):
    topic: str


def backend_of(config: Config) -> str:
    """The bus these settings ask for: `memory`, `redis` or `postgresql`.

    `auto` takes Redis where it is configured, else NOTIFY with PostgreSQL: other servers, workers and
    commands may write to the same database. Raises `ConfigurationError` for a bus that is not there.
    """
    on_postgres = config.database_address.startswith("postgresql")
    if config.live == "auto":
        return "redis" if config.redis_url else "postgresql" if on_postgres else "memory"
    if config.live == "redis" and not config.redis_url:
        raise ConfigurationError(
            "Для живых обновлений выбран Redis, но его адрес не указан.",
            advice="Укажите MOYASHKOLA_REDIS_URL или MOYASHKOLA_LIVE=auto.",
        )
    if config.live == "postgresql" and not on_postgres:
        raise ConfigurationError(
            "Для живых обновлений выбран PostgreSQL, но база данных – SQLite.",
            advice="Укажите MOYASHKOLA_LIVE=auto или перейдите на PostgreSQL.",
        )
    return config.live


def _encode(topic: str, message: Mapping[str, Any]) -> Message:
    if not TOPIC.fullmatch(topic):
        raise ValueError(f"a live topic is `name` or `name:id`, not {topic!r}")
    encoded = msgspec.json.encode({**message, "topic": topic})
    if len(encoded) > LARGEST_MESSAGE:
        raise ValueError(f"a live message holds ids only; {len(encoded)} bytes are too many for {topic}")
    return Message(topic, encoded.decode())


def _same_id(text: str, identifier: UUID) -> bool:
    try:
        return UUID(text) == identifier
    except ValueError:
        return False
