"""Behaviour of the invented school's pupils in the terms that are over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random

from sqlalchemy import insert, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment
from core.roles.actor import Actor
from plugins.journal.behaviour.models import JournalBehaviour

MARKS = ("обр", "обр", "обр", "обр", "обр", "обр", "обр", "уд", "уд", "неуд")
"""Drawn from: most behave well."""

SELDOM = 0.25
"""How often what was drawn as bad stays so."""


def fill_behaviour(db: Session, actor: Actor, school: DemoSchool, random: Random) -> None:
    """Marks of every class for the terms that are over, with their history."""
    terms = {
        school_class.id: [
            term
            for term in school.terms
            if term.kind == school_class.term_kind and term.ends_on < school.today
        ]
        for school_class in school.classes
    }
    rows: list[dict[str, object]] = []
    changes: list[Change] = []
    for row in db.execute(
        select(Enrollment.school_class_id, Enrollment.person_id, Enrollment.starts_on, Enrollment.ends_on)
        .where(
            Enrollment.organization_id == school.organization.id,
            Enrollment.academic_year_id == school.year.id,
        )
        .order_by(Enrollment.school_class_id, Enrollment.person_id)
    ):
        for term in terms.get(row.school_class_id, []):
            if row.starts_on > term.starts_on or (row.ends_on and row.ends_on < term.ends_on):
                continue
            value = random.choice(MARKS)
            if value == "неуд" and random.random() > SELDOM:
                value = "уд"
            at = datetime.combine(term.ends_on - timedelta(days=1), time(12), UTC)
            rows.append(
                {
                    "id": new_id(),
                    "organization_id": school.organization.id,
                    "academic_year_id": school.year.id,
                    "school_class_id": row.school_class_id,
                    "pupil_id": row.person_id,
                    "term_id": term.id,
                    "value": value,
                    "changed_at": at,
                }
            )
            changes.append(
                Change(
                    action="journal.behaviour.set",
                    subject_type="journal.behaviour",
                    subject_id=f"{row.school_class_id}:{row.person_id}:{term.id}",
                    after={"value": value},
                    at=at,
                )
            )
    if rows:
        db.execute(insert(JournalBehaviour), rows)
        record(db, actor, school.organization.id, *changes)
