"""Webhooks: connected by an administrator, signed, delivered at least once, never to an address inside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete, select, update

from core.config import Config
from core.contributions import Subscription, WebhookEvent
from core.database.base import now
from core.database.session import Session
from core.identity.models import Notification
from core.organizations import switches
from core.organizations.models import Organization
from core.organizations.term_closing import TermClosed
from core.roles.models import StructuralRole
from core.school_events import WorkHandedIn
from core.tasks import Worker
from core.tasks.models import Task
from core.testing.portal import PortalUnderTest, Visitor
from core.webhooks import delivering, sending
from core.webhooks.delivering import PAUSES, SWEEP
from core.webhooks.kinds import CORE_WEBHOOK_EVENTS, check
from core.webhooks.models import Webhook, WebhookDelivery
from core.webhooks.sending import is_allowed, objection
from tests.core.receiver import Receiver, receiving

API = "/api/v1/webhooks"


@pytest.fixture(scope="module")
def _inside(portal: PortalUnderTest) -> None:
    """The installation allows this machine."""
    config = portal.portal.config
    portal.portal.config = msgspec.structs.replace(config, webhook_networks=["127.0.0.0/8"])


@pytest.fixture
def head(portal: PortalUnderTest, _inside: None) -> Visitor:
    """The head of the first school, which sends no events yet."""
    with portal.portal.database.transaction() as db:
        for table in (WebhookDelivery, Webhook, Task, Notification):
            db.execute(delete(table))
        switches.raise_version(db)
    head = portal.sign_in("head")
    assert head.get(API).json()["items"] == []
    return head


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def school_of(portal: PortalUnderTest, visitor: Visitor) -> UUID:
    """The school where somebody is the head."""
    with portal.portal.database.reading(fresh=True) as db:
        held = select(StructuralRole.organization_id).where(
            StructuralRole.person_id == visitor.person_id, StructuralRole.kind == "head"
        )
        return db.scalars(held.limit(1)).one()


def connected(visitor: Visitor, receiver: Receiver, *events: str) -> tuple[str, str]:
    """A new webhook's address in the API, and its secret."""
    wish = {"name": "Аналитика", "url": receiver.url, "events": list(events or ("term.closed",))}
    made = visitor.post(API, json=wish)
    assert made.status_code == 201, made.text
    url = f"{API}/{made.json()['webhook']['id']}"
    # A process learns of decisions with the next request that comes to it.
    assert visitor.get(url).status_code == 200
    return url, made.json()["secret"]


def happen(portal: PortalUnderTest, organization_id: UUID, count: int = 1) -> list[UUID]:
    """Terms of a school are closed; returns the keys that the events name."""
    with portal.portal.database.transaction() as db:
        terms = [uuid4() for _each in range(count)]
        for term_id in terms:
            db.publish(TermClosed(organization_id=organization_id, academic_year_id=uuid4(), term_id=term_id))
    return terms


def work(portal: PortalUnderTest) -> None:
    """Do what waits in the queue."""
    Worker(portal.portal).run_once()


def make_due(portal: PortalUnderTest) -> None:
    """Let the pauses be over."""
    with portal.portal.database.transaction() as db:
        db.execute(update(WebhookDelivery).values(next_at=now()))
        db.execute(update(Webhook).values(rests_until=None))
        db.execute(update(Task).where(Task.status == "queued").values(run_at=now()))


