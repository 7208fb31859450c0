"""What an operator wants to know before the morning: keys, certificates' dates, clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509

from core.contributions import Finding
from core.database.session import Session
from core.web.i18n import sentence
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.installation import installation

WARN_BEFORE = timedelta(days=30)
MOST_CLOCK_DIFFERENCE_SECONDS = 30


def check_connection(db: Session) -> Iterable[Finding]:
    """Findings about the sign-in; it asks ESIA for its clock, so it may take seconds."""
    try:
        here = installation(db.portal)
    except EsiaError as error:
        yield Finding(
            level="error",
            message=sentence("Вход через Госуслуги не настроен: %(reason)s.", reason=error.detail),
            advice=sentence(
                "Исправьте раздел [plugins.auth_esia] в moyashkola.toml; описание – в docs/settings.md."
            ),
        )
        return
    yield from check_expiry(db, datetime.now(UTC))
    if here.stand is not None:
        yield Finding(
            level="warning",
            message=sentence("Включён стенд ЕСИА: войти может любой, кто его откроет."),
            advice=sentence("Для рабочей установки задайте production = true и мнемонику."),
        )
        return
    try:
        difference = here.client.clock_difference()
    except EsiaError as error:
        yield Finding(
            level="error",
            message=sentence("Госуслуги не отвечают: %(reason)s.", reason=error.detail),
            advice=sentence("Проверьте сеть и прокси от сервера до ЕСИА."),
        )
        return
    if abs(difference) > MOST_CLOCK_DIFFERENCE_SECONDS:
        yield Finding(
            level="error",
            message=sentence(
                "Часы сервера и Госуслуг расходятся на %(seconds)s с.", seconds=round(difference)
            ),
            advice=sentence(
                "Настройте синхронизацию времени (NTP): запросы с неверным временем отклоняются."
            ),
        )


def check_expiry(db: Session, moment: datetime) -> Iterable[Finding]:
    """A finding when the portal's own certificate has ended or ends within 30 days of `moment`."""
    here = installation(db.portal)
    if not here.settings.client_certificate:
        return
    path = db.portal.config.home_path / here.settings.client_certificate
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    if ends < moment + WARN_BEFORE:
        yield Finding(
            level="error" if ends < moment else "warning",
            message=sentence("Сертификат портала для Госуслуг действует до %(day)s.", day=ends.date()),
            advice=sentence("Получите новый и загрузите его на технологический портал заранее."),
        )
