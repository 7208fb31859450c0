"""Texts of consents: what an organization asks people to agree to, and its next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.consents import texts
from core.consents.texts import PUBLISH, TextForm
from core.database.engine import Database
from core.database.session import Session
from core.errors import PortalError
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.pages import Page, redirect, render
from core.web.struct_form import form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/consent-texts", guards=[needs(PUBLISH)], sync_to_thread=True, include_in_schema=False)
def text_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Every kind of consent, and whose text is in force."""
    with database.reading() as db:
        return render(
            request,
            "consents/texts.html",
            lines=texts.kind_lines(db, actor),
            done=request.query_params.get("done", ""),
        )


@get("/consent-texts/{name:str}", guards=[needs(PUBLISH)], sync_to_thread=True, include_in_schema=False)
def text_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
) -> Page:
    """The text in force as a form for the next version, with the versions before it."""
    with database.reading() as db:
        return _form(db, request, actor, name)


def _form(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    name: str,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    line = texts.kind_line(db, actor, name)
    return render(
        request,
        "consents/text.html",
        status=wrong.status if wrong else 200,
        line=line,
        versions=texts.versions(db, actor, name),
        fields=form_fields(
            TextForm,
            {"text": line.asked.text.text if line.asked else line.kind.text},
            typed=typed,
            errors=wrong.fields if wrong else None,
        ),
        wrong=wrong,
        asks_to_retire=request.query_params.get("ask") == "retire",
    )


@post("/consent-texts/{name:str}", guards=[needs(PUBLISH)], sync_to_thread=True, include_in_schema=False)
def publish(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: FromPath[str],
    data: Typed,
) -> Page:
    """Publish the next version, or ask no more."""
    try:
        if data.get("step") == "retire":
            with database.transaction() as db:
                texts.retire(db, actor, name)
            return redirect("/consent-texts?done=retired")
        wanted = parse_form(TextForm, data)
        with database.transaction() as db:
            texts.publish(db, actor, name, wanted)
    except PortalError as wrong:
        with database.reading() as db:
            return _form(db, request, actor, name, data, wrong)
    return redirect("/consent-texts?done=published")


consent_text_routes: list[Any] = [text_list, text_form, publish]
