"""What becomes of every pupil when a school passes to its next academic year: decided, and tried dry.

A pupil who has passed the year goes on (ФЗ 273, статья 58): also one with an academic debt, conditionally, outside the
final classes. Who does not go on repeats the year, leaves, or has graduated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.exchange.class_names import ClassName, WrongClass, read_class
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.academic_years import EDIT, refuse_archived, year_in_reach, year_to_edit
from core.organizations.models import AcademicYear, Enrollment, Promotion, SchoolClass
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

LAST_GRADE = 11
GRADUATE = "graduate"
FINAL_GRADES = (9, 11)
"""After these a pupil may leave with a certificate (ФЗ 273, статья 59)."""


class Outcome(StrEnum):
    """How the year ends for a pupil."""

    PROMOTED = "promoted"
    CONDITIONAL = "conditional"
    REPEATS = "repeats"
    LEFT = "left"
    GRADUATED = "graduated"


GOES_ON = (Outcome.PROMOTED, Outcome.CONDITIONAL)
STAYS_AWAY = (Outcome.LEFT, Outcome.GRADUATED)


class PupilPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a pupil. `target` is the class of the next year, «» for none; `problem` why it cannot be."""

    person_id: UUID
    enrollment_id: UUID
    name: str
    outcome: Outcome
    target: str
    decided: bool
    problem: str


class ClassPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where a class goes. `target` is a name in the next year, `GRADUATE`, or «» while undecided."""

    school_class: SchoolClass
    target: str
    pupils: Sequence[PupilPlan]

    @property
    def exceptions(self) -> int:
        """Pupils for whom something else has been decided than for the class."""
        return sum(each.decided for each in self.pupils)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The passage from one year to the next, as it would be carried out now."""

    promotion: Promotion
    year: AcademicYear
    next_year: AcademicYear
    classes: Sequence[ClassPlan]
    taken: Mapping[UUID, str]
    """Pupils who are in a class of the next year already, with its name."""

    known: Set[str]
    """Names of the classes of both years."""

    @property
    def totals(self) -> Mapping[Outcome, int]:
        """How many pupils by outcome, without those who cannot be moved."""
        return Counter(each.outcome for line in self.classes for each in line.pupils if not each.problem)

    @property
    def problems(self) -> Sequence[tuple[ClassPlan, PupilPlan]]:
        """The pupils who would not be moved, and why."""
        return [(line, each) for line in self.classes for each in line.pupils if each.problem]

    @property
    def closed(self) -> bool:
        """Whether nothing is decided any more: it has been carried out, or a year is in the archive."""
        return self.promotion.done_at is not None or self.year.archived or self.next_year.archived

    def choices(self, grade_level: int) -> Sequence[str]:
        """Names of classes of the next year that a class of this grade may go to, those that are or will be."""
        names = self.known | {line.target for line in self.classes}
        return sorted(name for name in names if _grade_of(name) == grade_level + 1)

    @property
    def targets(self) -> Mapping[str, int]:
        """The classes of the next year, with the number of pupils that come into each."""
        found = Counter(
            each.target for line in self.classes for each in line.pupils if each.target and not each.problem
        )
        return dict(sorted(found.items(), key=lambda item: (_grade_of(item[0]), item[0])))


def begin(db: Session, actor: Actor, year_id: UUID) -> Promotion:
    """The passage from a year to the one after it, begun if it has not been.

    Raises `Conflict` if there is no next year, or the year is in the archive.
    """
    year = year_to_edit(db, actor, year_id)
    refuse_archived(year)
    known = db.scalar(select(Promotion).where(Promotion.from_year_id == year_id))
    if known is not None:
        return known
    made = _prepared(db, year)
    db.add(made)
    db.flush()
    return made


def _prepared(db: Session, year: AcademicYear) -> Promotion:
    following = db.scalar(
        select(AcademicYear)
        .where(AcademicYear.organization_id == year.organization_id, AcademicYear.starts_on > year.starts_on)
        .order_by(AcademicYear.starts_on)
        .limit(1)
    )
    if following is None:
        raise Conflict("Следующего учебного года ещё нет.", advice="Сначала заведите его.")
    return Promotion(
        id=new_id(),
        organization_id=year.organization_id,
        from_year_id=year.id,
        to_year_id=following.id,
        decisions={},
        trace={},
    )


