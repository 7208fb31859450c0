"""The core imports no plugin, and no plugin another: the rule holds, and it would notice a breach."""

from __future__ import annotations

import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sysconfig.get_path("scripts")) / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import rules of `folder`."""
    command = [str(LINTER), "--no-cache"]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )


def test_core_and_plugins_keep_apart() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_example_for_vendors_imports_nothing_of_ours_but_the_core() -> None:
    sources = [*(ROOT / "examples").rglob("*.py"), *(ROOT / "core" / "cli" / "skeleton").rglob("*.txt")]
    assert sources
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert "from plugins" not in text, source
        assert "import plugins" not in text, source


@pytest.mark.parametrize(
    ("module", "line", "allowed"),
    [
        ("core/app.py", "import plugins.journal.marks", False),
        ("core/app.py", "import core.roles", True),
        ("plugins/diary/week.py", "import plugins.journal.marks", False),
        ("plugins/diary/week.py", "from plugins.journal import marks", False),
        ("plugins/journal/marks.py", "import plugins.diary.week", False),
        ("plugins/diary/week.py", "import plugins.journal.hooks", True),
        ("plugins/diary/week.py", "import plugins.diary.hooks", True),
    ],
)
def test_a_breach_is_noticed(tmp_path: Path, module: str, line: str, *, allowed: bool) -> None:
    for place in ("core/app", "core/roles", "plugins/journal/marks", "plugins/journal/hooks",
                  "plugins/diary/week", "plugins/diary/hooks"):  # fmt: skip
        path = tmp_path / f"{place}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent, tmp_path / place.split("/")[0]):
            (folder / "__init__.py").touch()
        path.touch()
    (tmp_path / module).write_text(line + "\n", encoding="utf-8")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(settings)["tool"]["importlinter"]
    (tmp_path / "pyproject.toml").write_text(
        settings[settings.index("[tool.importlinter]") :], encoding="utf-8"
    )
    answer = lint(tmp_path)
    assert (answer.returncode == 0) is allowed, answer.stdout
