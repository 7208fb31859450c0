"""A school whose Monday is known by heart, next week from the day of the test, and a neighbour to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
from core.identity.names import sort_key
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.portal import Portal
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor
from plugins.diary.models import Bell, BellSchedule, DiaryLesson, PatternEntry
from plugins.diary.school_days import public_holiday
from plugins.diary.timetable import generate
from tests.school_day import school_day

TODAY = school_day()
START, END = TODAY - timedelta(days=60), TODAY + timedelta(days=150)
_MONDAYS = [TODAY + timedelta(days=7 - TODAY.weekday() + 7 * each) for each in range(4)]
MONDAY = next(
    day for day in _MONDAYS if not any(public_holiday(day + timedelta(days=each)) for each in range(6))
)
"""A Monday to come, in a week without public holidays."""

PEOPLE = {
    "gromova": ("Громова", "Ольга", "Петровна"),
    "sokolov": ("Соколов", "Игорь", "Львович"),
    "lukina": ("Лукина", "Анна", "Юрьевна"),
    "petrova": ("Петрова", "Инна", "Олеговна"),
    "sidorov": ("Сидоров", "Лев", "Ильич"),
    "class_teacher": ("Чайкина", "Вера", "Ильинична"),
    "deputy_head": ("Завьялова", "Нина", "Павловна"),
    "head": ("Директоров", "Пётр", "Петрович"),
    "anna": ("Белова", "Анна", "Сергеевна"),
    "viktor": ("Волков", "Виктор", "Олегович"),
    "boris": ("Соседов", "Борис", "Ильич"),
    "parent": ("Белова", "Мария", "Ивановна"),
}
TEACHERS = ("gromova", "sokolov", "lukina", "petrova", "sidorov")
TIMETABLE = (
    ("7А", None, "Алгебра", "gromova", "12", 1, 1),
    ("7А", None, "Физика", "sokolov", "20", 1, 2),
    ("7А", "группа 1", "Английский язык", "gromova", "14", 1, 3),
    ("7А", "группа 2", "Английский язык", "sokolov", "15", 1, 3),
    ("7А", None, "История", "lukina", "30", 1, 4),
    ("7Б", None, "Физика", "sokolov", "20", 1, 1),
    ("7Б", None, "Алгебра", "gromova", "12", 1, 2),
    ("7Б", None, "История", "lukina", "30", 1, 3),
    ("7В", None, "Алгебра", "petrova", "40", 1, 2),
    ("7В", None, "Музыка", "sidorov", "41", 2, 1),
    ("7А", None, "Алгебра", "gromova", "12", 3, 1),
)
"""Class, group, subject, teacher, room, weekday, number."""


@dataclass
class TownSchool:
    """A school; people, classes, groups and subjects by their names."""

    organization: Organization
    year: AcademicYear
    people: dict[str, UUID] = field(default_factory=dict[str, UUID])
    classes: dict[str, UUID] = field(default_factory=dict[str, UUID])
    groups: dict[str, UUID] = field(default_factory=dict[str, UUID])
    subjects: dict[str, UUID] = field(default_factory=dict[str, UUID])


@dataclass
class Town:
    """A running portal with the school under test and a neighbour."""

    portal: PortalUnderTest
    own: TownSchool
    other: TownSchool

    def visitor(self, who: str, role: str = "teacher") -> Visitor:
        """Somebody of the school, signed in."""
        kind = who if who in ("deputy_head", "head", "class_teacher") else role
        return self.portal.sign_in(kind, person_id=self.own.people[who])

    @property
    def deputy(self) -> Visitor:
        """Who changes the timetable."""
        return self.visitor("deputy_head")

    def lesson(self, class_name: str, number: int, group: str = "", day: date = MONDAY) -> UUID:
        """The lesson that was planned there."""
        with self.portal.portal.database.reading(fresh=True) as db:
            found = db.scalars(
                select(DiaryLesson).where(
                    DiaryLesson.organization_id == self.own.organization.id,
                    DiaryLesson.school_class_id == self.own.classes[class_name],
                )
            ).all()
        wanted = self.own.groups[group] if group else None
        return next(
            each.id
            for each in found
            if (each.moved_from_day or each.day, each.moved_from_number or each.number) == (day, number)
            and each.pupil_group_id == wanted
        )

    def row(self, lesson_id: UUID) -> DiaryLesson:
        """A lesson as it stands."""
        with self.portal.portal.database.reading(fresh=True) as db:
            found = db.get_one(DiaryLesson, lesson_id)
            db.expunge(found)
            return found


def build(portal: Portal) -> tuple[TownSchool, TownSchool]:
    """Fill an empty, migrated database."""
    with portal.database.transaction() as db:
        federal = _organization(db, "federal", "Россия", None)
        return _school(db, federal, "СОШ № 1"), _school(db, federal, "СОШ № 2")


def _organization(db: Session, kind: str, name: str, parent: Organization | None) -> Organization:
    identity = new_id()
    made = Organization(
        id=identity,
        parent_id=parent.id if parent else None,
        kind=kind,
        name=name,
        short_name=name,
        name_key=name.casefold(),
        path=f"{parent.path if parent else ''}{identity}/",
    )
    db.add(made)
    db.flush()
    return made


def _school(db: Session, parent: Organization, name: str) -> TownSchool:
    organization = _organization(db, "school", name, parent)
    year = AcademicYear(
        id=new_id(), organization_id=organization.id, name="Этот год", starts_on=START, ends_on=END
    )
    db.add(year)
    db.flush()
    common = {"organization_id": organization.id, "academic_year_id": year.id}
    db.add(
        Term(id=new_id(), **common, kind="quarter", number=1, name="1 четверть", starts_on=START, ends_on=END)
    )
    school = TownSchool(organization, year)
    for subject in sorted({row[2] for row in TIMETABLE}):
        school.subjects[subject] = new_id()
        db.add(
            Subject(
                id=school.subjects[subject],
                organization_id=organization.id,
                name=subject,
                short_name=subject[:4],
                name_key=subject.casefold(),
            )
        )
    for class_name in ("7А", "7Б", "7В"):
        school.classes[class_name] = new_id()
        db.add(
            SchoolClass(
                id=school.classes[class_name],
                **common,
                grade_level=7,
                label=class_name[1],
                name=class_name,
                name_key=f"07{class_name[1].casefold()}",
            )
        )
    db.flush()
    _people(db, school, common)
    _plan(db, school, common)
    return school


def _people(db: Session, school: TownSchool, common: dict[str, UUID]) -> None:
    for who, (last, first, middle) in PEOPLE.items():
        person = Person(id=new_id(), last_name=last, first_name=first, middle_name=middle, source="test")
        person.name_key = sort_key(person.full_name)
        db.add(person)
        school.people[who] = person.id
    db.flush()
    kinds = {
        "class_teacher": "class_teacher",
        "deputy_head": "deputy_head",
        "head": "head",
        "parent": "guardian",
    }
    kinds |= dict.fromkeys(TEACHERS, "teacher") | dict.fromkeys(("anna", "viktor", "boris"), "pupil")
    for who, kind in kinds.items():
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=school.people[who],
                kind=kind,
                organization_id=school.organization.id,
                school_class_id=school.classes["7А"] if kind == "class_teacher" else None,
                starts_on=START,
            )
        )
    for who, class_name in (("anna", "7А"), ("viktor", "7А"), ("boris", "7Б")):
        db.add(
            Enrollment(
                id=new_id(),
                **common,
                school_class_id=school.classes[class_name],
                person_id=school.people[who],
                starts_on=START,
            )
        )
    people = school.people
    db.add(
        Guardianship(
            id=new_id(), guardian_id=people["parent"], child_id=people["anna"], rights="full", starts_on=START
        )
    )
    for name, who in (("группа 1", "anna"), ("группа 2", "viktor")):
        group = PupilGroup(
            id=new_id(),
            **common,
            school_class_id=school.classes["7А"],
            kind="subgroup",
            split="english",
            name=name,
        )
        db.add(group)
        db.flush()
        school.groups[name] = group.id
        db.add(
            PupilGroupMembership(id=new_id(), pupil_group_id=group.id, person_id=people[who], starts_on=START)
        )


def _plan(db: Session, school: TownSchool, common: dict[str, UUID]) -> None:
    bells = BellSchedule(id=new_id(), **common, name="Звонки", starts_on=START, ends_on=None)
    db.add(bells)
    db.flush()
    for number in range(1, 8):
        db.add(
            Bell(
                id=new_id(),
                bell_schedule_id=bells.id,
                number=number,
                starts_at=time(7 + number, 30),
                ends_at=time(8 + number, 10),
            )
        )
    for class_name, group, subject, teacher, room, weekday, number in TIMETABLE:
        shared = {
            **common,
            "school_class_id": school.classes[class_name],
            "pupil_group_id": school.groups[group] if group else None,
            "subject_id": school.subjects[subject],
            "teacher_id": school.people[teacher],
            "starts_on": START,
        }
        db.add(PatternEntry(id=new_id(), **shared, room=room, weekday=weekday, number=number, ends_on=None))
        db.add(TeachingAssignment(id=new_id(), **shared, ends_on=None))
    db.flush()
    generate(db, system_actor(), school.organization.id, school.year.id, START, END)
