"""Languages: catalogues of the core and of every plugin, and the gettext functions.

The source language is Russian: message ids are the Russian sentences. `locale/<language>.po` holds a
language's words, `locale/ru.po` only plural forms. A region's own catalogue is merged last and wins.

Words are translated where they are shown. `gettext` and `ngettext` translate at once; `lazy` is for words of
modules and classes, `sentence` and `counted` for what a service says to whoever will read it.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, Translations
from markupsafe import Markup, escape

LOCALES = {"ru": "Русский", "en": "English"}
current_locale: ContextVar[str] = ContextVar("current_locale", default="ru")
_catalogues: dict[str, Translations] = {}
catalogues_read: int = 0
"""How often catalogues have been read in this process: what was kept from before is stale."""


def load_catalogues(folders: Iterable[Path]) -> None:
    """Read the catalogues of `folders`, later ones winning."""
    global catalogues_read
    catalogues_read += 1
    for locale in LOCALES:
        merged = Translations()
        for folder in folders:
            path = folder / f"{locale}.po"
            if path.is_file():
                part = _compiled(path, path.stat().st_mtime_ns, locale)
                merged.merge(part)
                # An empty catalogue counts like English; merging takes over words, not the plural rule.
                merged.plural = part.plural  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
        _catalogues[locale] = merged


@lru_cache
def _compiled(path: Path, _changed: int, locale: str) -> Translations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class Sentence(str):
    """Words for a person, with the values in them, that are translated where they are shown.

    As a `str` it reads in Russian: so it stands in logs and records and on the command line. Templates,
    answers of the API and `gettext` show it in the language of whoever reads. `message` has `%(name)s`
    where `values` go; `many` is its plural, chosen by the value `count`. Made by `sentence` and `counted`.
    """

    message: str
    many: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, values: Mapping[str, Any], many: str = "") -> Sentence:
        with speaking("ru"):
            known = {name: _kept(value) for name, value in values.items()}
            made = super().__new__(cls, _filled(message, known, many) if known else message)
        made.message, made.values, made.many = message, known, many
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any], str]:  # type: ignore[override]
        return self.message, self.values, self.many

    def __html__(self) -> Markup:
        return escape(gettext(self))


def sentence(message: str, /, **values: object) -> Sentence:
    """`message` with its `%(name)s` filled in, translated where it is shown.

    A day among the values is written as people do, and one that is a sentence itself is translated too.
    """
    known = _kept(message)
    return known if isinstance(known, Sentence) else Sentence(message, values)


def counted(one: str, many: str, count: int, /, **values: object) -> Sentence:
    """The form of a phrase that goes with `count`: `counted("%(count)s урок", "%(count)s уроков", 5)`."""
    return Sentence(one, {"count": count, **values}, many)


def _kept(value: object) -> str | float:
    """A value as a sentence keeps it: a text, a number, or a sentence of its own."""
    if isinstance(value, LazyProxy):
        return sentence(str(value))
    if isinstance(value, date):
        return show_short_day(value)
    return value if isinstance(value, str | float | int) else str(value)


def _filled(message: str, values: Mapping[str, Any], many: str) -> str:
    """The sentence in the current language."""
    words = ngettext(message, many, values["count"]) if many else gettext(message)
    return words % {name: _said(value) for name, value in values.items()} if values else words


def _said(value: str | float) -> str | float:
    return gettext(value) if isinstance(value, Sentence) else value


def show_short_day(day: date) -> str:
    """«23.11.2026»."""
    return format_date(day, "dd.MM.yyyy", locale=current_locale.get())


@contextmanager
def speaking(locale: str) -> Generator[None]:
    """Within it, words are in the language `locale`."""
    before = current_locale.set(locale)
    try:
        yield
    finally:
        current_locale.reset(before)


def gettext(message: str) -> str:
    """`message` in the current language."""
    if isinstance(message, Sentence):
        return _filled(message.message, message.values, message.many)
    if isinstance(message, LazyProxy):
        return str(message)
    catalogue = _catalogues.get(current_locale.get())
    return catalogue.gettext(message) if catalogue and message else message


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a phrase that goes with `count`: «1 урок», «2 урока», «5 уроков»."""
    catalogue = _catalogues.get(current_locale.get())
    if catalogue is None:
        return one if count == 1 else many
    return catalogue.ngettext(one, many, count)


def lazy(message: str) -> str:
    """A sentence translated each time it is shown: for values made when a module is loaded."""
    return LazyProxy(gettext, message, enable_cache=False)  # pyright: ignore[reportReturnType]
