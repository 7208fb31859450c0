"""How the schools of a municipality or a region learn: figures of whole schools, nobody by name.

A school with fewer than `LEAST_PUPILS` pupils to count shows no figures, and does not go into the total, so that
nothing about single pupils can be worked out from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Organization, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.reports.rates import Rates, mean_of
from plugins.journal.reports.school_figures import LEAST_PUPILS, SUMMARY, Figures, count_figures, this_year
from plugins.journal.settings import JournalSettings, journal_settings
from plugins.journal.terms.standings import YEAR


class SchoolPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A term that schools of the reach have, or the year."""

    name: Annotated[str, Meta(description="Ключ: `quarter-1`, `half_year-2`, `year`.")]
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school in the period; figures are null where they are hidden or there is nothing to count."""

    organization_id: Annotated[UUID | None, Meta(description="Ключ школы; null у суммы.")]
    school: Annotated[str, Meta(description="Краткое название школы.")]
    authority: Annotated[str, Meta(description="Кому подчинена: муниципалитет или регион.")]
    pupils: Annotated[int | None, Meta(description="Сколько учеников за период; null, если скрыто.")]
    rates: Annotated[Rates, Meta(description="Успеваемость, качество, СОУ и средняя отметка.")]
    missed: Annotated[
        float | None, Meta(description="Пропущено уроков на одного ученика; null, если скрыто.")
    ]
    unexcused: Annotated[
        float | None,
        Meta(description="Из них без уважительной причины или без причины; null, если скрыто."),
    ]
    hidden: Annotated[bool, Meta(description="Показатели скрыты: учеников меньше пяти.")] = False
    other_scale: Annotated[
        bool, Meta(description="В школе есть другие шкалы: такие отметки посчитаны по уровням.")
    ] = False


class Schools(msgspec.Struct, frozen=True, kw_only=True):
    """Schools in reach for a period."""

    period: Annotated[SchoolPeriod | None, Meta(description="За что показано; null – периодов нет.")]
    periods: Annotated[Sequence[SchoolPeriod], Meta(description="За что можно показать.")]
    lines: Annotated[Sequence[SchoolLine], Meta(description="Школы по подчинению и названию.")]
    total: Annotated[SchoolLine | None, Meta(description="Все показанные школы; null, если их нет.")]
    authorities: Annotated[Sequence[str], Meta(description="Чьи школы можно отобрать.")]


def read_schools(db: Session, actor: Actor, period: str = "", authority: str = "") -> Schools:
    """The schools below the acting organization, or those of one authority; five statements for all of them.

    Without `period` it is the last quarter that is over. A pupil counts who has a mark in the period. Raises
    `NotFound` for an unknown period or authority, `Forbidden` without the right.
    """
    actor.require(SUMMARY)
    today = school_today(actor)
    schools = _schools(db, actor)
    authorities = list(dict.fromkeys(row.authority or "" for row in schools))
    if authority and authority not in authorities:
        raise NotFound("Таких школ нет.", advice="Выберите муниципалитет из списка.")
    periods = _periods(db, actor, today)
    chosen = _chosen(periods, period, today)
    if chosen is None:
        return Schools(period=None, periods=[], lines=[], total=None, authorities=authorities)
    figures = count_figures(db, actor, chosen.name, today, {row.id: _settings(db, row) for row in schools})
    whole, lines = Figures(), list[SchoolLine]()
    for row in schools:
        if authority and row.authority != authority:
            continue
        own = figures[row.id]
        line = _line(row, own, _settings(db, row))
        lines.append(line)
        if not line.hidden:
            whole.add(own.shareable())
    return Schools(
        period=SchoolPeriod(name=chosen.name, title=chosen.title),
        periods=[SchoolPeriod(name=each.name, title=each.title) for each in periods],
        lines=lines,
        total=_shown(whole, None, _("Всего"), "") if lines else None,
        authorities=authorities,
    )


def _settings(db: Session, school: Any) -> JournalSettings:
    return journal_settings(db, school.path)


def _line(row: Any, own: Figures, settings: JournalSettings) -> SchoolLine:
    if own.pupils < LEAST_PUPILS:
        return SchoolLine(
            organization_id=row.id,
            school=row.short_name,
            authority=row.authority or "",
            pupils=None,
            rates=Rates(),
            missed=None,
            unexcused=None,
            hidden=True,
        )
    line = _shown(own, row.id, row.short_name, row.authority or "")
    return msgspec.structs.replace(line, other_scale=settings.has_other_numbers)


def _shown(own: Figures, organization_id: UUID | None, school: str, authority: str) -> SchoolLine:
    return SchoolLine(
        organization_id=organization_id,
        school=school,
        authority=authority,
        pupils=own.pupils,
        rates=own.rates(),
        missed=mean_of(own.missed, own.pupils),
        unexcused=mean_of(own.unexcused, own.pupils),
    )


def _schools(db: Session, actor: Actor) -> Sequence[Any]:
    parent = aliased(Organization)
    return db.execute(
        select(
            Organization.id,
            Organization.short_name,
            Organization.path,
            parent.short_name.label("authority"),
        )
        .outerjoin(parent, parent.id == Organization.parent_id)
        .where(
            Organization.kind == "school",
            Organization.closed_on.is_(None),
            within(actor, SUMMARY, Organization.id),
        )
        .order_by(parent.name_key, Organization.name_key, Organization.id)
    ).all()


class _Known(msgspec.Struct):
    name: str
    title: str
    kind: str
    ends: date


def _periods(db: Session, actor: Actor, today: date) -> list[_Known]:
    rows = db.execute(
        select(
            Term.kind,
            Term.number,
            func.min(Term.name).label("name"),
            func.min(Term.ends_on).label("ends"),
        )
        .join(AcademicYear, AcademicYear.id == Term.academic_year_id)
        .where(within(actor, SUMMARY, Term.organization_id), this_year(today))
        .group_by(Term.kind, Term.number)
        .order_by(Term.kind.desc(), Term.number)
    ).all()
    found = [_Known(f"{row.kind}-{row.number}", row.name, row.kind, row.ends) for row in rows]
    return [*found, _Known(YEAR, _("Год"), YEAR, date.max)] if found else []


def _chosen(periods: Sequence[_Known], name: str, today: date) -> _Known | None:
    if name:
        found = next((each for each in periods if each.name == name), None)
        if found is None:
            raise NotFound("Такого учебного периода нет.", advice="Выберите период из списка.")
        return found
    quarters = [each for each in periods if each.kind == "quarter"] or list(periods)
    over = [each for each in quarters if each.ends < today]
    return (over or quarters[:1] or [None])[-1]
