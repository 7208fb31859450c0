"""Events of the school day: what has happened, told by whoever keeps the record, in the transaction of the change.

Whoever provides marks, attendance, homework or remarks publishes them with `db.publish`; a plugin subscribes with the
hook `event_subscribers`, a system outside by `core.webhooks`. An event says what has changed by ids, never what stands
there now: whoever hears of it reads that with rights of their own. `version` is the version of the journal page after
the change: of two events about one page the one with the greater version is the later; it is 0 where a journal counts
none. `MarkSet`, `TermMarkSet` and `LessonsPlanned` are in `core.capabilities`, `TermClosed` and `TermReopened` in
`core.organizations.term_closing`.
"""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec


class AttendanceNoted(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil's attendance code at a lesson was noted, changed or taken back."""

    organization_id: UUID
    page_id: UUID
    lesson_id: UUID
    pupil_id: UUID
    day: date
    version: int = 0


class TopicWritten(msgspec.Struct, frozen=True, kw_only=True):
    """Event: the topic of a lesson was written, changed or taken away."""

    organization_id: UUID
    page_id: UUID
    lesson_id: UUID
    day: date
    version: int = 0


class HomeworkGiven(msgspec.Struct, frozen=True, kw_only=True):
    """Event: homework was given at a lesson (`given`), changed (`changed`) or taken back (`taken_back`).

    `task_id` is the task that some pupils have got besides; None for the homework of the class.
    """

    organization_id: UUID
    page_id: UUID
    lesson_id: UUID
    day: date
    step: Literal["given", "changed", "taken_back"]
    task_id: UUID | None = None
    version: int = 0


class WorkHandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil has handed in homework; `version` counts how many times."""

    organization_id: UUID
    lesson_id: UUID
    pupil_id: UUID
    work_id: UUID
    version: int


class WorkReviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a teacher has accepted a work, or returned it for correction; `version` is the one that was read."""

    organization_id: UUID
    lesson_id: UUID
    pupil_id: UUID
    work_id: UUID
    state: Literal["accepted", "returned"]
    version: int


class RemarkWritten(msgspec.Struct, frozen=True, kw_only=True):
    """Event: praise or a remark was written about a pupil (`written`), or taken back (`taken_back`)."""

    organization_id: UUID
    page_id: UUID
    lesson_id: UUID
    pupil_id: UUID
    remark_id: UUID
    day: date
    step: Literal["written", "taken_back"]
    version: int = 0


class PointsSet(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil's points for the criteria of a work were given, changed or taken back."""

    organization_id: UUID
    page_id: UUID
    lesson_id: UUID
    pupil_id: UUID
    day: date
    version: int = 0


class BehaviourMarkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil's mark for behaviour was set, changed or taken back; `term_id` is None for the year's."""

    organization_id: UUID
    school_class_id: UUID
    pupil_id: UUID
    term_id: UUID | None


class PupilExempted(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil was exempt from a subject (`given`), that ends earlier (`ended`), or had been put by mistake
    (`withdrawn`). `last_day` is the last day after the change, included.
    """

    organization_id: UUID
    exemption_id: UUID
    pupil_id: UUID
    subject_id: UUID
    first_day: date
    last_day: date
    step: Literal["given", "ended", "withdrawn"]


class FormerMarksTaken(msgspec.Struct, frozen=True, kw_only=True):
    """Event: marks of a pupil's former school were written on a page (`taken`), or one was taken out (`removed`)."""

    organization_id: UUID
    page_id: UUID
    pupil_id: UUID
    subject_id: UUID
    step: Literal["taken", "removed"]
    version: int = 0


class AbsenceAnnounced(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a family has announced an absence (`announced`), or withdrawn what it announced (`withdrawn`)."""

    organization_id: UUID
    absence_id: UUID
    pupil_id: UUID
    first_day: date
    last_day: date
    state: Literal["announced", "withdrawn"]


class AbsenceDecided(msgspec.Struct, frozen=True, kw_only=True):
    """Event: the school has confirmed an announced absence, or refused it."""

    organization_id: UUID
    absence_id: UUID
    pupil_id: UUID
    first_day: date
    last_day: date
    state: Literal["confirmed", "refused"]


class LessonOverridden(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a lesson of the timetable was changed for its day, or put back as planned (`restored`).

    `day` is where it was planned. Why a teacher is away, nobody hears.
    """

    organization_id: UUID
    lesson_id: UUID
    day: date
    step: Literal["substituted", "merged", "moved", "cancelled", "room", "restored"]
