"""The demo school's people and plan of teaching."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from core.demo.plan import Plan
from core.identity.identifiers import snils
from core.identity.models import Person
from core.organizations.models import Enrollment, Organization, TeachingAssignment
from core.organizations.requisites import as_kept

TODAY = date(2026, 11, 23)


def whole(schools: int) -> tuple[Plan, list[dict[str, Any]]]:
    """A plan with all its schools."""
    plan = Plan(13, schools, TODAY)
    return plan, list(plan.each_school())


def test_the_same_seed_gives_the_same_rows() -> None:
    assert whole(1)[0].rows == whole(1)[0].rows


def test_a_plan_whose_rows_are_taken_does_not_grow_and_gives_the_same() -> None:
    kept, plan = whole(3)[0].rows[Person], Plan(13, 3, TODAY)
    taken: list[dict[str, Any]] = []
    sizes: list[int] = []
    plan.rows.clear()
    for _school in plan.each_school():
        sizes.append(sum(map(len, plan.rows.values())))
        taken += plan.rows[Person]
        plan.rows.clear()
    assert taken == kept[-len(taken) :]
    assert max(sizes) < 1.3 * min(sizes)


def test_every_requisite_is_valid_and_unique() -> None:
    schools = [row for row in whole(25)[0].rows[Organization] if row["kind"] == "school"]
    assert len({row["inn"] for row in schools}) == len({row["ogrn"] for row in schools}) == 25
    for row in schools:
        names = ("inn", "kpp", "ogrn", "oktmo", "phone", "email", "site", "region_code")
        told = {name: row[name] for name in names}
        assert as_kept(told) == told


def test_every_pupil_is_in_exactly_one_class() -> None:
    plan = whole(1)[0]
    assert set(Counter(row["person_id"] for row in plan.rows[Enrollment]).values()) == {1}


def test_every_snils_is_valid_and_unique() -> None:
    numbers = [row["snils"] for row in whole(3)[0].rows[Person]]
    assert len(set(numbers)) == len(numbers)
    assert all(snils(number) == number for number in numbers)


def test_no_teacher_is_idle_or_over_thirty_hours() -> None:
    plan, schools = whole(1)
    load: Counter[object] = Counter()
    for row in plan.rows[TeachingAssignment]:
        load[row["teacher_id"]] += schools[0]["hours"][row["id"]]
    assert set(load) == set(schools[0]["teachers"])
    assert len(load) == 42
    assert max(load.values()) <= 30
