"""Themes: folders `themes/<name>/` with a `theme.toml`, colours, a logo, style sheets and templates.

A theme inherits what it does not say from another; `base` is the root of every chain. Colours are roles
(`accent`, `surface`, `danger` …), each given for light and for dark; a theme whose text would be hard to
read is refused when the portal is built.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigurationError
from core.web import colours

THEMES = Path(__file__).resolve().parents[2] / "themes"
ROOT_THEME = "base"
CONTRAST = "contrast"


# A dataclass, not a msgspec struct: the wheel is built where nothing but hatchling is installed.
@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """What `theme.toml` says, without what is inherited."""

    name: str
    title: str
    folder: Path
    inherits: str | None
    logo: str | None
    css: tuple[str, ...]
    light: dict[str, str]
    dark: dict[str, str]

    @property
    def templates(self) -> Path:
        """Folder of the templates that override the portal's; it need not exist."""
        return self.folder / "templates"


def read_themes(folder: Path = THEMES) -> dict[str, Theme]:
    """All themes of a folder by name; raises ConfigurationError with the file and what is wrong in it."""
    return {path.parent.name: _read(path) for path in sorted(folder.glob("*/theme.toml"))}


def _read(path: Path) -> Theme:
    def refuse(what: str) -> ConfigurationError:
        return ConfigurationError(f"Тема {path}: {what}")

    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(str(error)) from error
    if unknown := set(written) - {"name", "title", "inherits", "logo", "css", "light", "dark"}:
        raise refuse("лишние поля " + ", ".join(sorted(unknown)))

    def text(key: str) -> str | None:
        value = written.get(key)
        if value is not None and not isinstance(value, str):
            raise refuse(f"{key} – это строка в кавычках")
        return value

    def scheme(key: str) -> dict[str, str]:
        table = written.get(key, {})
        if not isinstance(table, dict):
            raise refuse(f"{key} – это раздел [{key}]")
        for role, colour in cast("dict[str, Any]", table).items():
            if not isinstance(colour, str) or not colours.is_colour(colour):
                raise refuse(f"{role} = «{colour}», нужен цвет вида #1a2b3c")
        return cast("dict[str, str]", table)

    name, title = text("name"), text("title")
    if name is None or name != path.parent.name:
        raise refuse(f"name = «{name}», а папка называется «{path.parent.name}»")
    if not title:
        raise refuse("нужно название: title")
    css = written.get("css", [])
    if not isinstance(css, list) or not all(isinstance(file, str) for file in cast("list[Any]", css)):
        raise refuse("css – это список имён файлов")
    sheets, logo = tuple(cast("list[str]", css)), text("logo")
    for file in (*sheets, *((logo,) if logo else ())):
        if not (path.parent / file).is_file():
            raise refuse(f"нет файла {file}")
    return Theme(
        name=name,
        title=title,
        folder=path.parent,
        inherits=text("inherits") if name != ROOT_THEME else None,
        logo=logo,
        css=sheets,
        light=scheme("light"),
        dark=scheme("dark"),
    )


def offered(themes: dict[str, Theme]) -> list[Theme]:
    """The themes an organization may choose; «contrast» is each visitor's own choice."""
    return [theme for theme in themes.values() if theme.name != CONTRAST]


def in_force(themes: dict[str, Theme], chosen: str) -> Theme:
    """The theme that pages have where `chosen` is: it may be one that is no longer installed."""
    return themes[chosen if chosen in themes else ROOT_THEME]


def chain(themes: dict[str, Theme], name: str) -> list[Theme]:
    """The theme and what it inherits from, the root first.

    Raises ConfigurationError where a theme of the chain is missing or inherits from itself.
    """
    found: list[Theme] = []
    wanted: str | None = name
    while wanted is not None:
        if wanted not in themes:
            known = ", ".join(sorted(themes))
            raise ConfigurationError(f"Нет темы «{wanted}». Есть: {known}")
        if any(theme.name == wanted for theme in found):
            raise ConfigurationError(f"Тема «{wanted}» наследует сама себя")
        found.insert(0, themes[wanted])
        wanted = themes[wanted].inherits
    return found


def style_names(themes: dict[str, Theme], name: str) -> list[str]:
    """Names of the style sheets of a theme for `Assets.url`, in the order in which pages link them."""
    return [f"theme.{theme.name}.css" for theme in chain(themes, name)]


def logo_name(themes: dict[str, Theme], name: str) -> str:
    """Name of the nearest logo in the chain for `Assets.url`."""
    for theme in reversed(chain(themes, name)):
        if theme.logo:
            return f"theme.{theme.name}.logo{Path(theme.logo).suffix}"
    raise ConfigurationError(f"У темы «{name}» и её предков нет logo")


def style_sheet(themes: dict[str, Theme], name: str) -> str:
    """Style sheet of one theme: its colours, light and dark, and imports of its own files.

    Raises ConfigurationError where a text colour has too little contrast with what it is written on.
    """
    theme, line = themes[name], chain(themes, name)
    imports = "".join(f'@import "{(theme.folder / file).as_posix()}" layer(theme);\n' for file in theme.css)
    sheets: dict[str, str] = {}
    for scheme in ("light", "dark"):
        merged: dict[str, str] = {}
        for ancestor in line:
            merged |= ancestor.light if scheme == "light" else ancestor.dark
        own = theme.light if scheme == "light" else theme.dark
        if not own:
            continue
        whole = colours.complete(merged)
        if poor := colours.unreadable(whole):
            raise ConfigurationError(f"Тема «{name}», {scheme}: слабый контраст: " + "; ".join(poor))
        sheets[scheme] = "".join(f"--{role}:{colour};" for role, colour in whole.items())
    text = f"{imports}@layer tokens{{"
    if "light" in sheets:
        text += f":root{{{sheets['light']}}}"
    if "dark" in sheets:
        colours_of_dark = f"{{{sheets['dark']}}}"
        text += f"@media (prefers-color-scheme:dark){{:root:not([data-appearance=light]){colours_of_dark}}}"
        text += f":root[data-appearance=dark]{colours_of_dark}"
    return text + "}\n"
