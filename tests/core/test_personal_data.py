"""Personal data of others: masked fields, who looked, everything about a person taken out on request."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord, CardView
from core.audit.record import Change, record
from core.consents.models import Consent, ConsentText
from core.database.base import new_id, now
from core.files import StoredFile
from core.identity.masks import mask
from core.identity.models import Guardianship, Notification, Person
from core.personal_page import unnamed
from core.retention.applying import KIND as APPLY
from core.roles.actor import system_actor
from core.tasks import Worker
from core.tasks.queue import enqueue
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
SNILS, PHONE, EMAIL = "11223344595", "+79181234567", "alexey@example.org"


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    """Every test begins with nobody having looked at a pupil who has everything filled in."""
    with town.portal.database.transaction() as db:
        db.execute(delete(CardView))
        db.execute(
            update(Person)
            .where(Person.last_name == "Семёнов")
            .values(snils=SNILS, phone=PHONE, email=EMAIL, birth_date=date(2012, 5, 1))
        )
    yield


def somebody(town: PortalUnderTest, role: str, school: int = 1) -> Visitor:
    return town.sign_in(role, organization=f"Школа {school}")


def pupil(town: PortalUnderTest) -> UUID:
    return id_of(town, "Семёнов")


def seen(town: PortalUnderTest) -> list[tuple[str, str]]:
    with town.portal.database.reading(fresh=True) as db:
        return [
            (role, what)
            for role, what in db.execute(select(CardView.role, CardView.what).order_by(CardView.id))
        ]


def run_tasks(town: PortalUnderTest) -> None:
    worker = Worker(town.portal)
    while worker.run_once():
        pass


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("snils", "112-233-445 95", "•••-•••-•45 95"),
        ("phone", "+7 (918) 123-45-67", "+• (•••) •••-••-67"),
        ("phone", "12", "12"),
        ("email", EMAIL, "a•••@example.org"),
        ("birth_date", "01.05.2012", "••.••.2012"),
    ],
)
def test_of_a_masked_field_only_the_end_is_left(name: str, text: str, masked: str) -> None:
    assert mask(name, text) == masked


def test_a_field_is_shown_on_request_and_that_is_recorded(town: PortalUnderTest) -> None:
    head, url = somebody(town, "head"), f"/people/{pupil(town)}"
    page = head.get(url).text
    assert "•••-•••-•45 95" in page
    assert "••.••.2012" in page
    for secret in ("112-233-445 95", "123-45-67", EMAIL, "01.05.2012"):
        assert secret not in page
    assert seen(town) == [("head", "card")]
    shown = head.get(f"{url}?show=snils,phone")
    assert "112-233-445 95" in shown.text
    assert "123-45-67" in shown.text
    assert EMAIL not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert sorted(seen(town)) == [("head", "card"), ("head", "phone"), ("head", "snils")]
    head.get(f"{url}?show=snils,phone")
    assert len(seen(town)) == 3


def test_fields_follow_the_rights_of_the_role(town: PortalUnderTest) -> None:
    url = f"/people/{pupil(town)}?show=snils,phone,email,birth_date"
    teacher = somebody(town, "teacher").get(url).text
    assert "Семёнов" in teacher
    assert "2012" not in teacher
    assert "45 95" not in teacher
    assert seen(town) == []
    region = town.sign_in("regional_coordinator").get(f"/accounts/{pupil(town)}?show=snils,phone").text
    assert "45 95" not in region
    assert "45-67" not in region
    assert seen(town) == [("regional_coordinator", "account")]
    assert somebody(town, "head", 2).get(url).status_code == 404


def test_a_region_may_take_the_right_to_a_field_away(town: PortalUnderTest) -> None:
    region = town.sign_in("regional_coordinator")
    right = {"permission": "core.people.documents", "basis": "Приказ 7"}
    assert "Видеть СНИЛС" in region.get("/role-kinds/head").text
    assert region.post("/role-kinds/head", data={**right, "reach": "0"}).status_code == 303
    try:
        shown = somebody(town, "head").get(f"/people/{pupil(town)}?show=snils").text
        assert "45 95" not in shown
        assert "••.••.2012" in shown
    finally:
        region.post("/role-kinds/head", data={**right, "reach": "inherited"})


def test_ones_own_and_ones_childs_fields_are_open_and_not_recorded(town: PortalUnderTest) -> None:
    url = f"/people/{pupil(town)}"
    for role in ("guardian", "pupil"):
        page = somebody(town, role).get(url).text
        assert "01.05.2012" in page
        assert "112-233-445 95" in page
    assert seen(town) == []


def test_lists_leave_no_records(town: PortalUnderTest) -> None:
    head = somebody(town, "head")
    for url in ("/accounts", "/roles", "/organization", "/search?q=Семёнов"):
        assert head.get(url).status_code == 200
    assert seen(town) == []


def test_who_looked_is_seen_by_the_head_the_person_and_the_guardian(town: PortalUnderTest) -> None:
    head = somebody(town, "head")
    head.get(f"/people/{pupil(town)}?show=snils")
    head.get(f"/accounts/{pupil(town)}")
    url = f"/people/{pupil(town)}/views"
    for page in (
        head.get(url).text,
        somebody(town, "pupil").get("/account/views").text,
        somebody(town, "guardian").get(f"/account/views?person={pupil(town)}").text,
    ):
        assert "Берёзкина Анна Сергеевна" in page
        assert "Директор" in page
        assert "СНИЛС" in page
        assert "учётная запись" in page
    assert somebody(town, "teacher").get(url).status_code == 403
    assert somebody(town, "head", 2).get(url).status_code == 404
    assert "Никто не смотрел" in somebody(town, "teacher").get("/account/views").text
    alien = somebody(town, "guardian", 2).get(f"/account/views?person={pupil(town)}").text
    assert "Берёзкина Анна" not in alien


def test_pages_of_views_go_by_key(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        head = id_of(town, "Берёзкина")
        moment = now() - timedelta(days=1)
        db.add_all(
            CardView(person_id=pupil(town), viewer_id=head, role="head", what=f"раз {number}", at=moment)
            for number in range(60)
        )
    visitor = somebody(town, "head")
    first = visitor.get(f"/people/{pupil(town)}/views").text
    assert first.count("раз ") == 50
    following = re.findall(r'href="(\?before=[^"]+)"', first)[0]
    assert visitor.get(f"/people/{pupil(town)}/views{following}").text.count("раз ") == 10


def test_the_history_of_changes_does_not_give_a_masked_field_away(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        change = Change(
            action="core.person.correct",
            subject_type="person",
            subject_id=str(pupil(town)),
            before={"phone": "+79180000001"},
            after={"phone": PHONE},
        )
        record(db, system_actor(), id_of(town, "Школа 1"), change)
    for page in (
        somebody(town, "head").get(f"/accounts/{pupil(town)}").text,
        somebody(town, "head").get("/audit").text,
    ):
        assert "+•••••••••67" in page
        assert "9181234567" not in page


def order(visitor: Visitor, person_id: UUID, basis: str = "Заявление от 12.11.2026") -> Any:
    return visitor.post(f"/people/{person_id}/data", data={"basis": basis})


def test_a_school_takes_everything_out_on_request(town: PortalUnderTest) -> None:
    head, url = somebody(town, "head"), f"/people/{pupil(town)}/data"
    assert "Выгрузить всё" in head.get(f"/people/{pupil(town)}").text
    refused = order(head, pupil(town), "")
    assert refused.status_code == 422
    assert "Заполните поле" in refused.text
    assert order(head, pupil(town)).headers["location"] == url
    assert "Начинаем" in head.get(url).text
    run_tasks(town)
    page = head.get(url).text
    file_url = re.findall(r'href="(/files/[^"]+)"', page)[0]
    archive = zipfile.ZipFile(io.BytesIO(head.get(file_url).content))
    assert sorted(archive.namelist()) == ["canteen.json", "core.json", "index.html"]
    core = json.loads(archive.read("core.json"))
    assert core["person"][0]["snils"] == SNILS
    readable = archive.read("index.html").decode()
    assert "Всё, что портал знает о человеке" in readable
    assert "Семёнов" in readable
    assert str(pupil(town)) not in readable
    assert "name_key" not in core["person"][0]
    with town.portal.database.reading(fresh=True) as db:
        told = db.scalars(
            select(Notification)
            .where(Notification.person_id == head.person_id)
            .order_by(Notification.id.desc())
        ).first()
        assert told is not None
        assert "Данные о человеке выгружены: Семёнов А. П." in str(told.title)
        assert told.url == url
        noted = db.scalars(
            select(AuditRecord)
            .where(
                AuditRecord.action == "core.personal_data.export", AuditRecord.subject_id == str(pupil(town))
            )
            .order_by(AuditRecord.sequence.desc())
        ).first()
        assert noted is not None
        assert noted.reason == "Заявление от 12.11.2026"
    assert ("head", "export") in seen(town)
    assert somebody(town, "guardian").get(file_url).status_code == 404


def test_nobody_else_takes_a_persons_data_out(town: PortalUnderTest) -> None:
    assert order(somebody(town, "teacher"), pupil(town)).status_code == 403
    assert order(somebody(town, "head", 2), pupil(town)).status_code == 404
    head = somebody(town, "head")
    assert head.person_id is not None
    own = order(head, head.person_id)
    assert own.status_code == 403
    assert "Скачать мои данные" in own.text


def test_an_order_is_not_doubled_while_it_waits(town: PortalUnderTest) -> None:
    head = somebody(town, "head")
    program = town.visitor()
    fields = {"name": "Архив", "scopes": "personal_data.export", "days": "30"}
    program.token = re.findall(r"msk_[\w-]+", head.post("/account/tokens", data=fields).text)[0]
    url = f"/api/v1/people/{pupil(town)}/exports"
    first = program.post(url, json={"basis": "Заявление 1"})
    assert first.status_code == 202
    assert program.post(url, json={"basis": "Заявление 2"}).json() == first.json()
    before = len(program.get(url).json())
    run_tasks(town)
    ready = program.get(url).json()
    assert len(ready) == before + 1
    file = program.get(ready[0]["url"])
    assert file.status_code == 200, file.headers
    assert file.content[:2] == b"PK"


def test_an_archive_is_deleted_after_a_week(town: PortalUnderTest) -> None:
    head = somebody(town, "head")
    order(head, pupil(town))
    run_tasks(town)
    with town.portal.database.transaction() as db:
        old = update(StoredFile).where(StoredFile.subject == f"personal-data:{pupil(town)}")
        db.execute(old.values(created_at=now() - timedelta(days=7, hours=1)))
        enqueue(db, APPLY)
    run_tasks(town)
    assert "Готовые архивы" not in head.get(f"/people/{pupil(town)}/data").text


def own_archive(visitor: Visitor) -> tuple[str, dict[str, Any]]:
    """The page for people and the core's part for programs of one's own archive."""
    answer = visitor.post("/account/data")
    assert answer.status_code == 200, answer.status_code
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return archive.read("index.html").decode(), json.loads(archive.read("core.json"))


def test_the_page_of_an_archive_is_read_by_people(town: PortalUnderTest) -> None:
    guardian, head = somebody(town, "guardian"), somebody(town, "head")
    mother, child = id_of(town, "Семёнова"), pupil(town)
    guardian.post(
        "/requests",
        data={
            "_kind": "core.guardian_link",
            "_to": str(id_of(town, "Школа 1")),
            "last_name": "Малышева",
            "first_name": "Зоя",
            "birth_date": "2016-02-03",
            "relation": "guardian",
        },
    )
    head.get(f"/people/{mother}?show=phone")
    with town.portal.database.transaction() as db:
        db.execute(update(Person).where(Person.id == mother).values(gender="F", phone=PHONE, source="table"))
        db.execute(update(Guardianship).where(Guardianship.child_id == child).values(relation="mother"))
        text = ConsentText(
            id=new_id(),
            organization_id=id_of(town, "Школа 1"),
            kind="core.publication",
            version=7,
            text="Публикация",
            retired=True,
        )
        db.add(text)
        db.flush()
        for withdrawn in (None, date(2026, 3, 4)):
            db.add(
                Consent(
                    id=new_id(),
                    organization_id=text.organization_id,
                    person_id=child,
                    kind=text.kind,
                    text_id=text.id,
                    given_on=date(2026, 2, 1),
                    way="portal",
                    given_by=mother,
                    withdrawn_on=withdrawn,
                    withdrawn_way="portal" if withdrawn else "",
                )
            )
    page, core = own_archive(guardian)
    for words in (
        "женский",
        "загружен из таблицы",
        "+7 (918) 123-45-67",
        "Родитель",
        "<dt>Ребёнок</dt><dd>Семёнов Алексей Петрович",
        "мать",
        "все права",
        "Публикация имени и фотографий",
        '<td data-label="О ком">Семёнов Алексей Петрович</td>',
        "нет, действует",
        "04.03.2026, в портале",
        "Связь с ребёнком",
        "опекун или попечитель",
        "Берёзкина Анна Сергеевна",
        "Директор",
        "отправлен",
    ):
        assert words in page, words
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.partition("<h2>Питание")[0], flags=re.DOTALL)
    internal = {
        each
        for each in re.findall(
            r"[a-z]+_[a-z_]+|core\.[a-z_]+|\b(?:head|parent|guardian|full|sent|table|reason)\b", bare
        )
        if "." not in each or each.startswith("core.")
    }
    assert internal == set()
    assert core["guardianships"][0]["relation"] == "mother", "for programs it stays as it is stored"


def test_a_plugin_names_what_it_gives_out(town: PortalUnderTest) -> None:
    page, _core = own_archive(somebody(town, "pupil"))
    assert "meals" not in page
    assert "Обеды" in page
    assert unnamed({"meals": [], "обеды": [{"paid_by": 1}]}, {"meals": "обеды"}) == {"paid_by"}
