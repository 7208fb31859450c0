"""Planning the import of a OneRoster set into one school.

A `homeroom` class is a school class; a `scheduled` class is a subject taught to a class, to a part of it
(a subgroup) or to pupils of several (a stream), which is seen from who is enrolled in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.class_names import ClassName, WrongClass, read_class
from core.exchange.enrolling import Places
from core.exchange.oneroster_files import Line, RosterSet
from core.exchange.oneroster_school import our_school
from core.exchange.oneroster_teaching import Teaching
from core.exchange.oneroster_year import plan_roster_year
from core.exchange.people import People
from core.exchange.report import ImportReport
from core.exchange.rows import PersonData
from core.exchange.school_state import KnownPerson, load_state
from core.exchange.staff_roles import TEACHER, StaffRoles
from core.exchange.tables import Advance
from core.identity import identifiers
from core.identity.identifiers import WrongIdentifier
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import sentence

SOURCE = "oneroster"
PUPILS = frozenset({"student"})
TEACHERS = frozenset({"teacher", "aide"})
GUARDIANS = frozenset({"guardian", "parent", "relative"})
OTHERS = frozenset({"administrator", "proctor"})
_USER_ID = re.compile(r"\{?\s*([^:{}]+)\s*:\s*([^{}]+?)\s*\}?")


def plan_oneroster(
    db: Session,
    actor: Actor,
    organization: Organization,
    starts_in: int,
    roster: RosterSet,
    report: ImportReport,
    day: date,
    advance: Advance = lambda _done, _total: None,
) -> Changes:
    """What importing `roster` into `organization` would change; errors and outcomes go into the report."""
    changes = Changes()
    school_id = our_school(organization, roster, report, changes)
    year = plan_roster_year(db, changes, organization, starts_in, roster, report)
    snils = {number for line in roster.all("users") if (number := _snils(line, quiet=True))}
    state = load_state(db, organization.id, year, snils, day)
    places = Places(state, changes, report, SOURCE, day, actor.person_id)
    people = People(state, changes, SOURCE, day)
    roles = StaffRoles(db, actor, organization, places, report, day)
    plan = _Plan(db, organization, school_id, roster, report, places, people, roles)
    plan.run(advance)
    return changes


def _snils(line: Line, *, quiet: bool = False) -> str | None:
    for part in re.findall(r"\{[^{}]*\}|[^,{}]+", line["userIds"]):
        found = _USER_ID.fullmatch(part.strip())
        if found and found[1].strip().casefold() in ("snils", "снилс"):
            try:
                return identifiers.snils(found[2])
            except WrongIdentifier as wrong:
                if not quiet:
                    line.report.remark(
                        "error", wrong.message, "Исправьте номер.", column="userIds", value=found[2]
                    )
    return None


class _Plan:
    """The steps of one import."""

    def __init__(
        self,
        db: Session,
        organization: Organization,
        school_id: str | None,
        roster: RosterSet,
        report: ImportReport,
        places: Places,
        people: People,
        roles: StaffRoles,
    ) -> None:
        self.roster, self.report, self.places, self.people, self.roles = roster, report, places, people, roles
        self.school_id, self.state = school_id, places.state
        self.teaching = Teaching(db, organization, places, roles, report, roster)
        self.persons: dict[str, KnownPerson] = {}
        self.homerooms: dict[str, UUID] = {}
        self.pupils_of: dict[str, set[str]] = defaultdict(set)

    def run(self, advance: Advance) -> None:
        """Everything, in the order in which one thing needs another."""
        users = list(self.roster.all("users"))
        for done, line in enumerate(users, 1):
            self._user(line)
            if done % 200 == 0:
                advance(done, len(users))
        self._demographics()
        for line in self.roster.all("classes"):
            self._homeroom(line)
        lines = list(self.roster.all("enrollments"))
        for line in lines:
            self._enrollment(line)
        self._without_homeroom()
        for line in self.roster.all("classes"):
            if self._is_ours(line, "schoolSourcedId") and line["classType"].lower() != "homeroom":
                self.teaching.teach(
                    line, [self.persons[pupil] for pupil in self.pupils_of[line.id] if pupil in self.persons]
                )
        for line in lines:
            self._teacher(line)
        for line in users:
            self._agents(line)
        for line in (*users, *lines, *self.roster.all("classes")):
            if line.report.outcome == "unchanged" and line.report.changes:
                line.report.outcome = "updated"
        advance(len(users), len(users))
        self._missing()

    def _is_ours(self, line: Line, column: str) -> bool:
        places = line.many(column)
        if not places or self.school_id is None or self.school_id in places:
            return True
        line.report.outcome = "skipped"
        known = self.roster.tables.get("orgs", {})
        unknown = [place for place in places if place not in known]
        if unknown and "orgs" not in self.roster.delta and known:
            line.report.remark(
                "error",
                "Такой организации в orgs.csv нет.",
                "Исправьте ссылку.",
                column=column,
                value=unknown[0],
            )
        return False

    def _user(self, line: Line) -> None:
        role = line["role"].lower()
        row = line.report
        row.title = (
            " ".join(part for part in (line["familyName"], line["givenName"], line["middleName"]) if part)
            or line.id
        )
        if not self._is_ours(line, "orgSourcedIds"):
            return
        if line.deleted:
            self._delete_user(line)
            return
        if role not in PUPILS | TEACHERS | GUARDIANS | OTHERS:
            row.remark(
                "error",
                "Неизвестная роль.",
                "Нужно student, teacher, guardian или parent.",
                column="role",
                value=line["role"],
            )
            return
        birth_date, gender = self._born(line.id)
        data = PersonData(
            last_name=line["familyName"][:60], first_name=line["givenName"][:60],
            middle_name=line["middleName"][:60] or None,
            snils=_snils(line), phone=self._contact(line, "phone") or self._contact(line, "sms"),
            email=self._contact(line, "email"), external_id=line.id,
            birth_date=birth_date, gender=gender,
        )  # fmt: skip
        if row.failed:
            return
        known = self.people.find_by_external(row, data)
        if row.failed:
            return
        if known is None:
            self.people.warn_of_namesake(row, data)
        person = self.people.save(row, known, data)
        if row.failed:
            return
        self.persons[line.id] = person
        if role in OTHERS:
            row.remark(
                "warning",
                sentence("Роль «%(role)s» файлом не выдаётся: загружены только данные человека.", role=role),
                "Выдайте роль в портале.",
            )
        elif role in TEACHERS:
            self.roles.give(row, person, self.roles.wanted(row, person, [TEACHER], []))
        else:
            self.places.role(row, person, "pupil" if role in PUPILS else "guardian")
        if known is None:
            row.outcome = "created"

    def _contact(self, line: Line, column: str) -> str | None:
        if not line[column]:
            return None
        try:
            return identifiers.email(line[column]) if column == "email" else identifiers.phone(line[column])
        except WrongIdentifier as wrong:
            line.report.remark(
                "warning", wrong.message, "Это значение не загружено.", column=column, value=line[column]
            )
            return None

    def _born(self, user_id: str) -> tuple[date | None, str | None]:
        """Date of birth and gender from demographics.csv."""
        line = self.roster.tables.get("demographics", {}).get(user_id)
        if line is None or line.report.failed:
            return None, None
        gender = {"male": "M", "female": "F", "m": "M", "f": "F"}.get(line["sex"].lower())
        return line.day("birthDate"), gender

    def _demographics(self) -> None:
        for line in self.roster.all("demographics"):
            if line.id not in self.roster.tables.get("users", {}) and "users" not in self.roster.delta:
                line.report.remark(
                    "error",
                    "Такого человека в users.csv нет.",
                    "Исправьте ссылку.",
                    column="sourcedId",
                    value=line.id,
                )
            elif line.id not in self.persons:
                line.report.outcome = "skipped"

    def _delete_user(self, line: Line) -> None:
        person = self.state.by_id(SOURCE, line.id)
        if person is None:
            line.report.remark("note", "Такого человека в школе нет, убирать нечего.")
            line.report.outcome = "skipped"
            return
        span = self.state.enrolled(person.id, self.places.effective)
        if span is not None:
            self.places.leave(line.report, person, span.place, self.places.effective)
        for kind in ("pupil", "guardian"):
            self.places.end_role(line.report, person, kind)
        self.roles.end(line.report, person)

    def _class_name(self, line: Line) -> ClassName | None:
        for text in (line["title"], line["classCode"], line["title"].split(" ")[0]):
            try:
                return read_class(text)
            except WrongClass:
                continue
        grades = [int(grade) for grade in line.many("grades") if grade.isdigit() and 1 <= int(grade) <= 12]
        if len(grades) == 1 and line["classType"].lower() == "homeroom":
            return ClassName(grade_level=grades[0], label=line["title"][:40])
        return None

    def _homeroom(self, line: Line) -> None:
        if line["classType"].lower() not in ("homeroom", "scheduled"):
            line.report.remark(
                "error",
                "Неизвестный вид класса.",
                "Нужно homeroom или scheduled.",
                column="classType",
                value=line["classType"],
            )
        if (
            line["classType"].lower() != "homeroom"
            or line.deleted
            or not self._is_ours(line, "schoolSourcedId")
        ):
            return
        by_id = next(
            (known for known in self.state.classes.values() if line.id in (known.external_id, str(known.id))),
            None,
        )
        if by_id is not None:
            self.homerooms[line.id] = by_id.id
            return
        name = self._class_name(line)
        if name is None:
            line.report.remark(
                "error",
                "Параллель класса не понятна.",
                "Назовите класс 5А или заполните grades.",
                column="title",
                value=line["title"],
            )
            return
        before = set(self.state.classes_by_id)
        self.homerooms[line.id] = self.places.class_id(name, line.id)
        if set(self.state.classes_by_id) != before:
            line.report.outcome = "created"

    def _person(self, line: Line, column: str) -> KnownPerson | None:
        user_id = line[column]
        if user_id in self.persons:
            return self.persons[user_id]
        if user_id in self.roster.tables.get("users", {}):
            if self.roster.tables["users"][user_id].report.outcome != "error":
                line.report.outcome = "skipped"
            return None
        known = self.state.by_id(SOURCE, user_id)
        if known is None:
            line.report.remark(
                "error",
                "Такого человека в users.csv нет.",
                "Исправьте ссылку или добавьте человека.",
                column=column,
                value=user_id,
            )
            return None
        return self.persons.setdefault(user_id, known)

    def _enrollment(self, line: Line) -> None:
        class_id, row = line["classSourcedId"], line.report
        if not self._is_ours(line, "schoolSourcedId"):
            return
        person = self._person(line, "userSourcedId")
        if person is None:
            return
        row.title = person.name
        known = next(
            (
                known.id
                for known in self.state.classes.values()
                if class_id in (known.external_id, str(known.id))
            ),
            None,
        )
        home = self.homerooms.get(class_id, known)
        classes = self.roster.tables.get("classes", {})
        if home is None and class_id not in classes and class_id not in self.state.groups_by_external:
            row.remark(
                "error",
                "Такого класса в classes.csv нет.",
                "Исправьте ссылку или добавьте класс.",
                column="classSourcedId",
                value=class_id,
            )
            return
        if line["role"].lower() not in PUPILS:
            return
        begins, ends = line.day("beginDate"), line.day("endDate")
        if row.failed:
            return
        if ends is not None and ends >= self.state.year.ends_on:
            ends = None
        if home is not None:
            if line.deleted:
                self.places.leave(row, person, home, ends or self.places.effective)
            else:
                self.places.enroll(row, person, home, begins, ends)
        elif line.deleted or (ends is not None and ends < self.places.effective):
            self.teaching.leave_group(row, person, class_id)
        else:
            self.pupils_of[class_id].add(line["userSourcedId"])

    def _without_homeroom(self) -> None:
        """Pupils whose set has no homeroom classes: their class stands in the name of what they attend."""
        classes: Mapping[str, Line] = self.roster.tables.get("classes", {})
        for class_id, pupils in list(self.pupils_of.items()):
            line = classes.get(class_id)
            name = self._class_name(line) if line is not None else None
            for pupil in sorted(pupils):
                person = self.persons[pupil]
                if (
                    name is not None
                    and self.state.enrolled(person.id, self.places.effective) is None
                    and line is not None
                ):
                    self.places.enroll(line.report, person, self.places.class_id(name))

    def _teacher(self, line: Line) -> None:
        person = self.persons.get(line["userSourcedId"])
        if (
            person is None
            or line["role"].lower() not in TEACHERS
            or line.report.failed
            or line.report.outcome == "skipped"
        ):
            return
        begins, ends = line.day("beginDate"), line.day("endDate")
        home = self.homerooms.get(line["classSourcedId"])
        if home is not None:
            if not line.deleted and line["primary"].lower() == "true":
                self.teaching.class_teacher(line.report, person, home)
            return
        self.teaching.assign(line.report, person, line["classSourcedId"], begins, ends, ended=line.deleted)

    def _agents(self, line: Line) -> None:
        """Guardians: a pupil's agents are the guardians, a guardian's agents the children."""
        person = self.persons.get(line.id)
        if person is None or line.deleted:
            return
        users = self.roster.tables["users"]
        for agent_id in line.many("agentSourcedIds"):
            other_line = users.get(agent_id)
            other = self.persons.get(agent_id) or (None if other_line else self.state.by_id(SOURCE, agent_id))
            if other_line is None and other is None:
                line.report.remark(
                    "error",
                    "Такого человека в users.csv нет.",
                    "Исправьте ссылку.",
                    column="agentSourcedIds",
                    value=agent_id,
                )
                continue
            if other is None or other_line is None or other_line.deleted:
                continue
            mine, theirs = line["role"].lower(), other_line["role"].lower()
            if mine in PUPILS and theirs in GUARDIANS | TEACHERS:
                if self.places.may_tie(line.report, other, person):
                    kinship = theirs if theirs in GUARDIANS else "guardian"
                    self.places.tie(line.report, other, person, kinship)
                    self.places.role(other_line.report, other, "guardian")
            elif (
                mine in GUARDIANS
                and theirs in PUPILS
                and self.places.may_tie(other_line.report, person, other)
            ):
                self.places.tie(other_line.report, person, other, mine)

    def _missing(self) -> None:
        if "users" in self.roster.delta:
            return
        named = {person.id for person in self.persons.values()}
        classes = set(self.homerooms.values())
        self.report.missing = sorted(
            f"{self.state.people[person_id].name}, {self.state.classes_by_id[span.place].name}"
            for person_id in self.state.enrollments
            if person_id not in named
            and (span := self.state.enrolled(person_id, self.places.effective)) is not None
            and span.place in classes
            and person_id in self.state.people
        )
