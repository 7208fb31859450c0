"""What an operator wants to know of the sign-in, point by point: settings, keys, dates, clocks, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import httpx2
import msgspec
from cryptography import x509

from core.config import Config
from core.portal import Portal
from core.web.i18n import sentence
from plugins.auth_esia.client import PROTOCOL_PATHS
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import GostKeyError
from plugins.auth_esia.installation import (
    CALLBACK_PATHS,
    Installation,
    installation,
    make_signer,
    missing_settings,
    own_files,
    portal_address,
    settings_of,
    stand_wanted,
)
from plugins.auth_esia.oidc import OidcClient
from plugins.auth_esia.settings import (
    ESIA_ALGORITHMS,
    ESIA_SCOPES,
    OIDC_ALGORITHMS,
    OIDC_SCOPES,
    EsiaSettings,
)
from plugins.auth_esia.signing import signs_for_its_certificate
from plugins.auth_esia.tokens import TrustedCertificates, certificates_in, verifier_of
from plugins.auth_esia.transport import TIMEOUTS

WARN_BEFORE = timedelta(days=30)
MOST_CLOCK_DIFFERENCE_SECONDS = 30
_LOCAL = ("127.0.0.1", "localhost", "::1")
_NEEDED_SCOPES = ("openid", "fullname", "birthdate", "snils")
_KID_SCOPES = ("kid_fullname", "kid_birthdate", "kid_snils")

Level = Literal["ok", "warning", "error"]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: how it is, and what to do where it is wrong."""

    level: Level
    message: str
    advice: str = ""


def _ok(message: str) -> Point:
    return Point(level="ok", message=message)


def _warning(message: str, advice: str) -> Point:
    return Point(level="warning", message=message, advice=advice)


def _error(message: str, advice: str) -> Point:
    return Point(level="error", message=message, advice=advice)


def examine(portal: Portal, moment: datetime | None = None) -> Iterator[Point]:
    """Everything, one after another; asks the provider, so it may take seconds."""
    config, settings = portal.config, settings_of(portal)
    moment = moment or datetime.now(UTC)
    if stand_wanted(config, settings) and settings.driver == "esia":
        yield _warning(
            sentence("Включён стенд ЕСИА: войти может любой, кто его откроет."),
            sentence("Для рабочей установки задайте production = true и мнемонику."),
        )
        yield from _own_stand(portal)
        yield from check_certificates(portal, moment)
        return
    if config.production and settings.stand:
        yield _error(
            sentence("Задано stand = true, но на рабочей установке стенд не включается."),
            sentence("Уберите эту настройку: войти через стенд мог бы любой."),
        )
    missing = missing_settings(settings)
    if missing:
        yield _error(
            sentence("Вход через Госуслуги не настроен: не заданы %(names)s.", names=", ".join(missing)),
            sentence(
                "Задайте их в [plugins.auth_esia] или в переменных MOYASHKOLA_ESIA_…; см. docs/settings.md."
            ),
        )
    else:
        yield _ok(sentence("Нужные настройки заданы, способ входа – %(driver)s.", driver=settings.driver))
    yield from _algorithm(settings)
    yield from _return_address(config, settings)
    yield from _scopes(settings)
    if settings.driver == "esia":
        yield from _issuer(settings)
        yield from _signing(config, settings)
        yield from check_certificates(portal, moment)
    if missing:
        return
    try:
        here = installation(portal)
    except EsiaError as error:
        yield _error(
            sentence("Вход через Госуслуги не настроен: %(reason)s.", reason=error.detail),
            sentence(
                "Исправьте раздел [plugins.auth_esia] в moyashkola.toml; описание – в docs/settings.md."
            ),
        )
        return
    yield from _clock(here)
    yield from _gateway(here) if isinstance(here.driver, OidcClient) else _addresses(here)


def check_certificates(portal: Portal, moment: datetime) -> Iterator[Point]:
    """Dates of the portal's own certificate and of those it trusts; asks nobody, so it is quick."""
    config, settings = portal.config, settings_of(portal)
    if settings.driver != "esia":
        return
    if settings.client_certificate:
        yield from _own_certificate(config, settings, moment)
    if settings.token_certificates:
        yield from _trusted_certificates(config, settings, moment)


