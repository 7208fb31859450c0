"""Languages: catalogues of the core and of every plugin, and the gettext functions.

The source language is Russian: message ids are the Russian sentences. `locale/<language>.po` holds a
language's words, `locale/ru.po` only plural forms. A region's own catalogue is merged last and wins.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, Translations

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
                part = _compiled(path, locale)
                merged.merge(part)
                # An empty catalogue counts like English; merging takes over words, not the plural rule.
                merged.plural = part.plural  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
        _catalogues[locale] = merged


def _compiled(path: Path, locale: str) -> Translations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def gettext(message: str) -> str:
    """`message` in the current language."""
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
