"""What vendors and operators can use is written down, and what is written down works."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from core import hooks, school_events
from core.api import CHANGING, api_document
from core.api.words import COMMON
from core.app import create_app
from core.cli import cli
from core.config import Config
from core.organizations.switches import Switches
from core.plugins import CONTRIBUTIONS, Plugins
from core.portal import Portal
from core.roles.grants import Grants
from core.slots import SLOTS
from core.testing.documented import undescribed
from scripts import translations

from .plugging import Workshop

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OURS = ["auth_esia", "auth_local", "diary", "journal"]


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """The plugins that come with the portal."""
    home = tmp_path_factory.mktemp("home")
    plugins = Plugins(Config(home=str(home), plugins=OURS))
    plugins.discover()
    return plugins


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The OpenAPI document of the core and of the plugins that come with it."""
    portal = Portal(Config(home=str(tmp_path_factory.mktemp("api")), plugins=OURS, tasks_in_server=False))
    document = api_document(create_app(portal).openapi_schema.to_schema())
    portal.close()
    return document


def test_the_generated_pages_are_what_the_code_says() -> None:
    command = [sys.executable, "scripts/reference.py", "check"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("name", ["manifest", "configuration", "settings", *CONTRIBUTIONS])
def test_every_hook_is_documented(name: str) -> None:
    assert (getattr(hooks, name).__doc__ or "").strip()
    assert f"## `{name}()" in text_of("hooks.md")


@pytest.mark.parametrize("name", sorted(hooks.__all__))
def test_everything_a_hook_returns_is_documented(name: str) -> None:
    if isinstance(getattr(hooks, name), type):
        assert f"## `{name}`" in text_of("hooks.md")


def test_every_event_of_the_school_day_is_documented() -> None:
    page = text_of("plugins.md")
    for name, event in vars(school_events).items():
        if isinstance(event, type) and issubclass(event, msgspec.Struct):
            assert (event.__doc__ or "").startswith("Event: "), name
            assert f"| `{name}` |" in page, name


def test_every_setting_is_documented(ours: Plugins) -> None:
    page = text_of("settings.md")
    kinds: list[type[msgspec.Struct]] = [Config]
    kinds += [type(each.configuration) for each in ours.loaded.values() if each.configuration is not None]
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            if field.name in ("plugin_sections", "environment"):
                continue
            row = re.search(rf"^\| `{field.name}` \| .*\| (.+) \|$", page, re.MULTILINE)
            assert row is not None, f"{kind.__name__}.{field.name}"
            assert row[1].strip(), f"{kind.__name__}.{field.name}: нет описания (Meta(description=…))"


def test_every_permission_and_scope_is_documented(ours: Plugins) -> None:
    page, grants = text_of("permissions.md"), Grants(ours, Switches(ours))
    for name in (*grants.permissions, *grants.scopes):
        row = re.search(rf"^\| `{re.escape(name)}` \| (.+?) \|", page, re.MULTILINE)
        assert row is not None, name
        assert row[1].strip(), name


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_command_and_option_is_documented() -> None:
    page = text_of("commands.md")
    for name, command in commands(cli, "moyashkola"):
        assert f"## `{name}`" in page, name
        assert command.help, f"{name}: нет описания"
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts[0]}: нет описания"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the API with its method."""
    for item in document["paths"].values():
        yield from item.items()


def test_every_operation_parameter_and_field_of_the_api_is_described(api: dict[str, Any]) -> None:
    assert len(list(operations(api))) > 30
    assert list(undescribed(api)) == []


