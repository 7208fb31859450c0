"""Attendance counted: lessons and full days missed, by reason, by class and by pupil.

A full day is one with lessons for the pupil, with subgroups, of which none was attended. A day's reason is that of
most of its lessons; of equal ones the first in the school's list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.database.session import Session
from core.errors import Invalid
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Enrollment, PupilGroup, PupilGroupMembership, Term
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import VIEW
from plugins.journal.attendance.reach import ClassCard, classes_of
from plugins.journal.models import NOT_GIVEN, JournalAttendance, JournalLesson, JournalPage
from plugins.journal.settings import settings_of

REASONS = ("ill", "excused", "unexcused", "unknown")
LONGEST = 400


class Tally(msgspec.Struct, kw_only=True):
    """What was missed: lessons by reason, full days by reason, latenesses."""

    ill: Annotated[int, Meta(description="Уроков пропущено по болезни.")] = 0
    excused: Annotated[int, Meta(description="Уроков пропущено по другой уважительной причине.")] = 0
    unexcused: Annotated[int, Meta(description="Уроков пропущено без уважительной причины.")] = 0
    unknown: Annotated[int, Meta(description="Уроков пропущено, причина не указана.")] = 0
    days: Annotated[int, Meta(description="Дней пропущено целиком.")] = 0
    days_ill: Annotated[int, Meta(description="Из них по болезни.")] = 0
    late: Annotated[int, Meta(description="Опозданий.")] = 0
    late_minutes: Annotated[int, Meta(description="Минут опозданий в сумме, где они указаны.")] = 0

    @property
    def lessons(self) -> int:
        """Lessons missed for whatever reason."""
        return self.ill + self.excused + self.unexcused + self.unknown

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class PupilTally(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's attendance in the period."""

    id: Annotated[UUID, Meta(description="Ключ ученика.")]
    name: Annotated[str, Meta(description="Фамилия и имя.")]
    missed: Annotated[Tally, Meta(description="Пропуски и опоздания за период.")]


