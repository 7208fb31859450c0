"""Consents: asked where a text is published, given by those who may, withdrawn, kept on paper by the school."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.consents.models import Consent, ConsentText
from core.consents.standing import ConsentChanged, birthday, consented
from core.contributions import Subscription
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
TODAY = today_in("Europe/Moscow")
KIND = "core.publication"
TEXT = "Я, [кто даёт], разрешаю «[организация]» ([адрес]) публиковать: [субъект], [дата рождения]."
CHILD = date(TODAY.year - 10, 5, 1)


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins without texts, with a child of ten in the first school."""
    with town.portal.database.transaction() as db:
        db.execute(delete(Consent))
        db.execute(delete(ConsentText))
        db.execute(update(Person).where(Person.last_name == "Семёнов").values(birth_date=CHILD))
        db.execute(update(Guardianship).values(rights="full"))
    yield


def head(town: PortalUnderTest, school: int = 1) -> Visitor:
    return town.sign_in("head", organization=f"Школа {school}")


def parent(town: PortalUnderTest) -> Visitor:
    return town.sign_in("guardian", organization="Школа 1")


def publish(visitor: Visitor, kind: str = KIND, text: str = TEXT, **more: str) -> Any:
    answer = visitor.post(f"/consent-texts/{kind}", data={"text": text, **more})
    assert answer.status_code == 303, answer.text
    return answer


def text_id(town: PortalUnderTest) -> UUID:
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(ConsentText.id).where(ConsentText.kind == KIND).order_by(ConsentText.id.desc()).limit(1)
        ).one()


def about(town: PortalUnderTest, **more: str) -> dict[str, str]:
    """What a form about the first school's pupil sends."""
    return {
        "person": str(id_of(town, "Семёнов")),
        "organization": str(id_of(town, "Школа 1")),
        "kind": KIND,
        "text": str(text_id(town)),
        **more,
    }


def give(town: PortalUnderTest, visitor: Visitor, **more: str) -> Any:
    return visitor.post("/account/consents/give", data=about(town, **more))


def kept(town: PortalUnderTest) -> list[Consent]:
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(Consent).order_by(Consent.id)).all()
        db.expunge_all()
        return list(found)


def test_nothing_is_asked_before_a_text_is_published(town: PortalUnderTest) -> None:
    assert "Согласий у вас не просят" in parent(town).get("/account/consents").text
    publish(town.sign_in("regional_coordinator"))
    page = parent(town).get("/account/consents").text
    assert "Публикация имени и фотографий" in page
    assert "не дано" in page
    assert "Семёнов Алексей Петрович" in page


def test_a_school_replaces_the_text_of_its_region_and_stops_asking(town: PortalUnderTest) -> None:
    publish(town.sign_in("regional_coordinator"))
    assert "текст организации «Край»" in head(town).get("/consent-texts").text
    publish(head(town), text=f"{TEXT} Своё условие школы.")
    assert "ваш текст, редакция 1" in head(town).get("/consent-texts").text
    assert "текст организации «Край»" in head(town, 2).get("/consent-texts").text
    url = "/account/consents/decide?" + urlencode(about(town))
    assert "Своё условие школы" in parent(town).get(url).text
    again = head(town).post(f"/consent-texts/{KIND}", data={"text": f"{TEXT} Своё условие школы."})
    assert again.status_code == 409
    assert "уже действует" in again.text
    assert "больше не будут спрашивать" in head(town).get(f"/consent-texts/{KIND}?ask=retire").text
    assert head(town).post(f"/consent-texts/{KIND}", data={"step": "retire"}).status_code == 303
    assert "Согласий у вас не просят" in parent(town).get("/account/consents").text
    assert "спрашиваем" in head(town, 2).get("/consent-texts").text


def test_a_short_text_comes_back_as_it_was_typed(town: PortalUnderTest) -> None:
    answer = head(town).post(f"/consent-texts/{KIND}", data={"text": "Я согласен"})
    assert answer.status_code == 422
    assert "Я согласен" in answer.text
    assert "Не короче 50 знаков" in answer.text


