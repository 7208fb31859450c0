"""The doctor looks at keys and certificates: whether they can be read, fit each other, and until when they last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from cryptography import x509

from core.config import Config
from core.portal import Portal
from core.web.i18n import sentence
from plugins.auth_esia import reasons
from plugins.auth_esia.doctor_points import Point, error, ok, warning
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import GostKeyError
from plugins.auth_esia.installation import make_signer, own_files, settings_of
from plugins.auth_esia.settings import EsiaSettings
from plugins.auth_esia.signing import signs_for_its_certificate
from plugins.auth_esia.tokens import TrustedCertificates, certificates_in, verifier_of

WARN_BEFORE = timedelta(days=30)


def check_certificates(portal: Portal, moment: datetime) -> Iterator[Point]:
    """Dates of the portal's own certificate and of those it trusts; asks nobody, so it is quick."""
    config, settings = portal.config, settings_of(portal)
    if settings.driver != "esia":
        return
    if settings.client_certificate:
        yield from _own_certificate(config, settings, moment)
    if settings.token_certificates:
        yield from _trusted_certificates(config, settings, moment)


def examine_signing(config: Config, settings: EsiaSettings) -> Iterator[Point]:
    """Whether the portal can sign, and signs for its certificate."""
    files = own_files(config, settings)
    if len(files) < (1 if settings.signer == "remote" else 2):
        return
    try:
        if settings.signer != "remote" and files[0].stat().st_mode & 0o077:
            yield warning(
                sentence(
                    "Закрытый ключ %(name)s могут прочитать другие пользователи.", name=settings.client_key
                ),
                sentence("Закройте его: chmod 600."),
            )
        fits = signs_for_its_certificate(make_signer(settings, files))
    except GostKeyError as problem:
        yield error(
            sentence("Ключ и сертификат портала не подошли: %(reason)s.", reason=reasons.of_key(problem)),
            sentence("Положите ключ и сертификат одной пары, ГОСТ Р 34.10-2012, 256 бит, в PEM."),
        )
    except (OSError, ValueError) as problem:
        yield error(
            sentence(
                "Ключ или сертификат портала не прочитать: %(reason)s.",
                reason=reasons.of_file(problem, files[0]),
            ),
            sentence("Проверьте пути client_key и client_certificate и права на файлы."),
        )
    except EsiaError as problem:
        yield error(
            sentence("Подписать не удалось: %(reason)s.", reason=reasons.of_error(problem)),
            sentence("Проверьте настройки signer…: программу openssl с модулем ГОСТ или службу подписи."),
        )
    else:
        if fits:
            yield ok(
                sentence(
                    "Подпись работает (%(signer)s), ключ и сертификат – одна пара.", signer=settings.signer
                )
            )
        else:
            yield error(
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
            lasts=sentence(
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
        yield error(
            sentence(
                "Сертификаты ЕСИА не прочитать: %(reason)s.",
                reason=reasons.of_file(problem)
                if isinstance(problem, OSError)
                else reasons.of_error(problem),
            ),
            sentence("Проверьте token_certificates: файлы или папки, пути – от папки данных."),
        )
        return
    usable = [each for each in found if verifier_of(settings.token_alg, each) is not None]
    if not usable:
        yield error(
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
        lasts=sentence(
            "Сертификатов ЕСИА для проверки маркеров: %(count)s, последний действует до %(day)s.",
            count=len(usable),
            day=last.not_valid_after_utc.date(),
        ),
        ended=sentence("Добавьте новый сертификат ЕСИА рядом с прежним: перезапуск не нужен."),
    )


def _term(certificate: x509.Certificate, moment: datetime, *, lasts: str, ended: str) -> Iterable[Point]:
    if moment < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date()
        return [
            error(sentence("%(what)s Он ещё не начал действовать: с %(day)s.", what=lasts, day=day), ended)
        ]
    if certificate.not_valid_after_utc < moment:
        return [error(sentence("%(what)s Срок вышел.", what=lasts), ended)]
    if certificate.not_valid_after_utc < moment + WARN_BEFORE:
        days = (certificate.not_valid_after_utc - moment).days
        return [warning(sentence("%(what)s Осталось дней: %(days)s.", what=lasts, days=days), ended)]
    return [ok(lasts)]
