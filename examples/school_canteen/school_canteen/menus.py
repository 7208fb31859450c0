"""Menus: who reads them, who writes them. Routes only call these functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select

from core.audit.record import Change, record
from core.database import Session, new_id, now
from core.errors import Invalid
from core.hooks import CardContent, CardLine, SearchResult
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.roles.access import require_person, within
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from school_canteen.dishes import DishLine, as_text
from school_canteen.models import DayMenu, Dish
from school_canteen.settings import CanteenSettings

VIEW = "school_canteen.menu.view"
EDIT = "school_canteen.menu.edit"
MEALS = {"breakfast": lazy("Завтрак"), "lunch": lazy("Обед"), "snack": lazy("Полдник")}
MOST_DISHES = 20
LONGEST_NOTE = 300
FURTHEST = timedelta(days=366)
SEARCHED = timedelta(days=14)
Meals = Annotated[
    Mapping[str, Sequence[DishLine]],
    Meta(
        description="Приём пищи (`breakfast`, `lunch`, `snack`) → блюда, до 20.",
        examples=[{"lunch": [{"name": "Борщ", "portion": "250 г"}]}],
    ),
]
FIELDS = [field.name for field in msgspec.structs.fields(DishLine)]


class MenuOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """What is served on one day: meal name → dishes. A day without a menu has no meals."""

    day: date
    meals: Meals = {}
    note: Annotated[str, Meta(description="Примечание к меню; может быть пусто.")] = ""


def monday_of(day: date) -> date:
    """The first day of the week `day` is in."""
    return day - timedelta(days=day.weekday())


def settings_of(db: Session, actor: Actor) -> CanteenSettings:
    """The hours and prices of the actor's school."""
    return db.portal.switches.settings("school_canteen", actor.acting_role.organization_path, CanteenSettings)


def menus(db: Session, actor: Actor, first: date, last: date) -> list[MenuOfDay]:
    """The menus of the actor's school from `first` to `last`, only of days that have one."""
    actor.require(VIEW)
    days = db.execute(
        select(DayMenu.id, DayMenu.day, DayMenu.note)
        .where(
            within(actor, VIEW, DayMenu.organization_id),
            DayMenu.organization_id == actor.organization_id,
            DayMenu.day.between(first, last),
        )
        .order_by(DayMenu.day)
    ).all()
    dishes: dict[UUID, dict[str, list[DishLine]]] = defaultdict(lambda: defaultdict(list))
    for dish in db.scalars(
        select(Dish).where(Dish.menu_id.in_([row.id for row in days])).order_by(Dish.menu_id, Dish.position)
    ):
        line = DishLine(**{name: getattr(dish, name) for name in FIELDS})
        dishes[dish.menu_id][dish.meal].append(line)
    return [
        MenuOfDay(
            day=row.day,
            meals={meal: dishes[row.id][meal] for meal in MEALS if dishes[row.id][meal]},
            note=row.note,
        )
        for row in days
    ]


def menu_of(db: Session, actor: Actor, day: date) -> MenuOfDay:
    """The menu of one day; without meals if there is none."""
    return next(iter(menus(db, actor, day, day)), MenuOfDay(day=day))


def week(db: Session, actor: Actor, monday: date) -> list[MenuOfDay]:
    """All working days of the canteen in the week of `monday`, also those without a menu."""
    length = 6 if settings_of(db, actor).six_days else 5
    days = [monday + timedelta(days=number) for number in range(length)]
    known = {menu.day: menu for menu in menus(db, actor, days[0], days[-1])}
    return [known.get(day, MenuOfDay(day=day)) for day in days]


