"""Translation catalogues: `write` brings them up to date with the sources, `check` finds what is missing.

Message ids are Russian. Every area (the core, each plugin) has `locale/en.po` with all of its sentences and
`locale/ru.po` with those that have plural forms. Sentences are found in templates and in Python: arguments
of `_`, `gettext`, `ngettext` and `lazy`, the words of errors, and titles and descriptions of `Meta`.
"""

from __future__ import annotations

import ast
import io
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
MARKS = {"_", "gettext", "lazy", "sentence"}
PLURAL_FORMS = {
    "en": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20)"
    " ? 1 : 2);",
}
HEADER = """msgid ""
msgstr ""
"Language: {locale}\\n"
"Plural-Forms: {plural_forms}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
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


def sources_of(folder: Path) -> list[Path]:
    """The Python files whose sentences people meet on pages.

    Not the command line and what it runs (Russian only), nor settings of an installation and the programs'
    interface, whose descriptions are documentation.
    """
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not {"cli", "testing", "migrations", "stand"} & set(path.relative_to(ROOT).parts[:-1])
        and path.relative_to(ROOT).as_posix() != "core/config.py"
    ]


def messages_of(name: str, folder: Path) -> dict[Message, str]:
    """The sentences of an area, each with a place where it stands."""
    found: dict[Message, str] = {}
    for path in sources_of(folder):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        in_api = path.name == "api.py" or path.parent.name == "api"
        for message in in_python(tree, with_meta=not in_api):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
    for path in sorted(templates_of(name, folder)):
        with path.open("rb") as file:
            for _line, function, message, _comments in babel_extract(
                file, ("_", "gettext", "ngettext"), (), options
            ):
                if function == "ngettext" and isinstance(message, tuple):
                    key: Message = cast("tuple[str, str]", message[:2])
                else:
                    key = message if isinstance(message, str) else str(message[0])
                found.setdefault(key, path.relative_to(ROOT).as_posix())
    return {message: place for message, place in found.items() if message}


def in_python(tree: ast.Module, *, with_meta: bool = True) -> Iterator[Message]:
    """The sentences of a Python module; `with_meta` takes in the labels of forms."""
    documentation = {id(node) for each in ast.walk(tree) if is_configuration(each) for node in ast.walk(each)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in documentation:
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [text_of(argument) for argument in node.args]
        keywords = {each.arg: text_of(each.value) for each in node.keywords}
        if function == "ngettext" and len(texts) >= 2 and texts[0] and texts[1]:
            yield texts[0], texts[1]
        elif function in MARKS and texts and texts[0]:
            yield texts[0]
        elif function in ERRORS:
            yield from filter(None, (*texts[:1], keywords.get("advice")))
            for each in node.keywords:
                if each.arg == "fields" and isinstance(each.value, ast.Dict):
                    yield from filter(None, map(text_of, each.value.values))
        elif function == "Meta" and with_meta:
            yield from filter(None, (keywords.get("title"), keywords.get("description")))
            for each in node.keywords:
                if each.arg == "extra_json_schema":
                    yield from titles_of_choices(each.value)


def is_configuration(node: ast.AST) -> bool:
    """Whether a class says how an installation is set up (environment variables, `configuration()`)."""
    return isinstance(node, ast.ClassDef) and "environment" in (ast.get_docstring(node) or "").lower()


def titles_of_choices(node: ast.expr) -> Iterator[str]:
    """The words in `extra_json_schema={"titles": {value: words}}`."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and text_of(key) == "titles" and isinstance(value, ast.Dict):
                yield from filter(None, map(text_of, value.values))


def text_of(node: ast.expr) -> str | None:
    """The text of a literal, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def catalogue(path: Path, locale: str) -> Catalog:
    """The catalogue in a file, or an empty one."""
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=locale)
    return Catalog(locale=locale)


def known_words(old: Catalog, message: Message) -> str | tuple[str, ...]:
    """What a catalogue has for a message: nothing if it has become a plural one or ceased to be."""
    entry = old.get(message[0] if isinstance(message, tuple) else message)
    if entry is None or isinstance(entry.string, str) == isinstance(message, tuple):
        return "" if isinstance(message, str) else ("",) * old.num_plurals
    return entry.string


def write() -> None:
    """Add new sentences to the catalogues and drop those that are gone."""
    for name, folder in areas():
        messages = messages_of(name, folder)
        for locale, plural_forms in PLURAL_FORMS.items():
            path = folder / "locale" / f"{locale}.po"
            wanted = [each for each in messages if locale != "ru" or isinstance(each, tuple)]
            if not wanted:
                path.unlink(missing_ok=True)
                continue
            old = catalogue(path, locale)
            new = Catalog(locale=locale, fuzzy=False)
            for message in wanted:
                new.add(message, known_words(old, message))
            body = io.BytesIO()
            write_po(body, new, omit_header=True, sort_output=True, no_location=True, width=110)
            path.parent.mkdir(exist_ok=True)
            head = HEADER.format(locale=locale, plural_forms=plural_forms)
            path.write_text(head + body.getvalue().decode().rstrip("\n") + "\n", encoding="utf-8")


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
