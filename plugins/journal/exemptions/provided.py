"""What the journal tells other plugins of a pupil's exemptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from core.capabilities import PupilExemption
from core.database.session import Session
from core.pupil_records import PupilRecords
from core.roles.actor import Actor
from plugins.journal.exemptions.listed import exempt_by_pupil
from plugins.journal.pupil_access import pupil_scope


class JournalExemptions:
    """Capability `exemptions`."""

    def __init__(self, records: PupilRecords | None = None) -> None:
        self.records = records

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilExemption]:
        """Of what a pupil is exempt on some days, both included. Raises `NotFound` for somebody else's child."""
        pupil_scope(db, actor, pupil_id)
        return [
            PupilExemption(
                pupil_id=pupil_id,
                subject_id=row.subject_id,
                subject=row.subject,
                kind=row.kind,
                first_day=row.first_day,
                last_day=row.last_day,
                reason=row.reason,
            )
            for row in exempt_by_pupil(db, actor, pupil_id, first, last)
        ]
