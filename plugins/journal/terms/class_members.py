"""Who and what a summary sheet is about: pupils of a class, their journal pages, their groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import case, literal, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, PupilGroupMembership, Subject
from core.roles.actor import Actor
from plugins.journal.access import PageTerm, visible
from plugins.journal.models import JournalPage
from plugins.journal.page_grades import grade_of_page


class ClassPupil(msgspec.Struct):
    """A pupil of the class, and from when to when they were in it."""

    id: UUID
    name: str
    spans: list[tuple[date, date | None]]

    def was_there(self, term: PageTerm) -> bool:
        """Whether the pupil was in the class at some time of the term."""
        return any(
            first <= term.ends_on and (last is None or last >= term.starts_on) for first, last in self.spans
        )


def pupils_of_class(db: Session, class_id: UUID, first: date, last: date) -> dict[UUID, ClassPupil]:
    """Who is in the class at some time from `first` to `last`, by name."""
    rows = db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Enrollment.starts_on,
            Enrollment.ends_on,
        )
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == class_id, in_force(Enrollment, first, last))
        .order_by(Person.name_key, Person.id)
    )
    found: dict[UUID, ClassPupil] = {}
    for row in rows:
        name = short_name(row.last_name, row.first_name, row.middle_name)
        found.setdefault(row.id, ClassPupil(row.id, name, [])).spans.append((row.starts_on, row.ends_on))
    return found


def pages_of_class_pupils(
    db: Session, actor: Actor, school_class: Any, class_id: UUID, pupils: Sequence[UUID]
) -> Sequence[Any]:
    """The journal pages of the class and of any group its pupils are in, in the order of subjects.

    `opens` says whether the page is the actor's to open: one of a group across classes is not a class teacher's.
    """
    return db.execute(
        select(
            JournalPage.id,
            JournalPage.subject_id,
            JournalPage.pupil_group_id,
            Subject.name.label("subject"),
            Subject.short_name,
            grade_of_page().label("grade_level"),
            case((visible(actor), literal(1)), else_=literal(0)).label("opens"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(
            JournalPage.organization_id == school_class.organization_id,
            JournalPage.academic_year_id == school_class.academic_year_id,
            or_(
                JournalPage.school_class_id == class_id,
                JournalPage.pupil_group_id.in_(
                    select(PupilGroupMembership.pupil_group_id).where(
                        PupilGroupMembership.person_id.in_(pupils)
                    )
                ),
            ),
        )
        .order_by(Subject.position, Subject.name_key, JournalPage.id)
    ).all()


def members_of_groups(
    db: Session, groups: Sequence[UUID], pupils: Sequence[UUID], first: date, last: date
) -> Mapping[UUID, set[UUID]]:
    """Who of the class is in which group."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    if groups:
        for group_id, person_id in db.execute(
            select(PupilGroupMembership.pupil_group_id, PupilGroupMembership.person_id).where(
                PupilGroupMembership.pupil_group_id.in_(groups),
                PupilGroupMembership.person_id.in_(pupils),
                in_force(PupilGroupMembership, first, last),
            )
        ):
            found[group_id].add(person_id)
    return found
