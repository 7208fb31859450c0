"""What the journal gives to the diary, and to whom; planned lessons; personal data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from core.capabilities import LessonsPlanned, PlannedLesson, ask
from core.database.base import new_id
from core.errors import NotFound
from core.identity.models import Account, Guardianship
from core.identity.sessions import actor_of
from core.organizations.models import SchoolClass
from core.roles.actor import Actor, system_actor
from core.roles.models import StructuralRole
from plugins.journal.checks import check_journal, erase_person, export_person
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from tests.plugins.journal.conftest import TeachersPage


def _acting(page: TeachersPage, person_id: UUID, kind: str) -> Actor:
    page.under_test.sign_in(kind, person_id=person_id)
    with page.under_test.portal.database.reading() as db:
        return actor_of(db, db.scalars(select(Account.id).where(Account.person_id == person_id)).one())


def _pupil(page: TeachersPage, nth: int = 0) -> Actor:
    person_id = page.pupils[nth]
    with page.under_test.portal.database.transaction() as db:
        held = db.scalar(
            select(StructuralRole.id).where(
                StructuralRole.person_id == person_id, StructuralRole.kind == "pupil"
            )
        )
        if held is None:
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person_id,
                    kind="pupil",
                    organization_id=page.organization_id,
                    status="active",
                    starts_on=date(2020, 9, 1),
                )
            )
    return _acting(page, person_id, "pupil")


def _guardian_of(page: TeachersPage, child_id: UUID) -> Actor:
    person_id = page.under_test.new_person("Мамина", "Ольга")
    with page.under_test.portal.database.transaction() as db:
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person_id,
                kind="guardian",
                organization_id=page.organization_id,
                status="active",
                starts_on=date(2020, 9, 1),
            )
        )
        db.add(
            Guardianship(id=new_id(), guardian_id=person_id, child_id=child_id, starts_on=date(2020, 1, 1))
        )
    return _acting(page, person_id, "guardian")


def _days(page: TeachersPage) -> tuple[date, date]:
    return page.term.starts_on, page.term.ends_on


def _marks(page: TeachersPage, actor: Actor, pupil_id: UUID, capability: str = "marks") -> Any:
    with page.under_test.portal.database.reading() as db:
        provider = ask(db, actor, capability)
        assert provider is not None
        return [
            each
            for each in provider.of_pupil(db, actor, pupil_id, *_days(page))
            if each.subject_id == page.subject_id
        ]


def test_a_mark_set_by_the_teacher_is_seen_by_pupil_and_guardian(page: TeachersPage) -> None:
    page.put("5")
    page.put("н", lesson=1)
    pupil, guardian = _pupil(page), _guardian_of(page, page.pupils[0])
    for actor in (pupil, guardian):
        assert [mark.value for mark in _marks(page, actor, page.pupils[0])] == ["5"]
        assert [each.code for each in _marks(page, actor, page.pupils[0], "attendance")] == ["н"]


def test_other_peoples_children_are_not_shown(page: TeachersPage) -> None:
    with pytest.raises(NotFound):
        _marks(page, _pupil(page), page.pupils[1])
    with pytest.raises(NotFound):
        _marks(page, _guardian_of(page, page.pupils[0]), page.pupils[1])


def test_a_blocked_guardian_sees_nothing(page: TeachersPage) -> None:
    guardian = _guardian_of(page, page.pupils[0])
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(Guardianship).where(Guardianship.guardian_id == guardian.person_id).values(rights="none")
        )
    with pytest.raises(NotFound):
        _marks(page, guardian, page.pupils[0])


def test_the_stamp_changes_with_every_change(page: TeachersPage) -> None:
    pupil = _pupil(page)

    def stamp() -> str:
        with page.under_test.portal.database.reading(fresh=True) as db:
            return str(ask(db, pupil, "marks").version_for_pupil(db, pupil, page.pupils[0]))  # type: ignore[union-attr]

    before = stamp()
    page.put("5")
    after = stamp()
    assert before != after
    page.teacher.put(f"{page.url}/lessons/{page.lessons[0]}", json={"homework": "Упр. 7"})
    assert stamp() != after


def test_homework_is_due_at_the_next_lesson(page: TeachersPage) -> None:
    page.teacher.put(f"{page.url}/lessons/{page.lessons[0]}", json={"topic": "Тема", "homework": "Упр. 8"})
    found = _marks(page, _pupil(page), page.pupils[0], "homework")
    assert found[0].topic == "Тема"
    assert found[1].homework == "Упр. 8"


def test_planned_lessons_become_pages_and_lessons(page: TeachersPage) -> None:
    database = page.under_test.portal.database
    with database.transaction() as db:
        school_class = db.get(SchoolClass, page.school_class_id)
        assert school_class is not None
        subject = db.scalars(
            select(JournalPage.subject_id)
            .where(
                JournalPage.organization_id == page.organization_id, JournalPage.subject_id != page.subject_id
            )
            .limit(1)
        ).one()
        lesson = PlannedLesson(
            id=new_id(),
            organization_id=page.organization_id,
            academic_year_id=school_class.academic_year_id,
            day=page.term.starts_on,
            number=9,
            starts_at=None,
            ends_at=None,
            subject_id=subject,
            teacher_id=page.teacher_id,
            school_class_id=page.school_class_id,
            pupil_group_id=None,
        )
        db.publish(LessonsPlanned(lessons=[lesson]))
        stored = db.scalars(select(JournalLesson).where(JournalLesson.planned_lesson_id == lesson.id)).one()
        lesson_id, page_id = stored.id, stored.page_id
        db.publish(LessonsPlanned(lessons=[lesson]))
        assert db.scalar(select(func.count()).where(JournalLesson.planned_lesson_id == lesson.id)) == 1
    deputy = page.under_test.sign_in("deputy_head")
    marked = deputy.put(
        f"/api/v1/journal/pages/{page_id}/cells",
        json={"lesson": str(lesson_id), "pupil": str(page.pupils[0]), "value": "5"},
    )
    assert marked.status_code == 200, marked.text
    with database.transaction() as db:
        db.publish(LessonsPlanned(removed=[lesson.id]))
        kept = db.get(JournalLesson, lesson_id, populate_existing=True)
        assert kept is not None
        assert kept.status == "manual"


def test_an_empty_lesson_goes_when_it_is_unplanned_and_marks_move_with_theirs(page: TeachersPage) -> None:
    with page.under_test.portal.database.transaction() as db:
        template = db.execute(select(JournalLesson).where(JournalLesson.id == page.lessons[0])).scalar_one()
        made = PlannedLesson(
            id=new_id(),
            organization_id=template.organization_id,
            academic_year_id=template.academic_year_id,
            day=template.day,
            number=11,
            starts_at=None,
            ends_at=None,
            subject_id=page.subject_id,
            teacher_id=page.teacher_id,
            school_class_id=page.school_class_id,
            pupil_group_id=None,
        )
        db.publish(LessonsPlanned(lessons=[made]))
        db.publish(LessonsPlanned(removed=[made.id]))
        assert db.scalar(select(func.count()).where(JournalLesson.planned_lesson_id == made.id)) == 0


def test_data_checks_find_nothing_wrong_in_a_sound_journal(page: TeachersPage) -> None:
    page.put("5")
    with page.under_test.portal.database.reading() as db:
        assert list(check_journal(db)) == []
    with page.under_test.portal.database.transaction() as db:
        db.execute(
            update(JournalMark)
            .where(JournalMark.lesson_id == page.lessons[0])
            .values(day=page.term.starts_on - timedelta(days=300))
        )
        assert [finding.level for finding in check_journal(db)] == ["error"]


def test_personal_data_is_exported_and_comments_are_erased(page: TeachersPage) -> None:
    page.put("5")
    page.put("н", lesson=1)
    mark = page.cell()["marks"][0]["id"]
    page.teacher.put(f"{page.url}/marks/{mark}/comment", json={"comment": "Лично"})
    with page.under_test.portal.database.transaction() as db:
        exported = export_person(db, page.pupils[0])
        assert any(line["комментарий"] == "Лично" for line in exported["отметки"])
        assert exported["посещаемость"]
        kept = erase_person(db, system_actor(), page.pupils[0])
        assert "остаются" in kept[0]
        assert db.scalars(select(JournalMark.comment).where(JournalMark.id == UUID(mark))).one() == ""
        assert db.scalar(select(func.count()).where(JournalAttendance.pupil_id == page.pupils[0]))
