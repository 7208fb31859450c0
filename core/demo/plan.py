"""What the demo schools consist of: rows computed from the seed alone, school by school, and one read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from core.database import spelling
from core.database.session import Session
from core.demo import curriculum, names
from core.demo.school import DemoSchool
from core.identity.identifiers import ogrn as checked_ogrn
from core.identity.models import Guardianship, Person
from core.identity.name_words import learn
from core.identity.names import full_name, sort_key
from core.organizations import grouping_words
from core.organizations.group_rules import GroupRule
from core.organizations.groups import recompute
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Licence,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    OrganizationWord,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
    pupil_group_key,
)
from core.roles.models import StructuralRole

MUNICIPALITIES = ("Шпаковский", "Изобильненский", "Труновский", "Кочубеевский", "Петровский", "Ипатовский")
SCHOOLS_IN_MUNICIPALITY = 10
SIBLING = 0.15
PLAIN_ROOMS = 44


def first_year(today: date) -> int:
    """The calendar year in which the demo's academic year begins; in summer it is the coming one."""
    return today.year if today.month >= 6 else today.year - 1


def terms_of(start: int) -> list[tuple[str, int, date, date]]:
    """Quarters and half-years after the federal model, shifted to the weekdays of the year."""

    def friday(last: date) -> date:
        return last - timedelta(days=(last.weekday() - 4) % 7)

    autumn = friday(date(start, 10, 28))
    spring = friday(date(start + 1, 3, 27))
    winter = date(start + 1, 1, 9)
    winter += timedelta(days=(7 - winter.weekday()) % 7 if winter.weekday() >= 5 else 0)
    second = max(autumn + timedelta(days=10), date(start, 11, 5))
    begin, end, december = date(start, 9, 1), date(start + 1, 5, 26), date(start, 12, 30)
    return [
        ("quarter", 1, begin, autumn),
        ("quarter", 2, second, december),
        ("quarter", 3, winter, spring),
        ("quarter", 4, spring + timedelta(days=10), end),
        ("half_year", 1, begin, december),
        ("half_year", 2, winter, end),
    ]


WHOLE_SCHOOL = tuple((level, letter) for level in range(11, 0, -1) for letter in "АБ")
FEW_CLASSES = ((11, "А"), (9, "Б"), (9, "А"), (6, "Б"), (4, "А"), (1, "А"))
"""The classes of a small school, enough for every persona and for each kind of term."""


