"""Items of a content library in homework: found, given, copied, read by families; withdrawn; switched off."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.organizations.models import Organization
from core.organizations.switches import switch_plugin
from core.testing.contract import problems
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.homework.models import GivenItem, HomeworkTask, TaskItem
from plugins.journal.homework.reminding import remind_school
from plugins.journal.models import JournalLesson
from tests.plugins.journal.attendance_people import guardian_of, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.library_wheel import NAME, library, portal, wheel
from tests.plugins.journal.marked_class import rows
from tests.plugins.journal.parallel_class import parallel_lesson
from tests.plugins.journal.test_papers import text
from tests.plugins.journal.vendor_wheels import lay_wheel

__all__ = ["library", "portal", "wheel"]

ABOUT_DEFAULT = {"homework": "", "homework_minutes": None, "homework_links": "", "topic": ""}


@pytest.fixture
def clean(page: TeachersPage, library: ModuleType) -> TeachersPage:
    """The page without homework, its library whole."""
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(GivenItem))
        db.execute(update(JournalLesson).where(JournalLesson.id.in_(page.lessons)).values(**ABOUT_DEFAULT))
    return page


@pytest.fixture
def switched_off(portal: PortalUnderTest) -> Iterator[None]:
    """The library is off in all schools."""

    def switch(*, on: bool) -> None:
        with portal.portal.database.transaction() as db:
            root = db.scalars(select(Organization).where(Organization.parent_id.is_(None))).one()
            switch_plugin(db, NAME, enabled=on, organization=root)

    switch(on=False)
    yield
    switch(on=True)


def lesson_of(page: TeachersPage, lesson: int = 0) -> str:
    return f"/journal/{page.page_id}/lessons/{page.lessons[lesson]}"


def api_of(page: TeachersPage, lesson: int = 0) -> str:
    return f"{page.url}/lessons/{page.lessons[lesson]}"


def give(page: TeachersPage, *ids: str, **more: Any) -> dict[str, Any]:
    answer = page.teacher.put(api_of(page), json={"homework_items": list(ids), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def given(page: TeachersPage) -> list[str]:
    """The ids as the teacher's program reads them."""
    return [each["id"] for each in page.teacher.get(api_of(page) + "/homework").json()["items"]]


def ticked(text: str) -> list[str]:
    """The ids of the ticked items of a form, in their order."""
    return re.findall(r'name="homework_item" value="([^"]+)" checked', text)


def diary_of(page: TeachersPage, visitor: Visitor) -> str:
    """The diary of the day when homework of the first lesson is due."""
    with page.under_test.portal.database.reading(fresh=True) as db:
        day = db.get_one(JournalLesson, page.lessons[1]).day
    return visitor.get(f"/diary/{page.pupils[0]}?day={day.isoformat()}").text


def test_a_teacher_finds_items_and_gives_them(clean: TeachersPage) -> None:
    form = clean.teacher.get(lesson_of(clean)).text
    assert "Из библиотеки" in form
    found = clean.teacher.get(lesson_of(clean) + "/library?find=дроби").text
    assert "Дроби: проверьте себя" in found
    assert "тест · 15 мин · 0+" in found
    assert "Откуда взялись дроби" in found
    assert "Сложение" not in found
    assert "Ничего не нашлось" in clean.teacher.get(lesson_of(clean) + "/library?find=интеграл").text
    sent = {"homework": "№ 5", "homework_links": "", "homework_item": ["", "test-3", "video-7"]}
    assert clean.teacher.post(lesson_of(clean), data=sent).status_code == 303
    assert given(clean) == ["test-3", "video-7"]
    assert ticked(clean.teacher.get(lesson_of(clean)).text) == ["test-3", "video-7"]
    page = clean.teacher.get(lesson_of(clean) + "/homework").text
    assert 'href="/district-library/video-7"' in page
    assert "видео · 12 мин · 6+ · проверено" in page
    assert clean.teacher.post(lesson_of(clean), data={**sent, "homework_item": ""}).status_code == 303
    assert given(clean) == []


