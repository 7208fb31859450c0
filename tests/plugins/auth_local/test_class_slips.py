"""Invitations for a whole class: its pupils and guardians, and nobody else."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import select

from core.identity.models import Person
from core.organizations.models import Enrollment, SchoolClass
from plugins.auth_local.models import Invitation, LocalLogin
from tests.plugins.auth_local.conftest import School, codes


@pytest.fixture(scope="module")
def class_id(school: School) -> UUID:
    """A class of the school."""
    with school.portal.portal.database.reading() as db:
        return db.scalars(
            select(SchoolClass.id)
            .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
            .where(SchoolClass.organization_id == school.id)
            .order_by(SchoolClass.name_key)
            .limit(1)
        ).one()


def ticked(page: str) -> list[str]:
    """Whom the page proposes."""
    return re.findall(r'name="ids" value="([^"]+)" checked', page)


def test_everybody_without_a_login_is_proposed_and_gets_a_slip(school: School, class_id: UUID) -> None:
    secretary = school.staff("secretary")
    url = f"/classes/{class_id}/invitations"
    assert url in secretary.get(f"/classes/{class_id}").text
    proposed = ticked(secretary.get(url).text)
    with school.portal.portal.database.reading() as db:
        pupils = set(db.scalars(select(Enrollment.person_id).where(Enrollment.school_class_id == class_id)))
    assert {str(each) for each in pupils} <= set(proposed)
    assert len(set(proposed)) > len(pupils)
    answer = secretary.post(url, data={"ids": proposed})
    assert answer.status_code == 200
    assert len(codes(answer.text)) == len(set(proposed))
    with school.portal.portal.database.reading(fresh=True) as db:
        for person in db.scalars(select(Person).where(Person.id.in_([UUID(each) for each in proposed]))):
            assert person.full_name in answer.text
    assert ticked(secretary.get(url).text) == []


def test_only_those_ticked_get_one_and_those_with_a_login_none(school: School, class_id: UUID) -> None:
    head, url = school.staff("head"), f"/classes/{class_id}/invitations"
    page = head.get(url).text
    first, second = re.findall(r'name="ids" value="([^"]+)"', page)[:2]
    head.post(f"/accounts/{first}/login/password")
    answer = head.post(url, data={"ids": [first, second]})
    assert len(codes(answer.text)) == 1
    assert "логин уже есть" in answer.text
    with school.portal.portal.database.reading(fresh=True) as db:
        assert db.get(LocalLogin, UUID(first)) is not None
        assert db.scalar(select(Invitation.id).where(Invitation.person_id == UUID(first))) is None


def test_people_of_other_classes_are_not_invited_from_here(school: School, class_id: UUID) -> None:
    with school.portal.portal.database.reading() as db:
        other = db.scalars(
            select(Enrollment.person_id)
            .where(Enrollment.organization_id == school.id, Enrollment.school_class_id != class_id)
            .limit(1)
        ).one()
    answer = school.staff("head").post(f"/classes/{class_id}/invitations", data={"ids": str(other)})
    assert answer.status_code == 422
    assert "Никто не отмечен" in answer.text
    with school.portal.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(Invitation.id).where(Invitation.person_id == other)) is None


@pytest.mark.parametrize("role", ["teacher", "class_teacher", "pupil", "guardian"])
def test_others_print_no_slips(school: School, class_id: UUID, role: str) -> None:
    visitor, url = school.staff(role), f"/classes/{class_id}/invitations"
    assert visitor.get(url).status_code == 403
    assert visitor.post(url, data={"ids": []}).status_code == 403
    assert url not in visitor.get(f"/classes/{class_id}").text
