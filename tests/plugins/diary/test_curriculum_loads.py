"""Loads of teachers by the curriculum, vacancies, and the curriculum as a table: out, in, on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select, update

from core.organizations.models import TeachingAssignment
from core.testing.portal import PortalUnderTest, Visitor
from plugins.diary.curriculum.models import Curriculum
from tests.school_day import school_day

from .school import Pair
from .test_curriculum import Plan, clear


@pytest.fixture
def deputy(portal: PortalUnderTest) -> Visitor:
    """The deputy head of the first school."""
    return portal.sign_in("deputy_head", organization="СОШ № 1")


@pytest.fixture
def plan(portal: PortalUnderTest, pair: Pair, deputy: Visitor) -> Iterator[Plan]:
    """A draft with hours for both classes; nobody teaches physics in 7Б. Assignments are put back afterwards."""
    with portal.portal.database.reading() as db:
        before = [row._asdict() for row in db.execute(select(*TeachingAssignment.__table__.c))]
    made = Plan(deputy, pair)
    made.write("Алгебра", "7 класс", "3")
    made.write("Физика", "7 класс", "2,5")
    yield made
    clear(portal)
    with portal.portal.database.transaction() as db:
        db.execute(TeachingAssignment.__table__.delete())
        db.execute(TeachingAssignment.__table__.insert(), before)


def loads(plan: Plan) -> dict[str, Any]:
    """The loads of a plan."""
    answer = plan.who.get(f"{plan.url}/loads")
    assert answer.status_code == 200, answer.text
    return answer.json()


def of(plan: Plan, name: str) -> dict[str, Any]:
    """The load of one teacher."""
    return next(each for each in loads(plan)["teachers"] if each["teacher"] == name)


def test_hours_are_counted_by_teachers_and_what_is_vacant_is_told(plan: Plan) -> None:
    found = loads(plan)
    assert [(each["subject"], each["place"], each["half_hours"]) for each in found["vacancies"]] == [
        ("Физика", "7Б", 5)
    ]
    teacher = of(plan, "Громова О. П.")
    assert [(line["subject"], line["place"]) for line in teacher["lines"]] == [
        ("Алгебра", "7А"),
        ("Алгебра", "7Б"),
    ]
    assert (teacher["half_hours"], teacher["stakes"]) == (12, "0,33")
    assert (found["half_hours"], found["stake_hours"]) == (22, 18)


def test_a_split_class_needs_a_teacher_for_every_group(plan: Plan, pair: Pair) -> None:
    for group in pair.own.groups.values():
        plan.who.post(f"{plan.url}/columns", json={"pupil_group_id": str(group.id)})
        plan.write("Английский язык", f"7А, {group.name}", "3")
    lines = of(plan, "Громова О. П.")["lines"]
    assert ("Английский язык", "7А, группа 1") in [(line["subject"], line["place"]) for line in lines]
    assert of(plan, "Соколов И. Л.")["half_hours"] == 5 + 6


def test_a_vacancy_is_filled_and_a_teacher_replaced_from_a_day(
    portal: PortalUnderTest, plan: Plan, pair: Pair
) -> None:
    vacancy = loads(plan)["vacancies"][0]
    teacher = str(pair.own.people["teacher"])
    body = {"subject_id": vacancy["subject_id"], "column_id": vacancy["column_id"], "teacher_id": teacher}
    assert plan.who.put(f"{plan.url}/loads", json=body).status_code == 200
    assert loads(plan)["vacancies"] == []
    algebra = next(
        line
        for line in of(plan, "Громова О. П.")["lines"]
        if (line["subject"], line["place"]) == ("Алгебра", "7А")
    )
    later = school_day() + timedelta(days=5)
    change = {
        "subject_id": algebra["subject_id"],
        "column_id": algebra["column_id"],
        "teacher_id": None,
        "from_day": later.isoformat(),
    }
    assert plan.who.put(f"{plan.url}/loads", json=change).status_code == 200
    with portal.portal.database.reading(fresh=True) as db:
        held = db.execute(
            select(TeachingAssignment.starts_on, TeachingAssignment.ends_on).where(
                TeachingAssignment.subject_id == pair.own.subjects["Алгебра"].id,
                TeachingAssignment.school_class_id == pair.own.classes["7А"].id,
            )
        ).all()
    assert {each.ends_on for each in held} == {later - timedelta(days=1)}


def test_only_teachers_of_the_school_and_days_of_the_year_are_taken(plan: Plan, pair: Pair) -> None:
    vacancy = loads(plan)["vacancies"][0]
    key = {"subject_id": vacancy["subject_id"], "column_id": vacancy["column_id"]}
    foreign = plan.who.put(f"{plan.url}/loads", json={**key, "teacher_id": str(pair.other.people["teacher"])})
    assert foreign.status_code == 422
    early = {**key, "teacher_id": str(pair.own.people["teacher"]), "from_day": "2001-09-01"}
    assert plan.who.put(f"{plan.url}/loads", json=early).status_code == 422
    gone = {**key, "column_id": str(pair.own.year.id), "teacher_id": None}
    assert plan.who.put(f"{plan.url}/loads", json=gone).status_code == 404


def test_teachers_do_not_see_each_other_s_loads(portal: PortalUnderTest, plan: Plan) -> None:
    with portal.portal.database.transaction() as db:
        db.execute(update(Curriculum).values(state="approved"))
    teacher = portal.sign_in("teacher", organization="СОШ № 1")
    assert teacher.get(f"{plan.page}/loads").status_code == 403
    assert teacher.get(plan.page).status_code == 200


def test_loads_are_given_out_and_assigned_in_forms(plan: Plan, pair: Pair) -> None:
    page = plan.who.get(f"{plan.page}/loads").text
    assert "вакансий на 2,5 ч" in page
    vacancy = loads(plan)["vacancies"][0]
    form = f"{plan.page}/loads/{vacancy['column_id']}/{vacancy['subject_id']}"
    assert "Громова О. П. – 6 ч" in plan.who.get(form).text
    data = {"teacher": str(pair.own.people["teacher"]), "from_day": "не день"}
    assert plan.who.post(form, data=data).status_code == 422
    data["from_day"] = school_day().isoformat()
    assert plan.who.post(form, data=data).status_code == 303
    book = load_workbook(io.BytesIO(plan.who.get(f"{plan.page}/loads/xlsx").content))
    rows = [[cell.value for cell in row] for row in book["Тарификация"]]
    assert ["Громова О. П.", "Физика", "7Б", 2.5] in rows
    assert [cell.value for cell in book["Вакансии"][1]] == ["Предмет", "Класс, группа", "Часов в неделю"]


def sent(plan: Plan, rows: list[list[Any]]) -> Any:
    """A table looked at."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return plan.who.post(f"{plan.page}/import", files={"file": ("план.xlsx", out.getvalue())})