class ClassTally(msgspec.Struct, frozen=True, kw_only=True):
    """A class's attendance in the period: pupils who have missed something or were late, and all together."""

    id: Annotated[UUID, Meta(description="Ключ класса.")]
    name: Annotated[str, Meta(description="Класс.")]
    size: Annotated[int, Meta(description="Сколько учеников было в классе за период.")]
    missed: Annotated[Tally, Meta(description="Пропуски и опоздания за период.")]
    pupils: Annotated[Sequence[PupilTally], Meta(description="Ученики по алфавиту.")]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Attendance of the classes in reach from `first` to `last`."""

    first: Annotated[date, Meta(description="Первый день периода.")]
    last: Annotated[date, Meta(description="Последний день, включительно.")]
    total: Annotated[Tally, Meta(description="Все классы вместе.")]
    classes: Annotated[Sequence[ClassTally], Meta(description="Классы по порядку.")]


class TermDays(msgspec.Struct, frozen=True, kw_only=True):
    """A term to choose as the period."""

    name: str
    first: date
    last: date


def terms_of(db: Session, actor: Actor, day: date) -> list[TermDays]:
    """The terms of the acting school in the year of `day`, to choose a period by."""
    rows = db.execute(
        select(Term.name, Term.starts_on, Term.ends_on)
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .where(
            AcademicYear.organization_id == actor.organization_id,
            AcademicYear.starts_on <= day,
            AcademicYear.ends_on >= day,
        )
        .order_by(Term.kind.desc(), Term.number)
    )
    return [TermDays(name=row.name, first=row.starts_on, last=row.ends_on) for row in rows]


def count_attendance(
    db: Session, actor: Actor, first: date, last: date, class_id: UUID | None = None
) -> Statistics:
    """The attendance of the classes that are wholly the actor's to see, or of one; a constant number of statements.

    Raises `Invalid` for days that are no period, `Forbidden` without the right to see the journal.
    """
    if last < first or (last - first).days > LONGEST:
        words = sentence("Последний день не может быть раньше первого, а дней – больше года.")
        raise Invalid("Такого периода нет.", advice=words, fields={"last": words})
    classes = [
        each
        for each in classes_of(db, actor, VIEW, min(last, school_today(actor)))
        if class_id is None or each.id == class_id
    ]
    if not classes:
        return Statistics(first=first, last=last, total=Tally(), classes=[])
    return _Counter(db, actor, classes, first, last).statistics()


class _Counter:
    """Reads what is needed for some classes at once and counts."""

    def __init__(
        self, db: Session, actor: Actor, classes: Sequence[ClassCard], first: date, last: date
    ) -> None:
        self._db, self._classes = db, classes
        self._first, self._last = first, last
        self._ids = [each.id for each in classes]
        self._school = classes[0].organization_id
        self._year = classes[0].academic_year_id
        self._codes = settings_of(db, actor).codes
        self._order = {code: place for place, code in enumerate(self._codes)}

    def statistics(self) -> Statistics:
        """Everything counted."""
        enrolled = self._enrolled()
        noted = self._noted({row.person_id for row in enrolled})
        groups = self._groups(noted.keys())
        lessons = self._lessons()
        total = Tally()
        classes: list[ClassTally] = []
        by_class: dict[UUID, list[Any]] = defaultdict(list)
        for row in enrolled:
            by_class[row.school_class_id].append(row)
        for school_class in self._classes:
            whole, pupils = Tally(), list[PupilTally]()
            for row in by_class[school_class.id]:
                missed = self._pupil(row, noted, groups, lessons)
                whole.add(missed)
                if missed.lessons or missed.late:
                    pupils.append(
                        PupilTally(id=row.person_id, name=f"{row.last_name} {row.first_name}", missed=missed)
                    )
            total.add(whole)
            size = len({row.person_id for row in by_class[school_class.id]})
            classes.append(
                ClassTally(id=school_class.id, name=school_class.name, size=size, missed=whole, pupils=pupils)
            )
        return Statistics(first=self._first, last=self._last, total=total, classes=classes)

    def _pupil(
        self,
        row: Any,
        noted: Mapping[UUID, Mapping[date, Sequence[Any]]],
        groups: Mapping[UUID, Sequence[Any]],
        lessons: Mapping[tuple[UUID, date], int],
    ) -> Tally:
        """What a pupil missed while enrolled in the class of `row`."""
        found = Tally()
        for day in sorted(day for day in noted.get(row.person_id, ()) if _holds(row, day)):
            day_codes: Counter[str] = Counter()
            for note in noted[row.person_id][day]:
                known = self._codes.get(note.code)
                if known is None or known.absent:
                    day_codes[note.code] += 1
                    reason = known.category if known and known.category in REASONS else "unknown"
                    setattr(found, reason, getattr(found, reason) + 1)
                elif known.category == "late":
                    found.late += 1
                    found.late_minutes += note.minutes or 0
            had = lessons.get((row.school_class_id, day), 0) + sum(
                lessons.get((group.pupil_group_id, day), 0)
                for group in groups.get(row.person_id, ())
                if _holds(group, day)
            )
            if day_codes and day_codes.total() >= had:
                found.days += 1
                most = min(day_codes, key=lambda code: (-day_codes[code], self._order.get(code, 99)))
                known = self._codes.get(most)
                found.days_ill += known is not None and known.category == "ill"
        return found

    def _enrolled(self) -> Sequence[Any]:
        return self._db.execute(
            select(
                Enrollment.school_class_id,
                Enrollment.person_id,
                Enrollment.starts_on,
                Enrollment.ends_on,
                Person.last_name,
                Person.first_name,
            )
            .join(Person, Person.id == Enrollment.person_id)
            .where(
                Enrollment.organization_id == self._school,
                Enrollment.academic_year_id == self._year,
                Enrollment.school_class_id.in_(self._ids),
                Enrollment.starts_on <= self._last,
                (Enrollment.ends_on.is_(None)) | (Enrollment.ends_on >= self._first),
            )
            .order_by(Person.name_key, Person.id, Enrollment.starts_on)
        ).all()

    def _noted(self, pupils: Collection[UUID]) -> Mapping[UUID, Mapping[date, Sequence[Any]]]:
        found: dict[UUID, dict[date, list[Any]]] = defaultdict(lambda: defaultdict(list))
        statement = select(
            JournalAttendance.pupil_id,
            JournalAttendance.day,
            JournalAttendance.code,
            JournalAttendance.minutes,
        ).where(
            JournalAttendance.organization_id == self._school,
            JournalAttendance.academic_year_id == self._year,
            JournalAttendance.day.between(self._first, self._last),
        )
        for row in self._db.execute(statement):
            if row.pupil_id in pupils:
                found[row.pupil_id][row.day].append(row)
        return found

    def _groups(self, pupils: Collection[UUID]) -> Mapping[UUID, Sequence[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        statement = (
            select(
                PupilGroupMembership.person_id,
                PupilGroupMembership.pupil_group_id,
                PupilGroupMembership.starts_on,
                PupilGroupMembership.ends_on,
            )
            .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
            .where(PupilGroup.organization_id == self._school, PupilGroup.academic_year_id == self._year)
        )
        for row in self._db.execute(statement):
            if row.person_id in pupils:
                found[row.person_id].append(row)
        return found

    def _lessons(self) -> Mapping[tuple[UUID, date], int]:
        """How many lessons a class without its subgroups, or a group, had on a day."""
        place = func.coalesce(JournalPage.pupil_group_id, JournalPage.school_class_id)
        rows = self._db.execute(
            select(place, JournalLesson.day, func.count())
            .join(JournalPage, JournalPage.id == JournalLesson.page_id)
            .where(
                JournalLesson.organization_id == self._school,
                JournalLesson.academic_year_id == self._year,
                JournalLesson.day.between(self._first, self._last),
                JournalLesson.status.not_in(NOT_GIVEN),
            )
            .group_by(place, JournalLesson.day)
        )
        return {(row[0], row[1]): row[2] for row in rows}


def _holds(dated: Any, day: date) -> bool:
    return dated.starts_on <= day and (dated.ends_on is None or dated.ends_on >= day)


class Unexplained(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's absences without a reason."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    name: Annotated[str, Meta(description="Фамилия и имя.")]
    school_class: Annotated[UUID, Meta(description="Ключ класса.")]
    class_name: Annotated[str, Meta(description="Класс.")]
    lessons: Annotated[int, Meta(description="Сколько уроков без причины.")]
    first_day: Annotated[date, Meta(description="Первый такой день.")]
    last_day: Annotated[date, Meta(description="Последний такой день.")]


def unexplained(
    db: Session, actor: Actor, first: date, last: date, class_id: UUID | None = None
) -> list[Unexplained]:
    """Who has absences without a reason, by class and name, in the classes wholly the actor's to see."""
    classes = {
        each.id: each
        for each in classes_of(db, actor, VIEW, min(last, school_today(actor)))
        if class_id is None or each.id == class_id
    }
    unknown = [
        code.code
        for code in settings_of(db, actor).codes.values()
        if code.absent and code.category == "unknown"
    ]
    rows = db.execute(
        select(
            JournalAttendance.pupil_id,
            Enrollment.school_class_id,
            Person.last_name,
            Person.first_name,
            func.count().label("lessons"),
            func.min(JournalAttendance.day).label("first_day"),
            func.max(JournalAttendance.day).label("last_day"),
        )
        .join(Person, Person.id == JournalAttendance.pupil_id)
        .join(
            Enrollment,
            (Enrollment.person_id == JournalAttendance.pupil_id)
            & (Enrollment.starts_on <= JournalAttendance.day)
            & ((Enrollment.ends_on.is_(None)) | (Enrollment.ends_on >= JournalAttendance.day)),
        )
        .where(
            JournalAttendance.organization_id == actor.organization_id,
            JournalAttendance.day.between(first, last),
            JournalAttendance.code.in_(unknown),
            Enrollment.school_class_id.in_(list(classes)),
        )
        .group_by(
            JournalAttendance.pupil_id,
            Enrollment.school_class_id,
            Person.last_name,
            Person.first_name,
            Person.name_key,
        )
        .order_by(Person.name_key, JournalAttendance.pupil_id)
    ).all()
    place = {class_id: number for number, class_id in enumerate(classes)}
    return [
        Unexplained(
            pupil=row.pupil_id,
            name=f"{row.last_name} {row.first_name}",
            school_class=row.school_class_id,
            class_name=classes[row.school_class_id].name,
            lessons=row.lessons,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in sorted(rows, key=lambda row: place[row.school_class_id])
    ]
