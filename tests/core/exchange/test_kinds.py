"""What a table is, told by its titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.exchange.kinds import recognise
from core.exchange.tables import Sheet


@pytest.mark.parametrize(
    ("titles", "kind"),
    [
        ("Класс;ФИО;Дата рождения", "school"),
        ("ФИО ученика;Класс;ФИО родителя;Телефон родителя", "school"),
        ("Класс;ФИО;Дата рождения;Предметы ЕГЭ", "school"),
        ("Класс;ФИО;Мать;Должность матери", "school"),
        ("Класс;ФИО;Дата рождения;Классный руководитель", "school"),
        ("ФИО;Должность;Телефон", "staff"),
        ("Фамилия;Имя;Отчество;Роль;СНИЛС", "staff"),
        ("Учитель;Предмет;Классы", "staff"),
        ("№;Занимаемая должность;Ф.И.О.;Дата рождения;Классный руководитель", "staff"),
        ("ФИО родителя;Телефон;ФИО ребёнка;Класс", "guardians"),
        ("ФИО;Кем приходится;Ребёнок;Дата рождения ребёнка", "guardians"),
        ("Законный представитель;СНИЛС;Ученик;Класс", "guardians"),
    ],
)
def test_a_table_is_recognised_by_its_titles(titles: str, kind: str) -> None:
    rows = [titles.split(";"), ["Иванов Иван"] * 4]
    assert recognise([(Path("т.csv"), Sheet(name="т", rows=rows))]) == kind
