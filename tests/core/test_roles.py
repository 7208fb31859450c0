"""Structural roles: given, confirmed, suspended, ended, deleted, lent, and what their kinds may do."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Account, ExternalIdentity, Notification, Person
from core.identity.sessions import today_in
from core.organizations.models import Organization, SchoolClass
from core.requests.models import Request
from core.roles.models import RoleStep, StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
SNILS = "112-233-445 95"


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def organization(town: PortalUnderTest, name: str = "Школа 1") -> UUID:
    with town.portal.database.reading() as db:
        return db.scalars(select(Organization.id).where(Organization.short_name == name)).one()


def somebody(town: PortalUnderTest, *kinds: str, confirmed: bool = False, status: str = "active") -> UUID:
    """A new person with roles of these kinds in the first school."""
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        person = Person(id=new_id(), last_name=f"Новиков{str(new_id())[-6:]}", first_name="Пётр")
        account = Account(id=new_id(), person_id=person.id, preferences={})
        db.add(person)
        db.flush()
        db.add(account)
        db.flush()
        if confirmed:
            db.add(
                ExternalIdentity(
                    id=new_id(),
                    issuer="https://esia.example",
                    subject=str(person.id),
                    account_id=account.id,
                    level="confirmed",
                )
            )
        for kind in kinds:
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person.id,
                    kind=kind,
                    organization_id=school.id,
                    status=status,
                    starts_on=TODAY - timedelta(days=30),
                )
            )
        return person.id


def role_of(town: PortalUnderTest, person_id: UUID, kind: str = "teacher") -> StructuralRole:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(StructuralRole)
            .where(StructuralRole.person_id == person_id, StructuralRole.kind == kind)
            .order_by(StructuralRole.id.desc())
        ).first() or pytest.fail("no such role")


def told(town: PortalUnderTest, person_id: UUID) -> list[str]:
    """What the person's bell says, the latest last."""
    with town.portal.database.reading(fresh=True) as db:
        return [
            str(each)
            for each in db.scalars(
                select(Notification.title)
                .where(Notification.person_id == person_id)
                .order_by(Notification.id)
            )
        ]


def form(person_id: UUID, where: UUID, kind: str = "teacher", **more: Any) -> dict[str, Any]:
    return {
        "organization": str(where),
        "person": str(person_id),
        "kind": kind,
        "starts_on": TODAY.isoformat(),
        "basis": "Приказ 12",
        **more,
    }


def bulk(visitor: Visitor, action: str, role: StructuralRole, **more: str) -> Any:
    return visitor.post(f"/roles/bulk/{action}", data={"ids": str(role.id), "step": "do", **more})


def test_a_role_given_to_a_verified_person_works_at_once(town: PortalUnderTest) -> None:
    person, visitor = somebody(town, "librarian", confirmed=True), head(town)
    answer = visitor.post("/roles", data=form(person, organization(town)))
    assert answer.status_code == 303
    card = visitor.get(answer.headers["location"]).text
    assert "Роль дана" in card
    assert "Приказ 12" in card
    assert role_of(town, person).status == "active"
    assert told(town, person) == ["Вам дали роль: Учитель, Школа 1"]
    with town.portal.database.reading() as db:
        found = db.scalars(select(AuditRecord).where(AuditRecord.subject_id == str(person))).all()
        assert [each.action for each in found] == ["core.role.give"]


def test_a_role_of_an_unverified_person_waits_for_the_coordinator(town: PortalUnderTest) -> None:
    person, school = somebody(town, "librarian"), head(town)
    with town.portal.database.transaction() as db:
        db.get_one(Person, person).birth_date = date(1980, 5, 1)
    answer = school.post("/roles", data=form(person, organization(town)))
    assert "ждёт подтверждения" in school.get(answer.headers["location"]).text
    assert role_of(town, person).status == "requested"
    assert told(town, person) == []
    with town.portal.database.reading() as db:
        request = db.scalars(select(Request).order_by(Request.id.desc())).first()
        assert request is not None
    coordinator = town.sign_in("municipal_coordinator")
    page = coordinator.get(f"/requests/{request.id}").text
    assert "Приказ 12" in page
    role_id = str(role_of(town, person).id)
    assert role_id not in re.sub(r"<[^>]+>", " ", page), "ids are not for people"
    for words in ("через Госуслуги ещё не входил", f'href="/accounts/{person}"', f'href="/roles/{role_id}"'):
        assert words in page, words
    assert coordinator.get(f"/roles/{role_id}").status_code == 200
    assert coordinator.get(f"/accounts/{person}").status_code == 200
    assert "01.05.1980" not in page, "what is masked elsewhere is masked here"
    assert "••.••.1980" in page
    assert school.post(f"/requests/{request.id}", data={"step": "approve"}).status_code == 403
    assert coordinator.post(f"/requests/{request.id}", data={"step": "approve"}).status_code == 303
    assert role_of(town, person).status == "active"
    assert told(town, person) == ["Вам дали роль: Учитель, Школа 1"]


