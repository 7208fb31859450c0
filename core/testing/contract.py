"""The contract test: whether an installed plugin keeps the rules of the house.

`moyashkola plugins check NAME` runs it; a vendor's test suite calls `problems(NAME)` and expects nothing.
It builds a whole portal on an empty SQLite database with a small demo school, so that pages are really
asked for, by people who hold the roles the plugin grants something to.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar.routes import HTTPRoute
from packaging.version import InvalidVersion, Version
from sqlalchemy import select

from core import capabilities
from core.app import create_app
from core.config import Config
from core.database import migrations
from core.database.base import Base
from core.demo.build import build_demo
from core.errors import PortalError
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.plugins import Plugin
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, running
from core.web.guards import Needs


def problems(name: str) -> list[str]:
    """What is wrong with the installed plugin `name`, one Russian sentence each; empty if nothing is."""
    with tempfile.TemporaryDirectory(prefix="moyashkola-contract-") as home:
        try:
            portal = Portal(Config(home=home, tasks_in_server=False))
        except PortalError as error:
            return [f"{error.message} {error.advice}"]
        try:
            plugin = portal.plugins.loaded.get(name)
            if plugin is None:
                return [f"Плагин «{name}» не установлен в этом окружении."]
            return [*_static(portal, plugin), *_tables(portal, plugin), *_running(portal, plugin)]
        finally:
            portal.close()


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
    if plugin.settings is not None:
        for field in msgspec.structs.fields(plugin.settings):
            if field.required:
                yield f"Настройка «{field.name}» без значения по умолчанию: школа не сможет работать сразу."
    yield from _permissions(portal, plugin)
    yield from _capabilities(plugin)


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
    wanted = [
        (entry.permission, f"пункт меню «{entry.title}»") for entry in plugin.of("menu_entries")
    ]
    wanted += [(card.permission, f"карточка «{card.title}»") for card in plugin.of("dashboard_cards")]
    wanted += [(source.permission, f"поиск «{source.title}»") for source in plugin.of("search_sources")]
    wanted += [(fill.permission, f"место «{fill.slot}»") for fill in plugin.of("page_slots")]
    for kind in plugin.of("request_kinds"):
        wanted += [(kind.permission, f"запрос «{kind.title}»"), (kind.decide_permission, f"запрос «{kind.title}»")]
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
        protocol = capabilities.KNOWN.get(capability)
        for method in (name for name in vars(protocol or object) if not name.startswith("_")):
            if protocol is not None and not callable(getattr(implementation, method, None)):
                yield f"У возможности «{capability}» нет метода {method}."


def _tables(portal: Portal, plugin: Plugin) -> Iterator[str]:
    """Migrations run, give the tables of the models, and keep to the plugin's own prefix."""
    for name, problem in migrations.upgrade(portal):
        if name == plugin.name and problem:
            yield f"Миграция не проходит: {problem}"
    for name, difference in migrations.differences(portal):
        if name == plugin.name:
            yield f"Миграции расходятся с моделями: {difference}"
    allowed = ("core_", *(f"{other}_" for other in portal.plugins.loaded))
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.split(".")[0] != plugin.module.__name__.split(".")[0]:
            continue
        if not mapper.class_.__module__.startswith(plugin.module.__name__.rpartition(".")[0] or plugin.name):
            continue
        table: Any = mapper.local_table
        if not table.name.startswith(f"{plugin.name}_"):
            yield f"Таблица «{table.name}» должна называться «{plugin.name}_…»."
        for key in table.foreign_keys:
            target = key.target_fullname.partition(".")[0]
            if not target.startswith(allowed):
                yield f"Таблица «{table.name}» ссылается на чужую таблицу «{target}»."


def _running(portal: Portal, plugin: Plugin) -> Iterator[str]:
    """The portal starts with the plugin, its routes are guarded, and its pages open."""
    build_demo(portal, schools=1, small=True)
    with portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).first()
        if root is not None:
            switch_plugin(db, plugin.name, enabled=True, organization=root)
    try:
        app = create_app(portal)
    except PortalError as error:
        yield f"{error.message} {error.advice}"
        return
    paths: set[str] = set()
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        paths.add(route.path)
        for handler in route.route_handlers:
            for guard in handler.resolve_guards():
                needed = getattr(guard, "func", guard)
                if isinstance(needed, Needs) and needed.permission not in portal.grants.permissions:
                    yield f"{route.path}: права «{needed.permission}» никто не объявил."
    for entry in plugin.of("menu_entries"):
        if entry.url.partition("?")[0] not in paths:
            yield f"Пункт меню «{entry.title}» ведёт на {entry.url}, такого адреса нет."
    before = len(plugin.failures)
    with running(portal) as under_test:
        yield from _pages(under_test, plugin)
    for failure in plugin.failures[before:]:
        yield f"{failure.place}: {failure.error}"


def _pages(under_test: PortalUnderTest, plugin: Plugin) -> Iterator[str]:
    """Every menu entry opens for somebody of each role that has it; nobody else gets in."""
    with under_test.portal.database.reading() as db:
        held = set(db.scalars(select(StructuralRole.kind).distinct()))
    for kind in sorted(held):
        visitor = under_test.sign_in(kind)
        under_test_permissions = visitor.get("/api/v1/me").json()["permissions"]
        home = visitor.get("/")
        if home.status_code != 200:
            yield f"Главная страница роли «{kind}»: ответ {home.status_code}."
        for entry in plugin.of("menu_entries"):
            answer = visitor.get(entry.url)
            allowed = entry.permission in under_test_permissions
            if allowed and answer.status_code >= 400:
                yield f"{entry.url} для роли «{kind}»: ответ {answer.status_code}."
            if not allowed and answer.status_code < 400:
                yield f"{entry.url} открывается роли «{kind}», хотя права «{entry.permission}» у неё нет."
    for entry in plugin.of("menu_entries"):
        if under_test.visitor().get(entry.url).status_code == 200:
            yield f"{entry.url} открывается тому, кто не вошёл."
