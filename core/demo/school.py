"""What the demo made, as plugins' demo fillers get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from core.identity.models import Person
from core.organizations.models import (
    AcademicYear,
    Organization,
    PupilGroup,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)


@dataclass(frozen=True, kw_only=True)
class DemoSchool:
    """One invented school with its people, ready for lessons.

    `weekly_hours` gives the lessons a week of each teaching assignment (halves rounded to whole lessons);
    `rooms` are room names; `today` is the last day that may have marks.
    """

    organization: Organization
    municipality: Organization
    region: Organization
    federal: Organization
    year: AcademicYear
    terms: Sequence[Term]
    subjects: Mapping[str, Subject]
    classes: Sequence[SchoolClass]
    groups: Sequence[PupilGroup]
    pupils: Mapping[UUID, Sequence[Person]]
    group_pupils: Mapping[UUID, Sequence[Person]]
    guardians: Mapping[UUID, Sequence[Person]]
    teachers: Sequence[Person]
    staff: Mapping[str, Person]
    class_teachers: Mapping[UUID, Person]
    assignments: Sequence[TeachingAssignment]
    weekly_hours: Mapping[UUID, int]
    rooms: Sequence[str]
    today: date
    random: Random
