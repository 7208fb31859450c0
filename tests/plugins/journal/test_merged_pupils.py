"""A pupil with two cards: marks, attendance and history stand in one row afterwards, and in two again after undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.identity.models import Person, PersonMerge
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from plugins.diary.models import DiaryLesson
from plugins.journal.homework.models import Submission
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson, JournalMark, JournalPage
from tests.plugins.journal.conftest import TeachersPage


def rows(portal: PortalUnderTest, *people: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """What the journal and the diary hold of people, pupils or teachers."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with portal.portal.database.reading(fresh=True) as db:
        for table, column in (
            (JournalMark, JournalMark.pupil_id),
            (JournalMark, JournalMark.author_id),
            (JournalAttendance, JournalAttendance.pupil_id),
            (JournalLesson, JournalLesson.teacher_id),
            (DiaryLesson, DiaryLesson.teacher_id),
        ):
            shown = [each for each in table.__table__.columns if each.name != "changed_at"]
            found[str(column)] = [
                tuple(row)
                for row in db.execute(
                    select(*shown).where(column.in_(people)).order_by(*table.__table__.primary_key)
                )
            ]
        cells = select(JournalCell.lesson_id, JournalCell.pupil_id, JournalCell.changes)
        found["cells"] = [
            tuple(row)
            for row in db.execute(
                cells.where(JournalCell.pupil_id.in_(people)).order_by(
                    JournalCell.lesson_id, JournalCell.pupil_id
                )
            )
        ]
    return found


def merge(visitor: Visitor, one: UUID, other: UUID) -> None:
    answer = visitor.post(f"/accounts/{one}/merge/{other}", data={"step": "do", "keep": "one"})
    assert answer.status_code == 303, answer.text


def undo(portal: PortalUnderTest, visitor: Visitor, absorbed: UUID) -> None:
    with portal.portal.database.reading(fresh=True) as db:
        merge_id = db.scalars(
            select(PersonMerge.id).where(PersonMerge.absorbed_id == absorbed).order_by(PersonMerge.id.desc())
        ).first()
    answer = visitor.post(f"/accounts/merges/{merge_id}/undo")
    assert answer.status_code == 303, answer.text


def leader(portal: PortalUnderTest, organization_id: UUID) -> Visitor:
    """Somebody of the school who may merge."""
    with portal.portal.database.reading(fresh=True) as db:
        head_id = db.scalars(
            select(StructuralRole.person_id).where(
                StructuralRole.kind == "head", StructuralRole.organization_id == organization_id
            )
        ).first()
    assert head_id is not None
    return portal.sign_in("head", person_id=head_id)


def test_marks_attendance_and_history_of_two_cards_are_one_row(
    portal: PortalUnderTest, page: TeachersPage
) -> None:
    one, other = page.pupils[:2]
    for lesson, pupil, value in (
        (0, 0, "5"),
        (0, 1, "4"),
        (1, 1, "3"),
        (2, 0, "н"),
        (2, 1, "б"),
        (3, 1, "н"),
    ):
        assert page.put(value, lesson=lesson, pupil=pupil).status_code == 200
    before = rows(portal, one, other)
    count = len(before[str(JournalMark.pupil_id)])
    version = page.teacher.get(page.url).json()["version"]
    head = leader(portal, page.organization_id)
    sure = head.post(f"/accounts/{one}/merge/{other}", data={"keep": "one"}).text
    assert "Отметки" in sure
    assert "Посещаемость" in sure
    assert rows(portal, one, other) == before

    merge(head, one, other)
    after = rows(portal, one, other)
    assert len(after[str(JournalMark.pupil_id)]) == count
    assert rows(portal, other)[str(JournalMark.pupil_id)] == []
    assert page.cell(lesson=0, pupil=0)["text"] == "5/4"
    assert page.cell(lesson=1, pupil=0)["text"] == "3"
    assert page.cell(lesson=2, pupil=0)["text"] == "н"
    assert page.cell(lesson=3, pupil=0)["text"] == "н"
    history = [line["what"] for line in page.cell(lesson=0, pupil=0)["history"]]
    assert any("5" in line for line in history)
    assert any("4" in line for line in history)
    changed = page.teacher.get(f"{page.url}/cells?since={version}").json()
    assert changed["version"] > version
    assert str(other) not in page.teacher.get(page.url).text

    undo(portal, head, other)
    assert rows(portal, one, other) == before
    assert page.cell(lesson=0, pupil=1)["text"] == "4"
    assert page.cell(lesson=2, pupil=1)["text"] == "б"


def test_lessons_of_a_teacher_with_two_cards_follow(portal: PortalUnderTest) -> None:
    with portal.portal.database.reading(fresh=True) as db:
        busy = (
            select(JournalLesson.teacher_id)
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(JournalLesson.teacher_id.is_not(None))
            .group_by(JournalLesson.teacher_id, JournalLesson.organization_id)
            .order_by(func.count().desc())
            .add_columns(JournalLesson.organization_id)
        )
        found = db.execute(busy).all()
        organization_id = found[0].organization_id
        teachers = [row.teacher_id for row in found if row.organization_id == organization_id]
        one, other = teachers[0], teachers[1]
        assert db.get(Person, one) is not None
    head = leader(portal, organization_id)
    before = rows(portal, one, other)
    merge(head, one, other)
    after = rows(portal, one, other)
    assert {name: len(each) for name, each in after.items()} == {
        name: len(each) for name, each in before.items()
    }
    assert rows(portal, other) == {name: [] for name in before}
    undo(portal, head, other)
    assert rows(portal, one, other) == before


def test_works_of_two_cards_are_one_work(portal: PortalUnderTest, page: TeachersPage) -> None:
    one, other = page.pupils[2:4]
    lesson = page.lessons[0]
    url = f"{page.url}/lessons/{lesson}"
    assert page.teacher.put(url, json={"homework": "№ 12"}).status_code == 200
    for pupil, text in ((one, "Первый ответ"), (other, "Второй ответ")):
        visitor = portal.sign_in("pupil", person_id=pupil)
        handed = visitor.put(f"/api/v1/journal/homework/{lesson}/{pupil}", json={"text": text})
        assert handed.status_code == 200, handed.text

    def works() -> list[str]:
        with portal.portal.database.reading(fresh=True) as db:
            return list(
                db.scalars(
                    select(Submission.text)
                    .where(Submission.lesson_id == lesson, Submission.pupil_id.in_((one, other)))
                    .order_by(Submission.id)
                )
            )

    head = leader(portal, page.organization_id)
    merge(head, one, other)
    assert works() == ["Первый ответ\n\nВторой ответ"]
    undo(portal, head, other)
    assert sorted(works()) == ["Второй ответ", "Первый ответ"]
