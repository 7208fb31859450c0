"""The frame around every page: menu, roles, bell, theme and view, for the acting role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from litestar import Request

import core
from core.identity.sessions import Visit
from core.roles.actor import Actor
from core.web import cookies
from core.web import themes as theming
from core.web.analytics import Analytics, analytics_of
from core.web.i18n import LOCALES, current_locale, lazy, sentence
from core.web.visit import SAFE_METHODS, portal_of, visit_of

if TYPE_CHECKING:
    from core.plugins import Plugin
    from core.portal import Portal
    from core.web.assets import Assets


class View(msgspec.Struct, frozen=True, kw_only=True):
    """How a person wants to see the portal: the «версия для слабовидящих», and light or dark."""

    contrast: bool = False
    size: int = 100
    scheme: str = "white"
    spacing: str = "normal"
    images: bool = True
    appearance: str = "auto"


class FrameRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role in the switcher."""

    id: str
    kind: str
    title: str
    organization_name: str
    active: bool


class FrameEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the menu."""

    title: str
    url: str
    icon: str
    active: bool
    badge: int
    section: str


class FrameTheme(msgspec.Struct, frozen=True, kw_only=True):
    """The theme in use."""

    name: str
    title: str
    logo_url: str
    css_urls: Sequence[str]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `base.html` needs beside the page's own content."""

    signed_in: bool
    person_name: str
    initials: str
    role_title: str
    organization_name: str
    roles: Sequence[FrameRole]
    menu: tuple[FrameEntry, ...]
    unread: int
    locale: str
    locales: Mapping[str, str]
    theme: FrameTheme
    view: View
    path: str
    demo: bool
    support: str | None
    version: str
    account_id: str
    person_id: str
    answer_to_form: bool
    scripts: Sequence[str]
    analytics: Analytics
    setup_url: str


CORE_MENU = (
    (lazy("Главная"), "/", "home", None, 0, "main"),
    (lazy("Мои дети"), "/account/children", "users", "core.children.own", 795, "cabinet"),
    (lazy("Запросы"), "/requests", "inbox", "core.requests.send", 800, "cabinet"),
    (lazy("Готовность"), "/setup", "flag", "core.setup.view", 802, "cabinet"),
    (lazy("Учётные записи"), "/accounts", "key", "core.accounts.view", 805, "cabinet"),
    (lazy("Роли"), "/roles", "person", "core.roles.view", 806, "cabinet"),
    (lazy("Согласия"), "/consents", "shield", "core.consents.view", 807, "cabinet"),
    (lazy("Тексты согласий"), "/consent-texts", "document", "core.consents.publish", 807, "cabinet"),
    (
        lazy("Образовательные организации"),
        "/organizations",
        "organization",
        "core.organization.list",
        808,
        "cabinet",
    ),
    (lazy("Группы организаций"), "/organization-groups", "folder", "core.groups.view", 809, "cabinet"),
    (lazy("Группировки учеников"), "/groupings", "class", "core.groupings.view", 807, "cabinet"),
    (lazy("Организация"), "/organization", "school", "core.organization.view", 810, "cabinet"),
    (lazy("Учебный год"), "/school-year", "calendar", "core.years.edit", 815, "cabinet"),
    (lazy("Загрузка данных"), "/import", "upload", "core.import", 820, "cabinet"),
    (lazy("Плагины"), "/plugins", "puzzle", "core.plugins.view", 830, "cabinet"),
    (lazy("Отправка событий"), "/webhooks", "webhook", "core.webhooks.manage", 831, "cabinet"),
    (lazy("Вопросы в поддержку"), "/support/messages", "help", "core.support.answer", 832, "cabinet"),
    (lazy("Сроки хранения"), "/retention", "clock", "core.retention.view", 835, "cabinet"),
    (lazy("История изменений"), "/audit", "history", "core.audit.view", 840, "cabinet"),
)


def view_of(request: Request[Any, Any, Any], visit: Visit) -> View:
    """The visitor's way of seeing: of the account, else of this browser's cookie."""
    saved: Any = visit.preferences.get("view")
    try:
        if saved is None and (cookie := cookies.sent(portal_of(request).config, request, cookies.VIEW)):
            return msgspec.json.decode(_unquote(cookie), type=View)
        return msgspec.convert(saved or {}, View)
    except msgspec.MsgspecError:
        return View()


def _unquote(text: str) -> bytes:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(text)


def view_cookie(view: View) -> str:
    """A view as the cookie keeps it."""
    return quote(msgspec.json.encode(view).decode())


def theme_of(portal: Portal, actor: Actor | None) -> str:
    """The theme of the acting role's region, else the installation's."""
    chosen = portal.switches.theme(actor.role.organization_path) if actor and actor.role else None
    return chosen or portal.config.theme


