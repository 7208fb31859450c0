"""Meals free of charge: asked for by a request, granted by the head, shown to the canteen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select, update

from core.audit.record import Change, record
from core.database import Session, in_force, new_id
from core.errors import Conflict, NotFound
from core.identity.families import tied
from core.identity.models import Guardianship, Person
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.requests.models import Request
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from school_canteen.models import DayMenu, FreeMeal

ASK = "school_canteen.free_meal.request"
DECIDE = "school_canteen.free_meal.decide"
VIEW = "school_canteen.free_meal.view"
Basis = Literal["many_children", "low_income", "health", "orphan"]
BASES = {
    "many_children": lazy("Многодетная семья"),
    "low_income": lazy("Малообеспеченная семья"),
    "health": lazy("Инвалидность или ОВЗ"),
    "orphan": lazy("Ребёнок под опекой"),
}
TITLES = {name: str(title) for name, title in BASES.items()}
"""The Russian sentences themselves: the form translates them when it is shown."""


class FreeMealRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the request «Льготное питание»."""

    child: Annotated[
        str,
        Meta(
            title="Ребёнок",
            description="Фамилия и имя, как в портале.",
            min_length=3,
            max_length=200,
        ),
    ]
    basis: Annotated[Basis, Meta(title="Основание", extra_json_schema={"titles": TITLES})]
    document: Annotated[
        str,
        Meta(title="Документ", description="Вид, номер и дата справки.", min_length=3, max_length=300),
    ]
    ends_on: Annotated[date, Meta(title="Действует до")]


class FreeMealLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who eats free of charge."""

    person_id: UUID
    name: str
    basis: str
    starts_on: date
    ends_on: date | None


def grant(db: Session, actor: Actor, request_id: UUID, values: FreeMealRequest) -> None:
    """Grant what the request asks for; runs in the deciding transaction.

    Raises `NotFound` if the author has no such child, `Conflict` for several or for a day gone by:
    then nothing is decided.
    """
    request = db.get(Request, request_id)
    if request is None:
        raise NotFound(_("Такого запроса нет."), advice=_("Обновите страницу."))
    authorize(db, actor, DECIDE, request.organization_id)
    today = school_today(actor)
    if values.ends_on < today:
        raise Conflict(_("Срок льготы уже прошёл."), advice=_("Отклоните запрос и попросите прислать новый."))
    child = _child_named(db, request.author_id, values.child, today)
    meal = FreeMeal(
        id=new_id(),
        organization_id=request.organization_id,
        pupil_id=child.id,
        request_id=request.id,
        basis=values.basis,
        starts_on=today,
        ends_on=values.ends_on,
        granted_by=actor.person_id,
    )
    db.add(meal)
    record(
        db,
        actor,
        request.organization_id,
        Change(
            action="school_canteen.free_meal.grant",
            subject_type="person",
            subject_id=str(child.id),
            after={"basis": values.basis, "ends_on": str(values.ends_on)},
        ),
    )


def _child_named(db: Session, guardian_id: UUID, name: str, today: date) -> Person:
    found = db.scalars(
        select(Person)
        .join(Guardianship, Guardianship.child_id == Person.id)
        .where(
            Guardianship.guardian_id == guardian_id,
            tied(today),
            Person.name_key.startswith(sort_key(name), autoescape=True),
        )
        .limit(2)
    ).all()
    if not found:
        raise NotFound(
            _("У автора запроса нет ребёнка с таким именем."),
            advice=_("Отклоните запрос и напишите автору, как ребёнок записан в портале."),
        )
    if len(found) > 1:
        raise Conflict(
            _("У автора запроса несколько детей с таким именем."),
            advice=_("Попросите указать имя и отчество полностью."),
        )
    return found[0]


def fed_free(db: Session, actor: Actor) -> list[FreeMealLine]:
    """Who eats free of charge today, by name."""
    actor.require(VIEW)
    today = school_today(actor)
    rows = db.execute(
        select(FreeMeal, Person)
        .join(Person, Person.id == FreeMeal.pupil_id)
        .where(
            within(actor, VIEW, FreeMeal.organization_id),
            in_force(FreeMeal, today),
        )
        .order_by(Person.name_key)
    )
    return [
        FreeMealLine(
            person_id=person.id,
            name=person.full_name,
            basis=str(BASES.get(meal.basis, meal.basis)),
            starts_on=meal.starts_on,
            ends_on=meal.ends_on,
        )
        for meal, person in rows
    ]


def on_person_card(db: Session, actor: Actor, person: Person) -> Mapping[str, Any] | None:
    """The piece for the person's card; nothing for those who do not eat free of charge."""
    lines = [line for line in fed_free(db, actor) if line.person_id == person.id]
    return {"lines": lines} if lines else None


def export_person(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """What the canteen knows of a person."""
    meals = db.scalars(select(FreeMeal).where(FreeMeal.pupil_id == person_id)).all()
    return {
        "free_meals": [
            {"basis": meal.basis, "starts_on": meal.starts_on, "ends_on": meal.ends_on} for meal in meals
        ],
        "menus_written": list(db.scalars(select(DayMenu.day).where(DayMenu.updated_by == person_id))),
    }


def erase_person(db: Session, actor: Actor, person_id: UUID) -> Sequence[str]:
    """Take the person's name off menus and decisions, and delete rights to free meals that have run out."""
    db.execute(update(DayMenu).where(DayMenu.updated_by == person_id).values(updated_by=None))
    db.execute(update(FreeMeal).where(FreeMeal.granted_by == person_id).values(granted_by=None))
    kept: list[str] = []
    yesterday = school_today(actor) - timedelta(days=1)
    for meal in db.scalars(select(FreeMeal).where(FreeMeal.pupil_id == person_id)).all():
        if meal.ends_on is not None and meal.ends_on <= yesterday:
            db.delete(meal)
        else:
            kept.append(_("Льготное питание остаётся, пока действует: по нему столовая кормит ребёнка."))
    return kept
