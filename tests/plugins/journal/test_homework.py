"""Homework: the norm of the day, links and files, tasks for some pupils, works handed in and reviewed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.files import StoredFile
from core.identity.models import Guardianship, Notification
from core.organizations.models import Organization, PupilGroup, PupilGroupMembership
from core.testing.portal import Visitor
from plugins.journal.homework.models import HomeworkTask, HomeworkTaskPupil, Submission
from plugins.journal.homework.reminding import remind_school
from plugins.journal.models import JournalLesson, JournalPage
from tests.plugins.journal.attendance_people import actions_about, guardian_of, news_of, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.parallel_class import parallel_lesson

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
PICTURE = ("тетрадь.pdf", PDF, "application/pdf")


@pytest.fixture
def clean(page: TeachersPage) -> TeachersPage:
    """The page without homework of any kind."""
    with page.under_test.portal.database.transaction() as db:
        for table in (HomeworkTaskPupil, HomeworkTask, Submission, Notification):
            db.execute(delete(table))
        purposes = ("journal.homework", "journal.submission")
        db.execute(delete(StoredFile).where(StoredFile.purpose.in_(purposes)))
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.organization_id == page.organization_id)
            .values(homework_links="", homework_minutes=None)
        )
        db.execute(update(JournalLesson).where(JournalLesson.id.in_(page.lessons)).values(homework=""))
    return page


def homework_of(page: TeachersPage, lesson: int = 0) -> str:
    return f"{page.url}/lessons/{page.lessons[lesson]}/homework"


def own(page: TeachersPage, pupil: int = 0, lesson: int = 0) -> str:
    return f"/homework/{page.lessons[lesson]}/{page.pupils[pupil]}"


def own_api(page: TeachersPage, pupil: int = 0, lesson: int = 0) -> str:
    return f"/api/v1/journal/homework/{page.lessons[lesson]}/{page.pupils[pupil]}"


def set_homework(page: TeachersPage, text: str = "№ 12, 14", lesson: int = 0, **more: Any) -> None:
    url = f"{page.url}/lessons/{page.lessons[lesson]}"
    answer = page.teacher.put(url, json={"homework": text, **more})
    assert answer.status_code == 200, answer.text


def pupil_of(page: TeachersPage, number: int = 0) -> Visitor:
    return page.under_test.sign_in("pupil", person_id=page.pupils[number])


def due_day(page: TeachersPage) -> Any:
    with page.under_test.portal.database.reading(fresh=True) as db:
        return db.get_one(JournalLesson, page.lessons[1]).day


def diary_of(page: TeachersPage, visitor: Visitor, pupil: int = 0) -> list[dict[str, Any]]:
    """What the diary says is given for the lesson after the first."""
    day = due_day(page)
    answer = visitor.get(f"/api/v1/diary/pupils/{page.pupils[pupil]}/week?week={day}")
    assert answer.status_code == 200, answer.text
    week = answer.json()
    lines: list[dict[str, Any]] = next(each for each in week["days"] if each["day"] == str(day))["lessons"]
    return next(
        line["given"] for line in lines if line["subject_id"] == str(page.subject_id) and line["given"]
    )


def other_lesson_before(page: TeachersPage, minutes: Sequence[int]) -> None:
    """Give homework of other subjects of the class, due on the day of the second lesson."""
    day = due_day(page)
    with page.under_test.portal.database.transaction() as db:
        due = db.execute(
            select(JournalLesson.page_id, JournalLesson.number)
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(
                JournalPage.school_class_id == page.school_class_id,
                JournalLesson.day == day,
                JournalLesson.status != "cancelled",
                JournalLesson.page_id != page.page_id,
            )
            .order_by(JournalLesson.number)
        ).all()
        pages = list(dict.fromkeys(row.page_id for row in due))
        for page_id, each in zip(pages, minutes, strict=False):
            before = db.scalars(
                select(JournalLesson.id)
                .where(
                    JournalLesson.page_id == page_id,
                    JournalLesson.day < day,
                    JournalLesson.status != "cancelled",
                )
                .order_by(JournalLesson.day.desc(), JournalLesson.number.desc())
                .limit(1)
            ).one()
            db.execute(update(JournalLesson).where(JournalLesson.id == before).values(homework_minutes=each))


def test_minutes_of_the_day_stand_beside_the_norm(clean: TeachersPage) -> None:
    other_lesson_before(clean, [40, 50])
    load = clean.teacher.get(homework_of(clean) + "/load?minutes=30").json()
    assert (load["day"], load["minutes"]) == (str(due_day(clean)), 120)
    assert sorted(each["minutes"] for each in load["others"]) == [40, 50]
    assert load["norm"] in (84, 105, 120, 147, 150, 210)
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}"
    calm = clean.teacher.get(f"{page}/homework/load?homework_minutes=1").text
    assert "91 мин" in calm
    assert "больше нормы" not in calm
    heavy = clean.teacher.get(f"{page}/homework/load?homework_minutes=300").text
    assert "Это больше нормы" in heavy
    saved = clean.teacher.post(page, data={"homework": "Много", "homework_minutes": "300"})
    assert saved.status_code == 303
    assert "Это больше нормы" in clean.teacher.get(page).text
    with clean.under_test.portal.database.reading(fresh=True) as db:
        assert db.get_one(JournalLesson, clean.lessons[0]).homework_minutes == 300


def test_a_school_may_give_less_than_the_norm_but_not_more(clean: TeachersPage) -> None:
    from plugins.journal.settings import JournalSettings

    assert JournalSettings(homework_norms="5–11; 60").homework_norms
    with pytest.raises(ValueError, match="не больше 60"):
        JournalSettings(homework_norms="1; 90")
    with pytest.raises(ValueError, match="не норма"):
        JournalSettings(homework_norms="много")


def test_links_are_checked_and_shown_in_the_diary(clean: TeachersPage) -> None:
    url = f"{clean.url}/lessons/{clean.lessons[0]}"
    for wrong in ("javascript:alert(1)", "урок.рф", "ftp://a.ru/1", "https://a b.ru"):
        answer = clean.teacher.put(url, json={"homework_links": wrong})
        assert answer.status_code == 422, wrong
        assert "не ссылка" in answer.text
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}"
    again = clean.teacher.post(page, data={"topic": "Дроби", "homework_links": "урок.рф"})
    assert again.status_code == 422
    assert "Дроби" in again.text
    assert ">\nурок.рф</textarea>" in again.text
    set_homework(
        clean, homework_links="https://school.example/7\n\n http://two.example/x ", homework_minutes=20
    )
    given = diary_of(clean, pupil_of(clean))
    assert given[0]["text"] == "№ 12, 14"
    assert given[0]["links"] == ["https://school.example/7", "http://two.example/x"]
    assert given[0]["minutes"] == 20
    shown = pupil_of(clean).get(f"/diary/{clean.pupils[0]}?day={due_day(clean)}").text
    assert 'href="https://school.example/7" rel="noopener noreferrer"' in shown


def test_files_come_with_homework_and_go(
    clean: TeachersPage, other_teacher: Visitor, stranger: Visitor
) -> None:
    set_homework(clean)
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework"
    empty = clean.teacher.post(page + "/files", files={"files": ("", b"", "")})
    assert empty.status_code == 422
    assert "Выберите файл" in empty.text
    bad = clean.teacher.post(page + "/files", files={"files": ("x.exe", b"MZ\x90\x00" + b"\0" * 99, "x/y")})
    assert bad.status_code == 422
    done = clean.teacher.post(page + "/files", files={"files": PICTURE})
    assert done.status_code == 303, done.text
    file = clean.teacher.get(homework_of(clean)).json()["files"][0]
    assert file["name"] == "тетрадь.pdf"
    given = diary_of(clean, pupil_of(clean))
    assert given[0]["files"] == [{"id": file["id"], "name": "тетрадь.pdf"}]
    address = f"/files/{file['id']}"
    family = guardian_of(clean, clean.pupils[0])
    for reader in (clean.teacher, pupil_of(clean), family, with_role(clean, "deputy_head")):
        assert reader.get(address).status_code == 200
    for outsider in (other_teacher, stranger, with_role(clean, "guardian")):
        assert outsider.get(address).status_code == 404
    remove = f"{page}/files/{file['id']}/remove"
    assert other_teacher.post(remove, data={"step": "remove"}).status_code in (403, 404)
    assert clean.teacher.post(remove, data={"step": "remove"}).status_code == 303
    assert clean.teacher.get(homework_of(clean)).json()["files"] == []
    assert actions_about(clean, str(clean.lessons[0]))[-2:] == [
        "journal.homework.attach",
        "journal.homework.detach",
    ]


def test_a_task_is_seen_by_its_pupils_and_their_families_alone(
    clean: TeachersPage, other_teacher: Visitor
) -> None:
    url = homework_of(clean) + "/tasks"
    wanted = {"text": "Карточка № 3", "minutes": 15, "pupils": [str(clean.pupils[0])]}
    assert other_teacher.post(url, json=wanted).status_code in (403, 404)
    refused: list[dict[str, Any]] = [
        {"text": " "},
        {"minutes": 0},
        {"pupils": []},
        {"pupils": [str(new_id())]},
    ]
    for wrong in refused:
        assert clean.teacher.post(url, json={**wanted, **wrong}).status_code == 422, wrong
    elsewhere = {**wanted, "due_lesson": str(clean.lessons[0])}
    assert clean.teacher.post(url, json=elsewhere).status_code == 422
    made = clean.teacher.post(url, json=wanted)
    assert made.status_code == 201, made.text
    given = diary_of(clean, pupil_of(clean))
    assert [(each["text"], each["own"], each["minutes"]) for each in given] == [("Карточка № 3", True, 15)]
    family = guardian_of(clean, clean.pupils[0])
    assert "Карточка № 3" in family.get(own(clean)).text
    assert "Карточка № 3" not in pupil_of(clean, 1).get(own(clean, 1)).text
    assert pupil_of(clean, 1).get(own(clean, 0)).status_code == 404
    task_id = made.json()["id"]
    assert clean.teacher.delete(f"{url}/{task_id}").status_code == 204
    assert clean.teacher.delete(f"{url}/{task_id}").status_code == 404
    assert "Карточка № 3" not in family.get(own(clean)).text
    assert actions_about(clean, task_id) == ["journal.homework.task_add", "journal.homework.task_remove"]


def test_a_task_is_changed_for_other_pupils(clean: TeachersPage, other_teacher: Visitor) -> None:
    url = homework_of(clean) + "/tasks"
    wanted = {"text": "Карточка № 3", "minutes": 15, "pupils": [str(clean.pupils[0])]}
    task_id = clean.teacher.post(url, json=wanted).json()["id"]
    changed = {"text": "Карточка № 4", "pupils": [str(clean.pupils[1])], "due_lesson": str(clean.lessons[2])}
    assert other_teacher.put(f"{url}/{task_id}", json=changed).status_code in (403, 404)
    assert clean.teacher.put(f"{url}/{new_id()}", json=changed).status_code == 404
    assert clean.teacher.put(f"{url}/{task_id}", json={**changed, "text": ""}).status_code == 422
    answer = clean.teacher.put(f"{url}/{task_id}", json=changed)
    assert answer.status_code == 200, answer.text
    (task,) = answer.json()
    assert (task["text"], task["minutes"], task["pupil_ids"]) == ("Карточка № 4", None, changed["pupils"])
    assert task["due_lesson"] == str(clean.lessons[2])
    assert "Карточка №" not in pupil_of(clean).get(own(clean)).text
    assert "Карточка № 4" in pupil_of(clean, 1).get(own(clean, 1)).text
    # What changes nothing leaves no trace.
    assert clean.teacher.put(f"{url}/{task_id}", json=changed).status_code == 200
    assert actions_about(clean, task_id) == ["journal.homework.task_add", "journal.homework.task_change"]


def test_a_task_is_changed_on_the_page(clean: TeachersPage) -> None:
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework"
    typed = {"text": "Доклад", "minutes": "20", "pupil": str(clean.pupils[0])}
    assert clean.teacher.post(page + "/tasks", data=typed).status_code == 303
    task_id = clean.teacher.get(homework_of(clean)).json()["tasks"][0]["id"]
    form = clean.teacher.get(f"{page}?task={task_id}").text
    assert f'action="{page}/tasks/{task_id}"' in form
    assert "Доклад</textarea>" in form
    refused = clean.teacher.post(f"{page}/tasks/{task_id}", data={**typed, "text": "", "minutes": "33"})
    assert refused.status_code == 422
    assert f'action="{page}/tasks/{task_id}"' in refused.text
    assert 'value="33"' in refused.text
    done = clean.teacher.post(f"{page}/tasks/{task_id}", data={**typed, "text": "Доклад о реках"})
    assert done.status_code == 303, done.text
    shown = clean.teacher.get(done.headers["location"]).text
    assert "Задание изменено" in shown
    assert "Доклад о реках" in shown


def test_programs_attach_files_too(clean: TeachersPage, other_teacher: Visitor) -> None:
    set_homework(clean)
    sent = {"files": [{"name": "карта.pdf", "content": b64encode(PDF).decode()}]}
    assert other_teacher.post(homework_of(clean) + "/files", json=sent).status_code in (403, 404)
    executable = {"files": [{"name": "x.exe", "content": b64encode(b"MZ\x90\x00" + b"\0" * 99).decode()}]}
    assert clean.teacher.post(homework_of(clean) + "/files", json=executable).status_code == 422
    assert clean.teacher.post(homework_of(clean) + "/files", json={"files": []}).status_code == 422
    answer = clean.teacher.post(homework_of(clean) + "/files", json=sent)
    assert answer.status_code == 201, answer.text
    assert [each["name"] for each in answer.json()] == ["карта.pdf"]
    assert pupil_of(clean).get(f"/files/{answer.json()[0]['id']}").content == PDF
    handed = pupil_of(clean).put(own_api(clean), json={"text": "", **sent})
    assert handed.status_code == 200, handed.text
    assert [each["name"] for each in handed.json()["work"]["files"]] == ["карта.pdf"]
    assert pupil_of(clean, 1).put(own_api(clean), json=sent).status_code == 404


def test_a_task_for_a_subgroup_and_a_later_lesson(clean: TeachersPage) -> None:
    with clean.under_test.portal.database.transaction() as db:
        year_id = db.get_one(JournalPage, clean.page_id).academic_year_id
        group = PupilGroup(
            id=new_id(),
            organization_id=clean.organization_id,
            academic_year_id=year_id,
            school_class_id=clean.school_class_id,
            kind="subgroup",
            name="Проверочная подгруппа",
        )
        db.add(group)
        db.flush()
        for pupil in clean.pupils[:2]:
            db.add(
                PupilGroupMembership(
                    id=new_id(),
                    pupil_group_id=group.id,
                    person_id=pupil,
                    starts_on=clean.term.starts_on - timedelta(days=30),
                )
            )
        group_id = group.id
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework"
    assert "Проверочная подгруппа" in clean.teacher.get(page).text
    typed = {"text": "Доклад", "group": str(group_id), "due_lesson": str(clean.lessons[2]), "minutes": ""}
    refused = clean.teacher.post(page + "/tasks", data={**typed, "minutes": "много"})
    assert refused.status_code == 422
    assert "Доклад" in refused.text
    assert clean.teacher.post(page + "/tasks", data=typed).status_code == 303
    task = clean.teacher.get(homework_of(clean)).json()["tasks"][0]
    assert set(task["pupil_ids"]) == {str(each) for each in clean.pupils[:2]}
    with clean.under_test.portal.database.reading(fresh=True) as db:
        later = db.get_one(JournalLesson, clean.lessons[2]).day
    assert task["due_day"] == str(later)
    week = pupil_of(clean).get(f"/api/v1/diary/pupils/{clean.pupils[0]}/week?week={later}").json()
    lines = next(each for each in week["days"] if each["day"] == str(later))["lessons"]
    assert any(given["text"] == "Доклад" for line in lines for given in line["given"])
    removed = clean.teacher.post(f"{page}/tasks/{task['id']}/remove", data={"step": "remove"})
    assert removed.status_code == 303


def test_a_work_is_handed_in_returned_and_marked(clean: TeachersPage) -> None:
    set_homework(clean)
    pupil = pupil_of(clean)
    assert "Сдать работу" in pupil.get(own(clean)).text
    nothing = pupil.post(own(clean), data={"text": " ", "seen": "0"}, files={"files": ("", b"", "")})
    assert nothing.status_code == 422
    assert "Напишите ответ или приложите файл" in nothing.text
    done = pupil.post(own(clean), data={"text": "x = 5", "seen": "0"}, files={"files": PICTURE})
    assert done.status_code == 303, done.text
    works = clean.teacher.get(homework_of(clean) + "/works").json()
    work = next(each for each in works if each["pupil"] == str(clean.pupils[0]))["work"]
    assert (work["state"], work["text"], work["version"]) == ("handed_in", "x = 5", 1)
    assert len(works) == len(clean.pupils)
    assert sum(1 for each in works if each["work"]["state"]) == 1
    review = f"{homework_of(clean)}/works/{clean.pupils[0]}"
    silent = clean.teacher.post(review, json={"state": "returned", "seen": 1})
    assert silent.status_code == 422
    assert "Напишите, что исправить" in silent.text
    returned = clean.teacher.post(review, json={"state": "returned", "seen": 1, "answer": "Проверьте знак"})
    assert returned.json()["state"] == "returned"
    assert news_of(clean, clean.pupils[0])[0].startswith("Работу вернули на исправление")
    assert "Проверьте знак" in pupil.get(own(clean)).text
    assert diary_of(clean, pupil)[0]["state"] == "Вернули на исправление"
    again = pupil.put(own_api(clean), json={"text": "x = −5", "seen": 1})
    assert again.status_code == 200, again.text
    assert again.json()["work"]["version"] == 2
    assert pupil.put(own_api(clean), json={"text": "Другое окно", "seen": 1}).status_code == 409
    old = clean.teacher.post(review, json={"state": "accepted", "seen": 1})
    assert old.status_code == 409
    assert "Ученик сдал работу заново" in old.text
    clean.put("2>4")
    accepted = clean.teacher.post(
        review, json={"state": "accepted", "seen": 2, "mark": "5", "answer": "Хорошо"}
    )
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["state"], accepted.json()["mark"]) == ("accepted", "5")
    assert [each["value"] for each in clean.cell()["marks"]] == ["2", "4", "5"]
    assert (
        clean.teacher.post(review, json={"state": "accepted", "seen": 2, "mark": "3"}).json()["mark"] == "3"
    )
    assert [each["value"] for each in clean.cell()["marks"]] == ["2", "4", "3"]
    assert clean.cell()["text"] == "2→4/3"
    late = pupil.put(own_api(clean), json={"text": "Поздно"})
    assert late.status_code == 409
    assert "уже проверили" in late.text
    seen = guardian_of(clean, clean.pupils[0]).get(own(clean))
    assert "x = −5" in seen.text
    assert "Сдать" not in seen.text
    assert actions_about(clean, work["id"])[:3] == [
        "journal.submission.hand_in",
        "journal.submission.return",
        "journal.submission.hand_in",
    ]


def test_the_teacher_reviews_on_the_page(clean: TeachersPage) -> None:
    set_homework(clean)
    pupil_of(clean).put(own_api(clean), json={"text": "Ответ"})
    pupil_of(clean, 1).put(own_api(clean, 1), json={"text": "Второй ответ"})
    listed = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework"
    shown = clean.teacher.get(listed).text
    assert f"2 из {len(clean.pupils)}" in shown
    page = f"{listed}/{clean.pupils[0]}"
    assert "Следующая непроверенная" in clean.teacher.get(page).text
    typed = {"state": "accepted", "seen": "1", "answer": "Молодец", "mark": "9"}
    refused = clean.teacher.post(page, data={**typed, "mark_lesson": str(clean.lessons[0])})
    assert refused.status_code == 422
    assert "Молодец" in refused.text
    done = clean.teacher.post(page, data={**typed, "mark": "5", "mark_lesson": str(clean.lessons[1])})
    assert done.status_code == 303, done.text
    assert [each["value"] for each in clean.cell(lesson=1)["marks"]] == ["5"]
    assert clean.teacher.get(f"{listed}/{clean.pupils[2]}").text.count("Работа не сдана")
    elsewhere = {"state": "accepted", "seen": 1, "mark": "5", "mark_lesson": str(clean.lessons[3])}
    works = f"{homework_of(clean)}/works/{clean.pupils[1]}"
    assert clean.teacher.post(works, json=elsewhere).status_code == 422
    assert clean.teacher.post(works, json={**elsewhere, "mark": "н"}).status_code == 422


def test_works_are_no_concern_of_others(
    clean: TeachersPage, other_teacher: Visitor, stranger: Visitor
) -> None:
    set_homework(clean)
    pupil = pupil_of(clean)
    pupil.post(own(clean), data={"text": "Ответ", "seen": "0"}, files={"files": PICTURE})
    file = pupil.get(own_api(clean)).json()["work"]["files"][0]
    family = guardian_of(clean, clean.pupils[0])
    for reader in (pupil, family, clean.teacher):
        assert reader.get(f"/files/{file['id']}").status_code == 200
    classmate = pupil_of(clean, 1)
    for outsider in (classmate, stranger, other_teacher, with_role(clean, "guardian")):
        assert outsider.get(f"/files/{file['id']}").status_code == 404
    assert family.put(own_api(clean), json={"text": "За ребёнка"}).status_code == 403
    assert classmate.put(own_api(clean), json={"text": "За другого"}).status_code == 404
    assert classmate.delete(f"{own_api(clean)}/files/{file['id']}").status_code == 404
    review = {"state": "accepted", "seen": 1}
    works = f"{homework_of(clean)}/works/{clean.pupils[0]}"
    assert other_teacher.post(works, json=review).status_code in (403, 404)
    assert with_role(clean, "head").post(works, json=review).status_code == 403
    assert pupil.delete(f"{own_api(clean)}/files/{file['id']}").status_code == 204
    assert pupil.get(own_api(clean)).json()["work"]["files"] == []
    with_file = {"text": "", "seen": "1"}
    pupil.post(own(clean), data=with_file, files={"files": PICTURE})
    last = pupil.get(own_api(clean)).json()["work"]["files"][0]["id"]
    kept = pupil.post(f"{own(clean)}/files/{last}/remove", data={"step": "remove"})
    assert kept.status_code == 409
    assert "ничего не останется" in kept.text


def test_nothing_is_handed_in_where_nothing_is_given(clean: TeachersPage) -> None:
    refused = pupil_of(clean).put(own_api(clean), json={"text": "Просто так"})
    assert refused.status_code == 409
    assert "ничего не задано" in refused.text


def test_the_teacher_finds_waiting_works_on_the_home_page(clean: TeachersPage) -> None:
    set_homework(clean)
    with clean.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.id == clean.lessons[0])
            .values(teacher_id=clean.teacher_id)
        )
    assert "Сданные работы" not in clean.teacher.get("/").text
    pupil_of(clean).put(own_api(clean), json={"text": "Ответ"})
    home = clean.teacher.get("/").text
    assert "Сданные работы" in home
    assert "1 работа" in home


def test_works_are_exported_and_erased_with_the_pupil(clean: TeachersPage) -> None:
    from core.roles.actor import system_actor
    from plugins.journal.homework.personal import erase_homework
    from plugins.journal.homework.personal import homework_of as known

    set_homework(clean)
    pupil = pupil_of(clean)
    pupil.post(own(clean), data={"text": "Личное", "seen": "0"}, files={"files": PICTURE})
    clean.teacher.post(
        homework_of(clean) + "/tasks", json={"text": "Только ему", "pupils": [str(clean.pupils[0])]}
    )
    portal = clean.under_test.portal
    with portal.database.reading(fresh=True) as db:
        told = known(db, clean.pupils[0])
    assert told["сданные работы"][0]["ответ"] == "Личное"
    assert told["задания отдельным ученикам"][0]["задание"] == "Только ему"
    with portal.database.transaction() as db:
        assert erase_homework(db, system_actor(), clean.pupils[0]) == 1
    with portal.database.reading(fresh=True) as db:
        assert db.scalars(select(Submission.text)).all() == [""]
        assert db.scalars(select(HomeworkTask.id)).all() == []
        assert db.scalars(select(StoredFile).where(StoredFile.purpose == "journal.submission")).all() == []
        erased = select(AuditRecord.id).where(AuditRecord.action == "journal.submission.erase")
        assert db.scalars(erased).first()


def test_a_blocked_guardian_sees_no_homework(clean: TeachersPage) -> None:
    set_homework(clean)
    family = guardian_of(clean, clean.pupils[0])
    assert family.get(own(clean)).status_code == 200
    with clean.under_test.portal.database.transaction() as db:
        db.execute(
            update(Guardianship).where(Guardianship.guardian_id == family.person_id).values(rights="none")
        )
    assert family.get(own(clean)).status_code == 404


def test_homework_is_copied_to_a_parallel_class(clean: TeachersPage, other_teacher: Visitor) -> None:
    lesson_id = parallel_lesson(clean.under_test.portal, clean.found, "Ш")
    deputy = with_role(clean, "deputy_head")
    url = homework_of(clean) + "/copies"
    every = deputy.get(url).json()
    targets = [each for each in every if each["lands_on"] == str(lesson_id)]
    assert len(targets) == 1
    assert clean.teacher.get(url).json() == []
    assert str(clean.page_id) not in {each["page_id"] for each in every}
    landing = next(each for each in targets[0]["lessons"] if each["id"] == targets[0]["lands_on"])
    nothing = deputy.post(url, json={"lessons": [landing["id"]]})
    assert nothing.status_code == 409
    assert "Копировать нечего" in nothing.text
    set_homework(clean, "§ 9, № 77", homework_minutes=25, homework_links="https://a.example/1")
    page = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework"
    assert clean.teacher.post(page + "/files", files={"files": PICTURE}).status_code == 303
    assert deputy.post(url, json={"lessons": [str(clean.lessons[1])]}).status_code == 422
    assert other_teacher.post(url, json={"lessons": [landing["id"]]}).status_code in (403, 404)
    with clean.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalLesson).where(JournalLesson.id == UUID(landing["id"])).values(homework="Своё")
        )
    busy = deputy.post(url, json={"lessons": [landing["id"]]})
    assert busy.status_code == 409
    assert "уже задано другое" in busy.text
    shown = deputy.get(page + "/copy").text
    assert targets[0]["title"] in shown
    assert "Своё" in shown
    typed = {"page": targets[0]["page_id"], f"lesson:{targets[0]['page_id']}": landing["id"]}
    refused = deputy.post(page + "/copy", data=typed)
    assert refused.status_code == 409
    assert "checked" in refused.text
    assert deputy.post(page + "/copy", data={"replace": "true"}).status_code == 422
    done = deputy.post(page + "/copy", data={**typed, "replace": "true"})
    assert done.status_code == 303, done.text
    there = f"/api/v1/journal/pages/{targets[0]['page_id']}/lessons/{landing['id']}/homework"
    copy = deputy.get(there).json()
    assert (copy["homework"], copy["homework_minutes"]) == ("§ 9, № 77", 25)
    assert copy["links"] == ["https://a.example/1"]
    assert [each["name"] for each in copy["files"]] == ["тетрадь.pdf"]
    assert copy["files"][0]["id"] != clean.teacher.get(homework_of(clean)).json()["files"][0]["id"]
    assert actions_about(clean, landing["id"])[-1] == "journal.lesson.change"


def test_a_teacher_is_reminded_once_of_homework_not_written(clean: TeachersPage) -> None:
    portal = clean.under_test.portal
    with portal.database.transaction() as db:
        zone = ZoneInfo(db.get_one(Organization, clean.organization_id).timezone or portal.config.timezone)
        lesson = db.get_one(JournalLesson, clean.lessons[0])
        day = lesson.day
        db.execute(
            update(JournalLesson)
            .where(JournalLesson.organization_id == clean.organization_id, JournalLesson.day == day)
            .values(homework="без задания")
        )
        lesson.homework, lesson.teacher_id = "", clean.teacher_id

    def remind(hour: int) -> int:
        with portal.database.transaction() as db:
            return remind_school(db, clean.organization_id, datetime.combine(day, time(hour, 5), zone))

    assert remind(12) == 0
    assert remind(17) == 1
    assert news_of(clean, clean.teacher_id)[0] == "Запишите домашнее задание: 1 урок"
    assert remind(18) == 0
    with portal.database.transaction() as db:
        db.execute(delete(Notification))
    set_homework(clean, "Без задания.")
    assert remind(18) == 0
    assert pupil_of(clean).put(own_api(clean), json={"text": "Зря"}).status_code == 409
