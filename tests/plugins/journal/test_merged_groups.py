"""A group of pupils of two classes: one page, and what each class, its teacher and the families see of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.database.base import new_id
from core.identity.models import Guardianship
from core.organizations.models import Enrollment, PupilGroup, PupilGroupMembership, SchoolClass
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.models import JournalPage
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import empty_cells
from tests.plugins.journal.merged_group import SUBJECT, TODAY, MergedGroup, merged_group


@pytest.fixture(scope="module")
def _group_of_module(portal: PortalUnderTest) -> MergedGroup:
    return merged_group(portal, ("half_year", "half_year"))


@pytest.fixture
def group(_group_of_module: MergedGroup) -> MergedGroup:
    """The page of the group with empty cells; both classes have half-years."""
    empty_cells(_group_of_module.under_test.portal, _group_of_module.page_id)
    return _group_of_module


def everybody(group: MergedGroup) -> list[UUID]:
    return [pupil for class_id in group.classes for pupil in group.pupils[class_id]]


def guardian(group: MergedGroup, pupil: UUID) -> Visitor:
    with group.under_test.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(Guardianship.guardian_id).where(Guardianship.child_id == pupil).limit(1)
        ).one()
    return group.under_test.sign_in("guardian", person_id=found)


def sheet(visitor: Visitor, class_id: UUID, column: str = "") -> dict[str, Any]:
    answer = visitor.get(f"/api/v1/journal/school-classes/{class_id}/term-marks?column={column}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def put_term(group: MergedGroup, pupil: UUID, value: str) -> Any:
    column = str(group.term.number)
    body = {"pupil": str(pupil), "column": column, "value": value, "reason": "Проект"}
    return group.teacher.put(f"{group.url}/term-marks", json=body)


def cell(group: MergedGroup, visitor: Visitor, class_id: UUID, pupil: UUID) -> str:
    """The pupil's mark of the group's subject in the sheet of a class."""
    shown = sheet(visitor, class_id, str(group.term.number))
    at = [each["name"] for each in shown["subjects"]].index(SUBJECT)
    line = next(each for each in shown["lines"] if each["id"] == str(pupil))
    return line["cells"][at]["value"]


def test_one_page_has_the_pupils_of_both_classes_and_their_terms(group: MergedGroup) -> None:
    page = group.teacher.get(group.url).json()
    assert [each["name"] for each in page["terms"]] == [each.name for each in group.terms]
    for pupil in everybody(group):
        assert group.put("5", pupil).status_code == 200
    text = group.teacher.get(f"/journal/{group.page_id}?term={group.term.number}").text
    assert all(f"data-p={pupil.hex}" in text for pupil in everybody(group))


def test_a_class_teacher_sees_the_own_pupils_and_not_those_of_the_other_class(group: MergedGroup) -> None:
    for pupil in everybody(group):
        assert group.put("5", pupil).status_code == 200
    mine, others = group.classes
    own, foreign = group.pupils[mine][0], group.pupils[others][0]
    teacher = group.class_teacher(mine)
    assert teacher.get(f"/journal/{group.page_id}").status_code == 404
    shown = teacher.get(f"/api/v1/journal/pupils/{own}?term={group.term.number}").json()
    line = next(each for each in shown["subjects"] if each["subject"] == SUBJECT)
    assert ([each["text"] for each in line["entries"]], line["opens"]) == (["5"], False)
    assert f"/journal/{group.page_id}" not in teacher.get(f"/journal/pupils/{own}").text
    assert teacher.get(f"/api/v1/journal/pupils/{foreign}").status_code == 404
    subject = next(each for each in sheet(teacher, mine)["subjects"] if each["name"] == SUBJECT)
    assert subject["pages"] == [], "no link to what stays closed"
    assert f"/journal/{group.page_id}" not in teacher.get(f"/journal/classes/{mine}/term-marks").text
    deputy = group.under_test.sign_in("deputy_head")
    assert f"/journal/{group.page_id}/term-marks" in deputy.get(f"/journal/classes/{mine}/term-marks").text
    opened = deputy.get(f"/api/v1/journal/pupils/{own}?term={group.term.number}").json()
    assert all(each["opens"] for each in opened["subjects"])


def test_attendance_of_the_group_stands_in_the_day_of_each_class(group: MergedGroup) -> None:
    mine, others = group.classes
    for class_id in group.classes:
        assert group.put("н", group.pupils[class_id][0]).status_code == 200
    for class_id, foreign in ((mine, others), (others, mine)):
        teacher = group.class_teacher(class_id)
        day = teacher.get(f"/api/v1/journal/classes/{class_id}/days/{group.days[0]}").json()
        at = next(number for number, each in enumerate(day["lessons"]) if each["subject"] == SUBJECT)
        codes = {each["id"]: each["cells"][at]["code"] for each in day["pupils"] if each["cells"][at]}
        first, second = (str(each) for each in group.pupils[class_id])
        assert codes == {first: "н", second: ""}
        assert not set(codes) & {str(each) for each in group.pupils[foreign]}


def test_a_family_reads_its_own_child_only(group: MergedGroup) -> None:
    mine, others = group.classes
    own, foreign = group.pupils[mine][0], group.pupils[others][0]
    assert group.put("5", own).status_code == 200
    assert group.put("2", foreign).status_code == 200
    visitor = guardian(group, own)
    week = visitor.get(f"/api/v1/diary/pupils/{own}/week?week={group.days[0]}").json()
    marks = [
        mark["value"]
        for day in week["days"]
        for line in day["lessons"]
        for mark in line["marks"]
        if line["subject"] == SUBJECT
    ]
    assert marks == ["5"]
    assert visitor.get(f"/api/v1/diary/pupils/{foreign}/week?week={group.days[0]}").status_code == 404


def test_term_marks_go_to_the_sheet_of_each_class_until_its_term_is_closed(group: MergedGroup) -> None:
    mine, others = group.classes
    deputy = group.under_test.sign_in("deputy_head")
    for value, class_id in (("5", mine), ("4", others)):
        pupil = group.pupils[class_id][0]
        assert put_term(group, pupil, value).status_code == 200
        assert cell(group, group.class_teacher(class_id), class_id, pupil) == value
        assert cell(group, deputy, class_id, pupil) == value
    terms = deputy.get("/api/v1/journal/terms").json()
    listed = {
        each["id"]: page["expected"]
        for each in terms
        for shown in each["classes"]
        for page in shown["pages"]
        if page["page_id"] == str(group.page_id)
    }
    assert listed == {str(each.id): 4 for each in group.terms}, "the group's half-years and no quarters"
    closing = f"/api/v1/journal/terms/{group.term.id}"
    assert deputy.post(f"{closing}/close").status_code == 201
    assert put_term(group, group.pupils[mine][0], "3").status_code == 409
    assert group.put("3", group.pupils[mine][0]).status_code == 409
    until = (TODAY + timedelta(days=2)).isoformat()
    reopened = deputy.post(f"{closing}/reopen", json={"reason": "Ошибка", "until": until})
    assert reopened.status_code == 201, reopened.text
    assert put_term(group, group.pupils[mine][0], "3").status_code == 200


def test_a_group_of_one_grade_has_the_columns_of_that_grade(group: MergedGroup) -> None:
    """Exams and final marks are due on its page as on that of a class."""

    def columns(*grades: int) -> set[str]:
        with group.under_test.portal.database.transaction() as db:
            for class_id, grade in zip(group.classes, grades, strict=True):
                db.get_one(SchoolClass, class_id).grade_level = grade
        lines = group.teacher.get(f"{group.url}/term-marks").json()["pupils"]
        return {each["column"] for each in lines[0]["marks"]}

    with group.under_test.portal.database.reading(fresh=True) as db:
        before = [db.get_one(SchoolClass, class_id).grade_level for class_id in group.classes]
    try:
        assert {"exam", "final"} <= columns(11, 11)
        assert not {"exam", "final"} & columns(10, 10)
        assert not {"exam", "final"} & columns(10, 11), "of two grades: neither's rules"
    finally:
        columns(*before)


def test_marks_of_two_groups_of_one_subject_stand_side_by_side(group: MergedGroup) -> None:
    """By mistake or by plan a pupil is in both at once: neither mark is hidden behind the other."""
    mine = group.classes[0]
    pupil, other = group.pupils[mine]
    for each in (pupil, other):
        assert put_term(group, each, "5").status_code == 200
    with group.under_test.portal.database.transaction() as db:
        first = db.get_one(JournalPage, group.page_id)
        common = {"organization_id": first.organization_id, "academic_year_id": first.academic_year_id}
        second = PupilGroup(id=new_id(), **common, kind="stream", name="Робототехника, второй поток")
        page = JournalPage(id=new_id(), **common, subject_id=first.subject_id, pupil_group_id=second.id)
        db.add(second)
        db.flush()
        member = {"pupil_group_id": second.id, "starts_on": group.terms[0].starts_on}
        db.add_all(PupilGroupMembership(id=new_id(), person_id=each, **member) for each in (pupil, other))
        db.add(page)
        db.flush()
        for each, value in ((pupil, "2"), (other, "5")):
            mark = {"kind": "term", "term_id": group.term.id, "value": value, "score": int(value)}
            db.add(JournalTermMark(id=new_id(), **common, page_id=page.id, pupil_id=each, **mark))
    deputy = group.under_test.sign_in("deputy_head")
    assert cell(group, deputy, mine, pupil) == "5/2"
    assert cell(group, deputy, mine, other) == "5", "the same mark twice is one"
    assert ">5/2<" in deputy.get(f"/journal/classes/{mine}/term-marks?column={group.term.number}").text
    diary = guardian(group, pupil).get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
    line = next(each for each in diary["subjects"] if each["subject"] == SUBJECT)
    assert line["cells"][list(group.terms).index(group.term)]["value"] == "5/2"


def test_where_the_classes_differ_the_page_follows_most_of_its_pupils(group: MergedGroup) -> None:
    mine, others = group.classes
    first = group.pupils[mine][0]
    with group.under_test.portal.database.reading(fresh=True) as db:
        place = db.get_one(JournalPage, group.page_id).pupil_group_id
        third = db.scalars(
            select(Enrollment.person_id)
            .where(
                Enrollment.school_class_id == others,
                Enrollment.ends_on.is_(None),
                Enrollment.person_id.not_in(group.pupils[others]),
            )
            .limit(1)
        ).one()
    in_group = PupilGroupMembership.pupil_group_id == place

    def first_term(**kinds: str) -> str:
        """How the page's first term is called when the classes follow terms of these kinds."""
        with group.under_test.portal.database.transaction() as db:
            db.get_one(SchoolClass, mine).term_kind = kinds["mine"]
            db.get_one(SchoolClass, others).term_kind = kinds["others"]
        return group.teacher.get(group.url).json()["terms"][0]["name"]

    try:
        assert first_term(mine="half_year", others="quarter") == "1 четверть", "as many of each"
        assert first_term(mine="quarter", others="half_year") == "1 четверть"
        with group.under_test.portal.database.transaction() as db:
            db.execute(
                update(PupilGroupMembership)
                .where(PupilGroupMembership.person_id == first, in_group)
                .values(person_id=third)
            )
        assert first_term(mine="quarter", others="half_year") == "1 полугодие", "three to one"
    finally:
        with group.under_test.portal.database.transaction() as db:
            db.execute(
                update(PupilGroupMembership)
                .where(PupilGroupMembership.person_id == third, in_group)
                .values(person_id=first)
            )
        assert first_term(mine="half_year", others="half_year") == "1 полугодие"
