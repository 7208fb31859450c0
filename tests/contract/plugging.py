"""Plugins made on the spot: a module object with hooks and the metadata of an installed package.

The portal finds them as it finds any vendor's wheel, by the entry points of what lies on `sys.path`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType

from core.database import Database, Session
from core.hooks import Manifest, Permission, Reach, hookimpl
from core.portal import Portal
from core.roles.actor import Actor
from core.testing import PortalUnderTest
from core.testing.portal import running

HEAD_ONLY = Permission(
    name="tiny.thing.change", title="Менять", grants={"head": Reach.ORGANIZATION}, changes=True
)


class Workshop:
    """Makes plugins, and running portals that have them installed beside nothing else."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, make_portal: Callable[..., Portal], stack: ExitStack
    ) -> None:
        self._folder = folder
        self._patch = patch
        self._make_portal = make_portal
        self._stack = stack
        self.names: list[str] = []
        patch.syspath_prepend(str(folder))

    def plugin(
        self,
        name: str = "tiny",
        *,
        about: Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        **hooks: Any,
    ) -> ModuleType:
        """Install a plugin that is on everywhere.

        `hooks` are what each hook returns, or a function that returns it; `about` adds to the manifest;
        `files` are written beside the plugin's module: templates, static files, migrations.
        """
        package = f"{name}_plugin"
        home = self._folder / package
        home.mkdir()
        for place, text in (files or {}).items():
            path = home / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        module = ModuleType(package)
        module.__file__ = str(home / "plugin.py")
        manifest = Manifest(
            **{
                "name": name,
                "title": f"Плагин {name}",
                "version": "1.0",
                "core_api": ">=1.0,<2",
                "on_by_default": True,
                **(about or {}),
            }
        )
        for hook, given in {"manifest": manifest, **hooks}.items():
            setattr(module, hook, hookimpl(_returning(given)))
        self._patch.setitem(sys.modules, package, module)
        self.entry_point(name, package)
        return module

    def entry_point(self, name: str, module: str) -> None:
        """Let the installed packages name a plugin, whether its module can be imported or not."""
        metadata = self._folder / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[moyashkola.plugins]\n{name} = {module}\n")
        self.names.append(name)

    def portal(self, **settings: Any) -> Portal:
        """A portal with the plugins made so far."""
        return self._make_portal(plugins=list(self.names), **settings)

    def running(self, **settings: Any) -> PortalUnderTest:
        """The same, serving."""
        return self._stack.enter_context(running(self.portal(**settings)))


def _returning(given: Any) -> Callable[[], Any]:
    def hook() -> Any:
        return given() if callable(given) and not isinstance(given, type) else given

    return hook


def broken(*_anything: Any, **_more: Any) -> Any:
    """What a plugin should not do."""
    raise RuntimeError("плагин сломан")


def page(path: str, show: Callable[[Session, Actor], str], **options: Any) -> Any:
    """A route that answers GET with what `show` says."""

    @get(path, sync_to_thread=True, media_type=MediaType.TEXT, **options)
    def handler(
        request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
    ) -> str:
        with database.reading(fresh=True) as db:
            return show(db, actor)

    return handler


def button(path: str, act: Callable[[Session, Actor], object], **options: Any) -> Any:
    """A route that answers POST by having `act` change something."""

    @post(path, sync_to_thread=True, status_code=200, **options)
    def handler(
        request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
    ) -> str:
        with database.transaction() as db:
            return str(act(db, actor))

    return handler