def test_a_form_without_the_part_leaves_items_alone(clean: TeachersPage) -> None:
    give(clean, "video-7")
    assert clean.teacher.post(lesson_of(clean), data={"homework": "№ 6"}).status_code == 303
    assert given(clean) == ["video-7"]


def test_without_scripts_the_form_comes_back_with_what_was_found(clean: TeachersPage) -> None:
    typed = {"topic": "Дроби", "homework": "№ 5", "find": "дробей", "step": "find", "homework_item": ""}
    found = clean.teacher.post(lesson_of(clean), data=typed)
    assert found.status_code == 200
    assert "Сложение дробей" in found.text
    assert "№ 5" in found.text
    assert given(clean) == []
    chosen = {**typed, "find": "дроби", "homework_item": ["", "video-7"]}
    more = clean.teacher.post(lesson_of(clean), data=chosen).text
    assert ticked(more) == ["video-7"]
    assert 'value="test-3"' in more
    proposed = re.search(r'name="homework_minutes"[^>]* value="(\d*)"', more)
    assert proposed is not None
    assert proposed.group(1) == "12"
    moved = {**typed, "step": "up:test-3", "homework_item": ["", "video-7", "test-3"]}
    assert ticked(clean.teacher.post(lesson_of(clean), data=moved).text) == ["test-3", "video-7"]
    moved["step"] = "down:video-7"
    assert ticked(clean.teacher.post(lesson_of(clean), data=moved).text) == ["test-3", "video-7"]
    assert given(clean) == []


def test_typed_minutes_are_not_proposed_over(clean: TeachersPage) -> None:
    typed = {"homework_minutes": "7", "step": "find", "find": "дроби", "homework_item": ["", "video-7"]}
    shown = re.search(
        r'name="homework_minutes"[^>]* value="(\d*)"', clean.teacher.post(lesson_of(clean), data=typed).text
    )
    assert shown is not None
    assert shown.group(1) == "7"


def test_programs_read_and_write_items(clean: TeachersPage) -> None:
    answer = give(clean, "page-1", "video-7", "page-1")
    assert [each["id"] for each in answer["homework_items"]] == ["page-1", "video-7"]
    assert answer["homework_items"][1] == {
        "id": "video-7",
        "title": "Сложение дробей",
        "kind": "видео",
        "minutes": 12,
        "url": "/district-library/video-7",
        "age_mark": "6+",
        "verified": True,
        "withdrawn": False,
    }
    refused = clean.teacher.put(api_of(clean), json={"homework_items": ["page-1", "no-such"]})
    assert refused.status_code == 422
    assert "homework_items" in refused.json()["fields"]
    assert given(clean) == ["page-1", "video-7"]


def test_there_is_an_end_to_items(clean: TeachersPage, library: ModuleType) -> None:
    for number in range(21):
        library.LIBRARY[f"n{number}"] = library.ContentItem(id=f"n{number}", title=f"Урок {number}")
    assert (
        clean.teacher.put(
            api_of(clean), json={"homework_items": [f"n{number}" for number in range(21)]}
        ).status_code
        == 422
    )
    give(clean, *(f"n{number}" for number in range(20)))
    form = clean.teacher.post(
        lesson_of(clean), data={"homework_item": [f"n{number}" for number in range(21)]}
    )
    assert form.status_code == 422
    assert "Не больше 20 материалов." in form.text


def test_other_teachers_and_schools_give_nothing(
    clean: TeachersPage, other_teacher: Visitor, stranger: Visitor
) -> None:
    for visitor in (other_teacher, stranger):
        body = {"homework_items": ["video-7"]}
        assert visitor.put(api_of(clean), json=body).status_code in (403, 404)
    assert stranger.get(lesson_of(clean) + "/library?find=дроби").status_code == 404
    assert given(clean) == []


