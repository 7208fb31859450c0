"""Fixtures of all tests; those for vendors live in `core.testing`."""

import pytest
import structlog

from core.testing import postgres

pytest_plugins = ["core.testing.fixtures", "tests.browser.browsers"]


def pytest_sessionstart() -> None:
    """Our own tests never skip PostgreSQL: without it they stop here and say what to install."""
    postgres.find_binaries()


def pytest_configure(config: pytest.Config) -> None:
    """The marks our tests use; a traceback in the log is plain text: a drawn one takes a second each."""
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], console])
    config.addinivalue_line("markers", "only_postgresql: about something SQLite does not have")
    config.addinivalue_line("markers", "only_sqlite: about templates, where one kind of database is enough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot be, as tests of PostgreSQL's own bus on SQLite, and what would be seen twice."""

    def impossible(item: pytest.Item) -> bool:
        values = getattr(item, "callspec", None)
        engine = values.params.get("engine") if values is not None else None
        if engine == "postgresql":
            return bool(item.get_closest_marker("only_sqlite"))
        if values is None or engine != "sqlite":
            return False
        return values.params.get("shared") == "database" or bool(item.get_closest_marker("only_postgresql"))

    left_out = [item for item in items if impossible(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not impossible(item)]
