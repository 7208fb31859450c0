"""A change with an idempotency key is made once: a double click, a lost answer, Back and send again."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from core.database.base import now
from core.idempotency import KEPT, IdempotencyKey
from core.identity import tokens
from core.identity.models import AccessToken, Account
from core.identity.sessions import actor_of
from core.portal import Portal
from core.tasks import Worker, enqueue
from core.testing.portal import PortalUnderTest, Visitor, count_statements, running
from core.web import cookies
from tests.core import once_plugin
from tests.core.once_plugin import added, entered, gate, plug_in
from tests.core.served import server
from tests.plugins.auth_esia.served import free_port, served


@pytest.fixture(scope="module")
def one_portal(make_portal: Callable[..., Portal]) -> Iterator[Portal]:
    """A portal with the plugin of these tests."""
    yield plug_in(make_portal())


@pytest.fixture(scope="module")
def once(one_portal: Portal) -> Iterator[PortalUnderTest]:
    """It runs."""
    with running(one_portal) as under_test:
        yield under_test


def send(visitor: Visitor, how: str, name: str, key: str, **options: Any) -> Any:
    """Send the plugin's form; the key stands in the form unless `headers` name it."""
    fields = {"name": name} if "headers" in options else {"name": name, "idempotency_key": key}
    return visitor.post(f"/once/{how}", data=fields, **options)


def stored(portal: Portal) -> list[IdempotencyKey]:
    """All keys that are remembered."""
    with portal.database.reading(fresh=True) as db:
        found = list(db.scalars(select(IdempotencyKey)))
        db.expunge_all()
        return found


def fresh() -> str:
    """A key."""
    return str(uuid4())


@pytest.mark.parametrize("place", ["field", "header", "quoted header"])
def test_a_repetition_gets_the_first_answer_and_changes_nothing(once: PortalUnderTest, place: str) -> None:
    teacher, key, name = once.sign_in("teacher"), fresh(), f"Первая {place}"
    value = f'"{key}"' if place.startswith("quoted") else key
    options = {} if place == "field" else {"headers": {"idempotency-key": value}}
    first = send(teacher, "plain", name, key, **options)
    again = send(teacher, "plain", name, key, **options)
    assert first.status_code == again.status_code == 303
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "content-security-policy" in again.headers
    assert added(once.portal, name) == 1


def test_without_a_key_each_request_counts_and_costs_nothing_more(once: PortalUnderTest) -> None:
    teacher = once.sign_in("teacher")
    with once.counting_statements() as statements:
        teacher.post("/once/plain", data={"name": "Каждая"})
        teacher.post("/once/plain", data={"name": "Каждая"})
    assert not [each for each in statements if "core_idempotency_key" in each]
    assert added(once.portal, "Каждая") == 2


def test_another_person_with_the_same_key_is_not_answered_in_the_firsts_stead(once: PortalUnderTest) -> None:
    teacher, head, key = once.sign_in("teacher"), once.sign_in("head"), fresh()
    first, other = send(teacher, "plain", "Двое", key), send(head, "plain", "Двое", key)
    assert first.headers["location"] != other.headers["location"]
    assert added(once.portal, "Двое") == 2


def test_the_same_person_after_signing_in_again_is(once: PortalUnderTest) -> None:
    before, key = once.sign_in("teacher"), fresh()
    first = send(before, "plain", "Снова", key)
    after = once.sign_in("teacher", person_id=before.person_id)
    assert send(after, "plain", "Снова", key).headers["location"] == first.headers["location"]
    assert added(once.portal, "Снова") == 1


