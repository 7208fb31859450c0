"""Time zones of Russia, by what people call them."""

from __future__ import annotations

from collections.abc import Mapping

from core.web.i18n import lazy

ZONES: Mapping[str, str] = {
    "Europe/Kaliningrad": lazy("Калининград, МСК−1"),
    "Europe/Moscow": lazy("Москва, МСК"),
    "Europe/Samara": lazy("Самара, МСК+1"),
    "Asia/Yekaterinburg": lazy("Екатеринбург, МСК+2"),
    "Asia/Omsk": lazy("Омск, МСК+3"),
    "Asia/Krasnoyarsk": lazy("Красноярск, МСК+4"),
    "Asia/Irkutsk": lazy("Иркутск, МСК+5"),
    "Asia/Yakutsk": lazy("Якутск, МСК+6"),
    "Asia/Vladivostok": lazy("Владивосток, МСК+7"),
    "Asia/Magadan": lazy("Магадан, МСК+8"),
    "Asia/Kamchatka": lazy("Камчатка, МСК+9"),
}
