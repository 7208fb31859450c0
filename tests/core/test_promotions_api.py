"""The passage to the next year through `/api/v1`: decided, tried, carried out once, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update

from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import AcademicYear, Enrollment, Promotion, SchoolClass
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import START, id_of
from tests.core.test_people_api import TODAY, program
from tests.core.town_fixtures import town

__all__ = ["town"]

SCHOOL, OTHER = "Школа 1", "Школа 2"


@pytest.fixture
def year(town: PortalUnderTest) -> Iterator[UUID]:
    """The first school's year, which ends soon, with a next one after it; nothing of it is left afterwards."""
    school = id_of(town, SCHOOL)
    with town.portal.database.transaction() as db:
        this = db.scalars(
            select(AcademicYear).where(AcademicYear.organization_id == school, AcademicYear.name == "Год")
        ).one()
        this.ends_on = TODAY + timedelta(days=20)
        first = TODAY + timedelta(days=60)
        following = AcademicYear(
            id=new_id(),
            organization_id=school,
            name="Следующий",
            starts_on=first,
            ends_on=first + timedelta(days=260),
        )
        db.add(following)
        identity, following_id = this.id, following.id
    yield identity
    with town.portal.database.transaction() as db:
        db.execute(delete(Promotion).where(Promotion.from_year_id == identity))
        db.execute(delete(Enrollment).where(Enrollment.academic_year_id == following_id))
        db.execute(
            update(Enrollment).where(Enrollment.academic_year_id == identity).values(ends_on=None, outcome="")
        )
        db.execute(delete(SchoolClass).where(SchoolClass.academic_year_id == following_id))
        db.execute(delete(AcademicYear).where(AcademicYear.id == following_id))


def pupil(town: PortalUnderTest, last_name: str) -> UUID:
    """One more pupil of the first school's class."""
    school = id_of(town, SCHOOL)
    with town.portal.database.transaction() as db:
        found = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == school, SchoolClass.name == "7А")
        ).first()
        assert found is not None
        person = Person(id=new_id(), last_name=last_name, first_name="Лев", birth_date=date(2013, 5, 1))
        db.add(person)
        db.flush()
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school,
                academic_year_id=found.academic_year_id,
                school_class_id=found.id,
                person_id=person.id,
                starts_on=START,
            )
        )
        db.add(
            StructuralRole(
                id=new_id(), person_id=person.id, kind="pupil", organization_id=school, starts_on=START
            )
        )
        return person.id


def program_of(town: PortalUnderTest, school: str = SCHOOL) -> Visitor:
    return program(town, "head", "years.write", school=school)


def plans(answer: Any) -> dict[str, dict[str, Any]]:
    """What becomes of each pupil."""
    assert answer.status_code == 200, answer.text
    return {each["person_id"]: each for line in answer.json()["classes"] for each in line["pupils"]}


def in_next_year(town: PortalUnderTest, year: UUID) -> int:
    with town.portal.database.reading(fresh=True) as db:
        return (
            db.scalar(
                select(func.count())
                .select_from(Enrollment)
                .join(AcademicYear, AcademicYear.id == Enrollment.academic_year_id)
                .where(AcademicYear.name == "Следующий", AcademicYear.id != year)
            )
            or 0
        )