def promotion_of(db: Session, actor: Actor, promotion_id: UUID, *, lock: bool = False) -> Promotion:
    """A passage of a school of the actor's, with `lock` to be changed.

    Raises `Forbidden`, `NotFound`; `Conflict` for one to be changed whose old or new year is in the archive.
    """
    actor.require(EDIT)
    wanted = select(Promotion).where(Promotion.id == promotion_id)
    found = db.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("Такого перевода на новый год нет.", advice="Откройте раздел «Учебный год».")
    authorize(db, actor, EDIT, found.organization_id)
    if lock:
        for year_id in (found.from_year_id, found.to_year_id):
            refuse_archived(db.get_one(AcademicYear, year_id))
    return found


def plan(db: Session, actor: Actor, promotion_id: UUID) -> Plan:
    """What would become of every pupil now. Raises as `promotion_of` does."""
    return _planned(db, actor, promotion_of(db, actor, promotion_id))


def rehearse(db: Session, actor: Actor, year_id: UUID) -> Plan:
    """What would become of every pupil of a year now, with what has been decided; nothing is begun by asking.

    Raises `Conflict` if there is no next year, and as `year_in_reach` does.
    """
    year = year_in_reach(db, actor, year_id)
    known = db.scalar(select(Promotion).where(Promotion.from_year_id == year_id))
    return _planned(db, actor, known if known is not None else _prepared(db, year))


def _planned(db: Session, actor: Actor, promotion: Promotion) -> Plan:
    year = db.get_one(AcademicYear, promotion.from_year_id)
    next_year = db.get_one(AcademicYear, promotion.to_year_id)
    classes = db.scalars(
        select(SchoolClass)
        .where(SchoolClass.academic_year_id == year.id, SchoolClass.closed_on.is_(None))
        .order_by(SchoolClass.name_key)
    ).all()
    day = min(max(school_today(actor), year.starts_on), max(year.ends_on, year.starts_on))
    pupils = _pupils(db, year, day)
    taken: dict[UUID, str] = {}
    for person_id, name in db.execute(
        select(Enrollment.person_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(Enrollment.academic_year_id == next_year.id)
    ):
        taken[person_id] = name
    decisions = promotion.decisions
    known = {each.name for each in classes} | set(
        db.scalars(select(SchoolClass.name).where(SchoolClass.academic_year_id == next_year.id))
    )
    targets = {each.id: _target(decisions, each) for each in classes}
    reachable = {target for target in targets.values() if target and target != GRADUATE} | known
    lines = [
        ClassPlan(
            school_class=each,
            target=targets[each.id],
            pupils=[
                _pupil_plan(row, each, targets[each.id], decisions, taken, reachable)
                for row in pupils.get(each.id, ())
            ],
        )
        for each in classes
    ]
    return Plan(promotion=promotion, year=year, next_year=next_year, classes=lines, taken=taken, known=known)


def decide_classes(db: Session, actor: Actor, promotion_id: UUID, targets: Mapping[UUID, str]) -> None:
    """Say where classes go: names in the next year, `GRADUATE`, or «» to decide about each pupil.

    Raises `Invalid` by the id of a class for what is no name of a class or not the grade above.
    """
    promotion = _undone(db, actor, promotion_id)
    classes = {
        each.id: each
        for each in db.scalars(
            select(SchoolClass).where(SchoolClass.academic_year_id == promotion.from_year_id)
        )
    }
    wrong: dict[str, str] = {}
    decisions = dict(promotion.decisions)
    for identity, typed in targets.items():
        known = classes.get(identity)
        if known is None:
            continue
        name = GRADUATE if typed == GRADUATE else class_name(typed)
        if not name and known.grade_level < LAST_GRADE:
            pass
        elif name == GRADUATE:
            if known.grade_level not in FINAL_GRADES:
                wrong[str(identity)] = sentence("Выпускают после 9 и 11 класса.")
        elif _grade_of(name) != known.grade_level + 1 or known.grade_level >= LAST_GRADE:
            wrong[str(identity)] = sentence("Номер класса – на единицу больше, например 8А после 7А.")
        decisions[str(identity)] = name
    if wrong:
        raise Invalid("Классы не сохранены: в форме есть ошибки.", fields=wrong)
    promotion.decisions = decisions
    db.flush()


def decide_pupils(
    db: Session, actor: Actor, promotion_id: UUID, decided: Mapping[UUID, tuple[str, str]]
) -> None:
    """Say what becomes of single pupils: outcome and class, an empty outcome for «as the class».

    Raises `Invalid` by the id of a pupil for an outcome there is not.
    """
    promotion = _undone(db, actor, promotion_id)
    enrolled = set(
        db.scalars(select(Enrollment.person_id).where(Enrollment.academic_year_id == promotion.from_year_id))
    )
    decisions = dict(promotion.decisions)
    wrong: dict[str, str] = {}
    for identity, (outcome, target) in decided.items():
        if identity not in enrolled:
            continue
        if not outcome:
            decisions.pop(str(identity), None)
        elif outcome not in set(Outcome):
            wrong[str(identity)] = sentence("Выберите из списка.")
        else:
            decisions[str(identity)] = {"outcome": outcome, "target": class_name(target)}
    if wrong:
        raise Invalid("Решения не сохранены: в форме есть ошибки.", fields=wrong)
    promotion.decisions = decisions
    db.flush()


def _undone(db: Session, actor: Actor, promotion_id: UUID) -> Promotion:
    promotion = promotion_of(db, actor, promotion_id, lock=True)
    if promotion.done_at is not None:
        raise Conflict(
            "Школа уже переведена на новый год.", advice="Отмените перевод, чтобы изменить решения."
        )
    return promotion


def _pupils(db: Session, year: AcademicYear, day: date) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in db.execute(
        select(
            Enrollment.id,
            Enrollment.school_class_id,
            Person.id.label("person_id"),
            Person.last_name,
            Person.first_name,
            Person.middle_name,
        )
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.academic_year_id == year.id, in_force(Enrollment, day))
        .order_by(Person.name_key, Person.id)
    ):
        found.setdefault(row.school_class_id, []).append(row)
    return found