def test_the_key_of_another_request_is_refused_in_words(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    send(teacher, "plain", "Одна", key)
    for how, name in (("plain", "Другая"), ("long", "Одна")):
        answer = send(teacher, how, name, key)
        assert answer.status_code == 422
        assert "уже отправлено, но с другим содержанием" in answer.text
    assert added(once.portal, "Другая") == 0
    assert added(once.portal, "Одна") == 1


def test_a_key_of_another_shape_is_refused(once: PortalUnderTest) -> None:
    teacher = once.sign_in("teacher")
    for key in ("ключ", "x" * 201, "<script>"):
        assert send(teacher, "plain", "Кривая", key).status_code == 422
    assert added(once.portal, "Кривая") == 0


def test_a_refused_form_is_corrected_and_sent_with_the_same_key(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    assert send(teacher, "refused", "Плохая", key).status_code == 409
    assert send(teacher, "refused", "Хорошая", key).status_code == 303
    assert send(teacher, "refused", "Хорошая", key).headers["idempotent-replayed"] == "true"
    assert (added(once.portal, "Плохая"), added(once.portal, "Хорошая")) == (0, 1)


def test_a_failure_that_saved_nothing_frees_the_key(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    before = len(stored(once.portal))
    assert [send(teacher, "breaks", "Сбой", key).status_code for _ in range(2)] == [500, 500]
    assert len(stored(once.portal)) == before


def test_a_failure_after_saving_does_not_save_again(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    assert send(teacher, "breaks-after", "Полсбоя", key).status_code == 500
    again = send(teacher, "breaks-after", "Полсбоя", key)
    assert again.status_code == 409
    assert "уже отправлено и сохранено" in again.text
    assert added(once.portal, "Полсбоя") == 1


def test_an_answer_too_long_to_keep_is_not_made_again(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    # Not compressed on the way, or it would be short.
    plain = {"accept-encoding": "identity", "idempotency-key": key}
    first = send(teacher, "long", "Длинная", key, headers=plain)
    assert len(first.content) > 256 * 1024
    again = send(teacher, "long", "Длинная", key, headers=plain)
    assert again.status_code == 409
    assert "уже сохранено" in again.text
    assert added(once.portal, "Длинная") == 1


def test_an_answer_that_signs_somebody_in_is_not_kept(once: PortalUnderTest) -> None:
    teacher, key, before = once.sign_in("teacher"), fresh(), len(stored(once.portal))
    answer = send(teacher, "signs-in", "Печенье", key)
    assert answer.status_code == 303
    assert cookies.SESSION in answer.headers["set-cookie"]
    assert len(stored(once.portal)) == before


def test_a_token_just_made_is_shown_again_but_not_readable_in_the_database(once: PortalUnderTest) -> None:
    teacher, key = once.sign_in("teacher"), fresh()
    form = {"name": "Дважды", "scopes": ["organization.read"], "days": "30", "idempotency_key": key}
    first, again = (teacher.post("/account/tokens", data=form) for _ in range(2))
    text = first.text.partition("<code>msk_")[2].partition("</code>")[0]
    assert text
    assert text in again.text
    with once.portal.database.reading(fresh=True) as db:
        assert len(db.scalars(select(AccessToken).where(AccessToken.name == "Дважды")).all()) == 1
    kept = [each.answer or b"" for each in stored(once.portal)]
    assert not [each for each in kept if text.encode() in each or key.encode() in each]


def test_a_program_repeats_with_its_token_and_another_token_does_not_hear_it(once: PortalUnderTest) -> None:
    head = once.sign_in("head")
    with once.portal.database.transaction() as db:
        actor = actor_of(db, db.scalars(select(Account.id).where(Account.person_id == head.person_id)).one())
        texts = [tokens.create(db, actor, "Программа", sorted(db.portal.grants.scopes))[1] for _ in range(2)]
    programs = [once.visitor() for _ in texts]
    for program, text in zip(programs, texts, strict=True):
        program.token = text
    body = {"organization_id": str(actor.organization_id), "enabled": False}
    headers = {"idempotency-key": fresh()}
    answers = [
        program.put("/api/v1/plugins/diary/switch", json=body, headers=headers, csrf=False)
        for program in (programs[0], programs[0], programs[1])
    ]
    assert {each.status_code for each in answers} == {200}, answers[0].text
    assert ["idempotent-replayed" in each.headers for each in answers] == [False, True, False]
    other = programs[0].put(
        "/api/v1/plugins/diary/switch", json={**body, "enabled": True}, headers=headers, csrf=False
    )
    assert other.status_code == 422
    assert "с другим содержанием" in other.json()["title"]


def test_keys_are_forgotten_after_a_day(once: PortalUnderTest) -> None:
    teacher, old, young = once.sign_in("teacher"), fresh(), fresh()
    send(teacher, "plain", "Вчера", old)
    with once.portal.database.transaction() as db:
        db.execute(update(IdempotencyKey).values(created_at=now() - KEPT - timedelta(minutes=1)))
    send(teacher, "plain", "Сегодня", young)
    with once.portal.database.transaction() as db:
        enqueue(db, "core.idempotency.delete_old")
    Worker(once.portal).run_once()
    assert len(stored(once.portal)) == 1
    assert "idempotent-replayed" in send(teacher, "plain", "Сегодня", young).headers


class Browser:
    """Somebody signed in who speaks to a certain port."""

    def __init__(self, under_test: PortalUnderTest) -> None:
        visitor = under_test.sign_in("teacher")
        self._headers = {
            "cookie": f"{cookies.SESSION}={visitor.cookies[cookies.SESSION]}",
            "x-csrf-token": visitor.csrf_token(),
            "content-type": "application/x-www-form-urlencoded",
        }

    def send(self, port: int, how: str, name: str, key: str) -> tuple[int, str, bool]:
        """The status, the location, and whether it was a repetition. Raises `OSError` if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(
                "POST",
                f"/once/{how}",
                urlencode({"name": name}),
                {**self._headers, "idempotency-key": key},
            )
            answer = connection.getresponse()
            return (
                answer.status,
                answer.getheader("location", ""),
                bool(answer.getheader("idempotent-replayed")),
            )
        finally:
            connection.close()


def test_a_request_that_comes_while_the_first_still_runs_waits_for_its_answer(
    once: PortalUnderTest, one_portal: Portal
) -> None:
    """The two go to different workers, which share but the database."""
    browser, key = Browser(once), fresh()
    second_portal = plug_in(Portal(one_portal.config))
    ports = free_port(), free_port()
    answers: dict[int, tuple[int, str, bool]] = {}
    gate.clear()

    def click(port: int) -> None:
        answers[port] = browser.send(port, "slowly", "Двойной щелчок", key)

    clicks = [threading.Thread(target=click, args=(port,)) for port in ports]
    with (
        served(once_plugin.create_app(one_portal), ports[0]),
        served(once_plugin.create_app(second_portal), ports[1]),
        count_statements(second_portal.database) as asked,
    ):
        clicks[0].start()
        assert entered.acquire(timeout=20)
        clicks[1].start()
        looked = threading.Event()
        while not looked.wait(0.01):
            if len([each for each in asked if "core_idempotency_key" in each]) > 2:
                looked.set()
        assert answers == {}
        # No transaction is open meanwhile: others write.
        assert browser.send(ports[1], "plain", "Тем временем", fresh())[0] == 303
        gate.set()
        for each in clicks:
            each.join(30)
    second_portal.close()
    assert not entered.acquire(blocking=False)
    assert answers[ports[0]][:2] == answers[ports[1]][:2]
    assert [answers[port][2] for port in ports] == [False, True]
    assert added(one_portal, "Двойной щелчок") == 1


def test_a_hundred_clicks_at_once_are_one(once: PortalUnderTest, one_portal: Portal) -> None:
    browser, key, port = Browser(once), fresh(), free_port()
    answers: list[tuple[int, str, bool]] = []
    with served(once_plugin.create_app(one_portal), port):
        clicks = [
            threading.Thread(target=lambda: answers.append(browser.send(port, "plain", "Сто", key)))
            for _ in range(100)
        ]
        for each in clicks:
            each.start()
        for each in clicks:
            each.join(60)
    assert len(answers) == 100
    assert {each[:2] for each in answers} == {answers[0][:2]}
    assert answers[0][0] == 303
    assert [each[2] for each in answers].count(False) == 1
    assert added(one_portal, "Сто") == 1


def age_out(portal: Portal) -> None:
    """Let the hold of every key run out, as it does by itself half a minute after a crash."""
    with portal.database.transaction() as db:
        db.execute(update(IdempotencyKey).values(held_until=now() - timedelta(seconds=1)))


@pytest.mark.parametrize(("moment", "survives"), [("dies-before", 0), ("dies-after", 1)])
def test_kill_9_in_the_middle_never_saves_twice(
    once: PortalUnderTest, one_portal: Portal, moment: str, survives: int
) -> None:
    browser, key, name = Browser(once), fresh(), f"Убита {moment}"
    settings = {"home": one_portal.config.home, "database_url": one_portal.config.database_address}
    process = server(free_port(), app="tests.core.once_plugin:app", **settings)
    with process as port, pytest.raises((OSError, http.client.HTTPException)):
        browser.send(port, moment, name, key)
    assert added(one_portal, name) == survives
    age_out(one_portal)
    # Up again, and the same is sent: what was saved is not saved again, what was not is carried out.
    with served(once_plugin.create_app(one_portal), port := free_port()):
        answers = [browser.send(port, moment, name, key)[0] for _ in range(2)]
    assert answers == ([409, 409] if survives else [303, 303])
    assert added(one_portal, name) == 1


def test_a_run_that_lost_its_key_saves_nothing(once: PortalUnderTest, one_portal: Portal) -> None:
    """It was asleep for so long that it counted as dead; the one that took over is the one that saves."""
    browser, key, port = Browser(once), fresh(), free_port()
    answers: list[tuple[int, str, bool]] = []
    gate.clear()

    def click() -> None:
        answers.append(browser.send(port, "slowly", "Проснулась", key))

    with served(once_plugin.create_app(one_portal), port):
        sleeper = threading.Thread(target=click)
        sleeper.start()
        assert entered.acquire(timeout=20)
        age_out(one_portal)
        second = threading.Thread(target=click)
        second.start()
        assert entered.acquire(timeout=20)
        gate.set()
        sleeper.join(30)
        second.join(30)
    assert sorted(each[0] for each in answers) == [303, 409]
    assert added(one_portal, "Проснулась") == 1
    with one_portal.database.transaction() as db:
        db.execute(delete(IdempotencyKey))