@pytest.mark.parametrize("by", ["coordinator", "school"])
def test_a_role_refused_or_withdrawn_gives_nothing(town: PortalUnderTest, by: str) -> None:
    person, school = somebody(town, "librarian"), head(town)
    school.post("/roles", data=form(person, organization(town)))
    with town.portal.database.reading() as db:
        request = db.scalars(select(Request).order_by(Request.id.desc())).first()
        assert request is not None
    if by == "coordinator":
        coordinator = town.sign_in("municipal_coordinator")
        coordinator.post(f"/requests/{request.id}", data={"step": "reject", "text": "Нет приказа"})
    else:
        school.post(f"/requests/{request.id}", data={"step": "withdraw"})
    role = role_of(town, person)
    assert role.status == "refused"
    assert bulk(school, "resume", role).status_code == 200
    assert role_of(town, person).status == "refused"
    assert school.post("/roles", data=form(person, organization(town))).status_code == 303


def test_nobody_sends_a_request_for_a_role_past_its_page(town: PortalUnderTest) -> None:
    role = role_of(town, somebody(town, "teacher"))
    data = {
        "_kind": "core.staff_role",
        "role_id": str(role.id),
        "person": "Кто-то",
        "role": "Директор",
        "starts_on": TODAY.isoformat(),
    }
    assert head(town).post("/requests", data=data).status_code == 404


def test_the_coordinator_needs_nobody(town: PortalUnderTest) -> None:
    person = somebody(town, "teacher")
    coordinator = town.sign_in("municipal_coordinator")
    assert coordinator.post("/roles", data=form(person, organization(town), "head")).status_code == 303
    assert role_of(town, person, "head").status == "active"


@pytest.mark.parametrize("kind", ["head", "pupil", "guardian", "regional_coordinator", "nonsense"])
def test_a_school_gives_no_leading_roles_and_none_that_follow_from_data(
    town: PortalUnderTest, kind: str
) -> None:
    person = somebody(town, "librarian")
    assert head(town).post("/roles", data=form(person, organization(town), kind)).status_code == 403
    with town.portal.database.reading() as db:
        held = select(func.count()).where(StructuralRole.person_id == person)
        assert db.scalar(held) == 1


def test_what_is_wrong_with_the_form_is_said_and_nothing_typed_is_lost(town: PortalUnderTest) -> None:
    person, visitor, here = somebody(town, "librarian", confirmed=True), head(town), organization(town)
    for wrong, words in (
        ({"starts_on": "вчера"}, "Нужна дата"),
        ({"ends_on": (TODAY - timedelta(days=9)).isoformat()}, "Последний день раньше первого"),
        ({"kind": "class_teacher"}, "Выберите класс"),
        ({"kind": ""}, "Заполните поле"),
    ):
        answer = visitor.post("/roles", data=form(person, here, **wrong))
        assert answer.status_code == 422
        assert words in answer.text
        assert "Приказ 12" in answer.text
    assert visitor.post("/roles", data=form(person, here)).status_code == 303
    again = visitor.post("/roles", data=form(person, here))
    assert again.status_code == 409
    assert "уже есть" in again.text


def test_a_role_ends_and_only_then_can_be_deleted(town: PortalUnderTest) -> None:
    person, visitor = somebody(town, "librarian", "teacher"), head(town)
    role = role_of(town, person)
    early = visitor.post("/roles/bulk/delete", data={"ids": str(role.id)})
    assert "удалить можно только прекращённую" in early.text
    suspended = bulk(visitor, "suspend", role, basis="Отпуск")
    assert "Приостановлена 1 роль" in suspended.text
    assert role_of(town, person).status == "suspended"
    bulk(visitor, "resume", role)
    assert role_of(town, person).status == "active"
    bulk(visitor, "terminate", role, basis="Уволен")
    ended = role_of(town, person)
    assert ended.status == "terminated"
    assert ended.ends_on == TODAY
    bulk(visitor, "resume", role)
    assert role_of(town, person).status == "terminated"
    with town.portal.database.reading() as db:
        steps = db.scalars(select(RoleStep.status).where(RoleStep.role_id == role.id).order_by(RoleStep.id))
        assert list(steps) == ["suspended", "active", "terminated"]
    bulk(visitor, "delete", role)
    with town.portal.database.reading(fresh=True) as db:
        assert db.get(StructuralRole, role.id) is None
        assert db.scalar(select(func.count()).where(RoleStep.role_id == role.id)) == 0
    assert told(town, person)[-1] == "Роль прекращена: Учитель, Школа 1"