def _own_stand(portal: Portal) -> Iterator[Point]:
    try:
        here = installation(portal)
    except EsiaError as error:
        yield _error(
            sentence("Стенд не работает: %(reason)s.", reason=error.detail),
            sentence(
                "Исправьте раздел [plugins.auth_esia] в moyashkola.toml; описание – в docs/settings.md."
            ),
        )
        return
    yield _ok(sentence("Стенд: %(address)s.", address=f"{here.portal_address}/esia-stand/"))


def _algorithm(settings: EsiaSettings) -> Iterator[Point]:
    allowed = ESIA_ALGORITHMS if settings.driver == "esia" else OIDC_ALGORITHMS
    if settings.token_alg in allowed:
        yield _ok(sentence("Маркеры принимаются только с подписью %(alg)s.", alg=settings.token_alg))
        return
    yield _error(
        sentence("Алгоритм %(alg)s для этого способа входа не подходит.", alg=settings.token_alg),
        sentence("Задайте token_alg: %(names)s.", names=", ".join(allowed)),
    )


def _return_address(config: Config, settings: EsiaSettings) -> Iterator[Point]:
    address = f"{portal_address(config, settings)}{CALLBACK_PATHS[settings.driver]}"
    parts = urlsplit(address)
    if config.production and (parts.scheme != "https" or parts.hostname in _LOCAL):
        yield _error(
            sentence("Адрес возврата %(address)s не годится для рабочей установки.", address=address),
            sentence("Задайте base_url портала: https:// и имя, которое открывают люди."),
        )
    elif settings.driver == "oidc":
        yield _ok(sentence("Адрес возврата для настроек шлюза: %(address)s.", address=address))
    else:
        yield _ok(
            sentence(
                "Адрес возврата %(address)s; на технологическом портале зарегистрируйте %(host)s.",
                address=address,
                host=parts.netloc,
            )
        )


def _scopes(settings: EsiaSettings) -> Iterator[Point]:
    scopes = settings.scopes or list(ESIA_SCOPES if settings.driver == "esia" else OIDC_SCOPES)
    if settings.driver == "oidc":
        if "openid" not in scopes:
            yield _error(
                sentence("В scopes нет openid."), sentence("Добавьте: без него шлюз не выдаст маркер.")
            )
        else:
            yield _ok(sentence("Наборы данных: %(names)s.", names=" ".join(scopes)))
        return
    lost = [name for name in _NEEDED_SCOPES if name not in scopes]
    doubled = sorted({name for name in scopes if scopes.count(name) > 1})
    if lost:
        yield _error(
            sentence("В scopes нет нужных: %(names)s.", names=", ".join(lost)),
            sentence(
                "Без них школа не найдёт человека. Добавьте их и включите в заявку на технологическом портале."
            ),
        )
    elif doubled:
        yield _error(
            sentence("В scopes повторяются: %(names)s.", names=", ".join(doubled)),
            sentence("Уберите повторы."),
        )
    else:
        yield _ok(sentence("Наборы данных: %(names)s.", names=" ".join(scopes)))
    without = [name for name in _KID_SCOPES if name not in scopes]
    if without and not lost:
        yield _warning(
            sentence("Родители не свяжутся с детьми: в scopes нет %(names)s.", names=", ".join(without)),
            sentence("Добавьте их, если хотите, чтобы родитель увидел ребёнка сразу после входа."),
        )


def _issuer(settings: EsiaSettings) -> Iterator[Point]:
    if not settings.base_url or not settings.issuer:
        return
    if urlsplit(settings.base_url).hostname != urlsplit(settings.issuer).hostname:
        yield _warning(
            sentence(
                "issuer %(issuer)s и base_url %(base)s – разные узлы.",
                issuer=settings.issuer,
                base=settings.base_url,
            ),
            sentence("Так бывает только со шлюзом или прокси; иначе маркеры не пройдут проверку."),
        )
    if settings.base_url.endswith("gosuslugi.ru") and not settings.issuer.endswith("/"):
        yield _error(
            sentence("issuer %(issuer)s без косой черты в конце.", issuer=settings.issuer),
            sentence(
                "В маркерах ЕСИА стоит http://esia.gosuslugi.ru/ – с http и косой чертой; запишите так же."
            ),
        )


