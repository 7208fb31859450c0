"""Pupils of an invented school who are exempt from physical education, and one who is taught it at home."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment
from core.roles.models import StructuralRole
from plugins.journal.exemptions.models import APART, EXEMPT_KIND, JournalExemption
from plugins.journal.models import JournalMark, JournalPage

SPORT = "Физическая культура"
REASONS = (
    ("По медицинским показаниям", "справка № 118"),
    ("После болезни", "справка № 214"),
    ("Соревнования", "приказ № 57"),
)
AT_HOME = ("Обучение на дому", "приказ № 31")
HOW_MANY = 12
LONGEST_AGO = timedelta(days=21)


def exempt_some(db: Session, school: DemoSchool) -> None:
    """Some pupils are exempt from sport, for weeks or until the end of the year, since their latest mark there."""
    sport = next((each.id for each in school.subjects.values() if each.name == SPORT), None)
    rows = db.execute(
        select(JournalMark.pupil_id, Enrollment.school_class_id, func.max(JournalMark.day).label("last"))
        .join(JournalPage, JournalPage.id == JournalMark.page_id)
        .join(
            Enrollment,
            (Enrollment.person_id == JournalMark.pupil_id)
            & (Enrollment.academic_year_id == JournalMark.academic_year_id),
        )
        .where(
            JournalMark.organization_id == school.organization.id,
            JournalMark.academic_year_id == school.year.id,
            JournalPage.subject_id == sport,
            Enrollment.ends_on.is_(None),
        )
        .group_by(JournalMark.pupil_id, Enrollment.school_class_id)
        .order_by(func.max(JournalMark.day), JournalMark.pupil_id)
        .limit(HOW_MANY)
    ).all()
    authors = {
        row.school_class_id: row.person_id
        for row in db.execute(
            select(StructuralRole.school_class_id, StructuralRole.person_id).where(
                StructuralRole.kind == "class_teacher",
                StructuralRole.organization_id == school.organization.id,
            )
        )
    }
    made: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        first = max(row.last + timedelta(days=1), school.today - LONGEST_AGO)
        long = at % 3 == 0
        reason, basis = AT_HOME if at == 1 else REASONS[at % len(REASONS)]
        made.append(
            {
                "id": new_id(),
                "organization_id": school.organization.id,
                "academic_year_id": school.year.id,
                "pupil_id": row.pupil_id,
                "subject_id": sport,
                "kind": APART if at == 1 else EXEMPT_KIND,
                "first_day": first,
                "last_day": school.year.ends_on
                if long or at == 1
                else min(first + timedelta(days=35), school.year.ends_on),
                "reason": reason,
                "basis": basis,
                "author_id": authors.get(row.school_class_id),
            }
        )
    if made:
        db.execute(insert(JournalExemption), made)
