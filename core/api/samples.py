"""Requests to try: made of the examples, the formats and the limits of the OpenAPI document's schemas."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote, urlencode

import msgspec

from core.api.schemas import Json, resolved

OF_FORMAT = {
    "uuid": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    "date": "2026-09-01",
    "date-time": "2026-09-01T08:30:00+03:00",
    "time": "08:30:00",
}
OF_TYPE = {"boolean": True, "string": "…", "null": None}


def curl(document: Json, address: str, method: str, path: str, parameters: Sequence[Json], body: Json) -> str:
    """A request with what it cannot do without, for a shell where `$KEY` is the access token."""
    asked: dict[str, str] = {}
    for each in parameters:
        if each["required"]:
            value = str(sample(document, each["schema"]))
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", quote(value))
            else:
                asked[each["name"]] = value
    url = f"{address}{path}{'?' if asked else ''}{urlencode(asked)}"
    parts = [f"curl {'' if method == 'get' else f'-X {method.upper()} '}{shlex.quote(url)}"]
    parts.append('-H "Authorization: Bearer $KEY"')
    if method != "get":
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    if body:
        written = msgspec.json.encode(sample(document, body)).decode()
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(written)}"]
    return " \\\n  ".join(parts)


def sample(document: Json, schema: Json) -> Any:
    """A value that fits a schema: of a struct the fields that are required or have an example."""
    for given in (schema, whole := resolved(document, schema)):
        if given.get("examples"):
            return given["examples"][0]
    kind = whole.get("type")
    if whole.get("enum"):
        return whole["enum"][0]
    if kind == "array":
        return [sample(document, whole["items"])]
    if kind == "object":
        fields = cast("Mapping[str, Json]", whole.get("properties", {}))
        return {
            name: sample(document, each)
            for name, each in fields.items()
            if name in whole.get("required", ()) or each.get("examples")
        }
    if kind in ("integer", "number"):
        return max(1, whole.get("minimum", 1))
    return OF_FORMAT.get(str(whole.get("format")), OF_TYPE.get(str(kind)))