def rows_of(answer: Any) -> str:
    """What the form of the looked-at table would send."""
    from tests.core.every_form.reading import FormReader

    reader = FormReader()
    reader.feed(answer.text)
    return next(fields["rows"] for action, fields in reader.forms if action.endswith("/import/load"))


def test_a_plan_goes_out_and_comes_back_the_same(plan: Plan, pair: Pair) -> None:
    plan.write("Физика", "7Б", "–")
    plan.write("Физика", "7А", "1,5", part="school")
    content = plan.who.get(f"{plan.page}/xlsx").content
    assert plan.who.get(f"{plan.page}/pdf").content.startswith(b"%PDF")
    copy = Plan(plan.who, pair)
    looked = plan.who.post(f"{copy.page}/import", files={"file": ("план.xlsx", content)})
    assert looked.status_code == 200
    loaded = plan.who.post(f"{copy.page}/import/load", data={"rows": rows_of(looked)})
    assert loaded.status_code == 303, loaded.text

    def cells(one: Plan) -> set[tuple[str, str, str, str]]:
        data = one.read()
        rows = {each["id"]: each for each in data["rows"]}
        columns = {each["id"]: each["title"] for each in data["columns"]}
        return {
            (rows[each["row"]]["subject"], rows[each["row"]]["part"], columns[each["column"]], each["text"])
            for each in data["cells"]
        }

    assert cells(copy) == cells(plan)


def test_a_table_as_schools_keep_it_is_read(plan: Plan) -> None:
    answer = sent(
        plan,
        [
            ["Учебный план на 2026/2027 год"],
            ["№", "Учебные предметы", "7 А класс", "7Б", "Примечание"],
            ["", "Обязательная часть"],
            [1, "алгебра", 4, "3,5", ""],
            ["", "Часть, формируемая участниками образовательных отношений"],
            [2, "Физика", "½", None, ""],
            ["", "Итого", 5, 4, ""],
        ],
    )
    assert answer.status_code == 200
    assert "Найдено 2 предмета" in answer.text or "2 предмет" in answer.text
    loaded = plan.who.post(f"{plan.page}/import/load", data={"rows": rows_of(answer), "replace": "true"})
    assert loaded.status_code == 303
    assert (plan.sums("7А")["mandatory"], plan.sums("7А")["school"]) == ("4", "0,5")
    assert plan.sums("7Б")["week"] == "3,5"


def test_mistakes_in_a_table_are_told_by_rows(plan: Plan) -> None:
    wrong = sent(plan, [["Предмет", "7А"], ["Астрология", 2], ["Алгебра", "много"]])
    assert "Предмета «Астрология» в школе нет" in wrong.text
    assert "«много» – не часы" in wrong.text
    assert "import/load" not in wrong.text
    assert sent(plan, [["Что-то", "7А"], ["Алгебра", 2]]).status_code == 422
    assert sent(plan, [["Предмет", "11А"], ["Алгебра", 2]]).status_code == 422
    assert plan.who.post(f"{plan.page}/import", files={"file": ("план.xlsx", b"PK")}).status_code == 422
    assert plan.who.post(f"{plan.page}/import/load", data={"rows": "{"}).status_code == 422


def test_rows_are_loaded_by_a_program(plan: Plan, pair: Pair) -> None:
    row = {
        "subject_id": str(pair.own.subjects["Английский язык"].id),
        "part": "school",
        "hours": {plan.column("7А"): "2"},
    }
    answer = plan.who.post(f"{plan.url}/load", json={"rows": [row]})
    assert answer.status_code == 200, answer.text
    assert plan.sums("7А")["school"] == "2"
    foreign = {**row, "subject_id": str(pair.other.subjects["Физика"].id)}
    assert plan.who.post(f"{plan.url}/load", json={"rows": [foreign]}).status_code == 422
