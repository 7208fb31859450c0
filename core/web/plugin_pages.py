"""The operators' pages of the plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core import plugin_admin, plugin_overview
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.identity import sign_in_ways
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import ngettext
from core.web.pages import Page, redirect, render
from core.web.struct_form import FormField, form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)


class SwitchForm(msgspec.Struct, kw_only=True):
    """A decision: `target` is an organization's or a group's id, `decision` is on, off or inherit."""

    target: UUID
    decision: str
    is_group: bool = False
    locked: bool = False
    organization: UUID | None = None


class ProviderForm(msgspec.Struct, kw_only=True):
    """Which plugin provides a capability; empty takes the choice back."""

    capability: str
    organization: UUID
    plugin: str = ""
    back: str = ""


class ResetForm(msgspec.Struct, kw_only=True):
    """A setting whose inherited value shall hold again."""

    organization: UUID
    setting: str


class SourcedSetting(msgspec.Struct, frozen=True, kw_only=True):
    """Where a setting's value comes from; `own` ones can be reset."""

    name: str
    label: str
    source: str
    own: bool


@get("/plugins", guards=[needs(plugin_admin.VIEW)], sync_to_thread=True, include_in_schema=False)
def plugin_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Installed plugins, as they stand for one organization."""
    with database.reading() as db:
        organization = plugin_admin.organization_for(db, actor, plugin_admin.VIEW, _asked(request, actor))
        lines = plugin_overview.overview(db, actor, organization.id)
        return render(
            request,
            "plugins/list.html",
            lines=lines,
            organization=organization,
            words=plugin_overview.verdict_in_words,
            **_found(db, request, actor),
        )


@get("/plugins/{name:str}", guards=[needs(plugin_admin.VIEW)], sync_to_thread=True, include_in_schema=False)
def plugin_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
) -> Page:
    """What a plugin wants, where it is on, how it fares, and its settings."""
    with database.reading() as db:
        return _card_page(db, request, actor, name, _asked(request, actor))


def _card_page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    name: str,
    organization_id: UUID,
    *,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Page:
    card = plugin_overview.card(db, actor, name, organization_id)
    plugin = plugin_admin.plugin_named(db, name)
    path = card.organization.path
    fields: list[FormField] = []
    sources: list[SourcedSetting] = []
    if plugin.settings is not None:
        values = db.portal.switches.settings(name, path, plugin.settings)
        fields = form_fields(plugin.settings, values, typed=typed, errors=errors)
        names = {field.name: field.label for field in fields}
        own = db.portal.switches.own_settings(name, path)
        set_by = db.portal.switches.setting_sources(name, path)
        titles = plugin_admin.organization_names(db, set(set_by.values()))
        sources = [
            SourcedSetting(
                name=key,
                label=names[key],
                source=titles.get(set_by[key], "") if key in set_by else "",
                own=key in own,
            )
            for key in names
        ]
    return render(
        request,
        "plugins/plugin.html",
        status=422 if errors else 200,
        card=card,
        line=card.line,
        organization=card.organization,
        effect=plugin_admin.effect(db, name, card.organization),
        missing=plugin_admin.missing_capabilities(db, plugin, path),
        left_without=plugin_admin.left_without(db, plugin, path),
        signs_in=bool(plugin.of("identity_providers")),
        signed_in=sign_in_ways.signed_in_with(db, plugin, path),
        fields=fields,
        sources=sources,
        errors=errors or {},
        may_switch=actor.can(plugin_admin.SWITCH),
        words=plugin_overview.verdict_in_words,
        **_found(db, request, actor),
    )


@post(
    "/plugins/{name:str}/switch",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    include_in_schema=False,
)
def switch_plugin(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Annotated[SwitchForm, FormBody],
) -> Page:
    """Switch a plugin on or off, or let what is inherited hold again."""
    if data.decision not in ("on", "off", "inherit"):
        raise Invalid(_("Не указано, включить плагин или выключить."), advice=_("Обновите страницу."))
    enabled = data.decision == "on"
    with database.transaction() as db:
        if data.decision == "inherit":
            take_back = plugin_admin.forget_group if data.is_group else plugin_admin.forget
            ended = take_back(db, actor, name, data.target)
        else:
            switch = plugin_admin.switch_group if data.is_group else plugin_admin.switch
            ended = switch(db, actor, name, data.target, enabled=enabled, locked=data.locked)
    shown = data.organization or (None if data.is_group else data.target)
    return redirect(_card_url(name, shown, data.decision, ended))


@post(
    "/plugins/{name:str}/settings",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    include_in_schema=False,
)
def save_settings(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Typed,
) -> Page:
    """Keep the settings of an organization; with errors the form comes back as it was typed."""
    organization_id = _as_id(str(data.get("_organization", "")))
    with database.reading() as db:
        kind = plugin_admin.settings_of(plugin_admin.plugin_named(db, name))
        plugin_admin.organization_for(db, actor, plugin_admin.SWITCH, organization_id)
        try:
            values = parse_form(kind, data)
        except Invalid as wrong:
            return _card_page(
                db, request, actor, name, organization_id, typed=data, errors=dict(wrong.fields)
            )
    with database.transaction() as db:
        ended = plugin_admin.save_settings(db, actor, name, organization_id, values)
    return redirect(_card_url(name, organization_id, "saved", ended))


@post(
    "/plugins/{name:str}/settings/reset",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    include_in_schema=False,
)
def reset_setting(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Annotated[ResetForm, FormBody],
) -> Page:
    """Let the inherited value of one setting hold again."""
    with database.transaction() as db:
        ended = plugin_admin.reset_setting(db, actor, name, data.organization, data.setting)
    return redirect(_card_url(name, data.organization, "saved", ended))


@post(
    "/plugins/capability",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    include_in_schema=False,
)
def choose_provider(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[ProviderForm, FormBody],
) -> Page:
    """Choose who provides a capability in an organization and below it."""
    with database.transaction() as db:
        plugin_admin.choose_provider(db, actor, data.capability, data.organization, data.plugin or None)
        known = data.back in db.portal.plugins.loaded
    if known:
        return redirect(_card_url(data.back, data.organization, "saved"))
    return redirect("/plugins?" + urlencode({"organization": str(data.organization)}))


def _asked(request: Request[Any, Any, Any], actor: Actor) -> UUID:
    """The organization the address names, else the acting role's own."""
    asked = request.query_params.get("organization", "")
    return _as_id(asked) if asked else actor.organization_id


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес.")) from None


