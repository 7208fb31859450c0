"""What else may become of a lesson nobody stands in for: subgroups together, another lesson in its place, another
place for it, or no lesson.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.diary.changes.daily_load import act, most_lessons
from plugins.diary.changes.day_facts import Facts, Standing
from plugins.diary.changes.option import Option, gap_of_class, gaps, room_taken
from plugins.diary.changes.substitutes import substitutes
from plugins.diary.school_days import monday_of

MOST_MOVES = 5
DAYS_AHEAD = 7
SATURDAY = 5


def options(facts: Facts, lesson: Standing, today: date) -> list[Option]:
    """Every way out for a lesson, the best first."""
    return [
        *substitutes(facts, lesson),
        *merges(facts, lesson),
        *pulls(facts, lesson),
        *moves(facts, lesson, today)[:MOST_MOVES],
        cancellation(facts, lesson),
    ]


def days_around(day: date, today: date) -> list[date]:
    """The days to be known for the ways out of a lesson on `day`: where it might go to."""
    first = min(day, max(today, monday_of(day)))
    last = max(monday_of(day) + timedelta(days=SATURDAY), day + timedelta(days=DAYS_AHEAD))
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def merges(facts: Facts, lesson: Standing) -> list[Option]:
    """The other subgroup's teacher takes both."""
    class_id = facts.calendar.class_of(lesson)
    if lesson.pupil_group_id is None or class_id is None:
        return []
    found: list[Option] = []
    for other in facts.meeting(lesson.day, lesson.number, facts.times_of(lesson), {lesson.id}):
        teacher = facts.teachers.get(other.teacher_id) if other.teacher_id else None
        if (
            teacher is None
            or other.pupil_group_id is None
            or facts.calendar.class_of(other) != class_id
            or other.subject_id != lesson.subject_id
            or teacher.id == lesson.teacher_id
            or facts.is_away(teacher.id, lesson.day, lesson.number)
        ):
            continue
        group = facts.group_names.get(other.pupil_group_id, "")
        found.append(
            Option(
                key=f"merge:{other.id}",
                kind="merge",
                title=_("Объединить подгруппы: %(name)s") % {"name": teacher.name},
                teacher_id=teacher.id,
                other_lesson_id=other.id,
                room=other.room,
                reasons=[_("ведёт в это время «%(group)s» и возьмёт обе подгруппы") % {"group": group}],
            )
        )
    return found


def pulls(facts: Facts, lesson: Standing) -> list[Option]:
    """The class's last lesson of the day comes into the place of this one."""
    class_id = lesson.school_class_id
    if class_id is None or lesson.pupil_group_id is not None:
        return []
    day = facts.lessons_of_class(class_id, lesson.day, {lesson.id})
    last = [each for each in day if day and each.number == day[-1].number]
    if len(last) != 1 or last[0].number <= lesson.number or last[0].pupil_group_id is not None:
        return []
    other = last[0]
    times = facts.times_of(lesson)
    teacher = facts.teachers.get(other.teacher_id) if other.teacher_id else None
    if teacher is None or facts.is_away(teacher.id, lesson.day, lesson.number):
        return []
    meeting = list(facts.meeting(lesson.day, lesson.number, times, {lesson.id, other.id}))
    if any(each.teacher_id == teacher.id or facts.concerns(each, class_id) for each in meeting):
        return []
    taken = {each.room for each in meeting}
    room = next((each for each in (other.room, lesson.room) if each and each not in taken), "")
    return [
        Option(
            key=f"pull:{other.id}",
            kind="pull",
            title=_("Поставить сюда последний урок: %(subject)s, %(name)s")
            % {"subject": teacher.subjects.get(other.subject_id, ""), "name": teacher.name},
            teacher_id=teacher.id,
            other_lesson_id=other.id,
            room=room,
            reasons=[_("учитель в это время свободен, класс уйдёт на урок раньше")],
            warnings=[room_taken(other.room)] if other.room and other.room in taken and not room else [],
        )
    ]


