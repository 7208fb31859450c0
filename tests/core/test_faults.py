"""What goes wrong at the operator's: one line that says what to do, and an exit code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def moyashkola(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with an environment of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "MOYASHKOLA_HOME": str(home),
        **{f"MOYASHKOLA_{name}": value for name, value in settings.items()},
    }
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command failed with one line that has all these words, and no traceback."""
    assert answer.returncode != 0
    assert "Traceback" not in answer.stderr + answer.stdout
    lines = [line for line in answer.stderr.splitlines() if line.startswith("Ошибка:")]
    assert len(lines) == 1, answer.stderr
    for word in words:
        assert word in lines[0]


def test_an_unknown_plugin_in_the_settings(tmp_path: Path) -> None:
    refused(moyashkola("migrate", home=tmp_path, PLUGINS="journal,teleport"), "teleport", "Установите")


def test_a_missing_database_server(tmp_path: Path) -> None:
    answer = moyashkola("migrate", home=tmp_path, DATABASE_URL="postgresql://portal@127.0.0.1:1/portal")
    refused(answer, "не отвечает", "MOYASHKOLA_DATABASE_URL")


def test_an_unknown_kind_of_database(tmp_path: Path) -> None:
    refused(moyashkola("migrate", home=tmp_path, DATABASE_URL="mysql://x/y"), "mysql", "postgresql://")


def test_an_address_that_is_none(tmp_path: Path) -> None:
    refused(moyashkola("migrate", home=tmp_path, DATABASE_URL="nonsense"), "MOYASHKOLA_DATABASE_URL")


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    refused(moyashkola("migrate", home=blocked / "data"), "нельзя писать", "MOYASHKOLA_HOME")


def test_a_busy_port(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused(moyashkola("run", home=tmp_path, PORT=port), port, "занят", "PORT=")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("PORT", "many", "port"), ("WORKERS", "0", "workers"), ("LIVE", "telepathy", "live")],
)
def test_a_setting_that_is_wrong(tmp_path: Path, name: str, value: str, word: str) -> None:
    refused(moyashkola("migrate", home=tmp_path, **{name: value}), word, "docs/settings.md")


def test_a_settings_file_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "moyashkola.toml").write_text("port = = 1")
    refused(moyashkola("migrate", home=tmp_path), "moyashkola.toml", "Исправьте")


def test_a_settings_file_with_an_unknown_setting(tmp_path: Path) -> None:
    (tmp_path / "moyashkola.toml").write_text('colour = "red"')
    refused(moyashkola("migrate", home=tmp_path), "colour")


def test_a_worker_before_the_tables_exist(tmp_path: Path) -> None:
    refused(moyashkola("worker", home=tmp_path), "moyashkola migrate")


def test_a_check_nobody_knows(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    refused(moyashkola("check", "nonsense", home=tmp_path), "nonsense", "audit")


def test_a_token_for_nobody(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    answer = moyashkola("token", "create", "--account", "Никто", "--scope", "people.read", home=tmp_path)
    refused(answer, "Никто", "СНИЛС")


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    assert moyashkola("migrate", home=tmp_path).returncode == 0
    assert moyashkola("migrate", "check", home=tmp_path).returncode == 0
