"""The demo school's people and plan of teaching."""

from __future__ import annotations

from collections import Counter
from datetime import date

from core.demo.plan import Plan
from core.identity.identifiers import snils
from core.identity.models import Person
from core.organizations.models import Enrollment, TeachingAssignment

TODAY = date(2026, 11, 23)


def test_the_same_seed_gives_the_same_rows() -> None:
    assert Plan(13, 1, TODAY).rows == Plan(13, 1, TODAY).rows


def test_every_pupil_is_in_exactly_one_class() -> None:
    plan = Plan(13, 1, TODAY)
    assert set(Counter(row["person_id"] for row in plan.rows[Enrollment]).values()) == {1}


def test_every_snils_is_valid_and_unique() -> None:
    numbers = [row["snils"] for row in Plan(13, 3, TODAY).rows[Person]]
    assert len(set(numbers)) == len(numbers)
    assert all(snils(number) == number for number in numbers)


def test_no_teacher_is_idle_or_over_thirty_hours() -> None:
    plan = Plan(13, 1, TODAY)
    load: Counter[object] = Counter()
    for row in plan.rows[TeachingAssignment]:
        load[row["teacher_id"]] += plan.schools[0]["hours"][row["id"]]
    assert set(load) == set(plan.schools[0]["teachers"])
    assert len(load) == 42
    assert max(load.values()) <= 30
