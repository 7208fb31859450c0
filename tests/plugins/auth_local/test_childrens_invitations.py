"""A guardian invites a child under 14 to a school login, and nobody else's child."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id
from core.identity.families import birthday
from core.identity.models import Account, Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment
from core.testing.portal import Visitor
from plugins.auth_local.models import Invitation, LocalLogin
from tests.plugins.auth_local.conftest import School, codes, is_in

TODAY = today_in("Europe/Moscow")
BORN = birthday(TODAY, -9)


@pytest.fixture
def family(school: School) -> tuple[Visitor, UUID]:
    """A guardian of the school and a child of nine who has an account, but no login."""
    with school.portal.portal.database.transaction() as db:
        guardian_id, child_id = db.execute(
            select(Guardianship.guardian_id, Guardianship.child_id)
            .join(Enrollment, Enrollment.person_id == Guardianship.child_id)
            .where(Enrollment.organization_id == school.id, Enrollment.ends_on.is_(None))
            .order_by(Guardianship.id)
            .limit(1)
        ).one()
        db.execute(update(Person).where(Person.id == child_id).values(birth_date=BORN))
        db.execute(update(Guardianship).where(Guardianship.child_id == child_id).values(rights="full"))
        for table in (Invitation, LocalLogin, Account):
            db.execute(delete(table).where(table.person_id == child_id))
        db.add(Account(id=new_id(), person_id=child_id, status="active", preferences={}))
    return school.portal.sign_in("guardian", person_id=guardian_id), child_id


def invite(guardian: Visitor, child: UUID) -> tuple[int, str]:
    answer = guardian.post(f"/account/children/{child}/invitation")
    return answer.status_code, answer.text


def test_the_child_makes_a_login_with_the_guardians_invitation(
    school: School, family: tuple[Visitor, UUID]
) -> None:
    guardian, child = family
    assert "Выдать приглашение" in guardian.get("/account/children").text
    status, page = invite(guardian, child)
    assert (status, "Укажите свою дату рождения" in page) == (200, True)
    visitor = school.portal.visitor()
    opened = visitor.post("/invitation", data={"code": codes(page)[0], "birth_date": BORN.isoformat()})
    assert opened.headers["location"] == "/auth/local/new-login"
    words = "зелёный слон поёт"
    made = visitor.post(
        "/auth/local/new-login", data={"login": "slonik-9", "password": words, "repeated": words}
    )
    assert (made.status_code, is_in(visitor)) == (303, True)
    assert "slonik-9" in guardian.get("/account/children").text
    status, page = invite(guardian, child)
    assert (status, "логин уже есть" in page) == (409, True)


@pytest.mark.parametrize(
    ("rights", "born", "account", "words"),
    [
        ("view", BORN, True, "ваши права ограничены"),
        ("full", birthday(TODAY, -14), True, "с 14 лет приглашение выдаёт школа"),
        ("full", BORN, False, "ещё нет учётной записи"),
    ],
)
def test_whom_a_guardian_may_not_invite(
    school: School, family: tuple[Visitor, UUID], rights: str, born: date, account: bool, words: str
) -> None:
    guardian, child = family
    with school.portal.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == child).values(birth_date=born))
        db.execute(update(Guardianship).where(Guardianship.child_id == child).values(rights=rights))
        if not account:
            db.execute(delete(Account).where(Account.person_id == child))
    assert f"{child}/invitation" not in guardian.get("/account/children").text
    status, page = invite(guardian, child)
    assert (status, words in page) == (409, True)
    with school.portal.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(Invitation.id).where(Invitation.person_id == child)) is None


@pytest.mark.parametrize("change", [{"rights": "none"}, {"ends_on": TODAY - timedelta(days=1)}])
def test_a_tie_that_does_not_hold_invites_nobody(
    school: School, family: tuple[Visitor, UUID], change: dict[str, object]
) -> None:
    guardian, child = family
    tie = Guardianship.child_id == child
    with school.portal.portal.database.transaction() as db:
        db.execute(update(Guardianship).where(tie).values(**change))
    try:
        assert invite(guardian, child)[0] == 404
    finally:
        with school.portal.portal.database.transaction() as db:
            db.execute(update(Guardianship).where(tie).values(rights="full", ends_on=None))


def test_somebody_elses_child_is_not_invited(school: School, family: tuple[Visitor, UUID]) -> None:
    _guardian, child = family
    with school.portal.portal.database.reading() as db:
        stranger = db.scalars(
            select(Guardianship.guardian_id)
            .join(Enrollment, Enrollment.person_id == Guardianship.child_id)
            .where(
                Guardianship.guardian_id.not_in(
                    select(Guardianship.guardian_id).where(Guardianship.child_id == child)
                ),
                Enrollment.organization_id == school.id,
            )
            .limit(1)
        ).one()
    visitor = school.portal.sign_in("guardian", person_id=stranger)
    assert invite(visitor, child)[0] == 404
    assert invite(school.staff("head"), child)[0] == 403


def test_a_program_of_the_guardian_invites_the_child_and_nobody_elses(
    school: School, family: tuple[Visitor, UUID]
) -> None:
    guardian, child = family

    def program(*scopes: str) -> Visitor:
        made = guardian.post("/api/v1/tokens", json={"name": "тест", "scopes": list(scopes), "days": 1})
        visitor = school.portal.visitor()
        visitor.token = made.json()["text"]
        return visitor

    url = f"/api/v1/auth-local/children/{child}/invitation"
    assert program("families.read").post(url).status_code == 403
    own = program("logins.children")
    assert str(child) in {each["id"] for each in own.get("/api/v1/children").json()}
    issued = own.post(url)
    assert (issued.status_code, issued.headers["cache-control"]) == (201, "no-store"), issued.text
    assert (issued.json()["person_id"], issued.json()["child_asked"]) == (str(child), False)
    code = {"code": issued.json()["code"], "birth_date": BORN.isoformat()}
    assert own.post(url).json()["code"] != code["code"]
    assert school.portal.visitor().post("/invitation", data=code).status_code == 422, "the later one works"
    other = school.person("pupil", 8)
    assert own.post(f"/api/v1/auth-local/children/{other}/invitation").status_code == 404
    with school.portal.portal.database.transaction() as db:
        db.execute(update(Guardianship).where(Guardianship.child_id == child).values(rights="view"))
    refused = own.post(url)
    assert refused.status_code == 409 and "ваши права ограничены" in refused.text
