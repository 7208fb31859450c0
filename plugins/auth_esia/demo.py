"""Casts the stand's personas: invented people of the demo school get their names and identifiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert, select

from core.contributions import DemoFiller
from core.database.base import new_id
from core.database.session import Session
from core.demo.names import FATHERS
from core.demo.school import DemoSchool
from core.identity.identifiers import birth_certificate, phone, snils
from core.identity.models import Guardianship, Person
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import lazy as _
from plugins.auth_esia.stand.personas import PASSWORD, SCHOOL_OGRN, Kid, Persona, personas

COORDINATORS = ("municipal_coordinator", "regional_coordinator", "federal_operator")


def fill_personas(
    db: Session, _actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]
) -> None:
    """Give every persona of the portal a place in the demo school; other schools keep their people."""
    if school.organization.ogrn != SCHOOL_OGRN:
        return
    casting = _Casting(db, school)
    cast = [each for each in personas() if each.in_portal]
    for done, each in enumerate(sorted(cast, key=lambda one: "pupil" in one.roles), 1):
        casting.cast(each)
        advance(done, len(cast))
    db.flush()


class _Casting:
    def __init__(self, db: Session, school: DemoSchool) -> None:
        self._db, self._school = db, school
        self._used: set[UUID] = set()
        self._by_snils: dict[str, Person] = {}
        self._guardians = {child: list(adults) for child, adults in school.guardians.items()}
        self._class_ids = {each.name: each.id for each in school.classes}

    def cast(self, persona: Persona) -> None:
        own = snils(persona.snils)
        person = self._by_snils.get(own) or self._find(persona)
        _become(person, persona, own)
        self._by_snils[own] = person
        self._used.add(person.id)
        person.phone, person.email = phone(persona.phone), persona.email
        self._give_second_places(person, persona)
        if persona.kids:
            self._give_children(person, persona)

    def _give_second_places(self, person: Person, persona: Persona) -> None:
        """The same work in every other organization of the demo where Gosuslugi have the person employed."""
        kinds = [kind for kind in persona.roles if kind == "teacher"]
        elsewhere = {each.ogrn for each in persona.organizations} - {self._school.organization.ogrn}
        for place in self._db.scalars(select(Organization).where(Organization.ogrn.in_(elsewhere))):
            self._db.add_all(
                StructuralRole(
                    id=new_id(),
                    person_id=person.id,
                    kind=kind,
                    organization_id=place.id,
                    starts_on=self._school.year.starts_on,
                )
                for kind in kinds
            )

    def _find(self, persona: Persona) -> Person:
        school, roles = self._school, persona.roles
        for kind in roles:
            if kind in school.staff:
                return school.staff[kind]
            if kind in COORDINATORS:
                return self._coordinator(kind)
        if "pupil" in roles:
            return self._pupil(persona.school_class or "", persona.gender)
        if "class_teacher" in roles:
            return school.class_teachers[self._class_ids[persona.school_class or ""]]
        if "teacher" in roles:
            return self._teacher(persona.subject or "")
        return self._guardian(persona)

    def _coordinator(self, kind: str) -> Person:
        school = self._school
        levels = (school.municipality, school.region, school.federal)
        places: dict[str, Organization] = dict(zip(COORDINATORS, levels, strict=True))
        return self._db.scalars(
            select(Person)
            .join(StructuralRole, StructuralRole.person_id == Person.id)
            .where(StructuralRole.kind == kind, StructuralRole.organization_id == places[kind].id)
            .order_by(Person.id)
        ).first() or _missing(kind)

    def _teacher(self, subject: str) -> Person:
        leaders = {each.id for each in self._school.class_teachers.values()} | self._used
        teaching = [
            each.teacher_id
            for each in self._school.assignments
            if each.subject_id == self._school.subjects[subject].id
        ]
        specialists = [
            each for each in self._school.teachers if each.id in teaching and each.id not in self._used
        ]
        return next((each for each in specialists if each.id not in leaders), specialists[0])

    def _pupil(self, class_name: str, gender: str) -> Person:
        """A pupil without brothers and sisters, so that nobody else's family changes."""
        guardians = self._guardians
        children: dict[UUID, int] = {}
        for adults in guardians.values():
            for adult in adults:
                children[adult.id] = children.get(adult.id, 0) + 1
        for pupil in self._school.pupils[self._class_ids[class_name]]:
            alone = all(children[adult.id] == 1 for adult in guardians[pupil.id])
            if pupil.id not in self._used and pupil.gender == gender and alone:
                return pupil
        return _missing(class_name)

    def _guardian(self, persona: Persona) -> Person:
        if persona.kids:
            first = self._child(persona.kids[0])
            for adult in self._guardians[first.id]:
                if adult.gender == persona.gender:
                    return adult
        for pupil_id, adults in self._guardians.items():
            for adult in adults:
                if adult.gender == persona.gender and not {pupil_id, adult.id} & self._used:
                    self._used.add(pupil_id)
                    return adult
        return _missing(persona.key)

    def _give_children(self, guardian: Person, persona: Persona) -> None:
        wanted = [self._child(kid) for kid in persona.kids]
        mine = set(
            self._db.scalars(select(Guardianship.child_id).where(Guardianship.guardian_id == guardian.id))
        )
        begin = self._school.year.starts_on
        for child in wanted:
            if child.id not in mine:
                self._release(child, persona.gender)
                self._tie(guardian.id, child.id, begin)
                self._guardians[child.id].insert(0, guardian)
            for adult in self._guardians[child.id]:
                if adult.id != guardian.id:
                    _be_father_of(adult, child)
        if "teacher" in persona.roles:
            self._db.execute(
                insert(StructuralRole).values(
                    id=new_id(), person_id=guardian.id, kind="guardian", status="active", starts_on=begin,
                    organization_id=self._school.organization.id,
                )
            )  # fmt: skip

    def _release(self, child: Person, gender: str) -> None:
        """Take the place of the invented parent, who has no other child here."""
        for adult in [each for each in self._guardians[child.id] if each.gender == gender]:
            self._db.execute(delete(Guardianship).where(Guardianship.guardian_id == adult.id))
            self._db.execute(delete(StructuralRole).where(StructuralRole.person_id == adult.id))
            self._db.delete(adult)
            self._guardians[child.id].remove(adult)

    def _tie(self, guardian_id: UUID, child_id: UUID, begin: date) -> None:
        self._db.execute(
            insert(Guardianship).values(
                id=new_id(), guardian_id=guardian_id, child_id=child_id, starts_on=begin, source="demo"
            )
        )

    def _child(self, kid: Kid) -> Person:
        own = snils(kid.snils or "")
        child = self._by_snils.get(own)
        if child is None:
            child = self._pupil(kid.school_class or "", kid.gender)
            _become(child, kid, own)
            self._by_snils[own] = child
            self._used.add(child.id)
        return child


