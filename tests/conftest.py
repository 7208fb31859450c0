"""Fixtures of all tests; those for vendors live in `core.testing`."""

from core.testing import postgres

pytest_plugins = ["core.testing.fixtures"]


def pytest_sessionstart() -> None:
    """Our own tests never skip PostgreSQL: without it they stop here and say what to install."""
    postgres.find_binaries()
