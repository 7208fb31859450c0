"""Nothing the portal keeps names an erased person, wherever it was written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select

from core.audit.models import AuditRecord
from core.audit.record import check
from core.database.base import Base, new_id
from core.erasure import erase_person
from core.exchange.models import ImportedRow, ImportRun
from core.identity.models import Person, PersonMerge
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.requests.models import Request
from core.roles.actor import system_actor
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from core.web.i18n import Sentence
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]


def everywhere(town: PortalUnderTest, word: str) -> dict[str, list[Any]]:
    """Every value of every table that has a word, by table and column."""
    found: dict[str, list[Any]] = {}
    with town.portal.database.reading(fresh=True) as db:
        there = set(inspect(db.connection()).get_table_names())
        for table in (each for each in Base.metadata.sorted_tables if each.name in there):
            for row in db.execute(select(table)).mappings():
                for name, value in row.items():
                    told = f"{value} {value.values}" if isinstance(value, Sentence) else str(value)
                    if sort_key(word) in sort_key(told):
                        found.setdefault(f"{table.name}.{name}", []).append(value)
    return found


def erase(visitor: Visitor, person_id: UUID) -> Any:
    done = visitor.post(f"/people/{person_id}/erase", data={"basis": "Заявление 7", "word": "СТЕРЕТЬ"})
    assert done.status_code == 200, done.text
    return done


def test_a_newcomer_whose_role_waits_goes_with_the_request_about_it(town: PortalUnderTest) -> None:
    head, coordinator = town.sign_in("head", organization="Школа 1"), town.sign_in("municipal_coordinator")
    added = head.post(
        "/accounts",
        data={
            "last_name": "Щёголева",
            "first_name": "Фекла",
            "middle_name": "Тихоновна",
            "kind": "librarian",
            "starts_on": today_in("Europe/Moscow").isoformat(),
            "basis": "Приказ 12",
        },
    )
    assert added.status_code == 303
    gone = id_of(town, "Щёголева")
    with town.portal.database.reading() as db:
        request = db.scalars(select(Request).where(Request.kind == "core.staff_role")).one()
    page = f"/requests/{request.id}"
    assert "Щёголева Фекла Тихоновна" in coordinator.get(page).text
    said = {"step": "comment", "text": "Щёголева Ф. Т. работает и в соседней школе? Щеголева Фекла?"}
    coordinator.post(page, data=said)
    question = {"subject": "О Фекле Щёголевой", "text": "Фекла Тихоновна Щёголева не входит"}
    teacher = town.sign_in("teacher", organization="Школа 1")
    conversation = teacher.post("/support", data=question).headers["location"].partition("?")[0]
    more = {"text": "Фекла Щёголева снова не входит"}
    assert teacher.post(conversation, data=more).status_code == 303
    with town.portal.database.transaction() as db:
        school = id_of(town, "Школа 1")
        person = db.get_one(Person, gone)
        run = ImportRun(
            id=new_id(),
            organization_id=school,
            kind="staff",
            title="Щёголева Фекла.xlsx",
            files=["Щёголева Фекла.xlsx"],
            author_id=gone,
            author_name=person.short_name,
        )
        db.add(run)
        db.flush()
        before = {"last_name": "Щёголева-Старая", "first_name": "Фекла"}
        db.add(ImportedRow(run_id=run.id, table="core_person", row_id=gone, before=before, after=""))
        merge = PersonMerge(
            id=new_id(),
            kept_id=gone,
            absorbed_id=new_id(),
            absorbed_name="Щеголева Фёкла",
            organization_id=school,
        )
        db.add(merge)
    assert everywhere(town, "Щеголев")
    asked = head.get(f"/people/{gone}/erase").text
    assert "Открытые запросы о человеке: 1." in asked
    erase(coordinator, gone)

    assert everywhere(town, "Щеголева") == {}
    card = coordinator.get(page).text
    assert "Профиль человека, о котором этот запрос, стёрт" in card
    assert 'value="approve"' not in card
    assert "Профиль №" in card
    assert "Запрос закрыт" in head.get("/notifications").text
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Request, request.id).status == "rejected"
        assert list(check(db)) == []
        hidden = db.scalars(
            select(AuditRecord).where(
                AuditRecord.subject_type == "person", AuditRecord.subject_id == str(gone)
            )
        ).all()
        assert "core.person.create" in {each.action for each in hidden}, "that it was done stays"
    assert "Данные стёртого человека убраны из истории" in head.get("/audit").text


def test_a_family_goes_without_its_name_and_others_keep_theirs(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    parent = town.new_person("Рожкова", "Клавдия")
    namesake = town.new_person("Рожкова", "Анна")
    asks = town.sign_in_person(parent)
    link = {
        "_kind": "core.guardian_link",
        "_to": str(id_of(town, "Школа 1")),
        "last_name": "Рожков",
        "first_name": "Егор",
        "birth_date": "2015-03-04",
        "relation": "parent",
    }
    sent = asks.post("/requests", data=link)
    assert sent.status_code == 303, sent.text
    url = sent.headers["location"]
    head.post(url, data={"step": "return", "text": "Рожкова Клавдия, приложите скан"})
    assert "Рожкова К." in str(everywhere(town, "Рожкова"))
    with town.portal.database.transaction() as db:
        erase_person(db, system_actor(), parent, "Заявление")
    left = everywhere(town, "Рожков")
    assert set(left) <= {"core_person.last_name", "core_person.name_key", "core_name_word.word"}, left
    with town.portal.database.reading(fresh=True) as db:
        assert db.get_one(Person, namesake).last_name == "Рожкова"
        assert db.get_one(Request, UUID(url.rpartition("/")[2])).values == {}
        assert list(check(db)) == []
