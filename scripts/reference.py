"""The generated parts of docs/: hooks, settings, permissions, commands. `write` makes them, `check` compares."""

from __future__ import annotations

import inspect
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import msgspec
from msgspec import Meta

from core import hooks
from core.app import create_app
from core.cli import cli
from core.config import PREFIX, Config
from core.plugins import CONTRIBUTIONS, Plugins
from core.portal import Portal
from core.roles.grants import Grants
from core.web.guards import GuardedRoute, guarded_routes

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Создано из кода: make docs. Не правьте вручную. -->\n"
REACH = {"OWN": "своё", "ORGANIZATION": "организация", "BELOW": "и ниже"}


def hooks_page() -> Iterator[str]:
    """Every hook with its signature and what it is for."""
    yield "# Точки расширения\n"
    yield inspect.cleandoc(hooks.__doc__ or "") + "\n"
    for name in ("manifest", "configuration", "settings", *CONTRIBUTIONS):
        function = getattr(hooks, name)
        returns = str(inspect.signature(function).return_annotation)
        yield f"## `{name}() -> {returns}`\n"
        yield inspect.cleandoc(function.__doc__ or "") + "\n"
    yield "# Что они возвращают\n"
    for name in sorted(hooks.__all__):
        kind = getattr(hooks, name)
        if not isinstance(kind, type):
            continue
        yield f"## `{name}`\n"
        yield inspect.cleandoc(kind.__doc__ or "") + "\n"
        if issubclass(kind, msgspec.Struct):
            yield "```python"
            defaults = dict(
                zip(reversed(kind.__struct_fields__), reversed(kind.__struct_defaults__), strict=False)
            )
            for name_of_field in kind.__struct_fields__:
                default = defaults.get(name_of_field, msgspec.NODEFAULT)
                shown = "" if default is msgspec.NODEFAULT else f" = {value_of(default)!r}"
                yield f"{name_of_field}: {kind.__annotations__.get(name_of_field, '')}{shown}"
            yield "```\n"


def value_of(default: Any) -> Any:
    """A struct's default value; mutable ones are kept as factories."""
    return default.factory() if hasattr(default, "factory") else default


def default_of(field: msgspec.structs.FieldInfo) -> str:
    """A field's default as Python shows it."""
    if field.default is not msgspec.NODEFAULT:
        return repr(field.default)
    factory: Any = field.default_factory
    return repr(factory())


def settings_page(plugins: Plugins) -> Iterator[str]:
    """Every setting of the installation, the core's and the plugins'."""
    yield "# Настройки установки\n"
    yield "Файл `moyashkola.toml` (в текущей папке или в папке данных) и переменные окружения; переменная сильнее.\n"
    yield "| в файле | переменная | по умолчанию | что это |\n|---|---|---|---|"
    for field, words in documented(Config):
        if field.name not in ("plugin_sections", "environment"):
            yield setting_row(field, words, PREFIX, "")
    for plugin in plugins.loaded.values():
        if plugin.configuration is not None:
            prefix = PREFIX + (plugin.manifest.settings_prefix or plugin.name.upper()) + "_"
            yield f"\n## Плагин {plugin.name}\n\nВ файле – раздел `[plugins.{plugin.name}]`.\n"
            yield "| в файле | переменная | по умолчанию | что это |\n|---|---|---|---|"
            for field, words in documented(type(plugin.configuration)):
                yield setting_row(field, words, prefix, "")


def setting_row(field: msgspec.structs.FieldInfo, words: str, prefix: str, indent: str) -> str:
    """A line of the table of settings."""
    default = "" if field.required else default_of(field)
    return f"{indent}| `{field.name}` | `{prefix}{field.name.upper()}` | `{default}` | {words} |"


def documented(kind: type[msgspec.Struct]) -> Iterator[tuple[msgspec.structs.FieldInfo, str]]:
    """Fields of a settings struct, each with the description of its `Meta`; empty where it has none."""
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        metas = [each for each in get_args(hints[field.name])[1:] if isinstance(each, Meta)]
        yield field, next((each.description or "" for each in metas), "")


