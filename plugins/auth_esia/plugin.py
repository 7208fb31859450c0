"""The front door of the sign-in through Gosuslugi: what the plugin gives to the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from core.hooks import (
    AuditedAction,
    DataCheck,
    DemoFiller,
    IdentityProvider,
    Manifest,
    SetupStep,
    SlotFill,
    hookimpl,
)
from core.web.i18n import lazy as _
from plugins.auth_esia import models
from plugins.auth_esia.account_section import account_section
from plugins.auth_esia.addresses import LOGIN_PATH
from plugins.auth_esia.checks import check_connection, check_dates
from plugins.auth_esia.commands import esia_command
from plugins.auth_esia.demo import demo_personas
from plugins.auth_esia.installation import knows_issuer
from plugins.auth_esia.pages import esia_routes
from plugins.auth_esia.places import PROVIDER
from plugins.auth_esia.settings import SETTINGS_PREFIX, EsiaSettings
from plugins.auth_esia.setup import CONNECTED

tables = (models.LoginUnderWay, models.RefusedSignIn, models.StandEntry)


@hookimpl
def manifest() -> Manifest:
    """What the plugin is."""
    return Manifest(
        name="auth_esia",
        title=_("Вход через Госуслуги"),
        version="1.0.0",
        core_api=">=1.0,<2",
        description=_(
            "Вход по учётной записи Госуслуг (ЕСИА) и стенд для показа. ФИО, дата рождения, СНИЛС, "
            "почта и телефон передаются ядру; сам плагин помнит их четверть часа и только о тех, кого портал не пустил."
        ),
        on_by_default=True,
        settings_prefix=SETTINGS_PREFIX,
    )


@hookimpl
def configuration() -> type[EsiaSettings]:
    """Addresses, keys and certificates."""
    return EsiaSettings


@hookimpl
def routes() -> Sequence[Any]:
    """The way there and back, and the stand."""
    return esia_routes


@hookimpl
def identity_providers() -> Sequence[IdentityProvider]:
    """The big button of the sign-in page."""
    return [
        IdentityProvider(
            name=PROVIDER,
            title=_("Госуслуги"),
            login_url=LOGIN_PATH,
            primary=True,
            order=10,
            logout_url=_logout_url,
            knows_issuer=knows_issuer,
        )
    ]


@hookimpl
def demo_fillers() -> Sequence[DemoFiller]:
    """The stand's people in the demo school."""
    return [demo_personas]


@hookimpl
def audited_actions() -> Sequence[AuditedAction]:
    """What is recorded, in words."""
    return [
        AuditedAction(
            name="auth_esia.guardianship", title=_("Ребёнок связан с родителем по данным Госуслуг")
        ),
    ]


@hookimpl
def data_checks() -> Sequence[DataCheck]:
    """Keys, certificates and clocks, for `moyashkola check`."""
    return [
        DataCheck(name="esia", title=_("Связь с Госуслугами"), run=check_connection),
        DataCheck(name="esia_certificates", title=_("Сертификаты входа"), run=check_dates, on_page=True),
    ]


@hookimpl
def setup_steps() -> Sequence[SetupStep]:
    """The connection with Gosuslugi, among what a region needs."""
    return [CONNECTED]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    """What Gosuslugi gave, among one's own settings."""
    return [account_section]


@hookimpl
def cli_commands() -> Sequence[click.Command]:
    """`moyashkola esia doctor`."""
    return [esia_command]


def _logout_url(state: Mapping[str, Any]) -> str | None:
    """Where the sign-out goes on, as it was decided at the sign-in."""
    target = state.get("logout")
    return target if isinstance(target, str) else None
