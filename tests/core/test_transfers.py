"""A pupil goes to another school: asked by the new one, approved by the old one."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.database.base import new_id
from core.identity.families import birthday
from core.identity.models import Guardianship, Notification, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization, PupilGroup, PupilGroupMembership, SchoolClass
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
BORN = birthday(TODAY, -10)
SCHOOL, OTHER = "Школа 1", "Школа 2"
KIND = "core.pupil_transfer"
NEW = f"/requests/new?kind={KIND}"
LETTERS = "абвгдежзикл"


def pupil(town: PortalUnderTest, number: int) -> tuple[UUID, UUID]:
    """A new pupil of the first school in 7А since a month, in a subgroup, and the guardian of this child only."""
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == SCHOOL)).one()
        school_class = db.scalars(select(SchoolClass).where(SchoolClass.organization_id == school.id)).one()
        child = Person(
            id=new_id(), last_name=f"Переездов{LETTERS[number]}", first_name="Лев", birth_date=BORN
        )
        mother = Person(id=new_id(), last_name=f"Переездова{LETTERS[number]}", first_name="Инна")
        group = PupilGroup(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=school_class.academic_year_id,
            school_class_id=school_class.id,
            kind="subgroup",
            name="1",
        )
        db.add_all([child, mother, group])
        db.flush()
        since = TODAY - timedelta(days=30)
        place = {"organization_id": school.id, "academic_year_id": school_class.academic_year_id}
        db.add_all(
            [
                Guardianship(id=new_id(), guardian_id=mother.id, child_id=child.id, starts_on=since),
                Enrollment(
                    id=new_id(), person_id=child.id, school_class_id=school_class.id, starts_on=since, **place
                ),
                PupilGroupMembership(
                    id=new_id(), pupil_group_id=group.id, person_id=child.id, starts_on=since
                ),
                *(
                    StructuralRole(
                        id=new_id(), person_id=person, kind=kind, organization_id=school.id, starts_on=since
                    )
                    for person, kind in ((child.id, "pupil"), (mother.id, "guardian"))
                ),
            ]
        )
        return child.id, mother.id


def asked(
    town: PortalUnderTest, number: int, first_day: date = TODAY, by: Visitor | None = None, **changes: str
) -> str:
    """The address of the new school's request."""
    form = {
        "_kind": KIND,
        "_to": str(id_of(town, SCHOOL)),
        "last_name": f"переездов{LETTERS[number]}",
        "first_name": "Лев",
        "birth_date": BORN.isoformat(),
        "school_class": "7А",
        "first_day": first_day.isoformat(),
        "basis": "Приказ № 7 от 01.11.2026",
        **changes,
    }
    answer = (by or town.sign_in("head", organization=OTHER)).post("/requests", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def decided(town: PortalUnderTest, address: str) -> int:
    old = town.sign_in("head", organization=SCHOOL)
    return old.post(address, data={"step": "approve"}).status_code


def spans(town: PortalUnderTest, person: UUID) -> list[tuple[str, date, date | None]]:
    with town.portal.database.reading(fresh=True) as db:
        return [
            (name, starts_on, ends_on)
            for name, starts_on, ends_on in db.execute(
                select(Organization.short_name, Enrollment.starts_on, Enrollment.ends_on)
                .join(Organization, Organization.id == Enrollment.organization_id)
                .where(Enrollment.person_id == person)
                .order_by(Enrollment.starts_on)
            )
        ]


def roles(town: PortalUnderTest, person: UUID) -> dict[str, tuple[str, date | None]]:
    """By school: the state of the role on record, and its last day."""
    with town.portal.database.reading(fresh=True) as db:
        return {
            name: (status, ends_on)
            for name, status, ends_on in db.execute(
                select(Organization.short_name, StructuralRole.status, StructuralRole.ends_on)
                .join(Organization, Organization.id == StructuralRole.organization_id)
                .where(StructuralRole.person_id == person)
            )
        }


def test_the_old_school_lets_a_pupil_go_and_the_family_follows(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 1)
    visitor = town.sign_in("guardian", person_id=mother)
    address = asked(town, 1)
    page = town.sign_in("head", organization=SCHOOL).get(address).text
    for words in ("Перевод ученика", "Школа 2", "7А", "Приказ № 7"):
        assert words in page
    assert decided(town, address) == 303
    yesterday = TODAY - timedelta(days=1)
    assert spans(town, child) == [
        (SCHOOL, TODAY - timedelta(days=30), yesterday),
        (OTHER, TODAY, None),
    ]
    assert roles(town, child)[OTHER] == ("active", None)
    assert roles(town, child)[SCHOOL][0] == "terminated"
    assert roles(town, mother)[OTHER] == ("active", None)
    assert roles(town, mother)[SCHOOL][0] == "terminated"
    with town.portal.database.reading(fresh=True) as db:
        left = db.scalars(
            select(PupilGroupMembership.ends_on).where(PupilGroupMembership.person_id == child)
        ).one()
        told = db.scalars(select(Notification.title).where(Notification.person_id == mother)).all()
    assert left == yesterday
    assert any("Школа 2, 7А" in title for title in told)
    assert visitor.get("/account/children").status_code == 200
    assert "7А, Школа 2" in town.sign_in_person(mother).get("/account/children").text
    assert "Переездовб" in town.sign_in("head", organization=OTHER).get("/accounts?q=переездовб").text


def test_a_day_to_come_ends_the_old_place_on_that_day(town: PortalUnderTest) -> None:
    child, mother = pupil(town, 2)
    first_day = TODAY + timedelta(days=10)
    assert decided(town, asked(town, 2, first_day)) == 303
    last_day = first_day - timedelta(days=1)
    assert roles(town, child)[SCHOOL] == ("active", last_day)
    assert roles(town, mother)[SCHOOL] == ("active", last_day)
    assert spans(town, child)[0][2] == last_day


def test_a_guardian_with_another_child_there_stays(town: PortalUnderTest) -> None:
    _child, mother = pupil(town, 3)
    brother, _other = pupil(town, 4)
    with town.portal.database.transaction() as db:
        db.add(Guardianship(id=new_id(), guardian_id=mother, child_id=brother, starts_on=TODAY))
    assert decided(town, asked(town, 3)) == 303
    assert roles(town, mother)[SCHOOL] == ("active", None)
    assert roles(town, mother)[OTHER] == ("active", None)


def test_nobody_finds_out_by_asking_who_studies_where(town: PortalUnderTest) -> None:
    address = asked(town, 9)
    assert decided(town, address) == 404
    assert town.sign_in("head", organization=SCHOOL).get(address).status_code == 200, (
        "to be rejected with a word"
    )


def test_one_who_came_later_or_is_there_already_is_not_moved(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 5)
    early = asked(town, 5, TODAY - timedelta(days=60))
    assert decided(town, early) == 409
    first, second = asked(town, 5), asked(town, 5)
    assert decided(town, first) == 303
    before = spans(town, child)
    assert decided(town, second) in (404, 409)
    assert spans(town, child) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"school_class": "12Я"}, "Выберите значение из списка"),
        ({"school_class": ""}, "Заполните поле"),
        ({"first_day": "2150-01-01"}, "Такого класса в этом учебном году нет"),
        ({"birth_date": "вчера"}, "Переездов"),
        ({"basis": ""}, "Переездов"),
    ],
)
def test_a_wrong_form_sends_nothing_and_keeps_what_was_typed(
    town: PortalUnderTest, changes: dict[str, str], words: str
) -> None:
    form = {
        "_kind": KIND,
        "_to": str(id_of(town, SCHOOL)),
        "last_name": "Переездов",
        "first_name": "Лев",
        "birth_date": BORN.isoformat(),
        "school_class": "7А",
        "first_day": TODAY.isoformat(),
        "basis": "Приказ",
        **changes,
    }
    answer = town.sign_in("head", organization=OTHER).post("/requests", data=form)
    assert (answer.status_code, words in answer.text, "Переездов" in answer.text) == (422, True, True)


