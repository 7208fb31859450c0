"""The part of a form that says which role is given, and in which organization."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.params import Body
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound, PortalError
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations.directory import current_year, years
from core.organizations.models import Organization, OrganizationGroup, SchoolClass
from core.roles import lifecycle
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT, NewRole
from core.roles.permissions import Reach
from core.search import starts_a_word
from core.web.i18n import gettext
from core.web.pages import Page, render
from core.web.struct_form import FormField, form_fields

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
FOUND = 20
MOST_GROUPS = 300


class RoleForm(msgspec.Struct, kw_only=True):
    """The role to be given."""

    kind: Annotated[str, Meta(title="Роль", min_length=1)]
    school_class_id: Annotated[
        str | None, Meta(title="Класс", description="Только для классного руководителя.")
    ] = None
    group_id: Annotated[
        str | None,
        Meta(title="Для группы организаций", description="Пусто – роль действует для всех организаций ниже."),
    ] = None
    starts_on: Annotated[date, Meta(title="С какого дня")]
    ends_on: Annotated[date | None, Meta(title="По какой день", description="Пусто – без срока.")] = None
    basis: Annotated[
        str, Meta(title="Основание", description="Например: приказ и его дата.", max_length=200)
    ] = ""


def choose_place(db: Session, request: Request[Any, Any, Any], actor: Actor) -> Page:
    """For whoever sees several organizations: in which of them."""
    query = request.query_params.get("q", "").strip()
    found = select(Organization).where(within(actor, GRANT, Organization.id))
    if query:
        found = found.where(starts_a_word(Organization.search_key, sort_key(query)))
    shown = db.scalars(found.order_by(Organization.name_key, Organization.id).limit(FOUND + 1)).all()
    return render(
        request,
        "roles/choose_place.html",
        here=request.url.path,
        found=shown[:FOUND],
        more=len(shown) > FOUND,
        query=query,
        person=request.query_params.get("person", ""),
    )


def role_fields(
    db: Session,
    actor: Actor,
    place: Organization,
    typed: Mapping[str, Any] | None,
    wrong: PortalError | None,
    group: str = "",
) -> list[FormField]:
    """The fields of `RoleForm`, with the kinds, classes and groups to choose from in this organization.

    `group` is the one chosen at first.
    """
    groups = _groups(db, place) if lifecycle.kinds_to_give(db, actor, place, for_group=True) else []
    kinds = {each.name: each for each in lifecycle.kinds_to_give(db, actor, place)}
    if groups:
        kinds |= {each.name: each for each in lifecycle.kinds_to_give(db, actor, place, for_group=True)}
    choices = {
        "kind": [(name, gettext(each.title)) for name, each in kinds.items()],
        "school_class_id": _classes(db, actor, place),
        "group_id": groups,
    }
    optional = ("school_class_id", "group_id")
    fields = form_fields(
        RoleForm,
        {"starts_on": school_today(actor), "group_id": group},
        typed=typed,
        errors=wrong.fields if wrong else None,
        choices=choices,
    )
    return [each for each in fields if each.name not in optional or choices[each.name]]


def _groups(db: Session, place: Organization) -> list[tuple[str, str]]:
    kept = (
        select(OrganizationGroup.id, OrganizationGroup.name)
        .where(OrganizationGroup.organization_id == place.id)
        .order_by(OrganizationGroup.name_key, OrganizationGroup.id)
        .limit(MOST_GROUPS)
    )
    return [(str(key), name) for key, name in db.execute(kept)]


def _classes(db: Session, actor: Actor, place: Organization) -> list[tuple[str, str]]:
    year = current_year(years(db, place.id), school_today(actor))
    if year is None:
        return []
    found = db.execute(
        select(SchoolClass.id, SchoolClass.name)
        .where(SchoolClass.organization_id == place.id, SchoolClass.academic_year_id == year.id)
        .order_by(SchoolClass.grade_level, SchoolClass.name)
    )
    return [(str(key), name) for key, name in found]


def wanted_role(form: RoleForm, person_id: UUID, organization_id: UUID) -> NewRole:
    """What the form asks for."""
    return NewRole(
        person_id=person_id,
        kind=form.kind,
        organization_id=organization_id,
        school_class_id=as_id(form.school_class_id or ""),
        group_id=as_id(form.group_id or ""),
        starts_on=form.starts_on,
        ends_on=form.ends_on,
        basis=form.basis,
    )


def place_of(db: Session, actor: Actor, asked: str) -> Organization | None:
    """The organization of the form; None if there are several and none was chosen yet."""
    if not asked and actor.reach(GRANT) is Reach.BELOW:
        return None
    organization_id = as_id(asked) or actor.organization_id
    authorize(db, actor, GRANT, organization_id)
    return db.get_one(Organization, organization_id)


def no_place() -> Any:
    """Raise `NotFound`: the form was not made by this portal."""
    raise NotFound("Такого человека или организации нет.", advice="Начните с кнопки «Дать роль».")


def as_id(text: str) -> UUID | None:
    """An id from an address or a form; None for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
