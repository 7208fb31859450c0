"""What vendors and operators can use is written down, and what is written down works."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from core import hooks
from core.cli import cli
from core.config import Config
from core.organizations.switches import Switches
from core.plugins import CONTRIBUTIONS, Plugins
from core.roles.grants import Grants
from core.slots import SLOTS
from scripts import translations

from .plugging import Workshop

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """The plugins that come with the portal."""
    home = tmp_path_factory.mktemp("home")
    plugins = Plugins(Config(home=str(home), plugins=["auth_esia", "diary", "journal"]))
    plugins.discover()
    return plugins


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