def _target(decisions: Mapping[str, Any], school_class: SchoolClass) -> str:
    decided = decisions.get(str(school_class.id))
    if isinstance(decided, str):
        return decided
    if school_class.grade_level >= LAST_GRADE:
        return GRADUATE
    return ClassName(grade_level=school_class.grade_level + 1, label=school_class.label).name


def _pupil_plan(
    row: Any,
    school_class: SchoolClass,
    class_target: str,
    decisions: Mapping[str, Any],
    taken: Mapping[UUID, str],
    reachable: set[str],
) -> PupilPlan:
    decided = _decided(decisions, row.person_id)
    target = class_target
    if decided is not None:
        outcome = decided[0]
        target = decided[1] or (class_target if outcome in GOES_ON else "")
        if outcome is Outcome.REPEATS and not target:
            target = school_class.name
    else:
        outcome = Outcome.GRADUATED if class_target == GRADUATE else Outcome.PROMOTED
    if outcome in STAYS_AWAY:
        target = ""
    return PupilPlan(
        person_id=row.person_id,
        enrollment_id=row.id,
        name=full_name(row.last_name, row.first_name, row.middle_name),
        outcome=outcome,
        target="" if target == GRADUATE else target,
        decided=decided is not None,
        problem=_problem(outcome, target, school_class, taken.get(row.person_id), reachable),
    )


def _decided(decisions: Mapping[str, Any], person_id: UUID) -> tuple[Outcome, str] | None:
    decided: Any = decisions.get(str(person_id))
    return (Outcome(decided["outcome"]), str(decided["target"])) if decided else None


def _problem(
    outcome: Outcome, target: str, school_class: SchoolClass, already: str | None, reachable: set[str]
) -> str:
    if already is not None:
        return sentence("уже зачислен на новый год: %(name)s", name=already)
    if outcome is Outcome.GRADUATED and school_class.grade_level not in FINAL_GRADES:
        return sentence("выпускают после 9 и 11 класса")
    if outcome is Outcome.CONDITIONAL and school_class.grade_level in FINAL_GRADES:
        return sentence("из выпускного класса условно не переводят")
    if outcome in STAYS_AWAY:
        return ""
    if target == GRADUATE:
        return sentence("класс выпускается: выберите, в какой класс идёт ученик")
    if not target:
        return sentence("не решено, в какой класс идёт ученик")
    wanted = school_class.grade_level + (0 if outcome is Outcome.REPEATS else 1)
    if _grade_of(target) != wanted:
        return sentence("не подходит класс %(name)s", name=target or "–")
    if target not in reachable:
        return sentence("класса %(name)s в новом году не будет", name=target)
    return ""


def class_name(typed: str) -> str:
    """A class as it is written down: `8А` for «8 а»; what is no class stays as it was typed."""
    try:
        return read_class(typed).name
    except WrongClass:
        return typed.strip()


def _grade_of(name: str) -> int:
    try:
        return read_class(name).grade_level
    except WrongClass:
        return 0
