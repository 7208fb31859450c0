"""How marks change over the year, by week or by term: of the school, a class, a subject, a pupil, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Select, and_, case, func, literal, select

from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Term
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from plugins.journal.lessons.journal_pages import PageLine, list_pages
from plugins.journal.models import JournalMark
from plugins.journal.reports.rates import share
from plugins.journal.scales import FIVE_POINT, MarkScale
from plugins.journal.settings import settings_of
from plugins.journal.terms.averages import Sums
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.scales import Scale

Step = Literal["week", "term"]
Measure = Literal["average", "quality"]
Compare = Literal["", "classes", "subjects", "pupils"]
STEPS: Mapping[Step, str] = {"week": lazy("по неделям"), "term": lazy("по периодам")}
MEASURES: Mapping[Measure, str] = {"average": lazy("Средний балл"), "quality": lazy("Качество, доля 4 и 5")}
COMPARES: Mapping[Compare, str] = {
    "": lazy("ничего"),
    "classes": lazy("классы"),
    "subjects": lazy("предметы"),
    "pupils": lazy("учеников класса"),
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the dynamics are asked of; nothing named is everything in reach."""

    class_name: str = ""
    subject_id: UUID | None = None
    pupil_id: UUID | None = None
    step: str = "week"
    measure: str = "average"
    compare: str = ""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A week or a term: a place on the axis."""

    title: Annotated[str, Meta(description="Название периода; у недели – её понедельник: «02.11».")]
    first: Annotated[date, Meta(description="Первый день.")]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the chart."""

    title: Annotated[str, Meta(description="Чья это динамика: класс, предмет, ученик или «Все вместе».")]
    values: Annotated[
        Sequence[float | None],
        Meta(description="Значения по порядку `buckets`; null – отметок не было."),
    ]
    total: Annotated[float | None, Meta(description="Значение за всё время сразу; null – отметок не было.")]
    marks: Annotated[int, Meta(description="Сколько отметок учтено.")]


