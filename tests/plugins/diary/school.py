"""Two small schools with families, a weekly pattern and dated lessons, whatever the day of the test is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Guardianship, Person
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
from plugins.diary.models import Bell, BellSchedule, PatternEntry
from plugins.diary.timetable import generate
from tests.school_day import school_day

TODAY = school_day()
START = date(TODAY.year if TODAY.month >= 9 else TODAY.year - 1, 9, 1)
MONDAY = START + timedelta(days=(7 - START.weekday()) % 7 + 21)
"""A Monday in the first quarter."""


@dataclass
class SmallSchool:
    """One school of the pair; people by a short name."""

    organization: Organization
    year: AcademicYear
    subjects: dict[str, Subject] = field(default_factory=dict[str, Subject])
    classes: dict[str, SchoolClass] = field(default_factory=dict[str, SchoolClass])
    groups: dict[str, PupilGroup] = field(default_factory=dict[str, PupilGroup])
    people: dict[str, UUID] = field(default_factory=dict[str, UUID])


@dataclass
class Pair:
    """The school under test and another one in the same municipality."""

    own: SmallSchool
    other: SmallSchool


def build(portal: Portal) -> Pair:
    """Fill an empty, migrated database."""
    with portal.database.transaction() as db:
        federal = _organization(db, "federal", "Россия", None)
        municipality = _organization(db, "municipality", "Шпаковский округ", federal)
        own = _school(db, municipality, "СОШ № 1")
        other = _school(db, municipality, "СОШ № 2")
        people = own.people
        tie(db, people["parent"], people["anna"])
        tie(db, people["parent"], other.people["anna"])
        tie(db, people["parent"], people["boris"], rights="none")
        tie(db, people["neighbour"], people["boris"])
        return Pair(own, other)


def tie(db: Session, guardian: UUID, child: UUID, *, rights: str = "full") -> None:
    """A guardian's tie to a child."""
    db.add(Guardianship(id=new_id(), guardian_id=guardian, child_id=child, rights=rights, starts_on=START))


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


def _person(db: Session, last: str, first: str, middle: str | None = None) -> UUID:
    made = Person(id=new_id(), last_name=last, first_name=first, middle_name=middle, source="test")
    db.add(made)
    db.flush()
    return made.id


def _school(db: Session, parent: Organization, name: str) -> SmallSchool:
    organization = _organization(db, "school", name, parent)
    year = AcademicYear(
        id=new_id(),
        organization_id=organization.id,
        name=f"{START.year}/{START.year + 1}",
        starts_on=START,
        ends_on=date(START.year + 1, 5, 26),
    )
    db.add(year)
    db.flush()
    school = SmallSchool(organization, year)
    for number, (first, last) in enumerate(
        (
            (START, date(START.year, 10, 25)),
            (date(START.year, 11, 5), date(START.year, 12, 30)),
            (date(START.year + 1, 1, 10), date(START.year + 1, 3, 24)),
            (date(START.year + 1, 4, 1), date(START.year + 1, 5, 26)),
        ),
        start=1,
    ):
        db.add(
            Term(
                id=new_id(),
                organization_id=organization.id,
                academic_year_id=year.id,
                kind="quarter",
                number=number,
                name=f"{number} четверть",
                starts_on=first,
                ends_on=last,
            )
        )
    for subject in ("Алгебра", "Физика", "Английский язык"):
        school.subjects[subject] = Subject(
            id=new_id(),
            organization_id=organization.id,
            name=subject,
            short_name=subject[:4],
            name_key=subject.casefold(),
        )
        db.add(school.subjects[subject])
    for class_name in ("7А", "7Б"):
        school.classes[class_name] = SchoolClass(
            id=new_id(),
            organization_id=organization.id,
            academic_year_id=year.id,
            grade_level=7,
            label=class_name[1],
            name=class_name,
            name_key=f"07{class_name[1].casefold()}",
        )
        db.add(school.classes[class_name])
    db.flush()
    _people(db, school)
    _groups(db, school)
    _plan(db, school)
    return school


