"""Two cards of one person: found, compared, made one, and made two again, with everything that hangs on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, select, update

from core.audit.models import AuditRecord
from core.database.base import Base, new_id, now
from core.erasure import erase_person
from core.errors import PortalError
from core.identity import merging
from core.identity.linking import Level, Profile, link
from core.identity.models import (
    AccessToken,
    Account,
    ExternalIdentity,
    Guardianship,
    LikelyPair,
    MergeStep,
    Notification,
    Person,
    PersonMerge,
    SignInSession,
)
from core.identity.sessions import actor_of, digest
from core.organizations.models import Enrollment, SchoolClass
from core.personal_data import export_person
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.tasks import Worker, enqueue
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import START, id_of
from tests.core.town_fixtures import town

__all__ = ["town"]

BORN = date(1991, 3, 14)


def head(town: PortalUnderTest, school: str = "Школа 1") -> Visitor:
    return town.sign_in("head", organization=school)


def add(
    town: PortalUnderTest,
    name: str,
    *,
    school: str = "Школа 1",
    role: str = "teacher",
    born: date | None = BORN,
    account: bool = True,
    **values: Any,
) -> UUID:
    """Somebody with a role in a school."""
    last, first, middle = [*name.split(), None][:3]
    school_id = id_of(town, school)
    with town.portal.database.transaction() as db:
        person = Person(
            id=new_id(), last_name=last, first_name=first, middle_name=middle, birth_date=born, **values
        )
        db.add(person)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(), person_id=person.id, kind=role, organization_id=school_id, starts_on=START
            )
        )
        if account:
            db.add(Account(id=new_id(), person_id=person.id, preferences={}))
        return person.id


def identity(town: PortalUnderTest, person_id: UUID, subject: str) -> None:
    """An account at an outside provider, tied to the person's."""
    with town.portal.database.transaction() as db:
        account_id = db.scalars(select(Account.id).where(Account.person_id == person_id)).one()
        db.add(
            ExternalIdentity(
                id=new_id(),
                issuer="https://esia.test",
                subject=subject,
                account_id=account_id,
                level="confirmed",
            )
        )


def look(town: PortalUnderTest) -> None:
    """Have everybody looked through."""
    head(town).post("/accounts/duplicates/search")
    worker = Worker(town.portal)
    while worker.run_once():
        pass


def pairs(town: PortalUnderTest) -> dict[frozenset[UUID], tuple[list[str], str]]:
    with town.portal.database.reading(fresh=True) as db:
        return {
            frozenset((each.first_id, each.second_id)): (each.reasons, each.status)
            for each in db.scalars(select(LikelyPair))
        }


def merge(visitor: Visitor, one: UUID, other: UUID, **chosen: str) -> Any:
    return visitor.post(f"/accounts/{one}/merge/{other}", data={"step": "do", "keep": "one", **chosen})


def merge_id(town: PortalUnderTest, absorbed: UUID) -> UUID:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(PersonMerge.id).where(PersonMerge.absorbed_id == absorbed).order_by(PersonMerge.id.desc())
        ).first() or pytest.fail("no such merge")


