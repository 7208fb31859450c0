"""Fixtures of all tests; those for vendors live in `core.testing`."""

pytest_plugins = ["core.testing.fixtures"]