class Plan:
    """Rows by table for `schools` schools. The same arguments give the same rows, keys included.

    First `rows` has what stands above the schools; each step of `each_school` adds one school. Whoever writes
    the rows takes them out, so that a plan of a thousand schools is no larger than that of one. A `small`
    school has six classes: for tests.
    """

    def __init__(self, seed: int, schools: int, today: date, *, small: bool = False) -> None:
        self.seed, self.today, self._number = seed, today, schools
        self._classes = FEW_CLASSES if small else WHOLE_SCHOOL
        self.start = first_year(today)
        self.rows: dict[type[Any], list[dict[str, Any]]] = defaultdict(list)
        self._random = Random(f"demo {seed}")  # noqa: S311 -- invented people, no secrets
        self._papers = Random(f"licences {seed}")  # noqa: S311 -- invented licences
        self._people = 0
        self._made = datetime(self.start, 8, 20, tzinfo=UTC)
        self._count = 0
        self.begin, self.end = date(self.start, 9, 1), date(self.start + 1, 5, 26)
        self.federal = self._organization(None, "federal", "Федеральный оператор портала", None)
        self.region = self._organization(
            self.federal, "region", "Министерство образования Ставропольского края", "1022600001214"
        )
        self.subjects: dict[str, UUID] = {
            name: self._add(
                Subject, organization_id=self.federal["id"], name=name, short_name=line[0],
                name_key=sort_key(name), position=position,
            )["id"]
            for position, (name, line) in enumerate(curriculum.HOURS.items())
        }  # fmt: skip
        for place, kind in ((self.federal, "federal_operator"), (self.region, "regional_coordinator")):
            self._role(self._adult(self._random.choice("MF"))["id"], kind, place)

    def each_school(self) -> Iterator[dict[str, Any]]:
        """Add the schools to the rows one after another; each is told by its keys."""
        municipality: dict[str, Any] = {}
        for number in range(self._number):
            place, nth = divmod(number, SCHOOLS_IN_MUNICIPALITY)
            if nth == 0:
                cycle, index = divmod(place, len(MUNICIPALITIES))
                name = f"{MUNICIPALITIES[index]} муниципальный округ" + (f" {cycle + 1}" if cycle else "")
                code = "1022600001050" if place == 0 else None
                municipality = self._organization(self.region, "municipality", name, code)
                municipality |= {
                    "oktmo": f"07{500 + place % 400:03}000",
                    "inn": names.inn(260_700_000 + place),
                }
                self._role(self._adult("F")["id"], "municipal_coordinator", municipality)
            yield self._school(number, municipality)

    def _id(self, pick: Random | None = None) -> UUID:
        self._count += 1
        moment = int(self._made.timestamp() * 1000) + self._count // 4096
        value = (moment << 80) | (7 << 76) | (self._count % 4096 << 64) | (2 << 62)
        return UUID(int=value | (pick or self._random).getrandbits(62))

    def _add(self, table: type[Any], **values: Any) -> dict[str, Any]:
        row = {"id": self._id(), **values}
        self.rows[table].append(row)
        return row

    def _organization(self, parent: dict[str, Any] | None, kind: str, name: str, ogrn: str | None,
                      short: str = "") -> dict[str, Any]:  # fmt: skip
        row = self._add(
            Organization, parent_id=parent["id"] if parent else None, kind=kind, name=name,
            short_name=short or name, name_key=sort_key(name), region_code="26" if parent else None,
            ogrn=checked_ogrn(ogrn) if ogrn else None, timezone="Europe/Moscow", created_at=self._made,
            search_key=sort_key(f"{short or name} {name}"), inn=None, kpp=None, oktmo=None, address="",
            legal_address="", phone="", email="", site="",
        )  # fmt: skip
        row["path"] = (parent["path"] if parent else "") + f"{row['id']}/"
        return row

    def _person(self, last: str, first: str, middle: str | None, gender: str, born: date,
                phone: bool = True) -> dict[str, Any]:  # fmt: skip
        number, self._people = self._people, self._people + 1
        return self._add(
            Person, last_name=last, first_name=first, middle_name=middle, gender=gender, birth_date=born,
            name_key=sort_key(full_name(last, first, middle)), snils=names.snils(110_000_000 + number * 37),
            phone=f"+7901{number:07}" if phone else None, email=None, source="demo", created_at=self._made,
        )  # fmt: skip

    def _adult(self, gender: str, base: str = "", youngest: int = 25, oldest: int = 62) -> dict[str, Any]:
        pick = self._random
        age = pick.randint(youngest, oldest)
        return self._person(
            names.surname(base or pick.choice(names.SURNAMES), gender),
            pick.choice(tuple(names.FATHERS)) if gender == "M" else names.first_name(pick, "F"),
            names.patronymic(pick.choice(tuple(names.FATHERS)), gender), gender,
            date(self.start - age, pick.randint(1, 12), pick.randint(1, 28)),
        )  # fmt: skip

    def _role(self, person: UUID, kind: str, place: dict[str, Any], school_class: UUID | None = None) -> None:
        self._add(
            StructuralRole, person_id=person, kind=kind, organization_id=place["id"], status="active",
            school_class_id=school_class, starts_on=self.begin, basis="", created_at=self._made,
        )  # fmt: skip

    def _requisites(self, number: int, school: dict[str, Any], municipality: dict[str, Any]) -> None:
        first = number == 0
        no = 13 if first else 100 + number
        place = municipality["short_name"]
        address = f"Ставропольский край, {place}, " + (
            "село Надежда, улица Школьная, 13" if first else f"улица Школьная, {number}"
        )
        school |= {
            "inn": names.inn(262_300_000 + number), "kpp": "262301001", "address": address,
            "oktmo": f"{municipality['oktmo']}{101 + number % 50}", "legal_address": address,
            "phone": f"+78655{number:06}", "email": f"school{no}@school.example",
            "site": f"https://school{no}.example",
        }  # fmt: skip
        for kind, code in (("licence", "Л035"), ("accreditation", "А007")):
            self.rows[Licence].append({
                "id": self._id(self._papers), "organization_id": school["id"], "kind": kind,
                "number": f"{code}-01217-26/{238_000 + number:08}",
                "issued_on": date(2015 + number % 8, 1 + number % 12, 14), "valid_until": None,
                "issuer": "Министерство образования Ставропольского края",
            })  # fmt: skip

    def groups(self, db: Session, schools: Sequence[UUID]) -> None:
        """Two groups kept by the region: one by a rule, one by hand."""
        own: dict[str, Any] = {"organization_id": self.region["id"], "created_at": self._made}
        by_rule = OrganizationGroup(
            id=self._id(self._papers), **own, name="Шпаковский округ", kind="district",
            description="Все школы округа, по коду ОКТМО.",
            rule=msgspec.to_builtins(GroupRule(kinds=["school"], oktmo="07500")),
        )  # fmt: skip
        by_hand = OrganizationGroup(
            id=self._id(self._papers), **own, name="Пилот «Чистый лист»", kind="project",
            description="Школы, которые пробуют новое первыми.",
        )  # fmt: skip
        db.add_all([by_rule, by_hand])
        db.flush()
        spelling.learn(db, OrganizationWord, [by_rule.name_key, by_hand.name_key])
        db.add_all(OrganizationGroupMember(group_id=by_hand.id, organization_id=each) for each in schools)
        recompute(db, by_rule)

    def _school(self, number: int, municipality: dict[str, Any]) -> dict[str, Any]:
        first = number == 0
        no = 13 if first else 100 + number
        short = f"МБОУ «СОШ № {no}»"
        name = (
            "Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная школа "
            f"№ {no}»" + (" села Надежда Шпаковского муниципального округа" if first else "")
        )
        stem = f"1022601{number:05}"
        code = "1022600001137" if first else stem + str(int(stem) % 11 % 10)
        school = self._organization(municipality, "school", name, code, short)
        self._requisites(number, school, municipality)
        own = {"organization_id": school["id"]}
        year = self._add(
            AcademicYear, **own, name=f"{self.start}/{(self.start + 1) % 100:02}", starts_on=self.begin,
            ends_on=self.end, archived=False,
        )  # fmt: skip
        own["academic_year_id"] = year["id"]
        for kind, n, begin, end in terms_of(self.start):
            title = f"{n} четверть" if kind == "quarter" else f"{n} полугодие"
            self._add(Term, **own, kind=kind, number=n, name=title, starts_on=begin, ends_on=end)
        made: dict[str, Any] = {
            "school": school, "municipality": municipality, "year": year, "own": own, "classes": [],
            "pupils": {}, "groups": [], "group_pupils": {}, "guardians": {}, "staff": {}, "hours": {},
            "teachers": [], "class_teachers": {},
        }  # fmt: skip
        for kind, gender in (("head", "M"), ("deputy_head", "F"), ("secretary", "F"),
                             ("school_administrator", "M")):  # fmt: skip
            made["staff"][kind] = self._adult(gender)["id"]
            self._role(made["staff"][kind], kind, school)
        self._pupils(made)
        self._teaching(made)
        return made

    def _pupils(self, made: dict[str, Any]) -> None:
        pick, school, own = self._random, made["school"], made["own"]
        open_families: list[tuple[int, str, str, list[UUID]]] = []
        special = ["оглы", "none"]
        for level, letter in self._classes:
            school_class = self._add(
                SchoolClass, **own, grade_level=level, label=letter, name=f"{level}{letter}",
                name_key=f"{level:02}{letter.casefold()}", shift=1, days_per_week=5,
                term_kind="half_year" if level >= 10 else "quarter",
            )  # fmt: skip
            made["classes"].append(school_class)
            made["pupils"][school_class["id"]] = members = []
            for _ in range(pick.randint(20, 24) if level >= 10 else pick.randint(23, 28)):
                gender = pick.choice("MF")
                born = date(self.start - 6 - level, 3, 1) + timedelta(days=pick.randrange(365))
                fitting = [each for each in open_families if each[0] >= level + 2]
                if fitting and pick.random() < SIBLING * 2:
                    family = pick.choice(fitting)
                    open_families.remove(family)
                    _level, base, father, adults = family
                else:
                    base = pick.choice(names.SURNAMES)
                    age = 6 + level + pick.randint(22, 34)
                    adults = [self._adult("F", base, age, age + 2)["id"]]
                    man = self._adult("M", base, age, age + 6)
                    father = man["first_name"]
                    if pick.random() < 0.7:
                        adults.append(man["id"])
                    else:
                        self.rows[Person].pop()
                        self._people -= 1
                    for adult in adults:
                        self._role(adult, "guardian", school)
                    open_families.append((level, base, father, adults))
                middle: str | None = names.patronymic(father, gender)
                if special and level <= 8 and gender == "M":
                    middle = f"{father} оглы" if special.pop(0) == "оглы" else None
                child = self._person(
                    names.surname(base, gender), names.first_name(pick, gender), middle, gender, born, False
                )
                members.append(child["id"])
                made["guardians"][child["id"]] = adults
                for adult in adults:
                    self._add(Guardianship, guardian_id=adult, child_id=child["id"], relation="parent",
                              rights="full", basis="", source="demo", starts_on=self.begin)  # fmt: skip
                self._role(child["id"], "pupil", school)
                self._add(Enrollment, **own, school_class_id=school_class["id"], person_id=child["id"],
                          basis="", starts_on=self.begin)  # fmt: skip
        made["classes"].reverse()
        made["classes"].sort(key=itemgetter("name_key"))

    def _teaching(self, made: dict[str, Any]) -> None:
        school, own = made["school"], made["own"]
        load: dict[UUID, int] = {}
        pools: dict[str, list[UUID]] = {}

        def teacher(gender: str) -> UUID:
            person = self._adult(gender)
            made["teachers"].append(person["id"])
            load[person["id"]] = 0
            self._role(person["id"], "teacher", school)
            return person["id"]

        for pool, size in curriculum.POOLS.items():
            men = pool in ("sport", "safety", "labour")
            pools[pool] = [teacher("M" if men or nth == 2 else "F") for nth in range(size)]
        led: set[UUID] = set()
        for each in made["classes"]:
            level: int = each["grade_level"]
            pupils = made["pupils"][each["id"]]
            primary = teacher("F") if level <= 4 else None
            taught: dict[str, list[UUID]] = defaultdict(list)
            together: dict[str, UUID] = {}
            for name, (_short, pool, hours) in curriculum.HOURS.items():
                lessons: int = hours[level - 1]
                if not lessons:
                    continue
                split = curriculum.SPLIT.get(name)
                parts: list[tuple[UUID | None, UUID | None]] = [(each["id"], None)]
                if split and len(pupils) >= curriculum.SPLIT_FROM_PUPILS:
                    parts = [(None, group) for group in self._split(made, each, split, name)]
                chosen: list[UUID] = []
                for class_id, group_id in parts:
                    who = primary if primary and pool not in curriculum.SPECIALISTS_IN_PRIMARY else None
                    if who is None and group_id is None:
                        who = together.get(pool)
                    if who is None:
                        who = min((t for t in pools[pool] if t not in chosen), key=lambda t: load[t])
                        if group_id is None:
                            together[pool] = who
                    chosen.append(who)
                    load[who] += lessons
                    taught[pool].append(who)
                    row = self._add(
                        TeachingAssignment, **own, teacher_id=who, subject_id=self.subjects[name],
                        school_class_id=class_id, pupil_group_id=group_id, starts_on=self.begin,
                    )  # fmt: skip
                    made["hours"][row["id"]] = lessons
            leader = primary or next(
                (t for line in taught.values() for t in line if t not in led), made["teachers"][0]
            )
            if each["name"] == "9А" and taught["language"][0] != leader:
                leader = taught["language"][0]
            led.add(leader)
            made["class_teachers"][each["id"]] = leader
            self._role(leader, "class_teacher", school, each["id"])

    def _split(self, made: dict[str, Any], school_class: dict[str, Any], split: str, name: str) -> list[UUID]:
        pupils = made["pupils"][school_class["id"]]
        halves: list[UUID] = []
        for nth, part in enumerate((pupils[::2], pupils[1::2]), 1):
            group = self._add(PupilGroup, **made["own"], school_class_id=school_class["id"], kind="subgroup",
                              split=split, subject_id=self.subjects[name], grade_level=school_class["grade_level"],
                              name=(title := f"{school_class['name']}, {name}, {nth} подгруппа"),
                              name_key=pupil_group_key(school_class["name_key"], split, title))  # fmt: skip
            made["groups"].append(group["id"])
            made["group_pupils"][group["id"]] = part
            halves.append(group["id"])
            for pupil in part:
                self._add(PupilGroupMembership, pupil_group_id=group["id"], person_id=pupil,
                          starts_on=self.begin)  # fmt: skip
        return halves

    def write(self, db: Session) -> None:
        """Insert the rows there are, parents before children, and forget them."""
        for table in (Organization, Licence, Subject, Person, AcademicYear, Term, SchoolClass, PupilGroup, Enrollment,
                      PupilGroupMembership, Guardianship, StructuralRole, TeachingAssignment):  # fmt: skip
            rows = self.rows[table]
            keys = dict.fromkeys(key for row in rows for key in row)
            if any(len(row) != len(keys) for row in rows):
                rows = [{key: row.get(key) for key in keys} for row in rows]
            if rows:
                db.execute(insert(table), rows)
        learn(db, (str(row["name_key"]) for row in self.rows[Person]))
        for table in (SchoolClass, PupilGroup):
            grouping_words.learn(db, (str(row["name_key"]) for row in self.rows[table]))
        words = (str(row["search_key"]) for row in self.rows[Organization])
        spelling.learn(db, OrganizationWord, words)
        self.rows.clear()

    def read(self, db: Session, made: dict[str, Any], number: int, filler: str) -> DemoSchool:
        """One school as it now is in the database, for a plugin's filler."""
        organization_id, year_id = made["school"]["id"], made["year"]["id"]

        def of_year(table: type[Any]) -> list[Any]:
            found = db.scalars(
                select(table).where(
                    table.organization_id == organization_id, table.academic_year_id == year_id
                )
            )
            return sorted(found, key=lambda row: row.id)

        tied = db.execute(
            select(Guardianship.child_id, Guardianship.guardian_id)
            .where(Guardianship.child_id.in_(list(made["guardians"])))
            .order_by(Guardianship.id)
        )
        guardians: dict[UUID, list[UUID]] = {}
        for child, adult in tied:
            guardians.setdefault(child, []).append(adult)
        wanted = {*made["teachers"], *made["staff"].values(), *guardians}
        wanted.update(adult for adults in guardians.values() for adult in adults)
        people = {each.id: each for each in db.scalars(select(Person).where(Person.id.in_(wanted)))}
        subjects = db.scalars(select(Subject).where(Subject.organization_id == self.federal["id"]))

        def found(ids: Any) -> list[Person]:
            return [people[each] for each in ids]

        def organization(row: dict[str, Any]) -> Organization:
            return db.get_one(Organization, row["id"])

        return DemoSchool(
            organization=organization(made["school"]),
            municipality=organization(made["municipality"]),
            region=organization(self.region),
            federal=organization(self.federal),
            year=db.get_one(AcademicYear, year_id),
            terms=of_year(Term),
            subjects={each.name: each for each in subjects},
            classes=sorted(of_year(SchoolClass), key=lambda each: each.name_key),
            groups=of_year(PupilGroup),
            pupils={key: found(ids) for key, ids in made["pupils"].items()},
            group_pupils={key: found(ids) for key, ids in made["group_pupils"].items()},
            guardians={key: found(ids) for key, ids in guardians.items()},
            teachers=found(made["teachers"]),
            staff={kind: people[key] for kind, key in made["staff"].items()},
            class_teachers={key: people[who] for key, who in made["class_teachers"].items()},
            assignments=of_year(TeachingAssignment),
            weekly_hours=made["hours"],
            rooms=[
                *(str(100 + n) for n in range(1, PLAIN_ROOMS + 1)),
                "Спортзал 1",
                "Спортзал 2",
                "Спортзал 3",
            ],
            today=self.today,
            random=Random(f"{self.seed} {number} {filler}"),  # noqa: S311 -- invented data
        )
