"""Documents of the portal handed in with works: frozen, read by those who read the work, returned, taken back."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.files import StoredFile
from core.identity.models import Guardianship, Notification, PersonMerge
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.roles.actor import system_actor
from core.testing.contract import problems
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.homework.models import Submission, SubmissionDocument
from plugins.journal.homework.personal import erase_homework, homework_of
from plugins.journal.models import JournalLesson
from tests.plugins.journal.attendance_people import guardian_of, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.documents_wheel import NAME, documents, portal, wheel
from tests.plugins.journal.test_merged_pupils import leader, merge
from tests.plugins.journal.vendor_wheels import lay_wheel

__all__ = ["documents", "portal", "wheel"]


@pytest.fixture
def given(page: TeachersPage, documents: ModuleType) -> TeachersPage:
    """The page with homework for which nothing is handed in."""
    with page.under_test.portal.database.transaction() as db:
        for table in (SubmissionDocument, Submission, Notification):
            db.execute(delete(table))
        db.execute(delete(StoredFile).where(StoredFile.purpose == "journal.submission"))
        db.execute(
            update(JournalLesson).where(JournalLesson.id.in_(page.lessons)).values(homework="Опишите опыт")
        )
    return page


@pytest.fixture
def switched_off(portal: PortalUnderTest) -> Iterator[None]:
    """Nobody provides documents in any school."""

    def switch(*, on: bool) -> None:
        with portal.portal.database.transaction() as db:
            root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
            switch_plugin(db, NAME, enabled=on, organization=root)

    switch(on=False)
    yield
    switch(on=True)


def own(page: TeachersPage, pupil: int = 0) -> str:
    return f"/homework/{page.lessons[0]}/{page.pupils[pupil]}"


def own_api(page: TeachersPage, pupil: int = 0) -> str:
    return f"/api/v1/journal{own(page, pupil)}"


def works_of(page: TeachersPage) -> str:
    return f"{page.url}/lessons/{page.lessons[0]}/homework/works"


def review_page(page: TeachersPage, pupil: int = 0) -> str:
    return f"/journal/{page.page_id}/lessons/{page.lessons[0]}/homework/{page.pupils[pupil]}"


def pupil_of(page: TeachersPage, number: int = 0) -> Visitor:
    return page.under_test.sign_in("pupil", person_id=page.pupils[number])


def shelf(documents: ModuleType, page: TeachersPage, pupil: int = 0) -> list[Any]:
    """A pupil's documents, the latest first: «Моё лето», «Опыты с маятником»."""
    return documents.shelf_of(page.pupils[pupil])


