"""Who hears of a change: pupils, guardians and class teachers of the class, the substitute, the one stood in for.

What one transaction changes is told at once: a notice for a class and a day, one for a teacher and a day, with all that
differs then. Reasons of an absence are told nobody. Days that are over are not told either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force
from core.database.session import Session
from core.hooks import NotificationKind
from core.identity.families import tied
from core.identity.models import Guardianship
from core.notifications import notify
from core.organizations.models import Enrollment, PupilGroupMembership
from core.roles.models import StructuralRole
from core.web.i18n import lazy, sentence
from plugins.diary.changes.day_list import ChangedLesson, changes_of_days

TO_FAMILIES = "diary.changes.family"
TO_TEACHERS = "diary.changes.teacher"
TIMETABLE_TOPIC = "diary.timetable"
DIARY_TOPIC = "diary.pupil"

CHANGE_KINDS = (
    NotificationKind(name=TO_FAMILIES, title=lazy("Изменения в расписании класса"), icon="timetable"),
    NotificationKind(name=TO_TEACHERS, title=lazy("Изменения в ваших уроках"), icon="timetable"),
)


@dataclass(frozen=True)
class Touched:
    """A lesson that has changed: the days and the teachers it concerned before and concerns now."""

    organization_id: UUID
    today: date
    days: frozenset[date]
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    teachers: frozenset[UUID]


def tell_later(db: Session, touched: Touched) -> None:
    """Have everybody concerned hear of it at the end of the transaction."""
    db.at_commit(_tell, touched)


def _tell(db: Session, items: list[Touched]) -> None:
    by_school: dict[UUID, list[Touched]] = defaultdict(list)
    for each in items:
        by_school[each.organization_id].append(each)
    for organization_id, of_school in by_school.items():
        days = {day for each in of_school for day in each.days if day >= each.today}
        db.portal.live.publish(
            db,
            f"{TIMETABLE_TOPIC}:{organization_id}",
            {"days": sorted(day.isoformat() for each in of_school for day in each.days)[:20]},
        )
        if not days:
            continue
        changes = changes_of_days(db, organization_id, min(days), max(days))
        for day in sorted(days):
            there = [each for each in of_school if day in each.days]
            _tell_day(db, day, there, changes.get(day, ()))


def _tell_day(db: Session, day: date, touched: Sequence[Touched], lines: Sequence[ChangedLesson]) -> None:
    classes = {each.school_class_id for each in touched if each.school_class_id and not each.pupil_group_id}
    groups = {each.pupil_group_id for each in touched if each.pupil_group_id}
    class_of_group = {each.pupil_group_id: each.school_class_id for each in touched if each.pupil_group_id}
    people = _pupils(db, day, classes, groups, class_of_group)
    class_teachers = _class_teachers(db, day, {each for each in class_of_group.values() if each} | classes)
    guardians = _guardians(db, day, {pupil for pupils in people.values() for pupil in pupils})
    for place, pupils in people.items():
        class_id = place if place in classes or place in class_of_group.values() else None
        there = [
            each
            for each in lines
            if (class_id is not None and each.school_class_id == class_id) or each.pupil_group_id == place
        ]
        reached = [*pupils, *(guardian for pupil in pupils for guardian in guardians.get(pupil, ()))]
        reached += class_teachers.get(place, ())
        query = f"school_class={class_id}&" if class_id else ""
        _notify(db, reached, TO_FAMILIES, day, there, f"/timetable?{query}day={day.isoformat()}")
        db.portal.live.publish_many(
            db, [(f"{DIARY_TOPIC}:{pupil}", {"day": day.isoformat()}) for pupil in pupils]
        )
    for teacher_id in sorted({each for item in touched for each in item.teachers}):
        own = [each for each in lines if teacher_id in (each.teacher_id, each.planned_teacher_id)]
        url = f"/timetable?teacher={teacher_id}&day={day.isoformat()}"
        _notify(db, [teacher_id], TO_TEACHERS, day, own, url)


def _notify(
    db: Session,
    people: Sequence[UUID],
    kind: str,
    day: date,
    lines: Sequence[ChangedLesson],
    url: str,
) -> None:
    if lines:
        title = sentence("Изменения в расписании на %(day)s", day=day)
        body = joined(spoken(each) for each in lines)
    else:
        title = sentence("%(day)s уроки идут по расписанию", day=day)
        body = sentence("Изменения, о которых сообщали раньше, отменены.")
    notify(db, people, kind, title, body, url, gathered=True)


def spoken(line: ChangedLesson) -> str:
    """A change in a sentence: «2-й урок, 7А: Алгебра – замена, Соколов И. Л., каб. 12»."""
    told = {"number": line.number, "where": line.school_class, "subject": line.subject, "words": line.words}
    if line.kind in ("cancelled", "moved_away"):
        return sentence("%(number)s-й урок, %(where)s: %(subject)s – %(words)s", **told)
    if line.room:
        return sentence(
            "%(number)s-й урок, %(where)s: %(subject)s – %(words)s, %(teacher)s, кабинет %(room)s",
            **told,
            teacher=line.teacher,
            room=line.room,
        )
    return sentence(
        "%(number)s-й урок, %(where)s: %(subject)s – %(words)s, %(teacher)s", **told, teacher=line.teacher
    )


def joined(sentences: Iterable[str]) -> str:
    """Several sentences as one, each still read in the reader's language."""

    def both(said: str, more: str) -> str:
        return sentence("%(said)s; %(more)s", said=said, more=more)

    return reduce(both, sentences)


def _pupils(
    db: Session,
    day: date,
    classes: set[UUID],
    groups: set[UUID],
    class_of_group: Mapping[UUID, UUID | None],
) -> dict[UUID, list[UUID]]:
    """The pupils concerned, by their class, or by their group where it has none."""
    found: dict[UUID, list[UUID]] = {each: [] for each in classes}
    for class_id, pupil in db.execute(
        select(Enrollment.school_class_id, Enrollment.person_id).where(
            Enrollment.school_class_id.in_(classes), in_force(Enrollment, day)
        )
    ):
        found[class_id].append(pupil)
    for group_id, pupil in db.execute(
        select(PupilGroupMembership.pupil_group_id, PupilGroupMembership.person_id).where(
            PupilGroupMembership.pupil_group_id.in_(groups), in_force(PupilGroupMembership, day)
        )
    ):
        place = class_of_group.get(group_id) or group_id
        if pupil not in found.setdefault(place, []):
            found[place].append(pupil)
    return found


def _guardians(db: Session, day: date, pupils: set[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for child, guardian in db.execute(
        select(Guardianship.child_id, Guardianship.guardian_id).where(
            Guardianship.child_id.in_(pupils), tied(day)
        )
    ):
        found[child].append(guardian)
    return found


def _class_teachers(db: Session, day: date, classes: set[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for class_id, person in db.execute(
        select(StructuralRole.school_class_id, StructuralRole.person_id).where(
            StructuralRole.kind == "class_teacher",
            StructuralRole.status == "active",
            StructuralRole.school_class_id.in_(classes),
            in_force(StructuralRole, day),
        )
    ):
        if class_id is not None:
            found[class_id].append(person)
    return found
