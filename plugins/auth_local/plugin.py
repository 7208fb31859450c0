"""The front door of the sign-in with the school's login: what the plugin gives to the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from core.database.session import Session
from core.hooks import (
    AuditedAction,
    DemoFiller,
    IdentityProvider,
    Manifest,
    MergedTable,
    NotificationKind,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    ScheduledTask,
    Scope,
    SlotFill,
    TaskKind,
    hookimpl,
)
from core.identity.models import Person
from core.roles.actor import Actor
from core.roles.kinds import CORE_ROLE_KINDS
from core.web.i18n import lazy as _
from plugins.auth_local import logins, second_factor
from plugins.auth_local.access import INVITE_CHILD, ISSUE, ISSUE_STAFF, OWN
from plugins.auth_local.api import login_api
from plugins.auth_local.browsers import LOGIN_PATH
from plugins.auth_local.child_pages import child_routes, on_child
from plugins.auth_local.class_pages import class_routes, on_class
from plugins.auth_local.cli.accounts import accounts_command
from plugins.auth_local.demo import demo_logins
from plugins.auth_local.own_pages import own_routes
from plugins.auth_local.pages import sign_in_routes
from plugins.auth_local.personal_data import erase_person, export_person
from plugins.auth_local.refused_sessions import refused
from plugins.auth_local.school_pages import on_card, school_routes
from plugins.auth_local.settings import PLUGIN, SETTINGS_PREFIX, LocalConfiguration, LocalSettings
from plugins.auth_local.sign_in import PROVIDER, way_of
from plugins.auth_local.tidying import EVERY, TIDY, tidy


@hookimpl
def manifest() -> Manifest:
    """What the plugin is."""
    return Manifest(
        name=PLUGIN,
        title=_("Вход с логином школы"),
        version="1.0.0",
        core_api=">=1.0,<2",
        description=_(
            "Логин и пароль, которые выдаёт школа, для тех, у кого нет Госуслуг. Личность подтверждает школа: "
            "включайте там, где за это готовы отвечать."
        ),
        personal_data=(
            PersonalData(
                category=_("Логин, ключи входа и время входов; пароли хранятся только хешами"),
                purpose=_("Вход в портал без Госуслуг"),
            ),
            PersonalData(
                category=_("Кука в браузере, с которого входили с логином"),
                purpose=_("Неудачные попытки других людей не мешают вам войти"),
            ),
        ),
        settings_prefix=SETTINGS_PREFIX,
    )


@hookimpl
def configuration() -> type[LocalConfiguration]:
    """How guessing is slowed."""
    return LocalConfiguration


@hookimpl
def settings() -> type[LocalSettings]:
    """How long what the school hands over is good for."""
    return LocalSettings


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who may do what."""
    school, below = Reach.ORGANIZATION, Reach.BELOW
    leading = {
        "head": school,
        "municipal_coordinator": below,
        "regional_coordinator": below,
        "federal_operator": below,
    }
    return [
        Permission(
            name=ISSUE,
            title=_("Выдавать логины, приглашения и одноразовые пароли"),
            grants={
                **leading,
                "deputy_head": school,
                "school_administrator": school,
                "secretary": school,
            },
            changes=True,
        ),
        Permission(
            name=ISSUE_STAFF,
            title=_("Выдавать логины и тем, кто сам их выдаёт"),
            grants=leading,
            changes=True,
        ),
        Permission(
            name=OWN,
            title=_("Менять свой пароль для входа с логином"),
            grants={kind.name: Reach.OWN for kind in CORE_ROLE_KINDS},
            changes=True,
        ),
        Permission(
            name=INVITE_CHILD,
            title=_("Выдавать своему ребёнку до 14 лет приглашение для входа"),
            grants={"guardian": Reach.OWN},
            changes=True,
        ),
    ]


@hookimpl
def routes() -> Sequence[Any]:
    """Signing in, one's own login, and the school's side, for people and for programs."""
    return [*sign_in_routes, *own_routes, *school_routes, *class_routes, *child_routes, *login_api]


