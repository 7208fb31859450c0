"""Kinds of organizations: what they are called and which stands below which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.roles.kinds import SCHOOL
from core.web.i18n import lazy

KIND_TITLES: Mapping[str, str] = {
    "federal": lazy("Федеральный оператор"),
    "region": lazy("Регион"),
    "municipality": lazy("Муниципалитет"),
    "school": lazy("Школа"),
    "kindergarten": lazy("Детский сад"),
    "college": lazy("Колледж"),
    "additional_education": lazy("Дополнительное образование"),
}

KINDS_BELOW: Mapping[str, Sequence[str]] = {
    "federal": ("region",),
    "region": ("municipality", *SCHOOL),
    "municipality": SCHOOL,
    **dict.fromkeys(SCHOOL, SCHOOL),
}
"""What an organization of a kind may have directly below it; a school below a school is its branch."""

ABOVE_SCHOOLS = ("federal", "region", "municipality")

LICENCE_TITLES: Mapping[str, str] = {
    "licence": lazy("Лицензия"),
    "accreditation": lazy("Аккредитация"),
}
