"""Rules by which organizations belong to a group: kept as data, turned into a condition and into words."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, func, select

from core.database.base import in_force
from core.database.session import Session
from core.organizations.kinds import KIND_TITLES
from core.organizations.models import Enrollment, Organization
from core.roles.access import below
from core.web.i18n import gettext as _

SchoolKind = Literal["municipality", "school", "kindergarten", "college", "additional_education"]

Count = Annotated[int, Meta(ge=0, le=100_000)]


class GroupRule(msgspec.Struct, frozen=True, kw_only=True):
    """What all organizations of a group have in common; what is empty does not matter.

    `within` is an organization: itself and all below it belong. The number of pupils is that of today.
    """

    kinds: Annotated[
        list[SchoolKind],
        Meta(
            title="Вид организации",
            description="Не отмечено ничего – подходит любой.",
            extra_json_schema={
                "titles": {
                    "municipality": "Муниципалитет",
                    "school": "Школа",
                    "kindergarten": "Детский сад",
                    "college": "Колледж",
                    "additional_education": "Дополнительное образование",
                }
            },
        ),
    ] = []
    within: Annotated[UUID | None, Meta(title="Где", description="Со всеми подчинёнными.")] = None
    oktmo: Annotated[
        str,
        Meta(title="ОКТМО начинается с", description="Например, 07558 – весь округ.", pattern=r"^\d{0,11}$"),
    ] = ""
    pupils_from: Annotated[
        Count | None, Meta(title="Учеников не меньше", description="Пусто – не важно.")
    ] = None
    pupils_to: Annotated[Count | None, Meta(title="Учеников не больше", description="Пусто – не важно.")] = (
        None
    )

    @property
    def by_size(self) -> bool:
        """Whether it depends on how many pupils there are."""
        return self.pupils_from is not None or self.pupils_to is not None


def condition(rule: GroupRule, keeper: Organization, today: date) -> ColumnElement[bool]:
    """Open organizations below the group's keeper that fit the rule."""
    fits = [
        below(Organization.path, keeper.path),
        Organization.id != keeper.id,
        Organization.closed_on.is_(None),
    ]
    if rule.kinds:
        fits.append(Organization.kind.in_(rule.kinds))
    if rule.within is not None:
        fits.append(Organization.path.contains(f"{rule.within}/", autoescape=True))
    if rule.oktmo:
        fits.append(Organization.oktmo.startswith(rule.oktmo, autoescape=True))
    if rule.by_size:
        size = (
            select(func.count())
            .where(Enrollment.organization_id == Organization.id, in_force(Enrollment, today))
            .correlate(Organization)
            .scalar_subquery()
        )
        if rule.pupils_from is not None:
            fits.append(size >= rule.pupils_from)
        if rule.pupils_to is not None:
            fits.append(size <= rule.pupils_to)
    return and_(*fits)


def in_words(db: Session, rule: GroupRule) -> str:
    """The rule as a phrase: «школа; Шпаковский округ; учеников не больше 300»."""
    parts: list[str] = []
    if rule.kinds:
        parts.append(", ".join(str(KIND_TITLES[kind]).lower() for kind in rule.kinds))
    if rule.within is not None:
        place = db.get(Organization, rule.within)
        parts.append(place.short_name if place is not None else _("организация, которой больше нет"))
    if rule.oktmo:
        parts.append(_("ОКТМО начинается с %(digits)s") % {"digits": rule.oktmo})
    if rule.pupils_from is not None:
        parts.append(_("учеников не меньше %(count)s") % {"count": rule.pupils_from})
    if rule.pupils_to is not None:
        parts.append(_("учеников не больше %(count)s") % {"count": rule.pupils_to})
    return "; ".join(parts) or _("все подчинённые организации")
