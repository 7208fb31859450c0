"""A profile erased for good: what goes, what stays under a number, and who decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core import erasure
from core.audit.models import AuditRecord, CardView
from core.database.base import new_id
from core.erasure import number_of
from core.errors import Conflict, NotFound
from core.files import OWN_FILES, StoredFile
from core.identity.models import Account, Guardianship, Notification, Person
from core.identity.sessions import actor_of, today_in
from core.notifications import notify
from core.organizations.models import Enrollment, Organization, SchoolClass, Subject, TeachingAssignment
from core.requests.models import Request, RequestComment
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def somebody(town: PortalUnderTest, *kinds: str, where: str = "Школа 1", **more: Any) -> UUID:
    """A new person with everything a profile may have, with these roles."""
    person_id = new_id()
    with town.portal.database.transaction() as db:
        person = Person(
            id=person_id,
            last_name=f"Уходов{person_id.hex[-6:]}",
            first_name="Пётр",
            phone="+79180000000",
            email="p@example.org",
            snils=str(person_id.int)[-11:],
            external_id=str(person_id),
            **more,
        )
        db.add(person)
        db.flush()
        db.add(Account(id=new_id(), person_id=person_id, preferences={}))
        for kind in kinds:
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person_id,
                    kind=kind,
                    organization_id=id_of(town, where),
                    starts_on=TODAY - timedelta(days=30),
                )
            )
        notify(db, [person_id], "core.request.step", "Новость")
    return person_id


def erase(visitor: Visitor, person_id: UUID, **more: str) -> Any:
    form = {"basis": "Заявление 7", "word": "СТЕРЕТЬ", **more}
    return visitor.post(f"/people/{person_id}/erase", data=form)


def test_the_question_tells_what_goes_and_what_stays_and_changes_nothing(town: PortalUnderTest) -> None:
    gone = somebody(town, "librarian")
    page = head(town).get(f"/people/{gone}/erase").text
    for words in ("Имя, дата рождения, СНИЛС", "Роли: 1", "Счета хранятся пять лет", "целостность"):
        assert words in page
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Person, gone).last_name.startswith("Уходов")
        assert db.scalar(select(Account.id).where(Account.person_id == gone)) is not None


def test_a_profile_goes_and_its_archive_stays_under_a_number(town: PortalUnderTest) -> None:
    gone = somebody(town, "librarian")
    himself = town.sign_in("librarian", person_id=gone)
    sent = himself.post(
        "/requests",
        data={
            "_kind": "core.person_correction",
            "last_name": "Уходов",
            "first_name": "Пётр",
            "reason": "Тайное слово",
        },
        files={"files": ("справка.txt", b"Certificate", "text/plain")},
    )
    assert sent.status_code == 303
    himself.post(sent.headers["location"], data={"step": "comment", "text": "Тайный комментарий"})
    visitor = head(town)
    visitor.get(f"/accounts/{gone}?show=snils")
    wrong = erase(visitor, gone, word="стереть")
    assert wrong.status_code == 422
    assert "Напишите слово СТЕРЕТЬ." in wrong.text
    assert "Заявление 7" in wrong.text
    done = erase(visitor, gone)
    assert done.status_code == 200
    assert number_of(gone) in done.text
    assert "Счета хранятся пять лет" in done.text
    assert himself.get("/account").status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        person = db.get_one(Person, gone)
        assert person.full_name == f"Профиль № {number_of(gone)}"
        assert [person.snils, person.phone, person.email, person.birth_date, person.external_id] == [None] * 5
        for table in (Account, StructuralRole, Notification, CardView):
            assert db.scalars(select(table.id).where(table.person_id == gone)).all() == []
        request = db.scalars(select(Request).where(Request.author_id == gone)).one()
        assert (request.values, request.status) == ({}, "withdrawn")
        texts = db.scalars(select(RequestComment.text).where(RequestComment.author_id == gone)).all()
        assert set(texts) == {""}
        assert db.scalars(select(StoredFile.id).where(StoredFile.subject == str(request.id))).all() == []
        noted = db.scalars(
            select(AuditRecord).where(
                AuditRecord.action == "core.personal_data.erase", AuditRecord.subject_id == str(gone)
            )
        ).one()
        assert noted.reason == "Заявление 7"
    again = erase(visitor, gone)
    assert again.status_code == 404, "it has no place in the school any more"


def test_a_person_asks_and_the_head_decides_on_a_page_of_its_own(town: PortalUnderTest) -> None:
    gone = somebody(town, "psychologist")
    himself = town.sign_in("psychologist", person_id=gone)
    assert "/requests/new?kind=core.profile_deletion" in himself.get("/account").text
    sent = himself.post("/requests", data={"_kind": "core.profile_deletion", "reason": "Уволился"})
    url = sent.headers["location"]
    visitor = head(town)
    card = visitor.get(url).text
    assert f"/people/{gone}/erase" in card
    assert 'value="approve"' not in card
    plain = visitor.post(url, data={"step": "approve"})
    assert plain.status_code == 409
    assert "на отдельной странице" in plain.text
    chosen = {"ids": url.rpartition("/")[2]}
    assert "по одному" in visitor.post("/requests/list/bulk/approve", data=chosen).text
    visitor.post("/requests/list/bulk/approve", data={**chosen, "step": "do"})
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Request, UUID(chosen["ids"])).status == "sent"
    question = visitor.get(f"/people/{gone}/erase").text
    assert "Человек сам попросил" in question
    assert "Запрос на удаление профиля от" in question
    assert erase(visitor, gone).status_code == 200
    with town.portal.database.reading(fresh=True) as db:
        request = db.get_one(Request, UUID(url.rpartition("/")[2]))
        assert (request.status, request.values, request.decided_by) == ("approved", {}, visitor.person_id)


def test_whoever_may_not_decide_does_not(town: PortalUnderTest) -> None:
    gone = somebody(town, "librarian")
    assert erase(town.sign_in("teacher", organization="Школа 1"), gone).status_code == 403
    assert erase(head(town, 2), gone).status_code == 404
    own = head(town)
    assert own.person_id is not None
    answer = erase(own, own.person_id)
    assert answer.status_code == 409
    assert "решает другой человек" in answer.text


def test_who_belongs_elsewhere_too_is_for_those_above(town: PortalUnderTest) -> None:
    gone = somebody(town, "librarian")
    with town.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=gone,
                kind="teacher",
                organization_id=id_of(town, "Школа 2"),
                starts_on=TODAY - timedelta(days=30),
            )
        )
    refused = erase(head(town), gone)
    assert refused.status_code == 409
    assert "Школа 2" in refused.text
    assert erase(town.sign_in("municipal_coordinator"), gone).status_code == 200


def test_a_pupil_who_studies_is_not_erased_one_who_left_is(town: PortalUnderTest) -> None:
    gone = somebody(town, "pupil")
    with town.portal.database.transaction() as db:
        place = db.scalars(
            select(Enrollment).where(Enrollment.organization_id == id_of(town, "Школа 1")).limit(1)
        ).one()
        enrolled = Enrollment(
            id=new_id(),
            organization_id=place.organization_id,
            academic_year_id=place.academic_year_id,
            school_class_id=place.school_class_id,
            person_id=gone,
            starts_on=TODAY - timedelta(days=60),
        )
        tie = Guardianship(
            id=new_id(),
            guardian_id=id_of(town, "Семёнова"),
            child_id=gone,
            starts_on=TODAY - timedelta(days=60),
        )
        db.add_all([enrolled, tie])
    page = head(town).get(f"/people/{gone}/erase").text
    assert "сейчас учится" in page
    assert "Стереть профиль навсегда" not in page
    assert erase(head(town), gone).status_code == 409
    with town.portal.database.transaction() as db:
        db.get_one(Enrollment, enrolled.id).ends_on = TODAY - timedelta(days=1)
    done = erase(head(town), gone)
    assert done.status_code == 200
    assert "движение учеников хранят по закону" in done.text
    with town.portal.database.reading(fresh=True) as db:
        assert db.get(Enrollment, enrolled.id) is not None
        assert db.get(Guardianship, tie.id) is None


def test_a_teacher_who_has_lessons_hands_them_over_first(town: PortalUnderTest) -> None:
    gone, school = somebody(town, "teacher"), id_of(town, "Школа 1")
    with town.portal.database.transaction() as db:
        school_class = db.scalars(select(SchoolClass).where(SchoolClass.organization_id == school)).first()
        assert school_class is not None
        subject = db.scalars(select(Subject).limit(1)).one()
        taught = TeachingAssignment(
            id=new_id(),
            organization_id=school,
            academic_year_id=school_class.academic_year_id,
            teacher_id=gone,
            subject_id=subject.id,
            school_class_id=school_class.id,
            starts_on=TODAY - timedelta(days=30),
        )
        db.add(taught)
    refused = erase(head(town), gone)
    assert refused.status_code == 409
    assert "передайте нагрузку" in refused.text
    with town.portal.database.transaction() as db:
        db.get_one(TeachingAssignment, taught.id).ends_on = TODAY - timedelta(days=1)
    assert erase(head(town), gone).status_code == 200


def test_rights_that_were_lent_end_with_the_profile(town: PortalUnderTest) -> None:
    gone, colleague = somebody(town, "secretary"), somebody(town, "librarian")
    with town.portal.database.transaction() as db:
        role = db.scalars(select(StructuralRole).where(StructuralRole.person_id == gone)).one()
        lent = StructuralRole(
            id=new_id(),
            person_id=colleague,
            kind="secretary",
            organization_id=role.organization_id,
            starts_on=TODAY,
            ends_on=TODAY + timedelta(days=5),
            delegated_from=role.id,
        )
        db.add(lent)
    assert erase(head(town), gone).status_code == 200
    with town.portal.database.reading(fresh=True) as db:
        left = db.get_one(StructuralRole, lent.id)
        assert (left.status, left.delegated_from) == ("terminated", None)


def test_an_operator_erases_by_the_command_line_and_only_once(town: PortalUnderTest) -> None:
    gone = town.new_person("Уходова")
    with town.portal.database.transaction() as db:
        file = StoredFile(
            id=new_id(),
            owner_id=gone,
            purpose=OWN_FILES,
            name="личное.txt",
            size=1,
            media_type="text/plain",
            sha256="0" * 64,
            storage_key=str(gone),
        )
        db.add(file)
    with town.portal.database.transaction() as db:
        assert "Счета хранятся пять лет." in erasure.erase_person(db, system_actor(), gone)
    with town.portal.database.transaction() as db:
        assert db.get(StoredFile, file.id) is None
        with pytest.raises(Conflict):
            erasure.erase_person(db, system_actor(), gone)
        account = db.scalars(
            select(Account.id)
            .join(StructuralRole, StructuralRole.person_id == Account.person_id)
            .join(Organization, Organization.id == StructuralRole.organization_id)
            .where(StructuralRole.kind == "head", Organization.short_name == "Школа 1")
        ).one()
        with pytest.raises(NotFound):
            erasure.erase_person(db, actor_of(db, account), gone)
