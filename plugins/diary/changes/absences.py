"""Teachers who are away: entering an absence, changing it, taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear, TeachingAssignment
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import counted, lazy, sentence
from plugins.diary.changes.day_facts import LAST_OF_DAY, Away, away
from plugins.diary.changes.hit_lessons import HitLesson, hit_lessons
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.changes.override import LAST_NUMBER
from plugins.diary.changes.overriding import undo_all
from plugins.diary.timetable import EDIT

ABSENCE = "diary_teacher_absence"
REASONS = {
    "illness": lazy("Болезнь"),
    "course": lazy("Курсы"),
    "business_trip": lazy("Командировка"),
    "leave": lazy("Отпуск"),
    "other": lazy("Другое"),
}
LONGEST_NOTE = 500
SHOWN_PAST = timedelta(days=30)


class AbsenceIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An absence to be entered."""

    teacher_id: UUID
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    first_number: Annotated[
        int | None, Meta(description="С какого урока первого дня; null – с начала дня.")
    ] = None
    last_number: Annotated[
        int | None, Meta(description="По какой урок последнего дня; null – до конца дня.")
    ] = None
    reason: Annotated[
        str,
        Meta(
            max_length=16,
            description="`illness` – болезнь, `course` – курсы, `business_trip` – командировка, `leave` – отпуск, "
            "`other` – другое. Видят только те, кто меняет расписание.",
        ),
    ] = "other"
    note: Annotated[
        str,
        Meta(
            max_length=2000, description="Заметка, её видят только те, кто меняет расписание. До 500 знаков."
        ),
    ] = ""


class ShownAbsence(msgspec.Struct, frozen=True, kw_only=True):
    """An absence, for those who change the timetable."""

    id: UUID
    teacher_id: UUID
    teacher: Annotated[str, Meta(description="Фамилия И. О.")]
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    first_number: Annotated[int | None, Meta(description="С какого урока; null – с начала первого дня.")]
    last_number: Annotated[int | None, Meta(description="По какой урок; null – до конца последнего дня.")]
    reason: Annotated[
        str, Meta(description="Вид причины: `illness`, `course`, `business_trip`, `leave`, `other`.")
    ]
    note: Annotated[str, Meta(description="Заметка; может быть пусто.")]
    version: Annotated[int, Meta(description="Сколько раз меняли, считая с 1.")]

    @property
    def reason_title(self) -> str:
        """The reason in words."""
        return str(REASONS[self.reason])

    @property
    def lessons_missed(self) -> Away:
        """Which lessons it is about."""
        return Away(
            self.teacher_id,
            (self.first_day, self.first_number or 0),
            (self.last_day, self.last_number or LAST_OF_DAY),
        )


def enter_absence(db: Session, actor: Actor, wanted: AbsenceIn) -> UUID:
    """Write down that a teacher is away; returns the id.

    Raises `Invalid` for what cannot be, `Conflict` for days on which the teacher is away already or of an archived
    year.
    """
    actor.require(EDIT)
    wanted = _checked(wanted)
    year = _year(db, actor, wanted)
    _lock(db, year)
    if not _teaches(db, actor, wanted.teacher_id):
        raise Invalid(
            "Отсутствие не записано.", fields={"teacher_id": sentence("Выберите учителя из списка.")}
        )
    _refuse_twice(db, actor, wanted, None)
    absence = TeacherAbsence(
        id=new_id(),
        organization_id=actor.organization_id,
        academic_year_id=year.id,
        teacher_id=wanted.teacher_id,
        author_id=actor.person_id,
        created_at=now(),
        version=1,
        **_fields(wanted),
    )
    db.add(absence)
    db.flush()
    _record(db, actor, absence, "diary.absence.enter", None)
    return absence.id


