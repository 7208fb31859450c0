"""«Что может роль»: the rights of each role kind in plain words, and changing them for a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.roles import configuring
from core.roles.actor import Actor
from core.roles.configuring import CONFIGURE, NOTHING, KindRights, Right
from core.roles.permissions import Reach
from core.web.guards import needs, signed_in
from core.web.i18n import gettext, lazy
from core.web.pages import Page, redirect, render
from core.web.struct_form import Choices, form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
INHERITED = "inherited"
HISTORY = 20
"""So many changes the page shows; the rest is in the history of the organization."""

REACHES = {
    NOTHING: lazy("нельзя"),
    int(Reach.OWN): lazy("только своё"),
    int(Reach.ORGANIZATION): lazy("вся организация"),
    int(Reach.BELOW): lazy("организация и все ниже"),
}
"""How far a right goes, in words. «Своё»: own lessons, classes, children, oneself."""


class RightForm(msgspec.Struct, kw_only=True):
    """How far a right shall go, and on what grounds."""

    reach: Annotated[str, Meta(title="Что можно")]
    basis: Annotated[
        str,
        Meta(
            title="Основание",
            description="Например: приказ и его дата.",
            min_length=3,
            max_length=300,
            extra_json_schema={"rows": 2},
        ),
    ]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The rights of one part of the portal: those the role has, those that were taken away, those it never had.

    The last are for those who may give them; `is_open` says that one of them is being changed.
    """

    title: str
    may: Sequence[Right]
    taken: Sequence[Right]
    may_not: Sequence[Right]
    is_open: bool


@get("/role-kinds", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def role_kinds(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Every kind of role, or those whose rights are changed."""
    with database.reading() as db:
        lines = configuring.kinds_to_read(db, actor)
    only_changed = request.query_params.get("show") == "changed"
    return render(
        request,
        "role_kinds/list.html",
        kinds=[line for line in lines if line.changed or not only_changed],
        only_changed=only_changed,
        changed_kinds=sum(1 for line in lines if line.changed),
    )


@get("/role-kinds/{name:str}", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def role_kind(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
) -> Page:
    """What a kind of role may do; with `edit`, one of its rights is being changed."""
    with database.reading() as db:
        return _page(db, request, actor, name, edit=request.query_params.get("edit", ""))


@post("/role-kinds/{name:str}", guards=[needs(CONFIGURE)], sync_to_thread=True, include_in_schema=False)
def configure(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Typed,
) -> Page:
    """Change a right of a kind of role in the acting role's organization and below."""
    permission = str(data.get("permission", ""))
    with database.reading() as db:
        right = configuring.right_to_change(db, actor, name, permission)
        try:
            wanted = parse_form(RightForm, data, _choices(right))
        except Invalid as wrong:
            return _page(db, request, actor, name, edit=permission, typed=data, wrong=wrong)
    reach = None if wanted.reach == INHERITED else int(wanted.reach)
    with database.transaction() as db:
        made = configuring.configure(db, actor, name, permission, reach, wanted.basis)
    return redirect(f"/role-kinds/{name}?done={made or 'nothing'}#right-{permission}")


@post(
    "/role-kinds/changes/{change_id:uuid}/undo",
    guards=[needs(CONFIGURE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def take_back(
    actor: NamedDependency[Actor], database: NamedDependency[Database], change_id: FromPath[UUID]
) -> Page:
    """Undo a change just made."""
    with database.transaction() as db:
        name = configuring.take_back(db, actor, change_id)
    return redirect(f"/role-kinds/{name}?done=undone")


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    name: str,
    *,
    edit: str,
    typed: Mapping[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    found = configuring.rights_of(db, actor, name)
    only_changed = request.query_params.get("show") == "changed"
    edited = next((each for each in found.rights if each.permission.name == edit), None)
    if not found.may_change:
        edited = None
    return render(
        request,
        "role_kinds/rights.html",
        status=wrong.status if wrong else 200,
        found=found,
        sections=_sections(db, found, edit=edit, only_changed=only_changed),
        changed=sum(1 for each in found.rights if each.is_changed),
        only_changed=only_changed,
        reaches=REACHES,
        titles={each: permission.title for each, permission in db.portal.grants.permissions.items()},
        history=found.changes[:HISTORY],
        edit=edited.permission.name if edited else "",
        fields=_fields(edited, typed, wrong) if edited else [],
        **_done(db, request, found),
    )


def _done(db: Session, request: Request[Any, Any, Any], found: KindRights) -> dict[str, Any]:
    """What has just happened, and the change that can be taken back."""
    done = request.query_params.get("done", "")
    made = next((each for each in found.changes if str(each.id) == done), None)
    if made is None:
        return {"done": done if done in ("nothing", "undone") else "", "made": None}
    # Taken back meanwhile: the page was only loaded again.
    latest = configuring.is_latest(db, found.kind.name, made)
    return {"done": "made" if latest else "undone", "made": made if latest else None}


def _sections(db: Session, found: KindRights, *, edit: str, only_changed: bool) -> Sequence[Section]:
    """Rights by the part of the portal they belong to; the core's own come first."""
    by_plugin: dict[str, list[Right]] = {}
    for each in found.rights:
        by_plugin.setdefault(each.plugin, []).append(each)
    loaded = db.portal.plugins.loaded
    sections: list[Section] = []
    for plugin, rights in sorted(by_plugin.items()):
        shown = [each for each in rights if each.is_changed or not only_changed]
        may_not = [each for each in shown if not each.reach and not each.is_changed]
        sections.append(
            Section(
                title=gettext(loaded[plugin].manifest.title) if plugin else gettext("Портал"),
                may=[each for each in shown if each.reach],
                taken=[each for each in shown if not each.reach and each.is_changed],
                may_not=may_not if found.may_change else [],
                is_open=any(each.permission.name == edit for each in may_not),
            )
        )
    return [each for each in sections if each.may or each.taken or not only_changed]


def _fields(right: Right, typed: Mapping[str, Any] | None, wrong: Invalid | None) -> Sequence[Any]:
    now = {"reach": INHERITED if right.changed is None else str(right.changed)}
    return form_fields(
        RightForm, now, typed=typed, errors=wrong.fields if wrong else None, choices=_choices(right)
    )


def _choices(right: Right) -> Choices:
    inherited = gettext("как задано выше: %(reach)s") % {"reach": gettext(REACHES[right.inherited])}
    others = [each for each in right.choices if each != right.inherited]
    return {"reach": [(INHERITED, inherited), *((str(each), gettext(REACHES[each])) for each in others)]}


role_kind_routes: list[Any] = [role_kinds, role_kind, configure, take_back]