@hookimpl
def api_scopes() -> Sequence[Scope]:
    """Issuing logins with a token: a school's, and a guardian's for a child."""
    return [
        Scope(
            name="logins.write",
            title=_("Выдавать приглашения, логины и одноразовые пароли"),
            permissions=("core.accounts.view", ISSUE, ISSUE_STAFF),
        ),
        Scope(
            name="logins.children",
            title=_("Выдавать вашему ребёнку до 14 лет приглашение для входа"),
            permissions=("core.children.own", INVITE_CHILD),
        ),
    ]


@hookimpl
def identity_providers() -> Sequence[IdentityProvider]:
    """The second button of the sign-in page."""
    return [
        IdentityProvider(
            name=PROVIDER,
            title=_("Логин школы"),
            button=_("Войти с логином школы"),
            login_url=LOGIN_PATH,
            order=20,
            refused=refused,
            way=way_of,
        )
    ]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    """The login on the account card, in one's own settings and of one's child; the way to a class's invitations."""
    return [
        SlotFill(slot="account.card", template="auth_local/on_card.html", permission=ISSUE, render=on_card),
        SlotFill(slot="class.list", template="auth_local/on_class.html", permission=ISSUE, render=on_class),
        SlotFill(
            slot="child.card", template="auth_local/on_child.html", permission=INVITE_CHILD, render=on_child
        ),
        SlotFill(slot="account.page", template="auth_local/in_settings.html", permission=OWN, render=_own),
    ]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    """What a person hears of."""
    return [NotificationKind(name=logins.CHANGED, title=_("Вход с логином школы изменён"), icon="key")]


@hookimpl
def audited_actions() -> Sequence[AuditedAction]:
    """What is recorded, in words."""
    return [
        AuditedAction(name="auth_local.invitation.issue", title=_("Выдано приглашение для входа")),
        AuditedAction(name="auth_local.invitation.accept", title=_("По приглашению создан логин")),
        AuditedAction(name="auth_local.password.issue", title=_("Выдан логин с одноразовым паролем")),
        AuditedAction(name="auth_local.password.change", title=_("Изменён свой пароль")),
        AuditedAction(name="auth_local.second_factor.on", title=_("Включён код из приложения")),
        AuditedAction(name="auth_local.second_factor.off", title=_("Выключен код из приложения")),
        AuditedAction(name="auth_local.second_factor.remove", title=_("Школа сняла код из приложения")),
        AuditedAction(name="auth_local.recovery.renew", title=_("Выданы новые запасные коды")),
        AuditedAction(name="auth_local.recovery.use", title=_("Вход с запасным кодом")),
        AuditedAction(name="auth_local.passkey.add", title=_("Добавлен ключ входа")),
        AuditedAction(name="auth_local.passkey.remove", title=_("Удалён ключ входа")),
        AuditedAction(name="auth_local.login.remove", title=_("Отключён вход с логином школы")),
    ]


@hookimpl
def merged_tables() -> Sequence[MergedTable]:
    """One login stays of two: that of the card that stays."""
    return [
        MergedTable(table="auth_local_login", titles={"person_id": _("Логин школы")}),
        MergedTable(table="auth_local_invitation", titles={"person_id": _("Приглашение с кодом")}),
        MergedTable(table="auth_local_passkey", titles={"person_id": _("Ключи входа")}),
        MergedTable(table="auth_local_recovery_code"),
        MergedTable(table="auth_local_step"),
    ]


@hookimpl
def personal_data() -> Sequence[PersonalDataSource]:
    """A person's login."""
    return [
        PersonalDataSource(
            name=PLUGIN, title=_("Вход с логином школы"), export=export_person, erase=erase_person
        )
    ]


@hookimpl
def tasks() -> Sequence[TaskKind]:
    """Forgetting what is over."""
    return [TaskKind(name=TIDY, run=tidy)]


@hookimpl
def scheduled_tasks() -> Sequence[ScheduledTask]:
    """Forgetting what is over, a few times a day."""
    return [ScheduledTask(kind=TIDY, every=EVERY)]


@hookimpl
def demo_fillers() -> Sequence[DemoFiller]:
    """Logins to try with."""
    return [demo_logins]


def _own(db: Session, _actor: Actor, person: Person) -> Mapping[str, Any] | None:
    known = logins.of_person(db, person.id)
    if known is None:
        return None
    return {"known": known, "wanted": second_factor.wanted(db, known)}


@hookimpl
def cli_commands() -> Sequence[click.Command]:
    """`moyashkola accounts`."""
    return [accounts_command]