def change_absence(
    db: Session, actor: Actor, absence_id: UUID, wanted: AbsenceIn, *, version: int, give_back: bool
) -> None:
    """Change an absence, end it earlier too; the teacher stays. `version` is the one the reader saw, 0 for any.

    With `give_back`, lessons from today on that the absence no longer covers go back to the teacher. Raises as
    `enter_absence`, `Conflict` also if somebody has changed it meanwhile, `NotFound` for another school's.
    """
    absence = own_absence(db, actor, absence_id, lock=True)
    wanted = _checked(msgspec.structs.replace(wanted, teacher_id=absence.teacher_id))
    if version and version != absence.version:
        raise Conflict(
            "Отсутствие уже изменили.", advice="Посмотрите, что записано теперь, и исправьте ещё раз."
        )
    year = _year(db, actor, wanted)
    if year.id != absence.academic_year_id:
        words = sentence("Оба дня должны быть в одном учебном году.")
        raise Invalid("Отсутствие не изменено.", fields={"last_day": words})
    _refuse_twice(db, actor, wanted, absence.id)
    lessons = hit_lessons(db, absence.organization_id, away(absence))
    before = _kept(absence)
    for name, value in _fields(wanted).items():
        setattr(absence, name, value)
    absence.version += 1
    db.flush()
    _record(db, actor, absence, "diary.absence.change", before)
    if give_back:
        covers = away(absence).covers
        _give_back(db, actor, [each for each in lessons if not covers(each.day, each.number)])


def remove_absence(db: Session, actor: Actor, absence_id: UUID, *, version: int, give_back: bool) -> None:
    """Take an absence back as if it had not been. Raises as `change_absence`."""
    absence = own_absence(db, actor, absence_id, lock=True)
    if version and version != absence.version:
        raise Conflict("Отсутствие уже изменили.", advice="Посмотрите, что записано теперь.")
    lessons = hit_lessons(db, absence.organization_id, away(absence))
    _record(db, actor, absence, "diary.absence.remove", _kept(absence))
    db.delete(absence)
    db.flush()
    if give_back:
        _give_back(db, actor, lessons)


def list_absences(db: Session, actor: Actor, *, past: bool = False) -> list[ShownAbsence]:
    """Absences of the school that last or come, with `past` also those of the last thirty days; the latest first."""
    actor.require(EDIT)
    since = school_today(actor) - (SHOWN_PAST if past else timedelta())
    rows = db.execute(
        select(TeacherAbsence, Person.last_name, Person.first_name, Person.middle_name)
        .join(Person, Person.id == TeacherAbsence.teacher_id)
        .where(within(actor, EDIT, TeacherAbsence.organization_id), TeacherAbsence.last_day >= since)
        .order_by(TeacherAbsence.first_day, Person.name_key, TeacherAbsence.id)
        .limit(500)
    )
    return [
        shown_absence(row.TeacherAbsence, short_name(row.last_name, row.first_name, row.middle_name))
        for row in rows
    ]


def read_absence(db: Session, actor: Actor, absence_id: UUID) -> ShownAbsence:
    """An absence. Raises `NotFound` for another school's."""
    absence = own_absence(db, actor, absence_id)
    teacher = db.get_one(Person, absence.teacher_id)
    return shown_absence(absence, teacher.short_name)


def own_absence(db: Session, actor: Actor, absence_id: UUID, *, lock: bool = False) -> TeacherAbsence:
    """The absence itself. Raises `NotFound` for another school's."""
    actor.require(EDIT)
    statement = select(TeacherAbsence).where(
        TeacherAbsence.id == absence_id, within(actor, EDIT, TeacherAbsence.organization_id)
    )
    absence = db.scalar(statement.with_for_update() if lock else statement)
    if absence is None:
        raise NotFound("Такой записи об отсутствии нет.", advice="Откройте список отсутствующих.")
    return absence


def shown_absence(absence: TeacherAbsence, teacher: str) -> ShownAbsence:
    """A row as it is shown."""
    return ShownAbsence(
        id=absence.id,
        teacher_id=absence.teacher_id,
        teacher=teacher,
        first_day=absence.first_day,
        last_day=absence.last_day,
        first_number=absence.first_number,
        last_number=absence.last_number,
        reason=absence.reason,
        note=absence.note,
        version=absence.version,
    )


def _give_back(db: Session, actor: Actor, lessons: Sequence[HitLesson]) -> None:
    today = school_today(actor)
    undo_all(db, actor, [(each.id, "") for each in lessons if each.solved and each.day >= today])


