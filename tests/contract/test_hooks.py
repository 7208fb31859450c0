"""Every hook of the contract is used by a tiny plugin, and its effect is seen from outside.

A test is found by its name: `test_<hook>_…`, here or in `test_setup_steps`; the last test here fails for a hook
without one.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID

import click
import msgspec
import pytest
from click.testing import CliRunner
from msgspec import Meta
from sqlalchemy import Column, ForeignKey, Integer, Table, Uuid, insert, select

from core import hooks
from core.audit.record import Change, record
from core.capabilities import ask
from core.cli import cli
from core.config import Config
from core.database import Session, migrations, new_id
from core.database.base import Base
from core.demo.build import build_demo
from core.errors import ConfigurationError
from core.exchange.report import ImportReport
from core.files import StoredFile
from core.hooks import (
    AuditedAction,
    AuditedSubject,
    CapabilityProvider,
    Card,
    CardContent,
    CardLine,
    Clash,
    ConsentKind,
    DataCheck,
    DemoFiller,
    DocumentReaders,
    Exporter,
    FilePurpose,
    Finding,
    IdentityProvider,
    Importer,
    LiveTopic,
    MenuEntry,
    MergedTable,
    NotificationKind,
    PersonalData,
    PersonalDataSource,
    Reach,
    RequestKind,
    RoleKind,
    ScheduledTask,
    Scope,
    SearchResult,
    SearchSource,
    SlotFill,
    Subscription,
    TaskKind,
    ThemeAssets,
    WebhookEvent,
)
from core.identity import tokens
from core.identity.sessions import actor_of
from core.notifications import notify
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.plugins import CONTRIBUTIONS
from core.portal import Portal
from core.portal_documents import may_read_handed
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.tasks import TaskRun, Worker, enqueue
from core.testing import PortalUnderTest
from core.web.guards import needs

from . import test_setup_steps
from .plugging import HEAD_ONLY, Workshop, button, page

CHANGE = HEAD_ONLY.name
EVERYBODY = "core.organization.view"


class Sneezed(msgspec.Struct, frozen=True):
    """An event of the tiny plugin's own."""

    who: UUID


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the tiny plugin's request."""

    what: Annotated[str, Meta(title="Чего хочется", min_length=2)]


class Colours(msgspec.Struct, frozen=True, kw_only=True):
    """The tiny plugin's settings."""

    colour: Annotated[str, Meta(title="Цвет стен")] = "белый"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The tiny plugin's settings of the installation."""

    port: Annotated[int, Meta(ge=1)] = 1


def run_command(portal: Portal, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """`moyashkola` with the settings of a portal."""
    for name in ("home", "database_url"):
        monkeypatch.setenv(f"MOYASHKOLA_{name.upper()}", getattr(portal.config, name))
    monkeypatch.setenv("MOYASHKOLA_PLUGINS", ",".join(portal.plugins.loaded))
    return CliRunner().invoke(cli, list(arguments))


def test_manifest_tells_operators_what_the_plugin_wants(workshop: Workshop) -> None:
    data = PersonalData(category="Рост ученика", purpose="Подбор парты")
    about = {"description": "Меряет учеников.", "personal_data": [data], "provides": ["heights"]}
    workshop.plugin(about=about, permissions=[HEAD_ONLY])
    shown = workshop.running().sign_in("head").get("/plugins/tiny").text
    for words in ("Плагин tiny", "Меряет учеников.", "Рост ученика", "Подбор парты", "heights", "Менять"):
        assert words in shown


def test_routes_answer_where_the_plugin_is_on(workshop: Workshop) -> None:
    workshop.plugin(routes=[page("/tiny", lambda _db, actor: f"привет, {actor.name}")])
    portal = workshop.running()
    head = portal.sign_in("head")
    assert head.get("/tiny").text.startswith("привет, ")
    with portal.portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
        switch_plugin(db, "tiny", enabled=False, organization=root)
    assert head.get("/tiny").status_code == 404


def test_menu_entries_are_shown_with_their_badge_to_those_who_may(workshop: Workshop) -> None:
    entry = MenuEntry(
        title="Крошка", url="/tiny", icon="tag", permission=CHANGE, badge=lambda _db, _actor: 17
    )
    workshop.plugin(permissions=[HEAD_ONLY], menu_entries=[entry])
    portal = workshop.running()
    shown = portal.sign_in("head").get("/").text
    assert 'href="/tiny"' in shown
    assert '<span class="badge">17</span>' in shown
    assert "Крошка" not in portal.sign_in("pupil").get("/").text


def test_permissions_open_a_route_to_the_roles_they_are_granted_to(workshop: Workshop) -> None:
    route = button("/tiny", lambda _db, _actor: "сделано", guards=[needs(CHANGE)])
    workshop.plugin(permissions=[HEAD_ONLY], routes=[route])
    portal = workshop.running()
    assert portal.sign_in("head").post("/tiny").text == "сделано"
    assert portal.sign_in("pupil").post("/tiny").status_code == 403


def test_role_kinds_can_be_held_and_have_what_they_grant(workshop: Workshop) -> None:
    kind = RoleKind(
        name="tiny_gardener",
        title="Садовник",
        organization_kinds=("school",),
        grants={"core.people.view": Reach.ORGANIZATION},
    )
    workshop.plugin(role_kinds=[kind])
    portal = workshop.running()
    person_id = portal.new_person()
    with portal.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.kind == "school").limit(1)).one()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="tiny_gardener",
                organization_id=school.id,
                starts_on=datetime(2020, 9, 1, tzinfo=UTC).date(),
            )
        )
    gardener = portal.sign_in("tiny_gardener")
    assert "Садовник" in gardener.get("/").text
    assert gardener.get("/api/v1/me").json()["permissions"] == {"core.people.view": "organization"}