def everything(town: PortalUnderTest, *without: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """All rows of all tables, but for what a merge leaves behind on purpose."""
    left = {
        "core_audit_record",
        "core_audit_chain",
        "core_person_merge",
        "core_merge_step",
        "core_notification",
        "core_likely_pair",
        "core_session",
        "core_idempotency_key",
        "core_task",
        "core_card_view",
        *without,
    }
    found: dict[str, list[tuple[Any, ...]]] = {}
    with town.portal.database.reading(fresh=True) as db:
        present = set(inspect(db.connection()).get_table_names())
        for table in Base.metadata.sorted_tables:
            if table.name in present - left:
                columns = [
                    each for each in table.columns if each.name not in ("changed_at", "seen_at", "used_at")
                ]
                keys = list(table.primary_key.columns)
                found[table.name] = [tuple(row) for row in db.execute(select(*columns).order_by(*keys))]
    return found


Somebody = tuple[str, dict[str, Any]]
ALIKE: list[tuple[Somebody, Somebody, str]] = [
    (("Громова Анна Ильинична", {}), ("Громова Анна Ильинична", {}), "same"),
    (("Лётчикова Ирина Олеговна", {}), ("Летчикова Ирина Олеговна", {}), "same"),
    (("Пирогова Ольга Павловна", {}), ("Пирагова Ольга Павловна", {}), "spelling"),
    (("Малинина Вера Львовна", {}), ("Вера Малинина Львовна", {}), "spelling"),
    (("Рябова Инна Олеговна", {}), ("Рябова Инна", {}), "spelling"),
    (
        ("Соколов Егор", {"born": None, "phone": "+79181234567"}),
        ("Соколов Е.", {"phone": "8 (918) 123-45-67"}),
        "contact",
    ),
    (
        ("Зимин Олег", {"born": None, "email": "zimin@school.test"}),
        ("Зимин Олег Ильич", {"born": None, "email": "ZIMIN@school.test"}),
        "contact",
    ),
]


@pytest.mark.parametrize(("one", "other", "reason"), ALIKE)
def test_the_portal_finds_people_who_are_alike(
    town: PortalUnderTest,
    one: Somebody,
    other: Somebody,
    reason: str,
) -> None:
    ids = frozenset((add(town, one[0], **one[1]), add(town, other[0], **other[1])))
    look(town)
    reasons, status = pairs(town)[ids]
    assert (reason in reasons, status) == (True, "likely")
    listed = head(town).get("/accounts/duplicates").text
    assert one[0] in listed


UNLIKE: list[tuple[Somebody, Somebody]] = [
    (("Близнецова Анна", {}), ("Близнецова Ольга", {"phone": "+79180000001"})),
    (("Братов Илья", {"born": date(1990, 1, 1)}), ("Братов Илья", {"born": date(1992, 1, 1)})),
    (
        ("Домова Анна", {"born": None, "phone": "+79180000002"}),
        ("Домова Ольга", {"born": None, "phone": "+79180000002"}),
    ),
    (("Ли Ян", {}), ("Ни Ян", {})),
]


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_families_and_namesakes_are_not_taken_for_one(
    town: PortalUnderTest, one: Somebody, other: Somebody
) -> None:
    ids = frozenset((add(town, one[0], **one[1]), add(town, other[0], **other[1])))
    look(town)
    assert ids not in pairs(town)


def test_a_parent_is_not_the_child_of_the_same_name(town: PortalUnderTest) -> None:
    shared: dict[str, Any] = {"born": None, "phone": "+79180000003"}
    parent, child = add(town, "Тёзкина Анна", **shared), add(town, "Тёзкина Анна", role="pupil", **shared)
    with town.portal.database.transaction() as db:
        db.add(Guardianship(id=new_id(), guardian_id=parent, child_id=child, starts_on=START))
    look(town)
    assert frozenset((parent, child)) not in pairs(town)


def test_different_people_are_remembered_until_somebody_changes_their_mind(town: PortalUnderTest) -> None:
    one, other = add(town, "Разная Яна"), add(town, "Разная Яна")
    look(town)
    visitor = head(town)
    assert visitor.post(f"/accounts/{one}/merge/{other}", data={"step": "different"}).status_code == 303
    look(town)
    assert pairs(town)[frozenset((one, other))][1] == "different"
    assert "Разная Яна" in visitor.get("/accounts/duplicates?status=different").text
    assert "Разная Яна" not in visitor.get("/accounts/duplicates?status=likely").text
    with town.portal.database.reading(fresh=True) as db:
        pair_id = db.scalars(select(LikelyPair.id).where(LikelyPair.first_id == min(one, other))).one()
    done = visitor.post("/accounts/duplicates/bulk/reopen", data={"ids": str(pair_id), "step": "do"})
    assert done.status_code == 200
    assert pairs(town)[frozenset((one, other))][1] == "likely"


def test_what_is_alike_no_longer_is_not_offered_any_more(town: PortalUnderTest) -> None:
    one, other = add(town, "Временная Ася"), add(town, "Временная Ася")
    look(town)
    assert frozenset((one, other)) in pairs(town)
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == one).values(birth_date=date(1970, 1, 1)))
    look(town)
    assert frozenset((one, other)) not in pairs(town)


