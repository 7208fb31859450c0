"""What an organization decides about the sign-in with the school's login."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PLUGIN = "auth_local"


class LocalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Codes from an application for staff, and how long what the school hands over is good for."""

    second_factor: Annotated[
        Literal["off", "offered", "required"],
        Meta(
            title="Код из приложения для сотрудников",
            description="Шесть цифр с телефона вместе с паролем. Если сотрудник работает в нескольких "
            "организациях, действует самое строгое.",
            extra_json_schema={
                "titles": {
                    "off": "Не нужен",
                    "offered": "По желанию сотрудника",
                    "required": "Обязателен",
                }
            },
        ),
    ] = "offered"

    valid_days: Annotated[
        int,
        Meta(
            ge=1,
            le=180,
            title="Сколько дней действуют приглашения и одноразовые пароли",
            description="Уже выданное действует до обещанного дня.",
        ),
    ] = 30
