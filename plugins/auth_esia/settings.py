"""Settings of the sign-in through Gosuslugi: section `[plugins.auth_esia]` or `MOYASHKOLA_ESIA_*`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SETTINGS_PREFIX = "ESIA"

ESIA_SCOPES = (
    "openid",
    "fullname",
    "birthdate",
    "gender",
    "snils",
    "email",
    "mobile",
    "usr_org",
    "birth_cert_doc",
    "kid_fullname",
    "kid_birthdate",
    "kid_gender",
    "kid_snils",
    "kid_birth_cert_doc",
)
OIDC_SCOPES = ("openid", "profile", "email", "phone")

TokenAlgorithm = Literal["RS256", "GOST3410_2012_256", "PS256", "ES256"]
ESIA_ALGORITHMS = ("RS256", "GOST3410_2012_256")
OIDC_ALGORITHMS = ("RS256", "PS256", "ES256")


class EsiaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this installation speaks with ESIA. Paths of files are relative to the data folder."""

    driver: Annotated[
        Literal["esia", "oidc"],
        Meta(
            description="Способ входа: esia – прямо по протоколу ЕСИА; oidc – через сертифицированный шлюз "
            "(типовое решение) по OpenID Connect."
        ),
    ] = "esia"
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
        Meta(
            description="Значение iss в маркерах, например http://esia.gosuslugi.ru/ (http и косая черта). Для "
            "oidc – адрес шлюза, по которому он отдаёт /.well-known/openid-configuration."
        ),
    ] = ""
    client_id: Annotated[
        str, Meta(description="Мнемоника системы на технологическом портале; для oidc – client_id в шлюзе.")
    ] = ""
    client_secret: Annotated[str, Meta(description="Секрет портала в шлюзе; нужен только для oidc.")] = ""
    client_key: Annotated[str, Meta(description="Файл закрытого ключа ГОСТ Р 34.10-2012 (PKCS#8, PEM).")] = ""
    client_certificate: Annotated[
        str, Meta(description="Файл сертификата этого ключа (PEM), загруженного на технологический портал.")
    ] = ""
    protocol: Annotated[
        Literal["v2", "v1"],
        Meta(
            description="Поколение протокола ЕСИА: v2 – v2/ac и v3/te с подписью ГОСТ; v1 – прежние ac и te с "
            "подписью PKCS#7, если так подключена ваша система."
        ),
    ] = "v2"
    signer: Annotated[
        Literal["python", "openssl", "remote"],
        Meta(
            description="Кто подписывает запросы: python – сам портал; openssl – программа openssl с модулем ГОСТ "
            "(пакет libengine-gost-openssl); remote – служба подписи с сертифицированным криптопровайдером."
        ),
    ] = "python"
    signer_program: Annotated[str, Meta(description="Программа openssl, если она не в PATH.")] = "openssl"
    signer_url: Annotated[
        str, Meta(description="Адрес службы подписи (signer = remote); запрос и ответ – в docs/operators.md.")
    ] = ""
    signer_token: Annotated[str, Meta(description="Ключ для службы подписи, в заголовке Authorization.")] = ""
    signer_reversed: Annotated[
        bool,
        Meta(
            description="Служба подписи отдаёт 64 байта в обратном порядке, как КриптоПро (RawSignature, csptest)."
        ),
    ] = False
    token_certificates: Annotated[
        list[str],
        Meta(
            description="Файлы или папки с сертификатами ЕСИА (PEM или DER), которыми подписаны маркеры. Можно "
            "несколько сразу: новые действуют без перезапуска."
        ),
    ] = []
    token_alg: Annotated[
        TokenAlgorithm,
        Meta(
            description="Единственный допустимый алгоритм подписи маркеров, как выбран на технологическом "
            "портале: RS256 или GOST3410_2012_256; для oidc – RS256, PS256 или ES256."
        ),
    ] = "RS256"  # noqa: S105 - the name of an algorithm
    scopes: Annotated[
        list[str],
        Meta(
            description="Запрашиваемые наборы данных (scope). Пусто – нужные школе: для esia "
            f"{', '.join(ESIA_SCOPES)}; для oidc {', '.join(OIDC_SCOPES)}."
        ),
    ] = []
    claim_snils: Annotated[str, Meta(description="Как шлюз называет СНИЛС в данных о человеке (oidc).")] = (
        "snils"
    )
    claim_level: Annotated[
        str,
        Meta(
            description="Как шлюз называет уровень учётной записи (oidc): PR или true – подтверждённая, KD – "
            "детская, остальное – неподтверждённая."
        ),
    ] = "urn:esia:sbj:lvl"
    pkce: Annotated[bool, Meta(description="Защита кода PKCE (S256); отключите, если ЕСИА её не примет.")] = (
        True
    )
    propose_roles: Annotated[
        bool,
        Meta(
            description="Предлагать руководителю и администратору организации на Госуслугах попросить роль в школе с "
            "тем же ОГРН. Сама роль от этого не даётся: запрос решает координатор."
        ),
    ] = True
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
