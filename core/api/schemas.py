"""Reading the schemas of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

Json = Mapping[str, Any]
NOTHING: Json = {}


def resolved(document: Json, schema: Json) -> Json:
    """What a schema refers to; of several choices the first that is not null."""
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for key in ("oneOf", "anyOf", "allOf"):
        for each in cast("list[Json]", schema.get(key, [])):
            if each.get("type") != "null":
                return resolved(document, each)
    return schema


def inner(document: Json, schema: Json) -> tuple[str, Json]:
    """What lists and mappings lead to, with the way there: `[]` for each list, `.*` for each mapping."""
    whole = resolved(document, schema)
    if whole.get("type") == "array":
        steps, found = inner(document, whole.get("items", NOTHING))
        return f"[]{steps}", found
    if isinstance(whole.get("additionalProperties"), dict):
        steps, found = inner(document, whole["additionalProperties"])
        return f".*{steps}", found
    return "", whole


def type_in_words(document: Json, schema: Json) -> str:
    """«string (uuid), null», with limits."""
    if "$ref" in schema:
        return str(resolved(document, schema).get("title") or schema["$ref"].rpartition("/")[2])
    options = cast("list[Json]", schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf") or [])
    if options:
        return ", ".join(dict.fromkeys(type_in_words(document, each) for each in options))
    text = str(schema.get("type", ""))
    if text == "array":
        return f"{type_in_words(document, schema.get('items', NOTHING))}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{{…: {type_in_words(document, schema['additionalProperties'])}}}"
    notes = [str(schema["format"])] if schema.get("format") else []
    for key, sign in (("minimum", "≥"), ("maximum", "≤"), ("pattern", "")):
        if schema.get(key) is not None:
            notes.append(f"{sign} {_limit(schema[key])}".strip())
    if schema.get("enum"):
        notes.append(" | ".join(str(each) for each in schema["enum"]))
    if schema.get("default") not in (None, ""):
        notes.append(f"= {msgspec.json.encode(schema['default']).decode()}")
    return f"{text} ({', '.join(notes)})" if notes else text


def _limit(value: float | str) -> str:
    return f"{value:.15g}" if isinstance(value, int | float) else value
