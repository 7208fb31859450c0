"""Translation catalogues: `write` brings them up to date with the sources, `check` finds what is missing.

Message ids are Russian. Every area (the core, each plugin) has `locale/en.po` with all of its sentences and
`locale/ru.po` with those that have plural forms. Sentences are found in templates and in Python: arguments
of `_`, `gettext`, `lazy`, `sentence`, `ngettext` and `counted`, the words of errors and of remarks in import
reports, and titles of `Meta` with their descriptions. `check` also refuses Russian words that stand elsewhere and so
would never be translated (`scripts.stray_words`).
"""

from __future__ import annotations

import ast
import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from scripts.marked_words import Message, configurations_of, errors_of, in_python
from scripts.stray_words import stray_words

ROOT = Path(__file__).resolve().parent.parent
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

    Russian on purpose are: the command line and what it runs, `core.testing`, demonstration data, migrations,
    the stand of ESIA, settings of an installation with the errors about them and about plugins and themes
    that do not load (`ConfigurationError`), records of changes with their reasons, and descriptions of the
    programs' interface, which are documentation.
    """
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not {"cli", "demo", "testing", "migrations", "stand"} & set(path.relative_to(ROOT).parts[:-1])
        and path.name != "demo.py"
        and path != ROOT / "core" / "config.py"
    ]


def messages_of(name: str, folder: Path) -> dict[Message, str]:
    """The sentences of an area, each with a place where it stands."""
    found: dict[Message, str] = {}
    if name == "core":
        for path in sorted((ROOT / "themes").glob("*/theme.toml")):
            title = tomllib.loads(path.read_text(encoding="utf-8"))["title"]
            found.setdefault(title, path.relative_to(ROOT).as_posix())
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources_of(folder)}
    documented, errors = configurations_of(trees.values()), errors_of(trees.values())
    for path, tree in trees.items():
        for message in in_python(tree, documented, errors):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
    for path in sorted(templates_of(name, folder)):
        with path.open("rb") as file:
            for _line, function, message, _comments in babel_extract(
                file, ("_", "gettext", "ngettext"), (), options
            ):
                first, *rest = message if isinstance(message, tuple) else (message,)
                if first is None:
                    continue
                key: Message = (first, str(rest[0])) if function == "ngettext" else first
                found.setdefault(key, path.relative_to(ROOT).as_posix())
    return {message: place for message, place in found.items() if message}


def catalogue(path: Path, locale: str) -> Catalog:
    """The catalogue in a file, or an empty one."""
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=locale)
    return Catalog(locale=locale)


def known_words(old: Catalog, message: Message) -> str | tuple[str, ...]:
    """What a catalogue has for a message: nothing if it has become a plural one or ceased to be."""
    entry = old.get(message[0] if isinstance(message, tuple) else message)
    if isinstance(message, str):
        return entry.string if entry is not None and isinstance(entry.string, str) else ""
    if entry is None or isinstance(entry.string, str):
        return ("",) * old.num_plurals
    return tuple(str(each) for each in entry.string or ())


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


def missing() -> list[str]:
    """What is not translated, one line for each sentence."""
    lines: list[str] = []
    for name, folder in areas():
        messages = messages_of(name, folder)
        for locale in PLURAL_FORMS:
            known = catalogue(folder / "locale" / f"{locale}.po", locale)
            for message, place in messages.items():
                if locale == "ru" and not isinstance(message, tuple):
                    continue
                words = known_words(known, message)
                entry = known.get(message[0] if isinstance(message, tuple) else message)
                done = bool(words) and all(words) and not (entry and entry.fuzzy)
                if isinstance(message, tuple):
                    done = done and len(words) == known.num_plurals
                if not done:
                    lines.append(f"{name}/{locale}: {message!r} ({place})")
    return lines


def strays_of(name: str, folder: Path) -> list[str]:
    """Russian words of an area that no catalogue has and people would meet in any language, one line for each."""
    messages = messages_of(name, folder)
    known = {text for each in messages for text in (each if isinstance(each, tuple) else (each,))}
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {words!r}"
        for path in sources_of(folder)
        for number, words in stray_words(ast.parse(path.read_text(encoding="utf-8")), known)
    ]


def check() -> int:
    """Say what is not translated, or can not be; 1 if there is anything."""
    stray = [line for area in areas() for line in strays_of(*area)]
    found = missing()
    if stray:
        print(*stray, sep="\n")
        print(f"Слова мимо каталогов: {len(stray)}. Значения передают так: sentence('… %(name)s …', name=…).")
    if found:
        print(*found, sep="\n")
        print(f"Не переведено: {len(found)}. Добавьте в locale/*.po (make docs вносит новые строки).")
    return 1 if stray or found else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    else:
        sys.exit(check())
