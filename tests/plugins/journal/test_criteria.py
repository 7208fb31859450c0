"""Works judged by criteria: arithmetic, the teacher's table, history, what the family reads, who may do what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from core.audit.record import check as check_audit
from core.database.base import now
from core.organizations.models import Term
from core.testing.portal import Visitor
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.criteria.proposed_mark import proposed_mark
from plugins.journal.models import JournalLesson
from plugins.journal.scales import FAILED, PASS_FAIL, PASSED, MarkScale
from plugins.journal.settings import JournalSettings
from tests.plugins.journal.attendance_people import guardian_of, with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.parallel_class import parallel_lesson

FIVE = MarkScale(lowest=1, highest=5)
PERCENTS = JournalSettings().work_percents
CRITERIA = [{"title": "Содержание", "greatest": 6}, {"title": "Речь", "greatest": 4}]
works = st.integers(1, 200).flatmap(lambda greatest: st.tuples(st.integers(0, greatest), st.just(greatest)))


@given(works)
def test_five_points_go_by_the_bounds_exactly(work: tuple[int, int]) -> None:
    share = Fraction(work[0] * 100, work[1])
    wanted = "5" if share >= 85 else "4" if share >= 65 else "3" if share >= 50 else "2"
    assert proposed_mark(*work, FIVE, PERCENTS) == wanted
    assert proposed_mark(*work, PASS_FAIL, PERCENTS) == (PASSED if share >= 50 else FAILED)


@given(works, st.integers(6, 100), st.integers(0, 2))
def test_another_scale_takes_the_same_share_of_its_highest_mark(
    work: tuple[int, int], highest: int, lowest: int
) -> None:
    scale = MarkScale(lowest=lowest, highest=highest)
    mark = int(proposed_mark(*work, scale, PERCENTS))
    exact = Fraction(work[0] * highest, work[1])
    assert scale.has(mark)
    assert mark == lowest or abs(mark - exact) <= Fraction(1, 2)
    assert proposed_mark(work[1], work[1], scale, PERCENTS) == str(highest)
    if work[0] < work[1]:
        assert int(proposed_mark(work[0] + 1, work[1], scale, PERCENTS)) >= mark


@pytest.fixture
def work(page: TeachersPage) -> Iterator[TeachersPage]:
    """The first lesson of the page is a control work with two criteria; nothing is given yet."""
    page.clear()
    without_criteria(page)
    page.teacher.post(f"/journal/{page.page_id}/lessons/{page.lessons[0]}", data={"control_kind": "control"})
    assert page.teacher.put(url_of(page), json={"criteria": CRITERIA}).status_code == 200
    yield page
    without_criteria(page)


def without_criteria(page: TeachersPage) -> None:
    """The lessons are ordinary ones again."""
    with page.under_test.portal.database.transaction() as db:
        for table in (JournalPoints, JournalCriterion):
            db.execute(delete(table).where(table.lesson_id.in_(page.lessons)))
        for lesson in page.lessons:
            db.get_one(JournalLesson, lesson).control_kind = ""


def url_of(page: TeachersPage, lesson: int = 0) -> str:
    return f"{page.url}/lessons/{page.lessons[lesson]}/criteria"


def page_of(page: TeachersPage, lesson: int = 0) -> str:
    return f"/journal/{page.page_id}/lessons/{page.lessons[lesson]}/criteria"


def keys(page: TeachersPage) -> list[str]:
    return [each["id"] for each in page.teacher.get(url_of(page)).json()["criteria"]]


def give(
    page: TeachersPage, *points: int | None, pupil: int = 0, by: Visitor | None = None, **more: Any
) -> Any:
    pairs = zip(keys(page), points, strict=False)
    body = {
        "pupil": str(page.pupils[pupil]),
        "points": [{"criterion": key, "points": number} for key, number in pairs],
        **more,
    }
    return (by or page.teacher).put(url_of(page) + "/points", json=body)


def line_of(page: TeachersPage, pupil: int = 0) -> dict[str, Any]:
    table = page.teacher.get(url_of(page)).json()
    return next(each for each in table["pupils"] if each["id"] == str(page.pupils[pupil]))


def test_points_add_up_to_a_proposed_mark_that_the_teacher_puts(work: TeachersPage) -> None:
    first = give(work, 6).json()
    assert (first["total"], first["proposed"], first["points"]) == (6, "", [6, None])
    whole = give(work, 6, 3).json()
    assert (whole["total"], whole["proposed"], whole["marks"]) == (9, "5", "")
    give(work, 4, 3, pupil=1)
    assert work.put("н", pupil=1).status_code == 200
    give(work, 2, 2, pupil=2)
    assert work.put("3", pupil=2).status_code == 200
    assert work.teacher.post(page_of(work) + "/marks", data={"step": "accept"}).status_code == 303
    texts = [work.cell(pupil=pupil)["text"] for pupil in range(3)]
    assert texts == ["5", "н 4", "3"]
    assert work.cell(pupil=3)["text"] == ""
    assert line_of(work)["marks"] == "5"


def test_points_have_bounds_and_a_history(work: TeachersPage) -> None:
    refused = give(work, 7)
    assert refused.status_code == 422
    assert "от 0 до 6" in refused.text
    give(work, 6, 3)
    give(work, 5, None)
    cell = work.cell()
    assert [each["what"] for each in cell["history"][:2]] == [
        "баллы: Содержание 5, Речь – убраны",
        "баллы: Речь 3, Содержание 6",
    ]
    assert all(each["record"] is None for each in cell["history"][:2])
    lesson = work.teacher.get(f"/journal/{work.page_id}/lessons/{work.lessons[0]}").text
    assert "критерии: Содержание – 6; Речь – 4" in lesson
    assert "Критерии работы и баллы" in lesson
    with work.under_test.portal.database.reading() as db:
        assert list(check_audit(db)) == []


def test_the_faster_teacher_is_not_overwritten(work: TeachersPage) -> None:
    give(work, 4)
    key = keys(work)[0]
    late = give(work, 5, was=[{"criterion": key, "points": None}])
    assert late.status_code == 409
    assert "сейчас там 4" in late.text
    assert give(work, 5, was=[{"criterion": key, "points": 4}]).status_code == 200


def test_criteria_change_while_no_points_stand_for_them(work: TeachersPage) -> None:
    give(work, 4, 2)
    renamed = [{"title": "Раскрытие темы", "greatest": 6}, {"title": "Речь", "greatest": 5}]
    assert work.teacher.put(url_of(work), json={"criteria": renamed}).status_code == 200
    assert line_of(work)["points"] == [4, 2]
    for wanted in (renamed[:1], [renamed[0], {"title": "Речь", "greatest": 1}]):
        refused = work.teacher.put(url_of(work), json={"criteria": wanted})
        assert refused.status_code == 409
        assert "уже стоят баллы" in refused.text
    turned = [renamed[1], renamed[0]]
    assert work.teacher.put(url_of(work), json={"criteria": turned}).status_code == 200
    assert line_of(work)["points"] == [2, 4]
    give(work, None, None)
    assert work.teacher.put(url_of(work), json={"criteria": []}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Содержание", "сначала критерий"),
        ("Содержание; пять", "сначала критерий"),
        ("Содержание; 0", "от 1 до 100"),
        ("Речь; 5\nречь; 3", "называются одинаково"),
        ("\n".join(f"Критерий {at}; 1" for at in range(21)), "не больше 20"),
        ("я" * 121 + "; 3", "от 1 до 120"),
    ],
)
def test_a_line_that_is_no_criterion_comes_back_explained(work: TeachersPage, typed: str, told: str) -> None:
    answer = work.teacher.post(page_of(work), data={"criteria": typed})
    assert answer.status_code == 422
    assert told in answer.text
    assert typed.splitlines()[0] in answer.text


def test_an_ordinary_lesson_has_no_criteria(work: TeachersPage) -> None:
    refused = work.teacher.put(url_of(work, 1), json={"criteria": CRITERIA})
    assert refused.status_code == 409
    assert "обычный урок" in refused.text


def test_nothing_changes_in_a_closed_term(work: TeachersPage) -> None:
    with work.under_test.portal.database.transaction() as db:
        db.get_one(Term, work.term.id).closed_at = now()
    try:
        assert give(work, 4).status_code == 409
        assert work.teacher.put(url_of(work), json={"criteria": CRITERIA[:1]}).status_code == 409
        assert work.teacher.get(url_of(work)).json()["may_mark"] is False
        assert 'class="tm-mark"' not in work.teacher.get(page_of(work)).text
    finally:
        with work.under_test.portal.database.transaction() as db:
            db.get_one(Term, work.term.id).closed_at = None


def test_the_table_works_as_a_form_and_cell_by_cell(work: TeachersPage) -> None:
    shown = work.teacher.get(page_of(work)).text
    assert "Содержание" in shown and "до 6" in shown and "из 10" in shown
    first, second = keys(work)
    pupil, other = work.pupils[0], work.pupils[1]
    data = {f"points:{pupil}:{first}": "5", f"points:{pupil}:{second}": "9", f"points:{other}:{first}": "4"}
    partly = work.teacher.post(page_of(work) + "/points", data=data)
    assert partly.status_code == 422
    assert "от 0 до 4" in partly.text and 'value="9"' in partly.text
    assert line_of(work)["points"] == [5, None]
    assert line_of(work, 1)["points"] == [4, None]
    name = f"points:{pupil}:{second}"
    headers = {"hx-request": "true", "hx-trigger-name": name}
    cell = work.teacher.post(page_of(work) + "/points", data={name: "4"}, headers=headers)
    assert cell.status_code == 200
    assert cell.text.strip().startswith("<td") or "<td" in cell.text
    assert '"9"' in cell.headers["hx-trigger"] and '"5"' in cell.headers["hx-trigger"]


def test_one_pupil_is_given_points_in_the_cell(work: TeachersPage) -> None:
    first, second = keys(work)
    cell = f"/journal/{work.page_id}/cells/{work.lessons[0]}/{work.pupils[0]}"
    assert "Баллы по критериям" in work.teacher.get(cell).text
    refused = work.teacher.post(f"{cell}/points", data={f"points:{first}": "6", f"points:{second}": "5"})
    assert refused.status_code == 422
    assert "от 0 до 4" in refused.text and 'value="5"' in refused.text
    saved = work.teacher.post(f"{cell}/points", data={f"points:{first}": "6", f"points:{second}": "4"})
    assert saved.status_code == 303
    assert "Баллы дают отметку 5." in work.teacher.get(cell).text


def test_the_family_reads_the_points_of_its_own_child(work: TeachersPage) -> None:
    give(work, 6, 3)
    give(work, 1, 1, pupil=1)
    for pupil in (0, 1):
        assert work.put("5", pupil=pupil).status_code == 200
    pupil = work.pupils[0]
    with work.under_test.portal.database.reading() as db:
        day = db.get_one(JournalLesson, work.lessons[0]).day
    guardian = guardian_of(work, pupil)
    shown = guardian.get(f"/diary/{pupil}?week={day}").text
    assert "По критериям: Содержание 6 из 6, Речь 3 из 4" in shown
    assert "Содержание 1 из 6" not in shown
    week = guardian.get(f"/api/v1/diary/pupils/{pupil}/week?week={day}")
    assert '"title":"Речь"' in week.text
    assert guardian.get(url_of(work)).status_code in (403, 404)


def test_criteria_are_taken_over_from_a_parallel_class(work: TeachersPage) -> None:
    deputy = with_role(work, "deputy_head")
    lesson = parallel_lesson(work.under_test.portal, work.found, "Ю")
    with work.under_test.portal.database.transaction() as db:
        found = db.get_one(JournalLesson, lesson)
        found.control_kind = "control"
        page_id = found.page_id
    address = f"/journal/{page_id}/lessons/{lesson}/criteria"
    assert "Взять критерии другой работы" in deputy.get(address).text
    taken = deputy.post(address + "/copy", data={"source": str(work.lessons[0])})
    assert taken.status_code == 303, taken.text
    criteria: Sequence[Any] = deputy.get(
        f"/api/v1{address.replace('/journal/', '/journal/pages/', 1)}"
    ).json()["criteria"]
    assert [(each["title"], each["greatest"]) for each in criteria] == [("Содержание", 6), ("Речь", 4)]
    assert deputy.post(address + "/copy", data={"source": "нет"}).status_code == 422


def test_only_who_may_mark_gives_points(work: TeachersPage, stranger: Visitor) -> None:
    assert give(work, 3, by=stranger).status_code == 404
    head = with_role(work, "head")
    assert head.get(page_of(work)).status_code == 200
    assert give(work, 3, by=head).status_code == 403
    assert work.under_test.visitor().get(url_of(work)).status_code == 401


def test_a_pupil_not_in_the_list_gets_no_points(work: TeachersPage) -> None:
    body = {"pupil": str(work.teacher_id), "points": [{"criterion": keys(work)[0], "points": 3}]}
    assert work.teacher.put(url_of(work) + "/points", json=body).status_code == 409
    unknown = {"pupil": str(work.pupils[0]), "points": [{"criterion": str(work.page_id), "points": 3}]}
    assert work.teacher.put(url_of(work) + "/points", json=unknown).status_code == 422