class Dynamics(msgspec.Struct, frozen=True, kw_only=True):
    """How marks change: all that is asked for together first, then what is compared."""

    step: Annotated[
        Step, Meta(description="`week` – по неделям, из текущих отметок; `term` – из отметок за период.")
    ]
    measure: Annotated[Measure, Meta(description="`average` – средний балл, `quality` – доля 4 и 5, %.")]
    buckets: Annotated[Sequence[Bucket], Meta(description="Недели или периоды по порядку.")]
    series: Annotated[Sequence[Series], Meta(description="Линии; первая – всё вместе.")]


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What may be chosen from: the pages in reach."""

    classes: Sequence[str]
    subjects: Sequence[tuple[str, str]]
    pupils: Sequence[tuple[str, str]]


class _Counted(msgspec.Struct):
    """Marks of one line in one bucket."""

    total: int = 0
    weights: int = 0
    count: int = 0
    good: int = 0

    def add(self, row: Any) -> None:
        self.total += int(row.total)
        self.weights += int(row.weights)
        self.count += int(row.marks)
        self.good += int(row.good)

    def value(self, measure: str) -> float | None:
        if not self.count:
            return None
        if measure == "quality":
            return share(self.good, self.count)
        return float(Sums(self.total, self.weights, self.count).text("."))


def read_dynamics(db: Session, actor: Actor, wanted: Wanted) -> tuple[Dynamics, Choices]:
    """The dynamics of the present year on the pages in reach; four statements, however many there are.

    By week they are of the marks given in lessons, weighted; by term of the term marks that are set. A class's pages
    are its own and those of its subgroups. Pass/fail subjects are left out; where the pages have different scales,
    marks count by their levels. Raises `Invalid` for a choice that is none, `NotFound` where the class, subject or
    pupil has no such pages.
    """
    _check(wanted)
    settings = settings_of(db, actor)
    everything = list_pages(db, actor)
    pages = {
        page.id: page
        for page in everything
        if (not wanted.class_name or page.class_name == wanted.class_name)
        and wanted.subject_id in (None, page.subject_id)
    }
    if everything and not pages:
        raise NotFound("Таких страниц журнала нет.", advice="Выберите класс и предмет из списка.")
    pupils: Mapping[UUID, str] = _pupils(db, actor, list(pages)) if wanted.class_name else {}
    if wanted.pupil_id is not None and wanted.pupil_id not in pupils:
        raise NotFound("Отметок такого ученика здесь нет.", advice="Выберите класс и ученика из списка.")
    scales = {
        page.id: scale
        for page in pages.values()
        if not (scale := settings.mark_scale(page.subject, page.grade_level)).passes
    }
    rows = (_by_term if wanted.step == "term" else _by_week)(db, actor, scales, wanted)
    return (
        _drawn(wanted, rows, _named(wanted, pages, pupils), _order(wanted, everything, pupils)),
        Choices(
            classes=list(dict.fromkeys(page.class_name for page in everything if page.class_name)),
            subjects=sorted(
                {(str(page.subject_id), page.subject) for page in everything}, key=lambda each: each[1]
            ),
            pupils=[(str(key), name) for key, name in pupils.items()],
        ),
    )


def _check(wanted: Wanted) -> None:
    if wanted.step not in STEPS or wanted.measure not in MEASURES or wanted.compare not in COMPARES:
        raise Invalid("Такого выбора нет.", advice="Выберите из списка.")
    if wanted.compare == "pupils" and not wanted.class_name:
        raise Invalid("Учеников сравнивают в одном классе.", advice="Выберите класс.")


def _named(
    wanted: Wanted, pages: Mapping[UUID, PageLine], pupils: Mapping[UUID, str]
) -> Callable[[Any], str] | None:
    """Whose line a row belongs to, None where nothing is compared."""
    if wanted.compare == "classes":
        return lambda row: pages[row.page_id].class_name or pages[row.page_id].title
    if wanted.compare == "subjects":
        return lambda row: pages[row.page_id].subject
    if wanted.compare == "pupils":
        return lambda row: pupils.get(row.pupil_id, "")
    return None


def _order(wanted: Wanted, pages: Sequence[PageLine], pupils: Mapping[UUID, str]) -> Mapping[str, int]:
    """Where the line of a class, a subject or a pupil stands: as in the lists to choose from."""
    if wanted.compare == "pupils":
        names = list(pupils.values())
    elif wanted.compare == "classes":
        names = [page.class_name or page.title for page in pages]
    else:
        names = sorted(page.subject for page in pages)
    return {name: at for at, name in enumerate(dict.fromkeys(names))}


def _drawn(
    wanted: Wanted, rows: Sequence[Any], name: Callable[[Any], str] | None, order: Mapping[str, int]
) -> Dynamics:
    found: dict[str, dict[Bucket, _Counted]] = defaultdict(lambda: defaultdict(_Counted))
    whole: dict[Bucket, _Counted] = defaultdict(_Counted)
    sums: dict[str, _Counted] = defaultdict(_Counted)
    together = _Counted()
    for row in rows:
        bucket = _bucket(row)
        whole[bucket].add(row)
        together.add(row)
        if name is not None:
            found[name(row)][bucket].add(row)
            sums[name(row)].add(row)
    buckets = sorted(whole, key=lambda each: (each.first, each.title))
    measure = wanted.measure

    def line(title: str, counted: Mapping[Bucket, _Counted], total: _Counted) -> Series:
        values = [counted[each].value(measure) if each in counted else None for each in buckets]
        return Series(title=title, values=values, total=total.value(measure), marks=total.count)

    lines = [line(_("Все вместе"), whole, together)] if rows else []
    lines += [
        line(title, found[title], sums[title]) for title in sorted(found, key=lambda it: order.get(it, 0))
    ]
    return Dynamics(
        step="term" if wanted.step == "term" else "week",
        measure="quality" if measure == "quality" else "average",
        buckets=buckets,
        series=lines,
    )


def _bucket(row: Any) -> Bucket:
    if "term" in row._fields:
        return Bucket(title=row.term, first=row.starts_on)
    monday = row.day - timedelta(days=row.day.weekday())
    return Bucket(title=f"{monday:%d.%m}", first=monday)


def _counting(table: Any, scales: Mapping[UUID, MarkScale]) -> tuple[Any, Any]:
    """What a mark counts for, and the sum of good ones: the mark itself where all pages are of one scale."""
    pages: dict[MarkScale, list[UUID]] = defaultdict(list)
    for page_id, scale in scales.items():
        pages[msgspec.structs.replace(scale, thresholds=Scale((), 0))].append(page_id)
    if len(pages) == 1:
        scale = next(iter(pages))
        return table.score, _sum_good(table.score >= scale.least_of(4))
    level = case(
        *(
            (and_(table.page_id.in_(ids), table.score >= scale.least_of(least)), literal(least))
            for scale, ids in pages.items()
            if scale.highest != FIVE_POINT
            for least in (5, 4, 3)
        ),
        *(
            (table.page_id.in_(ids), literal(2))
            for scale, ids in pages.items()
            if scale.highest != FIVE_POINT
        ),
        else_=table.score,
    )
    return level, _sum_good(level >= 4)


def _sum_good(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0)).label("good")


def _by_week(db: Session, actor: Actor, scales: Mapping[UUID, MarkScale], wanted: Wanted) -> Sequence[Any]:
    if not scales:
        return []
    score, good = _counting(JournalMark, scales)
    statement = (
        select(
            JournalMark.page_id,
            JournalMark.day,
            func.sum(score * JournalMark.weight).label("total"),
            func.sum(JournalMark.weight).label("weights"),
            func.count().label("marks"),
            good,
        )
        .where(
            JournalMark.organization_id == actor.organization_id,
            JournalMark.page_id.in_(scales),
            JournalMark.score.is_not(None),
        )
        .group_by(JournalMark.page_id, JournalMark.day)
        .order_by(JournalMark.day)
    )
    return db.execute(_by_pupil(statement, JournalMark.pupil_id, wanted)).all()


def _by_term(db: Session, actor: Actor, scales: Mapping[UUID, MarkScale], wanted: Wanted) -> Sequence[Any]:
    if not scales:
        return []
    score, good = _counting(JournalTermMark, scales)
    statement = (
        select(
            JournalTermMark.page_id,
            Term.name.label("term"),
            Term.starts_on,
            func.sum(score).label("total"),
            func.count().label("weights"),
            func.count().label("marks"),
            good,
        )
        .join(Term, Term.id == JournalTermMark.term_id)
        .where(
            JournalTermMark.organization_id == actor.organization_id,
            JournalTermMark.page_id.in_(scales),
            JournalTermMark.score.is_not(None),
        )
        .group_by(JournalTermMark.page_id, Term.id, Term.name, Term.starts_on)
        .order_by(Term.starts_on)
    )
    return db.execute(_by_pupil(statement, JournalTermMark.pupil_id, wanted)).all()


def _by_pupil(statement: Any, pupil_id: Any, wanted: Wanted) -> Select[Any]:
    """The statement for one pupil, or with rows of each where pupils are compared; a school has too many for all."""
    if wanted.pupil_id is not None:
        statement = statement.where(pupil_id == wanted.pupil_id)
    return statement.add_columns(pupil_id).group_by(pupil_id) if wanted.compare == "pupils" else statement


def _pupils(db: Session, actor: Actor, pages: Sequence[UUID]) -> Mapping[UUID, str]:
    """Who has marks on the pages, by name."""
    having = select(JournalMark.pupil_id).where(
        JournalMark.organization_id == actor.organization_id, JournalMark.page_id.in_(pages)
    )
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name)
        .where(Person.id.in_(having))
        .order_by(Person.name_key, Person.id)
    )
    return {row.id: short_name(row.last_name, row.first_name, row.middle_name) for row in rows}