def deliveries(visitor: Visitor, url: str, **query: Any) -> list[dict[str, Any]]:
    answer = visitor.get(f"{url}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_an_event_is_delivered_signed_and_without_personal_data(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, secret = connected(head, receiver)
    school = school_of(portal, head)
    (term_id,) = happen(portal, school)
    assert receiver.came == []
    work(portal)
    (came,) = receiver.came
    assert came.path == "/portal?from=school"
    assert came.headers["content-type"] == "application/json"
    assert came.headers["host"] == receiver.url.split("/")[2]
    assert came.is_signed_with(secret)
    assert not came.is_signed_with("whsec_" + "A" * 43 + "=")
    assert came.json.keys() == {"type", "timestamp", "data"}
    assert came.json["type"] == "term.closed"
    assert came.json["data"].keys() == {"organization_id", "academic_year_id", "term_id"}
    assert came.json["data"]["term_id"] == str(term_id)
    (sent,) = deliveries(head, url)
    assert (sent["state"], sent["status"], sent["attempts"]) == ("delivered", 204, 1)
    assert sent["id"] == came.headers["webhook-id"]
    work(portal)
    assert len(receiver.came) == 1


def test_only_what_was_chosen_and_only_from_below(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    connected(head, receiver, "term.reopened")
    coordinator = portal.sign_in("regional_coordinator")
    connected(coordinator, receiver, "term.closed")
    with portal.portal.database.reading() as db:
        neighbour = db.scalars(
            select(Organization.id).where(
                Organization.kind == "school", Organization.id != school_of(portal, head)
            )
        ).first()
        region = db.scalars(select(Organization.id).where(Organization.kind == "federal")).first()
    assert neighbour is not None
    happen(portal, neighbour)
    if region is not None:
        happen(portal, region)
    work(portal)
    assert receiver.heard == ["term.closed"]
    assert receiver.came[0].json["data"]["organization_id"] == str(neighbour)


def test_what_was_undone_is_not_told(portal: PortalUnderTest, head: Visitor, receiver: Receiver) -> None:
    url, _secret = connected(head, receiver)
    school = school_of(portal, head)
    with pytest.raises(RuntimeError), portal.portal.database.transaction() as db:
        db.publish(TermClosed(organization_id=school, academic_year_id=uuid4(), term_id=uuid4()))
        raise RuntimeError
    work(portal)
    assert receiver.came == []
    assert deliveries(head, url) == []


def test_where_nobody_listens_an_event_costs_no_statement(portal: PortalUnderTest, head: Visitor) -> None:
    school = school_of(portal, head)
    happen(portal, school)
    with portal.counting_statements() as statements:
        happen(portal, school)
    assert statements == []


def test_a_refusal_is_tried_again_with_growing_pauses(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, secret = connected(head, receiver)
    receiver.status, receiver.answer = 500, "Сбой базы\x00".encode() + b"x" * 5000
    happen(portal, school_of(portal, head))
    before = now()
    work(portal)
    (sent,) = deliveries(head, url)
    assert (sent["state"], sent["status"], sent["attempts"]) == ("waiting", 500, 1)
    assert sent["error"] == "Сервер ответил отказом: 500."
    assert sent["answer"].startswith("Сбой базыxxx")
    assert len(sent["answer"]) < 1100
    waits = msgspec.convert(sent["next_at"], type(before)) - before
    assert PAUSES[0] * 0.8 < waits < PAUSES[0] * 1.5
    work(portal)
    assert len(receiver.came) == 1
    make_due(portal)
    receiver.status = 200
    work(portal)
    first, second = receiver.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.is_signed_with(secret)
    assert first.body == second.body
    (sent,) = deliveries(head, url)
    assert (sent["state"], sent["attempts"], sent["answer"]) == ("delivered", 2, "")


def test_it_is_tried_for_three_days_and_then_has_failed(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    assert timedelta(days=2.9) < sum(PAUSES, timedelta()) <= timedelta(days=3)
    assert list(PAUSES) == sorted(PAUSES)
    url, _secret = connected(head, receiver)
    receiver.status = 500
    happen(portal, school_of(portal, head))
    for _each in range(len(PAUSES) + 2):
        make_due(portal)
        work(portal)
    assert len(receiver.came) == len(PAUSES) + 1
    (sent,) = deliveries(head, url, outcome="failed")
    assert sent["next_at"] is None
    receiver.status = 200
    repeated = head.post(f"{url}/deliveries/{sent['id']}/repeat")
    assert repeated.status_code == 202, repeated.text
    work(portal)
    assert [each["state"] for each in deliveries(head, url)] == ["delivered"]


def test_a_bad_delivery_does_not_hold_the_others_up(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    receiver.status = 500
    happen(portal, school_of(portal, head))
    work(portal)
    receiver.status = 200
    happen(portal, school_of(portal, head), 3)
    work(portal)
    states = [each["state"] for each in deliveries(head, url)]
    assert sorted(states) == ["delivered"] * 3 + ["waiting"]


def test_a_receiver_that_is_away_gets_a_rest(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    receiver.status = 503
    happen(portal, school_of(portal, head), 10)
    work(portal)
    work(portal)
    assert len(receiver.came) == delivering.IN_A_ROW
    receiver.status = 200
    make_due(portal)
    work(portal)
    assert {each["state"] for each in deliveries(head, url)} == {"delivered"}


def test_after_a_long_failure_it_is_switched_off_and_the_school_is_told(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    receiver.status = 500
    happen(portal, school_of(portal, head))
    work(portal)
    with portal.portal.database.transaction() as db:
        db.execute(update(Webhook).values(failing_since=now() - timedelta(days=4)))
    make_due(portal)
    work(portal)
    shown = head.get(url).json()
    assert shown["state"] == "off"
    assert "Три дня подряд" in shown["reason"]
    assert "Отправка событий выключена: Аналитика" in head.get("/notifications").text
    came = len(receiver.came)
    happen(portal, school_of(portal, head))
    make_due(portal)
    work(portal)
    assert len(receiver.came) == came
    receiver.status = 200
    assert head.post(f"{url}/resume").json()["state"] == "on"
    work(portal)
    assert len(receiver.came) == came + 1


def test_a_receiver_that_is_gone_is_switched_off_at_once(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    receiver.status = 410
    happen(portal, school_of(portal, head))
    work(portal)
    assert head.get(url).json()["state"] == "off"
    assert "(410)" in head.get(url).json()["reason"]


def test_redirects_are_not_followed(portal: PortalUnderTest, head: Visitor, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        url, _secret = connected(head, receiver)
        receiver.status, receiver.headers = 307, {"location": elsewhere.url}
        happen(portal, school_of(portal, head))
        work(portal)
        assert elsewhere.came == []
    (sent,) = deliveries(head, url)
    assert (sent["state"], sent["status"]) == ("waiting", 307)
    assert "портал за ним не идёт" in sent["error"]


def test_a_slow_receiver_is_left_after_a_while(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WHOLE_SECONDS", 1.0)
    url, _secret = connected(head, receiver)
    receiver.slowly = True
    receiver.status = 500
    happen(portal, school_of(portal, head))
    work(portal)
    (sent,) = deliveries(head, url)
    assert sent["state"] == "waiting"
    assert sent["took_ms"] < 5000
    assert "не ответил за 1" in sent["error"]


def test_private_addresses_are_refused(portal: PortalUnderTest, head: Visitor, receiver: Receiver) -> None:
    strict = Config(home="/nowhere")
    for address in (
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.10",
        "172.16.5.4",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 -- an address to be refused
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ):
        assert not is_allowed(strict, ipaddress.ip_address(address)), address
        host = f"[{address}]" if ":" in address else address
        assert objection(strict, f"https://{host}/portal"), address
    for address in ("8.8.8.8", "2a02:6b8::1"):
        assert is_allowed(strict, ipaddress.ip_address(address)), address
    within = msgspec.structs.replace(strict, webhook_networks=["10.20.0.0/16"])
    assert is_allowed(within, ipaddress.ip_address("10.20.1.1"))
    assert not is_allowed(within, ipaddress.ip_address("10.21.1.1"))
    # A name that leads inside is found out when it is resolved.
    named = receiver.url.replace("127.0.0.1", "localhost")
    answer = sending.send(strict, named, b"{}", {})
    assert "внутрь сети портала" in answer.error
    assert receiver.came == []
    unknown = sending.send(strict, "https://nowhere.invalid/", b"{}", {})
    assert "не найти" in unknown.error


def test_addresses_are_checked_when_they_are_named(head: Visitor) -> None:
    production = Config(home="/nowhere", production=True)
    assert "https://" in objection(production, "http://example.ru/portal")
    assert objection(production, "https://example.ru/portal") == ""
    for wrong in (
        "ftp://example.ru/",
        "example.ru",
        "https://",
        "https://admin:secret@example.ru/",
        "https://example.ru:99999/",
        "https://exa mple.ru/",
        "https://10.0.0.1/",
        "javascript:alert(1)",
    ):
        answer = head.post(API, json={"name": "Чужая", "url": wrong, "events": ["term.closed"]})
        assert answer.status_code == 422, wrong
        assert "url" in answer.json()["fields"]
    answer = head.post(API, json={"name": " ", "url": "https://example.ru/", "events": ["no.such"]})
    assert answer.json()["fields"].keys() == {"name", "events"}


def test_two_secrets_sign_for_a_day(portal: PortalUnderTest, head: Visitor, receiver: Receiver) -> None:
    url, old = connected(head, receiver)
    new = head.post(f"{url}/secret").json()["secret"]
    assert new != old
    happen(portal, school_of(portal, head))
    work(portal)
    assert receiver.came[0].is_signed_with(old)
    assert receiver.came[0].is_signed_with(new)
    with portal.portal.database.transaction() as db:
        db.execute(update(Webhook).values(old_until=now() - timedelta(minutes=1)))
    happen(portal, school_of(portal, head))
    work(portal)
    assert not receiver.came[1].is_signed_with(old)
    assert receiver.came[1].is_signed_with(new)
    with portal.portal.database.reading(fresh=True) as db:
        kept = db.scalars(select(Webhook)).one()
        assert new.encode() not in kept.secret
    assert new not in head.get(url).text


def test_it_is_paused_tried_out_and_deleted(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, secret = connected(head, receiver)
    assert head.post(f"{url}/test").status_code == 202
    work(portal)
    assert receiver.heard == ["webhook.test"]
    assert receiver.came[0].is_signed_with(secret)
    assert head.post(f"{url}/pause").json()["state"] == "paused"
    assert head.post(f"{url}/pause").status_code == 409
    assert head.post(f"{url}/test").status_code == 409
    happen(portal, school_of(portal, head))
    work(portal)
    assert len(receiver.came) == 1
    head.post(f"{url}/resume")
    happen(portal, school_of(portal, head))
    assert head.delete(url).status_code == 204
    work(portal)
    assert len(receiver.came) == 1
    assert head.get(url).status_code == 404
    history = head.get("/audit").text
    for words in ("Отправка событий настроена", "приостановлена", "возобновлена", "удалена"):
        assert words in history


def test_a_test_that_fails_is_not_repeated(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    receiver.status = 500
    head.post(f"{url}/test")
    work(portal)
    (sent,) = deliveries(head, url)
    assert (sent["event"], sent["state"]) == ("webhook.test", "failed")
    assert head.get(url).json()["failing_since"] is None


def test_what_nobody_was_woken_for_is_found(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    happen(portal, school_of(portal, head))
    with portal.portal.database.transaction() as db:
        db.execute(delete(Task))
        delivered = now() - timedelta(days=4)
        (known,) = db.scalars(select(Webhook.id))
        db.add(
            WebhookDelivery(
                webhook_id=known, event="term.closed", content={}, at=delivered, state="delivered"
            )
        )
    from core.tasks import enqueue

    with portal.portal.database.transaction() as db:
        enqueue(db, SWEEP)
    work(portal)
    work(portal)
    assert receiver.heard == ["term.closed"]
    assert len(deliveries(head, url)) == 1


def test_others_neither_see_nor_change_it(portal: PortalUnderTest, head: Visitor, receiver: Receiver) -> None:
    url, _secret = connected(head, receiver)
    for kind in ("teacher", "deputy_head", "pupil", "guardian"):
        stranger = portal.sign_in(kind)
        assert stranger.get(url).status_code == 403
        assert stranger.post(API, json={}).status_code in (403, 422)
    coordinator = portal.sign_in("municipal_coordinator")
    assert coordinator.get(url).status_code == 200
    assert [each["id"] for each in coordinator.get(API).json()["items"]] == [url.rpartition("/")[2]]


def test_the_pages_lead_from_the_first_address_to_the_last_delivery(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    assert "Адресов пока нет" in head.get("/webhooks").text
    wrong = head.post("/webhooks/new", data={"name": "Аналитика", "url": "http//x"})
    assert wrong.status_code == 422
    assert "Аналитика" in wrong.text
    assert "Отметьте хотя бы одно событие" in wrong.text
    form = {"name": "Аналитика", "url": receiver.url, "events": ["term.closed", "marks.set"]}
    made = head.post("/webhooks/new", data=form)
    assert made.status_code == 200, made.text
    assert "whsec_" in made.text
    (listed,) = head.get(API).json()["items"]
    card = f"/webhooks/{listed['id']}"
    assert "whsec_" not in head.get(card).text
    assert "Аналитика" in head.get("/webhooks").text
    assert head.post(card, data={"step": "test"}).status_code == 303
    work(portal)
    shown = head.get(card).text
    assert "Проверка" in shown
    assert "Доставлено" in shown
    receiver.status, receiver.answer = 400, b"<b>no</b>"
    happen(portal, school_of(portal, head))
    work(portal)
    everything = head.get(f"{card}/deliveries").text
    assert "&lt;b&gt;no&lt;/b&gt;" in everything
    assert "Проверка" not in head.get(f"{card}/deliveries?state=waiting").text
    changed = head.post(f"{card}/edit", data={**form, "events": ["term.closed"], "name": "Статистика"})
    assert changed.status_code == 303
    assert "Сменить секрет?" in head.post(card, data={"step": "ask_rotate"}).text
    assert "whsec_" in head.post(card, data={"step": "rotate"}).text
    for step in ("pause", "resume"):
        assert head.post(card, data={"step": step}).status_code == 303
    sure = head.post(card, data={"step": "ask_delete"})
    assert "вернуть их нельзя" in sure.text
    assert head.post(card, data={"step": "delete"}).headers["location"] == "/webhooks?done=deleted"
    assert head.get(card).status_code == 404


def test_every_event_leaves_without_names_and_marks() -> None:
    names = [each.name for each in CORE_WEBHOOK_EVENTS]
    assert len(names) == len(set(names))
    for each in CORE_WEBHOOK_EVENTS:
        check(each)
    wrong = WebhookEvent(name="x", title="Х", event=WorkHandedIn, fields=("work_id",))
    with pytest.raises(ValueError, match="organization"):
        check(wrong)

    class Told(msgspec.Struct, kw_only=True):
        organization_id: UUID
        text: str

    with pytest.raises(ValueError, match="personal data"):
        check(WebhookEvent(name="x", title="Х", event=Told, fields=("organization_id", "text")))


def test_a_webhook_deleted_elsewhere_meanwhile_is_in_nobodys_way(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    """Another process has deleted it, and this one does not know yet."""
    connected(head, receiver)
    with portal.portal.database.transaction() as db:
        db.execute(delete(Webhook))
    happen(portal, school_of(portal, head))
    work(portal)
    assert receiver.came == []


def test_a_mark_set_in_the_journal_is_heard(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    from tests.plugins.journal.conftest import find_page

    found = find_page(portal.portal)
    keeper = portal.sign_in("regional_coordinator")
    connected(keeper, receiver, "marks.set")
    teacher = portal.sign_in("teacher", person_id=found.teacher_id)
    cell = {"lesson": str(found.lessons[0]), "pupil": str(found.pupils[0]), "value": "5"}
    put = teacher.put(f"/api/v1/journal/pages/{found.page_id}/cells", json=cell)
    assert put.status_code == 200, put.text
    work(portal)
    data = receiver.came[0].json["data"]
    assert data["page_id"] == str(found.page_id)
    assert data["version"] == put.json()["version"]
    assert "value" not in data


def test_points_behaviour_exemptions_and_marks_of_a_former_school_are_heard(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    from tests.plugins.journal.conftest import TeachersPage, find_page
    from tests.plugins.journal.test_behaviour import put
    from tests.plugins.journal.test_criteria import CRITERIA, give, url_of
    from tests.plugins.journal.test_exemptions import day, exempt
    from tests.plugins.journal.test_external_marks import take

    found = find_page(portal.portal)
    page = TeachersPage(found, portal, portal.sign_in("teacher", person_id=found.teacher_id))
    names = ["points.set", "behaviour.set", "pupil.exempted", "former_marks.taken"]
    connected(portal.sign_in("regional_coordinator"), receiver, *names)
    deputy = portal.sign_in("deputy_head")
    lesson = f"{page.url}/lessons/{page.lessons[0]}"
    assert page.teacher.put(lesson, json={"control_kind": "control"}).status_code == 200
    assert page.teacher.put(url_of(page), json={"criteria": CRITERIA}).status_code == 200
    assert give(page, 5, 3).status_code == 200
    assert put(page, deputy, "обр").status_code == 200
    exempt(deputy, page, day(page, 0), day(page, 1))
    assert take(page, {"value": "5", "day": day(page, 0).isoformat()}).status_code == 200
    work(portal)
    heard = {each.json["type"]: each.json["data"] for each in receiver.came}
    assert sorted(heard) == sorted(names)
    assert {each["pupil_id"] for each in heard.values()} == {str(found.pupils[0])}
    assert heard["behaviour.set"]["term_id"] == str(found.term.id)
    assert heard["pupil.exempted"]["step"] == "given"
    told = " ".join(each.body.decode() for each in receiver.came)
    for secret in ("обр", "Лицей", "показаниям", "Справка"):
        assert secret not in told


def test_a_plugin_that_publishes_and_then_fails_has_told_nothing(
    portal: PortalUnderTest, head: Visitor, receiver: Receiver
) -> None:
    url, _secret = connected(head, receiver)
    school = school_of(portal, head)

    class Happened(msgspec.Struct):
        pass

    def fail(db: Session, _event: object) -> None:
        db.publish(TermClosed(organization_id=school, academic_year_id=uuid4(), term_id=uuid4()))
        raise RuntimeError

    portal.portal.events.subscribe("journal", Subscription(event=Happened, handle=fail))
    with portal.portal.database.transaction() as db:
        db.publish(Happened())
    work(portal)
    assert receiver.came == []
    assert deliveries(head, url) == []
