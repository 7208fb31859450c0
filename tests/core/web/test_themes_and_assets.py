"""Themes are complete and readable; built files are found by their plain names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.web import colours, frontend, themes
from core.web.assets import Assets
from core.web.devices import device_name

LOCK = frontend.WEB / "package-lock.json"


def write_theme(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir()
    (folder / name / "theme.toml").write_text(text, "utf-8")


def base_colours() -> str:
    return (themes.THEMES / "base" / "theme.toml").read_text("utf-8").replace('logo = "logo.svg"', "")


def built(folder: Path, files: dict[str, str]) -> Assets:
    manifest = {"inputs": "1", "files": files, "parts": [], "icons": ["journal", "puzzle"]}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return Assets(folder)


def test_every_theme_of_the_portal_can_be_read_in_light_and_dark() -> None:
    known = themes.read_themes()
    assert {"base", "contrast", "stavropol"} <= set(known)
    for name in known:
        themes.style_sheet(known, name)


def test_a_theme_whose_text_is_hard_to_read_is_refused_with_the_pair_of_colours(tmp_path: Path) -> None:
    write_theme(tmp_path, "base", base_colours())
    pale = 'name = "pale"\ntitle = "Бледная"\ninherits = "base"\n[light]\naccent = "#9fd0ff"\n'
    write_theme(tmp_path, "pale", pale)
    with pytest.raises(ConfigurationError, match=r"pale.*accent #9fd0ff on surface #ffffff"):
        themes.style_sheet(themes.read_themes(tmp_path), "pale")


def test_a_region_inherits_what_it_does_not_say() -> None:
    known = themes.read_themes()
    sheet = themes.style_sheet(known, "stavropol")
    assert f"--accent:{known['stavropol'].light['accent']}" in sheet
    assert f"--danger:{known['base'].light['danger']}" in sheet
    assert themes.style_names(known, "stavropol") == ["theme.base.css", "theme.stavropol.css"]
    assert themes.logo_name(known, "contrast") == "theme.base.logo.svg"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('name = "other"\ntitle = "Т"', "папка"),
        ('name = "region"\ntitle = "Т"\n[light]\naccent = "red"', "#1a2b3c"),
        ('name = "region"\ntitle = "Т"\nlogo = "none.svg"', "нет файла none.svg"),
        ('name = "region"\ntitle = "Т"\ncolour = "x"', "лишние поля colour"),
        ('name = "region"\ntitle = ', "region"),
    ],
)
def test_a_mistake_in_theme_toml_is_told_with_the_file(tmp_path: Path, written: str, said: str) -> None:
    write_theme(tmp_path, "region", written)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        themes.read_themes(tmp_path)


def test_themes_that_inherit_in_a_circle_are_refused(tmp_path: Path) -> None:
    write_theme(tmp_path, "one", 'name = "one"\ntitle = "1"\ninherits = "two"')
    write_theme(tmp_path, "two", 'name = "two"\ntitle = "2"\ninherits = "one"')
    with pytest.raises(ConfigurationError, match="сама себя"):
        themes.chain(themes.read_themes(tmp_path), "one")


def test_contrast_is_measured_as_wcag_does() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_portal_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make install"):
        Assets(tmp_path)


def test_a_built_file_is_found_by_its_plain_name_and_a_missing_one_is_named(tmp_path: Path) -> None:
    assets = built(tmp_path, {"core.css": "core-1A.css"})
    assert assets.url("core.css") == "/static/core-1A.css"
    with pytest.raises(ConfigurationError, match=r"journal\.css"):
        assets.url("journal.css")


def test_an_icon_the_portal_does_not_know_becomes_that_of_plugins(tmp_path: Path) -> None:
    assets = built(tmp_path, {"icons.svg": "icons-1.svg"})
    assert 'href="/static/icons-1.svg#journal"' in assets.icon("journal")
    assert 'href="/static/icons-1.svg#puzzle"' in assets.icon('"><script>')
    assert "<script>" not in assets.icon("journal", title="<script>")


def test_a_second_build_without_changes_does_nothing() -> None:
    frontend.build()
    assert frontend.build() is False


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in LOCK.read_text("utf-8")


def test_the_fonts_and_scripts_of_a_first_page_stay_within_their_budget() -> None:
    import gzip

    frontend.build()
    files: dict[str, str] = json.loads((frontend.STATIC / "manifest.json").read_text("utf-8"))["files"]
    first = ("core.css", "theme.base.css", "core.js", "early.js", "icons.svg", "theme.base.logo.svg")
    compressed = sum(len(gzip.compress((frontend.STATIC / files[name]).read_bytes())) for name in first)
    fonts = sum(
        (frontend.STATIC / files[f"golos-{part}.woff2"]).stat().st_size for part in ("latin", "cyrillic")
    )
    assert compressed + fonts <= 92 * 1024, "the page itself needs 8 of the 100 KB"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/128 YaBrowser/24.10 Safari/537.36",
            "Яндекс Браузер, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/128 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("curl/8", ""),
    ],
)
def test_a_device_is_named_as_a_person_knows_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
