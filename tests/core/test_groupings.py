"""Classes and groups of pupils: who is in them and since when, moves with a preview and a way back, conflicts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
    Subject,
)
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import START, id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
URL = "/groupings"
TODAY = today_in("Europe/Moscow")
REASON = "Приказ № 5"


@pytest.fixture(scope="module")
def school(town: PortalUnderTest) -> dict[str, Any]:
    """In the first school: 7А and 7Б with pupils, three splits; ids by name. In the second: a pupil of 7А."""
    known: dict[str, Any] = {}
    with town.portal.database.transaction() as db:
        first = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        year = db.scalars(select(AcademicYear).where(AcademicYear.organization_id == first.id)).one()
        known["year"] = year.id
        known["algebra"] = db.scalars(select(Subject.id)).one()
        known["7А"] = db.scalars(select(SchoolClass.id).where(SchoolClass.organization_id == first.id)).one()
        other = SchoolClass(
            id=new_id(),
            organization_id=first.id,
            academic_year_id=year.id,
            grade_level=7,
            label="Б",
            name="7Б",
            name_key="07б",
        )
        db.add(other)
        db.flush()
        known["7Б"] = other.id
        for name, home in (
            ("Аистов Глеб", "7А"),
            ("Бобров Денис", "7А"),
            ("Волкова Ева", "7А"),
            ("Грачёва Жанна", "7Б"),
        ):
            known[name.split()[0]] = pupil(db, name, first.id, year.id, known[home])
    return known


def pupil(db: Any, name: str, school_id: UUID, year_id: UUID, class_id: UUID | None) -> UUID:
    """A pupil enrolled from the beginning."""
    last, first = name.split()
    person = Person(
        id=new_id(), last_name=last, first_name=first, gender="F" if first[-1] in "ая" else "M", source="test"
    )
    db.add(person)
    db.flush()
    if class_id is not None:
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school_id,
                academic_year_id=year_id,
                school_class_id=class_id,
                person_id=person.id,
                starts_on=START,
            )
        )
        db.flush()
    return person.id


def deputy(town: PortalUnderTest) -> Visitor:
    """Who moves pupils in the first school."""
    return town.sign_in("head", organization="Школа 1")


def seen(text: str) -> str:
    """What a preview has shown."""
    return html.unescape(re.findall(r'name="seen" value="([^"]*)"', text)[0])


def move(visitor: Visitor, at: Any, *moves: tuple[Any, Any], day: date = TODAY, reason: str = REASON) -> Any:
    """Move pupils as a person does: the preview, the day, the preview of that day, and yes."""
    wanted = [f"{person}:{place or 'out'}" for person, place in moves]
    form = {"moves": wanted, "step": "do", "day": day.isoformat(), "reason": reason}
    shown = visitor.post(f"{URL}/{at}/move", data={"moves": wanted})
    assert shown.status_code == 200
    answer = visitor.post(f"{URL}/{at}/move", data={**form, "seen": seen(shown.text)})
    if answer.status_code == 200:
        answer = visitor.post(f"{URL}/{at}/move", data={**form, "seen": seen(answer.text)})
    return answer


def spans(town: PortalUnderTest, person: UUID) -> list[tuple[str, date, date | None, str | None]]:
    """The terms of a pupil in classes, in order."""
    with town.portal.database.reading(fresh=True) as db:
        rows = db.execute(
            select(SchoolClass.name, Enrollment.starts_on, Enrollment.ends_on, Enrollment.end_basis)
            .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
            .where(Enrollment.person_id == person)
            .order_by(Enrollment.starts_on)
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


def in_groups(town: PortalUnderTest, person: UUID, day: date = TODAY) -> set[str]:
    """The names of the groups a pupil is in on a day."""
    member = PupilGroupMembership
    with town.portal.database.reading(fresh=True) as db:
        rows = db.execute(
            select(PupilGroup.name, member.starts_on, member.ends_on)
            .join(member, member.pupil_group_id == PupilGroup.id)
            .where(member.person_id == person)
        )
        return {name for name, first, last in rows if first <= day and (last is None or day <= last)}


def split(visitor: Visitor, school: dict[str, Any], class_id: Any, **more: Any) -> Any:
    """Split a class as a person does."""
    form = {
        "subject": str(school["algebra"]),
        "how": "alphabet",
        "parts": "2",
        "day": TODAY.isoformat(),
        "reason": REASON,
        **more,
    }
    shown = visitor.post(f"{URL}/{class_id}/split", data=form)
    if shown.status_code != 200:
        return shown
    return visitor.post(f"{URL}/{class_id}/split", data={**form, "seen": seen(shown.text)})


def group_ids(town: PortalUnderTest, class_id: UUID | None) -> Sequence[UUID]:
    """The open groups of a class by name."""
    with town.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(PupilGroup.id)
            .where(PupilGroup.school_class_id == class_id, PupilGroup.closed_on.is_(None))
            .order_by(PupilGroup.name_key)
        ).all()


def close(visitor: Visitor, *ids: Any) -> Any:
    """Close groupings from their list."""
    form = {"ids": [str(each) for each in ids], "step": "do", "first_day": str(TODAY), "reason": REASON}
    return visitor.post(f"{URL}/bulk/close", data=form)


def new_group(visitor: Visitor, kind: str, **form: Any) -> str:
    """Make a group; its id."""
    answer = visitor.post(f"{URL}/new", data={"kind": kind, **form})
    assert answer.status_code == 303
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


def test_a_pupil_moved_to_another_class_is_in_one_until_a_day_and_in_the_other_from_it(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head, who = deputy(town), school["Аистов"]
    shown = head.post(
        f"{URL}/{school['7А']}/move", data={"ids": [str(who)], "target": str(school["7Б"])}
    ).text
    assert "Аистов Глеб: 7А → 7Б" in shown
    assert spans(town, who) == [("7А", START, None, None)]
    day = TODAY + timedelta(days=3)
    answer = move(head, school["7А"], (who, school["7Б"]), day=day)
    assert answer.status_code == 303
    assert spans(town, who) == [
        ("7А", START, day - timedelta(days=1), REASON),
        ("7Б", day, None, None),
    ]
    assert "Аистов" in head.get(f"{URL}/{school['7А']}?day={TODAY}").text.partition("members-title")[2]
    later = head.get(f"{URL}/{school['7Б']}?day={day}").text
    assert "Аистов" in later
    assert REASON in later
    done = head.get(answer.headers["location"]).text
    assert "Аистов Глеб" in done
    undone = head.post(answer.headers["location"] + "/undo")
    assert undone.status_code == 303
    assert spans(town, who) == [("7А", START, None, None)]
    assert "Перевод отменён" in head.get(answer.headers["location"]).text
    assert head.post(answer.headers["location"] + "/undo").status_code == 409
    with town.portal.database.reading(fresh=True) as db:
        told = db.scalars(select(AuditRecord).where(AuditRecord.subject_id == str(who))).all()
    assert [each.action for each in told] == ["core.pupil.move", "core.pupil.move_undone"]
    assert told[0].after == {"school_class": "7Б", "day": day.isoformat()}


def test_a_move_from_the_first_day_replaces_the_term_and_remembers_it(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head, who = deputy(town), school["Волкова"]
    answer = move(head, school["7А"], (who, school["7Б"]), day=START)
    assert spans(town, who) == [("7Б", START, None, None)]
    assert head.post(answer.headers["location"] + "/undo").status_code == 303
    assert spans(town, who) == [("7А", START, None, None)]


def test_the_guardian_of_whoever_leaves_all_classes_has_no_role_there_until_the_child_is_back(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    child, mother = id_of(town, "Семёнов"), id_of(town, "Семёнова")

    def roles() -> list[str]:
        with town.portal.database.reading(fresh=True) as db:
            found = select(StructuralRole.status).where(
                StructuralRole.person_id == mother, StructuralRole.kind == "guardian"
            )
            return sorted(db.scalars(found))

    assert roles() == ["active"]
    body = {"moves": [{"person_id": str(child), "to": None}], "day": str(TODAY), "reason": REASON}
    left = deputy(town).post(f"/api/v1/groupings/{school['7А']}/moves", json=body)
    assert left.status_code == 201, left.text
    assert roles() == ["terminated"]
    assert deputy(town).post(f"{URL}/moves/{left.json()['id']}/undo").status_code == 303
    assert roles() == ["active", "terminated"]


def test_two_at_once_move_a_pupil_once(town: PortalUnderTest, school: dict[str, Any]) -> None:
    head, who = deputy(town), school["Бобров"]
    body = {"moves": [{"person_id": str(who), "to": str(school["7Б"])}], "day": str(TODAY), "reason": REASON}
    url = f"/api/v1/groupings/{school['7А']}/moves"
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(deputy(town).post, url, json=body) for _each in range(2)]
    assert sorted(each.result().status_code for each in answers) == [201, 409]
    assert [name for name, *_rest in spans(town, who)] == ["7А", "7Б"]
    done = next(each.result() for each in answers if each.result().status_code == 201)
    assert head.post(f"{URL}/moves/{done.json()['id']}/undo").status_code == 303


def test_a_day_out_of_the_year_and_a_missing_reason_come_back_beside_their_fields(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head = deputy(town)
    form = {"moves": [f"{school['Бобров']}:{school['7Б']}"], "step": "do"}
    wrong = head.post(f"{URL}/{school['7А']}/move", data={**form, "day": "2010-01-01", "reason": "Приказ"})
    assert wrong.status_code == 422
    assert "Год Год идёт с" in wrong.text
    assert 'value="Приказ"' in wrong.text
    empty = head.post(f"{URL}/{school['7А']}/move", data={**form, "day": str(TODAY), "reason": ""})
    assert empty.status_code == 422
    nobody = head.post(f"{URL}/{school['7А']}/move", data={"target": str(school["7Б"])})
    assert nobody.status_code == 422
    nowhere = head.post(f"{URL}/{school['7А']}/move", data={"ids": [str(school["Бобров"])]})
    assert nowhere.status_code == 422
    assert spans(town, school["Бобров"]) == [("7А", START, None, None)]


def test_a_move_that_is_already_there_or_planned_is_left_out(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head, who = deputy(town), school["Бобров"]
    day = TODAY + timedelta(days=10)
    first = move(head, school["7А"], (who, school["7Б"]), day=day)
    again = head.post(f"{URL}/{school['7А']}/move", data={"moves": [f"{who}:{school['7Б']}"]}).text
    assert "уже записан другой перевод" in again
    assert move(head, school["7А"], (who, school["7Б"])).status_code == 409
    both = move(head, school["7А"], (who, school["7Б"]), (school["Волкова"], school["7Б"]))
    assert both.status_code == 303
    assert spans(town, school["Волкова"])[-1][0] == "7Б"
    for each in (both, first):
        assert head.post(each.headers["location"] + "/undo").status_code == 303


def test_a_class_is_split_evenly_and_its_pupils_change_halves(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head = deputy(town)
    answer = split(head, school, school["7А"])
    assert answer.status_code == 303
    one, two = group_ids(town, school["7А"])
    assert in_groups(town, school["Аистов"]) == {"7А, Алгебра, 1 подгруппа"}
    assert in_groups(town, school["Семёнов"] if "Семёнов" in school else id_of(town, "Семёнов")) == {
        "7А, Алгебра, 2 подгруппа"
    }
    assert "уже делится" in split(head, school, school["7А"]).text
    assert move(head, one, (school["Аистов"], two), day=TODAY + timedelta(days=1)).status_code == 303
    assert in_groups(town, school["Аистов"]) == {"7А, Алгебра, 1 подгруппа"}
    assert in_groups(town, school["Аистов"], TODAY + timedelta(days=1)) == {"7А, Алгебра, 2 подгруппа"}
    foreign = head.post(f"{URL}/{one}/move", data={"moves": [f"{school['Грачёва']}:{one}"]}).text
    assert "не учится в «7А»" in foreign
    board = head.get(f"{URL}/{one}/board?day={TODAY}").text
    assert board.count("data-place=") == 3
    assert "Не распределены" in board


def test_a_split_is_taken_back_whole(town: PortalUnderTest, school: dict[str, Any]) -> None:
    head = deputy(town)
    close(head, *group_ids(town, school["7А"]))
    answer = split(head, school, school["7А"])
    one, two = group_ids(town, school["7А"])
    assert head.post(answer.headers["location"] + "/undo").status_code == 303
    assert group_ids(town, school["7А"]) == []
    assert in_groups(town, school["Аистов"]) == set()
    assert head.get(f"{URL}/{one}").status_code == 404
    again = split(head, school, school["7А"])
    one, two = group_ids(town, school["7А"])
    newcomer = school["Грачёва"]
    back = move(head, school["7Б"], (newcomer, school["7А"]))
    assert move(head, two, (newcomer, two)).status_code == 303
    assert head.post(again.headers["location"] + "/undo").status_code == 303
    assert group_ids(town, school["7А"]) == [two]
    assert head.post(back.headers["location"] + "/undo").status_code == 303


def test_whoever_leaves_a_class_leaves_its_halves_and_has_to_be_put_into_new_ones(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head, who = deputy(town), school["Волкова"]
    close(head, *group_ids(town, school["7А"]))
    for name in ("7А", "7Б"):
        assert split(head, school, school[name]).status_code == 303
    before = in_groups(town, who)
    assert before
    shown = head.post(f"{URL}/{school['7А']}/move", data={"moves": [f"{who}:{school['7Б']}"]}).text
    assert "выйдет и из групп" in shown
    assert "нужно будет распределить" in shown
    answer = move(head, school["7А"], (who, school["7Б"]))
    assert in_groups(town, who) == set()
    card = head.get(f"{URL}/{school['7Б']}").text
    assert "не попал ни в одну часть деления" in card
    listed = head.get(f"{URL}?conflicts=yes").text
    assert f"/groupings/{school['7Б']}" in listed
    assert f'href="/groupings/{school["7А"]}"' not in listed
    assert head.post(answer.headers["location"] + "/undo").status_code == 303
    assert in_groups(town, who) == before


@pytest.mark.parametrize(
    ("how", "more", "parts"),
    [
        ("sex", {}, {"девочки": {"Грачёва"}, "мальчики": set[str]()}),
        (
            "hand",
            {"parts": "3"},
            {"1 подгруппа": set[str](), "2 подгруппа": set[str](), "3 подгруппа": set[str]()},
        ),
        ("language", {"names": "Английский\nНемецкий"}, {"Английский": set[str](), "Немецкий": {"Грачёва"}}),
    ],
)
def test_a_class_is_split_by_what_is_known(
    town: PortalUnderTest,
    school: dict[str, Any],
    how: str,
    more: dict[str, str],
    parts: dict[str, set[str]],
) -> None:
    head = deputy(town)
    close(head, *group_ids(town, school["7Б"]))
    german = new_group(head, "elective", year=str(school["year"]), name=f"Немецкий язык {how}")
    assert move(head, german, (school["Грачёва"], german)).status_code == 303
    answer = split(head, school, school["7Б"], how=how, **more)
    assert answer.status_code == 303
    found: dict[str, set[str]] = {}
    for name in parts:
        full = f"7Б, Алгебра, {name}"
        found[name] = {"Грачёва"} if full in in_groups(town, school["Грачёва"]) else set()
    assert found == parts


def test_conflicts_are_shown_on_the_card_and_found_by_the_filter(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head = deputy(town)
    clean = head.get(f"{URL}?conflicts=yes&kind=stream").text
    stream = new_group(head, "stream", year=str(school["year"]), name="Профиль", split="профили", places="1")
    other = new_group(head, "stream", year=str(school["year"]), name="База", split="профили")
    assert stream not in clean
    with town.portal.database.transaction() as db:
        first = db.scalars(select(Organization.id).where(Organization.short_name == "Школа 1")).one()
        gone = pupil(db, "Ушедшая Яна", first, school["year"], school["7А"])
        row = db.scalars(select(Enrollment).where(Enrollment.person_id == gone)).one()
        row.ends_on = TODAY - timedelta(days=5)
        twice = pupil(db, "Двойнов Ян", first, school["year"], school["7А"])
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=first,
                academic_year_id=school["year"],
                school_class_id=school["7Б"],
                person_id=twice,
                starts_on=START,
            )
        )
        for group in (stream, other):
            for person in (gone, twice):
                member = PupilGroupMembership(
                    id=new_id(), pupil_group_id=UUID(group), person_id=person, starts_on=START
                )
                db.add(member)
    card = head.get(f"{URL}/{stream}").text
    for words in ("больше, чем мест: 2 из 1", "сразу в двух частях", "здесь уже не учится"):
        assert words in card
    assert "учится сразу в двух классах" in head.get(f"{URL}/{school['7А']}").text
    listed = head.get(f"{URL}?conflicts=yes").text
    for each in (stream, other, str(school["7А"])):
        assert f"/groupings/{each}" in listed
    assert "есть противоречия" in listed
    assert move(head, school["7А"], (twice, school["7А"])).status_code == 303
    assert "учится сразу в двух классах" not in head.get(f"{URL}/{school['7А']}").text


def test_a_closed_group_lets_its_pupils_out_and_opened_again_takes_them_back(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head = deputy(town)
    group = new_group(head, "extracurricular", year=str(school["year"]), name="Хор")
    added = head.get(f"{URL}/{group}/add?q=аист").text
    assert "Аистов Глеб" in added
    assert "Бобров" not in added
    move(head, group, (school["Аистов"], group), (school["Бобров"], group), day=TODAY - timedelta(days=2))
    assert "Хор" in in_groups(town, school["Аистов"])
    assert "Хор" in head.get(f"/people/{school['Аистов']}").text
    assert "Закрыта 1 группировка." in close(head, group).text
    assert "Хор" not in in_groups(town, school["Аистов"])
    with town.portal.database.reading(fresh=True) as db:
        closing = db.scalars(
            select(PupilMove.id).where(PupilMove.kind == "close").order_by(PupilMove.id)
        ).all()
    assert head.post(f"{URL}/moves/{closing[-1]}/undo").status_code == 409
    refused = head.post(f"{URL}/{group}/move", data={"moves": [f"{school['Волкова']}:{group}"]})
    assert refused.status_code == 422
    again = head.post(f"{URL}/bulk/reopen", data={"ids": [group], "step": "do"})
    assert "Снова открыта 1 группировка." in again.text
    assert "Хор" in in_groups(town, school["Аистов"])
    full = head.post(f"{URL}/bulk/close", data={"ids": [str(school["7А"])]}).text
    assert "сначала переведите" in full


def test_classes_and_groups_are_made_and_renamed(town: PortalUnderTest, school: dict[str, Any]) -> None:
    head = deputy(town)
    form = {
        "kind": "class",
        "year": str(school["year"]),
        "term_kind": "quarter",
        "days_per_week": "5",
        "shift": "1",
    }
    twin = head.post(f"{URL}/new", data={**form, "name": "7 «а» класс"})
    assert twin.status_code == 422
    assert "уже есть" in twin.text
    assert "Класс не читается" in head.post(f"{URL}/new", data={**form, "name": "Первый"}).text
    made = new_group(head, **{**form, "name": "10 физмат"})
    assert "10 физмат" in head.get(f"{URL}?q=10+физ").text
    answer = head.post(
        f"{URL}/{made}/edit",
        data={
            "name": "10 физмат",
            "term_kind": "half_year",
            "days_per_week": "5",
            "shift": "1",
            "places": "25",
        },
    )
    assert answer.status_code == 303
    card = head.get(answer.headers["location"]).text
    assert "Изменён класс" in card
    assert "мест: 25" in card
    part = new_group(head, "subgroup", school_class=made, subject=str(school["algebra"]), name="сильные")
    assert "10 физмат, Алгебра, сильные" in head.get(f"{URL}/{part}").text
    assert head.post(f"{URL}/{part}/edit", data={"name": "10 физмат, Алгебра, 1"}).status_code == 303
    assert "10 физмат, Алгебра, 1" in head.get("/search?q=10+физмат+алгебра").text
    assert head.post(f"{URL}/new", data={"kind": "network", "name": "Сеть", "year": "Год"}).status_code == 403
    empty = close(head, made)
    assert "Закрыта 1 группировка." in empty.text
    assert "закрыта с" in head.get(f"{URL}?state=closed&q=10+физмат+алгебра").text


def test_a_group_of_several_schools_shows_each_its_own_pupils(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    keeper = town.sign_in("municipal_coordinator")
    group = new_group(keeper, "network", name="Инженерный класс округа", year="Год")
    one, two = school["Аистов"], id_of(town, "Семёноввторой")
    candidates = keeper.get(f"{URL}/{group}/add").text
    assert "Семёноввторой" in candidates
    assert "Школа 2" in candidates
    neighbour = town.sign_in("head", organization="Школа 2")
    assert neighbour.get(f"{URL}/{group}").status_code == 404
    assert move(keeper, group, (one, group), (two, group)).status_code == 303
    whole = keeper.get(f"{URL}/{group}").text
    assert "Аистов" in whole
    assert "Семёноввторой" in whole
    shown = neighbour.get(f"{URL}/{group}").text
    assert "Семёноввторой" in shown
    assert "Аистов" not in shown
    assert "ещё из других школ: 1" in shown
    assert "Инженерный класс округа" in neighbour.get(URL).text
    assert "Инженерный класс" in neighbour.get("/search?q=инженерный").text
    api = neighbour.get(f"/api/v1/groupings/{group}").json()
    assert [each["person_id"] for each in api["members"]] == [str(two)]
    assert api["others"] == 1
    for address in ("add", "board", "edit"):
        assert neighbour.get(f"{URL}/{group}/{address}").status_code == 404
    assert neighbour.post(f"{URL}/{group}/move", data={"moves": [f"{two}:out"]}).status_code == 404
    assert "Инженерный" not in town.sign_in("teacher", organization="Школа 1").get(URL).text
    region = town.sign_in("regional_coordinator")
    assert "Инженерный класс округа" in region.get(f"{URL}?kind=network").text
    assert keeper.get("/organization").status_code == 200
    with town.portal.database.transaction() as db:
        row = db.scalars(select(Enrollment).where(Enrollment.person_id == two)).one()
        row.ends_on = TODAY - timedelta(days=1)
    assert "здесь уже не учится" in keeper.get(f"{URL}/{group}").text
    with town.portal.database.transaction() as db:
        db.scalars(select(Enrollment).where(Enrollment.person_id == two)).one().ends_on = None


def test_coordinators_read_and_neighbours_see_nothing(town: PortalUnderTest, school: dict[str, Any]) -> None:
    keeper = town.sign_in("municipal_coordinator")
    listed = keeper.get(f"{URL}?kind=class").text
    assert f"/groupings/{school['7А']}" in listed
    there = keeper.get(f"{URL}?kind=class&place={id_of(town, 'Школа 2')}").text
    assert f"/groupings/{school['7А']}" not in there
    assert "7А" in there
    assert keeper.get(f"{URL}/{school['7А']}").status_code == 200
    form = {
        "moves": [f"{school['Аистов']}:{school['7Б']}"],
        "step": "do",
        "day": str(TODAY),
        "reason": REASON,
    }
    assert keeper.post(f"{URL}/{school['7А']}/move", data=form).status_code == 403
    assert "уже решает" not in close(keeper, school["7А"]).text
    neighbour = town.sign_in("head", organization="Школа 2")
    assert f"/groupings/{school['7А']}" not in neighbour.get(URL).text
    assert neighbour.get(f"{URL}/{school['7А']}").status_code == 404
    assert neighbour.post(f"{URL}/{school['7А']}/move", data=form).status_code == 404
    own = neighbour.get(f"{URL}?kind=class").text
    mine = re.findall(r'href="/groupings/([0-9a-f-]{36})"', own)[0]
    stolen = neighbour.post(f"{URL}/{mine}/move", data={"moves": [f"{school['Аистов']}:{mine}"]})
    assert stolen.status_code == 404
    assert "Аистов" not in stolen.text
    other = neighbour.post(
        f"{URL}/{mine}/move", data={"moves": [f"{id_of(town, 'Семёноввторой')}:{school['7Б']}"]}
    )
    assert other.status_code == 404
    assert town.sign_in("teacher", organization="Школа 1").get(URL).status_code == 403
    assert town.sign_in("guardian").get(f"{URL}/{school['7А']}").status_code == 403


def test_a_program_moves_all_or_none(town: PortalUnderTest, school: dict[str, Any]) -> None:
    answer = deputy(town).post(
        "/api/v1/tokens", json={"name": "тест", "scopes": ["groupings.read", "groupings.write"], "days": 1}
    )
    program = town.visitor()
    program.token = answer.json()["text"]
    listed = program.get("/api/v1/groupings?kind=class&limit=1").json()
    assert len(listed["items"]) == 1
    assert listed["next"] is not None
    ids = {each["id"] for each in program.get("/api/v1/groupings").json()["items"]}
    assert str(school["7А"]) in ids
    found = program.get("/api/v1/groupings?kind=class&q=7 б").json()["items"]
    assert [each["name"] for each in found] == ["7Б"]
    url = f"/api/v1/groupings/{school['7А']}/moves"
    fits = {"person_id": str(school["Бобров"]), "to": str(school["7Б"])}
    already = {"person_id": str(school["Грачёва"]), "to": str(school["7Б"])}
    body = {"day": str(TODAY), "reason": REASON, "moves": [fits, already]}
    tried = program.post(url, json={**body, "dry_run": True})
    assert [bool(each["objection"]) for each in tried.json()["moves"]] == [False, True]
    refused = program.post(url, json=body)
    assert refused.status_code == 409
    assert list(refused.json()["fields"]) == [str(school["Грачёва"])]
    assert spans(town, school["Бобров"])[-1][0] == "7А"
    done = program.post(url, json={**body, "moves": [fits]})
    assert done.status_code == 201
    members = program.get(f"/api/v1/groupings/{school['7Б']}?day={TODAY}").json()["members"]
    assert str(school["Бобров"]) in {each["person_id"] for each in members}
    with town.portal.database.reading(fresh=True) as db:
        assert db.get(PupilMove, UUID(done.json()["id"])) is not None
    reader = town.visitor()
    reader.token = (
        deputy(town)
        .post("/api/v1/tokens", json={"name": "чтение", "scopes": ["groupings.read"], "days": 1})
        .json()["text"]
    )
    assert reader.get("/api/v1/groupings").status_code == 200
    assert reader.post(url, json={**body, "moves": [fits]}).status_code == 403


def test_the_list_asks_as_many_statements_however_long_it_is(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    head = deputy(town)
    head.get(URL)
    with town.counting_statements() as few:
        head.get(f"{URL}?q=7а")
    for number in range(6):
        new_group(head, "elective", year=str(school["year"]), name=f"Курс {number}")
    with town.counting_statements() as many:
        head.get(URL)
    assert len(many) <= len(few)
    exported = head.get(f"{URL}/export/csv?kind=elective")
    assert exported.status_code == 200
    assert "Курс 5" in exported.content.decode("utf-8-sig")


def test_the_list_forgives_a_typing_error(town: PortalUnderTest, school: dict[str, Any]) -> None:
    head = deputy(town)
    form = {"kind": "elective", "name": "Информатика", "year": str(school["year"])}
    assert head.post(f"{URL}/new", data=form).status_code == 303
    for wanted, found in (("информатка", "Информатика"), ("7a", ">7А<"), ("инфарматика", "Информатика")):
        assert found in head.get(URL, params={"q": wanted}).text, wanted


def test_the_list_shows_the_present_year_and_others_when_asked(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    with town.portal.database.transaction() as db:
        mine = db.get_one(AcademicYear, school["year"])
        old = AcademicYear(
            id=new_id(), organization_id=mine.organization_id, name="2019/20", archived=True,
            starts_on=date(2019, 9, 1), ends_on=date(2020, 5, 26),
        )  # fmt: skip
        db.add(old)
        db.flush()
        place = {"organization_id": mine.organization_id, "academic_year_id": old.id, "grade_level": 8}
        db.add(SchoolClass(id=new_id(), **place, label="Щ", name="8Щ", name_key="08щ"))
    head = deputy(town)
    usual = head.get(URL).text
    assert ">8Щ<" not in usual
    assert '<option value="present" selected>' in usual, "the filter is seen"
    assert ">8Щ<" in head.get(f"{URL}?year=every").text
    shown = head.get(f"{URL}?year=2019/20").text
    assert ">8Щ<" in shown
    assert ">7А<" not in shown


def test_nothing_of_an_archived_year_is_changed(town: PortalUnderTest, school: dict[str, Any]) -> None:
    with town.portal.database.reading(fresh=True) as db:
        old = db.scalars(select(SchoolClass.id).where(SchoolClass.name == "8Щ")).one()
    head = deputy(town)
    words = "Учебный год 2019/20 в архиве: его только читают."
    card = head.get(f"{URL}/{old}").text
    for name in ("edit", "add", "board", "split"):
        assert f"{URL}/{old}/{name}" not in card, "no door to a form that cannot work"
        answer = head.get(f"{URL}/{old}/{name}")
        assert (answer.status_code, words.rstrip(".") in answer.text) == (409, True), name
    moved = {"moves": [f"{school['Бобров']}:{old}"]}
    assert head.post(f"{URL}/{old}/move", data=moved).status_code == 409
    assert head.post(f"{URL}/{old}/edit", data={"name": "8Э"}).status_code == 409
    day = {"first_day": "2020-01-01", "reason": REASON, "step": "do", "ids": [str(old)]}
    head.post(f"{URL}/bulk/close", data=day)
    assert "её учебный год в архиве" in head.post(f"{URL}/bulk/close", data={"ids": [str(old)]}).text
    with town.portal.database.reading(fresh=True) as db:
        row = db.get_one(SchoolClass, old)
        assert (row.name, row.closed_on) == ("8Щ", None)
    api = head.post(
        f"/api/v1/groupings/{old}/moves",
        json={
            "day": "2020-01-01",
            "reason": REASON,
            "moves": [{"person_id": str(school["Бобров"]), "to": None}],
        },
    )
    assert (api.status_code, api.json()["title"]) == (409, words)


def test_a_municipality_looks_for_conflicts_and_a_region_does_not(town: PortalUnderTest) -> None:
    near = town.sign_in("municipal_coordinator")
    assert 'name="conflicts"' in near.get(URL).text
    found = near.get(f"{URL}?conflicts=yes")
    assert found.status_code == 200
    assert "всё сходится" not in found.text
    far = town.sign_in("regional_coordinator")
    assert 'name="conflicts"' not in far.get(URL).text


def test_adding_to_a_group_is_told_as_adding(town: PortalUnderTest, school: dict[str, Any]) -> None:
    head = town.sign_in("head", organization="Школа 1")
    group = new_group(head, "elective", name="Робототехника", year=str(school["year"]))
    chosen = {"ids": [str(school["Волкова"])], "target": str(group)}
    shown = head.post(f"{URL}/{group}/move", data=chosen).text
    for words in ("Добавить сюда с", "Волкова", ">Добавить<", "Не добавлять"):
        assert words in shown, words
    for words in ("перевод", "Перевести", "Не переводить", "пока нигде", "→"):
        assert words not in shown, words
    added = move(head, group, (school["Волкова"], group))
    assert added.status_code == 303
    out = head.post(f"{URL}/{group}/move", data={"moves": [f"{school['Волкова']}:out"]}).text
    assert "Убрать отсюда с" in out
    assert "Не убирать" in out
    assert head.post(f"{added.headers['location']}/undo").status_code == 303
    assert "Добавление отменено" in head.get(added.headers["location"]).text


def test_a_new_grouping_begins_in_the_year_that_goes_on(
    town: PortalUnderTest, school: dict[str, Any]
) -> None:
    with town.portal.database.transaction() as db:
        next_year = AcademicYear(
            id=new_id(),
            organization_id=id_of(town, "Школа 1"),
            name="Следующий",
            starts_on=TODAY + timedelta(days=200),
            ends_on=TODAY + timedelta(days=450),
        )
        db.add(next_year)
    head, keeper = town.sign_in("head", organization="Школа 1"), town.sign_in("municipal_coordinator")
    try:
        for visitor, kind, present in (
            (head, "class", str(school["year"])),
            (head, "elective", str(school["year"])),
            (keeper, "network", "Год"),
        ):
            form = visitor.get(f"{URL}/new?kind={kind}").text
            chosen = re.search(r'<select[^>]*name="year".*?</select>', form, re.DOTALL)
            assert chosen is not None
            assert "Следующий" in chosen[0]
            assert re.findall(r'value="([^"]*)"\s+selected', chosen[0]) == [present], kind
    finally:
        with town.portal.database.transaction() as db:
            db.delete(db.get_one(AcademicYear, next_year.id))