def test_two_become_one_and_two_again(town: PortalUnderTest) -> None:
    one = add(town, "Цветкова Анна Ильинична", phone="+79180000010", snils="11223344595")
    other = add(
        town, "Цветкова Аня", role="librarian", email="anya@school.test", external_id="A7", source="oneroster"
    )
    identity(town, one, "first")
    identity(town, other, "second")
    town.sign_in_person(other)
    visitor = head(town)
    before = everything(town)
    page = visitor.get(f"/accounts/{one}/merge/{other}")
    assert page.status_code == 200
    assert "anya@school.test" in page.text
    sure = visitor.post(f"/accounts/{one}/merge/{other}", data={"keep": "one", "first_name": "other"}).text
    assert "Внешние учётные записи" in sure
    assert everything(town) == before

    assert merge(visitor, one, other, first_name="other").status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        kept = db.get_one(Person, one)
        assert (kept.full_name, kept.name_key) == ("Цветкова Аня Ильинична", "цветкова аня ильинична")
        assert (kept.snils, kept.phone, kept.email) == ("11223344595", "+79180000010", "anya@school.test")
        assert (kept.source, kept.external_id) == ("oneroster", "A7")
        assert db.get(Person, other) is None
        kinds = db.scalars(select(StructuralRole.kind).where(StructuralRole.person_id == one)).all()
        assert sorted(kinds) == ["librarian", "teacher"]
        notified = db.scalars(select(Notification.kind).where(Notification.person_id == one)).all()
        assert "core.person.merge" in notified
        recorded = db.scalars(select(AuditRecord).where(AuditRecord.action == "core.person.merge")).all()
        assert [each.subject_id for each in recorded if each.subject_id == str(one)]
    assert visitor.get(f"/accounts/{other}").headers["location"] == f"/accounts/{one}"
    assert "Объединённые карточки" in visitor.get(f"/accounts/{one}").text

    answer = visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo")
    assert answer.status_code == 303, answer.text
    assert everything(town) == before
    assert pairs(town)[frozenset((one, other))][1] == "different"
    assert visitor.get(answer.headers["location"]).status_code == 200
    assert visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 409


def test_both_ways_in_open_one_account_and_old_sessions_end(town: PortalUnderTest) -> None:
    one, other = add(town, "Ключева Анна"), add(town, "Ключева Анна")
    identity(town, one, "key-1")
    identity(town, other, "key-2")
    gone = town.sign_in("teacher", person_id=other)
    stays = town.sign_in("teacher", person_id=one)
    assert merge(head(town), one, other).status_code == 303
    assert gone.get("/account").status_code == 303
    assert stays.get("/account").status_code == 200
    town.sign_in_person(one)
    for subject in ("key-1", "key-2"):
        with town.portal.database.transaction() as db:
            profile = Profile(
                issuer="https://esia.test",
                subject=subject,
                level=Level.CONFIRMED,
                last_name="Ключева",
                first_name="Анна",
            )
            found = link(db, profile)
            assert found.account_id == db.scalars(select(Account.id).where(Account.person_id == one)).one()
    # Whoever came in by the second way meanwhile is somebody else again once the two are parted.
    assert head(town).post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 303
    assert stays.get("/account").status_code == 303


def test_a_closed_door_stays_closed(town: PortalUnderTest) -> None:
    one, other = add(town, "Закрытова Анна"), add(town, "Закрытова Анна")
    with town.portal.database.transaction() as db:
        db.execute(update(Account).where(Account.person_id == other).values(status="blocked"))
    visitor = head(town)
    assert "Вход одному из них закрыт" in visitor.get(f"/accounts/{one}/merge/{other}").text
    assert merge(visitor, one, other).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Account.status).where(Account.person_id == one)).one() == "blocked"