def test_a_school_is_moved_as_it_was_tried_and_moved_back(town: PortalUnderTest, year: UUID) -> None:
    stays, leaves = str(pupil(town, "Второгодов")), str(pupil(town, "Уезжаев"))
    head, url = program_of(town), f"/api/v1/academic-years/{year}"
    decisions = {
        "classes": [{"school_class_id": class_of(town, year), "target": "8а"}],
        "pupils": [
            {"person_id": stays, "outcome": "repeats", "target": "7А"},
            {"person_id": leaves, "outcome": "left"},
        ],
    }
    decided = head.put(f"{url}/promotion/decisions", json=decisions)
    told = plans(decided)
    assert (told[stays]["outcome"], told[stays]["target"], told[leaves]["outcome"]) == (
        "repeats",
        "7А",
        "left",
    )
    tried = head.get(f"{url}/rehearsal")
    assert tried.json() == decided.json() and in_next_year(town, year) == 0
    stale = head.post(f"{url}/promotion", json={"totals": {**tried.json()["totals"], "promoted": 999}})
    assert stale.status_code == 409 and in_next_year(town, year) == 0
    key = {"Idempotency-Key": str(uuid4())}
    body = {"totals": tried.json()["totals"]}
    done, again = (head.post(f"{url}/promotion", json=body, headers=key) for _ in range(2))
    assert done.status_code == 200, done.text
    assert done.json() == again.json() and done.json()["done"]
    assert done.json()["totals"] == tried.json()["totals"]
    moved = sum(
        number for outcome, number in done.json()["totals"].items() if outcome not in ("left", "graduated")
    )
    assert in_next_year(town, year) == moved > 1
    assert head.post(f"{url}/promotion", json={}).status_code == 409
    assert head.put(f"{url}/promotion/decisions", json=decisions).status_code == 409
    assert done.json()["objection_to_undo"] == ""
    back = head.post(f"{url}/promotion/undo")
    assert (back.status_code, back.json()["done"]) == (200, False), back.text
    assert in_next_year(town, year) == 0
    assert plans(back)[stays]["outcome"] == "repeats", "what was decided stays"
    forgotten = head.put(
        f"{url}/promotion/decisions", json={"pupils": [{"person_id": stays, "outcome": None}]}
    )
    assert plans(forgotten)[stays]["outcome"] == "promoted"
    assert head.post(f"{url}/promotion/undo").status_code == 409


def class_of(town: PortalUnderTest, year: UUID) -> str:
    with town.portal.database.reading(fresh=True) as db:
        found = select(SchoolClass.id).where(SchoolClass.academic_year_id == year, SchoolClass.name == "7А")
        return str(db.scalars(found).one())


def test_decisions_that_do_not_fit_are_refused_by_key_and_none_is_kept(
    town: PortalUnderTest, year: UUID
) -> None:
    head, url = program_of(town), f"/api/v1/academic-years/{year}"
    known, stranger = class_of(town, year), str(uuid4())
    before = head.get(f"{url}/rehearsal").json()
    for classes, wrong in (
        ([{"school_class_id": known, "target": "9А"}], known),
        ([{"school_class_id": known, "target": "graduate"}], known),
        ([{"school_class_id": known, "target": ""}, {"school_class_id": stranger, "target": "8А"}], stranger),
    ):
        refused = head.put(f"{url}/promotion/decisions", json={"classes": classes})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [wrong]), refused.text
    assert head.get(f"{url}/rehearsal").json() == before


def test_whoever_is_named_by_problem_stays_where_they_are(town: PortalUnderTest, year: UUID) -> None:
    head, url = program_of(town), f"/api/v1/academic-years/{year}"
    open_ = head.put(
        f"{url}/promotion/decisions",
        json={"classes": [{"school_class_id": class_of(town, year), "target": ""}]},
    )
    assert {each["problem"] for each in plans(open_).values()} == {"не решено, в какой класс идёт ученик"}
    refused = head.post(f"{url}/promotion", json={})
    assert refused.status_code == 409 and "некого" in refused.json()["title"]


def test_neither_a_neighbour_nor_a_narrow_key_nor_a_teacher_moves_a_school(
    town: PortalUnderTest, year: UUID
) -> None:
    url = f"/api/v1/academic-years/{year}/promotion"
    for visitor, status in (
        (program_of(town, OTHER), 404),
        (program(town, "head", "organization.read", school=SCHOOL), 403),
        (town.sign_in("teacher", organization=SCHOOL), 403),
        (town.visitor(), 401),
    ):
        tried = [
            visitor.put(f"{url}/decisions", json={}),
            visitor.post(url, json={}),
            visitor.post(f"{url}/undo"),
        ]
        assert [each.status_code for each in tried] == [status] * 3
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Promotion)).all() == []
