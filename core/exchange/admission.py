"""Admitting a single pupil by hand, recognized by the same rules as in an import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from core.audit.record import Change, record
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.exchange.matching import Matching
from core.exchange.report import RowReport
from core.exchange.rows import PersonData
from core.exchange.school_import import SOURCE
from core.exchange.school_state import KnownPerson, SchoolState, load_state
from core.identity.likeness import written_differently
from core.identity.models import Person
from core.identity.names import sort_key
from core.identity.newcomers import Namesakes, NewPerson, add_person
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.groupings import Grouping
from core.organizations.models import AcademicYear, Enrollment, Organization, PupilMove, SchoolClass
from core.organizations.pupil_steps import ADMISSION, Steps
from core.organizations.transfer import class_for
from core.requests.pupil_transfers import ADMIT
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence

REFUSAL = sentence("Ученик не принят: в форме есть ошибки.")


class NewPupil(msgspec.Struct, frozen=True, kw_only=True):
    """What the school writes down of a pupil. `snils` is eleven digits."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    birth_date: date
    gender: str | None = None
    snils: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pupil comes: the class by its name, the first day, the order."""

    school_class: str
    first_day: date
    basis: str


def admit(
    db: Session,
    actor: Actor,
    told: NewPupil,
    place: Place,
    *,
    same_as: UUID | None = None,
    namesake: bool = False,
) -> tuple[Person, PupilMove]:
    """Enroll a pupil in a class of the actor's school, with the role that follows; undone as a move is.

    The pupil is somebody the portal knows if СНИЛС, or name and birth date, say so. Who may be one of several is
    for the actor to say: `same_as` is the one meant, `namesake` says that it is none of them. Raises `Forbidden`
    without the right, `Invalid` for wrong fields and for a СНИЛС of somebody else, `Namesakes` where it is not
    plain who is meant, `Conflict` for whoever is in a class already or in another school, and for an archived year.
    """
    authorize(db, actor, ADMIT, actor.organization_id)
    # Two who admit the same pupil at once wait for each other, and for an import.
    school = db.scalars(
        select(Organization).where(Organization.id == actor.organization_id).with_for_update()
    ).one()
    if told.birth_date > school_today(actor):
        raise Invalid(REFUSAL, fields={"birth_date": sentence("Дата рождения ещё не наступила.")})
    into = _class(db, school, place)
    known = _known(db, actor, school, into, told, same_as=same_as, namesake=namesake)
    if known is None:
        values = {name: value for name, value in msgspec.structs.asdict(told).items() if name != "gender"}
        person = add_person(db, actor, school.id, NewPerson(**values), namesake=True, account=False)
        person.gender = told.gender
    else:
        person = db.scalars(select(Person).where(Person.id == known.id).with_for_update()).one()
        _refuse_double(db, actor, person, place.first_day)
        _fill_in(db, actor, person, told)
    steps = Steps(db, into, place.first_day, place.basis)
    steps.join_class(person.id, into)
    if not _has_role(db, actor, person, place.first_day):
        steps.give_role(actor, person.id)
    steps.note("core.pupil.admit", person.id, {"school_class": None}, {"school_class": into.name})
    return person, steps.save(actor, ADMISSION)


def _class(db: Session, school: Organization, place: Place) -> Grouping:
    try:
        found = class_for(db, school.id, place.school_class, place.first_day)
    except NotFound as error:
        raise Invalid(REFUSAL, fields={"school_class": f"{error.message} {error.advice}"}) from error
    year = db.get_one(AcademicYear, found.academic_year_id)
    refuse_archived(year)
    if found.closed_on is not None and found.closed_on <= place.first_day:
        raise Invalid(
            REFUSAL, fields={"school_class": sentence("Этот класс закрыт %(day)s.", day=found.closed_on)}
        )
    return Grouping(row=found, organization=school, year=year)


def _known(
    db: Session,
    actor: Actor,
    school: Organization,
    into: Grouping,
    told: NewPupil,
    *,
    same_as: UUID | None,
    namesake: bool,
) -> KnownPerson | None:
    today = school_today(actor)
    data = PersonData(**msgspec.structs.asdict(told))
    state = load_state(db, school.id, into.year, {told.snils} if told.snils else (), today)
    row = RowReport(place="", row=1)
    known = Matching(state, SOURCE, today).find_pupil(row, data, None)
    wrong = next((each for each in row.remarks if each.level == "error"), None)
    if wrong is not None and wrong.field == "snils":
        raise Invalid(REFUSAL, fields={"snils": f"{wrong.message} {wrong.advice}"})
    if known is not None:
        return known
    likely = _likely(state, told)
    if same_as is not None and (chosen := next((each for each in likely if each.id == same_as), None)):
        return chosen
    if likely and not namesake:
        raise Namesakes(
            [(each.id, _told(state, each, today)) for each in likely],
            sentence("В школе уже есть похожий человек."),
            advice=sentence("Выберите, он ли это, и отправьте форму снова."),
        )
    return None


def _told(state: SchoolState, person: KnownPerson, day: date) -> str:
    """A person and the class, by which a namesake is told apart."""
    span = state.enrolled(person.id, day)
    if span is None:
        return sentence("%(person)s, сейчас ни в одном классе", person=person.name)
    return sentence(
        "%(person)s, %(school_class)s",
        person=person.name,
        school_class=state.classes_by_id[span.place].name,
    )


def _likely(state: SchoolState, told: NewPupil) -> Sequence[KnownPerson]:
    """People of the school who may be the pupil: of the same name, or of a like one and the same birth date."""
    named = state.named(told.last_name, told.first_name, told.middle_name)
    key = sort_key(f"{told.last_name} {told.first_name} {told.middle_name or ''}")
    found = {
        each.id: each
        for each in (*named, *(each for each in state.people.values() if each.own))
        if each.birth_date in (None, told.birth_date)
        and not (each.snils and told.snils and each.snils != told.snils)
        and (each in named or (each.birth_date is not None and written_differently(sort_key(each.name), key)))
    }
    return sorted(found.values(), key=lambda each: (sort_key(each.name), each.id))


def _refuse_double(db: Session, actor: Actor, person: Person, first_day: date) -> None:
    """Raises `Conflict` for whoever studies somewhere on that day or later."""
    held = db.execute(
        select(SchoolClass.name, Enrollment.organization_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            Enrollment.person_id == person.id,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= first_day),
        )
        .order_by(Enrollment.organization_id != actor.organization_id)
    ).first()
    if held is None:
        return
    if held.organization_id == actor.organization_id:
        raise Conflict(
            sentence("%(person)s уже учится в %(name)s.", person=person.short_name, name=held.name),
            advice="Если нужен другой класс, переведите ученика: откройте карточку класса.",
        )
    raise Conflict(
        "Этот ученик учится в другой школе портала.",
        advice="Попросите о переводе: «Запросы», «Новый запрос», «Перевод ученика».",
    )


def _fill_in(db: Session, actor: Actor, person: Person, told: NewPupil) -> None:
    """Write down what the card does not say yet; what it says is for a correction."""
    new = {
        name: getattr(told, name)
        for name in ("birth_date", "gender", "snils")
        if getattr(told, name) is not None and getattr(person, name) is None
    }
    if not new:
        return
    for name, value in new.items():
        setattr(person, name, value)
    db.flush()
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action="core.person.update",
            subject_type="person",
            subject_id=str(person.id),
            before=dict.fromkeys(new),
            after=msgspec.to_builtins(new),
        ),
    )


def _has_role(db: Session, actor: Actor, person: Person, first_day: date) -> bool:
    held = select(StructuralRole.id).where(
        StructuralRole.person_id == person.id,
        StructuralRole.kind == "pupil",
        StructuralRole.organization_id == actor.organization_id,
        StructuralRole.status.in_(("active", "suspended")),
        or_(StructuralRole.ends_on.is_(None), StructuralRole.ends_on > first_day),
    )
    return db.scalar(held.limit(1)) is not None