def test_the_same_role_and_class_twice_become_one_with_the_days_of_both(town: PortalUnderTest) -> None:
    one, other = add(town, "Дважды Илья", role="pupil"), add(town, "Дважды Илья", role="pupil")
    with town.portal.database.transaction() as db:
        school_class = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == id_of(town, "Школа 1"))
        ).first()
        assert school_class is not None
        for person_id, first, last in ((one, START, date(2021, 5, 1)), (other, date(2020, 9, 15), None)):
            db.add(
                Enrollment(
                    id=new_id(),
                    organization_id=school_class.organization_id,
                    academic_year_id=school_class.academic_year_id,
                    school_class_id=school_class.id,
                    person_id=person_id,
                    starts_on=first,
                    ends_on=last,
                )
            )
        role_id = db.scalars(select(StructuralRole.id).where(StructuralRole.person_id == other)).one()
        account_id = db.scalars(select(Account.id).where(Account.person_id == other)).one()
        db.add(
            AccessToken(
                id=new_id(),
                token_hash=digest("msk_x"),
                account_id=account_id,
                role_id=role_id,
                name="x",
                scopes=[],
            )
        )
    visitor = head(town)
    before = everything(town)
    assert merge(visitor, one, other).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        enrolled = db.scalars(select(Enrollment).where(Enrollment.person_id == one)).one()
        assert (enrolled.starts_on, enrolled.ends_on) == (START, None)
        role = db.scalars(select(StructuralRole).where(StructuralRole.person_id == one)).one()
        token = db.scalars(select(AccessToken).where(AccessToken.name == "x")).one()
        assert token.role_id == role.id
    assert visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 303
    assert everything(town) == before


def test_a_tie_that_a_court_has_closed_stays_closed(town: PortalUnderTest) -> None:
    child = id_of(town, "Семёнов")
    one, other = add(town, "Судова Анна", role="guardian"), add(town, "Судова Анна", role="guardian")
    with town.portal.database.transaction() as db:
        for guardian, rights in ((one, "full"), (other, "none")):
            db.add(
                Guardianship(
                    id=new_id(), guardian_id=guardian, child_id=child, starts_on=START, rights=rights
                )
            )
    assert merge(head(town), one, other).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        tie = db.scalars(select(Guardianship).where(Guardianship.guardian_id == one)).one()
        assert tie.rights == "none"
        assert tie.child_id == child


def test_who_may_not_be_merged(town: PortalUnderTest) -> None:
    visitor = head(town)
    here, elsewhere = add(town, "Двойнова Анна"), add(town, "Двойнова Анна", school="Школа 2")
    own = visitor.person_id
    assert own is not None
    assert merge(visitor, here, elsewhere).status_code == 404
    assert merge(visitor, here, here).status_code == 404
    assert merge(visitor, own, here).status_code == 409
    with town.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=here,
                kind="librarian",
                organization_id=id_of(town, "Школа 2"),
                starts_on=START,
            )
        )
    another = add(town, "Двойнова Анна")
    refused = merge(visitor, here, another)
    assert refused.status_code == 409
    assert "есть данные в другой организации" in refused.text
    assert "Школа 2" in refused.text
    leader = add(town, "Начальникова Анна", role="head")
    assert "которую даёт организация выше" in merge(visitor, leader, add(town, "Начальникова Анна")).text
    above = town.sign_in("municipal_coordinator")
    assert merge(above, here, elsewhere).status_code == 303
    assert merge(town.sign_in("teacher", organization="Школа 1"), here, another).status_code == 403
    # Nobody parts what is out of reach either.
    undo = f"/accounts/merges/{merge_id(town, elsewhere)}/undo"
    assert visitor.post(undo).status_code == 409
    assert head(town, "Школа 2").post(undo).status_code == 409
    assert town.sign_in("teacher", organization="Школа 1").post(undo).status_code == 403
    assert above.post(undo).status_code == 303


def test_a_guardian_is_not_merged_with_the_child(town: PortalUnderTest) -> None:
    refused = merge(head(town), id_of(town, "Семёнова"), id_of(town, "Семёнов"))
    assert refused.status_code == 409
    assert "записан представителем другого" in refused.text


