"""Making, correcting, closing and opening again classes and groups. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.exchange.class_names import WrongClass, read_class
from core.organizations.academic_years import refuse_archived
from core.organizations.groupings import (
    CLASS,
    EDIT,
    KIND_TITLES,
    NETWORK,
    NETWORK_KIND,
    SUBGROUP,
    Grouping,
    grouping_to_change,
)
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    pupil_group_key,
)
from core.organizations.pupil_steps import CLOSING, Steps
from core.organizations.pupil_undo import undo_closing
from core.roles.access import authorize, below
from core.roles.actor import Actor
from core.web.i18n import lazy, sentence, speaking

TERM_KINDS: Mapping[str, str] = {
    "quarter": lazy("Четверти"),
    "trimester": lazy("Триместры"),
    "half_year": lazy("Полугодия"),
    "module": lazy("Модули"),
}


class NewClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class to be made: `name` as people write it, `7А` or `10 физмат`."""

    name: str
    term_kind: str = "quarter"
    days_per_week: int = 5
    shift: int = 1
    places: int | None = None


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group to be made. A subgroup has its class and what it is a part of."""

    kind: str
    name: str
    school_class_id: UUID | None = None
    split: str = ""
    subject_id: UUID | None = None
    grade_level: int | None = None
    places: int | None = None


def open_year(db: Session, actor: Actor, year_id: UUID) -> AcademicYear:
    """A year of a school that is the actor's to change, not archived. Raises `NotFound` or `Conflict`."""
    actor.require(EDIT)
    year = db.get(AcademicYear, year_id)
    if year is None:
        raise NotFound("Такого учебного года здесь нет.", advice="Выберите год из списка.")
    authorize(db, actor, EDIT, year.organization_id)
    refuse_archived(year)
    return year


def create_class(db: Session, actor: Actor, year_id: UUID, told: NewClass) -> SchoolClass:
    """Make a class of the actor's school. Raises `Invalid` for a name that is none or is taken."""
    year = open_year(db, actor, year_id)
    made = SchoolClass(
        id=new_id(),
        organization_id=year.organization_id,
        academic_year_id=year.id,
        term_kind=told.term_kind,
        days_per_week=told.days_per_week,
        shift=told.shift,
        places=told.places,
        closed_on=None,
    )
    _name_class(db, made, told.name)
    db.add(made)
    db.flush()
    _note(db, actor, made, "create", None, {"name": made.name, "year": year.name})
    return made


def _name_class(db: Session, row: SchoolClass, text: str) -> None:
    try:
        name = read_class(text)
    except WrongClass as wrong:
        raise refuse("name", wrong.message) from wrong
    twin = select(SchoolClass.id).where(
        SchoolClass.academic_year_id == row.academic_year_id,
        SchoolClass.name_key == name.name_key,
        SchoolClass.id != row.id,
    )
    if db.scalar(twin) is not None:
        raise refuse("name", sentence("Такой класс в этом году уже есть."))
    row.grade_level, row.label = name.grade_level, name.label
    row.name, row.name_key = name.name, name.name_key
    parts = select(PupilGroup).where(PupilGroup.school_class_id == row.id)
    for part in db.scalars(parts.execution_options(autoflush=False)):
        part.grade_level = row.grade_level
        part.name_key = pupil_group_key(row.name_key, part.split, part.name)


def create_group(db: Session, actor: Actor, year_id: UUID, told: NewGroup) -> PupilGroup:
    """Make a group of the actor's school.

    Raises `Invalid` for a name that is taken, for a subgroup without a class of that school and year.
    """
    year = open_year(db, actor, year_id)
    if told.kind not in KIND_TITLES or told.kind in (CLASS, NETWORK_KIND):
        raise refuse("kind", sentence("Такой группы школа не заводит."))
    if told.kind == SUBGROUP:
        found = db.get(SchoolClass, told.school_class_id) if told.school_class_id else None
        if found is None or found.academic_year_id != year.id:
            raise refuse("school_class", sentence("Выберите класс, который делится."))
    return _add_group(db, actor, year, told)


