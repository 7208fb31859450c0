"""Pupils of the invented school who came in the middle of the term, and what they brought from their former school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.organizations.models import Enrollment, PupilGroupMembership, Term
from core.roles.actor import Actor
from plugins.journal.demo.settings import SETTINGS
from plugins.journal.external.models import MARK_KIND, TERM_KIND, JournalExternalMark
from plugins.journal.grid.cell_text import score_of
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.scales import PASSED

CLASSES = ("9А", "6А")
CAME_AGO = timedelta(days=14)
SCHOOLS = ("МБОУ «Лицей № 2» г. Михайловска", "МКОУ «СОШ № 7» с. Дубовка")
WORKS = ("", "", "", "Самостоятельная работа", "Контрольная работа")
HEAVIER = "Контрольная работа"
MARKS = ("3", "4", "4", "4", "5", "5")
MOST = 4
"""How many marks of days were brought in one subject."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """A pupil, the day of coming, the school of before."""

    pupil_id: UUID
    class_id: UUID
    came: date
    school: str
    term: Term


def bring_newcomers(db: Session, school: DemoSchool) -> list[Newcomer]:
    """The last pupil in the lists of two classes has come this term; nobody, where the term has hardly begun."""
    found: list[Newcomer] = []
    for name, source in zip(CLASSES, SCHOOLS, strict=True):
        school_class = next((each for each in school.classes if each.name == name), None)
        if school_class is None:
            continue
        came = school.today - CAME_AGO
        term = next(
            (
                each
                for each in school.terms
                if each.kind == school_class.term_kind and each.starts_on < came <= each.ends_on
            ),
            None,
        )
        if term is None or not school.pupils[school_class.id]:
            continue
        pupil_id = school.pupils[school_class.id][-1].id
        for table in (Enrollment, PupilGroupMembership):
            db.execute(
                update(table)
                .where(table.person_id == pupil_id, table.starts_on < came, table.ends_on.is_(None))
                .values(starts_on=came)
            )
        found.append(
            Newcomer(pupil_id=pupil_id, class_id=school_class.id, came=came, school=source, term=term)
        )
    return found


def fill_former_marks(
    db: Session, actor: Actor, school: DemoSchool, newcomers: Sequence[Newcomer], random: Random
) -> None:
    """Marks of days of this term before the day of coming, and of the terms that were over."""
    rows: list[dict[str, Any]] = []
    changes: list[Change] = []
    for each in newcomers:
        for page_id, subject_id in _pages(db, school, each):
            own = _marks_of(db, school, each, page_id, subject_id, random)
            rows += own
            if own:
                told = "; ".join(f"{row['day'] or ''} {row['value']}".strip() for row in own)
                changes.append(
                    Change(
                        action="journal.external.take",
                        subject_type="journal.page",
                        subject_id=str(page_id),
                        after={"pupil": str(each.pupil_id), "marks": told, "source": each.school},
                        at=datetime.combine(each.came, time(12), UTC),
                    )
                )
    if rows:
        db.execute(insert(JournalExternalMark), rows)
        record(db, actor, school.organization.id, *changes)


def _pages(db: Session, school: DemoSchool, newcomer: Newcomer) -> list[tuple[UUID, UUID]]:
    """The pages of the pupil's class and groups with their subjects."""
    rows = db.execute(
        select(JournalPage.id, JournalPage.subject_id)
        .where(
            JournalPage.organization_id == school.organization.id,
            JournalPage.academic_year_id == school.year.id,
            (JournalPage.school_class_id == newcomer.class_id)
            | JournalPage.pupil_group_id.in_(
                select(PupilGroupMembership.pupil_group_id).where(
                    PupilGroupMembership.person_id == newcomer.pupil_id
                )
            ),
        )
        .order_by(JournalPage.id)
    )
    return [(row.id, row.subject_id) for row in rows]


def _marks_of(
    db: Session, school: DemoSchool, newcomer: Newcomer, page_id: UUID, subject_id: UUID, random: Random
) -> list[dict[str, Any]]:
    subject = next(each.name for each in school.subjects.values() if each.id == subject_id)
    grade = next(each.grade_level for each in school.classes if each.id == newcomer.class_id)
    passes = SETTINGS.mark_scale(subject, grade).passes
    place = {
        "organization_id": school.organization.id,
        "academic_year_id": school.year.id,
        "pupil_id": newcomer.pupil_id,
        "subject_id": subject_id,
        "source": newcomer.school,
        "created_at": datetime.combine(newcomer.came, time(12), UTC),
    }
    rows: list[dict[str, Any]] = []
    days = db.scalars(
        select(JournalLesson.day)
        .where(
            JournalLesson.page_id == page_id,
            JournalLesson.day >= newcomer.term.starts_on,
            JournalLesson.day < newcomer.came,
        )
        .distinct()
        .order_by(JournalLesson.day)
    ).all()
    for day in sorted(random.sample(list(days), min(len(days), random.randint(1, MOST)))):
        work = random.choice(WORKS)
        value = PASSED if passes else random.choice(MARKS)
        rows.append(
            {
                **place,
                "id": new_id(),
                "kind": MARK_KIND,
                "day": day,
                "term_id": None,
                "value": value,
                "score": score_of(value),
                "weight": 3 if work == HEAVIER else 1,
                "work": work,
            }
        )
    for term in school.terms:
        if term.kind == newcomer.term.kind and term.ends_on < newcomer.term.starts_on:
            value = PASSED if passes else random.choice(MARKS)
            rows.append(
                {
                    **place,
                    "id": new_id(),
                    "kind": TERM_KIND,
                    "day": None,
                    "term_id": term.id,
                    "value": value,
                    "score": score_of(value),
                    "weight": 1,
                    "work": "",
                }
            )
    return rows
