"""A pupil who was let go or withdrawn by mistake is put back, unless somebody has admitted the pupil meanwhile."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import AcademicYear, Enrollment, PupilGroupMembership, PupilMove, SchoolClass
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.test_transfers import OTHER, SCHOOL, TODAY, pupil
from tests.core.town_fixtures import town

__all__ = ["town"]
BASIS = "Заявление родителей от 20.11.2026"
Rows = list[tuple[Any, ...]]


def head(town: PortalUnderTest, school: str = SCHOOL) -> Visitor:
    return town.sign_in("head", organization=school)


def standing(town: PortalUnderTest, child: UUID, guardian: UUID) -> tuple[Rows, Rows, Rows]:
    """Classes, groups and roles of a family, row by row."""
    with town.portal.database.reading(fresh=True) as db:
        roles = select(
            StructuralRole.id, StructuralRole.status, StructuralRole.starts_on, StructuralRole.ends_on
        )
        classes = select(Enrollment.id, Enrollment.starts_on, Enrollment.ends_on, Enrollment.end_basis)
        groups = select(PupilGroupMembership.id, PupilGroupMembership.starts_on, PupilGroupMembership.ends_on)
        return (
            [tuple(row) for row in db.execute(classes.where(Enrollment.person_id == child))],
            [tuple(row) for row in db.execute(groups.where(PupilGroupMembership.person_id == child))],
            [
                tuple(row)
                for row in db.execute(
                    roles.where(StructuralRole.person_id.in_((child, guardian))).order_by(StructuralRole.id)
                )
            ],
        )


def let_go(town: PortalUnderTest, child: UUID, last_day: date) -> str:
    """Where the leaving of a pupil is undone, as the page offers it."""
    form = {"last_day": last_day.isoformat(), "basis": BASIS}
    answer = head(town).post(f"/people/{child}/pupil-file", data=form)
    assert answer.status_code == 303, answer.text
    shown = head(town).get(answer.headers["location"]).text
    with town.portal.database.reading(fresh=True) as db:
        made = db.scalars(select(PupilMove).order_by(PupilMove.id.desc())).first()
        assert made is not None and made.kind == "release"
    undo = f"/groupings/moves/{made.id}/undo"
    assert f'data-undo="{undo}"' in shown
    assert f'action="{undo}"' in shown
    return undo


def card(town: PortalUnderTest, child: UUID) -> str:
    """What the card's address leads the old school's head to."""
    answer = head(town).get(f"/people/{child}")
    if answer.status_code == 303:
        assert answer.headers["location"] == f"/people/{child}/pupil-file"
        answer = head(town).get(answer.headers["location"])
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize("days", [-1, 0, 5], ids=["yesterday", "today", "later"])
def test_everything_is_as_it_was(town: PortalUnderTest, days: int) -> None:
    child, mother = pupil(town, 0)
    before = standing(town, child, mother)
    undo = let_go(town, child, TODAY + timedelta(days=days))
    assert standing(town, child, mother) != before
    shown = card(town, child)
    assert f'action="{undo}"' in shown and BASIS in shown
    answer = head(town).post(undo)
    assert answer.status_code == 303, answer.text
    assert standing(town, child, mother) == before
    assert "Выбытие отменено" in head(town).get(answer.headers["location"]).text
    assert undo not in card(town, child)
    assert "Отпустить ученика" in head(town).get(f"/people/{child}/pupil-file").text
    assert head(town).post(undo).status_code == 409, "nothing is undone twice"
    again = let_go(town, child, TODAY)
    assert head(town).post(again).status_code == 303, "and the pupil may leave later"


def test_a_withdrawal_gives_the_guardian_the_same_role_back(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 1)
    before = standing(town, child, mother)
    form = {"last_day": (TODAY - timedelta(days=1)).isoformat(), "reason": "moved", "basis": "Приказ № 8"}
    moved = head(town).post(f"/people/{child}/withdraw", data=form).headers["location"]
    assert "Отменить отчисление" in card(town, child)
    assert head(town).post(f"{moved}/undo").status_code == 303
    assert standing(town, child, mother) == before


def test_a_day_is_no_limit_while_nothing_was_built_on_it(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 2)
    before = standing(town, child, mother)
    undo = let_go(town, child, TODAY)
    _made_earlier(town, undo, timedelta(days=9))
    assert head(town).post(undo).status_code == 303
    assert standing(town, child, mother) == before


@pytest.mark.parametrize("first_day", [TODAY - timedelta(days=1), TODAY + timedelta(days=3)])
def test_who_was_admitted_elsewhere_stays_there(town: PortalUnderTest, first_day: date) -> None:
    """Also from a day before the last one here: both schools have then written something down."""
    child, mother = pupil(town, 3)
    undo = let_go(town, child, TODAY)
    with town.portal.database.transaction() as db:
        there = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == id_of(town, OTHER))
        ).first()
        assert there is not None
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=there.organization_id,
                academic_year_id=there.academic_year_id,
                school_class_id=there.id,
                person_id=child,
                starts_on=first_day,
            )
        )
    left = standing(town, child, mother)
    answer = head(town).post(undo)
    assert answer.status_code == 409
    assert "уже приняла другая школа" in answer.text
    assert standing(town, child, mother) == left
    assert undo not in card(town, child)
    assert "уже приняла другая школа" in head(town).get(f"/people/{child}/pupil-file").text


def test_an_archived_year_stays_as_it_is(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 4)
    undo = let_go(town, child, TODAY)
    _archive(town, archived=True)
    try:
        assert undo not in card(town, child)
        assert "год уже в архиве" in head(town).get(f"/people/{child}/pupil-file").text
        assert head(town).post(undo).status_code == 409
    finally:
        _archive(town, archived=False)


def test_strangers_put_nobody_back(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 5)
    undo = let_go(town, child, TODAY)
    assert head(town, OTHER).post(undo).status_code in (403, 404)
    assert town.sign_in("teacher").post(undo).status_code in (403, 404)
    assert town.sign_in("guardian", person_id=mother).post(undo).status_code == 403
    assert undo not in town.sign_in("teacher").get(f"/people/{child}").text
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Person, child)
        ended = db.scalars(select(Enrollment.ends_on).where(Enrollment.person_id == child)).one()
    assert ended == TODAY


def _made_earlier(town: PortalUnderTest, undo: str, by: timedelta) -> None:
    with town.portal.database.transaction() as db:
        move = db.get_one(PupilMove, UUID(undo.split("/")[3]))
        made: datetime = move.created_at
        move.created_at = made - by


def _archive(town: PortalUnderTest, *, archived: bool) -> None:
    with town.portal.database.transaction() as db:
        for year in db.scalars(
            select(AcademicYear).where(AcademicYear.organization_id == id_of(town, SCHOOL))
        ):
            year.archived = archived