def create_network_group(db: Session, actor: Actor, year_name: str, told: NewGroup) -> PupilGroup:
    """Make a group of several schools below the actor's organization, in the year that they call so.

    Raises `Invalid` for a name that is taken or a year that no school below has.
    """
    authorize(db, actor, NETWORK, actor.organization_id)
    keeper = db.get_one(Organization, actor.organization_id)
    year = db.scalars(
        select(AcademicYear).where(AcademicYear.organization_id == keeper.id, AcademicYear.name == year_name)
    ).first()
    if year is None:
        below_it = select(Organization.id).where(below(Organization.path, keeper.path))
        theirs = db.scalars(
            select(AcademicYear)
            .where(AcademicYear.name == year_name, AcademicYear.organization_id.in_(below_it))
            .order_by(AcademicYear.starts_on)
        ).all()
        if not theirs:
            raise refuse("year", sentence("Такого учебного года нет ни в одной из школ."))
        year = AcademicYear(
            id=new_id(),
            organization_id=keeper.id,
            name=year_name,
            starts_on=theirs[0].starts_on,
            ends_on=max(each.ends_on for each in theirs),
        )
        db.add(year)
        db.flush()
    return _add_group(db, actor, year, msgspec.structs.replace(told, kind=NETWORK_KIND))


def _add_group(db: Session, actor: Actor, year: AcademicYear, told: NewGroup) -> PupilGroup:
    is_part = told.kind == SUBGROUP
    made = PupilGroup(
        id=new_id(),
        organization_id=year.organization_id,
        academic_year_id=year.id,
        school_class_id=told.school_class_id if is_part else None,
        kind=told.kind,
        split=told.split,
        name=told.name,
        name_key="",
        subject_id=_subject(db, year.organization_id, told.subject_id),
        grade_level=None if is_part else told.grade_level,
        places=told.places,
        closed_on=None,
    )
    _name_group(db, made)
    db.add(made)
    db.flush()
    _note(db, actor, made, "create", None, facts(db, made))
    return made


def _name_group(db: Session, row: PupilGroup) -> None:
    home = db.get(SchoolClass, row.school_class_id) if row.school_class_id else None
    if home is not None:
        row.grade_level = home.grade_level
    grade = f"{row.grade_level:02d}" if row.grade_level is not None else ""
    row.name_key = pupil_group_key(home.name_key if home else grade, row.split, row.name)
    same_class = (
        PupilGroup.school_class_id == row.school_class_id
        if row.school_class_id is not None
        else PupilGroup.school_class_id.is_(None)
    )
    twin = select(PupilGroup.id).where(
        PupilGroup.academic_year_id == row.academic_year_id,
        same_class,
        PupilGroup.name_key == row.name_key,
        PupilGroup.closed_on.is_(None),
        PupilGroup.id != row.id,
    )
    with db.no_autoflush:
        if db.scalar(twin) is not None:
            raise refuse("name", sentence("Группа с таким названием в этом году уже есть."))


def _subject(db: Session, organization_id: UUID, subject_id: UUID | None) -> UUID | None:
    """A subject that the organization uses: its own, or one kept above it."""
    if subject_id is None:
        return None
    organization = db.get_one(Organization, organization_id)
    subject = db.get(Subject, subject_id)
    if subject is None or f"{subject.organization_id}/" not in organization.path:
        raise refuse("subject", sentence("Такого предмета в школе нет."))
    return subject_id


def subjects_of(db: Session, organization: Organization) -> Sequence[tuple[str, str]]:
    """The subjects to choose from, by name."""
    line = [UUID(each) for each in organization.path.rstrip("/").split("/")]
    rows = db.execute(
        select(Subject.id, Subject.name).where(Subject.organization_id.in_(line)).order_by(Subject.name_key)
    )
    return [(str(key), name) for key, name in rows]


def update(db: Session, actor: Actor, grouping_id: UUID, values: Mapping[str, Any]) -> Grouping:
    """Correct a class or a group; what stays the same is not recorded. Raises `Invalid` for a name that is taken."""
    grouping = grouping_to_change(db, actor, grouping_id)
    row = grouping.row
    before = facts(db, row)
    for name in ("term_kind", "days_per_week", "shift", "places", "grade_level"):
        if name in values and hasattr(row, name) and not (grouping.is_class and name == "grade_level"):
            setattr(row, name, values[name])
    if isinstance(row, SchoolClass):
        _name_class(db, row, values["name"])
    else:
        row.name = values["name"]
        if "subject_id" in values:
            row.subject_id = _subject(db, row.organization_id, values["subject_id"])
        _name_group(db, row)
    db.flush()
    after = facts(db, row)
    if before != after:
        changed = {name for name in after if before[name] != after[name]}
        _note(
            db,
            actor,
            row,
            "update",
            {name: before[name] for name in changed},
            {name: after[name] for name in changed},
        )
    return grouping_to_change(db, actor, grouping_id)


