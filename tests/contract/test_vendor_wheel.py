"""A vendor's wheel in a fresh environment: installed, used, upgraded, switched off, removed, put back.

Both wheels are built here and installed into a new environment. What they depend on is borrowed from the
environment of this test run; `core` and `plugins` come out of our wheel, and the test makes sure of it.

`examples/school_canteen` is version 1.1; the files of 1.0 that differ lie in `school_canteen_1_0/`, and 1.0
is what one gets by laying them over it and leaving out the second migration.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core.testing.fixtures import Databases

ROOT = Path(__file__).resolve().parents[2]
CANTEEN = ROOT / "examples" / "school_canteen"
OLDER = Path(__file__).parent / "school_canteen_1_0"
PORTS = range(8190, 8200)
START_SECONDS = 60


def run(*command: str | Path, **options: Any) -> str:
    """Run a command; its output, or a failed test with what it said."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=300, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build_wheel(project: Path, into: Path) -> Path:
    """Build a project's wheel with the tools at hand, without the network."""
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", into, project),
        env={**os.environ, "MOYASHKOLA_SKIP_FRONTEND": "1"},
    )
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Our wheel and the canteen's in both versions."""
    folder = tmp_path_factory.mktemp("wheels")
    older = folder / "school_canteen"
    shutil.copytree(CANTEEN, older)
    shutil.copytree(OLDER, older, dirs_exist_ok=True)
    next((older / "school_canteen" / "migrations").glob("0002_*.py")).unlink()
    return {
        "portal": build_wheel(ROOT, folder / "portal"),
        "1.0": build_wheel(older, folder / "1.0"),
        "1.1": build_wheel(CANTEEN, folder / "1.1"),
    }


