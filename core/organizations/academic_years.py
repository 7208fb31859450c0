"""The academic years of a school: beginning the next one, its terms, and the archive of those that are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, delete, func, literal, or_, select

from core.audit.record import Change, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.families import birthday
from core.identity.references import References
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Enrollment, Promotion, SchoolClass, Term
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

EDIT = "core.years.edit"
LONGEST = timedelta(days=366)
EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
"""A first day outside of these is a slip of the pen."""
USUAL_TERMS = (
    ("quarter", 1, "1 четверть", (9, 1), (10, 26)),
    ("quarter", 2, "2 четверть", (11, 5), (12, 30)),
    ("quarter", 3, "3 четверть", (1, 12), (3, 27)),
    ("quarter", 4, "4 четверть", (4, 6), (5, 26)),
    ("half_year", 1, "1 полугодие", (9, 1), (12, 30)),
    ("half_year", 2, "2 полугодие", (1, 12), (5, 26)),
)
"""Terms of a school that has had no year yet: kind, number, name, first and last (month, day). Each school sets its
own days (ФЗ 273, статья 28)."""


class YearLine(msgspec.Struct, frozen=True, kw_only=True):
    """An academic year with what it holds. `state` is «past», «present» or «future»."""

    year: AcademicYear
    terms: Sequence[Term]
    classes: int
    pupils: int
    state: str


def years_of(db: Session, actor: Actor, organization_id: UUID) -> list[YearLine]:
    """The academic years of a school, the latest first. Raises `Forbidden`, `NotFound`."""
    authorize(db, actor, EDIT, organization_id)
    today = school_today(actor)
    years = db.scalars(
        select(AcademicYear)
        .where(AcademicYear.organization_id == organization_id)
        .order_by(AcademicYear.starts_on.desc())
    ).all()
    classes: dict[UUID, int] = {}
    for year_id, number in db.execute(
        select(SchoolClass.academic_year_id, func.count())
        .where(SchoolClass.organization_id == organization_id)
        .group_by(SchoolClass.academic_year_id)
    ):
        classes[year_id] = number
    pupils: dict[UUID, int] = {}
    for year_id, number in db.execute(
        select(Enrollment.academic_year_id, func.count(Enrollment.person_id.distinct()))
        .where(Enrollment.organization_id == organization_id)
        .group_by(Enrollment.academic_year_id)
    ):
        pupils[year_id] = number
    terms: dict[UUID, list[Term]] = {}
    for term in db.scalars(
        select(Term).where(Term.organization_id == organization_id).order_by(Term.kind.desc(), Term.number)
    ):
        terms.setdefault(term.academic_year_id, []).append(term)
    return [
        YearLine(
            year=year,
            terms=terms.get(year.id, ()),
            classes=classes.get(year.id, 0),
            pupils=pupils.get(year.id, 0),
            state=_state(year, today),
        )
        for year in years
    ]


def year_line(db: Session, actor: Actor, year_id: UUID) -> YearLine:
    """One academic year. Raises `NotFound` for a year of another school."""
    for line in years_of(db, actor, actor.organization_id):
        if line.year.id == year_id:
            return line
    raise NotFound("Такого учебного года нет.", advice="Откройте раздел «Учебный год».")


def _state(year: AcademicYear, today: date) -> str:
    if year.starts_on > today:
        return "future"
    return "present" if year.ends_on >= today else "past"


def year_to_edit(db: Session, actor: Actor, year_id: UUID) -> AcademicYear:
    """A year of a school of the actor's, its row locked. Raises `Forbidden`, `NotFound`."""
    actor.require(EDIT)
    year = db.scalar(select(AcademicYear).where(AcademicYear.id == year_id).with_for_update())
    if year is None:
        raise NotFound("Такого учебного года нет.", advice="Откройте раздел «Учебный год».")
    authorize(db, actor, EDIT, year.organization_id)
    return year


def year_in_reach(db: Session, actor: Actor, year_id: UUID) -> AcademicYear:
    """A year of a school of the actor's, to be read. Raises `Forbidden`, `NotFound`."""
    actor.require(EDIT)
    year = db.get(AcademicYear, year_id)
    if year is None:
        raise NotFound("Такого учебного года нет.", advice="Откройте раздел «Учебный год».")
    authorize(db, actor, EDIT, year.organization_id)
    return year