def test_the_only_role_goes_with_the_profile(town: PortalUnderTest) -> None:
    person, visitor = somebody(town, "teacher"), head(town)
    role = role_of(town, person)
    bulk(visitor, "terminate", role, basis="Уволен")
    answer = visitor.post("/roles/bulk/delete", data={"ids": str(role.id)})
    assert "единственная роль человека" in answer.text
    bulk(visitor, "delete", role)
    assert role_of(town, person).id == role.id


def test_a_last_day_to_come_leaves_the_role_until_then(town: PortalUnderTest) -> None:
    person, visitor = somebody(town, "librarian", "teacher"), head(town)
    role, day = role_of(town, person), TODAY + timedelta(days=10)
    past = bulk(visitor, "terminate", role, basis="Уволен", last_day=(TODAY - timedelta(days=1)).isoformat())
    assert past.status_code == 422
    bulk(visitor, "terminate", role, basis="Уволен", last_day=day.isoformat())
    assert role_of(town, person).ends_on == day
    assert role_of(town, person).status == "active"
    assert str(role.id) in visitor.get("/roles?ends=30").text
    assert str(role.id) not in visitor.get("/roles?ends=7").text


def test_nobody_changes_a_role_of_their_own_or_one_from_above(town: PortalUnderTest) -> None:
    visitor = head(town)
    own = role_of(town, visitor.person_id, "head")
    assert "ваша собственная роль" in visitor.post("/roles/bulk/suspend", data={"ids": str(own.id)}).text
    bulk(visitor, "suspend", own, basis="Просто так")
    assert role_of(town, visitor.person_id, "head").status == "active"
    person = somebody(town, "school_administrator")
    administrator = town.sign_in("school_administrator", person_id=person)
    assert (
        "меняет организация выше"
        in administrator.post("/roles/bulk/terminate", data={"ids": str(own.id)}).text
    )


def test_another_school_sees_and_changes_nothing(town: PortalUnderTest) -> None:
    person, neighbour = somebody(town, "librarian", "teacher", confirmed=True), head(town, 2)
    role = role_of(town, person)
    assert neighbour.get(f"/roles/{role.id}").status_code == 404
    assert str(role.id) not in neighbour.get("/roles").text
    bulk(neighbour, "terminate", role, basis="Чужой")
    assert role_of(town, person).status == "active"
    assert neighbour.post("/roles", data=form(person, organization(town))).status_code == 404
    assert neighbour.post("/roles", data=form(person, organization(town, "Школа 2"))).status_code == 404
    teacher = town.sign_in("teacher", person_id=person)
    assert teacher.get("/roles").status_code == 403
    assert teacher.post("/roles", data=form(person, organization(town))).status_code == 403


def test_a_suspended_role_opens_nothing_from_the_next_page_on(town: PortalUnderTest) -> None:
    person, visitor = somebody(town, "librarian", "school_administrator"), head(town)
    administrator = town.sign_in("school_administrator", person_id=person)
    assert administrator.get("/roles").status_code == 200
    bulk(visitor, "suspend", role_of(town, person, "school_administrator"), basis="Отпуск")
    assert administrator.get("/roles").status_code == 403