def test_a_guardian_gives_and_withdraws_for_a_child(town: PortalUnderTest) -> None:
    publish(head(town))
    visitor = parent(town)
    url = re.findall(r'href="(/account/consents/decide[^"]+)"', visitor.get("/account/consents").text)[0]
    shown = visitor.get(url.replace("&amp;", "&")).text
    assert "Семёнова Вера" in shown
    assert f"{CHILD:%d.%m.%Y}" in shown
    assert give(town, visitor).headers["location"] == "/account/consents?done=given"
    (consent,) = kept(town)
    assert (consent.way, consent.signed_by, consent.given_on) == ("portal", "Семёнова Вера", TODAY)
    with town.portal.database.reading(fresh=True) as db:
        assert consented(db, consent.organization_id, KIND, [consent.person_id]) == {consent.person_id}
    assert give(town, visitor).status_code == 409
    taken = visitor.post("/account/consents/withdraw", data=about(town, reason="Передумали"))
    assert taken.headers["location"] == "/account/consents?done=withdrawn"
    (consent,) = kept(town)
    assert (consent.withdrawn_way, consent.withdrawal_reason) == ("portal", "Передумали")
    with town.portal.database.reading(fresh=True) as db:
        assert consented(db, consent.organization_id, KIND, [consent.person_id]) == set()
        actions = db.scalars(
            select(AuditRecord.action)
            .where(
                AuditRecord.subject_id == str(consent.person_id),
                AuditRecord.action.startswith("core.consent"),
            )
            .order_by(AuditRecord.sequence.desc())
            .limit(2)
        ).all()
    assert actions == ["core.consent.withdraw", "core.consent.give"]
    assert visitor.post("/account/consents/withdraw", data=about(town)).status_code == 409
    assert give(town, visitor).status_code == 303


def test_from_fourteen_the_pupil_decides_alone(town: PortalUnderTest) -> None:
    publish(head(town))
    pupil = town.sign_in("pupil", organization="Школа 1")
    refused = give(town, pupil)
    assert refused.status_code == 403
    assert "До 14 лет это делает родитель" in refused.text
    born = birthday(TODAY, -14)
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.last_name == "Семёнов").values(birth_date=born))
    assert give(town, parent(town)).status_code == 403
    assert "С 14 лет ребёнок решает сам" in parent(town).get("/account/consents").text
    assert give(town, pupil).status_code == 303


def test_a_stranger_a_blocked_guardian_and_an_old_text_give_nothing(town: PortalUnderTest) -> None:
    publish(head(town))
    assert give(town, town.sign_in("guardian", organization="Школа 2")).status_code == 404
    assert give(town, head(town)).status_code == 404
    old = text_id(town)
    publish(head(town), text=f"{TEXT} Новое.")
    stale = give(town, parent(town), text=str(old))
    assert stale.status_code == 409
    assert "изменился" in stale.text
    with town.portal.database.transaction() as db:
        db.execute(update(Guardianship).values(rights="none"))
    assert give(town, parent(town)).status_code == 404
    assert kept(town) == []


def test_a_text_that_renews_asks_everybody_anew(town: PortalUnderTest) -> None:
    publish(head(town))
    give(town, parent(town))
    publish(head(town), text=f"{TEXT} Опечатка исправлена.")
    assert "все даны" in head(town).get("/consents?who=pupils").text
    publish(head(town), text=f"{TEXT} Новая цель.", renews="true")
    assert "нужно заново" in parent(town).get("/account/consents").text
    found = head(town).get(f"/consents?missing=pupils.{KIND}").text
    assert "Семёнов Алексей" in found
    assert give(town, parent(town)).status_code == 303
    first, second = kept(town)
    assert (first.withdrawn_way, second.withdrawn_on) == ("replaced", None)
    assert "Семёнов Алексей" not in head(town).get(f"/consents?missing=pupils.{KIND}").text


def test_a_school_sees_who_has_not_given_which(town: PortalUnderTest) -> None:
    publish(head(town))
    publish(head(town), kind="core.staff_contacts")
    page = head(town).get("/consents").text
    assert "Семёнов Алексей Петрович" in page
    assert "Орлов Пётр Ильич" in page
    assert "второй" not in page
    staff = head(town).get("/consents?missing=staff.core.staff_contacts").text
    assert "Орлов" in staff
    assert "Семёнов" not in staff
    give(town, parent(town))
    given = head(town).get(f"/consents?given=pupils.{KIND}").text
    assert "Семёнов Алексей" in given
    table = head(town).get("/consents/export/csv").text
    assert "Показ контактов сотрудника" in table
    assert town.sign_in("teacher", organization="Школа 1").get("/consents").status_code == 403


