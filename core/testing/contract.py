"""The contract test: whether an installed plugin keeps the rules of the house.

`moyashkola plugins check NAME` runs it; a vendor's test suite calls `problems(NAME)` and expects nothing.
It builds a whole portal on an empty SQLite database with a small demo school, so that pages are really
asked for, by people who hold the roles the plugin grants something to.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from packaging.version import InvalidVersion, Version
from sqlalchemy import Table, inspect, select

from core import capabilities
from core.api import api_document
from core.app import create_app
from core.cli.context import COMMANDS
from core.config import Config
from core.contributions import PersonalDataSource
from core.database import migrations
from core.database.base import Base
from core.demo.build import build_demo
from core.errors import NotFound, PortalError
from core.identity.models import Person
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.personal_page import unnamed
from core.plugins import Plugin
from core.portal import Portal
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.slots import FOR_EVERYBODY
from core.testing.documented import undescribed
from core.testing.portal import PortalUnderTest, running
from core.web.guards import Needs, PluginGate
from core.web.struct_form import form_fields
from core.web.visit import SAFE_METHODS


def problems(name: str) -> list[str]:
    """What is wrong with the installed plugin `name`, one Russian sentence each; empty if nothing is."""
    with tempfile.TemporaryDirectory(prefix="moyashkola-contract-") as home:
        try:
            everything = Portal(Config(home=home))
            wanted = sorted(_needed(everything, name))
            everything.close()
            portal = Portal(Config(home=home, plugins=wanted, tasks_in_server=False))
        except PortalError as error:
            return [f"{error.message} {error.advice}"]
        try:
            plugin = portal.plugins.loaded[name]
            found = [*_static(portal, plugin), *_tables(portal, plugin)]
            if not plugin.schema_failed:
                found += _running(portal, plugin)
            return list(dict.fromkeys(found))
        finally:
            portal.close()


def _needed(portal: Portal, name: str) -> set[str]:
    """The plugin and those that provide what it requires or may use, and what these need in turn.

    Raises `NotFound` if it is not installed.
    """
    if name not in portal.plugins.loaded:
        raise NotFound(
            f"Плагин «{name}» не установлен в этом окружении.",
            advice="Установите пакет сюда же, где moyashkola: pip install --editable .",
        )
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            manifest = portal.plugins.loaded[each].manifest
            for capability in (*manifest.requires, *manifest.optional):
                waiting += portal.plugins.providers().get(capability, ())
    return found


def _static(portal: Portal, plugin: Plugin) -> Iterator[str]:
    """What can be told without a database."""
    for failure in plugin.failures:
        yield f"{failure.place}: {failure.error}"
    manifest = plugin.manifest
    if not re.fullmatch(r"[a-z][a-z0-9_]*", manifest.name):
        yield f"Имя «{manifest.name}»: нужны строчные латинские буквы, цифры и подчёркивание."
    try:
        Version(manifest.version)
    except InvalidVersion:
        yield f"Версия «{manifest.version}» не разобрать (нужно вида 1.2.0)."
    if manifest.personal_data and not plugin.of("personal_data"):
        yield "Манифест называет персональные данные, но хука personal_data (выгрузка и удаление) нет."
    for command in plugin.of("cli_commands"):
        if command.name in COMMANDS:
            yield f"Команда «{command.name}» уже есть у портала: назовите свою иначе."
    yield from _forms(plugin)
    yield from _permissions(portal, plugin)
    yield from _capabilities(plugin)
    yield from _assets(portal, plugin)


def _forms(plugin: Plugin) -> Iterator[str]:
    """Structs become forms, and settings hold without anybody filling them in."""
    kinds: list[tuple[str, type[msgspec.Struct]]] = [
        (f"Запрос «{kind.title}»", kind.form) for kind in plugin.of("request_kinds")
    ]
    if plugin.settings is not None:
        kinds.append(("Настройки", plugin.settings))
        for field in msgspec.structs.fields(plugin.settings):
            if field.required:
                yield f"Настройка «{field.name}» без значения по умолчанию: школа не сможет работать сразу."
    for place, kind in kinds:
        try:
            fields = form_fields(kind)
        except Exception as error:  # msgspec and the struct may raise anything
            yield f"{place}: из {kind.__name__} не получается форма: {error}"
            continue
        for field in fields:
            if field.label == field.name:
                yield f"{place}: у поля «{field.name}» нет названия (Meta(title=…))."


def _permissions(portal: Portal, plugin: Plugin) -> Iterator[str]:
    known, kinds = portal.grants.permissions, portal.grants.kinds
    for permission in plugin.of("permissions"):
        if not permission.name.startswith(f"{plugin.name}."):
            yield f"Право «{permission.name}» должно начинаться с «{plugin.name}.»."
        if not str(permission.title).strip():
            yield f"У права «{permission.name}» нет названия простыми словами."
        for kind in permission.grants:
            if kind not in kinds:
                yield f"Право «{permission.name}» дано неизвестной роли «{kind}»."
    wanted = [(entry.permission, f"пункт меню «{entry.title}»") for entry in plugin.of("menu_entries")]
    wanted += [(card.permission, f"карточка «{card.title}»") for card in plugin.of("dashboard_cards")]
    wanted += [(source.permission, f"поиск «{source.title}»") for source in plugin.of("search_sources")]
    wanted += [
        (fill.permission, f"место «{fill.slot}»")
        for fill in plugin.of("page_slots")
        if fill.permission or fill.slot not in FOR_EVERYBODY
    ]
    wanted += [(each.permission, f"загрузка «{each.title}»") for each in plugin.of("importers")]
    wanted += [(each.permission, f"выгрузка «{each.title}»") for each in plugin.of("exporters")]
    for kind in plugin.of("request_kinds"):
        place = f"запрос «{kind.title}»"
        wanted += [(kind.permission, place), (kind.decide_permission, place)]
    wanted += [
        (permission, f"область доступа «{scope.name}»")
        for scope in plugin.of("api_scopes")
        for permission in scope.permissions
    ]
    for permission, place in wanted:
        if permission not in known:
            yield f"{place}: права «{permission}» никто не объявил."


def _capabilities(plugin: Plugin) -> Iterator[str]:
    offered = {each.capability: each.implementation for each in plugin.of("capabilities")}
    for capability in plugin.manifest.provides:
        if capability not in offered:
            yield f"Манифест обещает возможность «{capability}», но хук capabilities её не даёт."
    for capability, implementation in offered.items():
        if capability not in plugin.manifest.provides:
            yield f"Хук capabilities даёт «{capability}», но манифест её не называет (provides)."
        protocol = capabilities.KNOWN.get(capability)
        for method in (name for name in vars(protocol or object) if not name.startswith("_")):
            if protocol is not None and not callable(getattr(implementation, method, None)):
                yield f"У возможности «{capability}» нет метода {method}."


def _assets(portal: Portal, plugin: Plugin) -> Iterator[str]:
    for contribution in plugin.of("theme_assets"):
        for name in (*contribution.styles, *contribution.scripts):
            if not portal.templates.assets.has(name) and not (plugin.folder / "static" / name).is_file():
                yield f"Файла «{name}» из theme_assets нет в папке static плагина."


def tables_of(plugin: Plugin) -> list[Table]:
    """The tables whose models are defined in the plugin's package."""
    package = plugin.module.__name__.rpartition(".")[0] or plugin.module.__name__
    return [
        mapper.local_table
        for mapper in Base.registry.mappers
        if f"{mapper.class_.__module__}.".startswith(f"{package}.") and isinstance(mapper.local_table, Table)
    ]


