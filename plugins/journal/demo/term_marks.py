"""Marks of the terms that are over in an invented school: mostly as proposed, some with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from core.audit.record import Change
from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.identity.models import Person
from core.organizations.models import PupilGroup, SchoolClass, Term
from plugins.journal.demo.settings import SETTINGS
from plugins.journal.grid.cell_text import score_of
from plugins.journal.terms.journal_term_marks import TERM_MARK, subject_id_of
from plugins.journal.terms.proposals import Proposal
from plugins.journal.terms.scales import Scale
from plugins.journal.terms.standings import TERM, Standing, propose, read_standings

RAISED_SHARE = 0.12
"""How often a teacher rounds up in the pupil's favour where the average lies between two marks."""

FEW_MARKS = "Отметок мало: предмет идёт раз в неделю. Учтены работы на уроках."
"""Why a mark is set where the rules would give none."""


def term_mark_rows(
    db: Session,
    school: DemoSchool,
    pages: Sequence[Any],
    pupils: Mapping[UUID, Sequence[Any]],
    draw: Random,
) -> Iterator[tuple[dict[str, Any], Change]]:
    """Rows of term marks with their history. `pupils` are memberships by class and by group."""
    settings = SETTINGS
    over = [term for term in school.terms if term.ends_on < school.today]
    if not over:
        return
    classes: Mapping[UUID | None, SchoolClass] = {each.id: each for each in school.classes}
    groups: Mapping[UUID | None, PupilGroup] = {each.id: each for each in school.groups}
    subjects = {each.id: each.name for each in school.subjects.values()}
    grades = {each.id: each.grade_level for each in school.classes}
    standings = read_standings(
        db,
        school.organization.id,
        school.year.id,
        [page.id for page in pages],
        [term.id for term in over],
        settings,
        school.today,
        passing=[
            page.id
            for page in pages
            if settings.mark_scale(subjects[page.subject_id], grades.get(page.school_class_id)).passes
        ],
    )
    teachers = {
        (each.pupil_group_id or each.school_class_id, each.subject_id): each.teacher_id
        for each in school.assignments
    }
    people: Mapping[UUID | None, Person] = {each.id: each for each in school.teachers}
    for page in pages:
        place = page.pupil_group_id or page.school_class_id
        group = groups.get(page.pupil_group_id)
        school_class = classes.get(page.school_class_id or (group.school_class_id if group else None))
        if school_class is None or settings.without_marks(school_class.grade_level):
            continue
        scale = settings.mark_scale(subjects[page.subject_id], school_class.grade_level)
        teacher = people.get(teachers.get((place, page.subject_id), page.id))
        for term in over:
            if term.kind != school_class.term_kind:
                continue
            for pupil in pupils.get(place, ()):
                if pupil.starts_on > term.ends_on or (pupil.ends_on and pupil.ends_on < term.starts_on):
                    continue
                standing = standings.get((page.id, pupil.person_id), {}).get(term.id) or Standing()
                proposal = propose(standing, scale, settings)
                value, reason = _decided(proposal, scale.thresholds, draw)
                yield _row(school, page, pupil.person_id, term, proposal, value, reason, teacher)


def _decided(proposal: Proposal, scale: Scale, draw: Random) -> tuple[str, str]:
    sums = proposal.sums
    if not proposal.value.isdigit():
        return (str(scale.mark(sums)), FEW_MARKS) if sums.count else (proposal.value, "")
    following = scale.above(int(proposal.value))
    if following and sums.beside(following[0]) and draw.random() < RAISED_SHARE:
        return str(following[0]), ""
    return proposal.value, ""


def _row(
    school: DemoSchool,
    page: Any,
    pupil_id: UUID,
    term: Term,
    proposal: Proposal,
    value: str,
    reason: str,
    teacher: Person | None,
) -> tuple[dict[str, Any], Change]:
    at = datetime.combine(term.ends_on - timedelta(days=1), time(11), UTC)
    after = {"value": value, "proposed": proposal.value}
    if proposal.sums.weights:
        after["average"] = proposal.sums.text()
    row = {
        "id": new_id(),
        "organization_id": school.organization.id,
        "academic_year_id": school.year.id,
        "page_id": page.id,
        "pupil_id": pupil_id,
        "kind": TERM,
        "term_id": term.id,
        "value": value,
        "score": score_of(value),
        "proposed": proposal.value,
        "proposed_total": proposal.sums.total,
        "proposed_weights": proposal.sums.weights,
        "proposed_count": proposal.sums.count,
        "reason": reason,
        "revision": 1,
        "author_id": teacher.id if teacher else None,
        "created_at": at,
        "changed_at": at,
    }
    change = Change(
        action="journal.term_mark.set",
        subject_type=TERM_MARK,
        subject_id=subject_id_of(page.id, pupil_id, term.id),
        after=after,
        reason=reason,
        at=at,
        person_id=teacher.id if teacher else None,
        person_name=teacher.short_name if teacher else "",
        role="teacher",
    )
    return row, change
