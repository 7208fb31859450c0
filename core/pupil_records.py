"""What the record knows of several pupils on some days, in one answer.

The family's page shows all its children, of all their schools. Asking `marks`, `attendance`, `homework` and the others
for each child apart would cost a dozen statements a child. A plugin that provides several of those capabilities may
give their implementations an attribute `records` with one and the same object of the protocol below: it is then asked
once for everything it provides. Without it each capability's `of_pupil` is asked as ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import msgspec

from core.capabilities import LessonHomework, PupilAbsence, PupilExemption, PupilMark, PupilRemark

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor

RECORDED = ("marks", "attendance", "remarks", "exemptions", "homework")
"""The capabilities that may be answered together."""


class PupilPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in one of the schools that the reader may see him in."""

    pupil_id: UUID
    organization_id: UUID
    organization_path: str


class PupilRecord(msgspec.Struct, kw_only=True):
    """What is recorded of a pupil, each list as the capability of its name tells it."""

    marks: list[PupilMark] = []
    attendance: list[PupilAbsence] = []
    remarks: list[PupilRemark] = []
    exemptions: list[PupilExemption] = []
    homework: list[LessonHomework] = []


class PupilRecords(Protocol):
    """Several of the capabilities `RECORDED`, answered together."""

    def of_pupils(
        self,
        db: Session,
        actor: Actor,
        places: Sequence[PupilPlace],
        first: date,
        last: date,
        wanted: Collection[str],
    ) -> Mapping[UUID, PupilRecord]:
        """What is recorded in these places from `first` to `last`, both included, by pupil.

        `wanted` names capabilities: the others are answered by somebody else and left empty. The caller has checked
        that `actor` may see each pupil in each of the schools.
        """
        ...
