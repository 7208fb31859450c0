"""A school corrects what it has written down of a person: who may, what is refused, who hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord, CardView
from core.database.base import new_id
from core.identity.models import Account, ExternalIdentity, Guardianship, Notification, Person
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import START, id_of
from tests.core.test_people_api import program
from tests.core.test_personal_data import pupil, seen, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]
ISSUER = "https://sign-in.example/"
SNILS, OTHERS_SNILS = "11223344595", "16123456740"
WHO = {"last_name": "Семёнов", "first_name": "Алексей", "middle_name": "Петрович", "birth_date": "2012-05-01"}


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins with the pupil as he is, known to no outside sign-in."""
    person_id = pupil(town)
    with town.portal.database.transaction() as db:
        db.execute(delete(CardView))
        db.execute(delete(Notification))
        db.execute(delete(ExternalIdentity))
        db.execute(
            update(Person)
            .where(Person.id == person_id)
            .values(
                first_name="Алексей", middle_name="Петрович", name_key="семенов алексей петрович",
                birth_date=date(2012, 5, 1), snils=SNILS, gender=None, phone=None, email=None,
            )
        )  # fmt: skip
    yield
    with town.portal.database.transaction() as db:
        db.execute(
            delete(StructuralRole).where(
                StructuralRole.person_id == person_id, StructuralRole.kind != "pupil"
            )
        )


def page(person_id: UUID) -> str:
    return f"/people/{person_id}/correct"


def send(visitor: Visitor, person_id: UUID, **changes: str) -> Any:
    form = {**WHO, "snils": SNILS, "reason": "Свидетельство о рождении", **changes}
    return visitor.post(page(person_id), data=form)


def card(town: PortalUnderTest, person_id: UUID) -> Person:
    with town.portal.database.reading(fresh=True) as db:
        return db.get_one(Person, person_id)


def confirmed(town: PortalUnderTest, person_id: UUID) -> None:
    """The person has signed in from outside."""
    with town.portal.database.transaction() as db:
        account = db.scalars(select(Account.id).where(Account.person_id == person_id)).one()
        db.add(
            ExternalIdentity(
                id=new_id(),
                issuer=ISSUER,
                subject=str(new_id()),
                account_id=account,
                level="confirmed",
            )
        )


def holding(town: PortalUnderTest, person_id: UUID, kind: str, school: str) -> None:
    with town.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind=kind,
                organization_id=id_of(town, school),
                starts_on=START,
            )
        )


def test_the_head_corrects_a_pupil_and_it_is_on_record_and_told(town: PortalUnderTest) -> None:
    head, person_id = somebody(town, "head"), pupil(town)
    assert f"{page(person_id)}" in head.get(f"/people/{person_id}").text
    form = head.get(page(person_id)).text
    assert 'value="112-233-445 95"' in form and 'value="2012-05-01"' in form
    assert {what for _role, what in seen(town)} >= {"snils", "birth_date"}
    answer = send(
        head, person_id, first_name="Алексий", birth_date="02.05.2012", gender="M", phone="8 918 123-45-67"
    )
    assert answer.status_code == 303, answer.text
    now = card(town, person_id)
    assert (now.first_name, now.birth_date, now.gender, now.phone) == (
        "Алексий",
        date(2012, 5, 2),
        "M",
        "+79181234567",
    )
    assert now.name_key == "семенов алексий петрович" and now.snils == SNILS
    with town.portal.database.reading(fresh=True) as db:
        entry = db.scalars(select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)).one()
        told = db.execute(select(Notification.person_id, Notification.body)).all()
        guardians = set(
            db.scalars(select(Guardianship.guardian_id).where(Guardianship.child_id == person_id))
        )
    assert entry.before == {
        "first_name": "Алексей",
        "birth_date": "2012-05-01",
        "gender": None,
        "phone": None,
    }
    assert entry.after == {
        "first_name": "Алексий", "birth_date": "2012-05-02", "gender": "M", "phone": "+79181234567",
    }  # fmt: skip
    assert entry.reason == "Свидетельство о рождении"
    assert {row.person_id for row in told} == {person_id, *guardians}
    assert all("имя" in row.body and "дата рождения" in row.body and "2012" not in row.body for row in told)
    shown = head.get(str(answer.headers["location"])).text
    assert "Данные исправлены" in shown
    assert "Алексий" in head.get("/accounts?q=алексий").text


