"""The portal's fixtures: `portal` is a running portal with a demo school."""

pytest_plugins = ["core.testing.fixtures"]
