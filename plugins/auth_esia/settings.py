"""Settings of the sign-in through Gosuslugi: section `[plugins.auth_esia]` or `MOYASHKOLA_ESIA_*`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SETTINGS_PREFIX = "ESIA"

DEFAULT_SCOPES = [
    "openid",
    "fullname",
    "birthdate",
    "gender",
    "snils",
    "email",
    "mobile",
    "usr_org",
    "kid_fullname",
    "kid_birthdate",
    "kid_gender",
    "kid_snils",
]

TokenAlgorithm = Literal["RS256", "GOST3410_2012_256"]


class EsiaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this installation speaks with ESIA. Paths of files are relative to the data folder."""

    driver: Annotated[Literal["esia"], Meta(description="Способ входа: esia – прямо по протоколу ЕСИА.")] = (
        "esia"
    )
    stand: Annotated[
        bool | None,
        Meta(
            description="Встроенный стенд ЕСИА с вымышленными людьми. Не задано – включён, пока это не "
            "рабочая установка и не указана мнемоника; на рабочей установке запрещён."
        ),
    ] = None
    base_url: Annotated[
        str,
        Meta(description="Адрес ЕСИА без косой черты в конце, https://esia.gosuslugi.ru. Пусто – стенд."),
    ] = ""
    server_url: Annotated[
        str,
        Meta(
            description="Адрес ЕСИА для обращений самого сервера, если он другой, чем у браузера "
            "(шлюз, прокси). Пусто – как base_url."
        ),
    ] = ""
    issuer: Annotated[
        str,
        Meta(description="Значение iss в маркерах, например http://esia.gosuslugi.ru/ (http и косая черта)."),
    ] = ""
    client_id: Annotated[str, Meta(description="Мнемоника системы на технологическом портале.")] = ""
    client_key: Annotated[str, Meta(description="Файл закрытого ключа ГОСТ Р 34.10-2012 (PKCS#8, PEM).")] = ""
    client_certificate: Annotated[
        str, Meta(description="Файл сертификата этого ключа (PEM), загруженного на технологический портал.")
    ] = ""
    token_certificates: Annotated[
        list[str],
        Meta(
            description="Файлы или папки с сертификатами ЕСИА (PEM), которыми подписаны маркеры. Можно "
            "несколько сразу: новые действуют без перезапуска."
        ),
    ] = []
    token_alg: Annotated[
        TokenAlgorithm,
        Meta(description="Алгоритм подписи маркеров, как выбран на технологическом портале."),
    ] = "RS256"  # noqa: S105 - the name of an algorithm
    scopes: Annotated[list[str], Meta(description="Запрашиваемые наборы данных (scope).")] = msgspec.field(
        default_factory=lambda: list(DEFAULT_SCOPES)
    )
    pkce: Annotated[bool, Meta(description="Защита кода PKCE (S256); отключите, если ЕСИА её не примет.")] = (
        True
    )
    redirect_base: Annotated[
        str,
        Meta(description="Адрес портала для возврата с Госуслуг. Пусто – внешний адрес портала."),
    ] = ""
    logout_from_esia: Annotated[
        bool,
        Meta(
            description="При выходе из портала выходить и из Госуслуг: нужно на общих компьютерах в классе."
        ),
    ] = True