def test_what_is_not_described_is_found(api: dict[str, Any]) -> None:
    spoilt = copy.deepcopy(api)
    people = spoilt["paths"]["/api/v1/people"]["get"]
    people["summary"] = "ListPeople"
    people["parameters"][0].pop("description")
    people["responses"].pop("401")
    spoilt["components"]["schemas"]["PersonRoleOut"]["properties"]["kind"]["description"] = "Kind."
    spoilt["components"]["schemas"]["LessonIn"]["properties"]["number"].pop("description")
    assert list(undescribed(spoilt)) == [
        "GET /api/v1/people: нет русского названия (summary=…).",
        "GET /api/v1/people: нет описания параметра «organization_id» (QueryParameter или PathParameter).",
        "GET /api/v1/people: не сказано, какие бывают отказы (responses=problems(…)).",
        "GET /api/v1/people: нет описания поля «PersonRoleOut.kind» (Meta(description=…)).",
        "POST /api/v1/journal/pages/{page_id}/lessons: нет описания поля «LessonIn.number» (Meta(description=…)).",
    ]
    assert len(list(undescribed(spoilt, "journal"))) == 1


def test_a_change_may_always_be_refused_for_its_idempotency_key(api: dict[str, Any]) -> None:
    for method, operation in operations(api):
        if method in CHANGING:
            assert {"409", "422"} <= operation["responses"].keys(), operation["operationId"]


def test_common_words_are_for_names_in_use_and_give_way_to_own_ones(api: dict[str, Any]) -> None:
    schemas = api["components"]["schemas"]
    used = {name for schema in schemas.values() for name in schema.get("properties", {})}
    used |= {each["name"] for _method, operation in operations(api) for each in operation["parameters"]}
    assert COMMON.keys() <= used
    assert schemas["OrganizationOut"]["properties"]["id"]["description"] == COMMON["id"]
    assert "null" in schemas["PersonOut"]["properties"]["birth_date"]["description"]


def test_times_of_day_are_no_durations(api: dict[str, Any]) -> None:
    starts_at = api["components"]["schemas"]["DiaryLessonOut"]["properties"]["starts_at"]
    assert starts_at["oneOf"][0] == {"type": "string", "format": "time"}


@pytest.mark.parametrize("slot", sorted(SLOTS))
def test_every_slot_is_documented(slot: str) -> None:
    assert f"| `{slot}` |" in text_of("plugins.md")


def test_the_modules_promised_to_vendors_exist() -> None:
    import importlib

    table = text_of("plugins.md").partition("## Что можно импортировать")[2].partition("\n## ")[0]
    named = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    modules = [module for cell in named for module in re.findall(r"`(core[\w.]*)`", cell)]
    assert len(modules) > 10
    for module in modules:
        importlib.import_module(module)


def test_the_plugin_on_the_page_works(workshop: Workshop, tmp_path: Path) -> None:
    page = text_of("plugins.md")
    source = re.search(r"```python\n(.+?)```", page, re.DOTALL)
    metadata = re.search(r"```toml\n(.+?)```", page, re.DOTALL)
    assert source
    assert metadata
    assert 'birthdays = "birthdays"' in metadata[1]
    (tmp_path / "site" / "birthdays.py").write_text(source[1], encoding="utf-8")
    workshop.entry_point("birthdays", "birthdays")
    sys.modules.pop("birthdays", None)
    portal = workshop.running()
    from sqlalchemy import select

    from core.organizations.models import Organization
    from core.organizations.switches import switch_plugin

    with portal.portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
        switch_plugin(db, "birthdays", enabled=True, organization=root)
    head = portal.sign_in("head")
    assert "Дни рождения" in head.get("/").text
    assert head.get("/birthdays").status_code == 200
    assert head.get("/birthdays").text
    assert portal.sign_in("pupil").get("/birthdays").status_code == 403


def test_the_example_speaks_english() -> None:
    folder = ROOT / "examples" / "school_canteen" / "school_canteen"
    known = translations.catalogue(folder / "locale" / "en.po", "en")
    missing = [
        message
        for message in translations.messages_of("school_canteen", folder)
        if known.get(message) is None or not known.get(message).string
    ]
    assert not missing
    assert not translations.strays_of("school_canteen", folder)
