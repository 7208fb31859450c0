"""Scales of subjects: how the setting is read, what a cell takes, what is proposed, how reports count it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.organizations.models import SchoolClass, Subject
from core.testing.portal import Visitor
from plugins.journal.grid.cell_text import parse_cell, scores_of
from plugins.journal.reports.rates import Rates, rates_in
from plugins.journal.scales import FAILED, PASSED, MarkScale
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.averages import Sums
from plugins.journal.terms.proposals import (
    Attended,
    Passed,
    needs_reason,
    propose_final,
    propose_passed,
    propose_year,
)
from tests.core.every_form.reading import read_form
from tests.plugins.journal.attendance_people import guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.marked_class import API, class_url, set_term_marks
from tests.plugins.journal.test_term_marks import column_of, give_marks, put, read, set_settings

LINES = """\
Все предметы; зачёт; 2
Музыка; зачёт; 5–7
Физика; 10; 10, 11; 9,6; 8,6
Физика; 0–20; 7-9
Основы религиозных культур; Зачёт
Проект; 100"""
SETTINGS = JournalSettings(subject_scales=LINES, debt_counts_as=2)


@pytest.mark.parametrize(
    ("subject", "grade", "bounds"),
    [
        ("Алгебра", 7, (1, 5)),
        ("Алгебра", 2, (0, 0)),
        ("музыка", 6, (0, 0)),
        ("Музыка", 8, (1, 5)),
        ("Физика", 10, (1, 10)),
        ("Физика", 8, (0, 20)),
        ("Физика", None, (1, 5)),
        ("Основы религиозных культур", None, (0, 0)),
        ("Проект", 2, (1, 100)),
    ],
)
def test_a_subject_has_the_scale_of_its_line(
    subject: str, grade: int | None, bounds: tuple[int, int]
) -> None:
    scale = SETTINGS.mark_scale(subject, grade)
    assert (scale.lowest, scale.highest) == bounds


def test_bounds_of_a_line_are_those_of_its_highest_marks() -> None:
    scale = SETTINGS.mark_scale("Физика", 10)
    assert scale.thresholds.bounds[:3] == ((10, 960), (9, 860), (8, 750))
    assert scale.thresholds.mark(Sums(95, 10, 10)) == 9
    assert scale.debt == 1
    assert SETTINGS.mark_scale("Алгебра", 7).debt == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("ОРКСЭ", "сначала предмет, потом шкала"),
        ("ОРКСЭ; много", "шкала – «зачёт»"),
        ("ОРКСЭ; 101", "не больше 100"),
        ("ОРКСЭ; 20–10", "границы"),
        ("Физика; 10; десятые", "классы пишут так"),
        ("Физика; 10; 9–5", "классы пишут так"),
        ("Физика; 10; 9,6", "Пороги – после классов"),
        ("Физика; 10; ; 8,6; 9,6", "должен быть ниже"),
        ("Физика; 2; ; 1,9; 1,8", "порогов больше"),
        ("Физика; 10; 7–9\nфизика; 20; 9", "о том же"),
        ("ОРКСЭ; зачёт\nОРКСЭ; 10", "о том же"),
    ],
)
def test_a_line_that_makes_no_sense_is_explained(lines: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        JournalSettings(subject_scales=lines)


def test_levels_fall_and_pass_fail_needs_its_words() -> None:
    with pytest.raises(ValueError, match="три строки"):
        JournalSettings(mark_levels="отлично; 60\nхорошо; 80\nудовлетворительно; 40")
    with pytest.raises(ValueError, match="нужны отметки словами"):
        JournalSettings(subject_scales="ОРКСЭ; зачёт", word_marks="зач; Зачёт")


@pytest.mark.parametrize(
    ("subject", "grade", "typed", "stored"),
    [
        ("Физика", 10, "10", "10"),
        ("Физика", 10, "10/7", "10/7"),
        ("Физика", 10, "н 7>9", "н 7→9"),
        ("Физика", 8, "0", "0"),
        ("Проект", 9, "100", "100"),
        ("Музыка", 6, "зачет", "зач"),
        ("Музыка", 6, "нз>зач", "нз→зач"),
        ("Музыка", 6, "оп10 зач", "оп10 зач"),
    ],
)
def test_a_cell_takes_the_marks_of_its_scale(subject: str, grade: int, typed: str, stored: str) -> None:
    assert parse_cell(typed, SETTINGS, SETTINGS.mark_scale(subject, grade)).text == stored


@pytest.mark.parametrize(
    ("subject", "grade", "typed", "told"),
    [
        ("Физика", 10, "11", "от 1 до 10"),
        ("Физика", 10, "0", "от 1 до 10"),
        ("Музыка", 6, "5", "только зачёт или незачёт"),
        ("Музыка", 6, "зач 5", "только зачёт или незачёт"),
    ],
)
def test_and_no_others(subject: str, grade: int, typed: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        parse_cell(typed, SETTINGS, SETTINGS.mark_scale(subject, grade))


scales = st.tuples(st.integers(0, 3), st.integers(6, 100)).map(
    lambda bounds: MarkScale(lowest=bounds[0], highest=bounds[1])
)


@given(scales, st.data())
def test_levels_never_fall_as_marks_rise_and_their_least_marks_are_exact(scale: MarkScale, data: Any) -> None:
    mark = data.draw(st.integers(scale.lowest, scale.highest))
    levels = [int(scale.level(str(each))) for each in range(scale.lowest, scale.highest + 1)]
    assert levels == sorted(levels)
    for level in (5, 4, 3):
        assert (mark >= scale.least_of(level)) == (int(scale.level(str(mark))) >= level)
    assert (str(mark) in scale.failing) == (scale.level(str(mark)) == "2")
    assert scale.level(str(scale.highest)) == "5"


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_term_is_passed_exactly_when_every_work_is(passed: int, failed: int) -> None:
    value = propose_passed(Passed(passed, failed), Attended(), SETTINGS).value
    assert value == (FAILED if failed else PASSED if passed else "н/а")


@given(st.lists(st.sampled_from([PASSED, FAILED]), min_size=1, max_size=8))
def test_a_year_is_passed_exactly_when_every_term_is(values: list[str]) -> None:
    proposal = propose_year({str(at): value for at, value in enumerate(values)})
    assert proposal.value == (FAILED if FAILED in values else PASSED)


def test_years_and_finals_in_words() -> None:
    assert propose_year({"1": "зач", "2": "осв"}).value == "зач"
    assert propose_year({"1": "зач", "2": "н/а"}).value == "н/а"
    assert propose_final(9, "зач", "нз", ()).value == "нз"
    assert propose_final(9, "зач", "", ()).value == "зач"
    assert propose_final(11, "зач", "", ("зач", "нз")).value == "нз"
    assert needs_reason("зач", propose_passed(Passed(3, 1), Attended(), SETTINGS))
    assert not needs_reason("нз", propose_passed(Passed(3, 1), Attended(), SETTINGS))
    missed = propose_passed(Passed(3, 0), Attended(10, 6), JournalSettings(most_absences=50))
    assert missed.value == "н/а"


def test_a_debt_counts_as_the_lowest_mark_of_another_scale() -> None:
    scale = SETTINGS.mark_scale("Физика", 8)
    assert scores_of(("•", "20"), SETTINGS, scale) == [0, 20]
    assert scores_of(("•", "20"), JournalSettings(), JournalSettings().mark_scale("Физика", 8)) == [None, 20]


def test_marks_of_several_scales_are_counted_together_by_levels() -> None:
    five, ten = JournalSettings().mark_scale("Алгебра", 7), SETTINGS.mark_scale("Физика", 10)
    words = SETTINGS.mark_scale("Музыка", 6)
    assert rates_in([(ten, {"10": 1, "7": 1, "4": 1, "3": 1})]) == Rates(
        passed=75.0, quality=50.0, learned=54.0, average=6.0
    )
    both = rates_in([(five, {"5": 1, "4": 1}), (ten, {"7": 2})])
    assert both == Rates(passed=100.0, quality=100.0, learned=73.0, average=4.25)
    with_words = rates_in([(five, {"5": 1, "4": 1}), (words, {"зач": 1, "нз": 1})])
    assert (with_words.quality, with_words.learned, with_words.average) == (100.0, 82.0, 4.5)
    assert with_words.passed == 75.0


@pytest.fixture
def subject(page: TeachersPage) -> str:
    with page.under_test.portal.database.reading() as db:
        return db.get_one(Subject, page.subject_id).name


@pytest.fixture
def ten_points(page: TeachersPage, subject: str) -> Iterator[TeachersPage]:
    set_settings(page, {"subject_scales": f"{subject}; 10"})
    yield page
    set_settings(page, {"subject_scales": ""})


@pytest.fixture
def pass_fail(page: TeachersPage, subject: str) -> Iterator[TeachersPage]:
    with page.under_test.portal.database.reading() as db:
        grade = db.get_one(SchoolClass, page.school_class_id).grade_level
    set_settings(page, {"subject_scales": f"{subject}; зачёт; {grade}"})
    yield page
    set_settings(page, {"subject_scales": ""})


def test_a_bad_line_comes_back_explained_and_nothing_is_lost(page: TeachersPage) -> None:
    head = page.under_test.sign_in("head")
    form = read_form(head.get("/plugins/journal").text, "/plugins/journal/settings")
    answer = head.post(
        "/plugins/journal/settings", data={**form, "subject_scales": "Музыка; пять с плюсом"}, csrf=False
    )
    assert answer.status_code == 422
    assert "шкала – «зачёт», высшая отметка" in answer.text
    assert "Музыка; пять с плюсом" in answer.text


def test_a_ten_point_page_takes_ten_point_marks_and_proposes_them(ten_points: TeachersPage) -> None:
    give_marks(ten_points, "10", "9", "9/7")
    assert ten_points.put("11").status_code == 422
    line = read(ten_points)
    assert (line["average"], line["proposed"]) == ("8,75", "9")
    refused = put(ten_points, "11")
    assert refused.status_code == 422
    assert "от 1 до 10" in refused.text
    assert put(ten_points, "9").status_code == 200
    shown = ten_points.teacher.get(f"/journal/{ten_points.page_id}").text
    assert 'data-highest="10"' in shown
    assert 'data-keys="10 9 8 7 6 5 4 3 2 1"' in shown
    api = ten_points.teacher.get(ten_points.url).json()["scale"]
    assert (api["lowest"], api["highest"]) == (1, 10)
    card = f"/journal/{ten_points.page_id}/term-marks/{ten_points.pupils[0]}/{column_of(ten_points)}"
    assert "Чтобы вышло 10" in ten_points.teacher.get(card).text
    put(ten_points, "")


def test_a_pass_fail_page_shows_no_average_and_proposes_a_word(pass_fail: TeachersPage) -> None:
    pass_fail.clear()
    assert pass_fail.put("5").status_code == 422
    give_marks(pass_fail, "зач", "нз", "зач")
    saved = pass_fail.put("зач", lesson=3).json()
    assert saved["average"] == ""
    line = read(pass_fail)
    assert (line["average"], line["proposed"], line["passed"]) == ("", "нз", {"passed": 3, "failed": 1})
    assert line["why"] == "Не зачтено и не пересдано работ: 1."
    assert pass_fail.put("нз>зач", lesson=1).status_code == 200
    assert read(pass_fail)["proposed"] == "зач"
    column = pass_fail.teacher.get(f"{pass_fail.url}/terms/{column_of(pass_fail)}/marks").json()
    assert next(each for each in column if each["pupil"] == str(pass_fail.pupils[0]))["proposed"] == "зач"
    refused = put(pass_fail, "4")
    assert refused.status_code == 422
    assert "зачёт или незачёт" in refused.text
    assert put(pass_fail, "нз").status_code == 422
    assert put(pass_fail, "нз", reason="Не сдан зачёт").status_code == 200
    assert put(pass_fail, "зач").status_code == 200
    page = pass_fail.teacher.get(f"/journal/{pass_fail.page_id}").text
    assert "data-passes" in page
    assert "только зачёт и незачёт" in page
    sheet = pass_fail.teacher.get(f"/journal/pupils/{pass_fail.pupils[0]}")
    assert sheet.status_code == 200
    put(pass_fail, "")


def test_numbers_from_before_make_no_average_in_a_pass_fail_subject(page: TeachersPage, subject: str) -> None:
    page.clear()
    give_marks(page, "5", "5", "5")
    set_settings(page, {"subject_scales": f"{subject}; зачёт"})
    try:
        line = read(page)
        assert (line["average"], line["proposed"]) == ("", "н/а")
        book = page.teacher.get(f"{page.url}?term={page.term.number}").json()
        assert {each["average"] for each in book["pupils"]} == {""}
        pupil = page.pupils[0]
        found = guardian_of(page, pupil).get(f"/api/v1/diary/pupils/{pupil}/term-marks").json()
        own = [each for each in found["subjects"] if each["subject"] == subject]
        assert not own or all(not cell["average"] for cell in own[0]["cells"])
        sheet = page.teacher.get(f"/api/v1/journal/pupils/{pupil}?term={page.term.number}").json()
        assert (
            next(each for each in sheet["subjects"] if each["page_id"] == str(page.page_id))["average"] == ""
        )
    finally:
        set_settings(page, {"subject_scales": ""})


def test_a_class_with_several_scales_is_reported_by_levels(
    page: TeachersPage, subject: str, class_teacher: Visitor
) -> None:
    # In ten points: excellent, good, satisfactory, failing; the other subject stays five-point.
    set_term_marks(page, [("10", "5"), ("9", "4"), ("5", "4"), ("3", "5"), ("6", "5"), ("н/а", "5")])
    set_settings(page, {"subject_scales": f"{subject}; 10"})
    try:
        report = class_teacher.get(class_url(page)).json()
        pupils = [str(each) for each in page.pupils]
        groups = {each["name"]: {pupil["id"] for pupil in each["pupils"]} for each in report["groups"]}
        assert groups["excellent"] == {pupils[0]}
        assert groups["good"] == {pupils[1], pupils[4]}
        assert groups["satisfactory"] == {pupils[2]}
        assert groups["failing"] == {pupils[3]}
        assert groups["not_attested"] == {pupils[5]}
        assert {each["id"] for each in report["one_three"]} == {pupils[2]}
        assert report["one_three"][0]["marks"] == [{"subject": subject, "value": "5", "level": "3"}]
        own = next(each for each in report["subjects"] if each["id"] == str(page.subject_id))
        assert own["marks"] == {"5": 2, "4": 1, "3": 1, "2": 1, "н/а": 1}
        assert own["rates"]["average"] == 6.6
        shown = class_teacher.get(
            f"/journal/reports/classes/{page.school_class_id}?column={page.term.number}"
        ).text
        assert "10-балльная" in shown
        assert "Отметки других шкал считаются по уровням" in shown
        subjects = page.teacher.get(f"{API}/subjects?period={page.term.id}").json()
        line = next(each for each in subjects["lines"] if each["page_id"] == str(page.page_id))
        assert (line["marks"]["5"], line["rates"]["quality"]) == (2, 50.0)
        for measure in ("average", "quality"):
            for step in ("term", "week"):
                answer = class_teacher.get(f"{API}/dynamics?step={step}&measure={measure}&compare=subjects")
                assert answer.status_code == 200, answer.text
        by_term = page.teacher.get(
            f"{API}/dynamics?step=term&measure=quality&subject={page.subject_id}"
        ).json()
        assert by_term["series"][0]["total"] is not None
    finally:
        set_settings(page, {"subject_scales": ""})


def test_a_pass_fail_subject_never_spoils_quality_but_its_failure_counts(
    page: TeachersPage, subject: str, class_teacher: Visitor
) -> None:
    set_term_marks(page, [("зач", "5"), ("зач", "4"), ("нз", "5"), ("зач", "3")])
    set_settings(page, {"subject_scales": f"{subject}; зачёт"})
    try:
        report = class_teacher.get(class_url(page)).json()
        assert report["rates"]["passed"] == 75.0
        assert report["rates"]["quality"] == 50.0
        assert {each["id"] for each in report["behind"]} == {str(page.pupils[2])}
        dynamics = page.teacher.get(f"{API}/dynamics?step=term&subject={page.subject_id}")
        assert dynamics.status_code == 200
        assert dynamics.json()["series"] == []
    finally:
        set_settings(page, {"subject_scales": ""})


def test_an_old_number_does_not_come_back_on_a_pass_fail_page(page: TeachersPage, subject: str) -> None:
    """The number was set before the school turned the subject to pass/fail."""
    page.clear()
    assert page.put("5").status_code == 200
    assert page.put("", was="5").status_code == 200
    set_settings(page, {"subject_scales": f"{subject}; зачёт"})
    try:
        lines = page.cell()["history"]
        record = next(line["record"] for line in lines if line["before"] == "5")
        url = f"cells/{page.lessons[0]}/{page.pupils[0]}/restore"
        told = "«5»: по этому предмету ставят только зачёт или незачёт."
        refused = page.teacher.post(f"{page.url}/{url}", json={"record": record})
        assert (refused.status_code, refused.json()["title"]) == (422, told)
        shown = page.teacher.post(f"/journal/{page.page_id}/{url}", data={"record": record})
        assert shown.status_code == 422
        assert told in shown.text
        assert page.cell()["text"] == ""
    finally:
        set_settings(page, {"subject_scales": ""})
    assert page.teacher.post(f"{page.url}/{url}", json={"record": record}).json()["text"] == "5"
