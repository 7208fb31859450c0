"""Pages of organizations: the card, the tree below it, years, classes, subjects, staff, the look."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core import plugin_admin
from core.audit.telling import told
from core.database.engine import Database
from core.database.session import Session
from core.organizations import cards, directory
from core.organizations.kinds import KIND_TITLES, LICENCE_TITLES
from core.organizations.timezones import ZONES
from core.organizations.tree import TREE
from core.plugin_overview import verdict_in_words
from core.roles.access import reaches, sees
from core.roles.actor import Actor
from core.slots import ClassList, fill
from core.web import themes as theming
from core.web.guards import needs
from core.web.i18n import gettext
from core.web.organizations.organization_settings import settings_shown
from core.web.pages import Page, redirect, render
from core.web.slots import render_slot


class ThemeForm(msgspec.Struct, kw_only=True):
    """The look of an organization and all below it; empty inherits."""

    theme: str = ""


@get("/organization", guards=[needs(directory.VIEW)], sync_to_thread=True, include_in_schema=False)
def own_organization(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The acting role's organization; the group, if the role is given for one."""
    group_id = actor.acting_role.group_id
    if group_id is not None:
        return redirect(f"/organization-groups/{group_id}")
    with database.reading() as db:
        return _card(db, request, actor, actor.organization_id)


@get(
    "/organizations/{organization_id:uuid}",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def organization_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> Page:
    """Another organization in reach."""
    with database.reading() as db:
        return _card(db, request, actor, organization_id)


def _card(db: Session, request: Request[Any, Any, Any], actor: Actor, organization_id: UUID) -> Page:
    organization = directory.organization(db, actor, organization_id)
    today = directory.today_of(actor)
    section = request.query_params.get("section", "")
    after = request.query_params.get("after", "")
    years = directory.years(db, organization.id)
    asked = request.query_params.get("year", "")
    year = next((each for each in years if str(each.id) == asked), directory.current_year(years, today))
    limit = directory.PAGE_SIZE
    children = directory.children(db, organization, after if section == "below" else "", limit)
    staff = directory.staff(db, organization.id, today, after if section == "staff" else "", limit)
    switches = db.portal.switches
    own_theme = organization.theme or ""
    shown_theme = switches.theme(organization.path) or db.portal.config.theme
    themes = db.portal.templates.themes
    card = cards.card(db, actor, organization)
    line = [each for each in directory.ancestors(db, organization) if sees(db, actor, each)]
    return render(
        request,
        "organizations/card.html",
        organization=organization,
        card=card,
        today=today,
        kind_titles=KIND_TITLES,
        licence_titles=LICENCE_TITLES,
        zones=ZONES,
        by_whose_decision=verdict_in_words,
        settings=settings_shown(db, organization.path) if card.plugins else [],
        changes=told(db, actor, card.changes),
        ancestors=line,
        children=children[:limit],
        children_next=_next("below", directory.child_key(children[limit - 1]))
        if len(children) > limit
        else "",
        years=years,
        year=year,
        terms=directory.terms(db, year.id) if year else [],
        classes=directory.classes(db, year, today) if year else [],
        subjects=directory.subjects(db, organization),
        staff=staff[:limit],
        staff_next=_next("staff", directory.staff_key(db, staff[limit - 1])) if len(staff) > limit else "",
        may_see_tree=reaches(db, actor, TREE, organization),
        may_see_people=actor.can(directory.PEOPLE),
        may_change_theme=actor.can(plugin_admin.THEME),
        themes=theming.offered(themes),
        own_theme=own_theme,
        theme_title=gettext(theming.in_force(themes, shown_theme).title),
        done=request.query_params.get("done", ""),
        pieces=render_slot(request, db, actor, "organization.card", organization),
    )


def _next(section: str, after: str) -> str:
    return "?" + urlencode({"section": section, "after": after}) + f"#{section}-title"


@post(
    "/organizations/{organization_id:uuid}/theme",
    guards=[needs(plugin_admin.THEME)],
    sync_to_thread=True,
    include_in_schema=False,
)
def choose_theme(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: Annotated[ThemeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Page:
    """Choose the look of an organization and all below it."""
    with database.transaction() as db:
        plugin_admin.choose_theme(db, actor, organization_id, data.theme or None)
    return redirect(f"/organizations/{organization_id}?done=theme#theme-title")


@get(
    "/classes/{class_id:uuid}", guards=[needs(directory.PEOPLE)], sync_to_thread=True, include_in_schema=False
)
def class_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    class_id: FromPath[UUID],
) -> Page:
    """A class and its pupils, with the columns and pieces of the plugins."""
    with database.reading() as db:
        found = directory.school_class(db, actor, class_id)
        today = directory.today_of(actor)
        pupils = directory.pupils(db, found, today)
        subject = ClassList(school_class=found, pupil_ids=[pupil.person_id for pupil in pupils])
        columns = [piece for piece in fill(db, actor, "class.column", subject) if not piece.error_id]
        teachers = directory.class_teachers(db, [found.id], today)
        return render(
            request,
            "organizations/class.html",
            school_class=found,
            pupils=pupils,
            columns=columns,
            teacher=teachers.get(found.id),
            pieces=render_slot(request, db, actor, "class.list", subject),
        )


organization_routes: list[Any] = [
    own_organization,
    organization_card,
    choose_theme,
    class_page,
]