def moves(facts: Facts, lesson: Standing, today: date) -> list[Option]:
    """Other places where class and teacher are free, the best first."""
    class_id = lesson.school_class_id
    if class_id is None or lesson.pupil_group_id is not None or lesson.teacher_id is None:
        return []
    most = most_lessons(facts.calendar.of_class(class_id).grade_level)
    found: list[tuple[tuple[int, date, int], Option]] = []
    for day in days_around(lesson.day, today):
        if day < today or not facts.is_school_day(class_id, day):
            continue
        numbers = {each.number for each in facts.lessons_of_class(class_id, day, {lesson.id})}
        for number in range(1, max([*numbers, most - 1]) + 2):
            if (day, number) == (lesson.day, lesson.number) or obstacle(facts, lesson, day, number):
                continue
            option = _move(facts, lesson, day, number, numbers, most)
            found.append(((len(option.warnings), day, number), option))
    return [option for _order, option in sorted(found, key=lambda pair: pair[0])]


def obstacle(facts: Facts, lesson: Standing, day: date, number: int, but: Collection[UUID] = ()) -> str:
    """Why a lesson cannot stand there: class or teacher have another lesson or the teacher is away; «» if it can."""
    class_id = facts.calendar.class_of(lesson)
    times = facts.calendar.times(class_id, day, number)
    for each in facts.meeting(day, number, times, {lesson.id, *but}):
        if lesson.teacher_id is not None and each.teacher_id == lesson.teacher_id:
            return _("учитель в это время ведёт урок: %(where)s") % {"where": facts.where(each)}
        parallel = lesson.pupil_group_id is not None and each.pupil_group_id not in (
            None,
            lesson.pupil_group_id,
        )
        if class_id is not None and facts.concerns(each, class_id) and not parallel:
            return _("у класса в это время другой урок")
    if lesson.teacher_id is not None and facts.is_away(lesson.teacher_id, day, number):
        return _("учителя в это время не будет")
    return ""


def _move(
    facts: Facts, lesson: Standing, day: date, number: int, numbers: Collection[int], most: int
) -> Option:
    times = facts.calendar.times(lesson.school_class_id, day, number)
    taken = {each.room for each in facts.meeting(day, number, times, {lesson.id})}
    warnings: list[str] = []
    if gaps([*numbers, number]) > gaps(numbers):
        warnings.append(gap_of_class())
    if len(numbers) >= most:
        warnings.append(
            _("будет %(count)s уроков в день при норме %(most)s (%(act)s)")
            % {"count": len(numbers) + 1, "most": most, "act": act()}
        )
    if day != lesson.day and leaves_gap(facts, lesson):
        warnings.append(_("в прежний день у класса останется окно"))
    if lesson.room and lesson.room in taken:
        warnings.append(room_taken(lesson.room))
    return Option(
        key=f"move:{day.isoformat()}:{number}",
        kind="move",
        title=_("Перенести на %(day)s, %(number)s-й урок") % {"day": show_short_day(day), "number": number},
        day=day,
        number=number,
        room="" if lesson.room in taken else lesson.room,
        reasons=[_("класс и учитель свободны, урок не пропадёт")],
        warnings=warnings,
    )


def leaves_gap(facts: Facts, lesson: Standing) -> bool:
    """Whether the class would wait between lessons if this one were not given."""
    class_id = facts.calendar.class_of(lesson)
    if class_id is None:
        return False
    others = [each.number for each in facts.lessons_of_class(class_id, lesson.day, {lesson.id})]
    return lesson.number not in others and gaps(others) > gaps([*others, lesson.number])


def cancellation(facts: Facts, lesson: Standing) -> Option:
    """No lesson."""
    class_id = facts.calendar.class_of(lesson)
    others = (
        [each.number for each in facts.lessons_of_class(class_id, lesson.day, {lesson.id})]
        if class_id
        else []
    )
    reasons: list[str] = []
    if others and lesson.number > max(others):
        reasons.append(_("урок последний: класс уйдёт раньше"))
    elif others and lesson.number < min(others):
        reasons.append(_("урок первый: класс придёт позже"))
    return Option(
        key="cancel",
        kind="cancel",
        title=_("Отменить урок"),
        reasons=reasons,
        warnings=[*([gap_of_class()] if leaves_gap(facts, lesson) else []), _("предмет потеряет час")],
    )