def test_what_stays_the_same_leaves_no_trace(town: PortalUnderTest) -> None:
    answer = send(somebody(town, "head"), pupil(town))
    assert "corrected=nothing" in str(answer.headers["location"])
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Notification)).all() == []


def test_wrong_fields_come_back_together_with_what_was_typed(town: PortalUnderTest) -> None:
    answer = send(
        somebody(town, "head"), pupil(town), snils="112-233-445 96", email="почта", last_name="", reason=""
    )
    assert answer.status_code == 422
    for words in (
        "Контрольное число СНИЛС",
        "Адрес почты записан неверно",
        "Заполните поле",
        "112-233-445 96",
    ):
        assert words in answer.text
    tomorrow = send(somebody(town, "head"), pupil(town), birth_date="2099-01-01")
    assert tomorrow.status_code == 422 and "ещё не наступила" in tomorrow.text


def test_a_snils_of_somebody_else_is_refused_without_a_name(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.last_name == "Семёноввторой").values(snils=OTHERS_SNILS))
    answer = send(somebody(town, "head"), pupil(town), snils=OTHERS_SNILS)
    assert answer.status_code == 422
    assert "записан за другим человеком" in answer.text and "Семёноввторой" not in answer.text
    assert card(town, pupil(town)).snils == SNILS


def test_others_may_not(town: PortalUnderTest) -> None:
    person_id = pupil(town)
    for visitor, status in (
        (somebody(town, "teacher"), 403),
        (somebody(town, "guardian"), 403),
        (somebody(town, "head", 2), 404),
    ):
        assert visitor.get(page(person_id)).status_code == status
        assert send(visitor, person_id, first_name="Чужой").status_code == status
        assert page(person_id) not in visitor.get(f"/people/{person_id}").text
    assert card(town, person_id).first_name == "Алексей"


def test_whoever_belongs_elsewhere_too_is_corrected_from_above(town: PortalUnderTest) -> None:
    person_id = pupil(town)
    holding(town, person_id, "librarian", "Школа 2")
    head = somebody(town, "head")
    assert "Школа 2" in head.get(page(person_id)).text
    assert send(head, person_id, first_name="Иной").status_code == 409
    above = town.sign_in("municipal_coordinator")
    assert send(above, person_id, first_name="Иной").status_code == 303
    assert card(town, person_id).first_name == "Иной"


def test_a_head_is_corrected_from_above_and_nobody_corrects_oneself(town: PortalUnderTest) -> None:
    head_id = id_of(town, "Берёзкина")
    head = somebody(town, "head")
    assert "это ваша карточка" in head.get(page(head_id)).text
    assert page(head_id) not in head.get(f"/people/{head_id}").text
    person_id = pupil(town)
    holding(town, person_id, "head", "Школа 1")
    assert "исправит" in head.get(page(person_id)).text
    assert send(head, person_id, first_name="Иной").status_code == 409


def test_a_coordinator_who_may_not_see_a_field_may_still_replace_it(town: PortalUnderTest) -> None:
    person_id = pupil(town)
    above = town.sign_in("municipal_coordinator")
    form = above.get(page(person_id)).text
    assert "112-233-445 95" not in form and "2012-05-01" not in form and "•••-•••-•45 95" in form
    assert seen(town) == []
    assert f'href="/people/{person_id}"' not in form, "the coordinator goes back to the account"
    kept = send(above, person_id, snils="", birth_date="", first_name="Иной")
    assert kept.status_code == 303, kept.text
    now = card(town, person_id)
    assert (now.first_name, now.snils, now.birth_date) == ("Иной", SNILS, date(2012, 5, 1))
    assert send(above, person_id, first_name="Иной", birth_date="2012-06-01", snils="").status_code == 303
    assert card(town, person_id).birth_date == date(2012, 6, 1)