def test_pupil_and_guardian_see_items_and_open_them(clean: TeachersPage) -> None:
    give(clean, "video-7")
    pupil = clean.under_test.sign_in("pupil", person_id=clean.pupils[0])
    family = guardian_of(clean, clean.pupils[0])
    for visitor in (pupil, family):
        diary = diary_of(clean, visitor)
        assert 'href="/district-library/video-7"' in diary
        assert "видео · 12 мин · 6+" in diary
        own = visitor.get(f"/homework/{clean.lessons[0]}/{clean.pupils[0]}").text
        assert "Сложение дробей" in own
        assert "На этом уроке ничего не задано" not in own
        assert "Сложение дробей" in visitor.get("/district-library/video-7").text
    read = pupil.get(f"/api/v1/journal/homework/{clean.lessons[0]}/{clean.pupils[0]}").json()
    assert [each["id"] for each in read["items"]] == ["video-7"]
    handed = pupil.put(
        f"/api/v1/journal/homework/{clean.lessons[0]}/{clean.pupils[0]}", json={"text": "Посмотрела"}
    )
    assert handed.status_code == 200, handed.text


def test_what_the_library_withdraws_stays_as_a_title(clean: TeachersPage, library: ModuleType) -> None:
    give(clean, "video-7", "test-3")
    del library.LIBRARY["video-7"]
    page = clean.teacher.get(lesson_of(clean) + "/homework").text
    assert "Сложение дробей" in page
    assert "больше не в библиотеке" in page
    assert 'href="/district-library/video-7"' not in page
    diary = diary_of(clean, clean.under_test.sign_in("pupil", person_id=clean.pupils[0]))
    assert "больше не в библиотеке" in diary
    form = {"homework": "№ 9", "homework_item": ["", "video-7", "test-3"]}
    assert clean.teacher.post(lesson_of(clean), data=form).status_code == 303
    assert given(clean) == ["video-7", "test-3"]
    give(clean, "test-3")
    gone = clean.teacher.put(api_of(clean), json={"homework_items": ["video-7"]})
    assert gone.status_code == 422


def test_switched_off_nothing_is_offered_and_titles_stay(
    clean: TeachersPage, request: pytest.FixtureRequest
) -> None:
    give(clean, "video-7")
    request.getfixturevalue("switched_off")
    form = clean.teacher.get(lesson_of(clean)).text
    assert "Сложение дробей" in form
    assert "Найти в библиотеке" not in form
    assert "больше не в библиотеке" not in form
    assert "/district-library/" not in form
    assert "Из библиотеки" not in clean.teacher.get(lesson_of(clean, 1)).text
    diary = diary_of(clean, clean.under_test.sign_in("pupil", person_id=clean.pupils[0]))
    assert "Сложение дробей" in diary
    assert "/district-library/" not in diary
    assert clean.teacher.get(lesson_of(clean) + "/library?find=дроби").text.strip() == ""
    assert clean.teacher.put(api_of(clean), json={"homework_items": ["test-3"]}).status_code == 422
    give(clean)
    assert given(clean) == []


def test_a_broken_library_breaks_no_page(clean: TeachersPage, library: ModuleType) -> None:
    library.LIBRARY["broken"] = library.ContentItem(id="broken", title="Хрупкое")
    with clean.under_test.portal.database.transaction() as db:
        db.add(
            GivenItem(
                lesson_id=clean.lessons[0],
                item_id="broken",
                organization_id=clean.organization_id,
                title="Хрупкое",
                position=0,
            )
        )
    assert clean.teacher.get(lesson_of(clean)).status_code == 200
    assert "Хрупкое" in diary_of(clean, clean.under_test.sign_in("pupil", person_id=clean.pupils[0]))
    assert "Ничего не нашлось" in clean.teacher.get(lesson_of(clean) + "/library?find=сбой").text
    failures = clean.under_test.portal.plugins.loaded[NAME].failures
    assert any("content" in each.place for each in failures)