def test_a_new_person_is_added_with_a_role(town: PortalUnderTest) -> None:
    visitor, here = head(town), organization(town)
    data = {
        **form(new_id(), here),
        "last_name": "Ёлкина",
        "first_name": "Вера",
        "birth_date": "01.02.1990",
        "snils": SNILS,
        "phone": "8 (918) 123-45-67",
    }
    mistakes = {
        "snils": "112-233-445 96",
        "phone": "12",
        "email": "ёлкина",
        "kind": "",
        "first_name": "Вера2",
    }
    wrong = visitor.post("/accounts", data={**data, **mistakes})
    assert wrong.status_code == 422 and "подсказкой под полем" not in wrong.text
    for words in (
        "Контрольное число СНИЛС",
        "Номер телефона",
        "Адрес почты записан неверно",
        "лишних знаков",
        "Заполните поле",
        "Ёлкина",
    ):
        assert words in wrong.text
    answer = visitor.post("/accounts", data=data)
    assert answer.status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        person = db.scalars(select(Person).where(Person.snils == "11223344595")).one()
        assert (person.last_name, person.phone) == ("Ёлкина", "+79181234567")
        account = db.scalars(select(Account).where(Account.person_id == person.id)).one()
        assert account.status == "active"
        count = db.scalar(select(func.count()).select_from(Person))
    other = visitor.post("/accounts", data={**data, "last_name": "Другая", "kind": "librarian"})
    assert other.status_code == 422
    assert "другой фамилией" in other.text
    assert visitor.post("/accounts", data={**data, "kind": "librarian"}).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(func.count()).select_from(Person)) == count, "the same person, one more role"


def test_a_namesake_is_asked_about(town: PortalUnderTest) -> None:
    visitor, here = head(town), organization(town)
    data = {**form(new_id(), here), "last_name": "Тёзкин", "first_name": "Иван"}
    assert visitor.post("/accounts", data=data).status_code == 303
    asked = visitor.post("/accounts", data={**data, "last_name": "тезкин"})
    assert asked.status_code == 409
    assert "полный тёзка" in asked.text
    assert re.search(r'href="/accounts/[0-9a-f-]{36}"', asked.text)
    assert visitor.post("/accounts", data={**data, "namesake": "true"}).status_code == 303


def test_rights_are_lent_and_end_with_the_owner(town: PortalUnderTest) -> None:
    visitor, colleague = head(town), somebody(town, "librarian")
    own = role_of(town, visitor.person_id, "head")
    page = visitor.get(f"/account/roles/{own.id}/lend").text
    assert str(colleague) in page
    data = {
        "person_id": str(colleague),
        "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=7)).isoformat(),
        "basis": "Отпуск",
    }
    for wrong in ({"ends_on": ""}, {"ends_on": "2099-01-01"}, {"person_id": str(new_id())}):
        assert visitor.post(f"/account/roles/{own.id}/lend", data={**data, **wrong}).status_code == 422
    assert visitor.post(f"/account/roles/{own.id}/lend", data=data).status_code == 303
    lent = role_of(town, colleague, "head")
    acting = town.sign_in("head", person_id=colleague)
    assert acting.get("/roles").status_code == 200
    assert acting.get(f"/account/roles/{lent.id}/lend").status_code == 404, "lent rights are not lent on"
    assert "замещаете" in acting.get("/account").text
    assert "Права переданы" in visitor.get("/account").text
    stranger = town.sign_in("teacher", organization="Школа 1")
    assert stranger.post(f"/account/roles/{lent.id}/take-back").status_code == 404
    assert visitor.post(f"/account/roles/{lent.id}/take-back").status_code == 303
    assert role_of(town, colleague, "head").status == "terminated"
    assert acting.get("/roles").status_code == 403
    visitor.post(f"/account/roles/{own.id}/lend", data=data)
    coordinator = town.sign_in("municipal_coordinator")
    bulk(coordinator, "suspend", own, basis="Проверка")
    assert role_of(town, colleague, "head").status == "terminated"
    bulk(coordinator, "resume", own)


def test_several_roles_are_chosen_among_once(town: PortalUnderTest) -> None:
    person = somebody(town, "teacher", "librarian")
    visitor = town.sign_in_person(person)
    home = visitor.get("/")
    assert home.status_code == 303
    assert home.headers["location"] == "/account?choose=role"
    page = visitor.get("/account?choose=role").text
    assert "Настройки аккаунта" in page
    assert "Выберите, в какой работать" in page
    role = role_of(town, person, "librarian")
    assert visitor.post("/account/role", data={"role_id": str(role.id), "next": "/"}).status_code == 303
    assert visitor.get("/").status_code == 200
    assert town.sign_in_person(person).get("/").status_code == 200, "the choice is remembered"


