"""Deadlines of requests: who is told before and after, once; how late they are, on the card, in lists and at home."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import delete, select, update

from core.database.base import now
from core.identity.models import Notification
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.requests.deadlines import EACH, KIND
from core.requests.lateness import last_near, workdays_before
from core.requests.models import Request
from core.tasks import Worker
from core.tasks.kinds import schedules_of
from core.tasks.queue import enqueue
from core.testing import PortalUnderTest, Visitor
from tests.core.test_request_pages import correction, sent, step
from tests.core.town_fixtures import town

__all__ = ["town"]
MOSCOW = "Europe/Moscow"


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins without open requests and news, and leaves the schools where they were."""
    with town.portal.database.transaction() as db:
        db.execute(delete(Notification))
        db.execute(update(Request).values(status="withdrawn"))
    yield
    with town.portal.database.transaction() as db:
        db.execute(update(Organization).values(timezone=None, phone=""))


def run(town: PortalUnderTest) -> None:
    """The scheduled work, once."""
    with town.portal.database.transaction() as db:
        enqueue(db, KIND)
    worker = Worker(town.portal)
    while worker.run_once():
        pass


def due(town: PortalUnderTest, url: str, deadline: date) -> None:
    """As if a request had been sent long ago, with this deadline."""
    with town.portal.database.transaction() as db:
        db.execute(
            update(Request)
            .where(Request.id == UUID(url.rpartition("/")[2]))
            .values(deadline=deadline, created_at=now() - timedelta(days=30))
        )


def told(town: PortalUnderTest, who: Visitor | UUID) -> list[tuple[str, str]]:
    """Title and text of somebody's news, apart from those of the steps of requests."""
    person_id = who if isinstance(who, UUID) else who.person_id
    with town.portal.database.reading(fresh=True) as db:
        found = db.execute(
            select(Notification.title, Notification.body)
            .where(Notification.person_id == person_id)
            .order_by(Notification.id)
        ).all()
    words = ("просрочен", "Просрочено", "ждёт решения", "не решили в срок")
    return [(str(title), str(body)) for title, body in found if any(word in str(title) for word in words)]


def today(zone: str = MOSCOW) -> date:
    return today_in(zone)


def people(town: PortalUnderTest) -> tuple[Visitor, Visitor, Visitor, Visitor]:
    """The author, the head, the coordinators of the municipality and of the region."""
    return (
        town.sign_in("guardian", organization="Школа 1"),
        town.sign_in("head", organization="Школа 1"),
        town.sign_in("municipal_coordinator"),
        town.sign_in("regional_coordinator"),
    )


def test_whoever_decides_is_reminded_once_before_the_deadline(town: PortalUnderTest) -> None:
    author, head, municipality, _region = people(town)
    url = sent(author)
    due(town, url, today())
    run(town)
    run(town)
    day = f"{today():%d.%m.%Y}"
    assert told(town, head) == [("Запрос ждёт решения: Исправление данных", f"Решите его до {day}.")]
    assert told(town, author) == []
    assert told(town, municipality) == []


def test_nobody_is_reminded_early_nor_on_the_day_it_came(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)
    due(town, sent(author), last_near(today(), 1) + timedelta(days=1))
    fresh = sent(author)
    with town.portal.database.transaction() as db:
        db.execute(
            update(Request).where(Request.id == UUID(fresh.rpartition("/")[2])).values(deadline=today())
        )
    run(town)
    assert told(town, head) == []


def test_once_it_is_late_those_who_act_the_level_above_and_the_author_are_told_once(
    town: PortalUnderTest,
) -> None:
    author, head, municipality, region = people(town)
    with town.portal.database.transaction() as db:
        db.execute(
            update(Organization).where(Organization.short_name == "Школа 1").values(phone="+79181234567")
        )
    url = sent(author)
    late = today() - timedelta(days=2)
    due(town, url, late)
    run(town)
    run(town)
    day = f"{late:%d.%m.%Y}"
    assert told(town, head) == [
        ("Запрос просрочен: Исправление данных", f"Решить нужно было до {day}. Об этом знает Округ.")
    ]
    assert told(town, municipality) == [
        (
            "Запрос просрочен: Исправление данных",
            f"Школа 1: решить нужно было до {day}. Вы тоже можете решить.",
        )
    ]
    assert told(town, region) == []
    assert told(town, author) == [
        (
            "Ваш запрос не решили в срок: Исправление данных",
            f"Ответить должны были до {day}. Обратитесь: Школа 1, +7 (918) 123-45-67. О задержке знает Округ.",
        )
    ]
    assert step(municipality, url, "approve").status_code == 303, "the level above decides as it was told"


def test_where_the_school_has_nobody_the_region_is_the_level_above(town: PortalUnderTest) -> None:
    """The head's own request is decided by the municipality: above it stands the region."""
    _author, head, municipality, region = people(town)
    due(town, sent(head, last_name="Берёзкина", first_name="Анна"), today() - timedelta(days=1))
    run(town)
    assert len(told(town, municipality)) == 1
    assert [title for title, _body in told(town, region)] == ["Запрос просрочен: Исправление данных"]
    assert [title for title, _body in told(town, head)] == ["Ваш запрос не решили в срок: Исправление данных"]


@pytest.mark.parametrize("name", ["approve", "reject", "return", "withdraw"])
def test_after_a_decision_nobody_is_told(town: PortalUnderTest, name: str) -> None:
    author, head, municipality, _region = people(town)
    url = sent(author)
    due(town, url, today() - timedelta(days=1))
    who = author if name == "withdraw" else head
    assert step(who, url, name, "Так решено").status_code == 303
    run(town)
    assert [told(town, each) for each in (author, head, municipality)] == [[], [], []]