def test_configuration_is_read_from_the_environment_and_refused_in_one_line(workshop: Workshop) -> None:
    module: ModuleType
    module = workshop.plugin(
        configuration=Address,
        routes=[page("/tiny", lambda db, _actor: str(db.portal.plugins.loaded["tiny"].configuration))],
    )
    assert module
    portal = workshop.running(environment={"MOYASHKOLA_TINY_PORT": "8123"})
    assert "8123" in portal.sign_in("head").get("/tiny").text
    with pytest.raises(ConfigurationError, match="port"):
        workshop.portal(environment={"MOYASHKOLA_TINY_PORT": "нет"})


def test_settings_are_a_form_and_hold_below_the_organization(workshop: Workshop) -> None:
    def colour(db: Session, actor: Actor) -> str:
        return db.portal.switches.settings("tiny", actor.acting_role.organization_path, Colours).colour

    workshop.plugin(settings=Colours, routes=[page("/tiny", colour)])
    portal = workshop.running()
    coordinator = portal.sign_in("regional_coordinator")
    assert "Цвет стен" in coordinator.get("/plugins/tiny").text
    region = coordinator.get("/api/v1/me").json()["roles"][0]["organization_id"]
    assert portal.sign_in("pupil").get("/tiny").text == "белый"
    saved = coordinator.post("/plugins/tiny/settings", data={"_organization": region, "colour": "зелёный"})
    assert saved.status_code == 303
    assert portal.sign_in("pupil").get("/tiny").text == "зелёный"


def test_dashboard_cards_stand_on_the_home_page(workshop: Workshop) -> None:
    def content(_db: Session, actor: Actor) -> CardContent:
        return CardContent(lines=[CardLine(text="Полить кактус", note="сегодня")])

    card = Card(name="tiny", title="Дела крошки", icon="tag", permission=CHANGE, content=content)
    workshop.plugin(permissions=[HEAD_ONLY], dashboard_cards=[card])
    portal = workshop.running()
    shown = portal.sign_in("head").get("/").text
    assert "Дела крошки" in shown
    assert "Полить кактус" in shown
    assert "Дела крошки" not in portal.sign_in("pupil").get("/").text


def test_request_kinds_are_sent_decided_and_done(workshop: Workshop) -> None:
    granted: list[tuple[UUID, str]] = []
    kind = RequestKind(
        name="tiny.wish",
        title="Желание",
        form=Wish,
        permission="core.requests.send",
        decide_permission="core.requests.decide",
        on_approved=lambda _db, _actor, request_id, values: granted.append((request_id, values.what)),
        days=3,
    )
    workshop.plugin(request_kinds=[kind])
    portal = workshop.running()
    pupil = portal.sign_in("pupil")
    assert "Желание" in pupil.get("/requests/new").text
    assert "Чего хочется" in pupil.get("/requests/new?kind=tiny.wish").text
    refused = pupil.post("/requests", data={"_kind": "tiny.wish", "what": "я"})
    assert refused.status_code == 422
    sent = pupil.post("/requests", data={"_kind": "tiny.wish", "what": "лыжи"})
    school = pupil.get("/api/v1/me").json()["roles"][0]["organization_name"]
    head = portal.sign_in("head", organization=school)
    assert head.post(sent.headers["location"], data={"step": "approve", "text": ""}).status_code == 303
    assert granted == [(UUID(sent.headers["location"].rpartition("/")[2]), "лыжи")]


