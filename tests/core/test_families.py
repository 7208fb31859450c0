"""Families: several guardians with different rights, and the account of a child under 14."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.families import birthday, day_of_majority
from core.identity.models import Account, ExternalIdentity, Guardianship, Notification, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, SchoolClass
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
CHILDREN = "/account/children"


def years_old(years: int) -> date:
    """A birth date of somebody who is so many years and a day old."""
    return birthday(TODAY, -years) - timedelta(days=1)


@pytest.fixture
def child(town: PortalUnderTest) -> UUID:
    """The pupil of the first school, ten years old, without an account, with one guardian who has all rights."""
    pupil, guardian = id_of(town, "Семёнов"), id_of(town, "Семёнова")
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == pupil).values(birth_date=years_old(10)))
        db.execute(delete(Account).where(Account.person_id == pupil))
        db.execute(
            delete(Guardianship).where(Guardianship.child_id == pupil, Guardianship.guardian_id != guardian)
        )
        db.execute(
            update(Guardianship)
            .where(Guardianship.child_id == pupil)
            .values(rights="full", starts_on=TODAY - timedelta(days=30), ends_on=None)
        )
        db.execute(delete(ExternalIdentity))
    return pupil


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def parent(town: PortalUnderTest) -> Visitor:
    return town.sign_in("guardian", person_id=id_of(town, "Семёнова"))


def tie_of(town: PortalUnderTest, child: UUID, surname: str = "Семёнова") -> Guardianship:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(Guardianship)
            .join(Person, Person.id == Guardianship.guardian_id)
            .where(Guardianship.child_id == child, Person.last_name == surname)
        ).one()


def roles_of(town: PortalUnderTest, surname: str, kind: str = "guardian") -> list[str]:
    with town.portal.database.reading(fresh=True) as db:
        return list(
            db.scalars(
                select(StructuralRole.status)
                .join(Person, Person.id == StructuralRole.person_id)
                .where(Person.last_name == surname, StructuralRole.kind == kind)
                .order_by(StructuralRole.created_at)
            )
        )


def has_account(town: PortalUnderTest, person: UUID) -> bool:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalar(select(Account.id).where(Account.person_id == person)) is not None


def verified(town: PortalUnderTest, surname: str) -> None:
    """The person has signed in through Gosuslugi with a confirmed account."""
    with town.portal.database.transaction() as db:
        account = db.scalars(
            select(Account.id).join(Person, Person.id == Account.person_id).where(Person.last_name == surname)
        ).one()
        db.add(
            ExternalIdentity(
                id=new_id(),
                issuer="https://esia.example",
                subject=surname,
                account_id=account,
                level="confirmed",
            )
        )


def limited(rights: str = "none", **changes: str) -> dict[str, str]:
    return {"relation": "parent", "rights": rights, "basis": "Решение суда № 2-15 от 12.03.2026", **changes}


def news_of(town: PortalUnderTest, person: UUID) -> list[str]:
    """What a person has been told, the latest last."""
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(Notification).where(Notification.person_id == person).order_by(Notification.id)
        )
        return [f"{each.title} {each.body}" for each in found]


def newcomer(surname: str, **changes: str) -> dict[str, str]:
    return {
        "last_name": surname,
        "first_name": "Павел",
        "relation": "parent",
        "rights": "full",
        "basis": "Свидетельство о рождении",
        **changes,
    }


@pytest.mark.parametrize(
    ("born", "of_age"), [(date(2008, 2, 29), date(2026, 3, 1)), (date(2009, 5, 7), date(2027, 5, 7))]
)
def test_rights_end_on_the_eighteenth_birthday(born: date, of_age: date) -> None:
    assert day_of_majority(born) == of_age


def test_a_guardian_sees_the_children_and_who_else_is_tied(town: PortalUnderTest, child: UUID) -> None:
    head(town).post(f"/people/{child}/guardians", data=newcomer("Отцов", rights="view"))
    page = parent(town).get(CHILDREN).text
    for words in (
        "Семёнов Алексей Петрович",
        "7А, Школа 1",
        "Отцов Павел",
        "только видит",
        "Завести учётную",
    ):
        assert words in page
    with_limits = town.sign_in("guardian", person_id=id_of(town, "Отцов")).get(CHILDREN).text
    assert "ваши права ограничены" in with_limits
    assert "Семёнова" not in with_limits, "who only sees is not told who else does"


def test_somebody_without_children_is_told_what_to_do(town: PortalUnderTest) -> None:
    page = town.sign_in("teacher", organization="Школа 1").get(CHILDREN).text
    assert "Детей пока нет" in page
    assert "/requests/new?kind=core.guardian_link" in page


def test_a_verified_guardian_makes_the_account_at_once(town: PortalUnderTest, child: UUID) -> None:
    verified(town, "Семёнова")
    guardian = parent(town)
    answer = guardian.post(f"{CHILDREN}/{child}/account")
    assert answer.headers["location"].endswith("done=made")
    assert has_account(town, child)
    assert "входит через Госуслуги" in guardian.get(CHILDREN).text
    assert guardian.post(f"{CHILDREN}/{child}/account").status_code == 409
    with town.portal.database.reading(fresh=True) as db:
        record = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "core.account.create")
            .order_by(AuditRecord.id.desc())
        ).first()
    assert record is not None
    assert (record.subject_id, record.person_id) == (str(child), guardian.person_id)


def test_an_unverified_guardian_asks_the_school(town: PortalUnderTest, child: UUID) -> None:
    guardian = parent(town)
    assert guardian.post(f"{CHILDREN}/{child}/account").headers["location"].endswith("done=sent")
    assert not has_account(town, child)
    page = guardian.get(CHILDREN).text
    assert "школа рассматривает запрос" in page
    assert "Завести учётную запись</button>" not in page
    assert guardian.post(f"{CHILDREN}/{child}/account").status_code == 409
    request = re.findall(r'href="/requests/([0-9a-f-]{36})"', page)[0]
    assert head(town, 2).get(f"/requests/{request}").status_code == 404
    decided = head(town).post(f"/requests/{request}", data={"step": "approve"})
    assert decided.status_code == 303
    assert has_account(town, child)
    with town.portal.database.reading(fresh=True) as db:
        told = db.scalars(
            select(Notification.title).where(Notification.person_id == guardian.person_id)
        ).all()
    assert any("Учётная запись ребёнка создана" in title for title in told)


@pytest.mark.parametrize(
    ("years", "rights", "reason"),
    [(14, "full", "с 14 лет её заводит сам ученик"), (10, "view", "ваши права ограничены")],
)
def test_who_may_not_make_an_account(
    town: PortalUnderTest, child: UUID, years: int, rights: str, reason: str
) -> None:
    verified(town, "Семёнова")
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == child).values(birth_date=years_old(years)))
        db.execute(update(Guardianship).where(Guardianship.child_id == child).values(rights=rights))
    guardian = parent(town)
    assert reason in guardian.get(CHILDREN).text
    refused = guardian.post(f"{CHILDREN}/{child}/account")
    assert (refused.status_code, reason in refused.text) == (409, True)
    assert not has_account(town, child)


def test_the_day_before_the_fourteenth_birthday_is_early_enough(town: PortalUnderTest, child: UUID) -> None:
    verified(town, "Семёнова")
    with town.portal.database.transaction() as db:
        born = birthday(TODAY, -14) + timedelta(days=1)
        db.execute(update(Person).where(Person.id == child).values(birth_date=born))
    assert parent(town).post(f"{CHILDREN}/{child}/account").status_code == 303


def test_a_strangers_child_is_nobodys_business(town: PortalUnderTest, child: UUID) -> None:
    neighbour = town.sign_in("guardian", organization="Школа 2")
    assert "Семёнов Алексей" not in neighbour.get(CHILDREN).text
    assert neighbour.post(f"{CHILDREN}/{child}/account").status_code == 404
    assert not has_account(town, child)


def test_a_court_limit_takes_everything_at_once_and_gives_it_back(town: PortalUnderTest, child: UUID) -> None:
    visitor, guardian = head(town), parent(town)
    tie = tie_of(town, child)
    page = f"/people/{child}/guardians/{tie.id}"
    assert guardian.get(f"/people/{child}").status_code == 200
    without = visitor.post(page, data=limited(basis=""))
    assert (without.status_code, "Назовите документ" in without.text) == (422, True)
    assert visitor.post(page, data=limited()).status_code == 303
    assert tie_of(town, child).rights == "none"
    assert roles_of(town, "Семёнова")[-1] == "terminated"
    assert "Решение суда" in visitor.get(f"/people/{child}/guardians").text
    again = town.sign_in_person(guardian.person_id)
    assert "Семёнов Алексей" not in again.get(CHILDREN).text
    assert again.get(f"/people/{child}").status_code != 200
    assert visitor.post(page, data=limited("full", basis="")).status_code == 303
    assert roles_of(town, "Семёнова")[-1] == "active"
    assert parent(town).get(f"/people/{child}").status_code == 200
    history = visitor.get(f"/accounts/{child}").text
    assert "Изменены права представителя" in history


def test_a_new_guardian_gets_the_role_and_word(town: PortalUnderTest, child: UUID) -> None:
    visitor = head(town)
    answer = visitor.post(f"/people/{child}/guardians", data=newcomer("Опекунов", relation="guardian"))
    assert answer.status_code == 303, answer.text
    assert roles_of(town, "Опекунов") == ["active"]
    tie = tie_of(town, child, "Опекунов")
    assert tie.relation == "guardian"
    assert tie.ends_on == day_of_majority(years_old(10)) - timedelta(days=1)
    with town.portal.database.reading(fresh=True) as db:
        told = db.scalars(select(Notification.title).where(Notification.person_id == tie.guardian_id)).all()
    assert any("Семёнов А. П." in title for title in told)


def test_the_family_hears_of_a_new_guardian_and_of_changed_rights(town: PortalUnderTest, child: UUID) -> None:
    visitor, mother = head(town), id_of(town, "Семёнова")
    visitor.post(f"/people/{child}/guardians", data=newcomer("Дедов", relation="guardian"))
    assert "У ребёнка новый представитель: Семёнов А. П. – Дедов Павел" in news_of(town, mother)[-1]
    tie = tie_of(town, child, "Дедов")
    visitor.post(f"/people/{child}/guardians/{tie.id}", data=limited("view"))
    assert "Дедов Павел – только видит" in news_of(town, mother)[-1]
    told = news_of(town, tie.guardian_id)[-1]
    assert "Школа изменила ваши права: Семёнов А. П. – только видит" in told
    assert "Решение суда № 2-15" in told
    before = news_of(town, mother)
    visitor.post(f"/people/{child}/guardians/{tie.id}", data=limited("view"))
    assert news_of(town, mother) == before, "nothing has changed"
    visitor.post(f"/people/{child}/guardians/{tie_of(town, child).id}", data=limited("none"))
    before = news_of(town, mother)
    visitor.post(f"/people/{child}/guardians", data=newcomer("Бабушкин", relation="guardian"))
    assert news_of(town, mother) == before, "whom the court has limited hears no more of the child"


def test_a_guardian_whose_role_has_ended_gets_it_back_with_another_child(
    town: PortalUnderTest, child: UUID
) -> None:
    visitor, guardian = head(town), id_of(town, "Семёнова")
    visitor.post(f"/people/{child}/guardians/{tie_of(town, child).id}", data=limited())
    assert roles_of(town, "Семёнова")[-1] == "terminated"
    with town.portal.database.transaction() as db:
        school_class = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == id_of(town, "Школа 1")).limit(1)
        ).one()
        other = Person(id=new_id(), last_name="Младшин", first_name="Лев", birth_date=years_old(7))
        db.add(other)
        db.flush()
        db.add(
            Enrollment(
                id=new_id(),
                person_id=other.id,
                organization_id=school_class.organization_id,
                academic_year_id=school_class.academic_year_id,
                school_class_id=school_class.id,
                starts_on=TODAY,
            )
        )
        form = {
            "_kind": "core.guardian_link",
            "_to": str(school_class.organization_id),
            "last_name": "Младшин",
            "first_name": "Лев",
            "birth_date": years_old(7).isoformat(),
            "relation": "parent",
            "document": "I-ДН № 1",
        }
    sent = town.sign_in_person(guardian).post("/requests", data=form)
    assert sent.status_code == 303, sent.text
    decided = visitor.post(sent.headers["location"], data={"step": "approve", "text": ""})
    assert decided.status_code == 303, decided.text
    assert roles_of(town, "Семёнова")[-1] == "active"
    assert town.sign_in("guardian", person_id=guardian).get(f"/people/{other.id}").status_code == 200


def test_a_guardian_whom_the_portal_knows_is_chosen_among_namesakes(
    town: PortalUnderTest, child: UUID
) -> None:
    visitor = head(town)
    known = id_of(town, "Орлов")
    form = newcomer("Орлов", first_name="Пётр", middle_name="Ильич")
    asked = visitor.post(f"/people/{child}/guardians", data=form)
    assert asked.status_code == 409
    assert f'value="{known}"' in asked.text
    wrong = visitor.post(f"/people/{child}/guardians", data={**form, "same": str(id_of(town, "Семёнова"))})
    assert wrong.status_code == 404
    taken = visitor.post(f"/people/{child}/guardians", data={**form, "same": str(known)})
    assert taken.status_code == 303
    assert tie_of(town, child, "Орлов").guardian_id == known
    twice = visitor.post(f"/people/{child}/guardians", data={**form, "same": str(known)})
    assert (twice.status_code, "уже есть среди представителей" in twice.text) == (409, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rights": "view", "basis": ""}, "Назовите документ"),
        ({"ends_on": "01.01.2020"}, "Сегодняшний день или позже"),
        ({"ends_on": "01.01.2099"}, "не позже совершеннолетия"),
        ({"snils": "112-233-445 96"}, "Контрольное число СНИЛС"),
    ],
)
def test_wrong_terms_tie_nobody_and_keep_what_was_typed(
    town: PortalUnderTest, child: UUID, changes: dict[str, str], words: str
) -> None:
    answer = head(town).post(f"/people/{child}/guardians", data=newcomer("Ошибкин", **changes))
    assert (answer.status_code, words in answer.text, "Ошибкин" in answer.text) == (422, True, True)
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalar(select(Person.id).where(Person.last_name == "Ошибкин")) is None


def test_a_grown_up_gets_no_guardian(town: PortalUnderTest, child: UUID) -> None:
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == child).values(birth_date=years_old(18)))
    visitor = head(town)
    assert "ученик совершеннолетний" in visitor.get(f"/people/{child}/guardians").text
    assert visitor.post(f"/people/{child}/guardians", data=newcomer("Поздний")).status_code == 409


def test_nobody_changes_the_tie_to_a_child_of_their_own(town: PortalUnderTest, child: UUID) -> None:
    visitor = head(town)
    tie = new_id()
    with town.portal.database.transaction() as db:
        db.add(Guardianship(id=tie, guardian_id=visitor.person_id, child_id=child, starts_on=TODAY))
    assert "это вы" in visitor.get(f"/people/{child}/guardians").text
    assert visitor.post(f"/people/{child}/guardians/{tie}", data=limited("full")).status_code == 409


@pytest.mark.parametrize("kind", ["teacher", "guardian", "pupil"])
def test_who_has_no_right_reads_and_changes_nothing(town: PortalUnderTest, child: UUID, kind: str) -> None:
    tie = tie_of(town, child)
    if kind == "pupil":
        with town.portal.database.transaction() as db:
            db.add(Account(id=new_id(), person_id=child, status="active", preferences={}))
    visitor = town.sign_in(kind, organization="Школа 1")
    answers: list[Any] = [
        visitor.get(f"/people/{child}/guardians"),
        visitor.get(f"/people/{child}/guardians/new"),
        visitor.get(f"/people/{child}/guardians/{tie.id}"),
        visitor.post(f"/people/{child}/guardians", data=newcomer("Чужой")),
        visitor.post(f"/people/{child}/guardians/{tie.id}", data=limited()),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert tie_of(town, child).rights == "full"


def test_the_neighbour_school_reads_and_changes_nothing(town: PortalUnderTest, child: UUID) -> None:
    tie, neighbour = tie_of(town, child), head(town, 2)
    answers: list[Any] = [
        neighbour.get(f"/people/{child}/guardians"),
        neighbour.get(f"/people/{child}/guardians/new"),
        neighbour.get(f"/people/{child}/guardians/{tie.id}"),
        neighbour.post(f"/people/{child}/guardians", data=newcomer("Чужой")),
        neighbour.post(f"/people/{child}/guardians/{tie.id}", data=limited()),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert tie_of(town, child).rights == "full"


@pytest.mark.parametrize(
    ("relation", "words"),
    [("mother", "мать"), ("grandfather", "дедушка"), ("relative", "родственник"), ("aunt", "представитель")],
)
def test_every_relation_is_told_in_words(
    town: PortalUnderTest, child: UUID, relation: str, words: str
) -> None:
    with town.portal.database.transaction() as db:
        db.execute(update(Guardianship).where(Guardianship.child_id == child).values(relation=relation))
    for page in (
        parent(town).get(CHILDREN).text,
        head(town).get(f"/people/{child}/guardians").text,
    ):
        assert words in page
        assert relation not in page
    tie = head(town).get(f"/people/{child}/guardians/{tie_of(town, child).id}").text
    if relation != "aunt":
        assert re.search(rf'value="{relation}"[^>]*(checked|selected)', tie), (
            "the form begins with what is stored"
        )
