"""A simple week of lessons for a demo school without a timetable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, time, timedelta
from uuid import UUID

from core.capabilities import PlannedLesson
from core.database.base import new_id
from core.demo.school import DemoSchool
from core.organizations.models import TeachingAssignment

LESSON_BEGINNINGS = (time(8, 30), time(9, 25), time(10, 25), time(11, 25), time(12, 20), time(13, 15))


def beginning(number: int) -> time:
    """When a lesson of the day begins where no bells are known."""
    return LESSON_BEGINNINGS[(number - 1) % len(LESSON_BEGINNINGS)]


def simple_week(school: DemoSchool) -> Iterator[PlannedLesson]:
    """Lessons without a timetable: every class gets its hours in turn, subgroups at the same time."""
    holidays = _school_days(school)
    by_class: dict[UUID, list[TeachingAssignment]] = defaultdict(list)
    groups = {group.id: group for group in school.groups}
    for assignment in school.assignments:
        group = groups.get(assignment.pupil_group_id) if assignment.pupil_group_id else None
        class_id = assignment.school_class_id or (group.school_class_id if group else None)
        if class_id is not None:
            by_class[class_id].append(assignment)
    for class_id, assignments in by_class.items():
        slots: list[list[TeachingAssignment]] = []
        for subject_id in dict.fromkeys(each.subject_id for each in assignments):
            together = [each for each in assignments if each.subject_id == subject_id]
            hours = max(school.weekly_hours.get(each.id, 1) for each in together)
            slots += [together] * hours
        # Every fifth slot on another day spreads a subject's lessons over the week.
        order = [slot for start in range(5) for slot in slots[start::5]]
        per_day = -(-len(order) // 5)
        for day in holidays:
            today = (
                order[day.weekday() * per_day : (day.weekday() + 1) * per_day] if day.weekday() < 5 else []
            )
            for number, slot in enumerate(today, 1):
                for assignment in slot:
                    yield PlannedLesson(
                        id=new_id(),
                        organization_id=school.organization.id,
                        academic_year_id=school.year.id,
                        day=day,
                        number=number,
                        starts_at=beginning(number),
                        ends_at=None,
                        subject_id=assignment.subject_id,
                        teacher_id=assignment.teacher_id,
                        school_class_id=class_id,
                        pupil_group_id=assignment.pupil_group_id,
                    )


def _school_days(school: DemoSchool) -> list[date]:
    """Working days of the terms from the beginning of the year to a week after today."""
    last = min(school.today + timedelta(days=7), school.year.ends_on)
    days = [school.year.starts_on + timedelta(days=n) for n in range((last - school.year.starts_on).days + 1)]
    kinds = {term.kind for term in school.terms}
    kind = "quarter" if "quarter" in kinds else next(iter(kinds), "")
    terms = [term for term in school.terms if term.kind == kind]
    return [
        day
        for day in days
        if day.weekday() < 5 and (not terms or any(t.starts_on <= day <= t.ends_on for t in terms))
    ]
