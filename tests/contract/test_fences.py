"""A plugin that fails is fenced off: the page stands, and operators read what happened and its number."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from core.app import create_app
from core.database import Session, migrations
from core.errors import ConfigurationError
from core.hooks import (
    Card,
    MenuEntry,
    NotificationKind,
    PersonalDataSource,
    RequestKind,
    SearchSource,
    SlotFill,
    Subscription,
    hookspec,
)
from core.notifications import notify
from core.portal import Portal
from core.roles.actor import Actor
from core.testing import PortalUnderTest
from core.web.guards import needs

from .plugging import HEAD_ONLY, Workshop, broken, button, page

EVERYBODY = "core.organization.view"


class Dust(msgspec.Struct, frozen=True):
    """An event that makes the broken plugin fail."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A request's form without fields that must be filled in."""

    why: str = ""


def seen_by_operators(portal: PortalUnderTest, place: str) -> str:
    """The number of the failure at `place`, as the operators' plugin page shows it; with its text."""
    shown = portal.sign_in("regional_coordinator").get("/plugins/tiny").text
    assert place in shown
    assert "RuntimeError: плагин сломан" in shown
    ids = re.findall(r"<code>([0-9a-f]{8})</code>", shown)
    assert ids, shown
    return ids[0]


def test_a_hook_that_raises(workshop: Workshop) -> None:
    workshop.plugin(menu_entries=broken, routes=[page("/tiny", lambda _db, _actor: "жив")])
    portal = workshop.running()
    assert portal.sign_in("head").get("/tiny").text == "жив"
    seen_by_operators(portal, "хук menu_entries")


@pytest.mark.parametrize("given", [None, "слово", [42], {"menu": 1}])
def test_a_hook_that_returns_nonsense(workshop: Workshop, given: object) -> None:
    workshop.plugin(menu_entries=lambda: given)
    portal = workshop.running()
    assert portal.sign_in("head").get("/").status_code == 200
    assert "menu_entries" in portal.sign_in("head").get("/plugins/tiny").text


def test_a_card_that_raises(workshop: Workshop) -> None:
    card = Card(name="tiny", title="Карточка", icon="tag", permission=EVERYBODY, content=broken)
    workshop.plugin(dashboard_cards=[card])
    portal = workshop.running()
    home = portal.sign_in("head").get("/")
    assert home.status_code == 200
    assert "остальные работают" in home.text
    assert seen_by_operators(portal, "карточка «Карточка»")


def test_a_card_that_gives_something_else(workshop: Workshop) -> None:
    card = Card(
        name="tiny",
        title="Карточка",
        icon="tag",
        permission=EVERYBODY,
        content=lambda _db, _actor: "не то",  # pyright: ignore[reportArgumentType]
    )
    workshop.plugin(dashboard_cards=[card])
    home = workshop.running().sign_in("head").get("/")
    assert home.status_code == 200
    assert "остальные работают" in home.text


def test_a_badge_that_raises_or_breaks_the_transaction(workshop: Workshop) -> None:
    def bad_sql(db: Session, _actor: Actor) -> int:
        from sqlalchemy import text

        return int(db.execute(text("SELECT нет FROM нигде")).scalar_one())

    def entry(title: str, badge: Callable[[Session, Actor], int]) -> MenuEntry:
        return MenuEntry(title=title, url="/tiny", icon="tag", permission=EVERYBODY, badge=badge)

    workshop.plugin(
        menu_entries=[
            entry("Первый", broken),
            entry("Второй", bad_sql),
            entry("Третий", lambda _db, _actor: 33),
        ]
    )
    portal = workshop.running()
    shown = portal.sign_in("head").get("/")
    assert shown.status_code == 200
    assert '<span class="badge">33</span>' in shown.text
    assert seen_by_operators(portal, "меню «Первый»")


def test_a_subscriber_that_raises_leaves_the_change_alone(workshop: Workshop) -> None:
    def half_done(db: Session, _event: Dust) -> None:
        notify(db, [people[0]], "tiny.half", "Наполовину сделано")
        broken()

    def act(db: Session, actor: Actor) -> str:
        assert actor.person_id
        people.append(actor.person_id)
        notify(db, [actor.person_id], "tiny.half", "Сделано целиком")
        db.publish(Dust())
        return "сделано"

    people: list[object] = []
    workshop.plugin(
        permissions=[HEAD_ONLY],
        notification_kinds=[NotificationKind(name="tiny.half", title="Пыль")],
        event_subscribers=[Subscription(event=Dust, handle=half_done)],  # pyright: ignore[reportArgumentType]
        routes=[button("/tiny", act, guards=[needs(HEAD_ONLY.name)])],
    )
    portal = workshop.running()
    head = portal.sign_in("head")
    assert head.post("/tiny").text == "сделано"
    told = head.get("/notifications").text
    assert "Сделано целиком" in told
    assert "Наполовину сделано" not in told
    assert seen_by_operators(portal, "событие Dust")


