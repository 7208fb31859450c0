"""The birth certificate on a pupil's card: written down by the school, masked, recorded, taken out and erased."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord, CardView
from core.identity.identifiers import WrongIdentifier, birth_certificate
from core.identity.masks import mask
from core.identity.models import Person
from core.personal_data import export_person
from core.roles.actor import system_actor
from core.testing import PortalUnderTest
from tests.core.small_town import id_of
from tests.core.test_personal_data import pupil, seen, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]
PAPER = "III-ДН 710107"


@pytest.fixture(autouse=True)
def clean(town: PortalUnderTest) -> Iterator[None]:
    with town.portal.database.transaction() as db:
        db.execute(delete(CardView))
        db.execute(update(Person).values(birth_certificate=None))
    yield


def written(town: PortalUnderTest, person_id: UUID) -> str | None:
    with town.portal.database.reading(fresh=True) as db:
        return db.get_one(Person, person_id).birth_certificate


def page(person_id: UUID) -> str:
    return f"/people/{person_id}/birth-certificate"


def write(town: PortalUnderTest, text: str, role: str = "head", school: int = 1) -> int:
    form = {"birth_certificate": text}
    return somebody(town, role, school).post(page(pupil(town)), data=form).status_code


@pytest.mark.parametrize(
    "text", ["III-ДН 710107", "iii дн № 710107", "III – ДН710107", "111-дн 710107", "ІІІ-ДН 710107"]
)
def test_it_is_kept_in_one_form_however_it_is_typed(text: str) -> None:
    assert birth_certificate(text) == PAPER


@pytest.mark.parametrize(
    "text", ["ДН 710107", "III-ДН 71010", "710107", "III-DN 710107", "IIIДН7101070", "V"]
)
def test_what_is_no_certificate_is_refused_with_the_form_of_one(text: str) -> None:
    with pytest.raises(WrongIdentifier, match="III-ДН 710107"):
        birth_certificate(text)


def test_a_roman_number_keeps_its_value() -> None:
    assert [birth_certificate(f"{each}-МЮ 123456") for each in ("XIV", "ХІV", "V", "У")] == [
        "XIV-МЮ 123456",
        "XIV-МЮ 123456",
        "V-МЮ 123456",
        "V-МЮ 123456",
    ]


def test_the_school_writes_it_down_and_the_history_says_so(town: PortalUnderTest) -> None:
    head, person_id = somebody(town, "head"), pupil(town)
    assert "Свидетельство о рождении" in head.get(f"/people/{person_id}").text
    assert head.post(page(person_id), data={"birth_certificate": "iii-дн 710107"}).status_code == 303
    assert written(town, person_id) == PAPER
    with town.portal.database.reading(fresh=True) as db:
        latest = db.scalars(select(AuditRecord).order_by(AuditRecord.id.desc()).limit(1)).one()
    assert (latest.action, latest.after) == ("core.person.update", {"birth_certificate": PAPER})
    history = head.get(f"/accounts/{person_id}").text
    assert PAPER not in history and mask("birth_certificate", PAPER) in history
    assert head.post(page(person_id), data={"birth_certificate": " "}).status_code == 303
    assert written(town, person_id) is None


def test_it_is_masked_until_somebody_asks_and_that_is_recorded(town: PortalUnderTest) -> None:
    write(town, PAPER)
    head, url = somebody(town, "head"), f"/people/{pupil(town)}"
    assert mask("birth_certificate", PAPER) == "III-ДН ••••07"
    shown = head.get(url).text
    assert "III-ДН ••••07" in shown and PAPER not in shown
    assert PAPER in head.get(f"{url}?show=birth_certificate").text
    assert ("head", "birth_certificate") in seen(town)


def test_opening_the_form_is_looking_at_it(town: PortalUnderTest) -> None:
    write(town, PAPER)
    answer = somebody(town, "head").get(page(pupil(town)))
    assert PAPER in answer.text and answer.headers["cache-control"] == "no-store"
    assert seen(town) == [("head", "birth_certificate")]
    assert PAPER in somebody(town, "guardian").get(f"/people/{pupil(town)}").text


def test_others_neither_see_nor_write_it(town: PortalUnderTest) -> None:
    write(town, PAPER)
    assert write(town, "I-АБ 111111", "teacher") == 403
    assert write(town, "I-АБ 111111", "head", 2) == 404
    assert somebody(town, "head", 2).get(page(pupil(town))).status_code == 404
    assert "III-ДН" not in somebody(town, "teacher").get(f"/people/{pupil(town)}?show=birth_certificate").text
    assert written(town, pupil(town)) == PAPER


def test_a_wrong_or_foreign_one_comes_back_with_what_to_do(town: PortalUnderTest) -> None:
    head = somebody(town, "head")
    answer = head.post(page(pupil(town)), data={"birth_certificate": "ДН 12"})
    assert answer.status_code == 422 and "III-ДН 710107" in answer.text and 'value="ДН 12"' in answer.text
    with town.portal.database.transaction() as db:
        other = db.scalars(select(Person).where(Person.id != pupil(town)).limit(1)).one()
        other.birth_certificate = PAPER
    answer = head.post(page(pupil(town)), data={"birth_certificate": PAPER})
    assert answer.status_code == 422 and "у другого человека" in answer.text
    assert written(town, pupil(town)) is None


def test_it_is_given_out_with_everything_else(town: PortalUnderTest) -> None:
    write(town, PAPER)
    with town.portal.database.reading(fresh=True) as db:
        found = export_person(db, system_actor(), id_of(town, "Семёнов"))
    assert PAPER in str(found["core"]["person"])
