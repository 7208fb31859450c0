"""Bell schedules: which lesson begins and ends when, for a class on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from plugins.diary.models import Bell, BellSchedule

Times = tuple[time, time]


@dataclass(frozen=True)
class _Schedule:
    starts_on: date
    ends_on: date | None
    shift: int
    weekday: int | None
    lowest: int
    highest: int
    times: Mapping[int, Times]

    def holds(self, day: date, grade_level: int, shift: int) -> bool:
        return (
            self.shift == shift
            and self.lowest <= grade_level <= self.highest
            and self.weekday in (None, day.isoweekday())
            and self.starts_on <= day
            and (self.ends_on is None or day <= self.ends_on)
        )

    @property
    def narrowness(self) -> tuple[bool, int]:
        return (self.weekday is not None, self.lowest - self.highest)


class Bells:
    """All bell schedules of a school's academic year, in memory."""

    def __init__(self, schedules: list[_Schedule]) -> None:
        self._schedules = sorted(schedules, key=lambda each: each.narrowness, reverse=True)

    def times(self, day: date, number: int, grade_level: int, shift: int) -> Times | None:
        """Beginning and end of lesson `number`, or None where no schedule says it."""
        for schedule in self._schedules:
            if schedule.holds(day, grade_level, shift):
                return schedule.times.get(number)
        return None


def read_bells(db: Session, organization_id: UUID, academic_year_id: UUID) -> Bells:
    """The bell schedules of a school in an academic year."""
    rows = db.execute(
        select(
            BellSchedule.id,
            BellSchedule.starts_on,
            BellSchedule.ends_on,
            BellSchedule.shift,
            BellSchedule.weekday,
            BellSchedule.lowest_grade_level,
            BellSchedule.highest_grade_level,
            Bell.number,
            Bell.starts_at,
            Bell.ends_at,
        )
        .join(Bell, Bell.bell_schedule_id == BellSchedule.id)
        .where(
            BellSchedule.organization_id == organization_id,
            BellSchedule.academic_year_id == academic_year_id,
        )
        .order_by(BellSchedule.id)
    ).all()
    times: dict[UUID, dict[int, Times]] = {}
    for row in rows:
        times.setdefault(row.id, {})[row.number] = (row.starts_at, row.ends_at)
    heads = {row.id: row for row in rows}
    return Bells(
        [
            _Schedule(
                row.starts_on,
                row.ends_on,
                row.shift,
                row.weekday,
                row.lowest_grade_level,
                row.highest_grade_level,
                times[identity],
            )
            for identity, row in heads.items()
        ]
    )