def proposed_year(db: Session, organization_id: UUID, today: date) -> tuple[date, date]:
    """First and last day of the year after the latest one; for a school without any, of the present one."""
    latest = db.scalar(
        select(AcademicYear)
        .where(AcademicYear.organization_id == organization_id)
        .order_by(AcademicYear.starts_on.desc())
        .limit(1)
    )
    if latest is not None:
        return birthday(latest.starts_on, 1), birthday(latest.ends_on, 1)
    first = today.year if today >= date(today.year, 6, 1) else today.year - 1
    return date(first, 9, 1), date(first + 1, 5, 26)


def begin_year(db: Session, actor: Actor, organization_id: UUID, first: date, last: date) -> AcademicYear:
    """Make an academic year with the terms of the one before, a year later.

    Raises `Invalid` for days that do not make a year, `Conflict` for a year that is there or overlaps another.
    """
    authorize(db, actor, EDIT, organization_id)
    if not EARLIEST <= first <= LATEST:
        raise Invalid(
            "Учебный год не заведён.",
            fields={
                "first": sentence(
                    "Проверьте год: от %(first)s до %(last)s.", first=EARLIEST.year, last=LATEST.year
                )
            },
        )
    if not first < last <= first + LONGEST:
        raise Invalid(
            "Учебный год не заведён.",
            fields={"last": sentence("Последний день – позже первого и не больше чем через год.")},
        )
    others = db.scalars(
        select(AcademicYear)
        .where(AcademicYear.organization_id == organization_id)
        .order_by(AcademicYear.starts_on.desc())
    ).all()
    if any(each.starts_on <= last and each.ends_on >= first for each in others):
        raise Conflict(
            "Учебный год не заведён: он пересекается с другим.", advice="Проверьте первый и последний день."
        )
    year = AcademicYear(
        id=new_id(),
        organization_id=organization_id,
        name=f"{first.year}/{last.year % 100:02}",
        starts_on=first,
        ends_on=last,
    )
    db.add(year)
    db.flush()
    before = next((each for each in others if each.ends_on < first), None)
    for kind, number, name, starts_on, ends_on in _terms_like(db, before, first):
        db.add(
            Term(
                id=new_id(),
                organization_id=organization_id,
                academic_year_id=year.id,
                kind=kind,
                number=number,
                name=name,
                starts_on=max(first, starts_on),
                ends_on=min(last, ends_on),
            )
        )
    db.flush()
    _note(db, actor, year, "core.academic_year.create", {"name": year.name})
    return year


def _terms_like(
    db: Session, before: AcademicYear | None, first: date
) -> list[tuple[str, int, str, date, date]]:
    if before is not None:
        terms = db.scalars(select(Term).where(Term.academic_year_id == before.id)).all()
        later = first.year - before.starts_on.year
        return [
            (
                each.kind,
                each.number,
                each.name,
                birthday(each.starts_on, later),
                birthday(each.ends_on, later),
            )
            for each in terms
        ]

    def day(month_and_day: tuple[int, int]) -> date:
        month, number = month_and_day
        return date(first.year if month >= first.month else first.year + 1, month, number)

    return [(kind, number, name, day(begins), day(ends)) for kind, number, name, begins, ends in USUAL_TERMS]


def set_terms(db: Session, actor: Actor, year_id: UUID, days: Mapping[UUID, tuple[date, date]]) -> None:
    """Set first and last days of the terms of a year, by the id of the term.

    Raises `Invalid` saying by term what is wrong, `Conflict` in an archived year.
    """
    year = year_to_edit(db, actor, year_id)
    refuse_archived(year)
    terms = db.scalars(
        select(Term).where(Term.academic_year_id == year_id).order_by(Term.kind, Term.number)
    ).all()
    unknown = set(days) - {term.id for term in terms}
    wrong: dict[str, str] = {str(each): sentence("Такого периода в этом году нет.") for each in unknown}
    last_of: dict[str, date] = {}
    for term in terms:
        starts_on, ends_on = days.get(term.id, (term.starts_on, term.ends_on))
        if term.is_closed and (starts_on, ends_on) != (term.starts_on, term.ends_on):
            wrong[str(term.id)] = sentence("Период закрыт.")
        elif not year.starts_on <= starts_on <= ends_on <= year.ends_on:
            wrong[str(term.id)] = sentence(
                "Дни периода лежат внутри учебного года, первый не позже последнего."
            )
        elif term.kind in last_of and starts_on <= last_of[term.kind]:
            wrong[str(term.id)] = sentence("Период начинается позже, чем кончился предыдущий.")
        last_of[term.kind] = ends_on
    if wrong:
        raise Invalid("Периоды не сохранены: в форме есть ошибки.", fields=wrong)
    for term in terms:
        starts_on, ends_on = days.get(term.id, (term.starts_on, term.ends_on))
        if (starts_on, ends_on) == (term.starts_on, term.ends_on):
            continue
        _note(
            db,
            actor,
            year,
            "core.term.update",
            {"name": term.name, "starts_on": str(starts_on), "ends_on": str(ends_on)},
            {"name": term.name, "starts_on": str(term.starts_on), "ends_on": str(term.ends_on)},
        )
        term.starts_on, term.ends_on = starts_on, ends_on
    db.flush()


