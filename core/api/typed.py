"""What a program sends, read as a form would be: the same rules and the same sentences for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from core.errors import Invalid


def as_typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a document as a form would send them. Raises `Invalid` for a document within one."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value is False:
            continue
        if isinstance(value, dict):
            raise Invalid(
                "Ничего не сохранено.", fields={name: "Здесь должно быть одно значение или список."}
            )
        several = isinstance(value, list)
        found[name] = [_text(each) for each in cast("list[Any]", value)] if several else _text(value)
    return found


def _text(value: Any) -> str:
    return "true" if value is True else str(value).replace("\x00", "")
