"""A single pupil by hand: admitted as an import would recognize them, withdrawn with what follows, both undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
)
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_people_api import program
from tests.core.test_personal_data import pupil, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
BORN = "2012-03-04"
SNILS = "16123456740"
GUARDIAN = "Семёнова"


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """What a test has admitted or withdrawn is taken back in the end."""
    yield
    head = somebody(town, "head")
    with town.portal.database.reading(fresh=True) as db:
        ids = db.scalars(
            select(PupilMove.id).where(PupilMove.undone_at.is_(None)).order_by(PupilMove.created_at.desc())
        ).all()
    for each in ids:
        head.post(f"/groupings/moves/{each}/undo")
    with town.portal.database.transaction() as db:
        for person in db.scalars(select(Person).where(Person.last_name.in_(("Новиков", "Ноиков")))):
            person.last_name, person.snils = "Бывший", None


def a_class(town: PortalUnderTest, school: str = "Школа 1") -> SchoolClass:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(SchoolClass)
            .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
            .where(
                SchoolClass.organization_id == id_of(town, school),
                AcademicYear.starts_on <= TODAY,
                AcademicYear.ends_on >= TODAY,
            )
            .order_by(SchoolClass.name_key)
        ).first() or pytest.fail("the town has no class")


def send(visitor: Visitor, into: SchoolClass, **changes: str) -> Any:
    form = {
        "last_name": "Новиков", "first_name": "Денис", "birth_date": BORN, "school_class": into.name,
        "first_day": TODAY.isoformat(), "basis": "Приказ № 7", **changes,
    }  # fmt: skip
    return visitor.post("/pupils", data=form)


def places(town: PortalUnderTest, person_id: UUID) -> tuple[list[Enrollment], list[StructuralRole]]:
    with town.portal.database.reading(fresh=True) as db:
        return (
            list(db.scalars(select(Enrollment).where(Enrollment.person_id == person_id))),
            list(db.scalars(select(StructuralRole).where(StructuralRole.person_id == person_id))),
        )


def named(town: PortalUnderTest, last_name: str) -> list[Person]:
    with town.portal.database.reading(fresh=True) as db:
        return list(db.scalars(select(Person).where(Person.last_name == last_name)))


def test_a_pupil_is_admitted_by_hand_and_it_can_be_undone(town: PortalUnderTest) -> None:
    into, head = a_class(town), somebody(town, "head")
    assert 'href="/pupils/new"' in head.get("/accounts").text
    door = f"/pupils/new?class={into.id}"
    assert (
        door in head.get(f"/groupings/{into.id}").text and door in head.get(f"/groupings/{into.id}/add").text
    )
    assert f'value="{into.name}" selected' in head.get(door).text
    answer = send(head, into, gender="M", snils="161-234-567 40")
    assert answer.status_code == 303, answer.text
    (person,) = named(town, "Новиков")
    assert (person.gender, person.snils, person.birth_date) == ("M", SNILS, date(2012, 3, 4))
    (enrolled,), (role,) = places(town, person.id)
    assert (enrolled.school_class_id, enrolled.starts_on, enrolled.basis) == (into.id, TODAY, "Приказ № 7")
    assert (role.kind, role.status, role.starts_on) == ("pupil", "active", TODAY)
    with town.portal.database.reading(fresh=True) as db:
        entry = db.scalars(select(AuditRecord).where(AuditRecord.action == "core.pupil.admit")).all()[-1]
    assert (entry.subject_id, entry.reason) == (str(person.id), "Приказ № 7")
    done = head.get(str(answer.headers["location"])).text
    assert f"/people/{person.id}/guardians/new" in done and "Ученик принят" in done
    assert "Новиков" in head.get(f"/groupings/{into.id}").text
    undo = head.post(f"{answer.headers['location']}/undo")
    assert undo.status_code == 303, undo.text
    enrolled_now, (role,) = places(town, person.id)
    assert enrolled_now == [] and role.status == "terminated"


def test_wrong_fields_come_back_together(town: PortalUnderTest) -> None:
    head, into = somebody(town, "head"), a_class(town)
    answer = send(head, into, last_name="", snils="1", birth_date="", basis="")
    assert answer.status_code == 422
    assert answer.text.count("Заполните поле") >= 3 and "СНИЛС" in answer.text
    assert "не наступила" in send(head, into, birth_date="2099-01-01").text
    assert "другого" not in send(head, into, school_class="99Я").text
    assert send(head, into, school_class="99Я").status_code == 422
    assert send(head, into, first_day="2001-09-01").status_code == 422
    assert named(town, "Новиков") == []


def test_somebody_known_is_recognized_and_not_doubled(town: PortalUnderTest) -> None:
    """By name and birth date, as in an import: the same person, who studies already."""
    into, head, known = a_class(town), somebody(town, "head"), pupil(town)
    with town.portal.database.transaction() as db:
        db.get_one(Person, known).birth_date = date(2012, 5, 1)
    same = {"last_name": "Семенов", "first_name": "Алексей", "birth_date": "2012-05-01"}
    answer = send(head, into, **same)
    assert answer.status_code == 409 and "уже учится" in answer.text
    assert "Семенов" in answer.text, "what was typed is still there"
    elsewhere = {"last_name": "Семёноввторой", "first_name": "Алексей", "snils": SNILS}
    with town.portal.database.transaction() as db:
        db.get_one(Person, id_of(town, "Семёноввторой")).snils = SNILS
    answer = send(head, into, **elsewhere)
    assert answer.status_code == 409 and "в другой школе портала" in answer.text
    wrong = send(head, into, snils=SNILS)
    assert wrong.status_code == 422 and "другому человеку" in wrong.text and "Семёноввторой" not in wrong.text
    with town.portal.database.transaction() as db:
        db.get_one(Person, id_of(town, "Семёноввторой")).snils = None


def test_who_may_be_meant_is_asked(town: PortalUnderTest) -> None:
    """A like name and the same birth date: the portal asks, and takes either answer."""
    into, head = a_class(town), somebody(town, "head")
    assert send(head, into).status_code == 303
    (first,) = named(town, "Новиков")
    asked = send(head, into, last_name="Ноиков")
    assert asked.status_code == 409 and f'value="{first.id}"' in asked.text and "Кто это" in asked.text
    same = send(head, into, last_name="Ноиков", same=str(first.id), namesake="true")
    assert same.status_code == 409 and "уже учится" in same.text
    other = send(head, into, last_name="Ноиков", same="", namesake="true")
    assert other.status_code == 303
    assert len(named(town, "Ноиков")) == 1


def test_others_admit_and_withdraw_nobody(town: PortalUnderTest) -> None:
    into, known = a_class(town), pupil(town)
    url = f"/people/{known}/withdraw"
    form = {"last_day": TODAY.isoformat(), "reason": "moved", "basis": "Приказ № 8"}
    for role in ("teacher", "guardian"):
        visitor = somebody(town, role)
        assert visitor.get("/pupils/new").status_code == 403
        assert send(visitor, into).status_code == 403
        assert visitor.get(url).status_code == 403 and visitor.post(url, data=form).status_code == 403
        assert url not in visitor.get(f"/people/{known}").text
    neighbour = somebody(town, "head", 2)
    assert neighbour.get(url).status_code == 404 and neighbour.post(url, data=form).status_code == 404
    assert len(places(town, known)[0]) == 1 and places(town, known)[0][0].ends_on is None


def test_a_pupil_is_withdrawn_with_all_that_follows_and_comes_back(town: PortalUnderTest) -> None:
    known, head = pupil(town), somebody(town, "head")
    guardian = id_of(town, GUARDIAN)
    (enrolled,), _roles = places(town, known)
    with town.portal.database.transaction() as db:
        tie = db.scalars(select(Guardianship).where(Guardianship.child_id == known)).one()
        tie.ends_on = None
        group = PupilGroup(
            id=new_id(),
            organization_id=enrolled.organization_id,
            academic_year_id=enrolled.academic_year_id,
            school_class_id=enrolled.school_class_id,
            kind="subgroup",
            split="Язык",
            name="Отчисляемая группа",
            name_key=f"отчисляемая {new_id()}",
        )
        db.add(group)
        db.flush()
        db.add(
            PupilGroupMembership(
                id=new_id(), pupil_group_id=group.id, person_id=known, starts_on=enrolled.starts_on
            )
        )
    url = f"/people/{known}/withdraw"
    assert url in head.get(f"/people/{known}").text
    page = head.get(url).text
    assert "Отчисляемая группа" in page and "Семёнова" in page
    yesterday = TODAY - timedelta(days=1)
    form = {"last_day": yesterday.isoformat(), "reason": "family", "basis": "Приказ № 8"}
    answer = head.post(url, data=form)
    assert answer.status_code == 303, answer.text
    (enrolled,), (role,) = places(town, known)
    assert enrolled.ends_on == yesterday and "Приказ № 8" in (enrolled.end_basis or "")
    assert role.status == "terminated"
    guardians = places(town, guardian)[1]
    assert all(each.status == "terminated" for each in guardians)
    with town.portal.database.reading(fresh=True) as db:
        ended = db.scalars(
            select(PupilGroupMembership.ends_on).where(PupilGroupMembership.person_id == known)
        ).all()
    assert ended == [yesterday]
    done = head.get(str(answer.headers["location"])).text
    assert "Ученик отчислен" in done and "Семейное образование" in done
    assert head.get(url).status_code == 404, "nobody is withdrawn twice"
    assert head.post(f"{answer.headers['location']}/undo").status_code == 303
    (enrolled,), (role,) = places(town, known)
    assert enrolled.ends_on is None and (role.status, role.ends_on) == ("active", None)
    assert any(each.status == "active" for each in places(town, guardian)[1])


def test_a_day_to_come_ends_the_role_on_that_day(town: PortalUnderTest) -> None:
    known, head = pupil(town), somebody(town, "head")
    later = TODAY + timedelta(days=3)
    form = {"last_day": later.isoformat(), "reason": "moved", "basis": "Приказ № 9"}
    answer = head.post(f"/people/{known}/withdraw", data=form)
    assert answer.status_code == 303, answer.text
    (enrolled,), (role,) = places(town, known)
    assert (enrolled.ends_on, role.status, role.ends_on) == (later, "active", later)


@pytest.mark.parametrize(
    ("field", "value"),
    [("last_day", "2001-01-01"), ("last_day", "2199-01-01"), ("reason", "whim"), ("basis", "")],
)
def test_a_wrong_day_or_reason_is_refused(town: PortalUnderTest, field: str, value: str) -> None:
    form = {"last_day": TODAY.isoformat(), "reason": "moved", "basis": "Приказ № 9", field: value}
    answer = somebody(town, "head").post(f"/people/{pupil(town)}/withdraw", data=form)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert places(town, pupil(town))[0][0].ends_on is None


def test_programs_admit_and_withdraw(town: PortalUnderTest) -> None:
    into, robot = a_class(town), program(town, "head", "transfers", school="Школа 1")
    body = {
        "last_name": "Новиков", "first_name": "Денис", "birth_date": BORN, "gender": "M", "snils": "161-234-567 40",
        "school_class": into.name, "first_day": TODAY.isoformat(), "basis": "Приказ № 7",
    }  # fmt: skip
    made = robot.post("/api/v1/pupils", json=body)
    assert made.status_code == 201, made.text
    person_id = made.json()["person_id"]
    assert made.json()["school_class_id"] == str(into.id)
    assert robot.post("/api/v1/pupils", json=body).status_code == 409
    assert robot.post("/api/v1/pupils", json={**body, "snils": "1"}).status_code == 422
    url = f"/api/v1/people/{person_id}/withdraw"
    out = {"last_day": TODAY.isoformat(), "reason": "family", "basis": "Приказ № 8"}
    assert program(town, "head", "transfers", school="Школа 2").post(url, json=out).status_code == 404
    assert program(town, "head", "people.write", school="Школа 1").post(url, json=out).status_code == 403
    gone = robot.post(url, json=out)
    assert gone.status_code == 200 and gone.json() == {"person_id": person_id, "left_on": TODAY.isoformat()}