def archive(db: Session, actor: Actor, year_id: UUID) -> None:
    """Put a year that is over into the archive: its terms are closed, nothing in it changes any more.

    Raises `Conflict` while it lasts, and for one that is archived.
    """
    year = year_to_edit(db, actor, year_id)
    refuse_archived(year)
    if year.ends_on >= school_today(actor):
        raise Conflict("Учебный год ещё не кончился.", advice="Отправьте его в архив после последнего дня.")
    year.archived = True
    for term in db.scalars(select(Term).where(Term.academic_year_id == year_id)):
        if not term.is_closed:
            term.closed_at = now()
    db.flush()
    _note(db, actor, year, "core.academic_year.archive", {"name": year.name})


def objection_to_remove(db: Session, year: AcademicYear) -> str:
    """Why a year is not to be deleted; «» if nothing is in it but its terms and a passage that was not made."""
    if year.archived:
        return archived_words(year)
    try:
        references = References(db)
    except Conflict as behind:
        return behind.message
    known = {year.id, *db.scalars(select(Term.id).where(Term.academic_year_id == year.id))}
    for table in (AcademicYear, Term):
        for reference in references.to(cast("Table", table.__table__)):
            if reference.table.name in (Term.__tablename__, Promotion.__tablename__):
                continue
            used = select(literal(1)).where(reference.column.in_(known)).limit(1)
            if db.scalar(used) is not None:
                return sentence("в нём уже есть классы, группы или записи")
    moved = select(literal(1)).where(
        or_(Promotion.from_year_id == year.id, Promotion.to_year_id == year.id),
        Promotion.done_at.is_not(None),
    )
    return sentence("школа на него уже переведена") if db.scalar(moved) is not None else ""


def remove(db: Session, actor: Actor, year_id: UUID) -> None:
    """Delete a year that was begun by mistake, with its terms and what was decided of a passage to it.

    Raises `Conflict` once there is anything in it.
    """
    year = year_to_edit(db, actor, year_id)
    if reason := objection_to_remove(db, year):
        raise Conflict(
            sentence(
                "Учебный год %(year)s не удалён: %(reason)s.", year=year.name, reason=reason.rstrip(".")
            ),
            advice="Удаляют только пустой год.",
        )
    _note(db, actor, year, "core.academic_year.delete", {}, {"name": year.name})
    db.execute(
        delete(Promotion).where(or_(Promotion.from_year_id == year_id, Promotion.to_year_id == year_id))
    )
    db.execute(delete(Term).where(Term.academic_year_id == year_id))
    db.delete(year)
    db.flush()


def refuse_archived(year: AcademicYear, advice: str = "Выберите другой учебный год.") -> None:
    """Raises `Conflict` for a year in the archive: it is only read."""
    if year.archived:
        raise Conflict(archived_words(year), advice=advice)


def archived_words(year: AcademicYear) -> str:
    """Why nothing changes in a year that is in the archive."""
    return sentence("Учебный год %(year)s в архиве: его только читают.", year=year.name)


def _note(
    db: Session,
    actor: Actor,
    year: AcademicYear,
    action: str,
    after: Mapping[str, str],
    before: Mapping[str, str] | None = None,
) -> None:
    record(
        db,
        actor,
        year.organization_id,
        Change(
            action=action, subject_type="academic_year", subject_id=str(year.id), before=before, after=after
        ),
    )
