"""What a guardian is to a child, in words: the one table for pages, forms, imports and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from core.web.i18n import gettext, lazy

_TITLES = Meta(
    title="Кем приходится",
    extra_json_schema={
        "titles": {
            "parent": "родитель",
            "mother": "мать",
            "father": "отец",
            "guardian": "опекун или попечитель",
            "grandmother": "бабушка",
            "grandfather": "дедушка",
            "relative": "родственник по доверенности",
        }
    },
)
_SCHEMA: Mapping[str, Any] = _TITLES.extra_json_schema or {}
RELATIONS: Mapping[str, str] = _SCHEMA["titles"]
Relation = Annotated[
    Literal["parent", "mother", "father", "guardian", "grandmother", "grandfather", "relative"], _TITLES
]
"""A field of a form whose choice is named by `RELATIONS`."""

_OTHER = lazy("представитель")


def relation_words(relation: str) -> str:
    """A relation in words; one that another system has named in its own way is «представитель»."""
    return gettext(RELATIONS.get(relation, _OTHER))