def save(db: Session, actor: Actor, menu: MenuOfDay) -> None:
    """Write the menu of a day in the actor's school, in place of what was there.

    Raises `Forbidden`, or `Invalid` for a day too far away, an unknown meal or too many dishes.
    """
    actor.require(EDIT)
    _check(menu, school_today(actor))
    before = menu_of(db, actor, menu.day)
    stored = db.scalar(
        select(DayMenu).where(DayMenu.organization_id == actor.organization_id, DayMenu.day == menu.day)
    )
    if stored is None:
        stored = DayMenu(id=new_id(), organization_id=actor.organization_id, day=menu.day)
        db.add(stored)
    stored.note = menu.note
    stored.updated_at, stored.updated_by = now(), require_person(actor)
    db.flush()
    write_dishes(db, stored.id, menu.meals)
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action="school_canteen.menu.save",
            subject_type="school_canteen_menu",
            subject_id=str(stored.id),
            before=_as_texts(before),
            after=_as_texts(menu),
        ),
    )


def write_dishes(db: Session, menu_id: UUID, meals: Mapping[str, Sequence[DishLine]]) -> None:
    """Put these dishes in place of a menu's present ones."""
    db.execute(delete(Dish).where(Dish.menu_id == menu_id))
    db.add_all(
        Dish(
            id=new_id(),
            menu_id=menu_id,
            meal=meal,
            position=position,
            name_key=sort_key(line.name),
            **msgspec.structs.asdict(line),
        )
        for meal, lines in meals.items()
        for position, line in enumerate(lines)
    )


def _check(menu: MenuOfDay, today: date) -> None:
    errors: dict[str, str] = {}
    if abs(menu.day - today) > FURTHEST:
        errors["day"] = _("День слишком далеко: меню пишут не больше чем на год вперёд.")
    if len(menu.note) > LONGEST_NOTE:
        errors["note"] = _("Не длиннее 300 знаков.")
    for meal, lines in menu.meals.items():
        if meal not in MEALS:
            errors[meal] = _("Такого приёма пищи нет: бывают breakfast, lunch и snack.")
        elif len(lines) > MOST_DISHES:
            errors[meal] = _("Не больше 20 блюд.")
        elif any(len(line.name) > 200 for line in lines):
            errors[meal] = _("Название блюда не длиннее 200 знаков.")
    if errors:
        raise Invalid(_("Меню не сохранено."), advice=_("Исправьте отмеченное."), fields=errors)


def _as_texts(menu: MenuOfDay) -> dict[str, str]:
    return {**{meal: as_text(lines) for meal, lines in menu.meals.items()}, "note": menu.note}


def today_card(db: Session, actor: Actor) -> CardContent | None:
    """«Сегодня в столовой»: the day's dishes, the next meal first; nothing at weekends."""
    today = school_today(actor)
    hours = settings_of(db, actor)
    if today.weekday() >= (6 if hours.six_days else 5):
        return None
    served = menu_of(db, actor, today)
    at = {"breakfast": hours.breakfast_at, "lunch": hours.lunch_at}
    return CardContent(
        lines=[
            CardLine(
                text=f"{MEALS[meal]}: " + ", ".join(_inside_sentence(line.name) for line in lines),
                note=at.get(meal, ""),
            )
            for meal, lines in served.meals.items()
        ],
        empty=_("Меню на сегодня ещё не записано."),
        url="/school-canteen",
        link_title=_("Меню на неделю"),
    )


def _inside_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]


def find_dishes(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """Dishes of the next and the past two weeks whose name has a word that begins with `wanted`."""
    today = school_today(actor)
    rows = db.execute(
        select(Dish.name, DayMenu.day)
        .join(DayMenu, DayMenu.id == Dish.menu_id)
        .where(
            DayMenu.organization_id == actor.organization_id,
            DayMenu.day.between(today - SEARCHED, today + SEARCHED),
            Dish.name_key.startswith(wanted, autoescape=True)
            | Dish.name_key.contains(" " + wanted, autoescape=True),
        )
        .order_by(DayMenu.day.desc())
        .limit(limit)
    )
    return [
        SearchResult(
            title=name,
            subtitle=f"{day:%d.%m.%Y}",
            url=f"/school-canteen?week={monday_of(day)}#day-{day}",
            icon="canteen",
        )
        for name, day in rows
    ]