def test_papers_are_written_down_for_many_and_for_one(town: PortalUnderTest) -> None:
    publish(head(town))
    visitor, pupil = head(town), id_of(town, "Семёнов")
    form = {"ids": str(pupil), "kind": KIND, "given_on": (TODAY - timedelta(days=3)).isoformat()}
    preview = visitor.post("/consents/bulk/record", data={"ids": str(pupil)})
    assert "Какое согласие" in preview.text
    wrong = visitor.post(
        "/consents/bulk/record",
        data={**form, "step": "do", "given_on": (TODAY + timedelta(days=2)).isoformat()},
    )
    assert wrong.status_code == 422
    assert "ещё не наступил" in wrong.text
    done = visitor.post("/consents/bulk/record", data={**form, "step": "do", "document": "Папка 7А"})
    assert "Согласие теперь есть у 1 человека." in done.text
    (consent,) = kept(town)
    assert (consent.way, consent.document, consent.recorded_by) == ("paper", "Папка 7А", visitor.person_id)
    url = f"/consents/people/{pupil}"
    assert "Папка 7А" in visitor.get(url).text
    early = {"kind": KIND, "withdrawn_on": (TODAY - timedelta(days=9)).isoformat(), "reason": "Заявление 4"}
    refused = visitor.post(f"{url}/withdraw", data=early)
    assert refused.status_code == 422
    assert "не раньше, чем согласие дано" in refused.text
    assert "Заявление 4" in refused.text
    taken = visitor.post(f"{url}/withdraw", data={**early, "withdrawn_on": TODAY.isoformat()})
    assert taken.headers["location"] == f"{url}?done=withdrawn"
    assert "Семёнов" in visitor.get(f"/consents?withdrawn=pupils.{KIND}").text
    again = visitor.post(
        f"{url}/record", data={"kind": KIND, "given_on": TODAY.isoformat(), "signed_by": "Семёнова В."}
    )
    assert again.headers["location"] == f"{url}?done=recorded"
    assert [each.withdrawn_way for each in kept(town)] == ["paper", ""]


def test_the_neighbouring_school_writes_nothing_down(town: PortalUnderTest) -> None:
    publish(town.sign_in("regional_coordinator"))
    pupil, neighbour = id_of(town, "Семёнов"), head(town, 2)
    form = {"kind": KIND, "given_on": TODAY.isoformat()}
    assert neighbour.get(f"/consents/people/{pupil}").status_code == 404
    assert neighbour.post(f"/consents/people/{pupil}/record", data=form).status_code == 404
    assert neighbour.get(f"/consents/blank?kind={KIND}&person={pupil}").status_code == 404
    answer = neighbour.post("/consents/bulk/record", data={"ids": str(pupil), "step": "do", **form})
    assert answer.status_code in (200, 422)
    assert kept(town) == []


def test_blanks_are_printed_for_those_who_have_not_given_it(town: PortalUnderTest) -> None:
    publish(head(town))
    visitor = head(town)
    choose = visitor.get("/consents/blank").text
    class_id = re.findall(r'<option value="([0-9a-f-]{36})"', choose)[0]
    sheets = visitor.get(f"/consents/blank?kind={KIND}&class={class_id}").text
    assert sheets.count("<article") == 1
    assert "Семёнов Алексей Петрович" in sheets
    assert "______" in visitor.get(f"/consents/blank?kind={KIND}").text
    give(town, parent(town))
    assert "есть у всех" in visitor.get(f"/consents/blank?kind={KIND}&class={class_id}").text
    assert visitor.get("/consents/blank?kind=core.nothing").status_code == 404


def test_a_plugin_hears_of_a_consent(town: PortalUnderTest) -> None:
    heard: list[ConsentChanged] = []
    subscription = Subscription(event=ConsentChanged, handle=lambda _db, event: heard.append(event))
    town.portal.events.subscribe("canteen", subscription)
    publish(head(town))
    give(town, parent(town))
    parent(town).post("/account/consents/withdraw", data=about(town))
    assert [(each.kind, each.standing) for each in heard] == [(KIND, True), (KIND, False)]


def test_programs_read_consents_with_their_scope(town: PortalUnderTest) -> None:
    publish(head(town))
    give(town, parent(town))
    visitor = head(town)
    fields = {"name": "Сайт", "scopes": "consents.read", "days": "30"}
    page = visitor.post("/account/tokens", data=fields).text
    program = town.visitor()
    program.token = re.findall(r"msk_[\w-]+", page)[0]
    (item,) = program.get(f"/api/v1/consents?kind={KIND}").json()["items"]
    assert (item["way"], item["version"], item["withdrawn_on"]) == ("portal", 1, None)
    assert item["person_id"] == str(id_of(town, "Семёнов"))
    assert program.get(f"/api/v1/consents?organization_id={id_of(town, 'Школа 2')}").json()["items"] == []
    other = town.sign_in("teacher", organization="Школа 1")
    assert other.get("/api/v1/consents").status_code == 403


def test_the_list_asks_as_many_statements_for_one_line_as_for_many(town: PortalUnderTest) -> None:
    publish(head(town))
    visitor = head(town)
    visitor.get("/consents")
    with town.counting_statements() as one:
        visitor.get("/consents?q=Семёнов")
    with town.counting_statements() as many:
        visitor.get("/consents")
    assert len(one) == len(many)


def test_own_data_tell_of_the_consents(town: PortalUnderTest) -> None:
    import io
    import json
    import zipfile

    publish(head(town))
    give(town, parent(town))
    archive = zipfile.ZipFile(io.BytesIO(parent(town).post("/account/data").content))
    assert json.loads(archive.read("core.json"))["consents"][0]["kind"] == KIND
