"""The school hands out invitations and passwords; whom it may not, and what the person does with them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id, now
from core.erasure import erase_person
from core.identity.models import Account, Guardianship, Notification, Person
from core.organizations.models import Organization
from core.personal_data import export_person
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.auth_local.models import Invitation, LocalLogin
from tests.plugins.auth_local.conftest import GOOD, School, codes, is_in


def born(school: School, person: UUID) -> date | None:
    with school.portal.portal.database.reading() as db:
        return db.get_one(Person, person).birth_date


def invited(school: School, person: UUID, by: str = "secretary") -> str:
    page = school.staff(by).post(f"/accounts/{person}/login/invitation")
    assert page.status_code == 200, page.text
    assert page.headers["cache-control"] == "no-store"
    return codes(page.text)[0]


def opened(school: School, code: str, birth_date: object, visitor: Visitor | None = None) -> Any:
    someone = visitor or school.portal.visitor()
    return someone.post("/invitation", data={"code": code, "birth_date": str(birth_date)})


def test_an_invitation_shows_whose_account_it_is_and_makes_a_login(school: School) -> None:
    person = school.person("pupil")
    code = invited(school, person)
    visitor = school.portal.visitor()
    assert code not in visitor.get("/invitation").text
    answer = opened(school, f" {code.replace('-', ' ').upper()} ", born(school, person), visitor)
    assert answer.headers["location"] == "/auth/local/new-login"
    page = visitor.get("/auth/local/new-login").text
    with school.portal.portal.database.reading() as db:
        assert db.get_one(Person, person).full_name in page
    form = {"login": "Zvezda.7", "password": GOOD, "repeated": GOOD}
    done = visitor.post("/auth/local/new-login", data=form)
    assert done.status_code == 303, done.text
    assert is_in(visitor)
    again: Any = school.enter("zvezda.7", GOOD)
    assert again.status_code == 303


def test_an_invitation_serves_once(school: School) -> None:
    person = school.person("pupil")
    code, birth_date = invited(school, person), born(school, person)
    first, second = school.portal.visitor(), school.portal.visitor()
    for visitor in (first, second):
        assert opened(school, code, birth_date, visitor).status_code == 303
    form = {"login": "pervyi.raz", "password": GOOD, "repeated": GOOD}
    assert first.post("/auth/local/new-login", data=form).status_code == 303
    late = second.post("/auth/local/new-login", data={**form, "login": "vtoroi.raz"})
    assert late.status_code in (404, 410)
    assert opened(school, code, birth_date).status_code == 422
    assert not is_in(second)


def test_a_wrong_birth_date_says_nothing_and_after_five_the_code_is_void(school: School) -> None:
    person = school.person("pupil", 1)
    code = invited(school, person)
    answer = opened(school, code, "2001-01-01")
    unknown = opened(school, "aaaa-bbbb-cccc", "2001-01-01")
    assert answer.status_code == unknown.status_code == 422
    with school.portal.portal.database.reading() as db:
        assert db.get_one(Person, person).last_name not in answer.text
    for _ in range(4):
        school.waits_over()
        opened(school, code, "2001-01-01")
    school.waits_over()
    assert opened(school, code, born(school, person)).status_code == 422


def test_a_birth_date_is_taken_as_people_write_it_too(school: School) -> None:
    person = school.person("pupil", 2)
    birth_date = born(school, person)
    assert birth_date is not None
    school.waits_over()
    assert opened(school, invited(school, person), f"{birth_date:%d.%m.%Y}").status_code == 303
    nonsense = opened(school, "aaaa-bbbb-cccc", "вчера")
    assert nonsense.status_code == 422
    assert "Укажите дату рождения полностью" in nonsense.text


def test_an_invitation_runs_out_and_a_new_one_replaces_it(school: School) -> None:
    person = school.person("pupil", 3)
    first = invited(school, person)
    second = invited(school, person)
    assert opened(school, first, born(school, person)).status_code == 422
    with school.portal.portal.database.transaction() as db:
        db.execute(
            update(Invitation)
            .where(Invitation.person_id == person)
            .values(expires_at=now() - timedelta(minutes=1))
        )
    assert opened(school, second, born(school, person)).status_code == 422


def test_a_guardian_without_a_birth_date_gives_the_childs(school: School) -> None:
    with school.portal.portal.database.transaction() as db:
        child = school.person("pupil", 4)
        guardian = Person(id=new_id(), last_name="Безымянная", first_name="Вера", source="test")
        db.add(guardian)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=guardian.id,
                kind="guardian",
                organization_id=school.id,
                starts_on=date(2020, 9, 1),
            )
        )
        adult = guardian.id
    page = school.staff("secretary").post(f"/accounts/{adult}/login/invitation")
    assert page.status_code == 409
    assert "не указана дата рождения" in page.text
    with school.portal.portal.database.transaction() as db:
        db.add(Guardianship(id=new_id(), guardian_id=adult, child_id=child, starts_on=date(2020, 9, 1)))
    page = school.staff("secretary").post(f"/accounts/{adult}/login/invitation").text
    assert "дату рождения ребёнка" in page
    assert opened(school, codes(page)[0], born(school, child)).status_code == 303


def test_a_taken_login_is_named_and_another_proposed(school: School) -> None:
    person = school.person("pupil", 5)
    visitor = school.portal.visitor()
    school.waits_over()
    opened(school, invited(school, person), born(school, person), visitor)
    for login, said in (
        ("teacher", "Этот логин занят"),
        ("ы", "В логине от 3"),
        ("Иванов", "латинскими буквами"),
    ):
        answer = visitor.post(
            "/auth/local/new-login", data={"login": login, "password": GOOD, "repeated": GOOD}
        )
        assert answer.status_code == 422
        assert said in answer.text


def test_pupils_may_have_shorter_passwords(school: School) -> None:
    person = school.person("pupil", 6)
    visitor = school.portal.visitor()
    school.waits_over()
    opened(school, invited(school, person), born(school, person), visitor)
    assert "Не короче 8 знаков" in visitor.get("/auth/local/new-login").text


def test_what_the_school_does_is_recorded_without_secrets(school: School) -> None:
    person = school.person("teacher")
    code = invited(school, person, "head")
    login, password = codes(school.staff("head").post(f"/accounts/{person}/login/password").text)
    with school.portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(AuditRecord).where(AuditRecord.subject_id == str(person))).all()
        told = db.scalars(select(Notification.title).where(Notification.person_id == person)).all()
    assert {each.action for each in found} >= {"auth_local.invitation.issue", "auth_local.password.issue"}
    written = repr([(each.before, each.after, each.reason) for each in found])
    assert login in written
    assert password not in written
    assert code not in written
    assert any("новый пароль" in each for each in told)
    card = school.staff("head").get(f"/accounts/{person}").text
    assert "Выдан логин с одноразовым паролем" in card
    assert password not in card


def test_a_double_click_issues_one_password(school: School) -> None:
    secretary = school.staff("secretary")
    url = f"/accounts/{school.person('pupil', 7)}/login/password"
    form = {"csrf_token": secretary.csrf_token(), "idempotency_key": "one-click"}
    first, second = (secretary.post(url, data=form, csrf=False) for _ in range(2))
    assert codes(first.text) == codes(second.text) != []


def test_a_new_password_ends_the_persons_sessions_and_the_old_one(school: School) -> None:
    person = school.person("teacher", 1)
    login = school.with_password(person)
    visitor = school.portal.visitor()
    school.enter(login, GOOD, visitor)
    assert is_in(visitor)
    school.staff("head").post(f"/accounts/{person}/login/password")
    assert not is_in(visitor)
    assert school.enter(login, GOOD).status_code == 422


def test_a_login_is_taken_away(school: School) -> None:
    person = school.person("teacher", 2)
    login = school.with_password(person)
    head = school.staff("head")
    assert "Отключить вход с логином" in head.get(f"/accounts/{person}").text
    assert head.post(f"/accounts/{person}/login/remove").status_code == 303
    assert school.login_of(person) is None
    assert school.enter(login, GOOD).status_code == 422
    assert head.post(f"/accounts/{person}/login/remove").status_code == 404


@pytest.mark.parametrize("role", ["teacher", "class_teacher", "pupil", "guardian"])
def test_others_do_not_issue(school: School, role: str) -> None:
    person = school.person("pupil", 8)
    for what in ("invitation", "password", "remove"):
        assert school.staff(role).post(f"/accounts/{person}/login/{what}").status_code == 403
    assert school.login_of(person) is None


def test_a_secretary_does_not_issue_to_those_who_issue_themselves(school: School) -> None:
    secretary, head = school.staff("secretary"), school.person("head")
    answer = secretary.post(f"/accounts/{head}/login/password")
    assert answer.status_code == 409
    assert "сам выдаёт логины" in answer.text
    assert "сам выдаёт логины" in secretary.get(f"/accounts/{head}").text
    assert school.login_of(head) is None
    coordinator = school.portal.sign_in("municipal_coordinator")
    assert coordinator.post(f"/accounts/{head}/login/invitation").status_code == 200


def test_nobody_issues_to_themselves(school: School) -> None:
    head = school.staff("head")
    answer = head.post(f"/accounts/{head.person_id}/login/password")
    assert answer.status_code == 409
    assert "в настройках" in answer.text


def test_who_works_elsewhere_too_is_a_matter_for_those_above(school: School, portal: PortalUnderTest) -> None:
    person = school.person("teacher", 3)
    with portal.portal.database.transaction() as db:
        other = db.scalars(
            select(Organization)
            .where(Organization.kind == "school", Organization.id != school.id)
            .order_by(Organization.id)
            .limit(1)
        ).one()
        role = StructuralRole(
            id=new_id(),
            person_id=person,
            kind="teacher",
            organization_id=other.id,
            starts_on=date(2020, 9, 1),
        )
        db.add(role)
        db.flush()
        role_id = role.id
    refused = school.staff("head").post(f"/accounts/{person}/login/password")
    assert refused.status_code == 409
    assert "работает и в другой организации" in refused.text
    assert (
        portal.sign_in("regional_coordinator").post(f"/accounts/{person}/login/password").status_code == 200
    )
    with portal.portal.database.transaction() as db:
        db.execute(delete(StructuralRole).where(StructuralRole.id == role_id))


def test_a_newcomer_without_a_role_is_out_of_reach(school: School, portal: PortalUnderTest) -> None:
    stranger = portal.new_person()
    assert school.staff("head").post(f"/accounts/{stranger}/login/password").status_code == 404


def test_the_data_of_a_person_go_out_without_hashes_and_can_be_erased(school: School) -> None:
    person = school.person("guardian", 4)
    login = school.with_password(person)
    with school.portal.portal.database.transaction() as db:
        data = export_person(db, system_actor(), person)["auth_local"]
        assert data["логин"] == login
        assert "argon2" not in repr(data)
        erase_person(db, system_actor(), person)
    with school.portal.portal.database.reading(fresh=True) as db:
        assert db.get(LocalLogin, person) is None
        assert db.scalar(select(Account).where(Account.person_id == person)) is None


def test_a_person_signed_in_through_gosuslugi_has_the_same_account(school: School) -> None:
    """A login is one more way into the account that is there, not a second account."""
    person = school.person("teacher", 5)
    school.portal.sign_in_person(person)
    login = school.with_password(person)
    school.enter(login, GOOD)
    with school.portal.portal.database.reading(fresh=True) as db:
        assert len(db.scalars(select(Account.id).where(Account.person_id == person)).all()) == 1


def test_of_somebody_else_the_card_speaks_in_the_third_person(school: School) -> None:
    """The head reads why the person gets no login, not that the head has no role."""
    head = school.staff("head")
    with school.portal.portal.database.transaction() as db:
        found = db.scalars(select(Organization).where(Organization.kind == "school").limit(1)).one()
        person = Person(id=new_id(), last_name="Ждущая", first_name="Яна")
        db.add(person)
        db.flush()
        role = StructuralRole(
            id=new_id(),
            person_id=person.id,
            kind="teacher",
            organization_id=found.id,
            status="requested",
            starts_on=date(2020, 9, 1),
        )
        db.add_all([role, Account(id=new_id(), person_id=person.id, preferences={})])
    shown = head.get(f"/accounts/{person.id}").text
    assert "Выдать вход нельзя: роль человека ещё ждёт подтверждения." in shown
    with school.portal.portal.database.transaction() as db:
        held = db.get_one(StructuralRole, role.id)
        held.status, held.ends_on = "active", date(2020, 9, 2)
    shown = head.get(f"/accounts/{person.id}").text
    assert "Выдать вход нельзя: у человека нет действующей роли ни в одной школе." in shown