def test_who_comes_by_a_link_chooses_a_role_first_and_gets_to_that_page(town: PortalUnderTest) -> None:
    person = somebody(town, "head", "librarian")
    visitor = town.sign_in_person(person)
    page = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    came = visitor.get("/roles?state=active", headers=page)
    assert came.headers["location"] == "/account?choose=role&next=/roles%3Fstate%3Dactive"
    choice = visitor.get(came.headers["location"]).text
    assert '<input type="hidden" name="next" value="/roles?state=active">' in choice
    assert visitor.get("/roles", headers={**page, "hx-request": "true"}).status_code == 200
    assert visitor.get("/account?choose=role&next=//evil.example/", headers=page).text.count("evil") == 0
    role = role_of(town, person, "head")
    chosen = visitor.post("/account/role", data={"role_id": str(role.id), "next": "/roles?state=active"})
    assert chosen.headers["location"] == "/roles?state=active"
    assert visitor.get("/roles?state=active", headers=page).status_code == 200


def test_a_page_of_another_role_of_ones_own_is_one_press_away(town: PortalUnderTest) -> None:
    person = somebody(town, "teacher", "head")
    visitor = town.sign_in("teacher", person_id=person)
    refused = visitor.get("/roles?state=active")
    assert refused.status_code == 403
    assert "Открыть как Директор" in refused.text
    assert '<input type="hidden" name="next" value="/roles?state=active">' in refused.text
    alone = town.sign_in("teacher", person_id=somebody(town, "teacher"))
    assert "Открыть как" not in alone.get("/roles").text


def test_a_class_teacher_of_two_classes_sees_which_is_which(town: PortalUnderTest) -> None:
    person = somebody(town)
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        classes = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == school.id).order_by(SchoolClass.name)
        ).all()[:2]
        names = [each.name for each in classes]
        for each in classes:
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person,
                    kind="class_teacher",
                    organization_id=school.id,
                    school_class_id=each.id,
                    status="active",
                    starts_on=TODAY,
                )
            )
    visitor = town.sign_in("class_teacher", person_id=person)
    for page in (visitor.get("/").text, visitor.get("/account").text):
        for name in names:
            assert f"Классный руководитель {name}" in page
    roles = visitor.get("/api/v1/me").json()["roles"]
    assert [role["school_class_name"] for role in roles] == names


def dated(town: PortalUnderTest, days: int | None = 10, **more: Any) -> StructuralRole:
    """A role of somebody new, until so many days from now."""
    person = somebody(town, "librarian")
    with town.portal.database.transaction() as db:
        role = db.scalars(select(StructuralRole).where(StructuralRole.person_id == person)).one()
        role.ends_on = None if days is None else TODAY + timedelta(days=days)
        for name, value in more.items():
            setattr(role, name, value)
    return role_of(town, person, "librarian")


