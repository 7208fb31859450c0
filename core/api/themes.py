"""The look of an organization, for programs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core import plugin_admin
from core.api.lists import problems
from core.database.engine import Database
from core.database.session import Session
from core.organizations import directory
from core.roles.actor import Actor
from core.web import themes
from core.web.guards import needs
from core.web.i18n import gettext

ADDRESS = "/api/v1/organizations/{organization_id:uuid}/theme"


class ThemeOut(msgspec.Struct, frozen=True, kw_only=True):
    """The look of an organization."""

    own: Annotated[
        str | None, Meta(description="Тема, которую выбрала сама организация; null – как у той, что выше.")
    ]
    theme: Annotated[str, Meta(description="Тема, которая действует.")]
    title: Annotated[str, Meta(description="Её название.")]
    choices: Annotated[dict[str, str], Meta(description="Из чего выбрать: тема → название.")]


class ThemeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The look to be chosen."""

    theme: Annotated[
        str | None, Meta(description="Тема из `choices`; null – как у организации выше.", examples=["base"])
    ]


@get(
    ADDRESS,
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Оформление организации",
    description="Какая тема действует, своя ли она и из чего выбрать.",
    responses=problems(404),
)
def read_theme(
    actor: NamedDependency[Actor], database: NamedDependency[Database], organization_id: FromPath[UUID]
) -> ThemeOut:
    """The look of an organization in reach."""
    with database.reading() as db:
        return _theme(db, actor, organization_id)


@put(
    ADDRESS,
    guards=[needs(plugin_admin.THEME)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Выбрать оформление",
    description="Для организации и всех ниже, кто не выбрал своего. 422 – такой темы нет.",
    responses=problems(404, 409, 422),
)
def choose_theme(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[ThemeIn],
) -> ThemeOut:
    """Choose the look of an organization and all below it."""
    with database.transaction() as db:
        plugin_admin.choose_theme(db, actor, organization_id, data.theme)
    with database.reading(fresh=True) as db:
        db.portal.switches.refresh(db)
        return _theme(db, actor, organization_id)


def _theme(db: Session, actor: Actor, organization_id: UUID) -> ThemeOut:
    organization = directory.organization(db, actor, organization_id)
    known = db.portal.templates.themes
    chosen = themes.in_force(known, db.portal.switches.theme(organization.path) or db.portal.config.theme)
    return ThemeOut(
        own=organization.theme,
        theme=chosen.name,
        title=gettext(chosen.title),
        choices={each.name: gettext(each.title) for each in themes.offered(known)},
    )


theme_api: list[Any] = [read_theme, choose_theme]
