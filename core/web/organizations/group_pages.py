"""Pages of a group of organizations: its card, its form with a preview of the rule, plugins, announcements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from msgspec import Meta

from core import plugin_admin
from core.audit import reading as audit
from core.audit.record import history
from core.audit.telling import told
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import announcements, groups, listing
from core.organizations.announcements import ANNOUNCE, AnnouncementForm
from core.organizations.group_rules import GroupRule, in_words
from core.organizations.groups import EDIT, GROUP_TITLES, VIEW
from core.organizations.models import Organization, OrganizationGroup
from core.organizations.switches import group_decisions
from core.roles import lifecycle
from core.roles.access import authorize, reaches
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT
from core.roles.listing import roles_for_group
from core.web.guards import needs
from core.web.i18n import gettext
from core.web.organizations.group_list import GROUPS
from core.web.pages import Page, redirect, render
from core.web.roles.role_list import STATES
from core.web.struct_form import Choices, form_fields, parse_form
from core.web.worklist_pages import worklist_routes

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
SHOWN = 20
SHOWN_CHANGES = 20


class GroupForm(msgspec.Struct, kw_only=True):
    """What a group is called and how its members are kept."""

    name: Annotated[str, Meta(title="Название", min_length=3, max_length=120)]
    kind: Annotated[
        Literal["district", "project", "network", "other"],
        Meta(
            title="Вид группы",
            extra_json_schema={
                "titles": {"district": "Округ", "project": "Проект", "network": "Сеть", "other": "Другое"}
            },
        ),
    ] = "project"
    description: Annotated[str, Meta(title="Описание", max_length=1000)] = ""
    membership: Annotated[
        Literal["hand", "rule"],
        Meta(
            title="Кто в группе",
            description="Вручную организации добавляют из их списка; по правилу состав обновляется сам.",
            extra_json_schema={"titles": {"hand": "Выбираю вручную", "rule": "По правилу"}},
        ),
    ] = "hand"


class DecisionForm(msgspec.Struct, kw_only=True):
    """A decision about a plugin for a group: `decision` is on, off or inherit."""

    plugin: str
    decision: str
    locked: bool = False


@get(
    "/organization-groups/{group_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def group_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
) -> Page:
    """A group: who belongs to it, its plugins, what was announced, what was changed."""
    with database.reading() as db:
        group = groups.group_for(db, actor, VIEW, group_id)
        keeper = db.get_one(Organization, group.organization_id)
        rule = groups.rule_of(group)
        may_see_changes = reaches(db, actor, audit.VIEW, keeper)
        may_see_roles = reaches(db, actor, lifecycle.VIEW, keeper)
        may_see_plugins = reaches(db, actor, plugin_admin.VIEW, keeper)
        found = history(db, "group", [str(group.id)])[:SHOWN_CHANGES] if may_see_changes else ()
        plugins = tuple(db.portal.plugins.loaded.values()) if may_see_plugins else ()
        return render(
            request,
            "groups/card.html",
            group=group,
            keeper=keeper,
            kind_title=GROUP_TITLES.get(group.kind, group.kind),
            rule=in_words(db, rule) if rule is not None else "",
            members=groups.members_of(db, group, SHOWN + 1)[:SHOWN],
            count=groups.member_count(db, group),
            plugins=sorted(plugins, key=lambda plugin: str(plugin.manifest.title)),
            decisions=group_decisions(db, group.id),
            announcements=announcements.announcements_of(db, group),
            changes=told(db, actor, found),
            roles=roles_for_group(db, actor, group.id) if may_see_roles else (),
            role_states=STATES,
            may_see_roles=may_see_roles,
            may_give=reaches(db, actor, GRANT, keeper),
            may_see_changes=may_see_changes,
            may_edit=reaches(db, actor, EDIT, keeper),
            may_announce=reaches(db, actor, ANNOUNCE, keeper),
            may_switch=reaches(db, actor, plugin_admin.SWITCH, keeper),
            done=request.query_params.get("done", ""),
        )


@get("/organization-groups/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def new_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form of a new group."""
    with database.reading() as db:
        return _form(db, request, actor, None)


