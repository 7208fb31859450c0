"""What an operator wants to know of the sign-in, point by point: settings, keys, dates, clocks, addresses."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime

import httpx2

from core.portal import Portal
from core.web.i18n import sentence
from plugins.auth_esia import reasons
from plugins.auth_esia.client import PROTOCOL_PATHS
from plugins.auth_esia.doctor_files import check_certificates, examine_signing
from plugins.auth_esia.doctor_points import Point, error, ok, warning
from plugins.auth_esia.doctor_settings import examine_algorithm, examine_settings
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.installation import (
    Installation,
    installation,
    missing_settings,
    settings_of,
    stand_wanted,
)
from plugins.auth_esia.oidc import OidcClient
from plugins.auth_esia.transport import TIMEOUTS

MOST_CLOCK_DIFFERENCE_SECONDS = 30


def examine(portal: Portal, moment: datetime | None = None) -> Iterator[Point]:
    """Everything, one after another; asks the provider, so it may take seconds."""
    config, settings = portal.config, settings_of(portal)
    moment = moment or datetime.now(UTC)
    if stand_wanted(config, settings) and settings.driver == "esia":
        yield warning(
            sentence("Включён стенд ЕСИА: войти может любой, кто его откроет."),
            sentence("Для рабочей установки задайте production = true и мнемонику."),
        )
        here = yield from _built(portal, moment)
        if here is not None:
            yield ok(sentence("Стенд: %(address)s.", address=f"{here.portal_address}/esia-stand/"))
        return
    if config.production and settings.stand:
        yield error(
            sentence("Задано stand = true, но на рабочей установке стенд не включается."),
            sentence("Уберите эту настройку: войти через стенд мог бы любой."),
        )
    missing = missing_settings(settings)
    if missing:
        yield error(
            sentence("Вход через Госуслуги не настроен: не заданы %(names)s.", names=", ".join(missing)),
            sentence(
                "Задайте их в [plugins.auth_esia] или в переменных MOYASHKOLA_ESIA_…; см. docs/settings.md."
            ),
        )
    else:
        yield ok(sentence("Нужные настройки заданы, способ входа – %(driver)s.", driver=settings.driver))
    yield from examine_settings(config, settings)
    if missing:
        yield from _parts(portal, moment)
        return
    here = yield from _built(portal, moment)
    if here is not None:
        yield from _clock(here)
        yield from _gateway(here) if isinstance(here.driver, OidcClient) else _addresses(here)


def _parts(portal: Portal, moment: datetime) -> Iterator[Point]:
    """What the sign-in is built of, each alone."""
    config, settings = portal.config, settings_of(portal)
    yield from examine_algorithm(settings)
    if settings.driver == "esia":
        yield from examine_signing(config, settings)
        yield from check_certificates(portal, moment)


def _built(portal: Portal, moment: datetime) -> Generator[Point, None, Installation | None]:
    """The sign-in put together, or what keeps it from working: told of its parts, it is not told again."""
    parts = list(_parts(portal, moment))
    yield from parts
    try:
        return installation(portal)
    except (EsiaError, OSError) as problem:
        if not any(point.level == "error" for point in parts):
            reason = reasons.of_file(problem) if isinstance(problem, OSError) else reasons.of_error(problem)
            yield error(
                sentence("Вход через Госуслуги не настроен: %(reason)s.", reason=reason),
                sentence(
                    "Исправьте раздел [plugins.auth_esia] в moyashkola.toml; описание – в docs/settings.md."
                ),
            )
    return None


def _clock(here: Installation) -> Iterator[Point]:
    try:
        difference = here.driver.clock_difference()
    except EsiaError as problem:
        yield error(
            sentence("Госуслуги не отвечают: %(reason)s.", reason=reasons.of_error(problem)),
            sentence("Проверьте сеть и прокси от сервера до ЕСИА."),
        )
        return
    if abs(difference) > MOST_CLOCK_DIFFERENCE_SECONDS:
        yield error(
            sentence("Часы сервера и Госуслуг расходятся на %(seconds)s с.", seconds=round(difference)),
            sentence("Настройте синхронизацию времени (NTP): запросы с неверным временем отклоняются."),
        )
    else:
        yield ok(sentence("Часы идут верно: разница с Госуслугами %(seconds)s с.", seconds=round(difference)))


def _addresses(here: Installation) -> Iterator[Point]:
    """Whether ESIA's two addresses are there: without a request they refuse, but in their own words."""
    settings = here.settings
    server = (settings.server_url or settings.base_url).rstrip("/")
    for path in PROTOCOL_PATHS[settings.protocol]:
        address = f"{server}{path}"
        try:
            answer = httpx2.get(address, timeout=TIMEOUTS, follow_redirects=False, trust_env=False)
        except httpx2.HTTPError as problem:
            yield error(
                sentence(
                    "Адрес %(address)s недоступен: %(reason)s.",
                    address=address,
                    reason=reasons.of_network(problem),
                ),
                sentence("Проверьте сеть, прокси и доверенные корневые сертификаты сервера."),
            )
            continue
        if answer.status_code == 404 or answer.status_code >= 500:
            yield error(
                sentence(
                    "Адрес %(address)s отвечает кодом %(status)s.", address=address, status=answer.status_code
                ),
                sentence("Проверьте base_url, server_url и protocol."),
            )
        else:
            yield ok(sentence("Адрес %(address)s отвечает.", address=address))


def _gateway(here: Installation) -> Iterator[Point]:
    driver = here.driver
    assert isinstance(driver, OidcClient)  # noqa: S101 - the caller has looked
    try:
        found = driver.discovery()
        keys = driver.usable_keys()
    except EsiaError as problem:
        yield error(
            sentence("Шлюз отвечает не так, как должен: %(reason)s.", reason=reasons.of_error(problem)),
            sentence(
                "Сверьте issuer с документом шлюза: он отдаёт его по /.well-known/openid-configuration."
            ),
        )
        return
    yield ok(sentence("Шлюз %(issuer)s отдал документ и ключи: %(count)s.", issuer=found.issuer, count=keys))
    if not keys:
        yield error(
            sentence("Среди ключей шлюза нет ни одного для %(alg)s.", alg=driver.gateway.algorithm),
            sentence("Исправьте token_alg или настройку подписи в шлюзе."),
        )
    signing = found.id_token_signing_alg_values_supported
    if signing and driver.gateway.algorithm not in signing:
        yield error(
            sentence("Шлюз не подписывает маркеры алгоритмом %(alg)s.", alg=driver.gateway.algorithm),
            sentence("Задайте token_alg из списка шлюза: %(names)s.", names=", ".join(signing)),
        )
    if "S256" not in found.code_challenge_methods_supported:
        yield warning(
            sentence("Шлюз не заявляет PKCE (S256)."), sentence("Попросите поставщика шлюза её включить.")
        )
    if not found.end_session_endpoint:
        yield warning(
            sentence("Шлюз не умеет завершать свой сеанс."),
            sentence("На общих компьютерах следующий войдёт под именем предыдущего: обсудите с поставщиком."),
        )