def frame(request: Request[Any, Any, Any]) -> Frame:
    """The frame of this request's page. Asks menu badges; costs no statement otherwise."""

    portal, visit = portal_of(request), visit_of(request)
    actor = visit.actor
    theme = theme_of(portal, actor)
    themes = portal.templates.themes
    if theme not in themes:
        theme = theming.ROOT_THEME
    role = actor.role if actor else None
    view = view_of(request, visit)
    styles = [*theming.style_names(themes, theme)]
    if view.contrast and "contrast" in themes:
        styles = [*styles, *(name for name in theming.style_names(themes, "contrast") if name not in styles)]
    assets = portal.templates.assets
    scripts: list[str] = []
    plugin_styles: list[str] = []
    for plugin, contribution in portal.plugins.each("theme_assets"):
        if role is None or portal.switches.is_on(plugin.name, role.organization_path):
            plugin_styles += _asset_urls(assets, plugin, contribution.styles)
            scripts += _asset_urls(assets, plugin, contribution.scripts)
    path = request.url.path
    grants = portal.grants
    return Frame(
        signed_in=actor is not None,
        person_name=actor.name if actor else "",
        initials=visit.initials,
        role_title=grants.title_of(role) if role else "",
        organization_name=role.place if role else "",
        roles=[
            FrameRole(
                id=str(each.id),
                kind=each.kind,
                title=grants.title_of(each),
                organization_name=each.place,
                active=role is not None and each.id == role.id,
            )
            for each in visit.roles
        ],
        menu=menu_of(portal, actor, path) if actor else (),
        unread=visit.unread,
        locale=current_locale.get(),
        locales=LOCALES,
        theme=FrameTheme(
            name=theme,
            title=themes[theme].title,
            logo_url=assets.url(theming.logo_name(themes, theme)),
            css_urls=[*(assets.url(name) for name in styles if assets.has(name)), *plugin_styles],
        ),
        view=view,
        path=path,
        demo=not portal.config.production,
        support=portal.config.support_contact or None,
        version=core.__version__,
        account_id=str(actor.account_id) if actor else "",
        person_id=str(actor.person_id) if actor else "",
        answer_to_form=request.method not in SAFE_METHODS,
        scripts=scripts,
        analytics=analytics_of(request),
        setup_url=_way_back(request, actor),
    )


def _way_back(request: Request[Any, Any, Any], actor: Actor | None) -> str:
    """The checklist from which a step was opened a while ago, for the role it was opened in."""
    role_id, _colon, organization_id = cookies.sent(
        portal_of(request).config, request, cookies.SETUP
    ).partition(":")
    if actor is None or actor.role is None or str(actor.role.id) != role_id:
        return ""
    address = f"/organizations/{quote(organization_id)}/setup"
    return "" if request.url.path in (address, "/setup") else address


def _asset_urls(assets: Assets, plugin: Plugin, names: Sequence[str]) -> list[str]:
    """Addresses of a plugin's files: built with the portal, or shipped ready-made in its folder `static/`."""
    shipped = plugin.folder / "static"
    return [
        assets.url(name) if assets.has(name) else f"/static-plugins/{plugin.name}/{name}"
        for name in names
        if assets.has(name) or (shipped / name).is_file()
    ]


def menu_of(portal: Portal, actor: Actor, path: str) -> tuple[FrameEntry, ...]:
    """The menu for an actor; `path` is the page being shown."""
    from core.web.i18n import gettext as _

    found = [
        (order, str(title), url, icon, section, 0)
        for title, url, icon, permission, order, section in CORE_MENU
        if permission is None or actor.can(permission)
    ]
    badges = [
        (plugin, entry)
        for plugin, entry in portal.plugins.each("menu_entries")
        if actor.can(entry.permission) and portal.is_on_for(plugin.name, actor)
    ]
    if badges:
        with portal.database.reading() as db:
            for plugin, entry in badges:
                count = 0
                if entry.badge is not None:
                    try:
                        with db.begin_nested():
                            count = int(entry.badge(db, actor))
                    except Exception as error:
                        portal.plugins.fence(
                            plugin.name, sentence("меню «%(title)s»", title=entry.title), error
                        )
                found.append((entry.order, str(entry.title), entry.url, entry.icon, entry.section, count))
    found.sort(key=lambda entry: (entry[4] != "main", entry[0]))
    # Of two entries that lead here, as `/journal` and `/journal/absent`, the nearer one is shown as open.
    leading_here = (
        url for _, _, url, *_ in found if path == url or (url != "/" and path.startswith(f"{url}/"))
    )
    open_url = max(leading_here, key=len, default="")
    return tuple(
        FrameEntry(
            title=_(title),
            url=url,
            icon=icon,
            active=url == open_url,
            badge=count,
            section=section,
        )
        for _order, title, url, icon, section, count in found
    )