@post("/organization-groups/new", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def create(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make a group, once its rule has been shown with whom it takes in."""
    return _save(database, request, actor, None, data)


@get(
    "/organization-groups/{group_id:uuid}/edit",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def edit_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
) -> Page:
    """The form of a group."""
    with database.reading() as db:
        return _form(db, request, actor, groups.group_for(db, actor, EDIT, group_id))


@post(
    "/organization-groups/{group_id:uuid}/edit",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Change a group, once its rule has been shown with whom it takes in."""
    return _save(database, request, actor, group_id, data)


@post(
    "/organization-groups/{group_id:uuid}/plugins",
    guards=[needs(plugin_admin.SWITCH)],
    sync_to_thread=True,
    include_in_schema=False,
)
def decide(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    data: Annotated[DecisionForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Switch a plugin on or off for the group, or take the decision back."""
    if data.decision not in ("on", "off", "inherit"):
        raise Invalid("Не указано, включить плагин или выключить.", advice="Обновите страницу.")
    with database.transaction() as db:
        if data.decision == "inherit":
            plugin_admin.forget_group(db, actor, data.plugin, group_id)
        else:
            on = data.decision == "on"
            plugin_admin.switch_group(db, actor, data.plugin, group_id, enabled=on, locked=data.locked)
    return redirect(f"/organization-groups/{group_id}?done=plugins#plugins-title")


@get(
    "/organization-groups/{group_id:uuid}/announce",
    guards=[needs(ANNOUNCE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def announcement_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
) -> Page:
    """The form of an announcement."""
    with database.reading() as db:
        return _announcement(db, request, groups.group_for(db, actor, ANNOUNCE, group_id))


@post(
    "/organization-groups/{group_id:uuid}/announce",
    guards=[needs(ANNOUNCE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def announce(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    group_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Show how many people get the announcement; send it once that has been seen."""
    with database.reading() as db:
        group = groups.group_for(db, actor, ANNOUNCE, group_id)
        try:
            form = parse_form(AnnouncementForm, data)
            reach = announcements.check(db, group, form)
        except Invalid as wrong:
            return _announcement(db, request, group, typed=data, errors=wrong.fields)
        if data.get("step") != "send":
            return render(
                request,
                "groups/announce_sure.html",
                group=group,
                form=form,
                text=announcements.signed(db, group, form.body),
                fields=form_fields(AnnouncementForm, form),
                reach=reach,
            )
    with database.transaction() as db:
        announcements.announce(db, actor, group_id, form)
    return redirect(f"/organization-groups/{group_id}?done=announced#announcements-title")


def _announcement(
    db: Session,
    request: Request[Any, Any, Any],
    group: OrganizationGroup,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    fields = form_fields(AnnouncementForm, typed=typed, errors=errors)
    count = groups.member_count(db, group)
    return render(
        request,
        "groups/announce.html",
        status=422 if errors else 200,
        group=group,
        fields=fields,
        count=count,
    )


def _save(
    database: Database,
    request: Request[Any, Any, Any],
    actor: Actor,
    group_id: UUID | None,
    data: Mapping[str, Any],
) -> Page:
    with database.reading() as db:
        group = groups.group_for(db, actor, EDIT, group_id) if group_id is not None else None
        keeper_id = group.organization_id if group is not None else actor.organization_id
        authorize(db, actor, EDIT, keeper_id)
        wrong: dict[str, str] = {}
        form = rule = None
        try:
            form = parse_form(GroupForm, data)
        except Invalid as error:
            wrong |= error.fields
        if data.get("membership") == "rule":
            try:
                rule = parse_form(GroupRule, data, _places(db, actor))
            except Invalid as error:
                wrong |= error.fields
        if form is None or wrong:
            return _form(db, request, actor, group, typed=data, errors=wrong)
        seen = msgspec.json.encode(rule).decode() if rule is not None else ""
        if rule is not None and data.get("seen") != seen:
            shown = groups.preview(db, db.get_one(Organization, keeper_id), rule, group, SHOWN)
            return _form(db, request, actor, group, typed=data, preview=shown, seen=seen)
    try:
        with database.transaction() as db:
            saved = groups.save(
                db,
                actor,
                group_id,
                name=form.name,
                kind=form.kind,
                description=form.description,
                rule=rule,
            )
            identity = saved.id
    except Invalid as error:
        with database.reading() as db:
            group = groups.group_for(db, actor, EDIT, group_id) if group_id is not None else None
            return _form(db, request, actor, group, typed=data, errors=error.fields)
    return redirect(f"/organization-groups/{identity}?done={'saved' if group_id else 'created'}")


def _form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    group: OrganizationGroup | None,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    preview: groups.Preview | None = None,
    seen: str = "",
) -> Page:
    stored: dict[str, Any] = {}
    rule = groups.rule_of(group) if group is not None else None
    if group is not None:
        stored = {"name": group.name, "kind": group.kind, "description": group.description}
        stored["membership"] = "rule" if rule is not None else "hand"
    places = _places(db, actor)
    return render(
        request,
        "groups/form.html",
        status=422 if errors else 200,
        group=group,
        fields=form_fields(GroupForm, stored, typed=typed, errors=errors),
        rule_fields=form_fields(GroupRule, rule, typed=typed, errors=errors, choices=places),
        preview=preview,
        seen=seen,
    )


def _places(db: Session, actor: Actor) -> Choices:
    return {"within": [(key, gettext(name)) for key, name in listing.places(db, actor)]}


group_routes: list[Any] = [
    *worklist_routes(GROUPS),
    group_card,
    new_form,
    create,
    edit_form,
    save,
    decide,
    announcement_form,
    announce,
]
