"""What the journal tells other plugins of a pupil's term marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.capabilities import PupilTermMark
from core.database.session import Session
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Subject, Term
from core.roles.actor import Actor
from plugins.journal.models import JournalPage
from plugins.journal.page_grades import grade_of_page
from plugins.journal.pupil_access import pages_of_pupil, pupil_scope
from plugins.journal.settings import JournalSettings, settings_of
from plugins.journal.terms.standings import TERM, Slot, Standing, read_standings


class JournalTermMarks:
    """Capability `term_marks`."""

    def of_pupil(self, db: Session, actor: Actor, pupil_id: UUID, day: date) -> Sequence[PupilTermMark]:
        """The marks of the academic year of `day`, by subject and page. Raises `NotFound` as `pupil_scope`."""
        scope = pupil_scope(db, actor, pupil_id)
        year = db.execute(
            select(AcademicYear.id, AcademicYear.starts_on, AcademicYear.ends_on).where(
                AcademicYear.organization_id == actor.organization_id,
                AcademicYear.starts_on <= day,
                AcademicYear.ends_on >= day,
            )
        ).first()
        if year is None:
            return []
        pages = db.execute(
            select(JournalPage.id, JournalPage.subject_id, Subject.name, grade_of_page().label("grade_level"))
            .join(Subject, Subject.id == JournalPage.subject_id)
            .where(
                scope,
                JournalPage.organization_id == actor.organization_id,
                JournalPage.academic_year_id == year.id,
                pages_of_pupil(pupil_id, year.starts_on, year.ends_on),
            )
            .order_by(Subject.position, Subject.name_key, JournalPage.id)
        ).all()
        terms = {
            row.id: row.name
            for row in db.execute(select(Term.id, Term.name).where(Term.academic_year_id == year.id))
        }
        settings = settings_of(db, actor)
        standings = read_standings(
            db,
            actor.acting_role.organization_id,
            year.id,
            [page.id for page in pages],
            list(terms),
            settings,
            school_today(actor),
            passing=[page.id for page in pages if settings.mark_scale(page.name, page.grade_level).passes],
            pupil_id=pupil_id,
        )
        return [
            _mark(pupil_id, page.subject_id, page.name, slot, terms, standing, settings)
            for page in pages
            for slot, standing in standings.get((page.id, pupil_id), {}).items()
            if standing.mark is not None or standing.source or standing.averaged(settings).count
        ]


def _mark(
    pupil_id: UUID,
    subject_id: UUID,
    subject: str,
    slot: Slot,
    terms: dict[UUID, str],
    standing: Standing,
    settings: JournalSettings,
) -> PupilTermMark:
    """What is set here; else what the former school has set, or the average, its marks included if they count."""
    term_id = slot if isinstance(slot, UUID) else None
    return PupilTermMark(
        pupil_id=pupil_id,
        subject_id=subject_id,
        subject=subject,
        kind=TERM if term_id is not None else str(slot),
        term_id=term_id,
        term=terms.get(term_id, "") if term_id is not None else "",
        value=standing.mark.value if standing.mark else standing.elsewhere if standing.source else "",
        average=standing.averaged(settings).text() if term_id is not None else "",
        source="" if standing.mark else standing.source or standing.marked_at,
    )
