"""An invented menu for the demo school: four weeks around today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from core.database import Session, new_id
from core.demo.school import DemoSchool
from core.roles.actor import Actor
from school_canteen.dishes import parse
from school_canteen.menus import monday_of, write_dishes
from school_canteen.models import DayMenu

PORRIDGE = (
    "Каша овсяная",
    "Каша пшённая с тыквой",
    "Омлет натуральный",
    "Запеканка творожная",
    "Каша рисовая",
)
SOUPS = ("Борщ со сметаной", "Суп-лапша с курицей", "Щи из свежей капусты", "Суп гороховый", "Рассольник")
MAINS = ("Котлета с пюре", "Гуляш с гречкой", "Рыба с рисом", "Плов с курицей", "Тефтели с макаронами")
DRINKS = ("Чай с лимоном", "Какао с молоком (молоко)", "Компот из сухофруктов", "Кисель ягодный")
WEEKS = 4


def fill_canteen(db: Session, actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]) -> None:
    """Menus from last week on, for every working day."""
    first = monday_of(school.today) - timedelta(days=7)
    for number in range(WEEKS * 7):
        day = first + timedelta(days=number)
        if day.weekday() < 5:
            menu = DayMenu(id=new_id(), organization_id=school.organization.id, day=day)
            db.add(menu)
            db.flush()
            pick = school.random.choice
            breakfast = f"{pick(PORRIDGE)}, 200 г (молоко)\n{pick(DRINKS)}\nХлеб пшеничный, 40 г (глютен)"
            lunch = f"{pick(SOUPS)}, 250 г\n{pick(MAINS)}, 90/150 г\n{pick(DRINKS)}"
            write_dishes(db, menu.id, {"breakfast": parse(breakfast), "lunch": parse(lunch)})
        advance(number + 1, WEEKS * 7)