def test_a_merge_can_be_undone_only_for_a_time_and_in_order(town: PortalUnderTest) -> None:
    one, second, third = (add(town, "Порядкова Анна") for _ in range(3))
    visitor = head(town)
    assert merge(visitor, one, second).status_code == 303
    assert merge(visitor, one, third).status_code == 303
    early = visitor.post(f"/accounts/merges/{merge_id(town, second)}/undo")
    assert early.status_code == 409
    assert "сначала разделите то, что объединили позже" in early.text
    assert visitor.post(f"/accounts/merges/{merge_id(town, third)}/undo").status_code == 303
    with town.portal.database.transaction() as db:
        long_ago = now() - timedelta(days=town.portal.config.merge_undo_days + 1)
        db.execute(update(PersonMerge).where(PersonMerge.absorbed_id == second).values(merged_at=long_ago))
    late = visitor.post(f"/accounts/merges/{merge_id(town, second)}/undo")
    assert late.status_code == 409
    assert "срок прошёл" in late.text


def test_a_later_change_of_the_same_thing_stands_in_the_way(town: PortalUnderTest) -> None:
    one, other = add(town, "Правкина Анна"), add(town, "Правкина Анна", phone="+79180000020")
    visitor = head(town)
    assert merge(visitor, one, other).status_code == 303
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == one).values(phone="+79180000021"))
    refused = visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo")
    assert refused.status_code == 409
    assert "после объединения изменили" in refused.text
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == one).values(phone="+79180000020"))
    assert visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 303


def test_a_decision_about_somebody_who_is_no_more_does_not_stand_in_the_way(town: PortalUnderTest) -> None:
    one, other, third, fourth = (add(town, "Четверова Анна") for _ in range(4))
    visitor = head(town)
    for pair in ((other, third), (other, fourth)):
        url = f"/accounts/{pair[0]}/merge/{pair[1]}"
        assert visitor.post(url, data={"step": "different"}).status_code == 303
    assert merge(visitor, one, other).status_code == 303
    assert merge(visitor, fourth, third).status_code == 303
    assert visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 303
    known = pairs(town)
    assert known[frozenset((other, fourth))][1] == "different"
    assert frozenset((other, third)) not in known


def test_what_it_takes_to_undo_is_thrown_away_in_time(town: PortalUnderTest) -> None:
    one, other = add(town, "Забытова Анна"), add(town, "Забытова Анна")
    assert merge(head(town), one, other).status_code == 303
    found = merge_id(town, other)
    with town.portal.database.transaction() as db:
        long_ago = now() - timedelta(days=town.portal.config.merge_undo_days + 1)
        db.execute(update(PersonMerge).where(PersonMerge.id == found).values(merged_at=long_ago))
    with town.portal.database.transaction() as db:
        enqueue(db, "core.merges.forget")
    worker = Worker(town.portal)
    while worker.run_once():
        pass
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(MergeStep.id).where(MergeStep.merge_id == found)).first() is None
        assert db.get(PersonMerge, found) is not None


def test_the_list_of_a_school_keeps_to_its_own_people(town: PortalUnderTest) -> None:
    add(town, "Пограничная Анна")
    add(town, "Пограничная Анна", school="Школа 2")
    look(town)
    assert "Пограничная Анна" not in head(town).get("/accounts/duplicates?q=пограничная").text
    above = town.sign_in("municipal_coordinator")
    listed = above.get("/accounts/duplicates?q=пограничная").text
    compared = re.search(r'href="(/accounts/[0-9a-f-]+/merge/[0-9a-f-]+)"', listed)
    assert compared is not None
    assert above.get(compared[1]).status_code == 200
    assert head(town).get(compared[1]).status_code == 404
    assert town.sign_in("teacher").get("/accounts/duplicates").status_code == 403


def test_somebody_to_compare_with_is_found_by_name(town: PortalUnderTest) -> None:
    one, other = add(town, "Искомая Анна"), add(town, "Искомая Ольга")
    visitor = head(town)
    assert f"/accounts/{one}/merge" in visitor.get(f"/accounts/{one}").text
    assert f"/accounts/{one}/merge/{other}" in visitor.get(f"/accounts/{one}/merge?q=искомая").text


