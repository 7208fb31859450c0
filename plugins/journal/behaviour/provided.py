"""What the journal tells other plugins of a pupil's behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.capabilities import PupilBehaviour
from core.database.session import Session
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from plugins.journal.behaviour.models import JournalBehaviour
from plugins.journal.behaviour.scale import SCALES
from plugins.journal.pupil_access import pupil_scope
from plugins.journal.settings import settings_of


class JournalBehaviours:
    """Capability `behaviour`."""

    def of_pupil(self, db: Session, actor: Actor, pupil_id: UUID, day: date) -> Sequence[PupilBehaviour]:
        """The marks of the academic year of `day`. Raises `NotFound` as `pupil_scope`."""
        pupil_scope(db, actor, pupil_id)
        known = {each.value: each for each in SCALES[settings_of(db, actor).behaviour]}
        if not known:
            return []
        rows = db.execute(
            select(JournalBehaviour.term_id, JournalBehaviour.value)
            .join(AcademicYear, AcademicYear.id == JournalBehaviour.academic_year_id)
            .where(
                JournalBehaviour.organization_id == actor.organization_id,
                JournalBehaviour.pupil_id == pupil_id,
                AcademicYear.starts_on <= day,
                AcademicYear.ends_on >= day,
            )
        )
        return [
            PupilBehaviour(
                term_id=row.term_id,
                value=row.value,
                title=str(known[row.value].title) if row.value in known else row.value,
                failing=row.value in known and known[row.value].failing,
            )
            for row in rows
        ]
