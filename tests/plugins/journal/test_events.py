"""What the journal tells plugins: an event for every change, in its transaction, with ids and the page's version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core import school_events
from core.capabilities import MarkSet, TermMarkSet
from core.contributions import Subscription
from core.organizations.term_closing import TermClosed, TermReopened
from core.school_events import (
    AbsenceAnnounced,
    AbsenceDecided,
    AttendanceNoted,
    BehaviourMarkSet,
    FormerMarksTaken,
    HomeworkGiven,
    PointsSet,
    PupilExempted,
    RemarkWritten,
    TopicWritten,
    WorkHandedIn,
    WorkReviewed,
)
from core.testing.portal import PortalUnderTest, Visitor
from tests.plugins.journal.attendance_people import TODAY, forget_attendance, guardian_of
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.test_behaviour import behaved, page_of, put
from tests.plugins.journal.test_criteria import give, work
from tests.plugins.journal.test_exemptions import API as EXEMPTIONS
from tests.plugins.journal.test_exemptions import clean as exempted
from tests.plugins.journal.test_exemptions import exempt
from tests.plugins.journal.test_external_marks import clean as unmarked
from tests.plugins.journal.test_external_marks import day, take
from tests.plugins.journal.test_homework import PICTURE, clean, homework_of, own_api, pupil_of

__all__ = ["behaved", "clean", "exempted", "unmarked", "work"]

EVENTS: Sequence[type[Any]] = (
    MarkSet,
    TermMarkSet,
    TermClosed,
    TermReopened,
    *(
        each
        for each in vars(school_events).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ),
)
HEARD: list[Any] = []


@pytest.fixture(scope="module")
def _listening(portal: PortalUnderTest) -> None:
    for event in EVENTS:
        portal.portal.events.subscribe(
            "journal", Subscription(event=event, handle=lambda _db, told: HEARD.append(told))
        )


@pytest.fixture
def heard(_listening: None) -> list[Any]:
    """The events published from now on."""
    HEARD.clear()
    return HEARD


def version_of(page: TeachersPage) -> int:
    version: int = page.teacher.get(page.url).json()["version"]
    return version


def test_a_cell_tells_of_marks_and_of_attendance(page: TeachersPage, heard: list[Any]) -> None:
    page.put("5")
    assert heard == [
        MarkSet(
            organization_id=page.organization_id,
            pupil_id=page.pupils[0],
            subject_id=page.subject_id,
            day=heard[0].day,
            value="5",
            page_id=page.page_id,
            lesson_id=page.lessons[0],
            version=version_of(page),
        )
    ]
    page.put("5 н")
    noted = [each for each in heard if isinstance(each, AttendanceNoted)]
    assert [(each.lesson_id, each.pupil_id, each.version) for each in noted] == [
        (page.lessons[0], page.pupils[0], version_of(page))
    ]
    heard.clear()
    page.put("5 н")
    page.put("два")
    assert heard == []


def test_many_cells_tell_of_each(page: TeachersPage, heard: list[Any]) -> None:
    cells = [{"lesson": str(page.lessons[0]), "pupil": str(each), "value": "4"} for each in page.pupils[:3]]
    answer = page.teacher.post(page.url + "/cells", json={"cells": cells})
    assert answer.status_code < 300, answer.text
    assert [each.pupil_id for each in heard] == list(page.pupils[:3])
    assert {each.version for each in heard} == {version_of(page)}


def test_a_lesson_tells_of_its_topic_and_homework(clean: TeachersPage, heard: list[Any]) -> None:
    lesson = f"{clean.url}/lessons/{clean.lessons[0]}"
    for change in (
        {"topic": "Дроби", "homework": "№ 1"},
        {"homework": "№ 2"},
        {"homework_minutes": 10},
        {"homework": ""},
        {"control_kind": "", "topic": "Дроби"},
    ):
        assert clean.teacher.put(lesson, json=change).status_code == 200
    topics = [each for each in heard if isinstance(each, TopicWritten)]
    given = [each for each in heard if isinstance(each, HomeworkGiven)]
    assert [(each.lesson_id, each.page_id) for each in topics] == [(clean.lessons[0], clean.page_id)]
    assert [each.step for each in given] == ["given", "changed", "changed", "taken_back"]
    assert given[-1].version == version_of(clean) > given[0].version
    assert {each.task_id for each in given} == {None}


def test_tasks_and_files_are_homework_too(clean: TeachersPage, heard: list[Any]) -> None:
    wanted = {"text": "Карточка", "pupils": [str(clean.pupils[0])]}
    made = clean.teacher.post(homework_of(clean) + "/tasks", json=wanted)
    assert made.status_code == 201, made.text
    task = made.json()["id"]
    assert clean.teacher.delete(f"{homework_of(clean)}/tasks/{task}").status_code == 204
    assert [(each.step, str(each.task_id)) for each in heard] == [("given", task), ("taken_back", task)]
    heard.clear()
    files = f"/journal/{clean.page_id}/lessons/{clean.lessons[0]}/homework/files"
    assert clean.teacher.post(files, files={"files": PICTURE}).status_code == 303
    file = clean.teacher.get(homework_of(clean)).json()["files"][0]["id"]
    removed = clean.teacher.post(f"{files}/{file}/remove", data={"step": "remove"})
    assert removed.status_code == 303, removed.text
    assert [(each.step, each.task_id) for each in heard] == [("changed", None)] * 2


def test_a_work_tells_of_each_step(clean: TeachersPage, heard: list[Any]) -> None:
    clean.teacher.put(f"{clean.url}/lessons/{clean.lessons[0]}", json={"homework": "№ 12"})
    heard.clear()
    pupil_of(clean).put(own_api(clean), json={"text": "x = 5"})
    review = f"{homework_of(clean)}/works/{clean.pupils[0]}"
    clean.teacher.post(review, json={"state": "returned", "seen": 1, "answer": "Знак"})
    pupil_of(clean).put(own_api(clean), json={"text": "x = −5"})
    clean.teacher.post(review, json={"state": "accepted", "seen": 2})
    assert [type(each) for each in heard] == [WorkHandedIn, WorkReviewed] * 2
    assert [each.version for each in heard] == [1, 1, 2, 2]
    assert [each.state for each in heard[1::2]] == ["returned", "accepted"]
    assert len({each.work_id for each in heard}) == 1
    assert {each.pupil_id for each in heard} == {clean.pupils[0]}


def test_a_remark_tells_that_it_was_written_and_taken_back(page: TeachersPage, heard: list[Any]) -> None:
    body = {
        "lesson": str(page.lessons[0]),
        "pupil": str(page.pupils[0]),
        "kind": "praise",
        "text": "Хорошо читает",
    }
    made = page.teacher.post(page.url + "/remarks", json=body).json()["id"]
    page.teacher.delete(f"{page.url}/remarks/{made}")
    assert [(type(each), each.step, str(each.remark_id)) for each in heard] == [
        (RemarkWritten, "written", made),
        (RemarkWritten, "taken_back", made),
    ]
    assert heard[-1].version == version_of(page)
    assert "Хорошо читает" not in str(heard)


def test_absences_tell_what_the_family_said_and_what_the_school_answered(
    page: TeachersPage, class_teacher: Visitor, heard: list[Any]
) -> None:
    forget_attendance(page)
    url, pupil = "/api/v1/journal/absences", page.pupils[0]
    guardian = guardian_of(page, pupil)

    def announce(ahead: int) -> str:
        day = str(TODAY + timedelta(days=ahead))
        told = {"pupil": str(pupil), "first_day": day, "last_day": day, "code": "б", "comment": "Грипп"}
        answer = guardian.post(url, json=told)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    guardian.post(f"{url}/{announce(0)}/withdraw")
    class_teacher.post(f"{url}/{announce(1)}/confirm", json={})
    class_teacher.post(f"{url}/{announce(2)}/refuse", json={"answer": "Был в школе"})
    assert [(type(each), each.state) for each in heard if hasattr(each, "absence_id")] == [
        (AbsenceAnnounced, "announced"),
        (AbsenceAnnounced, "withdrawn"),
        (AbsenceAnnounced, "announced"),
        (AbsenceDecided, "confirmed"),
        (AbsenceAnnounced, "announced"),
        (AbsenceDecided, "refused"),
    ]
    assert "Грипп" not in str(heard)
    forget_attendance(page)


def test_closing_a_term_and_opening_it_again_are_told(
    page: TeachersPage, deputy: Visitor, heard: list[Any]
) -> None:
    term = f"/api/v1/journal/terms/{page.term.id}"
    assert deputy.post(term + "/close").status_code == 201
    until = str(TODAY + timedelta(days=3))
    assert deputy.post(term + "/reopen", json={"reason": "Ошибка", "until": until}).status_code == 201
    assert [(type(each), each.term_id) for each in heard] == [
        (TermClosed, page.term.id),
        (TermReopened, page.term.id),
    ]


def test_points_for_criteria_are_told(work: TeachersPage, heard: list[Any]) -> None:
    assert give(work, 6, 3).status_code == 200
    assert heard == [
        PointsSet(
            organization_id=work.organization_id,
            page_id=work.page_id,
            lesson_id=work.lessons[0],
            pupil_id=work.pupils[0],
            day=day(work),
            version=version_of(work),
        )
    ]
    heard.clear()
    assert give(work, 6, 3).status_code == 200
    assert give(work, 7, 3).status_code == 422
    assert heard == [], "nothing has changed"
    assert give(work, None, None).status_code == 200
    assert [type(each) for each in heard] == [PointsSet]


def test_marks_for_behaviour_are_told(
    behaved: TeachersPage, class_teacher: Visitor, heard: list[Any]
) -> None:
    def told(pupil: int, term: bool = True) -> BehaviourMarkSet:
        return BehaviourMarkSet(
            organization_id=behaved.organization_id,
            school_class_id=behaved.school_class_id,
            pupil_id=behaved.pupils[pupil],
            term_id=behaved.term.id if term else None,
        )

    for value in ("обр", "обр", "уд", ""):
        assert put(behaved, class_teacher, value).status_code == 200
    assert heard == [told(0)] * 3
    assert put(behaved, class_teacher, "обр", was="уд").status_code == 409
    assert put(behaved, class_teacher, "обр", pupil=1, column="year").status_code == 200
    assert heard[3:] == [told(1, term=False)]
    heard.clear()
    put(behaved, class_teacher, "уд")
    filled = class_teacher.post(
        f"{page_of(behaved)}/fill", data={"column": str(behaved.term.number), "value": "обр"}
    )
    assert filled.status_code == 303, filled.text
    assert heard[0] == told(0)
    assert {each.pupil_id for each in heard[1:]} >= set(behaved.pupils[1:])
    assert behaved.pupils[0] not in {each.pupil_id for each in heard[1:]}


def test_an_exemption_tells_of_each_step(
    exempted: TeachersPage, class_teacher: Visitor, heard: list[Any]
) -> None:
    first, last = day(exempted), day(exempted, 3)
    made = exempt(class_teacher, exempted, first, last)
    earlier = (last - timedelta(days=1)).isoformat()
    assert class_teacher.post(f"{EXEMPTIONS}/{made}/end", json={"last_day": earlier}).status_code == 204
    assert class_teacher.post(f"{EXEMPTIONS}/{made}/withdraw").status_code == 204
    assert class_teacher.post(f"{EXEMPTIONS}/{made}/withdraw").status_code == 409
    steps = [(each.step, each.last_day.isoformat()) for each in heard if isinstance(each, PupilExempted)]
    assert steps == [("given", last.isoformat()), ("ended", earlier), ("withdrawn", earlier)]
    assert {(str(each.exemption_id), each.pupil_id, each.subject_id) for each in heard} == {
        (made, exempted.pupils[0], exempted.subject_id)
    }
    assert "показаниям" not in str(heard)


def test_marks_of_a_former_school_are_told(unmarked: TeachersPage, heard: list[Any]) -> None:
    mark = {"value": "5", "day": day(unmarked).isoformat()}
    for _twice in range(2):
        assert take(unmarked, mark).status_code == 200
    assert heard == [
        FormerMarksTaken(
            organization_id=unmarked.organization_id,
            page_id=unmarked.page_id,
            pupil_id=unmarked.pupils[0],
            subject_id=unmarked.subject_id,
            step="taken",
            version=version_of(unmarked),
        )
    ]
    listed = unmarked.teacher.get(f"{unmarked.url}/external-marks").json()
    assert unmarked.teacher.delete(f"{unmarked.url}/external-marks/{listed[0]['id']}").status_code == 204
    assert [each.step for each in heard] == ["taken", "removed"]
    assert heard[1].version == version_of(unmarked) > heard[0].version


def test_what_failed_is_not_told(page: TeachersPage, heard: list[Any]) -> None:
    assert page.put("5", was="4").status_code == 409
    assert page.teacher.post(page.url + "/remarks", json={"kind": "praise"}).status_code == 422
    assert heard == []
