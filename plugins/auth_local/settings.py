"""What an organization and an installation decide about the sign-in with the school's login."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from core.portal import Portal

PLUGIN = "auth_local"
SETTINGS_PREFIX = "LOCAL"


class LocalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Codes from an application for staff, and how long what the school hands over is good for."""

    second_factor: Annotated[
        Literal["off", "offered", "required"],
        Meta(
            title="Код из приложения для сотрудников",
            description="Шесть цифр с телефона вместе с паролем. Если сотрудник работает в нескольких "
            "организациях, действует самое строгое. Если код сделать обязательным, сотрудники, которые вошли без него, "
            "сразу выйдут и настроят его при следующем входе.",
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


class LocalConfiguration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How guessing is slowed in this installation: section `[plugins.auth_local]` or `MOYASHKOLA_LOCAL_*`."""

    attempts_per_login: Annotated[
        int,
        Meta(
            ge=10,
            description="Сколько неудачных попыток с одним логином отовсюду вместе, пока незнакомым портал "
            "устройствам не придётся ждать. С одного сетевого адреса и со знакомого устройства – всегда пять.",
        ),
    ] = 100
    attempts_per_address: Annotated[
        int,
        Meta(
            ge=10,
            description="Сколько неудачных попыток с любыми логинами с одного сетевого адреса, пока незнакомым "
            "устройствам на нём не придётся ждать. Увеличьте, если через один адрес выходит много школ.",
        ),
    ] = 50
    known_device_days: Annotated[
        int,
        Meta(
            ge=0,
            le=400,
            description="Сколько дней после входа с логином браузер остаётся знакомым: чужие неудачные попытки ему "
            "не мешают. 0 – не помнить браузеры.",
        ),
    ] = 180


def configuration_of(portal: Portal) -> LocalConfiguration:
    """What this installation has decided."""
    return cast("LocalConfiguration", portal.plugins.loaded[PLUGIN].configuration)
