"""The curriculum: begun from a template, written in cells, summed up and held against the norms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from core.audit.models import AuditRecord
from core.errors import Invalid
from core.organizations.models import AcademicYear
from core.organizations.switches import save_settings
from core.testing.portal import PortalUnderTest, Visitor
from plugins.diary.curriculum.hours import halves_of, show_hours
from plugins.diary.curriculum.models import Curriculum, CurriculumRow

from .school import Pair

API = "/api/v1/diary/curricula"


class Plan:
    """A draft as a program writes it."""

    def __init__(self, who: Visitor, pair: Pair, **begun: Any) -> None:
        self.who, self.pair = who, pair
        body = {
            "academic_year_id": str(pair.own.year.id),
            "lowest_grade_level": 7,
            "highest_grade_level": 7,
            **begun,
        }
        answer = who.post(API, json=body)
        assert answer.status_code == 201, answer.text
        self.url = f"{API}/{answer.json()['id']}"
        self.page = f"/curriculum/{answer.json()['id']}"

    def read(self, who: Visitor | None = None) -> dict[str, Any]:
        """The plan with its table."""
        answer = (who or self.who).get(self.url)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def row(self, subject: str, part: str = "mandatory") -> str:
        """The id of a row, which is added where it is missing."""
        for each in self.read()["rows"]:
            if (each["subject"], each["part"]) == (subject, part):
                return each["id"]
        subject_id = str(self.pair.own.subjects[subject].id)
        answer = self.who.post(f"{self.url}/rows", json={"subject_id": subject_id, "part": part})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def column(self, title: str) -> str:
        """The id of the column with this title."""
        return next(each["id"] for each in self.read()["columns"] if each["title"] == title)

    def write(self, subject: str, place: str, text: str, part: str = "mandatory", **more: Any) -> Any:
        """Write hours into a cell."""
        body = {"row": self.row(subject, part), "column": self.column(place), "text": text, **more}
        return self.who.put(f"{self.url}/cells", json=body)

    def sums(self, place: str) -> dict[str, str]:
        """The sums of a column."""
        column = self.column(place)
        return next(each for each in self.read()["sums"] if each["column"] == column)


@pytest.fixture
def deputy(portal: PortalUnderTest) -> Visitor:
    """The deputy head of the first school."""
    return portal.sign_in("deputy_head", organization="СОШ № 1")


@pytest.fixture
def plan(portal: PortalUnderTest, pair: Pair, deputy: Visitor) -> Iterator[Plan]:
    """An empty draft for the seventh grade, and no other curriculum."""
    yield Plan(deputy, pair)
    clear(portal)


def clear(portal: PortalUnderTest) -> None:
    """Take all curricula away."""
    with portal.portal.database.transaction() as db:
        db.execute(update(Curriculum).values(based_on_id=None))
        db.execute(delete(Curriculum))


def test_hours_are_whole_halves(plan: Plan) -> None:
    for typed, shown in (
        ("2", "2"),
        ("2,5", "2,5"),
        ("2.5", "2,5"),
        ("½", "0,5"),
        ("2½", "2,5"),
        ("–", "–"),
        ("", ""),
    ):
        answer = plan.write("Алгебра", "7 класс", typed)
        assert answer.status_code == 200, answer.text
        cells = {cell["column"]: cell for cell in answer.json()["cells"]}
        assert cells[plan.column("7 класс")]["text"] == shown


def test_hours_that_are_none_are_refused_in_words(plan: Plan) -> None:
    for typed in ("много", "2,25", "41", "-3"):
        answer = plan.write("Алгебра", "7 класс", typed)
        assert answer.status_code == 422
        assert "целыми и половинами" in answer.json()["detail"]


@given(st.integers(min_value=1, max_value=80))
def test_what_is_shown_can_be_typed(halves: int) -> None:
    assert halves_of(show_hours(halves)) == halves


@given(st.text(max_size=6))
def test_any_text_is_hours_or_refused(text: str) -> None:
    try:
        halves = halves_of(text)
    except Invalid:
        return
    assert halves is None or 0 <= halves <= 80


def test_a_class_has_the_hours_of_its_grade_level_until_it_has_its_own(plan: Plan) -> None:
    plan.write("Алгебра", "7 класс", "3")
    assert (plan.sums("7А")["week"], plan.sums("7Б")["week"]) == ("3", "3")
    plan.write("Алгебра", "7А", "4,5")
    assert (plan.sums("7А")["week"], plan.sums("7Б")["week"]) == ("4,5", "3")
    plan.write("Алгебра", "7А", "–")
    assert plan.sums("7А")["week"] == "0"
    plan.write("Алгебра", "7А", "")
    assert plan.sums("7А")["week"] == "3"


def test_parts_are_summed_apart(plan: Plan) -> None:
    plan.write("Алгебра", "7 класс", "3")
    plan.write("Физика", "7 класс", "2", part="school")
    plan.write("Физика", "7 класс", "1,5", part="extracurricular")
    sums = plan.sums("7А")
    assert (sums["mandatory"], sums["school"], sums["week"], sums["extracurricular"]) == (
        "3",
        "2",
        "5",
        "1,5",
    )
    assert (sums["most"], sums["left"], sums["year"]) == ("32", "27", "170")


def test_a_split_class_counts_its_fullest_group(plan: Plan, pair: Pair) -> None:
    plan.write("Английский язык", "7 класс", "3")
    for group in pair.own.groups.values():
        assert plan.who.post(f"{plan.url}/columns", json={"pupil_group_id": str(group.id)}).status_code == 201
    plan.write("Английский язык", "7А, группа 1", "3")
    plan.write("Английский язык", "7А, группа 2", "4")
    assert (plan.sums("7А")["week"], plan.sums("7Б")["week"]) == ("4", "3")


def test_an_individual_plan_has_the_class_s_hours_but_for_its_own(plan: Plan, pair: Pair) -> None:
    plan.write("Алгебра", "7 класс", "3")
    plan.write("Физика", "7 класс", "2")
    added = plan.who.post(f"{plan.url}/columns", json={"pupil_id": str(pair.own.people["anna"])})
    assert added.status_code == 201, added.text
    plan.write("Физика", "Белова А. С.", "1")
    assert plan.sums("Белова А. С.")["week"] == "4"
    again = plan.who.post(f"{plan.url}/columns", json={"pupil_id": str(pair.own.people["anna"])})
    assert again.status_code == 409


def test_individual_plans_are_not_shown_to_teachers(portal: PortalUnderTest, plan: Plan, pair: Pair) -> None:
    plan.write("Алгебра", "7 класс", "3")
    plan.who.post(f"{plan.url}/columns", json={"pupil_id": str(pair.own.people["anna"])})
    with portal.portal.database.transaction() as db:
        db.execute(update(Curriculum).values(state="approved"))
    teacher = portal.sign_in("teacher", organization="СОШ № 1")
    assert {each["kind"] for each in plan.read(teacher)["columns"]} == {"grade", "class"}
    assert "Белова" not in teacher.get(f"{plan.page}?show=7").text
    assert "Белова" in plan.who.get(f"{plan.page}?show=7").text


def test_a_draft_is_not_shown_to_teachers(portal: PortalUnderTest, plan: Plan) -> None:
    teacher = portal.sign_in("teacher", organization="СОШ № 1")
    assert teacher.get(plan.page).status_code == 404
    assert teacher.get(API).json() == []
    assert portal.sign_in("guardian", organization="СОШ № 1").get("/curriculum").status_code == 403


def test_too_many_hours_are_found_with_act_and_table(plan: Plan) -> None:
    plan.write("Алгебра", "7 класс", "32,5")
    found = next(each for each in plan.read()["findings"] if each["code"] == "weekly_load")
    assert found["level"] == "warning"
    assert found["place"] == "7А, 7Б"
    assert "больше предельных 32 на 0,5 ч" in found["text"]
    assert found["act"] == "СанПиН 1.2.3685-21, таблица 6.6"


def test_the_bound_is_that_of_the_class_s_week(portal: PortalUnderTest, plan: Plan, pair: Pair) -> None:
    from core.organizations.models import SchoolClass

    with portal.portal.database.transaction() as db:
        db.execute(
            update(SchoolClass).where(SchoolClass.id == pair.own.classes["7А"].id).values(days_per_week=6)
        )
    plan.write("Алгебра", "7 класс", "34")
    assert (plan.sums("7А")["most"], plan.sums("7Б")["most"]) == ("35", "32")
    places = [each["place"] for each in plan.read()["findings"] if each["code"] == "weekly_load"]
    assert places == ["7Б"]
    with portal.portal.database.transaction() as db:
        db.execute(update(SchoolClass).values(days_per_week=5))


def test_an_operator_makes_a_norm_binding(portal: PortalUnderTest, plan: Plan, pair: Pair) -> None:
    plan.write("Алгебра", "7 класс", "40")
    parent_id = pair.own.organization.parent_id
    assert parent_id is not None
    with portal.portal.database.transaction() as db:
        save_settings(db, "diary", parent_id, {"binding_norms": "weekly_load"})
    levels = {each["code"]: each["level"] for each in plan.read()["findings"]}
    assert (levels["weekly_load"], levels["year_load"]) == ("error", "warning")
    with portal.portal.database.transaction() as db:
        save_settings(db, "diary", parent_id, {})


def test_a_cell_changed_by_another_is_not_written_over(plan: Plan, portal: PortalUnderTest) -> None:
    plan.write("Алгебра", "7 класс", "3")
    plan.write("Физика", "7 класс", "2")
    seen = plan.read()["curriculum"]["revision"]
    assert plan.write("Физика", "7 класс", "4", was="2").status_code == 200
    late = plan.write("Физика", "7 класс", "5", was="2", seen=seen)
    assert late.status_code == 409
    assert "теперь «4»" in late.json()["title"]
    other = plan.write("Алгебра", "7 класс", "2", was="3", seen=seen).json()
    assert {cell["row"] for cell in other["cells"]} == {plan.row("Алгебра"), plan.row("Физика")}


def test_a_template_fills_the_plan_and_the_list_of_subjects(
    portal: PortalUnderTest, pair: Pair, deputy: Visitor
) -> None:
    made = Plan(deputy, pair, template="ooo_1")
    data = made.read()
    assert made.sums("7А")["mandatory"] == "30"
    subjects = {each["subject"] for each in data["rows"]}
    assert {"Алгебра", "Физика", "Вероятность и статистика", "Русский язык"} <= subjects
    templates = deputy.get(f"{API}/templates").json()
    assert {"noo_1", "ooo_1", "soo_technology"} <= {each["code"] for each in templates}
    assert all(each["act"] and each["valid_from"] for each in templates)
    wrong = deputy.post(
        API,
        json={
            "academic_year_id": str(pair.own.year.id),
            "lowest_grade_level": 7,
            "highest_grade_level": 7,
            "template": "noo_1",
        },
    )
    assert wrong.status_code == 422
    clear(portal)


def test_a_plan_can_begin_with_another_year_s(portal: PortalUnderTest, pair: Pair, deputy: Visitor) -> None:
    first = Plan(deputy, pair)
    first.write("Алгебра", "7 класс", "3,5")
    second = Plan(deputy, pair, copied_from=first.url.rsplit("/", 1)[1])
    assert second.sums("7Б")["week"] == "3,5"
    assert second.read()["curriculum"]["number"] == 2
    clear(portal)


def test_rows_and_columns_come_and_go(plan: Plan, portal: PortalUnderTest) -> None:
    row = plan.row("Алгебра")
    twice = plan.who.post(
        f"{plan.url}/rows",
        json={"subject_id": str(plan.pair.own.subjects["Алгебра"].id), "part": "mandatory"},
    )
    assert twice.status_code == 409
    plan.write("Алгебра", "7А", "3")
    assert plan.who.delete(f"{plan.url}/columns/{plan.column('7 класс')}").status_code == 409
    assert plan.who.delete(f"{plan.url}/columns/{plan.column('7Б')}").status_code == 204
    assert plan.who.delete(f"{plan.url}/rows/{row}").status_code == 204
    assert plan.read()["rows"] == []
    gone = plan.who.put(f"{plan.url}/cells", json={"row": row, "column": plan.column("7А"), "text": "2"})
    assert gone.status_code == 404
    with portal.portal.database.reading() as db:
        assert not db.scalar(select(func.count()).select_from(CurriculumRow))


def test_another_school_does_not_learn_of_it(portal: PortalUnderTest, plan: Plan) -> None:
    neighbour = portal.sign_in("deputy_head", organization="СОШ № 2")
    assert neighbour.get(plan.url).status_code == 404
    assert (
        neighbour.put(
            f"{plan.url}/cells", json={"row": str(uuid4()), "column": str(uuid4()), "text": "2"}
        ).status_code
        == 404
    )
    foreign = {
        "academic_year_id": str(plan.pair.own.year.id),
        "lowest_grade_level": 7,
        "highest_grade_level": 7,
    }
    assert neighbour.post(API, json=foreign).status_code == 404


def test_who_changed_which_hours_is_kept(portal: PortalUnderTest, plan: Plan) -> None:
    plan.write("Алгебра", "7А", "3")
    plan.write("Алгебра", "7А", "4")
    with portal.portal.database.reading() as db:
        last = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "diary.curriculum.hours")
            .order_by(AuditRecord.at.desc())
        ).first()
    assert last is not None
    assert last.before == {"subject": "Алгебра", "place": "7А", "hours": "3"}
    assert last.after == {"subject": "Алгебра", "place": "7А", "hours": "4"}


def test_an_archived_year_is_only_read(portal: PortalUnderTest, plan: Plan) -> None:
    plan.write("Алгебра", "7А", "3")
    with portal.portal.database.transaction() as db:
        db.execute(update(AcademicYear).where(AcademicYear.id == plan.pair.own.year.id).values(archived=True))
    refused = plan.who.put(
        f"{plan.url}/cells", json={"row": str(uuid4()), "column": str(uuid4()), "text": "2"}
    )
    assert refused.status_code == 409
    assert "в архиве" in refused.json()["title"]
    with portal.portal.database.transaction() as db:
        db.execute(update(AcademicYear).values(archived=False))


def test_the_table_costs_few_statements_however_long_it_is(portal: PortalUnderTest, plan: Plan) -> None:
    plan.write("Алгебра", "7 класс", "3")
    plan.who.get(plan.url)
    with portal.counting_statements() as few:
        plan.who.get(plan.url)
    for subject in ("Физика", "Английский язык"):
        plan.write(subject, "7 класс", "2")
    with portal.counting_statements() as many:
        plan.who.get(plan.url)
    assert len(many) == len(few)


def test_the_forms_work_without_the_script(plan: Plan, pair: Pair) -> None:
    subject = str(pair.own.subjects["Физика"].id)
    added = plan.who.post(f"{plan.page}/rows", data={"subject_id": subject, "part": "school", "show": "7"})
    assert added.status_code == 303
    group = f"group:{pair.own.groups['группа 1'].id}"
    assert plan.who.post(f"{plan.page}/columns", data={"place": group, "show": "7"}).status_code == 303
    page = plan.who.get(f"{plan.page}?show=7").text
    assert "Физика" in page
    assert "группа 1" in page
    refused = plan.who.post(f"{plan.page}/rows", data={"subject_id": subject, "part": "school"})
    assert refused.status_code == 409
    assert "уже есть" in refused.text
    saved = plan.who.post(f"{plan.page}/layout", data={"title": "", "starts_on": "2030-01-01"})
    assert saved.status_code == 422
    assert plan.who.post(f"{plan.page}/delete", data={}).status_code == 303
    assert plan.who.get(plan.page).status_code == 404