def test_the_old_school_is_found_by_its_name(town: PortalUnderTest) -> None:
    visitor = town.sign_in("head", organization=OTHER)
    page = visitor.get(f"{NEW}&q=школа").text
    assert f"{NEW.replace('&', '&amp;')}&amp;to={id_of(town, SCHOOL)}" in page
    assert f"{NEW.replace('&', '&amp;')}&amp;to={id_of(town, OTHER)}" not in page, (
        "one's own school lets nobody go to itself"
    )
    assert f'href="{NEW}"' in visitor.get("/requests/new").text


@pytest.mark.parametrize("kind", ["teacher", "guardian", "pupil", "municipal_coordinator"])
def test_who_has_no_right_asks_for_nobody(town: PortalUnderTest, kind: str) -> None:
    visitor = town.sign_in(kind)
    assert visitor.get(NEW).status_code == 404
    form = {"_kind": KIND, "_to": str(id_of(town, SCHOOL))}
    assert visitor.post("/requests", data=form).status_code == 404


def test_the_new_school_does_not_decide_for_the_old_one(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 6)
    address = asked(town, 6)
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == OTHER)).one()
        second = Person(id=new_id(), last_name="Завучева", first_name="Анна")
        db.add(second)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=second.id,
                kind="deputy_head",
                organization_id=school.id,
                starts_on=BORN,
            )
        )
        identity = second.id
    colleague = town.sign_in("deputy_head", person_id=identity)
    assert colleague.post(address, data={"step": "approve"}).status_code == 404
    assert len(spans(town, child)) == 1


def test_an_ended_role_asks_for_nobody(town: PortalUnderTest) -> None:
    visitor = town.sign_in("head", organization=OTHER)
    with town.portal.database.transaction() as db:
        ended = update(StructuralRole).where(
            StructuralRole.person_id == visitor.person_id, StructuralRole.kind == "head"
        )
        db.execute(ended.values(ends_on=TODAY - timedelta(days=1)))
    try:
        assert visitor.get(NEW).status_code == 404
        form = {"_kind": KIND, "_to": str(id_of(town, SCHOOL))}
        assert visitor.post("/requests", data=form).status_code == 404
    finally:
        with town.portal.database.transaction() as db:
            db.execute(ended.values(ends_on=None))
