"""Checks of the sign-in for `moyashkola check` and for the operators' page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from core.contributions import Finding
from core.database.session import Session
from plugins.auth_esia.doctor import examine
from plugins.auth_esia.doctor_files import check_certificates
from plugins.auth_esia.doctor_points import Point


def check_connection(db: Session) -> Iterable[Finding]:
    """What `moyashkola esia doctor` would complain of; it asks the provider, so it may take seconds."""
    return _findings(examine(db.portal))


def check_dates(db: Session) -> Iterable[Finding]:
    """Certificates that have ended or end within 30 days; quick, for the operators' page."""
    return _findings(check_certificates(db.portal, datetime.now(UTC)))


def _findings(points: Iterable[Point]) -> Iterable[Finding]:
    for point in points:
        if point.level != "ok":
            yield Finding(level=point.level, message=point.message, advice=point.advice)