def _signing(config: Config, settings: EsiaSettings) -> Iterator[Point]:
    files = own_files(config, settings)
    if len(files) < (1 if settings.signer == "remote" else 2):
        return
    if settings.signer != "remote" and files[0].exists() and files[0].stat().st_mode & 0o077:
        yield _warning(
            sentence("Закрытый ключ %(name)s могут прочитать другие пользователи.", name=settings.client_key),
            sentence("Закройте его: chmod 600."),
        )
    try:
        fits = signs_for_its_certificate(make_signer(settings, files))
    except GostKeyError as problem:
        yield _error(
            sentence("Ключ и сертификат портала не подошли: %(reason)s.", reason=str(problem).rstrip(".")),
            sentence("Положите ключ и сертификат одной пары, ГОСТ Р 34.10-2012, 256 бит, в PEM."),
        )
    except (OSError, ValueError) as problem:
        yield _error(
            sentence("Ключ или сертификат портала не прочитать: %(reason)s.", reason=str(problem)),
            sentence("Проверьте пути client_key и client_certificate и права на файлы."),
        )
    except EsiaError as error:
        yield _error(
            sentence("Подписать не удалось: %(reason)s.", reason=error.detail),
            sentence("Проверьте настройки signer…: программу openssl с модулем ГОСТ или службу подписи."),
        )
    else:
        if fits:
            yield _ok(
                sentence(
                    "Подпись работает (%(signer)s), ключ и сертификат – одна пара.", signer=settings.signer
                )
            )
        else:
            yield _error(
                sentence("Подпись не проходит проверку сертификатом портала."),
                sentence(
                    "Служба подписывает другим ключом или отдаёт байты в другом порядке: попробуйте signer_reversed."
                ),
            )


def _own_certificate(config: Config, settings: EsiaSettings, moment: datetime) -> Iterator[Point]:
    try:
        found = certificates_in(config.home_path / settings.client_certificate)
        dates = [x509.load_der_x509_certificate(each) for each in found[:1]]
    except (OSError, ValueError):
        return  # `_signing` has told of it.
    for certificate in dates:
        yield from _term(
            certificate,
            moment,
            ok=sentence(
                "Сертификат портала для Госуслуг действует до %(day)s.",
                day=certificate.not_valid_after_utc.date(),
            ),
            ended=sentence("Получите новый, загрузите его на технологический портал и замените файлы."),
        )


def _trusted_certificates(config: Config, settings: EsiaSettings, moment: datetime) -> Iterator[Point]:
    paths = [config.home_path / name for name in settings.token_certificates]
    try:
        files = TrustedCertificates(settings.token_alg, paths).files()
        found = [each for file in files for each in certificates_in(file)]
    except (OSError, EsiaError) as problem:
        yield _error(
            sentence(
                "Сертификаты ЕСИА не прочитать: %(reason)s.", reason=getattr(problem, "detail", str(problem))
            ),
            sentence("Проверьте token_certificates: файлы или папки, пути – от папки данных."),
        )
        return
    usable = [each for each in found if verifier_of(settings.token_alg, each) is not None]
    if not usable:
        yield _error(
            sentence(
                "Среди сертификатов ЕСИА (%(count)s) нет ни одного для %(alg)s.",
                count=len(found),
                alg=settings.token_alg,
            ),
            sentence("Возьмите их из архива esia.zip на сайте ЕСИА или исправьте token_alg."),
        )
        return
    last = max(
        (x509.load_der_x509_certificate(each) for each in usable), key=lambda each: each.not_valid_after_utc
    )
    yield from _term(
        last,
        moment,
        ok=sentence(
            "Сертификатов ЕСИА для проверки маркеров: %(count)s, последний действует до %(day)s.",
            count=len(usable),
            day=last.not_valid_after_utc.date(),
        ),
        ended=sentence("Добавьте новый сертификат ЕСИА рядом с прежним: перезапуск не нужен."),
    )