def _checked(wanted: AbsenceIn) -> AbsenceIn:
    errors: dict[str, str] = {}
    note = wanted.note.replace("\x00", "").strip()
    if wanted.reason not in REASONS:
        errors["reason"] = sentence("Выберите из списка.")
    if wanted.last_day < wanted.first_day:
        errors["last_day"] = sentence("Последний день не может быть раньше первого.")
    for name in ("first_number", "last_number"):
        number = getattr(wanted, name)
        if number is not None and not 1 <= number <= LAST_NUMBER:
            errors[name] = sentence("Номер урока – от 1 до %(last)s.", last=LAST_NUMBER)
    one_day = wanted.first_day == wanted.last_day
    if not errors and one_day and (wanted.first_number or 0) > (wanted.last_number or LAST_NUMBER):
        errors["last_number"] = sentence("Последний урок не может быть раньше первого.")
    if len(note) > LONGEST_NOTE:
        errors["note"] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_NOTE)
    if errors:
        raise Invalid("Отсутствие не записано.", advice="Исправьте отмеченное.", fields=errors)
    return msgspec.structs.replace(wanted, note=note)


def _year(db: Session, actor: Actor, wanted: AbsenceIn) -> AcademicYear:
    year = db.scalar(
        select(AcademicYear).where(
            AcademicYear.organization_id == actor.organization_id,
            AcademicYear.starts_on <= wanted.first_day,
            AcademicYear.ends_on >= wanted.last_day,
        )
    )
    if year is None:
        words = sentence("Оба дня должны быть в одном учебном году.")
        raise Invalid("Отсутствие не записано.", advice="Исправьте дни.", fields={"last_day": words})
    refuse_archived(year)
    return year


def _lock(db: Session, year: AcademicYear) -> None:
    """Of two at once the second waits, and then finds the absence of the first."""
    db.execute(select(AcademicYear.id).where(AcademicYear.id == year.id).with_for_update(key_share=True))


def _teaches(db: Session, actor: Actor, teacher_id: UUID) -> bool:
    taught = select(TeachingAssignment.id).where(
        TeachingAssignment.organization_id == actor.organization_id,
        TeachingAssignment.teacher_id == teacher_id,
    )
    return db.scalar(taught.limit(1)) is not None


def _refuse_twice(db: Session, actor: Actor, wanted: AbsenceIn, but: UUID | None) -> None:
    others = db.scalars(
        select(TeacherAbsence).where(
            TeacherAbsence.organization_id == actor.organization_id,
            TeacherAbsence.teacher_id == wanted.teacher_id,
            TeacherAbsence.first_day <= wanted.last_day,
            TeacherAbsence.last_day >= wanted.first_day,
        )
    ).all()
    for other in others:
        if other.id == but:
            continue
        held = away(other)
        first = (wanted.first_day, wanted.first_number or 0)
        last = (wanted.last_day, wanted.last_number or LAST_NUMBER)
        if held.first <= last and first <= held.last:
            words = sentence(
                "Учитель уже отмечен отсутствующим с %(first)s по %(last)s.",
                first=other.first_day,
                last=other.last_day,
            )
            raise Conflict(words, advice="Измените ту запись.", fields={"first_day": words})


def _fields(wanted: AbsenceIn) -> dict[str, Any]:
    return {
        "first_day": wanted.first_day,
        "last_day": wanted.last_day,
        "first_number": wanted.first_number,
        "last_number": wanted.last_number,
        "reason": wanted.reason,
        "note": wanted.note,
    }


def _kept(absence: TeacherAbsence) -> dict[str, Any]:
    """What the record of changes keeps: neither the reason nor the note, which may tell of an illness."""
    return {
        "first_day": absence.first_day.isoformat(),
        "last_day": absence.last_day.isoformat(),
        "first_number": absence.first_number,
        "last_number": absence.last_number,
    }


def _record(
    db: Session, actor: Actor, absence: TeacherAbsence, action: str, before: Mapping[str, Any] | None
) -> None:
    after = None if action == "diary.absence.remove" else _kept(absence)
    change = Change(
        action=action, subject_type=ABSENCE, subject_id=str(absence.id), before=before, after=after
    )
    record(db, actor, absence.organization_id, change)
