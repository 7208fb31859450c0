"""What a school may set; the struct becomes the form on the plugin's page."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class CanteenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Hours and prices. A price of 0 is not shown."""

    breakfast_at: Annotated[
        str, Meta(title="Завтрак начинается", description="В виде 08:45.", min_length=5, pattern=CLOCK)
    ] = "08:45"
    lunch_at: Annotated[
        str, Meta(title="Обед начинается", description="В виде 12:10.", min_length=5, pattern=CLOCK)
    ] = "12:10"
    breakfast_price: Annotated[float, Meta(title="Цена завтрака, ₽", ge=0, le=5000)] = 0
    lunch_price: Annotated[float, Meta(title="Цена обеда, ₽", ge=0, le=5000)] = 0
    six_days: Annotated[bool, Meta(title="Столовая работает и в субботу")] = False