def hand_in(page: TeachersPage, *ids: str, pupil: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Hand in as a program; the documents of the work then."""
    answer = pupil_of(page, pupil).put(own_api(page, pupil), json={"documents": list(ids), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["work"]["documents"]


def send_back(page: TeachersPage, seen: int = 1, pupil: int = 0) -> None:
    review = {"state": "returned", "seen": seen, "answer": "Дополните"}
    answer = page.teacher.post(f"{works_of(page)}/{page.pupils[pupil]}", json=review)
    assert answer.status_code == 200, answer.text


def ticked(text: str) -> list[str]:
    return re.findall(r'name="document" value="([^"]+)" checked', text)


def test_what_is_handed_in_stays_as_it_was(given: TeachersPage, documents: ModuleType) -> None:
    summer, trials = shelf(documents, given)
    pupil = pupil_of(given)
    form = pupil.get(own(given)).text
    assert "Документ портала" in form
    assert "Ваши последние документы:" in form
    assert form.index("Моё лето") < form.index("Опыты с маятником")
    summer.text = "Было тепло"
    done = pupil.post(own(given), data={"text": "", "seen": "0", "document": ["", summer.id]})
    assert done.status_code == 303, done.text
    summer.text, summer.title = "Переписал", "Моя зима"
    shown = given.teacher.get(review_page(given)).text
    assert "Моё лето" in shown
    assert "Моя зима" not in shown
    link = re.search(r'href="(/district-documents/handed/[^"]+)"', shown)
    assert link is not None
    family = guardian_of(given, given.pupils[0])
    for reader in (given.teacher, pupil, family, with_role(given, "deputy_head")):
        opened = reader.get(link.group(1))
        assert opened.status_code == 200
        assert "Было тепло" in opened.text
    again = pupil.get(own(given)).text
    assert ticked(again) == [summer.id]
    assert link.group(1) in again
    seen = family.get(own(given)).text
    assert link.group(1) in seen
    assert "Найти в своих документах" not in seen
    accept = {"state": "accepted", "seen": "1", "mark": "5", "mark_lesson": str(given.lessons[0])}
    assert given.teacher.post(review_page(given), data=accept).status_code == 303
    late = pupil.put(own_api(given), json={"documents": [trials.id]})
    assert late.status_code == 409
    assert "Было тепло" in pupil.get(link.group(1)).text


def test_only_readers_of_the_work_open_it(
    given: TeachersPage, documents: ModuleType, other_teacher: Visitor, stranger: Visitor
) -> None:
    handed = hand_in(given, shelf(documents, given)[0].id)
    address = handed[0]["url"]
    outsiders = (pupil_of(given, 1), other_teacher, stranger, with_role(given, "guardian"))
    for outsider in outsiders:
        assert outsider.get(address).status_code == 404
    family = guardian_of(given, given.pupils[0])
    assert family.get(address).status_code == 200
    with given.under_test.portal.database.transaction() as db:
        db.execute(
            update(Guardianship).where(Guardianship.guardian_id == family.person_id).values(rights="none")
        )
    assert family.get(address).status_code == 404
    for outsider in (*outsiders, family):
        assert outsider.get(own_api(given) + "/documents").status_code in (403, 404)
        assert outsider.get(own(given) + "/documents").status_code in (403, 404)


def test_a_document_of_somebody_else_is_refused(given: TeachersPage, documents: ModuleType) -> None:
    others = shelf(documents, given, 1)[0]
    pupil = pupil_of(given)
    sent = {"text": "Мой ответ", "seen": "0", "document": ["", others.id]}
    refused = pupil.post(own(given), data=sent)
    assert refused.status_code == 422
    assert "Одного из выбранных документов у вас уже нет" in refused.text
    assert "Мой ответ" in refused.text
    assert pupil.put(own_api(given), json={"documents": [others.id]}).status_code == 422
    assert documents.FROZEN == {}
    assert pupil.get(own_api(given)).json()["work"]["id"] is None
    foreign = pupil_of(given, 1).put(own_api(given), json={"documents": [others.id]})
    assert foreign.status_code == 404


def test_a_pupil_of_another_school_hands_in_nothing(given: TeachersPage, documents: ModuleType) -> None:
    with given.under_test.portal.database.reading(fresh=True) as db:
        school = db.scalars(
            select(Organization.id).where(
                Organization.kind == "school", Organization.id != given.organization_id
            )
        ).first()
    away = with_role(given, "pupil", organization_id=school)
    assert away.person_id is not None
    mine = documents.shelf_of(away.person_id)[0]
    address = f"/api/v1/journal/homework/{given.lessons[0]}/{away.person_id}"
    assert away.put(address, json={"documents": [mine.id]}).status_code == 404
    assert documents.FROZEN == {}


def test_there_is_an_end_to_documents(given: TeachersPage, documents: ModuleType) -> None:
    first = shelf(documents, given)[0]
    for number in range(11):
        key = f"many-{number}"
        documents.SHELF[key] = documents.Document(
            key, given.pupils[0], f"Лист {number}", "текст", "", first.changed_at
        )
    refused = pupil_of(given).put(
        own_api(given), json={"documents": [f"many-{number}" for number in range(11)]}
    )
    assert refused.status_code == 422
    assert refused.json()["fields"]["documents"] == "Не больше 10 документов."
    assert len(hand_in(given, *(f"many-{number}" for number in range(10)))) == 10


def test_typed_things_and_ticks_come_back_with_a_fault(given: TeachersPage, documents: ModuleType) -> None:
    summer, trials = shelf(documents, given)
    pupil = pupil_of(given)
    sent = {"text": "я" * 20_001, "seen": "0", "document": ["", trials.id, summer.id]}
    long = pupil.post(own(given), data=sent)
    assert long.status_code == 422
    assert ticked(long.text) == [trials.id, summer.id]
    trials.title = "сбой"
    broken = pupil.post(own(given), data={**sent, "text": "Коротко"})
    assert broken.status_code == 409
    assert "Документ сейчас сдать не получается." in broken.text
    assert "Коротко" in broken.text
    assert ticked(broken.text) == [trials.id, summer.id]
    assert pupil.get(own_api(given)).json()["work"]["id"] is None
    assert documents.FROZEN == {}


def test_without_scripts_one_finds_by_a_button(given: TeachersPage, documents: ModuleType) -> None:
    summer, trials = shelf(documents, given)
    pupil = pupil_of(given)
    sent = {"text": "Ответ", "seen": "0", "step": "find", "find": "маятник", "document": ["", summer.id]}
    found = pupil.post(own(given), data=sent)
    assert found.status_code == 200
    assert ticked(found.text) == [summer.id]
    assert f'value="{trials.id}"' in found.text
    assert "Ответ" in found.text
    assert documents.FROZEN == {}
    assert "Ничего не нашлось" in pupil.post(own(given), data={**sent, "find": "интеграл"}).text
    part = pupil.get(own(given) + f"/documents?chosen={trials.id}").text
    assert ticked(part) == [trials.id]
    broken = pupil.get(own(given) + "/documents?find=сбой")
    assert broken.status_code == 200


def test_programs_read_and_write_documents(given: TeachersPage, documents: ModuleType) -> None:
    summer, trials = shelf(documents, given)
    pupil = pupil_of(given)
    listed = pupil.get(own_api(given) + "/documents").json()
    assert [each["id"] for each in listed] == [summer.id, trials.id]
    assert listed[0]["url"] == f"/district-documents/{summer.id}"
    narrowed = pupil.get(own_api(given) + "/documents", params={"find": "опыт"}).json()
    assert [each["title"] for each in narrowed] == ["Опыты с маятником"]
    handed = hand_in(given, trials.id, summer.id, trials.id)
    assert [(each["document"], each["kind"]) for each in handed] == [
        (trials.id, "таблица"),
        (summer.id, "текст"),
    ]
    works = given.teacher.get(works_of(given)).json()
    work = next(each["work"] for each in works if each["pupil"] == str(given.pupils[0]))
    assert [each["id"] for each in work["documents"]] == [each["id"] for each in handed]
    kept = pupil.put(own_api(given), json={"text": "И слова"}).json()["work"]["documents"]
    assert [each["id"] for each in kept] == [each["id"] for each in handed]


def test_handed_in_anew_before_an_answer_the_new_version_takes_its_place(
    given: TeachersPage, documents: ModuleType
) -> None:
    summer, trials = shelf(documents, given)
    first = hand_in(given, summer.id, trials.id)
    summer.text = "Дописал"
    second = hand_in(given, summer.id)
    assert [each["title"] for each in second] == ["Моё лето"]
    assert second[0]["id"] not in {each["id"] for each in first}
    assert {str(each) for each in documents.FROZEN} == {second[0]["id"]}
    assert given.teacher.get(first[0]["url"]).status_code == 404
    assert "Дописал" in given.teacher.get(second[0]["url"]).text


def test_a_returned_work_keeps_the_version_that_was_answered(
    given: TeachersPage, documents: ModuleType
) -> None:
    summer, trials = shelf(documents, given)
    first = hand_in(given, summer.id)
    send_back(given)
    summer.text = "Дополнил"
    both = hand_in(given, summer.id, trials.id, seen=1)
    assert [(each["title"], each["version"], each["earlier"]) for each in both] == [
        ("Моё лето", 2, False),
        ("Опыты с маятником", 2, False),
        ("Моё лето", 1, True),
    ]
    shown = given.teacher.get(review_page(given)).text
    assert "Сдано раньше" in shown
    assert "Начало" in given.teacher.get(first[0]["url"]).text
    assert "Дополнил" in given.teacher.get(both[0]["url"]).text
    assert "Сдано раньше" in pupil_of(given).get(own(given)).text
    send_back(given, seen=2)
    left = hand_in(given, trials.id, seen=2)
    assert {each["title"] for each in left} == {"Опыты с маятником"}
    assert given.teacher.get(first[0]["url"]).status_code == 404
    told = given.under_test.sign_in("head").get("/audit").text
    assert "документы портала" in told


def test_a_deleted_document_stays_as_a_title(given: TeachersPage, documents: ModuleType) -> None:
    summer = shelf(documents, given)[0]
    hand_in(given, summer.id)
    documents.FROZEN.clear()
    del documents.SHELF[summer.id]
    shown = given.teacher.get(review_page(given)).text
    assert "Моё лето" in shown
    assert "документ удалён" in shown
    assert "/district-documents/handed/" not in shown
    pupil = pupil_of(given)
    assert ticked(pupil.get(own(given)).text) == [summer.id]
    done = pupil.post(own(given), data={"text": "Ещё слова", "seen": "1", "document": ["", summer.id]})
    assert done.status_code == 303, done.text
    work = pupil.get(own_api(given)).json()["work"]
    assert [(each["title"], each["gone"]) for each in work["documents"]] == [("Моё лето", True)]


def test_switched_off_nothing_is_offered_and_titles_stay(
    given: TeachersPage, documents: ModuleType, request: pytest.FixtureRequest
) -> None:
    summer, trials = shelf(documents, given)
    hand_in(given, summer.id)
    request.getfixturevalue("switched_off")
    shown = given.teacher.get(review_page(given)).text
    assert "Моё лето" in shown
    assert "документы портала сейчас не открываются" in shown
    assert "документ удалён" not in shown
    pupil = pupil_of(given)
    form = pupil.get(own(given)).text
    assert ticked(form) == [summer.id]
    assert "Найти в своих документах" not in form
    assert "Документы портала сейчас выключены" in form
    assert "Документ портала" not in pupil_of(given, 1).get(own(given, 1)).text
    assert pupil.get(own_api(given) + "/documents").json() == []
    assert pupil.put(own_api(given), json={"documents": [trials.id]}).status_code == 422
    kept = hand_in(given, summer.id, text="Слова")
    assert [each["title"] for each in kept] == ["Моё лето"]
    assert hand_in(given, text="Без документа") == []


def test_a_file_may_go_while_a_document_stays(given: TeachersPage, documents: ModuleType) -> None:
    pupil = pupil_of(given)
    sent = {"text": "", "seen": "0", "document": ["", shelf(documents, given)[0].id]}
    pupil.post(own(given), data=sent, files={"files": ("опыт.txt", b"1, 2, 3", "text/plain")})
    file = pupil.get(own_api(given)).json()["work"]["files"][0]
    assert pupil.delete(f"{own_api(given)}/files/{file['id']}").status_code == 204
    nothing = pupil.put(own_api(given), json={"documents": []})
    assert nothing.status_code == 422


def test_documents_are_exported_and_erased_with_the_pupil(given: TeachersPage, documents: ModuleType) -> None:
    hand_in(given, shelf(documents, given)[0].id)
    hand_in(given, shelf(documents, given, 1)[0].id, pupil=1)
    database = given.under_test.portal.database
    with database.reading(fresh=True) as db:
        told = homework_of(db, given.pupils[0])
    assert told["сданные работы"][0]["документы портала"] == ["Моё лето (текст)"]
    with database.transaction() as db:
        assert erase_homework(db, system_actor(), given.pupils[0]) == 1
    with database.reading(fresh=True) as db:
        left = set(db.scalars(select(SubmissionDocument.id)))
    assert len(left) == 1
    assert set(documents.FROZEN) == left


def test_documents_of_two_cards_are_of_one_work(given: TeachersPage, documents: ModuleType) -> None:
    one, other = given.pupils[:2]
    first = hand_in(given, shelf(documents, given)[0].id)
    second = hand_in(given, shelf(documents, given, 1)[0].id, pupil=1)
    head = leader(given.under_test, given.organization_id)
    merge(head, one, other)
    works = given.teacher.get(works_of(given)).json()
    work = next(each["work"] for each in works if each["pupil"] == str(one))
    assert {each["id"] for each in work["documents"]} == {first[0]["id"], second[0]["id"]}
    for each in work["documents"]:
        assert given.teacher.get(each["url"]).status_code == 200
    with given.under_test.portal.database.reading(fresh=True) as db:
        merge_id: UUID | None = db.scalars(
            select(PersonMerge.id).order_by(PersonMerge.id.desc()).limit(1)
        ).first()
    assert head.post(f"/accounts/merges/{merge_id}/undo").status_code == 303
    parted = given.teacher.get(works_of(given)).json()
    by_pupil = {each["pupil"]: each["work"]["documents"] for each in parted}
    assert [each["id"] for each in by_pupil[str(one)]] == [first[0]["id"]]
    assert [each["id"] for each in by_pupil[str(other)]] == [second[0]["id"]]


def test_the_documents_keep_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.syspath_prepend(str(lay_wheel(NAME, tmp_path)))
    assert problems(NAME) == []
    monkeypatch.delitem(sys.modules, NAME)


def test_documents_that_cannot_be_taken_back_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    spoilt = lay_wheel(NAME, tmp_path, lambda source: source.replace("def take_back(", "def forget("))
    monkeypatch.syspath_prepend(str(spoilt))
    assert "У возможности «documents» нет метода take_back." in problems(NAME)
    monkeypatch.delitem(sys.modules, NAME)
