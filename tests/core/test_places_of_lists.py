"""Lists of coordinators are narrowed to a school: chosen where there are few, named in words where there are many."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from core.database.base import new_id
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.places import MOST_CHOICES
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]


@pytest.fixture(scope="module")
def asked(town: PortalUnderTest) -> PortalUnderTest:
    """The town where both heads have asked for one more role for their teachers."""
    for school in ("Школа 1", "Школа 2"):
        answer = town.sign_in("head", organization=school).post(
            "/api/v1/roles",
            json={
                "person_id": str(person_in(town, school)),
                "kind": "secretary",
                "organization_id": str(id_of(town, school)),
                "starts_on": today_in("Europe/Moscow").isoformat(),
            },
        )
        assert answer.status_code == 201, answer.text
    return town


def person_in(town: PortalUnderTest, school: str) -> UUID:
    """The teacher of a school."""
    found = town.sign_in("teacher", organization=school).person_id
    assert found is not None
    return found


def coordinator(town: PortalUnderTest) -> Visitor:
    """Who decides both requests."""
    return town.sign_in("municipal_coordinator")


def schools(answer: Any) -> set[str]:
    """The schools of the requests on a page."""
    assert answer.status_code == 200
    return set(re.findall(r'data-label="Организация">([^<]+)<', answer.text))


def test_requests_of_one_school_are_chosen_by_its_name(asked: PortalUnderTest) -> None:
    visitor = coordinator(asked)
    page = visitor.get("/requests/list")
    assert schools(page) == {"Школа 1", "Школа 2"}
    second = id_of(asked, "Школа 2")
    assert f'<option value="{second}">Школа 2</option>' in page.text
    assert schools(visitor.get(f"/requests/list?place={second}")) == {"Школа 2"}
    above = id_of(asked, "Округ")
    assert schools(visitor.get(f"/requests/list?place={above}")) == {"Школа 1", "Школа 2"}
    assert 'name="place"' not in asked.sign_in("head", organization="Школа 1").get("/requests/list").text


def test_among_many_schools_the_place_is_typed(asked: PortalUnderTest) -> None:
    with asked.portal.database.transaction() as db:
        above = db.get_one(Organization, id_of(asked, "Округ"))
        for number in range(MOST_CHOICES):
            name, identity = f"Малая гимназия {number}", new_id()
            db.add(
                Organization(
                    id=identity,
                    parent_id=above.id,
                    kind="school",
                    name=name,
                    short_name=name,
                    name_key=sort_key(name),
                    path=f"{above.path}{identity}/",
                )
            )
    visitor = coordinator(asked)
    page = visitor.get("/requests/list").text
    assert re.search(r'<input class="input" id="place" name="place" type="search"', page)

    def found(words: str) -> set[str]:
        return schools(visitor.get(f"/requests/list?place={quote(words)}"))

    assert found("школа 2") == found("2 ШКОЛА") == {"Школа 2"}
    assert found("округ") == found("школа") == {"Школа 1", "Школа 2"}
    assert found("гимназия") == found("%") == set()
    assert found("\x00") == {"Школа 1", "Школа 2"}
    page = visitor.get(f"/requests/list?place={quote('школа 2')}").text
    assert 'value="школа 2"' in page
    assert "Где: школа 2" in page
    assert 'name="place" type="search"' in asked.sign_in("regional_coordinator").get("/groupings").text
    assert asked.sign_in("regional_coordinator").get("/groupings?place=школа 2").text.count("data-card") == 1