def later(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def test_a_role_is_prolonged_with_a_basis_and_the_holder_is_told(town: PortalUnderTest) -> None:
    role, visitor = dated(town), head(town)
    assert "Продлить" in visitor.get(f"/roles/{role.id}").text
    done = bulk(visitor, "prolong", role, basis="Приказ 15", last_day=later(40))
    assert "Продлена 1 роль" in done.text
    assert role_of(town, role.person_id, "librarian").ends_on == TODAY + timedelta(days=40)
    card = visitor.get(f"/roles/{role.id}").text
    assert "Продлена: Приказ 15" in card
    assert told(town, role.person_id) == ["Роль продлена: Библиотекарь, Школа 1"]
    with town.portal.database.reading(fresh=True) as db:
        record = db.scalars(
            select(AuditRecord).where(
                AuditRecord.action == "core.role.prolong", AuditRecord.subject_id == str(role.person_id)
            )
        ).one()
        assert record.before is not None
        assert record.after is not None
        assert (record.before["ends_on"], record.after["ends_on"]) == (later(10), later(40))
        assert record.reason == "Приказ 15"


@pytest.mark.parametrize("last_day", [later(10), later(5), later(-1), "32.13.2026"])
def test_a_role_is_prolonged_only_to_a_later_day(town: PortalUnderTest, last_day: str) -> None:
    role = dated(town)
    refused = bulk(head(town), "prolong", role, basis="Приказ 15", last_day=last_day)
    assert refused.status_code == 422
    assert "Приказ 15" in refused.text
    assert role_of(town, role.person_id, "librarian").ends_on == TODAY + timedelta(days=10)


def test_what_has_ended_or_has_no_end_is_not_prolonged(town: PortalUnderTest) -> None:
    visitor = head(town)
    for role in (
        dated(town, -1),
        dated(town, None),
        dated(town, status="terminated"),
        dated(town, status="suspended"),
    ):
        answer = bulk(visitor, "prolong", role, basis="Приказ 15", last_day=later(40))
        assert "Продлено ролей: 0" in answer.text or "Продлено 0 ролей" in answer.text
        assert role_of(town, role.person_id, "librarian").ends_on == role.ends_on


def test_a_neighbour_and_the_holder_do_not_prolong(town: PortalUnderTest) -> None:
    role = dated(town)
    assert "Продлить" not in head(town, 2).get(f"/roles/{role.id}").text
    bulk(head(town, 2), "prolong", role, basis="Приказ 15", last_day=later(40))
    holder = town.sign_in("librarian", person_id=role.person_id)
    assert bulk(holder, "prolong", role, basis="Приказ 15", last_day=later(40)).status_code == 403
    assert role_of(town, role.person_id, "librarian").ends_on == role.ends_on


def test_the_holder_of_a_suspended_role_reads_why(town: PortalUnderTest) -> None:
    person = somebody(town, "teacher")
    visitor = town.sign_in("teacher", person_id=person)
    bulk(head(town), "suspend", role_of(town, person), basis="Приказ 5 от 01.11.2026")
    for page in (visitor.get("/").text, visitor.get("/account").text):
        assert "приостановлена" in page
        assert "Приказ 5 от 01.11.2026" in page
        assert "Портал ещё не знает" not in page
    bulk(head(town), "resume", role_of(town, person))
    assert "приостановлена" not in visitor.get("/account").text


def test_a_newcomer_reads_that_the_role_waits_and_the_school_reads_for_whom(town: PortalUnderTest) -> None:
    person, school = somebody(town, "librarian"), head(town)
    card = school.post("/roles", data=form(person, organization(town))).headers["location"]
    with town.portal.database.reading(fresh=True) as db:
        names = [
            each.short_name
            for each in db.scalars(
                select(Person)
                .join(StructuralRole, StructuralRole.person_id == Person.id)
                .where(StructuralRole.kind == "municipal_coordinator", StructuralRole.status == "active")
            )
        ]
    shown = school.get(card).text
    assert any(name in shown for name in names)
    assert "Открыть запрос" in shown
    assert "ждёт подтверждения" in town.sign_in("librarian", person_id=person).get("/account").text


def test_whoever_worked_here_is_found_and_gets_a_new_role(town: PortalUnderTest) -> None:
    person, school = somebody(town, "teacher", confirmed=True), head(town)
    old = role_of(town, person)
    bulk(school, "terminate", old, basis="Приказ 8")
    card = school.get(f"/roles/{old.id}").text
    assert "Удалить роль нельзя: это единственная роль человека" in card
    again = f"/roles/new?organization={organization(town)}&amp;person={person}"
    assert again in card
    with town.portal.database.reading() as db:
        surname = db.get_one(Person, person).last_name
    assert again in school.get(f"/roles/new?organization={organization(town)}&q={surname}").text
    stranger = head(town, 2)
    assert str(person) not in stranger.get(f"/roles/new?q={surname}").text
    assert stranger.post("/roles", data=form(person, organization(town, "Школа 2"))).status_code == 404
    given = school.post("/roles", data=form(person, organization(town), "librarian"))
    assert given.status_code == 303
    assert role_of(town, person, "librarian").status == "active"


def test_a_role_that_only_waits_is_no_other_role(town: PortalUnderTest) -> None:
    person, school = somebody(town, "teacher"), head(town)
    bulk(school, "terminate", role_of(town, person), basis="Приказ 8")
    school.post("/roles", data=form(person, organization(town), "librarian"))
    assert role_of(town, person, "librarian").status == "requested"
    asked = school.post("/roles/bulk/delete", data={"ids": str(role_of(town, person).id)})
    assert "единственная роль" in asked.text
    bulk(school, "delete", role_of(town, person))
    assert role_of(town, person).status == "terminated"


def test_a_substitute_sees_until_when(town: PortalUnderTest) -> None:
    person, colleague = somebody(town, "deputy_head"), somebody(town, "librarian")
    visitor = town.sign_in("deputy_head", person_id=person)
    own, until = role_of(town, person, "deputy_head"), TODAY + timedelta(days=10)
    data = {"person_id": str(colleague), "starts_on": TODAY.isoformat(), "ends_on": until.isoformat()}
    assert visitor.post(f"/account/roles/{own.id}/lend", data={**data, "basis": "Отпуск"}).status_code == 303
    acting = town.sign_in("deputy_head", person_id=colleague)
    assert f"Завуч (замещение до {until:%d.%m.%Y})" in acting.get("/account").text
