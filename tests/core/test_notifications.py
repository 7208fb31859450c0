"""Notifications: everybody reads their own, newest first, in pages whose cost does not grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.database.base import new_id
from core.identity.models import AccessToken, Account, Notification
from core.identity.sessions import digest
from core.notifications import notify
from core.portal import Portal
from core.testing.portal import PortalUnderTest, Visitor, running
from tests.core.bench_plugin import plug_in


@pytest.fixture
def bench(make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    portal = plug_in(make_portal())
    with portal.database.transaction() as db:
        db.execute(delete(Notification))
    with running(portal) as under_test:
        yield under_test


def tell(
    bench: PortalUnderTest, *people: UUID | None, title: str = "Новость", body: str = "", url: str = ""
) -> int:
    with bench.portal.database.transaction() as db:
        return notify(db, [person for person in people if person], "bench.news", title, body, url)


def listed(visitor: Visitor, query: str = "") -> list[str]:
    return [line["title"] for line in visitor.get(f"/api/v1/notifications{query}").json()["items"]]


def test_somebody_without_notifications_learns_what_comes_here(bench: PortalUnderTest) -> None:
    page = bench.sign_in("teacher").get("/notifications")
    assert page.status_code == 200
    assert "Уведомлений пока нет" in page.text
    assert "/notifications/read-all" not in page.text


def test_each_person_reads_their_own(bench: PortalUnderTest) -> None:
    teacher, other = bench.sign_in("teacher"), bench.sign_in("teacher", nth=1)
    assert tell(bench, teacher.person_id, teacher.person_id, title="Педсовет в 15:00") == 1
    assert "Педсовет в 15:00" in teacher.get("/notifications").text
    assert "Педсовет в 15:00" not in other.get("/notifications").text
    [line] = teacher.get("/api/v1/notifications").json()["items"]
    assert other.post(f"/notifications/{line['id']}/read").status_code == 404
    assert other.post(f"/api/v1/notifications/{line['id']}/read").status_code == 404
    assert teacher.get("/notifications/unread").json() == {"unread": 1}


def test_opening_a_notification_marks_it_and_leads_on(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id, url="/requests/7")
    [line] = teacher.get("/api/v1/notifications").json()["items"]
    answer = teacher.post(f"/notifications/{line['id']}/read")
    assert (answer.status_code, answer.headers["location"]) == (303, "/requests/7")
    assert teacher.get("/notifications/unread").json() == {"unread": 0}
    assert teacher.post(f"/notifications/{line['id']}/read").status_code == 303
    assert 'href="/requests/7"' in teacher.get("/notifications").text


def test_the_unread_ones_can_be_kept_and_all_marked_at_once(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id, title="Первая")
    [line] = teacher.get("/api/v1/notifications").json()["items"]
    assert teacher.post(f"/api/v1/notifications/{line['id']}/read").json() == {"unread": 0}
    tell(bench, teacher.person_id, title="Вторая")
    assert listed(teacher) == ["Вторая", "Первая"]
    assert listed(teacher, "?unread=true") == ["Вторая"]
    page = teacher.get("/notifications?unread=true").text
    assert "Вторая" in page
    assert "Первая" not in page
    assert teacher.post("/notifications/read-all").status_code == 303
    assert "Всё прочитано" in teacher.get("/notifications?unread=true").text
    assert teacher.post("/api/v1/notifications/read-all").json() == {"marked": 0}


def test_long_lists_come_in_pages_that_miss_and_repeat_nothing(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    for number in range(120):
        tell(bench, teacher.person_id, title=f"Новость {number:03}")
    seen: list[str] = []
    before = ""
    while True:
        page = teacher.get(f"/api/v1/notifications?limit=50{before}").json()
        seen += [line["title"] for line in page["items"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == [f"Новость {number:03}" for number in reversed(range(120))]
    first = teacher.get("/notifications").text
    assert "Новость 119" in first
    assert "Новость 069" not in first
    assert 'rel="next"' in first


def test_the_page_costs_the_same_whatever_its_length(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id)
    teacher.get("/notifications")
    with bench.counting_statements() as few:
        teacher.get("/notifications")
    for _number in range(40):
        tell(bench, teacher.person_id)
    with bench.counting_statements() as many:
        teacher.get("/notifications")
    assert len(many) == len(few)


def test_words_of_a_notification_cannot_become_markup(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id, title="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>")
    page = teacher.get("/notifications").text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_a_notification_leads_only_to_pages_of_the_portal(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    for url in ("https://evil.example", "//evil.example", "javascript:alert(1)", "/\\evil.example"):
        with pytest.raises(ValueError, match="page of the portal"):
            tell(bench, teacher.person_id, url=url)
    with pytest.raises(ValueError, match="nobody declares"), bench.portal.database.transaction() as db:
        notify(db, [new_id()], "no.such.kind", "Новость")


def test_a_stranger_and_a_foreign_page_get_nothing(bench: PortalUnderTest) -> None:
    stranger = bench.visitor()
    assert stranger.get("/api/v1/notifications").status_code == 401
    assert stranger.get("/notifications").status_code == 303
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id)
    assert teacher.post("/notifications/read-all", csrf=False).status_code == 403
    assert teacher.get("/notifications/unread").json() == {"unread": 1}
    for bad in ("?before=1", "?limit=x", "?unread=maybe"):
        assert teacher.get(f"/api/v1/notifications{bad}").status_code == 422
    assert teacher.get("/api/v1/notifications?limit=-5").status_code == 200


def test_a_token_reads_notifications_only_with_the_scope_for_it(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    tell(bench, teacher.person_id, title="Педсовет")
    for scope, status in (("organization.read", 403), ("notifications", 200)):
        token = f"msk_{scope}"
        with bench.portal.database.transaction() as db:
            account = db.scalars(select(Account).where(Account.person_id == teacher.person_id)).one()
            db.add(
                AccessToken(
                    token_hash=digest(token),
                    account_id=account.id,
                    role_id=account.last_role_id,
                    name=scope,
                    scopes=[scope],
                )
            )
        program = bench.visitor()
        program.token = token
        assert program.get("/api/v1/notifications").status_code == status
        assert program.get("/notifications/unread").status_code == 303, "a token opens no pages"
        assert program.post("/api/v1/notifications/read-all").status_code == status
