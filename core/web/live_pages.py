"""Live updates for browsers: one stream of server-sent events for all topics of a page."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator
from types import FrameType
from typing import Any

import anyio.to_thread
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from core.errors import Forbidden, Invalid
from core.identity.sessions import Visit, actor_of_session
from core.portal import Portal
from core.realtime import RESYNC, Subscription
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.i18n import sentence

MOST_TOPICS = 50
HEARTBEAT_SECONDS = 15.0
"""A comment this often keeps proxies from closing the stream and shows whether the browser is there."""

RECHECK_SECONDS = 60.0
"""How often the stream asks whether its sign-in and its rights still hold."""

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@get("/live", guards=[signed_in], include_in_schema=False)
async def live(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    topic: FromQuery[list[str]],
) -> Stream:
    """Messages of the topics as they come: `data: {"topic": …, ids and versions}`.

    `event: resync` means that messages were lost; the stream then ends, and the browser, on connecting
    again, fetches what it shows. Raises `Forbidden` if one topic is not for this visitor.
    """
    topics = list(dict.fromkeys(topic))
    if not 0 < len(topics) <= MOST_TOPICS:
        raise Invalid(
            sentence("Можно следить за 1–%(most)s темами сразу.", most=MOST_TOPICS),
            advice="Обновите страницу.",
        )
    _end_streams_at_shutdown(portal)
    # Subscribed before the rights are asked: nothing is missed between the page and the stream.
    subscription = portal.live.subscribe(topics)
    try:
        await anyio.to_thread.run_sync(_authorize, portal, actor, topics)
    except BaseException:
        subscription.close()
        raise
    return Stream(
        _events(portal, visit, topics, subscription),
        media_type="text/event-stream",
        headers=HEADERS,
        status_code=200,
    )


def _authorize(portal: Portal, actor: Actor, topics: list[str]) -> None:
    with portal.database.reading() as db:
        if not all(portal.live.may_listen(db, actor, topic) for topic in topics):
            raise Forbidden(
                "Следить за этими изменениями в вашей роли нельзя.",
                advice="Обновите страницу или выберите другую роль в шапке.",
            )


async def _events(
    portal: Portal, visit: Visit, topics: list[str], subscription: Subscription
) -> AsyncIterator[str]:
    async with subscription:
        yield "retry: 5000\n: connected\n\n"
        checked = time.monotonic()
        while True:
            try:
                message = await subscription.within(HEARTBEAT_SECONDS)
            except StopAsyncIteration:
                return
            if time.monotonic() - checked > RECHECK_SECONDS:
                checked = time.monotonic()
                if not await anyio.to_thread.run_sync(_may_go_on, portal, visit, topics):
                    return
            if message is None:
                yield ": \n\n"
            elif message is RESYNC:
                yield "event: resync\ndata: {}\n\n"
                return
            else:
                yield f"data: {message.json}\n\n"


def _may_go_on(portal: Portal, visit: Visit, topics: list[str]) -> bool:
    """Whether the session holds, in the same role (a change of role changes its token), with its rights."""
    with portal.database.reading(fresh=True) as db:
        actor = actor_of_session(db, visit.token_hash)
        return actor is not None and all(portal.live.may_listen(db, actor, topic) for topic in topics)


def _end_streams_at_shutdown(portal: Portal) -> None:
    """Have SIGTERM and SIGINT end the streams, besides what the server does at them.

    A server that stops waits for its open connections before it tells the application, and a stream
    never ends by itself. Done at the first stream: the server has set its own handlers by then.
    """
    if portal.live.ends_at_shutdown or threading.current_thread() is not threading.main_thread():
        return
    portal.live.ends_at_shutdown = True
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def end(received: int, frame: FrameType | None, before: Any = before) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(portal.live.end_subscriptions)
            if callable(before):
                before(received, frame)

        signal.signal(number, end)


live_routes = [live]
