"""The pages of changes: forms that keep what was typed, a double click, the cards of the home page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.core.every_form.reading import read_form
from tests.plugins.diary.changes.test_absences import hit
from tests.plugins.diary.changes.test_candidates import enter
from tests.plugins.diary.changes.test_overrides import act
from tests.plugins.diary.changes.town import MONDAY, TODAY, Town


def words(page: Any) -> str:
    """The text of a page as somebody reads it."""
    body = re.sub(r"<script.*?</script>|<svg.*?</svg>", "", page.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ").split())


def test_an_absence_is_entered_laid_out_and_removed_by_its_pages(town: Town) -> None:
    deputy = town.deputy
    fields = {
        "teacher_id": str(town.own.people["gromova"]),
        "first_day": MONDAY.isoformat(),
        "last_day": "",
        "reason": "illness",
        "note": "Звонила утром",
    }
    refused = deputy.post("/timetable/absences/new", data=fields)
    assert refused.status_code == 422 and "Звонила утром" in refused.text
    made = deputy.post("/timetable/absences/new", data=fields | {"last_day": MONDAY.isoformat()})
    assert made.status_code == 303, made.text
    page = made.headers["location"].partition("?")[0]
    text = words(deputy.get(page))
    assert "Болезнь" in text and text.count("не решено") == 3
    assert "открыто 3 урока" in words(deputy.get("/timetable/absences"))
    filling = deputy.get(f"{page}/fill")
    form = read_form(filling.text, f"{page}/fill")
    chosen = re.findall(r'<select class="select" name="(choice:[^"]+)"', filling.text)
    best = re.findall(r'<option value="([^"]+)" selected>', filling.text)
    assert len(chosen) == len(best) == 3
    sent = {**form, **dict(zip(chosen, best, strict=True)), "csrf_token": deputy.csrf_token()}
    first = deputy.post(f"{page}/fill", data=sent, csrf=False)
    again = deputy.post(f"{page}/fill", data=sent, csrf=False)
    assert first.status_code == again.status_code == 303
    absence = page.rpartition("/")[2]
    assert all(solved for _class, _number, solved in hit(town, absence))
    stale = deputy.post(f"{page}/fill", data={chosen[0]: "cancel"})
    assert stale.status_code == 409 and "Расписание уже изменили" in stale.text
    gone = deputy.post(f"{page}/edit", data={"step": "remove", "give_back": "true"})
    assert gone.status_code == 303
    assert town.row(town.lesson("7А", 1)).status == "planned"
    assert "Все на месте" in words(deputy.get("/timetable/absences"))


def test_a_lesson_is_changed_by_its_page_and_nothing_typed_is_lost(town: Town) -> None:
    deputy, lesson = town.deputy, town.lesson("7А", 1)
    page = f"/timetable/lessons/{lesson}"
    assert "Петрова И. О." in words(deputy.get(page))
    stamp = town.deputy.get(f"/api/v1/diary/lessons/{lesson}/options").json()["stamp"]
    nowhere = deputy.post(page, data={"option": "move", "note": "С циркулем", "room": "12", "stamp": stamp})
    assert nowhere.status_code == 422 and "С циркулем" in nowhere.text
    history = town.own.subjects["История"]
    chosen = {
        "option": f"substitute:{town.own.people['lukina']}:{history}",
        "room": "12",
        "note": "С циркулем",
        "stamp": stamp,
        "back": "/timetable/absences",
    }
    answer = deputy.post(page, data=chosen)
    assert answer.headers["location"] == "/timetable/absences?done=overridden", answer.text
    row = town.row(lesson)
    assert (row.teacher_id, row.subject_id, row.note) == (town.own.people["lukina"], history, "С циркулем")
    late = deputy.post(page, data={"option": "cancel", "room": "12", "stamp": stamp, "note": "Позже"})
    assert late.status_code == 409 and "Сейчас его ведёт Лукина А. Ю. (замена)." in late.text
    assert "Позже" in late.text
    undone = deputy.post(page, data={"step": "undo", "back": "https://elsewhere.example/"})
    assert undone.headers["location"].startswith("/timetable/changes?day=")
    assert town.row(lesson).status == "planned"
    assert deputy.post(page, data={"option": "dance", "room": "12"}).status_code == 422


def test_the_timetable_leads_who_may_to_the_lesson_and_nobody_else(town: Town) -> None:
    url = f"/timetable?school_class={town.own.classes['7А']}&week={MONDAY.isoformat()}"
    link = f"/timetable/lessons/{town.lesson('7А', 1)}"
    assert link in town.deputy.get(url).text
    for who, role in (("anna", "pupil"), ("parent", "guardian"), ("gromova", "teacher"), ("head", "head")):
        page = town.visitor(who, role).get(url).text
        assert link not in page and "/timetable/absences" not in page, who


def test_cards_tell_each_what_concerns_them(town: Town) -> None:
    assert "Сегодня в школе" in words(town.visitor("head").get("/"))
    assert "На сегодня и завтра всё решено." in words(town.deputy.get("/"))
    days = (MONDAY - TODAY).days
    act(town, town.lesson("7А", 1), kind="substitute", teacher_id=town.own.people["petrova"])
    home = words(town.visitor("petrova").get("/"))
    assert ("Ваши замены 1-й урок, 7А, Алгебра" in home) == (days <= 7)
    assert "Ваши замены" not in words(town.visitor("lukina").get("/"))
    enter(town, "gromova", first_day=TODAY.isoformat())
    assert "Болезнь" not in words(town.visitor("head").get("/"))
