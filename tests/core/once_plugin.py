"""A small plugin whose only change ends in every way a change can end, for the tests of idempotency keys."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Response, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body, FromPath
from sqlalchemy import func, select

from core import config as configuration
from core import idempotency
from core.app import create_app
from core.contributions import Manifest
from core.database.base import new_id
from core.database.engine import Database
from core.errors import Conflict
from core.hooks import hookimpl
from core.identity.models import Person
from core.portal import Portal
from core.web.cookies import SESSION
from core.web.guards import signed_in

NAME = "once"
entered = threading.Semaphore(0)
gate = threading.Event()
mortal = threading.Event()


def die() -> None:
    """Kill -9, in a process of its own; in that of the tests nothing."""
    if mortal.is_set():
        os.kill(os.getpid(), signal.SIGKILL)


class NameForm(msgspec.Struct, kw_only=True):
    """Whom to add."""

    name: str


@post("/once/{how:str}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def add(
    database: NamedDependency[Database],
    how: FromPath[str],
    data: Annotated[NameForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Add a person; `how` says what becomes of it."""
    if how == "slowly":
        entered.release()
        assert gate.wait(30)
    with database.transaction() as db:
        db.add(Person(id=new_id(), last_name=data.name, first_name="Анна", source=NAME))
        db.flush()
        if how == "refused" and data.name == "Плохая":
            raise Conflict("Так не бывает.")
        if how == "breaks":
            raise RuntimeError("до записи")
        if how == "dies-before":
            die()
    if how == "breaks-after":
        raise RuntimeError("после записи")
    if how == "dies-after":
        die()
    if how == "long":
        return Response("а" * idempotency.LONGEST_BODY, media_type=MediaType.HTML)
    cookies = [Cookie(SESSION, "x")] if how == "signs-in" else []
    return Response("", status_code=303, headers={"location": f"/once/{new_id()}"}, cookies=cookies)


def added(portal: Portal, name: str) -> int:
    """How many people of this name there are."""
    with portal.database.reading(fresh=True) as db:
        found = select(func.count()).where(Person.source == NAME, Person.last_name == name)
        return db.scalars(found).one()


@hookimpl
def manifest() -> Manifest:
    return Manifest(name=NAME, title="Один раз", version="1", core_api=">=1.0", on_by_default=True)


@hookimpl
def routes() -> Sequence[Any]:
    return [add]


def plug_in(portal: Portal) -> Portal:
    """Take this plugin into `portal`, as if its wheel were installed."""
    module = ModuleType(NAME)
    module.__file__ = __file__
    for hook in (manifest, routes):
        setattr(module, hook.__name__, hook)
    plugin = portal.plugins.register(NAME, module, NAME, "1")
    plugin.contributions["routes"] = tuple(routes())
    portal.plugins.loaded[NAME] = plugin
    return portal


def app() -> Litestar:
    """The portal with this plugin, for a server in a process of its own."""
    mortal.set()
    return create_app(plug_in(Portal(configuration.load())))