def objection_to_close(db: Session, actor: Actor, line: Any) -> str:
    """Why a grouping is not to be closed; «» if it may be. `line` has its id, kind and state."""
    if line.closed_on is not None:
        return sentence("уже закрыто")
    if line.archived:
        return sentence("её учебный год в архиве")
    if not line.may_change:
        return sentence("о ней решает школа или организация, которая её ведёт")
    if line.kind == "class" and line.pupils:
        return sentence("в классе есть ученики: сначала переведите их")
    return ""


def objection_to_reopen(_db: Session, _actor: Actor, line: Any) -> str:
    """Why a grouping is not to be opened again; «» if it may be."""
    if line.closed_on is None:
        return sentence("и так открыто")
    if line.archived:
        return sentence("её учебный год в архиве")
    if not line.may_change:
        return sentence("о ней решает школа или организация, которая её ведёт")
    return ""


def close(db: Session, actor: Actor, grouping_id: UUID, first_day: date, reason: str) -> None:
    """Close a class or a group: from `first_day` on nobody is in it.

    Pupils of a group leave it; a class has to be empty by then, its subgroups close too. Raises `Conflict`.
    """
    grouping = grouping_to_change(db, actor, grouping_id)
    row = grouping.row
    if row.closed_on is not None:
        raise Conflict(sentence("Уже закрыто: «%(name)s».", name=row.name), advice="Обновите страницу.")
    if isinstance(row, SchoolClass):
        still = select(func.count()).where(
            Enrollment.school_class_id == row.id,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= first_day),
        )
        if db.scalar(still):
            raise Conflict(
                sentence("В классе «%(name)s» в этот день ещё есть ученики.", name=row.name),
                advice="Сначала переведите их.",
            )
        for group in db.scalars(
            select(PupilGroup).where(PupilGroup.school_class_id == row.id, PupilGroup.closed_on.is_(None))
        ).all():
            close(db, actor, group.id, first_day, reason)
    else:
        _let_out(db, actor, grouping, first_day, reason)
    row.closed_on = first_day
    _note(db, actor, row, "close", None, {"closed_on": first_day.isoformat()}, reason)


def _let_out(db: Session, actor: Actor, grouping: Grouping, first_day: date, reason: str) -> None:
    steps = Steps(db, grouping, first_day, reason)
    rows = db.scalars(
        select(PupilGroupMembership).where(
            PupilGroupMembership.pupil_group_id == grouping.id,
            or_(PupilGroupMembership.ends_on.is_(None), PupilGroupMembership.ends_on >= first_day),
        )
    ).all()
    for row in rows:
        steps.leave(row)
        steps.note("core.pupil.leave", row.person_id, {"pupil_group": grouping.name}, {"pupil_group": None})
    if rows:
        steps.save(actor, CLOSING)


def reopen(db: Session, actor: Actor, grouping_id: UUID) -> None:
    """Open a class or a group again; those its closing let out are in it as before."""
    grouping = grouping_to_change(db, actor, grouping_id)
    row = grouping.row
    if row.closed_on is None:
        raise Conflict(sentence("И так открыто: «%(name)s».", name=row.name), advice="Обновите страницу.")
    before = {"closed_on": row.closed_on.isoformat()}
    row.closed_on = None
    if not grouping.is_class:
        undo_closing(db, grouping)
    _note(db, actor, row, "reopen", before, None)


def facts(db: Session, row: SchoolClass | PupilGroup) -> dict[str, Any]:
    """A grouping as the record of changes keeps it, in Russian like all records."""
    if isinstance(row, SchoolClass):
        with speaking("ru"):
            terms = str(TERM_KINDS.get(row.term_kind, row.term_kind))
        return {
            "name": row.name,
            "term_kind": terms,
            "days_per_week": row.days_per_week,
            "shift": row.shift,
            "places": row.places,
        }
    subject = db.get(Subject, row.subject_id) if row.subject_id else None
    with speaking("ru"):
        kind = str(KIND_TITLES.get(row.kind, row.kind))
    return {
        "name": row.name,
        "group_kind": kind,
        "subject": subject.name if subject else "",
        "grade_level": row.grade_level,
        "places": row.places,
    }


def refuse(field: str, words: str) -> Invalid:
    """The error for a form in which one field is wrong."""
    return Invalid(
        "Не сохранено: в форме есть ошибки.",
        advice="Исправьте отмеченное и отправьте снова.",
        fields={field: words},
    )


def _note(
    db: Session,
    actor: Actor,
    row: SchoolClass | PupilGroup,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str = "",
) -> None:
    kind = "school_class" if isinstance(row, SchoolClass) else "pupil_group"
    change = Change(
        action=f"core.{kind}.{action}",
        subject_type=kind,
        subject_id=str(row.id),
        before=before,
        after=after,
        reason=reason,
    )
    record(db, actor, row.organization_id, change)
