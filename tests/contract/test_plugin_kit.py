# ruff: noqa: E501 -- the spoilt lines stand as they are in the files
"""`moyashkola plugins new` gives a plugin that works, `plugins check` finds what breaks the contract."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "school_museum"


def command(*arguments: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with a plugin's packages on its path."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(site),
            "MOYASHKOLA_HOME": str(folder / "home"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def new_plugin(folder: Path) -> Path:
    """What `plugins new` writes; the project's folder."""
    done = command(
        *("-m", "core.cli", "plugins", "new", NAME, "--title", "Музей", "--into", str(folder)),
        site=folder,
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    assert "pip install --editable '.[testing]'" in done.stdout
    return folder / NAME


def installed(project: Path) -> Path:
    """Install a project into a folder of its own; the folder."""
    site = project.parent / "site"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--target", str(site))
    done = subprocess.run([*pip, *options, str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


def test_the_skeletons_own_tests_pass(tmp_path: Path) -> None:
    project = new_plugin(tmp_path)
    site = installed(project)
    tests = command("-m", "pytest", "-q", "-p", "no:cacheprovider", site=site, folder=project)
    assert tests.returncode == 0, tests.stdout[-4000:]
    assert re.search(r"\b8 passed", tests.stdout), tests.stdout


def test_the_skeleton_keeps_the_contract_and_is_formatted(tmp_path: Path) -> None:
    project = new_plugin(tmp_path)
    site = installed(project)
    check = command("-m", "core.cli", "plugins", "check", NAME, site=site, folder=project)
    assert check.returncode == 0, check.stdout + check.stderr
    assert "соответствует договору" in check.stdout
    style = ("-m", "ruff", "check", "--isolated", "--line-length", "120", "--select", "E,F,B", str(project))
    lint = command(*style, site=site, folder=project)
    assert lint.returncode == 0, lint.stdout


def test_a_migration_is_written_for_what_has_changed_only(tmp_path: Path) -> None:
    project = new_plugin(tmp_path)
    module = project / NAME
    models = module / "models.py"
    text = models.read_text(encoding="utf-8")
    column = "    text: Mapped[str]\n"
    models.write_text(text.replace(column, f"{column}    colour: Mapped[str | None]\n"), encoding="utf-8")
    site = installed(project)
    make = ("-m", "core.cli", "migrate", "make", NAME, "colour of a notice")
    done = command(*make, site=site, folder=project)
    assert done.returncode == 0, done.stderr
    written = (module / "migrations" / "0002_colour_of_a_notice.py").read_text(encoding="utf-8")
    assert written.count("op.") == 1, written
    assert "op.add_column" in written
    again = command(*make, site=site, folder=project)
    assert "соответствуют" in again.stdout, again.stdout + again.stderr


@pytest.mark.parametrize("name", ["Музей", "school-museum", "1museum", "core", "x" * 31])
def test_a_name_python_cannot_import_is_refused(tmp_path: Path, name: str) -> None:
    done = command("-m", "core.cli", "plugins", "new", name, site=tmp_path, folder=tmp_path)
    assert done.returncode == 1
    assert "не подходит" in done.stderr
    assert list(tmp_path.glob("*/pyproject.toml")) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    project = new_plugin(tmp_path)
    (project / "README.md").write_text("моё", encoding="utf-8")
    done = command("-m", "core.cli", "plugins", "new", NAME, site=tmp_path, folder=tmp_path)
    assert done.returncode == 1
    assert "уже есть" in done.stderr
    assert (project / "README.md").read_text(encoding="utf-8") == "моё"


SINS = {
    "pages.py": [
        (
            '@get("/school_museum", guards=[needs("school_museum.notice.view")],',
            '@get("/school_museum",',
        ),
        ("notices.latest(db, actor), typed=", "[], typed="),
        ('actor: NamedDependency[Actor], database: NamedDependency[Database]\n) -> Page:\n    """The', "database: NamedDependency[Database]\n) -> Page:\n    \"\"\"The"),
        ('needs("school_museum.notice.publish")', 'needs("school_museum.notice.invented")'),
    ],
    "templates/school_museum/index.html": [
        ('{% if actor.can("school_museum.notice.publish") %}', "{% if false %}"),
    ],
    "models.py": [
        (
            "    text: Mapped[str]\n",
            "    text: Mapped[str]\n    colour: Mapped[str] = mapped_column(default='')\n",
        ),
        (
            "class Notice(",
            "class Stray(Keyed, Base):\n    '''Elsewhere.'''\n\n    __tablename__ = 'cactus'\n\n\n"
            "class Foreign(Keyed, Base):\n    '''Of another.'''\n\n"
            "    __tablename__ = 'school_museum_foreign'\n\n"
            "    page_id: Mapped[UUID] = mapped_column(ForeignKey('cactus.id'))\n\n\nclass Notice(",
        ),
    ],
    "plugin.py": [
        ('        version="0.1.0",', '        version="первая",'),
        ('url="/school_museum", icon', 'url="/nowhere", icon'),
        (
            'name="school_museum.notice.publish",\n            title=_("Размещать объявления"),',
            'name="museum.publish",\n            title="",',
        ),
        ('{"head": Reach.ORGANIZATION,', '{"curator": Reach.ORGANIZATION,'),
        ('            permission="school_museum.notice.view",\n            content=notices.card,', '            permission="school_museum.card",\n            content=notices.card,'),
        ("@hookimpl\ndef personal_data() ->", "@hookimpl\ndef tasks() -> Sequence[Any]:\n    raise RuntimeError('сломано')\n\n\n@hookimpl\ndef live_topics() -> Sequence[Any]:\n    return []\n\n\ndef forgotten() ->"),
        ("import models, notices", "import models, notices, pages"),
    ],
}  # fmt: skip

FOUND = (
    "хук tasks: RuntimeError: сломано",
    "Версия «первая» не разобрать",
    "Манифест называет персональные данные, но хука personal_data",
    "Право «museum.publish» должно начинаться с «school_museum.»",
    "У права «museum.publish» нет названия",
    "дано неизвестной роли «curator»",
    "карточка «Музей»: права «school_museum.card» никто не объявил",
    "права «school_museum.notice.invented» никто не объявил",
    "Миграции расходятся с моделями",
    "Таблица «cactus» должна называться «school_museum_…»",
    "Таблицу «cactus» не создаёт ни одна миграция",
    "Таблица «school_museum_foreign» ссылается на чужую таблицу «cactus»",
    "Таблицы ссылаются на людей, но хука personal_data",
    "Пункт меню «Музей» ведёт на /nowhere, такого адреса нет",
    "/school_museum открывается тому, кто не вошёл",
)


def spoil(project: Path, sins: dict[str, list[tuple[str, str]]]) -> None:
    """Replace texts in a plugin's files; every one must be there."""
    for place, replacements in sins.items():
        path = project / NAME / place
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{place}: {old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


def test_the_check_finds_every_breach_of_the_contract(tmp_path: Path) -> None:
    project = new_plugin(tmp_path)
    spoil(project, SINS)
    check = command("-m", "core.cli", "plugins", "check", NAME, site=installed(project), folder=project)
    assert check.returncode == 1
    assert "Traceback" not in check.stdout
    missed = [words for words in FOUND if words not in check.stdout]
    assert not missed, f"не найдено: {missed}\n{check.stdout}\n{check.stderr[-2000:]}"


@pytest.mark.parametrize(
    ("sins", "words"),
    [
        (
            {"pages.py": [('guards=[needs("school_museum.notice.publish")], ', "")]},
            "POST /school_museum меняет данные, но не требует прав",
        ),
        (
            {"pages.py": [('@get("/school_museum"', '@get("/api/v1/cactus"')]},
            "/api/v1/cactus: адреса программ начинаются с /api/v1/school_museum",
        ),
        (
            {"pages.py": [('@get("/school_museum", guards=[needs("school_museum.notice.view")], sync_to_thread=True, include_in_schema=False)',
                           '@get("/api/v1/school_museum", guards=[needs("school_museum.notice.view")], sync_to_thread=True)')]},
            "GET /api/v1/school_museum: нет русского названия (summary=…)",
        ),
        (
            {"plugin.py": [("            changes=True,\n", "")]},
            "право «school_museum.notice.publish» не помечено changes=True",
        ),
        (
            {"migrations/0001_first_tables.py": [("def upgrade() -> None:", "def upgrade() -> None:\n    1 / 0")]},
            "Миграция не проходит: ZeroDivisionError",
        ),
        (
            {"notices.py": [('    return CardContent(', "    raise RuntimeError('карточка')\n    return CardContent(")]},
            "карточка «Музей»: RuntimeError: карточка",
        ),
        (
            {"plugin.py": [("            db.delete(notice)", "            db.delete(notice.nothing)"),
                           ('return {"notices"', 'return {"notices": 1 / 0, "rest"')]},
            "Личные данные «school_museum»: ZeroDivisionError",
        ),
        (
            {"notices.py": [("    condition = within(", "    db.scalar(1 / 0)\n    condition = within(")]},
            "/school_museum для роли «head»: ответ 500",
        ),
        ({"plugin.py": [("from school_museum import", "from there_is_none import")]}, "не загружается"),
        ({"plugin.py": [('core_api=">=1.0,<2"', 'core_api=">=9"')]}, "требует ядро >=9"),
    ],
)  # fmt: skip
def test_the_check_finds(tmp_path: Path, sins: dict[str, list[tuple[str, str]]], words: str) -> None:
    project = new_plugin(tmp_path)
    spoil(project, sins)
    check = command("-m", "core.cli", "plugins", "check", NAME, site=installed(project), folder=project)
    assert check.returncode == 1
    assert words in check.stdout + check.stderr, check.stdout + check.stderr[-2000:]


def test_a_plugin_that_is_not_installed(tmp_path: Path) -> None:
    check = command("-m", "core.cli", "plugins", "check", "teleport", site=tmp_path, folder=tmp_path)
    assert check.returncode == 1
    assert "«teleport» не установлен" in check.stdout


@pytest.mark.parametrize("name", ["auth_esia", "auth_local", "diary", "journal"])
def test_our_own_plugins_keep_the_contract(tmp_path: Path, name: str) -> None:
    check = command("-m", "core.cli", "plugins", "check", name, site=tmp_path, folder=tmp_path)
    assert check.returncode == 0, check.stdout


def test_the_example_keeps_the_contract(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "school_canteen"
    project = shutil.copytree(example, tmp_path / "school_canteen")
    check = command(
        *("-m", "core.cli", "plugins", "check", "school_canteen"), site=installed(project), folder=tmp_path
    )
    assert check.returncode == 0, check.stdout