def test_sessions_of_the_absorbed_account_are_not_brought_back(town: PortalUnderTest) -> None:
    one, other = add(town, "Сеансова Анна"), add(town, "Сеансова Анна")
    town.sign_in_person(other)
    assert merge(head(town), one, other).status_code == 303
    assert head(town).post(f"/accounts/merges/{merge_id(town, other)}/undo").status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        mine = select(Account.id).where(Account.person_id.in_((one, other)))
        assert db.scalars(select(SignInSession.id).where(SignInSession.account_id.in_(mine))).first() is None


def origin(visitor: Visitor, person_id: UUID) -> str:
    """What a card says of where the data came from, as words."""
    text = visitor.get(f"/accounts/{person_id}").text.partition('id="origins"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_card_says_where_each_group_of_data_came_from(town: PortalUnderTest) -> None:
    visitor = head(town)
    form = {
        "last_name": "Источникова",
        "first_name": "Анна",
        "birth_date": "14.03.1991",
        "phone": "8 918 123-45-67",
    }
    made = visitor.post("/accounts", data={**form, "kind": "librarian", "starts_on": START.isoformat()})
    assert made.status_code == 303, made.text
    person_id = id_of(town, "Источникова")
    told = origin(visitor, person_id)
    assert told.count("внесено вручную, Берёзкина А. С.") == 2
    assert "СНИЛС" not in told
    assert "внесён в портале" in origin(visitor, add(town, "Давняя Анна"))

    holder = town.sign_in_person(person_id)
    asked = {"_kind": "core.person_correction", **form, "phone": "+79180000099", "reason": "Новый номер"}
    request = holder.post("/requests", data=asked).headers.get("location")
    if request is not None:
        assert visitor.post(request, data={"step": "approve"}).status_code == 303
        told = origin(visitor, person_id)
        assert "исправлено по запросу человека" in told.partition("Телефон")[2]
        assert "внесено вручную" in told.partition("Телефон")[0]

    twin = add(town, "Источникова Анна", snils="14114170200")
    assert merge(visitor, person_id, twin).status_code == 303
    told = origin(visitor, person_id)
    assert "взято из второй карточки" in told.partition("СНИЛС")[2].partition("Телефон")[0]


def test_what_is_kept_of_a_merge_is_given_out_and_erased(town: PortalUnderTest) -> None:
    one, other = add(town, "Стёртова Анна"), add(town, "Стёртова Анна")
    visitor = head(town)
    assert merge(visitor, one, other).status_code == 303
    with town.portal.database.transaction() as db:
        known = export_person(db, system_actor(), one)["core"]
        assert [each["absorbed_name"] for each in known["merges"]] == ["Стёртова Анна"]
        erase_person(db, system_actor(), one)
    refused = visitor.post(f"/accounts/merges/{merge_id(town, other)}/undo")
    assert refused.status_code == 404, "who is erased is out of everybody's reach"


def test_of_two_merges_of_one_person_at_once_one_is_done(town: PortalUnderTest) -> None:
    one, second, other = (add(town, "Спешкина Анна") for _ in range(3))
    leader = head(town).person_id
    portal = town.portal
    with portal.database.reading(fresh=True) as db:
        account_id = db.scalars(select(Account.id).where(Account.person_id == leader)).one()
        role_id = db.scalars(select(StructuralRole.id).where(StructuralRole.person_id == leader)).one()
        actor = actor_of(db, account_id, role_id)
    together = Barrier(2)

    def make_one(kept: UUID) -> bool:
        together.wait()
        try:
            with portal.database.transaction() as db:
                merging.merge(db, actor, kept, other, "one", {})
        except PortalError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(make_one, (one, second))) == [False, True]
    with portal.database.reading(fresh=True) as db:
        found = db.scalars(select(PersonMerge).where(PersonMerge.absorbed_id == other)).one()
        roles = select(StructuralRole.id).where(StructuralRole.person_id == found.kept_id)
        assert len(db.scalars(roles).all()) == 1