def _tables(portal: Portal, plugin: Plugin) -> Iterator[str]:
    """Migrations run, give the tables of the models, and keep to the plugin's own prefix."""
    for name, problem in migrations.upgrade(portal):
        if name == plugin.name and problem:
            yield f"Миграция не проходит: {problem}"
    if plugin.schema_failed:
        return
    for name, difference in migrations.differences(portal):
        if name == plugin.name:
            yield f"Миграции расходятся с моделями: {difference}"
    present = set(inspect(portal.database.engine).get_table_names())
    about_people = False
    for table in tables_of(plugin):
        if not table.name.startswith(f"{plugin.name}_"):
            yield f"Таблица «{table.name}» должна называться «{plugin.name}_…»."
        if table.name not in present:
            yield f"Таблицу «{table.name}» не создаёт ни одна миграция: moyashkola migrate make {plugin.name} …"
        for key in table.foreign_keys:
            target = key.target_fullname.partition(".")[0]
            about_people = about_people or target == "core_person"
            if not target.startswith(("core_", f"{plugin.name}_")):
                yield f"Таблица «{table.name}» ссылается на чужую таблицу «{target}»."
    if about_people and not plugin.of("personal_data"):
        yield "Таблицы ссылаются на людей, но хука personal_data (выгрузка и удаление) нет."


def _running(portal: Portal, plugin: Plugin) -> Iterator[str]:
    """The portal starts with the plugin, its routes are guarded, its pages open, its functions work."""
    build_demo(portal, schools=1, small=True)
    with portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
        switch_plugin(db, plugin.name, enabled=True, organization=root)
    try:
        app = create_app(portal)
    except PortalError as error:
        yield f"{error.message} {error.advice}"
        return
    handlers = list(_handlers(app, plugin))
    yield from _routes(portal, plugin, app, handlers)
    before = len(plugin.failures)
    yield from _functions(portal, plugin)
    with running(portal) as under_test:
        yield from _pages(under_test, plugin)
        yield from _strangers(under_test, handlers)
    for failure in plugin.failures[before:]:
        yield f"{failure.place}: {failure.error}"


