"""Forms of an organization: making one, correcting its requisites and contacts, its licences."""

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
from core.errors import Forbidden, Invalid, PortalError
from core.identity.identifiers import show_phone
from core.organizations import changes, directory, licences
from core.organizations.kinds import KIND_TITLES, KINDS_BELOW
from core.organizations.licences import LicenceForm
from core.organizations.models import Organization
from core.organizations.requisites import AUTHORITY_FIELDS, CONTACT_FIELDS, as_kept
from core.organizations.timezones import ZONES
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext, lazy
from core.web.pages import Page, redirect, render
from core.web.struct_form import Choices, FormField, form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


class Place(msgspec.Struct, kw_only=True):
    """Where a new organization stands."""

    parent: Annotated[UUID, Meta(title="Кому подчиняется")]
    kind: Annotated[str, Meta(title="Вид организации", min_length=1)]


class Requisites(msgspec.Struct, kw_only=True):
    """What the authority above answers for."""

    name: Annotated[
        str, Meta(title="Полное название", description="Как в уставе.", max_length=500, min_length=3)
    ]
    short_name: Annotated[
        str,
        Meta(
            title="Краткое название", description="Так её видят люди: СОШ № 13.", max_length=120, min_length=2
        ),
    ]
    inn: Annotated[str, Meta(title="ИНН", description="10 цифр.", max_length=20)] = ""
    kpp: Annotated[str, Meta(title="КПП", description="9 знаков; у филиала свой.", max_length=20)] = ""
    ogrn: Annotated[str, Meta(title="ОГРН", description="13 цифр.", max_length=20)] = ""
    oktmo: Annotated[
        str,
        Meta(
            title="ОКТМО", description="8 цифр муниципалитета или 11 цифр населённого пункта.", max_length=20
        ),
    ] = ""
    region_code: Annotated[str, Meta(title="Код региона", description="Две или три цифры.", max_length=3)] = (
        ""
    )
    legal_address: Annotated[str, Meta(title="Юридический адрес", max_length=500)] = ""
    timezone: Annotated[
        str | None, Meta(title="Часовой пояс", description="По нему идут учебные дни и часы.")
    ] = None


class Contacts(msgspec.Struct, kw_only=True):
    """What an organization says of itself."""

    address: Annotated[str, Meta(title="Фактический адрес", max_length=500)] = ""
    phone: Annotated[str, Meta(title="Телефон", description="+7 (865) 531-23-45", max_length=40)] = ""
    email: Annotated[str, Meta(title="Электронная почта", max_length=200)] = ""
    site: Annotated[str, Meta(title="Сайт", description="Например, https://школа.рф", max_length=200)] = ""
    support_contact: Annotated[
        str,
        Meta(
            title="Куда обращаться за помощью",
            description="Телефон или почта тех, кто помогает людям с порталом.",
            max_length=200,
        ),
    ] = ""


EVERY_KIND = tuple(kind for kind in KIND_TITLES if kind != "federal")
PARTS = ((lazy("Реквизиты"), Requisites, AUTHORITY_FIELDS), (lazy("Контакты"), Contacts, CONTACT_FIELDS))


@get(
    "/organizations/{organization_id:uuid}/edit",
    guards=[needs(changes.CONTACTS)],
    sync_to_thread=True,
    include_in_schema=False,
)
def edit_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> Page:
    """The form of what the actor may correct."""
    with database.reading() as db:
        return _edit(db, request, actor, organization_id)


@post(
    "/organizations/{organization_id:uuid}/edit",
    guards=[needs(changes.CONTACTS)],
    sync_to_thread=True,
    include_in_schema=False,
)
def save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Keep what was corrected; with errors the form comes back as it was typed."""
    with database.reading() as db:
        organization = directory.organization(db, actor, organization_id)
        parts = _parts(db, actor, organization)
        zones = _zones(organization)
    try:
        values = _read(parts, data, zones)
        with database.transaction() as db:
            changes.update_fields(db, actor, organization_id, values)
    except Invalid as wrong:
        with database.reading() as db:
            return _edit(db, request, actor, organization_id, typed=data, errors=wrong.fields)
    return redirect(f"/organizations/{organization_id}?done=saved")


@get("/organizations/new", guards=[needs(changes.EDIT)], sync_to_thread=True, include_in_schema=False)
def new_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The form of a new organization; `parent` in the address says where it stands."""
    with database.reading() as db:
        return _new(db, request, actor, request.query_params.get("parent", ""))