def test_changes_of_items_stand_in_the_history_and_are_taken_back(
    clean: TeachersPage, library: ModuleType
) -> None:
    give(clean, "video-7", "test-3", homework="№ 1")
    give(clean, "page-1")
    url = api_of(clean)
    lines = clean.teacher.get(url + "/history").json()
    assert lines[0]["what"] == "материалы библиотеки: «Откуда взялись дроби»"
    assert "«Сложение дробей», «Дроби: проверьте себя»" in lines[1]["what"]
    told = clean.under_test.sign_in("head").get("/audit").text
    assert "материалы библиотеки" in told
    assert "video-7" not in told
    del library.LIBRARY["test-3"]
    restored = clean.teacher.post(url + "/restore", json={"record": lines[0]["record"]})
    assert restored.status_code == 200, restored.text
    assert given(clean) == ["video-7"]
    with clean.under_test.portal.database.reading(fresh=True) as db:
        recorded = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.subject_id == str(clean.lessons[0]))
            .order_by(AuditRecord.id.desc())
        ).first()
        assert recorded is not None
        assert (recorded.after or {})["homework_items"] == ["Сложение дробей"]


def test_links_are_taken_back_too(clean: TeachersPage) -> None:
    url = api_of(clean)
    for links in ("https://a.example/1", "https://b.example/2"):
        assert clean.teacher.put(url, json={"homework_links": links}).status_code == 200
    line = clean.teacher.get(url + "/history").json()[0]
    restored = clean.teacher.post(url + "/restore", json={"record": line["record"]})
    assert restored.json()["homework_links"] == "https://a.example/1"


def test_items_go_to_parallel_classes(clean: TeachersPage, library: ModuleType) -> None:
    lesson_id = parallel_lesson(clean.under_test.portal, clean.found, "Ы")
    deputy = with_role(clean, "deputy_head")
    give(clean, "video-7", "test-3")
    del library.LIBRARY["test-3"]
    url = f"{api_of(clean)}/homework/copies"
    body = {"lessons": [str(lesson_id)]}
    assert deputy.post(url, json=body).json() == {"lessons": 1}

    def there() -> list[str]:
        with clean.under_test.portal.database.reading(fresh=True) as db:
            return list(db.scalars(select(GivenItem.item_id).where(GivenItem.lesson_id == lesson_id)))

    assert there() == ["video-7"]
    give(clean, "page-1")
    busy = deputy.post(url, json=body)
    assert busy.status_code == 409
    assert deputy.post(url, json={**body, "replace": True}).status_code == 200
    assert there() == ["page-1"]
    assert "Откуда взялись дроби" in clean.teacher.get(lesson_of(clean) + "/homework/copy").text