def _handlers(app: Litestar, plugin: Plugin) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """The plugin's own handlers with their paths: those behind its gate."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                guards = _guards(handler)
                if any(isinstance(guard, PluginGate) and guard.plugin == plugin.name for guard in guards):
                    yield route.path, handler


def _guards(handler: HTTPRouteHandler) -> list[Any]:
    guards: Iterable[Any] = handler.resolve_guards()  # pyright: ignore[reportUnknownVariableType]
    return [getattr(guard, "func", guard) for guard in guards]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _routes(
    portal: Portal, plugin: Plugin, app: Litestar, handlers: list[tuple[str, HTTPRouteHandler]]
) -> Iterator[str]:
    known = portal.grants.permissions
    sections = {path.split("/")[1] for path, _handler in handlers if not path.startswith("/api/")}
    prefixes = tuple(f"/api/v1/{each}" for each in {plugin.name, plugin.name.replace("_", "-"), *sections})
    for path, handler in handlers:
        if path.startswith("/api/") and not path.startswith(prefixes):
            yield f"{path}: адреса программ начинаются с /api/v1/{plugin.name} или раздела плагина."
        for guard in _guards(handler):
            if not isinstance(guard, Needs):
                continue
            if guard.permission not in known:
                yield f"{path}: права «{guard.permission}» никто не объявил."
            elif (
                set(handler.http_methods) - SAFE_METHODS
                and guard.permission.startswith(f"{plugin.name}.")
                and not known[guard.permission].changes
            ):
                yield f"{path} меняет данные, а право «{guard.permission}» не помечено changes=True."
    yield from undescribed(api_document(app.openapi_schema.to_schema()), plugin.name)
    paths = {route.path for route in app.routes}
    for entry in plugin.of("menu_entries"):
        if entry.url.partition("?")[0] not in paths:
            yield f"Пункт меню «{entry.title}» ведёт на {entry.url}, такого адреса нет."


class _Undone(Exception):
    """Ends a transaction whose changes are to be thrown away."""


def _functions(portal: Portal, plugin: Plugin) -> list[str]:
    """Checks, exports and personal data run on the demo school; everything is undone afterwards."""
    found: list[str] = []
    with suppress(_Undone), portal.database.transaction() as db:
        person_id = db.scalars(select(Person.id).order_by(Person.id).limit(1)).one()

        def give_out_and_erase(source: PersonalDataSource) -> None:
            given = dict(source.export(db, person_id))
            msgspec.json.encode(given, enc_hook=str)
            found.extend(
                f"Личные данные «{source.name}»: назовите «{name}» словами (words): люди читают архив сами."
                for name in sorted(unnamed(given, source.words))
            )
            source.erase(db, system_actor(), person_id)
            db.flush()

        trials: list[tuple[str, Callable[[], object]]] = [
            *(
                (f"Проверка «{each.name}»", partial(_all_of, each.run, db))
                for each in plugin.of("data_checks")
            ),
            *(
                (f"Выгрузка «{each.name}»", partial(_all_of, each.run, db, system_actor()))
                for each in plugin.of("exporters")
            ),
            *(
                (f"Личные данные «{each.name}»", partial(give_out_and_erase, each))
                for each in plugin.of("personal_data")
            ),
        ]
        for place, trial in trials:
            try:
                with db.begin_nested():
                    trial()
            except Exception as error:  # a plugin may raise anything
                found.append(f"{place}: {type(error).__name__}: {error}")
        raise _Undone
    return found


def _all_of(run: Callable[..., Iterable[Any]], *arguments: Any) -> list[Any]:
    return list(run(*arguments))


def _pages(under_test: PortalUnderTest, plugin: Plugin) -> Iterator[str]:
    """Home, search and every menu entry open for each role that has the right; nobody else gets in."""
    with under_test.portal.database.reading() as db:
        held = set(
            db.scalars(select(StructuralRole.kind).where(StructuralRole.status == "active").distinct())
        )
    for kind in sorted(held):
        visitor = under_test.sign_in(kind)
        granted = visitor.get("/api/v1/me").json()["permissions"]
        for path in ("/", "/search?q=ив"):
            answer = visitor.get(path)
            if answer.status_code != 200:
                yield f"{path} для роли «{kind}»: ответ {answer.status_code}."
        if "core.plugins.view" in granted and visitor.get(f"/plugins/{plugin.name}").status_code != 200:
            yield f"Страница плагина для роли «{kind}» не открывается."
        for entry in plugin.of("menu_entries"):
            answer = visitor.get(entry.url)
            allowed = entry.permission in granted
            if allowed and answer.status_code >= 400:
                yield f"{entry.url} для роли «{kind}»: ответ {answer.status_code}."
            if not allowed and answer.status_code < 400:
                yield f"{entry.url} открывается роли «{kind}», хотя права «{entry.permission}» у неё нет."


def _strangers(under_test: PortalUnderTest, handlers: list[tuple[str, HTTPRouteHandler]]) -> Iterator[str]:
    """A page without a guard is seen by everybody on the network: it must say why (`opt["public"]`)."""
    for path, handler in handlers:
        if "GET" not in handler.http_methods or handler.opt.get("public"):
            continue
        if "{" not in path and under_test.visitor().get(path).status_code == 200:
            yield f"{path} открывается тому, кто не вошёл: добавьте guards=[needs(…)] или opt={{'public': 'почему'}}."
