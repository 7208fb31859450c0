"""The guardians of a pupil, for the school: who is tied, what each may, until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, NotFound, PortalError
from core.identity import guardians
from core.identity.families import Rights
from core.identity.guardians import EDIT, Terms
from core.identity.newcomers import Namesakes, add_person, person_among
from core.identity.relations import Relation, relation_words
from core.roles.actor import Actor
from core.web.accounts.person_form import PersonForm, parse_person
from core.web.families.children_pages import RIGHTS
from core.web.guards import needs
from core.web.i18n import lazy, sentence
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed, as_id
from core.web.struct_form import form_fields, parse_form

DONE = {"tied": lazy("Представитель добавлен."), "changed": lazy("Права представителя изменены.")}


class TermsForm(msgspec.Struct, kw_only=True):
    """What a guardian may, until when, and on what ground."""

    relation: Relation
    rights: Annotated[
        Literal["full", "view", "none"],
        Meta(
            title="Что может",
            extra_json_schema={
                "titles": {
                    "full": "законный представитель: видит всё и действует за ребёнка",
                    "view": "только видит дневник и сведения о ребёнке",
                    "none": "ничего не видит: права ограничены судом",
                }
            },
        ),
    ] = "full"
    basis: Annotated[
        str,
        Meta(
            title="Основание",
            description="Документ, его номер и дата. Обязательно, если права ограничены.",
            max_length=300,
        ),
    ] = ""
    ends_on: Annotated[
        date | None, Meta(title="По какой день", description="Пусто – до совершеннолетия ребёнка.")
    ] = None


@get("/people/{person_id:uuid}/guardians", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def family_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """The guardians of a pupil."""
    with database.reading() as db:
        return render(
            request,
            "people/guardians.html",
            family=guardians.family(db, actor, person_id),
            relation_words=relation_words,
            rights=RIGHTS,
            done=DONE.get(request.query_params.get("done", ""), ""),
        )


@get(
    "/people/{person_id:uuid}/guardians/new",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def new_guardian(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Somebody to be tied to a pupil."""
    with database.reading() as db:
        return _new(db, request, actor, person_id)


@post(
    "/people/{person_id:uuid}/guardians",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def add_guardian(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Tie a guardian: somebody the portal knows, or a person added with the tie, both or neither."""
    try:
        told, form = parse_person(
            data, TermsForm, sentence("Представитель не добавлен: в форме есть ошибки.")
        )
        with database.transaction() as db:
            family = guardians.family(db, actor, person_id)
            chosen = as_id(str(data.get("same", "")))
            guardian = (
                person_among(db, actor, told, chosen)
                if chosen
                else add_person(db, actor, actor.organization_id, told, namesake=bool(data.get("namesake")))
            )
            guardians.tie(db, actor, family.child.id, guardian, _terms(form))
    except PortalError as wrong:
        if isinstance(wrong, NotFound):
            raise
        with database.reading() as db:
            return _new(db, request, actor, person_id, data, wrong)
    return redirect(f"/people/{person_id}/guardians?done=tied")


@get(
    "/people/{person_id:uuid}/guardians/{tie_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def tie_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    tie_id: FromPath[UUID],
) -> Page:
    """What one guardian may."""
    with database.reading() as db:
        return _tie(db, request, actor, person_id, tie_id)


@post(
    "/people/{person_id:uuid}/guardians/{tie_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def change_tie(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    tie_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Change what one guardian may."""
    try:
        form = parse_form(TermsForm, data)
        with database.transaction() as db:
            guardians.change(db, actor, person_id, tie_id, _terms(form))
    except Invalid as wrong:
        with database.reading() as db:
            return _tie(db, request, actor, person_id, tie_id, data, wrong)
    return redirect(f"/people/{person_id}/guardians?done=changed")


def _terms(form: TermsForm) -> Terms:
    return Terms(relation=form.relation, rights=Rights(form.rights), basis=form.basis, ends_on=form.ends_on)


def _new(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    family = guardians.family(db, actor, person_id)
    errors = wrong.fields if wrong else None
    return render(
        request,
        "people/new_guardian.html",
        status=wrong.status if wrong else 200,
        family=family,
        person_fields=form_fields(PersonForm, typed=typed, errors=errors),
        fields=form_fields(TermsForm, typed=typed, errors=errors),
        wrong=wrong,
        namesakes=wrong.people if isinstance(wrong, Namesakes) else [],
    )


def _tie(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    tie_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    family = guardians.family(db, actor, person_id)
    line = next((each for each in family.lines if each.tie.id == tie_id), None)
    if line is None:
        raise NotFound("Такого представителя у ребёнка нет.", advice="Обновите страницу.")
    present = {name: getattr(line.tie, name) for name in ("relation", "rights", "basis", "ends_on")}
    return render(
        request,
        "people/tie.html",
        status=wrong.status if wrong else 200,
        family=family,
        line=line,
        fields=form_fields(TermsForm, present, typed=typed, errors=wrong.fields if wrong else None),
        wrong=wrong,
    )


guardian_routes: list[Any] = [family_page, new_guardian, add_guardian, tie_form, change_tie]