def _become(person: Person, part: Persona | Kid, own: str) -> None:
    person.last_name, person.first_name, person.middle_name = (
        part.last_name,
        part.first_name,
        part.middle_name,
    )
    person.birth_date, person.gender, person.snils = part.birth_date, part.gender, own
    if part.birth_certificate is not None:
        person.birth_certificate = birth_certificate(" ".join(part.birth_certificate))
    person.name_key = sort_key(person.full_name)


def _be_father_of(person: Person, child: Person) -> None:
    """Give the other parent the child's surname, and the first name the child's patronymic comes from."""
    stem = (child.middle_name or "").removesuffix("ич").removesuffix("на")
    fathers = {made: name for name, made in FATHERS.items()} | {"Иль": "Илья"}
    first = fathers.get(stem, person.first_name)
    last = child.last_name.removesuffix("а") if child.gender == "F" else child.last_name
    person.last_name, person.first_name = last, first
    person.name_key = sort_key(person.full_name)


def _missing(what: str) -> Person:
    raise LookupError(f"the demo school has nobody to play {what}")


def sign_in_hints() -> Sequence[tuple[str, str]]:
    """Telephone, and who it is with the password."""
    return [(each.phone, f"{each.full_name} – {each.title}; пароль {PASSWORD}") for each in personas()]


demo_personas = DemoFiller(
    name="personas", title=_("Люди для входа"), fill=fill_personas, sign_in_hints=sign_in_hints
)
