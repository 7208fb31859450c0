"""A column for words that each reader sees in their own language."""

from __future__ import annotations

import json
from typing import Any, cast

from sqlalchemy import Dialect, Text, TypeDecorator

from core.web.i18n import Sentence

_MARK = "\x1e"
"""Begins what a sentence is kept as; taken off a text that begins with it by chance or malice."""


class Words(TypeDecorator[str]):
    """Text; a `Sentence` comes back as one, a text as it is, cut after `longest` characters."""

    impl = Text
    cache_ok = True

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if isinstance(value, Sentence):
            return _MARK + json.dumps(_parts(value), ensure_ascii=False)
        return value.lstrip(_MARK)[: self.longest] if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not value.startswith(_MARK):
            return value
        return _whole(json.loads(value.removeprefix(_MARK)))


def _parts(value: str | float) -> Any:
    if not isinstance(value, Sentence):
        return value
    return [value.message, value.many, {name: _parts(each) for name, each in value.values.items()}]


def _whole(kept: Any) -> Any:
    if not isinstance(kept, list):
        return kept
    message, many, values = cast("tuple[str, str, dict[str, Any]]", kept)
    return Sentence(message, {name: _whole(each) for name, each in values.items()}, many)