def test_a_search_source_that_raises(workshop: Workshop) -> None:
    source = SearchSource(name="tiny", title="Крошки", permission=EVERYBODY, find=broken)
    workshop.plugin(search_sources=[source])
    portal = workshop.running()
    assert portal.sign_in("head").get("/search?q=школа").status_code == 200
    assert seen_by_operators(portal, "поиск «Крошки»")


@pytest.mark.parametrize("template", ["tiny/piece.html", "tiny/none.html"])
def test_a_slot_that_raises_while_rendering(workshop: Workshop, template: str) -> None:
    fill = SlotFill(
        slot="organization.card", template=template, permission=EVERYBODY, render=lambda _db, _actor, _it: {}
    )
    workshop.plugin(page_slots=[fill], files={"templates/tiny/piece.html": "{{ nothing.at_all }}"})
    portal = workshop.running()
    shown = portal.sign_in("head").get("/organization")
    if shown.status_code == 303:
        shown = portal.sign_in("head").get(shown.headers["location"])
    assert shown.status_code == 200
    assert "организац" in shown.text.lower()
    assert "место «organization.card»" in portal.sign_in("head").get("/plugins/tiny").text


def test_a_slot_that_raises(workshop: Workshop) -> None:
    fill = SlotFill(slot="organization.card", template="x.html", permission=EVERYBODY, render=broken)
    workshop.plugin(page_slots=[fill])
    portal = workshop.running()
    shown = portal.sign_in("head").get("/organization")
    if shown.status_code == 303:
        shown = portal.sign_in("head").get(shown.headers["location"])
    assert shown.status_code == 200
    assert seen_by_operators(portal, "место «organization.card»") in shown.text


@pytest.mark.parametrize("given", [42, {}, {"title": "Рост"}, {"title": "Рост", "cells": [1]}])
def test_a_column_that_is_none_leaves_the_class_list(workshop: Workshop, given: object) -> None:
    def render(_db: Session, _actor: Actor, _subject: object) -> Any:
        return given

    fill = SlotFill(slot="class.column", template="", permission=EVERYBODY, render=render)
    workshop.plugin(page_slots=[fill])
    portal = workshop.running()
    head = portal.sign_in("head")
    school = head.get("/api/v1/me").json()["roles"][0]["organization_id"]
    listed = re.findall(r'href="(/classes/[0-9a-f-]+)"', head.get(f"/organizations/{school}").text)
    shown = head.get(listed[0])
    assert shown.status_code == 200
    assert "Ученики класса" in shown.text
    assert "место «class.column»" in head.get("/plugins/tiny").text


def test_personal_data_that_raises_leaves_the_rest_of_the_archive(workshop: Workshop) -> None:
    source = PersonalDataSource(name="tiny", title="Крошки", export=broken, erase=broken)
    workshop.plugin(personal_data=[source])
    portal = workshop.running()
    assert portal.sign_in("pupil").post("/account/data").content[:2] == b"PK"
    assert seen_by_operators(portal, "выгрузка данных о человеке")


def test_an_approval_that_raises_decides_nothing(workshop: Workshop) -> None:
    kind = RequestKind(
        name="tiny.question",
        title="Вопрос",
        form=Question,
        permission="core.requests.send",
        decide_permission="core.requests.decide",
        on_approved=broken,
    )
    workshop.plugin(request_kinds=[kind])
    portal = workshop.running()
    pupil = portal.sign_in("pupil")
    sent = pupil.post("/requests", data={"_kind": "tiny.question", "why": ""}).headers["location"]
    school = pupil.get("/api/v1/me").json()["roles"][0]["organization_name"]
    head = portal.sign_in("head", organization=school)
    answer = head.post(sent, data={"step": "approve", "text": ""})
    assert answer.status_code == 503
    assert "Решение принято" not in pupil.get("/notifications").text
    assert head.post(sent, data={"step": "reject", "text": "Нельзя."}).status_code == 303


