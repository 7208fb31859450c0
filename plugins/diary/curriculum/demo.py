"""The approved curriculum of the demo school: what its classes are taught, by grade levels and groups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.roles.actor import Actor
from plugins.diary.curriculum.curricula import APPROVED, weeks_of_grade
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn, CurriculumHours, CurriculumRow

Hours = dict[tuple[UUID, UUID], int]


def fill(db: Session, actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]) -> None:
    """A curriculum of the whole school for the demo's year, approved by the head before it began."""
    advance(0, 1)
    if school.classes:
        _fill(db, school)
    advance(1, 1)


def _fill(db: Session, school: DemoSchool) -> None:
    grades = sorted({each.grade_level for each in school.classes})
    approved = datetime.combine(school.year.starts_on - timedelta(days=3), time(12), tzinfo=ZoneInfo("UTC"))
    curriculum_id = new_id()
    deputy, head = school.staff.get("deputy_head"), school.staff.get("head")
    db.execute(
        insert(Curriculum).values(
            id=curriculum_id,
            organization_id=school.organization.id,
            academic_year_id=school.year.id,
            title=f"Учебный план, {grades[0]}–{grades[-1]} классы, {school.year.name}",
            lowest_grade_level=grades[0],
            highest_grade_level=grades[-1],
            state=APPROVED,
            author_id=deputy.id if deputy else None,
            approved_by_id=head.id if head else None,
            created_at=approved - timedelta(days=14),
            submitted_at=approved - timedelta(days=2),
            approved_at=approved,
            starts_on=school.year.starts_on,
        )
    )
    of_class, of_group = _taught(school)
    columns = _columns(curriculum_id, school, {group_id for _subject, group_id in of_group})
    db.execute(insert(CurriculumColumn), columns)
    subjects = {subject_id for subject_id, _place in (*of_class, *of_group)}
    rows = {
        subject.id: new_id()
        for subject in sorted(school.subjects.values(), key=lambda each: (each.position, each.name_key))
        if subject.id in subjects
    }
    db.execute(
        insert(CurriculumRow),
        [
            {
                "id": row_id,
                "curriculum_id": curriculum_id,
                "subject_id": subject_id,
                "part": "mandatory",
                "position": number,
            }
            for number, (subject_id, row_id) in enumerate(rows.items())
        ],
    )
    hours = _hours(school, columns, of_class, of_group)
    db.execute(
        insert(CurriculumHours),
        [
            {"row_id": rows[subject_id], "column_id": column_id, "half_hours": lessons * 2, "revision": 1}
            for (subject_id, column_id), lessons in hours.items()
        ],
    )


def _taught(school: DemoSchool) -> tuple[Hours, Hours]:
    """Lessons a week by subject and class, and by subject and group; a split class has those of its groups."""
    of_class: Hours = {}
    of_group: Hours = {}
    class_of_group = {group.id: group.school_class_id for group in school.groups}
    for each in school.assignments:
        lessons = school.weekly_hours.get(each.id, 0)
        if each.pupil_group_id is not None:
            of_group[each.subject_id, each.pupil_group_id] = lessons
            class_id = class_of_group.get(each.pupil_group_id)
            if class_id is not None:
                of_class[each.subject_id, class_id] = lessons
        elif each.school_class_id is not None:
            of_class[each.subject_id, each.school_class_id] = lessons
    return of_class, of_group


def _columns(curriculum_id: UUID, school: DemoSchool, with_hours: set[UUID]) -> list[dict[str, Any]]:
    grade_of_class = {each.id: each.grade_level for each in school.classes}
    places: list[tuple[int, UUID | None, UUID | None]] = [
        (grade, None, None) for grade in sorted(set(grade_of_class.values()))
    ]
    places += [(each.grade_level, each.id, None) for each in school.classes]
    for group in school.groups:
        grade = grade_of_class.get(group.school_class_id) if group.school_class_id else group.grade_level
        if group.id in with_hours and grade is not None:
            places.append((grade, group.school_class_id, group.id))
    return [
        {
            "id": new_id(),
            "curriculum_id": curriculum_id,
            "grade_level": grade,
            "school_class_id": class_id,
            "pupil_group_id": group_id,
            "pupil_id": None,
            "weeks": weeks_of_grade(grade),
        }
        for grade, class_id, group_id in places
    ]


def _hours(school: DemoSchool, columns: list[dict[str, Any]], of_class: Hours, of_group: Hours) -> Hours:
    """Hours by subject and column: what most classes of a grade level have stands in its column, the rest beside."""
    grade_of_class = {each.id: each.grade_level for each in school.classes}
    by_grade: dict[tuple[UUID, int], Counter[int]] = defaultdict(Counter)
    subjects = {subject_id for subject_id, _class in of_class}
    for class_id, grade in grade_of_class.items():
        for subject_id in subjects:
            by_grade[subject_id, grade][of_class.get((subject_id, class_id), 0)] += 1
    usual = {key: counted.most_common(1)[0][0] for key, counted in by_grade.items()}
    found: Hours = {}
    for column in columns:
        grade, class_id, group_id = (
            column[name] for name in ("grade_level", "school_class_id", "pupil_group_id")
        )
        if group_id is not None:
            found |= {
                (subject_id, column["id"]): lessons
                for (subject_id, group), lessons in of_group.items()
                if group == group_id and lessons
            }
        elif class_id is None:
            found |= {
                (subject, column["id"]): usual[subject, grade]
                for subject in subjects
                if usual[subject, grade]
            }
        else:
            found |= {
                (subject, column["id"]): of_class.get((subject, class_id), 0)
                for subject in subjects
                if of_class.get((subject, class_id), 0) != usual[subject, grade]
            }
    return found
