"""A vendor's plugin that keeps the marks of a district: it provides `marks` as simply as can be, pupil by pupil.

The test lays it into a folder of its own, as if its wheel were installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from core.capabilities import PupilMark
from core.database import Session
from core.hooks import CapabilityProvider, Manifest, hookimpl
from core.roles.actor import Actor

MARKS: list[PupilMark] = []
"""What the district knows: tests put marks here."""


class DistrictMarks:
    """Capability `marks`, without `records`."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilMark]:
        """A pupil's marks of some days."""
        return [each for each in MARKS if each.pupil_id == pupil_id and first <= each.day <= last]

    def version_for_pupil(self, db: Session, actor: Actor, pupil_id: UUID) -> str:
        """How many there are."""
        return str(len(MARKS))


@hookimpl
def manifest() -> Manifest:
    """Marks that are on everywhere."""
    return Manifest(
        name="district_marks",
        title="Отметки округа",
        version="1.0",
        core_api=">=1.0,<2",
        on_by_default=True,
        provides=["marks"],
    )


@hookimpl
def capabilities() -> Sequence[CapabilityProvider]:
    """The marks."""
    return [CapabilityProvider(capability="marks", implementation=DistrictMarks())]
