"""Translation catalogues: `write` brings them up to date with the sources, `check` finds what is missing.

Message ids are Russian. Every area (the core, each plugin) has `locale/en.po` with all of its sentences and
`locale/ru.po` with those that have plural forms. Sentences are found in templates and in Python: arguments
of `_`, `gettext`, `ngettext` and `lazy`, the words of errors, and titles and descriptions of `Meta`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
ERRORS = {
    "PortalError",
    "Invalid",
    "SignInNeeded",
    "Forbidden",
    "NotFound",
    "Conflict",
    "TooLarge",
    "TooMany",
    "Unavailable",
}
Message = str | tuple[str, str]


def areas() -> Iterator[tuple[str, Path]]:
    """Every area with translations: its name and folder."""
    yield "core", ROOT / "core"
    for folder in sorted((ROOT / "plugins").iterdir()):
        if (folder / "plugin.py").exists():
            yield folder.name, folder


def templates_of(name: str, folder: Path) -> list[Path]:
    """The templates whose words belong to an area; the themes' belong to the core."""
    found = [*folder.rglob("templates/**/*.html")]
    return found + ([*(ROOT / "themes").rglob("*.html")] if name == "core" else [])


def messages_of(name: str, folder: Path) -> dict[Message, str]:
    """The sentences of an area, each with a place where it stands."""
    found: dict[Message, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for message in in_python(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(message, str(path.relative_to(ROOT)))
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
    for path in sorted(templates_of(name, folder)):
        with path.open("rb") as file:
            for _line, function, message, _comments in babel_extract(
                file, ("_", "gettext", "ngettext"), (), options
            ):
                if function == "ngettext" and isinstance(message, tuple):
                    found.setdefault(cast("tuple[str, str]", message[:2]), str(path.relative_to(ROOT)))
                elif isinstance(message, str):
                    found.setdefault(message, str(path.relative_to(ROOT)))
    return {message: place for message, place in found.items() if message}


def in_python(tree: ast.Module) -> Iterator[Message]:
    """The sentences of a Python module."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [text_of(argument) for argument in node.args]
        keywords = {each.arg: text_of(each.value) for each in node.keywords}
        if function == "ngettext" and len(texts) >= 2 and texts[0] and texts[1]:
            yield texts[0], texts[1]
        elif function in ("_", "gettext", "lazy") and texts and texts[0]:
            yield texts[0]
        elif function in ERRORS:
            yield from filter(None, (*texts[:1], keywords.get("advice")))
        elif function == "Meta":
            yield from filter(None, (keywords.get("title"), keywords.get("description")))


def text_of(node: ast.expr) -> str | None:
    """The text of a literal, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def catalogue(path: Path, locale: str) -> Catalog:
    """The catalogue in a file, or an empty one."""
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=locale)
    return Catalog(locale=locale)


def write() -> None:
    """Add new sentences to the catalogues and drop those that are gone."""
    for name, folder in areas():
        messages = messages_of(name, folder)
        for locale in ("en", "ru"):
            path = folder / "locale" / f"{locale}.po"
            old = catalogue(path, locale)
            new = Catalog(locale=locale, fuzzy=False, creation_date=None, revision_date=None)
            for message in messages:
                if locale == "ru" and not isinstance(message, tuple):
                    continue
                key = message[0] if isinstance(message, tuple) else message
                known = old.get(key)
                new.add(message, known.string if known else "")
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as file:
                write_po(file, new, omit_header=False, sort_output=True, no_location=True, width=110)
            text = path.read_text(encoding="utf-8")
            kept = [
                line
                for line in text.splitlines()
                if not line.startswith(('"POT-', '"PO-Revision', '"Generated'))
            ]
            path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def check() -> int:
    """Say what is not translated; 1 if anything is missing."""
    missing = 0
    for name, folder in areas():
        messages = messages_of(name, folder)
        for locale in ("en", "ru"):
            known = catalogue(folder / "locale" / f"{locale}.po", locale)
            for message, place in messages.items():
                plural = isinstance(message, tuple)
                if locale == "ru" and not plural:
                    continue
                entry = known.get(message[0] if plural else message)
                strings = entry.string if entry else ()
                done = all(strings) and len(strings) == known.num_plurals if plural else bool(strings)
                if not done or (entry and entry.fuzzy):
                    missing += 1
                    print(f"{name}/{locale}: {message!r} ({place})")
    if missing:
        print(f"Не переведено: {missing}. Добавьте в locale/*.po (make docs вносит новые строки).")
    return 1 if missing else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    else:
        sys.exit(check())
