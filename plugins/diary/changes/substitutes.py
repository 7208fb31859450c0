"""Who might stand in at a lesson, the best first.

Who teaches the subject comes before who teaches the class, and that before anybody else who is free; among equals
those against whom nothing speaks, and who stand in least this week.
"""

from __future__ import annotations

from core.web.i18n import gettext as _
from core.web.i18n import ngettext
from plugins.diary.changes.daily_load import MOST_OF_TEACHER
from plugins.diary.changes.day_facts import Facts, Standing, Teacher
from plugins.diary.changes.option import Option, OwnSubject, gaps
from plugins.diary.school_days import monday_of

MANY_A_WEEK = 3
"""So many substitutions in a week are worth a warning."""


def substitutes(facts: Facts, lesson: Standing) -> list[Option]:
    """Everybody who is free and not away at the time of the lesson."""
    busy = {
        each.teacher_id
        for each in facts.meeting(lesson.day, lesson.number, facts.times_of(lesson))
        if each.teacher_id is not None
    }
    found: list[tuple[tuple[int, int, int, str, str], Option]] = []
    for teacher in facts.teachers.values():
        if teacher.id == lesson.teacher_id or teacher.id in busy:
            continue
        if facts.is_away(teacher.id, lesson.day, lesson.number):
            continue
        weekly = facts.substitutions.get((teacher.id, monday_of(lesson.day)), 0)
        tier, reason = _tier(facts, lesson, teacher)
        warnings = _warnings(facts, lesson, teacher, weekly)
        class_id = facts.calendar.class_of(lesson)
        own = teacher.classes.get(class_id, {}) if class_id else {}
        option = Option(
            key=f"substitute:{teacher.id}",
            kind="substitute",
            title=teacher.name,
            teacher_id=teacher.id,
            room=lesson.room,
            reasons=[reason],
            warnings=warnings,
            own_subjects=[
                OwnSubject(id=subject_id, name=name)
                for subject_id, name in own.items()
                if subject_id != lesson.subject_id
            ],
        )
        found.append(((tier, len(warnings), weekly, teacher.name_key, str(teacher.id)), option))
    return [option for _order, option in sorted(found, key=lambda pair: pair[0])]


def _tier(facts: Facts, lesson: Standing, teacher: Teacher) -> tuple[int, str]:
    class_id = facts.calendar.class_of(lesson)
    in_class = teacher.classes.get(class_id, {}) if class_id else {}
    if lesson.subject_id in teacher.subjects:
        return 0, _("ведёт этот предмет")
    if in_class:
        return 1, _("ведёт в этом классе: %(subjects)s") % {"subjects": ", ".join(in_class.values())}
    return 2, _("свободен на этом уроке, ведёт: %(subjects)s") % {
        "subjects": ", ".join(teacher.subjects.values())
    }


def _warnings(facts: Facts, lesson: Standing, teacher: Teacher, weekly: int) -> list[str]:
    numbers = facts.numbers_of_teacher(teacher.id, lesson.day)
    found: list[str] = []
    if not numbers:
        found.append(_("в этот день уроков у него нет: возможно, методический день"))
    if len(numbers) >= MOST_OF_TEACHER:
        found.append(_("это будет %(number)s-й урок за день") % {"number": len(numbers) + 1})
    if gaps([*numbers, lesson.number]) > gaps(numbers):
        found.append(_("у учителя появится окно"))
    if weekly >= MANY_A_WEEK:
        found.append(
            ngettext("на этой неделе уже %(count)s замена", "на этой неделе уже %(count)s замен", weekly)
            % {"count": weekly}
        )
    return found