def test_a_page_that_raises_is_an_error_page_with_a_number(workshop: Workshop) -> None:
    workshop.plugin(routes=[page("/tiny", broken)])
    portal = workshop.running()
    answer = portal.sign_in("head").get("/tiny", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "плагин сломан" not in answer.text
    assert portal.sign_in("head").get("/").status_code == 200


@pytest.mark.parametrize(
    "migration", ["def upgrade():\n    raise RuntimeError('плагин сломан')\n", "это не Python\n"]
)
def test_a_migration_that_fails_takes_only_its_plugin_off(workshop: Workshop, migration: str) -> None:
    head = 'revision = "tiny_0001"\ndown_revision = None\n\n'
    workshop.plugin(
        permissions=[HEAD_ONLY],
        menu_entries=[MenuEntry(title="Крошка", url="/tiny", icon="tag", permission=EVERYBODY)],
        routes=[page("/tiny", lambda _db, _actor: "жив")],
        files={"migrations/0001_first.py": head + migration},
    )
    workshop.plugin("neighbour", routes=[page("/neighbour", lambda _db, _actor: "жив")])
    portal = workshop.portal()
    answers = dict(migrations.upgrade(portal))
    assert answers["core"] is None
    assert answers["tiny"] is not None
    assert migrations.mark_unmigrated(portal) == ["tiny"]
    from core.testing.portal import running

    with running(portal) as under_test:
        someone = under_test.sign_in("head")
        home = someone.get("/")
        assert home.status_code == 200
        assert "Крошка" not in home.text
        assert someone.get("/tiny").status_code == 404
        assert someone.get("/neighbour").text == "жив"
        assert "миграция" in someone.get("/plugins/tiny").text


def test_a_plugin_that_cannot_be_imported_is_refused_in_one_line(workshop: Workshop, tmp_path: Path) -> None:
    workshop.entry_point("tiny", "tiny_wreck.plugin")
    package = tmp_path / "site" / "tiny_wreck"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text("import there_is_no_such_module\n")
    answer = subprocess.run(
        [sys.executable, "-m", "core.cli", "migrate"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(
                [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "MOYASHKOLA_HOME": str(tmp_path / "home"),
            "MOYASHKOLA_PLUGINS": "tiny",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    lines = [line for line in answer.stderr.splitlines() if line]
    assert len(lines) == 1
    for words in (
        "Плагин «tiny» (пакет tiny 1.0) не загружается",
        "there_is_no_such_module",
        "уберите плагин",
    ):
        assert words in lines[0]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"core_api": ">=99"}, "требует ядро >=99"),
        ({"core_api": "какое-нибудь"}, "требует ядро"),
        ({"requires": ["teleport"]}, "teleport"),
        ({"name": "другой"}, "называет себя"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_in_words(
    workshop: Workshop, about: dict[str, object], words: str
) -> None:
    workshop.plugin(about=about)
    with pytest.raises(ConfigurationError) as refused:
        workshop.portal()
    assert words in refused.value.message
    assert refused.value.advice


def test_two_packages_that_give_one_plugin_are_named(workshop: Workshop, tmp_path: Path) -> None:
    workshop.plugin()
    metadata = tmp_path / "site" / "impostor-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: impostor\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[moyashkola.plugins]\ntiny = tiny_plugin\n")
    with pytest.raises(ConfigurationError, match=r"tiny и impostor|impostor и tiny"):
        workshop.portal()


def test_an_own_hook_that_raises_leaves_the_other_plugins(workshop: Workshop) -> None:
    specification = ModuleType("tiny_hooks")
    specification.flowers = hookspec(lambda: None)  # pyright: ignore[reportAttributeAccessIssue]

    def show(db: Session, _actor: Actor) -> str:
        return str(db.portal.plugins.call_own("flowers"))

    workshop.plugin(hook_specifications=[specification], routes=[page("/tiny", show)])
    workshop.plugin("weed", flowers=broken)
    workshop.plugin("garden", flowers=["роза"])
    head = workshop.running().sign_in("head")
    assert head.get("/tiny").text == "[('garden', ['роза'])]"
    assert "хук flowers" in head.get("/plugins/weed").text


def test_a_hook_that_is_misspelt_is_refused_by_name(workshop: Workshop) -> None:
    workshop.plugin(menu_entires=[])
    with pytest.raises(ConfigurationError, match="menu_entires"):
        workshop.portal()


def test_a_change_that_nothing_guards_keeps_the_portal_from_starting(workshop: Workshop) -> None:
    workshop.plugin(routes=[button("/tiny", lambda _db, _actor: "сделано")])
    with pytest.raises(ConfigurationError, match="POST /tiny"):
        create_app(workshop.portal())


def test_two_plugins_with_one_address_are_refused_in_words(workshop: Workshop) -> None:
    workshop.plugin(routes=[page("/same", lambda _db, _actor: "первый")])
    workshop.plugin("other", routes=[page("/same", lambda _db, _actor: "второй")])
    with pytest.raises(ConfigurationError, match="/same"):
        create_app(workshop.portal())


def test_what_belongs_to_the_core_cannot_be_taken_away_by_a_switch(workshop: Workshop) -> None:
    """A plugin that uses a permission of the core shows nothing where it is off."""
    card = Card(name="tiny", title="Чужая карточка", icon="tag", permission=EVERYBODY, content=broken)
    workshop.plugin(
        about={"on_by_default": False},
        menu_entries=[MenuEntry(title="Чужое меню", url="/tiny", icon="tag", permission=EVERYBODY)],
        dashboard_cards=[card],
        search_sources=[SearchSource(name="t", title="Чужой поиск", permission=EVERYBODY, find=broken)],
    )
    head = workshop.running().sign_in("head")
    shown = head.get("/").text + head.get("/search?q=школа").text
    assert "Чужое меню" not in shown
    assert "Чужая карточка" not in shown
    assert "Чужой поиск" not in shown


def test_failures_are_kept_for_every_server_to_show(workshop: Workshop) -> None:
    card = Card(name="tiny", title="Карточка", icon="tag", permission=EVERYBODY, content=broken)
    workshop.plugin(dashboard_cards=[card])
    portal = workshop.running()
    portal.sign_in("head").get("/")
    number = seen_by_operators(portal, "карточка «Карточка»")
    another = Portal(portal.portal.config)
    with another.database.reading() as db:
        from sqlalchemy import select

        from core.organizations.models import PluginFailure

        assert number in db.scalars(select(PluginFailure.error_id)).all()
    another.close()