def test_a_task_for_some_pupils_carries_items(clean: TeachersPage, library: ModuleType) -> None:
    with clean.under_test.portal.database.transaction() as db:
        db.execute(delete(HomeworkTask).where(HomeworkTask.lesson_id == clean.lessons[0]))
    pupil, classmate = (clean.under_test.sign_in("pupil", person_id=each) for each in clean.pupils[:2])
    page = lesson_of(clean) + "/homework"
    assert "Найти в библиотеке" in clean.teacher.get(page).text
    typed = {"text": "Карточка", "pupil": str(clean.pupils[0]), "homework_item": ["", "test-3"]}
    found = clean.teacher.post(page + "/tasks", data={**typed, "find": "дробей", "step": "find"})
    assert found.status_code == 200
    assert ticked(found.text) == ["test-3"]
    assert "Сложение дробей" in found.text
    assert "Карточка" in found.text
    wrong = clean.teacher.post(page + "/tasks", data={**typed, "homework_item": ["", "no-such", "test-3"]})
    assert wrong.status_code == 422
    assert "Задание не сохранено." in wrong.text
    given_both = {**typed, "homework_item": ["", "test-3", "video-7"]}
    assert clean.teacher.post(page + "/tasks", data=given_both).status_code == 303
    api = api_of(clean) + "/homework"
    task = clean.teacher.get(api).json()["tasks"][0]
    assert [each["id"] for each in task["items"]] == ["test-3", "video-7"]
    diary, others = diary_of(clean, pupil), clean.under_test.sign_in("pupil", person_id=clean.pupils[1])
    assert 'href="/district-library/test-3"' in diary
    with clean.under_test.portal.database.reading(fresh=True) as db:
        day = db.get_one(JournalLesson, clean.lessons[1]).day
    assert "/district-library/" not in others.get(f"/diary/{clean.pupils[1]}?day={day}").text
    own = f"/homework/{clean.lessons[0]}/{clean.pupils[0]}"
    assert "Дроби: проверьте себя" in pupil.get(own).text
    read = pupil.get(f"/api/v1/journal{own}").json()["tasks"][0]
    assert [each["id"] for each in read["items"]] == ["test-3", "video-7"]
    assert classmate.get(own).status_code == 404
    body = {"text": "Карточка", "pupils": [str(clean.pupils[0])]}
    changed = clean.teacher.put(f"{api}/tasks/{task['id']}", json={**body, "items": ["video-7"]})
    assert [each["id"] for each in changed.json()[0]["items"]] == ["video-7"]
    kept = clean.teacher.put(f"{api}/tasks/{task['id']}", json={**body, "minutes": 5})
    assert [each["id"] for each in kept.json()[0]["items"]] == ["video-7"]
    assert ticked(clean.teacher.get(f"{page}?task={task['id']}").text) == ["video-7"]
    library.LIBRARY.clear()
    assert "больше не в библиотеке" in clean.teacher.get(page).text
    told = clean.under_test.sign_in("head").get("/audit").text
    assert "материалы библиотеки" in told
    assert "test-3" not in told
    assert clean.teacher.delete(f"{api}/tasks/{task['id']}").status_code == 204
    with clean.under_test.portal.database.reading(fresh=True) as db:
        assert db.scalars(select(TaskItem.item_id)).all() == []


def test_papers_and_tables_list_items(clean: TeachersPage, library: ModuleType) -> None:
    give(clean, "test-3", "video-7", homework="№ 12")
    give_to_second = clean.teacher.put(api_of(clean, 1), json={"homework_items": ["page-1"]})
    assert give_to_second.status_code == 200, give_to_second.text
    library.LIBRARY.clear()
    address = f"/journal/{clean.page_id}"
    query = f"?term={clean.term.number}"
    told = [row[4] for row in rows(clean.teacher.get(f"{address}/xlsx{query}").content, 1)]
    assert "№ 12. Из библиотеки: «Дроби: проверьте себя», «Сложение дробей»" in told
    assert "Из библиотеки: «Откуда взялись дроби»" in told
    paper = " ".join(text(clean.teacher.get(f"{address}/pdf{query}")).split())
    assert "«Дроби: проверьте себя»" in paper
    assert "«Откуда взялись дроби»" in paper


def test_a_lesson_with_items_is_not_reminded_of(clean: TeachersPage) -> None:
    database = clean.under_test.portal.database
    with database.transaction() as db:
        lesson = db.get_one(JournalLesson, clean.lessons[0])
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.organization_id == clean.organization_id, JournalLesson.day == lesson.day)
            .values(homework="без задания")
        )
        lesson.homework, lesson.teacher_id = "", clean.teacher_id
        evening = datetime.combine(lesson.day, time(18), UTC)

    def reminded() -> int:
        with database.transaction() as db:
            return remind_school(db, clean.organization_id, evening)

    give(clean, "video-7")
    assert reminded() == 0
    give(clean)
    assert reminded() == 1


def test_the_library_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.syspath_prepend(str(lay_wheel(NAME, tmp_path)))
    assert problems(NAME) == []
    monkeypatch.delitem(sys.modules, NAME)


def test_a_library_that_cannot_tell_of_items_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.syspath_prepend(
        str(lay_wheel(NAME, tmp_path, lambda source: source.replace("def items(", "def list(")))
    )
    assert "У возможности «content» нет метода items." in problems(NAME)
    monkeypatch.delitem(sys.modules, NAME)