def _found(db: Session, request: Request[Any, Any, Any], actor: Actor) -> dict[str, Any]:
    """What the search for another organization found; `find` is what was asked."""
    text = request.query_params.get("find")
    found: Sequence[Organization] = (
        plugin_overview.organizations_in_reach(db, actor, plugin_admin.VIEW, text) if text is not None else []
    )
    return {"find": text or "", "searched": text is not None, "found": found, "done": _done(request)}


def _done(request: Request[Any, Any, Any]) -> str:
    said = {
        "on": _("Включено. Действует сразу."),
        "off": _("Выключено. Данные плагина сохранены."),
        "inherit": _("Своё решение отменено."),
        "saved": _("Сохранено."),
    }.get(request.query_params.get("done", ""), "")
    ended = request.query_params.get("ended", "")
    if said and ended.isascii() and ended.isdigit():
        count = int(ended[:9])
        said += " " + ngettext("Завершён %(num)d сеанс.", "Завершено %(num)d сеансов.", count) % {
            "num": count
        }
    return said


def _card_url(name: str, organization_id: UUID | None, done: str, ended: int = 0) -> str:
    """The card with a word about what was done; `ended` is how many sessions ended with it."""
    asked = {"organization": str(organization_id)} if organization_id else {}
    told = {"ended": str(ended)} if ended else {}
    return f"/plugins/{name}?" + urlencode({**asked, "done": done, **told})


plugin_routes: list[Any] = [
    plugin_list,
    plugin_card,
    switch_plugin,
    save_settings,
    reset_setting,
    choose_provider,
]