def test_a_request_that_is_sent_again_gets_a_new_term(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)
    url = sent(author)
    due(town, url, today() - timedelta(days=1))
    run(town)
    assert step(head, url, "return", "Поправьте").status_code == 303
    assert author.post(f"{url}/edit", data=correction(step="send")).status_code == 303
    run(town)
    assert len(told(town, head)) == 1
    due(town, url, today() - timedelta(days=3))
    run(town)
    assert len(told(town, head)) == 2, "another deadline has passed"


def test_whoever_took_it_up_acts_next(town: PortalUnderTest) -> None:
    author, head, municipality, region = people(town)
    url = sent(author)
    assert step(municipality, url, "take").status_code == 303
    due(town, url, today() - timedelta(days=1))
    run(town)
    assert told(town, head) == []
    assert len(told(town, municipality)) == 1
    assert len(told(town, region)) == 1


def test_the_day_is_that_of_the_organization(town: PortalUnderTest) -> None:
    """Between the zones of two schools it is always another day somewhere at the two ends of the world."""
    author, head, *_others = people(town)
    ends = {zone: today(zone) for zone in ("Etc/GMT+12", "Etc/GMT-14")}
    assert len(set(ends.values())) == 2
    earlier = min(ends, key=lambda zone: ends[zone])
    later = max(ends, key=lambda zone: ends[zone])
    url = sent(author)
    due(town, url, ends[earlier])
    for zone, expected in ((earlier, 0), (later, 1)):
        with town.portal.database.transaction() as db:
            db.execute(update(Organization).where(Organization.short_name == "Школа 1").values(timezone=zone))
        run(town)
        late = [title for title, _body in told(town, head) if "просрочен" in title]
        assert len(late) == expected, zone


def test_many_at_once_become_one_notification(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)
    for _number in range(EACH + 1):
        due(town, sent(author), today() - timedelta(days=1))
    run(town)
    assert [title for title, _body in told(town, head)] == ["Просрочено 4 запроса"]
    assert len(told(town, author)) == EACH + 1, "the author is told of each"


def test_nobody_is_reminded_where_the_setting_says_so(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)
    due(town, sent(author), today())
    kept = town.portal.config
    try:
        town.portal.config = msgspec.structs.replace(kept, request_reminder_days=0)
        run(town)
    finally:
        town.portal.config = kept
    assert told(town, head) == []


@pytest.mark.parametrize(
    ("day", "count", "before"),
    [
        (date(2026, 11, 30), 1, date(2026, 11, 27)),
        (date(2026, 11, 27), 1, date(2026, 11, 26)),
        (date(2026, 11, 29), 1, date(2026, 11, 27)),
        (date(2026, 11, 30), 3, date(2026, 11, 25)),
    ],
)
def test_a_weekend_is_no_working_day(day: date, count: int, before: date) -> None:
    assert workdays_before(day, count) == before
    assert last_near(before, count) >= day
    assert last_near(before - timedelta(days=1), count) < day


def test_the_card_and_the_lists_say_how_late_it_is(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)
    late, soon = sent(author), sent(author)
    due(town, late, today() - timedelta(days=2))
    due(town, soon, today() + timedelta(days=1))
    for page in (late, "/requests/list?state=open", "/requests?tab=decide"):
        assert "Просрочен на 2 дня" in head.get(page).text, page
    assert "Остался 1 день" in head.get(soon).text
    overdue = head.get("/requests/list?state=overdue").text
    assert late.rpartition("/")[2] in overdue
    assert soon.rpartition("/")[2] not in overdue
    page = author.get(late).text
    assert "Запрос не решили в срок." in page
    assert "Обратитесь: Школа 1" in page
    assert "Запрос не решили в срок." not in head.get(late).text
    assert step(head, late, "approve").status_code == 303
    for visitor in (author, head):
        assert "Просрочен на" not in visitor.get(late).text


def test_the_home_page_of_those_who_decide_counts_what_waits(town: PortalUnderTest) -> None:
    author, head, municipality, _region = people(town)
    assert "Ждут решения" not in head.get("/").text, "nothing waits"
    for days in (-2, 0, 5):
        due(town, sent(author), today() + timedelta(days=days))
    for visitor in (head, municipality):
        page = visitor.get("/").text
        assert "Ждут решения" in page
        assert 'href="/requests/list?state=open">3 запроса</a>' in page
        assert 'href="/requests/list?state=overdue">Просроченные</a>' in page
        assert "1 запрос<" in page
        assert "Просрочен на 2 дня" in page
        assert "Срок сегодня" in page
    for stranger in (author, town.sign_in("head", organization="Школа 2"), town.sign_in("teacher")):
        assert "Ждут решения" not in stranger.get("/").text


def test_the_card_of_the_home_page_costs_the_same_for_many(town: PortalUnderTest) -> None:
    author, head, *_others = people(town)

    def cost() -> int:
        with town.counting_statements() as statements:
            assert head.get("/").status_code == 200
        return len(statements)

    sent(author)
    head.get("/")
    few = cost()
    for _number in range(6):
        sent(author)
    assert cost() == few


def test_the_task_is_on_the_schedule(town: PortalUnderTest) -> None:
    assert KIND in {each.kind for each in schedules_of(town.portal)}