def test_search_sources_are_asked_by_the_search_box(workshop: Workshop) -> None:
    def find(_db: Session, _actor: Actor, text: str, limit: int) -> list[SearchResult]:
        return [SearchResult(title=f"Найдено по «{text}»", url="/tiny")]

    source = SearchSource(name="tiny", title="Крошки", permission=CHANGE, find=find)
    workshop.plugin(permissions=[HEAD_ONLY], search_sources=[source])
    portal = workshop.running()
    assert "Найдено по «елка»" in portal.sign_in("head").get("/search?q=Ёлка").text
    assert "Найдено по" not in portal.sign_in("pupil").get("/search?q=Ёлка").text


def test_notification_kinds_can_be_sent(workshop: Workshop) -> None:
    def tell(db: Session, actor: Actor) -> int:
        return notify(db, [actor.person_id] if actor.person_id else [], "tiny.news", "Свежие новости")

    workshop.plugin(
        permissions=[HEAD_ONLY],
        notification_kinds=[NotificationKind(name="tiny.news", title="Новости крошки")],
        routes=[button("/tiny", tell, guards=[needs(CHANGE)])],
    )
    head = workshop.running().sign_in("head")
    assert head.post("/tiny").text == "1"
    assert "Свежие новости" in head.get("/notifications").text


def test_audited_actions_are_told_in_words(workshop: Workshop) -> None:
    def water(db: Session, actor: Actor) -> None:
        record(
            db,
            actor,
            actor.organization_id,
            Change(action="tiny.water", subject_type="cactus", subject_id="1"),
        )

    workshop.plugin(
        permissions=[HEAD_ONLY],
        audited_actions=[AuditedAction(name="tiny.water", title="Полит кактус")],
        routes=[button("/tiny", water, guards=[needs(CHANGE)])],
    )
    head = workshop.running().sign_in("head")
    assert head.post("/tiny").status_code == 200
    assert "Полит кактус" in head.get("/audit").text


def test_audited_subjects_are_told_by_name(workshop: Workshop) -> None:
    def water(db: Session, actor: Actor) -> None:
        changes = [
            Change(
                action="tiny.water",
                subject_type="cactus",
                subject_id=key,
                before={"state": "dry", "drops": "сто"},
                after={"state": "wet", "drops": "двести"},
            )
            for key in ("1", "2")
        ]
        record(db, actor, actor.organization_id, *changes)

    workshop.plugin(
        permissions=[HEAD_ONLY],
        audited_subjects=[
            AuditedSubject(
                type="cactus",
                title="кактус",
                name=lambda _db, _actor, ids: {key: ("Кактус на окне", "/tiny") for key in ids if key == "1"},
                fields={"state": "земля"},
                values={"state": {"dry": "сухая", "wet": "влажная"}},
                untold=["drops"],
            )
        ],
        routes=[button("/tiny", water, guards=[needs(CHANGE)])],
    )
    head = workshop.running().sign_in("head")
    assert head.post("/tiny").status_code == 200
    page = head.get("/audit").text
    assert '<a href="/tiny">Кактус на окне</a>' in page
    assert ">кактус<" in page
    assert "земля:</span> <s>сухая</s> → влажная" in page
    assert "двести" not in page


def test_event_subscribers_hear_what_another_plugin_publishes(workshop: Workshop) -> None:
    def sneeze(db: Session, actor: Actor) -> None:
        assert actor.person_id
        db.publish(Sneezed(actor.person_id))

    def bless(db: Session, event: Sneezed) -> None:
        notify(db, [event.who], "tiny.bless", "Будьте здоровы")

    workshop.plugin(
        event_subscribers=[Subscription(event=Sneezed, handle=bless)],
        notification_kinds=[NotificationKind(name="tiny.bless", title="Пожелания")],
    )
    workshop.plugin("dusty", routes=[button("/sneeze", sneeze, guards=[needs("core.organization.view")])])
    pupil = workshop.running().sign_in("pupil")
    assert pupil.post("/sneeze").status_code == 200
    assert "Будьте здоровы" in pupil.get("/notifications").text


