"""A pupil with marks moves between two running portals: processes, data folders and keys of their own, one file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import delete, select

from core.identity.models import Person
from core.organizations.models import Organization, SchoolClass
from core.portal import Portal
from core.pupil_files.signing import fingerprint, public_key, sign
from core.testing.portal import PortalUnderTest, Visitor
from core.testing.server import Server
from plugins.journal.models import JournalLesson
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import FoundPage, TeachersPage, empty_cells, find_page

SURNAME = "Переездова"


@dataclass(frozen=True)
class Town:
    """A running portal, a journal page there, and the head of its school."""

    under_test: PortalUnderTest
    found: FoundPage
    head: Visitor
    page: TeachersPage

    @property
    def portal(self) -> Portal:
        return self.under_test.portal

    def day(self, lesson: int) -> date:
        with self.portal.database.reading(fresh=True) as db:
            return db.get_one(JournalLesson, self.found.lessons[lesson]).day


@contextmanager
def running_town(portal: Portal) -> Generator[Town]:
    """The portal in a process of its own."""
    server = Server(portal)
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=30) as client:
            under_test = PortalUnderTest(portal, client)  # pyright: ignore[reportArgumentType]
            found = find_page(portal)
            empty_cells(portal, found.page_id)
            with portal.database.reading(fresh=True) as db:
                school = db.get_one(Organization, found.organization_id).short_name
            yield Town(
                under_test=under_test,
                found=found,
                head=under_test.sign_in("head", organization=school),
                page=TeachersPage(
                    found, under_test, under_test.sign_in("teacher", person_id=found.teacher_id)
                ),
            )
    finally:
        server.stop()
        portal.close()


@pytest.fixture(scope="module")
def towns(make_portal: Callable[..., Portal]) -> Iterator[tuple[Town, Town]]:
    """Two towns with the same subjects; in the first one a pupil has marks whom the second does not know."""
    with ExitStack() as stack:
        near, far = (stack.enter_context(running_town(make_portal())) for _each in range(2))
        pupil = near.found.pupils[0]
        with near.portal.database.transaction() as db:
            db.get_one(Person, pupil).last_name = SURNAME
            db.execute(delete(JournalTermMark).where(JournalTermMark.page_id == near.found.page_id))
        with far.portal.database.transaction() as db:
            stranger = db.get_one(Person, pupil)
            stranger.last_name, stranger.first_name, stranger.snils = "Здешнева", "Ия", None
            stranger.birth_date = date(2012, 2, 3)
        yield near, far


@pytest.fixture(scope="module")
def file(towns: tuple[Town, Town]) -> bytes:
    """What the first town gives out with the pupil: two marks and one of the term."""
    near, _far = towns
    for lesson, value in enumerate("54"):
        assert near.page.put(value, lesson=lesson).status_code == 200
    pupil = near.found.pupils[0]
    told = {"pupil": str(pupil), "column": str(near.found.term.number), "value": "5", "reason": "Олимпиада"}
    assert near.page.teacher.put(f"{near.page.url}/term-marks", json=told).status_code == 200
    leaving = {"last_day": (near.day(2) - timedelta(days=1)).isoformat(), "basis": "Заявление родителей"}
    let_go = near.head.post(f"/people/{pupil}/pupil-file", data=leaving)
    assert let_go.status_code == 303, let_go.text
    given = near.head.post(f"/people/{pupil}/pupil-file/download")
    assert given.status_code == 200, given.text
    return given.content


def uploaded(town: Town, content: bytes) -> Any:
    files = {"file": ("ученик.pupil.json", content, "application/json")}
    return town.head.post("/pupil-files", files=files)


def told_in(content: bytes) -> dict[str, Any]:
    payload = msgspec.json.decode(content)["payload"]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def with_better_marks(content: bytes) -> bytes:
    """The payload with fives where there were fours."""
    payload = msgspec.json.encode(told_in(content))
    better = payload.replace('"отметка":"4"'.encode(), '"отметка":"5"'.encode())
    assert better != payload
    return better


def admission(town: Town, **more: str) -> dict[str, str]:
    with town.portal.database.reading(fresh=True) as db:
        name = db.get_one(SchoolClass, town.found.school_class_id).name
    return {
        "school_class": name,
        "first_day": town.day(2).isoformat(),
        "basis": "Приказ 7",
        "compared": "true",
        **more,
    }


def test_a_file_with_better_marks_is_refused_in_words(towns: tuple[Town, Town], file: bytes) -> None:
    _near, far = towns
    payload = base64.urlsafe_b64encode(with_better_marks(file)).rstrip(b"=").decode()
    changed = msgspec.json.encode({**msgspec.json.decode(file), "payload": payload})
    answer = uploaded(far, changed)
    assert answer.status_code == 422
    assert "Подпись файла не сходится: файл изменили или он повреждён." in answer.text


def test_a_file_signed_with_another_key_shows_another_fingerprint(
    towns: tuple[Town, Town], file: bytes
) -> None:
    near, far = towns
    assert near.portal.secret != far.portal.secret
    forged = sign(b"somebody who is no school", with_better_marks(file))
    answer = uploaded(far, forged)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    shown = far.head.get(address).text
    assert "ключ порталу неизвестен" in shown
    assert fingerprint(public_key(near.portal.secret)) not in shown
    refused = far.head.post(address, data=admission(far, compared=""))
    assert refused.status_code == 409
    assert "Сверьте отпечаток ключа с прежней школой" in refused.text


def test_a_file_does_not_come_home(towns: tuple[Town, Town], file: bytes) -> None:
    near, _far = towns
    answer = uploaded(near, file)
    assert answer.status_code == 409
    assert "Этот файл выдал ваш же портал." in answer.text


def test_the_marks_arrive_and_count(towns: tuple[Town, Town], file: bytes) -> None:
    near, far = towns
    answer = uploaded(far, file)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    assert fingerprint(public_key(near.portal.secret)) in far.head.get(address).text
    done = far.head.post(address, data=admission(far))
    assert done.status_code == 303, done.text
    with far.portal.database.reading(fresh=True) as db:
        pupil: UUID = db.scalars(select(Person.id).where(Person.last_name == SURNAME)).one()
        school = told_in(file)["school"]["name"]
    teacher, url = far.page.teacher, far.page.url
    offered = teacher.get(f"/journal/{far.found.page_id}/external").text
    assert SURNAME in offered
    assert "Взять в журнал" in offered
    taken = teacher.post(f"{url}/external-marks", json={"pupil": str(pupil)})
    assert taken.json() == {"added": 3}
    listed = [each for each in teacher.get(f"{url}/external-marks").json() if each["pupil"] == str(pupil)]
    assert {(each["value"], each["day"], bool(each["term"])) for each in listed} == {
        ("5", near.day(0).isoformat(), False),
        ("4", near.day(1).isoformat(), False),
        ("5", None, True),
    }
    assert {each["source"] for each in listed} == {school}

    def of_term() -> dict[str, Any]:
        lines = teacher.get(f"{url}/term-marks").json()["pupils"]
        marks = next(each["marks"] for each in lines if each["id"] == str(pupil))
        return next(each for each in marks if each["column"] == str(far.found.term.number))

    assert "Учтены отметки прежней школы: 2, средний балл 4,50." in of_term()["why"]
    cell = {"lesson": str(far.found.lessons[2]), "pupil": str(pupil), "value": "2"}
    assert teacher.put(f"{url}/cells", json=cell).status_code == 200
    assert of_term()["proposed"] == "4", "(5 + 4 + 2) / 3, with three marks there is enough for a proposal"
