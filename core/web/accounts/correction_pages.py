"""Correcting what the school has written down of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.database.engine import Database
from core.errors import NotFound, PortalError
from core.identity import corrections
from core.identity.corrections import CORRECT, FIELDS, Correctable
from core.identity.directory import PEOPLE, holds_place
from core.identity.fields import written
from core.identity.masks import mask
from core.roles.actor import Actor
from core.web.accounts.person_form import PersonForm, parse_halves
from core.web.accounts.person_pages import NO_STORE
from core.web.guards import needs
from core.web.i18n import gettext, sentence
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed
from core.web.struct_form import FormField, form_fields

PATH = "/people/{person_id:uuid}/correct"


class CorrectionForm(PersonForm, kw_only=True):
    """The whole card as it is to stand, and why."""

    gender: Annotated[
        Literal["F", "M"] | None,
        Meta(title="Пол", extra_json_schema={"titles": {"F": "женский", "M": "мужской"}}),
    ] = None
    reason: Annotated[
        str,
        Meta(
            title="Основание",
            description="Документ, по которому исправлено. Его увидят сам человек и те, кто читает историю изменений.",
            min_length=3,
            max_length=200,
        ),
    ]


@get(PATH, guards=[needs(CORRECT)], sync_to_thread=True, include_in_schema=False)
def correction_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """What stands now, to be corrected; that it was shown is recorded."""
    with database.transaction() as db:
        told = corrections.to_correct(db, actor, person_id)
        if not told.objection:
            corrections.note_shown(db, actor, told)
    return _form(request, actor, database, person_id)


@post(PATH, guards=[needs(CORRECT)], sync_to_thread=True, include_in_schema=False)
def save_correction(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write down what was corrected."""
    try:
        (form,) = parse_halves(data, (CorrectionForm,), corrections.REFUSAL)
        with database.transaction() as db:
            hidden = corrections.to_correct(db, actor, person_id).hidden
            changed = corrections.correct(
                db,
                actor,
                person_id,
                {
                    name: getattr(form, name)
                    for name in FIELDS
                    if name not in hidden or getattr(form, name) is not None
                },
                form.reason,
                against_confirmed=bool(data.get("against_confirmed")),
                state=str(data.get("state", "")) or None,
            )
    except NotFound:
        raise
    except PortalError as wrong:
        return _form(request, actor, database, person_id, data, wrong)
    back = "accounts" if data.get("back") == "accounts" else "people"
    return redirect(f"/{back}/{person_id}?corrected={'yes' if changed else 'nothing'}")


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    database: Database,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    with database.reading() as db:
        told = corrections.to_correct(db, actor, person_id)
        asked = (typed or {}).get("back") or request.query_params.get("back", "")
        # A coordinator sees accounts, not the cards of pupils.
        opens_card = asked != "accounts" and holds_place(db, actor, person_id, PEOPLE)
        return render(
            request,
            "people/correct.html",
            status=wrong.status if wrong else 200,
            headers=NO_STORE,
            told=told,
            person=told.person,
            fields=_fields(told, typed, wrong),
            wrong=wrong,
            against=bool((typed or {}).get("against_confirmed")),
            back="people" if opens_card else "accounts",
        )


def _fields(
    told: Correctable, typed: Mapping[str, Any] | None, wrong: PortalError | None
) -> Sequence[FormField]:
    """The fields as they stand; of one the reader may not see, only so much that one recognises it."""
    person = told.person
    present = {name: getattr(person, name) for name in FIELDS if name not in told.hidden}
    for name in ("snils", "phone"):
        if present.get(name):
            present[name] = written(name, person)
    fields = form_fields(CorrectionForm, present, typed=typed, errors=wrong.fields if wrong else None)
    order = {name: at for at, name in enumerate((*FIELDS, "reason"))}
    fields.sort(key=lambda each: order[each.name])
    return [
        msgspec.structs.replace(
            each,
            help=gettext(
                sentence(
                    "Записано: %(value)s. Пусто – оставить как есть.",
                    value=mask(each.name, written(each.name, person)),
                )
            ),
        )
        if each.name in told.hidden
        else each
        for each in fields
    ]


correction_routes: list[Any] = [correction_form, save_correction]
