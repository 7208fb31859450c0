"""The doctor looks at the settings: each alone, and whether they go together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from core.config import PREFIX, Config
from core.errors import ConfigurationError
from core.web.i18n import sentence
from plugins.auth_esia.doctor_points import Point, error, ok, warning
from plugins.auth_esia.installation import CALLBACK_PATHS, PLUGIN, portal_address
from plugins.auth_esia.settings import (
    ESIA_ALGORITHMS,
    ESIA_SCOPES,
    OIDC_ALGORITHMS,
    OIDC_SCOPES,
    SETTINGS_PREFIX,
    EsiaSettings,
)

_LOCAL = ("127.0.0.1", "localhost", "::1")
_NEEDED_SCOPES = ("openid", "fullname", "birthdate", "snils")
_KID_SCOPES = ("kid_fullname", "kid_birthdate", "kid_snils")


def without_wrong(config: Config) -> tuple[Config, list[Point]]:
    """The configuration without the plugin's settings that cannot be read, and what is wrong with them.

    So one slip in the file does not keep the doctor from looking at the rest.
    """
    found: list[Point] = []
    section, environment = dict(config.plugin_sections.get(PLUGIN, {})), dict(config.environment)
    for name in {*section, *(field.name for field in msgspec.structs.fields(EsiaSettings))}:
        variable = f"{PREFIX}{SETTINGS_PREFIX}_{name.upper()}"
        alone = msgspec.structs.replace(
            config,
            plugin_sections={PLUGIN: {name: section[name]}} if name in section else {},
            environment={variable: environment[variable]} if variable in environment else {},
        )
        try:
            alone.section(PLUGIN, SETTINGS_PREFIX, EsiaSettings)
        except ConfigurationError as wrong:
            found.append(error(wrong.message, wrong.advice))
            section.pop(name, None)
            environment.pop(variable, None)
    sections = {**config.plugin_sections, PLUGIN: section}
    return msgspec.structs.replace(config, plugin_sections=sections, environment=environment), found


def examine_settings(config: Config, settings: EsiaSettings) -> Iterator[Point]:
    """Whether the settings go together."""
    yield from _return_address(config, settings)
    yield from _scopes(settings)
    if settings.driver == "esia":
        yield from _issuer(settings)


def examine_algorithm(settings: EsiaSettings) -> Iterator[Point]:
    """Whether the way of signing tokens fits the driver."""
    allowed = ESIA_ALGORITHMS if settings.driver == "esia" else OIDC_ALGORITHMS
    if settings.token_alg in allowed:
        yield ok(sentence("Маркеры принимаются только с подписью %(alg)s.", alg=settings.token_alg))
        return
    yield error(
        sentence("Алгоритм %(alg)s для этого способа входа не подходит.", alg=settings.token_alg),
        sentence("Задайте token_alg: %(names)s.", names=", ".join(allowed)),
    )


def _return_address(config: Config, settings: EsiaSettings) -> Iterator[Point]:
    address = f"{portal_address(config, settings)}{CALLBACK_PATHS[settings.driver]}"
    parts = urlsplit(address)
    if config.production and (parts.scheme != "https" or parts.hostname in _LOCAL):
        yield error(
            sentence("Адрес возврата %(address)s не годится для рабочей установки.", address=address),
            sentence("Задайте base_url портала: https:// и имя, которое открывают люди."),
        )
    elif settings.driver == "oidc":
        yield ok(sentence("Адрес возврата для настроек шлюза: %(address)s.", address=address))
    else:
        yield ok(
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
            yield error(
                sentence("В scopes нет openid."), sentence("Добавьте: без него шлюз не выдаст маркер.")
            )
        else:
            yield ok(sentence("Наборы данных: %(names)s.", names=" ".join(scopes)))
        return
    lost = [name for name in _NEEDED_SCOPES if name not in scopes]
    doubled = sorted({name for name in scopes if scopes.count(name) > 1})
    if lost:
        yield error(
            sentence("В scopes нет нужных: %(names)s.", names=", ".join(lost)),
            sentence(
                "Без них школа не найдёт человека. Добавьте их и включите в заявку на технологическом портале."
            ),
        )
    elif doubled:
        yield error(
            sentence("В scopes повторяются: %(names)s.", names=", ".join(doubled)),
            sentence("Уберите повторы."),
        )
    else:
        yield ok(sentence("Наборы данных: %(names)s.", names=" ".join(scopes)))
    without = [name for name in _KID_SCOPES if name not in scopes]
    if without and not lost:
        yield warning(
            sentence("Родители не свяжутся с детьми: в scopes нет %(names)s.", names=", ".join(without)),
            sentence("Добавьте их, если хотите, чтобы родитель увидел ребёнка сразу после входа."),
        )


def _issuer(settings: EsiaSettings) -> Iterator[Point]:
    if not settings.base_url or not settings.issuer:
        return
    if urlsplit(settings.base_url).hostname != urlsplit(settings.issuer).hostname:
        yield warning(
            sentence(
                "issuer %(issuer)s и base_url %(base)s – разные узлы.",
                issuer=settings.issuer,
                base=settings.base_url,
            ),
            sentence("Так бывает только со шлюзом или прокси; иначе маркеры не пройдут проверку."),
        )
    if settings.base_url.endswith("gosuslugi.ru") and not settings.issuer.endswith("/"):
        yield error(
            sentence("issuer %(issuer)s без косой черты в конце.", issuer=settings.issuer),
            sentence(
                "В маркерах ЕСИА стоит http://esia.gosuslugi.ru/ – с http и косой чертой; запишите так же."
            ),
        )