@post("/organizations/new", guards=[needs(changes.EDIT)], sync_to_thread=True, include_in_schema=False)
def create(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make an organization."""
    parent = str(data.get("parent", ""))
    with database.reading() as db:
        choices = {**_places(db, actor, parent), "kind": _kinds(EVERY_KIND)}
    try:
        wrong: dict[str, str] = {}
        place = _part(Place, data, choices, wrong)
        values = _read([(Requisites, ()), (Contacts, ())], data, _zones(None), wrong)
        assert place is not None  # noqa: S101 -- with anything wrong _read has refused
        with database.transaction() as db:
            made = changes.create(db, actor, place.parent, place.kind, values)
            identity = made.id
    except Invalid as error:
        with database.reading() as db:
            return _new(db, request, actor, parent, typed=data, errors=error.fields)
    return redirect(f"/organizations/{identity}?done=created")


@get(
    "/organizations/{organization_id:uuid}/licences",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def licence_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> Page:
    """The licences of an organization, and the form of one more."""
    with database.reading() as db:
        return _licences(db, request, actor, organization_id)


@post(
    "/organizations/{organization_id:uuid}/licences",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def add_licence(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write down a licence or an accreditation."""
    try:
        with database.transaction() as db:
            licences.add(db, actor, organization_id, parse_form(LicenceForm, data))
    except Invalid as wrong:
        with database.reading() as db:
            return _licences(db, request, actor, organization_id, typed=data, errors=wrong.fields)
    return redirect(f"/organizations/{organization_id}/licences?done=added")


@post(
    "/organizations/{organization_id:uuid}/licences/{licence_id:uuid}/remove",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def remove_licence(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    licence_id: FromPath[UUID],
) -> Page:
    """Take away a licence that was written down by mistake."""
    with database.transaction() as db:
        licences.remove(db, actor, organization_id, licence_id)
    return redirect(f"/organizations/{organization_id}/licences?done=removed")


def _edit(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    organization_id: UUID,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    organization = directory.organization(db, actor, organization_id)
    parts = _parts(db, actor, organization)
    if not parts:
        raise Forbidden(
            "Сведения этой организации исправляет она сама и организация над ней.",
            advice="Откройте карточку своей организации.",
        )
    stored = {name: getattr(organization, name) for _title, _kind, names in PARTS for name in names} | {
        "phone": show_phone(organization.phone)
    }
    return render(
        request,
        "organizations/edit.html",
        status=422 if errors else 200,
        organization=organization,
        parts=[
            (
                title,
                form_fields(kind, stored, typed=typed, errors=errors, choices=_zones(organization)),
            )
            for title, kind, _names in PARTS
            if any(kind is part for part, _fields in parts)
        ],
        contacts_only=len(parts) == 1,
    )


def _new(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    parent: str,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    choices = _places(db, actor, parent)
    kinds = choices["kind"]
    start = {"parent": parent or str(actor.organization_id), "kind": kinds[0][0] if len(kinds) == 1 else ""}
    fields: list[tuple[str, Sequence[FormField]]] = [
        (lazy("Место в дереве"), form_fields(Place, start, typed=typed, errors=errors, choices=choices))
    ]
    fields += [
        (title, form_fields(kind, typed=typed, errors=errors, choices=_zones(None)))
        for title, kind, _names in PARTS
    ]
    return render(
        request, "organizations/new.html", status=422 if errors else 200, parts=fields, parent=parent
    )


def _licences(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    organization_id: UUID,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    organization = changes.decided_from_above(db, actor, organization_id)
    return render(
        request,
        "organizations/licences.html",
        status=422 if errors else 200,
        organization=organization,
        licences=licences.licences_of(db, organization_id),
        fields=form_fields(LicenceForm, typed=typed, errors=errors),
        done=request.query_params.get("done", ""),
    )


def _parts(
    db: Session, actor: Actor, organization: Organization
) -> list[tuple[type[msgspec.Struct], Sequence[str]]]:
    may = changes.may_change(db, actor, organization)
    return [(kind, names) for _title, kind, names in PARTS if names[0] in may]


def _read(
    parts: Sequence[tuple[type[msgspec.Struct], Any]],
    data: Mapping[str, Any],
    choices: Choices,
    wrong: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What was typed into several structs, by field. Raises `Invalid` with all that is wrong in any of them."""
    values: dict[str, Any] = {}
    wrong = wrong if wrong is not None else {}
    for kind, _names in parts:
        read = _part(kind, data, choices, wrong)
        values |= msgspec.structs.asdict(read) if read is not None else {}
    try:
        as_kept({name: data.get(name) for kind, _names in parts for name in kind.__struct_fields__})
    except Invalid as error:
        # Check digits are told together with what is not filled in, not after it.
        wrong.update({name: words for name, words in error.fields.items() if name not in wrong})
    if wrong:
        raise Invalid(
            "Не сохранено: в форме есть ошибки.",
            advice="Исправьте отмеченное и отправьте снова.",
            fields=wrong,
        )
    return values


def _part(kind: type[Any], data: Mapping[str, Any], choices: Choices, wrong: dict[str, str]) -> Any | None:
    try:
        return parse_form(kind, data, choices)
    except PortalError as error:
        wrong.update(error.fields)
        return None


def _zones(organization: Organization | None) -> Choices:
    known = [(zone, gettext(title)) for zone, title in ZONES.items()]
    own = organization.timezone if organization is not None else None
    return {"timezone": known if own is None or own in ZONES else [*known, (own, own)]}


def _places(db: Session, actor: Actor, parent: str) -> Choices:
    """Parents and kinds to choose from; a school stands among the parents only if it was asked for."""
    parents = list(changes.possible_parents(db, actor))
    asked = changes.parent_asked_for(db, actor, parent)
    if asked is not None and asked not in parents:
        parents.append(asked)
    return {
        "parent": [(str(each.id), each.short_name) for each in parents],
        "kind": _kinds(
            KINDS_BELOW[asked.kind]
            if asked is not None
            else [kind for kind in KIND_TITLES if any(kind in KINDS_BELOW[each.kind] for each in parents)]
        ),
    }


def _kinds(kinds: Sequence[str]) -> list[tuple[str, str]]:
    return [(kind, gettext(KIND_TITLES[kind])) for kind in kinds]


organization_editing_routes: list[Any] = [
    edit_form,
    save,
    new_form,
    create,
    licence_form,
    add_licence,
    remove_licence,
]
