"""Applications for tests: building one takes half a second, so one that is over serves the next portal."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Hashable
from contextlib import contextmanager

from litestar import Litestar

from core.app import create_app
from core.portal import Portal
from core.web.templating import Templates

_idle: deque[tuple[Hashable, Litestar, Templates]] = deque(maxlen=4)


@contextmanager
def application(portal: Portal) -> Generator[Litestar]:
    """The application of `portal`, till the end of the block: its own, or one built of the same plugins."""
    kind = _kind(portal)
    found = next((each for each in _idle if each[0] == kind), None)
    if found is None:
        app = create_app(portal)
    else:
        _idle.remove(found)
        _, app, portal.templates = found
        app.state.portal = portal
    yield app
    _idle.append((kind, app, portal.templates))


def _kind(portal: Portal) -> Hashable:
    """What an application is built of, beside the core's code."""
    plugins = tuple(
        (plugin.name, plugin.folder, plugin.of("routes")) for plugin in portal.plugins.loaded.values()
    )
    return plugins, portal.config.upload_limit_mb
