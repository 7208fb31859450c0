"""Giving a school out as a OneRoster 1.1 CSV set: what another system needs to know who learns what with whom.

A record's `sourcedId` is the id another system gave it, else ours, so that a set read back changes nothing.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from core.audit.record import Change, record
from core.capabilities import ask_for
from core.database.session import Session
from core.errors import NotFound
from core.exchange.oneroster_files import FILES, GRADEBOOK, UNUSED
from core.exchange.oneroster_gradebook import Places, gradebook_rows
from core.exchange.run import PERMISSION
from core.exchange.school_state import year_of
from core.identity.identifiers import show_snils
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
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.models import StructuralRole

ROLES = {"pupil": "student", "teacher": "teacher", "guardian": "guardian"}
HOMEROOM = "homeroom"
SEX = {"M": "male", "F": "female"}
Row = Mapping[str, str]


def year_begun_by(day: date) -> int:
    """The calendar year in which the school year of a day began; summer from July on belongs to the next one."""
    return day.year if day.month >= 7 else day.year - 1


def export_oneroster(db: Session, actor: Actor, organization_id: UUID, starts_in: int, day: date) -> bytes:
    """The set of a school's year as a zip archive; that it was taken is recorded.

    Raises `NotFound` for a school out of reach or a year the school does not have.
    """
    authorize(db, actor, PERMISSION, organization_id)
    organization = db.get_one(Organization, organization_id)
    year = year_of(db, organization_id, starts_in)
    if year is None:
        raise NotFound(
            "Такого учебного года в школе нет.", advice="Загрузите классы или выберите другой год."
        )
    export = _Export(db, organization, year, day)
    tables = export.tables()
    known = ask_for(db, organization.path, "gradebook")
    results = known.of_year(db, actor, organization_id, year.id) if known is not None else None
    counts = {"people": len(tables["users"])}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        given = [*tables, *(GRADEBOOK if results is not None else ())]
        archive.writestr("manifest.csv", _manifest(given))
        for name, rows in tables.items():
            _put(archive, name, FILES[name], rows)
        if results is not None:
            rows_of = gradebook_rows(results, export.places())
            for name, columns in GRADEBOOK.items():
                counts[name] = _put(archive, name, columns, rows_of[name])
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.export.oneroster",
            subject_type="organization",
            subject_id=str(organization_id),
            after={
                "year": year.name,
                "people": counts["people"],
                **({"results": counts["results"]} if results is not None else {}),
            },
        ),
    )
    return out.getvalue()


def _put(archive: zipfile.ZipFile, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a file of the set, row by row: a year of marks is not held in memory twice. Returns how many rows."""
    count = 0
    with archive.open(f"{name}.csv", "w") as file, io.TextIOWrapper(file, "utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([row.get(column, "") for column in columns])
            count += 1
    return count


def _manifest(given: Collection[str]) -> str:
    files = [(f"file.{name}", "bulk") for name in given]
    files += [(f"file.{name}", "absent") for name in UNUSED if name not in given]
    pairs = [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.1"),
        *sorted(files),
        ("source.systemName", "Моя школа"),
    ]
    return _text(("propertyName", "value"), pairs)


def _text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _id(row: Organization | AcademicYear | SchoolClass | PupilGroup | Subject | Person) -> str:
    return row.external_id or str(row.id)


class _Export:
    """Collects the files of one school's year."""

    def __init__(self, db: Session, organization: Organization, year: AcademicYear, day: date) -> None:
        self.db, self.organization, self.year = db, organization, year
        self.day = min(max(day, year.starts_on), year.ends_on)
        self.school_id, self.year_id = _id(organization), _id(year)
        in_year = {"organization_id": organization.id, "academic_year_id": year.id}
        self.classes = {each.id: each for each in db.scalars(select(SchoolClass).filter_by(**in_year))}
        self.groups = {each.id: each for each in db.scalars(select(PupilGroup).filter_by(**in_year))}
        self.assignments = [
            each
            for each in db.scalars(select(TeachingAssignment).filter_by(**in_year))
            if each.ends_on is None or each.ends_on >= self.day
        ]
        wanted = {each.subject_id for each in self.assignments}
        self.subjects = {
            each.id: each
            for each in db.scalars(select(Subject).order_by(Subject.name_key))
            if each.id in wanted
        }
        self.enrollments = [
            each
            for each in db.scalars(select(Enrollment).filter_by(**in_year))
            if each.ends_on is None or each.ends_on >= self.day
        ]
        self.pupils_of: dict[UUID, list[UUID]] = defaultdict(list)
        for each in self.enrollments:
            self.pupils_of[each.school_class_id].append(each.person_id)
        for each in db.scalars(
            select(PupilGroupMembership)
            .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
            .where(PupilGroup.organization_id == organization.id, PupilGroup.academic_year_id == year.id)
        ):
            if each.ends_on is None or each.ends_on >= self.day:
                self.pupils_of[each.pupil_group_id].append(each.person_id)
        self.roles: dict[UUID, set[str]] = defaultdict(set)
        self.class_teachers: set[tuple[UUID, UUID]] = set()
        for role in db.scalars(
            select(StructuralRole).where(
                StructuralRole.organization_id == organization.id,
                StructuralRole.status == "active",
                or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on >= self.day),
            )
        ):
            self.roles[role.person_id].add(role.kind)
            if role.kind == "class_teacher" and role.school_class_id and role.school_class_id in self.classes:
                self.class_teachers.add((role.person_id, role.school_class_id))
        self.people = {
            person.id: person
            for person in db.scalars(
                select(Person)
                .where(
                    Person.id.in_(
                        select(StructuralRole.person_id).where(
                            StructuralRole.organization_id == organization.id,
                            StructuralRole.kind.in_(ROLES),
                            StructuralRole.status == "active",
                        )
                    )
                )
                .order_by(Person.name_key)
            )
        }

    def tables(self) -> dict[str, list[Row]]:
        """The rows of every file."""
        return {
            "orgs": [
                {"sourcedId": self.school_id, "name": self.organization.name, "type": "school",
                 "identifier": self.organization.ogrn or ""}
            ],
            "academicSessions": list(self._sessions()),
            "courses": list(self._courses()),
            "classes": list(self._classes()),
            "users": list(self._users()),
            "enrollments": list(self._enrollments()),
            "demographics": [
                {"sourcedId": _id(person), "birthDate": person.birth_date.isoformat() if person.birth_date else "",
                 "sex": SEX.get(person.gender or "", "")}
                for person in self.people.values()
                if person.birth_date or person.gender
            ],
        }  # fmt: skip

    def _sessions(self) -> Iterable[Row]:
        ends = str(self.year.ends_on.year)
        yield {
            "sourcedId": self.year_id, "title": self.year.name, "type": "schoolYear", "schoolYear": ends,
            "startDate": self.year.starts_on.isoformat(), "endDate": self.year.ends_on.isoformat(),
        }  # fmt: skip
        terms = select(Term).where(Term.academic_year_id == self.year.id).order_by(Term.kind, Term.number)
        for term in self.db.scalars(terms):
            yield {
                "sourcedId": str(term.id), "title": term.name, "type": "term", "parentSourcedId": self.year_id,
                "startDate": term.starts_on.isoformat(), "endDate": term.ends_on.isoformat(), "schoolYear": ends,
            }  # fmt: skip

    def _courses(self) -> Iterable[Row]:
        shared = {"schoolYearSourcedId": self.year_id, "orgSourcedId": self.school_id}
        yield {"sourcedId": HOMEROOM, "title": "Класс", **shared}
        for subject in self.subjects.values():
            yield {"sourcedId": _id(subject), "title": subject.name, "subjects": subject.name, **shared}

    def _scheduled(self, assignment: TeachingAssignment) -> str:
        group = self.groups.get(assignment.pupil_group_id) if assignment.pupil_group_id else None
        if group is not None:
            return _id(group)
        return f"{assignment.school_class_id}-{assignment.subject_id}"

    def _classes(self) -> Iterable[Row]:
        shared = {"schoolSourcedId": self.school_id, "termSourcedIds": self.year_id}
        for each in sorted(self.classes.values(), key=lambda known: known.name_key):
            yield {
                "sourcedId": _id(each), "title": each.name, "grades": str(each.grade_level), "classCode": each.name,
                "courseSourcedId": HOMEROOM, "classType": "homeroom", **shared,
            }  # fmt: skip
        done: set[str] = set()
        for assignment in self.assignments:
            key = self._scheduled(assignment)
            subject = self.subjects.get(assignment.subject_id)
            if key in done or subject is None:
                continue
            done.add(key)
            group = self.groups.get(assignment.pupil_group_id) if assignment.pupil_group_id else None
            home = self.classes.get(assignment.school_class_id or (group.school_class_id if group else None))  # type: ignore[arg-type]
            yield {
                "sourcedId": key, "courseSourcedId": _id(subject), "classType": "scheduled",
                "title": group.name if group else f"{home.name if home else ''} {subject.name}".strip(),
                "grades": str(home.grade_level) if home else "", **shared,
            }  # fmt: skip

    def places(self) -> Places:
        """How the set calls what results belong to."""
        scheduled = {self._scheduled(each) for each in self.assignments if each.subject_id in self.subjects}
        return Places(
            year=self.year_id,
            scheduled=scheduled,
            classes={key: _id(each) for key, each in self.classes.items()},
            groups={key: _id(each) for key, each in self.groups.items()},
            homes={key: each.school_class_id for key, each in self.groups.items()},
            people={key: _id(each) for key, each in self.people.items()},
        )

    def _users(self) -> Iterable[Row]:
        guardians: dict[UUID, list[str]] = defaultdict(list)
        for tie in self.db.scalars(
            select(Guardianship).where(Guardianship.rights != "none", Guardianship.ends_on.is_(None))
        ):
            if tie.child_id in self.people and tie.guardian_id in self.people:
                guardians[tie.child_id].append(_id(self.people[tie.guardian_id]))
        for person in self.people.values():
            kinds = self.roles[person.id]
            yield {
                "sourcedId": _id(person), "enabledUser": "true", "orgSourcedIds": self.school_id,
                "role": next((title for kind, title in ROLES.items() if kind in kinds), "student"),
                "username": _id(person), "givenName": person.first_name, "familyName": person.last_name,
                "userIds": f"{{SNILS:{show_snils(person.snils)}}}" if person.snils else "",
                "middleName": person.middle_name or "", "email": person.email or "", "phone": person.phone or "",
                "agentSourcedIds": ",".join(sorted(guardians[person.id])),
            }  # fmt: skip

    def _enrollments(self) -> Iterable[Row]:
        shared = {"schoolSourcedId": self.school_id}
        for each in self.enrollments:
            if each.person_id in self.people and each.school_class_id in self.classes:
                yield {
                    "sourcedId": str(each.id), "classSourcedId": _id(self.classes[each.school_class_id]),
                    "userSourcedId": _id(self.people[each.person_id]), "role": "student",
                    "beginDate": each.starts_on.isoformat(),
                    "endDate": each.ends_on.isoformat() if each.ends_on else "", **shared,
                }  # fmt: skip
        for person_id, class_id in self.class_teachers:
            if person_id in self.people:
                yield {
                    "sourcedId": f"{person_id}-{class_id}", "classSourcedId": _id(self.classes[class_id]),
                    "userSourcedId": _id(self.people[person_id]), "role": "teacher", "primary": "true", **shared,
                }  # fmt: skip
        done: set[str] = set()
        for assignment in self.assignments:
            key = self._scheduled(assignment)
            if assignment.teacher_id in self.people:
                yield {
                    "sourcedId": str(assignment.id), "classSourcedId": key, "role": "teacher", "primary": "true",
                    "userSourcedId": _id(self.people[assignment.teacher_id]), **shared,
                }  # fmt: skip
            if key in done:
                continue
            done.add(key)
            place = assignment.pupil_group_id or assignment.school_class_id
            for pupil in self.pupils_of.get(place, []) if place else []:
                if pupil in self.people:
                    yield {
                        "sourcedId": f"{key}-{pupil}", "classSourcedId": key, "role": "student",
                        "userSourcedId": _id(self.people[pupil]), **shared,
                    }  # fmt: skip