def _term(certificate: x509.Certificate, moment: datetime, *, ok: str, ended: str) -> Iterable[Point]:
    if moment < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date()
        return [_error(sentence("%(what)s Он ещё не начал действовать: с %(day)s.", what=ok, day=day), ended)]
    if certificate.not_valid_after_utc < moment:
        return [_error(sentence("%(what)s Срок вышел.", what=ok), ended)]
    if certificate.not_valid_after_utc < moment + WARN_BEFORE:
        days = (certificate.not_valid_after_utc - moment).days
        return [_warning(sentence("%(what)s Осталось дней: %(days)s.", what=ok, days=days), ended)]
    return [_ok(ok)]


def _clock(here: Installation) -> Iterator[Point]:
    try:
        difference = here.driver.clock_difference()
    except EsiaError as error:
        yield _error(
            sentence("Госуслуги не отвечают: %(reason)s.", reason=error.detail),
            sentence("Проверьте сеть и прокси от сервера до ЕСИА."),
        )
        return
    if abs(difference) > MOST_CLOCK_DIFFERENCE_SECONDS:
        yield _error(
            sentence("Часы сервера и Госуслуг расходятся на %(seconds)s с.", seconds=round(difference)),
            sentence("Настройте синхронизацию времени (NTP): запросы с неверным временем отклоняются."),
        )
    else:
        yield _ok(
            sentence("Часы идут верно: разница с Госуслугами %(seconds)s с.", seconds=round(difference))
        )


def _addresses(here: Installation) -> Iterator[Point]:
    """Whether ESIA's two addresses are there: without a request they refuse, but in their own words."""
    settings = here.settings
    server = (settings.server_url or settings.base_url).rstrip("/")
    for path in PROTOCOL_PATHS[settings.protocol]:
        address = f"{server}{path}"
        try:
            answer = httpx2.get(address, timeout=TIMEOUTS, follow_redirects=False, trust_env=False)
        except httpx2.HTTPError as problem:
            yield _error(
                sentence(
                    "Адрес %(address)s недоступен: %(reason)s.",
                    address=address,
                    reason=type(problem).__name__,
                ),
                sentence("Проверьте сеть, прокси и доверенные корневые сертификаты сервера."),
            )
            continue
        if answer.status_code == 404 or answer.status_code >= 500:
            yield _error(
                sentence(
                    "Адрес %(address)s отвечает кодом %(status)s.", address=address, status=answer.status_code
                ),
                sentence("Проверьте base_url, server_url и protocol."),
            )
        else:
            yield _ok(sentence("Адрес %(address)s отвечает.", address=address))


def _gateway(here: Installation) -> Iterator[Point]:
    driver = here.driver
    assert isinstance(driver, OidcClient)  # noqa: S101 - the caller has looked
    try:
        found = driver.discovery()
        keys = driver.usable_keys()
    except EsiaError as error:
        yield _error(
            sentence("Шлюз отвечает не так, как должен: %(reason)s.", reason=error.detail),
            sentence(
                "Сверьте issuer с документом шлюза: он отдаёт его по /.well-known/openid-configuration."
            ),
        )
        return
    yield _ok(sentence("Шлюз %(issuer)s отдал документ и ключи: %(count)s.", issuer=found.issuer, count=keys))
    if not keys:
        yield _error(
            sentence("Среди ключей шлюза нет ни одного для %(alg)s.", alg=driver.gateway.algorithm),
            sentence("Исправьте token_alg или настройку подписи в шлюзе."),
        )
    signing = found.id_token_signing_alg_values_supported
    if signing and driver.gateway.algorithm not in signing:
        yield _error(
            sentence("Шлюз не подписывает маркеры алгоритмом %(alg)s.", alg=driver.gateway.algorithm),
            sentence("Задайте token_alg из списка шлюза: %(names)s.", names=", ".join(signing)),
        )
    if "S256" not in found.code_challenge_methods_supported:
        yield _warning(
            sentence("Шлюз не заявляет PKCE (S256)."), sentence("Попросите поставщика шлюза её включить.")
        )
    if not found.end_session_endpoint:
        yield _warning(
            sentence("Шлюз не умеет завершать свой сеанс."),
            sentence("На общих компьютерах следующий войдёт под именем предыдущего: обсудите с поставщиком."),
        )
