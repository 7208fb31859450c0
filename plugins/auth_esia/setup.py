"""The step of setting a region up: the sign-in through Gosuslugi is configured."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, true

from core.database.session import Session
from core.hooks import SetupScope, SetupStep
from core.organizations.models import Organization
from core.web.i18n import lazy as _
from core.web.i18n import sentence
from plugins.auth_esia.installation import missing_settings, settings_of, stand_wanted


def _connected(db: Session, _scope: SetupScope) -> ColumnElement[bool]:
    """The settings are complete; a trial installation has its stand."""
    settings = settings_of(db.portal)
    ready = stand_wanted(db.portal.config, settings) or not missing_settings(settings)
    return true() if ready else false()


def _lacks(_db: Session, _organization: Organization, _scope: SetupScope) -> str:
    return sentence("Вход через Госуслуги не настроен: это делает тот, кто обслуживает сервер портала.")


CONNECTED = SetupStep(
    name="auth_esia.connected",
    title=_("Госуслуги подключены"),
    explanation=_("Без них люди входят только с логином школы."),
    kinds=("region",),
    done=_connected,
    lacks=_lacks,
    url="/plugins/auth_esia?organization={organization}",
    permission="core.plugins.view",
    order=35,
)