def _people(db: Session, school: SmallSchool) -> None:
    people = school.people
    people["teacher"] = _person(db, "Громова", "Ольга", "Петровна")
    people["colleague"] = _person(db, "Соколов", "Игорь", "Львович")
    people["class_teacher"] = _person(db, "Чайкина", "Вера", "Ильинична")
    people["deputy_head"] = _person(db, "Завьялова", "Нина", "Павловна")
    people["head"] = _person(db, "Орлов", "Павел", "Андреевич")
    people["anna"] = _person(db, "Белова", "Анна", "Сергеевна")
    people["viktor"] = _person(db, "Волков", "Виктор", "Олегович")
    people["boris"] = _person(db, "Соседов", "Борис", "Ильич")
    people["parent"] = _person(db, "Белова", "Мария", "Ивановна")
    people["neighbour"] = _person(db, "Соседова", "Яна", "Юрьевна")
    for kind, who, class_name in (
        ("teacher", "teacher", None),
        ("class_teacher", "class_teacher", "7А"),
        ("deputy_head", "deputy_head", None),
        ("head", "head", None),
        ("pupil", "anna", None),
        ("pupil", "boris", None),
        ("guardian", "parent", None),
        ("guardian", "neighbour", None),
    ):
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=people[who],
                kind=kind,
                organization_id=school.organization.id,
                school_class_id=school.classes[class_name].id if class_name else None,
                starts_on=START,
            )
        )
    for who, class_name in (("anna", "7А"), ("viktor", "7А"), ("boris", "7Б")):
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school.organization.id,
                academic_year_id=school.year.id,
                school_class_id=school.classes[class_name].id,
                person_id=people[who],
                starts_on=START,
            )
        )


def _groups(db: Session, school: SmallSchool) -> None:
    for name, who in (("группа 1", "anna"), ("группа 2", "viktor")):
        group = PupilGroup(
            id=new_id(),
            organization_id=school.organization.id,
            academic_year_id=school.year.id,
            school_class_id=school.classes["7А"].id,
            kind="subgroup",
            split="english",
            name=name,
        )
        db.add(group)
        db.flush()
        school.groups[name] = group
        db.add(
            PupilGroupMembership(
                id=new_id(), pupil_group_id=group.id, person_id=school.people[who], starts_on=START
            )
        )


def _plan(db: Session, school: SmallSchool) -> None:
    common = {"organization_id": school.organization.id, "academic_year_id": school.year.id}
    bells = BellSchedule(id=new_id(), **common, name="Звонки", starts_on=START, ends_on=None)
    db.add(bells)
    db.flush()
    for number in (1, 2, 3):
        db.add(
            Bell(
                id=new_id(),
                bell_schedule_id=bells.id,
                number=number,
                starts_at=time(7 + number, 30),
                ends_at=time(8 + number, 10),
            )
        )
    for class_name, group, subject, teacher, room, weekday, number in (
        ("7А", None, "Алгебра", "teacher", "12", 1, 1),
        ("7А", None, "Физика", "colleague", "лаборатория", 1, 2),
        ("7А", "группа 1", "Английский язык", "teacher", "14", 1, 3),
        ("7А", "группа 2", "Английский язык", "colleague", "15", 1, 3),
        ("7А", None, "Алгебра", "teacher", "12", 3, 1),
        ("7Б", None, "Алгебра", "teacher", "12", 2, 1),
    ):
        shared = {
            **common,
            "school_class_id": school.classes[class_name].id,
            "pupil_group_id": school.groups[group].id if group else None,
            "subject_id": school.subjects[subject].id,
            "teacher_id": school.people[teacher],
            "starts_on": START,
        }
        db.add(PatternEntry(id=new_id(), **shared, room=room, weekday=weekday, number=number, ends_on=None))
        db.add(TeachingAssignment(id=new_id(), **shared, ends_on=None))
    db.flush()
    generate(db, system_actor(), school.organization.id, school.year.id, START, school.year.ends_on)