def test_what_an_outside_sign_in_confirmed_is_changed_only_in_so_many_words(town: PortalUnderTest) -> None:
    person_id, head = pupil(town), somebody(town, "head")
    confirmed(town, person_id)
    source = card(town, person_id).source
    assert f"Человека подтвердили: {ISSUER}" in head.get(page(person_id)).text
    refused = send(head, person_id, first_name="Иной")
    assert refused.status_code == 409 and ISSUER in refused.text and 'value="Иной"' in refused.text
    assert card(town, person_id).first_name == "Алексей"
    assert send(head, person_id, phone="89181234567").status_code == 303, "a telephone is confirmed by nobody"
    assert (
        send(head, person_id, first_name="Иной", phone="89181234567", against_confirmed="true").status_code
        == 303
    )
    now = card(town, person_id)
    assert (now.first_name, now.source) == ("Иной", source)
    with town.portal.database.reading(fresh=True) as db:
        entry = db.scalars(select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)).one()
    assert entry.after == {"first_name": "Иной", "against": ISSUER}


def test_two_who_correct_at_once_do_not_overwrite_each_other(town: PortalUnderTest) -> None:
    person_id, head = pupil(town), somebody(town, "head")
    found = re.search(r'name="state" value="(\w+)"', head.get(page(person_id)).text)
    assert found is not None
    assert send(head, person_id, first_name="Первый", state=found[1]).status_code == 303
    late = send(head, person_id, first_name="Второй", state=found[1])
    assert late.status_code == 409 and "изменил кто-то другой" in late.text
    assert card(town, person_id).first_name == "Первый"


def test_guardians_keep_their_ties_until_the_right_day(town: PortalUnderTest) -> None:
    person_id = pupil(town)
    with town.portal.database.transaction() as db:
        db.execute(
            update(Guardianship).where(Guardianship.child_id == person_id).values(ends_on=date(2030, 4, 30))
        )
    assert send(somebody(town, "head"), person_id, birth_date="2013-07-02").status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        ends = set(db.scalars(select(Guardianship.ends_on).where(Guardianship.child_id == person_id)))
    assert ends == {date(2031, 7, 1)}


def test_a_program_corrects_single_fields(town: PortalUnderTest) -> None:
    person_id = pupil(town)
    robot = program(town, "head", "people.write", school="Школа 1")
    url = f"/api/v1/people/{person_id}"
    answer = robot.patch(url, json={"birth_date": "2012-05-03", "reason": "Паспорт"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": str(person_id), "changed": ["birth_date"]}
    assert card(town, person_id).birth_date == date(2012, 5, 3)
    wrong = robot.patch(url, json={"snils": "112-233-445 96", "reason": "Паспорт"})
    assert wrong.status_code == 422 and "snils" in wrong.text
    assert robot.patch(url, json={"middle_name": None, "reason": "Паспорт"}).json()["changed"] == [
        "middle_name"
    ]
    assert robot.patch(url, json={"first_name": "Иной"}).status_code == 422
    confirmed(town, person_id)
    refused = robot.patch(url, json={"first_name": "Иной", "reason": "Паспорт"})
    assert refused.status_code == 409
    sure = {"first_name": "Иной", "reason": "Паспорт", "against_confirmed": True}
    assert robot.patch(url, json=sure).status_code == 200
    reader = program(town, "head", "people.read", school="Школа 1")
    assert reader.patch(url, json=sure).status_code == 403
    stranger = program(town, "head", "people.write", school="Школа 2")
    assert stranger.patch(url, json=sure).status_code == 404


def test_cards_of_person_and_account_lead_to_each_other(town: PortalUnderTest) -> None:
    person_id, head = pupil(town), somebody(town, "head")
    assert f'href="/accounts/{person_id}"' in head.get(f"/people/{person_id}").text
    assert f'href="/people/{person_id}"' in head.get(f"/accounts/{person_id}").text
    assert f'href="/accounts/{person_id}"' not in somebody(town, "teacher").get(f"/people/{person_id}").text
