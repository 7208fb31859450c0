"""A pupil goes to a school of another installation with a signed file, and is taken in there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.config import Config
from core.identity.models import Account, Guardianship, Person
from core.organizations.models import Enrollment
from core.personal_data import export_person
from core.portal import Portal
from core.pupil_files.models import FormerSchool
from core.pupil_files.signing import fingerprint, public_key, sign
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.fixtures import Databases
from core.testing.portal import Visitor, running
from tests.core import small_town
from tests.core.small_town import id_of
from tests.core.test_transfers import OTHER, SCHOOL, TODAY, pupil
from tests.core.town_fixtures import town

__all__ = ["town"]
SNILS = {"child": "11223344595", "mother": "12345678964"}


@pytest.fixture(scope="module")
def far(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortalUnderTest]:
    """Another installation with a town of its own."""
    portal = Portal(
        Config(
            home=str(tmp_path_factory.mktemp("far")),
            database_url=databases.fresh(engine),
            tasks_in_server=False,
            plugins=[],
            base_url="https://far.example",
        )
    )
    small_town.build(small_town.plug_in(portal))
    with running(portal) as under_test:
        yield under_test


def head(town: PortalUnderTest, school: str = SCHOOL) -> Visitor:
    return town.sign_in("head", organization=school)


def given_out(town: PortalUnderTest, child: UUID) -> bytes:
    answer = head(town).post(f"/people/{child}/pupil-file/download")
    assert answer.status_code == 200, answer.text
    assert ".pupil.json" in answer.headers["content-disposition"]
    return answer.content


def uploaded(town: PortalUnderTest, content: bytes, visitor: Visitor | None = None) -> Any:
    files = {"file": ("ученик.pupil.json", content, "application/json")}
    return (visitor or head(town)).post("/pupil-files", files=files)


def admission(**more: str) -> dict[str, str]:
    return {
        "school_class": "7А",
        "first_day": TODAY.isoformat(),
        "basis": "Приказ 7",
        "compared": "true",
        **more,
    }


def content_of(file: bytes) -> dict[str, Any]:
    payload = msgspec.json.decode(file)["payload"]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def told(**more: Any) -> bytes:
    """What a file of an installation nobody runs says."""
    about = {
        "made_at": "2026-11-20T10:00:00Z",
        "installation": "https://third.example",
        "school": {"name": "Школа за рекой", "short_name": "Школа за рекой"},
        "pupil": {"last_name": "Заречный", "first_name": "Лев", "birth_date": "2016-02-03"},
        "school_class": "7Б",
        "left_on": "2026-11-19",
        **more,
    }
    return sign(b"the third installation", msgspec.json.encode(about))


def test_a_pupil_leaves_with_a_file_and_arrives_by_it(town: PortalUnderTest, far: PortalUnderTest) -> None:
    child, mother = pupil(town, 0)
    with town.portal.database.transaction() as db:
        db.get_one(Person, child).snils = SNILS["child"]
        db.get_one(Person, mother).snils = SNILS["mother"]
        tie = db.scalars(select(Guardianship).where(Guardianship.child_id == child)).one()
        tie.rights, tie.basis = "view", "Решение суда 2-15/2026"
    page = head(town).get(f"/people/{child}/pupil-file").text
    assert fingerprint(public_key(town.portal.secret)) in page
    yesterday = TODAY - timedelta(days=1)
    form = {"last_day": yesterday.isoformat(), "basis": "Заявление родителей"}
    answer = head(town).post(f"/people/{child}/pupil-file", data=form)
    assert answer.status_code == 303, answer.text
    with town.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Enrollment.ends_on).where(Enrollment.person_id == child)).one() == yesterday
        ended = db.scalars(
            select(StructuralRole.status).where(StructuralRole.person_id.in_((child, mother)))
        ).all()
        assert set(ended) == {"terminated"}
    assert head(town).post(f"/people/{child}/pupil-file", data=form).status_code == 409
    file = given_out(town, child)

    answer = uploaded(far, file)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    shown = head(far).get(address).text
    for words in (
        "Переездоваа Инна",
        "только видит",
        "Решение суда",
        fingerprint(public_key(town.portal.secret)),
    ):
        assert words in shown
    assert "ключ порталу неизвестен" in shown
    unsure = head(far).post(address, data=admission(compared=""))
    assert unsure.status_code == 409
    assert "Сверьте отпечаток" in unsure.text
    assert "Приказ 7" in unsure.text
    done = head(far).post(address, data=admission())
    assert done.status_code == 303, done.text
    assert "Ученик зачислен" in head(far).get(done.headers["location"]).text
    assert head(far).get(address).status_code == 404, "the file is gone once the pupil is in"
    with far.portal.database.reading(fresh=True) as db:
        here = db.scalars(select(Person).where(Person.snils == SNILS["child"])).one()
        guardian = db.scalars(select(Person).where(Person.snils == SNILS["mother"])).one()
        assert here.full_name == "Переездова Лев"
        assert db.scalar(select(Account.id).where(Account.person_id == here.id)) is None
        enrolled = db.scalars(select(Enrollment).where(Enrollment.person_id == here.id)).one()
        assert enrolled.starts_on == TODAY
        tie = db.scalars(select(Guardianship).where(Guardianship.child_id == here.id)).one()
        assert (tie.guardian_id, tie.rights, tie.basis) == (guardian.id, "view", "Решение суда 2-15/2026")
        kinds = db.scalars(
            select(StructuralRole.kind).where(StructuralRole.person_id.in_((here.id, guardian.id)))
        ).all()
        assert sorted(kinds) == ["guardian", "pupil"]
        actions = db.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == str(here.id))).all()
        assert "core.pupil_file.take" in actions
        assert "Из прежней школы" in head(far).get(f"/people/{here.id}").text
    again = head(far).post(uploaded(far, file).headers["location"], data=admission())
    assert again.status_code == 409
    assert "уже зачислен" in again.text


def test_a_changed_file_is_not_taken(town: PortalUnderTest, far: PortalUnderTest) -> None:
    child, _mother = pupil(town, 1)
    file = msgspec.json.decode(given_out(town, child))
    about = content_of(msgspec.json.encode(file))
    about["pupil"]["last_name"] = "Подменный"
    changed = base64.urlsafe_b64encode(msgspec.json.encode(about)).rstrip(b"=").decode()
    answer = uploaded(far, msgspec.json.encode({**file, "payload": changed}))
    assert answer.status_code == 422
    assert "Подпись файла не сходится" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"protected": "e30", "payload": "e30", "signature": "e30"}',
        '{"protected": "я", "payload": "e30", "signature": "e30"}'.encode(),
    ],
)
def test_what_is_no_pupils_file_is_said_so(far: PortalUnderTest, content: bytes) -> None:
    answer = uploaded(far, content)
    assert answer.status_code == 422
    assert "Выберите файл ученика" in answer.text


def deep(levels: int) -> dict[str, Any]:
    """Facts within facts."""
    found: dict[str, Any] = {"отметка": "5"}
    for _ in range(levels):
        found = {"ещё": found}
    return found


@pytest.mark.parametrize(
    "more",
    [
        {"version": 2},
        {"pupil": {"last_name": "<script>", "first_name": "Лев"}},
        {"grade_level": 99},
        {"parts": {"Журнал": deep(400)}},
        {"school": {"name": "Ш" * 400, "short_name": "Ш"}},
    ],
)
def test_a_file_of_another_format_is_said_so(far: PortalUnderTest, more: dict[str, Any]) -> None:
    answer = uploaded(far, told(**more))
    assert answer.status_code == 422
    assert "записан не так" in answer.text


def test_what_a_file_tells_is_shown_as_words_only(far: PortalUnderTest) -> None:
    parts = {"Журнал": {"отметки": [{"предмет": "<script>alert(1)</script>", "отметка": "5"}] * 2}}
    address = uploaded(far, told(parts=parts)).headers["location"]
    page = head(far).get(address).text
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;" in page
    done = head(far).post(address, data=admission())
    assert "&lt;script&gt;" in head(far).get(done.headers["location"]).text


def test_a_known_key_needs_no_telephone(far: PortalUnderTest) -> None:
    key = public_key(b"the third installation")
    far.portal.config.trusted_installations.append(f"Край за рекой={key}")
    try:
        about = {"last_name": "Верный", "first_name": "Лев", "birth_date": "2016-02-03"}
        address = uploaded(far, told(pupil=about)).headers["location"]
        assert "Край за рекой" in head(far).get(address).text
        assert head(far).post(address, data=admission(compared="")).status_code == 303
    finally:
        far.portal.config.trusted_installations.clear()


def test_a_namesake_is_asked_about(far: PortalUnderTest) -> None:
    about = {"last_name": "Семёнов", "first_name": "Алексей", "middle_name": "Петрович"}
    address = uploaded(far, told(pupil=about)).headers["location"]
    asked = head(far).post(address, data=admission())
    assert asked.status_code == 409
    assert "полный тёзка" in asked.text
    assert head(far).post(address, data=admission(namesake="true")).status_code == 303


def test_a_number_that_is_somebody_elses_does_not_stop_the_admission(far: PortalUnderTest) -> None:
    with far.portal.database.transaction() as db:
        db.get_one(Person, id_of(far, "Орлов")).snils = "40210248800"
    about = {"last_name": "Неясный", "first_name": "Ян", "birth_date": "2016-05-06", "snils": "40210248800"}
    address = uploaded(far, told(pupil=about)).headers["location"]
    shown = head(far).get(address).text
    assert "СНИЛС из файла записан в портале за другим человеком" in shown
    assert "появится новый человек" in shown
    done = head(far).post(address, data=admission())
    assert done.status_code == 303, done.text
    with far.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Person.snils).where(Person.last_name == "Неясный")).one() is None


def test_a_file_that_was_taken_is_known_again_and_makes_no_second_card(far: PortalUnderTest) -> None:
    about = {"last_name": "Возвратов", "first_name": "Яр", "birth_date": "2016-02-03"}
    file = told(pupil=about)
    first = head(far).post(uploaded(far, file).headers["location"], data=admission())
    assert first.status_code == 303
    again = uploaded(far, file).headers["location"]
    shown = head(far).get(again).text
    assert "Ученика уже приняли по этому файлу" in shown
    assert "второй карточки не будет" in shown
    assert "появится новый человек" not in shown
    refused = head(far).post(again, data=admission())
    assert refused.status_code == 409
    with far.portal.database.transaction() as db:
        place = db.scalars(
            select(Enrollment)
            .join(Person, Person.id == Enrollment.person_id)
            .where(Person.last_name == "Возвратов")
        ).one()
        place.starts_on, place.ends_on = TODAY - timedelta(days=60), TODAY - timedelta(days=30)
    later = uploaded(far, told(pupil=about, left_on="2026-11-27")).headers["location"]
    assert "Ученика уже приняли" not in head(far).get(later).text
    assert head(far).post(later, data=admission()).status_code == 303
    with far.portal.database.reading(fresh=True) as db:
        assert len(db.scalars(select(Person.id).where(Person.last_name == "Возвратов")).all()) == 1


def test_a_child_who_comes_back_is_chosen_among_namesakes(far: PortalUnderTest) -> None:
    about = {"last_name": "Семёноввторой", "first_name": "Алексей", "middle_name": "Петрович"}
    with far.portal.database.transaction() as db:
        child = id_of(far, "Семёноввторой")
        db.get_one(Person, child).birth_date = None
        place = db.scalars(select(Enrollment).where(Enrollment.person_id == child)).one()
        place.ends_on = TODAY - timedelta(days=30)
    visitor = head(far, OTHER)
    address = uploaded(far, told(pupil=about), visitor).headers["location"]
    asked = visitor.post(address, data=admission())
    assert asked.status_code == 409
    assert f'value="{child}" checked' in asked.text
    assert visitor.post(address, data=admission(namesake="true", same=str(child))).status_code == 303
    with far.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(FormerSchool.person_id).order_by(FormerSchool.id.desc())).first() == child


def test_a_pupil_who_was_let_go_may_come_back_and_the_file_is_well_named(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 4)
    visitor = head(town)
    form = {"last_day": TODAY.isoformat(), "basis": "Заявление родителей"}
    assert visitor.post(f"/people/{child}/pupil-file", data=form).status_code == 303
    page = visitor.get(f"/people/{child}/pupil-file").text
    assert "Отпустить ученика" not in page
    assert "Вернуть в класс" in page
    named = visitor.post(f"/people/{child}/pupil-file/download").headers["content-disposition"]
    assert ".pupil.json" in named
    assert "..pupil.json" not in named


def test_wrong_words_keep_what_was_typed(town: PortalUnderTest, far: PortalUnderTest) -> None:
    address = uploaded(far, told()).headers["location"]
    answer = head(far).post(address, data=admission(first_day="2199-01-01"))
    assert answer.status_code == 404
    assert "Выберите класс и день" in answer.text
    assert "Приказ 7" in answer.text
    child, _mother = pupil(town, 2)
    long_ago = {"last_day": "2019-01-01", "basis": "Заявление родителей"}
    refused = head(town).post(f"/people/{child}/pupil-file", data=long_ago)
    assert refused.status_code == 422
    assert 'id="last_day-error"' in refused.text
    assert "Заявление родителей" in refused.text


def test_within_one_portal_pupils_go_by_request(town: PortalUnderTest) -> None:
    child, _mother = pupil(town, 3)
    answer = uploaded(town, given_out(town, child), head(town, OTHER))
    assert answer.status_code == 409
    assert "ваш же портал" in answer.text


def test_strangers_get_nothing(town: PortalUnderTest, far: PortalUnderTest) -> None:
    child, mother = pupil(town, 4)
    form = {"last_day": TODAY.isoformat(), "basis": "Чужое"}
    neighbour = head(town, OTHER)
    for url in (f"/people/{child}/pupil-file", f"/people/{child}/pupil-file/download"):
        assert neighbour.post(url, data=form).status_code == 404
        assert town.sign_in("guardian", person_id=mother).post(url, data=form).status_code == 403
        assert town.sign_in("teacher").post(url, data=form).status_code == 403
    assert neighbour.get(f"/people/{child}/pupil-file").status_code == 404
    address = uploaded(far, told()).headers["location"]
    assert head(far, OTHER).get(address).status_code == 404
    assert head(far, OTHER).post(address, data=admission()).status_code == 404
    with far.portal.database.reading(fresh=True) as db:
        own = FormerSchool.organization_id == id_of(far, SCHOOL)
        taken = db.scalars(select(FormerSchool.person_id).where(own)).first()
    assert head(far, OTHER).get(f"/people/{taken}/former-schools").status_code == 404


def test_it_is_exported_with_the_person(far: PortalUnderTest) -> None:
    with far.portal.database.reading(fresh=True) as db:
        taken = db.scalars(select(FormerSchool)).first()
        assert taken is not None
        told = export_person(db, system_actor(), taken.person_id)["core"]["former_schools"]
        assert [each["school"] for each in told] == [taken.school]
