"""Who hears of a change of a lesson, once for a class and a day, and that open pages hear of it too."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.identity.models import Notification
from tests.plugins.diary.changes.test_absences import enter
from tests.plugins.diary.changes.test_overrides import act, back
from tests.plugins.diary.changes.town import MONDAY, TODAY, Town

WHO = ("anna", "viktor", "parent", "boris", "class_teacher", "gromova", "petrova", "sokolov", "lukina")


def told(town: Town) -> dict[str, list[tuple[str, str]]]:
    """The notifications of everybody: kind and body."""
    names = {person: who for who, person in town.own.people.items()}
    found: dict[str, list[tuple[str, str]]] = {}
    with town.portal.portal.database.reading(fresh=True) as db:
        for each in db.scalars(select(Notification).order_by(Notification.id)):
            found.setdefault(names[each.person_id], []).append((each.kind, each.body))
    return found


def test_everybody_concerned_hears_and_nobody_else(town: Town) -> None:
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    found = told(town)
    assert set(found) == {"anna", "viktor", "parent", "class_teacher", "gromova", "petrova"}
    words = "1-й урок, 7А: Алгебра – замена, Петрова И. О., кабинет 12"
    for who in ("anna", "parent", "class_teacher"):
        assert found[who] == [("diary.changes.family", words)]
    for who in ("gromova", "petrova"):
        assert found[who] == [("diary.changes.teacher", words)]


def test_a_subgroup_is_told_not_the_other_one(town: Town) -> None:
    act(town, town.lesson("7А", 3, "группа 1"), kind="cancel")
    found = told(town)
    assert "anna" in found and "viktor" not in found
    assert found["anna"][0][1] == "3-й урок, 7А, группа 1: Английский язык – отменён"


def test_ten_changes_of_a_day_are_one_notice_and_taking_all_back_is_told(town: Town) -> None:
    first, last = town.lesson("7А", 1), town.lesson("7А", 4)
    act(town, first, kind="cancel")
    act(town, last, kind="cancel")
    assert [body for _kind, body in told(town)["anna"]] == [
        "1-й урок, 7А: Алгебра – отменён; 4-й урок, 7А: История – отменён"
    ]
    back(town, first)
    back(town, last)
    assert [body for _kind, body in told(town)["anna"]] == ["Изменения, о которых сообщали раньше, отменены."]


def test_what_was_read_stays_and_the_news_come_besides(town: Town) -> None:
    act(town, town.lesson("7А", 1), kind="cancel")
    anna = town.visitor("anna", "pupil")
    assert anna.post("/notifications/read-all").status_code in (200, 303)
    act(town, town.lesson("7А", 4), kind="cancel")
    assert len(told(town)["anna"]) == 2


def test_everything_laid_out_is_one_notice_for_each_class(town: Town) -> None:
    absence = enter(town, "gromova")
    found = town.deputy.get(f"/api/v1/diary/absences/{absence}/proposals").json()
    wanted = [
        {
            "lesson_id": each["lesson"]["id"],
            "override": {
                name: each["options"][0][name] for name in ("kind", "teacher_id", "other_lesson_id")
            },
        }
        for each in found
    ]
    assert town.deputy.post("/api/v1/diary/overrides", json={"overrides": wanted}).status_code == 204
    assert {who: len(lines) for who, lines in told(town).items()} == {
        **dict.fromkeys(("anna", "viktor", "parent", "boris", "class_teacher"), 1),
        **dict.fromkeys(("gromova", "petrova", "lukina"), 1),
    }


def test_days_that_are_over_are_told_nobody(town: Town) -> None:
    past = MONDAY
    while past >= TODAY:
        past = past.fromordinal(past.toordinal() - 7)
    act(town, town.lesson("7А", 1, day=past), kind="cancel")
    assert told(town) == {}


def test_notices_lead_where_their_reader_may_go(town: Town) -> None:
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    with town.portal.portal.database.reading(fresh=True) as db:
        urls: dict[UUID, str] = {
            row.person_id: row.url for row in db.execute(select(Notification.person_id, Notification.url))
        }
    for who, role in (("parent", "guardian"), ("anna", "pupil"), ("petrova", "teacher")):
        page = town.visitor(who, role).get(urls[town.own.people[who]])
        assert page.status_code == 200 and "Петрова" in page.text, who
