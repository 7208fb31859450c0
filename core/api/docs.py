"""A page to read the API: made on the server out of the OpenAPI document, without any outside script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency

from core.api import api_document
from core.identity.sessions import Visit
from core.portal import Portal
from core.web.pages import Page, render

Schema = Mapping[str, Any]
NOTHING: Schema = {}


class DocumentedField(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter or a field: where it stands, its type and limits in words."""

    name: str
    place: str
    type: str
    required: bool
    description: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: Sequence[DocumentedField]
    body: Sequence[DocumentedField]
    answer: Sequence[DocumentedField]
    problems: Sequence[tuple[str, str]]


@get("/api/v1/docs", sync_to_thread=True, include_in_schema=False)
def docs(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], portal: NamedDependency[Portal]
) -> Page:
    """Every operation, by its tag."""
    document = api_document(request.app.openapi_schema.to_schema())
    return render(
        request,
        "api/docs.html",
        groups=operations(document),
        scopes=list(portal.grants.scopes.values()),
        signed_in=visit.actor is not None,
    )


def operations(document: Schema) -> dict[str, list[Operation]]:
    """The operations under `/api/` by tag."""
    found: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            spec = cast("Schema | None", item.get(method))
            if spec is None:
                continue
            tag = (spec.get("tags") or ["other"])[0]
            found.setdefault(tag, []).append(_operation(document, path, method, spec))
    return found


def _operation(document: Schema, path: str, method: str, spec: Schema) -> Operation:
    responses: Schema = spec.get("responses", {})
    good: Schema = next(
        (answer for status, answer in responses.items() if str(status).startswith("2")), NOTHING
    )
    return Operation(
        method=method.upper(),
        path=path,
        anchor=str(spec.get("operationId", "")) or f"{method}{path}",
        summary=str(spec.get("summary", "")),
        description=str(spec.get("description", "")),
        parameters=[
            DocumentedField(
                name=each["name"],
                place=each["in"],
                type=type_in_words(document, each.get("schema", {})),
                required=bool(each.get("required")),
                description=str(each.get("description") or ""),
            )
            for each in spec.get("parameters", [])
        ],
        body=_fields(document, _content(spec.get("requestBody", NOTHING))),
        answer=_fields(document, _content(good)),
        problems=[
            (str(status), str(answer.get("description", "")))
            for status, answer in responses.items()
            if not str(status).startswith("2")
        ],
    )


def _content(holder: Schema) -> Schema:
    content: Schema = holder.get("content", {})
    return next((each.get("schema", NOTHING) for each in content.values()), NOTHING)


def _resolve(document: Schema, schema: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return document.get("components", {}).get("schemas", {}).get(reference.rpartition("/")[2], {})


def _fields(document: Schema, schema: Schema) -> list[DocumentedField]:
    whole = _resolve(document, schema)
    if whole.get("type") == "array":
        whole = _resolve(document, whole.get("items", {}))
    required = set(whole.get("required", []))
    found: list[DocumentedField] = []
    for name, each in whole.get("properties", {}).items():
        found.append(
            DocumentedField(
                name=name,
                place="",
                type=type_in_words(document, each),
                required=name in required,
                description=str(each.get("description") or ""),
            )
        )
        inner = _resolve(document, each.get("items", NOTHING)) if each.get("type") == "array" else NOTHING
        found += [
            msgspec.structs.replace(field, name=f"{name}[].{field.name}")
            for field in (_fields(document, inner) if inner.get("properties") else [])
        ]
    return found


def type_in_words(document: Schema, schema: Schema) -> str:
    """«string (uuid), null», with limits."""
    if "$ref" in schema:
        return str(_resolve(document, schema).get("title") or schema["$ref"].rpartition("/")[2])
    options = schema.get("oneOf") or schema.get("anyOf")
    if options:
        return ", ".join(dict.fromkeys(type_in_words(document, each) for each in options))
    kind = schema.get("type", "")
    text = ", ".join(kind) if isinstance(kind, list) else str(kind)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if text == "array":
        return f"{type_in_words(document, schema.get('items', {}))}[]"
    notes = [str(schema["format"])] if schema.get("format") else []
    for key, sign in (("minimum", "≥"), ("maximum", "≤"), ("pattern", "")):
        if schema.get(key) is not None:
            notes.append(f"{sign} {schema[key]}".strip())
    if schema.get("enum"):
        notes.append(" | ".join(str(each) for each in schema["enum"]))
    return f"{text} ({', '.join(notes)})" if notes else text