def permissions_page(grants: Grants, routes: Sequence[GuardedRoute]) -> Iterator[str]:
    """Which role kind has which permission and how far, what each permission opens, and every API scope."""
    kinds = sorted(grants.kinds.values(), key=lambda kind: kind.order)
    yield "# Права\n\nКто что может, пока регион ничего не изменил в разделе «Что может роль», и что это открывает."
    yield "Охват: «своё» – свои классы, дети, запросы и своя учётная запись; «организация» – вся организация роли;"
    yield "«и ниже» – эта организация и все подчинённые. Пусто – права нет, адрес отвечает отказом (403)."
    yield "Каждый адрес с каждой ролью проверяет `tests/core/test_every_route.py`.\n"
    yield "## Кто что может\n"
    yield f"| право | что позволяет | {' | '.join(str(kind.title) for kind in kinds)} |"
    yield f"|---|---|{'---|' * len(kinds)}"
    for name, permission in sorted(grants.permissions.items()):
        held = grants.holders(name)
        cells = (REACH[held[kind.name].name] if kind.name in held else "" for kind in kinds)
        yield f"| `{name}` | {permission.title} | {' | '.join(cells)} |"
    yield "\n## Какие адреса открывает право\n\n| право | страницы | API |\n|---|---|---|"
    for name in sorted(grants.permissions):
        mine = [route for route in routes if route.permission == name]
        pages, api = ([str(each) for each in mine if each.documented is is_api] for is_api in (False, True))
        yield f"| `{name}` | {listed(pages)} | {listed(api)} |"
    yield "\nПраво без адресов проверяют службы: оно решает, что видно и что можно внутри страниц с другим правом.\n"
    yield "## Адреса без отдельного права\n"
    yield f"- Каждому вошедшему: {listed(each for each in routes if each.signed_in and not each.permission)}."
    free = [each for each in routes if not each.signed_in and not each.permission]
    yield f"- Без условия; если без входа ответить нечего, войти просит сам обработчик: {listed(free)}."
    yield "\n# Области доступа API\n\n| область | что позволяет | права |\n|---|---|---|"
    for name, scope in sorted(grants.scopes.items()):
        yield f"| `{name}` | {scope.title} | {', '.join(f'`{each}`' for each in scope.permissions)} |"


def listed(routes: Iterable[object]) -> str:
    """Addresses for a cell of a table."""
    return ", ".join(f"`{each}`" for each in sorted(map(str, routes)))


def commands_page() -> Iterator[str]:
    """The help of every command."""
    yield "# Команды\n"
    yield from command_help(cli, "moyashkola", click.Context(cli, info_name="moyashkola"))


def command_help(command: click.Command, name: str, context: click.Context) -> Iterator[str]:
    """The help of a command and of those under it."""
    yield f"## `{name}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            if inner is not None:
                yield from command_help(
                    inner, f"{name} {each}", click.Context(inner, info_name=each, parent=context)
                )


def pages() -> dict[str, str]:
    """All generated pages by file name."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home))
        plugins = portal.plugins
        routes = list(guarded_routes(create_app(portal)))
        made = {
            "hooks.md": hooks_page(),
            "settings.md": settings_page(plugins),
            "permissions.md": permissions_page(portal.grants, routes),
            "commands.md": commands_page(),
        }
        texts = {name: NOTE + "\n".join(lines).rstrip() + "\n" for name, lines in made.items()}
        portal.close()
        return texts


def undocumented() -> Iterator[str]:
    """Hooks, settings and commands that have no words."""
    for name in ("manifest", "configuration", "settings", *CONTRIBUTIONS):
        if not getattr(hooks, name).__doc__:
            yield f"hook {name}"
    for field, words in documented(Config):
        if not words:
            yield f"setting {field.name}"


def main() -> int:
    """Write the pages or compare them with what is there; 1 if they differ."""
    made = pages()
    if sys.argv[1:] == ["write"]:
        DOCS.mkdir(exist_ok=True)
        for name, text in made.items():
            (DOCS / name).write_text(text, encoding="utf-8")
        return 0
    wrong = [f"нет описания: {each}" for each in undocumented()]
    for name, text in made.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"docs/{name} отстаёт от кода: выполните make docs")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
