"""The filter «Противоречия» of a municipality finds those groupings whose own line says that something is wrong."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.identity.sessions import today_in
from core.organizations.grouping_conflicts import TITLES
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
)
from core.testing import PortalUnderTest
from core.testing.portal import Visitor

TODAY = today_in("Europe/Moscow")
KINDS = ("subgroup", "subgroup", "stream", "elective", "network")
WRONG = "есть противоречия"
EVERY_KIND = {str(title) for title in TITLES.values()} | {"больше, чем мест"}


def lines(visitor: Visitor, filters: str) -> dict[str, str]:
    """All pages of the list: what stands in a line, by the id of the grouping."""
    found: dict[str, str] = {}
    url: str | None = f"/groupings?{filters}"
    while url:
        text = visitor.get(url).text
        for row in text.split("<tr")[1:]:
            link = re.search(r'href="/groupings/([0-9a-f-]{36})"', row)
            if link:
                found[link[1]] = row.partition("</tr>")[0]
        following = re.search(r'href="([^"]*)" rel="next"', text)
        url = f"/groupings{html.unescape(following[1])}" if following else None
    return found


def term(pick: Random) -> Mapping[str, date | None]:
    """From some day around today on: for good, or over by now, or to be over."""
    first = TODAY - timedelta(days=pick.randint(-5, 60))
    last = pick.choice([None, None, first + timedelta(days=pick.randint(0, 60)), TODAY])
    return {"starts_on": first, "ends_on": max(first, last) if last else None}


def disturb(db: Any, pick: Random) -> None:
    """Put pupils of the demo schools into classes and groups as no school would."""
    classes = db.scalars(select(SchoolClass)).all()
    groups = list(db.scalars(select(PupilGroup)).all())
    terms = db.scalars(select(Enrollment)).all()
    above = db.scalars(select(Organization).where(Organization.kind == "municipality")).one()
    people = [each.person_id for each in pick.sample(terms, 40)]
    kept = AcademicYear(
        id=new_id(), organization_id=above.id, name=str(pick.randrange(10**9)), starts_on=TODAY, ends_on=TODAY
    )
    db.add(kept)
    db.flush()
    for number in range(24):
        kind, home = pick.choice(KINDS), pick.choice(classes)
        network = kind == "network"
        groups.append(
            PupilGroup(
                id=new_id(),
                organization_id=above.id if network else home.organization_id,
                academic_year_id=kept.id if network else home.academic_year_id,
                school_class_id=home.id if kind == "subgroup" else None,
                kind=kind,
                split=pick.choice(["", "а", "б"]),
                name=f"Группа {number}",
                places=pick.choice([None, None, 1, 2, 30]),
                closed_on=pick.choice([None, None, None, TODAY - timedelta(days=9)]),
            )
        )
    db.add_all(groups)
    db.flush()
    taken = {(each.school_class_id, each.person_id, each.starts_on) for each in terms}
    taken |= {
        (each.pupil_group_id, each.person_id, each.starts_on)
        for each in db.scalars(select(PupilGroupMembership))
    }
    for places, number in ((classes, pick.randint(0, 30)), (groups[-24:], 60), (groups, pick.randint(0, 30))):
        join(db, pick, places, people, number, taken)
    for each in pick.sample(terms, 3):
        each.ends_on = TODAY - timedelta(days=pick.randint(1, 20))
    for each in pick.sample(classes, 3):
        each.places = pick.choice([1, 25])


def join(
    db: Any, pick: Random, places: Sequence[Any], people: Sequence[UUID], number: int, taken: set[Any]
) -> None:
    """Give terms in classes or in groups, none twice."""
    for _ in range(number):
        place, person, days = pick.choice(places), pick.choice(people), term(pick)
        if (place.id, person, days["starts_on"]) in taken:
            continue
        taken.add((place.id, person, days["starts_on"]))
        own: dict[str, Any] = {"id": new_id(), "person_id": person, **days}
        if isinstance(place, PupilGroup):
            db.add(PupilGroupMembership(**own, pupil_group_id=place.id))
        else:
            db.add(
                Enrollment(
                    **own,
                    school_class_id=place.id,
                    organization_id=place.organization_id,
                    academic_year_id=place.academic_year_id,
                )
            )


def test_the_filter_of_a_municipality_and_the_lines_agree(portal: PortalUnderTest) -> None:
    near = portal.sign_in("municipal_coordinator")
    head = portal.sign_in("head")
    told = ""
    for seed in range(4):
        with portal.portal.database.transaction() as db:
            disturb(db, Random(f"conflicts {seed}"))  # noqa: S311 -- invented disorder
        for visitor in (near, head):
            every = lines(visitor, "year=every&state=open")
            wrong = {key: row for key, row in every.items() if WRONG in row}
            found = lines(visitor, "year=every&conflicts=yes")
            shared = {key for key, row in every.items() if visitor is head and "Межшкольная" in row}
            assert found.keys() - shared == wrong.keys() - shared, (seed, visitor is near)
            assert 0 < len(wrong) < len(every)
            told += "".join(wrong.values())
    assert not {title for title in EVERY_KIND if title not in html.unescape(told)}
