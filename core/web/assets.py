"""Addresses of built style sheets, scripts, pictures and icons."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec
from markupsafe import Markup, escape

from core.errors import ConfigurationError

STATIC = Path(__file__).resolve().parents[1] / "static"
_UNKNOWN_ICON = "puzzle"


class _Manifest(msgspec.Struct):
    inputs: str
    files: dict[str, str]
    icons: list[str]


class Assets:
    """Knows under which name with a hash each built file lies; reads the manifest once.

    Raises ConfigurationError when the browser's side has not been built.
    """

    def __init__(self, folder: Path = STATIC, prefix: str = "/static/") -> None:
        try:
            manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
        except FileNotFoundError as error:
            raise ConfigurationError("Интерфейс не собран. Соберите его: make install") from error
        except msgspec.DecodeError as error:
            raise ConfigurationError("Интерфейс собран не весь. Соберите его снова: make install") from error
        self.version = manifest.inputs
        """Changes whenever the built files do; part of the tags of cached pages."""
        self._urls = {name: prefix + file for name, file in manifest.files.items()}
        self._icon_names = frozenset(manifest.icons)
        self._icons: dict[str, Markup] = {}

    def url(self, name: str) -> str:
        """Address of a built file by its plain name: `core.css`, `journal.grid.js`, `theme.base.logo.svg`."""
        try:
            return self._urls[name]
        except KeyError:
            raise ConfigurationError(
                f"В собранном интерфейсе нет «{name}». Соберите его снова: make install"
            ) from None

    def has(self, name: str) -> bool:
        """Whether a file of this plain name was built."""
        return name in self._urls

    def icon(self, name: str, title: str = "") -> Markup:
        """An icon as inline SVG that refers to the sprite; decorative unless it has a `title`.

        A name that the sprite does not have (of a plugin made for a later portal) gives the plugins' icon.
        """
        key = f"{name}\n{title}"
        found = self._icons.get(key)
        if found is None:
            shown = name if name in self._icon_names else _UNKNOWN_ICON
            use = f'<use href="{self._sprite}#{shown}"/></svg>'
            about = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
            found = self._icons[key] = Markup(f'<svg class="icon" {about}>{use}')  # noqa: S704
        return found

    @cached_property
    def _sprite(self) -> str:
        return self.url("icons.svg")
