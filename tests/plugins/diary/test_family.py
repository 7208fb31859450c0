"""The week of a family: all children of all their schools on one page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest

from core.capabilities import PupilMark
from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import Organization
from core.organizations.switches import forget_switch, switch_plugin
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.fixtures import Databases
from core.testing.portal import PortalUnderTest, Visitor, running

from .school import MONDAY, START, Pair, build, tie
from .test_diary import WEEK, mark, words

WEDNESDAY = MONDAY + timedelta(days=2)


def grandmother(portal: PortalUnderTest, pair: Pair, *children: UUID) -> Visitor:
    """A guardian of these children alone, signed in."""
    with portal.portal.database.transaction() as db:
        person = Person(id=new_id(), last_name="Белова", first_name="Зоя", source="test")
        db.add(person)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person.id,
                kind="guardian",
                organization_id=pair.own.organization.id,
                status="active",
                starts_on=START,
            )
        )
        for child in children:
            tie(db, person.id, child)
        person_id = person.id
    return portal.sign_in("guardian", person_id=person_id)


def days_of(page: str) -> dict[str, str]:
    """The day cards of a page, by day."""
    return dict(re.findall(r'<section class="day[^"]*" data-day="([^"]+)"(.*?)</section>', page, re.S))


@pytest.fixture
def three(portal: PortalUnderTest, pair: Pair) -> Visitor:
    """A guardian of three children in two schools."""
    return grandmother(
        portal, pair, pair.own.people["anna"], pair.own.people["boris"], pair.other.people["anna"]
    )


def test_all_children_of_all_schools_stand_in_each_day(three: Visitor, pair: Pair) -> None:
    page = three.get(f"/diary{WEEK}")
    assert page.status_code == 200
    cards = days_of(page.text)
    assert list(cards) == [(MONDAY + timedelta(days=at)).isoformat() for at in range(6)]
    for day, card in cards.items():
        links = re.findall(r'<h3><a href="([^"]+)"', card)
        assert sorted(links) == sorted(
            f"/diary/{child}?day={day}"
            for child in (pair.own.people["anna"], pair.own.people["boris"], pair.other.people["anna"])
        )
    monday = words(type("Card", (), {"text": cards[MONDAY.isoformat()]}))
    assert "СОШ № 1" in monday and "СОШ № 2" in monday and "Алгебра" in monday and "08:30–" in monday


def test_a_child_of_a_blocked_tie_is_not_there(portal: PortalUnderTest, pair: Pair) -> None:
    parent = portal.sign_in("guardian", person_id=pair.own.people["parent"])
    page = parent.get(f"/diary{WEEK}").text
    assert str(pair.own.people["anna"]) in page and str(pair.other.people["anna"]) in page
    assert str(pair.own.people["boris"]) not in page and "Борис" not in page


def test_one_tap_leads_to_a_child_and_back_to_all(three: Visitor, pair: Pair) -> None:
    chips = re.search(r'<nav class="chips kin".*?</nav>', three.get(f"/diary{WEEK}").text, re.S)
    assert chips is not None
    links = re.findall(r'href="([^"]+)"( aria-current="true")?', unescape(chips[0]))
    assert [link for link, current in links if current] == [f"/diary{WEEK}"]
    assert f"/diary/{pair.other.people['anna']}{WEEK}" in [link for link, _current in links]
    child = three.get(f"/diary/{pair.other.people['anna']}{WEEK}").text
    assert f'href="/diary{WEEK}">Все дети' in child


def test_an_only_child_is_shown_with_all_details(portal: PortalUnderTest, pair: Pair) -> None:
    visitor = grandmother(portal, pair, pair.own.people["anna"])
    page = visitor.get(f"/diary{WEEK}")
    assert "Отметки за периоды" in page.text and "каб. 12" in words(page)
    assert "Все дети" not in page.text


def test_the_week_of_three_children_costs_six_statements(portal: PortalUnderTest, three: Visitor) -> None:
    three.get(f"/diary{WEEK}")
    with portal.counting_statements() as statements:
        assert three.get(f"/diary{WEEK}").status_code == 200
    assert len(statements) <= 6, statements


def test_marks_come_to_their_child_and_an_unchanged_page_is_not_sent_again(
    portal: PortalUnderTest, pair: Pair, three: Visitor
) -> None:
    url = f"/diary{WEEK}"
    mark(portal, pair, WEDNESDAY, 1, pair.own.people["anna"], "")
    tag = three.get(url).headers["etag"]
    assert three.get(url, headers={"if-none-match": tag}).status_code == 304
    mark(portal, pair, WEDNESDAY, 1, pair.own.people["anna"], "4")
    changed = three.get(url, headers={"if-none-match": tag})
    assert changed.status_code == 200
    card = days_of(changed.text)[WEDNESDAY.isoformat()]
    of_child = dict(re.findall(r'<h3><a href="/diary/([^?]+)\?.*?</h3>(.*?)(?=<h3>|$)', card, re.S))
    assert ">4</span>" in of_child[str(pair.own.people["anna"])]
    assert ">4</span>" not in of_child[str(pair.other.people["anna"])]


def test_a_school_without_the_diary_is_named(portal: PortalUnderTest, pair: Pair, three: Visitor) -> None:
    with portal.portal.database.transaction() as db:
        other = db.get(Organization, pair.other.organization.id)
        assert other is not None
        switch_plugin(db, "diary", enabled=False, organization=other)
    try:
        page = three.get(f"/diary{WEEK}")
        assert page.status_code == 200
        assert "не подключила дневник: Анна" in words(page)
        assert f'<h3><a href="/diary/{pair.other.people["anna"]}' not in page.text
        assert f'<h3><a href="/diary/{pair.own.people["anna"]}' in page.text
    finally:
        with portal.portal.database.transaction() as db:
            forget_switch(db, "diary", pair.other.organization.id)


@pytest.mark.parametrize("asked", ["?week=вчера", "?day=2026-13-01"])
def test_a_date_that_is_none_is_refused(three: Visitor, asked: str) -> None:
    answer = three.get(f"/diary{asked}")
    assert answer.status_code == 422 and "Такой даты нет" in answer.text


def test_a_live_update_fetches_the_week_alone(three: Visitor) -> None:
    part = three.get(f"/diary{WEEK}", headers={"hx-request": "true"})
    assert part.text.lstrip().startswith("<diary-week") and "<html" not in part.text


@pytest.fixture(scope="module")
def district(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PortalUnderTest, Pair]]:
    """A portal where a vendor's plugin keeps the marks, and our journal everything else."""
    name = "district_marks"
    wheel = tmp_path_factory.mktemp("wheel")
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    (wheel / f"{name}.py").write_text(source, encoding="utf-8")
    metadata = wheel / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[moyashkola.plugins]\n{name} = {name}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(wheel))
        portal = Portal(
            Config(
                home=str(tmp_path_factory.mktemp("district")),
                database_url=databases.fresh(engine),
                plugins=["auth_esia", name, "diary", "journal"],
                tasks_in_server=False,
            )
        )
        assert not [plugin for plugin, problem in migrations.upgrade(portal) if problem]
        pair = build(portal)
        with running(portal) as under_test:
            yield under_test, pair
        patch.delitem(sys.modules, name)


def test_a_provider_that_answers_pupil_by_pupil_is_asked_so(
    district: tuple[PortalUnderTest, Pair],
) -> None:
    portal, pair = district
    anna = pair.own.people["anna"]
    sys.modules["district_marks"].MARKS.append(
        PupilMark(
            id=new_id(),
            pupil_id=anna,
            day=WEDNESDAY,
            lesson_id=None,
            lesson_number=1,
            subject_id=pair.own.subjects["Алгебра"].id,
            value="99",
            weight=1,
            work="Зачёт округа",
        )
    )
    family = grandmother(portal, pair, anna, pair.other.people["anna"])
    mark(portal, pair, WEDNESDAY, 1, anna, "5")
    card = days_of(family.get(f"/diary{WEEK}").text)[WEDNESDAY.isoformat()]
    assert ">99</span>" in card and ">5</span>" not in card
    assert "99" in words(portal.sign_in("pupil", person_id=anna).get(f"/diary{WEEK}"))
