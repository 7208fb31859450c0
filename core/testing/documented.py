"""What is left unsaid in the OpenAPI document: every operation, parameter and field is described in Russian."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

Json = Mapping[str, Any]
CYRILLIC = re.compile("[А-Яа-яЁё]")
REFUSED = "401"
"""Any operation may answer with it, so it shows whether refusals are documented at all."""


def undescribed(document: Json, tag: str = "") -> Iterator[str]:
    """What of the API has no words for people, a Russian line for each; of one plugin if `tag` names it."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not tag or tag in operation["tags"]:
                for what in _of_operation(document, operation):
                    yield f"{method.upper()} {path}: {what}"


def _of_operation(document: Json, operation: Json) -> Iterator[str]:
    if not _is_russian(operation.get("summary")):
        yield "нет русского названия (summary=…)."
    for parameter in operation.get("parameters", []):
        if not _is_russian(parameter.get("description")):
            yield f"нет описания параметра «{parameter['name']}» (QueryParameter или PathParameter)."
    if REFUSED not in operation["responses"]:
        yield "не сказано, какие бывают отказы (responses=problems(…))."
    answers = [answer for status, answer in operation["responses"].items() if str(status) < "300"]
    for part in (operation.get("requestBody", {}), *answers):
        for content in part.get("content", {}).values():
            for name in sorted(set(_fields(document, content.get("schema", {}), "", ()))):
                yield f"нет описания поля «{name}» (Meta(description=…))."


def _fields(document: Json, schema: Json, owner: str, inside: tuple[str, ...]) -> Iterator[str]:
    """The fields without a description in a schema and all it is made of; `inside` are the structs above."""
    reference = schema.get("$ref")
    if reference is not None:
        owner = str(reference).rpartition("/")[2]
        if owner not in inside:
            yield from _fields(document, document["components"]["schemas"][owner], owner, (*inside, owner))
        return
    for name, each in schema.get("properties", {}).items():
        if not _is_russian(each.get("description")):
            yield f"{owner}.{name}" if owner else name
        yield from _fields(document, each, owner, inside)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _fields(document, schema[key], owner, inside)
    for key in ("oneOf", "anyOf", "allOf"):
        for each in cast("list[Json]", schema.get(key, [])):
            yield from _fields(document, each, owner, inside)


def _is_russian(text: object) -> bool:
    return isinstance(text, str) and CYRILLIC.search(text) is not None
