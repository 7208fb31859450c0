"""A page to read the API: made on the server out of the OpenAPI document, without any outside script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup, escape

from core.api import BY_SESSION, api_document, groups
from core.api.samples import curl
from core.api.schemas import NOTHING, Json, inner, type_in_words
from core.errors import NotFound
from core.identity.sessions import Visit
from core.portal import Portal
from core.web.pages import Page, render

CODE = re.compile("`([^`]+)`")


class DocumentedField(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter or a field: where it stands, its type and limits in words."""

    name: str
    place: str
    type: str
    required: bool
    description: Markup


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API; `sample` is a request for the command line, empty if no token opens it."""

    method: str
    path: str
    anchor: str
    summary: str
    description: Markup
    parameters: Sequence[DocumentedField]
    body: Sequence[DocumentedField]
    answer: Sequence[DocumentedField]
    problems: Sequence[tuple[str, Markup]]
    sample: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The operations of the core's part or of the plugin that `tag` names."""

    tag: str
    title: str
    operations: Sequence[Operation]


@get("/api/v1/docs", sync_to_thread=True, include_in_schema=False)
def docs(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    portal: NamedDependency[Portal],
    group: FromQuery[str] = "",
    operation: FromQuery[str] = "",
) -> Page:
    """Every operation in a line, by its group; or the operations of one `group` in full, `operation` unfolded."""
    document = api_document(request.app.openapi_schema.to_schema())
    all_groups = [
        Group(tag=tag, title=title, operations=found)
        for tag, title in groups(portal).items()
        if (found := list(_operations(document, tag, portal.config.address)))
    ]
    chosen = next((each for each in all_groups if each.tag == group), None)
    if group and chosen is None:
        raise NotFound("Такого раздела в API нет.", advice="Выберите раздел из списка.")
    return render(
        request,
        "api/docs.html",
        groups=all_groups,
        chosen=chosen,
        unfolded=operation,
        scopes=list(portal.grants.scopes.values()),
        signed_in=visit.actor is not None,
    )


def _operations(document: Json, tag: str, address: str) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if tag in operation["tags"]:
                yield _operation(document, path, method, operation, address)


def _operation(document: Json, path: str, method: str, operation: Json, address: str) -> Operation:
    responses: Json = operation["responses"]
    good: Json = next((each for status, each in responses.items() if status.startswith("2")), NOTHING)
    body = _content(operation.get("requestBody", NOTHING))
    return Operation(
        method=method.upper(),
        path=path,
        anchor=operation["operationId"],
        summary=operation["summary"],
        description=_words(operation),
        parameters=[
            DocumentedField(
                name=each["name"],
                place=each["in"],
                type=type_in_words(document, each["schema"]),
                required=each["required"],
                description=_words(each),
            )
            for each in operation["parameters"]
        ],
        body=list(_fields(document, body)),
        answer=list(_fields(document, _content(good))),
        problems=[(status, _words(each)) for status, each in responses.items() if not status.startswith("2")],
        sample=curl(document, address, method, path, operation["parameters"], body)
        if operation.get("security") != [BY_SESSION]
        else "",
    )


def _words(thing: Json) -> Markup:
    """The description, with what stands in backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(thing.get("description") or ""))))  # noqa: S704


def _content(holder: Json) -> Json:
    content: Json = holder.get("content", NOTHING)
    return next((each.get("schema", NOTHING) for each in content.values()), NOTHING)


def _fields(
    document: Json, schema: Json, before: str = "", inside: tuple[str, ...] = ()
) -> Iterator[DocumentedField]:
    """The fields of a schema and of what it is made of: `items[].id`; `inside` are the structs above."""
    steps, whole = inner(document, schema)
    title = str(whole.get("title", ""))
    if title and title in inside:
        return
    required = cast("Sequence[str]", whole.get("required", ()))
    for name, each in cast("Mapping[str, Json]", whole.get("properties", NOTHING)).items():
        full = f"{before}{steps}.{name}" if before else name
        yield DocumentedField(
            name=full,
            place="",
            type=type_in_words(document, each),
            required=name in required,
            description=_words(each),
        )
        yield from _fields(document, each, full, (*inside, title))