def test_webhook_events_can_be_chosen_by_an_administrator(workshop: Workshop) -> None:
    class Served(msgspec.Struct, kw_only=True):
        organization_id: UUID
        lunch_id: UUID
        dish: str

    def event(name: str, *fields: str) -> WebhookEvent:
        return WebhookEvent(name=name, title="Обед выдан", event=Served, fields=fields)

    def serve(db: Session, actor: Actor) -> None:
        db.publish(Served(organization_id=actor.organization_id, lunch_id=new_id(), dish="Борщ"))

    workshop.plugin(
        permissions=[HEAD_ONLY],
        webhook_events=[
            event("lunch.served", "organization_id", "lunch_id"),
            event("lunch.named", "organization_id", "dish"),
        ],
        routes=[button("/serve", serve, guards=[needs(CHANGE)])],
    )
    head = workshop.running().sign_in("head")
    known = {each["name"]: each for each in head.get("/api/v1/webhook-events").json()}
    assert known["lunch.served"]["title"] == "Обед выдан"
    assert "lunch.named" not in known
    wish = {"name": "Столовая", "url": "https://canteen.example.ru/", "events": ["lunch.served"]}
    made = head.post("/api/v1/webhooks", json=wish).json()["webhook"]["id"]
    assert head.post("/serve").status_code == 200
    (sent,) = head.get(f"/api/v1/webhooks/{made}/deliveries").json()["items"]
    assert sent["event"] == "lunch.served"
    assert sent["data"].keys() == {"organization_id", "lunch_id"}


def test_tasks_run_after_the_transaction_that_queued_them(workshop: Workshop) -> None:
    seen: list[dict[str, Any]] = []

    def run(task: TaskRun) -> None:
        seen.append(dict(task.payload))

    def queue(db: Session, _actor: Actor) -> UUID:
        return enqueue(db, "tiny.work", {"number": 7})

    workshop.plugin(
        permissions=[HEAD_ONLY],
        tasks=[TaskKind(name="tiny.work", run=run)],
        routes=[button("/tiny", queue, guards=[needs(CHANGE)])],
    )
    portal = workshop.running()
    assert portal.sign_in("head").post("/tiny").status_code == 200
    Worker(portal.portal).run_once()
    assert seen == [{"number": 7}]


def test_scheduled_tasks_are_queued_by_the_worker(workshop: Workshop) -> None:
    seen: list[str] = []
    workshop.plugin(
        tasks=[TaskKind(name="tiny.tick", run=lambda task: seen.append(task.kind))],
        scheduled_tasks=[ScheduledTask(kind="tiny.tick", every=timedelta(hours=1))],
    )
    worker = Worker(workshop.portal())
    worker.put_scheduled()
    while worker.run_once():
        pass
    assert seen == ["tiny.tick"]


