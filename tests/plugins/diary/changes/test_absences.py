"""A teacher is away: entering it, what it hits, what is proposed for all, ending it, and who never hears why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.roles.actor import system_actor
from plugins.diary import checks
from tests.plugins.diary.changes.test_candidates import enter
from tests.plugins.diary.changes.test_overrides import act
from tests.plugins.diary.changes.town import MONDAY, TODAY, Town


def read(town: Town, absence: str) -> dict[str, Any]:
    """An absence as a program reads it."""
    answer = town.deputy.get(f"/api/v1/diary/absences/{absence}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def hit(town: Town, absence: str) -> list[tuple[str, int, bool]]:
    """Class, number and «solved» of the lessons hit."""
    return [(each["school_class"], each["number"], each["solved"]) for each in read(town, absence)["lessons"]]


def change(town: Town, absence: str, status: int = 204, **fields: Any) -> Any:
    """Change an absence."""
    body = {"first_day": MONDAY.isoformat(), "last_day": MONDAY.isoformat()}
    answer = town.deputy.put(f"/api/v1/diary/absences/{absence}", json=body | fields)
    assert answer.status_code == status, answer.text
    return answer


def test_the_lessons_hit_are_shown_solved_and_open(town: Town) -> None:
    absence = enter(town, "gromova")
    assert hit(town, absence) == [("7А", 1, False), ("7Б", 2, False), ("7А, группа 1", 3, False)]
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    act(town, town.lesson("7Б", 2), kind="cancel")
    assert [each[2] for each in hit(town, absence)] == [True, True, False]


def test_a_part_of_a_day_and_several_days(town: Town) -> None:
    absence = enter(town, "gromova", first_number=2, last_number=2)
    assert hit(town, absence) == [("7Б", 2, False)]
    wednesday = MONDAY + timedelta(days=2)
    change(town, absence, last_day=wednesday.isoformat(), first_number=3)
    assert hit(town, absence) == [("7А, группа 1", 3, False), ("7А", 1, False)]


def test_a_substitute_who_falls_ill_leaves_the_lesson_open_again(town: Town) -> None:
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    absence = enter(town, "petrova")
    assert hit(town, absence) == [("7А", 1, False), ("7В", 2, False)]


def test_a_moved_lesson_is_solved_unless_it_was_moved_into_the_absence(town: Town) -> None:
    absence = enter(town, "gromova", last_number=1)
    act(town, town.lesson("7А", 1), kind="move", day=MONDAY.isoformat(), number=5)
    assert hit(town, absence) == [("7А", 1, True)]
    change(town, absence)
    assert ("7А", 1, False) in hit(town, absence)


def test_everything_is_laid_out_at_once_without_giving_anybody_two_lessons(town: Town) -> None:
    absence = enter(town, "gromova")
    found = town.deputy.get(f"/api/v1/diary/absences/{absence}/proposals").json()
    first = [each["options"][0] for each in found]
    assert [(each["kind"], each["title"]) for each in first] == [
        ("substitute", "Петрова И. О."),
        ("substitute", "Лукина А. Ю."),
        ("substitute", "Петрова И. О."),
    ]
    wanted = [
        {
            "lesson_id": each["lesson"]["id"],
            "override": {
                "kind": each["options"][0]["kind"],
                "teacher_id": each["options"][0]["teacher_id"],
                "other_lesson_id": each["options"][0]["other_lesson_id"],
                "stamp": each["lesson"]["stamp"],
            },
        }
        for each in found
    ]
    assert town.deputy.post("/api/v1/diary/overrides", json={"overrides": wanted}).status_code == 204
    assert all(solved for _class, _number, solved in hit(town, absence))
    assert town.deputy.get(f"/api/v1/diary/absences/{absence}/proposals").json() == []


def test_ended_early_the_lessons_go_back_if_wanted(town: Town) -> None:
    wednesday = MONDAY + timedelta(days=2)
    absence = enter(town, "gromova", last_day=wednesday.isoformat())
    monday, later = town.lesson("7А", 1), town.lesson("7А", 1, day=wednesday)
    for lesson in (monday, later):
        act(town, lesson, kind="cancel")
    change(town, absence, give_back=False)
    assert town.row(later).status == "cancelled"
    change(town, absence, last_day=wednesday.isoformat())
    change(town, absence)
    assert (town.row(monday).status, town.row(later).status) == ("cancelled", "planned")
    answer = town.deputy.delete(f"/api/v1/diary/absences/{absence}")
    assert answer.status_code == 204, answer.text
    assert town.row(monday).status == "planned"
    assert town.deputy.get(f"/api/v1/diary/absences/{absence}").status_code == 404


def test_what_cannot_be_is_said_beside_its_field(town: Town) -> None:
    absence = enter(town, "gromova")
    again = {
        "teacher_id": str(town.own.people["gromova"]),
        "first_day": MONDAY.isoformat(),
        "last_day": MONDAY.isoformat(),
    }
    answer = town.deputy.post("/api/v1/diary/absences", json=again)
    assert answer.status_code == 409 and "уже отмечен отсутствующим" in answer.json()["title"]
    for wrong, field in (
        ({"last_day": (MONDAY - timedelta(days=1)).isoformat()}, "last_day"),
        ({"first_number": 3, "last_number": 2}, "last_number"),
        ({"first_number": 0}, "first_number"),
        ({"reason": "whim"}, "reason"),
        ({"note": "я" * 501}, "note"),
        ({"last_day": (TODAY + timedelta(days=900)).isoformat()}, "last_day"),
        ({"teacher_id": str(town.own.people["anna"])}, "teacher_id"),
        ({"teacher_id": str(town.other.people["petrova"])}, "teacher_id"),
    ):
        body = again | {"teacher_id": str(town.own.people["petrova"])} | wrong
        answer = town.deputy.post("/api/v1/diary/absences", json=body)
        assert answer.status_code == 422 and field in answer.json()["fields"], (wrong, answer.text)
    version = read(town, absence)["absence"]["version"]
    change(town, absence, note="Звонил", version=version)
    answer = change(town, absence, note="Чужое", version=version, status=409)
    assert answer.json()["title"] == "Отсутствие уже изменили."


def test_nobody_but_who_changes_the_timetable_hears_of_the_reason(town: Town) -> None:
    absence = enter(town, "gromova", note="Грипп")
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    day = f"day={MONDAY.isoformat()}"
    for who, role in (
        ("anna", "pupil"),
        ("parent", "guardian"),
        ("petrova", "teacher"),
        ("gromova", "teacher"),
        ("class_teacher", "class_teacher"),
        ("head", "head"),
    ):
        visitor = town.visitor(who, role)
        for url in (f"/timetable?{day}", f"/api/v1/diary/changes?{day}", "/", "/notifications"):
            page = visitor.get(url).text
            assert "олезнь" not in page and "illness" not in page and "Грипп" not in page, (who, url)
        assert visitor.get(f"/api/v1/diary/absences/{absence}").status_code == 403
    stranger = town.portal.sign_in("deputy_head", person_id=town.other.people["deputy_head"])
    assert stranger.get(f"/api/v1/diary/absences/{absence}").status_code == 404
    assert stranger.get("/api/v1/diary/absences").json() == []


def test_a_person_gets_the_own_absences_and_they_are_erased(town: Town) -> None:
    enter(town, "gromova", note="Грипп")
    person = town.own.people["gromova"]
    with town.portal.portal.database.transaction() as db:
        known = checks.export(db, person)["teacher_absences"]
        assert [(each["reason"], each["note"]) for each in known] == [("Болезнь", "Грипп")]
        checks.erase(db, system_actor(), person)
        assert checks.export(db, person)["teacher_absences"] == []


def test_merged_subgroups_are_no_clash(town: Town) -> None:
    act(
        town, town.lesson("7А", 3, "группа 1"), kind="merge", other_lesson_id=town.lesson("7А", 3, "группа 2")
    )
    with town.portal.portal.database.reading(fresh=True) as db:
        assert list(checks.clashes(db)) == []