class Installation:
    """A fresh environment with the portal installed from our wheel, and its data folder."""

    def __init__(self, folder: Path, database_url: str, portal_wheel: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.database_url = database_url
        venv.create(folder / "env", with_pip=False, symlinks=True)
        self.python = folder / "env" / "bin" / "python"
        self.pip("install", portal_wheel)
        site = Path(run(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        self.site = site

    def pip(self, action: str, *what: str | Path) -> None:
        """Install or remove packages, without the network and what they depend on."""
        offline = ("--no-deps", "--no-index", "--force-reinstall") if action == "install" else ("--yes",)
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.python)
        run(*pip, action, "--quiet", *offline, *what, cwd=self.folder)

    def environment(self, **settings: str) -> dict[str, str]:
        """The environment of a command: nothing of ours but the settings."""
        return {
            "PATH": os.environ["PATH"],
            "COLUMNS": "200",
            "MOYASHKOLA_HOME": str(self.home),
            "MOYASHKOLA_DATABASE_URL": self.database_url,
            **settings,
        }

    def moyashkola(self, *arguments: str, **settings: str) -> str:
        """Run the installed command; its output."""
        command = self.folder / "env" / "bin" / "moyashkola"
        return run(command, *arguments, env=self.environment(**settings), cwd=self.folder)

    def script(self, text: str) -> Any:
        """What a Python script inside the environment prints as JSON; `portal` is open there."""
        before = "import json\nfrom core import config\nfrom core.portal import Portal\n"
        opened = "portal = Portal(config.load())\nwith portal.database.transaction() as db:\n"
        body = "\n".join("    " + line for line in text.splitlines())
        said = run(self.python, "-c", before + opened + body, env=self.environment(), cwd=self.folder)
        return json.loads(said)

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Run the server as an operator would; yields its port."""
        port = next(port for port in PORTS if is_free(port))
        command = [str(self.folder / "env" / "bin" / "moyashkola"), "run", "--port", str(port)]
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environment(), cwd=self.folder, stdout=log, stderr=log
            )
        try:
            deadline = time.monotonic() + START_SECONDS
            while ask(port, "/readyz") is None:
                assert process.poll() is None, (self.folder / "server.log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "сервер не запустился"
                time.sleep(0.1)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def ask(port: int, path: str, *, token: str = "", method: str = "GET", body: Any = None) -> Any:
    """Status and text of an answer; None if nobody answers or the server is not ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"} if token else {}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    except OSError:
        return None
    finally:
        connection.close()
    return (answer.status, text) if answer.status != 503 else None


class School:
    """Heads of two schools who use the portal over HTTP with tokens of theirs."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.heads: dict[str, str] = installation.script(
            "from sqlalchemy import select\n"
            "from core.organizations.models import Organization\n"
            "from core.roles.models import StructuralRole\n"
            "print(json.dumps({name: [str(school), str(person)] for name, school, person in db.execute(\n"
            "    select(Organization.short_name, Organization.id, StructuralRole.person_id)\n"
            "    .join(StructuralRole, StructuralRole.organization_id == Organization.id)\n"
            "    .where(StructuralRole.kind == 'head').order_by(Organization.id))}))"
        )
        self.first, self.second = list(self.heads)[:2]

    def organization_id(self, school: str) -> str:
        """The number of a school."""
        return self.heads[school][0]

    def session_of(self, school: str) -> str:
        """A browser session of the school's head."""
        return self._installation.script(
            "from uuid import UUID\n"
            "from core.database import new_id\n"
            "from core.identity import sessions\n"
            "from core.identity.models import Account\n"
            "from sqlalchemy import select\n"
            f"person = UUID('{self.heads[school][1]}')\n"
            "account = db.scalar(select(Account).where(Account.person_id == person))\n"
            "if account is None:\n"
            "    account = Account(id=new_id(), person_id=person, status='active', preferences={})\n"
            "    db.add(account)\n"
            "    db.flush()\n"
            "print(json.dumps(sessions.begin(db, account.id, provider='test')))"
        )


def browse(port: int, session: str, path: str) -> tuple[int, str]:
    """A page for somebody who is signed in."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"cookie": f"moyashkola_session={session}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_nothing_is_left_out_of_our_wheel(wheels: dict[str, Path]) -> None:
    """A folder that .gitignore names too broadly would be missing here, and in a clone."""
    packed = set(zipfile.ZipFile(wheels["portal"]).namelist())
    ours = {
        str(path.relative_to(ROOT))
        for package in ("core", "plugins", "themes")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "static" not in path.parts
    }
    assert not ours - packed
    assert "core/static/manifest.json" in packed


@pytest.fixture
def installation(tmp_path: Path, engine: str, databases: Databases, wheels: dict[str, Path]) -> Installation:
    """The portal from our wheel beside the canteen 1.0, with two demo schools."""
    url = databases.fresh(engine) if engine == "postgresql" else ""
    made = Installation(tmp_path, url, wheels["portal"])
    made.pip("install", wheels["1.0"])
    return made


def test_a_vendors_wheel_lives_beside_ours(installation: Installation, wheels: dict[str, Path]) -> None:
    folders = run(
        installation.python,
        "-c",
        "import core, plugins, school_canteen; print(core.__file__, plugins.__file__, school_canteen.__file__)",
        cwd=installation.folder,
    ).split()
    assert all(folder.startswith(str(installation.site)) for folder in folders), folders

    assert "таблицы school_canteen: готово" in installation.moyashkola("migrate")
    installation.moyashkola("demo", "--small", "--light", "--schools", "2")
    school = School(installation)
    installation.moyashkola(
        "plugins", "enable", "school_canteen", "--organization", school.organization_id(school.first)
    )
    here, there = school.session_of(school.first), school.session_of(school.second)
    today = date.today()  # noqa: DTZ011 -- the day of this machine will do
    monday = today - timedelta(days=today.weekday())
    menus = f"/api/v1/school-canteen/menus?first={monday}&last={monday}"

    with installation.serving() as port:
        token = installation.moyashkola(
            *("token", "create", "--account", account_of(installation, school.heads[school.first][1])),
            *("--scope", "school_canteen.read", "--scope", "school_canteen.write"),
        ).strip()
        dish = {"name": "Сырники", "portion": "150 г"}
        sent = {"meals": {"breakfast": [dish]}, "note": ""}
        put = ask(port, f"/api/v1/school-canteen/menus/{monday}", token=token, method="PUT", body=sent)
        assert put[0] == 200, put
        assert json.loads(put[1])["meals"]["breakfast"] == [dish]
        assert "Сырники" in browse(port, here, "/school-canteen")[1]
        assert "Столовая" in browse(port, here, "/")[1]
        assert browse(port, there, "/school-canteen")[0] == 404
        assert "/school-canteen" not in browse(port, there, "/")[1]

    installation.pip("install", wheels["1.1"])
    assert "таблицы school_canteen: готово" in installation.moyashkola("migrate")
    with installation.serving() as port:
        kept = json.loads(ask(port, menus, token=token)[1])
        assert kept[0]["meals"]["breakfast"] == [{**dish, "allergens": []}]
        dish = {**dish, "allergens": ["молоко"]}
        put = ask(
            port,
            f"/api/v1/school-canteen/menus/{monday}",
            token=token,
            method="PUT",
            body={"meals": {"breakfast": [dish]}, "note": "Приятного аппетита"},
        )
        assert put[0] == 200, put
        assert "молоко" in browse(port, here, "/school-canteen")[1]

        # Without a restart: another process switches it off and on.
        where = ("school_canteen", "--organization", school.organization_id(school.first))
        installation.moyashkola("plugins", "disable", *where)
        assert browse(port, here, "/school-canteen")[0] == 404
        assert "/school-canteen" not in browse(port, here, "/")[1]
        installation.moyashkola("plugins", "enable", *where)
        assert "молоко" in browse(port, here, "/school-canteen")[1]

    installation.pip("uninstall", "moyashkola-school-canteen")
    assert "school_canteen" not in installation.moyashkola("migrate")
    with installation.serving() as port:
        for path in (
            "/",
            "/organization",
            "/plugins",
            "/requests",
            f"/search?q={quote('сырники')}",
            "/account",
        ):
            assert browse(port, here, path)[0] in (200, 303), path
        assert browse(port, here, "/school-canteen")[0] == 404
        assert browse(port, here, "/plugins/school_canteen")[0] == 404
    assert "в порядке" in installation.moyashkola("check", "audit")

    installation.pip("install", wheels["1.1"])
    installation.moyashkola("migrate")
    with installation.serving() as port:
        (menu,) = json.loads(ask(port, menus, token=token)[1])
        assert menu == {
            "day": str(monday),
            "meals": {"breakfast": [dish]},
            "note": "Приятного аппетита",
        }
        assert "Сырники" in browse(port, here, "/school-canteen")[1]


def account_of(installation: Installation, person_id: str) -> str:
    """The number of a person's account."""
    return installation.script(
        "from uuid import UUID\n"
        "from sqlalchemy import select\n"
        "from core.identity.models import Account\n"
        f"print(json.dumps(str(db.scalar(select(Account.id).where(Account.person_id == UUID('{person_id}'))))))"
    )


def test_an_older_wheel_over_newer_tables_is_fenced_off_and_named(
    installation: Installation, wheels: dict[str, Path]
) -> None:
    installation.pip("install", wheels["1.1"])
    installation.moyashkola("migrate")
    installation.pip("install", wheels["1.0"])
    with installation.serving() as port:
        assert ask(port, "/sign-in")[0] == 200
    with pytest.raises(AssertionError, match="новее установленного пакета"):
        installation.moyashkola("migrate")
    installation.pip("install", wheels["1.1"])
    assert "таблицы school_canteen: готово" in installation.moyashkola("migrate")


def test_the_examples_own_tests_pass_against_our_wheel(
    installation: Installation, wheels: dict[str, Path], engine: str
) -> None:
    installation.pip("install", wheels["1.1"])
    tests = installation.folder / "tests"
    shutil.copytree(CANTEEN / "tests", tests)
    command = (installation.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests, "-k", engine)
    said = run(*command, env=installation.environment(), cwd=installation.folder)
    assert " passed" in said