def test_cli_commands_are_commands_of_moyashkola(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("tiny-hello")
    def hello() -> None:
        """Поздороваться."""
        click.echo("здравствуйте")

    workshop.plugin(cli_commands=[hello])
    portal = workshop.portal()
    assert "Поздороваться" in run_command(portal, monkeypatch, "--help").output
    assert "здравствуйте" in run_command(portal, monkeypatch, "tiny-hello").output


def test_importers_read_files_for_the_command_line(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[str, bool]] = []

    def read(_db: Session, _actor: Actor, path: Path, dry_run: bool) -> ImportReport:
        seen.append((path.read_text(encoding="utf-8"), dry_run))
        return ImportReport(kind="tiny", title="Крошки")

    importer = Importer(name="tiny", title="Крошки", permission="core.import", suffixes=[".tiny"], run=read)
    workshop.plugin(importers=[importer])
    portal = workshop.portal()
    file = tmp_path / "данные.tiny"
    file.write_text("раз-два", encoding="utf-8")
    answer = run_command(portal, monkeypatch, "import", "--kind", "tiny", "--dry-run", str(file))
    assert answer.exit_code == 0, answer.output
    assert seen == [("раз-два", True)]


def test_exporters_give_tables_to_those_who_may(workshop: Workshop) -> None:
    def rows(_db: Session, actor: Actor) -> Iterator[list[Any]]:
        yield ["Имя", "Рост"]
        yield [actor.name, 170]

    exporter = Exporter(name="tiny", title="Рост учеников", permission=CHANGE, run=rows)
    workshop.plugin(permissions=[HEAD_ONLY], exporters=[exporter])
    portal = workshop.running()
    head = portal.sign_in("head")
    assert "Рост учеников" in head.get("/import").text
    table = head.get("/export/tiny/csv")
    assert table.status_code == 200
    assert "170" in table.text
    assert portal.sign_in("pupil").get("/export/tiny/csv").status_code in (403, 404)


def test_data_checks_run_by_name(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(_db: Session) -> list[Finding]:
        return [Finding(level="error", message="Кактус засох.", advice="Полейте его.")]

    workshop.plugin(data_checks=[DataCheck(name="tiny", title="Кактусы", run=look)])
    answer = run_command(workshop.portal(), monkeypatch, "check", "tiny")
    assert answer.exit_code == 1
    assert "Кактус засох. Полейте его." in answer.output


def test_personal_data_is_in_the_archive_a_person_downloads(workshop: Workshop) -> None:
    source = PersonalDataSource(
        name="tiny",
        title="Крошки",
        export=lambda _db, person_id: {"height": 170, "of": person_id},
        erase=lambda _db, _actor, _person_id: [],
    )
    workshop.plugin(personal_data=[source])
    pupil = workshop.running().sign_in("pupil")
    with zipfile.ZipFile(io.BytesIO(pupil.post("/account/data").content)) as archive:
        assert json.loads(archive.read("tiny.json")) == {"height": 170, "of": str(pupil.person_id)}


def test_consent_kinds_are_offered_for_publishing(workshop: Workshop) -> None:
    kind = ConsentKind(
        name="tiny.photo",
        title="Фото с крошками",
        purpose="Показать крошек.",
        text="Я, [кто даёт], согласен показать крошек.",
        withdrawal="Фото уберут.",
    )
    workshop.plugin(consent_kinds=[kind])
    head = workshop.running().sign_in("head")
    assert "Фото с крошками" in head.get("/consent-texts").text
    assert "согласен показать крошек" in head.get("/consent-texts/tiny.photo").text


@pytest.fixture
def lockers() -> Iterator[Table]:
    """A table of the tiny plugin: one locker for each person."""
    table = Table(
        "tiny_locker",
        Base.metadata,
        Column("id", Uuid, primary_key=True),
        Column("person_id", Uuid, ForeignKey("core_person.id"), unique=True),
        Column("things", Integer),
    )
    yield table
    Base.metadata.remove(table)


def test_merged_tables_say_what_becomes_of_rows_of_two_who_are_one(
    workshop: Workshop, lockers: Table
) -> None:
    def together(_db: Session, moving: Any, staying: Any) -> Clash:
        return Clash(staying={"things": moving["things"] + staying["things"]})

    rule = MergedTable(table="tiny_locker", titles={"person_id": "Шкафчики"}, clash=together)
    workshop.plugin(merged_tables=[rule])
    portal = workshop.running()
    with portal.portal.database.engine.execution_options(portal_writing=True).begin() as connection:
        lockers.create(connection)
    head = portal.sign_in("head")
    with portal.portal.database.transaction() as db:
        school = select(StructuralRole.organization_id).where(StructuralRole.person_id == head.person_id)
        one, other = db.scalars(
            select(StructuralRole.person_id)
            .where(StructuralRole.kind == "teacher", StructuralRole.organization_id.in_(school))
            .distinct()
            .order_by(StructuralRole.person_id)
            .limit(2)
        )
        for person_id, things in ((one, 2), (other, 3)):
            db.execute(insert(lockers).values(id=new_id(), person_id=person_id, things=things))

    def stored() -> dict[UUID, int]:
        with portal.portal.database.reading(fresh=True) as db:
            return {row.person_id: row.things for row in db.execute(select(lockers))}

    url = f"/accounts/{one}/merge/{other}"
    assert "Шкафчики" in head.post(url, data={"keep": "one"}).text.partition("станет одним")[2]
    card = head.post(url, data={"keep": "one", "step": "do"}).headers["location"]
    assert stored() == {one: 5}
    undo = head.get(card.partition("#")[0]).text.partition("/accounts/merges/")[2].partition('"')[0]
    assert head.post(f"/accounts/merges/{undo}").status_code == 303
    assert stored() == {one: 2, other: 3}


def test_identity_providers_are_on_the_sign_in_page(workshop: Workshop) -> None:
    provider = IdentityProvider(name="tiny", title="Вход по крошке", login_url="/auth/tiny")
    workshop.plugin(identity_providers=[provider])
    shown = workshop.running().visitor().get("/sign-in").text
    assert "Вход по крошке" in shown
    assert "/auth/tiny" in shown


def test_theme_assets_stand_on_every_page_and_are_served(workshop: Workshop) -> None:
    workshop.plugin(
        theme_assets=[ThemeAssets(styles=["tiny.css"], scripts=["tiny.js"])],
        files={"static/tiny.css": "h1 { color: green }", "static/tiny.js": "export {}"},
    )
    pupil = workshop.running().sign_in("pupil")
    shown = pupil.get("/").text
    for name in ("tiny.css", "tiny.js"):
        assert f"/static-plugins/tiny/{name}" in shown
        assert pupil.get(f"/static-plugins/tiny/{name}").status_code == 200


def test_api_scopes_let_a_token_through(workshop: Workshop) -> None:
    route = page("/api/v1/tiny", lambda _db, _actor: "данные", guards=[needs(CHANGE)])
    workshop.plugin(
        permissions=[HEAD_ONLY],
        routes=[route],
        api_scopes=[Scope(name="tiny.read", title="Читать крошки", permissions=(CHANGE,))],
    )
    portal = workshop.running()
    assert "Читать крошки" in portal.sign_in("head").get("/account").text
    for scope, status in (("tiny.read", 200), ("organization.read", 403)):
        program = portal.visitor()
        program.token = token_of_head(portal, scope)
        assert program.get("/api/v1/tiny").status_code == status


def token_of_head(portal: PortalUnderTest, scope: str) -> str:
    """A new access token of a head with one scope."""
    head = portal.sign_in("head")
    account_id = UUID(head.get("/api/v1/me").json()["account_id"])
    with portal.portal.database.transaction() as db:
        _token, text = tokens.create(db, actor_of(db, account_id), "Проба", [scope], None)
    return text


def test_page_slots_add_a_piece_to_a_page_of_the_core(workshop: Workshop) -> None:
    fill = SlotFill(
        slot="organization.card",
        template="tiny/piece.html",
        permission=EVERYBODY,
        render=lambda _db, _actor, subject: {"about": subject.short_name},
    )
    workshop.plugin(page_slots=[fill], files={"templates/tiny/piece.html": "<p>Кактусы: {{ about }}</p>"})
    head = workshop.running().sign_in("head")
    school = head.get("/api/v1/me").json()["roles"][0]["organization_name"]
    shown = head.get("/organization")
    if shown.status_code in (302, 303):
        shown = head.get(shown.headers["location"])
    assert f"<p>Кактусы: {school}</p>" in shown.text


def test_capabilities_are_asked_for_without_knowing_the_plugin(workshop: Workshop) -> None:
    class Weather:
        def tomorrow(self) -> str:
            return "снег"

    def show(db: Session, actor: Actor) -> str:
        weather = ask(db, actor, "weather")
        return weather.tomorrow() if weather else "никто не знает"

    workshop.plugin(
        about={"provides": ["weather"]},
        capabilities=[CapabilityProvider(capability="weather", implementation=Weather())],
    )
    workshop.plugin("asker", about={"optional": ["weather"]}, routes=[page("/asker", show)])
    portal = workshop.running()
    head = portal.sign_in("head")
    assert head.get("/asker").text == "снег"
    with portal.portal.database.transaction() as db:
        root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
        switch_plugin(db, "tiny", enabled=False, organization=root)
    assert head.get("/asker").text == "никто не знает"


def test_live_topics_are_heard_by_those_who_may_listen(workshop: Workshop) -> None:
    topic = LiveTopic(name="tiny.room", may_listen=lambda _db, _actor, identifier: identifier == "open")
    workshop.plugin(live_topics=[topic])
    portal = workshop.running()
    head = portal.sign_in("head")
    assert head.get("/live?topic=tiny.room:closed").status_code == 403

    def speak() -> None:
        with portal.portal.database.transaction() as db:
            db.portal.live.publish(db, "tiny.room:open", {"version": 5})
        Timer(0.3, portal.portal.live.end_subscriptions).start()

    Timer(0.3, speak).start()
    heard = head.get("/live?topic=tiny.room:open")
    assert heard.status_code == 200
    assert '"version":5' in heard.text.replace(" ", "")


def test_demo_fillers_fill_the_demo_school(
    workshop: Workshop, databases: Any, engine: str, tmp_path: Path
) -> None:
    schools: list[str] = []

    def fill(_db: Session, _actor: Actor, school: Any, advance: Any) -> None:
        schools.append(school.organization.short_name)
        advance(1, 1)

    workshop.plugin(demo_fillers=[DemoFiller(name="tiny", title="Кактусы", fill=fill)])
    home = str(tmp_path / "home")
    portal = Portal(Config(home=home, database_url=databases.fresh(engine), plugins=["tiny"]))
    assert not [problem for _name, problem in migrations.upgrade(portal) if problem]
    build_demo(portal, schools=1, small=True)
    portal.close()
    assert len(schools) == 1


def test_file_purposes_decide_who_reads_a_file(workshop: Workshop) -> None:
    def keep(db: Session, actor: Actor) -> UUID:
        return db.portal.files.store(
            db,
            actor,
            name="кактус.txt",
            data="колючий".encode(),
            purpose="tiny.photo",
            organization_id=actor.organization_id,
        ).id

    def may_read(_db: Session, actor: Actor, file: StoredFile) -> bool:
        return file.owner_id == actor.person_id

    workshop.plugin(
        permissions=[HEAD_ONLY],
        file_purposes=[FilePurpose(name="tiny.photo", may_read=may_read)],
        routes=[button("/tiny", keep, guards=[needs(CHANGE)])],
    )
    portal = workshop.running()
    head = portal.sign_in("head")
    file_id = head.post("/tiny").text.strip('"')
    assert head.get(f"/files/{file_id}").content.decode() == "колючий"
    assert portal.sign_in("pupil").get(f"/files/{file_id}").status_code == 404


def test_document_readers_decide_who_reads_a_document_handed_in(workshop: Workshop) -> None:
    grant, broken = new_id(), new_id()

    def may_read(_db: Session, actor: Actor, asked: UUID) -> bool:
        if asked == broken:
            raise RuntimeError("кактус сломан")
        return asked == grant and actor.can(CHANGE)

    def show(db: Session, actor: Actor) -> str:
        asked = (
            (purpose, each) for purpose in ("tiny.leaf", "tiny.root") for each in (grant, new_id(), broken)
        )
        return ", ".join(str(may_read_handed(db, actor, purpose, each)) for purpose, each in asked)

    workshop.plugin(
        permissions=[HEAD_ONLY],
        document_readers=[DocumentReaders(name="tiny.leaf", may_read=may_read)],
        routes=[page("/tiny", show)],
    )
    portal = workshop.running()
    assert portal.sign_in("head").get("/tiny").text == "True, False, False, False, False, False"
    assert "True" not in portal.sign_in("pupil").get("/tiny").text


def test_hook_specifications_let_others_extend_the_plugin(workshop: Workshop) -> None:
    specification = ModuleType("tiny_hooks")

    def cactus_kinds() -> list[str]:
        """Kinds of cacti."""
        return []

    setattr(specification, "cactus_kinds", hooks.hookspec(cactus_kinds))  # noqa: B010 -- a module made here

    def show(db: Session, _actor: Actor) -> str:
        found = db.portal.plugins.call_own("cactus_kinds")
        return ", ".join(f"{plugin}: {kind}" for plugin, kinds in found for kind in kinds)

    workshop.plugin(hook_specifications=[specification], routes=[page("/tiny", show)])
    workshop.plugin("desert", cactus_kinds=["опунция", "цереус"])
    assert workshop.running().sign_in("head").get("/tiny").text == "desert: опунция, desert: цереус"


def test_every_hook_has_a_test_of_its_own() -> None:
    specified = {name for name in vars(hooks) if hasattr(getattr(hooks, name), "moyashkola_spec")}
    assert specified == {"manifest", "configuration", "settings", *CONTRIBUTIONS}
    tests = [name for name in (*globals(), *vars(test_setup_steps)) if name.startswith("test_")]
    without = [hook for hook in specified if not any(each.startswith(f"test_{hook}_") for each in tests)]
    assert not without, f"нет теста: {', '.join(sorted(without))}"
